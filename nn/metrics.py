"""Numbers that say how good predictions are. Nothing here has a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

__all__ = ["accuracy", "confusion_matrix"]


def accuracy(prediction: Any, labels: Any) -> float:
    """The share of right answers.

    ``labels`` are class numbers of shape (N,); ``prediction`` is class numbers of the same shape, or scores of shape
    (N, C), of which the largest counts.

    Raises ValueError for other shapes, and when there is nothing to count.

    >>> import numpy as np
    >>> from nn.metrics import accuracy
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    predicted, true = _classes(prediction, labels)
    if not true.size:
        raise ValueError("the accuracy of no answers is 0/0.")
    return float(np.mean(predicted == true))


def confusion_matrix(prediction: Any, labels: Any, classes: int | None = None) -> NDArray[np.int64]:
    """How often each class (row) was answered with each class (column).

    Arguments as for `accuracy`; ``classes`` is the number of rows and columns, by default the number of scores, or
    else one more than the largest class number.

    >>> import numpy as np
    >>> from nn.metrics import confusion_matrix
    >>> confusion_matrix(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]))
    array([[1, 1],
           [0, 2]])
    """
    predicted, true = _classes(prediction, labels)
    if classes is None:
        scores = np.shape(_plain(prediction))
        classes = scores[1] if len(scores) == 2 else int(max(predicted.max(initial=-1), true.max(initial=-1))) + 1
    for numbers in (predicted, true):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
            raise ValueError(f"class numbers reach from {numbers.min()} to {numbers.max()}, not 0 to {classes - 1}.")
    counts = np.bincount(true * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def _plain(x: Any) -> NDArray[Any]:
    return np.asarray(x.data if isinstance(x, Tensor) else x)


def _classes(prediction: Any, labels: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Predicted and true class numbers."""
    predicted, true = _plain(prediction), _plain(labels)
    if predicted.ndim == true.ndim + 1 == 2:
        predicted = predicted.argmax(axis=1)
    if predicted.shape != true.shape or true.ndim != 1:
        raise ValueError(
            f"predictions of shape {_plain(prediction).shape} do not go with labels of shape {true.shape}."
        )
    for numbers in (predicted, true):
        if numbers.size and numbers.dtype.kind not in "iu":
            raise ValueError(f"classes are integers, not {numbers.dtype}.")
    return predicted.astype(np.int64), true.astype(np.int64)
