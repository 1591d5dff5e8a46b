"""The first model of a neuron."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import Tensor
from autograd.arrays import only_numbers
from nn.defaults import parameter_dtype
from nn.functional import step
from nn.models.units.validation import weighted_sum
from nn.module import Buffer, Module


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
