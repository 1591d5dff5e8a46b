"""The perceptron, and the record of how it learned."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import Tensor
from nn.functional import step
from nn.models.units.validation import _Learner, samples, weighted_sum
from nn.validation import positive


class Update(NamedTuple):
    """One correction of a perceptron: after which sample of which epoch, and what it led to.

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
    """How a perceptron learned: every update, and how it ended.

    >>> import nn
    >>> record = nn.Perceptron(1).fit([[0.0], [1.0]], [0, 1])
    >>> record.converged, record.epochs, len(record.updates), record.period
    (True, 3, 3, None)
    """

    updates: list[Update]
    epochs: int  # that were run
    converged: bool  # the last epoch had no mistake
    period: int | None  # after how many epochs the weights come back for ever, if they do

    def __str__(self) -> str:
        head = f"{len(self.updates)} updates in {self.epochs} epochs: "
        if self.converged:
            return head + "converged, all samples are right."
        if self.period is None:
            return head + "not converged."
        often = "after every epoch" if self.period == 1 else f"every {self.period} epochs"
        return head + f"the weights come back {often}, so it would go on for ever. No plane separates these classes."


class Perceptron(_Learner):
    """The perceptron: a weighted sum, a threshold, and a rule that learns from mistakes.

    Its answer is the second of the ``labels`` where ``score(x) = sum_i w_i x_i + b > 0``, and the first where it is
    below 0. At 0 it is the second for ``at_zero=1``, the default, and the first for ``at_zero=0``: texts have either.
    Inputs (..., in_features), answers (...). Weight (in_features,) and bias () start at 0.

    `fit` shows it the samples one by one, in their order, and corrects it after each mistake:
    ``w <- w + lr (t - y) x`` and ``b <- b + lr (t - y)`` with the label t and the answer y. If a plane separates the
    classes, this ends with one (Novikoff 1962). If none does, it never ends; then the weights sooner or later come back
    to earlier ones, and from there on repeat themselves, which is noticed.

    No gradient passes the threshold. What has one is the score, with `PerceptronLoss`, whose stochastic gradient
    descent is the same rule.

    Raises ValueError for other labels or values at 0, OperandError for inputs of another size.

    Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain" (1958).

    >>> import nn
    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> unit = nn.Perceptron(2)
    >>> print(unit.fit(x, [0, 0, 0, 1]))
    11 updates in 6 epochs: converged, all samples are right.
    >>> unit(x).tolist()
    [0.0, 0.0, 0.0, 1.0]
    >>> print(nn.Perceptron(2).fit(x, [0, 1, 1, 0]))  # exclusive or
    10 updates in 3 epochs: the weights come back after every epoch, so it would go on for ever. No plane separates \
these classes.
    """

    def __init__(
        self, in_features: int, *, labels: tuple[float, float] = (0, 1), at_zero: float = 1.0,
        dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        super().__init__(in_features, labels, dtype)
        if at_zero not in (0.0, 1.0):
            raise ValueError(
                f"at_zero says which label answers a score of 0: 0 the first, 1 the second, not {at_zero!r}."
            )
        self.at_zero: float = float(at_zero)

    def score(self, x: Any) -> Any:
        """The weighted sum before the threshold: 0 on the boundary.

        >>> import nn
        >>> unit = nn.Perceptron(2)
        >>> unit.weight.data += 0.5
        >>> unit.score([[1.0, 2.0]]).tolist()
        [1.5]
        """
        return weighted_sum("Perceptron", x, self.weight) + self.bias

    def forward(self, x: Any) -> Tensor:
        return self._labelled(step(self.score(x), self.at_zero))

    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 1000, lr: float = 1.0) -> PerceptronFit:
        """Learn from inputs (N, in_features) and labels (N,), going on from the present weights.

        Ends after an epoch without mistake, or when the weights come back to those after an earlier epoch, or after
        ``epochs``. From weights of 0, lr only scales them; 1, or another power of 2, keeps scores of 0 free of
        rounding.

        Raises OperandError for other shapes, LabelError for other labels, ValueError when lr is not positive.
        """
        xs, ys = samples("Perceptron", x, y, self.weight, self.labels, self.weight.dtype)
        if not 0.0 < lr < np.inf:
            raise ValueError(f"lr is the size of a correction, a positive number, not {lr!r}.")
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
