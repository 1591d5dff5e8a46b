"""Losses for one class among several, and for distributions over classes."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, custom_op
from autograd.ops.arithmetic import masked as _masked, where as _where
from autograd.ops.fused import cross_entropy as _cross_entropy
from autograd.ops.reduce import log_softmax as _log_softmax, sum as _sum
from autograd.ops.shape import moveaxis as _moveaxis, reshape as _reshape
from autograd.ops.transcendental import exp as _exp, log as _log
from nn.arguments import Operand, plain, polymorphic, probability
from nn.errors import LabelError, LossShapeError
from nn.losses.base import Reduction, array, check_activation, check_reduction, counted, of, pair, reduced, weights
from nn.module import Buffer

__all__ = ["CrossEntropyLoss", "KLDivLoss", "NLLLoss"]

IGNORED = -100  # the label of samples without label, unless another is chosen
_INF = float("inf")
_UNSIGNED = {char: np.dtype(char.upper()) for char in "bBhHiIlLqQ"}  # by the letter of an integer dtype


@polymorphic
def cross_entropy(
    logits: Operand, target: Operand, weight: Operand | None = None, *, ignore_index: int = IGNORED,
    label_smoothing: float = 0.0, reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``-log(softmax(logits)[label])``, computed without overflow.

    Logits have shape (N, C) with labels (N,), or (C,) with a single label, or (N, C, d1, ...) with (N, d1, ...); labels
    are integers from 0 to C - 1. Instead of labels, the target may hold floating-point probabilities q in the shape of
    the logits: ``mean(-sum_c q_c log(softmax(logits)_c))``. The derivative by the logits is ``softmax(logits) - q``,
    where q for a label is its one-hot row. With ``reduction="none"``, the result has the shape of the labels.

    ``weight``, one number per class, multiplies the terms of that class; it is a buffer of `nn.CrossEntropyLoss`.
    Samples with the label ``ignore_index`` do not count. ``label_smoothing`` takes that fraction of each target and
    spreads it evenly over all classes. With labels, the mean is weighted: it is divided by the sum of the weights of
    the samples that count. With probabilities, it is divided by the number of samples.

    Raises LossShapeError if shapes do not match or a mean has no samples, LabelError for labels that are
    not integers or not among the classes, and for probabilities that are negative or do not sum to 1. Warns with
    ActivationWarning if the logits are the output of a softmax, log_softmax or sigmoid.

    >>> from nn.functional import cross_entropy
    >>> logits = [[0.0, 0.0], [1000.0, 0.0]]
    >>> cross_entropy(logits, [1, 0], reduction="none").round(4)
    array([0.6931, 0.    ])
    >>> float(cross_entropy(logits, [[0.5, 0.5], [0.5, 0.5]]).round(4))
    250.3466
    """
    name = "cross_entropy"
    check_activation(name, "class scores", logits)
    if target.__class__ is not np.ndarray and not isinstance(target, Tensor):
        target = plain(target, f"{name}: the target")
    if target.dtype.kind == "f":
        return _of_probabilities(logits, target, weight, ignore_index, label_smoothing, reduction)
    labels, kept = _class_numbers(name, logits, target, ignore_index)
    check_reduction(name, labels.shape, reduction)
    x = _classes_last(_limits(logits), labels)
    if weight is None and kept is None and not label_smoothing and labels.ndim:
        return _cross_entropy(x, labels=labels, reduction=reduction)
    if kept is not None:  # not the slope of infinite or NaN scores either
        x = _where(kept[..., None], x, 0.0)
    rows = labels if labels.ndim else labels.reshape(1)
    losses = _cross_entropy(x, labels=rows)
    own = None if weight is None else _class_weights(name, weight, x)
    if own is not None:
        losses = own[rows] * counted(own[rows], losses)
    if label_smoothing:
        share = probability("label_smoothing", label_smoothing)
        even = np.full(x.shape[-1], share / x.shape[-1], x.dtype) if own is None else own * (share / x.shape[-1])
        rest = _sum(even * counted(even, _log_softmax(x, axis=-1)), axis=-1)
        losses = (1.0 - share) * counted(1.0 - share, losses) - rest
    return _averaged(name, _reshape(losses, shape=labels.shape), labels, own, kept, reduction)


