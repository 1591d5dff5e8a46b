"""Functions that move numbers: reshaping, joining, splitting, repeating, rolling, padding with existing values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from autograd.arrays import normalize_axes
from autograd.numpy_functions.refused import PIECES, UNDEFINED, refusal
from autograd.ops import arithmetic, index, shape
from autograd.ops.shape import broadcast_to as broadcast_op
from autograd.protocol import implements
from autograd.tensor import Tensor, constant

__autograd_transparent__ = True


def as_operand(a: Any) -> Any:
    """A Tensor or an array, whatever was given."""
    return a if isinstance(a, Tensor) else np.asarray(a)


def as_tensor(a: Any) -> Tensor:
    """A Tensor as it is, anything else as one without gradient."""
    return a if isinstance(a, Tensor) else constant(np.asarray(a))


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """An index that applies to one axis (not negative)."""
    return (slice(None),) * axis + (part,)


def as_last_axis(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """An array with the axes to reduce as one last axis, and the shape of a result that keeps them."""
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    moved = np.transpose(a, rest + axes).reshape((*(a.shape[k] for k in rest), prod(a.shape[k] for k in axes)))
    return moved, tuple(1 if k in axes else n for k, n in enumerate(a.shape))


# --- shape ------------------------------------------------------------------------------------------------------


@implements(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: bool | None = None) -> Any:
    shape = newshape if shape is None else shape  # as NumPy called it before 2.4
    return a.reshape(shape) if order == "C" else np.ravel(a)[np.reshape(_places(a), shape, order)]


@implements(np.ravel)
def _ravel(a: Any, order: Any = "C") -> Any:
    if order == "C" or (order in ("A", "K") and a.data.flags.c_contiguous):
        return shape.ravel(a)
    return np.ravel(a)[np.ravel(_places(a), order)]


def _places(a: Any) -> Any:
    """The position of each entry of an array, in an array that lies in memory as that one does."""
    places = np.empty_like(a.data, dtype=int)
    places[...] = np.arange(a.size).reshape(a.shape)
    return places


@implements(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    return np.ravel(a)[np.resize(np.arange(a.size), new_shape)]


@implements(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return _each(arys, lambda a: a.reshape((1,)) if a.ndim == 0 else a)


@implements(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return _each(arys, lambda a: a.reshape((1, -1)) if a.ndim < 2 else a)


@implements(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    def lift(a: Any) -> Any:
        if a.ndim < 2:
            return a.reshape((1, -1, 1))
        return a[:, :, None] if a.ndim == 2 else a

    return _each(arys, lift)


def _each(arys: tuple[Any, ...], change: Any) -> Any:
    changed = tuple(change(as_operand(a)) for a in arys)
    return changed[0] if len(changed) == 1 else changed


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return broadcast_op(array, shape=shape)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    target = np.broadcast_shapes(*(np.shape(a) for a in args))
    return tuple(np.broadcast_to(a, target) for a in args)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    n = len(xi)
    grids = [np.reshape(as_operand(x), (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        grids = [np.swapaxes(g, 0, 1) for g in grids]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


@implements(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = normalize_axis_index(axis, a.ndim), start + a.ndim if start < 0 else start
    return np.moveaxis(a, axis, start - (axis < start))


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return shape.squeeze(a, axis=axis)


# --- joining ----------------------------------------------------------------------------------------------------


@implements(np.concatenate)
def _concatenate(
    arrays: Sequence[Any], /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    return _joined(shape.concatenate(*arrays, axis=axis), dtype, casting)


def _joined(joined: Any, dtype: Any, casting: Any) -> Any:
    """What np.concatenate and its like make of their last two options."""
    if dtype is None:
        return joined
    np.empty(0, joined.dtype).astype(dtype, casting=casting)  # NumPy's complaint about a dtype that does not fit
    return joined.astype(dtype)


@implements(np.stack)
def _stack(
    arrays: Sequence[Any], axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    return _joined(shape.stack(*arrays, axis=axis), dtype, casting)


@implements(np.hstack)
def _hstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    parts = [_atleast_1d(a) for a in tup]
    return _joined(shape.concatenate(*parts, axis=0 if parts[0].ndim == 1 else 1), dtype, casting)


@implements(np.vstack, np.row_stack)  # noqa: NPY201 - which it is until NumPy drops it
def _vstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _joined(shape.concatenate(*(_atleast_2d(a) for a in tup), axis=0), dtype, casting)


@implements(np.dstack)
def _dstack(tup: Sequence[Any]) -> Any:
    return shape.concatenate(*(_atleast_3d(a) for a in tup), axis=2)


@implements(np.column_stack)
def _column_stack(tup: Sequence[Any]) -> Any:
    return shape.concatenate(*(a if as_operand(a).ndim > 1 else as_operand(a).reshape((-1, 1)) for a in tup), axis=1)


@implements(np.block)
def _block(arrays: Any) -> Any:
    np.block(_filled_with_ones(arrays))  # NumPy's complaint about lists of different depths
    depth = _depth(arrays)
    widest = max(as_operand(a).ndim for a in _blocks(arrays))
    return _join_blocks(arrays, depth, max(depth, widest))


def _filled_with_ones(arrays: Any) -> Any:
    return list(map(_filled_with_ones, arrays)) if isinstance(arrays, list) else np.ones(np.shape(arrays), bool)


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _blocks(arrays: Any) -> list[Any]:
    return [b for part in arrays for b in _blocks(part)] if isinstance(arrays, list) else [arrays]


def _join_blocks(arrays: Any, depth: int, ndim: int) -> Any:
    if not isinstance(arrays, list):
        a = as_operand(arrays)
        return a.reshape((1,) * (ndim - a.ndim) + a.shape)
    return shape.concatenate(*(_join_blocks(part, depth - 1, ndim) for part in arrays), axis=-depth)


@implements(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        return shape.concatenate(np.ravel(as_operand(arr)), np.ravel(as_operand(values)))
    return shape.concatenate(as_operand(arr), as_operand(values), axis=axis)


@implements(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    arr, obj = as_operand(arr), index.plain_index(obj)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normalize_axis_index(axis, arr.ndim)
    values = as_operand(values).astype(arr.dtype)
    values = values.reshape((1,) * (arr.ndim - values.ndim) + values.shape)
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        values = np.moveaxis(values, 0, axis)
        obj = np.full(values.shape[axis], obj)
    # The same insertion among positions says where each entry of the result comes from.
    length = arr.shape[axis]
    count = len(np.insert(np.zeros(length), obj, 0.0)) - length
    target = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    values = np.broadcast_to(values, target)
    positions = np.insert(np.arange(length), obj, length + np.arange(count))
    return shape.concatenate(arr, values, axis=axis)[along(axis, positions)]


@implements(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normalize_axis_index(axis, arr.ndim)
    return arr[along(axis, np.delete(np.arange(arr.shape[axis]), index.plain_index(obj)))]


# --- taking apart -----------------------------------------------------------------------------------------------


@implements(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    places = index.plain_index(indices_or_sections)
    return list(shape.split(ary, indices_or_sections=places, axis=axis))


@implements(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    indices_or_sections = index.plain_index(indices_or_sections)
    if np.ndim(indices_or_sections) == 0:
        n, sections = ary.shape[axis], int(indices_or_sections)
        if sections <= 0:
            raise ValueError("number sections must be larger than 0.")
        sizes = [n // sections + (i < n % sections) for i in range(sections)]
        indices_or_sections = list(accumulate(sizes))[:-1]
    return list(shape.split(ary, indices_or_sections=indices_or_sections, axis=axis))


@implements(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, axis=0 if ary.ndim == 1 else 1)


@implements(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return np.split(ary, indices_or_sections, axis=0)


@implements(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return np.split(ary, indices_or_sections, axis=2)


@implements(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> Any:
    moved = np.moveaxis(x, axis, 0)
    return tuple(moved[i] for i in range(moved.shape[0]))


@implements(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    plain = filt.data
    axes = range(plain.ndim) if axis is None else normalize_axis_tuple(axis, plain.ndim)
    nonzero = np.nonzero(plain)
    kept = [slice(None)] * plain.ndim
    for k in axes:
        found = nonzero[k]
        first, last = (found.min(), found.max() + 1) if found.size else (0, 0)
        kept[k] = slice(first if "f" in trim.lower() else 0, last if "b" in trim.lower() else plain.shape[k])
    return filt[tuple(kept)]


# --- repeating, reversing, rolling ------------------------------------------------------------------------------


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, a.ndim)
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


@implements(np.fliplr)
def _fliplr(m: Any) -> Any:
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return m[:, ::-1]


@implements(np.flipud)
def _flipud(m: Any) -> Any:
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return m[::-1]


@implements(np.rot90)
def _rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    first, second = axes
    k %= 4
    if k == 0:
        return m + 0.0
    if k == 2:
        return np.flip(np.flip(m, first), second)
    if k == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.ravel(a)[np.roll(np.arange(a.size), shift)].reshape(a.shape)
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    for s, k in zip(shifts, axes, strict=True):
        k = normalize_axis_index(int(k), a.ndim)
        a = a[along(k, np.roll(np.arange(a.shape[k]), int(s)))]
    return a


@implements(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes = tuple(range(x.ndim)) if axes is None else axes
    return np.roll(x, [x.shape[k] // 2 for k in np.atleast_1d(axes)], axes)


@implements(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes = tuple(range(x.ndim)) if axes is None else axes
    return np.roll(x, [-(x.shape[k] // 2) for k in np.atleast_1d(axes)], axes)


@implements(sliding_window_view)
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    places = np.arange(x.size).reshape(x.shape)
    return np.ravel(x)[sliding_window_view(places, window_shape, axis)]


# --- diagonals and triangles ------------------------------------------------------------------------------------


@implements(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return _diagonal_of(a, offset, axis1, axis2)


def _diagonal_of(a: Any, offset: int, axis1: int, axis2: int) -> Any:
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = moved.shape[-2:]
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    steps = np.arange(count)
    return moved[..., steps - min(offset, 0), steps + max(offset, 0)]


implements(np.linalg.diagonal)(lambda x, /, *, offset=0: _diagonal_of(x, offset, -2, -1))


@implements(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return np.sum(_diagonal_of(a, offset, axis1, axis2), axis=-1, dtype=dtype)


implements(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: _trace(x, offset, -2, -1, dtype))


@implements(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return _diagonal_of(v, k, 0, 1)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    return _diagflat(v, k)


@implements(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    v = np.ravel(v)
    n = v.shape[0] + abs(k)
    steps = np.arange(v.shape[0])
    return index.scatter(v, index=(steps - min(k, 0), steps + max(k, 0)), shape=(n, n))


@implements(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return np.where(_lower_triangle(m.shape[-2:], k), m, 0.0)


@implements(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return np.where(_lower_triangle(m.shape[-2:], k - 1), 0.0, m)


def _lower_triangle(sizes: tuple[int, ...], k: int) -> Any:
    return np.tri(sizes[0], sizes[-1], k, dtype=bool)


# --- padding ----------------------------------------------------------------------------------------------------

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
    plain_options = {k: v.data if isinstance(v, Tensor) else v for k, v in options.items()}
    np.pad(np.empty((1,) * array.ndim), 0, mode, **plain_options)  # NumPy's complaints about the options
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
        parts = [
            2.0 * first - even[along(axis, slice(0, left))],
            a,
            2.0 * last - even[along(axis, slice(n + left, None))],
        ]
        a = shape.concatenate(*parts, axis=axis)
        before, after = before - left, after - right
    return a


@implements(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return arithmetic.copy(a)


@implements(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return x.astype(dtype)
