"""Activations along an axis: softmax, which turns scores into probabilities, and gates."""

from typing import Any

import numpy as np

from autograd import OperandError, Tensor
from autograd.ops.reduce import log_softmax as _log_softmax, softmax as _softmax
from autograd.ops.transcendental import sigmoid as _sigmoid
from nn.arguments import Operand, floating, polymorphic
from nn.of_function import _OfFunction, of

__all__ = ["GLU", "LogSoftmax", "Softmax"]


class _AlongAxis(_OfFunction):
    def __init__(self, axis: int = -1, *, dim: int | None = None) -> None:
        self.axis: int = axis if dim is None else dim


@polymorphic
def softmax(x: Operand, axis: int = -1, *, dim: int | None = None) -> Any:
    """Turn scores into probabilities ``p_i = exp(x_i) / sum_k exp(x_k)`` along an axis, without overflow.

    They are positive, sum to 1, keep the order of the scores, and do not change if a constant is added to all scores.
    The derivatives ``dp_i / dx_k = p_i (delta_ik - p_k)`` are at most 1/4. ``dim`` is another name for ``axis``. Do not
    apply it before `nn.CrossEntropyLoss`, which applies softmax itself.

    >>> from nn.functional import softmax
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5], dtype=float32)
    """
    return _softmax(floating(x), axis=axis if dim is None else dim)


class Softmax(_AlongAxis, of=softmax, shown=("axis",)):
    """Turns scores into probabilities along an axis."""

    def forward(self, x: Any) -> Tensor:
        return _softmax(floating(x), axis=self.axis)


@polymorphic
def log_softmax(x: Operand, axis: int = -1, *, dim: int | None = None) -> Any:
    """Turn scores into log-probabilities ``x_i - log(sum_k exp(x_k))`` along an axis, without overflow.

    Derivatives: ``delta_ik - softmax(x)_k``. ``dim`` is another name for ``axis``. `nn.NLLLoss` takes the result.

    >>> from nn.functional import log_softmax
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.], dtype=float32)
    """
    return _log_softmax(floating(x), axis=axis if dim is None else dim)


class LogSoftmax(_AlongAxis, of=log_softmax, shown=("axis",)):
    """The logarithm of `Softmax`."""

    def forward(self, x: Any) -> Tensor:
        return _log_softmax(floating(x), axis=self.axis)


@polymorphic
def glu(x: Operand, dim: int = -1) -> Any:
    """``a sigmoid(b)``, where a and b are the first and the second half of x along an axis of even size.

    Dauphin et al., "Language modeling with gated convolutional networks" (2017).

    >>> from nn.functional import glu
    >>> glu([3.0, 4.0, 0.0, 1000.0])
    array([1.5, 4. ], dtype=float32)
    """
    x = floating(x)
    if x.ndim and x.shape[dim] % 2:
        raise OperandError(f"glu splits axis {dim} in half, but its size in the input of shape {x.shape} is odd.")
    a, b = np.split(x, 2, axis=dim)
    return a * _sigmoid(b)


class GLU(of.GLU, of=glu, shown=("dim",), gated=True):
    """The gated linear unit."""
