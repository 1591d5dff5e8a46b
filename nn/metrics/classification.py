"""Metrics of predicted classes and probabilities: accuracy, confusion matrix, precision, recall, F1, log loss."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autograd.recording import one_call
from nn.arguments import plain
from nn.metrics.arguments import classes_of, mean, mean_over, names, pair, places, positive, ratio, scored, weights

__all__ = ["accuracy", "balanced_accuracy", "brier_score", "confusion_matrix", "f1", "log_loss", "matthews_corrcoef",
           "precision", "recall", "top_k_accuracy"]  # fmt: skip

Average = Literal["binary", "micro", "macro", "weighted"] | None
Parts = Callable[[Any, Any, Any], tuple[Any, Any]]  # of right answers, answers and labels of a class: what to divide


def accuracy(prediction: Any, target: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """The fraction of correct predictions, or with ``normalize=False`` their number.

    ``target`` holds classes of shape (N,), as integers or strings; ``prediction`` holds classes of the same shape, or
    scores of shape (N, C), of which the largest counts. With several labels per sample, both are (N, C) of 0 and 1, and
    all labels of a sample must be correct. ``sample_weight`` (N,) weights the samples, in all metrics.

    Raises ValueError for other shapes, for NaN (as all metrics do; infinite scores are allowed), and without samples.

    >>> from nn.metrics import accuracy
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]), accuracy(["cat", "dog"], ["cat", "cat"], sample_weight=[3, 1])
    (0.5, 0.75)
    """
    if plain(target).ndim == 2:
        answers, truth = scored("answers", prediction, target)
        return _share(np.all(answers == truth, axis=1), normalize, sample_weight)
    predicted, true, _ = pair(prediction, target)
    return _share(predicted == true, normalize, sample_weight)


def top_k_accuracy(
    scores: Any, target: Any, k: int = 5, *, labels: Any = None, normalize: bool = True, sample_weight: Any = None
) -> float:
    """The fraction of samples whose class is among the ``k`` with the largest scores, of shape (N, C).

    ``labels`` names the C classes; the default is 0, 1, ..., or the sorted classes that occur. Among equal scores the
    first count, as in `accuracy`, which equals ``k=1``. Raises ValueError as `accuracy` does, and unless 1 <= k <= C.

    >>> from nn.metrics import top_k_accuracy
    >>> top_k_accuracy([[0.1, 0.2, 0.7], [0.8, 0.2, 0.0]], [1, 2], k=2)
    0.5
    """
    values = plain(scores)
    if values.ndim != 2 or not 1 <= k <= values.shape[1]:
        raise ValueError(f"k={k} needs scores (N, C) with 1 <= k <= C, not of shape {values.shape}.")
    _, true, _ = pair(values, target, labels)
    best = np.argsort(-values.astype(np.float64), axis=1, kind="stable")[:, :k]
    return _share((best == true[:, None]).any(axis=1), normalize, sample_weight)


def _share(right: NDArray[np.bool_], normalize: bool, sample_weight: Any) -> float:
    if not right.size:
        raise ValueError("accuracy needs at least one sample, but got none.")
    return mean(right, weights(sample_weight, len(right)), normalize)


def confusion_matrix(
    prediction: Any, target: Any, labels: Any = None, *, normalize: str | None = None, sample_weight: Any = None
) -> NDArray[Any]:
    """How often samples of each class (row) were predicted as each class (column).

    Arguments are those of `accuracy`. ``labels`` lists the classes to count, in order, or is the number of classes. By
    default they are the integers up to the largest (or one for each score), or the strings that occur. ``normalize``
    divides by the sums of the rows ("true"), of the columns ("pred"), or by the total ("all").

    >>> from nn.metrics import confusion_matrix
    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    predicted, true, every = pair(prediction, target)
    weight, all_of = weights(sample_weight, len(true)), isinstance(labels, int | np.integer)
    if labels is not None:
        given, every = every, names(plain(range(labels) if all_of else labels))
        predicted, true = places(given[predicted], every), places(given[true], every)
    kept = (predicted >= 0) & (true >= 0)
    if all_of and not kept.all():
        raise ValueError(f"labels={labels} allows classes 0 .. {labels - 1}, but one is {given[-1]}.")
    pairs = (true * len(every) + predicted)[kept]
    counts = _counted(pairs, weight[kept], len(every))
    axes = {None: None, "true": 1, "pred": 0, "all": None}
    if normalize not in axes:
        raise ValueError(f"normalize must be 'true', 'pred', 'all' or None, not {normalize!r}.")
    whole = counts.sum(axis=axes[normalize], keepdims=True)
    return ratio(counts, np.broadcast_to(whole, counts.shape), 0.0) if normalize else counts


