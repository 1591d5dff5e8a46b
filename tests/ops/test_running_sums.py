"""Gradients of running sums, of short rows and of those that are long enough to be summed in two halves at once."""

import numpy as np
import pytest

from autograd import hvp, vjp


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 2, 4095, 4096, 5001])
def test_sums_from_each_place_on(n, dtype):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, n)).astype(dtype)
    found = vjp(np.cumsum, x)[1](g)
    assert found.dtype == dtype
    exact = np.cumsum(g[::-1].astype(np.longdouble))[::-1]
    np.testing.assert_allclose(found, exact, rtol=0.0, atol=float(n * np.finfo(dtype).eps) * 100.0)


@pytest.mark.parametrize("place", [0, 1000, 2499, 2500, 2501, 4999])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_numbers_that_are_not_finite_reach_what_is_before_them(place, value):
    g = np.ones(5000)
    g[place] = value
    found = vjp(np.cumsum, g)[1](g)
    np.testing.assert_array_equal(found[: place + 1], np.full(place + 1, value))
    np.testing.assert_array_equal(found[place + 1 :], np.arange(5000.0 - place - 1, 0.0, -1.0))


def test_second_derivatives():
    x, direction = np.random.default_rng(0).normal(size=(2, 5000))
    found = hvp(lambda x: np.sum(np.cumsum(x) ** 2), (x,), (direction,))
    np.testing.assert_allclose(found, 2.0 * np.cumsum(np.cumsum(direction)[::-1])[::-1], rtol=1e-9, atol=1e-6)
