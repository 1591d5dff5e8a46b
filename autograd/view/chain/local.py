"""The local derivative of a node by one of its operands, as a formula and as a number; the facts that a click shows."""

import linecache
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.graph import Node, Vertex
from autograd.engine.op import Op
from autograd.provenance import line_of, place
from autograd.view.chain.expression import as_latex, as_text
from autograd.view.chain.names import Names
from autograd.view.chain.replay import Replay
from autograd.view.graph.records import Graph, GraphNode

_LISTED = 40  # operations of a closed call


class Slope(NamedTuple):
    """A local derivative. ``formula`` is one factor for every entry; ``matrix`` gives the whole gradient of the
    operand, with ``G`` for the gradient of the result. ``number`` is given if the formula is one factor."""

    formula: str | None
    latex: str | None
    matrix: str | None
    matrix_latex: str | None
    number: Any


def elementwise(node: Node) -> bool:
    """Whether each entry of the result depends on one entry of each operand."""
    return bool(node.op.facts.kind == "elementwise")


def has_outputs(vertex: Vertex) -> bool:
    """Whether a vertex is a node with several outputs, each of which is a vertex of its own."""
    return bool(vertex.op is not None and vertex.op.outputs)


def slope(replay: Replay, names: Names, node: Node, slot: int, *, incoming: str = "G", latex: bool = True) -> Slope:
    """The derivative of a node by its operand number ``slot``; in LaTeX only if requested."""
    matrix, words = contribution(names, node, slot)
    formula = tex = None
    facts = node.op.facts
    entry = facts.of_operand(facts.slope, slot)
    if isinstance(entry, str) and (elementwise(node) or _single(node, slot)):
        formula = as_text(entry, words)
        tex = as_latex(entry, words) if latex else None
    names_and_g = words | {"G": incoming}
    shapes = {names(x): x.shape for x in (node, *node.operands) if isinstance(x, Vertex)} | {incoming: node.shape}
    return Slope(
        formula,
        tex,
        None if matrix is None else as_text(matrix, names_and_g),
        None if matrix is None or not latex else as_latex(matrix, names_and_g, shapes=shapes),
        factors(replay, node, slot),
    )


def matrix_formula(op: Any, slot: int, ndims: Sequence[int], attrs: Mapping[str, Any] | None = None) -> str | None:
    """The gradient of an operand in terms of ``G``, from the op's record or from its slope; None without either.

    ``rows(x)`` joins all axes but the last, ``sum_rows`` adds up the rows of a matrix, ``row_sums`` the numbers in each
    row, and ``column(G)`` adds an axis of length 1 at the end.
    """
    facts = op.facts
    if callable(facts.matrix):
        found: str | None = facts.matrix(slot, ndims, {**op.attributes, **(attrs or {})})
        return found
    written: str | None = facts.of_operand(facts.matrix, slot)
    slope = facts.of_operand(facts.slope, slot)
    if written or facts.kind != "elementwise" or not isinstance(slope, str):
        return written
    return {"1": "G", "-1": "-G"}.get(slope, f"G * ({slope})")


def contribution(
    names: Callable[[Any], str | None], node: Node, slot: int
) -> tuple[str | None, dict[str, str | float | int]]:
    """The gradient of an operand as a formula, and what replaces its names: those of vertices, numbers as numbers."""
    op, operand = node.op, node.parents[slot]
    found: dict[str, Any] = {"out": names(node)}
    if op.facts.kind == "reduces" and operand is not None:
        found["n"] = entries(operand) // max(entries(node), 1)
    for name, x in () if isinstance(op, Op) and op.variadic else zip(op.operands, node.operands, strict=False):
        if isinstance(x, Vertex):
            found[name] = names(x)
        elif isinstance(x, bool | int | float | np.generic) and np.isfinite(x):
            found[name] = x.item() if isinstance(x, np.generic) else x
    ndims = [len(x.shape) if isinstance(x, Vertex) else np.ndim(x) for x in node.operands]
    return matrix_formula(op, slot, ndims, node.attrs), {k: word for k, word in found.items() if word is not None}


def _single(node: Node, slot: int) -> bool:
    """Whether operand and result both have one entry, so that one number is the whole derivative."""
    operand = node.operands[slot]
    return isinstance(operand, Vertex) and entries(operand) == 1 == entries(node)


def entries(vertex: Vertex) -> int:
    """How many numbers a vertex holds, in all of its outputs."""
    return sum(map(prod, vertex.shape)) if has_outputs(vertex) else prod(vertex.shape)


def factors(replay: Replay, node: Node, slot: int) -> Any:
    """The rule applied to a gradient of ones: the derivative of each entry; None where entries mix."""
    if not (elementwise(node) or _single(node, slot)):
        return None
    only = tuple(p if i == slot else None for i, p in enumerate(node.parents))
    one = np.ones(node.shape, node.dtype)[()]
    with np.errstate(all="ignore"):
        found = node.op.vjp(one, replay.kept(node), only)[slot]
    if found is None:
        return None
    if entries(node) == 1:
        return np.asarray(found).reshape(())[()] if np.size(found) == 1 else found
    return np.broadcast_to(found, node.shape)


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
