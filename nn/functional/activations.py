"""Activations as functions, and the linear layer before them."""

from __future__ import annotations

from typing import Any

from autograd.ops import fused, reduce, transcendental

__all__ = ["linear", "log_softmax", "relu", "sigmoid", "softmax", "tanh"]

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


def relu(x: Operand) -> Any:
    """``max(x, 0)``, with slope 0 at 0.

    >>> import numpy as np
    >>> from nn.functional import relu
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return transcendental.relu(x)


def tanh(x: Operand) -> Any:
    """The hyperbolic tangent.

    >>> from nn.functional import tanh
    >>> float(tanh(0.0))
    0.0
    """
    return transcendental.tanh(x)


def sigmoid(x: Operand) -> Any:
    """``1 / (1 + exp(-x))``, without overflow.

    >>> import numpy as np
    >>> from nn.functional import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0])).round(4)
    array([0. , 0.5])
    """
    return transcendental.sigmoid(x)


def softmax(x: Operand, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, without overflow.

    >>> import numpy as np
    >>> from nn.functional import softmax
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return reduce.softmax(x, axis=axis)


def log_softmax(x: Operand, axis: int = -1) -> Any:
    """``log(softmax(x))`` along an axis, without overflow.

    >>> import numpy as np
    >>> from nn.functional import log_softmax
    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return reduce.log_softmax(x, axis=axis)
