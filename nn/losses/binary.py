"""Losses for binary classification: of probabilities, of scores before a sigmoid, or of signed scores."""

from typing import Any

import numpy as np

from autograd.ops.arithmetic import where as _where
from autograd.ops.transcendental import log as _log, log1p as _log1p, relu as _relu, softplus as _softplus
from nn.arguments import Operand, plain, polymorphic
from nn.errors import LabelError, PredictionError
from nn.losses.base import Reduction, check_activation, counted, of, pair, reduced, short_of, weights

__all__ = ["BCELoss", "BCEWithLogitsLoss", "HingeLoss", "PerceptronLoss", "SoftMarginLoss"]

_SMALLEST_LOG = -100.0
_SMALLEST = float(np.exp(_SMALLEST_LOG))


@polymorphic
def binary_cross_entropy(
    prediction: Operand, target: Operand, weight: Operand | None = None, *, reduction: Reduction = "mean"
) -> Any:
    """The mean of ``-t log(p) - (1 - t) log(1 - p)`` for targets t and predicted probabilities p.

    Prediction and target have the same shape, and so has the result with ``reduction="none"``; targets lie between 0
    and 1. The logarithms are clipped at -100, where their slope is 0: a prediction of exactly 0 or 1 does not learn.
    `BCEWithLogitsLoss`, which takes scores, has no such limit. ``weight`` multiplies the loss of each entry, and
    broadcasts to their shape; it does not change the divisor of the mean. `nn.BCELoss` stores it as a buffer.

    Raises LossShapeError if the shapes differ or a mean has no entries, LabelError for targets and PredictionError for
    predictions outside 0 .. 1.

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
            f"{name}: predictions must be probabilities between 0 and 1, but they range from {p.min()} to {p.max()}. "
            "Apply a sigmoid to scores first, or pass them to binary_cross_entropy_with_logits."
        )
    yes, no = ~(p <= _SMALLEST), ~(p >= 1.0)  # in between, no number is nearer to 1 than exp(-100)
    log_yes = _where(yes, _log(_where(yes, prediction, 1.0)), _SMALLEST_LOG)
    log_no = _where(no, _log1p(_where(no, -prediction, 0.0)), _SMALLEST_LOG)
    losses = -(target * log_yes + (1.0 - target) * log_no)
    if weight is not None:
        losses = losses * weights(name, "weight", weight, p.shape, p.dtype)
    return reduced(name, losses, reduction)


class BCELoss(of.BCELoss, of=binary_cross_entropy, takes="probabilities"):
    """The binary cross-entropy of predicted probabilities."""


@polymorphic
def binary_cross_entropy_with_logits(
    prediction: Operand, target: Operand, weight: Operand | None = None, *, pos_weight: Operand | None = None,
    reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``-t log(p) - (1 - t) log(1 - p)`` with ``p = sigmoid(x)``, for scores x and targets t.

    It is computed as ``softplus(-|x|)`` plus ``(1 - t) x`` or ``-t x``, neither of which is negative, so there is no
    overflow and no loss of precision. Prediction x and target t have the same shape, and so has the result with
    ``reduction="none"``; targets lie between 0 and 1. Samples with several labels have one column for each. The
    derivative by the prediction is ``p - t``. The loss of an infinite score is 0 if its sign is right; otherwise it is
    infinite, but its slope is still ``p - t``.

    ``pos_weight`` multiplies the first term: if there are three times as many zeros as ones, 3 balances them.
    ``weight`` multiplies the loss of each entry, and does not change the divisor of the mean. Both broadcast to the
    shape of the prediction, and are buffers of `nn.BCEWithLogitsLoss`.

    Raises LossShapeError if the shapes differ or a mean has no entries, LabelError for targets outside 0 .. 1.
    Warns with ActivationWarning if the prediction is the output of a sigmoid or softmax.

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


class BCEWithLogitsLoss(of.BCEWithLogitsLoss, of=binary_cross_entropy_with_logits, takes="scores"):
    """The binary cross-entropy of scores, to which it applies the sigmoid itself."""


@polymorphic
def hinge_loss(prediction: Operand, target: Operand, margin: float = 1.0, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``max(0, margin - t x)`` for scores x and targets t, which are -1 or 1.

    Prediction and target have the same shape, and so has the result with ``reduction="none"``. The slope is ``-t``
    where ``t x < margin``, else 0. Raises LossShapeError if the shapes differ or a mean has no entries, LabelError for
    targets other than -1 and 1.

    >>> from nn.functional import hinge_loss
    >>> hinge_loss([2.0, 0.5, 0.5], [1.0, 1.0, -1.0], reduction="none")
    array([0. , 0.5, 1.5])
    """
    prediction, target = sides("hinge_loss", prediction, target)
    return reduced("hinge_loss", _relu(float(margin) - target * prediction), reduction)


class HingeLoss(of.HingeLoss, of=hinge_loss, takes="margins"):
    """The hinge loss, as in support vector machines."""


@polymorphic
def perceptron_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``max(0, -t x)`` for scores x and targets -1 or 1; shapes and errors are those of `hinge_loss`.

    A score of 0 counts as wrong, with slope ``-t``. Stochastic gradient descent with one sample per step is then the
    perceptron rule, even if the weights start at 0.

    >>> from nn.functional import perceptron_loss
    >>> perceptron_loss([2.0, 0.5], [1.0, -1.0], reduction="none")
    array([0. , 0.5])
    """
    prediction, target = sides("perceptron_loss", prediction, target)
    return reduced("perceptron_loss", short_of(-target * prediction), reduction)


class PerceptronLoss(of.PerceptronLoss, of=perceptron_loss, takes="margins"):
    """The perceptron loss: 0 for scores of the right sign, and the size of the score otherwise."""


@polymorphic
def soft_margin_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``log(1 + exp(-t x))`` for scores x and targets -1 or 1; shapes and errors: see `nn.HingeLoss`.

    >>> from nn.functional import soft_margin_loss
    >>> soft_margin_loss([0.0, 1.0], [1.0, -1.0], reduction="none").round(4)
    array([0.6931, 1.3133])
    """
    prediction, target = sides("soft_margin_loss", prediction, target)
    return reduced("soft_margin_loss", _softplus(-target * prediction), reduction)


class SoftMarginLoss(of.SoftMarginLoss, of=soft_margin_loss, takes="margins"):
    """`BCEWithLogitsLoss` with -1 and 1 as labels."""


def _check_probabilities(name: str, target: Operand) -> None:
    values = plain(target)
    if values.size and not (np.minimum.reduce(values, None) >= 0.0 and np.maximum.reduce(values, None) <= 1.0):
        raise LabelError(
            f"{name}: targets must be probabilities between 0 and 1, but they range from {values.min()} to "
            f"{values.max()}." + (" For labels -1 and 1, pass (target + 1) / 2." if values.min() == -1 else "")
        )


def sides(name: str, prediction: Operand, target: Operand) -> tuple[Any, Any]:
    """Scores, and a target of -1 or 1 for each."""
    prediction, target = pair(name, prediction, target)
    values = plain(target)
    if not (np.abs(values) == 1.0).all():
        found = values[np.abs(values) != 1.0].flat[0]
        raise LabelError(
            f"{name}: targets must be -1 or 1, but one is {found}."
            + (" For labels 0 and 1, pass 2 * target - 1." if found == 0.0 else "")
        )
    return prediction, target
