"""Functions that choose numbers: by condition, by position, by order."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.engine.tensor import Tensor
from autograd.numpy_functions.arguments import NoValue, along, as_operand, as_tensor, on_axis, plain
from autograd.numpy_functions.protocol import implements, refuse_extra
from autograd.numpy_functions.without_gradient import PIECES, refusal
from autograd.ops import arithmetic, shape


@implements(np.where, direct=True)
def _where(condition: Any, *branches: Any) -> Any:
    return arithmetic.where(plain(condition), *branches) if branches else np.where(plain(condition))


@implements(np.clip, direct=True)
def _clip(
    a: Any, a_min: Any = NoValue, a_max: Any = NoValue, out: Any = None, *, min: Any = NoValue, max: Any = NoValue,
    **extra: Any,
) -> Any:  # fmt: skip
    refuse_extra("numpy.clip", extra)
    given = {"a_min": a_min, "a_max": a_max, "min": min, "max": max}
    bounds: Any = {name: 0.0 for name, bound in given.items() if bound is not NoValue}
    np.clip(0.0, **bounds)  # the error NumPy raises for two names of one bound
    lower, upper = (min, max) if a_min is NoValue else (a_min, a_max)
    return arithmetic.clip(a, None if lower is NoValue else lower, None if upper is NoValue else upper)


@implements(np.select)
def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(list(condlist)), reversed(list(choicelist)), strict=True):
        result = arithmetic.where(plain(condition), choice, result)
    return result


@implements(np.piecewise, direct=True)
def _piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    if any(callable(f) for f in funclist):
        raise refusal("numpy.piecewise with functions", PIECES)
    conditions = [plain(c) for c in (condlist if isinstance(condlist, list | tuple) else [condlist])]
    rest = funclist[len(conditions)] if len(funclist) > len(conditions) else 0.0
    chosen = as_tensor(_select(conditions[::-1], list(funclist[: len(conditions)])[::-1], rest))
    return np.broadcast_to(chosen.astype(x.dtype), x.shape)


@implements(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    a, axis = on_axis(a, axis)
    return a[along(axis, np.flatnonzero(plain(condition)))]


implements(np.extract)(lambda condition, arr: np.ravel(arr)[np.flatnonzero(plain(condition))])


@implements(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    a, axis = on_axis(a, axis)
    positions = plain(indices).astype(np.intp, copy=False)  # truth is 0 and 1 here, and no mask
    return a[along(axis, _positions(positions, a.shape[axis], mode))]


def _positions(indices: Any, n: int, mode: str) -> Any:
    if mode == "wrap":
        return indices % n
    return np.clip(indices, 0, n - 1) if mode == "clip" else indices


@implements(np.take_along_axis, direct=True)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The entries of an array at the indices along one axis, the other axes running in step."""
    indices = plain(indices)
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if indices.ndim != (ndim := 1 if axis is None else arr.ndim):
        raise ValueError(f"with axis={axis}, the indices must have {ndim} dimensions, not {indices.ndim}")
    if axis is None:
        return np.ravel(arr)[indices]
    axis = normalize_axis_index(axis, arr.ndim)
    grid = [
        indices if k == axis else np.arange(n).reshape((-1,) + (1,) * (arr.ndim - k - 1))
        for k, n in enumerate(arr.shape)
    ]
    return arr[tuple(grid)]


@implements(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    picks = plain(a).astype(np.intp, copy=False)
    options = list(choices) if not isinstance(choices, Tensor) else [choices[i] for i in range(len(choices))]
    dtype = np.result_type(*(o if isinstance(o, float | int) else plain(o) for o in options))
    options = [as_operand(o).astype(dtype) for o in options]
    picks, *filled = np.broadcast_arrays(_positions(picks, len(options), mode), *options)
    return take_along_axis(shape.stack(*filled), plain(picks)[None], axis=0)[0]


@implements(np.sort)
def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None, **options: Any
) -> Any:
    """Sorted along an axis; of equal entries each keeps the gradient of its own (stable) place.

    Further ``options`` are those of the installed NumPy (``descending``, from 2.5 on).
    """
    a, axis = on_axis(a, axis)
    return take_along_axis(a, np.argsort(plain(a), axis=axis, stable=True, **options), axis)


@implements(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: Any = None) -> Any:
    a, axis = on_axis(a, axis)
    # NumPy leaves the order between the kth entries open: they go to where its own answer has them.
    values = plain(a)
    target = np.argsort(np.partition(values, kth, axis=axis, kind=kind), axis=axis, kind="stable")
    order = np.empty_like(target)
    np.put_along_axis(order, target, np.argsort(values, axis=axis, kind="stable"), axis)
    return take_along_axis(a, order, axis)


@implements(np.unique)
def _unique(ar: Any, *args: Any, **kwargs: Any) -> Any:
    names = ("return_index", "return_inverse", "return_counts", "axis")
    options = {**dict(zip(names, args, strict=False)), **kwargs}
    wanted_index, axis = options.pop("return_index", False), options.get("axis")
    _, first, *rest = np.unique(plain(ar), return_index=True, **options)
    values = np.ravel(ar)[first] if axis is None else ar[along(axis % ar.ndim, first)]
    extras = ([first] if wanted_index else []) + rest
    return (values, *extras) if extras else values


implements(np.unique_values)(lambda x, /: _unique(x, equal_nan=False))


def _unique_pieces(function: Callable[..., Any]) -> None:
    """unique_counts and its like: a named tuple of the values and of plain positions or counts."""

    def call(x: Any, /) -> Any:
        return function(plain(x))._replace(values=_unique(x, equal_nan=False))

    call.__name__ = function.__name__
    implements(function)(call)


for _function in (np.unique_all, np.unique_counts, np.unique_inverse):
    _unique_pieces(_function)

implements(np.union1d)(lambda ar1, ar2: _unique(shape.concatenate(as_operand(ar1), as_operand(ar2), axis=None)))


@implements(np.intersect1d)
def _intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    common, first, second = np.intersect1d(plain(ar1), plain(ar2), assume_unique, return_indices=True)
    values = as_tensor(np.ravel(as_operand(ar1))[first]).astype(common.dtype)  # both have them: the gradient is ar1's
    return (values, first, second) if return_indices else values


@implements(np.setdiff1d)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    ar1 = np.ravel(as_operand(ar1)) if assume_unique else _unique(as_operand(ar1))
    return as_tensor(ar1[np.flatnonzero(~np.isin(plain(ar1), plain(ar2)))])


@implements(np.setxor1d)
def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    return sort(shape.concatenate(_setdiff1d(ar1, ar2, assume_unique), _setdiff1d(ar2, ar1, assume_unique)))
