"""Piecewise activations, applied elementwise; ``inplace`` has no effect. Each documents its slope where pieces meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.engine.tensor import plain
from autograd.ops.arithmetic import masked as _masked, where as _where
from autograd.ops.transcendental import expm1 as _expm1, relu as _relu
from nn.arguments import Operand, floating, polymorphic, positive
from nn.defaults import Randomness, generator, parameter_dtype
from nn.module import Parameter
from nn.of_function import of

__all__ = ["CELU", "ELU", "SELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "PReLU", "RReLU", "ReLU",
           "ReLU6", "Step"]  # fmt: skip

# Klambauer et al., the fixed point of mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@polymorphic
def step(x: Operand, at_zero: float = 1.0) -> Any:
    """0 for negative x, 1 for positive x, and ``at_zero`` at 0.

    The slope is 0 everywhere, by convention also at the jump, so no gradient passes and no network learns through it.

    >>> from nn.functional import step
    >>> step([-2.0, 0.0, 2.0]), step([0.0], at_zero=0.0)
    (array([0., 1., 1.], dtype=float32), array([0.], dtype=float32))
    """
    x = floating(x)
    data = plain(x)
    value = np.heaviside(data, data.dtype.type(at_zero))
    # x is never chosen. It stands here so that a gradient arrives, and is 0.
    return _where(np.ones(value.shape, bool), value, x)


class Step(of.Step, of=step):
    """The unit step, applied elementwise."""

    def __init__(self, at_zero: float = 1.0) -> None:
        self.at_zero: float = float(at_zero)


@polymorphic
def relu(x: Operand, inplace: bool = False, *, at_zero: float = 0.0) -> Any:
    """``max(x, 0)``, with slope 1 for x > 0 and 0 for x < 0.

    The slope at 0 is ``at_zero``: 0 as in PyTorch, or 1/2 or 1 as in some textbooks; other values raise ValueError.

    >>> from nn.functional import relu
    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    x = floating(x)
    if at_zero == 0.0:
        return _relu(x)
    check_slope_at_zero(at_zero)
    if at_zero == 1.0:
        return _masked(x, mask=~(x < 0.0))  # so that nan stays nan
    return np.maximum(x, 0.0)  # whose tie is shared evenly


class ReLU(of.ReLU, of=relu):
    """The rectified linear unit, applied elementwise."""

    def __init__(self, inplace: bool = False, *, at_zero: float = 0.0) -> None:
        self.at_zero: float = check_slope_at_zero(at_zero)

    def forward(self, x: Any) -> Tensor:
        return _relu(floating(x)) if self.at_zero == 0.0 else relu(x, at_zero=self.at_zero)


