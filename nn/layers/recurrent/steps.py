"""The kinds of recurrent layers: the single step of each, and its op for a whole sequence."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from autograd.ops import recurrent

State = tuple[Any, ...]  # (h,) or (h, c), each of shape (N, H)


class Kind(NamedTuple):
    """One kind of recurrent layer."""

    step: Callable[..., Any]  # of a = x W_ih^T + b_ih, W_hh, b_hh and the state
    sequence: Callable[..., Any]  # of x, W_ih, W_hh, b_ih, b_hh and the state, with reverse=
    gates: int  # to which the rows of the weights belong, in blocks of H rows and PyTorch's order
    states: tuple[str, ...] = ("h",)


TANH = Kind(recurrent.tanh_step, recurrent.rnn, 1)
RELU = Kind(recurrent.relu_step, partial(recurrent.rnn, nonlinearity="relu"), 1)
LSTM = Kind(recurrent.lstm_step, recurrent.lstm, 4, ("h", "c"))
GRU = Kind(recurrent.gru_step, recurrent.gru, 3)


def checked(nonlinearity: str) -> str:
    """The name of an activation that the plain recurrent step supports."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}.")
    return nonlinearity
