"""Losses as functions: the formulas, and the checks of what they are given."""

from __future__ import annotations

import sys
import warnings
from typing import Any, Literal

import numpy as np

from autograd import Tensor
from autograd.engine import where
from autograd.ops import arithmetic, fused, reduce, shape, transcendental
from autograd.recording import TRANSPARENT
from nn.errors import AppliedTwiceWarning, LabelError, LossShapeError

__all__ = ["Reduction", "binary_cross_entropy_with_logits", "cross_entropy", "mse_loss"]

__autograd_transparent__ = True

Operand = Any  # a Tensor or an array
Reduction = Literal["mean", "sum", "none"]

_square = arithmetic.square
_softplus = transcendental.softplus
_cross_entropy = fused.cross_entropy
_mean = reduce.mean
_sum = reduce.sum


def mse_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The squared error, ``(prediction - target)^2``, averaged over all entries.

    Both of the same shape; the result is a single number, or has that shape with ``reduction="none"``.

    Raises LossShapeError for different shapes, and for the mean of no entries.

    >>> import numpy as np
    >>> from nn.functional import mse_loss
    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    prediction, target = _pair("mse_loss", prediction, target)
    return _reduced("mse_loss", _square(prediction - target), reduction)


def binary_cross_entropy_with_logits(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The cross-entropy of yes-or-no answers, ``-t log(p) - (1 - t) log(1 - p)`` with ``p = sigmoid(prediction)``.

    Computed as ``log(1 + exp(x)) - t x``, which does not overflow. The target is the probability of yes, from 0 to 1,
    of the shape of the prediction.

    Raises LossShapeError for different shapes and for the mean of no entries, LabelError for a target outside 0 .. 1.

    >>> import numpy as np
    >>> from nn.functional import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0]), reduction="none").round(4)
    array([0.6931, 0.    ])
    """
    name = "binary_cross_entropy_with_logits"
    _warn_when_applied("sigmoid", name, prediction)
    prediction, target = _pair(name, prediction, target)
    values = target.data if isinstance(target, Tensor) else target
    if values.size and not (np.minimum.reduce(values, None) >= 0.0 and np.maximum.reduce(values, None) <= 1.0):
        raise LabelError(
            f"{name}: the target is the probability of yes, from 0 to 1, but it reaches from {values.min()} to "
            f"{values.max()}." + (" Labels -1 and 1 become 0 and 1 by (target + 1) / 2." if values.min() == -1 else "")
        )
    return _reduced(name, _softplus(prediction) - target * prediction, reduction)


def cross_entropy(logits: Operand, labels: Operand, *, reduction: Reduction = "mean") -> Any:
    """The cross-entropy of one class among several, ``-log(softmax(logits)[label])``, without overflow.

    The logits are scores before any softmax, of shape (N, C), or (C,), or (N, C, d1, ...); the labels are integers
    from 0 to C - 1 of the same shape without the axis of the classes. The result is a single number, or has the shape
    of the labels with ``reduction="none"``.

    Raises LossShapeError for shapes that do not belong together and for the mean of no samples, LabelError for
    labels that are not integers or not among the classes.

    >>> import numpy as np
    >>> from nn.functional import cross_entropy
    >>> logits = np.array([[0.0, 0.0], [1000.0, 0.0]])
    >>> cross_entropy(logits, np.array([1, 0]), reduction="none").round(4)
    array([0.6931, 0.    ])
    """
    _warn_when_applied("softmax", "cross_entropy", logits)
    labels = _class_numbers(logits, labels)
    ndim = labels.ndim
    _check_reduction("cross_entropy", labels.shape, reduction)
    if ndim == 1:
        return _cross_entropy(logits, labels=labels, reduction=reduction)
    if ndim == 0:
        losses = _cross_entropy(shape.reshape(logits, shape=(1, -1)), labels=labels.reshape(1))
        return shape.reshape(losses, shape=())
    return _cross_entropy(shape.moveaxis(logits, source=1, destination=-1), labels=labels, reduction=reduction)


# --- checks -------------------------------------------------------------------------------------------------------


def _reduced(name: str, losses: Any, reduction: str) -> Any:
    """The losses of all entries as one number, or as they are."""
    _check_reduction(name, losses.shape, reduction)
    return _mean(losses) if reduction == "mean" else _sum(losses) if reduction == "sum" else losses


def _check_reduction(name: str, shape: tuple[int, ...], reduction: str) -> None:
    if reduction == "mean":
        if 0 in shape:
            raise LossShapeError(
                f"{name}: the mean over no entries (shape {shape}) is 0/0. Leave empty batches out, or pass "
                "reduction='sum'."
            )
    elif reduction not in ("sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}.")


def _warn_when_applied(applied: str, name: str, x: Operand) -> None:
    """Warn, at the user's line, of what the loss does itself and has been done before."""
    vertex = x._node if x.__class__ is Tensor else None
    if vertex is None or vertex.op is None or vertex.op.name != applied:
        return
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and TRANSPARENT in frame.f_globals:
        frame, level = frame.f_back, level + 1
    warnings.warn(
        f"{name} applies {applied} itself, but was given the result of {applied} (made at {where(vertex)}). Give it "
        f"the scores before the {applied}.",
        AppliedTwiceWarning,
        stacklevel=level,
    )


