"""The names of ``torch.nn.utils``: gradient clipping and parameters as one vector; `data` is `nn.data`."""

import sys as _sys
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from autograd import OperandError, Tensor
from autograd.lazy import on_use as _on_use
from nn import data as data
from nn.arguments import plain
from nn.utils import rnn as rnn
from optim.clip import clip_grad_norm as clip_grad_norm_, clip_grad_value as clip_grad_value_

__all__ = ["clip_grad_norm_", "clip_grad_value_", "data", "parameters_to_vector", "rnn", "vector_to_parameters"]

_sys.modules["nn.utils.data"] = data  # for `from nn.utils.data import ...`
_on_use(__name__, {})


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Concatenate all parameters into one vector, which stays in the graph.

    >>> import nn
    >>> from nn.utils import parameters_to_vector
    >>> parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    return np.concatenate([p.reshape(-1) for p in parameters])  # type: ignore[return-value]


def vector_to_parameters(vec: ArrayLike | Tensor, parameters: Iterable[Tensor]) -> None:
    """Set parameters, in order, to the values of a vector; raises OperandError if its length does not match.

    >>> import nn
    >>> from nn.utils import vector_to_parameters
    >>> layer = nn.Linear(2, 1)
    >>> vector_to_parameters([1.0, 2.0, 3.0], layer.parameters())
    >>> layer.weight.tolist(), layer.bias.tolist()
    ([[1.0, 2.0]], [3.0])
    """
    own, values = list(parameters), plain(vec, "the vector")
    total = sum(p.size for p in own)
    if values.shape != (total,):
        raise OperandError(f"vector_to_parameters: the vector needs shape ({total},), not {values.shape}.")
    for p in own:
        first, values = np.split(values, [p.size])
        p.data = first.reshape(p.shape).astype(p.dtype)
