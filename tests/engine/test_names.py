"""What a vertex remembers for pictures and messages: its name, the line that made it, the module call around it."""

import copy
import gc
import inspect
import weakref

import numpy as np
import pytest

import nn
from autograd import StaleLeafError, no_grad, tensor
from autograd.engine.graph import SMALL, STATE, Frame, Leaf, Node, Output, newest_first
from autograd.provenance import describe, where


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def here(offset=0):
    """file:line of the caller."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


def names(t):
    return [vertex.name for vertex in newest_first([t._node])]


# --- names --------------------------------------------------------------------------------------------------------


def test_names_are_written_to_the_graph():
    x, y = grad_leaf(2.0, name="x"), grad_leaf(3.0)
    z = x * y
    y.name = "y"  # after its use
    z.name = "z"
    w = z + 1
    assert names(w) == [None, "z", "y", "x"]
    y.name = "other"
    assert (y.name, names(w)) == ("other", [None, "z", "other", "x"])
    z.name = None
    assert names(w) == [None, None, "other", "x"]


def test_a_name_survives_its_tensor():
    x = grad_leaf(2.0, name="x")
    y = x * 3
    y.name = "y"
    z = y + 1
    del x, y
    gc.collect()
    assert names(z) == [None, "y", "x"]


def test_the_name_of_a_leaf_survives_changes_of_its_data():
    w = grad_leaf(2.0, name="w")
    for _ in range(3):
        y = w * w
        assert names(y) == [None, "w"]
        w.data -= 1.0
    w.requires_grad = False
    assert (w * grad_leaf(1.0))._node.operands[0].name == "w"
    assert w.name == "w"


def test_constants_and_results_without_graph_have_names():
    with no_grad():
        y = grad_leaf(2.0) * 3
    for t in (tensor(1.0, name="old"), y, grad_leaf(1.0).detach()):
        t.name = "c"
        assert t.name == "c"
        assert (t + grad_leaf(1.0))._node.operands[0].name == "c"


def test_names_of_several_outputs():
    first, second = np.split(grad_leaf([1.0, 2.0]), 2)
    second.name = "second"
    assert (first.name, second.name) == (None, "second")
    assert describe(first._node) == "output 0 of split (shape (1,), float64)"
    assert describe(second._node) == "second (shape (1,), float64)"


def test_names_are_used_in_messages():
    w = grad_leaf(3.0, name="weight")
    y = w * w
    w.data -= 1.0
    with pytest.raises(StaleLeafError, match=r"^weight \("):
        y.backward()


# --- origins ------------------------------------------------------------------------------------------------------

x = grad_leaf(np.arange(1.0, 5.0).reshape(2, 2))
MADE = {
    "operator": lambda: (x * x, here()),
    "reflected operator": lambda: (2 * x, here()),
    "array on the left": lambda: (np.ones(2) * x, here()),
    "unary": lambda: (-x, here()),
    "indexing": lambda: (x[0], here()),
    "method": lambda: (x.exp(), here()),
    "method with arguments": lambda: (x.sum(axis=0), here()),
    "reshape": lambda: (x.reshape(4), here()),
    "transpose": lambda: (x.transpose(1, 0), here()),
    "astype": lambda: (x.astype("float32"), here()),
    "T": lambda: (x.T, here()),
    "mT": lambda: (x.mT, here()),
    "at": lambda: (x.at[0].set(1.0), here()),
    "ufunc": lambda: (np.sin(x), here()),
    "ufunc of two": lambda: (np.maximum(1.0, x), here()),
    "ufunc method": lambda: (np.add.reduce(x), here()),
    "function": lambda: (np.sum(x), here()),
    "function with an adapter": lambda: (np.concatenate([x, x]), here()),
    "einsum": lambda: (np.einsum("ij->ji", x), here()),
    "where": lambda: (np.where(x > 1, x, 0.0), here()),
    "clip": lambda: (np.clip(x, 0, 1), here()),
    "several outputs": lambda: (np.split(x, 2)[1], here()),
    "iteration": lambda: (next(iter(x)), here()),
    "unpacking": lambda: ((lambda a, b: b)(*x), here()),
    "comprehension": lambda: ([row for row in x][1], here()),  # noqa: C416
    "constructor": lambda: (grad_leaf(1.0) * x, here()),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_the_line_that_made_it(make):
    t, place = make()
    assert where(t._node) == place
    if isinstance(t._node, Output):
        assert where(t._node.parents[0]) == place


def test_all_nodes_of_a_composite_call_have_the_line_of_the_call():
    """NumPy functions that are answered by several ops, those among them that NumPy itself composes included."""
    for y, place in (
        (np.mean(x, axis=1), here()),
        (np.std(x), here()),
        (np.outer(x[0], x[1]), here()),
        (np.tensordot(x, x), here()),
        (np.trace(x @ x), here()),
        (np.linalg.norm(x), here()),
    ):
        nodes = [v for v in newest_first([y._node]) if isinstance(v, Node)]
        assert {where(node) for node in nodes} == {place}


def test_a_call_over_several_lines():
    first = here()
    y = (
        x
        *
        x.sum()
    )  # fmt: skip
    file, line = where(y._node).rsplit(":", 1)
    assert file == first.rsplit(":", 1)[0]
    assert 1 <= int(line) - int(first.rsplit(":", 1)[1]) <= 5


def test_leaves_know_their_line_too():
    made = tensor(1.0, requires_grad=True), here()
    parameter = nn.Parameter([1.0]), here()
    for leaf, place in (made, parameter):
        y = leaf * 2
        [vertex] = [v for v in newest_first([y._node]) if isinstance(v, Leaf)]
        assert where(vertex) == place
        leaf.data -= 1.0
        assert where((leaf * 2)._node.parents[0]) == place


def test_no_line_is_no_error():
    y = np.ones(1) * x[0]
    constant = y._node.operands[0]
    assert where(constant) == "an unknown place"
    assert where((copy.copy(x) * 1)._node.parents[0]) == "an unknown place"


def test_code_without_a_file():
    names = {"x": x}
    exec("y = x * x", names)
    assert where(names["y"]._node) == "<string>:1"


# --- values -------------------------------------------------------------------------------------------------------


def test_small_values_are_remembered_as_they_were():
    """Also where the value is a view of a leaf that changes afterwards."""
    w = grad_leaf(np.ones((2, 2)))
    results = [w.T, w[0], w.reshape(4), w * 1, w.sum(), np.split(w, 2)[0], w + w]
    vertices = [t._node for t in results] + [results[-1]._node.parents[0]]
    before = [np.array(vertex.value) for vertex in vertices]
    w.data -= 5.0
    for vertex, value in zip(vertices, before, strict=True):
        np.testing.assert_array_equal(vertex.value, value)


@pytest.mark.parametrize(("n", "small"), [(0, True), (1, True), (SMALL, True), (SMALL + 1, False)])
def test_only_small_values_and_gradients_are(n, small):
    leaf = grad_leaf(np.ones(n))
    y = leaf * 2
    parts = np.split(y, [n])
    z = parts[0] + 1
    vertices = [t._node for t in (leaf, y, parts[0], z)]
    loss = z.sum()
    del y, parts, z
    loss.backward()
    for vertex in vertices:
        assert (vertex.value is not None) == small
        assert (vertex.grad is not None) == small


# --- scopes -------------------------------------------------------------------------------------------------------


def test_nodes_remember_the_frame_they_were_made_in():
    outer = Frame("outer")
    inner = Frame("inner", "outer.inner", outer)
    before = x * 1
    token = STATE.set(STATE.get().replace(scope=outer))
    try:
        a = x * 2
        deeper = STATE.set(STATE.get().replace(scope=inner))
        b, (c, _) = a * 3, np.split(a, 2)
        with no_grad():
            assert STATE.get().scope is inner
        STATE.reset(deeper)
    finally:
        STATE.reset(token)
    after = b * 4
    scopes = [t._node.scope for t in (before, a, b, c, after)]
    assert scopes == [None, outer, inner, inner, None]
    assert c._node.parents[0].scope is inner
    assert inner.parent is outer
    assert repr(inner) == "Frame(outer.inner)"


def test_module_calls_are_scopes():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    y = net(np.ones((1, 2), "float32"))
    frame = y._node.scope
    assert (frame.label, frame.path, frame.parent.label) == ("Tanh", "1", "Sequential")
    assert (y * 1)._node.scope is None


def test_a_graph_does_not_keep_a_module_alive():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    y = net(np.ones((1, 2), "float32"))
    modules = [weakref.ref(module) for module in net.modules()]
    del net
    assert [module() for module in modules] == [None] * 3
    assert y._node.scope.label == "Tanh"


def test_modes_work_inside_a_module():
    class Half(nn.Module):
        def forward(self, t):
            with no_grad():
                scale = t * 0.5
            return t * scale

    y = Half()(grad_leaf(4.0))
    y.backward()
    assert y.item() == 8.0
