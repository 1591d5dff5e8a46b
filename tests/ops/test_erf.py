"""The error function without SciPy, and its derivatives; with SciPy: tests/test_scipy.py."""

import math
import sys

import numpy as np
import pytest

from autograd import grad, tensor
from autograd.ops import transcendental
from autograd.ops.transcendental import erf, erf_of_entries, error_function, ndtr

X = np.linspace(-6.0, 6.0, 97)


@pytest.fixture
def _fresh():
    error_function.cache_clear()
    yield
    error_function.cache_clear()


@pytest.mark.usefixtures("_fresh")
def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    assert error_function() is erf_of_entries
    np.testing.assert_array_equal(erf(X), [math.erf(x) for x in X])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_large_arrays_of_few_digits(dtype):
    """They are computed by a formula of their own, in the order in memory that they have."""
    x = np.concatenate([np.linspace(-14.0, 6.0, 10_000), [0.0, -0.0, np.inf, -np.inf, np.nan, 3e4, -3e4, 1e-7]])
    x = x.astype(dtype).reshape(-1, 8)[:, ::-1].T
    found = ndtr(x)
    assert (found.dtype, found.strides[0], found.flags.c_contiguous) == (x.dtype, x.itemsize, False)
    expected = transcendental.ndtr_of_entries(x.astype(float))
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-3, atol=np.finfo(dtype).tiny)
    right = x > -1.0
    np.testing.assert_allclose(found[right], expected[right], rtol=5.0 * np.finfo(dtype).eps)


def test_numbers():
    assert erf(0.5) == erf(np.float64(0.5)) == math.erf(0.5)
    assert isinstance(erf(0.5), np.float64)
    assert erf(np.float32(0.5)).dtype == np.float32
    assert erf(1) == math.erf(1.0)
    assert tensor(0.5).dtype == erf(tensor(0.5)).dtype
    with pytest.raises(TypeError):
        erf(np.array([1j]))


@pytest.mark.parametrize("order", range(1, 6))
def test_to_any_order(order):
    """d^n erf / dx^n = (-1)^(n-1) H_(n-1)(x) 2/sqrt(pi) exp(-x^2), with Hermite's polynomials (NIST DLMF 7.10.1)."""
    function = erf
    for _ in range(order):
        function = grad(function)
    hermite = np.polynomial.hermite.Hermite.basis(order - 1)
    for x in (-1.3, 0.0, 0.4, 2.0):
        expected = (-1.0) ** (order - 1) * hermite(x) * transcendental.BELL * math.exp(-x * x)
        assert function(x) == pytest.approx(expected, rel=1e-12, abs=1e-12)
