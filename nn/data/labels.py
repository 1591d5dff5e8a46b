"""Class labels as class numbers, one per sample, or as one-hot rows."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.arguments import plain
from nn.defaults import parameter_dtype
from nn.errors import LabelError
from nn.layers.embedding import one_hot as _rows

__all__ = ["class_numbers", "one_hot"]


def one_hot(labels: ArrayLike, classes: int | None = None, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Encode class numbers as one-hot rows: ``result[..., c] = 1 if c == labels[...] else 0``.

    ``labels`` are integers from 0 to classes - 1, of any shape; the result has one more axis, in the default parameter
    dtype. ``classes`` defaults to one more than the largest label.

    Raises LabelError for labels that are not integers or lie outside the classes.

    >>> from nn.data import one_hot
    >>> one_hot([2, 0]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    rows = _rows(plain(labels), -1 if classes is None else classes)
    return np.asarray(rows, parameter_dtype(dtype))


def class_numbers(rows: ArrayLike) -> NDArray[np.int64]:
    """Decode one-hot rows to class numbers, the inverse of `one_hot`.

    Raises LabelError for rows that are not a single 1 among zeros, such as several labels for one sample.

    >>> from nn.data import class_numbers
    >>> class_numbers([[0, 0, 1], [1, 0, 0]])
    array([2, 0])
    """
    hot = plain(rows)
    if hot.ndim < 1 or not (((hot == 0) | (hot == 1)).all() and (hot.sum(axis=-1) == 1).all()):
        raise LabelError(
            f"class_numbers: not every row of the array of shape {hot.shape} is one-hot, a single 1 among zeros."
        )
    return np.asarray(hot.argmax(axis=-1), np.int64)
