"""What a model consists of, as a table: layers, shapes of their outputs, numbers of parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import Tensor, no_grad
from nn.module import Module, Parameter

__all__ = ["LayerRow", "Summary", "summary"]


class LayerRow(NamedTuple):
    """One module of a summary. ``parameters`` are its own, without those of the modules in it."""

    path: str
    layer: str
    output: str
    parameters: int
    shared: str  # where the parameters stand that were counted before, or nothing


class Summary:
    """The table that `summary` returns: ``print`` it, or read ``rows`` and ``parameters``."""

    def __init__(self, title: str, rows: list[LayerRow], parameters: int, frozen: int) -> None:
        self.title = title
        self.rows = rows
        self.parameters = parameters
        self.frozen = frozen

    def __str__(self) -> str:
        table = [("layer", "", "output", "parameters")]
        for row in self.rows:
            count = f"{row.parameters:,}" if row.parameters or not row.shared else ""
            words = " + ".join(part for part in (count, row.shared) if part)
            table.append((row.path or "(model)", row.layer, row.output, words))
        table.append(("total", "", "", f"{self.parameters:,}"))
        widths = [max(len(line[i]) for line in table) for i in range(4)]
        lines = [
            f"{line[0]:<{widths[0]}}  {line[1]:<{widths[1]}}  {line[2]:<{widths[2]}}  {line[3]:>{widths[3]}}"
            for line in table
        ]
        rule = "-" * len(lines[0])
        text = [self.title, rule, lines[0], rule, *lines[1:-1], rule, lines[-1]]
        if self.frozen:
            text.append(f"{self.frozen:,} of them are not trained (requires_grad is False).")
        return "\n".join(line.rstrip() for line in text)

    __repr__ = __str__


def summary(model: Module, *inputs: Any) -> Summary:
    """Run a copy of the model once, and list its modules with their output shapes and numbers of parameters.

    ``inputs`` are what the model is called with, an array for most. The model itself is not touched: no gradient, no
    running mean changes. Every row counts the module's own parameters; a parameter held at several places counts
    once, and the others say where. A module that was not called says so.

    >>> import numpy as np
    >>> import nn
    >>> nn.summary(nn.MLP([64, 32, 10]), np.zeros((16, 64), "float32"))
    MLP on input (16, 64)
    -----------------------------------
    layer          output    parameters
    -----------------------------------
    0      Linear  (16, 32)       2,080
    1      ReLU    (16, 32)           0
    2      Linear  (16, 10)         330
    -----------------------------------
    total                         2,410
    """
    outputs = _run(copy.deepcopy(model), inputs)
    rows: list[LayerRow] = []
    first: dict[int, str] = {}
    sizes: dict[int, Parameter] = {}
    for path, module in model.named_modules():
        own, shared = 0, []
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) in first:
                shared.append(first[id(parameter)])
            else:
                first[id(parameter)] = f"{path}.{name}" if path else name
                sizes[id(parameter)] = parameter
                own += parameter.size
        if not path and not own and _has_children(module):
            continue  # the model as a whole: the title says it
        words = f"shared ({', '.join(shared)})" if shared else ""
        rows.append(LayerRow(path, type(module).__name__, outputs.get(path, "not called"), own, words))
    total = sum(p.size for p in sizes.values())
    frozen = sum(p.size for p in sizes.values() if not p.requires_grad)
    shapes = ", ".join(_shape(x) for x in inputs)
    return Summary(f"{type(model).__name__} on input {shapes}", rows, total, frozen)


def _has_children(module: Module) -> bool:
    """Whether a module holds others."""
    return next(module.children(), None) is not None


def _run(model: Module, inputs: tuple[Any, ...]) -> dict[str, str]:
    """The shape of what each module of a model returned last, by path. The model is changed on the way."""
    seen: dict[str, str] = {}
    for path, module in model.named_modules():
        # Modules are plain objects: an attribute of the object goes before the method of its class.
        vars(module)["forward"] = _noting(module.forward, path, seen)
    with no_grad():
        model(*inputs)
    return seen


def _noting(forward: Callable[..., Any], path: str, seen: dict[str, str]) -> Callable[..., Any]:
    def noting(*args: Any, **kwargs: Any) -> Any:
        out = forward(*args, **kwargs)
        seen[path] = _shape(out)
        return out

    return noting


def _shape(value: Any) -> str:
    """Shapes of what goes into or comes out of a module, also nested."""
    if isinstance(value, Tensor) or hasattr(value, "shape"):
        return str(tuple(value.shape))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_shape, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shape(item)}" for key, item in value.items()) + "}"
    return type(value).__name__
