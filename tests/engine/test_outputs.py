"""Ops with several outputs: one node, a Tensor for each output, and zeros where a gradient is missing."""

import numpy as np
import pytest

from autograd import GraphReleasedError, LiveGraphError, StaleLeafError, Tensor, no_grad, tensor
from autograd.engine.graph import Node, Output
from autograd.engine.op import defop, joint


def grad_leaf(data, **options):
    return tensor(data, requires_grad=True, **options)


def parts(n=2):
    """x of three rows, split into the first and the other two; small, or too large to be kept for pictures."""
    x = grad_leaf(np.arange(1.0, 3 * n + 1).reshape(3, n))
    return x, *np.split(x, [1])


SIZES = pytest.mark.parametrize("n", [2, 100])


@SIZES
def test_values_and_vertices(n):
    x, top, rest = parts(n)
    np.testing.assert_array_equal(top.data, x.data[:1])
    np.testing.assert_array_equal(rest.data, x.data[1:])
    node = top._node.parents[0]
    assert (type(top._node), type(node)) == (Output, Node)
    assert rest._node.parents == (node,)
    assert (node.op.name, node.shape) == ("split", ((1, n), (2, n)))
    assert "op=split" in repr(top)


@SIZES
@pytest.mark.parametrize(
    ("use", "first", "others"),
    [
        (lambda top, rest: top.sum() + 2 * rest.sum(), 1, 2),
        (lambda top, rest: top.sum(), 1, 0),
        (lambda top, rest: rest.sum(), 0, 1),
        (lambda top, rest: (rest * 3 + rest).sum(), 0, 4),
        (lambda top, rest: (top * rest).sum() * 0 + (rest + rest - rest).sum() + (top + top).sum(), 2, 1),
    ],
    ids=["both", "only the first", "only another", "another twice", "everything twice"],
)
def test_which_outputs_are_used(use, first, others, n):
    x, top, rest = parts(n)
    use(top, rest).backward()
    np.testing.assert_array_equal(x.grad, np.concatenate([np.full((1, n), first), np.full((2, n), others)]))
    for part, expected in ((top, first), (rest, others)):
        if expected:
            assert type(part.grad) is np.ndarray
            np.testing.assert_array_equal(part.grad, np.full(part.shape, expected))
        else:
            assert part.grad is None


def test_dropped_outputs():
    x, _, rest = parts()
    del _
    rest.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0], [1, 1], [1, 1]])


@SIZES
def test_gradients_accumulate_and_are_nobody_elses(n):
    x, top, rest = parts(n)
    loss = (top + rest).sum()
    loss.backward(retain_graph=True)
    rest.grad[:] = 10
    loss.backward()
    np.testing.assert_array_equal(x.grad, np.concatenate([np.full((1, n), 4), np.full((2, n), 2)]))
    np.testing.assert_array_equal(rest.grad, np.full((2, n), 11))


def test_an_output_is_a_start():
    x, top, rest = parts()
    rest.backward(np.ones((2, 2)), retain_graph=True)
    np.testing.assert_array_equal(x.grad, [[0, 0], [1, 1], [1, 1]])
    top.backward(np.ones((1, 2)))
    np.testing.assert_array_equal(x.grad, np.ones((3, 2)))
    with pytest.raises(GraphReleasedError, match="split"):
        rest.backward(np.ones((2, 2)))


def test_gradients_with_respect_to_outputs():
    x, top, rest = parts()
    y = (top * rest).sum()
    by_top, by_rest, by_x = y.gradient(top, rest, x)
    np.testing.assert_array_equal(by_top.data, [[8, 10]])
    np.testing.assert_array_equal(by_rest.data, [[1, 2], [1, 2]])
    np.testing.assert_array_equal(by_x.data, [[8, 10], [1, 2], [1, 2]])
    assert x.grad is top.grad is None


@pytest.mark.parametrize("index", [0, 1])
def test_second_order(index):
    x, *outputs = parts()
    [g] = (outputs[index] ** 3).sum().gradient(x, create_graph=True)
    [h] = (g * g).sum().gradient(x)
    used = np.zeros((3, 2))
    used[slice(0, 1) if index == 0 else slice(1, 3)] = 1
    np.testing.assert_array_equal(g.data, 3 * x.data**2 * used)
    np.testing.assert_array_equal(h.data, 36 * x.data**3 * used)


# Both outputs are made of both operands; the rule needs an operand and an output.
polar = defop(
    "_polar",
    lambda r, phi: (r * np.cos(phi), r * np.sin(phi)),
    joint(lambda g, r, out: ((g[0] * out[0] + g[1] * out[1]) / r, g[1] * out[0] - g[0] * out[1])),
    outputs=True,
)


def test_a_rule_that_needs_operands_and_outputs():
    r, phi = grad_leaf([2.0, 3.0]), grad_leaf([0.3, 0.7])
    x, y = polar(r, phi)
    z = (x * x * y).sum()
    gr, gphi = z.gradient(r, phi, create_graph=True)
    c, s = np.cos(phi.data), np.sin(phi.data)
    np.testing.assert_allclose(gr.data, 3 * r.data**2 * c * c * s)
    np.testing.assert_allclose(gphi.data, r.data**3 * (c**3 - 2 * s * s * c))
    hr, hphi = gr.sum().gradient(r, phi)
    np.testing.assert_allclose(hr.data, 6 * r.data * c * c * s)
    np.testing.assert_allclose(hphi.data, 3 * r.data**2 * (c**3 - 2 * s * s * c))


def test_stale_operands_of_several_outputs():
    r, phi = grad_leaf([2.0]), grad_leaf([0.3])
    x, _ = polar(r, phi)
    phi.data -= 0.1  # the rule does without it
    x.sum().backward(retain_graph=True)
    r.data -= 0.1
    with pytest.raises(StaleLeafError, match="_polar"):
        x.sum().backward()


def test_outputs_that_are_no_real_numbers_have_no_gradient():
    order = defop(
        "_order", lambda x: (np.sort(x), np.argsort(x)), joint(lambda g, out: (g[0][np.argsort(out[1])],)), outputs=True
    )
    x = grad_leaf([3.0, 1.0, 2.0])
    values, indices = order(x)
    assert (values.requires_grad, indices.requires_grad) == (True, False)
    values.backward([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(x.grad, [100, 1, 10])


def test_without_graph():
    for x in (tensor([1.0, 2.0]), grad_leaf([1.0, 2.0])):
        with no_grad():
            for part in np.split(x, 2):
                assert type(part) is Tensor
                assert not part.requires_grad
                assert part.is_leaf
    assert all(type(part) is np.ndarray for part in polar(np.ones(2), 0.0))


def test_released_outputs_are_plain_values():
    _, top, rest = parts(1)
    with pytest.raises(LiveGraphError, match=r"\(split\)"):
        float(top)
    (top.sum() + rest.sum()).backward()
    assert float(top) == 1.0
