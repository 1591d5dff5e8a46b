"""The table of all optimizers: for each of their settings the formula as a loop over plain floats.

`test_optimizers.py` sends every case through one suite, and fails for an optimizer that has no case here.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

import optim


def slope(p):
    """The derivative of p**2 / 2 - cos(p), which every test minimizes, entry by entry."""
    return p + math.sin(p)


def sgd(p, steps, lr=1e-3, momentum=0.0, dampening=0.0, nesterov=False, momentum_style="pytorch"):
    v = 0.0
    for t in range(steps):
        g = slope(p)
        if momentum == 0:
            p -= lr * g
        elif momentum_style == "pytorch":
            v = g if t == 0 else momentum * v + (1 - dampening) * g
            p -= lr * (g + momentum * v if nesterov else v)
        elif momentum_style == "classical":
            v = momentum * v - lr * g
            p += momentum * v - lr * g if nesterov else v
        else:
            v = momentum * v + (1 - momentum) * g
            p -= lr * (momentum * v + (1 - momentum) * g if nesterov else v)
    return p


def sgd_decay(p, steps, lr, weight_decay):
    for _ in range(steps):
        p -= lr * (slope(p) + weight_decay * p)
    return p


def adam(p, steps, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False, eps_mode="outside", shrink=0.0, l2=0.0):
    m = v = largest = 0.0
    for t in range(1, steps + 1):
        g = slope(p) + l2 * p
        p -= lr * shrink * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = max(largest, v)
        m_hat = m / (1 - betas[0] ** t)
        v_hat = (largest if amsgrad else v) / (1 - betas[1] ** t)
        p -= lr * m_hat / (math.sqrt(v_hat + eps) if eps_mode == "inside" else math.sqrt(v_hat) + eps)
    return p


def adamw(p, steps, weight_decay=1e-2, **hyper):
    return adam(p, steps, shrink=weight_decay, **hyper)


def adam_l2(p, steps, weight_decay, **hyper):
    return adam(p, steps, l2=weight_decay, **hyper)


def nadam(
    p, steps, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3, weight_decay=0.0, decoupled_weight_decay=False
):
    m = v = 0.0
    product = 1.0
    for t in range(1, steps + 1):
        g = slope(p)
        if decoupled_weight_decay:
            p *= 1 - lr * weight_decay
        else:
            g += weight_decay * p
        mu = betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay))
        mu_next = betas[0] * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        product *= mu
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
        p -= lr * m_hat / (math.sqrt(v / (1 - betas[1] ** t)) + eps)
    return p


def lion(p, steps, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    m = 0.0
    for _ in range(steps):
        g = slope(p)
        direction = math.copysign(1.0, betas[0] * m + (1 - betas[0]) * g)
        p -= lr * (direction + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
    return p


def radam(p, steps, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled_weight_decay=False):
    m = v = 0.0
    longest = 2 / (1 - betas[1]) - 1
    for t in range(1, steps + 1):
        g = slope(p)
        if decoupled_weight_decay:
            p *= 1 - lr * weight_decay
        else:
            g += weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        length = longest - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        m_hat = m / (1 - betas[0] ** t)
        if length > 5:
            square = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            m_hat *= math.sqrt(square * (1 - betas[1] ** t)) / (math.sqrt(v) + eps)
        p -= lr * m_hat
    return p


def adamax(p, steps, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    m = u = 0.0
    for t in range(1, steps + 1):
        g = slope(p) + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        u = max(betas[1] * u, abs(g) + eps)
        p -= lr / (1 - betas[0] ** t) * m / u
    return p


def rprop(p, steps, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
    before, size = 0.0, lr
    for _ in range(steps):
        g = slope(p)
        if g * before > 0:
            size *= etas[1]
        elif g * before < 0:
            size, g = size * etas[0], 0.0
        size = min(max(size, step_sizes[0]), step_sizes[1])
        if g:
            p -= math.copysign(size, g)
        before = g
    return p


def adagrad(p, steps, lr=1e-2, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, eps_mode="outside",
            use_current=True):  # fmt: skip
    s = initial_accumulator_value
    for t in range(1, steps + 1):
        g = slope(p)
        before, s = s, s + g**2
        size = s if use_current else before
        rate = lr / (1 + (t - 1) * lr_decay)
        p -= rate * g / (math.sqrt(size + eps) if eps_mode == "inside" else math.sqrt(size) + eps)
    return p


def rmsprop(p, steps, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False, eps_mode="outside"):
    v = mean = b = 0.0
    for _ in range(steps):
        g = slope(p)
        v = alpha * v + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        size = v - mean**2 if centered else v
        step = g / (math.sqrt(size + eps) if eps_mode == "inside" else math.sqrt(size) + eps)
        b = momentum * b + step
        p -= lr * b
    return p


def adadelta(p, steps, lr=1.0, rho=0.9, eps=1e-6):
    v = u = 0.0
    for _ in range(steps):
        g = slope(p)
        v = rho * v + (1 - rho) * g**2
        d = math.sqrt(u + eps) / math.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        p -= lr * d
    return p


@dataclass(frozen=True)
class Case:
    """An optimizer with some settings, its reference for one entry, and whether PyTorch has the same."""

    optimizer: type[optim.Optimizer]
    reference: Any
    hyper: dict[str, Any] = field(default_factory=dict)
    in_torch: bool = True
    elementwise: bool = True  # whether an entry's new value depends on that entry alone

    def __str__(self):
        words = [f"{name}={value}" for name, value in self.hyper.items()]
        return "-".join([self.optimizer.__name__, *words])

    def make(self, params):
        return self.optimizer(params, **self.hyper)


def own(*args, **kwargs):
    return Case(*args, **kwargs, in_torch=False)


CASES = [
    Case(optim.SGD, sgd, {"lr": 0.1}),
    Case(optim.SGD, sgd_decay, {"lr": 0.1, "weight_decay": 0.1}),
    Case(optim.SGD, sgd, {"lr": 0.03, "momentum": 0.9}),
    Case(optim.SGD, sgd, {"lr": 0.03, "momentum": 0.9, "nesterov": True}),
    Case(optim.SGD, sgd, {"lr": 0.03, "momentum": 0.9, "dampening": 0.3}),
    own(optim.SGD, sgd, {"lr": 0.03, "momentum": 0.9, "momentum_style": "classical"}),
    own(optim.SGD, sgd, {"lr": 0.03, "momentum": 0.9, "momentum_style": "classical", "nesterov": True}),
    own(optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "momentum_style": "ema"}),
    own(optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "momentum_style": "ema", "nesterov": True}),
    Case(optim.Adam, adam),
    Case(optim.Adam, adam, {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3}),
    Case(optim.Adam, adam, {"lr": 0.02, "amsgrad": True}),
    Case(optim.Adam, adam_l2, {"lr": 0.02, "weight_decay": 0.1}),
    own(optim.Adam, adam, {"lr": 0.02, "eps": 1e-2, "eps_mode": "inside"}),
    Case(optim.AdamW, adamw, {"lr": 0.02}),
    Case(optim.AdamW, adamw, {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True}),
    Case(optim.NAdam, nadam, {"lr": 0.02}),
    Case(
        optim.NAdam, nadam, {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "momentum_decay": 0.1, "weight_decay": 0.1}
    ),
    Case(optim.NAdam, nadam, {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    Case(optim.RAdam, radam, {"lr": 0.02}),
    Case(optim.RAdam, radam, {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    Case(optim.RAdam, radam, {"lr": 0.02, "betas": (0.5, 0.5), "weight_decay": 0.1, "decoupled_weight_decay": True}),
    Case(optim.Adamax, adamax, {"lr": 0.02}),
    Case(optim.Adamax, adamax, {"lr": 0.02, "betas": (0.5, 0.7), "eps": 0.1, "weight_decay": 0.1}),
    own(optim.Lion, lion, {"lr": 0.01}),
    own(optim.Lion, lion, {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 0.3}),
    Case(optim.Adagrad, adagrad, {"lr": 0.3}),
    Case(optim.Adagrad, adagrad, {"lr": 0.3, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 0.1}),
    own(optim.Adagrad, adagrad, {"lr": 0.3, "eps": 0.1, "eps_mode": "inside"}),
    own(optim.Adagrad, adagrad, {"lr": 0.3, "initial_accumulator_value": 1.0, "use_current": False}),
    Case(optim.RMSprop, rmsprop),
    Case(optim.RMSprop, rmsprop, {"lr": 0.005, "alpha": 0.9, "momentum": 0.5}),
    Case(optim.RMSprop, rmsprop, {"lr": 0.005, "alpha": 0.9, "eps": 0.1, "centered": True}),
    Case(optim.RMSprop, rmsprop, {"lr": 0.005, "eps": 0.1, "centered": True, "momentum": 0.5}),
    own(optim.RMSprop, rmsprop, {"eps": 0.1, "eps_mode": "inside"}),
    Case(optim.Adadelta, adadelta),
    Case(optim.Adadelta, adadelta, {"lr": 0.5, "rho": 0.7, "eps": 1e-3}),
    Case(optim.Rprop, rprop),
    Case(optim.Rprop, rprop, {"lr": 0.1, "etas": (0.7, 1.1), "step_sizes": (0.01, 0.2)}),
    # Its references, which need all entries, are in test_lbfgs.py.
    Case(optim.LBFGS, None, {"lr": 0.1, "max_iter": 2, "history_size": 3}, elementwise=False),
    Case(
        optim.LBFGS,
        None,
        {"max_iter": 1, "max_eval": 4, "tolerance_grad": 1e-3, "tolerance_change": 1e-6,
         "line_search_fn": "strong_wolfe"},
        elementwise=False,
    ),
]  # fmt: skip


def pytest_generate_tests(metafunc):
    """``any_case``: every row; ``case``: those with a reference for one entry; ``torch_case``: those PyTorch has."""
    for name, cases in {
        "any_case": CASES,
        "case": [case for case in CASES if case.elementwise],
        "torch_case": [case for case in CASES if case.elementwise and case.in_torch],
    }.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=str)


@pytest.fixture(scope="session")
def cases():
    return CASES
