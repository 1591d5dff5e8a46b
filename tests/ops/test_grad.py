"""The gradients of every op: against finite differences to order 2, and against complex steps where there are any."""

import numpy as np
import pytest
from op_samples import Sample, is_floating, pull, seed_of, spread, weights

from autograd import Tensor
from autograd.engine.op import Op

STEP = 1e-3  # for differences of fourth order: both rounding and truncation then stay near 1e-12


def weighted(out):
    """The number that is differentiated: the sum of all entries of a result, weighted."""
    return sum(np.sum(part * weights(part)) for part in (out if isinstance(out, tuple) else (out,)))


def slope(f, t=STEP):
    """The derivative of f at 0, by central differences of fourth order."""
    return (8.0 * (f(t) - f(-t)) - (f(2.0 * t) - f(-2.0 * t))) / (12.0 * t)


def with_operand(arrays, i, x):
    return [*arrays[:i], x, *arrays[i + 1 :]]


def assert_close(found, expected, rtol, scale=1.0):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * scale)


def test_first_order_by_differences(smooth_sample):
    """Every entry of every gradient, against differences of NumPy's function."""
    sample = smooth_sample
    arrays = sample.arrays()
    for i, found in zip(sample.live, sample.gradients("gradient"), strict=True):
        expected = np.zeros(arrays[i].shape)
        for entry in np.ndindex(arrays[i].shape):

            def moved(t, i=i, entry=entry):
                x = np.array(arrays[i])
                x[entry] += t
                return weighted(sample.oracle(*with_operand(arrays, i, x), **sample.attributes))

            expected[entry] = slope(moved)
        assert found.dtype == arrays[i].dtype
        assert_close(found, expected, 1e-8, np.max(np.abs(expected), initial=1.0))


def test_first_order_by_complex_steps(analytic_sample):
    """Every entry of every gradient, against Im f(x + ih) / h: no difference is taken, so there is no rounding."""
    sample, h = analytic_sample, 1e-30
    arrays = [x.astype(complex) if is_floating(x) else x for x in sample.arrays()]
    for i, found in zip(sample.live, sample.gradients("gradient"), strict=True):
        expected = np.zeros(arrays[i].shape)
        for entry in np.ndindex(arrays[i].shape):
            x = arrays[i].copy()
            x[entry] += 1j * h
            out = sample.analytic(*with_operand(arrays, i, x), **sample.attributes)
            parts = out if isinstance(out, tuple) else (out,)
            expected[entry] = sum(np.sum(np.imag(part) * weights(np.real(part))) for part in parts) / h
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-13 * np.max(np.abs(expected), initial=1.0))


def test_second_order(smooth_sample):
    """The gradient of a random combination of all gradients, along a random direction of every operand and of the
    incoming gradient, against differences of first-order gradients."""
    sample = smooth_sample
    rng = np.random.default_rng(seed_of(sample))
    arrays = sample.arrays()
    several = isinstance(sample.op.function(*arrays, **sample.attributes), tuple)
    factors = [rng.normal(size=arrays[i].shape) for i in sample.live]

    def combination(inputs, seed):
        """Sum of factors * gradients, from first-order passes on arrays."""
        tensors = [Tensor(x, requires_grad=i in sample.live) if is_floating(x) else x for i, x in enumerate(inputs)]
        out = sample.op.function(*tensors, **sample.attributes)
        gradients = pull(out, [tensors[i] for i in sample.live], "gradient", seed)
        return sum(np.sum(u * g) for u, g in zip(factors, gradients, strict=True))

    tensors = sample.tensors()
    live = [tensors[i] for i in sample.live]
    out = sample.op.function(*tensors, **sample.attributes)
    if several:
        seed, incoming = None, []
        root = sum(np.sum(part * weights(part.data)) for part in out)
        first = root.gradient(*live, create_graph=True)
    else:
        seed = Tensor(weights(out.data), requires_grad=True)
        incoming = [seed]
        first = out.gradient(*live, gradient=seed, create_graph=True)
    total = sum(np.sum(g * u) for g, u in zip(first, factors, strict=True))
    if not total.requires_grad:
        assert several  # linear, and the incoming gradient is a constant
        second = [None] * len(live)
    else:
        second = total.gradient(*live, *incoming, allow_unused=True)

    start = None if several else seed.data
    for i, found in zip(sample.live, second, strict=False):
        direction = rng.normal(size=arrays[i].shape)
        expected = slope(
            lambda t, i=i, v=direction: combination(with_operand(arrays, i, np.asarray(arrays[i] + t * v)), start), 3e-4
        )
        found = 0.0 if found is None else np.sum(found.data * direction)
        assert_close(found, expected, 1e-7, max(1.0, abs(expected)))
    if incoming:
        direction = rng.normal(size=seed.shape)
        expected = combination(arrays, np.asarray(seed.data + direction)) - combination(arrays, seed.data)
        found = 0.0 if second[-1] is None else np.sum(second[-1].data * direction)
        assert_close(found, expected, 1e-10, max(1.0, abs(expected)))


def test_second_order_of_a_determinant_that_is_zero_but_for_rounding():
    """The rows are dependent, but the determinant comes out as 2.7e-15."""
    sample = Sample("det", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]]], label="rank-2-of-3-rounded")
    test_first_order_by_differences(sample)
    test_first_order_by_complex_steps(sample)
    test_second_order(sample)


@pytest.mark.parametrize("how", ["backward", "gradient", "graph"])
def test_edge(live_edge, how):
    edge = live_edge
    tensors = edge.tensors()
    wanted = [tensors[i] for i in edge.live]
    out = edge.forward(tensors)
    ones = np.ones(out.shape, out.dtype)
    with edge.backward():
        found = pull(out, wanted, how, ones)
    expected = [g for g in edge.expected_gradients if g is not None]
    assert len(found) == len(expected), "an edge has an expected gradient for each operand that can have one"
    for a, b, t in zip(found, expected, wanted, strict=True):
        assert a.dtype == t.dtype
        assert edge.matches(a, b), f"{a} is not {b}: {edge.why}"


def test_second_order_edge(smooth_edge):
    edge = smooth_edge
    tensors = edge.tensors()
    wanted = [tensors[i] for i in edge.live]
    out = edge.forward(tensors)
    (first,) = out.gradient(wanted[0], gradient=np.ones(out.shape), create_graph=True)
    total = np.sum(first)
    found = total.gradient(wanted[0], allow_unused=True)[0] if total.requires_grad else None
    found = np.zeros(wanted[0].shape) if found is None else found.data
    assert edge.matches(found, edge.curvature[0]), f"{found} is not {edge.curvature[0]}: {edge.why}"


def test_a_wrong_gradient_is_found():
    """The checks of this file notice a rule that is wrong by a factor, in the first or only in the second order."""
    right = Sample("tanh", [spread((2, 3))], label="planted")
    first = Op("tanh", np.tanh, lambda g, out: g * (1.0 - 0.999 * out * out))
    detached = Op("tanh", np.tanh, lambda g, out: g * (1.0 - np.asarray(getattr(out, "data", out)) ** 2))
    test_first_order_by_differences(right)
    test_first_order_by_complex_steps(right)
    test_second_order(right)
    right.op = first
    for test in (test_first_order_by_differences, test_first_order_by_complex_steps):
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            test(right)
    right.op = detached
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_second_order(right)
