"""`minimize`: the way that it tells, why it ends, and what it refuses; the numbers of Rosenbrock's valley."""

import math
import re
from collections import namedtuple

import numpy as np
import pytest

import optim
from autograd import grad, hessian, tensor
from optim import SGD, Adam, HyperparameterError, Minimum, ParameterError, minimize

START = np.array([-1.2, 1.0])


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def bowl(x):
    return (x * x).sum()


def test_numbers_of_rosenbrocks_valley():
    """By hand: 2.2**2 + 100 * 0.44**2, its gradient, and the Hessian where both squares are zero."""
    assert rosenbrock(START) == pytest.approx(24.2, rel=1e-14)
    np.testing.assert_allclose(grad(rosenbrock)(START), [-215.6, -88.0], rtol=1e-13)
    curvature = hessian(rosenbrock)(np.ones(2))
    np.testing.assert_allclose(curvature, [[802.0, -400.0], [-400.0, 200.0]], rtol=1e-13)
    assert np.linalg.cond(curvature) == pytest.approx(2508, abs=1)


@pytest.mark.parametrize("method", ["lbfgs", "newton", "Adam", SGD, lambda params: SGD(params, lr=1e-3)])
def test_the_way_is_told(method):
    found = minimize(rosenbrock, START, method, max_steps=30)
    n = found.steps
    assert n == 30 or found.converged
    assert found.xs.shape == (n + 1, 2)
    assert found.values.shape == found.gradient_norms.shape == (n + 1,)
    np.testing.assert_array_equal(found.xs[0], START)
    np.testing.assert_array_equal(found.xs[-1], found.x)
    np.testing.assert_allclose(found.values, [rosenbrock(x) for x in found.xs], rtol=1e-12)
    slopes = [grad(rosenbrock)(x) for x in found.xs]
    np.testing.assert_allclose(found.gradient_norms, [np.linalg.norm(g) for g in slopes], rtol=1e-12)
    np.testing.assert_allclose(found.gradient, slopes[-1], rtol=1e-12)
    assert found.value == found.values[-1]
    assert found.evaluations >= n + 1


@pytest.mark.parametrize("method", ["adam", "sgd", "rmsprop", "lion", "adagrad"])
def test_steps_are_those_of_the_optimizer(method):
    w = tensor(START, requires_grad=True)
    cls = {cls.__name__.lower(): cls for cls in (SGD, Adam, optim.RMSprop, optim.Lion, optim.Adagrad)}[method]
    optimizer = cls([w], lr=1e-3, weight_decay=0.1)
    for _ in range(7):
        optimizer.zero_grad()
        rosenbrock(w).backward()
        optimizer.step()
    found = minimize(rosenbrock, START, method, max_steps=7, lr=1e-3, weight_decay=0.1)
    np.testing.assert_array_equal(found.x, w.data)
    assert found.evaluations == 8


@pytest.mark.parametrize("method", ["lbfgs", "newton"])
def test_line_searches_converge_fast_and_never_climb(method):
    found = minimize(rosenbrock, START, method)
    assert found.converged
    assert found.why == "the norm of the gradient is at most 1e-06"
    np.testing.assert_allclose(found.x, 1.0, atol=1e-6)
    assert found.steps < 40
    assert (np.diff(found.values) <= 0).all()


def test_newton_is_exact_on_a_quadratic_and_leaves_saddles():
    matrix = np.array([[3.0, 1.0], [1.0, 2.0]])
    one = minimize(lambda x: x @ matrix @ x / 2 - x.sum(), np.array([5.0, -7.0]), "newton", tolerance=1e-12)
    assert one.steps == 1
    np.testing.assert_allclose(one.x, np.linalg.solve(matrix, np.ones(2)), rtol=1e-12)
    saddle = minimize(lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4, np.array([1.0, 1e-3]), "newton")
    assert saddle.converged
    assert abs(saddle.x[1]) == pytest.approx(math.sqrt(0.5), rel=1e-6)


Line = namedtuple("Line", "slope offset")


