"""The records taken of a graph."""

import gc

import numpy as np
import pytest

from autograd import tensor
from autograd.view.graph.records import Argument, Number
from autograd.view.graph.snapshot import snapshot


def test_nodes_follow_their_operands_from_left_to_right():
    a, b = tensor(2.0, requires_grad=True, name="a"), tensor(3.0, requires_grad=True, name="b")
    graph = snapshot((b * a).exp() - a)
    assert [node.name or node.op for node in graph.nodes] == ["b", "a", "multiply", "exp", "subtract"]
    assert [(e.source, e.target, e.slot) for e in graph.edges()] == [
        (0, 2, 0),
        (1, 2, 1),
        (2, 3, 0),
        (3, 4, 0),
        (1, 4, 1),
    ]
    assert graph.outputs == (4,)


def test_kinds_values_and_gradients(graphs):
    w = graphs.Parameter(np.array([2.0]), requires_grad=True, name="w")
    x = tensor([3.0], name="x")
    y = (w * x * 2).sum()
    y.backward()
    by_name = {node.name or node.op: node for node in snapshot(y).nodes}
    assert {name: node.kind for name, node in by_name.items()} == {
        "w": "parameter",
        "x": "constant",
        "multiply": "op",
        "sum": "op",
    }
    assert by_name["w"].results[0].grad == [6.0]
    assert by_name["x"].results[0].grad is None
    assert by_name["sum"].results[0].value == 12.0


def test_numbers_of_the_program_stay_with_their_op():
    x = tensor(2.0, requires_grad=True)
    node = snapshot(10 / x).nodes[-1]
    literal, argument = node.arguments
    assert isinstance(literal, Number)
    assert literal.value == 10
    assert argument == Argument(0, None, True)


def test_outputs_of_one_op_are_one_node():
    x = tensor(np.arange(6.0), requires_grad=True)
    first, _, last = np.split(x, 3)
    graph = snapshot((first * last).sum())
    split = next(node for node in graph.nodes if node.op == "split")
    assert [result.index for result in split.results] == [0, 2]
    assert [result.shape for result in split.results] == [(2,), (2,)]
    assert sorted(e.index for e in graph.edges() if e.source == split.id) == [0, 2]


def test_several_outputs_and_tensors_without_graph():
    x = tensor(2.0, requires_grad=True, name="x")
    unused, constant = tensor(1.0, requires_grad=True, name="unused"), tensor([1, 2])
    graph = snapshot({"a": x * 2, "b": unused, "c": constant, "d": unused, "e": x})
    assert [(node.name or node.op, node.kind, node.output) for node in graph.nodes] == [
        ("x", "input", True),
        ("multiply", "op", True),
        ("unused", "input", True),
        ("", "constant", True),
    ]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (3.0, "not a float"),
        ("loss", "not a str"),
        ([tensor(1.0), np.ones(2)], "one of the given outputs is a ndarray"),
        (RuntimeError("no op"), "a RuntimeError does not say which operation failed"),
    ],
)
def test_what_cannot_be_drawn(outputs, message):
    with pytest.raises(TypeError, match=message):
        snapshot(outputs)


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="nothing to draw"):
        snapshot([])


def test_parameters_lie_in_the_one_call_that_uses_them(graphs):
    own, shared, x = (tensor(1.0, requires_grad=True, name=name) for name in ("own", "shared", "x"))
    own, shared = (graphs.Parameter(np.ones(()), requires_grad=True, name=name) for name in ("own", "shared"))
    with graphs.call("Outer"):
        with graphs.call("First"):
            y = x * own + shared
        with graphs.call("Second"):
            y = y * shared
    graph = snapshot(y)
    homes = {node.name: graph.frames[node.frame].label for node in graph.nodes if node.name and node.frame is not None}
    assert homes == {"own": "First", "shared": "Outer"}
    assert [frame.parent for frame in graph.frames] == [None, 0, 0]


def test_a_leaf_that_was_changed_shows_the_values_of_the_forward_pass(graphs):
    small = graphs.Parameter(np.ones(3), requires_grad=True, name="small")
    large = graphs.Parameter(np.ones(100), requires_grad=True, name="large")
    out = small.sum() + large.sum()
    out.backward()
    small.data = np.full(3, 7.0)
    large.data = np.full(100, 7.0)
    results = {node.name: node.results[0] for node in snapshot(out).nodes if node.name}
    assert results["small"].value.tolist() == [1, 1, 1]
    assert results["large"].value is None


def test_large_arrays_are_shown_of_parameters_only_unless_asked_for(graphs):
    weight = graphs.Parameter(np.ones(100), requires_grad=True, name="w")
    held = weight * 2
    out = held.sum()
    out.backward()

    def shown(**keep):
        graph = snapshot(out, **keep)
        return {
            node.name or node.op: (node.results[0].value is not None, node.results[0].grad is not None)
            for node in graph.nodes
        }

    everything, nothing = (True, True), (False, False)
    assert shown() == {"w": everything, "multiply": nothing, "sum": everything}
    assert shown(keep=("live", "live")) == {"w": everything, "multiply": everything, "sum": everything}
    assert shown(keep=("off", "off")) == {"w": nothing, "multiply": nothing, "sum": nothing}
    del held
    gc.collect()
    assert shown() == {"w": everything, "multiply": nothing, "sum": everything}


def test_a_long_chain_is_no_trouble(graphs):
    assert len(snapshot(graphs.chain(100_000)).nodes) == 100_001
