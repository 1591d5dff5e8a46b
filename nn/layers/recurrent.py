"""Recurrent layers, the same step for every element of a sequence: RNN, LSTM, GRU, and their single steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops import recurrent
from autograd.ops.fused import linear as _linear
from autograd.ops.shape import concatenate as _concatenate, stack as _stack, swapaxes as _swapaxes
from nn.arguments import floating, positive, probability
from nn.defaults import Randomness, generator, parameter_dtype
from nn.layers.dropout import dropout as drop
from nn.module import Module, Parameter

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]

_State = TypeVar("_State")  # that of the last step: one Tensor, or two


class _Kind(NamedTuple):
    """One kind of recurrent layer."""

    step: Callable[..., Any]  # of a = x W_ih^T + b_ih, W_hh, b_hh and the state
    sequence: Callable[..., Any]  # of x, W_ih, W_hh, b_ih, b_hh and the state, with reverse=
    gates: int  # to which the rows of the weights belong, in blocks of H rows and PyTorch's order
    states: tuple[str, ...] = ("h",)


_TANH = _Kind(recurrent.tanh_step, recurrent.rnn, 1)
_RELU = _Kind(recurrent.relu_step, partial(recurrent.rnn, nonlinearity="relu"), 1)
_LSTM = _Kind(recurrent.lstm_step, recurrent.lstm, 4, ("h", "c"))
_GRU = _Kind(recurrent.gru_step, recurrent.gru, 3)


def _checked(nonlinearity: str) -> str:
    """The name of an activation that the plain recurrent step supports."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}.")
    return nonlinearity


