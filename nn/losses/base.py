"""What all losses have: a reduction, perhaps weights, and a repr of the settings that are not the usual ones."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from autograd import Tensor
from nn.defaults import get_default_dtype
from nn.losses.validation import Reduction
from nn.module import Buffer
from nn.of_function import _OfFunction

Takes = Literal[
    "numbers", "probabilities", "scores", "class scores", "log-probabilities", "class log-probabilities", "margins", ""
]
TAKES: dict[Any, Takes] = {}  # what the prediction is, by the class of a loss and by its function


class _Loss(_OfFunction):
    """A loss of prediction and target, averaged, summed, or one number for each entry."""

    def __init_subclass__(cls, *, of: Any = None, takes: Takes = "", operands: int = 2) -> None:
        super().__init_subclass__(of=of, operands=operands)
        if of is not None:
            cls._settings = {"reduction": "mean", **cls._settings}  # first, as it is shown
            TAKES[cls] = TAKES[of] = takes

    reduction: Reduction
    _reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, *args: Any, reduction: Reduction = "mean", **settings: Any) -> None:
        if reduction not in self._reductions:
            *first, last = map(repr, self._reductions)
            raise ValueError(f"reduction is {', '.join(first)} or {last}, not {reduction!r}.")
        super().__init__(*args, reduction=reduction, **settings)


def weight_buffer(weight: Any) -> Buffer | None:
    """Weights as a part of the state. Numbers and lists get the default dtype of parameters."""
    if weight is None:
        return None
    return Buffer(weight if isinstance(weight, np.ndarray | Tensor) else np.asarray(weight, get_default_dtype()))
