"""The gradients of every differentiable NumPy function: orders 1 and 2 against differences, and by transforms."""

import numpy as np
from coverage_samples import seed_of

from autograd import Tensor, grad, hvp

STEP = 1e-3  # for differences of fourth order: both rounding and truncation then stay near 1e-12


def slope(f, t=STEP):
    """The derivative of f at 0, by central differences of fourth order."""
    return (8.0 * (f(t) - f(-t)) - (f(2.0 * t) - f(-2.0 * t))) / (12.0 * t)


def assert_close(found, expected, rtol):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * np.max(np.abs(expected), initial=1.0))


def moved(arrays, directions, t):
    """The arrays a step along the directions, lying in memory as they did."""
    return [np.add(x, t * v, out=np.empty_like(x)) for x, v in zip(arrays, directions, strict=True)]


def gradients(sample, arrays, create_graph=False):
    """The gradients of the weighted result, by `Tensor.gradient`; zeros where it does not depend on an operand."""
    tensors = [Tensor(x, requires_grad=True) for x in arrays]
    total = sample.weighted(*tensors)
    if not isinstance(total, Tensor) or not total.requires_grad:
        return tensors, [Tensor(np.zeros(t.shape)) for t in tensors]
    found = total.gradient(*tensors, create_graph=create_graph, allow_unused=True)
    return tensors, [Tensor(np.zeros(t.shape)) if g is None else g for t, g in zip(tensors, found, strict=True)]


def test_first_order(sample):
    """Every entry of every gradient, against differences of NumPy's function."""
    for i, found in enumerate(gradients(sample, sample.live)[1]):
        expected = np.zeros(found.shape)
        for entry in np.ndindex(found.shape):
            unit = [np.zeros(x.shape) for x in sample.live]
            unit[i][entry] = 1.0
            expected[entry] = slope(lambda t, unit=unit: sample.weighted(*moved(sample.live, unit, t)))
        assert found.dtype == sample.live[i].dtype
        assert_close(found.data, expected, 2e-8)


def directions(sample):
    rng = np.random.default_rng(seed_of(sample))
    return [[rng.normal(size=x.shape) for x in sample.live] for _ in range(2)]


def test_second_order(sample):
    """The gradient of a combination of all gradients, along one direction, against differences of first gradients."""
    factors, direction = directions(sample)

    def combination(t):
        found = gradients(sample, moved(sample.live, direction, t))[1]
        return sum(np.sum(u * g.data) for u, g in zip(factors, found, strict=True))

    tensors, first = gradients(sample, sample.live, create_graph=True)
    total = sum(np.sum(g * u) for g, u in zip(first, factors, strict=True))
    second = total.gradient(*tensors, allow_unused=True) if total.requires_grad else [None] * len(tensors)
    found = sum(np.sum(g.data * v) for g, v in zip(second, direction, strict=True) if g is not None)
    assert_close(found, slope(combination), 1e-6)


def test_transforms(sample):
    """`grad` and `hvp` of the same call, with arrays in and arrays out, agree with `Tensor.gradient` to the bit."""
    arguments = tuple(range(len(sample.live)))
    found = grad(sample.weighted, arguments)(*sample.live)
    for a, b in zip(found, gradients(sample, sample.live)[1], strict=True):
        assert type(a) is np.ndarray
        np.testing.assert_array_equal(a, b.data)

    factors, _ = directions(sample)
    tensors, first = gradients(sample, sample.live, create_graph=True)
    total = sum(np.sum(g * u) for g, u in zip(first, factors, strict=True))
    second = total.gradient(*tensors, allow_unused=True) if total.requires_grad else [None] * len(tensors)
    products = hvp(sample.weighted, tuple(sample.live), tuple(factors))
    products = products if len(arguments) > 1 else (products,)
    for a, b in zip(products, second, strict=True):
        assert_close(a, np.zeros(a.shape) if b is None else b.data, 1e-12)
