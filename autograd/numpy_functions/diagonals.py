"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.numpy_functions.protocol import implements
from autograd.ops import index

implements(np.diagonal)(lambda a, offset=0, axis1=0, axis2=1: _diagonal_of(a, offset, axis1, axis2))


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
    return _diagflat(v, k)


@implements(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    v = np.ravel(v)
    n = v.shape[0] + abs(k)
    steps = np.arange(v.shape[0])
    return index.scatter(v, index=(steps - min(k, 0), steps + max(k, 0)), shape=(n, n))


implements(np.tril)(lambda m, k=0: np.where(_lower_triangle(m.shape[-2:], k), m, 0.0))
implements(np.triu)(lambda m, k=0: np.where(_lower_triangle(m.shape[-2:], k - 1), 0.0, m))


def _lower_triangle(sizes: tuple[int, ...], k: int) -> Any:
    return np.tri(sizes[0], sizes[-1], k, dtype=bool)
