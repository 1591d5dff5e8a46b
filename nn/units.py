"""Single threshold units from the history of neural networks, with their own learning rules."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import OperandError, Tensor
from autograd.arrays import only_numbers
from nn.arguments import floating, plain, positive
from nn.defaults import parameter_dtype
from nn.errors import LabelError
from nn.functional import step
from nn.module import Buffer, Module, Parameter

__all__ = ["Adaline", "AdalineFit", "McCullochPitts", "Perceptron", "PerceptronFit", "Update"]

__autograd_transparent__ = True  # messages name lines of the user's code

LABELS = ((0.0, 1.0), (-1.0, 1.0))

for _name in ("adaline", "mcculloch_pitts", "perceptron"):  # modules to which pickles made with 0.1 refer
    sys.modules[f"{__name__}.{_name}"] = sys.modules[__name__]


class McCullochPitts(Module):
    """The all-or-none neuron of McCulloch and Pitts, with weights set by hand.

    ``f(x) = 1`` where ``sum_i w_i x_i > threshold``, else 0; at the threshold itself ``at_threshold``, by default 0.
    Inputs are (..., n) for n weights, outputs (...). The weights are a buffer, so nothing is learned.

    Raises ValueError unless the weights are a list of numbers, OperandError if the input does not end in size n.

    McCulloch and Pitts, "A logical calculus of the ideas immanent in nervous activity" (1943).

    >>> import nn
    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> both, either = nn.McCullochPitts([1, 1], threshold=1.5), nn.McCullochPitts([1, 1], threshold=0.5)
    >>> both(x).tolist(), either(x).tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0])
    >>> opposite = nn.McCullochPitts([-1], threshold=-0.5)
    >>> opposite([[0], [1]]).tolist()
    [1.0, 0.0]
    """

    def __init__(
        self, weights: Sequence[float], threshold: float, *, at_threshold: float = 0.0, dtype: DTypeLike | None = None
    ) -> None:
        values = np.asarray(only_numbers(weights, "McCullochPitts: weights"), parameter_dtype(dtype))
        if values.ndim != 1 or not values.size:
            raise ValueError(f"McCullochPitts: weights must be a list of numbers, one per input, not {weights!r}.")
        self.weight: Buffer = Buffer(values)
        self.threshold: float = float(threshold)
        self.at_threshold: float = float(at_threshold)

    def forward(self, x: Any) -> Tensor:
        return step(weighted_sum("McCullochPitts", x, self.weight) - self.threshold, self.at_threshold)

    def extra_repr(self) -> str:
        end = f", at_threshold={self.at_threshold}" if self.at_threshold else ""
        return f"weights={self.weight.tolist()}, threshold={self.threshold}{end}"


class _Learner(Module):
    """A unit that learns a weighted sum, and predicts one of two labels."""

    def __init__(self, in_features: int, labels: tuple[float, float], dtype: DTypeLike | None) -> None:
        self.in_features: int = positive("in_features", in_features, "number of inputs")
        if tuple(labels) not in LABELS:
            raise ValueError(f"labels must be (0, 1) or (-1, 1), not {labels!r}.")
        self.labels: tuple[float, float] = float(labels[0]), float(labels[1])
        self.weight: Parameter = Parameter(np.zeros(self.in_features, parameter_dtype(dtype)))
        self.bias: Parameter = Parameter(np.zeros((), parameter_dtype(dtype)))

    def score(self, x: Any) -> Tensor:
        """The weighted sum ``sum_i w_i x_i + b``, to which the threshold is applied.

        >>> import nn
        >>> unit = nn.Adaline(2)
        >>> unit.bias.data += 0.25
        >>> unit.score([[1.0, 2.0]]).tolist()
        [0.25]
        """
        return weighted_sum(type(self).__name__, x, self.weight) + self.bias

    def _samples(self, x: Any, y: Any, dtype: DTypeLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Inputs (N, n) and labels (N,) as arrays of a dtype."""
        owner, labels = type(self).__name__, self.labels
        xs, ys = (np.array(plain(a, f"{owner}: an array to learn from"), dtype, order="C") for a in (x, y))
        if xs.ndim != 2 or xs.shape[1] != self.in_features or not len(xs) or ys.shape != xs.shape[:1]:
            raise OperandError(
                f"{owner} needs inputs of shape (N, {self.in_features}) and labels of shape (N,), not {xs.shape} and "
                f"{ys.shape}."
            )
        wrong = ~np.isin(ys, labels)
        if wrong.any():
            other = LABELS[labels == LABELS[0]]
            low, high = (f"{label:g}" for label in labels)
            hint = f" To use these, pass labels=({other[0]:g}, {other[1]:g})." if np.isin(ys, other).all() else ""
            raise LabelError(f"{owner}: labels must be {low} or {high}, but one is {ys[wrong][0]:g}.{hint}")
        return xs, ys

    def _labelled(self, answer: Any) -> Any:
        low, high = self.labels
        return answer if low == 0.0 else low + (high - low) * answer

    def extra_repr(self) -> str:
        low, high = self.labels
        return f"in_features={self.in_features}" + ("" if low == 0.0 else f", labels=({low:g}, {high:g})")


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
        xs, ys = self._samples(x, y, self.weight.dtype)
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


@dataclass(frozen=True)
class AdalineFit:
    """The record of a fit of `Adaline`: mean squared error, weights and bias at the start and after each epoch.

    >>> import nn
    >>> record = nn.Adaline(1).fit([[0.0], [1.0]], [0, 1], epochs=2, lr=0.5)
    >>> record.errors, record.biases
    ([0.5, 0.125, 0.0703125], [0.0, 0.5, 0.375])
    """

    errors: list[float]
    weights: list[NDArray[Any]]
    biases: list[float]

    def __str__(self) -> str:
        return f"{len(self.errors) - 1} epochs: mean squared error from {self.errors[0]:.4g} to {self.errors[-1]:.4g}."


