"""Decides how much of a graph is shown: as much as was requested, and no more than can be read."""

from collections import Counter

import numpy as np

from autograd.view.graph.columns import Nodes
from autograd.view.graph.fold import close, leave_out
from autograd.view.graph.records import Graph
from autograd.view.graph.repeats import fold_repeats

COMFORTABLE = 60  # up to so many nodes every repetition is shown; beyond it three equal neighbours become one


def shrink(graph: Graph, *, depth: int | None, max_nodes: int) -> Graph:
    """The graph with module calls deeper than ``depth`` closed, and with at most ``max_nodes`` nodes.

    First equal neighbours are folded, then module calls are closed from the innermost outwards, and only then the
    nodes farthest from the outputs are left out.
    """
    if depth is not None:
        graph = fold_repeats(close(graph, depth), closed_only=True)
    graph = fold_many(graph, max_nodes)
    if len(graph.nodes) > max_nodes:
        closing = _depth_that_fits(graph, max_nodes)
        if closing is not None:
            graph = fold_repeats(close(graph, closing), closed_only=True)
    return leave_out(graph, max_nodes)


def fold_many(graph: Graph, max_nodes: int) -> Graph:
    """The graph with equal neighbours folded, if it has more nodes than are comfortable to read."""
    return fold_repeats(graph) if len(graph.nodes) > min(COMFORTABLE, max_nodes) else graph


def narrow(graph: Graph, most: int) -> Graph:
    """A graph of at most ``most`` nodes, each of which holds its vertices: equal neighbours are not folded.

    For views that go through all vertices one by one: module calls are closed, and the nodes farthest from the outputs
    are left out.
    """
    depth = _depth_that_fits(graph, most) if len(graph.nodes) > most else None
    return leave_out(graph if depth is None else close(graph, depth), most)


def _depth_that_fits(graph: Graph, max_nodes: int) -> int | None:
    """The greatest depth at which few enough nodes are visible, else 0; None when there is no module call."""
    levels = graph.levels()
    if not any(frame.call for frame in graph.frames):
        return None
    inside = np.array([*levels, -1])[Nodes.of(graph.nodes).columns.frame]
    calls = Counter(levels)
    for depth in range(max(levels), -1, -1):
        visible = np.count_nonzero(inside < depth) + calls[depth]
        if visible <= max_nodes:
            return depth
    return 0
