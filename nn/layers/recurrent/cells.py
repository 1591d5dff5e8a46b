"""Single steps of the recurrent layers, for loops that users write: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

import math
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.fused import linear as _linear
from nn.defaults import Randomness, generator, parameter_dtype
from nn.layers.recurrent import steps
from nn.layers.recurrent.steps import Kind
from nn.module import Module, Parameter
from nn.validation import floating, positive

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

_Result = TypeVar("_Result")  # of a step: the new state, or both


class _Cell(Module, Generic[_Result]):
    _kind: Kind

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.input_size: int = positive("input_size", input_size)
        self.hidden_size: int = positive("hidden_size", hidden_size)
        kind, rng, bound = parameter_dtype(dtype), generator(rng), 1.0 / math.sqrt(hidden_size)
        rows = self._kind.gates * hidden_size

        def start(*size: int) -> Parameter:
            return Parameter(rng.uniform(-bound, bound, size).astype(kind))

        self.weight_ih: Parameter = start(rows, input_size)
        self.weight_hh: Parameter = start(rows, hidden_size)
        self.bias_ih: Parameter | Any = start(rows) if bias else None
        self.bias_hh: Parameter | Any = start(rows) if bias else None

    def forward(self, x: Any, hx: Any = None) -> _Result:
        x = floating(x, self.weight_ih)
        if len(x.shape) not in (1, 2) or x.shape[-1] != self.input_size:
            raise OperandError(
                f"{self._name()} needs an input of shape (N, C), or (C,) for one sequence, with C = {self.input_size}, "
                f"not {x.shape}."
            )
        words = self._kind.states
        size = (*x.shape[:-1], self.hidden_size)
        if hx is None:
            state = (np.zeros(size, x.dtype),) * len(words)
        else:
            given = hx if len(words) > 1 and isinstance(hx, tuple | list) else (hx,)
            if len(given) != len(words):
                raise TypeError(
                    f"{self._name()} takes the states as a tuple ({', '.join(words)}), but got {len(given)}."
                )
            state = tuple(floating(part, self.weight_ih) for part in given)
        for word, part in zip(words, state, strict=True):
            if part.shape != size:
                raise OperandError(f"{self._name()}: {word} has shape {part.shape}, but this input needs {size}.")
        after = self._kind.step(_linear(x, self.weight_ih, self.bias_ih), self.weight_hh, self.bias_hh, *state)
        return after[0] if len(after) == 1 else after

    def _name(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(_Cell[Tensor]):
    """One step of `RNN`: ``h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh)``, or max(0, ...) with ``nonlinearity="relu"``.

    A call takes an input of shape (N, C), or (C,) for one sequence, and optionally the state h of shape (N, H) or (H,)
    (zeros by default), and returns the new state. Parameters are initialized as in `RNN`.

    Raises OperandError if input or state have a wrong shape. Names and results are those of ``torch.nn.RNNCell``.

    >>> import numpy as np
    >>> import nn
    >>> cell, h = nn.RNNCell(3, 8), None
    >>> for x in np.zeros((5, 4, 3), "float32"):
    ...     h = cell(x, h)
    >>> h.shape
    (4, 8)
    """

    _kind: Any = property(lambda self: steps.TANH if self.nonlinearity == "tanh" else steps.RELU)

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.nonlinearity: str = steps.checked(nonlinearity)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=rng)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity!r}")


class LSTMCell(_Cell[tuple[Tensor, Tensor]]):
    """One step of `LSTM`, with its formula.

    It is called like `RNNCell`, but takes and returns the states as ``(h, c)``; anything but a pair raises TypeError.

    Names, layouts and results are those of ``torch.nn.LSTMCell``.

    >>> import numpy as np
    >>> import nn
    >>> h, c = nn.LSTMCell(3, 8)(np.zeros((4, 3), "float32"))
    >>> h.shape, c.shape
    ((4, 8), (4, 8))
    """

    _gated = True  # a sigmoid in it may well be 0 or 1
    _kind = steps.LSTM


class GRUCell(_Cell[Tensor]):
    """One step of `GRU`, with its formula; it is called like `RNNCell`.

    Names, layouts and results are those of ``torch.nn.GRUCell``.

    >>> import numpy as np
    >>> import nn
    >>> nn.GRUCell(3, 8)(np.zeros((4, 3), "float32")).shape
    (4, 8)
    """

    _gated = True  # a sigmoid in it may well be 0 or 1
    _kind = steps.GRU
