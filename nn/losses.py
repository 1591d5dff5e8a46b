"""Losses as modules: a reduction, kept; the formulas are in `nn.functional`."""

from __future__ import annotations

from typing import Any

from nn import functional
from nn.functional import Reduction
from nn.module import Module

__all__ = ["BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss"]

__autograd_transparent__ = True

_mse = functional.mse_loss
_bce = functional.binary_cross_entropy_with_logits
_cross_entropy = functional.cross_entropy


class _Loss(Module):
    """A loss of prediction and target, averaged, summed, or one number for each entry."""

    def __init__(self, *, reduction: Reduction = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}.")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """The mean squared error, ``mean((prediction - target)^2)``, for numbers as targets.

    Prediction and target of the same shape.

    Raises LossShapeError when the shapes differ: nothing is broadcast.

    >>> from autograd import tensor
    >>> import nn
    >>> prediction = tensor([1.0, 2.0], requires_grad=True)
    >>> loss = nn.MSELoss()(prediction, [1.0, 4.0])
    >>> loss.backward()
    >>> loss.item(), prediction.grad
    (2.0, array([ 0., -2.]))
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        return _mse(prediction, target, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of yes-or-no answers, given as scores before the sigmoid.

    ``mean(-t log(p) - (1 - t) log(1 - p))`` with ``p = sigmoid(prediction)``, computed without overflow. Prediction
    and target of the same shape; targets are from 0 (no) to 1 (yes).

    Raises LossShapeError when the shapes differ, LabelError for targets outside 0 .. 1.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.BCEWithLogitsLoss()(np.array([0.0, 0.0]), np.array([0, 1]))), 4)
    0.6931
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        return _bce(prediction, target, reduction=self.reduction)


class CrossEntropyLoss(_Loss):
    """The cross-entropy of one class among several, given as scores before the softmax.

    ``mean(-log(softmax(logits)[label]))``, computed without overflow. Logits (N, C) with labels (N,), or (C,) with a
    single label, or (N, C, d1, ...) with (N, d1, ...); labels are integers from 0 to C - 1.

    Raises LossShapeError for shapes that do not belong together, LabelError for labels that name no class.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.CrossEntropyLoss()(np.zeros((2, 10)), np.array([3, 7]))), 4)  # log(10)
    2.3026
    """

    def forward(self, logits: Any, labels: Any) -> Any:
        return _cross_entropy(logits, labels, reduction=self.reduction)
