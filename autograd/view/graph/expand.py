"""Shows fused ops (linear, cross-entropy, ...) as the primitive ops that define them."""

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.engine.tensor import Tensor
from autograd.modes import changed
from autograd.view.graph.columns import rebuild
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Number
from autograd.view.graph.snapshot import Place, recorded
from autograd.view.graph.traced import Traced

_MOST_ROUNDS = 10  # definitions within definitions


def expand(graph: Graph) -> Graph:
    """A graph in which every op with a definition is replaced by it, in a frame with the name of the op.

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
    applied = [(node, *found) for node in fused if (found := _applied(graph, node)) is not None]
    if not applied:
        return graph
    nodes: dict[int, GraphNode] = {node.id: node for node in graph.nodes}
    frames = list(graph.frames)
    order: dict[int, tuple[int, int]] = {node.id: (node.made, 0) for node in graph.nodes if node.made >= 0}
    free = len(graph.nodes)
    moved: dict[Place, Place] = {}  # the outputs of ops with several
    for node, inner, places in applied:
        frame = FrameRecord(len(frames), node.frame, f"{node.op}, by its definition", None, call=False)
        frames.append(frame)
        free = _splice(node, inner, places, frame.id, nodes, order, moved, free)
    outputs = _rewire(graph, nodes, moved)
    ranks = {i: rank for rank, i in enumerate(sorted(order, key=order.__getitem__))}
    ranked = {i: node._replace(made=ranks.get(i, -1)) for i, node in nodes.items()}
    return rebuild(graph, ranked, outputs, frames)


def _rewire(graph: Graph, nodes: dict[int, GraphNode], moved: dict[Place, Place]) -> tuple[int, ...]:
    """Let what refers to outputs that have moved find them, and return the outputs of the graph."""

    def found(a: Argument) -> Argument:
        return Argument(*moved.get((a.node, a.index), (a.node, a.index)), a.flows)

    used = {(a.node, a.index) for node in nodes.values() for _, a in node.references()}
    nodes |= {i: node.rewired(found) for i, node in nodes.items()}
    outputs: list[int] = []
    for i in graph.outputs:
        ends = {place: end for place, (end, _) in moved.items() if place[0] == i}
        here = [end for place, end in ends.items() if place not in used] or list(ends.values())[:1] or [i]
        outputs += here
        nodes |= {end: nodes[end]._replace(output=True) for end in here}
    return tuple(dict.fromkeys(outputs))


def _applied(graph: Graph, node: GraphNode) -> tuple[Graph, list[Place]] | None:
    """The graph of the definition on a node's operands, with leaves named by position, and where its results are."""
    results = [graph.result(a) if isinstance(a, Argument) else None for a in node.arguments]
    known = all(r is None or r.value is not None for r in results)
    operands: list[Any] = []
    for slot, (argument, result) in enumerate(zip(node.arguments, results, strict=True)):
        if isinstance(argument, Number) or result is None:
            operands.append(argument.value if isinstance(argument, Number) else None)
            continue
        data = np.array(result.value) if known else np.zeros(result.shape, result.dtype)
        operands.append(Tensor(data, requires_grad=argument.flows, name=_stand_in(slot)))
    with changed(grad=True, scope=None, watch=Traced()), np.errstate(all="ignore"):
        found = node.record.definition(*operands, **node.attrs)
        outs = [found if r.index is None else found[r.index] for r in node.results]
        if not all(isinstance(out, Tensor) and not out.is_leaf for out in outs):
            return None
        for out, result in zip(outs, node.results, strict=True):
            if known and result.grad is not None:
                out.backward(result.grad, retain_graph=True)
    inner, places = recorded(outs, keep=("auto", "auto") if known else ("off", "off"))
    if not known:  # nothing can be computed from the zeros
        inner = inner._replace(nodes=tuple(part._replace(vertices=()) for part in inner.nodes))
    return inner, places


def _stand_in(slot: int) -> str:
    return f"operand {slot}"


def _splice(
    node: GraphNode, inner: Graph, places: list[Place], frame: int, nodes: dict[int, GraphNode],
    order: dict[int, tuple[int, int]], moved: dict[Place, Place], free: int,
) -> int:  # fmt: skip
    """Replace a node with a graph, whose ends take over its names, values and gradients."""
    slots = {_stand_in(slot): a for slot, a in node.references()}
    outside = {leaf.id: slots[leaf.name] for leaf in inner.nodes if leaf.name in slots}
    ends = {i: replace(r, index=None) for (i, index), r in zip(places, node.results, strict=True) if index is None}
    several = node.results[0].index is not None
    number = {} if several else {places[0][0]: node.id}
    for part in inner.nodes:
        if part.id not in outside and part.id not in number:
            number[part.id] = free
            free += 1
    if several:
        del nodes[node.id], order[node.id]
        moved |= {(node.id, r.index): (number[i], index) for (i, index), r in zip(places, node.results, strict=True)}

    def placed(a: Argument) -> Argument:
        if a.node not in outside:
            return Argument(number[a.node], a.index, a.flows)
        outer = outside[a.node]
        return Argument(outer.node, outer.index, a.flows and outer.flows)

    for part in inner.nodes:
        if part.id in outside:
            continue
        i = number[part.id]
        results = (ends[part.id],) if part.id in ends else part.results
        nodes[i] = part.rewired(placed)._replace(id=i, frame=frame, output=False, results=results)
        if part.made >= 0:
            order[i] = (node.made, part.made + 1)
    return free
