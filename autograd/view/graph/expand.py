"""Shows fused ops (linear, cross-entropy, ...) as the primitive ops that define them.

The definition is applied to what the graph kept of the operands; where values were not kept, to zeros of the same
shape, and only the structure is shown. This module owns that replacement, Graph to Graph. It must not know which ops
are fused (the op table says so), nor how anything is drawn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.engine.graph import STATE
from autograd.engine.tensor import Tensor
from autograd.view.graph.fold import rebuild
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Number, Result
from autograd.view.graph.snapshot import snapshot

__all__ = ["expand"]


_MOST_ROUNDS = 10  # definitions within definitions


def expand(graph: Graph) -> Graph:
    """A graph in which every op that has a definition is replaced by it, in a frame with the name of the op.

    A definition may itself use fused ops (cross-entropy uses log_softmax); they are replaced too.
    """
    for _ in range(_MOST_ROUNDS):
        expanded = _expand_once(graph)
        if expanded is graph:
            break
        graph = expanded
    return graph


def _expand_once(graph: Graph) -> Graph:
    fused = [node for node in graph.nodes if node.kind == "op" and node.record.definition is not None]
    applied = [(node, inner) for node in fused if (inner := _applied(graph, node)) is not None]
    if not applied:
        return graph
    nodes: dict[int, GraphNode] = {node.id: node for node in graph.nodes}
    frames = list(graph.frames)
    order: dict[int, tuple[int, int]] = {node.id: (node.made, 0) for node in graph.nodes if node.made >= 0}
    free = len(graph.nodes)
    for node, inner in applied:
        frame = FrameRecord(len(frames), node.frame, f"{node.op}, by its definition", None, call=False)
        frames.append(frame)
        free = _splice(node, inner, frame.id, nodes, order, free)
    ranks = {i: rank for rank, i in enumerate(sorted(order, key=order.__getitem__))}
    ranked = {i: replace(node, made=ranks.get(i, -1)) for i, node in nodes.items()}
    return rebuild(graph, ranked, graph.outputs, tuple(frames))


def _applied(graph: Graph, node: GraphNode) -> Graph | None:
    """The graph of the definition on the operands of a node; its leaves for them are named by their position."""
    results = [_result(graph, a) if isinstance(a, Argument) else None for a in node.arguments]
    known = all(r is None or r.value is not None for r in results)
    operands: list[Any] = []
    for slot, (argument, result) in enumerate(zip(node.arguments, results, strict=True)):
        if isinstance(argument, Number) or result is None:
            operands.append(argument.value if isinstance(argument, Number) else None)
            continue
        data = np.array(result.value) if known else np.zeros(result.shape, result.dtype)
        operands.append(Tensor(data, requires_grad=argument.flows, name=_stand_in(slot)))
    token = STATE.set(STATE.get().replace(grad=True, scope=None, watch=None))
    try:
        with np.errstate(all="ignore"):
            out = node.record.definition(*operands, **node.attrs)
            if not isinstance(out, Tensor) or out.is_leaf:
                return None
            grad = node.results[0].grad
            if known and grad is not None:
                out.backward(grad)
    finally:
        STATE.reset(token)
    return snapshot(out, keep=("auto", "auto") if known else ("off", "off"))


def _result(graph: Graph, argument: Argument) -> Result:
    results = graph.nodes[argument.node].results
    return next((r for r in results if r.index == argument.index), results[0])


def _stand_in(slot: int) -> str:
    return f"operand {slot}"


def _splice(
    node: GraphNode, inner: Graph, frame: int, nodes: dict[int, GraphNode], order: dict[int, tuple[int, int]], free: int
) -> int:
    """Put a graph in the place of a node; its last op takes over number, name, value and gradient of the node."""
    slots = {_stand_in(slot): a for slot, a in node.references()}
    outside = {leaf.id: slots[leaf.name] for leaf in inner.nodes if leaf.name in slots}
    root = inner.outputs[0]
    number = {root: node.id}
    for part in inner.nodes:
        if part.id not in outside and part.id != root:
            number[part.id] = free
            free += 1

    def moved(a: Argument) -> Argument:
        if a.node not in outside:
            return Argument(number[a.node], a.index, a.flows)
        outer = outside[a.node]
        return Argument(outer.node, outer.index, a.flows and outer.flows)

    for part in inner.nodes:
        if part.id in outside:
            continue
        arguments = tuple(moved(a) if isinstance(a, Argument) else a for a in part.arguments)
        i = number[part.id]
        new = part.rewired(i, arguments, (), frame)
        nodes[i] = replace(new, results=node.results, output=node.output) if part.id == root else new
        if part.made >= 0:
            order[i] = (node.made, part.made + 1)
    return free
