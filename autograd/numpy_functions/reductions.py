"""Reductions as NumPy calls them (with `where`, `initial`, `dtype`), and those that ignore NaN."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import normalize_axes
from autograd.numpy_functions.arguments import NoValue, as_operand, as_tensor, plain
from autograd.numpy_functions.protocol import composed, implements
from autograd.ops import arithmetic, linalg, reduce, shape


def is_given(value: Any) -> bool:
    """Whether an option of a NumPy function has a value."""
    return value is not None and value is not NoValue


def chosen(**options: Any) -> dict[str, Any]:
    """The options of a reduction that are not at their defaults: nothing, or everything of ``where``."""
    return {
        name: value
        for name, value in options.items()
        if value is not NoValue and not (value is None if name == "dtype" else name == "where" and value is True)
    }


def with_options(ufunc: np.ufunc, reduction: Callable[..., Any], default_axis: int | None = None) -> Callable[..., Any]:
    """A reduction that understands NumPy's ``dtype``, ``where`` and ``initial``, with a default axis."""
    extremes: dict[Any, float] = {np.maximum: -np.inf, np.minimum: np.inf}
    neutral = extremes.get(ufunc, ufunc.identity)

    def general(a: Any, axis: Any, keepdims: bool, dtype: Any = None, initial: Any = NoValue, where: Any = True) -> Any:
        a = a.astype(dtype) if is_given(dtype) else a
        if where is not True:
            a = arithmetic.where(plain(where), a, neutral)
        if a.ndim == 0 and axis in (0, -1):  # which NumPy lets pass
            axis = None
        if not is_given(initial):
            return reduction(a, axis=axis, keepdims=keepdims)
        if a.size:
            return ufunc(reduction(a, axis=axis, keepdims=keepdims), initial)
        size = np.any(np.empty(a.shape, bool), axis=axis, keepdims=keepdims).shape
        return np.broadcast_to(as_tensor(initial).astype(a.dtype), size)

    as_numpy = composed(ufunc.reduce, general)

    def call(
        a: Any, axis: Any = default_axis, dtype: Any = None, out: Any = None, keepdims: Any = False,
        initial: Any = NoValue, where: Any = True,
    ) -> Any:  # fmt: skip
        keepdims = bool(keepdims) and keepdims is not NoValue
        if options := chosen(dtype=dtype, initial=initial, where=where):
            return as_numpy(a, axis=axis, keepdims=keepdims, **options)
        return reduction(a, axis=axis, keepdims=keepdims)

    return call


def _without_dtype(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NoValue, where: Any = True
    ) -> Any:
        return reduce(a, axis, None, None, keepdims, initial, where)

    return extreme


_sum = implements(np.sum, direct=True)(with_options(np.add, reduce.sum))
_prod = implements(np.prod, direct=True)(with_options(np.multiply, reduce.prod))
_amax = implements(np.max, np.amax, direct=True)(_without_dtype(with_options(np.maximum, reduce.max)))
_amin = implements(np.min, np.amin, direct=True)(_without_dtype(with_options(np.minimum, reduce.min)))


