"""Adam and its variants that keep two moments of the gradient.

This module owns the formulas and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from optim.groups import Parameters
from optim.hyper import FLAG, NON_NEGATIVE, Choice, Number, Pair, Value
from optim.optimizer import Optimizer

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adam: a step of size lr along the mean gradient, in units of its root mean square.

    m ← β₁·m + (1 − β₁)·g and v ← β₂·v + (1 − β₂)·g², then p ← p − lr·m̂ / (√v̂ + eps), where m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ) make up for m and v starting at zero, and t counts the updates of this parameter.

    ``eps_mode="inside"`` divides by √(v̂ + eps) instead, as some textbooks print it: with gradients of 1e-4 and
    eps = 1e-8 that is 1.414e-4 in place of 1.0001e-4. ``amsgrad`` takes the largest v so far. Weight decay adds
    ``weight_decay``·p to the gradient (`AdamW` does not); ``maximize`` goes uphill.

    Source: Kingma & Ba, Adam: a method for stochastic optimization, 2015, https://arxiv.org/abs/1412.6980; amsgrad:
    https://openreview.net/forum?id=ryQu7f-RZ; names and defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Adam
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(6)
    array([   0.5, -199.5])
    """

    rules = {  # noqa: RUF012 - a constant of the class
        "lr": NON_NEGATIVE,
        "betas": Pair(Number(0.0, 1.0)),
        "eps": NON_NEGATIVE,
        "weight_decay": NON_NEGATIVE,
        "amsgrad": FLAG,
        "eps_mode": Choice("outside", "inside"),
        "maximize": FLAG,
    }

    def __init__(
        self,
        params: Parameters,
        lr: Value = 1e-3,
        betas: Any = (0.9, 0.999),
        eps: Value = 1e-8,
        weight_decay: Value = 0.0,
        amsgrad: bool = False,
        *,
        eps_mode: str = "outside",
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            eps_mode=eps_mode,
            maximize=maximize,
        )

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> dict[str, Any]:
        # With c = 1 - beta2**t: m / (sqrt(v / c) + eps) = sqrt(c) * m / (sqrt(v) + sqrt(c) * eps), and inside the
        # root m / sqrt(v / c + eps) = sqrt(c) * m / sqrt(v + c * eps). So the arrays need no corrections.
        beta1, beta2 = hyper["betas"]
        inside = hyper["eps_mode"] == "inside"
        correction = 1.0 - beta2**step
        root = correction**0.5
        return {
            "rate": hyper["lr"] * root / (1.0 - beta1**step),
            "beta1": beta1,
            "beta2": beta2,
            "eps": hyper["eps"] * (correction if inside else root),
            "inside": inside,
        }

    @staticmethod
    def update(
        p: Any, g: Any, m: Any, v: Any, *largest: Any, rate: Any, beta1: Any, beta2: Any, eps: Any, inside: bool
    ) -> tuple[Any, ...]:
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * g * g
        largest = tuple(np.maximum(x, v) for x in largest)
        size = largest[0] if largest else v
        return p - rate * (m / (np.sqrt(size + eps) if inside else np.sqrt(size) + eps)), m, v, *largest
