"""Places parts in layers: every arrow leads from an earlier layer to a later one and never crosses a part."""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from autograd.progress import expect
from autograd.view.layout.order import Arrow, Web, chains, settle_heights, sort_layers

Path = list[tuple[float, ...]]  # a start point, then (u, v) for a line or six numbers for a cubic curve

_LAYER_GAP = 34.0
_ENTRY_GAP = 28.0  # between the edge of a frame and its first layer; the gates take a part of it
_EXIT_GAP = 18.0
_MOST_LANES = 40_000  # beyond it arrows over many layers are drawn straight, so that the time stays linear


class Part(NamedTuple):
    """Something to place: its extent along both axes, and whether it must come first (-1) or last (1)."""

    du: float
    dv: float
    pin: int = 0


class Piece(NamedTuple):
    """A stretch of an arrow, or of several that share it. ``target`` is the part where it ends, if it ends."""

    path: Path
    target: int | None
    flows: bool
    label: str = ""


class Placement(NamedTuple):
    """The places of the parts (their corners nearest to the origin), the total size, and the arrows."""

    corners: list[tuple[float, float]]
    du: float
    dv: float
    pieces: list[Piece]


def place(
    parts: Sequence[Part], arrows: Sequence[Arrow], *, pad_u: tuple[float, float] = (0.0, 0.0),
    pad_v: tuple[float, float] = (0.0, 0.0), least: tuple[float, float] = (0.0, 0.0),
) -> Placement:  # fmt: skip
    """Place parts along the arrows; ``least``: the least extent along u and v. Arrows in cycles are drawn straight."""
    order = _forward(parts, arrows)
    rank = {part: i for i, part in enumerate(order)}
    forward = [a for a in arrows if rank[a.source] < rank[a.target]]
    astray = [a for a in arrows if rank[a.source] >= rank[a.target]]
    web, direct = _weave(parts, forward, _layers(parts, forward, order))
    expect(2)
    sort_layers(web)
    return _measure(parts, web, settle_heights(web), [*direct, *astray], pad_u, pad_v, least)


def _forward(parts: Sequence[Part], arrows: Sequence[Arrow]) -> list[int]:
    """The parts in an order in which arrows lead forward, as near as possible to the order given."""
    after: list[list[int]] = [[] for _ in parts]
    missing = [0] * len(parts)
    for a in arrows:
        after[a.source].append(a.target)
        missing[a.target] += 1
    ready = [(parts[i].pin, i) for i, count in enumerate(missing) if not count]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        i = heapq.heappop(ready)[1]
        order.append(i)
        for j in after[i]:
            missing[j] -= 1
            if not missing[j]:
                heapq.heappush(ready, (parts[j].pin, j))
    return order + [i for i, count in enumerate(missing) if count]


def _layers(parts: Sequence[Part], arrows: Sequence[Arrow], order: list[int]) -> list[int]:
    """The layer of each part: as early as its operands allow, then as late as that shortens the arrows."""
    count = len(parts)
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for a in arrows:
        after[a.source].append(a.target)
        before[a.target].append(a.source)
    layer = [0] * count
    for i in order:
        layer[i] = max((layer[j] + 1 for j in before[i]), default=0)
    pinned = [i for i in range(count) if parts[i].pin]
    free = [layer[i] for i in range(count) if not parts[i].pin]
    last = max(free, default=-1) + 1
    for i in pinned:
        if parts[i].pin > 0:
            layer[i] = last
    for i in reversed(order):
        if after[i] and not parts[i].pin and len(set(after[i])) >= len(set(before[i])):
            layer[i] = max(layer[i], min(layer[j] for j in after[i]) - 1)
    for i in pinned:
        if parts[i].pin < 0:
            layer[i] = min([layer[j] for j in range(count) if not parts[j].pin], default=1) - 1
    lowest = min(layer, default=0)
    return [n - lowest for n in layer]


def _weave(parts: Sequence[Part], arrows: Sequence[Arrow], layer_of: list[int]) -> tuple[Web, list[Arrow]]:
    """Cut arrows into segments; those that leave one part at one place share their lanes."""
    web = Web([[] for _ in range(max(layer_of, default=-1) + 1)], len(parts))
    for layer, part in zip(layer_of, parts, strict=True):
        web.add_place(layer, part.dv)
    wires: dict[tuple[int, float], list[Arrow]] = {}
    for arrow in arrows:
        wires.setdefault((arrow.source, arrow.leave), []).append(arrow)
    direct: list[Arrow] = []
    lanes = 0
    keys = [float(i) for i in range(len(parts))]
    for (source, leave), wire in wires.items():
        start = layer_of[source]
        span = max(layer_of[a.target] for a in wire) - start - 1
        if lanes + span > _MOST_LANES:
            direct.extend(wire)
            continue
        lanes += span
        here, offset = source, leave
        by_layer: dict[int, list[Arrow]] = {}
        for arrow in wire:
            by_layer.setdefault(layer_of[arrow.target], []).append(arrow)
        waiting = len(wire)
        for layer in range(start + 1, start + span + 2):
            flows = any(a.flows for later, group in by_layer.items() if later > layer for a in group)
            for arrow in by_layer.get(layer, ()):
                web.add_segment(arrow._replace(source=here, leave=offset))
                waiting -= 1
            if waiting:
                lane = web.add_place(layer)
                keys.append(source + 0.5)
                web.add_segment(Arrow(here, lane, offset, 0.0, flows))
                here, offset = lane, 0.0
    for members in web.layers:
        members.sort(key=keys.__getitem__)
    return web, direct