class CrossEntropyLoss(of.CrossEntropyLoss, of=cross_entropy, takes="class scores"):
    """The cross-entropy of one class among several, from scores to which it applies softmax itself."""

    ignore_index: int

    def __init__(
        self, weight: Any = None, *, ignore_index: int = IGNORED, reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, ignore_index=int(ignore_index), reduction=reduction)
        self.weight: Buffer | Any  # set by the base class
        self.label_smoothing: float = probability("label_smoothing", label_smoothing)


@polymorphic
def nll_loss(
    log_probabilities: Operand, target: Operand, weight: Operand | None = None, *, ignore_index: int = IGNORED,
    reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``-x[label]``, the negative log-probability of the right class, for log-probabilities x.

    It takes the output of `LogSoftmax`. Shapes, labels, ``weight``, ``ignore_index``, the mean and errors are those of
    `CrossEntropyLoss`, which combines both. Warns with ActivationWarning if the prediction is the output of a softmax.

    >>> import numpy as np
    >>> from nn.functional import nll_loss
    >>> float(nll_loss(np.log([[0.25, 0.75], [0.5, 0.5]]), np.array([1, 0])).round(4))
    0.4904
    """
    name = "nll_loss"
    check_activation(name, "class log-probabilities", log_probabilities)
    labels, kept = _class_numbers(name, log_probabilities, target, ignore_index)
    check_reduction(name, labels.shape, reduction)
    x = _classes_last(log_probabilities, labels)
    rows = labels if labels.ndim else labels.reshape(1)
    losses = -np.take_along_axis(x, rows[..., None], axis=-1)[..., 0]
    own = None if weight is None else _class_weights(name, weight, x)
    if own is not None:
        losses = own[rows] * counted(own[rows], losses)
    return _averaged(name, _reshape(losses, shape=labels.shape), labels, own, kept, reduction)


class NLLLoss(of.NLLLoss, of=nll_loss, takes="class log-probabilities"):
    """The negative log-likelihood of the right class, from log-probabilities."""


@polymorphic
def kl_div(
    prediction: Operand, target: Operand, *, log_target: bool = False,
    reduction: Reduction | Literal["batchmean"] = "mean",
) -> Any:  # fmt: skip
    """The mean of ``t (log(t) - x)`` for probabilities t and predicted log-probabilities x of the same shape.

    With ``log_target``, t holds log-probabilities too; ``t log(t)`` is 0 for ``t = 0``. The divergence of two
    distributions is the *sum* over their entries: ``reduction="batchmean"`` divides it by the number of rows, which
    gives its mean; "mean", the default as in PyTorch, divides by the number of entries. Raises LossShapeError if the
    shapes differ or a mean has no entries, LabelError for a negative target.

    >>> import numpy as np
    >>> from nn.functional import kl_div
    >>> p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    >>> float(kl_div(np.log(q), p, reduction="batchmean").round(4))
    0.1438
    """
    name = "kl_div"
    prediction, target = pair(name, prediction, target)
    if log_target:
        none = plain(target) == -np.inf  # probability 0, whatever was predicted
        if none.any():
            prediction, share = _where(none, 0.0, prediction), _exp(target)
            losses = share * (_where(none, 0.0, target) - prediction)
        else:
            losses = _exp(target) * (target - prediction)
    else:
        values = plain(target)
        if values.size and not np.minimum.reduce(values, None) >= 0.0:
            raise LabelError(
                f"{name}: the target must hold probabilities, but its smallest value is {values.min()}. For "
                "log-probabilities, pass log_target=True."
            )
        losses = target * counted(target, _log(_where(values > 0.0, target, 1.0)) - prediction)
    if reduction != "batchmean":
        return reduced(name, losses, reduction)
    if not losses.ndim or not len(losses):
        raise LossShapeError(f"{name}: the mean over no entries is undefined: shape {losses.shape} has no rows.")
    return _sum(losses) / float(len(losses))


class KLDivLoss(of.KLDivLoss, of=kl_div, takes="log-probabilities"):
    """The Kullback-Leibler divergence of a target distribution from the predicted one."""

    _reductions: ClassVar[tuple[str, ...]] = ("mean", "batchmean", "sum", "none")


def _of_probabilities(
    logits: Operand, target: Operand, weight: Operand | None, ignore_index: int, label_smoothing: float, reduction: str
) -> Any:
    name = "cross_entropy"
    scores = plain(logits)
    if not scores.ndim or target.shape != scores.shape:
        raise _not_integers(name, scores.shape, plain(target))
    if ignore_index >= 0:
        raise ValueError(f"{name}: ignore_index={ignore_index} is for labels, but the target holds probabilities.")
    logits, target = pair(name, logits, target)
    x, q = (a if a.ndim == 1 else _moveaxis(a, source=1, destination=-1) for a in (_limits(logits), target))
    _check_distributions(name, plain(q))
    if label_smoothing:
        share = probability("label_smoothing", label_smoothing)
        q = (1.0 - share) * q + share / x.shape[-1]
    if weight is not None:
        q = q * _class_weights(name, weight, x)
    return reduced(name, -_sum(q * counted(q, _log_softmax(x, axis=-1)), axis=-1), reduction)


def _infinite_scores(x: Any) -> Any:
    """Rows (along axis 1, or the only one) with scores of +inf, replaced by their limit: 0 there, else -inf."""
    largest = np.max(x, axis=1 if x.ndim > 1 else 0, keepdims=True)
    return np.where(largest == np.inf, np.where(x == np.inf, 0.0, -np.inf).astype(x.dtype), x)


_as_limits = custom_op(_infinite_scores, lambda g: g, name="limits")


def _limits(logits: Operand) -> Any:
    """Logits whose softmax can be computed: infinite scores share the probability 1 among them."""
    values = logits._data if isinstance(logits, Tensor) else np.asarray(logits)
    if not values.size or values.item(values.argmax()) < _INF or not (values == _INF).any():  # NaN counts as largest
        return logits
    return _as_limits(logits)


def _classes_last(x: Operand, labels: NDArray[Any]) -> Any:
    """The prediction as rows of classes."""
    if labels.ndim == 1:
        return array(x)
    return _moveaxis(x, source=1, destination=-1) if labels.ndim else _reshape(x, shape=(1, -1))


def _class_weights(name: str, weight: Operand, x: Any) -> NDArray[Any]:
    given = plain(weight)
    if given.shape != x.shape[-1:]:
        raise LossShapeError(f"{name}: weight has shape {given.shape}, but there are {x.shape[-1]} classes.")
    return weights(name, "weight", given, given.shape, x.dtype)


def _averaged(
    name: str, losses: Any, labels: NDArray[Any], own: NDArray[Any] | None, kept: NDArray[Any] | None, reduction: str
) -> Any:
    """The losses reduced: 0 for samples that do not count, and a mean weighted by the classes of those that do."""
    if kept is not None:
        losses = _masked(losses, mask=kept)
    if reduction != "mean":
        return reduced(name, losses, reduction)
    heavy = np.ones(labels.shape, losses.dtype) if own is None else own[labels]
    total = np.add.reduce(heavy, axis=None, where=True if kept is None else kept).item()
    if not total:
        why = "equal ignore_index" if kept is not None and not kept.any() else "belong to classes of weight 0"
        raise LossShapeError(
            f"{name}: the mean over no samples is undefined: all {labels.size} labels {why}. Skip such batches, or "
            "pass reduction='sum'."
        )
    return _sum(losses) / total


def _check_distributions(name: str, q: NDArray[Any]) -> None:
    if not q.size:
        return
    if not np.minimum.reduce(q, None) >= 0.0:
        raise LabelError(f"{name}: target probabilities must be 0 or more, but the smallest is {q.min()}.")
    sums = np.add.reduce(q, axis=-1)
    wrong = ~(np.abs(sums - 1.0) < 1e-2)
    if wrong.any():
        raise LabelError(
            f"{name}: target probabilities must sum to 1 over the classes, but one sum is {sums[wrong].flat[0]:.4g}. "
            "For several labels per sample, use binary_cross_entropy_with_logits; pass class indices as integers."
        )


def _class_numbers(
    name: str, prediction: Operand, target: Operand, ignore_index: int
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The labels as integers, checked, and a mask of those that count, or None if all do."""
    sizes = prediction.shape if isinstance(prediction, np.ndarray | Tensor) else np.shape(prediction)
    labels = target if target.__class__ is np.ndarray else plain(target, "the target")
    unsigned = _UNSIGNED.get(labels.dtype.char)
    if unsigned is None:
        raise _not_integers(name, sizes, labels)
    if not labels.dtype.isnative:  # as binary files hold them; what is seen as unsigned below must not be turned round
        labels = labels.astype(labels.dtype.newbyteorder("="))
    if len(sizes) < 2:
        fits, classes = len(sizes) == 1 and labels.ndim == 0, sizes[-1:]
    else:
        fits, classes = labels.shape == sizes[:1] + sizes[2:], sizes[1:2]
    if not fits:
        raise LossShapeError(_unmatched(name, sizes, labels.shape))
    # Seen as unsigned, negative labels are large: one pass finds both kinds of wrong ones.
    seen = labels.view(unsigned)
    wrong = labels.size and seen.item(seen.argmax()) >= classes[0]
    if not wrong and not 0 <= ignore_index < classes[0]:
        return labels, None
    counted = labels != ignore_index
    if counted.all():
        counted = None
    else:
        labels = np.where(counted, labels, 0)
        wrong = ((labels.view(unsigned) >= classes[0]) & counted).any()
    if wrong:
        index = tuple(map(int, np.argwhere((labels < 0) | (labels >= classes[0]))[0]))
        raise LabelError(
            f"{name}: label {labels[index]} at index {index} is not among the {classes[0]} classes 0 .. "
            f"{classes[0] - 1} of {_scores(name)} of shape {sizes}."
        )
    return labels, counted


def _not_integers(name: str, sizes: tuple[int, ...], labels: Any) -> LabelError:
    if labels.shape == sizes and len(sizes) > 1:
        return LabelError(
            f"{name}: labels must be class indices, but they have the shape {sizes} of the {_scores(name)} and dtype "
            f"{labels.dtype}. For one-hot rows, pass labels.argmax(axis=1)."
        )
    return LabelError(f"{name}: labels must be integer class indices, not {labels.dtype}. Pass labels.astype(int).")


def _unmatched(name: str, sizes: tuple[int, ...], labels: tuple[int, ...]) -> str:
    scores = _scores(name)
    text = f"{name}: {scores} of shape {sizes} do not fit labels of shape {labels}. "
    if len(sizes) == 2 and labels == sizes:
        return text + "Each row needs one class index: for one-hot rows, pass labels.argmax(axis=1)."
    if len(sizes) == 2 and labels == (sizes[0], 1):
        return text + f"Each row needs one class index: pass labels.reshape({sizes[0]})."
    return text + f"Labels need the shape of the {scores} without the axis of classes, axis 1 (or the only axis)."


def _scores(name: str) -> str:
    return "logits" if name == "cross_entropy" else "log-probabilities"
