"""Jacobians whose rows travel through the graph together: they are the rows that single passes give."""

import numpy as np
import pytest

import autograd.trace
from autograd import custom_op, hessian, hvp, jacobian, tensor

A = np.random.default_rng(0).normal(size=(4, 3))
B = np.random.default_rng(1).normal(size=(2, 3, 3))
X = np.array([0.3, -0.7, 1.1])

seen = []


def rule(g, x):
    seen.append(g.shape)
    return g * 2.0 * x


square = custom_op(lambda x: x * x, rule, name="square_told")

FUNCTIONS = {
    "elementwise": lambda x: np.tanh(x) * np.exp(x) + x / (1.0 + x * x),
    "broadcast from the right": lambda x: x[:, None] * np.ones((3, 3)) + x,
    "broadcast from one": lambda x: np.sin(x[:1]) * np.arange(6.0).reshape(2, 3),
    "a number spread out": lambda x: np.sum(x) * np.arange(4.0),
    "matrix times vector": lambda x: A @ x,
    "vector times matrix": lambda x: x @ A.T,
    "vector times vector": lambda x: (x @ x) * x,
    "matrix times matrix": lambda x: (x[:, None] * x) @ A.T,
    "stack times vector": lambda x: B @ x,
    "vector times stack": lambda x: x @ B,
    "stack times matrix": lambda x: B @ (x[:, None] * x),
    "fan-out": lambda x: (y := np.sin(x)) * y + np.cumsum(y) + np.sum(y * y),
    "choice": lambda x: np.where(x > 0, x * x, -x) + np.maximum(x, x[::-1]) + np.clip(x, -0.5, 0.5),
    "several outputs": lambda x: np.concatenate(np.split(x * x, 3)[::-1]),
    "untouched": lambda x: x,
    "independent": lambda x: np.ones(3) * 2.0,
    "a part": lambda x: np.stack([x[0] ** 3, 2.0 * x[0]]),
    "nothing": lambda x: x[:0],
    "shapes": lambda x: np.outer(x, x).T.reshape(-1)[::2],
    "decomposed": lambda x: np.linalg.solve(np.eye(3) * 3.0 + np.outer(x, x), x),
    "custom": lambda x: square(x) + x,
    "list": lambda x: [x * x, np.sum(x)],
}


@pytest.fixture(params=[1, 20])
def limited(request, monkeypatch):
    """Nothing travels together, or at most a few rows."""

    def with_limit(function, *args):
        with monkeypatch.context() as patch:
            patch.setattr(autograd.trace, "LIMIT", request.param)
            return function(*args)

    return with_limit


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_jacobian_is_that_of_single_passes(name, dtype, limited):
    function, x = FUNCTIONS[name], X.astype(dtype)
    found, expected = jacobian(function)(x), limited(jacobian(function), x)
    for a, b in zip(*([r] if isinstance(r, np.ndarray) else r for r in (found, expected)), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=50 * np.finfo(dtype).eps, atol=50 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("nothing", "list", "independent")])
def test_a_hessian_is_that_of_single_passes(name, limited):
    def number(x):
        return np.sum(np.sin(FUNCTIONS[name](x)) ** 2)

    found = hessian(number)(X)
    np.testing.assert_allclose(found, limited(hessian(number), X), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found, found.T, rtol=1e-12, atol=1e-13)


def test_a_rule_of_a_user_sees_one_gradient_at_a_time():
    seen.clear()
    jacobian(FUNCTIONS["custom"])(X)
    assert seen == [(3,)] * 3


def test_a_hook_sees_one_gradient_at_a_time():
    shapes = []

    def hooked(x):
        y = np.sin(x)
        y.register_hook(lambda g: shapes.append(g.shape))
        return y * 2.0

    np.testing.assert_array_equal(jacobian(hooked)(X), np.diag(2.0 * np.cos(X)))
    assert shapes == [(3,)] * 3


def test_a_hook_computes_in_the_graph_where_its_gradient_is_a_constant():
    """The gradient that reaches y is 1, whatever x is; what the hook makes of it is not."""

    def hooked(x):
        y = 3.0 * x
        y.register_hook(lambda g: g * x)
        return np.sum(y)

    np.testing.assert_array_equal(hessian(hooked)(X), 3.0 * np.eye(len(X)))
    np.testing.assert_array_equal(hvp(hooked, (X,), (X,)), 3.0 * X)


def test_containers_and_several_arguments():
    found = jacobian(lambda p, y: p["w"] * y, argnums=(0, 1))({"w": X}, np.float64(2.0))
    np.testing.assert_array_equal(found[0]["w"], 2.0 * np.eye(3))
    np.testing.assert_array_equal(found[1], X)


def test_a_jacobian_inside_a_gradient_stays_differentiable():
    x = tensor(X, requires_grad=True)
    np.sum(jacobian(np.sin)(x) ** 2).backward()
    np.testing.assert_allclose(x.grad, -2.0 * np.sin(X) * np.cos(X), rtol=1e-14)


def test_an_error_in_a_rule_names_op_and_line():
    broken = custom_op(lambda x: x * 1.0, lambda g: g.no_such_thing, name="broken")
    with pytest.raises(AttributeError) as caught:
        jacobian(lambda x: broken(x) * 2.0)(X)
    assert "in the rule of broken, applied at" in caught.value.__notes__[0]
    assert __file__ in caught.value.__notes__[0]
