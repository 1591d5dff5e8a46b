"""Activations without a kink. Each works entry by entry, on any shape, and does not overflow.

``inplace`` is taken for PyTorch's sake and changes nothing: results are new arrays always.
"""

from __future__ import annotations

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
from nn.arrays import Operand, polymorphic
from nn.module import Module
from nn.of_function import _OfFunction
from nn.validation import floating

__all__ = ["GELU", "Arctan", "Identity", "LogSigmoid", "Mish", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh"]

Approximation = Literal["none", "tanh"]
_STEEPNESS = 2.0 * math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715 * _STEEPNESS


class Identity(Module):
    """The input itself, ``f(x) = x``: no activation, where one is asked for.

    Slope ``f' = 1``. Arguments of the constructor are taken and ignored, as by ``torch.nn.Identity``, so that it can
    stand in for any layer.

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
    """``s = 1 / (1 + exp(-x))``, between 0 and 1 and without overflow, with slope ``s (1 - s)``, at most 1/4, at 0.

    >>> from nn.functional import sigmoid
    >>> sigmoid([-1000.0, 0.0]).round(4)
    array([0. , 0.5], dtype=float32)
    """
    return _sigmoid(floating(x))


class Sigmoid(_OfFunction, of=sigmoid):
    """The logistic function, entry by entry."""

    _balanced = True  # positive and negative inputs pass alike, so weights start as Glorot proposes

    def forward(self, x: Any) -> Tensor:
        return _sigmoid(floating(x))


@polymorphic
def tanh(x: Operand) -> Any:
    """``t = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 sigmoid(2 x) - 1``, with slope ``1 - t^2``, at most 1, at 0.

    >>> from nn.functional import tanh
    >>> float(tanh(0.0))
    0.0
    """
    return _tanh(floating(x))


class Tanh(_OfFunction, of=tanh):
    """The hyperbolic tangent, entry by entry: between -1 and 1."""

    _balanced = True  # positive and negative inputs pass alike, so weights start as Glorot proposes

    def forward(self, x: Any) -> Tensor:
        return _tanh(floating(x))


@polymorphic
def arctan(x: Operand) -> Any:
    """The angle whose tangent is x, in radians: between -pi/2 and pi/2.

    Slope ``1 / (1 + x^2)``, at most 1, at 0. PyTorch has no module for it.

    >>> from nn.functional import arctan
    >>> arctan([0.0, 1.0]).round(4)
    array([0.    , 0.7854], dtype=float32)
    """
    return _arctan(floating(x))


class Arctan(_OfFunction, of=arctan):
    """A sigmoid that approaches its ends slowly."""

    _balanced = True  # positive and negative inputs pass alike, so weights start as Glorot proposes


@polymorphic
def softsign(x: Operand) -> Any:
    """``x / (1 + |x|)``: between -1 and 1, which it approaches more slowly than tanh.

    Slope ``1 / (1 + |x|)^2``, at most 1, at 0.

    >>> from nn.functional import softsign
    >>> softsign([-3.0, 0.0, 1.0])
    array([-0.75,  0.  ,  0.5 ], dtype=float32)
    """
    return _softsign(floating(x))


class Softsign(_OfFunction, of=softsign):
    """A sigmoid without exponentials."""

    _balanced = True  # positive and negative inputs pass alike, so weights start as Glorot proposes


@polymorphic
def softplus(x: Operand, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta``, with slope ``sigmoid(beta x)``, less than 1, and without overflow.

    Where ``beta x`` is above ``threshold`` it is x itself, and the slope 1, which is off by at most
    ``exp(-threshold) / beta``; ``threshold=numpy.inf`` keeps the formula everywhere. Raises ValueError when beta is not
    positive.

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


class Softplus(_OfFunction, of=softplus):
    """A smooth ReLU."""

    _shown_settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta: float = check_beta(beta)
        self.threshold: float = float(threshold)


@polymorphic
def logsigmoid(x: Operand) -> Any:
    """``log(sigmoid(x)) = -log(1 + exp(-x))``, with slope ``sigmoid(-x)``, and without overflow or lost digits.

    >>> from nn.functional import logsigmoid
    >>> logsigmoid([-1000.0, 1000.0])
    array([-1000.,    -0.], dtype=float32)
    """
    return -_softplus(-floating(x))


class LogSigmoid(_OfFunction, of=logsigmoid):
    """The logarithm of the logistic function, entry by entry."""


@polymorphic
def gelu(x: Operand, approximate: Approximation = "none") -> Any:
    """``x Phi(x)`` with the distribution function of the standard normal, ``Phi(x) = (1 + erf(x / sqrt(2))) / 2``.

    ``approximate="tanh"`` takes ``(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`` instead, which needs no error
    function; another one raises ValueError. Slope ``Phi(x) + x phi(x)`` with the density phi: between -0.129 (at
    -sqrt(2)) and 1.129 (at sqrt(2)). Hendrycks and Gimpel, "Gaussian error linear units" (2016).

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


class GELU(_OfFunction, of=gelu):
    """The Gaussian error linear unit."""

    _gated = True  # a sigmoid in it may well be 0 or 1

    def __init__(self, approximate: Approximation = "none") -> None:
        check_approximation(approximate)
        self.approximate: Approximation = approximate

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


@polymorphic
def silu(x: Operand, inplace: bool = False) -> Any:
    """``x s`` with ``s = sigmoid(x)``.

    Slope ``s (1 + x (1 - s))``: between -0.0998 (at -2.3994) and 1.0998 (at 2.3994).

    >>> from nn.functional import silu
    >>> silu([-1.0, 0.0, 1.0]).round(4)
    array([-0.2689,  0.    ,  0.7311], dtype=float32)
    """
    x = floating(x)
    return x * _sigmoid(x)


class SiLU(_OfFunction, of=silu):
    """The sigmoid linear unit, also called swish."""

    _gated = True  # a sigmoid in it may well be 0 or 1


@polymorphic
def mish(x: Operand, inplace: bool = False) -> Any:
    """``x t`` with ``t = tanh(log(1 + exp(x)))``.

    Slope ``t + x (1 - t^2) sigmoid(x)``: between -0.113 and 1.0885. Misra, "Mish: a self regularized non-monotonic
    activation function" (2019).

    >>> from nn.functional import mish
    >>> mish([-1.0, 0.0, 1.0]).round(4)
    array([-0.3034,  0.    ,  0.8651], dtype=float32)
    """
    x = floating(x)
    return x * _tanh(_softplus(x))


class Mish(_OfFunction, of=mish):
    """`SiLU` with another gate."""

    _gated = True  # a sigmoid in it may well be 0 or 1


def check_beta(beta: float) -> float:
    """The steepness of softplus."""
    if not beta > 0.0:
        raise ValueError(f"beta is the steepness of softplus, a positive number, not {beta!r}.")
    return float(beta)


def check_approximation(approximate: str) -> None:
    """How GELU is computed."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is 'none' (exact) or 'tanh', not {approximate!r}.")