class _Recurrent(Module, Generic[_State]):
    _kind: _Kind

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.input_size: int = positive("input_size", input_size)
        self.hidden_size: int = positive("hidden_size", hidden_size)
        self.num_layers: int = positive("num_layers", num_layers, "number of layers")
        self.bias = bias
        self.batch_first = batch_first
        self.dropout: float = probability("dropout", dropout)
        self.bidirectional = bidirectional
        if self.dropout and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} has no effect with num_layers=1, because it is applied between layers: set "
                "num_layers to 2 or more.",
                stacklevel=3 if isinstance(self, RNN) else 2,  # RNN comes here by an __init__ of its own
            )
        self.rng: np.random.Generator | None = generator(rng) if self.dropout and rng is not None else None
        kind, rng, bound = parameter_dtype(dtype), generator(rng), 1.0 / math.sqrt(hidden_size)
        rows = self._kind.gates * hidden_size
        for layer in range(num_layers):
            inputs = hidden_size * len(self._directions()) if layer else input_size
            for direction in self._directions():
                sizes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden_size)}
                if bias:
                    sizes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                for name, size in sizes.items():
                    start = rng.uniform(-bound, bound, size).astype(kind)
                    setattr(self, f"{name}_l{layer}{direction}", Parameter(start))

    def forward(self, x: Any, hx: Any = None) -> tuple[Tensor, _State]:
        x = floating(x, vars(self)["weight_ih_l0"])
        batched = len(x.shape) == 3
        self._check_input(x)
        if not batched:
            x = x[:, None]
        elif self.batch_first:
            x = _swapaxes(x, axis1=0, axis2=1)
        start = self._start(hx, x, batched)

        last: list[tuple[Any, ...]] = []  # of each layer and direction
        for layer in range(self.num_layers):
            if layer and self.training:
                x = drop(x, self.dropout, rng=self.rng)
            outputs = []
            for direction in self._directions():
                output, state = self._pass(x, None if start is None else start[len(last)], f"_l{layer}{direction}")
                outputs.append(output)
                last.append(state)
            x = _concatenate(*outputs, axis=-1) if self.bidirectional else outputs[0]

        states = [_stack(*parts) for parts in zip(*last, strict=True)]
        if not batched:
            x, states = x[:, 0], [part[:, 0] for part in states]
        elif self.batch_first:
            x = _swapaxes(x, axis1=0, axis2=1)
        found: Any = states[0] if len(states) == 1 else tuple(states)
        return x, found

    def _pass(self, x: Any, state: tuple[Any, ...] | None, suffix: str) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction: its outputs of all steps, and its state after the last one."""
        names, reverse = vars(self), suffix.endswith("_reverse")
        weights = [names.get(name + suffix) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        found = self._kind.sequence(x, *weights, *(state or ()), reverse=reverse)
        output, *others = found if isinstance(found, tuple) else (found,)
        return output, (output[0 if reverse else -1], *others)

    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def _check_input(self, x: Any) -> None:
        layout = "(N, T, C)" if self.batch_first else "(T, N, C)"
        if len(x.shape) not in (2, 3) or x.shape[-1] != self.input_size:
            raise OperandError(
                f"{self._name()} needs an input of shape {layout}, or (T, C) for one sequence, with C = "
                f"{self.input_size} features per step, not {x.shape}."
            )
        if not x.shape[len(x.shape) == 3 and self.batch_first]:
            raise OperandError(f"{self._name()} needs at least one step, but the input of shape {x.shape} has T = 0.")

    def _start(self, hx: Any, x: Any, batched: bool) -> list[tuple[Any, ...]] | None:
        """The states to start from, for each layer and direction; None for zeros."""
        if hx is None:
            return None
        words = [f"{name}_0" for name in self._kind.states]
        several = len(words) > 1
        given = tuple(hx) if several and isinstance(hx, tuple | list) else (hx,)
        if len(given) != len(words) or isinstance(given[0], tuple):
            wanted = f"a tuple ({', '.join(words)})" if several else words[0]
            found = f"a {type(hx).__name__}" + (f" of {len(hx)}" if isinstance(hx, tuple | list) else "")
            raise TypeError(f"{self._name()} takes the initial state as {wanted}, not as {found}.")
        rows = self.num_layers * len(self._directions())
        size = (rows, x.shape[1], self.hidden_size) if batched else (rows, self.hidden_size)
        parts = [floating(part, vars(self)["weight_ih_l0"]) for part in given]
        for word, part in zip(words, parts, strict=True):
            if part.shape != size:
                shape_words = "(layers * directions, N, H)" if batched else "(layers * directions, H)"
                raise OperandError(
                    f"{self._name()}: {word} has shape {part.shape}, but this input needs {shape_words} = {size}."
                )
        if not batched:
            parts = [part[:, None] for part in parts]
        return [tuple(part[row] for part in parts) for row in range(rows)]

    def _name(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        words = [f", {name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return f"{self.input_size}, {self.hidden_size}{''.join(words)}"


class RNN(_Recurrent[Tensor]):
    """A plain recurrent layer, whose new state is an activation of the input and the old state.

    ``h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh)``, or max(0, ...) with ``nonlinearity="relu"``. Inputs have
    shape (T, N, C) with T steps and N sequences, (N, T, C) with ``batch_first``, or (T, C) for one sequence.

    A call takes an input and optionally the initial state ``h_0`` (zeros by default), and returns ``(output, h_n)``:
    the states of the last layer in all steps, (T, N, D * H) or (N, T, D * H), and the final states of all layers,
    (num_layers * D, N, H), even with ``batch_first``. D is 1, or 2 with ``bidirectional``: then a second layer reads
    each sequence backwards, and its states are concatenated to those of the first. Each higher layer reads the states
    of the layer below, in training with a fraction ``dropout`` of them dropped.

    The parameters of layer k are ``weight_ih_l{k}``, ``weight_hh_l{k}``, ``bias_ih_l{k}``, ``bias_hh_l{k}``, and those
    with the suffix ``_reverse``. All are drawn uniformly within ±1/√H from ``rng`` (a generator or a seed; by default
    the generator that `manual_seed` seeds); dropout draws from it too.

    Raises OperandError if the input or the initial state has a wrong shape, or if there are no steps; TypeError for a
    wrong number of initial states. Elman, "Finding structure in time", Cognitive Science 14 (1990). Names, layouts and
    results are those of ``torch.nn.RNN``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.RNN(3, 8, num_layers=2, bidirectional=True)
    >>> output, h_n = layer(np.zeros((5, 4, 3), "float32"))
    >>> output.shape, h_n.shape
    ((5, 4, 16), (4, 4, 8))
    """

    _kind: Any = property(lambda self: _TANH if self.nonlinearity == "tanh" else _RELU)

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.nonlinearity: str = _checked(nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng
        )

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity!r}")


class LSTM(_Recurrent[tuple[Tensor, Tensor]]):
    """Long short-term memory: a recurrent layer with a second state, which only gates change, so gradients survive.

    If ``i, f, g, o`` are the four blocks of H columns of ``x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh``, then
    ``c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(g)`` and ``h_t = sigmoid(o) tanh(c_t)``. The weights have shapes
    (4 H, C) and (4 H, H). A call takes an input and optionally ``(h_0, c_0)``, and returns
    ``(output, (h_n, c_n))``. Shapes, names, settings and errors are those of `RNN`.

    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), with the forget gate of Gers,
    Schmidhuber and Cummins (2000). Names, layouts and results are those of ``torch.nn.LSTM`` (without ``proj_size``).

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.LSTM(3, 8, batch_first=True)
    >>> output, (h_n, c_n) = layer(np.zeros((4, 5, 3), "float32"))
    >>> output.shape, h_n.shape, c_n.shape
    ((4, 5, 8), (1, 4, 8), (1, 4, 8))
    >>> [name for name, _ in layer.named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    _gated = True  # a sigmoid in it may well be 0 or 1
    _kind = _LSTM


class GRU(_Recurrent[Tensor]):
    """A gated recurrent unit: a recurrent layer with gates, like `LSTM`, but with a single state.

    If ``a`` are the three blocks of H columns of ``x_t W_ih^T + b_ih`` and ``b`` those of ``h_(t-1) W_hh^T + b_hh``,
    then ``r = sigmoid(a_1 + b_1)``, ``z = sigmoid(a_2 + b_2)``, ``n = tanh(a_3 + r b_3)`` and
    ``h_t = (1 - z) n + z h_(t-1)``. The reset gate r is applied after the product with the weights, as in PyTorch and
    cuDNN, not before it as in the paper. A call takes an input and optionally ``h_0``, and returns ``(output, h_n)``.
    Shapes, names, settings and errors are those of `RNN`.

    Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014; names as in ``torch.nn.GRU``.

    >>> import numpy as np
    >>> import nn
    >>> output, h_n = nn.GRU(3, 8)(np.zeros((5, 3), "float32"))  # one sequence
    >>> output.shape, h_n.shape
    ((5, 8), (1, 8))
    """

    _gated = True  # a sigmoid in it may well be 0 or 1
    _kind = _GRU


class _Cell(Module, Generic[_State]):
    _kind: _Kind

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

    def forward(self, x: Any, hx: Any = None) -> _State:
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

    _kind: Any = property(lambda self: _TANH if self.nonlinearity == "tanh" else _RELU)

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.nonlinearity: str = _checked(nonlinearity)
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
    _kind = _LSTM


class GRUCell(_Cell[Tensor]):
    """One step of `GRU`, with its formula; it is called like `RNNCell`.

    Names, layouts and results are those of ``torch.nn.GRUCell``.

    >>> import numpy as np
    >>> import nn
    >>> nn.GRUCell(3, 8)(np.zeros((4, 3), "float32")).shape
    (4, 8)
    """

    _gated = True  # a sigmoid in it may well be 0 or 1
    _kind = _GRU
