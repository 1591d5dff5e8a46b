"""One step of each kind of recurrent layer: from the input and the state so far to the state after it.

A step gets its input already multiplied with its weights, ``a = x W_ih^T + b_ih``, because that product needs no state:
a layer computes it for all steps at once. The rows of the weights belong to the gates, one block of H rows after the
other, in PyTorch's order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd.ops import fused, shape, transcendental
from nn.operands import Op

__all__ = ["GRU", "LSTM", "RELU", "TANH", "Kind", "State", "nonlinear"]

_linear: Op = fused.linear
_split = shape.split
_sigmoid: Op = transcendental.sigmoid
_tanh: Op = transcendental.tanh
_relu: Op = transcendental.relu

State = tuple[Any, ...]  # (h,) or (h, c), each of shape (N, H)
Step = Callable[[Any, State, Any, Any], State]  # of a, the state, W_hh and b_hh


class Kind(NamedTuple):
    """What distinguishes one kind of recurrent layer from another."""

    step: Step
    gates: int
    states: tuple[str, ...] = ("h",)
    # Whether b_hh is only ever added to b_ih, so that a layer can add it once and not in every step.
    one_bias: bool = True


def _tanh_step(a: Any, state: State, weight: Any, bias: Any) -> State:
    return (_tanh(a + _linear(state[0], weight, bias)),)


def _relu_step(a: Any, state: State, weight: Any, bias: Any) -> State:
    return (_relu(a + _linear(state[0], weight, bias)),)


def _lstm_step(a: Any, state: State, weight: Any, bias: Any) -> State:
    h, c = state
    i, f, g, o = _split(a + _linear(h, weight, bias), indices_or_sections=4, axis=-1)
    c = _sigmoid(f) * c + _sigmoid(i) * _tanh(g)
    return _sigmoid(o) * _tanh(c), c


def _gru_step(a: Any, state: State, weight: Any, bias: Any) -> State:
    (h,) = state
    a_r, a_z, a_n = _split(a, indices_or_sections=3, axis=-1)
    h_r, h_z, h_n = _split(_linear(h, weight, bias), indices_or_sections=3, axis=-1)
    n = _tanh(a_n + _sigmoid(a_r + h_r) * h_n)
    return (n + _sigmoid(a_z + h_z) * (h - n),)  # (1 - z) n + z h


TANH = Kind(_tanh_step, 1)
RELU = Kind(_relu_step, 1)
LSTM = Kind(_lstm_step, 4, ("h", "c"))
GRU = Kind(_gru_step, 3, one_bias=False)


def nonlinear(name: str) -> Kind:
    """The plain recurrent step with one of its two activations."""
    if name not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity is 'tanh' or 'relu', not {name!r}.")
    return TANH if name == "tanh" else RELU
