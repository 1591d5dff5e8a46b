"""The table of a model."""

import tracemalloc
import warnings

import numpy as np
import pytest

import nn
from autograd import is_grad_enabled, no_grad, record
from autograd.engine.op import REGISTRY
from nn.inspect.summarizing import _bytes


def zeros(*shape):
    return np.zeros(shape, "float32")


def convnetjs():
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3)),
        *(nn.Flatten(), nn.Linear(256, 10)),
    )


def test_the_known_sizes():
    """784-300-10 has 238,510 parameters and 1000-100-10 has 101,110 (Nielsen; the lecture decks)."""
    assert nn.summary(nn.MLP([784, 300, 10]), np.zeros((1, 784), "float32")).parameters == 238_510
    assert nn.summary(nn.MLP([1000, 100, 10]), np.zeros((1, 1000), "float32")).parameters == 101_110


class Tied(nn.Module):
    def __init__(self):
        self.body = nn.MLP([2, 3, 2])
        self.twin = nn.Linear(2, 3)
        self.twin.weight = self.body[0].weight
        self.unused = nn.ReLU()
        self.gain = nn.Parameter([1.0])
        self.gain.requires_grad = False

    def forward(self, x, more=None):
        return {"out": self.twin(self.body(x)), "both": (x, [self.gain])}


def test_shared_frozen_and_uncalled():
    found = nn.summary(Tied(), np.zeros((4, 2), "float32"))
    assert found.parameters == 1 + 9 + 8 + 3
    assert found.frozen == 1
    rows = {row.path: row for row in found.rows}
    assert rows[""].output == "{out: (4, 3), both: [(4, 2), [(1,)]]}"
    assert rows["twin"].parameters == 3
    assert rows["twin"].shared == "shared (body.0.weight)"
    assert rows["unused"].output == "not called"
    assert "1 of the parameters are frozen" in str(found)
    assert "3 + shared (body.0.weight)" in str(found)


def test_the_model_is_not_touched():
    class Counting(nn.Module):
        def __init__(self):
            self.calls = nn.Buffer(np.array(0))
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            self.calls.data += 1
            return self.inner(x)

    model = Counting()
    before = dict(vars(model)), dict(vars(model.inner))
    nn.summary(model, np.zeros((1, 2), "float32"))
    assert model.calls.item() == 0
    assert (vars(model), vars(model.inner)) == before
    assert model.inner.weight.grad is None
    assert model.inner.weight.name is None


def test_an_error_passes_through():
    with pytest.raises(ValueError, match="last axis has size 2"):
        nn.summary(nn.Linear(2, 2), np.zeros((1, 3), "float32"))


def test_a_layer_alone():
    found = nn.summary(nn.Linear(2, 3), zeros(1, 2))
    assert [row[:4] for row in found.rows] == [("", "Linear", "(1, 3)", 9)]
    assert "(model)" in str(found)


# --- multiply-adds ---------------------------------------------------------------------------------------------------


class Formula(nn.Module):
    """A model without layers: one parameter and a formula."""

    def __init__(self, shape, formula, requires_grad=True):
        self.w = nn.Parameter(np.ones(shape, "float32"), requires_grad=requires_grad)
        self.formula = formula

    def forward(self, x):
        return self.formula(x, self.w)


@pytest.mark.parametrize(
    ("formula", "x", "w", "products"),
    [
        (lambda x, w: x @ w, (5, 3), (3, 4), 5 * 3 * 4),
        (lambda x, w: x @ w, (3,), (3,), 3),
        (lambda x, w: x @ w, (2, 5, 3), (3, 4), 2 * 5 * 3 * 4),
        (lambda x, w: np.dot(x, w), (5, 3), (3, 4), 60),
        (lambda x, w: np.dot(x, w), (5, 3), (), 0),
        (lambda x, w: np.outer(x, w), (5,), (3,), 15),
        (lambda x, w: np.tensordot(x, w, 2), (5, 3, 4), (3, 4, 6), 5 * 3 * 4 * 6),
        (lambda x, w: np.tensordot(x, w, ([1, 0], [0, 2])), (5, 3, 4), (3, 4, 5), 4 * 5 * 3 * 4),
        (lambda x, w: np.tensordot(x, w, (1, 0)), (5, 3), (3, 4), 60),
        (lambda x, w: np.einsum("bi,oi->bo", x, w), (5, 3), (4, 3), 60),
        (lambda x, w: np.einsum("...i,...i", x, w), (5, 3), (3,), 15),
        (lambda x, w: x[0, 0] * np.einsum("ij->i", w), (1, 1), (4, 3), 0),
        (lambda x, w: x * w + w, (5, 3), (3,), 0),
    ],
)
def test_multiply_adds_of_formulas(formula, x, w, products):
    """Each number of the result is a sum of products; their count times the length of the sum."""
    for requires_grad in (True, False):
        found = nn.summary(Formula(w, formula, requires_grad), zeros(*x))
        assert found.multiply_adds == products
        assert [row.multiply_adds for row in found.rows] == [products]


