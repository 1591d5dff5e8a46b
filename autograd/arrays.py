"""The few array manipulations that the engine itself needs, on ndarrays and, through NumPy's protocols, on Tensors."""

from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd.errors import OperandError

Array = Any  # what kernels and rules compute with: an array, a number of NumPy's or, in a recorded pass, a Tensor
Axis = int | tuple[int, ...] | None
Shape = tuple[int, ...]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

# Three times as fast as np.sum and friends on small arrays, and dispatched to Tensors all the same.
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce

# A gradient that is one number spread over an array is written out below this size; above it, a view with
# zero strides saves the memory and its traffic.
_WRITE_OUT = 16_384

_FEW = 65_536  # arrays of numbers that are always the same (ones, places) are kept up to this size

# From how many entries on a product with ones adds up faster than NumPy's loops, which begin anew with every row; and
# from which length of rows on NumPy adds up in pairs, which is more accurate.
_BY_BLAS, _PAIRWISE = 2048, 128


def ones(count: int, dtype: Any) -> Any:
    """A vector of ones, for sums by matrix products."""
    return (_kept_ones if count <= _FEW else np.ones)(count, dtype)


def row_starts(rows: int, columns: int) -> Any:
    """The flat index of the first entry of each row of a matrix."""
    return _kept_places(rows, columns) if rows <= _FEW else np.arange(0, rows * columns, columns)


_kept_ones = lru_cache(maxsize=16)(lambda count, dtype: np.ones(count, dtype))
_kept_places = lru_cache(maxsize=16)(lambda rows, columns: np.arange(0, rows * columns, columns))


def maximum_along(x: Any, axis: Axis) -> Any:
    """The largest entries along an axis, which is kept with length 1.

    The last axis is searched by `argmax`, which takes a quarter of the time of `maximum.reduce` on short rows.
    """
    if x.ndim < 2 or axis not in (-1, x.ndim - 1) or not x.size:
        return maximum_reduce(x, axis=axis, keepdims=True)
    if x.ndim > 2:
        return maximum_along(x.reshape((-1, x.shape[-1])), -1).reshape((*x.shape[:-1], 1))
    return x.take(row_starts(*x.shape) + x.argmax(axis=1))[:, None]


def is_real_floating(dtype: DTypeLike) -> bool:
    """Whether data of this dtype can have a gradient: float16, float32, float64 and longdouble."""
    return np.dtype(dtype).kind == "f"


def native(array: Any) -> Any:
    """An array in the byte order of this machine: itself, or a copy if it has another one."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes as non-negative numbers; None means all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(a + ndim if a < 0 else a for a in axes)


def expand(g: Any, shape: Shape) -> Any:
    """Repeat an array to a larger shape (NumPy's broadcasting rules)."""
    if isinstance(g, np.ndarray | np.generic):
        if prod(shape) <= _WRITE_OUT:
            out = np.empty(shape, g.dtype)
            out[...] = g
            return out
        if g.size == 1 and issubclass(type(g), np.ndarray | np.generic):
            out = np.ndarray(shape, g.dtype, g, 0, (0,) * len(shape))  # in an eighth of the time of `broadcast_to`
            out.flags.writeable = False
            return out
    return np.broadcast_to(g, shape)


def sum_to(d: Any, shape: Shape) -> Any:
    """Undo broadcasting: sum over the repeated entries, so that the result has the given shape."""
    extra = d.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and d.shape[i + extra] != 1)
    if len(axes) != 1 or d.size <= _BY_BLAS or d.dtype not in (FLOAT32, FLOAT64) or not d.flags.c_contiguous:
        return add_reduce(d, axis=axes).reshape(shape) if axes else d
    length = d.shape[axes[0]]
    if axes[0] == d.ndim - 2:
        d = np.matmul(ones(length, d.dtype), d)
    elif axes[0] == d.ndim - 1 and length <= _PAIRWISE:
        d = np.matmul(d, ones(length, d.dtype))
    else:
        d = add_reduce(d, axis=axes)
    return d.reshape(shape)


def shifted(axis: Axis, ndim: int) -> Any:
    """The axes of an array, renumbered for a stack of such arrays with a new first axis."""
    if isinstance(axis, tuple):
        return tuple([shifted(a, ndim) for a in axis])
    return tuple(range(1, ndim + 1)) if axis is None else axis + 1 if axis >= 0 else axis


def only_numbers(x: Any, what: str) -> Any:
    """Return the argument, but refuse an array (or a list with one in it) that is more than its numbers: a mask, a unit
    or another meaning of ``*`` would be lost.

    `numpy.memmap` and record arrays compute like plain arrays and are accepted.
    """
    kind: Any = type(x)
    if meaning := _other_meaning(kind):
        if meaning is not _LIST:
            raise OperandError(f"{what} is a {kind.__name__}, {meaning}.")
        for inner in set(map(type, x)):  # of a million floats there is one
            if _other_meaning(inner) and what.count("[") <= 64:  # deeper than any array
                for i, part in enumerate(x):
                    if type(part) is inner:
                        only_numbers(part, f"{what}[{i}]")
    return x


_LIST = "look inside"


@cache
def _other_meaning(kind: Any) -> str:
    """What an array of this class would lose, and what to write instead; empty for plain numbers."""
    if issubclass(kind, list | tuple):
        return _LIST
    if not issubclass(kind, np.ndarray) or (
        kind.__mul__ is np.ndarray.__mul__ and kind.__array_ufunc__ is np.ndarray.__array_ufunc__
    ):
        return ""
    names = {base.__name__ for base in kind.__mro__}
    if "MaskedArray" in names:
        return "whose mask would be lost: pass its data, and apply the mask with np.where or where="
    if "matrix" in names:
        return "whose * is a matrix product: pass np.asarray(m), and write @ for products"
    return "whose arithmetic differs from that of plain arrays: pass np.asarray(x)"
