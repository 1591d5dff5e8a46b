"""Reductions as NumPy calls them (with `where`, `initial`, `dtype`), those that pass over NaN, and ufunc.reduce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import normalize_axes
from autograd.numpy_functions.selection import plain, take_along_axis
from autograd.numpy_functions.shapes import along, as_operand
from autograd.ops import arithmetic, reduce, shape, transcendental
from autograd.protocol import UFUNCS, implements, no_rule, refuse_extra
from autograd.registry import REGISTRY

__autograd_transparent__ = True

NoValue: Any = np._NoValue


def _given(value: Any) -> bool:
    return value is not None and value is not NoValue


def _with_options(
    name: str, reduction: Callable[..., Any], combine: Any, neutral: float, default_axis: int | None = None
) -> Callable[..., Any]:
    """A reduction that understands NumPy's ``dtype``, ``where`` and ``initial``."""

    def call(
        a: Any,
        axis: Any = default_axis,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NoValue,
        where: Any = True,
    ) -> Any:
        if _given(dtype):
            a = a.astype(dtype)
        if where is not True and where is not NoValue:
            a = arithmetic.where(plain(where), a, initial if _given(initial) and np.isinf(neutral) else neutral)
        if a.ndim == 0 and (axis == 0 or axis == -1):
            axis = None
        result = reduction(a, axis=axis, keepdims=bool(keepdims) and keepdims is not NoValue)
        return combine(result, initial) if _given(initial) else result

    call.__name__ = name
    return call


_sum = _with_options("sum", reduce.sum, arithmetic.add, 0.0)
_prod = _with_options("prod", reduce.prod, arithmetic.multiply, 1.0)
_max = _with_options("max", reduce.max, arithmetic.maximum, -np.inf)
_min = _with_options("min", reduce.min, arithmetic.minimum, np.inf)
implements(np.sum)(_sum)
implements(np.prod)(_prod)


@implements(np.max, np.amax)
def _amax(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NoValue, where: Any = True
) -> Any:
    return _max(a, axis, None, None, keepdims, initial, where)


@implements(np.min, np.amin)
def _amin(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NoValue, where: Any = True
) -> Any:
    return _min(a, axis, None, None, keepdims, initial, where)


