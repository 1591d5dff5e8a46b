"""Losses of predicted numbers, as modules."""

from __future__ import annotations

from typing import Any, ClassVar

from nn import functional
from nn.functional import Reduction
from nn.functional.losses.regression import check_width
from nn.losses.base import _Loss

__all__ = ["HuberLoss", "L1Loss", "MSELoss", "SmoothL1Loss"]

__autograd_transparent__ = True

_mse = functional.mse_loss


class MSELoss(_Loss):
    """The mean squared error, ``mean((prediction - target)^2)``, for numbers as targets.

    Prediction and target of the same shape. With ``half`` half of it, whose derivative is the plain difference. So the
    textbooks' ``1/2 sum`` is ``MSELoss(reduction="sum", half=True)``, and their ``1/(2N) sum`` for predictions of one
    column ``MSELoss(half=True)``; for d columns the mean over all entries is another d times smaller.

    Raises LossShapeError when the shapes differ: nothing is broadcast.

    >>> from autograd import tensor
    >>> import nn
    >>> prediction = tensor([1.0, 2.0], requires_grad=True)
    >>> loss = nn.MSELoss()(prediction, [1.0, 4.0])
    >>> loss.backward()
    >>> loss.item(), prediction.grad
    (2.0, array([ 0., -2.]))
    """

    _settings: ClassVar[dict[str, Any]] = {"half": False}

    def __init__(self, *, reduction: Reduction = "mean", half: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.half = bool(half)

    def forward(self, prediction: Any, target: Any) -> Any:
        return _mse(prediction, target, reduction=self.reduction, half=self.half)


class L1Loss(_Loss):
    """The mean absolute error, ``mean(|prediction - target|)``, for numbers as targets, some of them far out.

    Prediction and target of the same shape. The slope at a difference of 0 is taken to be 0.

    Raises LossShapeError when the shapes differ: nothing is broadcast.

    >>> import numpy as np
    >>> import nn
    >>> float(nn.L1Loss()(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    1.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.l1_loss(prediction, target, reduction=self.reduction)


class HuberLoss(_Loss):
    """Half of the squared error up to ``delta``, and linear from there: large errors count less.

    ``mean(r^2 / 2)`` where ``|r| <= delta``, else ``delta (|r| - delta / 2)``, with ``r = prediction - target``. Its
    slope is r, cut off at ``-delta`` and ``delta``. Prediction and target of the same shape.

    Raises LossShapeError when the shapes differ, ValueError when delta is not positive.

    Huber, "Robust estimation of a location parameter" (1964); as ``torch.nn.HuberLoss``.

    >>> import numpy as np
    >>> import nn
    >>> nn.HuberLoss(reduction="none")(np.array([0.5, 3.0]), np.array([0.0, 0.0]))
    array([0.125, 2.5  ])
    """

    _settings: ClassVar[dict[str, Any]] = {"delta": 1.0}

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = check_width("delta", delta)

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.huber_loss(prediction, target, reduction=self.reduction, delta=self.delta)


class SmoothL1Loss(_Loss):
    """The mean absolute error, rounded off within ``beta`` of 0: `HuberLoss` with ``delta=beta``, divided by beta.

    Prediction and target of the same shape.

    Raises LossShapeError when the shapes differ, ValueError when beta is negative.

    >>> import numpy as np
    >>> import nn
    >>> nn.SmoothL1Loss(reduction="none", beta=0.5)(np.array([0.5, 3.0]), np.array([0.0, 0.0]))
    array([0.25, 2.75])
    """

    _settings: ClassVar[dict[str, Any]] = {"beta": 1.0}

    def __init__(self, *, reduction: Reduction = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = check_width("beta", beta) if beta else 0.0

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.smooth_l1_loss(prediction, target, reduction=self.reduction, beta=self.beta)
