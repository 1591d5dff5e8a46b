"""Activations as modules, and their names, by which `MLP` and others can be told which one to use."""

from __future__ import annotations

from collections.abc import Callable

from nn.layers.activations.piecewise import ELU, SELU, Hardtanh, LeakyReLU, PReLU, ReLU, RReLU, Step
from nn.layers.activations.smooth import GELU, Arctan, Identity, Mish, Sigmoid, SiLU, Softplus, Softsign, Tanh
from nn.layers.activations.softmax import LogSoftmax, Softmax
from nn.module import Module

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "Arctan",
    "Hardtanh",
    "Identity",
    "LeakyReLU",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Step",
    "Tanh",
    "activation",
]

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "identity": Identity,
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "arctan": Arctan,
    "softsign": Softsign,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "rrelu": RReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "mish": Mish,
    "softplus": Softplus,
    "hardtanh": Hardtanh,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}


def activation(choice: str | Callable[[], Module]) -> Module:
    """A new activation by its name, or from a function that makes one, such as its class.

    Names are those of the functions in `nn.functional`.

    Raises ValueError for an unknown name, and for what makes no module.

    >>> from nn.layers.activations import Tanh, activation
    >>> activation("leaky_relu"), activation(Tanh)
    (LeakyReLU(negative_slope=0.01), Tanh())
    """
    make = ACTIVATIONS.get(choice.lower()) if isinstance(choice, str) else choice
    module = make() if callable(make) and not isinstance(make, Module) else None
    if not isinstance(module, Module):
        raise ValueError(
            f"{choice!r} is no activation. Choose {', '.join(map(repr, ACTIVATIONS))}, or pass a class such as "
            "nn.Tanh, or a function that makes one, such as lambda: nn.LeakyReLU(0.2)."
        )
    return module
