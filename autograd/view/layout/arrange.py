"""Our own placing of boxes, frames and arrows, so that a picture needs nothing installed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd.view.layout.layers import Part, Path, Placement, place
from autograd.view.layout.measure import ARROW, step_of, text_width
from autograd.view.layout.order import Arrow
from autograd.view.picture.boxes import Direction, Link

_PAD = 14.0
_TITLE = 18.0
TITLE_X = 9.0
Wire = tuple[int, str]  # a value that travels: the box that it comes from, and which of its outputs it is
_GATE = -1  # for `_Part.item`: this part is a gate, not a box or a frame


class Rectangle(NamedTuple):
    """A place in the picture: left upper corner, width and height."""

    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
    """The line of one or several arrows; ``path``: a start point, then lines (2 numbers) and cubics (6 numbers)."""

    path: tuple[tuple[float, ...], ...]
    arrow: bool
    flows: bool
    label: str = ""


class Layout(NamedTuple):
    """Where everything goes. Boxes and frames are in the order in which they were given."""

    width: float
    height: float
    boxes: tuple[Rectangle, ...]
    groups: tuple[Rectangle, ...]
    routes: tuple[Route, ...]
    titles: tuple[float, ...]  # where the titles of the frames begin, from the left of each


@dataclass(slots=True)
class _Frame:
    """One frame while it is laid out: its direct contents, its gates, and afterwards its placement."""

    boxes: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    entries: dict[Wire, int] = field(default_factory=dict)  # value from outside -> part number of its gate
    exits: dict[Wire, int] = field(default_factory=dict)  # value from inside -> part number of its gate
    placement: Placement = field(init=False)
    title: float = TITLE_X  # where its title begins, from its left
    parts: list[tuple[bool, int]] = field(default_factory=list)  # (is a frame, its number), gates are (False, -1)


def arrange(
    sizes: Sequence[tuple[float, float]], owners: Sequence[int | None], links: Sequence[Link],
    parents: Sequence[int | None] = (), titles: Sequence[float] = (), direction: Direction = "LR",
) -> Layout:  # fmt: skip
    """Place boxes of given sizes, each in its frame (``owners``), with the arrows between them.

    Boxes come in an order in which arrows lead forward; ``parents`` are the frames around frames, ``titles`` their
    widths.
    """
    inner, outer = ([-1 if frame is None else frame for frame in frames] for frames in (owners, parents))
    return _Arrangement(sizes, inner, outer, links, titles, direction == "LR").run()


def _wire(link: Link) -> Wire:
    return link.source, link.label


def _ranks(ends: Sequence[tuple[int, Any]], boxes: int) -> list[dict[Any, int]]:
    """For each box, where on its side the arrows meet it: the slot or output -> its place among those in use."""
    used: list[set[Any]] = [set() for _ in range(boxes)]
    for box, key in ends:
        used[box].add(key)
    return [{key: i for i, key in enumerate(sorted(keys, key=lambda k: (len(str(k)), k)))} for keys in used]


@dataclass
class _Arrangement:
    """The inputs and intermediate results of one layout. Frame number -1 is the whole picture."""

    sizes: Sequence[tuple[float, float]]
    owners: Sequence[int]
    parents: Sequence[int]
    links: Sequence[Link]
    titles: Sequence[float]
    rightwards: bool

    def __post_init__(self) -> None:
        self.frames = {i: _Frame() for i in range(-1, len(self.parents))}
        self.chains: dict[int, list[int]] = {-1: [-1]}  # each frame with those around it, innermost first
        for i, parent in enumerate(self.parents):
            self.chains[i] = [i, *self.chains[parent]]
        self.steps: dict[int, float] = {}
        for link in self.links:
            self.steps[link.target] = max(self.steps.get(link.target, 16.0), step_of([link.text], self.rightwards))
        self.inlets = _ranks([(link.target, link.slot) for link in self.links], len(self.sizes))
        self.outlets = _ranks([(link.source, link.label) for link in self.links], len(self.sizes))

    def run(self) -> Layout:
        self.sort_into_frames()
        arrows = self.cut_links()
        for frame in sorted(self.frames, key=lambda i: -len(self.chains[i])):
            self.lay_out(frame, arrows[frame])
        return self.assemble()

    def extent(self, box: int) -> tuple[float, float]:
        width, height = self.sizes[box]
        return (width, height) if self.rightwards else (height, width)

    def inlet(self, link: Link) -> float:
        """Where on the side of its target an arrow ends: operands in order, close together."""
        return self.height(link.target, self.inlets[link.target], link.slot, self.steps.get(link.target, 16.0))

    def outlet(self, link: Link) -> float:
        """Where on the side of its source an arrow starts: several outputs in order, close together."""
        return self.height(link.source, self.outlets[link.source], link.label)

    def height(self, box: int, order: dict[Any, int], key: Any, step: float = 16.0) -> float:
        across = self.extent(box)[1]
        step = min(step, 0.8 * across / len(order))
        return across / 2 + (order[key] - (len(order) - 1) / 2) * step

    def sort_into_frames(self) -> None:
        """Each box and frame into the frame that directly holds it, in the order of the boxes."""
        last: dict[int, int] = {}
        for box, owner in enumerate(self.owners):
            self.frames[owner].boxes.append(box)
            for around in self.chains[owner]:
                last[around] = box
        for i, parent in enumerate(self.parents):
            if i in last:
                self.frames[parent].frames.append(i)
        for frame in self.frames.values():
            members = [(box, False, box) for box in frame.boxes]
            members += [(last[i], True, i) for i in frame.frames]
            frame.parts = [(is_frame, i) for _, is_frame, i in sorted(members)]

    def cut_links(self) -> dict[int, list[tuple[int, int, Link]]]:
        """For each frame the arrows within it, as (source part, target part, link), and its gates."""
        numbers = {i: {part: n for n, part in enumerate(frame.parts)} for i, frame in self.frames.items()}
        arrows: dict[int, dict[tuple[int, int, float | Wire], tuple[int, int, Link]]] = {i: {} for i in self.frames}

        def add(frame: int, source: int, target: int, link: Link) -> None:
            is_frame, item = self.frames[frame].parts[target]
            entry = self.inlet(link) if not is_frame and item == link.target else _wire(link)
            found = arrows[frame].setdefault((source, target, entry), (source, target, link))
            if link.flows and not found[2].flows:
                arrows[frame][source, target, entry] = (source, target, link)

        for link in self.links:
            out, into = self.chains[self.owners[link.source]], self.chains[self.owners[link.target]]
            meeting = next(frame for frame in out if frame in into)
            here, there = (False, link.source), (False, link.target)
            for frame in out[: out.index(meeting)]:
                add(frame, numbers[frame][here], self.gate(frame, _wire(link), self.frames[frame].exits), link)
                here = (True, frame)
            for frame in into[: into.index(meeting)]:
                add(frame, self.gate(frame, _wire(link), self.frames[frame].entries), numbers[frame][there], link)
                there = (True, frame)
            if here != there:
                add(meeting, numbers[meeting][here], numbers[meeting][there], link)
        return {i: list(found.values()) for i, found in arrows.items()}

    def gate(self, frame: int, wire: Wire, gates: dict[Wire, int]) -> int:
        if wire not in gates:
            gates[wire] = len(self.frames[frame].parts)
            self.frames[frame].parts.append((False, _GATE))
        return gates[wire]

    def lay_out(self, number: int, links: list[tuple[int, int, Link]]) -> None:
        frame = self.frames[number]
        pins = dict.fromkeys(frame.entries.values(), -1) | dict.fromkeys(frame.exits.values(), 1)
        parts = []
        for n, (is_frame, item) in enumerate(frame.parts):
            if item == _GATE:
                parts.append(Part(0.0 if self.rightwards or pins[n] > 0 else _TITLE, 0.0, pins[n]))
            elif is_frame:
                inner = self.frames[item].placement
                parts.append(Part(inner.du, inner.dv))
            else:
                parts.append(Part(*self.extent(item)))
        arrows = []
        for s, t, link in links:
            text = link.text if frame.parts[t] == (False, link.target) else ""  # written where the arrow ends
            room = 0.0 if not text else text_width(text, ARROW) + 16 if self.rightwards else 22.0
            ends = self.end(frame, s, link, True), self.end(frame, t, link, False)
            arrows.append(Arrow(s, t, *ends, link.flows, text, room))
        if number < 0:
            frame.placement = place(parts, arrows)
            return
        high, wide = _TITLE + _PAD / 2, self.titles[number] + 2 * _PAD if self.titles else 0.0
        first = _PAD if self.rightwards else high  # the side at which arrows enter is the upper one, with the title
        pad_u = (0.0 if frame.entries else first, 0.0 if frame.exits else _PAD)
        pad_v = (high + _PAD / 2 if self.rightwards else _PAD, _PAD)
        least = (wide, 0.0) if self.rightwards else (0.0, wide)
        frame.placement = place(parts, arrows, pad_u=pad_u, pad_v=pad_v, least=least)
        if self.titles and not self.rightwards:  # beside the arrows that enter from above
            length = self.titles[number] + _PAD  # with the mark that the page sets before it
            for v in sorted(frame.placement.corners[gate][1] for gate in frame.entries.values()):
                if v < frame.title + length:
                    frame.title = max(frame.title, v + 6)
            wide = max(frame.placement.dv, frame.title + length)
            frame.placement = frame.placement._replace(dv=wide)

    def end(self, frame: _Frame, part: int, link: Link, leaving: bool) -> float:
        """Where on the side of a part an arrow leaves or enters it."""
        is_frame, item = frame.parts[part]
        if item == _GATE:
            return 0.0
        if not is_frame:
            return self.outlet(link) if leaving else self.inlet(link)
        inner = self.frames[item]
        return inner.placement.corners[(inner.exits if leaving else inner.entries)[_wire(link)]][1]

    def assemble(self) -> Layout:
        """Shift every frame to its place, from the outermost inwards, and turn (u, v) into (x, y)."""
        origins: dict[int, tuple[float, float]] = {-1: (0.0, 0.0)}
        boxes: list[Rectangle] = [Rectangle(0, 0, 0, 0)] * len(self.sizes)
        groups: list[Rectangle] = [Rectangle(0, 0, 0, 0)] * len(self.parents)
        routes: list[Route] = []
        for number in sorted(self.frames, key=lambda i: len(self.chains[i])):
            if number not in origins:
                continue  # an empty frame
            frame, (u0, v0) = self.frames[number], origins[number]
            placement = frame.placement
            for (is_frame, item), (u, v) in zip(frame.parts, placement.corners, strict=True):
                if item == _GATE:
                    continue
                if is_frame:
                    inner = self.frames[item].placement
                    origins[item] = (u0 + u, v0 + v)
                    groups[item] = self.rectangle(u0 + u, v0 + v, inner.du, inner.dv)
                else:
                    boxes[item] = self.rectangle(u0 + u, v0 + v, *self.extent(item))
            for piece in placement.pieces:
                is_frame, item = (False, _GATE) if piece.target is None else frame.parts[piece.target]
                ends_in_box = not is_frame and item != _GATE
                routes.append(Route(self.shifted(piece.path, u0, v0), ends_in_box, piece.flows, piece.label))
        whole = self.frames[-1].placement
        size = self.rectangle(0, 0, whole.du, whole.dv)
        titles = tuple(self.frames[i].title for i in range(len(groups)))
        return Layout(size.width, size.height, tuple(boxes), tuple(groups), tuple(routes), titles)

    def rectangle(self, u: float, v: float, du: float, dv: float) -> Rectangle:
        numbers = (u, v, du, dv) if self.rightwards else (v, u, dv, du)
        return Rectangle(*(round(n, 1) for n in numbers))

    def shifted(self, path: Path, u0: float, v0: float) -> tuple[tuple[float, ...], ...]:
        moved = []
        for step in path:
            pairs = [(step[i] + u0, step[i + 1] + v0) for i in range(0, len(step), 2)]
            ordered = pairs if self.rightwards else [(v, u) for u, v in pairs]
            moved.append(tuple(round(n, 1) for pair in ordered for n in pair))
        return tuple(moved)
