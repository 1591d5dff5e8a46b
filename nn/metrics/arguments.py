"""What the metrics take: arrays or Tensors, checked before anything is counted; and the averages over classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.arrays import plain

_ORDER = "The prediction comes first, then the labels."


def refuse_nan(values: NDArray[Any], what: str = "scores") -> None:
    """Refuse numbers of which some are NaN: a model that has diverged gives no answers, right or wrong.

    Infinite scores are answers like others: their order is known.

    >>> import numpy as np
    >>> from nn.metrics.arguments import refuse_nan
    >>> refuse_nan(np.array([0.5, np.nan]))
    Traceback (most recent call last):
    ...
    ValueError: 1 of the 2 scores is NaN, which is no answer. autograd.debug() finds where the first one comes from.
    """
    if values.dtype.kind in "fc" and (count := np.isnan(values).sum().item()):
        raise ValueError(
            f"{count} of the {values.size} {what} {'is' if count == 1 else 'are'} NaN, which is no answer. "
            "autograd.debug() finds where the first one comes from."
        )


def likeliest(scores: NDArray[Any]) -> NDArray[np.int64]:
    """The class with the largest score for each sample, of scores (N, C); of equal ones the first."""
    refuse_nan(scores)
    return np.asarray(scores.argmax(axis=1), np.int64)


def class_numbers(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Class numbers, from integers or truth values."""
    if numbers.size and numbers.dtype.kind not in "iub":
        raise ValueError(f"classes are integers, not {numbers.dtype}. {_ORDER} Of scores for class 1: scores > 0.5.")
    if numbers.size and numbers.min() < 0:
        raise ValueError(f"classes are numbered from 0; there is a {numbers.min()}.")
    return numbers.astype(np.int64)


def pair_of_classes(prediction: Any, labels: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Predicted and true class numbers, and how many classes there are.

    Of scores (N, C) the largest counts, and C is the number of classes; else it is one more than the largest number.
    NaN is refused.
    """
    predicted, true = plain(prediction), plain(labels)
    scores = predicted if predicted.ndim == true.ndim + 1 == 2 else None
    if scores is not None:
        predicted = likeliest(scores)
    if predicted.shape != true.shape or true.ndim != 1:
        raise ValueError(
            f"predictions of shape {plain(prediction).shape} do not go with labels of shape {true.shape}: "
            f"they are (N,) or (N, C) and (N,). {_ORDER}"
        )
    predicted, true = class_numbers(predicted), class_numbers(true)
    largest = true.max(initial=-1)
    if scores is None:
        return predicted, true, np.maximum(largest, predicted.max(initial=-1)).item() + 1
    if largest >= scores.shape[1]:
        raise ValueError(f"label {largest} is not among the {scores.shape[1]} classes that have scores.")
    return predicted, true, scores.shape[1]


def mean(values: NDArray[Any]) -> float:
    """The mean of all values, as a number."""
    found: float = np.mean(values).item()
    return found


def ratio(part: Any, whole: Any, zero_division: float) -> NDArray[np.float64]:
    """``part / whole``, entry by entry, and ``zero_division`` where the whole is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    out = np.full(whole.shape, float(zero_division))
    np.divide(part, whole, out=out, where=whole != 0)
    return out


def average(values: NDArray[np.float64], weights: NDArray[Any], zero_division: float) -> float:
    """The weighted mean of the values that are not NaN, and ``zero_division`` where there is none."""
    known = ~np.isnan(values)
    return float(ratio(np.sum(values[known] * weights[known]), np.sum(weights[known]), zero_division))
