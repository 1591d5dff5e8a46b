"""What all losses have: a reduction, perhaps weights, and a repr of the settings that are not the usual ones."""

from __future__ import annotations

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

    It keeps the settings of the function that it is ``of``, all but the first two parameters, under their names.
    """

    def __init_subclass__(cls, *, of: Any = None, takes: Takes | None = None) -> None:
        if of is not None and takes is not None:
            TAKES[cls] = TAKES[of] = takes
            code = of.__code__
            cls._function, cls._usual = staticmethod(of), {"reduction": "mean", **of.__kwdefaults__}
            cls._settings = code.co_varnames[2 : code.co_argcount + code.co_kwonlyargcount]

    _function: ClassVar[Any]
    _settings: ClassVar[tuple[str, ...]]
    _usual: ClassVar[dict[str, Any]]  # what the repr does not name
    _reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        if reduction not in self._reductions:
            *first, last = map(repr, self._reductions)
            raise ValueError(f"reduction is {', '.join(first)} or {last}, not {reduction!r}.")
        self.reduction = reduction

    def forward(self, prediction: Any, target: Any) -> Tensor:
        found: Tensor = self._function(prediction, target, **{name: getattr(self, name) for name in self._settings})
        return found

    def extra_repr(self) -> str:
        named = {k: getattr(self, k) for k, usual in self._usual.items() if usual is not None}  # without weights
        return ", ".join(f"{k}={value!r}" for k, value in named.items() if value != self._usual[k])


def weight_buffer(weight: Any) -> Buffer | None:
    """Weights as a part of the state. Numbers and lists get the default dtype of parameters."""
    if weight is None:
        return None
    return Buffer(weight if isinstance(weight, np.ndarray | Tensor) else np.asarray(weight, get_default_dtype()))
