"""float32 stays float32 and float16 float16, forward and backward; what NumPy widens has gradients in its own dtype."""

import operator

import numpy as np
import pytest
from op_samples import BINARY, Sample, is_floating, spread, weights

from autograd import Tensor
from autograd.engine.op import Op

HOW = ("backward", "gradient", "graph")


def rule_dtypes(out):
    """The dtypes that the rules give, before the engine restores that of the operand."""
    node = out[0]._node.parents[0] if isinstance(out, tuple) else out._node
    g = tuple(weights(o.data) for o in out) if isinstance(out, tuple) else weights(out.data)
    gradients = node.op.vjp(g, node.kept, node.parents)
    return {np.asarray(d).dtype for d, parent in zip(gradients, node.parents, strict=True) if parent is not None}


def narrow_dtypes(sample):
    return [dtype for dtype in ("float32", "float16") if sample.supports(dtype)]


def test_dtype_stays(live_sample):
    sample = live_sample
    for dtype in narrow_dtypes(sample):
        gradients = [sample.gradients(how, dtype=dtype) for how in HOW]
        assert {g.dtype for found in gradients for g in found} == {np.dtype(dtype)}
        if np.asarray(sample.expected(dtype)[0] if sample.op.outputs else sample.expected(dtype)).dtype == dtype:
            # The engine would hide a rule that widens, by restoring the dtype of the operand.
            assert rule_dtypes(sample.op.function(*sample.tensors(dtype), **sample.attributes)) == {np.dtype(dtype)}


def test_gradient_is_that_of_float64(live_sample):
    """At the same point, to the precision of the dtype."""
    for dtype in narrow_dtypes(live_sample):
        compare_with_float64(live_sample, dtype)


def compare_with_float64(sample, dtype):
    wide = [x.astype(dtype).astype(float) if is_floating(x) else x for x in sample.arrays()]
    inputs = [Tensor(x, requires_grad=i in sample.live) if is_floating(x) else x for i, x in enumerate(wide)]
    expected = sample.gradients("gradient", inputs=inputs)
    for a, b in zip(sample.gradients("gradient", dtype=dtype), expected, strict=True):
        error = 32.0 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(a, b, rtol=error, atol=error * np.max(np.abs(b), initial=1.0))


def pairs(op, x, y, number):
    """A Tensor and a number, on the sides that have a rule."""
    both = ((Tensor(x, requires_grad=True), number), (number, Tensor(y, requires_grad=True)))
    return [operands for operands, rule in zip(both, op.rules, strict=True) if rule]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("number", [1.5, 2.0, 1, 2, 3, True], ids=repr)
@pytest.mark.parametrize("kind", BINARY, ids=str)
def test_python_numbers_are_weak(kind, number, dtype):
    """A number of Python never widens an array, on either side, forward or backward."""
    x, y = (a.astype(dtype) for a in kind.operands((2, 3), (2, 3)))
    for operands in pairs(kind.op, x, y, number):
        out = kind.op.function(*operands)
        plain = kind.op.numpy[0](*(t.data if isinstance(t, Tensor) else t for t in operands))
        assert out.dtype == plain.dtype == np.dtype(dtype)
        assert rule_dtypes(out) == {np.dtype(dtype)}
        out.backward(weights(out.data))
        assert [t.grad.dtype for t in operands if isinstance(t, Tensor)] == [np.dtype(dtype)]


@pytest.mark.parametrize(
    "other", [np.float64(2.0), np.float32(2.0), np.array(2.0), np.array([2.0]), np.int8(2)], ids=repr
)
@pytest.mark.parametrize("kind", BINARY, ids=str)
def test_numpy_scalars_and_arrays_promote_as_in_numpy(kind, other):
    x, y = (a.astype(np.float32) for a in kind.operands((2, 3), (2, 3)))
    for operands in pairs(kind.op, x, y, other):
        out = kind.op.function(*operands)
        assert out.dtype == kind.op.numpy[0](*(t.data if isinstance(t, Tensor) else t for t in operands)).dtype
        out.backward(weights(out.data))
        assert [t.grad.dtype for t in operands if isinstance(t, Tensor)] == [np.dtype(np.float32)]


@pytest.mark.parametrize(
    "function",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.matmul],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("narrow", ["float32", "float16"])
def test_mixed_operands_get_gradients_of_their_own_dtype(function, narrow):
    x = Tensor(np.array([[1.25, 2.0], [0.5, 0.75]], narrow), requires_grad=True)
    y = Tensor(np.array([[2.0, 1.5], [0.7, 3.0]]), requires_grad=True)
    out = function(x, y)
    assert out.dtype == np.float64
    out.backward(weights(out.data))
    assert (x.grad.dtype, y.grad.dtype) == (np.dtype(narrow), np.dtype(float))
    gx, gy = function(x, y).gradient(x, y, gradient=weights(out.data), create_graph=True)
    assert (gx.dtype, gy.dtype) == (np.dtype(narrow), np.dtype(float))


def test_one_tensor_in_two_dtypes():
    """What comes back from a wider branch is narrowed before it is added up."""
    x = Tensor(np.array([1.5, 2.5], np.float32), requires_grad=True)
    y = x * np.array([2.0, 3.0]) + x.astype(np.float64) ** 2 + x
    assert y.dtype == np.float64
    y.backward(np.ones(2))
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, np.array([2.0 + 3.0 + 1.0, 3.0 + 5.0 + 1.0], np.float32))


def test_a_rule_that_widens_is_found():
    sample = Sample("square", [spread((2, 3))], label="planted")
    sample.op = Op("square", np.square, lambda g, x: g * (np.float64(2.0) * x))
    with pytest.raises(AssertionError):
        test_dtype_stays(sample)


def test_a_mean_of_more_numbers_than_half_precision_can_count():
    """70000 is infinite in float16, but a share of 1/70000 is a number there."""
    x = np.tile(np.array([1.0, 3.0], np.float16), 35000)
    sample = Sample("mean", [x], label="70000")
    (narrow,) = sample.gradients("gradient", dtype="float16")
    (wide,) = sample.gradients("gradient", dtype="float64")
    np.testing.assert_allclose(narrow, wide, atol=2.0**-24)
    assert np.any(narrow != 0.0)
