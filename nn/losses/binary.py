"""Losses of yes-or-no answers: given as probabilities, as scores before a sigmoid, or as a side of a boundary."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops.arithmetic import where as _where
from autograd.ops.transcendental import log as _log, log1p as _log1p, relu as _relu, softplus as _softplus
from nn.arrays import Operand, plain, polymorphic
from nn.errors import LabelError, PredictionError
from nn.losses.base import Reduction, _Loss, check_activation, counted, pair, reduced, short_of, weights
from nn.module import Buffer

__all__ = ["BCELoss", "BCEWithLogitsLoss", "HingeLoss", "PerceptronLoss", "SoftMarginLoss"]

_SMALLEST_LOG = -100.0
_SMALLEST = float(np.exp(_SMALLEST_LOG))


@polymorphic
def binary_cross_entropy(
    prediction: Operand, target: Operand, weight: Operand | None = None, *, reduction: Reduction = "mean"
) -> Any:
    """The mean of ``-t log(p) - (1 - t) log(1 - p)``, of probabilities p of yes.

    Prediction and target of the same shape, which the result has with ``reduction="none"``; targets are from 0 (no) to
    1 (yes). The logarithms are cut off at -100, where their slope is 0: a prediction of exactly 0 or 1 does not learn.
    `BCEWithLogitsLoss`, from scores, has no such limit. ``weight`` multiplies the losses of the entries, and is
    repeated to their shape; it does not change what the mean is divided by. `nn.BCELoss` holds it as a buffer.

    Raises LossShapeError when the shapes differ and for the mean of no entries, LabelError for targets and
    PredictionError for predictions outside 0 .. 1.

    >>> from nn.functional import binary_cross_entropy
    >>> binary_cross_entropy([0.5, 0.25, 0.0], [1.0, 1.0, 1.0], reduction="none").round(4)
    array([  0.6931,   1.3863, 100.    ])
    """
    name = "binary_cross_entropy"
    prediction, target = pair(name, prediction, target)
    _check_probabilities(name, target)
    p = plain(prediction)
    if p.size and (np.minimum.reduce(p, None) < 0.0 or np.maximum.reduce(p, None) > 1.0):  # NaN gives NaN
        raise PredictionError(
            f"{name}: the prediction is the probability of yes, from 0 to 1, but it reaches from {p.min()} to "
            f"{p.max()}. Scores go through a sigmoid first, or to binary_cross_entropy_with_logits."
        )
    yes, no = ~(p <= _SMALLEST), ~(p >= 1.0)  # in between, no number is nearer to 1 than exp(-100)
    log_yes = _where(yes, _log(_where(yes, prediction, 1.0)), _SMALLEST_LOG)
    log_no = _where(no, _log1p(_where(no, -prediction, 0.0)), _SMALLEST_LOG)
    losses = -(target * log_yes + (1.0 - target) * log_no)
    if weight is not None:
        losses = losses * weights(name, "weight", weight, p.shape, p.dtype)
    return reduced(name, losses, reduction)


class BCELoss(_Loss, of=binary_cross_entropy, takes="probabilities"):
    """The cross-entropy of yes-or-no answers, given as probabilities."""

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight: Buffer | None = self._buffer(weight)


@polymorphic
def binary_cross_entropy_with_logits(
    prediction: Operand, target: Operand, weight: Operand | None = None, *, pos_weight: Operand | None = None,
    reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``-t log(p) - (1 - t) log(1 - p)`` with ``p = sigmoid(x)``, of scores x.

    It is computed as ``softplus(-|x|)`` plus ``(1 - t) x`` or ``-t x``, none of which is negative: that neither
    overflows nor loses digits. Prediction x and target t of the same shape, which the result has with
    ``reduction="none"``; targets are from 0 (no) to 1 (yes). With several labels per sample there is one column for
    each. The derivative by the prediction is ``p - t``. An infinite score on the right side costs 0; on the wrong one
    the loss is infinite, and its slope still ``p - t``.

    ``pos_weight`` multiplies the first term: with three times as many no as yes, 3 balances them. ``weight`` multiplies
    the losses of the entries, and does not change what the mean is divided by. Both are repeated to the shape of the
    prediction, and are buffers of `nn.BCEWithLogitsLoss`.

    Raises LossShapeError when the shapes differ and for the mean of no entries, LabelError for targets outside 0 .. 1.
    Warns with ActivationWarning when the prediction comes from a sigmoid or softmax.

    >>> from nn.functional import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits([0.0, 1000.0], [1.0, 1.0], reduction="none").round(4)
    array([0.6931, 0.    ])
    """
    name = "binary_cross_entropy_with_logits"
    check_activation(name, "scores", prediction)
    prediction, target = pair(name, prediction, target)
    _check_probabilities(name, target)
    yes, no = target, 1.0 - target
    positive = plain(prediction) >= 0.0
    size = _where(positive, prediction, -prediction)  # not the absolute value, which has no slope at 0
    losses = _softplus(-size)
    if pos_weight is not None:
        yes = yes * weights(name, "pos_weight", pos_weight, prediction.shape, prediction.dtype)
        losses = (yes + no) * losses
    wrong = _where(positive, no, yes)
    losses = losses + wrong * counted(wrong, size)
    if weight is not None:
        heavy = weights(name, "weight", weight, prediction.shape, prediction.dtype)
        losses = heavy * counted(heavy, losses)
    return reduced(name, losses, reduction)


