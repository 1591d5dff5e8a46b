"""grad, value_and_grad, vjp, jvp, hvp, jacobian, hessian: values, nesting, containers, plain and live arguments."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

from autograd import (
    GradientShapeError,
    InvalidDtypeError,
    NonScalarBackwardError,
    Tensor,
    enable_grad,
    grad,
    hessian,
    hvp,
    is_grad_enabled,
    jacobian,
    jvp,
    no_grad,
    tensor,
    value_and_grad,
    vjp,
)

A = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
X = np.array([0.3, -1.2, 0.7])
POINT = namedtuple("POINT", "x y")


def bumps(x):
    return np.sum(np.sin(A @ x) ** 2)


def slope_by_differences(f, x, step=1e-6):
    rows = []
    for i in range(x.size):
        e = np.zeros(x.size)
        e[i] = step
        e = e.reshape(x.shape)
        rows.append((np.asarray(f(x + e)) - np.asarray(f(x - e))) / (2 * step))
    return np.moveaxis(np.array(rows), 0, -1).reshape(np.shape(rows[0]) + x.shape)


# --- values -----------------------------------------------------------------------------------------------------


def test_grad_and_hessian_agree_with_differences():
    np.testing.assert_allclose(grad(bumps)(X), slope_by_differences(bumps, X), rtol=1e-8)
    np.testing.assert_allclose(hessian(bumps)(X), slope_by_differences(grad(bumps), X), rtol=1e-7, atol=1e-9)


def test_jacobian_of_arrays_has_the_axes_of_output_then_input():
    def f(x):
        return np.outer(x, np.tanh(x))

    found = jacobian(f)(X)
    assert found.shape == (3, 3, 3)
    np.testing.assert_allclose(found, slope_by_differences(f, X), rtol=1e-8, atol=1e-10)


def test_vjp_and_jvp_are_the_two_sides_of_the_jacobian():
    def f(x):
        return np.exp(A @ x)

    J = jacobian(f)(X)
    g, t = np.array([0.4, -2.0]), np.array([1.0, 0.5, -1.5])
    value, pull = vjp(f, X)
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_allclose(pull(g), g @ J, rtol=1e-13)
    np.testing.assert_allclose(pull(2 * g), 2 * g @ J, rtol=1e-13)  # again, with the same graph
    value, along = jvp(f, (X,), (t,))
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_allclose(along, J @ t, rtol=1e-13)


def test_hvp_is_the_hessian_times_the_direction():
    t = np.array([1.0, 0.5, -1.5])
    np.testing.assert_allclose(hvp(bumps, (X,), (t,)), hessian(bumps)(X) @ t, rtol=1e-12)


def test_hvp_of_several_arguments():
    def f(x, y):
        return np.sum(x**2 * y)

    x, y = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    first, second = hvp(f, (x, y), (np.ones(2), np.zeros(2)))
    np.testing.assert_allclose(first, 2 * y)
    np.testing.assert_allclose(second, 2 * x)


def test_value_and_grad_evaluates_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x**2)

    value, gradient = value_and_grad(f)(X)
    assert len(calls) == 1
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(gradient, 2 * X)


@pytest.mark.parametrize("transform", [jacobian, hessian])
def test_no_evaluation_is_repeated(transform):
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(np.sin(x) ** 2) if transform is hessian else np.sin(x) ** 2

    transform(f)(X)
    assert len(calls) == 1


# --- nesting ----------------------------------------------------------------------------------------------------


def test_third_derivative():
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48.0


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x * grad(lambda y: x + y)(1.0), 2.0, 1.0),
        (lambda x: x * grad(lambda y: x * y)(1.0), 2.0, 4.0),
        (lambda x: grad(lambda y: x * y**2)(x), 3.0, 12.0),
        (lambda x: grad(lambda x: x**3)(x), 2.0, 12.0),
        (lambda x: jvp(lambda y: x * y**2, (x,), (1.0,))[1], 3.0, 12.0),
        (lambda x: hvp(lambda y: x * y**3, (x,), (1.0,)), 2.0, 24.0),
    ],
)
def test_no_confusion_of_perturbations(f, x, expected):
    """Sources: J. Siskind, B. Pearlmutter, "Perturbation confusion and referential transparency" (2005); by hand."""
    assert grad(f)(x) == pytest.approx(expected, rel=1e-12)


def test_hessian_of_a_gradient_penalty():
    def penalty(w):
        return np.sum(grad(lambda x: np.sum(np.tanh(A @ (w * x))))(X) ** 2)

    w = np.array([0.4, 1.1, -0.3])
    np.testing.assert_allclose(hessian(penalty)(w), slope_by_differences(grad(penalty), w), rtol=1e-6, atol=1e-8)


def test_mixed_orders():
    t = np.array([1.0, 0.5, -1.5])
    H = hessian(bumps)(X)
    np.testing.assert_allclose(jvp(grad(bumps), (X,), (t,))[1], H @ t, rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: jvp(bumps, (x,), (t,))[1])(X), H @ t, rtol=1e-12)
    np.testing.assert_allclose(jacobian(lambda x: jacobian(bumps)(x))(X), H, rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: np.sum(jacobian(lambda y: A @ y * x[0])(x)))(X)[0], A.sum(), rtol=1e-12)
    np.testing.assert_allclose(grad(lambda x: vjp(bumps, x)[1](1.0) @ t)(X), H @ t, rtol=1e-12)


def test_hessian_of_a_hessian_gives_fourth_derivatives():
    fourth = hessian(lambda y: hessian(lambda x: x**5)(y))
    assert fourth(2.0) == pytest.approx(5 * 4 * 3 * 2 * 2.0)


# --- modes ------------------------------------------------------------------------------------------------------


def test_inside_no_grad():
    with no_grad():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert not is_grad_enabled()


def test_a_no_grad_inside_the_function_cuts():
    def f(x):
        with no_grad():
            constant = x * 2.0
        return x * constant

    assert grad(f)(3.0) == 6.0


def test_enable_grad_inside_no_grad_inside_the_function():
    @no_grad()
    def f(x):
        with enable_grad():
            return x * x

    assert grad(f)(3.0) == 6.0


def test_an_error_in_the_function_restores_the_mode():
    def f(x):
        raise KeyError("mine")

    with no_grad():
        with pytest.raises(KeyError, match="mine"):
            grad(f)(1.0)
        assert not is_grad_enabled()
    assert is_grad_enabled()


# --- plain and live arguments -----------------------------------------------------------------------------------


def test_floats_give_floats_and_arrays_arrays():
    assert type(grad(np.sin)(0.5)) is float
    assert type(value_and_grad(np.sin)(0.5)[0]) is float
    assert type(hessian(np.sin)(0.5)) is float
    assert type(grad(np.sum)(X)) is np.ndarray
    assert grad(lambda x: np.sum(x * x))(X.astype(np.float32)).dtype == np.float32
    assert grad(lambda x: x * x)(np.array(3.0)).shape == ()


def test_the_result_is_the_callers_own():
    x = X.copy()
    gradient = grad(lambda y: np.sum(y * 3.0))(x)
    gradient += 1.0
    np.testing.assert_array_equal(x, X)
    first, second = grad(lambda a, b: np.sum(a + b), (0, 1))(x, x)
    assert not np.shares_memory(first, second)


def test_tensors_in_tensors_out_with_a_graph():
    x = tensor(X, requires_grad=True)
    gradient = grad(bumps)(x)
    assert isinstance(gradient, Tensor)
    np.sum(gradient**2).backward()
    expected = 2 * hessian(bumps)(X) @ grad(bumps)(X)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-12)


def test_under_no_grad_a_live_argument_gives_a_constant():
    x = tensor(2.0, requires_grad=True)
    with no_grad():
        gradient = grad(lambda y: y**3)(x)
    assert isinstance(gradient, Tensor)
    assert not gradient.requires_grad
    assert gradient.item() == 12.0


def test_a_live_closure_is_differentiable_when_a_tensor_comes_in():
    w = tensor(3.0, requires_grad=True)
    penalty = grad(lambda x: (w * x) ** 2)(tensor(2.0))
    penalty.backward()
    assert w.grad == pytest.approx(2 * 2.0 * 2 * 3.0)


def test_a_live_closure_with_plain_arguments_gives_plain_results():
    w = tensor(3.0, requires_grad=True)
    assert grad(lambda x: (w * x) ** 2)(2.0) == 36.0
    assert w.grad is None


# --- arguments --------------------------------------------------------------------------------------------------


def test_argnums():
    def f(x, y, z):
        return x * y**2 * z

    assert grad(f, 1)(2.0, 3.0, 5.0) == 60.0
    assert grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert grad(f, (0, 2))(2.0, 3.0, 5.0) == (45.0, 18.0)
    with pytest.raises(ValueError, match="argument 3"):
        grad(f, 3)(2.0, 3.0, 5.0)


def test_keyword_arguments_and_aux():
    def f(x, *, power, names):
        return np.sum(x**power), {"names": names, "square": x * x}

    gradient, aux = grad(f, has_aux=True)(X, power=3, names=["a"])
    np.testing.assert_allclose(gradient, 3 * X**2)
    assert aux["names"] == ["a"]
    np.testing.assert_array_equal(aux["square"], X * X)
    assert not isinstance(aux["square"], Tensor)
    with pytest.raises(TypeError, match="pair"):
        grad(lambda x: x, has_aux=True)(1.0)


def test_containers():
    parameters = {"w": [X, 2.0], "p": POINT(1.0, np.ones(2)), "t": (3.0,)}

    def f(q):
        return np.sum(q["w"][0]) * q["w"][1] + q["p"].x * np.sum(q["p"].y) + q["t"][0] ** 2

    found = grad(f)(parameters)
    assert list(found) == ["w", "p", "t"]
    np.testing.assert_array_equal(found["w"][0], np.full(3, 2.0))
    assert found["w"][1] == pytest.approx(X.sum())
    assert isinstance(found["p"], POINT)
    assert found["p"].x == 2.0
    np.testing.assert_array_equal(found["p"].y, np.ones(2))
    assert found["t"] == (6.0,)


class Named(dict):
    """A dictionary that cannot be made of pairs, and carries more than its items."""

    def __init__(self, name):
        super().__init__()
        self.name = name


def test_dictionaries_keep_their_class():
    def energy(p):
        return np.sum(p["w"] ** 2) * p["b"]

    named = Named("layer")
    named.update(w=X, b=2.0)
    factory = defaultdict(list, w=X, b=2.0)
    for given in (named, factory, OrderedDict(b=2.0, w=X)):
        found = grad(energy)(given)
        assert type(found) is type(given)
        assert list(found) == list(given)
        np.testing.assert_array_equal(found["w"], 4.0 * X)
        assert found["b"] == np.sum(X**2)
        assert given["w"] is X
        assert type(hessian(energy)(given)["w"]) is type(given)
    assert grad(energy)(named).name == "layer"
    assert grad(energy)(factory)["missing"] == []


def test_jacobian_and_hessian_of_containers_are_nested_by_output_then_input():
    def f(q):
        return {"a": q[0] * q[1], "b": np.sum(q[1] ** 2)}

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = jacobian(f)([x, y])
    np.testing.assert_array_equal(found["a"][0], np.diag(y))
    np.testing.assert_array_equal(found["a"][1], np.diag(x))
    np.testing.assert_array_equal(found["b"][0], np.zeros(2))
    np.testing.assert_array_equal(found["b"][1], 2 * y)
    second = hessian(lambda q: np.sum(q["x"] ** 2 * q["y"]))({"x": x, "y": y})
    np.testing.assert_array_equal(second["x"]["x"], np.diag(2 * y))
    np.testing.assert_array_equal(second["x"]["y"], np.diag(2 * x))
    np.testing.assert_array_equal(second["y"]["x"], np.diag(2 * x))
    np.testing.assert_array_equal(second["y"]["y"], np.zeros((2, 2)))


def test_vjp_of_containers():
    value, pull = vjp(lambda a, b: {"sum": a + b, "product": a * b}, 2.0, 3.0)
    assert value == {"sum": 5.0, "product": 6.0}
    assert pull({"sum": 1.0, "product": 10.0}) == (31.0, 21.0)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (({"w": [1.0, 3]},), r"argument 0\['w'\]\[1\]"),
        ((3,), "argument 0 "),
        ((np.arange(3),), "argument 0 "),
        ((POINT(1.0, True),), r"argument 0\.y"),
        ((1j,), "argument 0 "),
    ],
)
def test_what_has_no_derivative_is_named(arguments, path):
    with pytest.raises(InvalidDtypeError, match=path):
        grad(lambda q: 1.0)(*arguments)


# --- unusual functions ------------------------------------------------------------------------------------------


def test_unused_inputs_get_zeros():
    np.testing.assert_array_equal(grad(lambda x, y: np.sum(x), 1)(X, np.ones(2)), np.zeros(2))
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    assert grad(lambda x: 5.0)(1.0) == 0.0
    assert grad(lambda x: np.floor(x))(1.5) == 0.0


def test_the_argument_itself():
    assert grad(lambda x: x)(3.0) == 1.0
    np.testing.assert_array_equal(jacobian(lambda x: x)(X), np.eye(3))
    np.testing.assert_array_equal(jacobian(lambda x: (x, x))(X)[1], np.eye(3))
    assert vjp(lambda x: [x, x], 2.0)[1]([1.0, 10.0]) == 11.0


def test_empty_arrays():
    empty = np.zeros((0, 2))
    assert grad(lambda x: np.sum(x * x))(empty).shape == (0, 2)
    assert jacobian(lambda x: x * 2.0)(empty).shape == (0, 2, 0, 2)


def test_not_a_number():
    with pytest.raises(NonScalarBackwardError, match="shape"):
        grad(lambda x: x * 2.0)(X)
    with pytest.raises(NonScalarBackwardError, match="tuple"):
        grad(lambda x: (x, x))(1.0)


def test_cotangents_and_tangents_must_fit():
    with pytest.raises(GradientShapeError, match="cotangent"):
        vjp(np.sin, X)[1](np.ones(2))
    with pytest.raises(GradientShapeError, match="tangents"):
        jvp(np.sin, (X,), (np.ones(2),))
    with pytest.raises(GradientShapeError, match="parts"):
        jvp(np.multiply, (X, X), (X,))


def test_names():
    def energy(x):
        return x * x

    assert grad(energy).__name__ == "grad(energy)"
    assert hessian(energy).__name__ == "hessian(energy)"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own
@pytest.mark.parametrize("transform", [grad, hessian])
def test_torch_agrees(transform):
    torch = pytest.importorskip("torch")
    a = torch.from_numpy(A)
    theirs = {grad: torch.func.grad, hessian: torch.func.hessian}[transform]
    expected = theirs(lambda v: (torch.sin(a @ v) ** 2).sum())(torch.from_numpy(X))
    np.testing.assert_allclose(transform(bumps)(X), expected.numpy(), rtol=1e-12)
