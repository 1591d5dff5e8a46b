"""What a click on a box adds to its numbers: the line of code, and the gradients that an op passes on as formulas."""

import linecache
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Any

from autograd.engine.graph import Node
from autograd.provenance import line_of, place
from autograd.view.chain.expression import as_text
from autograd.view.chain.local import contribution
from autograd.view.chain.names import Names
from autograd.view.graph.records import Graph, GraphNode

_LISTED = 40  # operations of a closed call


def facts(graph: Graph, names: Names | None = None) -> dict[int, Callable[[], str]]:
    """The line of code of each node, and its formulas, in which ``G`` is the gradient of the result, when called.

    With ``names``, every operand has one, and closed calls list their operations; else those that the user has given.
    """
    given = {node.vertices[0]: node.name for node in graph.nodes if node.vertices}
    return {node.id: _fact(node, names, names or given.get) for node in graph.nodes if node.vertices}


def _fact(node: GraphNode, names: Names | None, called: Callable[[Any], str | None]) -> Callable[[], str]:
    if node.kind in ("module", "hidden"):
        ops = sorted((v for v in node.vertices if isinstance(v, Node)), key=lambda v: v.seq) if names else []
        more = [f"... {len(ops) - _LISTED:,} more"] if len(ops) > _LISTED else []
        return partial(_text, "", 0, [f"{names(v)} = {names.expression(v)}" for v in ops[:_LISTED] if names] + more)
    vertex = node.vertices[0]
    file, line = line_of(vertex)
    lines: list[str] = []
    if not isinstance(vertex, Node):
        return partial(_text, file, line, lines)
    for slot, (operand, parent) in enumerate(zip(node.operands, vertex.parents, strict=False)):
        formula, words = (None, {}) if parent is None else contribution(called, vertex, slot)
        lines += [f"to {called(parent) or operand}: {as_text(formula, words)}"] if formula else []
    return partial(_text, file, line, lines)


def _text(file: str, line: int, lines: list[str]) -> str:
    source = [f"line {PurePath(place(file, line)).name}", linecache.getline(file, line).strip()] if file else []
    return "\n".join([*source, *lines])
