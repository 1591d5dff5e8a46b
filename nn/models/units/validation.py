"""What the units share: a weighted sum, and the samples that they learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import OperandError, Tensor
from nn.arrays import plain
from nn.errors import LabelError
from nn.validation import floating

LABELS = ((0.0, 1.0), (-1.0, 1.0))


def weighted_sum(owner: str, x: Any, weight: Tensor) -> Any:
    """``sum_i w_i x_i`` over the last axis."""
    x = floating(x, weight)
    if not x.ndim or x.shape[-1] != weight.shape[0]:
        raise OperandError(
            f"{owner} has {weight.shape[0]} inputs, so the last axis of what goes in is that long, but its shape is "
            f"{x.shape}."
        )
    # Not a matrix product, which may round differently for one sample and for many: scores of 0 matter here.
    return np.sum(x * weight, axis=-1)


def check_labels(labels: tuple[float, float]) -> tuple[float, float]:
    """The two answers of a unit."""
    found = tuple(labels)
    if found not in LABELS:
        raise ValueError(f"labels are the two answers of the unit, (0, 1) or (-1, 1), not {labels!r}.")
    return float(found[0]), float(found[1])


def samples(
    owner: str, x: Any, y: Any, weight: Tensor, labels: tuple[float, float], dtype: DTypeLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inputs (N, n) and labels (N,) as arrays of a dtype."""
    xs, ys = (np.array(plain(a, f"{owner}: an array to learn from"), dtype, order="C") for a in (x, y))
    if xs.ndim != 2 or xs.shape[1] != weight.shape[0] or not len(xs) or ys.shape != xs.shape[:1]:
        raise OperandError(
            f"{owner} learns from inputs of shape (N, {weight.shape[0]}) and labels of shape (N,), not {xs.shape} and "
            f"{ys.shape}."
        )
    wrong = ~np.isin(ys, labels)
    if wrong.any():
        other = LABELS[labels == LABELS[0]]
        low, high = (f"{label:g}" for label in labels)
        hint = f" Or make the unit with labels=({other[0]:g}, {other[1]:g})." if np.isin(ys, other).all() else ""
        raise LabelError(f"{owner}: labels are {low} and {high}, but one is {ys[wrong][0]:g}.{hint}")
    return xs, ys
