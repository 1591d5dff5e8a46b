"""The local derivative along each arrow of a picture: a number, or the shape and the norm of a Jacobian."""

from collections.abc import Iterator, Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

from autograd.engine.graph import Node, Output, Vertex
from autograd.view.chain.local import elementwise, entries, factors, has_outputs
from autograd.view.chain.replay import Replay, ValuesNotKeptError
from autograd.view.graph.records import Edge, Graph
from autograd.view.graph.snapshot import owner
from autograd.view.picture.values import number

_EXACT, _PROBES = 256, 64  # a Jacobian with more rows, or of more work, is probed in at most so many random directions
_WORK = 16_384  # calls of rules, of 500 entries each, that the arrows into one box may take
_Key = tuple[Vertex, int]  # an operand from outside, and of a single op its slot


def along(graph: Graph) -> dict[tuple[int, int], str]:
    """The text of each arrow that carries a gradient, by the number of its target and its slot there."""
    roots = [vertex for i in graph.outputs for vertex in graph.nodes[i].vertices[:1]]
    replays = {vertex: replay for replay in map(Replay, roots) for vertex in replay.order}
    entering: dict[int, list[Edge]] = {}
    for edge in graph.edges():
        if edge.flows and graph.nodes[edge.target].vertices:
            entering.setdefault(edge.target, []).append(edge)
    texts: dict[tuple[int, int], str] = {}
    for target, edges in entering.items():
        inside = graph.nodes[target].vertices
        try:
            found, mark = _jacobians(replays.get(inside[0]) or Replay(inside[0]), inside)
        except ValuesNotKeptError:
            texts |= {(target, edge.slot): "?" for edge in edges}
            continue
        for edge in edges:
            source = set(graph.nodes[edge.source].vertices)
            keys = [k for k in found if (k[1] == edge.slot if len(inside) == 1 else owner(k[0]) in source)]
            if keys:
                shape = entries(inside[0]), sum(entries(vertex) for vertex, _ in keys)
                norm = f"norm {mark}{number(sqrt(sum(found[key][0] for key in keys)), 3)}"
                texts[target, edge.slot] = number(found[keys[0]][1]) if shape == (1, 1) else f"{shape}, {norm}"
    return texts


def _jacobians(replay: Replay, inside: Sequence[Any]) -> tuple[dict[_Key, tuple[float, Any]], str]:
    """For each operand of the first vertex inside, the sum of the squares of its Jacobian, and one entry."""
    found: dict[_Key, tuple[float, Any]] = {}
    scale = 1.0
    for scale, row in _rows(replay, inside):
        for key, row_of in row.items():
            total = found[key][0] if key in found else 0.0
            found[key] = total + scale * float(np.sum(np.abs(row_of) ** 2)), np.ravel(row_of)[0]
    return found, "~" if scale < 1 else ""


def _rows(replay: Replay, inside: Sequence[Any]) -> Iterator[tuple[float, dict[_Key, Any]]]:
    """The rows of the Jacobians; of a large one products with random signs, whose squares have the right mean."""
    head = inside[0]
    if len(inside) == 1 and elementwise(head) and not has_outputs(head):
        yield 1.0, {(p, slot): factors(replay, head, slot) for slot, p in enumerate(head.parents) if p is not None}
        return
    shapes, dtypes = (head.shape, head.dtype) if has_outputs(head) else ((head.shape,), (head.dtype,))
    rng, count = np.random.default_rng(0), entries(head)
    most = _WORK // (len(inside) + sum(map(entries, inside)) // 500)
    exact = count <= max(1, min(_EXACT, most))
    probes = count if exact else max(4, min(_PROBES, most))
    members, ordered = set(inside), sorted(inside, key=lambda v: -v.seq)
    for i in range(probes):
        flat = np.eye(1, count, i)[0] if exact else rng.choice((-1.0, 1.0), count)
        pieces = np.split(flat, np.cumsum([prod(shape) for shape in shapes])[:-1])
        parts = tuple(p.reshape(s).astype(d)[()] for p, s, d in zip(pieces, shapes, dtypes, strict=True))
        waiting = {head: parts if has_outputs(head) else parts[0]}
        yield 1.0 if exact else 1 / probes, _arriving(replay, ordered, members, waiting)


def _arriving(replay: Replay, ordered: Sequence[Any], members: set[Any], waiting: dict[Any, Any]) -> dict[_Key, Any]:
    """Send a waiting gradient through all that lies inside, newest first, and collect what arrives outside."""
    arrived: dict[_Key, Any] = {}
    for vertex in ordered:
        if not isinstance(vertex, Node) or vertex not in waiting:
            continue
        for slot, parent, amount in replay.passed_on(vertex, waiting.pop(vertex)):
            home = owner(parent)
            if home not in members:
                key = parent, slot if len(members) == 1 else 0
                arrived[key] = arrived[key] + amount if key in arrived else amount
            elif isinstance(parent, Output):
                parts = waiting.setdefault(home, tuple(map(np.zeros, home.shape, home.dtype)))
                waiting[home] = tuple(p + amount if i == parent.index else p for i, p in enumerate(parts))
            else:
                waiting[home] = waiting[home] + amount if home in waiting else amount
    return arrived
