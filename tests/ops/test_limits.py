"""Second derivatives where a rule is 0/0: lengths at the origin, numbers without spread, repeated eigenvalues.

Right where the function has one, nan where it has none, and the first derivative finite in either case.
"""

import numpy as np
import pytest

from autograd import grad, hessian, jacobian, tensor

NAN = np.nan
norm, eigvalsh, svdvals = np.linalg.norm, np.linalg.eigvalsh, np.linalg.svdvals
ZERO, EYE = np.zeros(2), np.eye(2)
SPREAD = 2.0 / 3.0 * (np.eye(3) - 1.0 / 3.0)  # the Hessian of the variance of three numbers


def full(size, value):
    return np.full((size, size), value)


def bell(x):
    """Gaussian kernels between all points."""
    return np.sum(np.exp(-(norm(x[:, None] - x, axis=-1) ** 2)))


def smooth_bell(x):
    """The same without a kink on the way."""
    return np.sum(np.exp(-np.sum((x[:, None] - x) ** 2, axis=-1)))


POINTS = np.array([[0.0, 1.0], [2.0, 1.5], [0.0, 1.0]])  # two of them the same

LENGTHS = {
    "norm**2": (lambda x: norm(x) ** 2, ZERO, 2.0 * EYE),
    "norm * norm": (lambda x: (lambda n: n * n)(norm(x)), ZERO, 2.0 * EYE),
    "exp(-norm**2)": (lambda x: np.exp(-(norm(x) ** 2)), ZERO, -2.0 * EYE),
    "cosh(norm)": (lambda x: np.cosh(norm(x)), ZERO, EYE),
    "norm**4": (lambda x: norm(x) ** 4, ZERO, full(2, 0.0)),
    "of a difference": (lambda x: np.exp(-(norm(x - 1.0) ** 2)), np.ones(2), -2.0 * EYE),
    "scaled": (lambda x: norm(3.0 * x) ** 2, ZERO, 18.0 * EYE),
    "of rows": (lambda x: np.sum(norm(x.reshape(2, 1), axis=1) ** 2), ZERO, 2.0 * EYE),
    "one row of two": (lambda x: np.sum(norm(x.reshape(2, 1), axis=1) ** 2), np.array([0.0, 3.0]), 2.0 * EYE),
    "kernels": (bell, POINTS, hessian(smooth_bell)(POINTS)),
    "vector_norm**2": (lambda x: np.linalg.vector_norm(x) ** 2, ZERO, 2.0 * EYE),
    "Frobenius**2": (lambda x: norm(x.reshape(2, 1), "fro") ** 2, ZERO, 2.0 * EYE),
    "hypot**2": (lambda x: np.hypot(x[0], x[1]) ** 2, ZERO, 2.0 * EYE),
    "hypot(x, 0)**2": (lambda x: np.sum(np.hypot(x, 0.0) ** 2), ZERO, 2.0 * EYE),
    "squares that vanish": (lambda x: norm(x) ** 2, np.array([3e-200, 4e-200]), 2.0 * EYE),
    "single precision": (lambda x: norm(x) ** 2, np.zeros(2, np.float32), 2.0 * EYE),
    "half precision": (lambda x: norm(x) ** 2, np.zeros(2, np.float16), 2.0 * EYE),
    "std**2": (lambda x: np.std(x) ** 2, np.ones(3), SPREAD),
    "std**2, mean rounded": (lambda x: np.std(x) ** 2, np.full(3, 0.1), SPREAD),
    "std**2, ddof": (lambda x: np.std(x, ddof=1) ** 2, np.ones(3), 1.5 * SPREAD),
    "nanstd**2 of ones": (lambda x: np.nanstd(np.append(x, NAN)) ** 2, np.ones(3), SPREAD),
    "std**2 of a part": (lambda x: np.std(np.append(x, 7.0), where=[True] * 3 + [False]) ** 2, np.ones(3), SPREAD),
    "std**2, mean given": (lambda x: np.std(x, mean=np.mean(x)) ** 2, np.ones(3), SPREAD),
    "nanstd**2": (lambda x: np.nanstd(np.append(x, NAN)) ** 2, np.full(3, 0.1), SPREAD),
    "third powers": (lambda x: np.linalg.vector_norm(x, ord=3) ** 4, ZERO, full(2, 0.0)),
    # without second derivative
    "norm": (norm, ZERO, full(2, NAN)),
    "norm in 1 of 2 rows": (lambda x: np.sum(norm(x.reshape(2, 1), axis=1)), np.array([0.0, 3.0]), np.diag([NAN, 0])),
    "two norms": (lambda x: norm(x) * norm(2.0 * x), ZERO, full(2, NAN)),
    "hypot": (lambda x: np.hypot(x[0], x[1]), ZERO, full(2, NAN)),
    "std": (np.std, np.full(3, 0.1), full(3, NAN)),
    "square of the 3-norm": (lambda x: np.linalg.vector_norm(x, ord=3) ** 2, ZERO, full(2, NAN)),
}


