"""Indexing of every kind, and its inverse: putting values into a copy."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from autograd.arrays import Array, Shape, only_numbers
from autograd.engine.op import OpFunction, defop, unchanged
from autograd.engine.tensor import Tensor, plain
from autograd.facts import NEAREST, Example


def plain_index(index: Any) -> Any:
    """An index for NumPy: Tensors of integers or booleans inside it become arrays."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if index.__class__ in _PLAIN:
        return index
    only_numbers(index, "the index")
    return plain(index)


_SIMPLE = frozenset({int, np.int64, slice, type(None), type(...)})
_PLAIN = _SIMPLE | {np.ndarray}


def is_basic(index: Any) -> bool:
    """Whether an index selects every position at most once (integers, slices, masks, None, ...)."""
    for part in index if isinstance(index, tuple) else (index,):
        known = part.__class__ in _SIMPLE or isinstance(part, int | np.integer)
        if not known and getattr(part, "dtype", None) != np.dtype(bool):
            return False
    return True


def _in_stack(index: Any) -> Any:
    """An index for a stack with a new first axis; None for arrays and booleans, whose axes NumPy may put before it."""
    parts = index if isinstance(index, tuple) else (index,)
    return (slice(None), *parts) if all(part.__class__ in _SIMPLE for part in parts) else None


def scatter_kernel(x: Array, *, index: Any, shape: Shape) -> Array:
    """Zeros of a shape, with x added at the index."""
    index = plain_index(index)
    out = np.zeros(shape, x.dtype)
    if is_basic(index):
        out[index] = x
    else:
        _add_all(out, index, x)
    return out


_FEW, _AT_ONCE = 1024, 1 << 16  # entries: from where it pays, and of how many the places are written out together


