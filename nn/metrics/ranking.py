"""Metrics of scores over all thresholds: precision-recall and ROC curves, and their areas."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.metrics.arguments import Array, classes_of, mean_over, places, positive, scored, weights

__all__ = ["PrecisionRecallCurve", "ROCCurve", "average_precision", "precision_recall_curve", "roc_auc", "roc_curve"]

Floats = NDArray[np.float64]
Interpolation = Literal["all"] | int | None
Average = Literal["macro", "weighted", "micro"] | None


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall of predictions with a score of at least the threshold, by increasing threshold.

    The curve ends with precision 1 and recall 0, without a threshold.

    >>> from nn.metrics import precision_recall_curve
    >>> precision, recall, thresholds = precision_recall_curve([0.2, 0.8], [0, 1])
    >>> precision, recall
    (array([0.5, 1. , 1. ]), array([1., 1., 0.]))
    """

    precision: Floats
    recall: Floats
    thresholds: Floats


class ROCCurve(NamedTuple):
    """Rates of scores of at least the threshold, by decreasing threshold, from (0, 0) at infinity to (1, 1).

    >>> from nn.metrics import roc_curve
    >>> curve = roc_curve([0.2, 0.8], [0, 1])
    >>> curve.true_positive_rate, curve.thresholds
    (array([0., 1., 1.]), array([inf, 0.8, 0.2]))
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats


def precision_recall_curve(
    scores: Any, target: Any, *, pos_label: Any = None, drop_intermediate: bool = False, sample_weight: Any = None
) -> PrecisionRecallCurve:
    """Precision ``TP / (TP + FP)`` and recall ``TP / (TP + FN)`` at every threshold among the scores.

    ``scores`` has shape (N,), larger for class 1, or (N, 2) with a score for each class; ``target`` holds labels 0 and
    1 or -1 and 1, of shape (N,), or others with ``pos_label`` for 1. ``drop_intermediate`` omits points on a straight
    line. It equals scikit-learn's ``precision_recall_curve``, which takes the labels first.

    Raises ValueError for other shapes and labels, for NaN, and if no label is 1, since recall is then 0/0.

    >>> from nn.metrics import precision_recall_curve
    >>> curve = precision_recall_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> curve.recall.tolist(), curve.thresholds.tolist()
    ([1.0, 1.0, 0.5, 0.5, 0.0], [0.1, 0.35, 0.4, 0.8])
    """
    right, wrong, thresholds = counts = _cumulated(*_binary(scores, target, pos_label, sample_weight))
    if not right[-1]:
        raise ValueError("no label is 1, so recall is undefined.")
    if drop_intermediate:
        right, wrong, thresholds = _corners(counts, (np.diff(right[:-1]) != 0) | (np.diff(right[1:]) != 0))
    return PrecisionRecallCurve(
        np.append((right / (right + wrong))[::-1], 1.0), np.append((right / right[-1])[::-1], 0.0), thresholds[::-1]
    )


def average_precision(
    scores: Any, target: Any, interpolation: Interpolation = None, average: Average = "macro",
    zero_division: float = 0.0, **options: Any,
) -> Any:  # fmt: skip
    """The area under the precision-recall curve.

    Scores, target and the options ``pos_label`` and ``sample_weight`` are those of `precision_recall_curve`. For scores
    (N, C), the target is (N,), with the option ``labels`` of `top_k_accuracy`, or (N, C) of 0 and 1; each class is then
    compared with the rest, and ``average`` combines them: "macro", "weighted" by the number of labels, "micro" (all
    scores together), or None for an array. With precision P_k and recall R_k at the k-th largest score, and ``P'(r)``
    the largest precision at a recall of r or more:

    - ``interpolation=None``: ``sum_k (R_k - R_k-1) P_k``, as in scikit-learn;
    - "all": the same with ``P'(R_k)``, as in PASCAL VOC since 2010;
    - 11: the mean of ``P'(0), P'(0.1), ..., P'(1)``, as in PASCAL VOC 2007 (Everingham et al., IJCV 2010);
    - 101: the mean of ``P'(0), P'(0.01), ..., P'(1)``, as in COCO (Lin et al., ECCV 2014).

    For a class without labels, recall is 0/0 and the area ``zero_division``; NaN excludes it from the means.

    >>> from nn.metrics import average_precision
    >>> scores, labels = [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
    >>> [round(average_precision(scores, labels, interpolation=i), 4) for i in (None, "all", 11, 101)]
    [0.8333, 0.8333, 0.8485, 0.835]
    """

    def of_one(*given: Any) -> float:
        right, wrong, _ = _cumulated(*given)
        if not right[-1]:
            return float(zero_division)
        return area(right / (right + wrong), right / right[-1], interpolation)

    return _of_each_class(of_one, scores, target, average, zero_division, **options)


def area(precision: Floats, recall: Floats, interpolation: Interpolation) -> float:
    """The area under a precision-recall curve, given by increasing recall; see `average_precision`."""
    if interpolation is not None:
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    if interpolation in (None, "all"):
        return float(np.sum(np.diff(recall, prepend=0.0) * precision))
    if isinstance(interpolation, bool) or not isinstance(interpolation, int) or interpolation < 2:
        raise ValueError(
            f"interpolation must be None, 'all', or a number of points such as 11 or 101, not {interpolation!r}."
        )
    places = np.searchsorted(recall, np.linspace(0.0, 1.0, interpolation))  # beyond the last recall, precision is 0
    return float(np.mean(np.append(precision, 0.0)[places]))


def roc_curve(
    scores: Any, target: Any, *, pos_label: Any = None, drop_intermediate: bool = False, sample_weight: Any = None
) -> ROCCurve:
    """False positive rate ``FP / (FP + TN)`` and true positive rate ``TP / (TP + FN)`` at every threshold.

    Arguments are those of `precision_recall_curve`. It equals scikit-learn's, which drops by default.

    Raises ValueError for other shapes and labels, for NaN, and unless both classes occur.

    >>> from nn.metrics import roc_curve
    >>> roc_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).true_positive_rate.tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """
    right, wrong, thresholds = counts = _cumulated(*_binary(scores, target, pos_label, sample_weight))
    if not right[-1] or not wrong[-1]:
        raise ValueError(f"all labels are {int(right[-1] > 0)}, so one of the rates is undefined.")
    if drop_intermediate:
        right, wrong, thresholds = _corners(counts, (np.diff(wrong, 2) != 0) | (np.diff(right, 2) != 0))
    return ROCCurve(np.append(0.0, wrong / wrong[-1]), np.append(0.0, right / right[-1]), np.append(np.inf, thresholds))


def roc_auc(
    scores: Any, target: Any, average: Average = "macro", zero_division: float = float("nan"), **options: Any
) -> Any:
    """The area under the ROC curve: the probability that a sample of the class scores higher than one of the rest.

    Equal scores count half (Mann and Whitney, 1947). Arguments are those of `average_precision`; several classes are
    each compared with the rest, which needs scores that are comparable between samples: probabilities, not logits. If
    all labels belong to the class, or none, the area is 0/0 and ``zero_division``; NaN excludes it from the means. It
    equals scikit-learn's ``roc_auc_score`` with ``multi_class="ovr"``.

    >>> from nn.metrics import roc_auc
    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """

    def of_one(*given: Any) -> float:
        right, wrong, _ = _cumulated(*given)
        if not right[-1] or not wrong[-1]:
            return float(zero_division)
        heights = np.append(0.0, right)
        trapezoids = np.diff(wrong, prepend=0.0) * (heights[1:] + heights[:-1]) / 2
        return float(np.sum(trapezoids) / (right[-1] * wrong[-1]))

    return _of_each_class(of_one, scores, target, average, zero_division, **options)


def _binary(scores: Any, target: Any, pos_label: Any, sample_weight: Any) -> tuple[Floats, NDArray[np.bool_], Array]:
    """One score per sample, larger for one of two classes, whether it belongs to that class, and its weight."""
    values, true = scored("scores", scores, target)
    if values.ndim == 2 and values.shape[1] != 2:
        raise ValueError(f"a curve needs scores of two classes, not of {values.shape[1]}.")
    if values.ndim == 2:  # the difference orders samples as their probabilities do, also when the scores are logits
        first, second = values.astype(np.float64).T
        values = np.zeros(len(values))  # of two equal infinities
        np.subtract(second, first, out=values, where=first != second)
    return values.astype(np.float64), positive(true, pos_label), weights(sample_weight, len(true))


def _of_each_class(
    score: Callable[..., float], scores: Any, target: Any, average: Average, zero_division: float,
    *, labels: Any = None, pos_label: Any = None, sample_weight: Any = None, multi_class: str = "ovr",
) -> Any:  # fmt: skip
    """The score of a binary problem, or of each class against the rest, averaged."""
    if average not in ("macro", "weighted", "micro", None):
        raise ValueError(f"average must be 'macro', 'weighted', 'micro' or None, not {average!r}.")
    if multi_class != "ovr":
        raise ValueError(f"multi_class must be 'ovr' (each class against the rest), not {multi_class!r}.")
    values, true = scored("scores", scores, target)
    if true.ndim == 1 and (values.ndim == 1 or values.shape[1] == 2):
        return score(*_binary(values, true, pos_label, sample_weight))
    weight, classes = weights(sample_weight, len(true)), range(values.shape[1])
    of_class = true if true.ndim == 2 else places(true, classes_of(true, labels, len(classes)))[:, None] == classes
    if average == "micro":
        return score(values.ravel(), of_class.ravel() == 1, weight.repeat(len(classes)))
    each = np.array([score(values[:, k], of_class[:, k] == 1, weight) for k in classes])
    if average is None:
        return each
    return mean_over(each, weight @ of_class if average == "weighted" else np.ones(len(classes)), zero_division)


def _cumulated(values: Floats, of_class: NDArray[np.bool_], weight: Array) -> tuple[Floats, Floats, Floats]:
    """How many samples of the class and of the rest reach each distinct score, largest score first."""
    order = np.argsort(-values, kind="stable")
    order = order[weight[order] > 0]
    values, of_class, weight = values[order], of_class[order], weight[order]
    last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)  # of each run of equal scores
    right, wrong = (np.cumsum(weight * part, dtype=np.float64)[last] for part in (of_class, ~of_class))
    return right, wrong, values[last]


def _corners(counts: tuple[Floats, Floats, Floats], bent: NDArray[np.bool_]) -> list[Floats]:
    kept = np.concatenate([[True], bent, [True]])[: len(counts[0])]
    return [column[kept] for column in counts]
