"""The value of every op: NumPy's, in dtype and shape too. All operands are read-only, so no kernel writes into one."""

from functools import partial

import numpy as np
import pytest

from autograd import Tensor, no_grad


def parts(out):
    return out if isinstance(out, tuple) else (out,)


def check(sample, found, expected, dtype):
    """Value, dtype and shape are those of NumPy."""
    found, expected = parts(found), parts(expected)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == np.shape(b)
        assert a.dtype == np.asarray(b).dtype
        if sample.tolerance and b.dtype.kind == "f":
            error = sample.tolerance * np.finfo(b.dtype).eps
            np.testing.assert_allclose(a, b, rtol=error, atol=error)
        else:
            np.testing.assert_array_equal(a, b)


def plain(out):
    return tuple(o.data if isinstance(o, Tensor) else o for o in parts(out))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_value(sample, dtype):
    expected = sample.expected(dtype)
    call = partial(sample.op.function, **sample.attributes)
    check(sample, plain(call(*sample.tensors(dtype))), expected, dtype)
    with no_grad():
        check(sample, plain(call(*sample.tensors(dtype))), expected, dtype)
    check(sample, plain(call(*sample.tensors(dtype, live=()))), expected, dtype)


def test_on_plain_arrays(sample):
    """Without a Tensor among the operands an op is a NumPy function: arrays in, arrays out."""
    out = parts(sample.op.function(*sample.arrays(), **sample.attributes))
    assert all(isinstance(o, np.ndarray | np.generic) for o in out)
    check(sample, out, sample.expected(), None)


def test_result_requires_a_gradient_when_an_operand_does(live_sample):
    sample = live_sample
    out = parts(sample.op.function(*sample.tensors(), **sample.attributes))
    assert all(o.requires_grad and not o.is_leaf for o in out)
    for i in sample.live:
        out = parts(sample.op.function(*sample.tensors(live=(i,)), **sample.attributes))
        assert all(o.requires_grad for o in out)
    with no_grad():
        out = parts(sample.op.function(*sample.tensors(), **sample.attributes))
        assert not any(o.requires_grad for o in out)
    out = parts(sample.op.function(*sample.tensors(live=()), **sample.attributes))
    assert not any(o.requires_grad for o in out)


def test_op_without_derivative(dead_sample):
    """Boolean and integer results are plain arrays; floating ones are Tensors with zero gradient."""
    tensors = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in dead_sample.arrays() if isinstance(x, np.ndarray)]
    others = [x for x in dead_sample.arrays() if not isinstance(x, np.ndarray)]
    if len(tensors) + len(others) == 2 and not isinstance(dead_sample.inputs[0], np.ndarray):
        tensors, others = others, tensors
    out = dead_sample.op.function(*tensors, *others, **dead_sample.attributes)
    if out.dtype.kind == "f":
        assert isinstance(out, Tensor)
        assert not out.requires_grad
    else:
        assert isinstance(out, np.ndarray | np.generic)


def test_edge(edge):
    out = edge.forward(edge.tensors())
    assert edge.matches(out.data, edge.value), f"{out.data} is not {edge.value}: {edge.why}"


def test_operands_are_left_alone(sample):
    """Read-only arrays catch writing; this one catches an op that changes an attribute."""
    before = repr(sample.attributes)
    sample.op.function(*sample.tensors(), **sample.attributes)
    assert repr(sample.attributes) == before
