"""How well scores separate classes, over all thresholds: precision-recall and ROC curves and their areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.arrays import plain
from nn.metrics.arguments import average as mean_over, class_numbers, refuse_nan

__all__ = ["PrecisionRecallCurve", "ROCCurve", "average_precision", "precision_recall_curve", "roc_auc", "roc_curve"]

Floats = NDArray[np.float64]
Interpolation = Literal["all"] | int | None


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall of "the score is at least the threshold", by increasing threshold.

    The curve ends with precision 1 and recall 0, which have no threshold.

    >>> from nn.metrics import precision_recall_curve
    >>> precision, recall, thresholds = precision_recall_curve([0.2, 0.8], [0, 1])
    >>> precision, recall
    (array([0.5, 1. , 1. ]), array([1., 1., 0.]))
    """

    precision: Floats
    recall: Floats
    thresholds: Floats


class ROCCurve(NamedTuple):
    """Rates of "the score is at least the threshold", by decreasing threshold, from (0, 0) at infinity to (1, 1).

    >>> from nn.metrics import roc_curve
    >>> curve = roc_curve([0.2, 0.8], [0, 1])
    >>> curve.true_positive_rate, curve.thresholds
    (array([0., 1., 1.]), array([inf, 0.8, 0.2]))
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats


def precision_recall_curve(scores: Any, labels: Any) -> PrecisionRecallCurve:
    """Precision ``TP / (TP + FP)`` and recall ``TP / (TP + FN)`` at every threshold that the scores make possible.

    ``scores`` has shape (N,), larger for class 1, or (N, 2), a score for each class; ``labels`` are 0 and 1, of shape
    (N,). Equal to scikit-learn's ``precision_recall_curve``, which takes the labels first.

    Raises ValueError for other shapes and labels, NaN, and when no label is 1: recall is 0/0 then.

    >>> from nn.metrics import precision_recall_curve
    >>> curve = precision_recall_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> curve.recall.tolist(), curve.thresholds.tolist()
    ([1.0, 1.0, 0.5, 0.5, 0.0], [0.1, 0.35, 0.4, 0.8])
    """
    right, wrong, thresholds = _cumulated(*_binary(scores, labels))
    if not right[-1]:
        raise ValueError("no label is 1, so recall is 0/0.")
    return PrecisionRecallCurve(
        np.append((right / (right + wrong))[::-1], 1.0), np.append((right / right[-1])[::-1], 0.0), thresholds[::-1]
    )


def average_precision(
    scores: Any,
    labels: Any,
    interpolation: Interpolation = None,
    average: Literal["macro", "weighted"] | None = "macro",
    zero_division: float = 0.0,
) -> Any:
    """The area under the precision-recall curve.

    Scores and labels as for `precision_recall_curve`; or (N, C) and class numbers, for each class against the rest and
    ``average`` over the classes: "macro", "weighted" with their numbers of labels, or None for an array. With precision
    P_k and recall R_k at the k-th largest score, and ``P'(r)`` the largest precision at a recall of r or more:

    - ``interpolation=None``: ``sum_k (R_k - R_k-1) P_k``, as in scikit-learn;
    - "all": the same with ``P'(R_k)``, as in PASCAL VOC since 2010;
    - 11: the mean of ``P'(0), P'(0.1), ..., P'(1)``, as in PASCAL VOC 2007 (Everingham et al., IJCV 2010);
    - 101: the mean of ``P'(0), P'(0.01), ..., P'(1)``, as in COCO (Lin et al., ECCV 2014).

    For a class without labels, recall is 0/0 and the area ``zero_division``; with NaN the means leave it out.

    >>> from nn.metrics import average_precision
    >>> scores, labels = [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
    >>> [round(average_precision(scores, labels, interpolation=i), 4) for i in (None, "all", 11, 101)]
    [0.8333, 0.8333, 0.8485, 0.835]
    """

    def of_one(values: Floats, positive: NDArray[np.bool_]) -> float:
        right, wrong, _ = _cumulated(values, positive)
        if not positive.any():
            return float(zero_division)
        return area(right / (right + wrong), right / right[-1], interpolation)

    return _of_each_class(of_one, scores, labels, average, zero_division)


def area(precision: Floats, recall: Floats, interpolation: Interpolation) -> float:
    """The area under a precision-recall curve that is given by increasing recall; see `average_precision`."""
    if interpolation is not None:
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    if interpolation in (None, "all"):
        return float(np.sum(np.diff(recall, prepend=0.0) * precision))
    if isinstance(interpolation, bool) or not isinstance(interpolation, int) or interpolation < 2:
        raise ValueError(
            f"interpolation is None, 'all', or a number of points such as 11 or 101, not {interpolation!r}."
        )
    places = np.searchsorted(recall, np.linspace(0.0, 1.0, interpolation))  # beyond the last recall, precision is 0
    return float(np.mean(np.append(precision, 0.0)[places]))


def roc_curve(scores: Any, labels: Any) -> ROCCurve:
    """False positive rate ``FP / (FP + TN)`` and true positive rate ``TP / (TP + FN)`` at every threshold.

    Scores and labels as for `precision_recall_curve`. Equal to scikit-learn's with ``drop_intermediate=False``.

    Raises ValueError for other shapes and labels, NaN, and unless both classes occur.

    >>> from nn.metrics import roc_curve
    >>> roc_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).true_positive_rate.tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """
    right, wrong, thresholds = _cumulated(*_binary(scores, labels))
    if not right[-1] or not wrong[-1]:
        raise ValueError(f"all labels are {int(right[-1] > 0)}, so one of the rates is 0/0.")
    return ROCCurve(np.append(0.0, wrong / wrong[-1]), np.append(0.0, right / right[-1]), np.append(np.inf, thresholds))


def roc_auc(
    scores: Any,
    labels: Any,
    average: Literal["macro", "weighted"] | None = "macro",
    zero_division: float = float("nan"),
) -> Any:
    """The area under the ROC curve: how probably a sample of the class scores higher than one of the rest.

    Equal scores count half (Mann and Whitney, 1947). Arguments as for `average_precision`; several classes are each
    compared with the rest, which takes scores that can be compared between samples: probabilities, not logits. When
    all labels are in the class, or none, the area is 0/0 and ``zero_division``; with NaN the means leave it out.
    Equal to scikit-learn's ``roc_auc_score`` with ``multi_class="ovr"``.

    >>> from nn.metrics import roc_auc
    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """

    def of_one(values: Floats, positive: NDArray[np.bool_]) -> float:
        right, wrong, _ = _cumulated(values, positive)
        if positive.all() or not positive.any():
            return float(zero_division)
        heights = np.append(0.0, right)
        trapezoids = np.diff(wrong, prepend=0.0) * (heights[1:] + heights[:-1]) / 2
        return float(np.sum(trapezoids) / (right[-1] * wrong[-1]))

    return _of_each_class(of_one, scores, labels, average, zero_division)


def _checked(scores: Any, labels: Any) -> tuple[Floats, NDArray[np.int64]]:
    values, true = plain(scores), plain(labels)
    if true.ndim != 1 or values.ndim not in (1, 2) or len(values) != len(true) or not true.size:
        raise ValueError(
            f"scores of shape {values.shape} do not go with labels of shape {true.shape}: they are (N,) or (N, C) and "
            "(N,), and not empty. The scores come first, then the labels."
        )
    values = values.astype(np.float64)
    refuse_nan(values)
    return values, class_numbers(true)


def _binary(scores: Any, labels: Any) -> tuple[Floats, NDArray[np.bool_]]:
    """One score per sample, larger for class 1, and whether it is of class 1."""
    values, true = _checked(scores, labels)
    if values.ndim == 2 and values.shape[1] != 2:
        raise ValueError(f"a curve is for the classes 0 and 1, not for scores of {values.shape[1]} classes.")
    if true.max() > 1:
        raise ValueError(f"labels are 0 and 1 here; there is a {true.max()}. Of one class: labels == {true.max()}.")
    if values.ndim == 1:
        return values, true == 1
    # The difference orders samples as their probabilities do, also when the scores are logits.
    first, second = values.T
    difference = np.zeros(len(values))  # of two equal infinities
    np.subtract(second, first, out=difference, where=first != second)
    return difference, true == 1


def _of_each_class(
    score: Callable[[Floats, NDArray[np.bool_]], float],
    scores: Any,
    labels: Any,
    average: Literal["macro", "weighted"] | None,
    zero_division: float,
) -> Any:
    """The score of a binary problem, or of each class against the rest, averaged."""
    if average not in ("macro", "weighted", None):
        raise ValueError(f"average is 'macro', 'weighted' or None, not {average!r}.")
    values, true = _checked(scores, labels)
    if values.ndim == 1 or values.shape[1] == 2:
        return score(*_binary(values, true))
    classes = values.shape[1]
    if true.max() >= classes:
        raise ValueError(f"label {true.max()} is not among the {classes} classes that have scores.")
    each = np.array([score(values[:, k], true == k) for k in range(classes)])
    if average is None:
        return each
    return mean_over(
        each, np.bincount(true, minlength=classes) if average == "weighted" else np.ones(classes), zero_division
    )


def _cumulated(values: Floats, positive: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """How many samples of class 1 and of class 0 score at least each of the different scores, largest score first."""
    order = np.argsort(-values, kind="stable")
    values, positive = values[order], positive[order]
    last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)  # of each run of equal scores
    right = np.cumsum(positive)[last].astype(np.float64)
    return right, 1.0 + last - right, values[last]
