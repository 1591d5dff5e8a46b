"""Turns a backward pass into the data of a page that plays it: a picture, and the changes at each moment."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from autograd.engine.graph import Node, Output, Vertex
from autograd.view.chain.local import has_outputs, rule_source, slope
from autograd.view.chain.names import Names, place_of, scope_of
from autograd.view.chain.replay import Firing, Replay
from autograd.view.graph.records import GraphNode
from autograd.view.graph.shrink import narrow
from autograd.view.graph.snapshot import owner, snapshot
from autograd.view.layout.render import Renderer, render
from autograd.view.picture.boxes import Box, Picture
from autograd.view.picture.labels import compose
from autograd.view.picture.values import brief, exact, value_lines

MOST = 150  # boxes of the picture; of a larger graph module calls are closed, then the far end is left out
MOST_STEPS = 2000
_LONGEST = 18  # characters of an expression in a box
_LISTED = 40  # operations of a closed call that a click lists


def animation(
    replay: Replay, names: Names, firings: Sequence[Firing], words: Sequence[str], renderer: Renderer = "auto"
) -> tuple[str, dict[str, Any]]:
    """The SVG of the graph and the data of the page; ``words`` describe the firings, at most MOST_STEPS."""
    stage = _Stage(replay, names)
    ops = sorted((v for v in stage.order if isinstance(v, Node)), key=lambda v: v.seq)
    moments = [stage.computed(v) for v in ops[-MOST_STEPS:]]
    moments += [stage.fired(firing, text) for firing, text in zip(firings, words, strict=False)]
    data = {
        "title": f"Backward pass from {names(replay.root)}",
        "note": stage.note(len(ops), len(firings)),
        "nodes": stage.facts(),
        "moments": moments,
        "start": {"node": stage.box(replay.root), "index": stage.index(replay.root), "complete": True},
    }
    return render(stage.picture(), renderer)[0], data


class _Stage:
    """Which box of the picture shows which vertex."""

    def __init__(self, replay: Replay, names: Names) -> None:
        self.replay, self.names = replay, names
        full = snapshot(replay.root, names=names.given)
        self.graph = narrow(full._replace(nodes=tuple(_filled(replay, node) for node in full.nodes)), MOST)
        self.order = [node.vertices[0] for node in full.nodes]
        self.first = {node.vertices[0]: node.results[0].index for node in full.nodes}
        self.home = {vertex: node for node in self.graph.nodes for vertex in node.vertices}

    def box(self, vertex: Vertex) -> int:
        return self.home[owner(vertex)].id

    def inner(self, vertex: Vertex) -> bool:
        """Whether the box of a vertex shows another vertex: the result of its call."""
        maker = owner(vertex)
        home = self.home[maker]
        if home.kind == "hidden" or home.vertices[0] is not maker:
            return True
        return home.kind == "module" and isinstance(vertex, Output) and vertex.index != self.first[maker]

    def index(self, vertex: Vertex) -> int:
        """Which of the results of a box it is; -1 if there is only one."""
        if isinstance(vertex, Output) and self.home[owner(vertex)].kind != "module":
            return vertex.index
        return -1

    def computed(self, vertex: Node) -> dict[str, Any]:
        text = f"{self.names(vertex)} = {self.names.expression(vertex)} = {brief(self.replay.value(vertex))}"
        return {"pass": "forward", "node": self.box(vertex), "inner": self.inner(vertex), "text": text}

    def fired(self, firing: Firing, text: str) -> dict[str, Any]:
        sends = [
            {
                "to": self.box(s.parent),
                "index": self.index(s.parent),
                "inner": self.inner(s.parent),
                "grad": [] if s.complete else value_lines(s.after),
                "complete": s.complete,
            }
            for s in firing.sent
        ]
        node, waiting = self.box(firing.node), list(dict.fromkeys(map(self.box, firing.waiting)))
        return {"pass": "backward", "node": node, "text": text, "sends": sends, "waiting": waiting}

    def note(self, ops: int, firings: int) -> str:
        """A note about the parts that the page leaves out."""
        lines = []
        if any(node.kind == "module" for node in self.graph.nodes):
            lines.append(
                f"The graph has {len(self.order):,} nodes, so each call of a module is shown as one box. Click on it "
                "to list its operations."
            )
        hidden = [node for node in self.graph.nodes if node.kind == "hidden"]
        if hidden:
            lines.append(f"{hidden[0].op}: those farthest from the result. The steps describe them in words.")
        if max(ops, firings) > MOST_STEPS:
            lines.append(
                f"Of {ops:,} operations, the page plays the {MOST_STEPS:,} nearest to the result; "
                "'for step in steps(...)' gives all of them."
            )
        return "\n".join(lines)

    def facts(self) -> dict[str, dict[str, str]]:
        """The facts that a click on each box shows."""
        found = {}
        for node in self.graph.nodes:
            if node.kind == "hidden":
                found[str(node.id)] = {"name": node.op, "holds": node.note or ""}
            elif node.kind == "module":
                found[str(node.id)] = self.about_call(node)
            else:
                found[str(node.id)] = _about(self.replay, self.names, node.vertices[0])
        return found

    def about_call(self, node: GraphNode) -> dict[str, str]:
        ops = sorted((v for v in node.vertices if isinstance(v, Node)), key=lambda v: v.seq)
        lines = [f"{self.names(v)} = {self.names.expression(v)}" for v in ops[:_LISTED]]
        if len(ops) > _LISTED:
            lines.append(f"... {len(ops) - _LISTED:,} more")
        last = _about(self.replay, self.names, node.vertices[0])
        facts = {"module": f"{node.path}: {node.op}" if node.path else node.op, "holds": node.note or ""}
        words = {"name": "name of its result", "shape": "shape", "value": "value", "gradient": "gradient"}
        facts |= {word: last[key] for key, word in words.items() if key in last}
        return facts | {"operations": "\n".join(lines)}

    def picture(self) -> Picture:
        """The graph with the gradients of this pass, and with a name on every operation."""
        picture = compose(self.graph)
        titled = tuple(self.titled(box) for box in picture.boxes)
        legend = tuple(key for key in picture.legend if key.look not in ("gradient", "dashed"))
        return picture._replace(boxes=titled, legend=legend, notes=())

    def titled(self, box: Box) -> Box:
        plain = box._replace(level=None, dashed=False)
        if box.kind in ("module", "hidden"):
            return plain
        vertex = self.graph.nodes[box.id].vertices[0]
        expression = self.names.expression(vertex)  # the names that the steps use, unless too long for a box
        heading = expression if 0 < len(expression) <= _LONGEST else box.heading
        return plain._replace(title=box.title or self.names(vertex), heading=heading)


def _filled(replay: Replay, node: GraphNode) -> GraphNode:
    """A node with the values and gradients of the replay."""
    results, vertex = [], node.vertices[0]
    for result in node.results:
        if result.index is None:
            value, grad = replay.value(vertex), replay.gradients.get(vertex)
        else:
            gathered = replay.gradients.get(vertex)
            value, grad = result.value, None if gathered is None else gathered[result.index]
        results.append(replace(result, value=value, grad=grad))
    return node._replace(results=tuple(results))


def _about(replay: Replay, names: Names, vertex: Vertex) -> dict[str, str]:
    """The facts that a click on a node shows."""
    line, source = place_of(vertex)
    facts = {"name": names(vertex), "op": names.expression(vertex) or getattr(vertex, "kind", "")}
    if not has_outputs(vertex):
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
