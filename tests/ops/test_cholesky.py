"""Factors of matrices that are larger than a block of the rule's inverse (32), and not a multiple of it."""

import numpy as np
import pytest

from autograd import grad, hvp
from autograd.ops.linalg import _lower_inverse


@pytest.mark.parametrize("n", [0, 1, 32, 33, 75])
@pytest.mark.parametrize("stack", [(), (2, 3)])
def test_inverses_of_lower_triangles(n, stack):
    rng = np.random.default_rng(0)
    x = np.tril(rng.normal(size=(*stack, n, n))) + 10.0 * np.eye(n)
    inverse = _lower_inverse(x)
    np.testing.assert_allclose(inverse @ x, np.broadcast_to(np.eye(n), x.shape), atol=1e-15)
    assert not np.triu(inverse, 1).any()
    assert _lower_inverse(x.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("upper", [False, True])
def test_gradients_along_a_direction(upper):
    n, rng = 75, np.random.default_rng(0)
    b, c, direction = rng.normal(size=(3, n, n))
    x, direction = b @ b.T + n * np.eye(n), direction + direction.T

    def f(x):
        return np.sum(c * np.linalg.cholesky(x, upper=upper) ** 2)

    def difference(f, h=1e-3):
        return (f(x + h * direction) - f(x - h * direction)) / (2.0 * h)

    np.testing.assert_allclose(np.sum(grad(f)(x) * direction), difference(f), rtol=1e-5)
    np.testing.assert_allclose(hvp(f, (x,), (direction,)), difference(grad(f)), rtol=1e-6, atol=1e-7)
