"""Turns a backward pass into the data of a page that plays it: a picture, and the changes at each moment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograd.engine.graph import Node, Output, Vertex
from autograd.view.chain.along import along
from autograd.view.chain.local import facts
from autograd.view.chain.names import Names
from autograd.view.chain.replay import Firing, Replay
from autograd.view.graph.records import GraphNode
from autograd.view.graph.shrink import narrow
from autograd.view.graph.snapshot import owner, snapshot
from autograd.view.layout.render import render
from autograd.view.picture.boxes import Box, Picture
from autograd.view.picture.labels import compose
from autograd.view.picture.values import brief, value_lines

MOST = 150  # boxes of the picture; of a larger graph module calls are closed, then the far end is left out
MOST_STEPS = 2000
_LONGEST = 18  # characters of an expression in a box


def animation(
    replay: Replay, names: Names, firings: Sequence[Firing], words: Sequence[tuple[str, list[str]]]
) -> tuple[str, dict[str, Any]]:
    """The SVG of the graph and the data of the page; ``words`` are texts and products of at most MOST_STEPS firings."""
    stage = _Stage(replay, names)
    ops = sorted((v for v in stage.order if isinstance(v, Node)), key=lambda v: v.seq)
    moments = [stage.computed(v) for v in ops[-MOST_STEPS:]]
    moments += [stage.fired(firing, *said) for firing, said in zip(firings, words, strict=False)]
    data = {
        "title": f"Backward pass from {names(replay.root)}",
        "counts": {"nodes": len(stage.order), "operations": len(ops), "most": MOST_STEPS},
        "left out": [node.op for node in stage.graph.nodes if node.kind == "hidden"],
        "facts": {str(i): fact() for i, fact in facts(stage.graph, names).items()},
        "moments": moments,
        "start": {"node": stage.box(replay.root), "index": stage.index(replay.root), "complete": True},
    }
    return render(stage.picture())[0], data


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

    def fired(self, firing: Firing, text: str, products: list[str]) -> dict[str, Any]:
        sends = [
            {
                "to": self.box(s.parent),
                "index": self.index(s.parent),
                "inner": self.inner(s.parent),
                "grad": [] if s.complete else value_lines(s.after),
                "complete": s.complete,
                "product": product,
            }
            for s, product in zip(firing.sent, products, strict=True)
        ]
        node, waiting = self.box(firing.node), list(dict.fromkeys(map(self.box, firing.waiting)))
        return {"pass": "backward", "node": node, "text": text, "sends": sends, "waiting": waiting}

    def picture(self) -> Picture:
        """The graph with the gradients of this pass, local derivatives, and a name on every operation."""
        picture = compose(self.graph, local=along(self.graph))
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
