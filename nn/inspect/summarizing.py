"""The layers of a model and their costs, as a table."""

import copy
from collections import defaultdict
from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.engine.graph import Node, Vertex
from autograd.modes import Watch, changed
from autograd.pytree import flatten
from nn.module import Module, Parameter

_TITLES = ("layer", "", "output", "parameters", "multiply-adds", "kept")
_NUMBERS = 3  # from this column on


class LayerRow(NamedTuple):
    """One module of a summary. The numbers exclude the modules inside it."""

    path: str
    layer: str
    output: str  # of its last call
    parameters: int
    shared: str  # names of shared parameters that were counted before, or empty
    multiply_adds: int
    memory: int  # bytes
    calls: int


class Summary:
    """The table that `summary` returns: print it, show it in a notebook, or read its numbers.

    ``rows`` are the modules, ``parameters`` counts shared parameters once, ``frozen`` counts those that are not
    trained, ``multiply_adds`` and ``memory`` (in bytes) are sums over the rows.
    """

    def __init__(self, title: str, rows: list[LayerRow], parameters: int, frozen: int) -> None:
        self.title = title
        self.rows = rows
        self.parameters = parameters
        self.frozen = frozen
        self.multiply_adds: int = sum(row.multiply_adds for row in rows)
        self.memory: int = sum(row.memory for row in rows)

    def __str__(self) -> str:
        table = [_TITLES, *self._cells(), self._totals()]
        widths = [max(len(line[i]) for line in table) for i in range(len(_TITLES))]
        sides = ["<"] * _NUMBERS + [">"] * (len(_TITLES) - _NUMBERS)
        rows = (zip(line, sides, widths, strict=True) for line in table)
        lines = ["  ".join(f"{cell:{side}{width}}" for cell, side, width in row) for row in rows]
        rule = "-" * len(lines[0])
        text = [self.title, rule, lines[0], rule, *lines[1:-1], rule, lines[-1], *self._notes()]
        return "\n".join(line.rstrip() for line in text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: tuple[str, ...], tag: str) -> str:
            sides = ["right" if i >= _NUMBERS else "left" for i in range(len(cells))]
            pairs = zip(cells, sides, strict=True)
            return "".join(f'<{tag} style="text-align:{side}">{escape(cell)}</{tag}>' for cell, side in pairs)

        body = "".join(f"<tr>{line(cells, 'td')}</tr>" for cells in self._cells())
        notes = "".join(f"<div>{escape(note)}</div>" for note in self._notes())
        return (
            f"<div><strong>{escape(self.title)}</strong><table><thead><tr>{line(_TITLES, 'th')}</tr></thead>"
            f"<tbody>{body}</tbody><tfoot><tr>{line(self._totals(), 'th')}</tr></tfoot></table>{notes}</div>"
        )

    def _cells(self) -> list[tuple[str, ...]]:
        cells: list[tuple[str, ...]] = []
        for row in self.rows:
            count = f"{row.parameters:,}" if row.parameters or not row.shared else ""
            parameters = " + ".join(part for part in (count, row.shared) if part)
            output = f"{row.output}, last of {row.calls}" if row.calls > 1 else row.output
            products = f"{row.multiply_adds:,}"
            cells.append((row.path or "(model)", row.layer, output, parameters, products, _bytes(row.memory)))
        return cells

    def _totals(self) -> tuple[str, ...]:
        return "total", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}", _bytes(self.memory)

    def _notes(self) -> list[str]:
        return [f"{self.frozen:,} of the parameters are frozen (requires_grad is False)."] if self.frozen else []


