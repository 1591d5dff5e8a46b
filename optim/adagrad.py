"""Optimizers with a rate for every entry, from the squares of its gradients, or in Rprop from their signs."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np

from autograd import Tensor
from optim.errors import HyperparameterError
from optim.groups import Parameters
from optim.hyperparameters import NON_NEGATIVE, Entry, EpsMode, NonNegative, Pair, Setting, Share, Switch, is_off
from optim.optimizer import Optimizer
from optim.tracing import guarded

__all__ = ["Adadelta", "Adagrad", "RMSprop", "Rprop"]


def _root(square: Any, eps: Any, inside: bool) -> Any:
    """The root of a mean square, kept away from zero by eps: √square + eps, or √(square + eps)."""
    return np.sqrt(square + eps) if inside else np.sqrt(square) + eps


class Adagrad(Optimizer):
    """AdaGrad takes smaller steps in entries with large past gradients. s ← s + g², p ← p − lr·g / (√s + eps).

    s starts at ``initial_accumulator_value`` and only grows, so the rate of every entry tends to zero. ``lr_decay``
    also divides lr by 1 + (t − 1)·lr_decay. ``eps_mode="inside"`` divides by √(s + eps) instead; ``use_current=False``
    divides by the sum before this step, as some textbooks print it (then set an initial value: otherwise the first step
    divides by eps alone). Weight decay adds ``weight_decay``·p to the gradient; ``maximize`` ascends.

    Source: Duchi, Hazan & Singer, JMLR 12, 2011; names and defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Adagrad
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Adagrad([w], lr=0.5).step()
    >>> w.data
    array([   0.5, -199.5])
    """

    arrays: ClassVar[tuple[str, ...]] = ("sum",)
    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-2, lr_decay: NonNegative = 0.0,
        weight_decay: NonNegative = 0.0, initial_accumulator_value: Annotated[float, NON_NEGATIVE] = 0.0,
        eps: NonNegative = 1e-10, *, eps_mode: EpsMode = "outside", use_current: Switch = True,
        maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def new_state(self, p: Tensor, group: Mapping[str, Any]) -> dict[str, Entry]:
        state: dict[str, Any] = super().new_state(p, group)
        state["sum"] += self.resolve(group, 0)["initial_accumulator_value"]
        return state

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        return {
            "rate": hyper["lr"] / (1.0 + (step - 1) * hyper["lr_decay"]),
            "eps": hyper["eps"],
            "inside": hyper["eps_mode"] == "inside",
            "use_current": hyper["use_current"],
        }

    @staticmethod
    def update(p: Any, g: Any, s: Any, *, rate: Any, eps: Any, inside: bool, use_current: bool) -> tuple[Entry, ...]:
        new = guarded(s + g * g)
        return p - rate * (g / _root(new if use_current else s, eps, inside)), new


class RMSprop(Optimizer):
    """RMSProp is AdaGrad with a moving average of the squares. v ← α·v + (1 − α)·g², p ← p − lr·g / (√v + eps).

    ``centered`` subtracts the square of the moving average of g from v, which gives the variance instead of the mean
    square. ``momentum`` μ steps along b ← μ·b + g / (√v + eps) instead. ``eps_mode="inside"`` divides by √(v + eps).
    Weight decay adds ``weight_decay``·p to the gradient; ``maximize`` ascends.

    Source: Tieleman & Hinton, lecture 6.5 of Neural networks for machine learning, 2012; centered: Graves, 2013,
    https://arxiv.org/abs/1308.0850; names and defaults are PyTorch's. A variance that rounding makes negative counts
    as zero here, but gives NaN in PyTorch. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import RMSprop
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> RMSprop([w], lr=0.5, alpha=0.75).step()
    >>> w.data.round(6)
    array([   0., -199.])
    """

    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-2, alpha: Share = 0.99, eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0, momentum: NonNegative = 0.0, centered: Switch = False, *,
        eps_mode: EpsMode = "outside", maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        mean = ("grad_avg",) if group["centered"] else ()
        buffer = () if is_off(group["momentum"]) else ("momentum_buffer",)
        return ("square_avg", *mean, *buffer)

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        numbers = {name: hyper[name] for name in ("lr", "alpha", "eps", "momentum", "centered")}
        return {**numbers, "inside": hyper["eps_mode"] == "inside"}

    @staticmethod
    def update(
        p: Any, g: Any, v: Any, *more: Any, lr: Any, alpha: Any, eps: Any, momentum: Any, centered: bool, inside: bool
    ) -> tuple[Entry, ...]:
        means, buffers = more[:centered], more[centered:]
        v = alpha * v + (1.0 - alpha) * guarded(g * g)
        means = tuple(alpha * m + (1.0 - alpha) * g for m in means)
        square = np.maximum(v - means[0] * means[0], 0.0) if centered else v
        step = g / _root(square, eps, inside)
        buffers = tuple(momentum * b + step for b in buffers)
        return p - lr * (buffers[0] if buffers else step), v, *means, *buffers


class Adadelta(Optimizer):
    """AdaDelta is RMSProp with the root mean square of its own past steps as the rate.

    v ← ρ·v + (1 − ρ)·g², d = g·√(u + eps) / √(v + eps), u ← ρ·u + (1 − ρ)·d², p ← p − lr·d. Weight decay adds
    ``weight_decay``·p to the gradient; ``maximize`` ascends.

    Source: Zeiler, ADADELTA: an adaptive learning rate method, 2012, https://arxiv.org/abs/1212.5701; names and
    defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Adadelta
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Adadelta([w], rho=0.75).step()
    >>> w.data.round(4)
    array([   0.998, -199.998])
    """

    arrays: ClassVar[tuple[str, ...]] = ("square_avg", "acc_delta")
    squares = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1.0, rho: Share = 0.9, eps: NonNegative = 1e-6,
        weight_decay: NonNegative = 0.0, *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        return {"lr": hyper["lr"], "rho": hyper["rho"], "eps": hyper["eps"]}

    @staticmethod
    def update(p: Any, g: Any, v: Any, u: Any, *, lr: Any, rho: Any, eps: Any) -> tuple[Entry, ...]:
        v = rho * v + (1.0 - rho) * guarded(g * g)
        step = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        return p - lr * step, v, rho * u + (1.0 - rho) * step * step


class Rprop(Optimizer):
    """Resilient backpropagation, for full batches: each entry has its own step size, along the sign of the gradient.

    The step size d starts at lr. If the sign is the same as before, d ← min(d·η₊, ``step_sizes[1]``); if it changed,
    d ← max(d·η₋, ``step_sizes[0]``), and the gradient counts as 0 in this step and in the next comparison. Then
    p ← p − sign(g)·d. ``etas`` is (η₋, η₊); ``maximize`` ascends.

    Source: Riedmiller & Braun, A direct adaptive method for faster backpropagation learning, ICNN 1993; names and
    defaults are PyTorch's. Raises HyperparameterError.

    >>> from autograd import tensor
    >>> from optim import Rprop
    >>> w = tensor([1.0, -200.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Rprop([w], lr=0.5).step()
    >>> w.data
    array([   0.5, -199.5])
    """

    arrays: ClassVar[tuple[str, ...]] = ("prev", "step_size")
    rests = True

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-2, etas: Annotated[Any, Pair(NON_NEGATIVE)] = (0.5, 1.2),
        step_sizes: Annotated[Any, Pair(NON_NEGATIVE)] = (1e-6, 50), *, maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def check(self, group: Mapping[str, Any], hyper: Mapping[str, Any]) -> None:
        (less, more), (low, high) = hyper["etas"], hyper["step_sizes"]
        if not 0.0 < less < 1.0 < more:
            raise HyperparameterError(f"Rprop: etas must be 0 < etas[0] < 1 < etas[1]; got {less!r} and {more!r}.")
        if not low <= high:
            raise HyperparameterError(f"Rprop: step_sizes must be in increasing order; got {low!r} and {high!r}.")

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        (less, more), (low, high) = hyper["etas"], hyper["step_sizes"]
        return {"first": hyper["lr"] if step == 1 else None, "less": less, "more": more, "low": low, "high": high}

    @staticmethod
    def update(
        p: Any, g: Any, before: Any, size: Any, *, first: Any, less: Any, more: Any, low: Any, high: Any
    ) -> tuple[Entry, ...]:
        same = np.sign(g) * np.sign(before)
        rises, falls = np.maximum(same, 0.0), np.maximum(-same, 0.0)
        size = size if first is None else size + first
        size = np.minimum(np.maximum(size * (more * rises + less * falls + (1.0 - rises - falls)), low), high)
        g = g * (1.0 - falls)
        return p - np.sign(g) * size, g, size