def _measure(
    parts: Sequence[Part], web: Web, tops: list[float], direct: list[Arrow], pad_u: tuple[float, float],
    pad_v: tuple[float, float], least: tuple[float, float],
) -> Placement:  # fmt: skip
    """From layers and heights to corners and curves."""
    count = len(parts)
    depth = [max((parts[p].du for p in members if p < count), default=0.0) for members in web.layers]
    gaps, room = ([0.0] * len(web.layers) for _ in range(2))
    for s in web.segments:
        i, j = web.layer_of[s.source], web.layer_of[s.target]
        gaps[i] = max(gaps[i], abs(tops[s.source] + s.leave - tops[s.target] - s.enter))
        room[j] = max(room[j], s.room)
    first, last = (next((web.layer_of[p] for p, part in enumerate(parts) if part.pin == pin), -1) for pin in (-1, 1))
    starts, u = [], pad_u[0]
    for i, extent in enumerate(depth):
        u += room[i]
        starts.append(u)
        u += extent
        if i + 1 < len(depth):
            base = max(_ENTRY_GAP - extent, _EXIT_GAP) if i == first else _EXIT_GAP if i + 1 == last else _LAYER_GAP
            u += base + min(70.0, 0.12 * gaps[i])
    du = u + pad_u[1]
    if du < least[0]:
        spare = least[0] - du
        starts = [start + (0.0 if i == first else spare if i == last else spare / 2) for i, start in enumerate(starts)]
        du = least[0]
    upper = min(tops, default=0.0)
    lower = max((top + size for top, size in zip(tops, web.sizes, strict=True)), default=0.0)
    dv = max(lower - upper + pad_v[0] + pad_v[1], least[1])
    lift = pad_v[0] - upper + (dv - pad_v[0] - pad_v[1] - (lower - upper)) / 2
    heights = [round(top + lift, 1) for top in tops]
    corners = []
    for p, layer in enumerate(web.layer_of[:count]):
        spare = depth[layer] - parts[p].du  # starts of the graph stand at the end of it, the others in the middle
        corners.append((round(starts[layer] + (spare / 2 if web.before[p] else spare), 1), heights[p]))
    ends = [(start - room[i], start + depth[i]) for i, start in enumerate(starts)]
    pieces = [_piece(parts, web, chain, corners, heights, ends) for chain in chains(web)]
    for a in direct:
        start = (corners[a.source][0] + parts[a.source].du, heights[a.source] + a.leave)
        stop = (corners[a.target][0], heights[a.target] + a.enter)
        pieces.append(Piece([start, _curve(start, stop)], a.target, a.flows, a.label))
    return Placement(corners, du, dv, pieces)


def _piece(
    parts: Sequence[Part], web: Web, chain: list[Arrow], corners: list[tuple[float, float]], heights: list[float],
    ends: list[tuple[float, float]],
) -> Piece:  # fmt: skip
    """One run as a path: straight through layers, curved between them."""
    s = chain[0]
    left, right = ends[web.layer_of[s.source]]
    u = right
    if s.source < web.parts:  # through a gate, from the edge of a box
        u = corners[s.source][0] + (0.0 if parts[s.source].pin else parts[s.source].du)
    path: Path = [(round(u, 1), round(heights[s.source] + s.leave, 1))]
    for s in chain:
        right = ends[web.layer_of[s.source]][1]
        left = ends[web.layer_of[s.target]][0]
        v, w = round(heights[s.source] + s.leave, 1), round(heights[s.target] + s.enter, 1)
        if abs(v - w) <= 3.0:  # a kink so small looks like a mistake
            w, v = (v, v) if s.target >= web.parts else (w, w)
            if len(path) == 1:
                path[0] = (path[0][0], v)
        if path[-1][-2] < right:
            _line(path, (round(right, 1), v))
        if v == w:
            _line(path, (round(left, 1), w))
        else:
            path.append(_curve((round(right, 1), v), (round(left, 1), w)))
        if s.target < web.parts:
            _line(path, (corners[s.target][0], w))
        else:
            _line(path, (round(ends[web.layer_of[s.target]][1], 1), w))
    return Piece(path, s.target if s.target < web.parts else None, chain[0].flows, chain[-1].label)


def _line(path: Path, point: tuple[float, float]) -> None:
    """Go straight on; stretches of one line become one."""
    if path[-1][-2:] == point:
        return
    if len(path) > 1 and len(path[-1]) == 2 and path[-1][1] == point[1] == path[-2][-1]:
        path[-1] = point
    else:
        path.append(point)


def _curve(start: tuple[float, float], stop: tuple[float, float]) -> tuple[float, ...]:
    middle = round((start[0] + stop[0]) / 2, 1)
    return (middle, start[1], middle, stop[1], *stop)
