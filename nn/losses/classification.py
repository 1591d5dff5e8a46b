"""Losses of one class among several, and of distributions over classes, as modules."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from nn import functional
from nn.functional import Reduction
from nn.functional.losses.classification import IGNORED
from nn.losses.base import _Loss, weight_buffer
from nn.validation import probability

__all__ = ["CrossEntropyLoss", "KLDivLoss", "NLLLoss"]

__autograd_transparent__ = True

_cross_entropy = functional.cross_entropy


class CrossEntropyLoss(_Loss):
    """The cross-entropy of one class among several, given as scores before the softmax.

    ``mean(-log(softmax(logits)[label]))``, computed without overflow. Logits (N, C) with labels (N,), or (C,) with a
    single label, or (N, C, d1, ...) with (N, d1, ...); labels are integers from 0 to C - 1. Instead of labels the
    target may be probabilities q, floating, of the shape of the logits: ``mean(-sum_c q_c log(softmax(logits)_c))``.
    The derivative by the logits is ``softmax(logits) - q``, with the one-hot row of the label as q.

    ``weight``, one number per class, multiplies the terms of that class; it is a buffer. Samples of label
    ``ignore_index`` do not count. ``label_smoothing`` e takes the share e of each target and spreads it evenly over all
    classes. The mean of labels is divided by the sum of the weights of those that count.

    Raises LossShapeError for shapes that do not belong together and for the mean of no samples, LabelError for labels
    that name no class and for probabilities that do not sum to 1. Warns with ActivationWarning when the logits come
    from a softmax.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.CrossEntropyLoss()(np.zeros((2, 10)), np.array([3, 7]))), 4)  # log(10)
    2.3026
    """

    _settings: ClassVar[dict[str, Any]] = {"ignore_index": IGNORED, "label_smoothing": 0.0}

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = IGNORED,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.ignore_index = int(ignore_index)
        self.label_smoothing = probability("label_smoothing", label_smoothing)

    def forward(self, logits: Any, target: Any) -> Any:
        return _cross_entropy(
            logits,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
        )


class NLLLoss(_Loss):
    """The negative logarithm of the probability of the right class, ``mean(-x[label])``, from logarithms x.

    What `LogSoftmax` returns goes in, with labels as in `CrossEntropyLoss`, which is both in one. ``weight``,
    ``ignore_index`` and the mean are as there.

    Raises LossShapeError for shapes that do not belong together and for the mean of no samples, LabelError for labels
    that name no class. Warns with ActivationWarning when the prediction comes from a softmax.

    >>> import numpy as np
    >>> import nn
    >>> round(float(nn.NLLLoss()(nn.LogSoftmax()(np.zeros((2, 10))), np.array([3, 7]))), 4)  # log(10)
    2.3026
    """

    _settings: ClassVar[dict[str, Any]] = {"ignore_index": IGNORED}

    def __init__(self, weight: Any = None, *, ignore_index: int = IGNORED, reduction: Reduction = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = weight_buffer(weight)
        self.ignore_index = int(ignore_index)

    def forward(self, log_probabilities: Any, target: Any) -> Any:
        return functional.nll_loss(
            log_probabilities, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """The divergence of Kullback and Leibler from a distribution to the predicted one: ``t (log(t) - x)`` per entry.

    The prediction x is logarithms of probabilities, the target t probabilities or, with ``log_target``, their
    logarithms too. The divergence of distributions is the *sum* of the entries: ``reduction="batchmean"`` divides that
    by the number of rows, and is what the formula says; "mean", the default as in PyTorch, divides by the number of
    entries.

    Raises LossShapeError when the shapes differ, LabelError for a negative target.

    >>> import numpy as np
    >>> import nn
    >>> p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    >>> float(nn.KLDivLoss(reduction="batchmean")(np.log(q), p).round(4))
    0.1438
    """

    _settings: ClassVar[dict[str, Any]] = {"log_target": False}
    _reductions: ClassVar[tuple[str, ...]] = ("mean", "batchmean", "sum", "none")

    def __init__(self, *, reduction: Reduction | Literal["batchmean"] = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)  # type: ignore[arg-type]
        self.log_target = bool(log_target)

    def forward(self, prediction: Any, target: Any) -> Any:
        return functional.kl_div(prediction, target, log_target=self.log_target, reduction=self.reduction)
