"""np.pad, in every mode that has a derivative."""

from typing import Any

import numpy as np

from autograd.engine.tensor import Tensor
from autograd.numpy_functions.arguments import along
from autograd.numpy_functions.protocol import implements
from autograd.numpy_functions.refused import PIECES, UNDEFINED, refusal
from autograd.ops import shape

_BY_POSITION = {"edge", "wrap", "reflect", "symmetric"}
_BY_STATISTIC: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


@implements(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if callable(mode) or mode == "empty":
        raise refusal(f"numpy.pad with mode {mode!r}", PIECES if callable(mode) else UNDEFINED)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(k, pad_width.get(k - array.ndim, (0, 0))) for k in range(array.ndim)]
        pad_width = [(w, w) if isinstance(w, int) else w for w in pad_width]
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    for axis, (before, after) in enumerate(widths):
        array = _pad_axis(array, axis, before, after, mode, options)
    return array


def _pad_axis(a: Any, axis: int, before: int, after: int, mode: Any, options: dict[str, Any]) -> Any:
    if not before and not after:
        return a
    n = a.shape[axis]
    if mode in _BY_POSITION:
        if options.get("reflect_type", "even") == "odd":
            return _pad_odd(a, axis, before, after, mode)
        return a[along(axis, np.pad(np.arange(n), (before, after), mode))]
    if mode == "constant":
        low, high = _pair(options.get("constant_values", 0.0), axis, a.ndim)
        parts = [_filled(a, axis, before, low), a, _filled(a, axis, after, high)]
    elif mode == "linear_ramp":
        low, high = _pair(options.get("end_values", 0.0), axis, a.ndim)
        parts = [_ramp(a, axis, before, low, 0), a, np.flip(_ramp(a, axis, after, high, n - 1), axis)]
    else:
        low, high = _pair(options.get("stat_length"), axis, a.ndim)
        statistic = _BY_STATISTIC[mode]
        first = statistic(a[along(axis, slice(None, low))], axis=axis, keepdims=True)
        last = statistic(a[along(axis, slice(None if high is None else -high, None))], axis=axis, keepdims=True)
        parts = [np.repeat(first, before, axis), a, np.repeat(last, after, axis)]
    return shape.concatenate(*parts, axis=axis)


def _pair(value: Any, axis: int, ndim: int) -> tuple[Any, Any]:
    """The values of an option of np.pad for the two ends of an axis."""
    if value is None or isinstance(value, Tensor):
        return value, value
    low, high = np.broadcast_to(np.asarray(value), (ndim, 2))[axis].tolist()
    return low, high


def _filled(a: Any, axis: int, count: int, value: Any) -> Any:
    size = (*a.shape[:axis], count, *a.shape[axis + 1 :])
    return np.broadcast_to(value, size) if isinstance(value, Tensor) else np.full(size, value, a.dtype)


def _ramp(a: Any, axis: int, count: int, end: float, edge: int) -> Any:
    steps = (np.arange(count) / max(count, 1)).astype(a.dtype).reshape((-1,) + (1,) * (a.ndim - axis - 1))
    return end + (a[along(axis, slice(edge, edge + 1))] - end) * steps


def _pad_odd(a: Any, axis: int, before: int, after: int, mode: Any) -> Any:
    """Reflection through the edge value: twice the edge less the reflected value."""
    while before or after:
        n = a.shape[axis]
        step = n - 1 if mode == "reflect" and n > 1 else n
        left, right = min(before, step), min(after, step)
        even = a[along(axis, np.pad(np.arange(n), (left, right), mode))]
        first, last = a[along(axis, slice(0, 1))], a[along(axis, slice(n - 1, n))]
        low, high = even[along(axis, slice(0, left))], even[along(axis, slice(n + left, None))]
        a = shape.concatenate(2.0 * first - low, a, 2.0 * last - high, axis=axis)
        before, after = before - left, after - right
    return a