def _array(x: Operand) -> Any:
    return x if isinstance(x, np.ndarray | Tensor) else np.asarray(x)


def _pair(name: str, prediction: Operand, target: Operand) -> tuple[Any, Any]:
    """Prediction and target, of the same shape; a target without gradient in the dtype of the prediction."""
    prediction, target = _array(prediction), _array(target)
    if prediction.shape != target.shape:
        raise LossShapeError(f"{name}: {_unequal(prediction.shape, target.shape)}")
    if prediction.dtype.kind != "f":
        prediction = prediction.astype(np.float64)
    if target.dtype != prediction.dtype and not (isinstance(target, Tensor) and target.requires_grad):
        target = target.astype(prediction.dtype)
    return prediction, target


def _unequal(prediction: tuple[int, ...], target: tuple[int, ...]) -> str:
    text = f"the prediction has shape {prediction}, but the target has shape {target}. "
    if np.prod(prediction) == np.prod(target):
        sizes = ", ".join(map(str, prediction))
        return (
            f"{text}They are compared entry by entry, so the shapes must be equal: pass target.reshape({sizes}), or "
            f"reshape the prediction to {target}."
        )
    return f"{text}They are compared entry by entry, so there must be one target for each entry of the prediction."


def _class_numbers(logits: Operand, labels: Operand) -> Any:
    """The labels as an array of integers that name one of the classes each."""
    scores = logits.data if isinstance(logits, Tensor) else np.asarray(logits)
    if labels.__class__ is not np.ndarray:
        labels = np.asarray(labels.data if isinstance(labels, Tensor) else labels)
    unsigned = _UNSIGNED.get(labels.dtype.char)
    if unsigned is None:
        raise LabelError(_not_integers(scores.shape, labels))
    sizes = scores.shape
    if len(sizes) < 2:
        fits, classes = len(sizes) == 1 and labels.ndim == 0, sizes[-1:]
    else:
        fits, classes = labels.shape == sizes[:1] + sizes[2:], sizes[1:2]
    if not fits:
        raise LossShapeError(_unmatched(sizes, labels.shape))
    # Seen as unsigned, negative labels are large: one pass finds both kinds of wrong ones.
    if labels.size and _largest(labels.view(unsigned), None) >= classes[0]:
        raise LabelError(_no_class(sizes, classes[0], labels))
    return labels


_largest = np.maximum.reduce
_UNSIGNED = {char: np.dtype(char.upper()) for char in "bBhHiIlLqQ"}  # by the letter of an integer dtype


def _no_class(logits: tuple[int, ...], classes: int, labels: Any) -> str:
    index = tuple(map(int, np.argwhere((labels < 0) | (labels >= classes))[0]))
    return (
        f"cross_entropy: label {labels[index]} at index {index} is not among the {classes} classes 0 .. {classes - 1} "
        f"of logits of shape {logits}."
    )


def _not_integers(logits: tuple[int, ...], labels: Any) -> str:
    if labels.shape == logits and len(logits) > 1:
        return (
            f"cross_entropy: labels are class numbers, but they have the shape {logits} of the logits and dtype "
            f"{labels.dtype}. For one-hot rows pass labels.argmax(axis=1)."
        )
    return f"cross_entropy: labels are class numbers, so integers, not {labels.dtype}. Pass labels.astype(int)."


def _unmatched(logits: tuple[int, ...], labels: tuple[int, ...]) -> str:
    text = f"cross_entropy: logits of shape {logits} do not go with labels of shape {labels}. "
    if len(logits) == 2 and labels == logits:
        return text + "There is one class number per row: for one-hot rows pass labels.argmax(axis=1)."
    if len(logits) == 2 and labels == (logits[0], 1):
        return text + f"There is one class number per row: pass labels.reshape({logits[0]})."
    return text + "The labels have the shape of the logits without the axis of the classes, the second (or only) one."
