"""The adaptive linear neuron, with its two ways of learning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import Tensor
from nn.functional import step
from nn.models.units.validation import _Learner, samples
from nn.validation import positive


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
        xs, ys = samples("Adaline", x, y, self.weight, self.labels, np.float64)
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
        xs, ys = samples("Adaline", x, y, self.weight, self.labels, np.float64)
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
