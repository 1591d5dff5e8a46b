"""SciPy's functions: the error function comes from there, and those that have a rule take Tensors."""

import numpy as np
import pytest

from autograd import NotDifferentiable, tensor
from autograd.ops import transcendental
from autograd.ops.transcendental import erf, erf_of_entries, error_function

special = pytest.importorskip("scipy.special")
X = np.linspace(-6.0, 6.0, 97)


@pytest.fixture
def _fresh():
    error_function.cache_clear()
    yield
    error_function.cache_clear()


@pytest.mark.usefixtures("_fresh")
def test_with_scipy():
    assert error_function() is special.erf
    np.testing.assert_allclose(erf(X), erf_of_entries(X), rtol=4 * np.finfo(float).eps)


def test_scipys_own_functions_on_tensors():
    x = tensor(X, requires_grad=True)
    y = special.erf(x) + special.expit(x)
    np.testing.assert_allclose(y.data, special.erf(X) + special.expit(X), rtol=1e-15, atol=1e-15)
    (g,) = y.gradient(x, gradient=np.ones(X.shape))
    expected = transcendental.BELL * np.exp(-X * X) + special.expit(X) * special.expit(-X)
    np.testing.assert_allclose(g.data, expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(NotDifferentiable, match=r"scipy\.special\.gamma has no rule"):
        special.gamma(x)
