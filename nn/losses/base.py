"""What all losses have: a reduction, perhaps weights, and a repr of the settings that are not the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np

from autograd import Tensor
from nn.defaults import get_default_dtype
from nn.losses.validation import Reduction
from nn.module import Buffer, Module

Takes = Literal[
    "numbers", "probabilities", "scores", "class scores", "log-probabilities", "class log-probabilities", "margins"
]
TAKES: dict[Any, Takes] = {}  # what the prediction is, by the class of a loss and by its function


class _Loss(Module):
    """A loss of prediction and target, averaged, summed, or one number for each entry.

    ``of`` is the function whose settings it keeps.
    """

    def __init_subclass__(cls, *, of: Callable[..., Any] | None = None, takes: Takes | None = None) -> None:
        if takes is not None:
            TAKES[cls] = TAKES[of] = takes

    _settings: ClassVar[dict[str, Any]] = {}  # those that the repr names, when they have another value
    _reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        if reduction not in self._reductions:
            *first, last = map(repr, self._reductions)
            raise ValueError(f"reduction is {', '.join(first)} or {last}, not {reduction!r}.")
        self.reduction = reduction

    def extra_repr(self) -> str:
        settings = {"reduction": "mean", **self._settings}
        return ", ".join(f"{k}={value!r}" for k, usual in settings.items() if (value := getattr(self, k)) != usual)


def weight_buffer(weight: Any) -> Buffer | None:
    """Weights as a part of the state. Numbers and lists get the default dtype of parameters."""
    if weight is None:
        return None
    return Buffer(weight if isinstance(weight, np.ndarray | Tensor) else np.asarray(weight, get_default_dtype()))
