"""Activations that turn scores into shares of a whole."""

from __future__ import annotations

from typing import Any

from autograd.ops import reduce
from nn.validation import floating

__all__ = ["log_softmax", "softmax"]

__autograd_transparent__ = True

Operand = Any  # a Tensor or an array


def softmax(x: Operand, axis: int = -1, *, dim: int | None = None) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, without overflow; ``dim`` is another name for ``axis``.

    >>> import numpy as np
    >>> from nn.functional import softmax
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return reduce.softmax(floating(x), axis=axis if dim is None else dim)


def log_softmax(x: Operand, axis: int = -1, *, dim: int | None = None) -> Any:
    """``log(softmax(x))`` along an axis, without overflow; ``dim`` is another name for ``axis``.

    >>> import numpy as np
    >>> from nn.functional import log_softmax
    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return reduce.log_softmax(floating(x), axis=axis if dim is None else dim)
