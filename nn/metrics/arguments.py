"""Checks of the arguments of metrics, which are arrays or Tensors, and averages over classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.arguments import plain

Array = NDArray[Any]
ORDER = "The prediction comes first, then the labels."


def refuse_nan(values: NDArray[Any], what: str = "scores") -> None:
    """Refuse NaN: a model that has diverged makes no predictions, right or wrong.

    Infinite scores are allowed, since their order is known.
    """
    if values.dtype.kind in "fc" and (count := np.isnan(values).sum().item()):
        raise ValueError(
            f"{count} of the {values.size} {what} {'is' if count == 1 else 'are'} NaN, so there is no prediction. "
            "autograd.debug() finds where the first NaN arises."
        )


def likeliest(scores: NDArray[Any]) -> NDArray[np.int64]:
    """The class with the largest score for each sample, from scores (N, C); the first one if several are equal."""
    refuse_nan(scores)
    return np.asarray(scores.argmax(axis=1), np.int64)


def class_numbers(numbers: Array) -> NDArray[np.int64]:
    """Class indices, from integers or booleans."""
    if names(numbers).dtype.kind == "U" or numbers.min(initial=0) < 0:
        raise ValueError(f"class indices must be integers from 0 on, but one is {min(numbers.tolist())!r}.")
    return numbers.astype(np.int64)


def names(classes: Array) -> Array:
    """The names of classes: integers, booleans or strings."""
    if classes.dtype.kind == "O":
        classes = np.asarray(classes.tolist())
    if classes.size and classes.dtype.kind not in "iubU":
        raise ValueError(
            f"classes must be integers or strings, not {classes.dtype}. {ORDER} For scores of class 1: scores > 0.5."
        )
    return classes if classes.dtype.kind == "U" else classes.astype(np.int64)


def pair(prediction: Any, target: Any, labels: Any = None) -> tuple[Array, Array, Array]:
    """Predicted and true classes as their indices among all classes (see `classes_of`), and these.

    From scores (N, C), the largest counts; ``labels`` names their columns. NaN is refused.
    """
    predicted, true = plain(prediction), plain(target)
    scores = predicted if predicted.ndim == true.ndim + 1 == 2 else None
    if scores is not None:
        predicted = likeliest(scores)
    if predicted.shape != true.shape or true.ndim != 1:
        raise ValueError(
            f"predictions of shape {plain(prediction).shape} do not fit labels of shape {true.shape}: predictions must "
            f"be (N,) or (N, C), and labels (N,). {ORDER}"
        )
    true, predicted = names(true), names(predicted)
    if scores is not None:
        every = classes_of(true, labels, scores.shape[1])
        return predicted, places(true, every), every
    if (predicted.dtype.kind == "U") != (true.dtype.kind == "U"):
        raise ValueError(f"predictions are like {predicted[:1].tolist()}, but labels like {true[:1].tolist()}. {ORDER}")
    every = classes_of(np.concatenate([true, predicted]))
    return places(predicted, every), places(true, every), every


def classes_of(occurring: Array, labels: Any = None, count: int | None = None) -> Array:
    """All classes in the order of their scores.

    They are ``labels``; or the integers from 0 to the last; or, for strings or negative numbers, those that occur.
    """
    if labels is not None:
        every = names(plain(labels))
    elif occurring.dtype.kind == "U" or occurring.min(initial=0) < 0:
        every = np.unique(occurring)
    else:
        every = np.arange(int(occurring.max(initial=-1)) + 1 if count is None else count)
    if count is not None and (len(every) != count or not np.isin(occurring, every).all()):
        raise ValueError(
            f"the labels {np.unique(occurring).tolist()} do not match the {count} classes that have scores: pass "
            "labels=[...] in the order of the scores."
        )
    return every


def places(values: Array, classes: Array) -> NDArray[np.int64]:
    """The indices of values among the classes, and -1 for others."""
    order = np.argsort(classes)
    found = order[np.minimum(np.searchsorted(classes, values, sorter=order), len(classes) - 1)]
    return np.where(classes[found] == values, found, -1)


def scored(what: str, scores: Any, target: Any) -> tuple[Array, Array]:
    """Scores for each sample, or for each sample and class, and the labels."""
    values, true = plain(scores), names(plain(target))
    fits = true.ndim == 1 or (true.shape == values.shape and true.shape[1:] > (1,))
    if not fits or values.ndim not in (1, 2) or len(values) != len(true) or not true.size:
        raise ValueError(
            f"{what} of shape {values.shape} do not fit labels of shape {true.shape}: {what} must be (N,) or (N, C), "
            f"labels (N,), and neither empty. The {what} come first, then the labels."
        )
    refuse_nan(values, what)
    return values if values.dtype.kind == "f" else values.astype(np.float64), true


def positive(target: Array, pos_label: Any = None) -> NDArray[np.bool_]:
    """Which samples belong to the scored class: ``pos_label``, by default 1, or the second of two strings."""
    present = np.unique(target).tolist()
    if pos_label is None and target.dtype.kind == "U" and len(present) == 2:
        pos_label = present[1]
    if pos_label is None and not any(np.isin(present, pair).all() for pair in ((0, 1), (-1, 1))):
        raise ValueError(f"labels must be 0 or 1, but one is {present[-1]}. For one class: pos_label={present[-1]!r}.")
    return np.asarray(target == (1 if pos_label is None else pos_label))


def weights(sample_weight: Any, count: int) -> Array:
    """A weight for each sample, by default 1."""
    given = np.ones(count, np.int64) if sample_weight is None else plain(sample_weight, "sample_weight")
    if given.shape != (count,) or not (np.isfinite(given) & (given >= 0)).all() or (count and not given.any()):
        text = np.array2string(given, threshold=5)
        raise ValueError(f"sample_weight must be {count} numbers >= 0, one per sample and not all 0, not {text}.")
    return given


def mean(values: Any, weight: Array | None = None, normalize: bool = True) -> float:
    """The (weighted) mean of all values, or their sum, as a number."""
    found = np.average(values, weights=weight) if normalize else np.sum(values * weight)
    return np.asarray(found, np.float64).item()


def ratio(part: Any, whole: Any, zero_division: float) -> NDArray[np.float64]:
    """``part / whole``, elementwise, and ``zero_division`` where the whole is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    out = np.full(whole.shape, float(zero_division))
    np.divide(part, whole, out=out, where=whole != 0)
    return out


def mean_over(values: NDArray[np.float64], weights: NDArray[Any], zero_division: float) -> float:
    """The weighted mean of the values that are not NaN, and ``zero_division`` if there are none."""
    known = ~np.isnan(values)
    return ratio(np.sum(values[known] * weights[known]), np.sum(weights[known]), zero_division).item()
