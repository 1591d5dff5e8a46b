"""Stochastic gradient descent, with momentum in three conventions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import numpy as np

from autograd import Tensor
from optim.errors import HyperparameterError
from optim.groups import Parameters
from optim.hyperparameters import Choice, Entry, NonNegative, Setting, Switch, is_off
from optim.optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr·g, or with momentum μ in one of three styles.

    ============  ====================================  ================================
    style         velocity                              parameter
    ============  ====================================  ================================
    "pytorch"     v ← μ·v + (1 − dampening)·g           p ← p − lr·v
    "classical"   v ← μ·v − lr·g                        p ← p + v
    "ema"         v ← μ·v + (1 − μ)·g                   p ← p − lr·v
    ============  ====================================  ================================

    With ``nesterov``, the step goes along g + μ·v ("pytorch"), μ·v − lr·g ("classical") or μ·v + (1 − μ)·g ("ema"),
    all with the new v. This is Nesterov's method, written for the point at which the gradient is taken; `look_ahead`
    provides its original form. At a constant rate, "classical" equals "pytorch", and "ema" with rate a equals
    "pytorch" with rate a·(1 − μ). A change of the rate takes full effect at once in "pytorch" and "ema", but in
    "classical" only on new contributions to v. Dampening does not apply to the first step, as in PyTorch. Weight decay
    adds ``weight_decay``·p to the gradient; ``maximize`` ascends.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html; "classical": Sutskever et al., On the
    importance of initialization and momentum in deep learning, ICML 2013; defaults are PyTorch's. Raises
    HyperparameterError for a value outside its range, and for ``nesterov`` without momentum or with dampening.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> w = tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w.data
    array([0., 0.])
    """

    def __init__(
        self, params: Parameters, lr: NonNegative = 1e-3, momentum: NonNegative = 0.0, dampening: NonNegative = 0.0,
        weight_decay: NonNegative = 0.0, nesterov: Switch = False, *,
        momentum_style: Annotated[str, Choice("pytorch", "classical", "ema")] = "pytorch", maximize: Switch = False,
    ) -> None:  # fmt: skip
        super().__init__(params, **self._given(locals()))

    def check(self, group: Mapping[str, Any], hyper: Mapping[str, Any]) -> None:
        style, momentum = hyper["momentum_style"], hyper["momentum"]
        if hyper["nesterov"] and is_off(group["momentum"]):
            raise HyperparameterError("SGD: nesterov=True needs a positive momentum.")
        if not is_off(group["dampening"]) and (hyper["nesterov"] or style != "pytorch"):
            raise HyperparameterError("SGD: dampening requires momentum_style='pytorch' and nesterov=False.")
        if style == "ema" and not np.all(momentum.data <= 1 if isinstance(momentum, Tensor) else momentum <= 1):
            raise HyperparameterError(f"SGD: momentum with style 'ema' must be at most 1; got {momentum!r}.")

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return () if is_off(group["momentum"]) else ("momentum_buffer",)

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        return {
            "lr": hyper["lr"],
            "momentum": hyper["momentum"],
            "damping": None if is_off(hyper["dampening"]) or step == 1 else 1.0 - hyper["dampening"],
            "nesterov": hyper["nesterov"],
            "style": hyper["momentum_style"],
        }

    @contextmanager
    def look_ahead(self) -> Iterator[None]:
        """Nesterov's method in its original form: within the block, momentum alone has moved the parameters.

        Compute loss and gradients inside the block, and call `step` after it (without ``nesterov``). The gradients are
        taken at q = p + μ·v, which are the parameters of the reformulated method, ``nesterov=True``.

        Raises HyperparameterError with ``nesterov``, and for a group without momentum.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor(1.0, requires_grad=True)
        >>> optimizer = SGD([w], lr=0.25, momentum=0.5, momentum_style="classical")
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     with optimizer.look_ahead():
        ...         (w * w).backward()
        ...     optimizer.step()
        >>> w.item()
        0.125
        """
        moves = []
        for group in self.param_groups:
            hyper: Mapping[str, Any] = self.resolve(group, self.t)
            if hyper["nesterov"] or not self.slots(group):
                raise HyperparameterError("SGD: look_ahead() needs a positive momentum and nesterov=False.")
            speed = hyper["momentum"] * (1.0 if hyper["momentum_style"] == "classical" else -hyper["lr"])
            for p in group["params"]:
                ahead = p.data + speed * self.state[p].get("momentum_buffer", 0.0)
                moves.append((p, p.data, ahead.astype(p.dtype, copy=False)))

        def put(place: int) -> None:
            for p, *places in moves:
                p.data = places[place]

        try:
            put(1)
            yield
        finally:
            try:
                put(0)
            except BaseException:  # Ctrl-C
                put(0)
                raise

    @staticmethod
    def update(
        p: Any, g: Any, v: Any = None, *, lr: Any, momentum: Any, damping: Any, nesterov: bool, style: str
    ) -> tuple[Entry, ...]:
        if v is None:
            return (p - lr * g,)
        if style == "classical":
            v = momentum * v - lr * g
            return p + (momentum * v - lr * g if nesterov else v), v
        if style == "ema":
            g = (1.0 - momentum) * g
        v = momentum * v + (g if damping is None else damping * g)
        return p - lr * (g + momentum * v if nesterov else v), v
