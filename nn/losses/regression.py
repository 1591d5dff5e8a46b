"""Losses for predicted numbers and for their distributions."""

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.ops.arithmetic import absolute as _absolute, clip as _clip, square as _square, where as _where
from autograd.ops.transcendental import exp as _exp, log as _log
from nn.arguments import Operand, plain, polymorphic
from nn.errors import LossShapeError, PredictionError
from nn.losses.base import Reduction, array, counted, of, pair, reduced

__all__ = ["GaussianNLLLoss", "HuberLoss", "L1Loss", "MSELoss", "PoissonNLLLoss", "SmoothL1Loss"]


@polymorphic
def mse_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean", half: bool = False) -> Any:
    """The mean of ``(prediction - target)^2`` over all entries.

    Prediction and target have the same shape, and so has the result with ``reduction="none"``. ``half`` halves the
    loss, so its derivative is the plain difference: the ``1/2 sum`` of textbooks is
    ``MSELoss(reduction="sum", half=True)``, and their ``1/(2N) sum`` is ``MSELoss(half=True)`` for predictions with one
    column; with d columns, the mean over all entries is smaller by the factor d.

    Raises LossShapeError if the shapes differ (nothing is broadcast) or a mean has no entries.

    >>> from nn.functional import mse_loss
    >>> float(mse_loss([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    prediction, target = pair("mse_loss", prediction, target)
    loss = reduced("mse_loss", _square(prediction - target), reduction)
    return 0.5 * loss if half else loss


class MSELoss(of.MSELoss, of=mse_loss, takes="numbers"):
    """The mean squared error, for numeric targets."""

    half: bool  # type: ignore[assignment]  # hides the method of `Module`, which a loss does not need

    def __init__(self, *, reduction: Reduction = "mean", half: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.half = bool(half)

    def forward(self, prediction: Any, target: Any) -> Tensor:  # as `_Loss` has it, for the speed of small networks
        found: Tensor = mse_loss(prediction, target, reduction=self.reduction, half=self.half)
        return found


@polymorphic
def l1_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean") -> Any:
    """The mean of ``|prediction - target|`` over all entries; the slope at a difference of 0 is taken as 0.

    >>> from nn.functional import l1_loss
    >>> float(l1_loss([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    prediction, target = pair("l1_loss", prediction, target)
    return reduced("l1_loss", _absolute(prediction - target), reduction)


class L1Loss(of.L1Loss, of=l1_loss, takes="numbers"):
    """The mean absolute error, for numeric targets with outliers; shapes and errors are those of `MSELoss`."""


@polymorphic
def huber_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean", delta: float = 1.0) -> Any:
    """The mean of ``r^2 / 2`` where ``|r| <= delta``, else ``delta (|r| - delta / 2)``, for errors r.

    The slope is r clipped to ``-delta .. delta``. Shapes and errors are those of `nn.MSELoss`, and ValueError is raised
    unless delta is positive. Huber, "Robust estimation of a location parameter" (1964).

    >>> from nn.functional import huber_loss
    >>> huber_loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    """
    prediction, target = pair("huber_loss", prediction, target)
    return reduced("huber_loss", _rounded(prediction - target, check_width("delta", delta), 1.0), reduction)


class HuberLoss(of.HuberLoss, of=huber_loss, takes="numbers"):
    """Half the squared error up to ``delta``, and linear beyond, so outliers count less."""

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta: float = check_width("delta", delta)


@polymorphic
def smooth_l1_loss(prediction: Operand, target: Operand, *, reduction: Reduction = "mean", beta: float = 1.0) -> Any:
    """The mean of `huber_loss` with ``delta=beta``, divided by beta; with ``beta=0`` it is `l1_loss`.

    >>> from nn.functional import smooth_l1_loss
    >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], beta=0.5, reduction="none")
    array([0.25, 2.75])
    """
    prediction, target = pair("smooth_l1_loss", prediction, target)
    if beta == 0.0 or check_width("beta", beta) < float(np.finfo(prediction.dtype).tiny):  # narrower than any error
        return reduced("smooth_l1_loss", _absolute(prediction - target), reduction)
    return reduced("smooth_l1_loss", _rounded(prediction - target, float(beta), float(beta)), reduction)


class SmoothL1Loss(of.SmoothL1Loss, of=smooth_l1_loss, takes="numbers"):
    """The mean absolute error, smoothed within ``beta`` of 0; shapes and errors are those of `HuberLoss`."""

    def __init__(self, *, reduction: Reduction = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta: float = check_width("beta", beta) if beta else 0.0


@polymorphic
def gaussian_nll_loss(
    prediction: Operand, target: Operand, var: Operand, full: bool = False, eps: float = 1e-6,
    *, reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``(log(var) + (prediction - target)^2 / var) / 2``; ``full`` adds ``log(2 pi) / 2``.

    The variance has the shape of the prediction, or is one number for each row, or a single number. Variances below
    ``eps`` count as eps but keep their slope, so they can grow again. Raises PredictionError for negative ones.

    >>> from nn.functional import gaussian_nll_loss
    >>> float(gaussian_nll_loss([1.0, 2.0], [1.0, 4.0], var=[1.0, 1.0]))
    1.0
    """
    name = "gaussian_nll_loss"
    prediction, target = pair(name, prediction, target)
    var, shape = array(var), prediction.shape
    if var.shape == shape[:-1] != shape:
        var = var[..., None]
    if var.shape not in ((), shape, (*shape[:-1], 1)):
        raise LossShapeError(
            f"{name}: the variance has shape {var.shape}, which does not fit a prediction of shape {shape}."
        )
    values = plain(var).astype(prediction.dtype)
    _not_negative(name, "variance", values)
    lacking = np.maximum(eps - values, 0.0).astype(values.dtype)
    var = (var if isinstance(var, Tensor) else values) + lacking
    losses = 0.5 * (_log(var) + _square(prediction - target) / var)
    return reduced(name, losses + 0.5 * math.log(2.0 * math.pi) if full else losses, reduction)


class GaussianNLLLoss(of.GaussianNLLLoss, of=gaussian_nll_loss, operands=3):
    """The negative log-likelihood of numbers under predicted means and variances."""


@polymorphic
def poisson_nll_loss(
    prediction: Operand, target: Operand, log_input: bool = True, full: bool = False,
    *, eps: float = 1e-8, reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``exp(x) - t x`` for logarithms x of rates, or of ``r - t log(r + eps)`` with ``log_input=False``.

    ``full`` adds Stirling's approximation of ``log(t!)`` where t > 1. Raises PredictionError for negative rates r.

    >>> from nn.functional import poisson_nll_loss
    >>> poisson_nll_loss([0.0, 0.0], [0.0, 2.0], reduction="none")
    array([1., 1.])
    """
    name = "poisson_nll_loss"
    prediction, target = pair(name, prediction, target)
    counts = plain(target)
    if log_input:
        losses = _exp(prediction) - target * counted(counts, prediction)
    else:
        _not_negative(name, "rate", plain(prediction))
        rate = prediction + eps
        losses = prediction - target * _log(_where((counts == 0.0) & (plain(rate) == 0.0), 1.0, rate))
    if full:
        t = _where(counts > 1.0, target, 1.0)
        losses = losses + _where(counts > 1.0, t * _log(t) - t + 0.5 * _log(2.0 * math.pi * t), 0.0)
    return reduced(name, losses, reduction)


class PoissonNLLLoss(of.PoissonNLLLoss, of=poisson_nll_loss):
    """The negative log-likelihood of counts under predicted rates."""


def _not_negative(name: str, what: str, values: Any) -> None:
    if values.size and not np.minimum.reduce(values, None) >= 0.0:
        raise PredictionError(f"{name}: every {what} must be 0 or more, but the smallest is {values.min()}.")


def _rounded(error: Any, delta: float, unit: float) -> Any:
    """Half the square of the error up to delta, and linear from there, in a unit.

    One formula for both pieces, whose derivatives are exact everywhere: inner is the error, or else constant. The unit
    divides one factor, because the product may overflow where the quotient does not.
    """
    inner = _clip(error, -delta, delta)
    return (inner if unit == 1.0 else inner / unit) * (error - 0.5 * inner)


def check_width(name: str, width: float) -> float:
    """The error at which a loss becomes linear."""
    if not 0.0 < width < np.inf:
        raise ValueError(f"{name}, the error at which the loss becomes linear, must be positive, not {width!r}.")
    return float(width)
