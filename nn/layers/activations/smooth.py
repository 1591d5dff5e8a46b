"""Smooth activations, applied elementwise and without overflow; ``inplace`` has no effect."""

import math
from typing import Any, Literal

import numpy as np

from autograd import Tensor
from autograd.ops.transcendental import (
    arctan as _arctan,
    ndtr as _ndtr,
    sigmoid as _sigmoid,
    softplus as _softplus,
    softsign as _softsign,
    tanh as _tanh,
)
from nn.arguments import Operand, floating, polymorphic
from nn.module import Module
from nn.of_function import of

__all__ = ["GELU", "Arctan", "Identity", "LogSigmoid", "Mish", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh"]

Approximation = Literal["none", "tanh"]
_STEEPNESS = 2.0 * math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715 * _STEEPNESS


class Identity(Module):
    """The identity ``f(x) = x``, for places that require an activation.

    The slope is 1. The constructor ignores all arguments, as ``torch.nn.Identity`` does, so it can replace any layer.

    >>> import nn
    >>> nn.Identity(54)(2.5)
    2.5
    """

    _balanced = True  # positive and negative inputs pass alike, so weights start as Glorot proposes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Any) -> Tensor:
        return x


@polymorphic
def sigmoid(x: Operand) -> Any:
    """``s = 1 / (1 + exp(-x))``, between 0 and 1 and without overflow; the slope ``s (1 - s)`` is at most 1/4, at 0.

    >>> from nn.functional import sigmoid
    >>> sigmoid([-1000.0, 0.0]).round(4)
    array([0. , 0.5], dtype=float32)
    """
    return _sigmoid(floating(x))


class Sigmoid(of.Sigmoid, of=sigmoid, balanced=True):
    """The logistic function, applied elementwise."""

    def forward(self, x: Any) -> Tensor:
        return _sigmoid(floating(x))


@polymorphic
def tanh(x: Operand) -> Any:
    """``t = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 sigmoid(2 x) - 1``; the slope ``1 - t^2`` is at most 1, at 0.

    >>> from nn.functional import tanh
    >>> float(tanh(0.0))
    0.0
    """
    return _tanh(floating(x))


class Tanh(of.Tanh, of=tanh, balanced=True):
    """The hyperbolic tangent, applied elementwise; its values lie between -1 and 1."""

    def forward(self, x: Any) -> Tensor:
        return _tanh(floating(x))


@polymorphic
def arctan(x: Operand) -> Any:
    """The angle in radians, between -pi/2 and pi/2, whose tangent is x.

    The slope ``1 / (1 + x^2)`` is at most 1, at 0. PyTorch has no module for this function.

    >>> from nn.functional import arctan
    >>> arctan([0.0, 1.0]).round(4)
    array([0.    , 0.7854], dtype=float32)
    """
    return _arctan(floating(x))


class Arctan(of.Arctan, of=arctan, balanced=True):
    """The arctangent, a sigmoid that approaches its limits slowly."""


@polymorphic
def softsign(x: Operand) -> Any:
    """``x / (1 + |x|)``, which approaches its limits -1 and 1 more slowly than tanh does.

    The slope ``1 / (1 + |x|)^2`` is at most 1, at 0.

    >>> from nn.functional import softsign
    >>> softsign([-3.0, 0.0, 1.0])
    array([-0.75,  0.  ,  0.5 ], dtype=float32)
    """
    return _softsign(floating(x))


class Softsign(of.Softsign, of=softsign, balanced=True):
    """A sigmoid without exponentials."""


@polymorphic
def softplus(x: Operand, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta``, without overflow; the slope ``sigmoid(beta x)`` is less than 1.

    Where ``beta x`` exceeds ``threshold``, the result is x itself with slope 1, an error of at most ``exp(-threshold) /
    beta``; ``threshold=numpy.inf`` applies the formula everywhere. Raises ValueError unless beta is positive.

    >>> from nn.functional import softplus
    >>> softplus([-1000.0, 0.0, 50.0]).round(4)
    array([ 0.    ,  0.6931, 50.    ], dtype=float32)
    """
    check_beta(beta)
    x = floating(x)
    scaled = x if beta == 1.0 else x * float(beta)
    y = _softplus(scaled)
    if beta != 1.0:
        y = y / float(beta)
    straight = scaled > threshold
    return np.where(straight, x, y) if straight.any() else y


class Softplus(of.Softplus, of=softplus, shown=("beta", "threshold")):
    """A smooth ReLU."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta: float = check_beta(beta)
        self.threshold: float = float(threshold)


@polymorphic
def logsigmoid(x: Operand) -> Any:
    """``log(sigmoid(x)) = -log(1 + exp(-x))``, with slope ``sigmoid(-x)``, without overflow or loss of precision.

    >>> from nn.functional import logsigmoid
    >>> logsigmoid([-1000.0, 1000.0])
    array([-1000.,    -0.], dtype=float32)
    """
    return -_softplus(-floating(x))


class LogSigmoid(of.LogSigmoid, of=logsigmoid):
    """The logarithm of the logistic function, applied elementwise."""


@polymorphic
def gelu(x: Operand, approximate: Approximation = "none") -> Any:
    """``x Phi(x)``, where ``Phi(x) = (1 + erf(x / sqrt(2))) / 2`` is the standard normal distribution function.

    ``approximate="tanh"`` uses ``(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`` instead, which needs no error
    function; other values raise ValueError. With the density phi, the slope ``Phi(x) + x phi(x)`` lies between -0.129
    (at -sqrt(2)) and 1.129 (at sqrt(2)). Hendrycks and Gimpel, "Gaussian error linear units" (2016).

    >>> from nn.functional import gelu
    >>> gelu([-1.0, 0.0, 1.0]).round(4)
    array([-0.1587,  0.    ,  0.8413], dtype=float32)
    """
    check_approximation(approximate)
    x = floating(x)
    if approximate == "none":
        return x * _ndtr(x)
    # (1 + tanh(u)) / 2 is the sigmoid of 2 u, which is right far left, too. Beyond |x| = 30 it is 0 or 1 in every
    # dtype, and the cube in u might overflow.
    inner = np.clip(x, -30.0, 30.0)
    return x * _sigmoid(inner * (_STEEPNESS + _CUBIC * (inner * inner)))


class GELU(of.GELU, of=gelu, gated=True):
    """The Gaussian error linear unit."""

    def __init__(self, approximate: Approximation = "none") -> None:
        check_approximation(approximate)
        self.approximate: Approximation = approximate

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


@polymorphic
def silu(x: Operand, inplace: bool = False) -> Any:
    """``x s`` with ``s = sigmoid(x)``.

    The slope ``s (1 + x (1 - s))`` lies between -0.0998 (at -2.3994) and 1.0998 (at 2.3994).

    >>> from nn.functional import silu
    >>> silu([-1.0, 0.0, 1.0]).round(4)
    array([-0.2689,  0.    ,  0.7311], dtype=float32)
    """
    x = floating(x)
    return x * _sigmoid(x)


class SiLU(of.SiLU, of=silu, gated=True):
    """The sigmoid linear unit, also known as swish."""


@polymorphic
def mish(x: Operand, inplace: bool = False) -> Any:
    """``x t`` with ``t = tanh(log(1 + exp(x)))``.

    The slope ``t + x (1 - t^2) sigmoid(x)`` lies between -0.113 and 1.0885. Misra, "Mish: a self regularized
    non-monotonic activation function" (2019).

    >>> from nn.functional import mish
    >>> mish([-1.0, 0.0, 1.0]).round(4)
    array([-0.3034,  0.    ,  0.8651], dtype=float32)
    """
    x = floating(x)
    return x * _tanh(_softplus(x))


class Mish(of.Mish, of=mish, gated=True):
    """The Mish activation: `SiLU` with another gate."""


def check_beta(beta: float) -> float:
    """The steepness of softplus."""
    if not beta > 0.0:
        raise ValueError(f"beta, the steepness of softplus, must be positive, not {beta!r}.")
    return float(beta)


def check_approximation(approximate: str) -> None:
    """How GELU is computed."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate must be 'none' (exact) or 'tanh', not {approximate!r}.")
