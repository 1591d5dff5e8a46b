"""Activations without a kink. Each works entry by entry, on any shape, and does not overflow."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from autograd.ops import transcendental
from nn.validation import floating

__all__ = [
    "Approximation",
    "arctan",
    "check_approximation",
    "check_beta",
    "gelu",
    "mish",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
]

__autograd_transparent__ = True

Operand = Any  # a Tensor or an array
Approximation = Literal["none", "tanh"]

_arctan = transcendental.arctan
_ndtr = transcendental.ndtr
_sigmoid = transcendental.sigmoid
_softplus = transcendental.softplus
_softsign = transcendental.softsign
_tanh = transcendental.tanh

_STEEPNESS = 2.0 * math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715 * _STEEPNESS


def sigmoid(x: Operand) -> Any:
    """``1 / (1 + exp(-x))``, without overflow; see `nn.Sigmoid`.

    >>> import numpy as np
    >>> from nn.functional import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0])).round(4)
    array([0. , 0.5])
    """
    return _sigmoid(floating(x))


def tanh(x: Operand) -> Any:
    """The hyperbolic tangent; see `nn.Tanh`.

    >>> from nn.functional import tanh
    >>> float(tanh(0.0))
    0.0
    """
    return _tanh(floating(x))


def arctan(x: Operand) -> Any:
    """The angle whose tangent is x, in radians; see `nn.Arctan`.

    >>> import numpy as np
    >>> from nn.functional import arctan
    >>> arctan(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.7854])
    """
    return _arctan(floating(x))


def softsign(x: Operand) -> Any:
    """``x / (1 + |x|)``; see `nn.Softsign`.

    >>> import numpy as np
    >>> from nn.functional import softsign
    >>> softsign(np.array([-3.0, 0.0, 1.0]))
    array([-0.75,  0.  ,  0.5 ])
    """
    return _softsign(floating(x))


def softplus(x: Operand, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta``, and ``x`` itself where ``beta x > threshold``; see `nn.Softplus`.

    Raises ValueError when beta is not positive.

    >>> import numpy as np
    >>> from nn.functional import softplus
    >>> softplus(np.array([-1000.0, 0.0, 50.0])).round(4)
    array([ 0.    ,  0.6931, 50.    ])
    """
    check_beta(beta)
    x = floating(x)
    scaled = x if beta == 1.0 else x * float(beta)
    y = _softplus(scaled)
    if beta != 1.0:
        y = y / float(beta)
    straight = scaled > threshold
    return np.where(straight, x, y) if straight.any() else y


def gelu(x: Operand, approximate: Approximation = "none") -> Any:
    """``x Phi(x)`` with the distribution function Phi of the standard normal; see `nn.GELU`.

    Raises ValueError when ``approximate`` is neither "none" nor "tanh".

    >>> import numpy as np
    >>> from nn.functional import gelu
    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    check_approximation(approximate)
    x = floating(x)
    if approximate == "none":
        return x * _ndtr(x)
    # (1 + tanh(u)) / 2 is the sigmoid of 2 u, which is right far left, too. Beyond |x| = 30 it is 0 or 1 in every
    # dtype, and the cube in u might overflow.
    inner = np.clip(x, -30.0, 30.0)
    return x * _sigmoid(inner * (_STEEPNESS + _CUBIC * (inner * inner)))


def silu(x: Operand) -> Any:
    """``x sigmoid(x)``; see `nn.SiLU`.

    >>> import numpy as np
    >>> from nn.functional import silu
    >>> silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    x = floating(x)
    return x * _sigmoid(x)


def mish(x: Operand) -> Any:
    """``x tanh(log(1 + exp(x)))``; see `nn.Mish`.

    >>> import numpy as np
    >>> from nn.functional import mish
    >>> mish(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.3034,  0.    ,  0.8651])
    """
    x = floating(x)
    return x * _tanh(_softplus(x))


# --- checks -------------------------------------------------------------------------------------------------------


def check_beta(beta: float) -> float:
    """The steepness of softplus."""
    if not beta > 0.0:
        raise ValueError(f"beta is the steepness of softplus, a positive number, not {beta!r}.")
    return float(beta)


def check_approximation(approximate: str) -> None:
    """How GELU is computed."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is 'none' (exact) or 'tanh', not {approximate!r}.")
