"""The common parts of the units: the weighted sum, the labels, and the check of samples."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import OperandError, Tensor
from nn.arrays import plain
from nn.defaults import parameter_dtype
from nn.errors import LabelError
from nn.module import Module, Parameter
from nn.validation import floating, positive

LABELS = ((0.0, 1.0), (-1.0, 1.0))


def weighted_sum(owner: str, x: Any, weight: Tensor) -> Any:
    """``sum_i w_i x_i`` over the last axis."""
    x = floating(x, weight)
    if not x.ndim or x.shape[-1] != weight.shape[0]:
        raise OperandError(
            f"{owner} has {weight.shape[0]} inputs, so the last axis of x must have that size, but its shape is "
            f"{x.shape}."
        )
    # Not a matrix product, which may round differently for one sample and for many: scores of 0 matter here.
    return np.sum(x * weight, axis=-1)


class _Learner(Module):
    """A unit that learns a weighted sum, and predicts one of two labels."""

    def __init__(self, in_features: int, labels: tuple[float, float], dtype: DTypeLike | None) -> None:
        self.in_features: int = positive("in_features", in_features, "number of inputs")
        if tuple(labels) not in LABELS:
            raise ValueError(f"labels must be (0, 1) or (-1, 1), not {labels!r}.")
        self.labels: tuple[float, float] = float(labels[0]), float(labels[1])
        self.weight: Parameter = Parameter(np.zeros(self.in_features, parameter_dtype(dtype)))
        self.bias: Parameter = Parameter(np.zeros((), parameter_dtype(dtype)))

    def score(self, x: Any) -> Tensor:
        """The weighted sum ``sum_i w_i x_i + b``, to which the threshold is applied.

        >>> import nn
        >>> unit = nn.Adaline(2)
        >>> unit.bias.data += 0.25
        >>> unit.score([[1.0, 2.0]]).tolist()
        [0.25]
        """
        return weighted_sum(type(self).__name__, x, self.weight) + self.bias

    def _labelled(self, answer: Any) -> Any:
        low, high = self.labels
        return answer if low == 0.0 else low + (high - low) * answer

    def extra_repr(self) -> str:
        low, high = self.labels
        return f"in_features={self.in_features}" + ("" if low == 0.0 else f", labels=({low:g}, {high:g})")


def samples(
    owner: str, x: Any, y: Any, weight: Tensor, labels: tuple[float, float], dtype: DTypeLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inputs (N, n) and labels (N,) as arrays of a dtype."""
    xs, ys = (np.array(plain(a, f"{owner}: an array to learn from"), dtype, order="C") for a in (x, y))
    if xs.ndim != 2 or xs.shape[1] != weight.shape[0] or not len(xs) or ys.shape != xs.shape[:1]:
        raise OperandError(
            f"{owner} needs inputs of shape (N, {weight.shape[0]}) and labels of shape (N,), not {xs.shape} and "
            f"{ys.shape}."
        )
    wrong = ~np.isin(ys, labels)
    if wrong.any():
        other = LABELS[labels == LABELS[0]]
        low, high = (f"{label:g}" for label in labels)
        hint = f" To use these, pass labels=({other[0]:g}, {other[1]:g})." if np.isin(ys, other).all() else ""
        raise LabelError(f"{owner}: labels must be {low} or {high}, but one is {ys[wrong][0]:g}.{hint}")
    return xs, ys
