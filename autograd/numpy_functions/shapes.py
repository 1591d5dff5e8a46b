"""Functions that put the same numbers into another shape or order, repeat them, leave some out, or pad them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from autograd.engine.tensor import Tensor
from autograd.numpy_functions.arguments import along, as_operand, on_axis
from autograd.numpy_functions.protocol import implements, values_of
from autograd.numpy_functions.without_gradient import PIECES, UNDEFINED, refusal
from autograd.ops import arithmetic, index, shape
from autograd.ops.shape import broadcast_to as broadcast_op


@implements(np.reshape, direct=True)
def _reshape(a: Any, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: bool | None = None) -> Any:
    shape = newshape if shape is None else shape  # as NumPy called it before 2.4
    return a.reshape(shape) if order == "C" else np.ravel(a)[np.reshape(_places(a), shape, order)]


@implements(np.ravel, direct=True)
def _ravel(a: Any, order: Any = "C") -> Any:
    if order == "C" or (order in ("A", "K") and a.data.flags.c_contiguous):
        return shape.ravel(a)
    return np.ravel(a)[np.ravel(_places(a), order)]


def _places(a: Any) -> Any:
    """The position of each entry of an array, in an array that lies in memory as that one does."""
    places = np.empty_like(a.data, dtype=int)
    places[...] = np.arange(a.size).reshape(a.shape)
    return places


implements(np.resize)(lambda a, new_shape: np.ravel(a)[np.resize(np.arange(a.size), new_shape)])


def _lifting(function: Callable[..., Any], ndim: int) -> Callable[..., Any]:
    def lift(a: Any) -> Any:
        return a if a.ndim >= ndim else a.reshape(function(values_of(a)).shape)

    def call(*arys: Any) -> Any:
        lifted = tuple(lift(as_operand(a)) for a in arys)
        return lifted[0] if len(lifted) == 1 else lifted

    return call


for _ndim, _function in enumerate((np.atleast_1d, np.atleast_2d, np.atleast_3d), 1):
    implements(_function)(_lifting(_function, _ndim))
implements(np.broadcast_to, direct=True)(lambda array, shape, subok=False: broadcast_op(array, shape=shape))


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    target = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(np.broadcast_to(a, target) for a in args)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    n = len(xi)
    grids = [np.reshape(as_operand(x), (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        grids = [np.swapaxes(g, 0, 1) for g in grids]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


@implements(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = normalize_axis_index(axis, a.ndim), start + a.ndim if start < 0 else start
    return np.moveaxis(a, axis, start - (axis < start))


implements(np.squeeze, direct=True)(lambda a, axis=None: shape.squeeze(a, axis=axis))
implements(np.copy, direct=True)(lambda a, order="K", subok=False: arithmetic.copy(a))
implements(np.astype, direct=True)(lambda x, dtype, /, *, copy=True, device=None: x.astype(dtype))


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    a, axis = on_axis(a.reshape((1,)) if a.ndim == 0 else a, axis)  # NumPy takes a number for an array of one
    return a[along(axis, np.repeat(np.arange(a.shape[axis]), repeats))]


@implements(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    counts = (reps,) if isinstance(reps, int | np.integer) else tuple(reps)
    ndim = max(A.ndim, len(counts))
    counts = (1,) * (ndim - len(counts)) + counts
    sizes = (1,) * (ndim - A.ndim) + A.shape
    pairs = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    ones = [n for size in sizes for n in (1, size)]
    spread = np.broadcast_to(A.reshape(tuple(ones)), tuple(pairs))
    return spread.reshape(tuple(c * n for c, n in zip(counts, sizes, strict=True)))


@implements(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(m.ndim))]


implements(np.fliplr)(lambda m: m[:, ::-1])
implements(np.flipud)(lambda m: m[::-1])


@implements(np.rot90)
def _rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    if k % 2:
        return np.swapaxes(np.flip(m, axes[1 if k % 4 == 1 else 0]), *axes)
    return np.flip(m, axes) if k % 4 else m + 0.0


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.ravel(a)[np.roll(np.arange(a.size), shift)].reshape(a.shape)
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    for s, k in zip(shifts, axes, strict=True):
        k = normalize_axis_index(int(k), a.ndim)
        a = a[along(k, np.roll(np.arange(a.shape[k]), int(s)))]
    return a


def _half_turned(x: Any, axes: Any, sign: int) -> Any:
    axes = tuple(range(x.ndim)) if axes is None else axes
    return np.roll(x, [sign * (x.shape[k] // 2) for k in np.atleast_1d(axes)], axes)


implements(np.fft.fftshift)(lambda x, axes=None: _half_turned(x, axes, 1))
implements(np.fft.ifftshift)(lambda x, axes=None: _half_turned(x, axes, -1))


@implements(sliding_window_view)
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    places = np.arange(x.size).reshape(x.shape)
    return np.ravel(x)[sliding_window_view(places, window_shape, axis)]


implements(np.diagonal)(lambda a, offset=0, axis1=0, axis2=1: _diagonal_of(a, offset, axis1, axis2))


def _diagonal_of(a: Any, offset: int, axis1: int, axis2: int) -> Any:
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = moved.shape[-2:]
    steps = np.arange(max(min(rows + min(offset, 0), columns - max(offset, 0)), 0))
    return moved[..., steps - min(offset, 0), steps + max(offset, 0)]


implements(np.linalg.diagonal)(lambda x, /, *, offset=0: _diagonal_of(x, offset, -2, -1))


@implements(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return np.sum(_diagonal_of(a, offset, axis1, axis2), axis=-1, dtype=dtype)


implements(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: _trace(x, offset, -2, -1, dtype))


@implements(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    v = np.ravel(v)
    n = v.shape[0] + abs(k)
    steps = np.arange(v.shape[0])
    return index.scatter(v, index=(steps - min(k, 0), steps + max(k, 0)), shape=(n, n))


implements(np.diag)(lambda v, k=0: _diagonal_of(v, k, 0, 1) if v.ndim == 2 else _diagflat(v, k))
implements(np.tril)(lambda m, k=0: np.where(np.tri(m.shape[-2:][0], m.shape[-1], k, dtype=bool), m, 0.0))
implements(np.triu)(lambda m, k=0: np.where(np.tri(m.shape[-2:][0], m.shape[-1], k - 1, dtype=bool), 0.0, m))


# The modes of np.pad that have a derivative, beside "constant" and "linear_ramp".
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
