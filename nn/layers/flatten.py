"""Layers that only change the shape, between images and vectors."""

from collections.abc import Sequence
from math import prod
from typing import Any

from autograd import Tensor
from nn.arguments import floating
from nn.module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Merge axes ``start_dim`` to ``end_dim`` into one: by default all but the first, the axis of samples.

    (N, C, H, W) becomes (N, C H W), the last axis varying fastest.

    Raises IndexError for an axis that the input does not have, ValueError for axes in the wrong order. Arguments and
    results are those of ``torch.nn.Flatten``.

    >>> import numpy as np
    >>> import nn
    >>> nn.Flatten()(np.zeros((64, 16, 7, 7))).shape
    (64, 784)
    """

    _shown_settings = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Any) -> Tensor:
        x = floating(x)
        start, end = (_axis(axis, x.shape) for axis in (self.start_dim, self.end_dim))
        if start > end:
            raise ValueError(f"Flatten({self.extra_repr()}) ends before it starts for an input of shape {x.shape}.")
        return x.reshape((*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))


class Unflatten(Module):
    """Split axis ``dim`` into several axes of the given sizes: the inverse of `Flatten`.

    ``Unflatten(1, (C, H, W))`` turns (N, C H W) into (N, C, H, W). One size may be -1, and is then inferred.

    Raises IndexError for an axis that the input does not have, ValueError for sizes that do not fit. Arguments and
    results are those of ``torch.nn.Unflatten``.

    >>> import numpy as np
    >>> import nn
    >>> nn.Unflatten(1, (1, 8, 8))(np.zeros((5, 64))).shape
    (5, 1, 8, 8)
    """

    _shown_settings = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim = dim
        self.unflattened_size: tuple[int, ...] = tuple(unflattened_size)

    def forward(self, x: Any) -> Tensor:
        x = floating(x)
        axis, sizes = _axis(self.dim, x.shape), list(self.unflattened_size)
        whole, known = x.shape[axis], prod(size for size in sizes if size != -1)
        if sizes.count(-1) == 1 and known and whole % known == 0:
            sizes[sizes.index(-1)] = whole // known
        if min(sizes, default=0) < 0 or prod(sizes) != whole:
            raise ValueError(
                f"axis {axis} of an input of shape {x.shape} cannot be split into axes {self.unflattened_size}."
            )
        return x.reshape((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def _axis(axis: int, shape: tuple[int, ...]) -> int:
    if not -len(shape) <= axis < len(shape):
        raise IndexError(f"an input of shape {shape} has no axis {axis}. Is the axis of samples missing?")
    return axis % len(shape)
