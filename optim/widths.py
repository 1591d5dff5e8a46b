"""The dtype of an update: the parameter's own, or a wider one if its numbers would not fit (see docs/design.md)."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF: np.dtype[Any] = np.dtype(np.float16)
SINGLE: np.dtype[Any] = np.dtype(np.float32)
DOUBLE: np.dtype[Any] = np.dtype(np.float64)
LONG: np.dtype[Any] = np.dtype(np.longdouble)  # on some systems no wider than double: squares of 1e200 are infinite

_WIDER = {HALF: SINGLE, SINGLE: DOUBLE, DOUBLE: LONG if np.finfo(LONG).max > np.finfo(DOUBLE).max else DOUBLE}

# The root of a square that has vanished was at most 4e-23 in single precision: nothing beside a larger eps than this.
SMALL_EPS = 1e-15


def of_parameter(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which a parameter is updated and its state kept."""
    return SINGLE if dtype.itemsize == 2 else np.dtype(dtype.type)  # NumPy's own object: steps compare by identity


def wider_than(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that holds the squares of all numbers of a dtype; the same dtype if there is none."""
    return _WIDER.get(dtype, dtype)


def of_step(p: NDArray[Any], g: NDArray[Any], decay: Any, eps: Any) -> np.dtype[Any]:
    """The dtype for a step that squares g + ``decay``·p (or g): wider if a square would overflow or underflow."""
    dtype = of_parameter(p.dtype)
    wider = wider_than(dtype)
    with np.errstate(all="ignore"):
        sizes = np.abs(g.astype(wider) if decay is None else g.astype(wider) + decay * p.astype(wider))
    largest = sizes.max(initial=0.0)
    if not np.isfinite(largest):
        return dtype  # NaN and infinity are what they are
    limits = np.finfo(dtype)
    if largest > float(limits.max) ** 0.5 * 1e-4:
        return wider
    if np.min(eps) >= SMALL_EPS:
        return dtype
    smallest = sizes.min(initial=np.inf, where=sizes > 0.0)
    return wider if smallest < float(limits.tiny) ** 0.5 * 1e4 else dtype


def of_arrays(arrays: Sequence[NDArray[Any] | None], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A dtype that holds the numbers of state arrays: the given one if it does, else their own."""
    if dtype not in _WIDER:
        return dtype
    limits = np.finfo(dtype)
    low, high = float(limits.tiny) * 1e8, float(limits.max) * 1e-8
    for array in arrays:
        if array is not None and array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize:
            sizes = np.abs(array)
            with np.errstate(all="ignore"):
                beyond = ((sizes > high) | (sizes < low)) & (array.astype(dtype) != array) & ~np.isnan(array)
            if beyond.any():
                return np.dtype(array.dtype.type)
    return dtype


def fitted(
    state: dict[str, Any], slots: Sequence[str], like: NDArray[Any], dtype: np.dtype[Any]
) -> tuple[np.dtype[Any], list[NDArray[Any]]]:
    """The state arrays of a parameter in one dtype, at least the given one; missing ones become zeros."""
    dtype = of_arrays([state.get(name) for name in slots], dtype)
    for name in slots:
        array = state.get(name)
        if array is None:
            state[name] = np.zeros_like(like, dtype)
        elif array.dtype is not dtype:
            state[name] = array.astype(dtype)
    return dtype, [state[name] for name in slots]


@cache
def reader_of(slots: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[NDArray[Any], ...]]:
    """A function that returns the arrays of these names from a state."""
    if len(slots) > 1:
        return itemgetter(*slots)
    return lambda state: tuple([state[name] for name in slots])
