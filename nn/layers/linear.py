"""Linear and bilinear layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.fused import linear as _linear
from nn.arguments import Operand, floating, positive
from nn.defaults import Randomness, generator, parameter_dtype
from nn.module import Module, Parameter

__all__ = ["Bilinear", "Linear"]


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
    ``bias`` of shape (out_features,) and ``z`` of shape (..., out_features). Weight and bias are drawn uniformly within
    ±1/√in_features from ``rng`` (a generator or a seed; by default the generator that `manual_seed` seeds). Integers
    and lists as input are converted to the dtype of the weight.

    Raises OperandError if the last axis has another size. Names and initialization are those of ``torch.nn.Linear``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.Linear(3, 2, rng=0)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(np.zeros((4, 3), "float32")).shape
    (4, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.in_features: int = positive("in_features", in_features)
        self.out_features: int = positive("out_features", out_features)
        kind, rng = parameter_dtype(dtype), generator(rng)
        bound = 1.0 / math.sqrt(in_features)
        self.weight: Parameter = Parameter(rng.uniform(-bound, bound, (out_features, in_features)).astype(kind))
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
            hint = " If it is transposed, pass x.T: samples are rows."
        else:
            hint = ""
        _, *lines = str(error).split("\n  likely fix: ")[0].splitlines()  # the operands; the hint is plainer
        text = f"Linear({n}, {self.out_features}) needs an input whose last axis has size {n}, but the shape is "
        plainer = OperandError("\n".join([f"{text}{shape}.{hint}", *lines]))
        plainer.op, plainer.operands = getattr(error, "op", None), getattr(error, "operands", ())
        return plainer


class Bilinear(Module):
    """A bilinear layer: every output is a weighted sum of the products of each element of x1 with each of x2.

    ``y[o] = x1^T weight[o] x2 + bias[o]``, with x1 of shape (..., in1_features), x2 (..., in2_features), ``weight``
    (out_features, in1_features, in2_features), ``bias`` (out_features,) and y (..., out_features). Weight and bias are
    drawn uniformly within ±1/√in1_features, as in ``torch.nn.Bilinear``.

    >>> import numpy as np
    >>> import nn
    >>> nn.Bilinear(3, 4, 2)(np.zeros((5, 3), "float32"), np.zeros((5, 4), "float32")).shape
    (5, 2)
    """

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.in1_features: int = positive("in1_features", in1_features)
        self.in2_features: int = positive("in2_features", in2_features)
        self.out_features: int = positive("out_features", out_features)
        kind, rng, bound = parameter_dtype(dtype), generator(rng), 1.0 / math.sqrt(in1_features)
        shape = out_features, in1_features, in2_features
        self.weight: Parameter = Parameter(rng.uniform(-bound, bound, shape).astype(kind))
        self.bias: Parameter | Any = Parameter(rng.uniform(-bound, bound, out_features).astype(kind)) if bias else None

    def forward(self, x1: Any, x2: Any) -> Tensor:
        x1, x2 = floating(x1, self.weight), floating(x2, self.weight)
        lead = x1.shape[:-1]
        if x1.shape != (*lead, self.in1_features) or x2.shape != (*lead, self.in2_features):
            raise OperandError(f"{self!r} needs shapes (..., in1) and (..., in2), not {x1.shape} and {x2.shape}.")
        out = np.matmul(np.tensordot(x1, self.weight, (-1, 1)), x2[..., None])[..., 0]
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}"
        return f"{sizes}, out_features={self.out_features}, bias={self.bias is not None}"
