"""Presets: every one against the formula as its source prints it, in plain floats."""

import math

import numpy as np
import pytest

import optim
from autograd import tensor
from optim.presets import PRESETS


def slope(p):
    """The derivative of p**2 / 2 - cos(p)."""
    return p + math.sin(p)


def classical(p, steps, rate=0.01, mu=lambda t: 0.9):
    v = 0.0
    for t in range(steps):
        v = mu(t) * v - rate * slope(p)
        p += v
    return p


def look_ahead(p, steps, rate=0.01, mu=0.9):
    u = 0.0
    for _ in range(steps):
        u = mu * u - rate * slope(p + mu * u)
        p += u
    return p


def averaged(p, steps, rate=0.01, beta=0.9):
    d = 0.0
    for _ in range(steps):
        d = beta * d + (1 - beta) * slope(p)
        p -= rate * d
    return p


def plain(p, steps):
    for _ in range(steps):
        p -= 0.03 * slope(p)
    return p


def adagrad(p, steps, before=False):
    total = 0.0
    for _ in range(steps):
        g = slope(p)
        size = total + 1e-8 if before else total + g * g
        total += g * g
        p -= 0.01 / math.sqrt(size) * g
    return p


def adadelta(p, steps):
    g_sum = x_sum = 0.0
    for _ in range(steps):
        g = slope(p) + 0.001 * p
        g_sum = 0.95 * g_sum + 0.05 * g * g
        dx = -math.sqrt((x_sum + 1e-8) / (g_sum + 1e-8)) * g
        x_sum = 0.95 * x_sum + 0.05 * dx * dx
        p += dx
    return p


def rmsprop(p, steps, inside=0.0, outside=0.0):
    r = 0.0
    for _ in range(steps):
        g = slope(p)
        r = 0.9 * r + 0.1 * g * g
        p -= 0.001 * g / (math.sqrt(r + inside) + outside)
    return p


def adam(p, steps, rate=0.001, b1=0.9, b2=0.999, inside=0.0, outside=0.0, folded=False):
    m = r = 0.0
    for t in range(1, steps + 1):
        g = slope(p)
        m = b1 * m + (1 - b1) * g
        r = b2 * r + (1 - b2) * g * g
        m_hat, r_hat = m / (1 - b1**t), r / (1 - b2**t)
        if folded:
            m, r = m_hat, r_hat
        p -= rate * m_hat / (math.sqrt(r_hat + inside) + outside)
    return p


FORMULAS = {
    "momentum-hu": lambda p, n: classical(p, n, mu=lambda t: 0.5 if t < 1000 else 0.9),
    "momentum-hwang": classical,
    "momentum-newson": averaged,
    "nesterov-pitas": look_ahead,
    "sgd-playground": plain,
    "adagrad-hwang": adagrad,
    "adagrad-pitas": lambda p, n: adagrad(p, n, before=True),
    "adadelta-convnetjs": adadelta,
    "rmsprop-hinton": lambda p, n: rmsprop(p, n, outside=1e-8),
    "rmsprop-hwang": rmsprop,
    "rmsprop-newson": lambda p, n: rmsprop(p, n, inside=1e-8),
    "adam-paper": lambda p, n: adam(p, n, outside=1e-8),
    "adam-hwang": lambda p, n: adam(p, n, inside=1e-8),
    "adam-newson": lambda p, n: adam(p, n, rate=0.0002, b1=0.5, inside=1e-8),
    "adam-pitas": lambda p, n: adam(p, n, inside=1e-8),
}


def run(optimizer, w, steps, ahead=False):
    for _ in range(steps):
        optimizer.zero_grad()
        if ahead:
            with optimizer.look_ahead():
                w.grad = w.data + np.sin(w.data)
        else:
            w.grad = w.data + np.sin(w.data)
        optimizer.step()
    return w.item()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_formula_in_print(name):
    steps = 1100 if name == "momentum-hu" else 60
    w = tensor(2.0, requires_grad=True)
    end = run(optim.preset(name, [w]), w, steps, ahead=name.startswith("nesterov"))
    assert end == pytest.approx(FORMULAS[name](2.0, steps), rel=1e-9)
    assert end != pytest.approx(2.0, rel=1e-3)


def test_the_recursion_with_corrections_inside_is_another_method():
    """The mistake in print: corrected means that go into the recursion are corrected again and again."""
    assert adam(2.0, 60, inside=1e-8, folded=True) != pytest.approx(adam(2.0, 60, inside=1e-8), abs=0.01)


def test_every_preset_says_where_it_is_from():
    for name, found in PRESETS.items():
        assert len(found.source) > 20, name
        assert set(found.settings) <= set(found.optimizer.rules), name


def test_settings_may_be_changed_and_names_must_exist():
    w = tensor(2.0, requires_grad=True)
    optimizer = optim.preset("adam-newson", [{"params": [w]}], lr=0.5)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["betas"], group["eps_mode"]) == (0.5, (0.5, 0.999), "inside")
    assert PRESETS["adam-newson"].settings["lr"] == 0.0002
    with pytest.raises(
        optim.HyperparameterError, match=r"no preset 'adam-newton'. Choose from .*Did you mean 'adam-newson'"
    ):
        optim.preset("adam-newton", [w])
