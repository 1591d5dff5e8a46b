"""Statistics: averages with weights, order statistics, covariance, counts with weights."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arrays import normalize_axes
from autograd.engine.tensor import Tensor, constant
from autograd.numpy_functions.arguments import NoValue, as_last_axis, as_operand, as_tensor, plain
from autograd.numpy_functions.protocol import implements, values_of
from autograd.numpy_functions.selection import take_along_axis
from autograd.numpy_functions.without_gradient import EDGES, refusal
from autograd.ops import arithmetic, index


@implements(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    a = as_operand(a)
    keepdims = bool(keepdims) and keepdims is not NoValue
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        return (mean, constant(np.full(mean.shape, a.size / max(mean.size, 1), mean.dtype))) if returned else mean
    weights = _weights_of(a, axis, weights)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, as_tensor(total)) if returned else mean


def _weights_of(a: Any, axis: Any, weights: Any) -> Any:
    """One weight for each entry, of weights that may be given for each position along some axes."""
    weights = as_operand(weights)
    if weights.shape == a.shape:
        return weights
    axes = normalize_axes(axis, a.ndim)
    weights = np.transpose(weights, sorted(range(len(axes)), key=lambda i: axes[i]))
    return np.broadcast_to(weights.reshape(tuple(n if k in axes else 1 for k, n in enumerate(a.shape))), a.shape)


# The methods that move continuously through the sorted numbers: how many places more than their count from q = 0 to 1.
STEEPER = {
    "linear": -1.0,
    "hazen": 0.0,
    "interpolated_inverted_cdf": 0.0,
    "weibull": 1.0,
    "median_unbiased": 1.0 / 3.0,
    "normal_unbiased": 0.25,
}


def _quantile_of(numpy_quantile: Callable[..., Any], unit: float) -> Callable[..., Any]:
    """A quantile by any of NumPy's methods, with or without weights.

    Each method mixes at most two neighbours among the sorted numbers. So the same quantile of the ranks 0, 1, ... of
    the numbers tells which two, and how much of the second.
    """

    def quantile(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: Any = False, *, weights: Any = None, interpolation: Any = None,
    ) -> Any:  # fmt: skip
        a, method = as_operand(a), interpolation or method  # as NumPy called it before 2.4
        one = None if weights is None else np.ones(1)
        dtype = numpy_quantile(np.zeros(1, a.dtype), values_of(q), method=method, weights=one).dtype
        q = as_operand(q)
        flat, kept = as_last_axis(a, axis)
        if not a.size:  # NaN, with nothing to differentiate
            shape = kept if bool(keepdims) and keepdims is not NoValue else flat.shape[:-1]
            return constant(np.full(q.shape + shape, np.nan, dtype))
        if weights is not None:
            weights, _ = as_last_axis(plain(_weights_of(a, axis, weights)), axis)
        order = np.argsort(plain(flat), axis=-1, kind="stable")
        ranks = np.where(np.isnan(plain(flat)), np.nan, np.argsort(order, axis=-1))
        place = numpy_quantile(ranks, plain(q), axis=-1, method=method, weights=weights)
        place = np.moveaxis(place, range(q.ndim), range(-q.ndim, 0))

        missing = np.isnan(place)
        place = np.where(missing, 0.0, place)
        lower = np.floor(place).astype(int)
        share = (place - lower).astype(dtype)
        ordered = take_along_axis(flat, order, -1)
        low, high = (
            take_along_axis(ordered, i.reshape((*flat.shape[:-1], q.size)), -1).reshape(place.shape)
            for i in (lower, np.minimum(lower + 1, flat.shape[-1] - 1))
        )
        with np.errstate(invalid="ignore"):
            gap = high - low
        # Where only one of the two counts, the other may be infinite and is left out.
        gap = arithmetic.where((share == 0.0) & ~np.isfinite(plain(gap)), 0.0, gap)
        if isinstance(q, Tensor) and method in STEEPER and weights is None:
            last = np.sum(~np.isnan(ranks), axis=-1).reshape(flat.shape[:-1] + (1,) * q.ndim) - 1.0
            slope = np.where((place > 0.0) & (place < last), last + 1.0 + STEEPER[method], 0.0)
            share = share + (q - q.data) * (slope / unit).astype(dtype)
        result = low + gap * share
        result = arithmetic.where(missing, np.nan, result) if missing.any() else result
        result = np.moveaxis(result, range(-q.ndim, 0), range(q.ndim))
        return as_tensor(result.reshape(q.shape + kept) if bool(keepdims) and keepdims is not NoValue else result)

    return quantile


def _median_of(quantile: Callable[..., Any]) -> Callable[..., Any]:
    def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
        return quantile(a, 0.5, axis, keepdims=keepdims)

    return median


_quantile = implements(np.quantile)(_quantile_of(np.quantile, 1.0))
_nanquantile = implements(np.nanquantile)(_quantile_of(np.nanquantile, 1.0))
implements(np.percentile)(_quantile_of(np.percentile, 100.0))
implements(np.nanpercentile)(_quantile_of(np.nanpercentile, 100.0))
implements(np.median)(_median_of(_quantile))
implements(np.nanmedian)(_median_of(_nanquantile))


@implements(np.cov)
def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    m = as_operand(m)
    x = np.atleast_2d(m)
    if not rowvar and m.ndim != 1:
        x = x.T
    if y is not None:
        y = np.atleast_2d(as_operand(y))
        x = np.concatenate([x, y.T if not rowvar and y.shape[0] != 1 else y], axis=0)
    x = x.astype(np.promote_types(x.dtype, np.float64) if dtype is None else dtype)
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
    return np.squeeze(np.matmul(centred, scaled.T) / np.maximum(norm, 0.0))


@implements(np.corrcoef)
def _corrcoef(
    x: Any, y: Any = None, rowvar: bool = True, bias: Any = NoValue, ddof: Any = NoValue, *, dtype: Any = None
) -> Any:  # bias and ddof have no effect, and left NumPy in 2.4
    c = _cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviations = np.sqrt(np.diag(c))
    return np.clip(c / deviations[:, None] / deviations[None, :], -1.0, 1.0)


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = plain(x)
    counts = np.bincount(x, None if weights is None else plain(weights), minlength)
    if not isinstance(weights, Tensor):
        return counts
    return index.scatter(weights.astype(np.float64), index=(x,), shape=counts.shape)


# Which number lies in which bin is constant in pieces, and so are counts; weights add up. Edges that NumPy spreads
# between the extremes of the data move with these, and so do densities. Edges that are given must be plain.


def _refuse_live_edges(name: str, bins: Any, bounds: Any) -> None:
    parts = [part for group in (bins, bounds) for part in (group if isinstance(group, list | tuple) else [group])]
    if any(isinstance(part, Tensor) and part.requires_grad for part in parts):
        raise refusal(f"numpy.{name} with respect to its edges", EDGES)


def _spread_edges(x: Any, edges: Any, bins: Any, bounds: Any) -> Any:
    """The edges along one axis, as Tensors when they come from the extremes of a Tensor."""
    if not isinstance(x, Tensor):
        return edges
    if np.ndim(values_of(bins)) or bounds is not None or not x.size:
        return as_tensor(edges)
    low, high = np.min(x), np.max(x)
    margin = 0.5 if low.data == high.data else 0.0
    return np.linspace(low - margin, high + margin, len(edges)).astype(edges.dtype)


def _weighted_counts(data: Sequence[Any], edges: Sequence[Any], weights: Tensor) -> Any:
    """The sums of the weights in the bins of a grid. Bins are half open, but for the last one on each axis."""
    places = [np.searchsorted(e, x, side="right") - 1 - (x == e[-1]) for x, e in zip(data, edges, strict=True)]
    sizes = tuple(len(e) - 1 for e in edges)
    inside = np.all([(i >= 0) & (i < n) for i, n in zip(places, sizes, strict=True)], axis=0)
    grid = tuple(i[inside] for i in places)
    return index.scatter(np.ravel(weights)[np.flatnonzero(inside)], index=grid, shape=sizes)


def _density(counts: Any, edges: Sequence[Any]) -> Any:
    """Counts divided by their sum and by the sizes of the bins."""
    counts = counts / np.sum(counts)
    for axis, e in enumerate(edges):
        counts = counts / np.diff(e).reshape((-1,) + (1,) * (len(edges) - axis - 1))
    return as_tensor(counts)


@implements(np.histogram)
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _refuse_live_edges("histogram", bins, range)
    counts, edges = np.histogram(*map(values_of, (a, bins, range, None, weights)))
    if isinstance(weights, Tensor):
        counts = _weighted_counts([np.ravel(plain(a))], [edges], weights)
    edges = _spread_edges(a, edges, bins, range)
    return _density(counts, [edges]) if density else counts, edges


def _histogram_of(columns: Sequence[Any], bins: Sequence[Any], bounds: Any, density: Any, weights: Any) -> Any:
    dtype = np.result_type(*(x.dtype for x in columns))
    columns = [x.astype(dtype) for x in columns]
    bounds = [None] * len(columns) if bounds is None else bounds
    data = [plain(x) for x in columns]
    counts, plain_edges = np.histogramdd(data, values_of(bins), bounds, weights=values_of(weights))
    if isinstance(weights, Tensor):
        counts = _weighted_counts(data, plain_edges, weights.astype(np.float64))
    edges = [_spread_edges(*facts) for facts in zip(columns, plain_edges, bins, bounds, strict=True)]
    return _density(counts, edges) if density else as_tensor(counts), edges


@implements(np.histogram2d)
def _histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _refuse_live_edges("histogram2d", bins, range)
    bins = bins if isinstance(bins, list | tuple) and len(bins) == 2 else [bins, bins]
    counts, edges = _histogram_of([as_operand(x), as_operand(y)], bins, range, density, weights)
    return counts, *edges


@implements(np.histogramdd)
def _histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    _refuse_live_edges("histogramdd", bins, range)
    _, plain_edges = np.histogramdd(*map(values_of, (sample, bins, range, None, weights)))  # NumPy's errors
    if not isinstance(sample, list | tuple):
        sample = sample.T if sample.ndim == 2 else sample[None]
    bins = bins if isinstance(bins, list | tuple) else [bins] * len(plain_edges)
    counts, edges = _histogram_of([as_operand(x) for x in sample], bins, range, density, weights)
    return counts, type(plain_edges)(edges)


@implements(np.histogram_bin_edges)
def _histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    _refuse_live_edges("histogram_bin_edges", bins, range)
    edges = np.histogram_bin_edges(*map(values_of, (a, bins, range, weights)))
    return as_tensor(_spread_edges(a, edges, bins, range))
