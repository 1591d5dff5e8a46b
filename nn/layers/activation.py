"""Activations as modules. Their formulas are ops of the engine; `nn.functional` has them as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.ops import reduce, transcendental
from nn.module import Module

__all__ = ["ACTIVATIONS", "ReLU", "Sigmoid", "Softmax", "Tanh", "activation"]

__autograd_transparent__ = True

_relu = transcendental.relu
_tanh = transcendental.tanh
_sigmoid = transcendental.sigmoid
_softmax = reduce.softmax


class ReLU(Module):
    """The rectified linear unit, ``max(x, 0)`` entry by entry. Its slope at 0 is taken to be 0.

    Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.ReLU()(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """

    def forward(self, x: Any) -> Any:
        return _relu(x)


class Tanh(Module):
    """The hyperbolic tangent, ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))`` entry by entry: between -1 and 1.

    Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.Tanh()(np.array([0.0, 20.0]))
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        return _tanh(x)


class Sigmoid(Module):
    """The logistic function, ``1 / (1 + exp(-x))`` entry by entry: between 0 and 1, without overflow.

    Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.Sigmoid()(np.array([-1000.0, 0.0, 1000.0])).round(4)
    array([0. , 0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return _sigmoid(x)


class Softmax(Module):
    """Probabilities from scores, ``exp(x) / sum(exp(x))`` along an axis, without overflow.

    Any shape with that axis, and the same shape out; ``dim`` is another name for ``axis``. Not for the input of
    `CrossEntropyLoss`, which contains it.

    >>> import numpy as np
    >>> import nn
    >>> nn.Softmax()(np.log(np.array([[1.0, 3.0], [1.0, 1.0]])))
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """

    def __init__(self, axis: int = -1, *, dim: int | None = None) -> None:
        self.axis = axis if dim is None else dim

    def forward(self, x: Any) -> Any:
        return _softmax(x, axis=self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


ACTIVATIONS: dict[str, Callable[[], Module]] = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid, "softmax": Softmax}


def activation(choice: str | Callable[[], Module]) -> Module:
    """A new activation by its name, or by its class.

    >>> from nn.layers.activation import Tanh, activation
    >>> activation("relu"), activation(Tanh)
    (ReLU(), Tanh())
    """
    make = ACTIVATIONS.get(choice.lower()) if isinstance(choice, str) else choice
    module = make() if callable(make) and not isinstance(make, Module) else None
    if not isinstance(module, Module):
        raise ValueError(
            f"{choice!r} is no activation. Choose {', '.join(map(repr, ACTIVATIONS))}, or pass a class such as nn.Tanh."
        )
    return module
