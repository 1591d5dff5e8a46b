"""Broadcasting of every elementwise op, with shapes drawn at random: the gradient of an operand has its shape, and is
the sum over what was repeated of the gradients that explicit repetition gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes
from op_samples import is_floating, read_only, weights

from autograd import Tensor
from autograd.arrays import sum_to
from autograd.ops.arithmetic import clip, where

EXAMPLES = settings(max_examples=20, suppress_health_check=[HealthCheck.differing_executors])


def shapes(count):
    """Shapes that broadcast, with zero to three axes of length 0 to 3."""
    if count == 1:
        return array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3).map(lambda shape: (shape,))
    return mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=0, max_side=3).map(
        lambda found: found.input_shapes
    )


def gradients(function, arrays, full=None):
    """Result and gradients; with a shape, of operands that were repeated to it beforehand."""
    arrays = [np.array(np.broadcast_to(x, full)) if full is not None else x for x in arrays]
    tensors = [Tensor(read_only(x), requires_grad=True) if is_floating(x) else x for x in arrays]
    out = function(*tensors)
    if isinstance(out, Tensor) and out.requires_grad:
        out.register_hook(read_only)
        out.backward(weights(out.data))
    return np.asarray(getattr(out, "data", out)), [t.grad for t in tensors if isinstance(t, Tensor)]


def sum_over_repeats(g, shape):
    """Undo broadcasting the slow way: add every entry to the place it came from."""
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), g.shape)
    total = np.bincount(places.ravel(), weights=g.ravel(), minlength=int(np.prod(shape)))
    return total.reshape(shape)


def check(function, arrays):
    out, found = gradients(function, arrays)
    full = np.broadcast_shapes(*(x.shape for x in arrays))
    expected_out, expected = gradients(function, arrays, full)
    assert out.shape == full
    np.testing.assert_allclose(out, expected_out, rtol=1e-14)
    operands = [x for x in arrays if is_floating(x)]
    for x, g, e in zip(operands, found, expected, strict=True):
        if e is None:  # not differentiable
            assert g is None
            continue
        assert g.shape == x.shape
        assert g.dtype == x.dtype
        np.testing.assert_allclose(g, sum_over_repeats(e, x.shape), rtol=1e-11, atol=1e-11)


@EXAMPLES
@given(data=st.data())
def test_shapes(elementwise, data):
    found = data.draw(shapes(len(elementwise.domains)))
    check(elementwise.op.function, elementwise.operands(*found))


@EXAMPLES
@given(found=shapes(3))
def test_where(found):
    x, y = (np.sin(1.0 + i + np.arange(int(np.prod(shape)))).reshape(shape) for i, shape in enumerate(found[:2]))
    mask = np.arange(int(np.prod(found[2]))).reshape(found[2]) % 2 == 0
    check(lambda mask, x, y: where(mask, x, y), [mask, x, y])


@EXAMPLES
@given(found=shapes(3))
def test_clip(found):
    x, lower, upper = (np.sin(1.0 + i + np.arange(int(np.prod(s)))).reshape(s) for i, s in enumerate(found))
    check(clip, [np.asarray(a) for a in (3.0 * x, lower - 1.0, upper + 1.0)])


def test_repeats_are_added_up():
    """The slow way itself, by hand."""
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(sum_over_repeats(g, (2,)), [4.0, 6.0])
    np.testing.assert_array_equal(sum_over_repeats(g, (2, 1)), [[3.0], [7.0]])
    np.testing.assert_array_equal(sum_over_repeats(g, ()), 10.0)
    np.testing.assert_array_equal(sum_over_repeats(np.zeros((0, 2)), (2,)), [0.0, 0.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["in order", "transposed", "repeated"])
@pytest.mark.parametrize(
    ("shape", "full"),
    [((3,), (900, 3)), ((60, 1), (60, 50)), ((2, 1, 7), (2, 200, 7)), ((20, 1), (20, 300)), ((4, 1, 6), (5, 4, 25, 6))],
)
def test_large_arrays_are_added_up(shape, full, kind, dtype):
    """By other means than small ones; on Tensors, as in a recorded pass, by the same."""
    d = np.random.default_rng(0).uniform(size=full).astype(dtype)
    d = {"in order": d, "transposed": d.T.copy().T, "repeated": np.broadcast_to(d[:1], full)}[kind]
    total, leaf = sum_to(d, shape), Tensor(d, requires_grad=True)
    assert total.dtype == dtype
    np.testing.assert_allclose(total, sum_over_repeats(d, shape), rtol=float(100.0 * np.finfo(dtype).eps))
    np.testing.assert_array_equal(sum_to(leaf, shape).data, total)
    [back] = sum_to(leaf, shape).gradient(leaf, gradient=total)
    np.testing.assert_array_equal(back.data, np.broadcast_to(total, full))