@pytest.mark.parametrize("label", LENGTHS)
def test_lengths(label):
    function, x, expected = LENGTHS[label]
    size = x.size
    np.testing.assert_allclose(hessian(function)(x).reshape(size, size), expected.reshape(size, size), rtol=1e-3 if
                               x.dtype == np.float16 else 1e-6, atol=1e-12)  # fmt: skip
    assert np.all(np.isfinite(grad(function)(x)))
    (recorded,) = function(t := tensor(x, requires_grad=True)).gradient(t, create_graph=True)
    np.testing.assert_allclose(recorded.data, grad(function)(x), rtol=1e-3, atol=1e-100)


def test_mixed_derivatives_of_a_distance():
    """What the gradient of a kernel by one point does when the other moves."""
    mixed = jacobian(lambda a: grad(lambda b: np.exp(-(norm(a - b) ** 2)))(np.ones(2)))(np.ones(2))
    np.testing.assert_allclose(mixed, 2.0 * EYE)


THIRD = {
    "a kernel": (lambda x: np.exp(-(norm(x[:2]) ** 2) * x[2]), lambda x: np.exp(-np.sum(x[:2] ** 2) * x[2]), 2.0),
    "times what is 0 too": (lambda x: norm(x) ** 2 * np.sum(x), lambda x: np.sum(x**2) * np.sum(x), 0.0),
    "of a part": (lambda x: norm(x[:2]) ** 2 * x[2] ** 2, lambda x: np.sum(x[:2] ** 2) * x[2] ** 2, 3.0),
    "spread": (lambda x: np.std(x[:2]) ** 2 * x[2], lambda x: np.var(x[:2]) * x[2], 0.0),
}


@pytest.mark.parametrize("label", THIRD)
def test_third_order(label):
    """The same as that of a formula without a length in it."""
    function, smooth, last = THIRD[label]
    x = np.array([0.0, 0.0, last])
    np.testing.assert_allclose(jacobian(hessian(function))(x), jacobian(hessian(smooth))(x), atol=1e-12)


def test_products_with_a_length_keep_their_gradient():
    """norm(x) sum(x) has no second derivative at 0 but the mean of those around it, as abs has no first."""
    np.testing.assert_array_equal(hessian(lambda x: norm(x) * np.sum(x))(ZERO), full(2, 0.0))


def test_tangents_go_through_the_origin():
    """A recorded pass whose incoming gradient is itself a variable, as in `jvp`."""
    from autograd import jvp

    for x, slope in ((ZERO, 0.0), (np.array([3.0, 4.0]), 1.4)):
        np.testing.assert_allclose(jvp(norm, (x,), (np.ones(2),))[1], slope)


# --- spectra ----------------------------------------------------------------------------------------------------------

TURN = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
TRIPLE = (TURN * np.array([1.0, 1.0, 1.0, 3.0])) @ TURN.T  # equal up to rounding, as they come
STEP = np.random.default_rng(1).normal(size=(4, 4))
STEP = STEP + STEP.T
TALL = TURN[:, :3] * np.array([2.0, 2.0, 0.0]) @ np.linalg.qr(STEP[:3, :3])[0]
INVERSE = np.linalg.inv(TRIPLE)


def line(x):
    """Two eigenvalues 2 at x = 0."""
    return np.stack([np.stack([2.0 + x, x]), np.stack([x, 2.0 - x])])


def along(function, matrix, step):
    return lambda t: function(matrix + t * step)


def second(function):
    return grad(grad(function))


