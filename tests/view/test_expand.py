"""Fused ops shown by their definition, and graphs that end in an error."""

import numpy as np
import pytest

from autograd import tensor
from autograd.errors import OperandError
from autograd.ops.fused import cross_entropy, linear
from autograd.ops.recurrent import lstm
from autograd.view import draw
from autograd.view.graph.expand import expand
from autograd.view.graph.snapshot import snapshot


def network(graphs, rows=2):
    weight = graphs.Parameter(np.array([[0.15, 0.2], [0.25, 0.3]]), requires_grad=True, name="weight")
    bias = graphs.Parameter(np.array([0.35, 0.35]), requires_grad=True, name="bias")
    x = tensor(np.linspace(0, 1, 2 * rows).reshape(rows, 2), name="x")
    with graphs.call("Linear", "out"):
        z = linear(x, weight, bias)
    z.name = "z"
    loss = cross_entropy(z, labels=np.zeros(rows, int)).sum()
    loss.backward()
    return loss, weight


def test_a_fused_op_is_one_node_or_its_definition(graphs):
    loss, _ = network(graphs)
    assert "linear(x, weight, bias)" in draw(loss).text
    drawing = draw(loss, expand=True)
    assert "linear(" not in drawing.text
    assert "[out: Linear > linear, by its definition]" in drawing.text
    assert "[cross_entropy, by its definition]" in drawing.text
    assert "log_softmax, by its definition" in [group.title for group in drawing.picture.groups]
    assert not [node for node in expand(snapshot(loss)).nodes if node.record and node.record.definition]
    assert [group.title for group in drawing.picture.groups][:2] == ["out: Linear", "linear, by its definition"]


def test_the_definition_has_the_values_and_gradients_of_the_whole(graphs):
    loss, weight = network(graphs)
    nodes = {node.name or node.op: node for node in expand(snapshot(loss)).nodes}
    assert nodes["z"].op == "add"
    assert nodes["z"].results[0].value.shape == (2, 2)
    product = nodes["matmul"].results[0]
    np.testing.assert_allclose(product.value + 0.35, nodes["z"].results[0].value)
    np.testing.assert_allclose(product.grad, nodes["z"].results[0].grad)
    np.testing.assert_allclose(nodes["transpose"].results[0].grad.T, weight.grad)
    x = nodes["x"]
    assert all(not e.flows for e in expand(snapshot(loss)).edges() if e.source == x.id)


def test_without_kept_values_the_definition_shows_its_structure(graphs):
    loss, _ = network(graphs, rows=100)
    nodes = {node.name or node.op: node for node in expand(snapshot(loss)).nodes}
    assert nodes["matmul"].results[0].shape == (100, 2)
    assert nodes["matmul"].results[0].value is None
    assert nodes["sum"].results[0].value is not None


def two_results():
    x = tensor(np.linspace(-1, 1, 6).reshape(3, 2, 1), requires_grad=True, name="x")
    weights = [tensor(np.linspace(-1, 1, n * 8).reshape(8, n), name=f"w{n}") for n in (1, 2)]
    return lstm(x, *weights)


def test_an_op_of_several_results_has_those_of_its_definition():
    h, c = two_results()
    (np.sum(h * h) + c.sum()).backward()
    for outputs in ([h, c], [c, h], [c], [h], [h * h, c], [h * h, h], [h, c * 2.0], [h * h, c * 2.0]):
        opened = expand(snapshot(outputs))
        assert len(opened.outputs) == len(outputs)
        assert not [node for node in opened.nodes if node.record and node.record.definition]
        for result, op in ((h, "stack"), (c, "add")):
            if not any(result is t for t in outputs):
                continue
            [end] = [n for n in opened.nodes if n.output and n.op == op]
            assert end.results[0].index is None
            np.testing.assert_allclose(end.results[0].value, result.data)
            np.testing.assert_allclose(end.results[0].grad, result.grad)


def test_a_graph_without_fused_ops_stays_as_it_is(graphs):
    graph = snapshot(tensor(2.0, requires_grad=True) * 3 + 1)
    assert expand(graph) is graph


def test_expanding_leaves_no_trace_on_the_users_graph(graphs):
    loss, weight = network(graphs)
    before = weight.grad.copy()
    draw(loss, expand=True)
    np.testing.assert_array_equal(weight.grad, before)
    assert draw(loss).text == draw(loss).text


class _Refusal(OperandError):
    """An error as an op raises it: it knows the op and its operands."""


def failing():
    a, b = tensor(np.ones((2, 3)), requires_grad=True, name="a"), tensor(np.ones((2, 4)), name="b")
    doubled = a * 2
    try:
        doubled @ b
    except ValueError as error:
        if not hasattr(error, "operands"):
            refusal = _Refusal(str(error))
            refusal.op, refusal.operands = linear.op, (doubled, b, 3.0)
            return refusal
        return error
    raise AssertionError("the shapes do not fit")


def test_a_graph_up_to_its_error():
    drawing = draw(failing(), renderer="own")
    last = drawing.picture.boxes[-1]
    assert (last.kind, last.alarm, last.output) == ("failed", True, True)
    assert [box.title or box.heading for box in drawing.picture.boxes[:-1]] == ["a", "a * 2", "b"]
    assert not any(box.output for box in drawing.picture.boxes[:-1])
    assert "failed" in drawing.svg
    assert "#b3261e" in drawing.svg
    assert "mismatch" in drawing.text
    assert "(2, 4)" in drawing.dot


def test_an_error_of_another_kind_cannot_be_drawn():
    with pytest.raises(TypeError, match="does not say which operation failed"):
        draw(ValueError("something else"))
