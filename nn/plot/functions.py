"""Activations and their derivatives."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.trace import argument
from nn.arrays import plain
from nn.functional import tanh
from nn.module import Module
from nn.plot.look import COLOURS, finish, on_axes, panels, precision


def activations(
    functions: Sequence[Callable[[Any], Any]] | Callable[[Any], Any] = tanh, *, low: float = -4.0, high: float = 4.0,
    ax: Any = None,
) -> Any:  # fmt: skip
    """Activations and their derivatives over an interval; the derivative is that of the engine, drawn dashed.

    ``functions`` are modules such as ``nn.Tanh()`` or functions of Tensors that work entry by entry. More than seven
    are drawn one by one, in a grid whose axes are returned.

    >>> import nn
    >>> import nn.plot
    >>> ax = nn.plot.activations([nn.Tanh(), nn.ReLU(), nn.GELU()])
    """
    several = [functions] if callable(functions) else list(functions)
    if ax is None and len(several) > len(COLOURS):
        grid = panels(len(several))
        for one, function in zip(grid, several, strict=True):
            activations(function, low=low, high=high, ax=one).set_xlabel("")
        return grid
    ax = on_axes(ax)
    x = np.linspace(low, high, 401)
    for colour, function in zip(cycle(COLOURS), several, strict=False):
        t = argument(x.astype(precision(function, x.dtype)))
        y = function(t)
        name = type(function).__name__ if isinstance(function, Module) else getattr(function, "__name__", "f")
        if np.shape(y) != x.shape:
            raise ValueError(f"{name} does not work entry by entry: of shape {x.shape} it makes {np.shape(y)}.")
        if isinstance(y, Tensor) and y.requires_grad:
            y.backward(np.ones_like(t.data))
        slope = np.zeros_like(x) if t.grad is None else t.grad
        ax.plot(x, plain(y), color=colour, label=name)
        ax.plot(x, slope, "--", color=colour, label=f"{name}'")
    return finish(ax, xlabel="x", legend=True)
