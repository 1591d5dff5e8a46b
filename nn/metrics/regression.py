"""Metrics of predicted numbers: errors and R2."""

from typing import Any

import numpy as np

from nn.arguments import plain
from nn.metrics.arguments import mean, refuse_nan, weights

__all__ = ["mean_absolute_error", "mean_squared_error", "r2", "root_mean_squared_error"]


def mean_squared_error(prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None) -> Any:
    """``mean((prediction - target)^2)`` over all entries, in the square of the target's unit.

    Both have the same shape, (N,) or (N, D); ``sample_weight`` is (N,). Columns are averaged, with ``multioutput`` as
    weights, or kept separate by "raw_values". All computations are in float64, and infinite predictions have infinite
    errors. Raises ValueError for different shapes (NumPy would broadcast), NaN, infinite targets, and no samples.

    >>> from nn.metrics import mean_squared_error
    >>> mean_squared_error([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    difference, _, weight = _differences(prediction, target, sample_weight)
    with np.errstate(over="ignore"):  # an error beyond the largest number is infinite
        return _over_columns(np.average(difference**2, axis=0, weights=weight), multioutput)


def root_mean_squared_error(prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None) -> Any:
    """``sqrt(mean((prediction - target)^2))``, in the target's unit, averaged over columns.

    Arguments and errors are those of `mean_squared_error`. It equals scikit-learn's.

    >>> from nn.metrics import root_mean_squared_error
    >>> root_mean_squared_error([1.0, 2.0], [1.0, 4.0]) ** 2
    2.0000000000000004
    """
    difference, _, weight = _differences(prediction, target, sample_weight)
    largest = np.max(np.abs(difference), axis=0, keepdims=True)
    scale = np.where((largest > 0.0) & np.isfinite(largest), largest, 1.0)  # whose square may not be a number
    return _over_columns(scale[0] * np.sqrt(np.average((difference / scale) ** 2, axis=0, weights=weight)), multioutput)


def mean_absolute_error(prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None) -> Any:
    """``mean(|prediction - target|)`` over all entries, in the target's unit.

    Arguments and errors are those of `mean_squared_error`.

    >>> from nn.metrics import mean_absolute_error
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    difference, _, weight = _differences(prediction, target, sample_weight)
    return _over_columns(np.average(np.abs(difference), axis=0, weights=weight), multioutput)


def r2(
    prediction: Any, target: Any, *, sample_weight: Any = None, multioutput: Any = None, force_finite: bool = True
) -> Any:
    """``1 - sum((target - prediction)^2) / sum((target - mean(target))^2)``: the fraction of variance explained.

    1 is perfect, 0 is as good as predicting the mean, and there is no lower bound. Columns are averaged. A column of
    equal targets has no variance: it scores 1 if the prediction is perfect, else 0, as in scikit-learn's ``r2_score``;
    with ``force_finite=False`` it scores NaN or minus infinity. ``multioutput`` may also be "variance_weighted".

    Unlike for errors, the order matters. Raises ValueError as `mean_squared_error`, and for fewer than two samples.

    >>> from nn.metrics import r2
    >>> r2(prediction=[1.0, 2.0, 3.0], target=[1.0, 2.0, 4.0])
    0.7857142857142857
    """
    difference, true, weight = _differences(prediction, target, sample_weight)
    if len(true) < 2:
        raise ValueError(f"R2 divides by the variance of the targets, so it needs two or more, not {len(true)}.")
    spread = true - np.average(true, axis=0, weights=weight)
    largest = np.max(np.abs(spread), axis=0)
    scale = np.where(largest > 0.0, largest, 1.0)  # whose square may not be a number
    with np.errstate(over="ignore"):
        residual = np.atleast_1d(np.average((difference / scale) ** 2, axis=0, weights=weight))
    total = np.atleast_1d(np.average((spread / scale) ** 2, axis=0, weights=weight))
    flat = np.where(residual != 0, 1.0 if force_finite else np.inf, 0.0 if force_finite else np.nan)
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        multioutput = total * (scale / np.max(scale)) ** 2 if total.any() else None
    return _over_columns(1.0 - np.divide(residual, total, out=flat, where=total != 0), multioutput)


def _over_columns(each: Any, multioutput: Any) -> Any:
    """The mean over the columns, a weighted mean, or an array of them."""
    if multioutput is None or isinstance(multioutput, str):
        if multioutput not in (None, "uniform_average", "raw_values"):
            raise ValueError(
                f"multioutput must be 'uniform_average', 'raw_values' or a weight per column, not {multioutput!r}."
            )
        return np.atleast_1d(each) if multioutput == "raw_values" else mean(each)
    return mean(np.atleast_1d(each), plain(multioutput))


def _differences(prediction: Any, target: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Prediction minus target, the target, and the weights, for samples of nonzero weight."""
    predicted, true = plain(prediction), plain(target)
    if predicted.shape != true.shape:
        raise ValueError(
            f"predictions of shape {predicted.shape} do not match targets of shape {true.shape}. They are compared "
            "entry by entry, so the shapes must be equal: reshape one of them."
        )
    if true.ndim not in (1, 2) or not true.size:
        raise ValueError(f"targets must have shape (N,) or (N, D) and not be empty, but the shape is {true.shape}.")
    predicted, true = predicted.astype(np.float64), true.astype(np.float64)
    refuse_nan(predicted, "predictions")
    if not np.isfinite(true).all():
        where = tuple(map(int, np.argwhere(~np.isfinite(true))[0]))
        raise ValueError(f"the target at index {where} is {true[where]}: remove samples without a finite target.")
    weight = weights(sample_weight, len(true))
    predicted, true, weight = (a[weight > 0] for a in (predicted, true, weight))
    return predicted - true, true, weight
