"""Places the lines of text within a box, which determines the size of the box."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autograd.view.picture.boxes import Box, Link

FONTS = "Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"
FAMILY = "Helvetica"  # the one name that every Graphviz knows the measures of

# Widths in thousandths of the font size, from the public Adobe font metrics of Helvetica, for the characters 32..126.
_WIDTHS = (
    [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278]
    + [556] * 10
    + [278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722]
    + [778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333]
    + [556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556]
    + [500, 722, 500, 500, 500, 334, 260, 334, 584]
)
_WIDE = 0x1100  # from here on scripts whose letters may be as wide as they are high

HEAD = 12.0  # font sizes: the line at the top,
BODY = 11.5  # values,
LABEL = 10.0  # and the small words beside them
ARROW = 9.5  # what is written at arrows
SIDE = 9.0  # space left and right
BAR = (5.0, 13.0)  # width and height of one bar of a histogram

_HEADER = 22.0
_LINE = 15.0
_NARROWEST = 46.0


class Text(NamedTuple):
    """One line: where it starts, its base line, and which voice it has (title, heading, detail, label, value)."""

    x: float
    y: float
    text: str
    voice: str
    alarm: bool = False


class Face(NamedTuple):
    """A box with its texts placed: size, height of the header, lines, and histograms as (x, base line, bars)."""

    width: float
    height: float
    header: float
    texts: tuple[Text, ...]
    bars: tuple[tuple[float, float, str], ...]


def face(box: Box) -> Face:
    """Lay out the inside of a box."""
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


def with_room(faces: Sequence[Face], links: Sequence[Link], rightwards: bool) -> list[Face]:
    """The boxes, large enough for the texts at the arrows that enter them side by side."""
    texts: dict[int, dict[int, str]] = {}
    for link in links:
        texts.setdefault(link.target, {})[link.slot] = link.local and link.text
    found = list(faces)
    for i, entering in texts.items():
        if not any(entering.values()):
            continue
        side = "height" if rightwards else "width"
        least = 1.25 * len(entering) * step_of(entering.values(), rightwards)
        found[i] = faces[i]._replace(**{side: max(getattr(faces[i], side), least)})
    return found


def step_of(texts: Iterable[str], rightwards: bool) -> float:
    """The distance of arrows with these texts that enter a box."""
    return 15.0 if rightwards else max((text_width(text, ARROW) + 8 for text in texts if text), default=15.0)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line of text in pixels, rounded up rather than down."""
    total = 0
    for character in text:
        code = ord(character)
        if 32 <= code < 127:
            total += _WIDTHS[code - 32]
        elif character == "·":
            total += 333
        else:
            total += 1000 if code >= _WIDE else 620
    return total * size / 1000 * (1.08 if bold else 1.02)
