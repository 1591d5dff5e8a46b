"""The linear layer, on the engine's fused op for it."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.fused import linear as _linear
from nn.defaults import Randomness, generator, parameter_dtype
from nn.module import Module, Parameter
from nn.operands import Operand
from nn.validation import floating, positive

__all__ = ["Linear"]


def linear(x: Operand, weight: Operand, bias: Operand | None = None) -> Tensor:
    """``x W^T + b``, with the weight of shape (out, in); see `nn.Linear`.

    >>> from nn.functional import linear
    >>> linear([1.0, 2.0], [[1.0, 0.0], [1.0, 1.0]], [0.5, 0.5])
    array([1.5, 3.5])
    """
    return _linear(x, weight, bias)


class Linear(Module):
    """A linear (affine) layer: every output is a weighted sum of all inputs, plus a bias.

    ``z = x W^T + b``, with ``x`` of shape (..., in_features), ``weight`` of shape (out_features, in_features),
    ``bias`` of shape (out_features,) and ``z`` of shape (..., out_features). Both start uniform in ±1/√in_features,
    drawn from ``rng`` (a generator or a seed; by default the generator that `manual_seed` starts). Integers and lists
    as input are taken in the dtype of the weight.

    Raises OperandError when the last axis of ``x`` is not in_features long.

    Names, layout and start values are those of ``torch.nn.Linear``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.Linear(3, 2, rng=0)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(np.zeros((4, 3), "float32")).shape
    (4, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:
        self.in_features = positive("in_features", in_features)
        self.out_features = positive("out_features", out_features)
        kind, rng = parameter_dtype(dtype), generator(rng)
        bound = 1.0 / math.sqrt(in_features)
        self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)).astype(kind))
        self.bias: Parameter | Any = Parameter(rng.uniform(-bound, bound, out_features).astype(kind)) if bias else None

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.weight)
        try:
            return _linear(x, self.weight, self.bias)
        except ValueError as error:
            raise self._explain(x, error) from error

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"

    def _explain(self, x: Any, error: ValueError) -> ValueError:
        """The engine's error, or a plainer one when the shape of the input is at fault."""
        n, shape = self.in_features, x.shape
        if shape and shape[-1] == n:
            return error
        if len(shape) > 1 and math.prod(shape[1:]) == n:
            hint = f" Flatten each sample first: x.reshape(len(x), {n})."
        elif len(shape) > 1 and shape[0] == n:
            hint = " Is it transposed? Samples are rows: pass x.T."
        else:
            hint = ""
        _, *lines = str(error).split("\n  likely fix: ")[0].splitlines()  # the operands; the hint is plainer
        text = f"Linear({n}, {self.out_features}) needs {n} numbers on the last axis of its input, which has shape "
        plainer = OperandError("\n".join([f"{text}{shape}.{hint}", *lines]))
        plainer.op, plainer.operands = getattr(error, "op", None), getattr(error, "operands", ())
        return plainer
