"""Activations by the names of their functions in `nn.functional`."""

import sys
from collections.abc import Callable

from nn.layers import activations
from nn.module import Module


def _name(kind: type[Module]) -> str:
    """The function beside a class, ``leaky_relu`` beside LeakyReLU, or else the class itself, in small letters."""
    letters = kind.__name__.lower()
    beside = (name for name in vars(sys.modules[kind.__module__]) if name[0] != "_")
    return next((name for name in beside if name.replace("_", "") == letters), letters)


ACTIVATIONS: dict[str, type[Module]] = {  # without the one that halves an axis
    _name(kind): kind for kind in vars(activations).values() if isinstance(kind, type) and kind is not activations.GLU
}


def activation(choice: str | Callable[[], Module]) -> Module:
    """A new activation, given its name, its class, or a function that makes one.

    Raises ValueError for an unknown name, and if no module is made.
    """
    make = ACTIVATIONS.get(choice.lower()) if isinstance(choice, str) else choice
    module = make() if callable(make) and not isinstance(make, Module) else None
    if not isinstance(module, Module):
        raise ValueError(
            f"{choice!r} is not an activation. Choose {', '.join(map(repr, sorted(ACTIVATIONS)))}, or pass a class "
            "such as nn.Tanh, or a function that makes a module, such as lambda: nn.LeakyReLU(0.2)."
        )
    return module
