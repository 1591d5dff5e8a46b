"""The methods of ufuncs of two operands: reduce, accumulate, reduceat and outer. (``at`` writes in place: refused.)

Sums, products, extremes and logaddexp have ops of their own; all others follow their definition, one application after
the other. NumPy computes its own answer first, and its errors are raised.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np

from autograd.engine.op import REGISTRY
from autograd.numpy_functions.arguments import NoValue, along, as_last_axis, as_operand, as_tensor, plain
from autograd.numpy_functions.calculus import float_power
from autograd.numpy_functions.protocol import UFUNCS, values_of
from autograd.numpy_functions.reductions import cumprod, cumsum, with_options
from autograd.numpy_functions.selection import take_along_axis
from autograd.numpy_functions.without_gradient import on_values
from autograd.ops import arithmetic, reduce, shape


def _reduce(ufunc: np.ufunc, op: Any) -> Callable[..., Any]:
    def fold(
        array: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False, initial: Any = NoValue, where: Any = True
    ) -> Any:
        array = array if dtype is None else array.astype(dtype)
        where = values_of(where)
        options = {"initial": values_of(initial), "where": where}
        expected = ufunc.reduce(plain(array), axis=axis, keepdims=keepdims, **options)
        flat, _ = as_last_axis(array, axis)
        mask, _ = as_last_axis(np.broadcast_to(where, array.shape), axis)
        entries = [(flat[..., i], mask[..., i]) for i in range(flat.shape[-1])]
        first = ufunc.identity if initial is NoValue else initial
        result = entries.pop(0)[0] if first is None else first
        for entry, counts in entries:
            folded = op(result, entry)
            result = folded if np.all(counts) else arithmetic.where(counts, folded, result)
        result = as_tensor(result).astype(expected.dtype)
        result = result if result.shape == flat.shape[:-1] else np.broadcast_to(result, flat.shape[:-1])
        return result.reshape(expected.shape)

    return fold


def _accumulate(ufunc: np.ufunc, op: Any) -> Callable[..., Any]:
    def run(array: Any, axis: int = 0, dtype: Any = None) -> Any:
        array = array if dtype is None else array.astype(dtype)
        if not ufunc.accumulate(plain(array), axis=axis).size:
            return array + 0.0
        axis %= array.ndim
        entries = (array[along(axis, i)] for i in range(array.shape[axis]))
        return shape.stack(*accumulate(entries, op), axis=axis)

    return run


def _running_extreme(ufunc: np.ufunc, better: Any) -> Callable[..., Any]:
    """maximum.accumulate: each entry is the value at the position of the best so far (the first of equals)."""

    def run(array: Any, axis: int = 0, dtype: Any = None) -> Any:
        array = array if dtype is None else array.astype(dtype)
        values = plain(array)
        best = ufunc.accumulate(values, axis=axis)
        axis %= values.ndim
        positions = np.arange(values.shape[axis]).reshape((-1,) + (1,) * (values.ndim - axis - 1))
        fresh = np.ones(values.shape, bool)
        later, earlier = along(axis, slice(1, None)), along(axis, slice(None, -1))
        fresh[later] = better(values[later], best[earlier]) | (np.isnan(values[later]) & ~np.isnan(best[earlier]))
        return take_along_axis(array, np.maximum.accumulate(np.where(fresh, positions, 0), axis=axis), axis)

    return run


def _reduceat(ufunc: np.ufunc, reduction: Callable[..., Any]) -> Callable[..., Any]:
    def by_pieces(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
        array = array if dtype is None else array.astype(dtype)
        indices = values_of(indices)
        ufunc.reduceat(plain(array), indices, axis=axis)  # the errors NumPy raises
        starts = np.asarray(indices).tolist()
        axis %= array.ndim
        if not starts:
            return array[along(axis, slice(0, 0))]
        ends = [*starts[1:], array.shape[axis]]
        pieces = [array[along(axis, slice(i, max(j, i + 1)))] for i, j in zip(starts, ends, strict=True)]
        return shape.stack(*(reduction(piece, axis=axis, initial=None) for piece in pieces), axis=axis)

    return by_pieces


def _outer(ufunc: np.ufunc) -> Callable[..., Any]:
    def outer(first: Any, second: Any, **options: Any) -> Any:
        first, second = as_operand(first), as_operand(second)
        return ufunc(first.reshape(first.shape + (1,) * second.ndim), second, **options)

    return outer


REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: with_options(np.add, reduce.sum, 0),
    np.multiply: with_options(np.multiply, reduce.prod, 0),
    np.maximum: with_options(np.maximum, reduce.max, 0),
    np.minimum: with_options(np.minimum, reduce.min, 0),
    np.logaddexp: with_options(np.logaddexp, reduce.logsumexp, 0),
}
RUNNING: dict[Any, Callable[..., Any]] = {
    np.add: lambda array, axis=0, dtype=None: cumsum(array, axis, dtype),
    np.multiply: lambda array, axis=0, dtype=None: cumprod(array, axis, dtype),
    np.maximum: _running_extreme(np.maximum, np.greater),
    np.minimum: _running_extreme(np.minimum, np.less),
}


def _binary() -> Iterator[tuple[np.ufunc, Callable[..., Any], bool]]:
    """Every supported ufunc of two operands, with its function and whether it has a gradient."""
    yield np.float_power, float_power, True
    for op in list(REGISTRY.values()):
        for ufunc in op.numpy:
            if isinstance(ufunc, np.ufunc) and ufunc.nin == 2 and ufunc.signature is None:
                yield ufunc, op.function, op.differentiable


for _ufunc, _function, _differentiable in _binary():
    if not _differentiable:
        for _method in ("reduce", "accumulate", "reduceat", "outer"):
            UFUNCS[_ufunc, _method] = on_values(getattr(_ufunc, _method))
        continue
    UFUNCS[_ufunc, "outer"] = _outer(_ufunc)
    if _ufunc is not np.ldexp:  # of a number and an integer, so it has nothing to fold
        UFUNCS[_ufunc, "reduce"] = REDUCTIONS.get(_ufunc) or _reduce(_ufunc, _function)
        UFUNCS[_ufunc, "accumulate"] = RUNNING.get(_ufunc) or _accumulate(_ufunc, _function)
        UFUNCS[_ufunc, "reduceat"] = _reduceat(_ufunc, UFUNCS[_ufunc, "reduce"])
UFUNCS[np.divmod, "outer"] = _outer(np.divmod)
