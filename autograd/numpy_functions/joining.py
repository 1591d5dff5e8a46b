"""Functions that join arrays or split them."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.numpy_functions.arguments import along, as_operand, on_axis
from autograd.numpy_functions.protocol import implements, named
from autograd.ops import index, shape
from autograd.pytree import leaves


@implements(np.concatenate, direct=True)
def _concatenate(
    arrays: Sequence[Any], /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    return _joined(shape.concatenate(*arrays, axis=axis), dtype, casting)


def _joined(joined: Any, dtype: Any, casting: Any) -> Any:
    """The result of np.concatenate and the like, with their last two options."""
    if dtype is None:
        return joined
    np.empty(0, joined.dtype).astype(dtype, casting=casting)  # the error NumPy raises for it
    return joined.astype(dtype)


@implements(np.stack, direct=True)
def _stack(
    arrays: Sequence[Any], axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    return _joined(shape.stack(*arrays, axis=axis), dtype, casting)


@implements(np.hstack, direct=True)
def _hstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    parts = [np.atleast_1d(a) for a in tup]
    return _joined(shape.concatenate(*parts, axis=0 if parts[0].ndim == 1 else 1), dtype, casting)


@implements(np.vstack, *named("row_stack"), direct=True)
def _vstack(tup: Sequence[Any], *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _joined(shape.concatenate(*(np.atleast_2d(a) for a in tup), axis=0), dtype, casting)


implements(np.dstack, direct=True)(lambda tup: shape.concatenate(*(np.atleast_3d(a) for a in tup), axis=2))


@implements(np.column_stack, direct=True)
def _column_stack(tup: Sequence[Any]) -> Any:
    return shape.concatenate(*(a if as_operand(a).ndim > 1 else as_operand(a).reshape((-1, 1)) for a in tup), axis=1)


@implements(np.block)
def _block(arrays: Any) -> Any:
    depth = _depth(arrays)
    widest = max(as_operand(a).ndim for _, a in leaves(arrays))
    return _join_blocks(arrays, depth, max(depth, widest))


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _join_blocks(arrays: Any, depth: int, ndim: int) -> Any:
    if not isinstance(arrays, list):
        a = as_operand(arrays)
        return a.reshape((1,) * (ndim - a.ndim) + a.shape)
    return shape.concatenate(*(_join_blocks(part, depth - 1, ndim) for part in arrays), axis=-depth)


implements(np.append)(lambda arr, values, axis=None: shape.concatenate(as_operand(arr), as_operand(values), axis=axis))


@implements(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    (arr, axis), obj = on_axis(as_operand(arr), axis), index.plain_index(obj)
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
    arr, axis = on_axis(arr, axis)
    return arr[along(axis, np.delete(np.arange(arr.shape[axis]), index.plain_index(obj)))]


@implements(np.split, direct=True)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return list(shape.split(ary, indices_or_sections=index.plain_index(indices_or_sections), axis=axis))


@implements(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    indices_or_sections = index.plain_index(indices_or_sections)
    if np.ndim(indices_or_sections) == 0:
        pieces = np.array_split(np.arange(ary.shape[axis]), indices_or_sections)
        indices_or_sections = list(accumulate(map(len, pieces)))[:-1]
    return list(shape.split(ary, indices_or_sections=indices_or_sections, axis=axis))


implements(np.hsplit)(lambda ary, indices_or_sections: np.split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1))
implements(np.vsplit)(lambda ary, indices_or_sections: np.split(ary, indices_or_sections, axis=0))
implements(np.dsplit)(lambda ary, indices_or_sections: np.split(ary, indices_or_sections, axis=2))


@implements(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> Any:
    moved = np.moveaxis(x, axis, 0)
    return tuple(moved[i] for i in range(moved.shape[0]))


@implements(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    plain = filt.data
    axes = range(plain.ndim) if axis is None else normalize_axis_tuple(axis, plain.ndim)
    kept = [slice(None)] * plain.ndim
    for k in axes:
        found = np.nonzero(plain)[k]
        first, last = (found.min(), found.max() + 1) if found.size else (0, 0)
        without = ("f" in trim.lower() or not found.size, "b" in trim.lower() or not found.size)
        kept[k] = slice(first if without[0] else 0, last if without[1] else plain.shape[k])
    return filt[tuple(kept)]