@pytest.mark.parametrize("method", ["lbfgs", "newton", "adam"])
@pytest.mark.parametrize(
    ("x0", "f", "expected"),
    [
        (4.0, lambda x: (x - 1) ** 2, 1.0),
        (np.float64(4.0), lambda x: (x - 1) ** 2, 1.0),
        (np.ones((2, 2)), lambda x: ((x - 3) ** 2).sum(), np.full((2, 2), 3.0)),
        ([2, 0.0], lambda x: (x[0] - 1) ** 2 + (x[1] + 2) ** 2, [1.0, -2.0]),
        ({"w": np.zeros(2), "b": 0.5}, lambda p: ((p["w"] - 1) ** 2).sum() + p["b"] ** 2, {"w": np.ones(2), "b": 0.0}),
        (Line(0.0, 0.0), lambda p: (p.slope - 1) ** 2 + (p.offset - 2) ** 2, Line(1.0, 2.0)),
        (np.zeros(2), lambda x: (x[0] - 1) ** 2, np.array([1.0, 0.0])),
        ((1.0, 2.0), lambda x: (x[0] - 1.5) ** 2, (1.5, 2.0)),
    ],
)
def test_points_come_back_in_the_containers_of_x0(x0, f, expected, method):
    found = minimize(f, x0, method, max_steps=2000, **({"lr": 0.02} if method == "adam" else {}))
    assert found.converged, found
    for point in (found.x, found.gradient, found.xs[0]):
        assert type(point) is (type(expected) if not isinstance(x0, np.ndarray) else np.ndarray)
    for mine, value in zip(flat(found.x), flat(expected), strict=True):
        np.testing.assert_allclose(mine, value, atol=1e-5)


def flat(tree):
    if isinstance(tree, dict):
        return [x for part in tree.values() for x in flat(part)]
    return [x for part in tree for x in flat(part)] if isinstance(tree, tuple | list) else [tree]


def test_x0_is_copied_and_integers_become_floats():
    x0 = np.array([3, 4])
    found = minimize(bowl, x0, "sgd", lr=0.25)
    assert x0.tolist() == [3, 4]
    assert found.x.dtype == np.float64
    given = tensor(START, requires_grad=True)
    at = minimize(bowl, given, "sgd", lr=0.25)
    assert type(at.x) is type(at.xs) is np.ndarray
    assert given.data.tolist() == START.tolist()
    kept = minimize(bowl, START.astype(np.float32), "sgd", lr=0.25, tolerance=1e-3)
    assert kept.x.dtype == kept.xs.dtype == kept.gradient.dtype == np.float32


# --- ends -------------------------------------------------------------------------------------------------------


def test_why_it_ends():
    assert minimize(bowl, START, "sgd", lr=0.1, max_steps=3).why == "the tolerance was not reached in 3 steps"
    aimed = minimize(bowl, START, "sgd", lr=0.1, target=0.1)
    assert (aimed.converged, aimed.why) == (True, "the value is at most 0.1")
    assert aimed.values[-2] > 0.1 >= aimed.value
    still = minimize(bowl, START, "sgd", lr=0.0)
    assert (still.converged, still.why, still.steps) == (False, "the step changed nothing", 0)
    there = minimize(bowl, np.zeros(2))
    assert (there.converged, there.steps, there.evaluations) == (True, 0, 1)
    assert minimize(bowl, START, max_steps=0).steps == 0


def test_a_callback_may_move_the_parameters():
    """Steps then go out from where it has put them, as in a loop of one's own."""

    def method(params):
        held[:] = params
        return optim.LBFGS(params, max_iter=1, max_eval=26, line_search_fn="strong_wolfe")

    def into_the_box(*_):
        held[0].data = np.minimum(held[0].data, 0.5)

    def f(x):
        return ((x - np.array([0.2, 2.0])) ** 2).sum() + x[0] * x[1]

    held: list = []
    found = minimize(f, np.zeros(2), method, callback=into_the_box, max_steps=5)
    x = tensor(np.zeros(2), requires_grad=True)
    optimizer, way = method([x]), []

    def closure():
        optimizer.zero_grad()
        loss = f(x)
        loss.backward()
        return loss

    for _ in range(6):
        way.append(x.data.copy())
        into_the_box()
        optimizer.step(closure)
    np.testing.assert_array_equal(found.xs, way)


def test_the_callback_sees_every_point_and_may_end_it():
    seen = []

    def callback(step, x, value):
        seen.append((step, x, value))
        return step == 4

    found = minimize(bowl, START, "sgd", callback=callback, lr=0.1)
    assert (found.steps, found.converged, found.why) == (4, False, "the callback returned True")
    assert [step for step, _, _ in seen] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal([x for _, x, _ in seen], found.xs)
    assert [value for _, _, value in seen] == found.values.tolist()
    assert minimize(bowl, START, "sgd", callback=print, max_steps=1, lr=0.1).steps == 1  # None goes on


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
def test_the_last_finite_point_is_returned():
    found = minimize(rosenbrock, START, "sgd", lr=1.0)
    assert not found.converged
    assert re.fullmatch(r"the value is (inf|nan) after step \d+", found.why)
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.x).all()
    assert len(found.values) == found.steps + 1
    at_once = minimize(lambda x: (x * np.nan).sum(), START)
    assert (at_once.why, at_once.steps, at_once.converged) == ("the value is nan at x0", 0, False)


