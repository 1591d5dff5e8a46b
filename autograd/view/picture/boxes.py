"""The contents of a picture in any format: every writer (DOT, SVG, tree, Mermaid) writes one of these."""

from typing import Literal, NamedTuple

Direction = Literal["auto", "LR", "TB"]


class Row(NamedTuple):
    """A labelled value in a box: its lines of text, and a tiny histogram (block characters) if there is one."""

    label: str
    lines: tuple[str, ...]
    bars: str = ""
    alarm: bool = False


class Box(NamedTuple):
    """One node. ``level`` is the size of its gradient from 0 to 5, None when there is none."""

    id: int
    kind: str
    title: str
    heading: str
    details: tuple[str, ...]
    rows: tuple[Row, ...]
    group: int | None
    level: int | None = None
    alarm: bool = False
    dashed: bool = False
    output: bool = False
    repeat: int = 1
    tooltip: str = ""


class Link(NamedTuple):
    """An arrow from one box to another; ``slot`` is the place of the operand among those of the target.

    ``label`` says which output of the source it is, ``local`` is the local derivative in words.
    """

    source: int
    target: int
    slot: int
    label: str
    flows: bool
    local: str = ""

    @property
    def text(self) -> str:
        """Everything that is written at the arrow."""
        return " ".join(filter(None, (self.label, self.local)))


class Group(NamedTuple):
    """A frame around the boxes of one module call."""

    id: int
    parent: int | None
    title: str
    level: int
    repeat: int = 1


class Key(NamedTuple):
    """One entry of the legend: its look (a kind, or "gradient", "dashed", "alarm", "output"), and its meaning."""

    look: str
    text: str


class Picture(NamedTuple):
    """Boxes in an order in which arrows lead forward, arrows, frames, legend and notes."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    groups: tuple[Group, ...]
    legend: tuple[Key, ...]
    notes: tuple[str, ...]
    direction: Direction
