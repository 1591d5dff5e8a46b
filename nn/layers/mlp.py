"""The multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numpy.typing import DTypeLike

from nn.defaults import Randomness, generator
from nn.layers.activations.names import activation as make_activation
from nn.layers.container import Sequential
from nn.layers.linear import Linear
from nn.module import Module

__all__ = ["MLP"]


class MLP(Sequential):
    """A multi-layer perceptron: linear layers with an activation after each but the last.

    ``sizes`` are the widths from input to output: ``MLP([64, 32, 10])`` takes 64 numbers, has one hidden layer of 32
    units and returns 10. ``activation`` is the name of a function in `nn.functional` ("relu", "tanh", "gelu",
    "leaky_relu", ...), a class such as ``nn.Tanh``, or a function that makes a module. By default there is no
    ``output_activation``, as `CrossEntropyLoss` and `BCEWithLogitsLoss` expect; see `nn.recommend`. Inputs have shape
    (..., sizes[0]), outputs (..., sizes[-1]).

    Raises ValueError for fewer than two sizes, a size below 1, or an unknown activation.

    An MLP is a `Sequential`: its modules and the names in its state dict are those of the same layers written out.

    >>> import nn
    >>> nn.MLP([64, 32, 10])
    MLP(
      (0): Linear(in_features=64, out_features=32, bias=True)
      (1): ReLU()
      (2): Linear(in_features=32, out_features=10, bias=True)
    )
    """

    def __init__(
        self, sizes: Sequence[int], activation: str | Callable[[], Module] = "relu",
        output_activation: str | Callable[[], Module] | None = None, *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(sizes, Sequence) or isinstance(sizes, str):
            raise TypeError(f"sizes must be a list of widths such as [64, 32, 10], not {sizes!r}.")
        if len(sizes) < 2:
            raise ValueError(f"sizes must be at least two widths, input and output, not {list(sizes)}.")
        self.sizes: list[int] = list(sizes)
        rng = generator(rng)
        for i in range(len(sizes) - 1):
            if i:
                self.append(make_activation(activation))
            self.append(Linear(sizes[i], sizes[i + 1], dtype=dtype, rng=rng))
        if output_activation is not None:
            self.append(make_activation(output_activation))
