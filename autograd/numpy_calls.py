"""Adapters: NumPy functions whose arguments differ from those of the op that answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.ops import arithmetic, linear, reduce
from autograd.ops import shape as shapes
from autograd.protocol import implements, unsupported
from autograd.tensor import Tensor, constant

__autograd_transparent__ = True


# --- shapes -----------------------------------------------------------------------------------------------------


@implements(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, copy: Any = None, **renamed: Any) -> Any:
    if order != "C":
        raise unsupported("numpy.reshape", "order")
    return shapes.reshape(a, shape=shape)


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    if order != "C":
        raise unsupported("numpy.ravel", "order")
    return shapes.ravel(a)


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return shapes.broadcast_to(array, shape=shape)


@implements(np.concatenate)
def _concatenate(arrays: Sequence[Any], /, axis: int | None = 0, **extra: Any) -> Any:
    _refuse("numpy.concatenate", extra)
    return shapes.concatenate(*arrays, axis=axis)


@implements(np.stack)
def _stack(arrays: Sequence[Any], axis: int = 0, **extra: Any) -> Any:
    _refuse("numpy.stack", extra)
    return shapes.stack(*arrays, axis=axis)


@implements(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return list(shapes.split(ary, indices_or_sections=indices_or_sections, axis=axis))


@implements(np.shape)
def _shape_of(a: Any) -> tuple[int, ...]:
    return tuple(a.shape)


@implements(np.ndim)
def _ndim_of(a: Any) -> int:
    return int(a.ndim)


@implements(np.size)
def _size_of(a: Any, axis: int | None = None) -> int:
    return int(a.size if axis is None else a.shape[axis])


# --- choice -----------------------------------------------------------------------------------------------------


@implements(np.where)
def _where(condition: Any, *branches: Any) -> Any:
    if isinstance(condition, Tensor):
        condition = condition.data
    if not branches:
        return np.where(condition)
    return arithmetic.where(condition, *branches)


@implements(np.clip)
def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None, **extra: Any
) -> Any:
    _refuse("numpy.clip", extra)
    return arithmetic.clip(a, a_min if min is None else min, a_max if max is None else max)


# --- products ---------------------------------------------------------------------------------------------------


@implements(np.einsum)
def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **extra: Any) -> Any:
    _refuse("numpy.einsum", extra)
    if isinstance(operands[0], str):
        return linear.einsum(*operands[1:], subscripts=operands[0])
    arrays, lists = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    text = ",".join(_letters(numbers) for numbers in lists)
    if len(operands) % 2:
        text += "->" + _letters(operands[-1])
    return linear.einsum(*arrays, subscripts=text)


def _letters(numbers: Sequence[Any]) -> str:
    return "".join("..." if n is Ellipsis else linear._LETTERS[int(n)] for n in numbers)


# --- reductions of ufuncs ---------------------------------------------------------------------------------------


def _reduction(op: Any, name: str) -> Any:
    def reduce_(
        array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False, **extra: Any
    ) -> Any:
        _refuse(name, {"dtype": dtype, **extra})
        return op(array, axis=axis, keepdims=keepdims)

    return reduce_


for ufunc, op in ((np.add, reduce.sum), (np.multiply, reduce.prod), (np.maximum, reduce.max), (np.minimum, reduce.min)):
    implements(ufunc, method="reduce")(_reduction(op, f"numpy.{ufunc.__name__}.reduce"))


# --- creators ---------------------------------------------------------------------------------------------------


def _creator(function: Any) -> None:
    def like(a: Any, *args: Any, **kwargs: Any) -> Any:
        plain = a.data if isinstance(a, Tensor) else a
        return constant(function(np.asarray(plain), *args, **kwargs))

    implements(function)(like)


for creator in (np.zeros_like, np.ones_like, np.empty_like, np.full_like):
    _creator(creator)


@implements(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return arithmetic.copy(a)


def _on_values(function: Any) -> None:
    def compare(*args: Any, **kwargs: Any) -> Any:
        return function(*(a.data if isinstance(a, Tensor) else a for a in args), **kwargs)

    implements(function)(compare)


for comparison in (np.allclose, np.isclose, np.array_equal, np.array_equiv):
    _on_values(comparison)


def _refuse(name: str, extra: dict[str, Any]) -> None:
    for key, value in extra.items():
        if value is not None and value is not np._NoValue and not (key == "where" and value is True):
            raise unsupported(name, key)
