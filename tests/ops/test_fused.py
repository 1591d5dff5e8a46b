"""Fused ops equal their definition in primitive ops: value, and gradients to order 2."""

import numpy as np
import pytest
from op_samples import OPS, SAMPLES, Sample, requires_grad, seed_of, spread, weights

from autograd import Tensor
from autograd.engine.op import Op

FUSED = [case for case in OPS if case.op.definition]


def parts_of(out):
    return out if isinstance(out, tuple) else (out,)


def assert_close(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


def second_gradients(sample, function):
    """The gradients of a fixed combination of all first gradients, of the operands and of the incoming gradient."""
    rng = np.random.default_rng(seed_of(sample))
    tensors = sample.tensors()
    wanted = [t for t in tensors if requires_grad(t)]
    out = function(*tensors, **sample.attributes)
    seeds = [Tensor(weights(part.data), requires_grad=True) for part in parts_of(out)]
    whole = sum(np.sum(part * seed) for part, seed in zip(parts_of(out), seeds, strict=True))
    first = whole.gradient(*wanted, create_graph=True)
    total = sum(np.sum(g * rng.normal(size=g.shape)) for g in first)
    second = total.gradient(*wanted, *seeds, allow_unused=True)
    zeros = [np.zeros(t.shape) for t in (*wanted, *seeds)]
    return [z if g is None else g.data for g, z in zip(second, zeros, strict=True)]


def test_value(fused_sample):
    functions = fused_sample.op.function, fused_sample.op.definition
    found, expected = (parts_of(f(*fused_sample.tensors(), **fused_sample.attributes)) for f in functions)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        assert_close(a.data, b.data)


@pytest.mark.parametrize("how", ["backward", "gradient", "graph"])
def test_first_order(fused_sample, how):
    found = fused_sample.gradients(how)
    expected = fused_sample.gradients(how, function=fused_sample.op.definition)
    for a, b in zip(found, expected, strict=True):
        assert_close(a, b)


def test_second_order(fused_sample):
    found = second_gradients(fused_sample, fused_sample.op.function)
    expected = second_gradients(fused_sample, fused_sample.op.definition)
    for a, b in zip(found, expected, strict=True):
        assert_close(a, b)


@pytest.mark.parametrize("case", FUSED, ids=str)
def test_is_one_node(case):
    """That is the point of fusing."""
    sample = next(s for s in SAMPLES if s.op is case.op and s.live)
    for out in parts_of(case.op.function(*sample.tensors(), **sample.attributes)):
        node = out._node.parents[0] if case.op.outputs else out._node
        assert node.op is case.op
        assert all(parent is None or parent.op is None for parent in node.parents)


def test_a_wrong_definition_is_found():
    sample = Sample("softplus", [spread((2, 3))], label="planted")
    right = sample.op
    sample.op = Op("softplus", right.kernel, right.rules, definition=lambda x: np.log(1.001 + np.exp(x)))
    for test in (test_value, test_second_order):
        with pytest.raises(AssertionError):
            test(sample)
