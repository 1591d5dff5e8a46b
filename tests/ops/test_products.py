"""Products with zeros among their factors, or out of range: derivatives of orders 1 to 4 against the definition."""

from itertools import permutations

import numpy as np
import pytest

from autograd import grad, hessian, jacobian
from autograd.ops.reduce import cumprod, prod

FACTORS = {
    "no zero": [2.0, -3.0, 0.5, 4.0],
    "first": [0.0, -3.0, 0.5, 4.0],
    "last": [2.0, -3.0, 0.5, 0.0],
    "two": [2.0, 0.0, 0.5, -0.0],
    "three": [0.0, 0.0, 0.5, 0.0],
    "all": [0.0, 0.0, 0.0, 0.0],
    "underflow": [1e-200, 1e-200, 3.0, 2.0],
}
SHARES = np.array([1.0, 2.0, 3.0, 5.0])


def derivatives(x, order):
    """All derivatives of one order of the product: of distinct factors, the product of the others; else 0."""
    found = np.zeros((len(x),) * order)
    for places in permutations(range(len(x)), order):
        found[places] = np.prod(np.delete(x, places))
    return found


def running(x, order):
    """The same of the sum of all running products, in shares."""
    sizes = range(1, len(x) + 1)
    rest = [[(0, len(x) - n)] * order for n in sizes]
    return sum(s * np.pad(derivatives(x[:n], order), r) for s, n, r in zip(SHARES, sizes, rest, strict=True))


@pytest.mark.parametrize(("label", "order"), [*((f, n) for f in FACTORS for n in (1, 2, 3)), ("two", 4)])
def test_to_fourth_order(label, order):
    x = np.array(FACTORS[label])
    for function, expected in ((prod, derivatives), (lambda x: np.sum(SHARES * cumprod(x)), running)):
        derived = grad(function)
        for _ in range(order - 1):
            derived = jacobian(derived)
        np.testing.assert_allclose(derived(x), expected(x, order), rtol=1e-14, atol=1e-13)


@pytest.mark.parametrize("n", [2, 3, 7, 8, 9, 100])
@pytest.mark.parametrize("function", [prod, cumprod])
def test_any_length(function, n):
    """Dividing and multiplying give the same where there is no zero; one more factor, of 0 or 1, takes turns."""
    x = np.random.default_rng(n).uniform(0.8, 1.2, n)
    weights = np.cos(np.arange(n + 1.0))

    def combined(x, last):
        return np.sum(weights * function(np.concatenate([x, last])))

    def tail(x):  # what the last running product adds: nothing, when its factor is 0
        return weights[-1] * prod(x) if function is cumprod else np.sum(weights) * prod(x)

    with_one, with_zero = grad(combined)(x, np.ones(1)), grad(combined)(x, np.zeros(1))
    np.testing.assert_allclose(with_one - with_zero, grad(tail)(x), rtol=1e-12, atol=1e-13)


def test_products_that_leave_the_range_on_the_way():
    """NumPy's product is 0 or infinite; the products of the others are what they are."""
    x = np.concatenate([np.full(400, 0.1), np.full(400, 10.0)])
    assert prod(x) == 0.0
    np.testing.assert_allclose(grad(prod)(x), 1.0 / x, rtol=1e-12)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(grad(prod)(np.array([1e200, 1e200, 1e-200, 1e-200])), [1e-200, 1e-200, 1e200, 1e200])
    np.testing.assert_array_equal(grad(prod)(np.array([1e-200, 1e-200, 0.5])), [0.5e-200, 0.5e-200, 0.0])


@pytest.mark.parametrize(("small", "dtype"), [(1e-306, "float64"), (1e-36, "float32"), (0.03, "float16")])
def test_curvatures_beside_a_small_factor(small, dtype):
    """Dividing by it twice would overflow."""
    found = hessian(lambda x: 4000.0 * prod(x))(np.array([small, 1.0, 1.0, 1.0], dtype))
    expected = 4000.0 * small * (1.0 - np.eye(4))
    expected[0, 1:] = expected[1:, 0] = 4000.0
    np.testing.assert_allclose(found, expected, rtol=2e-3)
