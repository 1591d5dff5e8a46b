"""Adam and its variants, which keep moving averages of the gradient and mostly of its square."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from optim.groups import Parameters
from optim.hyperparameters import Betas, Entry, EpsMode, NonNegative, Setting, Switch
from optim.optimizer import Optimizer
from optim.tracing import guarded

__all__ = ["Adam", "AdamW", "Adamax", "Lion", "NAdam", "RAdam"]


class Adam(Optimizer):
    """Adam takes steps of size lr along the average gradient, in units of its root mean square.

    m ← β₁·m + (1 − β₁)·g and v ← β₂·v + (1 − β₂)·g², then p ← p − lr·m̂ / (√v̂ + eps), where m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ) correct the bias of m and v, which start at zero; t counts the updates of this parameter.

    ``eps_mode="inside"`` divides by √(v̂ + eps) instead, as some textbooks print it: for gradients of 1e-4 and
    eps = 1e-8 that is 1.414e-4 instead of 1.0001e-4. ``amsgrad`` uses the largest v so far. Weight decay adds
    ``weight_decay``·p to the gradient (`AdamW` does not); ``maximize`` ascends.

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

    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-3, betas: Betas = (0.9, 0.999), eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0, amsgrad: Switch = False, *, eps_mode: EpsMode = "outside",
        maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
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
    ) -> tuple[Entry, ...]:
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * guarded(g * g)
        largest = tuple(np.maximum(x, v) for x in largest)
        size = largest[0] if largest else v
        return p - rate * (m / (np.sqrt(size + eps) if inside else np.sqrt(size) + eps)), m, v, *largest


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p − lr·weight_decay·p in addition to the update of `Adam`.

    In Adam, weight decay is part of the gradient and is divided by its size, so weights with large gradients decay
    less; here all weights decay at the same rate.

    Source: Loshchilov & Hutter, Decoupled weight decay regularization, 2019, https://arxiv.org/abs/1711.05101; names
    and defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import AdamW
    >>> w = tensor([1.0, 0.0], requires_grad=True)
    >>> (0.0 * w).sum().backward()
    >>> AdamW([w], lr=0.5, weight_decay=0.1).step()
    >>> w.data
    array([0.95, 0.  ])
    """

    decoupled = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-3, betas: Betas = (0.9, 0.999), eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 1e-2, amsgrad: Switch = False, *, eps_mode: EpsMode = "outside",
        maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, eps_mode=eps_mode, maximize=maximize)


class NAdam(Optimizer):
    """Adam with Nesterov momentum.

    m and v are those of `Adam`; with μₜ = β₁·(1 − 0.96^(t·momentum_decay) / 2) and Mₜ = μ₁·…·μₜ,
    p ← p − lr·(μₜ₊₁·m / (1 − Mₜ·μₜ₊₁) + (1 − μₜ)·g / (1 − Mₜ)) / (√v̂ + eps). Weight decay adds ``weight_decay``·p to
    the gradient, or with ``decoupled_weight_decay`` shrinks p directly; ``maximize`` ascends.

    Source: Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop 2016; names and defaults are those of
    https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import NAdam
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> NAdam([w], lr=0.5).step()
    >>> w.data.round(3)
    array([   0.472, -199.472])
    """

    arrays: ClassVar[tuple[str, ...]] = ("exp_avg", "exp_avg_sq")
    numbers: ClassVar[Mapping[str, float]] = {"mu_product": 1.0}
    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 2e-3, betas: Betas = (0.9, 0.999), eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0, momentum_decay: NonNegative = 4e-3, decoupled_weight_decay: Switch = False,
        *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        beta1, beta2 = hyper["betas"]
        root = (1.0 - beta2**step) ** 0.5  # as in Adam
        now = beta1 * (1.0 - 0.5 * 0.96 ** (step * hyper["momentum_decay"]))
        after = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * hyper["momentum_decay"]))
        product = numbers["mu_product"] * now
        return {
            "mu_product": product,
            "along_m": hyper["lr"] * root * after / (1.0 - product * after),
            "along_g": hyper["lr"] * root * (1.0 - now) / (1.0 - product),
            "beta1": beta1,
            "beta2": beta2,
            "eps": hyper["eps"] * root,
        }

    @staticmethod
    def update(
        p: Any, g: Any, m: Any, v: Any, *, along_m: Any, along_g: Any, beta1: Any, beta2: Any, eps: Any
    ) -> tuple[Entry, ...]:
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * guarded(g * g)
        return p - (along_m * m + along_g * g) / (np.sqrt(v) + eps), m, v


class RAdam(Optimizer):
    """Rectified Adam divides by √v̂ only after enough gradients have determined it, and corrects for its variance.

    With m and v of `Adam`, ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ): up to ρ = 5, p ← p − lr·m̂; then
    p ← p − lr·r·m̂ / (√v̂ + eps / √(1 − β₂ᵗ)), r² = (ρ − 4)·(ρ − 2)·ρ∞ / ((ρ∞ − 4)·(ρ∞ − 2)·ρ). Otherwise like `NAdam`.

    Source: Liu et al., On the variance of the adaptive learning rate and beyond, 2020,
    https://arxiv.org/abs/1908.03265; names and defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import RAdam
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> RAdam([w], lr=0.25).step()
    >>> w.data.round(6)
    array([   0.5, -100. ])
    """

    arrays: ClassVar[tuple[str, ...]] = ("exp_avg", "exp_avg_sq")
    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-3, betas: Betas = (0.9, 0.999), eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0, decoupled_weight_decay: Switch = False, *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        beta1, beta2 = hyper["betas"]
        rate, eps, correction = hyper["lr"] / (1.0 - beta1**step), None, 1.0 - beta2**step
        most = 2.0 / (1.0 - beta2) - 1.0
        known = most - 2.0 * step * beta2**step / correction
        if known > 5.0:
            share = (known - 4.0) * (known - 2.0) * most / ((most - 4.0) * (most - 2.0) * known)
            rate, eps = rate * (share * correction) ** 0.5, hyper["eps"]
        return {"rate": rate, "beta1": beta1, "beta2": beta2, "eps": eps}

    @staticmethod
    def update(p: Any, g: Any, m: Any, v: Any, *, rate: Any, beta1: Any, beta2: Any, eps: Any) -> tuple[Entry, ...]:
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * guarded(g * g)
        return p - rate * (m if eps is None else m / (np.sqrt(v) + eps)), m, v


class Adamax(Optimizer):
    """Adam in units of the largest gradient so far, which decays slowly.

    With m of `Adam`, u ← max(β₂·u, |g| + eps) and p ← p − lr·m̂ / u. Weight decay adds ``weight_decay``·p to the
    gradient; ``maximize`` ascends.

    Source: Kingma & Ba, https://arxiv.org/abs/1412.6980; names and defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Adamax
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Adamax([w], lr=0.5).step()
    >>> w.data.round(6)
    array([   0.5, -199.5])
    """

    arrays: ClassVar[tuple[str, ...]] = ("exp_avg", "exp_inf")

    def __init__(
        self, params: Parameters, lr: NonNegative = 2e-3, betas: Betas = (0.9, 0.999), eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0, *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        beta1, beta2 = hyper["betas"]
        return {"rate": hyper["lr"] / (1.0 - beta1**step), "beta1": beta1, "beta2": beta2, "eps": hyper["eps"]}

    @staticmethod
    def update(p: Any, g: Any, m: Any, u: Any, *, rate: Any, beta1: Any, beta2: Any, eps: Any) -> tuple[Entry, ...]:
        m, u = beta1 * m + (1.0 - beta1) * g, np.maximum(beta2 * u, np.abs(g) + eps)
        return p - rate * (m / u), m, u


class Lion(Optimizer):
    """Lion takes steps of constant size, along the sign of an average gradient.

    p ← p − lr·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g. Weight decay is decoupled as in `AdamW`;
    ``maximize`` ascends. Use a rate three to ten times smaller than Adam's, and a decay larger by the same factor.

    Source: Chen et al., Symbolic discovery of optimization algorithms, 2023, https://arxiv.org/abs/2302.06675.
    Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Lion
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Lion([w], lr=0.5).step()
    >>> w.data
    array([   0.5, -199.5])
    """

    arrays: ClassVar[tuple[str, ...]] = ("exp_avg",)
    decoupled = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-4, betas: Betas = (0.9, 0.99), weight_decay: NonNegative = 0.0,
        *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        beta1, beta2 = hyper["betas"]
        return {"lr": hyper["lr"], "share": beta1 / (1.0 - beta1), "beta2": beta2}

    @staticmethod
    def update(p: Any, g: Any, m: Any, *, lr: Any, share: Any, beta2: Any) -> tuple[Entry, ...]:
        direction = np.sign(share * m + g)  # that of β₁·m + (1 − β₁)·g, also where the product with g would vanish
        return p - lr * direction, beta2 * m + (1.0 - beta2) * g
