"""Rows of a table, looked up by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.ops import arithmetic, index
from nn.arrays import plain
from nn.errors import LabelError

__all__ = ["embedding", "row_of_padding"]

__autograd_transparent__ = True

_where = arithmetic.where
_getitem = index.getitem


def embedding(x: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Row ``x[i]`` of a table for every entry of x: ``out[i, ...] = weight[x[i, ...]]``.

    ``x`` holds integers from 0 to V - 1 in any shape, ``weight`` has shape (V, D); the result has the shape of x and D
    behind it. A row that is used several times gets the sum of their gradients; the row ``padding_idx`` gets none.

    Raises LabelError for what is not an integer, and for one that is not the number of a row; ValueError for such a
    ``padding_idx``.

    See `nn.Embedding` for the source.

    >>> import numpy as np
    >>> from nn.functional import embedding
    >>> embedding([2, 0], np.array([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]))
    array([[2. , 2.5],
           [0. , 0.5]])
    """
    rows = plain(x, "embedding: the input")
    if not rows.size and not isinstance(x, np.ndarray | Tensor):
        rows = rows.astype(np.intp)  # an empty list is of floats for NumPy
    count = weight.shape[0]
    if rows.dtype.kind not in "iu":
        raise LabelError(
            f"embedding: the input holds numbers of rows, so integers, not {rows.dtype}. Pass x.astype(int)."
        )
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        where = tuple(map(int, np.argwhere((rows < 0) | (rows >= count))[0]))
        raise LabelError(
            f"embedding: entry {rows[where]} at index {where} is not among the {count} rows 0 .. {count - 1} of the "
            "table."
        )
    out = _getitem(weight, index=rows)
    number = row_of_padding(padding_idx, count)
    if number is None:
        return out
    padding = rows == number
    if not padding.any():
        return out
    row = weight.data[number] if isinstance(weight, Tensor) else weight[number]
    return _where(padding[..., None], row, out)  # the same values, as constants


def row_of_padding(padding_idx: int | None, count: int) -> int | None:
    """The number of a row, counted from the start.

    >>> from nn.functional.embedding import row_of_padding
    >>> row_of_padding(-1, 10)
    9
    """
    if padding_idx is None:
        return None
    if isinstance(padding_idx, bool) or not isinstance(padding_idx, int | np.integer):
        raise ValueError(f"padding_idx is the number of a row or None, not {padding_idx!r}.")
    if not -count <= padding_idx < count:
        raise ValueError(f"padding_idx {padding_idx} is not among the {count} rows of the table.")
    return int(padding_idx) % count
