"""The web that a layered layout works on: parts and lanes in their layers, joined by segments of arrows.

A place is the number of a part, or of a lane that an arrow takes through a layer on its way; parts come first. This
module owns the record and its plainest questions. It must not know how places are ordered or where they end up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Segment", "Web", "chains", "gap"]

_LANE_GAP = 9.0
_PART_GAP = 16.0


@dataclass(slots=True)
class Segment:
    """An arrow's way from one layer to the next. Ends are places: parts first, then the lanes."""

    source: int
    target: int
    leave: float
    enter: float
    flows: bool
    label: str = ""


@dataclass(slots=True)
class Web:
    """The parts and lanes in their layers."""

    layers: list[list[int]]
    layer_of: list[int]
    sizes: list[float]  # extent across, of parts and lanes
    parts: int
    segments: list[Segment] = field(default_factory=list)
    before: list[list[Segment]] = field(default_factory=list)  # by place: the segments that come in
    after: list[list[Segment]] = field(default_factory=list)

    def add_segment(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.after[segment.source].append(segment)
        self.before[segment.target].append(segment)

    def add_lane(self, layer: int) -> int:
        place = len(self.sizes)
        self.sizes.append(0.0)
        self.layer_of.append(layer)
        self.layers[layer].append(place)
        self.before.append([])
        self.after.append([])
        return place


def gap(web: Web, upper: int, lower: int) -> float:
    """The space between two neighbours in a layer."""
    return _LANE_GAP if upper >= web.parts or lower >= web.parts else _PART_GAP


def chains(web: Web) -> list[list[Segment]]:
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
