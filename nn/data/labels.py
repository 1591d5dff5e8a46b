"""Class labels in their two forms: one number for each sample, or one row with a single 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.arrays import plain
from nn.defaults import parameter_dtype
from nn.errors import LabelError
from nn.layers.embedding import one_hot as _rows

__all__ = ["class_numbers", "one_hot"]


def one_hot(labels: ArrayLike, classes: int | None = None, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Class numbers as rows with a single 1: ``result[..., c] = 1 if c == labels[...] else 0``.

    ``labels`` are integers from 0 to classes - 1, of any shape; the result has one axis more, in the default dtype of
    parameters. ``classes`` is by default one more than the largest label.

    Raises LabelError for labels that are not integers or not among the classes.

    >>> from nn.data import one_hot
    >>> one_hot([2, 0]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    rows = _rows(plain(labels), -1 if classes is None else classes)
    return np.asarray(rows, parameter_dtype(dtype))


def class_numbers(rows: ArrayLike) -> NDArray[np.int64]:
    """Rows with a single 1 as class numbers, the inverse of `one_hot`.

    Raises LabelError for rows with other numbers than a single 1 among zeros, such as several labels for one sample.

    >>> from nn.data import class_numbers
    >>> class_numbers([[0, 0, 1], [1, 0, 0]])
    array([2, 0])
    """
    hot = plain(rows)
    if hot.ndim < 1 or not (((hot == 0) | (hot == 1)).all() and (hot.sum(axis=-1) == 1).all()):
        raise LabelError(
            f"class_numbers: the rows of an array of shape {hot.shape} do not each hold a single 1 among zeros."
        )
    return np.asarray(hot.argmax(axis=-1), np.int64)
