"""Differentiating through training: the same expression on Tensors."""

import numpy as np
import pytest

from autograd import tensor
from optim import SGD, Adam, GradientError, HyperparameterError, StateError

X = np.array([[1.0, 0.5], [-0.5, 2.0], [0.3, -1.0]])
Y = np.array([1.0, -0.5, 0.2])
START = np.array([0.3, -0.2])


def loss_of(w):
    return ((np.tanh(X @ w) - Y) ** 2).mean()


def leaf(data):
    return tensor(data, requires_grad=True)


def final_loss(make, steps=5, **hyper):
    """The loss after some steps, as a function of the hyper-parameters (Tensors or numbers)."""
    w = leaf(START)
    optimizer, params, state = make([w]), [w], None
    for _ in range(steps):
        slope = loss_of(params[0]).gradient(params[0], create_graph=True)
        params, state = optimizer.functional(params, slope, state, **hyper)
    return loss_of(params[0])


MAKERS = {"SGD": lambda p: SGD(p, momentum=0.9), "Adam": Adam}


@pytest.mark.parametrize("name", MAKERS)
def test_first_and_second_derivative_with_respect_to_the_rate(name):
    def f(x):
        return final_loss(MAKERS[name], lr=x).item()

    lr = leaf(0.05)
    (first,) = final_loss(MAKERS[name], lr=lr).gradient(lr, create_graph=True)
    (second,) = first.gradient(lr)
    h = 1e-4
    assert first.item() == pytest.approx((f(0.05 + h) - f(0.05 - h)) / (2 * h), rel=1e-5)
    assert second.item() == pytest.approx((f(0.05 + h) - 2 * f(0.05) + f(0.05 - h)) / h**2, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (lambda p: SGD(p, lr=0.05, momentum=0.5), "momentum", 0.9),
        (lambda p: SGD(p, lr=0.05), "weight_decay", 0.0),
        (lambda p: Adam(p, lr=0.05), "eps", 0.1),
        (lambda p: Adam(p, lr=0.05), "weight_decay", 0.0),
    ],
)
def test_derivatives_with_respect_to_other_hyperparameters(make, name, value):
    """Also at zero, where a number would switch the term off."""
    x = leaf(value)
    (slope,) = final_loss(make, **{name: x}).gradient(x)
    h = 1e-5
    up, down = (final_loss(make, **{name: value + s}).item() for s in (h, 0.0 if value == 0 else -h))
    width = h if value == 0 else 2 * h
    assert slope.item() == pytest.approx((up - down) / width, rel=1e-3)


def test_derivative_with_respect_to_one_of_a_pair():
    beta = leaf(0.8)
    (slope,) = final_loss(Adam, lr=0.1, betas=(beta, 0.9)).gradient(beta)
    h = 1e-6
    up, down = (final_loss(Adam, lr=0.1, betas=(0.8 + s, 0.9)).item() for s in (h, -h))
    assert slope.item() == pytest.approx((up - down) / (2 * h), rel=1e-5)


def test_a_rate_is_learned_by_gradient_descent():
    lr = leaf(0.01)
    outer = SGD([lr], lr=0.05)
    losses = []
    for _ in range(10):
        outer.zero_grad()
        loss = final_loss(MAKERS["SGD"], lr=lr)
        loss.backward()
        outer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.9 * losses[0]
    assert lr.item() > 0.02


def test_a_rate_for_every_entry():
    lr = leaf([0.1, 0.2])
    w = leaf(START)
    (new,), _ = SGD([w]).functional([w], [np.array([1.0, 10.0])], lr=lr)
    np.testing.assert_allclose(new.data, START - [0.1, 2.0])
    (slope,) = new.sum().gradient(lr)
    np.testing.assert_array_equal(slope.data, [-1.0, -10.0])


def test_float32_stays_float32_with_a_float64_rate():
    w = tensor(START, dtype=np.float32, requires_grad=True)
    (new,), state = Adam([w]).functional([w], [np.ones(2)], lr=leaf(0.1))
    assert new.dtype == state["params"][0]["exp_avg"].dtype == np.float32


def test_training_may_go_on_in_place_meanwhile():
    """The graph holds copies of the optimizer's state, which later steps change in place."""
    w = leaf(START)
    optimizer = Adam([w])
    w.grad = np.ones(2)
    optimizer.step()

    def loss_of_step(beta):
        (new,), _ = optimizer.functional([w.data.copy()], [np.array([1.0, 2.0])], betas=(beta, 0.9))
        return (new * new).sum()

    expected = loss_of_step(beta := leaf(0.5)).gradient(beta)[0].item()
    loss = loss_of_step(beta)
    optimizer.step()
    assert loss.gradient(beta)[0].item() == expected


def test_a_missing_gradient_skips_the_parameter():
    w, b = leaf(START), leaf(1.0)
    optimizer = Adam([w, b])
    (same, new), state = optimizer.functional([w, b], [None, np.array(2.0)])
    assert same is w
    assert new.item() == pytest.approx(0.999)
    assert [entry["step"] for entry in state["params"]] == [0, 1]
    assert state["t"] == 1


def test_schedules_go_on_from_the_state():
    w = leaf(1.0)
    optimizer = SGD([w], lr=lambda t: [1.0, 0.5, 0.25][t])
    params, state = [w], None
    for expected in (0.0, -0.5, -0.75):
        params, state = optimizer.functional(params, [np.array(1.0)], state)
        assert params[0].item() == expected


@pytest.mark.parametrize(
    ("arguments", "hyper", "error", "message"),
    [
        (lambda w: ([w, w], [w, w]), {}, StateError, "was given 2 parameters, but needs 1"),
        (lambda w: ([w], []), {}, StateError, "was given 0 gradients, but needs 1"),
        (lambda w: ([w], [w], {"t": 0, "params": []}), {}, StateError, "was given 0 states, but needs 1"),
        (lambda w: ([w], [w.sum()]), {}, GradientError, r"gradient of shape \(\) for parameter 0"),
        (lambda w: ([w.sum()], [w.sum()]), {}, GradientError, r"given a parameter of shape \(\)"),
        (lambda w: ([w], [w]), {"lr": -1.0}, HyperparameterError, "lr must be"),
        (lambda w: ([w], [w]), {"lr": tensor([0.1, -0.1])}, HyperparameterError, "lr must be"),
        (lambda w: ([w], [w]), {"rate": 1.0}, HyperparameterError, "no hyper-parameter rate"),
    ],
)
def test_wrong_arguments_are_refused(arguments, hyper, error, message):
    w = leaf(START)
    with pytest.raises(error, match=message):
        SGD([w]).functional(*arguments(w), **hyper)