def _add_all(out: Array, index: Any, x: Array) -> None:
    """``np.add.at(out, index, x)``: entries for the same place are added in their order in x.

    Row by row it takes four times as long as entry by entry, for which the places of all entries are written out. Of
    places along a later axis each is one sum of slices.
    """
    if index.__class__ is tuple and len(index) > 1 and all(part.__class__ is slice for part in index[:-1]):
        *before, places = index
        if places.__class__ is np.ndarray and places.ndim == 1 and 4 * x.size > _FEW * len(places):
            for i, place in enumerate(places.tolist()):
                out[(*before, place)] += x[(*(slice(None),) * len(before), i)]
            return
    if index.__class__ is tuple and len(index) == 1 and index[0].__class__ is np.ndarray:  # (rows,), not ((i, j),)
        index = index[0]
    if (
        index.__class__ is not np.ndarray or x.size < _FEW or out.ndim == 1 or not out.flags.c_contiguous
        or x.dtype != out.dtype or x.shape != index.shape + out.shape[1:]
    ):  # fmt: skip
        np.add.at(out, index, x)
        return
    width = prod(out.shape[1:])
    rows = np.arange(len(out))[index].reshape(-1, 1) * width  # NumPy has checked them, and none is negative now
    flat, x = out.reshape(-1), x.reshape(len(rows), width)
    columns, step = np.arange(width), max(1, _AT_ONCE // width)
    for i in range(0, len(rows), step):
        np.add.at(flat, (rows[i : i + step] + columns).reshape(-1), x[i : i + step].reshape(-1))


def _refuse_complex(x: Array, value: Array) -> None:
    """NumPy would only warn, and drop imaginary parts."""
    if np.iscomplexobj(value) and not np.iscomplexobj(x):
        raise TypeError(f"complex values cannot be put into an array of {x.dtype}: pass their real part, np.real(...)")


def set_at_kernel(x: Array, value: Array, *, index: Any) -> Array:
    _refuse_complex(x, value)
    out = np.array(x)
    out[plain_index(index)] = value
    return out


def add_at_kernel(x: Array, value: Array, *, index: Any) -> Array:
    _refuse_complex(x, value)
    index = plain_index(index)
    out = np.array(x)
    if is_basic(index):
        out[index] += value
    else:
        # Repeated to its full size here: NumPy 2.4 leaves some out when a row of values meets a matrix of indices.
        _add_all(out, index, np.broadcast_to(value, out[index].shape))
    return out


def _last_writers(g: Array, index: Any) -> Array:
    """The gradient of the values that `set_at` wrote: none for a value that a later one has overwritten."""
    written = g[index]
    index = plain_index(index)
    if is_basic(index):
        return written
    order = np.arange(written.size).reshape(written.shape)
    winner = np.zeros(g.shape, order.dtype)
    winner[index] = order
    return np.where(winner[index] == order, written, 0.0)


_PLACES = np.array([1, 0, 1])

getitem: OpFunction = defop(
    "getitem", lambda x, *, index: x[plain_index(index)],
    lambda g, x_shape, index: scatter(g, index=index, shape=x_shape),
    stacked=lambda n, x_shape, index: (within := _in_stack(index)) and ((n, *x_shape), within),
    kind="moves", symbol="[]", matrix="G at the places taken, else 0", method="__getitem__",
    example=(Example((2, 3), index=(slice(None), _PLACES)), Example((4,), index=slice(1, None))),
    doc="x[index] for every kind of NumPy index; the gradients of a position chosen several times add up.",
    doctest="tensor([1.0, 2.0, 3.0])[[0, 0, 2]] -> tensor([1., 1., 3.])",
)  # fmt: skip
scatter: Callable[..., Any] = defop(
    "scatter", scatter_kernel, lambda g, index: g[index],
    stacked=lambda n, index: (within := _in_stack(index)) and (within,),
    kind="moves", matrix="G at the places filled", example=Example((3,), index=_PLACES, shape=(4,)),
    doc="Zeros with x added at an index, in the order of x: the gradient of `getitem`.",
    doctest="scatter(tensor([1.0, 2.0]), index=[0, 0], shape=(2,)) -> tensor([3., 0.])",
)  # fmt: skip
set_at: Callable[..., Any] = defop(
    "set_at", set_at_kernel, (lambda g, index: set_at(g, 0.0, index=index), _last_writers),
    kind="moves", slope=None, matrix=("G, with 0 at the places set", "G at the places set"),
    example=Example((2, 3), (3,), index=0),
    doc="A copy of x with the values at an index replaced.",
    doctest="tensor([1.0, 2.0, 3.0]).at[1:].set(0.0) -> tensor([1., 0., 0.])",
)  # fmt: skip
add_at: OpFunction = defop(
    "add_at", add_at_kernel, (unchanged, lambda g, index: g[index]),
    kind="moves", matrix=("G", "G at the places added to"), rounding=NEAREST,
    example=Example((4,), (3,), index=_PLACES),
    doc="A copy of x with values added at an index; repeated positions add up.",
    doctest="tensor([1.0, 2.0]).at[[0, 0]].add(1.0) -> tensor([3., 2.])",
)  # fmt: skip


class At:
    """``t.at[index].set(value)`` and ``.add(value)``: differentiable answers to ``t[index] = value``.

    >>> from autograd import tensor
    >>> x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x.at[0].set(10.0).sum().backward()
    >>> x.grad
    array([0., 1., 1.])
    """

    __slots__ = ("_index", "_tensor")

    def __init__(self, tensor: Tensor, index: Any = ...) -> None:
        self._tensor = tensor
        self._index = index

    def __getitem__(self, index: Any) -> "At":
        return At(self._tensor, index)

    def set(self, value: Any) -> Tensor:
        """A copy with the values at the index replaced."""
        result: Tensor = set_at(self._tensor, value, index=self._index)
        return result

    def add(self, value: Any) -> Tensor:
        """A copy with values added at the index; repeated positions add up."""
        result: Tensor = add_at(self._tensor, value, index=self._index)
        return result


__autograd_transparent__ = True
