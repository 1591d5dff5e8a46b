"""The value of every op: NumPy's, in dtype and shape too. All operands are read-only, so no kernel writes into one."""

from functools import partial

import numpy as np
import pytest
from op_samples import requires_grad

from autograd import Tensor, no_grad


def parts(out):
    return out if isinstance(out, tuple) else (out,)


def check(sample, found, expected):
    """Value, dtype and shape are those of NumPy."""
    found = [o.data if isinstance(o, Tensor) else o for o in parts(found)]
    for a, b in zip(found, parts(expected), strict=True):
        assert a.shape == np.shape(b)
        assert a.dtype == np.asarray(b).dtype
        if sample.tolerance and b.dtype.kind == "f":
            error = sample.tolerance * np.finfo(b.dtype).eps
            np.testing.assert_allclose(a, b, rtol=error, atol=error)
        else:
            np.testing.assert_array_equal(a, b)


def test_value(sample):
    call = partial(sample.op.function, **sample.attributes)
    for dtype in ("float64", "float32", "float16"):
        if not sample.supports(dtype):
            with pytest.raises(TypeError, match=f"{sample.op.name}: array type float16 is unsupported"):
                call(*sample.tensors(dtype))
            continue
        expected = sample.expected(dtype)
        check(sample, call(*sample.tensors(dtype)), expected)
        check(sample, call(*sample.tensors(dtype, live=())), expected)
        with no_grad():
            check(sample, call(*sample.tensors(dtype)), expected)


def test_on_plain_arrays(sample):
    """Without a Tensor among the operands an op is a NumPy function: arrays in, arrays out."""
    before = repr(sample.attributes)
    out = sample.op.function(*sample.arrays(), **sample.attributes)
    assert all(isinstance(o, np.ndarray | np.generic) for o in parts(out))
    check(sample, out, sample.expected())
    assert repr(sample.attributes) == before, "the op has changed an attribute"


def test_result_requires_a_gradient_when_an_operand_does(live_sample):
    sample = live_sample

    def required(live=sample.live):
        out = sample.op.function(*sample.tensors(live=live), **sample.attributes)
        return {requires_grad(o) for o in parts(out)}

    assert required() == {True}
    assert all(required(live=(i,)) == {True} for i in sample.live)
    assert required(live=()) == {False}
    with no_grad():
        assert required() == {False}


def test_op_without_derivative(dead_sample):
    """Boolean and integer results are plain arrays; floating ones are Tensors without gradient."""
    floating = [i for i, x in enumerate(dead_sample.inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    out = dead_sample.op.function(*dead_sample.tensors(live=floating), **dead_sample.attributes)
    assert isinstance(out, Tensor if out.dtype.kind == "f" else np.ndarray | np.generic)
    assert not requires_grad(out)


def test_edge(edge):
    out = edge.forward(edge.tensors())
    assert edge.matches(out.data, edge.value), f"{out.data} is not {edge.value}: {edge.why}"
