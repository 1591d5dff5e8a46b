"""Preparing the arguments of functions: operands, indices along an axis, axes moved to the end."""

from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.arrays import normalize_axes
from autograd.engine.tensor import Tensor, constant

NoValue: Any = np._NoValue


def as_operand(a: Any) -> Any:
    """A Tensor or an array, whatever was given."""
    return a if isinstance(a, Tensor) else np.asarray(a)


def as_tensor(a: Any) -> Tensor:
    """A Tensor unchanged, anything else as one without gradient."""
    return a if isinstance(a, Tensor) else constant(np.asarray(a))


def plain(a: Any) -> Any:
    """The values of a Tensor, for conditions and positions, which have no gradient."""
    return a.data if isinstance(a, Tensor) else np.asarray(a)


def on_axis(a: Any, axis: int | None) -> tuple[Any, int]:
    """An array and one of its axes, counted from the front; without an axis, the flattened array and 0."""
    return (np.ravel(a), 0) if axis is None else (a, normalize_axis_index(axis, a.ndim))


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """An index that applies to one axis (not negative)."""
    return (slice(None),) * axis + (part,)


def as_last_axis(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """An array with the axes to reduce as one last axis, and the shape of a result that keeps them."""
    axes = normalize_axes(axis, a.ndim)
    rest = tuple(k for k in range(a.ndim) if k not in axes)
    moved = np.transpose(a, rest + axes).reshape((*(a.shape[k] for k in rest), prod(a.shape[k] for k in axes)))
    return moved, tuple(1 if k in axes else n for k, n in enumerate(a.shape))
