"""The web of single entries: how each number of a graph depends on the numbers it was computed from."""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.engine.graph import Node, Output, Vertex
from autograd.view.chain.expression import as_latex, as_text
from autograd.view.chain.local import elementwise, has_outputs
from autograd.view.chain.names import Names
from autograd.view.chain.paths import Edge
from autograd.view.chain.replay import Replay

LARGEST = 20_000_000  # entries of Jacobians in all; a larger web is not built
Filled = dict[str, str | float | int]  # what the names of a formula stand for

_CALL = 200  # entries that a call of a rule is worth, in time


class EntryWeb:
    """All entries between one entry of the targets and the root.

    ``into`` and ``order`` are those of `paths`; ``owner`` tells vertex and flat entry of a point. A web with too many
    edges to walk is ``too_large``, and empty.
    """

    def __init__(self, replay: Replay, targets: Iterable[Vertex], entry: int) -> None:
        self.replay = replay
        self.targets, self.entry = frozenset(targets), entry
        self.useful: set[Vertex] = between(replay, self.targets)
        self.too_large: bool = sum(_work(v, self.useful) for v in self.useful if isinstance(v, Node)) > LARGEST
        self.first: dict[Vertex, int] = {}
        self.owner: list[tuple[Vertex, int]] = []
        self.into: dict[int, list[Edge]] = {}
        if self.too_large:
            return
        for vertex in reversed(replay.order):  # oldest first: edges lead forward
            if vertex in self.useful and not has_outputs(vertex):
                self.first[vertex] = len(self.owner)
                self.owner += [(vertex, i) for i in range(math.prod(vertex.shape))]
        self.order: range = range(len(self.owner))
        with np.errstate(all="ignore"):
            for vertex in replay.order:
                if vertex in self.useful and isinstance(vertex, Node):
                    self._add(vertex)

    def point(self, vertex: Vertex, entry: int) -> int:
        """The number of an entry of a vertex among all points."""
        return self.first[vertex] + entry

    def _add(self, node: Node) -> None:
        """The edges into the entries of a node (or of its outputs, when it has several)."""
        kept = self.replay.kept(node)
        if has_outputs(node):
            outputs = {v.index: v for v in self.useful if isinstance(v, Output) and v.parents[0] is node}
            for index, output in outputs.items():
                for entry in range(math.prod(output.shape)):
                    parts = [np.zeros(s, d) for s, d in zip(node.shape, node.dtype, strict=True)]
                    parts[index][np.unravel_index(entry, output.shape)] = 1.0
                    self._link(node, kept, tuple(parts), self.point(output, entry))
            return
        if elementwise(node) and all(p is None or p.shape == node.shape for p in node.parents):
            ones = np.ones(node.shape, node.dtype)[()]
            first = self.first[node]
            for slot, parent, d in self.replay.passed_on(node, ones, wanted=self.useful, kept=kept):
                weights = np.ravel(d).tolist() if node.shape else (float(d),)
                for entry in [self.entry] if parent in self.targets else range(len(weights)):
                    self._edge(node, slot, parent, entry, first + entry, weights[entry])
            return
        for entry in range(math.prod(node.shape)):
            unit = np.zeros(node.shape, node.dtype)
            unit[np.unravel_index(entry, node.shape)] = 1.0
            self._link(node, kept, unit[()], self.point(node, entry))

    def _link(self, node: Node, kept: tuple[Any, ...], unit: Any, target: int) -> None:
        for slot, parent, d in self.replay.passed_on(node, unit, wanted=self.useful, kept=kept):
            flat = np.ravel(d)
            # Between single numbers every edge counts, also one of slope 0; among entries that mix, only those that do.
            counted: Sequence[int] = range(1)
            if flat.size > 1 and parent in self.targets:
                counted = [self.entry] if flat[self.entry] else []
            elif flat.size > 1:
                counted = np.flatnonzero(flat).tolist()
            for entry in counted:
                self._edge(node, slot, parent, entry, target, float(flat[entry]))

    def _edge(self, node: Node, slot: int, parent: Vertex, entry: int, target: int, weight: float) -> None:
        self.into.setdefault(target, []).append(Edge(self.point(parent, entry), target, weight, (node, slot)))


def between(replay: Replay, targets: Collection[Vertex]) -> set[Vertex]:
    """The vertices on a way from a target to the root."""
    useful: set[Vertex] = set()
    for vertex in reversed(replay.order):
        if vertex in targets or any(p in useful for p in vertex.parents if p is not None):
            useful.add(vertex)
    return useful


def _work(node: Node, useful: set[Vertex]) -> int:
    """How many entries of Jacobians a node needs."""
    inside = [p for p in node.parents if p is not None and p in useful]
    if has_outputs(node):
        rows = sum(math.prod(s) for s in node.shape)
    else:
        rows = math.prod(node.shape)
        if elementwise(node) and all(p.shape == node.shape for p in inside):
            return int(rows * len(inside))
    return int(rows * sum(_CALL + math.prod(p.shape) for p in inside))


def entry_formula(web: EntryWeb, names: Names, edge: Edge) -> tuple[str, str] | None:
    """The derivative of one entry by another as a formula, in text and LaTeX; None where only the rule knows."""
    node, slot = edge.mark
    source, target = web.owner[edge.source], web.owner[edge.target]
    result, entered = _index(target), _index(source)
    facts = node.op.facts
    formula = facts.of_operand(facts.slope, slot)
    if callable(formula):
        formula = formula(result, entered, node.attrs or {})
    if formula is None:
        return None
    vertices = {"out": node, **dict(zip(node.op.operands, node.operands, strict=False))}
    filled: Filled = {
        "out": entry_name(names, node, result),
        "n": math.prod(source[0].shape) // max(math.prod(target[0].shape), 1),
        "share": f"softmax({names(source[0])})[{', '.join(map(str, entered))}]",
    }
    for operand, x in zip(node.op.operands, node.operands, strict=False):
        if isinstance(x, bool | int | float):
            filled[operand] = x
        elif x is source[0]:
            filled[operand] = entry_name(names, x, entered)
        elif isinstance(x, Vertex) and elementwise(node):
            filled[operand] = entry_name(names, x, broadcast_index(result, x.shape))

    def subscripted(match: re.Match[str]) -> str:
        """A name of its own for an entry of a vertex."""
        index = tuple(map(int, re.findall(r"\d+", match[2])))
        filled[place := f"entry{len(filled)}"] = entry_name(names, vertices[match[1]], index)
        return place

    formula = re.sub(r"\b(\w+)\[(.*?)\]", subscripted, formula)
    return as_text(formula, filled), as_latex(formula, filled)


def _index(entry: tuple[Vertex, int]) -> tuple[int, ...]:
    vertex, i = entry
    return tuple(map(int, np.unravel_index(i, vertex.shape)))


def entry_name(names: Names, x: Any, index: tuple[Any, ...]) -> str:
    """The name of an entry: ``w[0, 1]``; just the name if there is only one entry."""
    name = names(x)
    return name if math.prod(x.shape) == 1 else f"{name}[{', '.join(str(int(i)) for i in index)}]"


def broadcast_index(index: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The entry of an operand that went into an entry of the result."""
    tail = index[len(index) - len(shape) :]
    return tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))
