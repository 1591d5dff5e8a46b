"""The bound of rounding: above what rounding does, by a look at long double, and not far above it."""

import numpy as np
import pytest

from autograd import custom_op, tensor
from autograd.gradcheck.problem import GraphProblem
from autograd.gradcheck.subject import FunctionSubject
from nn import functional as F

LONGER = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps / 100
needs_long_double = pytest.mark.skipif(not LONGER, reason="long double is no longer than float64 here")


def bound(f, *inputs):
    """The bound of the sum of all entries of the output."""
    subject = FunctionSubject(f, inputs)
    with subject.prepared():
        run = subject.run([variable.value.copy() for variable in subject.inputs])
        problem = GraphProblem(subject, run)
        return sum(problem.noise(k, np.ones(v.value.shape)) for k, v in enumerate(problem.outputs))


def error(f, *inputs):
    """The sum of what the entries of the output are off by."""
    with np.errstate(all="ignore"):
        rounded, exact = (f(*(tensor(np.asarray(x, dtype)) for x in inputs)) for dtype in (float, np.longdouble))
        return float(np.sum(np.abs(rounded.data.astype(np.longdouble) - exact.data)))


FUNCTIONS = {
    "softplus by hand": (lambda v: np.log(1 + np.exp(v)), [-36.0, -30.0, -20.0, -1.0, 30.0]),
    "softplus": (F.softplus, [-36.0, -1.0, 30.0]),
    "cross-entropy": (lambda c: F.cross_entropy(c * np.eye(3), np.arange(3)), [40.0, 36.0, 30.0, 10.0, 1.0]),
    "likelihood": (lambda c: F.nll_loss(F.log_softmax(c * np.eye(3)), np.arange(3)), [36.0, 30.0, 1.0]),
    "logsumexp": (lambda c: F.log_softmax(c * np.eye(2, 3)), [30.0, 5.0]),
    "offset": (lambda x: (x + 1e9) - 1e9, [0.1, 0.7, 3.0]),
    "square": (lambda x: (x + 1e5) ** 2 - 1e10, [0.1, 0.7, 3.0]),
    "variance": (lambda x: np.var(1e6 + np.linspace(0.0, x, 7)), [0.1, 0.7, 3.0]),
    "cosine": (lambda x: 1 - np.cos(x), [1e-7, 1e-5, 1e-3]),
    "tanh": (lambda x: 1 - np.tanh(x) ** 2, [10.0, 15.0, 17.0]),
    "sum": (lambda x: np.sum(x * 10.0 ** np.linspace(-20, 3, 30)), [0.1, 0.7, 3.0]),
    "product": (lambda x: np.sum((x * np.cos(np.arange(12.0).reshape(3, 4))) @ np.sin(np.arange(4.0))), [0.1, 0.7]),
    "wave": (lambda x: np.sin(1e8 * x), [1.0, 0.3]),
}


@needs_long_double
@pytest.mark.parametrize("name", FUNCTIONS)
def test_rounding_is_bounded(name):
    f, places = FUNCTIONS[name][0], np.float64(FUNCTIONS[name][1])
    bounds, errors = [bound(f, x) for x in places], [error(f, x) for x in places]
    assert all(b >= e for b, e in zip(bounds, errors, strict=True))
    assert sum(bounds) <= 1000 * sum(errors)


@pytest.mark.long
@needs_long_double
def test_rounding_of_all_functions_is_bounded(right_programs):
    seen = 0
    for number, (family, _) in enumerate(right_programs.BY_FAMILY):
        right = right_programs.program(number)
        if not right.inputs or family in (right_programs.lower_precision, right_programs.linear_algebra):
            continue
        rng = np.random.default_rng(number)
        for k in range(3):
            near = [np.asarray(x) * (1 + 2.0**-9 * k * rng.uniform(-1, 1, np.shape(x))) for x in right.inputs]
            off = error(right.f, *near)
            assert off <= bound(right.f, *near), right.name
            seen += 1
    assert seen > 1200


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.maximum(-x, x).reshape(2, 2).T,
        lambda x: np.concatenate([x[1:], x[:1]]),
        lambda x: np.where(x > 0, x, 0.5),
    ],
)
def test_what_only_moves_numbers_rounds_nothing(f):
    assert bound(f, np.array([1.0, -2.0, 3.0, 0.1])) == 0.0


def test_a_kernel_that_takes_arrays_only():
    """What it meets inside is not known; a kernel without a scale of its own meets nothing of size 1, though."""
    log1pexp = custom_op(lambda x: np.log(1 + np.exp(np.asarray(x, float))), lambda g, x: g * F.sigmoid(x), name="l")
    assert bound(log1pexp, np.array([-40.0])) >= 1e-16
    double = custom_op(lambda x: 2 * np.asarray(x, float), lambda g: 2 * g, name="double")
    assert bound(double, np.array([1e-40])) < 1e-54
