"""The linear layer as a function."""

from __future__ import annotations

from typing import Any

from autograd.ops import fused

__all__ = ["linear"]

__autograd_transparent__ = True

Operand = Any  # a Tensor or an array


def linear(x: Operand, weight: Operand, bias: Operand | None = None) -> Any:
    """``x W^T + b``, with the weight of shape (out, in); see `nn.Linear`.

    >>> import numpy as np
    >>> from nn.functional import linear
    >>> linear(np.array([1.0, 2.0]), np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.5, 0.5]))
    array([1.5, 3.5])
    """
    return fused.linear(x, weight, bias)