def test_repr_tells_the_result():
    lines = repr(minimize(rosenbrock, START, "adam", lr=optim.cosine(0.1, 900), max_steps=50)).splitlines()
    assert lines[0] == "Minimum: not converged, the tolerance was not reached in 50 steps"
    assert lines[1] == "  method    Adam(lr=cosine(start=0.1, steps=900, end=0.0))"
    assert lines[2] == "  steps     50, with 51 evaluations"
    assert lines[3].startswith("  value     ")
    assert lines[3].endswith(", from 24.2")
    assert lines[5].startswith("  x         array([")
    assert "Newton(lr=1)" in repr(minimize(rosenbrock, START, "newton"))
    assert len(repr(minimize(bowl, np.ones(10_000), max_steps=1))) < 1000


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "hyper", "error", "message"),
    [
        (("adm",), {}, HyperparameterError, r"there is no method 'adm'. Choose from adadelta, .*Did you mean 'adam'\?"),
        (("sgd",), {"rate": 1.0}, HyperparameterError, "SGD has no hyper-parameter rate; it has lr, momentum"),
        (("newton",), {"betas": 1.0}, HyperparameterError, "Newton has no hyper-parameter betas"),
        (("sgd",), {"lr": -1.0}, HyperparameterError, "SGD: lr must be"),
        ((3,), {}, HyperparameterError, "method must be a name.*got 3"),
        ((lambda p: SGD(p),), {"lr": 1.0}, HyperparameterError, r"takes no further hyper-parameters.*\['lr'\]"),
        ((lambda p: 3,), {}, HyperparameterError, "the method must make an optimizer, not a int"),
        (("sgd",), {"max_steps": -1}, HyperparameterError, "max_steps must be an integer >= 0"),
        (("sgd",), {"max_steps": 1.5}, HyperparameterError, "max_steps must be an integer >= 0"),
        (("sgd",), {"tolerance": -1.0}, HyperparameterError, "tolerance must be at least 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, hyper, error, message):
    with pytest.raises(error, match=message):
        minimize(bowl, START, *arguments, **hyper)


@pytest.mark.parametrize(
    ("f", "x0", "message"),
    [
        (bowl, np.ones(2) * 1j, "must be an array of real numbers, not ndarray of complex128"),
        (lambda p: 0.0, {"a": [1.0, "x"]}, r"x0\['a'\]\[1\] must be an array of real numbers, not str"),
        (bowl, [], "x0 contains no numbers"),
        (lambda x: x * 2, START, r"must return a single number.*not a Tensor of shape \(2,\)"),
        (lambda x: 3.0, START, "not a float"),
    ],
)
def test_what_is_no_function_of_numbers_is_refused(f, x0, message):
    with pytest.raises(ParameterError, match=message):
        minimize(f, x0)


def test_every_optimizer_is_a_method():
    exported = {name: getattr(optim, name) for name in optim.__all__}
    names = [n for n, x in exported.items() if isinstance(x, type) and issubclass(x, optim.Optimizer)]
    for name in sorted({*names} - {"Optimizer"}):
        by_name, by_class = (minimize(bowl, START, m, max_steps=3) for m in (name.lower(), getattr(optim, name)))
        assert isinstance(by_name, Minimum)
        np.testing.assert_array_equal(by_name.xs, by_class.xs)
        assert by_name.method.startswith(name)


@pytest.mark.parametrize("method", ["lbfgs", "newton", "adam"])
def test_a_function_that_uses_live_parameters_of_its_own(method):
    """They are not asked about: the result is plain, and they get no gradient."""
    w = tensor([2.0, -1.0], requires_grad=True)
    result = minimize(lambda x: np.sum((x - w) ** 2), np.zeros(2), method, **({"lr": 0.3} if method == "adam" else {}))
    assert type(result.x) is np.ndarray
    np.testing.assert_allclose(result.x, [2.0, -1.0], atol=1e-3)
    assert w.grad is None
