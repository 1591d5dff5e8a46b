"""Places the lines of text within a box, and so says how large the box is.

This module owns sizes inside boxes. It must not know where boxes go, nor how text is written in a format.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograd.view.layout.metrics import text_width
from autograd.view.picture.boxes import Box

__all__ = ["BAR", "BODY", "HEAD", "LABEL", "SIDE", "Face", "Text", "face"]

HEAD = 12.0  # font sizes: the line at the top,
BODY = 11.5  # values,
LABEL = 10.0  # and the small words beside them
SIDE = 9.0  # space left and right
BAR = (5.0, 13.0)  # width and height of one bar of a histogram

_HEADER = 22.0
_LINE = 15.0
_NARROWEST = 46.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line: where it starts, its base line, and which voice it has (title, heading, detail, label, value)."""

    x: float
    y: float
    text: str
    voice: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """A box with its texts placed: size, height of the header, lines, and histograms as (x, base line, bars)."""

    width: float
    height: float
    header: float
    texts: tuple[Text, ...]
    bars: tuple[tuple[float, float, str], ...]


def face(box: Box) -> Face:
    """Lay out the inside of a box.

    >>> from autograd.view.layout.measure import face
    >>> from autograd.view.picture.boxes import Box, Row
    >>> small = face(Box(0, "op", "c", "a + b", (), (Row("value", ("1.5",)),), None))
    >>> (small.width, small.height), [text.text for text in small.texts]
    ((68.0, 43.0), ['c', '= a + b', 'value', '1.5'])
    """
    texts: list[Text] = []
    bars: list[tuple[float, float, str]] = []
    heading = f"= {box.heading}" if box.title and box.kind == "op" else box.heading
    x = SIDE
    if box.title:
        texts.append(Text(x, 15.0, box.title, "title"))
        x += text_width(box.title, HEAD, bold=True) + 5
    texts.append(Text(x, 15.0, heading, "heading"))
    widest = x + text_width(heading, HEAD)
    y = _HEADER
    for line in box.details:
        texts.append(Text(SIDE, y + 12.0, line, "detail"))
        widest = max(widest, SIDE + text_width(line, LABEL))
        y += _LINE
    column = SIDE + 6 + max((text_width(row.label, LABEL) for row in box.rows), default=0.0)
    for row in box.rows:
        texts.append(Text(SIDE, y + 12.5, row.label, "label"))
        for line in row.lines:
            texts.append(Text(column, y + 12.5, line, "value", row.alarm))
            widest = max(widest, column + text_width(line, BODY))
            y += _LINE
        if row.bars:
            bars.append((column, y + 14.0, row.bars))
            widest = max(widest, column + len(row.bars) * BAR[0])
            y += BAR[1] + 5
    if y > _HEADER:
        y += 6.0
    width = float(max(_NARROWEST, round(widest + SIDE)))
    return Face(width, y, _HEADER, tuple(texts), tuple(bars))