@one_call()
def _counted(pairs: NDArray[np.int64], weight: NDArray[Any], classes: int) -> NDArray[Any]:
    counts = np.bincount(pairs, weight, minlength=classes * classes).reshape(classes, classes)
    return counts if weight.dtype.kind == "f" else counts.astype(np.int64)


def precision(
    prediction: Any, target: Any, average: Average = "binary", zero_division: float = 0.0, **options: Any
) -> Any:
    """``TP / (TP + FP)``: the fraction of predictions of a class that are correct.

    ``prediction``, ``target`` and the option ``sample_weight`` are those of `accuracy`. ``average`` selects the class:

    - "binary": the class given by the option ``pos_label`` (by default 1), if at most two occur;
    - "macro": the mean over the option ``labels``, by default the classes that occur in the target or the prediction;
    - "weighted": the same, each class weighted by its number of labels;
    - "micro": all these classes counted together, which without ``labels`` equals the accuracy;
    - None: an array with one number for each of ``labels``, by default for each class as in `confusion_matrix`.

    Where it would be 0/0 (a class that is never predicted) it is ``zero_division``; NaN excludes such classes from the
    means. It equals scikit-learn's ``precision_score``, which takes the target first.

    >>> import numpy as np
    >>> from nn.metrics import precision
    >>> answers, labels = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
    >>> precision(answers, labels, average=None).tolist(), precision(answers == 1, labels == 1)
    ([1.0, 0.5, 1.0], 0.5)
    """
    return _score(prediction, target, average, zero_division, lambda h, a, o: (h, a), **options)


def recall(
    prediction: Any, target: Any, average: Average = "binary", zero_division: float = 0.0, **options: Any
) -> Any:
    """``TP / (TP + FN)``, also called sensitivity: the fraction of the samples of a class that are found.

    Arguments are those of `precision`. Where it would be 0/0 (a class that does not occur) it is ``zero_division``. It
    equals scikit-learn's ``recall_score``.

    >>> from nn.metrics import recall
    >>> recall([0, 0, 1, 0], [0, 1, 1, 0])
    0.5
    """
    return _score(prediction, target, average, zero_division, lambda h, a, o: (h, o), **options)


def f1(prediction: Any, target: Any, average: Average = "binary", zero_division: float = 0.0, **options: Any) -> Any:
    """``2 TP / (2 TP + FP + FN)``: the harmonic mean of precision and recall.

    Arguments are those of `precision`. Where it would be 0/0 (a class that neither occurs nor is predicted) it is
    ``zero_division``. Averages are taken over the F1 of each class. It equals scikit-learn's ``f1_score``.

    >>> from nn.metrics import f1
    >>> f1([0, 0, 1, 0], [0, 1, 1, 0])
    0.6666666666666666
    """
    return _score(prediction, target, average, zero_division, lambda h, a, o: (2 * h, a + o), **options)


def _score(
    prediction: Any, target: Any, average: Average, zero_division: float, parts: Parts,
    *, labels: Any = None, pos_label: Any = 1, sample_weight: Any = None,
) -> Any:  # fmt: skip
    several = plain(target).ndim == 2
    if several:
        given, truth = (part == 1 for part in scored("answers", prediction, target))
        every, occurring = np.arange(truth.shape[1]), np.ones(truth.shape[1], bool)
        counts = np.array([weights(sample_weight, len(truth)) @ part for part in (given & truth, given, truth)])
    else:
        predicted, true, every = pair(prediction, target)
        weight = weights(sample_weight, len(true))
        numbers = (true, (predicted == true) * weight), (predicted, weight), (true, weight)
        counts = np.array([np.bincount(where, by, len(every)) for where, by in numbers])
        occurring = np.bincount(np.append(predicted, true), minlength=len(every)) > 0
    if average == "binary":
        present = every[occurring].tolist()
        if several or len(present) > 2 or (len(present) == 2 and pos_label not in present):
            raise ValueError(
                f"average='binary' needs pos_label={pos_label!r} and at most one other class, but there are {present}: "
                "choose 'macro', 'weighted', 'micro' or None."
            )
        labels = [pos_label]
    if labels is not None:  # what does not occur is counted in the last column
        counts = np.pad(counts, ((0, 0), (0, 1)))[:, places(names(plain(labels)), every)]
        occurring = np.ones(counts.shape[1], bool)
    if average == "micro":
        counts = counts.sum(axis=1, keepdims=True)
    elif average not in ("binary", "macro", "weighted", None):
        raise ValueError(f"average must be 'binary', 'micro', 'macro', 'weighted' or None, not {average!r}.")
    values = ratio(*parts(*counts), zero_division)
    if average in ("macro", "weighted"):
        return mean_over(values, counts[2] if average == "weighted" else occurring, zero_division)
    return values if average is None else values[0].item()