@implements(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    keepdims = bool(keepdims) and keepdims is not NoValue
    return reduce.max(a, axis=axis, keepdims=keepdims) - reduce.min(a, axis=axis, keepdims=keepdims)


def _count_where(a: Any, where: Any, axis: Any) -> Any:
    return np.sum(np.broadcast_to(plain(where), a.shape), axis=axis, keepdims=True).astype(a.dtype)


@implements(np.mean, direct=True)
def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    keepdims = bool(keepdims) and keepdims is not NoValue
    if options := chosen(dtype=dtype, where=where):
        return _mean_with_options(a, axis=axis, keepdims=keepdims, **options)
    return reduce.mean(a, axis=axis, keepdims=keepdims)


def _general_mean(a: Any, axis: Any, keepdims: bool, dtype: Any = None, where: Any = True) -> Any:
    a = a.astype(dtype) if is_given(dtype) else a
    if where is True:
        return reduce.mean(a, axis=axis, keepdims=keepdims)
    total = reduce.sum(arithmetic.where(plain(where), a, 0.0), axis=axis, keepdims=True)
    return _lowered(total / _count_where(a, where, axis), a, axis, keepdims)


_mean_with_options = composed(np.mean, _general_mean)


def _lowered(full: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    """A result that still has its reduced axes, without them unless they are wanted."""
    if keepdims:
        return full
    axes = normalize_axes(axis, a.ndim)
    return full.reshape(tuple(n for k, n in enumerate(full.shape) if k not in axes))


def _without_nan(a: Any, fill: float) -> Any:
    return arithmetic.where(np.isnan(plain(a)), fill, a)


def _valid(a: Any, where: Any) -> Any:
    valid = ~np.isnan(plain(a))
    return valid if where is True or where is NoValue else valid & plain(where)


def _spread(function: Callable[..., Any], op: Callable[..., Any], ignores_nan: bool = False) -> Callable[..., Any]:
    def general(
        a: Any, axis: Any, ddof: float, keepdims: bool, dtype: Any = None, where: Any = True, mean: Any = NoValue,
        correction: Any = NoValue,
    ) -> Any:  # fmt: skip
        a = as_operand(a)
        a = a.astype(dtype) if is_given(dtype) else a
        if ignores_nan:
            a, where = _without_nan(a, 0.0), _valid(a, where)
        ddof = correction if is_given(correction) else ddof
        where = True if where is True else plain(where)
        if not is_given(mean):
            return op(a, axis=axis, ddof=ddof, keepdims=keepdims, where=where)
        freedom = _count_where(a, where, axis) - ddof
        freedom = np.where(freedom > 0, freedom, np.nan).astype(a.dtype)  # too few numbers have no spread
        deviation = arithmetic.where(where, a - mean, 0.0)
        if op is reduce.std:
            return _lowered(linalg.euclidean(deviation, axis=axis, keepdims=True) / np.sqrt(freedom), a, axis, keepdims)
        return _lowered(reduce.sum(deviation * deviation, axis=axis, keepdims=True) / freedom, a, axis, keepdims)

    as_numpy = composed(function, general)

    def call(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: Any = False, *,
        where: Any = True, mean: Any = NoValue, correction: Any = NoValue,
    ) -> Any:  # fmt: skip
        keepdims = bool(keepdims) and keepdims is not NoValue
        options = chosen(dtype=dtype, where=where, mean=mean, correction=correction)
        if options or ignores_nan:
            return as_numpy(a, axis=axis, ddof=ddof, keepdims=keepdims, **options)
        return op(a, axis=axis, ddof=ddof, keepdims=keepdims)

    return call


implements(np.var, direct=True)(_spread(np.var, reduce.var))
implements(np.std, direct=True)(_spread(np.std, reduce.std))
implements(np.nanvar, direct=True)(_spread(np.nanvar, reduce.var, ignores_nan=True))
implements(np.nanstd, direct=True)(_spread(np.nanstd, reduce.std, ignores_nan=True))


def _running(op: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
        """The running sum or product, in the requested dtype."""
        return op(a.astype(dtype) if is_given(dtype) else a, axis=axis)

    return call


cumsum = implements(np.cumsum, direct=True)(_running(reduce.cumsum))
cumprod = implements(np.cumprod, direct=True)(_running(reduce.cumprod))


def _cumulative(running: Any, start: float) -> Callable[..., Any]:
    def call(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        x = x.astype(dtype) if is_given(dtype) else x
        axis = 0 if axis is None else axis
        result = running(x, axis=axis)
        if not include_initial:
            return result
        size = tuple(1 if k == axis % x.ndim else n for k, n in enumerate(x.shape))
        return shape.concatenate(np.full(size, start, x.dtype), result, axis=axis)

    return call


implements(np.cumulative_sum)(_cumulative(reduce.cumsum, 0.0))
implements(np.cumulative_prod)(_cumulative(reduce.cumprod, 1.0))


def _nan_version(call: Callable[..., Any], fill: float) -> Callable[..., Any]:
    return lambda a, *args, **kwargs: call(_without_nan(a, fill), *args, **kwargs)


implements(np.nansum)(_nan_version(_sum, 0.0))
implements(np.nanprod)(_nan_version(_prod, 1.0))
implements(np.nancumsum)(_nan_version(cumsum, 0.0))
implements(np.nancumprod)(_nan_version(cumprod, 1.0))
implements(np.nanmax)(_nan_version(_amax, -np.inf))
implements(np.nanmin)(_nan_version(_amin, np.inf))


@implements(np.nanmean)
def _nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    return _mean(_without_nan(a, 0.0), axis, dtype, None, keepdims, where=_valid(a, where))