class BCEWithLogitsLoss(_Loss, of=binary_cross_entropy_with_logits, takes="scores"):
    """The cross-entropy of yes-or-no answers, given as scores before the sigmoid."""

    def __init__(self, weight: Any = None, *, reduction: Reduction = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction=reduction)
        self.weight: Buffer | None = self._buffer(weight)
        self.pos_weight: Buffer | None = self._buffer(pos_weight)


@polymorphic
def hinge_loss(prediction: Operand, target: Operand, margin: float = 1.0, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``max(0, margin - t x)``, of scores x and sides t, -1 or 1.

    Prediction and target of the same shape, which the result has with ``reduction="none"``. The slope is ``-t`` short
    of the margin, and 0 from there on. Raises LossShapeError when the shapes differ and for the mean of no entries,
    LabelError for targets other than -1 and 1.

    >>> from nn.functional import hinge_loss
    >>> hinge_loss([2.0, 0.5, 0.5], [1.0, 1.0, -1.0], reduction="none")
    array([0. , 0.5, 1.5])
    """
    prediction, target = sides("hinge_loss", prediction, target)
    return reduced("hinge_loss", _relu(float(margin) - target * prediction), reduction)


class HingeLoss(_Loss, of=hinge_loss, takes="margins"):
    """The loss of a support vector machine."""


@polymorphic
def perceptron_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``max(0, -t x)``, of scores x and sides t, -1 or 1; shapes and errors as for `hinge_loss`.

    A score of 0 is on no side and counts as wrong, with slope ``-t``; so stochastic gradient descent, one sample at a
    time, is the rule of the perceptron, also from weights of 0.

    >>> from nn.functional import perceptron_loss
    >>> perceptron_loss([2.0, 0.5], [1.0, -1.0], reduction="none")
    array([0. , 0.5])
    """
    prediction, target = sides("perceptron_loss", prediction, target)
    return reduced("perceptron_loss", short_of(-target * prediction), reduction)


class PerceptronLoss(_Loss, of=perceptron_loss, takes="margins"):
    """The loss of a perceptron: 0 on the right side, the distance on the wrong one."""


@polymorphic
def soft_margin_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``log(1 + exp(-t x))``, of scores x and sides t, -1 or 1; shapes and errors as for `nn.HingeLoss`.

    >>> from nn.functional import soft_margin_loss
    >>> soft_margin_loss([0.0, 1.0], [1.0, -1.0], reduction="none").round(4)
    array([0.6931, 1.3133])
    """
    prediction, target = sides("soft_margin_loss", prediction, target)
    return reduced("soft_margin_loss", _softplus(-target * prediction), reduction)


class SoftMarginLoss(_Loss, of=soft_margin_loss, takes="margins"):
    """`BCEWithLogitsLoss` with -1 and 1 as labels."""


def _check_probabilities(name: str, target: Operand) -> None:
    values = plain(target)
    if values.size and not (np.minimum.reduce(values, None) >= 0.0 and np.maximum.reduce(values, None) <= 1.0):
        raise LabelError(
            f"{name}: the target is the probability of yes, from 0 to 1, but it reaches from {values.min()} to "
            f"{values.max()}." + (" Labels -1 and 1 become 0 and 1 by (target + 1) / 2." if values.min() == -1 else "")
        )


def sides(name: str, prediction: Operand, target: Operand) -> tuple[Any, Any]:
    """Scores, and -1 or 1 for each."""
    prediction, target = pair(name, prediction, target)
    values = plain(target)
    if not (np.abs(values) == 1.0).all():
        found = values[np.abs(values) != 1.0].flat[0]
        raise LabelError(
            f"{name}: the target is the right side, -1 or 1, but one is {found}."
            + (" Labels 0 and 1 become -1 and 1 by 2 * target - 1." if found == 0.0 else "")
        )
    return prediction, target