def summary(model: Module, *inputs: Any) -> Summary:
    """List the modules of a model with their outputs, parameters and costs, found by running copies of it.

    The model is called with ``inputs``, usually a single array. The model itself is untouched: its gradients and
    running means stay. Every row excludes the modules inside:

    - *parameters*: a shared parameter counts once; the other rows name where. A module that did not run is marked
      "not called".
    - *multiply-adds* of the forward pass with these inputs: one per product summed in a matrix product or convolution
      (``N in out`` for Linear). Elementwise work and work that involves no parameter are not counted.
    - *kept*: activation memory, the arrays that the graph keeps for the backward pass, each counted once, at the first
      op that needs it. Parameters and inputs are not counted.

    >>> import numpy as np
    >>> import nn
    >>> nn.summary(nn.MLP([64, 32, 10]), np.zeros((16, 64), "float32"))
    MLP on input (16, 64)
    -----------------------------------------------------------
    layer          output    parameters  multiply-adds     kept
    -----------------------------------------------------------
    0      Linear  (16, 32)       2,080         32,768      0 B
    1      ReLU    (16, 32)           0              0  2.05 kB
    2      Linear  (16, 10)         330          5,120      0 B
    -----------------------------------------------------------
    total                         2,410         37,888  2.05 kB
    """
    outputs: dict[str, list[str]] = defaultdict(list)
    twin = copy.deepcopy(model)
    for path, module in twin.named_modules():
        module.register_forward_hook(lambda module, args, out, path=path: outputs[path].append(_shape(out)))
    kept = Cost([*inputs, *(p.data for p in twin.parameters())])
    with changed(grad=True, scope=None, watch=kept):
        twin(*inputs)
    twin = copy.deepcopy(model)
    for parameter in twin.parameters():  # products with frozen ones are products too
        parameter.requires_grad = True
    done = Cost()
    with changed(grad=True, scope=None, watch=done):
        twin(*inputs)

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
        costs = done.products[path], kept.kept[path]
        is_list = type(module).forward is Module.forward  # its entries are called, not it
        if not own and not any(costs) and (is_list or (not path and next(module.children(), None) is not None)):
            continue  # the model as a whole, which the title names
        words = f"shared ({', '.join(shared)})" if shared else ""
        calls = outputs[path]
        output = calls[-1] if calls else "" if is_list else "not called"
        rows.append(LayerRow(path, type(module).__name__, output, own, words, *costs, len(calls)))
    total = sum(p.size for p in sizes.values())
    frozen = sum(p.size for p in sizes.values() if not p.requires_grad)
    shapes = ", ".join(_shape(x) for x in inputs)
    return Summary(f"{type(model).__name__} on input {shapes}", rows, total, frozen)


def _shape(value: Any) -> str:
    """The shapes of the possibly nested inputs or outputs of a module."""
    if isinstance(value, Tensor) or hasattr(value, "shape"):
        return str(tuple(value.shape))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_shape, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shape(item)}" for key, item in value.items()) + "}"
    return type(value).__name__


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"


class Cost(Watch):
    """The cost of a run by the path of the module that did the work: the multiply-adds of its products, and the bytes
    kept for the backward pass. It knows ops and module paths, but no layers.
    """

    def __init__(self, not_counted: Iterable[Any] = ()) -> None:
        self.products: dict[str, int] = defaultdict(int)
        self.kept: dict[str, int] = defaultdict(int)
        # Buffers by id. Holding them here ensures that no id is reused.
        self._seen = {id(buffer): buffer for buffer in map(_buffer, _arrays(not_counted))}

    def forward(self, node: Node, operands: Any, out: Any) -> None:
        frame = node.scope
        while frame is not None and frame.path is None:  # a module that no attribute leads to
            frame = frame.parent
        path = "" if frame is None else str(frame.path)
        if (cost := node.op.facts.cost) is not None:
            shapes = [x.shape if isinstance(x, Vertex) else np.shape(x) for x in node.operands if x is not None]
            self.products[path] += cost(shapes, node.shape, node.attrs or {})
        for array in _arrays(node.kept):
            buffer = _buffer(array)
            if id(buffer) not in self._seen:
                self._seen[id(buffer)] = buffer
                self.kept[path] += buffer.nbytes


def _arrays(values: Any) -> Iterable[np.ndarray[Any, Any]]:
    leaves = (leaf.data if isinstance(leaf, Tensor) else leaf for leaf in flatten(values))
    return (leaf for leaf in leaves if isinstance(leaf, np.ndarray))


def _buffer(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
