"""Gives plain values to all that a trace leaves behind: Tensors, their graphs, and other holders of traced values."""

import gc
from functools import partial
from types import CellType
from typing import Any

from autograd.compiling.calls import like_tuple
from autograd.compiling.noted import NOTED
from autograd.compiling.reachable import slots_of
from autograd.engine.graph import GONE, Node, Vertex, newest_first
from autograd.engine.tensor import Tensor


def plain_value(x: Any) -> Any:
    """The value of a stand-in; also inside containers of all kinds."""
    kind = type(x)
    if kind in NOTED:
        return x._value
    if kind is tuple or (isinstance(x, tuple) and hasattr(x, "_fields")):
        parts = [plain_value(part) for part in x]
        return like_tuple(x, parts) if any(a is not b for a, b in zip(parts, x, strict=True)) else x
    if kind is list:
        x[:] = [plain_value(part) for part in x]
    elif isinstance(x, dict):
        for key, value in list(x.items()):
            if (new := plain_value(value)) is not value:
                x[key] = new
    elif isinstance(x, Tensor):
        settle_tensor(x)
    return x


def settle_tensor(t: Tensor, before: Vertex | None = None) -> None:
    """A Tensor, and the graph that it is in, with plain values; also the vertex that it had before."""
    if before is not None:
        before.grad = plain_value(before.grad)
    t._data = plain_value(t._data)
    if hasattr(t, "_grad"):
        t._grad = plain_value(t._grad)
    if t._node is None:
        return
    for vertex in newest_first([t._node]):
        vertex.value, vertex.grad = plain_value(vertex.value), plain_value(vertex.grad)
        if isinstance(vertex, Node):
            if vertex.kept is not GONE:
                vertex.kept = plain_value(vertex.kept)
            vertex.attrs = plain_value(vertex.attrs)
            vertex.shown = plain_value(vertex.shown)
            for operand in vertex.operands:
                if isinstance(operand, Vertex):
                    operand.value, operand.grad = plain_value(operand.value), plain_value(operand.grad)


def settle_survivors(survivors: list[Any]) -> None:
    """Replace the remaining stand-ins wherever Python's garbage collector finds them."""
    while survivors:
        _replace(survivors.pop(), survivors, 0)


def _replace(old: Any, others: list[Any], depth: int, new: Any = None) -> None:
    new = old._value if type(old) in NOTED else new
    for holder in gc.get_referrers(old):
        if holder is others or depth > 4:
            continue
        if isinstance(holder, list):
            for i, x in enumerate(holder):
                if x is old:
                    holder[i] = new
        elif isinstance(holder, dict):
            for key, x in list(holder.items()):
                if x is old:
                    holder[key] = new
        elif type(holder) is tuple:
            twin = tuple([new if x is old else x for x in holder])
            _replace(holder, others, depth + 1, twin)
        elif type(holder) is CellType:
            if holder.cell_contents is old:
                holder.cell_contents = new
        elif type(holder) is partial:
            args, words = (new if holder.args is old else holder.args), holder.keywords
            holder.__setstate__((holder.func, args, words, vars(holder) or None))  # type: ignore[attr-defined]
        elif type(holder) in NOTED:
            continue
        else:
            _replace_attributes(holder, old, new)


def _replace_attributes(holder: Any, old: Any, new: Any) -> None:
    for name in [*getattr(holder, "__dict__", ())] + [n for c in type(holder).__mro__ for n in slots_of(c)]:
        try:
            if getattr(holder, name, None) is old:
                setattr(holder, name, new)
        except (AttributeError, TypeError):  # what cannot be set stays
            continue
