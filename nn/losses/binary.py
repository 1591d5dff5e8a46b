"""Losses of yes-or-no answers, as modules."""

from __future__ import annotations

from typing import Any, ClassVar

from nn import functional
from nn.functional import Reduction
from nn.losses.base import _Loss, weight_buffer

__all__ = ["BCELoss", "BCEWithLogitsLoss", "HingeLoss", "PerceptronLoss"]

__autograd_transparent__ = True

_bce_with_logits = functional.binary_cross_entropy_with_logits


class BCELoss(_Loss):
    """The cross-entropy of yes-or-no answers, given as probabilities p: ``mean(-t log(p) - (1 - t) log(1 - p))``.

    Prediction and target of the same shape; targets are from 0 (no) to 1 (yes). The logarithms are cut off at -100,
    where their slope is 0: a prediction of exactly 0 or 1 does not learn. `BCEWithLogitsLoss`, from scores, has no such
    limit. ``weight`` multiplies the losses of the entries, and is repeated to their shape; it is a buffer.

    Raises LossShapeError when the shapes differ, LabelError for targets and PredictionError for predictions outside
    0 .. 1.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.BCELoss()(np.array([0.5, 0.25]), np.array([0, 1]))), 4)
    1.0397
    """

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.binary_cross_entropy(prediction, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of yes-or-no answers, given as scores before the sigmoid.

    ``mean(-t log(p) - (1 - t) log(1 - p))`` with ``p = sigmoid(prediction)``, computed without overflow. Prediction
    and target of the same shape; targets are from 0 (no) to 1 (yes). With several labels per sample there is one column
    for each. The derivative by the prediction is ``p - t``.

    ``pos_weight`` multiplies the first term: with three times as many no as yes, 3 balances them. ``weight`` multiplies
    the losses of the entries. Both are repeated to the shape of the prediction, and are buffers.

    Raises LossShapeError when the shapes differ, LabelError for targets outside 0 .. 1.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.BCEWithLogitsLoss()(np.array([0.0, 0.0]), np.array([0, 1]))), 4)
    0.6931
    """

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.pos_weight = weight_buffer(pos_weight)

    def forward(self, prediction: Any, target: Any) -> Any:
        return _bce_with_logits(prediction, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction)


class HingeLoss(_Loss):
    """``mean(max(0, margin - t x))`` of scores x and sides t, -1 or 1: the loss of a support vector machine.

    Prediction and target of the same shape. The slope is ``-t`` short of the margin, and 0 from there on.

    Raises LossShapeError when the shapes differ, LabelError for targets other than -1 and 1.

    >>> import numpy as np
    >>> import nn
    >>> float(nn.HingeLoss()(np.array([2.0, 0.5]), np.array([1, -1])))
    0.75
    """

    _settings: ClassVar[dict[str, Any]] = {"margin": 1.0}

    def __init__(self, margin: float = 1.0, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = float(margin)

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.hinge_loss(prediction, target, margin=self.margin, reduction=self.reduction)


class PerceptronLoss(_Loss):
    """``mean(max(0, -t x))`` of scores x and sides t, -1 or 1: 0 on the right side, the distance on the wrong one.

    Prediction and target of the same shape. A score of 0 counts as wrong, with slope ``-t``; so stochastic gradient
    descent, one sample at a time, is the rule of the perceptron, also from weights of 0.

    Raises LossShapeError when the shapes differ, LabelError for targets other than -1 and 1.

    >>> import numpy as np
    >>> import nn
    >>> float(nn.PerceptronLoss()(np.array([2.0, 0.5]), np.array([1, -1])))
    0.25
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.perceptron_loss(prediction, target, reduction=self.reduction)
