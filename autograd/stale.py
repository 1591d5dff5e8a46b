"""Values that are no longer those of the forward pass: released, or changed since by somebody else.

A pass looks for them before it touches anything. The data of a leaf that is assigned to (`w.data -= ...`, a step of an
optimizer) marks the leaf as gone; what is written past the Tensor (`w.data[0] = 5`, a buffer of the user's own) is
found by its fingerprint. Either matters only where a rule needs the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.errors import GraphReleasedError, InPlaceError, StaleLeafError
from autograd.fingerprints import fingerprint
from autograd.graph import GONE, Leaf, Node, Vertex, describe, where

__all__ = ["arrays_in", "changed_in_place", "check_values_are_there", "prints_of"]


def prints_of(op: Any, kept: tuple[Any, ...], parents: tuple[Vertex | None, ...]) -> Any:
    """The fingerprints of what a node keeps of others: operands without gradient, and attributes.

    Pairs of a place in ``kept`` and a fingerprint; None where there is nothing to compare. What the graph itself has
    computed is not among them: no user is handed an array of it to write to.
    """
    prints = []
    for i, (name, source, value) in enumerate(zip(op.keeps, op.sources, kept, strict=True)):
        foreign = name in op.attributes if source < 0 else op.variadic or parents[source] is None
        if value is not None and foreign and (mark := fingerprint(value)):
            prints.append((i, mark))
    return prints or None


def _is_changed(vertex: Vertex) -> bool:
    """Whether an array with a fingerprint has another one now, as far as it can be known here."""
    if vertex.__class__ is not Leaf:
        return any(fingerprint(vertex.kept[i]) != mark for i, mark in vertex.prints)
    tensor = None if vertex.tensor is None else vertex.tensor()
    return tensor is None or fingerprint(tensor._data) != vertex.prints


def check_values_are_there(order: list[Vertex]) -> None:
    """Refuse a pass whose rules would meet released or changed values, before anything is touched."""
    for vertex in order:
        if vertex.kept is GONE or (vertex.prints is not None and _is_changed(vertex)):
            break
    else:
        return
    for vertex in order:
        if vertex.op is not None and vertex.kept is GONE:
            raise GraphReleasedError(
                f"this graph was released by an earlier backward pass: {vertex.op.name} no longer has the values "
                "that its rule needs. Pass retain_graph=True to the earlier call when you need the graph twice, "
                "run the forward pass again, or detach() what you carry over from one pass to the next."
            )
    suspects = {v for v in order if v.op is None and (v.kept is GONE or (v.prints is not None and _is_changed(v)))}
    living = [(leaf, t._data) for leaf in suspects if leaf.tensor is not None and (t := leaf.tensor()) is not None]
    for node in order:
        if not isinstance(node, Node):
            continue
        leaves = [p for i, p in enumerate(node.parents) if p in suspects and _misses(node, i, p)]
        leaves += [leaf for leaf, data in living if any(np.may_share_memory(data, x) for x in arrays_in(node.kept))]
        if leaves:
            raise StaleLeafError(
                f"{describe(leaves[0])} was changed after {node.op.name} had used it: the gradient would mix "
                "old and new values. Call backward() before changing it, or run the forward pass again."
            )
        for i, mark in node.prints or ():
            if fingerprint(node.kept[i]) != mark:
                raise changed_in_place(node, i)


def _misses(node: Node, index: int, leaf: Any) -> bool:
    """Whether the rules of a node need the former value of an operand, a leaf that may have changed."""
    value = node.op.kept_operand(node, index)
    if value is None or leaf.kept is GONE or leaf.tensor() is not None:
        return value is not None
    return isinstance(value, np.ndarray) and fingerprint(value) != leaf.prints  # the array outlives its Tensor


def arrays_in(kept: tuple[Any, ...]) -> Iterator[Any]:
    """The arrays among kept values; those of an op with any number of operands are in a tuple of their own."""
    for value in kept:
        if isinstance(value, tuple):
            yield from arrays_in(value)
        elif isinstance(value, np.ndarray):
            yield value


def changed_in_place(node: Node, place: int) -> InPlaceError:
    """What is said of an array that a node kept (at this place of ``kept``) and that was changed since."""
    op: Any = node.op
    value, name = node.kept[place], op.keeps[place]
    shapes = " and ".join(str(array.shape) for array in arrays_in((value,))) or str(value)
    module = "" if node.scope is None else f", in module {node.scope.path or node.scope.label}"
    return InPlaceError(
        f"an array of shape {shapes} was changed in place after {op.name} had kept it ({_role(node, name)}) for the "
        "backward pass, so the gradient would be that of no computation at all.\n"
        f"  kept by {op.name} at {where(node)}{module}\n"
        "  likely fix: make a new array: x = x + 1 in place of x += 1 or x[...] = ..., and for a parameter, "
        "after the backward pass, w.data = w.data - lr * g"
    )


def _role(node: Node, name: str) -> str:
    """What a kept value is to its node."""
    op: Any = node.op
    if name == "out":
        return "its result"
    if name not in op.operands:
        return f"its attribute {name}"
    operand = None if op.variadic else node.operands[op.operands.index(name)]
    known = operand.name if isinstance(operand, Vertex) else None
    return f"its operand {name}{f', {known}' if known else ''}"
