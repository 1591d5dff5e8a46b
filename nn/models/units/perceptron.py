"""The perceptron, and the record of its learning."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import Tensor
from nn.functional import step
from nn.models.units.validation import _Learner, samples
from nn.validation import positive


class Update(NamedTuple):
    """One correction of a perceptron: the epoch, the sample and its error, then the new weight and bias.

    >>> import nn
    >>> first = nn.Perceptron(1).fit([[0.0], [1.0]], [0, 1]).updates[0]
    >>> first.epoch, first.sample, first.error, first.weight, first.bias
    (1, 0, -1.0, array([0.], dtype=float32), -1.0)
    """

    epoch: int  # from 1
    sample: int  # from 0
    error: float  # label - answer
    weight: NDArray[Any]  # afterwards
    bias: float


@dataclass(frozen=True)
class PerceptronFit:
    """The record of a fit of `Perceptron`: every update, and how learning ended.

    >>> import nn
    >>> record = nn.Perceptron(1).fit([[0.0], [1.0]], [0, 1])
    >>> record.converged, record.epochs, len(record.updates), record.period
    (True, 3, 3, None)
    """

    updates: list[Update]
    epochs: int  # that were run
    converged: bool  # the last epoch had no mistake
    period: int | None  # the number of epochs after which the weights repeat, if they do

    def __str__(self) -> str:
        head = f"{len(self.updates)} updates in {self.epochs} epochs: "
        if self.converged:
            return head + "converged, all samples are correct."
        if self.period is None:
            return head + "not converged."
        often = "after every epoch" if self.period == 1 else f"every {self.period} epochs"
        return head + f"the weights repeat {often}, so learning would never end. No plane separates these classes."


class Perceptron(_Learner):
    """The perceptron: a weighted sum, a threshold, and a rule that learns from mistakes.

    It predicts the second of the ``labels`` where ``score(x) = sum_i w_i x_i + b > 0``, and the first where the score
    is negative. A score of 0 gives the second with ``at_zero=1``, the default, and the first with ``at_zero=0``; texts
    differ. Inputs have shape (..., in_features), predictions (...). Weight (in_features,) and bias () start at 0.

    `fit` goes through the samples in order and corrects the weights after each mistake: ``w <- w + lr (t - y) x`` and
    ``b <- b + lr (t - y)`` with the label t and the prediction y. If a plane separates the classes, this converges to
    one (Novikoff 1962). Otherwise it never ends: sooner or later the weights repeat, which `fit` detects.

    No gradient passes the threshold. Gradient descent on the score with `PerceptronLoss` gives the same rule.

    Raises ValueError for other labels or values at 0, OperandError for inputs of the wrong size.

    Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain" (1958).

    >>> import nn
    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> unit = nn.Perceptron(2)
    >>> print(unit.fit(x, [0, 0, 0, 1]))
    11 updates in 6 epochs: converged, all samples are correct.
    >>> unit(x).tolist()
    [0.0, 0.0, 0.0, 1.0]
    >>> print(nn.Perceptron(2).fit(x, [0, 1, 1, 0]))  # exclusive or
    10 updates in 3 epochs: the weights repeat after every epoch, so learning would never end. No plane separates \
these classes.
    """

    def __init__(
        self, in_features: int, *, labels: tuple[float, float] = (0, 1), at_zero: float = 1.0,
        dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        super().__init__(in_features, labels, dtype)
        if at_zero not in (0.0, 1.0):
            raise ValueError(
                f"at_zero must be 0 (a score of 0 gives the first label) or 1 (the second), not {at_zero!r}."
            )
        self.at_zero: float = float(at_zero)

    def forward(self, x: Any) -> Tensor:
        return self._labelled(step(self.score(x), self.at_zero))

    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 1000, lr: float = 1.0) -> PerceptronFit:
        """Learn from inputs (N, in_features) and labels (N,), starting from the current weights.

        It ends after an epoch without mistakes, or when the weights repeat those after an earlier epoch, or after
        ``epochs`` epochs. If the weights start at 0, lr only scales them; a power of 2, such as 1, keeps scores exact.

        Raises OperandError for wrong shapes, LabelError for other labels, ValueError if lr is not positive.
        """
        xs, ys = samples("Perceptron", x, y, self.weight, self.labels, self.weight.dtype)
        if not 0.0 < lr < np.inf:
            raise ValueError(f"lr must be a positive number, not {lr!r}.")
        w, b = self.weight.data, self.bias.data[()]
        low, high = self.labels
        updates: list[Update] = []
        seen = {(w.tobytes(), float(b)): 0}  # after which epoch
        converged, period = False, None
        for epoch in range(1, positive("epochs", epochs, "number of passes") + 1):
            before = len(updates)
            for i, (sample, label) in enumerate(zip(xs, ys, strict=True)):
                z = np.sum(sample * w) + b  # as in `score`
                error = float(label) - (high if z > 0.0 or (z == 0.0 and self.at_zero) else low)
                if error:
                    w = w + lr * error * sample
                    b = b + lr * error
                    updates.append(Update(epoch, i, error, w, float(b)))
            if len(updates) == before:
                converged = True
                break
            earlier = seen.setdefault((w.tobytes(), float(b)), epoch)
            if earlier < epoch:
                period = epoch - earlier
                break
        self.weight.data, self.bias.data = w, np.asarray(b)
        return PerceptronFit(updates, epoch, converged, period)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.at_zero else ", at_zero=0.0")
