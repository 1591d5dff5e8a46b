"""`draw`: run a model once and draw the graph of its output.

This module only runs the model; `autograd.view` does the drawing.
"""

import copy
import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd import OperandError, Tensor, enable_grad, tensor
from autograd.operand_errors import arrays_of
from autograd.view import Drawing, draw as draw_graph
from autograd.view.graph.snapshot import refused
from nn.module import Module

__autograd_transparent__ = True


def draw(model: Module, *inputs: Any, **options: Any) -> Drawing:
    """Run a copy of a model and draw the graph of its output.

    The model is called with ``inputs``; floating arrays are named after the parameters of ``forward``. ``options`` are
    those of `autograd.draw`, such as ``depth=1``. The model itself is untouched: its gradients and running means stay.
    If an operation or a layer rejects its operands (ValueError, IndexError), the drawing ends there, with that
    operation or layer in red.

    >>> import numpy as np
    >>> import nn
    >>> from nn.inspect.drawing import draw
    >>> draw(nn.MLP([4, 3, 2], rng=0), np.ones((5, 4), "float32"), depth=0, values="off")
    MLP  3 ops, 23 parameters, (5, 2)
    └─ x: constant  (5, 4)  no gradient
    (all float32; no gradients yet: backward() has not run)
    """
    twin = copy.deepcopy(model)  # alive until the drawing has read its parameters
    names = [*inspect.signature(model.forward).parameters]
    named = [_named(x, names[i] if i < len(names) else f"input {i}") for i, x in enumerate(inputs)]
    refusals: list[OperandError] = []
    for path, module in twin.named_modules():
        vars(module)["forward"] = _noting(module, path, refusals)  # goes before the method of the class
    with enable_grad():
        try:
            return draw_graph(twin(*named), **options)
        except (ValueError, IndexError) as error:
            if refused(error)[0] is not None:
                return draw_graph(error, **options)
            if not refusals:
                raise
            return draw_graph(refusals[0], **options)


def _noting(module: Module, path: str, refusals: list[OperandError]) -> Callable[..., Any]:
    """Wrap the ``forward`` of a module to record what it rejects; the innermost module comes first."""
    forward = module.forward

    @functools.wraps(forward)
    def noting(*args: Any, **kwargs: Any) -> Any:
        try:
            return forward(*args, **kwargs)
        except (ValueError, IndexError) as error:
            given = arrays_of(forward, args, kwargs)
            label = type(module).__name__
            refusal = OperandError(*error.args)
            name = f"{path}: {label}" if path else label
            refusal.op = SimpleNamespace(name=name, operands=tuple(given))  # the layer stands in for an op
            refusal.operands = tuple(given.values())
            refusals.append(refusal)
            raise

    return noting


def _named(x: Any, name: str) -> Any:
    """Turn a floating array into a named Tensor."""
    if isinstance(x, Tensor) or not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return x
    return tensor(x, name="input" if name in ("args", "inputs") else name)
