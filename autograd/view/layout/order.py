"""Orders the layers of a web so that few arrows cross, and chooses heights at which arrows are short and straight."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import NamedTuple

from autograd.progress import over

_LANE_GAP = 9.0
_PART_GAP = 16.0


class Arrow(NamedTuple):
    """From the right side of a place to the left side of another, at given heights (from the top of each).

    Places are parts and, for a segment of an arrow from one layer to the next, lanes, which are numbered after the
    parts. Before its tip an arrow runs straight for the length ``room``, where the label stands.
    """

    source: int
    target: int
    leave: float
    enter: float
    flows: bool = True
    label: str = ""
    room: float = 0.0


@dataclass(slots=True)
class Web:
    """The parts and lanes in their layers."""

    layers: list[list[int]]
    parts: int
    layer_of: list[int] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)  # extent across, of parts and lanes
    segments: list[Arrow] = field(default_factory=list)
    before: list[list[Arrow]] = field(default_factory=list)  # by place: the segments that come in
    after: list[list[Arrow]] = field(default_factory=list)

    def add_segment(self, segment: Arrow) -> None:
        """Add a segment to both of its ends."""
        self.segments.append(segment)
        self.after[segment.source].append(segment)
        self.before[segment.target].append(segment)

    def add_place(self, layer: int, size: float = 0.0) -> int:
        """Add a part to a layer, or a place without height for an arrow that passes through it."""
        place = len(self.sizes)
        self.sizes.append(size)
        self.layer_of.append(layer)
        self.layers[layer].append(place)
        self.before.append([])
        self.after.append([])
        return place


def gap(web: Web, upper: int, lower: int) -> float:
    """The space between two neighbours in a layer."""
    return _LANE_GAP if upper >= web.parts or lower >= web.parts else _PART_GAP


def chains(web: Web) -> list[list[Arrow]]:
    """Runs of segments from a part or a fork to a part or a fork."""
    chains = []
    for s in web.segments:
        if s.source >= web.parts and len(web.after[s.source]) == 1:
            continue
        chain = [s]
        while chain[-1].target >= web.parts and len(web.after[chain[-1].target]) == 1:
            chain.append(web.after[chain[-1].target][0])
        chains.append(chain)
    return chains


def sort_layers(web: Web) -> None:
    """Sort each layer by the mean place of its neighbours, there and back, and keep the order that crosses least."""
    rank = [0.0] * len(web.sizes)
    for members in web.layers:
        _number(members, rank)
    best, crossings = [list(layer) for layer in web.layers], _crossings(web, rank)
    rounds = 10 if len(web.sizes) < 4000 else 3
    for turn in over(range(rounds), 1):
        if not crossings:
            break
        downwards = turn % 2 == 0
        for members in web.layers if downwards else reversed(web.layers):
            _sort_layer(web, members, rank, downwards)
        now = _crossings(web, rank)
        if now < crossings:
            best, crossings = [list(layer) for layer in web.layers], now
    web.layers[:] = best


def _number(members: list[int], rank: list[float]) -> None:
    for i, place in enumerate(members):
        rank[place] = float(i)


def _sort_layer(web: Web, members: list[int], rank: list[float], downwards: bool) -> None:
    keys: dict[int, float] = {}
    for place in members:
        if downwards:
            near = [_meeting(web, rank, s.source, s.leave) for s in web.before[place]]
        else:
            near = [_meeting(web, rank, s.target, s.enter) for s in web.after[place]]
        keys[place] = sum(near) / len(near) if near else rank[place]
    members.sort(key=keys.__getitem__)
    _number(members, rank)


def _meeting(web: Web, rank: list[float], place: int, offset: float) -> float:
    """Where in the order of its layer an arrow meets a part: a place on the side is a fraction less than 1."""
    size = web.sizes[place]
    return rank[place] + (0.9 * offset / size if size else 0.45)


def _crossings(web: Web, rank: list[float]) -> int:
    """How many pairs of segments between neighbouring layers cross."""
    total = 0
    between: list[list[tuple[float, float]]] = [[] for _ in web.layers]
    for s in web.segments:
        start, end = _meeting(web, rank, s.source, s.leave), _meeting(web, rank, s.target, s.enter)
        between[web.layer_of[s.source]].append((start, end))
    for ends in between:
        ends.sort()
        seen: list[float] = []
        for _, end in ends:
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return total


def settle_heights(web: Web) -> list[float]:
    """The coordinate across the layers: each place as near to its neighbours as the others in its layer allow."""
    tops = [0.0] * len(web.sizes)
    for members in web.layers:
        position = 0.0
        for i, place in enumerate(members):
            position += gap(web, members[i - 1], place) if i else 0.0
            tops[place] = position
            position += web.sizes[place]
        for place in members:
            tops[place] -= position / 2
    rounds = 24 if len(web.sizes) < 4000 else 6
    for turn in over(range(rounds), 1):
        sides = 3 if turn >= rounds - 3 else 1 if turn % 2 == 0 else 2
        for members in web.layers if turn % 2 == 0 else reversed(web.layers):
            _settle(web, members, tops, sides)
    _straighten(web, tops)
    return tops


def _straighten(web: Web, tops: list[float]) -> None:
    """Give all lanes of an arrow one height where there is room for it, at best that of its start or its end."""
    neighbours: dict[int, tuple[int, int]] = {}
    for members in web.layers:
        for upper, place, lower in zip([-1, *members], members, [*members[1:], -1], strict=False):
            neighbours[place] = upper, lower
    for chain in sorted(chains(web), key=len, reverse=True):
        lanes = [s.target for s in chain if s.target >= web.parts]
        if not lanes:
            break
        low, high = float("-inf"), float("inf")
        for lane in lanes:
            upper, lower = neighbours[lane]
            if upper >= 0:
                low = max(low, tops[upper] + web.sizes[upper] + gap(web, upper, lane))
            if lower >= 0:
                high = min(high, tops[lower] - gap(web, lane, lower))
        if low > high:
            continue
        ends = [tops[chain[0].source] + chain[0].leave, tops[chain[-1].target] + chain[-1].enter]
        mean = sum(tops[lane] for lane in lanes) / len(lanes)
        wanted = next((end for end in ends if low <= end <= high), min(max(mean, low), high))
        for lane in lanes:
            tops[lane] = wanted


def _settle(web: Web, members: list[int], tops: list[float], sides: int) -> None:
    """Move one layer towards its neighbours before (1), after (2) or on both sides (3).

    Least squares under the condition that nothing overlaps is an isotonic regression, solved exactly by pooling.
    """
    pools: list[list[float]] = []  # mean of the pool, its weight, how many places it has
    shift, shifts = 0.0, []
    for i, place in enumerate(members):
        if i:
            shift += web.sizes[members[i - 1]] + gap(web, members[i - 1], place)
        shifts.append(shift)
        total, weight = tops[place] * 0.01, 0.01
        if sides & 1:
            for s in web.before[place]:
                w = _stiffness(web, s)
                total += w * (tops[s.source] + s.leave - s.enter)
                weight += w
        if sides & 2:
            for s in web.after[place]:
                w = _stiffness(web, s)
                total += w * (tops[s.target] + s.enter - s.leave)
                weight += w
        pools.append([total / weight - shift, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight, count = pools.pop()
            prior = pools[-1]
            prior[0] = (prior[0] * prior[1] + mean * weight) / (prior[1] + weight)
            prior[1] += weight
            prior[2] += count
    i = 0
    for mean, _, count in pools:
        for _ in range(int(count)):
            tops[members[i]] = mean + shifts[i]
            i += 1


def _stiffness(web: Web, s: Arrow) -> float:
    """Long arrows should be straight: the more lanes a segment joins, the harder it pulls."""
    return (1.0, 4.0, 30.0)[(s.source >= web.parts) + (s.target >= web.parts)]
