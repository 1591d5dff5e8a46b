"""Functions that find live Tensors by themselves, and functions that leave the graph: nothing is lost in silence."""

import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    LeftGraphWarning,
    Tensor,
    custom_op,
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    tensor,
    value_and_grad,
    vjp,
)

X = np.array([0.5, -1.0, 2.0])


def live(value=5.0):
    return tensor(value, requires_grad=True, name="v")


# Each transform of x -> sum(x**3 * v) at X: what it gives at v, and its derivative by v.
TRANSFORMS = {
    "grad": (lambda f: grad(f)(X), 3 * X**2),
    "value_and_grad, the value": (lambda f: value_and_grad(f)(X)[0], np.sum(X**3)),
    "value_and_grad, the gradient": (lambda f: value_and_grad(f)(X)[1], 3 * X**2),
    "has_aux": (lambda f: grad(lambda x: (f(x), f(x)), has_aux=True)(X)[1], np.sum(X**3)),
    "vjp, the value": (lambda f: vjp(f, X)[0], np.sum(X**3)),
    "vjp, pulled": (lambda f: vjp(f, X)[1](1.0), 3 * X**2),
    "jvp, the value": (lambda f: jvp(f, (X,), (X,))[0], np.sum(X**3)),
    "jvp, the derivative": (lambda f: jvp(f, (X,), (X,))[1], np.sum(3 * X**3)),
    "hvp": (lambda f: hvp(f, (X,), (X,)), 6 * X**2),
    "jacobian": (lambda f: jacobian(f)(X), 3 * X**2),
    "hessian": (lambda f: hessian(f)(X), np.diag(6 * X)),
    "of a container": (lambda f: grad(lambda p: f(p["x"]))({"x": X})["x"], 3 * X**2),
    "nested": (lambda f: grad(lambda x: np.sum(grad(f)(x) * X))(X), 6 * X**2),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_result_can_be_differentiated_for_what_the_function_captured(name):
    transform, slope = TRANSFORMS[name]
    v = live()
    result = transform(lambda x: np.sum(x**3 * v))
    assert isinstance(result, Tensor)
    np.testing.assert_allclose(result.data, 5.0 * slope, rtol=1e-12)
    (result * np.ones(result.shape)).sum().backward()
    np.testing.assert_allclose(v.grad, np.sum(slope), rtol=1e-12)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_it_is_plain_where_no_gradient_is_recorded_or_nothing_is_captured(name):
    transform, slope = TRANSFORMS[name]
    v = live()
    with no_grad():
        plain = transform(lambda x: np.sum(x**3 * v))
    for result in (plain, transform(lambda x: np.sum(x**3 * 5.0)), transform(lambda x: np.sum(x**3 * tensor(5.0)))):
        assert isinstance(result, np.ndarray | float)
        np.testing.assert_allclose(result, 5.0 * slope, rtol=1e-12)


def test_what_does_not_depend_on_it_is_plain():
    """The value depends on v, its gradient does not."""
    v = live()
    value, slope = value_and_grad(lambda x: x**2 + v)(3.0)
    assert isinstance(value, Tensor)
    assert (type(slope), slope) == (float, 6.0)
    rows = jacobian(lambda x: [x * v, x * 2.0])(3.0)
    assert isinstance(rows[0], Tensor)
    assert (type(rows[1]), rows[1]) == (float, 2.0)


def test_the_arguments_of_an_inner_transform_are_nobody_elses():
    def penalty(w):
        return np.sum(grad(lambda x: np.sum(np.tanh(w * x)))(X) ** 2)

    assert type(grad(penalty)(np.ones(3))) is np.ndarray
    assert type(hessian(penalty)(np.ones(3))) is np.ndarray


def test_a_leaf_made_inside_that_nobody_holds():
    assert type(grad(lambda x: x * tensor(3.0, requires_grad=True))(2.0)) is float


def test_a_gradient_penalty_trains_the_model():
    """The example of the report: a loss with the input gradient of a model, for a plain batch."""
    model, batch = nn.MLP([3, 4, 1], activation="tanh", rng=0), X[None].astype("float32")
    slope = grad(lambda z: np.sum(model(z)))(batch)
    np.sum(slope**2).backward()
    found = [p.grad for p in model.parameters()]
    model.zero_grad() if hasattr(model, "zero_grad") else [setattr(p, "grad", None) for p in model.parameters()]
    z = tensor(batch, requires_grad=True)
    (reference,) = np.sum(model(z)).gradient(z, create_graph=True)
    np.sum(reference**2).backward()
    for p, g in zip(model.parameters(), found, strict=True):
        if p.grad is None or g is None:
            assert not np.any(0.0 if p.grad is None else p.grad)
            assert not np.any(0.0 if g is None else g)
        else:
            np.testing.assert_allclose(g, p.grad, rtol=1e-5)
    assert any(np.any(g) for g in found if g is not None)


def test_gradcheck_of_such_a_closure():
    gradcheck(lambda v: grad(lambda x: x**3 * v)(2.0), 5.0, order=2)


# --- what leaves the graph ------------------------------------------------------------------------------------------

LEAVES = {
    "item": (lambda x: x.item() ** 2, 3.0),
    "item of a result": (lambda x: (x * 2.0).item() ** 2, 3.0),
    "numpy": (lambda x: np.sum(x.numpy() ** 2), X),
    "data": (lambda x: np.sum(x.data**2), X),
    "tolist": (lambda x: sum(x.tolist()), X),
    "detach": (lambda x: np.sum(x.detach() ** 2), X),
    "tensor": (lambda x: np.sum(tensor(x.data, requires_grad=True) ** 2), X),
}
CALLS = {
    "grad": lambda f, x: grad(f)(x),
    "value_and_grad": lambda f, x: value_and_grad(f)(x),
    "jacobian": lambda f, x: jacobian(f)(x),
    "vjp": lambda f, x: vjp(f, x),
    "jvp": lambda f, x: jvp(f, (x,), (x,)),
    "of a Tensor": lambda f, x: grad(f)(tensor(x, requires_grad=True)),
}


@pytest.mark.parametrize("name", LEAVES)
@pytest.mark.parametrize("call", CALLS)
def test_an_output_that_left_the_graph_is_warned_of(name, call):
    function, x = LEAVES[name]
    with pytest.warns(LeftGraphWarning) as caught:
        CALLS[call](function, x)
    text = str(caught[0].message)
    assert "does not depend on argument 0, so the derivative is 0" in text
    assert f"{__file__}:" in text
    assert caught[0].filename == __file__
    assert len(caught) == 1


@pytest.mark.parametrize("within", [lambda f: f, no_grad])
def test_a_gradient_that_left_the_graph_is_warned_of_by_hvp(within):
    with pytest.warns(LeftGraphWarning, match="so the derivative is 0") as caught:
        found = within(lambda: hvp(lambda x: np.sum(x * x.data), (X,), (np.ones_like(X),)))()
    assert not found.any()
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_argument_is_named():
    def f(p, q):
        return np.sum(p["a"] * q) + p["b"].item()

    with pytest.warns(LeftGraphWarning, match=r"^the output of f does not depend on argument 0\['b'\], .*\.item\(\)"):
        grad(f)({"a": X, "b": 2.0}, 3.0)


def test_an_inner_function_that_reads_an_outer_argument():
    with pytest.warns(LeftGraphWarning):
        grad(lambda x: grad(lambda z: z * x.item())(1.0))(3.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 3.0,
        lambda x: np.sum(np.floor(x)),
        lambda x: np.sum(x * 2.0) if x.data[0] > 0 else np.sum(x),
        lambda x: np.sum(x) * x.numpy()[0],
        lambda x: np.sum(x - x.detach()),
        lambda x: float(np.argmax(x.detach())) + np.sum(x) * 0.0,
        custom_op(lambda x: float(np.sum(x)), lambda g, x: g * np.ones_like(x), name="outside"),
    ],
)
def test_no_warning_where_nothing_was_lost(function):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(function)(X)


