"""Turns a backward pass into the data of a page that plays it: a picture, and what changes at each moment.

This module owns that data. It must not know how the page looks or moves (`write.player`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from autograd.engine import Node, Output, Vertex
from autograd.view.chain.local import rule_source, slope
from autograd.view.chain.names import Names
from autograd.view.chain.places import place_of, scope_of
from autograd.view.chain.replay import Firing, Replay
from autograd.view.graph.records import Graph, GraphNode
from autograd.view.graph.snapshot import snapshot, vertices_below
from autograd.view.layout.render import Renderer, render
from autograd.view.picture.boxes import Box, Picture
from autograd.view.picture.labels import compose
from autograd.view.picture.values import brief, exact

__all__ = ["MOST_STEPS", "film"]

MOST = 300  # nodes that a page can show; of a larger graph it lists the steps without a picture
MOST_STEPS = 2000
_LONGEST = 18  # characters of an expression in a box


def film(
    replay: Replay, names: Names, firings: Sequence[Firing], words: Sequence[str], renderer: Renderer = "auto"
) -> tuple[str, dict[str, Any]]:
    """The SVG of the graph (empty when it is too large) and the data of the page.

    ``words`` are the descriptions of the firings, one each.
    """
    order = vertices_below(replay.root)
    ids = {vertex: i for i, vertex in enumerate(order)}
    for vertex in replay.order:
        if isinstance(vertex, Output):
            ids[vertex] = ids[vertex.parents[0]]  # type: ignore[index]
    small = len(order) <= MOST
    svg = render(_picture(replay, names, order), renderer)[0] if small else ""
    told = order if small else [v for v in order if isinstance(v, Node)][-MOST_STEPS:]
    nodes = {str(ids[vertex]): _about(replay, names, vertex) for vertex in told}
    forward = sorted((v for v in order if isinstance(v, Node)), key=lambda v: v.seq)
    moments = [
        {"pass": "forward", "node": ids[v], "text": f"{names(v)} = {names.expression(v)} = {brief(replay.value(v))}"}
        for v in forward[:MOST_STEPS]
    ]
    moments += [
        {
            "pass": "backward",
            "node": ids[firing.node],
            "text": text,
            "sends": [{"to": ids[s.parent], "grad": brief(s.after), "complete": s.complete} for s in firing.sent],
            "waiting": [ids[v] for v in firing.waiting],
        }
        for firing, text in zip(firings[:MOST_STEPS], words, strict=False)
    ]
    title = f"Backward pass from {names(replay.root)}"
    note = "" if small else f"The graph has {len(order):,} nodes: too many for one picture. The steps are all here."
    if max(len(forward), len(firings)) > MOST_STEPS:
        note = f"Of {len(firings):,} steps the first {MOST_STEPS:,} are here."
    start = {"node": ids[replay.root], "grad": brief(replay.seed)}
    return svg, {"title": title, "note": note, "nodes": nodes, "moments": moments, "start": start}


def _picture(replay: Replay, names: Names, order: list[Vertex]) -> Picture:
    """The graph with the gradients of this pass, and with a name on every operation."""
    graph = snapshot(replay.root)
    nodes = tuple(_filled(replay, node, vertex) for node, vertex in zip(graph.nodes, order, strict=True))
    picture = compose(Graph(nodes, graph.frames, graph.outputs))
    titled = tuple(
        replace(box, title=box.title or names(vertex), heading=_heading(box, names, vertex), level=None, dashed=False)
        for box, vertex in zip(picture.boxes, order, strict=True)
    )
    legend = tuple(key for key in picture.legend if key.look not in ("gradient", "dashed"))
    return replace(picture, boxes=titled, legend=legend, notes=())


def _heading(box: Box, names: Names, vertex: Vertex) -> str:
    """An operation in the names that the steps use, unless that is too long for a box."""
    expression = names.expression(vertex)
    return expression if 0 < len(expression) <= _LONGEST else box.heading


def _filled(replay: Replay, node: GraphNode, vertex: Vertex) -> GraphNode:
    """A node with the values and gradients of the replay."""
    results = []
    for result in node.results:
        if result.index is None:
            value, grad = replay.value(vertex), replay.gradients.get(vertex)
        else:
            gathered = replay.gradients.get(vertex)
            value, grad = result.value, None if gathered is None else gathered[result.index]
        results.append(replace(result, value=value, grad=grad))
    return replace(node, results=tuple(results))


def _about(replay: Replay, names: Names, vertex: Vertex) -> dict[str, str]:
    """What a click on a node shows."""
    line, source = place_of(vertex)
    facts = {"name": names(vertex), "op": names.expression(vertex) or getattr(vertex, "kind", "")}
    if not (vertex.op is not None and vertex.op.outputs):
        facts["shape"] = f"{tuple(vertex.shape)} {vertex.dtype}"
    value, grad = replay.value(vertex), replay.gradients.get(vertex)
    facts["value"] = "not kept" if value is None else exact(value) if not isinstance(value, tuple) else brief(value)
    facts["gradient"] = "none" if grad is None else exact(grad) if not isinstance(grad, tuple) else brief(grad)
    facts["line"] = f"{PurePath(line).name}\n{source}".strip() if line else ""
    facts["module"] = scope_of(vertex)
    if isinstance(vertex, Node):
        flowing = [slot for slot, parent in enumerate(vertex.parents) if parent is not None]
        formulas = [(vertex.parents[i], slope(replay, names, vertex, i, latex=False).matrix) for i in flowing]
        facts["sends"] = "\n".join(dict.fromkeys(f"to {names(p)}: {text}" for p, text in formulas if text))
        operands = vertex.op.operands
        rules = [(operands[min(i, len(operands) - 1)], rule_source(vertex.op, i)) for i in flowing]
        facts["rule"] = "\n".join(dict.fromkeys(f"{operand}: {rule}" for operand, rule in rules if rule))
    return {key: text for key, text in facts.items() if text}
