"""`draw`: run a model once and draw the graph of its output."""

import copy
import functools
import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from autograd import OperandError
from autograd.engine.graph import STATE
from autograd.modes import Both, changed
from autograd.operand_errors import arrays_of
from autograd.pytree import leaves, unflatten
from autograd.view import Drawing, draw as draw_graph
from autograd.view.graph.snapshot import refused
from autograd.view.graph.traced import Traced
from nn.module import Module

__autograd_transparent__ = True


def draw(model: Module, *inputs: Any, **options: Any) -> Drawing:
    """Run a copy of a model and draw the graph of its output.

    The model is called with ``inputs``, which are named after the parameters of ``forward``. Everything that is
    computed from them is drawn, also where no gradient flows, except results of NumPy's functions on integer arrays.
    ``options`` are those of `autograd.draw`, such as ``depth=1``. The model itself is untouched: its gradients and
    running means stay. If an operation or a layer rejects its operands (ValueError, IndexError), the drawing ends
    there, with that operation or layer in red.

    >>> import numpy as np
    >>> import nn
    >>> from nn.inspect.drawing import draw
    >>> draw(nn.MLP([4, 3, 2], rng=0), np.ones((5, 4), "float32"), depth=0, values="off")
    MLP  3 ops, 23 parameters, (5, 2)
    └─ x: input  (5, 4)  no gradient
    (all float32; no gradients yet: backward() has not run)
    """
    return draw_graph(call_traced(model, inputs), **options)


def call_traced(model: Module, inputs: Sequence[Any]) -> Traced:
    """The graph of one call of a copy of a model."""
    traced = Traced(twin := copy.deepcopy(model))
    parameters = inspect.signature(model.forward).parameters.values()
    names = [p.name if p.kind is not p.VAR_POSITIONAL else "input" for p in parameters if p.kind is not p.KEYWORD_ONLY]
    given = []
    for i, x in enumerate(inputs):
        parts = leaves(x, names[i] if i < len(names) else f"input {i}")
        given.append(unflatten(x, iter([traced.enter(part, path) for path, part in parts])))
    refusals: list[OperandError] = []
    for path, module in twin.named_modules():
        vars(module)["forward"] = _noting(module, path, refusals)  # goes before the method of the class
    watch = STATE.get().watch
    with changed(grad=True, watch=traced if watch is None else Both(watch, traced)):
        try:
            traced.outputs = twin(*given)
        except (ValueError, IndexError) as error:
            if refused(error)[0] is None and not refusals:
                raise
            traced.outputs = refusals[0] if refused(error)[0] is None else error
    return traced


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
