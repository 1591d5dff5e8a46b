"""Counting right and wrong answers: accuracy, the confusion matrix, precision, recall, F1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autograd.recording import one_call
from nn.arrays import plain
from nn.metrics.arguments import average as mean_over, mean, pair_of_classes, ratio

__all__ = ["accuracy", "confusion_matrix", "f1", "precision", "recall", "top_k_accuracy"]

Average = Literal["binary", "micro", "macro", "weighted"] | None
Parts = Callable[[Any, Any, Any], tuple[Any, Any]]  # of right answers, answers and labels of a class: what to divide


def accuracy(prediction: Any, labels: Any) -> float:
    """The share of right answers.

    ``labels`` are class numbers of shape (N,); ``prediction`` is class numbers of the same shape, or scores of shape
    (N, C), of which the largest counts.

    Raises ValueError for other shapes, for scores that are NaN (as all metrics do; infinite ones have an order), and
    when there is nothing to count.

    >>> from nn.metrics import accuracy
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    predicted, true, _ = pair_of_classes(prediction, labels)
    if not true.size:
        raise ValueError("the accuracy of no answers is 0/0.")
    return mean(predicted == true)


def top_k_accuracy(scores: Any, labels: Any, k: int = 5) -> float:
    """The share of samples whose class is among the ``k`` with the largest scores.

    ``scores`` has shape (N, C), ``labels`` (N,). Of equal scores the first ones count, as for `accuracy`, which
    ``k=1`` gives. Raises ValueError as `accuracy` does, and unless 1 <= k <= C.

    >>> from nn.metrics import top_k_accuracy
    >>> top_k_accuracy([[0.1, 0.2, 0.7], [0.8, 0.2, 0.0]], [1, 2], k=2)
    0.5
    """
    values = plain(scores)
    if values.ndim != 2 or not 1 <= k <= values.shape[1]:
        raise ValueError(f"k={k} needs scores (N, C) of at least that many classes, not of shape {values.shape}.")
    _, true, _ = pair_of_classes(values, labels)
    if not true.size:
        raise ValueError("the accuracy of no answers is 0/0.")
    best = np.argsort(-values.astype(np.float64), axis=1, kind="stable")[:, :k]
    return mean((best == true[:, None]).any(axis=1))


def confusion_matrix(prediction: Any, labels: Any, classes: int | None = None) -> NDArray[np.int64]:
    """How often each class (row) was answered with each class (column).

    Arguments as for `accuracy`; ``classes`` is the number of rows and columns, by default the number of scores, or
    else one more than the largest class number.

    >>> from nn.metrics import confusion_matrix
    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    predicted, true, found = pair_of_classes(prediction, labels)
    classes = found if classes is None else classes
    largest = np.maximum(predicted.max(initial=-1), true.max(initial=-1))
    if largest >= classes:
        raise ValueError(f"class numbers reach to {largest}, not to {classes - 1}.")
    return _counted(true * classes + predicted, classes)


@one_call()
def _counted(pairs: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """How often each pair of classes occurs."""
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def precision(prediction: Any, labels: Any, average: Average = "binary", zero_division: float = 0.0) -> Any:
    """``TP / (TP + FP)``: how many of the answers "this class" are right.

    ``prediction`` and ``labels`` as for `accuracy`. ``average`` says of which class:

    - "binary": of class 1, where there are no other classes than 0 and 1;
    - "macro": the mean over the classes that occur in the labels or the prediction;
    - "weighted": the same, each class weighted with its number of labels;
    - "micro": of all classes counted together, which is the accuracy;
    - None: an array with one number for each class.

    Where it would be 0/0 (a class that is never answered) it is ``zero_division``; with NaN such classes are left out
    of the means. Equal to scikit-learn's ``precision_score``, which takes the labels first.

    >>> import numpy as np
    >>> from nn.metrics import precision
    >>> answers, labels = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
    >>> precision(answers, labels, average=None).tolist(), precision(answers == 1, labels == 1)
    ([1.0, 0.5, 1.0], 0.5)
    """
    return _score(prediction, labels, average, zero_division, lambda hits, answers, occurs: (hits, answers))


def recall(prediction: Any, labels: Any, average: Average = "binary", zero_division: float = 0.0) -> Any:
    """``TP / (TP + FN)``, also called sensitivity: how many of the samples of a class are found.

    Arguments as for `precision`. Where it would be 0/0 (a class that does not occur) it is ``zero_division``. Equal to
    scikit-learn's ``recall_score``.

    >>> from nn.metrics import recall
    >>> recall([0, 0, 1, 0], [0, 1, 1, 0])
    0.5
    """
    return _score(prediction, labels, average, zero_division, lambda hits, answers, occurs: (hits, occurs))


def f1(prediction: Any, labels: Any, average: Average = "binary", zero_division: float = 0.0) -> Any:
    """``2 TP / (2 TP + FP + FN)``: the harmonic mean of precision and recall.

    Arguments as for `precision`. Where it would be 0/0 (a class that neither occurs nor is answered) it is
    ``zero_division``. The means are over the F1 of the classes. Equal to scikit-learn's ``f1_score``.

    >>> from nn.metrics import f1
    >>> f1([0, 0, 1, 0], [0, 1, 1, 0])
    0.6666666666666666
    """
    return _score(
        prediction, labels, average, zero_division, lambda hits, answers, occurs: (2 * hits, answers + occurs)
    )


def _score(prediction: Any, labels: Any, average: Average, zero_division: float, parts: Parts) -> Any:
    """A ratio of counts per class, averaged."""
    predicted, true, classes = pair_of_classes(prediction, labels)
    if average == "binary":
        if classes > 2:
            raise ValueError(
                f"average='binary' is for the classes 0 and 1, and there are {classes}: "
                "choose 'macro', 'weighted', 'micro' or None."
            )
        classes = 2
    hits = np.bincount(true[predicted == true], minlength=classes)
    answers, occurs = np.bincount(predicted, minlength=classes), np.bincount(true, minlength=classes)
    if average == "micro":
        hits, answers, occurs = hits.sum(), answers.sum(), occurs.sum()
    part, whole = parts(hits, answers, occurs)
    values = ratio(part, whole, zero_division)
    if average == "micro":
        return float(values)
    if average is None:
        return values
    if average == "binary":
        return float(values[1])
    if average not in ("macro", "weighted"):
        raise ValueError(f"average is 'binary', 'micro', 'macro', 'weighted' or None, not {average!r}.")
    return mean_over(values, occurs if average == "weighted" else (occurs + answers > 0), zero_division)