CURVES = {
    "sum of squares": (lambda x: np.sum(eigvalsh(line(x)) ** 2), 8.0),
    "sum of logarithms": (lambda x: np.sum(np.log(eigvalsh(line(x)))), -1.0),
    "entropy": (lambda x: (lambda w: np.sum(w * np.log(w)))(eigvalsh(line(x))), 2.0),
    "log det": (along(lambda a: np.sum(np.log(eigvalsh(a))), TRIPLE, STEP), -np.trace(INVERSE @ STEP @ INVERSE @ STEP)),
    "cubes": (along(lambda a: np.sum(eigvalsh(a) ** 3), TRIPLE, STEP), 6.0 * np.trace(TRIPLE @ STEP @ STEP)),
    "product": (along(lambda a: np.prod(eigvalsh(a)), TRIPLE, STEP), second(along(np.linalg.det, TRIPLE, STEP))(0.0)),
    "a single one beside": (
        along(lambda a: eigvalsh(a)[3], TRIPLE, STEP),
        second(along(lambda a: eigvalsh(a)[3], TRIPLE + TURN @ np.diag([0, 1e-9, -1e-9, 0]) @ TURN.T, STEP))(0.0),
    ),
    "singular squares": (along(lambda a: np.sum(svdvals(a) ** 2), TALL, STEP[:, :3]), 2.0 * np.sum(STEP[:, :3] ** 2)),
    "singular fourth powers": (
        along(lambda a: np.sum(svdvals(a) ** 4), TALL, STEP[:, :3]),
        second(along(lambda a: np.sum((a.T @ a) ** 2), TALL, STEP[:, :3]))(0.0),
    ),
    "Frobenius": (along(lambda a: np.sqrt(np.sum(svdvals(a) ** 2)), EYE, STEP[:2, :2]),
                  second(along(norm, EYE, STEP[:2, :2]))(0.0)),
    "a stack": (lambda x: np.sum(eigvalsh(np.stack([line(x), np.diag([1.0, 5.0]) + x * STEP[:2, :2]])) ** 2),
                8.0 + 2.0 * np.sum(STEP[:2, :2] ** 2)),
    "hermitian": (lambda x: np.sum(np.linalg.svd(line(x), compute_uv=False, hermitian=True) ** 2), 8.0),
    # without second derivative
    "the smallest": (lambda x: eigvalsh(line(x))[0], NAN),
    "one of three": (along(lambda a: eigvalsh(a)[1], TRIPLE, STEP), NAN),
    "spectral norm": (along(lambda a: norm(a, 2), EYE, STEP[:2, :2]), NAN),
    "condition": (along(np.linalg.cond, EYE, STEP[:2, :2]), NAN),
    "nuclear at 0": (along(lambda a: norm(a, "nuc"), TALL, STEP[:, :3]), NAN),
    "nuclear**2 at 0": (along(lambda a: norm(a, "nuc") ** 2, np.zeros((2, 2)), STEP[:2, :2]), NAN),
}  # fmt: skip


@pytest.mark.parametrize("label", CURVES)
def test_spectra(label):
    function, expected = CURVES[label]
    np.testing.assert_allclose(second(function)(0.0), expected, rtol=1e-6)
    assert np.isfinite(grad(function)(0.0))


def test_squares_of_singular_values():
    for m in (EYE, np.zeros((2, 2)), np.diag([3.0, 0.0]), np.eye(2, 3)):
        curvature = hessian(lambda m: np.sum(svdvals(m) ** 2))(m)
        np.testing.assert_allclose(curvature.reshape(m.size, m.size), 2.0 * np.eye(m.size), atol=1e-12)


VECTORS = {"a root": lambda r: np.sum((r[1] * np.sqrt(r[0])) @ r[1].T * STEP), "a vector": lambda r: r[1][0, 0]}


@pytest.mark.parametrize("label", VECTORS)
def test_vectors_of_repeated_values_have_no_gradient(label):
    """Their direction is open, and with it all that is computed from them one by one."""
    assert np.isnan(grad(along(lambda a: VECTORS[label](np.linalg.eigh(a)), TRIPLE, STEP))(0.0))


def test_polar_factor_of_repeated_values_has_no_gradient():
    assert np.isnan(grad(lambda t: (lambda r: np.sum(r[0] @ r[2] * STEP))(np.linalg.svd(np.eye(4) + t * STEP)))(0.0))


def test_vectors_of_other_values_have_one():
    """The vector of the eigenvalue that stands alone."""

    def function(t):
        v = np.linalg.eigh(TRIPLE + t * STEP)[1][:, 3]
        return v @ STEP @ v

    difference = (function(1e-6) - function(-1e-6)) / 2e-6
    np.testing.assert_allclose(grad(function)(0.0), difference, rtol=1e-6)