def balanced_accuracy(prediction: Any, target: Any, *, adjusted: bool = False, sample_weight: Any = None) -> float:
    """The mean recall of the classes that occur in the target; ``adjusted`` rescales it so that guessing scores 0.

    Arguments are those of `accuracy`. It equals scikit-learn's ``balanced_accuracy_score``.

    >>> from nn.metrics import balanced_accuracy
    >>> balanced_accuracy([0, 0, 0, 0], [0, 0, 0, 1])
    0.5
    """
    each = recall(prediction, target, None, float("nan"), sample_weight=sample_weight)
    each = each[~np.isnan(each)]
    guessed = 1.0 / len(each) if adjusted and each.size > 1 else 0.0
    return (mean(each) - guessed) / (1.0 - guessed)


def matthews_corrcoef(prediction: Any, target: Any, *, sample_weight: Any = None) -> float:
    """The correlation of prediction and target, from -1 to 1; it is 0 if one of them is constant (Matthews, 1975).

    Arguments are those of `accuracy`; for several classes it is Gorodkin's (2004), as in scikit-learn.

    >>> from nn.metrics import matthews_corrcoef
    >>> matthews_corrcoef([1, 1, 0, 0], [1, 1, 0, 1])
    0.5773502691896258
    """
    counts = confusion_matrix(prediction, target, sample_weight=sample_weight).astype(np.float64)
    total, true, answered = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    spread = np.sqrt(total * total - true @ true) * np.sqrt(total * total - answered @ answered)
    return ratio(counts.trace() * total - true @ answered, spread, 0.0).item()


def log_loss(
    probabilities: Any, target: Any, *, normalize: bool = True, sample_weight: Any = None, labels: Any = None
) -> float:
    """The mean of ``-log(p)`` for the probability p of the true class, or with ``normalize=False`` the sum.

    ``probabilities`` has shape (N, C), with the classes in the order of ``labels`` (see `top_k_accuracy`), or (N,), for
    the second of two classes. p is clipped to ``eps .. 1 - eps`` of its dtype, as in scikit-learn.

    >>> from nn.metrics import log_loss
    >>> round(log_loss([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]], ["spam", "ham", "ham", "spam"]), 5)
    0.21616
    """
    p, true, _ = _shares(probabilities, target, labels)
    eps = np.finfo(p.dtype).eps
    losses = -np.log(np.clip(p, eps, 1.0 - eps)[np.arange(len(p)), true].astype(np.float64))
    return mean(losses, weights(sample_weight, len(p)), normalize)


def brier_score(
    probabilities: Any, target: Any, *, sample_weight: Any = None, pos_label: Any = None, labels: Any = None,
    scale_by_half: bool | Literal["auto"] = "auto",
) -> float:  # fmt: skip
    """The mean of ``sum_c (p_c - t_c)^2``, where t is 1 for the true class; halved for two classes by default.

    Arguments are those of `log_loss`; probabilities of shape (N,) belong to ``pos_label``. It equals scikit-learn's
    ``brier_score_loss`` (Brier, 1950).

    >>> from nn.metrics import brier_score
    >>> round(brier_score([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]), 4)
    0.0375
    """
    p, true, classes = _shares(probabilities, target, labels, pos_label)
    half = classes == 2 if scale_by_half == "auto" else scale_by_half
    errors = np.sum((p.astype(np.float64) - np.eye(classes)[true]) ** 2, axis=1)
    return mean(errors, weights(sample_weight, len(p))) * (0.5 if half else 1.0)


def _shares(
    probabilities: Any, target: Any, labels: Any, pos_label: Any = None
) -> tuple[NDArray[Any], NDArray[np.int64], int]:
    """Probabilities of the classes, the index of the true one, and the number of classes."""
    p, true = scored("probabilities", probabilities, target)
    if p.ndim == 1 or p.shape[1] == 1:
        second = pos_label if labels is None else plain(labels)[-1]
        p, numbers = np.stack([1.0 - p.ravel(), p.ravel()], axis=1), positive(true, second).astype(np.int64)
    else:
        numbers = places(true, classes_of(true, labels, p.shape[1]))
    sums = p.sum(axis=1)
    if not ((p >= 0).all() and np.allclose(sums, 1.0, atol=1e-3)):
        raise ValueError(
            f"probabilities must be 0 or more and sum to 1 for each sample, but the smallest is {p.min()} and the sums "
            f"range from {sums.min()} to {sums.max()}. For scores, pass nn.functional.softmax(scores)."
        )
    return p, numbers, p.shape[1]