@implements(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    keepdims = bool(keepdims) and keepdims is not NoValue
    return reduce.max(a, axis=axis, keepdims=keepdims) - reduce.min(a, axis=axis, keepdims=keepdims)


def _count_where(a: Any, where: Any, axis: Any) -> Any:
    return np.sum(np.broadcast_to(plain(where), a.shape), axis=axis, keepdims=True).astype(a.dtype)


@implements(np.mean)
def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    a = a.astype(dtype) if _given(dtype) else a
    keepdims = bool(keepdims) and keepdims is not NoValue
    if where is True or where is NoValue:
        return reduce.mean(a, axis=axis, keepdims=keepdims)
    total = reduce.sum(arithmetic.where(plain(where), a, 0.0), axis=axis, keepdims=True)
    return _lowered(total / _count_where(a, where, axis), a, axis, keepdims)


def _lowered(full: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    """A result that still has its reduced axes, without them unless they are wanted."""
    if keepdims:
        return full
    axes = normalize_axes(axis, a.ndim)
    return full.reshape(tuple(n for k, n in enumerate(full.shape) if k not in axes))


def _spread(a: Any, axis: Any, ddof: float, where: Any, mean: Any) -> Any:
    """The variance with its axes kept, over the entries where a mask holds."""
    count = _count_where(a, where, axis)
    if not _given(mean):
        mean = reduce.sum(arithmetic.where(plain(where), a, 0.0), axis=axis, keepdims=True) / count
    deviation = arithmetic.where(plain(where), a - mean, 0.0)
    return reduce.sum(deviation * deviation, axis=axis, keepdims=True) / (count - ddof)


def _root(variance: Any) -> Any:
    """The square root, with slope 0 where there is no spread."""
    flat = plain(variance) == 0.0
    return arithmetic.where(flat, 0.0, transcendental.sqrt(arithmetic.where(flat, 1.0, variance)))


def _spread_of(root: bool) -> Callable[..., Any]:
    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = NoValue,
        correction: Any = NoValue,
    ) -> Any:
        a = a.astype(dtype) if _given(dtype) else a
        ddof = correction if _given(correction) else ddof
        keepdims = bool(keepdims) and keepdims is not NoValue
        if (where is True or where is NoValue) and not _given(mean):
            return (reduce.std if root else reduce.var)(a, axis=axis, ddof=ddof, keepdims=keepdims)
        variance = _spread(a, axis, ddof, True if where is NoValue else where, mean)
        return _lowered(_root(variance) if root else variance, a, axis, keepdims)

    return call


implements(np.var)(_spread_of(False))
implements(np.std)(_spread_of(True))


# --- running results --------------------------------------------------------------------------------------------


@implements(np.cumsum)
def _cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    return reduce.cumsum(a.astype(dtype) if _given(dtype) else a, axis=axis)


@implements(np.cumprod)
def _cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    return reduce.cumprod(a.astype(dtype) if _given(dtype) else a, axis=axis)


def _cumulative(running: Any, start: float) -> Callable[..., Any]:
    def call(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        x = x.astype(dtype) if _given(dtype) else x
        if axis is None:
            if x.ndim > 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            axis = 0
        result = running(x, axis=axis)
        if not include_initial:
            return result
        size = tuple(1 if k == axis % x.ndim else n for k, n in enumerate(x.shape))
        return shape.concatenate(np.full(size, start, x.dtype), result, axis=axis)

    return call


implements(np.cumulative_sum)(_cumulative(reduce.cumsum, 0.0))
implements(np.cumulative_prod)(_cumulative(reduce.cumprod, 1.0))


# --- passing over NaN -------------------------------------------------------------------------------------------


def _without_nan(a: Any, fill: float) -> Any:
    return arithmetic.where(np.isnan(plain(a)), fill, a)


def _nan_version(call: Callable[..., Any], fill: float) -> Callable[..., Any]:
    def nan_call(a: Any, *args: Any, **kwargs: Any) -> Any:
        return call(_without_nan(a, fill), *args, **kwargs)

    return nan_call


implements(np.nansum)(_nan_version(_sum, 0.0))
implements(np.nanprod)(_nan_version(_prod, 1.0))
implements(np.nancumsum)(_nan_version(_cumsum, 0.0))
implements(np.nancumprod)(_nan_version(_cumprod, 1.0))


def _nan_extreme(call: Callable[..., Any], numpy_call: Callable[..., Any], fill: float) -> Callable[..., Any]:
    def nan_call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **extra: Any) -> Any:
        refuse_extra(f"numpy.{numpy_call.__name__}", extra)
        result = call(_without_nan(a, fill), axis, keepdims=keepdims)
        # A slice of NaN alone has the answer NaN, with NumPy's warning.
        expected = numpy_call(plain(a), axis=axis, keepdims=bool(keepdims) and keepdims is not NoValue)
        return arithmetic.where(np.isnan(expected), np.nan, result) if np.any(np.isnan(expected)) else result

    return nan_call


implements(np.nanmax)(_nan_extreme(_amax, np.nanmax, -np.inf))
implements(np.nanmin)(_nan_extreme(_amin, np.nanmin, np.inf))


def _valid(a: Any, where: Any) -> Any:
    valid = ~np.isnan(plain(a))
    return valid if where is True or where is NoValue else valid & plain(where)


@implements(np.nanmean)
def _nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    valid = _valid(a, where)
    return _mean(_without_nan(a, 0.0), axis, dtype, None, keepdims, where=valid)


def _nan_spread(root: bool) -> Callable[..., Any]:
    spread = _spread_of(root)

    def call(a: Any, *args: Any, where: Any = True, **kwargs: Any) -> Any:
        return spread(_without_nan(a, 0.0), *args, where=_valid(a, where), **kwargs)

    return call


implements(np.nanvar)(_nan_spread(False))
implements(np.nanstd)(_nan_spread(True))


# --- ufunc.reduce, accumulate, outer, reduceat ------------------------------------------------------------------


def _folded(op: Any) -> Callable[..., Any]:
    """ufunc.reduce by definition: fold the op over the slices of an axis, left to right."""

    def fold(
        array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False, **extra: Any
    ) -> Any:
        refuse_extra(f"numpy.{op.__name__}.reduce", {"dtype": dtype, **extra})
        if isinstance(axis, tuple) or axis is None:
            axes = normalize_axes(axis, array.ndim)
            if len(axes) != 1:
                raise no_rule(f"numpy.{op.__name__}.reduce over several axes")
            axis = axes[0]
        axis %= array.ndim
        if not array.shape[axis]:
            raise no_rule(f"numpy.{op.__name__}.reduce of an axis of length 0")
        result = array[along(axis, 0)]
        for i in range(1, array.shape[axis]):
            result = op(result, array[along(axis, i)])
        return np.expand_dims(result, axis) if keepdims else result

    return fold


def _accumulated(op: Any) -> Callable[..., Any]:
    def run(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse_extra(f"numpy.{op.__name__}.accumulate", {"dtype": dtype})
        axis %= array.ndim
        if not array.shape[axis]:
            return array + 0.0
        results = [array[along(axis, 0)]]
        for i in range(1, array.shape[axis]):
            results.append(op(results[-1], array[along(axis, i)]))
        return shape.stack(*results, axis=axis)

    return run


def _outer(op: Any) -> Callable[..., Any]:
    def outer(first: Any, second: Any) -> Any:
        first, second = as_operand(first), as_operand(second)
        return op(first.reshape(first.shape + (1,) * second.ndim), second)

    return outer


def _by_pieces(op_reduce: Callable[..., Any]) -> Callable[..., Any]:
    def reduceat(array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        axis %= array.ndim
        starts = plain(indices).tolist()
        ends = [*starts[1:], array.shape[axis]]
        pieces = [slice(i, j) if j > i else slice(i, i + 1) for i, j in zip(starts, ends, strict=True)]
        return shape.stack(*(op_reduce(array[along(axis, piece)], axis=axis) for piece in pieces), axis=axis)

    return reduceat


def _running_extreme(numpy_extreme: np.ufunc, better: Any) -> Callable[..., Any]:
    """maximum.accumulate: each entry is the value at the position of the best so far (the first of equals)."""

    def run(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        values = plain(array)
        best = numpy_extreme.accumulate(values, axis=axis)
        size = [1] * values.ndim
        size[axis] = -1
        positions = np.arange(values.shape[axis]).reshape(size)
        fresh = np.ones(values.shape, bool)
        later, earlier = along(axis % values.ndim, slice(1, None)), along(axis % values.ndim, slice(None, -1))
        fresh[later] = better(values[later], best[earlier])
        return take_along_axis(array, np.maximum.accumulate(np.where(fresh, positions, 0), axis=axis), axis)

    return run


def _reduce_calls() -> None:
    """Every differentiable ufunc of two operands has reduce, accumulate, outer and reduceat, as in NumPy."""
    special: dict[Any, Any] = {
        np.add: _with_options("add.reduce", reduce.sum, arithmetic.add, 0.0, 0),
        np.multiply: _with_options("multiply.reduce", reduce.prod, arithmetic.multiply, 1.0, 0),
        np.maximum: _with_options("maximum.reduce", reduce.max, arithmetic.maximum, -np.inf, 0),
        np.minimum: _with_options("minimum.reduce", reduce.min, arithmetic.minimum, np.inf, 0),
        np.logaddexp: _with_options("logaddexp.reduce", reduce.logsumexp, transcendental.logaddexp, -np.inf, 0),
    }
    running: dict[Any, Any] = {
        np.add: lambda array, axis=0, dtype=None, out=None: _cumsum(array, axis, dtype),
        np.multiply: lambda array, axis=0, dtype=None, out=None: _cumprod(array, axis, dtype),
        np.maximum: _running_extreme(np.maximum, np.greater),
        np.minimum: _running_extreme(np.minimum, np.less),
    }
    for op in REGISTRY.values():
        if not op.differentiable:
            continue
        for ufunc in op.numpy:
            if isinstance(ufunc, np.ufunc) and ufunc.nin == 2 and ufunc.signature is None:
                reducer = special.get(ufunc, _folded(op.function))
                UFUNCS[ufunc, "reduce"] = reducer
                UFUNCS[ufunc, "accumulate"] = running.get(ufunc, _accumulated(op.function))
                UFUNCS[ufunc, "outer"] = _outer(op.function)
                UFUNCS[ufunc, "reduceat"] = _by_pieces(reducer)


_reduce_calls()
