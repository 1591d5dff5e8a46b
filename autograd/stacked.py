"""Many backward passes along one route at once: their gradients travel together, stacked along one more axis in front.

A Jacobian takes one pass for each of its rows, all through the same graph. Most rules work entry by entry (``g * y``),
and give the gradients of a whole stack when they get a stack; an op says so with ``stacked``. The others are asked row
by row. Either way the numbers are those of the passes one by one, but for the rounding of matrix products.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd.arrays import sum_to
from autograd.engine import Route, fit
from autograd.graph import Node, Vertex, where
from autograd.modes import STATE
from autograd.stale import check_values_are_there

__all__ = ["rows_at_once", "stacked_pass"]

Array = Any

LIMIT = 2**18  # entries of the largest stack: what is larger gains nothing, and takes memory


def rows_at_once(route: Route) -> int:
    """How many passes may travel together: one, where hooks or a watcher want to see each of them."""
    if STATE.get().watch is not None:
        return 1
    largest = 1
    for vertex in route.order:
        if (vertex.info is not None and vertex.info.hooks) or (vertex.op is not None and vertex.op.outputs):
            return 1
        largest = max(largest, prod(vertex.shape))
    return max(1, LIMIT // largest)


def stacked_pass(root: Vertex, seeds: Array, route: Route) -> dict[Vertex, Array]:
    """The gradients of the wanted vertices for each of the seeds of the root, stacked as the seeds are.

    The values kept for the pass stay; nothing is stored on Tensors.
    """
    check_values_are_there(route.order)
    assert route.wanted is not None
    assert route.edges is not None
    found: dict[Vertex, Array] = {}
    grads: dict[Vertex, Array] = {root: seeds}
    for vertex in route.order:
        g = grads.pop(vertex, None)
        if g is None:
            continue
        if vertex in route.wanted:
            found[vertex] = g
        if not isinstance(vertex, Node) or not (parents := route.edges[vertex]):
            continue
        try:
            for parent, d in _gradients(vertex, g, parents):
                grads[parent] = grads[parent] + d if parent in grads else d
        except Exception as error:
            error.add_note(f"in the rule of {vertex.op.name}, applied at {where(vertex)}")
            raise
    return found


def _gradients(node: Node, g: Array, parents: tuple[Vertex | None, ...]) -> list[tuple[Vertex, Array]]:
    """The stacks of gradients that a node sends on."""
    if node.op.stacked:
        gradients = node.op.vjp(g, node.kept, parents)
        return [(p, _fit(d, p)) for p, d in zip(parents, gradients, strict=True) if p is not None and d is not None]
    rows = [node.op.vjp(row, node.kept, parents) for row in g]
    sent = []
    for i, parent in enumerate(parents):
        column = [row[i] for row in rows]
        if parent is not None and any(d is not None for d in column):
            zeros = np.zeros(parent.shape, parent.dtype)
            sent.append((parent, np.stack([zeros if d is None else fit(d, parent, node.op.name) for d in column])))
    return sent


def _fit(d: Array, parent: Vertex) -> Array:
    """A stack of gradients fitted to the operand: what broadcasting repeated is added up in each of them."""
    shape = parent.shape
    if d.shape[1:] != shape:
        repeated = (1,) * (d.ndim - 1 - len(shape))
        d = sum_to(d, (len(d), *repeated, *shape)).reshape((len(d), *shape))
    return d if d.dtype is parent.dtype else d.astype(parent.dtype)
