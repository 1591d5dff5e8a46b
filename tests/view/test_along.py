"""The local derivative at each arrow of a drawing, against finite differences and whole Jacobians."""

import re

import numpy as np
import pytest

import nn
from autograd import jacobian, record, tensor
from autograd.view import draw
from autograd.view.layout.measure import ARROW, text_width


def at_arrows(drawing):
    """The texts at the arrows, by the words of the boxes that they join."""
    words = [box.title or box.heading for box in drawing.picture.boxes]
    return {(words[link.source], words[link.target], link.slot): link.local for link in drawing.picture.links}


def norm_of(text):
    return float(re.fullmatch(r"\(\d+, \d+\), norm ~?(\S+)", text)[1])


def test_of_numbers_it_is_the_derivative():
    a, b = tensor(-4.0, requires_grad=True, name="a"), tensor(2.0, requires_grad=True, name="b")
    y = a * b + b**3
    assert at_arrows(draw(y, local=True)) == {
        ("a", "a * b", 0): "2",
        ("b", "a * b", 1): "-4",
        ("b", "b ** 3", 0): "12",
        ("a * b", "y", 0): "1",
        ("b ** 3", "y", 1): "1",
    }
    assert at_arrows(draw(y))["a", "a * b", 0] == ""


def test_each_operand_has_its_own():
    x = tensor(3.0, requires_grad=True, name="x")
    drawing = draw(x * x, local=True)
    assert at_arrows(drawing) == {("x", "x * x", 0): "3", ("x", "x * x", 1): "3"}
    assert drawing.text.splitlines()[1:3] == [
        "├─ #1 x: input (local derivative 3)  value 3",
        "└─ #1 x: input (local derivative 3) (above)",
    ]
    assert "at an arrow: the local derivative" in drawing.text
    assert drawing.mermaid.count('-->|"3"|') == drawing.dot.count('[label="3"]') == 2
    assert len(re.findall(r'text-anchor="end"[^>]*>3<', drawing.svg)) == 2


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda x, y: x @ y, [(2, 3), (3, 4)]),
        (lambda x, y: x * y, [(2, 3), (3,)]),  # one of them is broadcast
        (lambda x, y: np.concatenate([x, y]), [(2,), (3,)]),
    ],
)
def test_of_arrays_it_is_the_shape_and_the_norm_of_the_jacobian(function, shapes):
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape) for shape in shapes]
    given = [tensor(v, requires_grad=True, name=name) for v, name in zip(values, "xy", strict=True)]
    texts = at_arrows(draw(function(*given), local=True))
    for slot, value in enumerate(values):
        whole = jacobian(lambda v, s=slot: function(*[v if i == s else u for i, u in enumerate(values)]))(value)
        [text] = [text for (source, _, _), text in texts.items() if source == "xy"[slot]]
        assert text.startswith(f"({whole.size // value.size}, {value.size}), norm ")
        assert norm_of(text) == pytest.approx(np.linalg.norm(whole), rel=5e-3)


def test_of_a_closed_module_it_is_that_of_all_that_lies_inside():
    model = nn.MLP([3, 4, 2], rng=0, dtype="float64")
    x = np.random.default_rng(0).standard_normal((5, 3))
    twin = tensor(x, requires_grad=True, name="x")
    [text] = at_arrows(draw(model(twin), depth=0, local=True)).values()
    assert text.startswith("(10, 15), norm ")
    whole = jacobian(model)(twin).data
    assert norm_of(text) == pytest.approx(np.linalg.norm(whole), rel=5e-3)


def test_of_several_results_it_is_that_of_all():
    x = tensor(np.arange(6.0), requires_grad=True, name="x")
    parts = np.split(x, 3)
    for outputs in (parts, (parts[0] * parts[1]).sum()):
        [text] = [text for (source, _, _), text in at_arrows(draw(outputs, local=True)).items() if source == "x"]
        assert text == "(6, 6), norm 2.45"  # the identity


def test_a_large_jacobian_is_estimated():
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((40, 20)), rng.standard_normal((20, 30))
    drawing = draw(tensor(x, requires_grad=True, name="x") @ tensor(w, name="w"), local=True)
    text = at_arrows(drawing)["x", "x @ w", 0]
    assert "norm ~" in text
    assert norm_of(text) == pytest.approx(np.sqrt(40) * np.linalg.norm(w), rel=0.05)
    assert "~: estimated from random directions" in drawing.picture.notes


def test_a_box_that_takes_much_work_is_estimated(graphs):
    """A closed call of 10,000 operations: each row would be a pass through all of them."""
    x = tensor(np.ones(8), requires_grad=True, name="x")
    with graphs.call("Loop", "loop"):
        y = x
        for _ in range(5_000):
            y = y * 1.0001 + x
    [text] = at_arrows(draw(y, depth=0, local=True)).values()
    assert text.startswith("(8, 8), norm ~")
    assert norm_of(text) == pytest.approx(np.linalg.norm(y.data), rel=5e-3)  # a multiple of the identity


def test_a_value_that_is_gone_is_a_question_mark_and_recorded_ones_are_there():
    def run():
        x = tensor(np.linspace(0.1, 1.0, 100), requires_grad=True, name="x")
        y = np.tanh(x * np.full(100, 2.0)).sum()  # nothing refers to this array any more
        y.backward()
        return at_arrows(drawing := draw(y, local=True)), drawing

    texts, drawing = run()
    assert texts["multiply", "tanh", 0] == "?"
    assert any(note.startswith("?: values that the rule needs were not kept") for note in drawing.picture.notes)
    with record():
        texts, drawing = run()
    slopes = 1 - np.tanh(2 * np.linspace(0.1, 1.0, 100)) ** 2
    assert norm_of(texts["multiply", "tanh", 0]) == pytest.approx(np.linalg.norm(slopes), rel=5e-3)


def test_the_ops_inside_of_a_fused_one_have_theirs():
    z = tensor([1.0, 2.0, 3.0], requires_grad=True, name="z")
    drawing = draw(z.softmax(), expand=True, local=True)
    assert len(drawing.picture.boxes) > 2
    assert all(link.local for link in drawing.picture.links if link.flows)


def an_mlp(graphs):
    """Its first layer has an arrow without a text beside two with one."""
    return nn.MLP([2, 4, 2], rng=0)(np.ones((8, 2), np.float32))


@pytest.mark.parametrize("make", [an_mlp, lambda graphs: graphs.mazur()], ids=["mlp", "mazur"])
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_texts_of_neighbouring_arrows_lie_apart(graphs, direction, make):
    drawing = draw(make(graphs), local=True, direction=direction)
    assert drawing.renderer == "own"
    texts = r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(end|middle)" font-size="9.5"[^>]*>([^<]*)<'
    places = []
    for x, y, anchor, text in re.findall(texts, drawing.svg):
        width = text_width(text, ARROW)
        places.append((float(x) - (width if anchor == "end" else width / 2), width, float(y)))
    assert len(places) == sum(bool(link.local) for link in drawing.picture.links) > 5
    for i, (x, width, y) in enumerate(places):
        assert all(x > u + w or u > x + width or abs(y - v) > 10 for u, w, v in places[:i])