class Adaline(_Learner):
    """The adaptive linear neuron: it learns from its weighted sum, and predicts with a threshold.

    It predicts the second of the ``labels`` where ``score(x) = sum_i w_i x_i + b > threshold``, else the first. The
    threshold is by default halfway between the labels: 0.5 for (0, 1), 0 for (-1, 1). Inputs have shape
    (..., in_features), predictions (...). Weight (in_features,) and bias () start at 0.

    Both ways of learning minimize the mean of ``(t - score(x))^2``: `solve` by the normal equations, `fit` by gradient
    descent. Unlike the perceptron, it settles even if no plane separates the classes, though it cannot classify these
    correctly: for exclusive or, w = (0, 0) and b = 0.5.

    Raises ValueError for other labels, OperandError for inputs of the wrong size.

    Widrow and Hoff, "Adaptive switching circuits" (1960).

    >>> import nn
    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> unit = nn.Adaline(2)
    >>> unit.solve(x, [0, 1, 1, 1])
    >>> unit.weight.tolist(), unit.bias.item(), unit(x).tolist()
    ([0.5, 0.5], 0.25, [0.0, 1.0, 1.0, 1.0])
    >>> unit.solve(x, [0, 1, 1, 0])
    >>> unit.weight.tolist(), unit.bias.item()
    ([0.0, 0.0], 0.5)
    """

    def __init__(
        self, in_features: int, *, labels: tuple[float, float] = (0, 1), threshold: float | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        super().__init__(in_features, labels, dtype)
        self.threshold: float = sum(self.labels) / 2.0 if threshold is None else float(threshold)

    def forward(self, x: Any) -> Tensor:
        return self._labelled(step(self.score(x) - self.threshold, 0.0))

    def solve(self, x: ArrayLike, y: ArrayLike) -> None:
        """Set the weights that minimize the mean squared error for inputs (N, in_features) and labels (N,).

        They solve the normal equations ``X^T X w = X^T t`` of the centered inputs and labels; the bias follows from the
        means. If several weights do, the shortest vector is chosen.

        Raises OperandError for wrong shapes, LabelError for other labels.
        """
        xs, ys = self._samples(x, y, np.float64)
        center, middle = xs.mean(axis=0), ys.mean()
        inputs = xs - center
        w = np.linalg.lstsq(inputs.T @ inputs, inputs.T @ (ys - middle), rcond=None)[0]
        self._take(w, float(middle - center @ w))

    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 100, lr: float = 0.1, *, batch: bool = False) -> AdalineFit:
        """Learn by gradient descent from inputs (N, in_features) and labels (N,), starting from the current weights.

        After each sample, in order, ``w <- w + lr (t - z) x`` and ``b <- b + lr (t - z)`` with the score z: the delta
        rule, a step along half the gradient of ``(t - z)^2``. ``batch`` takes one step per epoch along the mean over
        all samples, which converges to `solve`; steps for single samples at a constant rate keep fluctuating around
        it. All computations are in float64.

        Raises OperandError for wrong shapes, LabelError for other labels, ValueError if lr is not positive, or so
        large that the weights grow without bound.

        >>> import nn
        >>> print(nn.Adaline(1).fit([[0.0], [1.0]], [0, 1], epochs=20, lr=0.5))
        20 epochs: mean squared error from 0.5 to 2.235e-06.
        """
        xs, ys = self._samples(x, y, np.float64)
        if not 0.0 < lr < np.inf:
            raise ValueError(f"lr must be a positive number, not {lr!r}.")
        w, b = self.weight.data.astype(np.float64), float(self.bias.data)
        record = AdalineFit([float(np.mean((ys - xs @ w - b) ** 2))], [w], [b])
        for _ in range(positive("epochs", epochs, "number of passes")):
            if batch:
                errors = ys - xs @ w - b
                w, b = w + lr * (errors @ xs) / len(xs), b + lr * float(errors.mean())
            else:
                for sample, label in zip(xs, ys, strict=True):
                    error = float(label) - float(sample @ w) - b
                    w, b = w + lr * error * sample, b + lr * error
            record.errors.append(float(np.mean((ys - xs @ w - b) ** 2)))
            record.weights.append(w)
            record.biases.append(b)
            if not record.errors[-1] < 1e12 * (1.0 + record.errors[0]):
                longest = float((xs**2).sum(axis=1).max()) + 1.0
                raise ValueError(
                    f"lr={lr:g} is too large: the mean squared error has grown to {record.errors[-1]:.3g} after "
                    f"{len(record.errors) - 1} epochs. For these inputs any rate below 2 / max(|x|^2 + 1) = "
                    f"{2.0 / longest:.3g} is safe."
                )
        self._take(w, b)
        return record

    def _take(self, w: NDArray[Any], b: float) -> None:
        self.weight.data = w.astype(self.weight.dtype)
        self.bias.data = np.asarray(b, self.bias.dtype)

    def extra_repr(self) -> str:
        usual = self.threshold == sum(self.labels) / 2.0
        return super().extra_repr() + ("" if usual else f", threshold={self.threshold}")


def weighted_sum(owner: str, x: Any, weight: Tensor) -> Any:
    """``sum_i w_i x_i`` over the last axis."""
    x = floating(x, weight)
    if not x.ndim or x.shape[-1] != weight.shape[0]:
        raise OperandError(
            f"{owner} has {weight.shape[0]} inputs, so the last axis of x must have that size, but its shape is "
            f"{x.shape}."
        )
    # Not a matrix product, which may round differently for one sample and for many: scores of 0 matter here.
    return np.sum(x * weight, axis=-1)
