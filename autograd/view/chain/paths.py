"""Counts the paths of a graph without walking them, and finds those with the largest product."""

import heapq
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Edge(NamedTuple):
    """From an operand to a result, with the derivative of the result by the operand. ``mark`` is the caller's own."""

    source: int
    target: int
    weight: float
    mark: Any = None


def count_paths(into: Mapping[int, Sequence[Edge]], start: int, goal: int, order: Sequence[int]) -> int:
    """The number of paths from ``start`` to ``goal``; exact, however many they are.

    ``into`` gives the edges that end in a point; ``order`` lists the points so that edges lead forward.
    """
    ways = {start: 1}
    for point in order:
        total = sum(ways.get(edge.source, 0) for edge in into.get(point, ()))
        if total:
            ways[point] = ways.get(point, 0) + total
    return ways.get(goal, 0)


def largest_paths(
    into: Mapping[int, Sequence[Edge]], start: int, goal: int, order: Sequence[int], most: int
) -> list[tuple[float, tuple[Edge, ...]]]:
    """The paths whose products of weights have the largest absolute values, largest first.

    A path can only be among the largest at a point if its part up to each earlier point is among the largest there
    (absolute values multiply), so each point keeps its best, and the time is edges times ``most``.
    """
    # A kept way is (order of size, product, edge that came last, which way of its source).
    best: dict[int, list[tuple[float, float, Edge | None, int]]] = {start: [(0.0, 1.0, None, 0)]}
    for point in order:
        candidates: list[tuple[float, float, Edge | None, int]] = []
        for edge in into.get(point, ()):
            for place, (size, product, _, _) in enumerate(best.get(edge.source, ())):
                candidates.append((size + _log(edge.weight), product * edge.weight, edge, place))
        if candidates:
            best[point] = heapq.nlargest(most, candidates, key=lambda way: way[0])
    found: list[tuple[float, tuple[Edge, ...]]] = []
    for _, product, last, place in best.get(goal, ()):
        edges: list[Edge] = []
        while last is not None:
            edges.append(last)
            _, _, last, place = best[last.source][place]
        found.append((product, tuple(reversed(edges))))
    return found


def _log(weight: float) -> float:
    """The size of a weight on a scale where products are sums; nan and infinity come first, to be seen."""
    size = abs(weight)
    if math.isnan(size) or math.isinf(size):
        return 1e9
    return math.log(size) if size else -1e9
