"""Statistics: averages with weights, order statistics, covariance, counts with weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import normalize_axes
from autograd.numpy_functions.selection import plain, sort, take_along_axis
from autograd.numpy_functions.shapes import as_operand
from autograd.ops import arithmetic, index, reduce
from autograd.protocol import implements, refuse_extra

__autograd_transparent__ = True

NoValue: Any = np._NoValue


@implements(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    keepdims = bool(keepdims) and keepdims is not NoValue
    if weights is None:
        mean = reduce.mean(a, axis=axis, keepdims=keepdims)
        return (mean, np.full(mean.shape, a.size / max(mean.size, 1))) if returned else mean
    a, weights = as_operand(a), as_operand(weights)
    if weights.shape != a.shape:
        axes = normalize_axes(axis, a.ndim)
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if weights.shape != tuple(a.shape[k] for k in axes):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        weights = np.transpose(weights, sorted(range(len(axes)), key=lambda i: axes[i]))
        weights = weights.reshape(tuple(n if k in axes else 1 for k, n in enumerate(a.shape)))
        weights = np.broadcast_to(weights, a.shape)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    if np.any(plain(total) == 0.0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


# --- order statistics -------------------------------------------------------------------------------------------


def _places(n: int, q: Any, method: str) -> tuple[Any, Any, Any]:
    """Which two order statistics of n a quantile mixes, and how much of the second it takes.

    Every method of NumPy mixes at most two neighbours, so the quantile of 0, 1, ..., n - 1 says where they are.
    """
    place = np.quantile(np.arange(n, dtype=float), q, method=method)  # type: ignore[call-overload]
    lower = np.floor(place).astype(int)
    return lower, np.minimum(lower + 1, n - 1), place - lower


def _last_axis(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """The axes to reduce as one last axis, and the shape of a result that keeps them."""
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    moved = np.transpose(a, rest + axes).reshape((*(a.shape[k] for k in rest), -1))
    return moved, tuple(1 if k in axes else n for k, n in enumerate(a.shape))


def _mix(ordered: Any, lower: Any, upper: Any, share: Any) -> Any:
    share = np.asarray(share, ordered.dtype)
    low, high = ordered[..., lower], ordered[..., upper]
    # Where only one of the two counts, the other may be infinite and is left out.
    return arithmetic.where(share == 0.0, low, low + (high - low) * arithmetic.where(share == 0.0, 0.0, share))


def _quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    refuse_extra("numpy.quantile", {"weights": weights})
    q = plain(q)
    flat, kept = _last_axis(a, axis)
    lower, upper, share = _places(flat.shape[-1], q, method)
    result = _mix(sort(flat), lower, upper, share)
    missing = np.isnan(plain(flat)).any(axis=-1)
    if missing.any():
        result = arithmetic.where(missing.reshape(missing.shape + (1,) * q.ndim), np.nan, result)
    return _shaped(result, q, kept, bool(keepdims) and keepdims is not NoValue)


def _shaped(result: Any, q: Any, kept: tuple[int, ...], keepdims: bool) -> Any:
    """The axes of q first, as NumPy has them, then those that were not reduced."""
    count = result.ndim - q.ndim
    result = np.transpose(result, (*range(count, result.ndim), *range(count)))
    return result.reshape(q.shape + kept) if keepdims else result


implements(np.quantile)(_quantile)


def _in_percent(quantile: Callable[..., Any]) -> Callable[..., Any]:
    def percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
        return quantile(a, np.true_divide(plain(q), 100.0), *args, **kwargs)

    return percentile


implements(np.percentile)(_in_percent(_quantile))


@implements(np.median)
def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    return _quantile(a, 0.5, axis, keepdims=keepdims)


def _nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """Slice by slice where the numbers of valid entries differ: NaN sort to the end, and count as absent."""
    refuse_extra("numpy.nanquantile", {"weights": weights})
    q = plain(q)
    flat, kept = _last_axis(a, axis)
    rows = flat.reshape((-1, flat.shape[-1]))
    counts = np.sum(~np.isnan(plain(rows)), axis=-1)
    expected = np.nanquantile(plain(a), q, axis=axis, method=method)  # type: ignore[call-overload]
    shape = (rows.shape[0], *q.shape)
    lower, upper, share = np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape)
    for n in np.unique(counts[counts > 0]):
        lower[counts == n], upper[counts == n], share[counts == n] = _places(int(n), q, method)
    ordered = sort(arithmetic.where(np.isnan(plain(rows)), np.inf, rows))
    pick = (rows.shape[0], -1)
    low = take_along_axis(ordered, lower.reshape(pick), -1)
    high = take_along_axis(ordered, upper.reshape(pick), -1)
    share = share.reshape(low.shape).astype(low.dtype)
    mixed = arithmetic.where(share == 0.0, low, low + (high - low) * arithmetic.where(share == 0.0, 0.0, share))
    mixed = mixed.reshape(flat.shape[:-1] + q.shape)
    result = _shaped(mixed, q, kept, bool(keepdims) and keepdims is not NoValue)
    missing = np.isnan(expected).reshape(result.shape)
    return arithmetic.where(missing, np.nan, result) if missing.any() else result


implements(np.nanquantile)(_nanquantile)
implements(np.nanpercentile)(_in_percent(_nanquantile))


@implements(np.nanmedian)
def _nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return _nanquantile(a, 0.5, axis, keepdims=keepdims)


# --- covariance -------------------------------------------------------------------------------------------------


@implements(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    refuse_extra("numpy.cov", {"dtype": dtype})
    x = _observations(m, rowvar)
    if y is not None:
        x = np.concatenate([x, _observations(y, rowvar)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    frequencies = None if fweights is None else plain(fweights).astype(float)
    weights = frequencies if aweights is None else as_operand(aweights) * (1.0 if frequencies is None else frequencies)
    if weights is None:
        total: Any = float(x.shape[1])
        centred = x - np.mean(x, axis=1, keepdims=True)
        scaled, norm = centred, total - ddof
    else:
        total = np.sum(weights)
        centred = x - (np.sum(x * weights, axis=1) / total)[:, None]
        scaled = centred * weights
        reduced = total if aweights is None else np.sum(weights * aweights) / total
        norm = total - ddof * (1.0 if aweights is None else reduced)
    return np.squeeze(np.matmul(centred, scaled.T) / norm)


def _observations(m: Any, rowvar: bool) -> Any:
    x = np.atleast_2d(as_operand(m))
    return x.T if not rowvar and x.shape[0] != 1 else x


@implements(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviations = np.sqrt(np.diag(c))
    return np.clip(c / deviations[:, None] / deviations[None, :], -1.0, 1.0)


# --- counting ---------------------------------------------------------------------------------------------------


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = plain(x)
    size = max(int(x.max(initial=-1)) + 1, minlength)
    if weights is None:
        return np.bincount(x, minlength=minlength)
    if weights.shape != x.shape:
        raise ValueError("The weights and list don't have the same length.")
    return index.scatter(weights, index=(x,), shape=(size,))