def test_a_long_loop_of_readings_keeps_its_memory():
    """Readings are noted up to a bound."""

    def f(x):
        for _ in range(3000):
            x.item()
        return x * 2.0

    assert grad(f)(1.0) == 2.0


# --- what other libraries take in these places ------------------------------------------------------------------


def square(x):
    return np.sum(x**2)


LOSS = live() * 2.0
REFUSED = {
    "grad of a Tensor": (lambda: grad(LOSS, [LOSS]), [r"loss\.gradient\(w", "result of multiply"]),
    "grad of a Tensor alone": (lambda: grad(LOSS), [r"\.gradient\("]),
    "value_and_grad of a Tensor": (lambda: value_and_grad(LOSS), [r"\.gradient\("]),
    "hessian of a Tensor": (lambda: hessian(LOSS, LOSS), [r"\.gradient\("]),
    "jacobian of a Tensor": (lambda: jacobian(LOSS, LOSS), [r"\.gradient\("]),
    "vjp of a Tensor": (lambda: vjp(LOSS, LOSS), [r"\.gradient\("]),
    "grad of a Tensor in PyTorch's words": (
        lambda: grad(LOSS, LOSS, grad_outputs=X, create_graph=True),
        [r"loss\.gradient\(w, \.\.\.\), with create_graph=True"],
    ),
    "grad with a word of HIPS": (lambda: grad(square, argnum=1), ["unexpected.*'argnum'.*argnums=1"]),
    "grad with any word": (lambda: grad(square, foo=1), ["unexpected keyword argument 'foo'$"]),
    "grad of a number": (lambda: grad(3.0), ["takes a function, not float"]),
    "grad with an array": (lambda: grad(square, X), [r"grad\(square\)\(x\)"]),
    "hessian with an array": (lambda: hessian(square, X), [r"hessian\(square\)\(x\)", "ndarray"]),
    "hessian with a Tensor": (lambda: hessian(square, live()), [r"hessian\(square\)\(x\)", "Tensor"]),
    "jacobian with a list": (lambda: jacobian(square, [1.0, 2.0]), [r"jacobian\(square\)\(x\)"]),
    "value_and_grad with a number": (lambda: value_and_grad(square, 2.0), [r"value_and_grad\(square\)\(x\)"]),
    "grad with an array in the third place": (lambda: grad(square, 0, X), ["has_aux"]),
    "jvp with arrays": (lambda: jvp(square, X, X), [r"jvp\(f, \(x,\), \(t,\)\)"]),
    "hvp with arrays": (lambda: hvp(square, X, X), [r"hvp\(f, \(x,\), \(t,\)\)"]),
    "argnums that is a truth value": (lambda: grad(square, True), ["argnums"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_once(name):
    call, words = REFUSED[name]
    with pytest.raises(TypeError) as caught:
        call()
    for word in words:
        assert __import__("re").search(word, str(caught.value)), str(caught.value)


def test_numpy_integers_and_lists_of_numbers_are_argnums():
    assert grad(lambda x, y: x * y, np.int64(1))(2.0, 3.0) == 2.0
    assert grad(lambda x, y: x * y, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert autograd.grad(lambda x, y: x * y, [0, 1])(2.0, 3.0) == (3.0, 2.0)