@pytest.mark.parametrize(
    ("model", "shape", "parameters", "products"),
    [
        (lambda: nn.MLP([784, 300, 10]), (1, 784), 238_510, 784 * 300 + 300 * 10),
        (lambda: nn.MLP([784, 300, 10]), (64, 784), 238_510, 64 * (784 * 300 + 300 * 10)),
        # convnetjs's network for MNIST, and with a layer of 32 units in the place of its convolutions (the decks)
        (convnetjs, (1, 1, 24, 24), 5_994, 24 * 24 * 8 * 25 + 12 * 12 * 16 * 200 + 256 * 10),
        (lambda: nn.MLP([576, 32, 10]), (1, 576), 18_794, 576 * 32 + 320),
        (lambda: nn.Conv2d(4, 6, 3, stride=2, groups=2), (2, 4, 9, 7), 114, 2 * 6 * 4 * 3 * 18),
        (lambda: nn.Conv1d(2, 3, 3, dilation=2, bias=False), (1, 2, 10), 18, 3 * 6 * 6),
    ],
)
def test_multiply_adds_of_networks(model, shape, parameters, products):
    found = nn.summary(model(), zeros(*shape))
    assert (found.parameters, found.multiply_adds) == (parameters, products)


def test_lenet():
    """Its connections are one for each product and one for each bias; H2 is counted dense, as it is computed."""
    found = nn.summary(nn.models.LeNet1989(rng=0), zeros(1, 1, 16, 16))
    rows = {row.path: row for row in found.rows}
    assert found.parameters == 9_760
    assert [rows[k].parameters for k in ("h1", "h2", "h3", "output")] == [1_068, 2_592, 5_790, 310]
    assert rows["h1"].multiply_adds == 19_968 - 768
    assert rows["h2"].multiply_adds == (38_592 - 192) * 12 // 8
    assert [rows[k].multiply_adds for k in ("h3", "output")] == [5_790 - 30, 310 - 10]


def test_every_product_has_its_cost():
    """An op that multiplies matrices and has no cost would be passed over without a word."""
    known = {"matmul", "dot", "outer", "tensordot", "einsum", "linear", "conv", "conv_transpose", "conv_weight"}
    named = {name for name in REGISTRY if any(word in name for word in (*known, "attention", "vecdot"))}
    assert named == {op.name for op in REGISTRY.values() if op.facts.kind == "product" and op.facts.cost}


# --- memory ------------------------------------------------------------------------------------------------------


def test_kept():
    """tanh keeps its result, and the next layer needs the same array: 50 x 4 numbers of 4 bytes, once."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    found = nn.summary(model, zeros(50, 3))
    assert [row.memory for row in found.rows] == [0, 800, 0]
    assert found.memory == 800
    assert nn.summary(model, zeros(5, 3)).memory == 2 * 80  # of few entries its operand as well
    model[0].weight.requires_grad = model[0].bias.requires_grad = False
    assert nn.summary(model, zeros(5, 3)).memory == 80  # kept by the last layer
    for parameter in model.parameters():
        parameter.requires_grad = False
    assert nn.summary(model, zeros(5, 3)).memory == 0


def test_kept_is_what_the_graph_holds():
    """The memory of a large graph, measured from outside."""
    model = nn.MLP([100, 200, 200, 10], activation="tanh", rng=0)
    x = np.ones((500, 100), "float32")
    model(x)  # what is made once
    expected = nn.summary(model, x).memory
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        y = model(x)
        held = tracemalloc.get_traced_memory()[0] - before - y.data.nbytes
    finally:
        tracemalloc.stop()
    assert expected == 2 * 500 * 200 * 4
    assert expected < held < expected * 1.05


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2.5e9, "2.5 GB"),
        (7e15, "7e+03 TB"),
    ],
)
def test_bytes(count, text):
    assert _bytes(count) == text


# --- odd models ------------------------------------------------------------------------------------------------------


class Odd(nn.Module):
    """Calls one layer twice, returns a tuple, has a layer that no attribute leads to, and multiplies by itself."""

    def __init__(self):
        self.inner = nn.Linear(2, 2)
        self.hidden = {nn.Linear(2, 2)}
        self.w = nn.Parameter(np.ones((2, 2), "float32"))

    def forward(self, x):
        [hidden] = self.hidden
        return self.inner(self.inner(x)), hidden(x @ self.w)


def test_an_odd_model():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nn.summary(Odd(), zeros(3, 2))
    rows = {row.path: row for row in found.rows}
    assert rows["inner"].calls == 2
    assert rows["inner"].multiply_adds == 2 * 12
    assert rows[""].output == "[(3, 2), (3, 2)]"
    assert rows[""].multiply_adds == 12 + 12  # its own product and that of the layer it hides
    assert "(3, 2), last of 2" in str(found)


def test_html():
    model = nn.Sequential(nn.Linear(2, 2))
    model[0].bias.requires_grad = False
    found = nn.summary(model, zeros(3, 2))
    html = found._repr_html_()
    assert html.count("<tr>") == 1 + len(found.rows) + 1
    assert "<strong>Sequential on input (3, 2)</strong>" in html
    assert "2 of the parameters are frozen" in html
    found.title = "<script>"
    assert "<script>" not in found._repr_html_()


def test_an_outer_mode_stays():
    """A summary inside `no_grad` or a recording leaves both as they were."""
    with record() as run, no_grad():
        assert nn.summary(nn.Linear(2, 3), zeros(1, 2)).multiply_adds == 6
        assert not is_grad_enabled()
    assert len(list(run)) == 0
