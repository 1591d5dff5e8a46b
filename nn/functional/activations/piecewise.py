"""Activations made of pieces. Each works entry by entry, and says what its slope is where two pieces meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import OperandError, Tensor
from autograd.ops import arithmetic, transcendental
from nn.defaults import Randomness, generator
from nn.validation import floating

__all__ = [
    "check_ends",
    "check_slope_at_zero",
    "elu",
    "hardtanh",
    "leaky_relu",
    "prelu",
    "relu",
    "rrelu",
    "selu",
    "step",
]

__autograd_transparent__ = True

Operand = Any  # a Tensor or an array

_masked = arithmetic.masked
_where = arithmetic.where
_expm1 = transcendental.expm1
_relu = transcendental.relu

# Klambauer et al., the fixed point of mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def step(x: Operand, at_zero: float = 1.0) -> Any:
    """0 left of 0, 1 right of it, and ``at_zero`` at 0. Its slope is 0 everywhere; see `nn.Step`.

    >>> import numpy as np
    >>> from nn.functional import step
    >>> step(np.array([-2.0, 0.0, 2.0])), step(np.array([0.0]), at_zero=0.0)
    (array([0., 1., 1.]), array([0.]))
    """
    x = floating(x)
    data = x.data if isinstance(x, Tensor) else x
    value = np.heaviside(data, data.dtype.type(at_zero))
    # x is never chosen. It stands here so that a gradient arrives, and is 0.
    return _where(np.ones(value.shape, bool), value, x)


def relu(x: Operand, at_zero: float = 0.0) -> Any:
    """``max(x, 0)``, with slope ``at_zero`` at 0, which is 0, 1/2 or 1; see `nn.ReLU`.

    Raises ValueError for another slope.

    >>> import numpy as np
    >>> from nn.functional import relu
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    x = floating(x)
    if at_zero == 0.0:
        return _relu(x)
    check_slope_at_zero(at_zero)
    if at_zero == 1.0:
        return _masked(x, mask=~(x < 0.0))  # so that nan stays nan
    return np.maximum(x, 0.0)  # whose tie is shared evenly


def leaky_relu(x: Operand, negative_slope: float = 0.01) -> Any:
    """``x`` where it is positive, else ``negative_slope x``; see `nn.LeakyReLU`.

    >>> import numpy as np
    >>> from nn.functional import leaky_relu
    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    x = floating(x)
    return _bent(x, float(negative_slope))


def prelu(x: Operand, weight: Operand) -> Any:
    """``x`` where it is positive, else ``weight x``, with one weight or one for each channel; see `nn.PReLU`.

    Channels are axis 1. Raises OperandError when there are neither 1 nor as many weights as channels.

    >>> import numpy as np
    >>> from nn.functional import prelu
    >>> prelu(np.array([[-1.0, -1.0], [2.0, 2.0]]), np.array([0.25, 0.5]))
    array([[-0.25, -0.5 ],
           [ 2.  ,  2.  ]])
    """
    x = floating(x)
    count = weight.size
    if count > 1:
        if x.ndim < 2 or x.shape[1] != count:
            raise OperandError(
                f"prelu: there are {count} slopes, one for each channel, but the input of shape {x.shape} has "
                + (f"{x.shape[1]} channels (axis 1)." if x.ndim > 1 else "no axis of channels (axis 1).")
            )
        weight = weight.reshape((count,) + (1,) * (x.ndim - 2))
    elif x.ndim == 0:
        weight = weight.reshape(())
    return _bent(x, weight)


def rrelu(
    x: Operand, lower: float = 1.0 / 8.0, upper: float = 1.0 / 3.0, training: bool = False, rng: Randomness = None
) -> Any:
    """``x`` where it is positive, else ``a x`` with ``a`` drawn from ``lower .. upper``; see `nn.RReLU`.

    Without ``training``, a is the middle of the interval. Raises ValueError when lower is above upper.

    >>> import numpy as np
    >>> from nn.functional import rrelu
    >>> rrelu(np.array([-2.0, 2.0]), lower=0.2, upper=0.3)
    array([-0.5,  2. ])
    """
    check_ends("rrelu", lower=lower, upper=upper)
    x = floating(x)
    if not training:
        return leaky_relu(x, (lower + upper) / 2.0)
    slopes = generator(rng).uniform(lower, upper, x.shape)
    return _bent(x, np.asarray(slopes, x.dtype))


def elu(x: Operand, alpha: float = 1.0) -> Any:
    """``x`` where it is positive, else ``alpha (exp(x) - 1)``; see `nn.ELU`.

    >>> import numpy as np
    >>> from nn.functional import elu
    >>> elu(np.array([-1000.0, -1.0, 2.0])).round(4)
    array([-1.    , -0.6321,  2.    ])
    """
    x = floating(x)
    right = x > 0.0
    left = _expm1(_masked(x, mask=~right))
    return _masked(x, mask=right) + (left if alpha == 1.0 else left * float(alpha))


def selu(x: Operand) -> Any:
    """``1.0507 elu(x, 1.67326)``; see `nn.SELU`.

    >>> import numpy as np
    >>> from nn.functional import selu
    >>> selu(np.array([-1000.0, 0.0, 1.0])).round(4)
    array([-1.7581,  0.    ,  1.0507])
    """
    return elu(x, SELU_ALPHA) * SELU_SCALE


def hardtanh(x: Operand, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """``x`` cut off at ``min_val`` and ``max_val``; see `nn.Hardtanh`.

    Raises ValueError when min_val is above max_val.

    >>> import numpy as np
    >>> from nn.functional import hardtanh
    >>> hardtanh(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    check_ends("hardtanh", min_val=min_val, max_val=max_val)
    x = floating(x)
    data = x.data if isinstance(x, Tensor) else x
    inside = (data > min_val) & (data < max_val)
    return _masked(x, mask=inside) + _masked(np.clip(data, min_val, max_val), mask=~inside)


def _bent(x: Any, slope: Any) -> Any:
    """x where it is positive, else slope times x; nan stays nan. Masks are faster than a choice by `numpy.where`."""
    right = x > 0.0
    return _masked(x, mask=right) + slope * _masked(x, mask=~right)


# --- checks -------------------------------------------------------------------------------------------------------


def check_slope_at_zero(at_zero: float) -> float:
    """The slope of ReLU at its kink: one of both sides, or their mean."""
    if at_zero not in (0.0, 0.5, 1.0):
        raise ValueError(f"at_zero is the slope of ReLU at 0: 0, 0.5 or 1, not {at_zero!r}.")
    return float(at_zero)


def check_ends(owner: str, **ends: float) -> None:
    """The two ends of an interval, in order."""
    (low, a), (high, b) = ends.items()
    if not a <= b:
        raise ValueError(f"{owner}: {low} must not be above {high}, but they are {a!r} and {b!r}.")