@polymorphic
def leaky_relu(x: Operand, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """``x`` where it is positive, else ``negative_slope x``.

    At 0, the slope is ``negative_slope``. Maas et al., "Rectifier nonlinearities improve acoustic models" (2013).

    >>> from nn.functional import leaky_relu
    >>> leaky_relu([-1.0, 2.0])
    array([-0.01,  2.  ], dtype=float32)
    """
    x = floating(x)
    return _bent(x, float(negative_slope))


class LeakyReLU(of.LeakyReLU, of=leaky_relu, shown=("negative_slope",)):
    """The rectified linear unit with a small slope for negative inputs."""


def prelu(x: Operand, weight: Operand) -> Tensor:
    """``x`` where it is positive, else ``weight x``, with one weight, or one for each channel (axis 1).

    The slope is 1 for x > 0, else the weight; the derivative by the weight is x where x is not positive. Inputs may
    have any shape. Raises OperandError if the number of channels differs from the number of weights.

    He et al., "Delving deep into rectifiers" (2015); as ``torch.nn.PReLU``. Weight decay would pull the slope towards
    0, so `optim.decay_groups` exempts it.

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


class PReLU(of.PReLU, of=prelu, shown=("num_parameters",)):
    """The rectified linear unit with ``num_parameters`` learned slopes for negative inputs, which start at ``init``."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike | None = None) -> None:
        self.num_parameters: int = positive("num_parameters", num_parameters, "number of slopes")
        self.weight: Parameter = Parameter(np.full(self.num_parameters, init, parameter_dtype(dtype)))


@polymorphic
def rrelu(
    x: Operand, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False,
    *, rng: Randomness = None,
) -> Any:  # fmt: skip
    """``x`` where it is positive, else ``a x`` with a random slope a.

    In ``training``, every call draws a slope for each element uniformly from ``lower .. upper``; in evaluation, a is
    the middle of the interval. The slope is 1 for x > 0, else a. Inputs may have any shape.

    The random numbers come from ``rng`` as in `nn.Dropout`. Raises ValueError if lower is greater than upper.

    Xu et al., "Empirical evaluation of rectified activations in convolution network" (2015); as ``torch.nn.RReLU``.

    >>> from nn.functional import rrelu
    >>> rrelu([-2.0, 2.0], lower=0.2, upper=0.3)
    array([-0.5,  2. ], dtype=float32)
    """
    check_ends("rrelu", lower=lower, upper=upper)
    x = floating(x)
    if not training:
        return leaky_relu(x, (lower + upper) / 2.0)
    slopes = generator(rng).uniform(lower, upper, x.shape)
    return _bent(x, np.asarray(slopes, x.dtype))


class RReLU(of.RReLU, of=rrelu, shown=("lower", "upper")):
    """The rectified linear unit with a random slope for negative inputs."""

    def __init__(
        self, lower: float = 1.0 / 8.0, upper: float = 1.0 / 3.0, inplace: bool = False, *, rng: Randomness = None
    ) -> None:
        check_ends("RReLU", lower=lower, upper=upper)
        self.lower = lower
        self.upper = upper
        self.rng: np.random.Generator | None = None if rng is None else generator(rng)


@polymorphic
def elu(x: Operand, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, else ``alpha (exp(x) - 1)``.

    The slope is 1 for x > 0, else ``alpha exp(x)``, which is the value plus alpha. Clevert et al., "Fast and accurate
    deep network learning by exponential linear units" (2015).

    >>> from nn.functional import elu
    >>> elu([-1000.0, -1.0, 2.0]).round(4)
    array([-1.    , -0.6321,  2.    ], dtype=float32)
    """
    return _exponential(floating(x), float(alpha), 1.0)


class ELU(of.ELU, of=elu, shown=("alpha",)):
    """The exponential linear unit."""


@polymorphic
def celu(x: Operand, alpha: float = 1.0, inplace: bool = False) -> Any:
    """``x`` where it is positive, else ``alpha (exp(x / alpha) - 1)``.

    The slope is 1 for x > 0, else ``exp(x / alpha)``, so there is no kink. Raises ValueError unless alpha is positive.
    Barron, "Continuously differentiable exponential linear units" (2017).

    >>> from nn.functional import celu
    >>> celu([-1000.0, -1.0, 2.0], alpha=0.5).round(4)
    array([-0.5   , -0.4323,  2.    ], dtype=float32)
    """
    if not alpha > 0.0:
        raise ValueError(f"alpha must be positive, not {alpha!r}: CELU approaches -alpha for very negative inputs.")
    return _exponential(floating(x), float(alpha), float(alpha))


class CELU(of.CELU, of=celu, shown=("alpha",)):
    """The exponential linear unit without a kink."""


def _exponential(x: Any, alpha: float, width: float) -> Any:
    """x where it is positive, else ``alpha (exp(x / width) - 1)``."""
    right = x > 0.0
    left = _masked(x, mask=~right)
    left = _expm1(left if width == 1.0 else left / width)
    return _masked(x, mask=right) + (left if alpha == 1.0 else left * alpha)


@polymorphic
def selu(x: Operand, inplace: bool = False) -> Any:
    """``scale elu(x, alpha)`` with alpha = 1.6732632423543772 and scale = 1.0507009873554805.

    It preserves mean 0 and variance 1 between layers initialized with `nn.init.lecun_normal_`. The slope is ``scale``
    for x > 0, else ``scale alpha exp(x)``, at most 1.7581. Klambauer et al., "Self-normalizing neural networks" (2017).

    >>> from nn.functional import selu
    >>> selu([-1000.0, 0.0, 1.0]).round(4)
    array([-1.7581,  0.    ,  1.0507], dtype=float32)
    """
    return elu(x, SELU_ALPHA) * SELU_SCALE


class SELU(of.SELU, of=selu):
    """The scaled exponential linear unit."""


@polymorphic
def hardtanh(x: Operand, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """``x`` clipped to ``min_val .. max_val``, with slope 1 in between, and 0 outside and at both ends.

    Raises ValueError if min_val is greater than max_val.

    >>> from nn.functional import hardtanh
    >>> hardtanh([-2.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    check_ends("hardtanh", min_val=min_val, max_val=max_val)
    x = floating(x)
    data = plain(x)
    inside = (data > min_val) & (data < max_val)
    return _masked(x, mask=inside) + _masked(np.clip(data, min_val, max_val), mask=~inside)


class Hardtanh(of.Hardtanh, of=hardtanh, shown=("min_val", "max_val"), balanced=True):
    """A piecewise linear approximation of tanh."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        check_ends("Hardtanh", min_val=min_val, max_val=max_val)
        self.min_val: float = float(min_val)
        self.max_val: float = float(max_val)


@polymorphic
def relu6(x: Operand, inplace: bool = False) -> Any:
    """``min(max(x, 0), 6)``, with slope 1 between 0 and 6, and 0 outside and at both ends.

    >>> from nn.functional import relu6
    >>> relu6([-1.0, 2.0, 8.0])
    array([0., 2., 6.], dtype=float32)
    """
    return hardtanh(x, 0.0, 6.0)


class ReLU6(of.ReLU6, of=relu6):
    """The rectified linear unit, clipped at 6."""


@polymorphic
def hardsigmoid(x: Operand, inplace: bool = False) -> Any:
    """``min(max(x + 3, 0), 6) / 6``, with slope 1/6 between -3 and 3, and 0 outside and at both ends.

    >>> from nn.functional import hardsigmoid
    >>> hardsigmoid([-4.0, 0.0, 1.5])
    array([0.  , 0.5 , 0.75], dtype=float32)
    """
    return hardtanh(floating(x) + 3.0, 0.0, 6.0) / 6.0


class Hardsigmoid(of.Hardsigmoid, of=hardsigmoid, balanced=True):
    """A piecewise linear approximation of the sigmoid."""


@polymorphic
def hardswish(x: Operand, inplace: bool = False) -> Any:
    """``x min(max(x + 3, 0), 6) / 6``, with slope ``x / 3 + 1/2`` between -3 and 3, 0 below and 1 above.

    Howard et al., "Searching for MobileNetV3" (2019).

    >>> from nn.functional import hardswish
    >>> hardswish([-4.0, -1.5, 4.0])
    array([-0.   , -0.375,  4.   ], dtype=float32)
    """
    x = floating(x)
    return x * hardsigmoid(x)


class Hardswish(of.Hardswish, of=hardswish):
    """`SiLU` with a piecewise linear sigmoid."""


def _bent(x: Any, slope: Any) -> Any:
    """x where it is positive, else slope times x; nan stays nan. Masks are faster than a choice by `numpy.where`."""
    right = x > 0.0
    return _masked(x, mask=right) + slope * _masked(x, mask=~right)


def check_slope_at_zero(at_zero: float) -> float:
    """The slope of ReLU at its kink: one of both sides, or their mean."""
    if at_zero not in (0.0, 0.5, 1.0):
        raise ValueError(f"at_zero, the slope of ReLU at 0, must be 0, 0.5 or 1, not {at_zero!r}.")
    return float(at_zero)


def check_ends(owner: str, **ends: float) -> None:
    """The two ends of an interval, in order."""
    (low, a), (high, b) = ends.items()
    if not a <= b:
        raise ValueError(f"{owner}: {low} must not be greater than {high}, but they are {a!r} and {b!r}.")
