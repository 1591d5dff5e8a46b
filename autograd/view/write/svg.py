"""Writes a placed picture as SVG text: static, self-contained, readable on any background."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from autograd.view.layout.arrange import Layout, Rectangle, Route
from autograd.view.layout.measure import ARROW, BAR, BODY, FONTS, HEAD, LABEL, Face, text_width
from autograd.view.picture.boxes import Box, Group, Key, Picture
from autograd.view.picture.palette import ALARM, ALARM_FILL, EDGE, FRAME_FILLS, FRAME_LINE, INK, LEVELS, MUTED, STYLES
from autograd.view.picture.values import carried

GROUP_TITLE = 10.5  # font size of the titles of frames
_MARGIN = 12.0
_KEY_HEIGHT = 20.0
_BARS = " ▁▂▃▄▅▆▇█"
_HEAD_LENGTH, _HEAD_WIDTH = 7.0, 3.2

_SMALL = f' font-size="{LABEL:g}" fill="{MUTED}"'
_VOICES = {
    "title": f' font-size="{HEAD:g}" font-weight="bold"',
    "heading": f' font-size="{HEAD:g}"',
    "value": "",
    "alarm": f' font-weight="bold" fill="{ALARM}"',
    "detail": _SMALL,
    "label": _SMALL,
}


def write_svg(picture: Picture, faces: Sequence[Face], layout: Layout, *, width: float | None = None) -> str:
    """The picture as an SVG document, made smaller if it is wider than ``width``."""
    legend, legend_width, legend_height = _legend(picture, max(layout.width, 430.0))
    whole = max(layout.width, legend_width) + 2 * _MARGIN
    scale = min(1.0, (width or whole) / whole)
    height = layout.height + 2 * _MARGIN + (legend_height + 14 if legend else 0)
    shift = (whole - 2 * _MARGIN - layout.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(scale * whole)}" height="{_n(scale * height)}" '
        f'viewBox="0 0 {_n(whole)} {_n(height)}" font-family="{FONTS}" font-size="{BODY:g}" fill="{INK}" role="img">',
        f"<title>{_escape(headline(picture))}</title><desc>{_escape(description(picture))}</desc>",
        f'<rect width="{_n(whole)}" height="{_n(height)}" fill="#ffffff"/>',
        f'<g class="graph" transform="translate({_n(_MARGIN + shift)},{_n(_MARGIN)})">',
    ]
    parts += map(_frame, picture.groups, layout.groups)
    parts += _arrows(layout.routes)
    parts += map(_frame_title, picture.groups, layout.groups, layout.titles)
    parts += map(_box, picture.boxes, faces, layout.boxes)
    parts.append("</g>")
    if legend:
        parts.append(f'<g transform="translate({_n(_MARGIN)},{_n(layout.height + _MARGIN + 14)})">{legend}</g>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def headline(picture: Picture) -> str:
    """The title of a picture."""
    outputs = ", ".join(box.title or box.heading for box in picture.boxes if box.output)
    return f"Graph of {outputs}" if outputs else "Graph"


def description(picture: Picture) -> str:
    """The text for readers who do not see the picture: boxes of each kind, their names, and the results."""
    parts, ends = [], []
    for kind, style in STYLES.items():
        boxes = [box for box in picture.boxes if box.kind == kind]
        names = ", ".join(box.title for box in boxes[:12] if box.title)
        if boxes:
            parts.append(f"{len(boxes)} {style.word}{'s' * (len(boxes) > 1)}{f' ({names})' if names else ''}")
    for box in picture.boxes:
        if box.output:
            rows = [f"{row.label} {' '.join(row.lines)}" for row in box.rows]
            ends.append(", ".join([box.title or box.heading, *rows]))
    return f"{headline(picture)}: {', '.join(parts)}. Result: {'; '.join(ends)}."


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escape(text: str) -> str:
    return escape(carried(text), {'"': "&quot;"})


def _box(box: Box, inside: Face, place: Rectangle) -> str:
    style = STYLES[box.kind]
    w, h, head = place.width, place.height, inside.header
    line = ALARM if box.alarm else style.line
    fill = style.fill if h <= head else ALARM_FILL if box.alarm else LEVELS[box.level or 0]
    strong = box.output or box.alarm
    stroke = f'stroke="{line}"' + ' stroke-width="2"' * strong
    if box.dashed or box.kind == "hidden":
        stroke += ' stroke-dasharray="4 3"'
    kind = ' data-kind="module"' if box.kind == "module" else ""
    parts = [f'<g class="node" data-node="{box.id}"{kind} transform="translate({_n(place.x)},{_n(place.y)})">']
    if box.tooltip:
        parts.append(f"<title>{_escape(box.tooltip)}</title>")
    for depth in (6, 3) if box.repeat > 1 else ():
        parts.append(
            f'<rect x="{depth}" y="{-depth}" width="{_n(w)}" height="{_n(h)}" rx="5" fill="{style.fill}" '
            f'stroke="{style.line}"/>'
        )
    parts.append(f'<rect width="{_n(w)}" height="{_n(h)}" rx="5" fill="{fill}" {stroke}/>')
    if h > head:
        e, right = (1.0, _n(w - 1)) if strong else (0.5, _n(w - 0.5))  # inside of the border
        top = f"M{e:g} {_n(head)}V5Q{e:g} {e:g} 5 {e:g}H{_n(w - 5)}Q{right} {e:g} {right} 5V{_n(head)}Z"
        parts.append(f'<path d="{top}" fill="{style.fill}"/>')
    for text in inside.texts:
        voice = _VOICES["alarm" if text.alarm else text.voice] + ' xml:space="preserve"' * ("  " in f" {text.text}")
        parts.append(f'<text x="{_n(text.x)}" y="{_n(text.y)}"{voice}>{_escape(text.text)}</text>')
    parts += [_histogram(x, y, bars) for x, y, bars in inside.bars]
    parts.append("</g>")
    return "".join(parts)


def _histogram(x: float, y: float, bars: str) -> str:
    width, height = BAR
    tall = [round(height * _BARS.index(bar) / 8) or 1 for bar in bars]
    strokes = "".join(f"v-{n}m{width:g} {n}" for n in tall)
    return f'<path class="bars" d="M{_n(x + width / 2)} {_n(y)}{strokes}" stroke="{MUTED}" stroke-width="4"/>'


def _frame(group: Group, place: Rectangle) -> str:
    rects = "".join(
        f'<rect x="{_n(place.x + depth)}" y="{_n(place.y - depth)}" width="{_n(place.width)}" '
        f'height="{_n(place.height)}" rx="7" fill="{_shade(group)}" stroke="{FRAME_LINE}"/>'
        for depth in ((4, 0) if group.repeat > 1 else (0,))
    )
    return f'<g class="frame">{rects}</g>'


def _frame_title(group: Group, place: Rectangle, x: float) -> str:
    """The title, with a rim that keeps it readable where an arrow passes."""
    return (
        f'<text class="name" x="{_n(place.x + x)}" y="{_n(place.y + 15)}" font-size="{GROUP_TITLE}" fill="{MUTED}" '
        f'stroke="{_shade(group)}" stroke-width="4" paint-order="stroke">{_escape(group.title)}</text>'
    )


def _shade(group: Group) -> str:
    return FRAME_FILLS[min(group.level, len(FRAME_FILLS) - 1)]


def _arrows(routes: Sequence[Route]) -> Iterable[str]:
    """All arrows as three shapes: lines, dashed lines, heads."""
    lines: dict[bool, list[str]] = {True: [], False: []}
    heads: list[str] = []
    labels: list[str] = []
    for route in routes:
        path = [tuple(step) for step in route.path]
        if len(path) < 2:
            continue
        if route.arrow:
            tip, back = path[-1][-2:], _before_tip(path)
            dx, dy = tip[0] - back[0], tip[1] - back[1]
            length = (dx * dx + dy * dy) ** 0.5 or 1.0
            dx, dy = dx / length, dy / length
            base = (tip[0] - _HEAD_LENGTH * dx, tip[1] - _HEAD_LENGTH * dy)
            across = (-dy * _HEAD_WIDTH, dx * _HEAD_WIDTH)
            corners = [(base[0] + sign * across[0], base[1] + sign * across[1]) for sign in (1, -1)]
            heads.append(_path([tip, *corners]) + "z")
            path[-1] = (*path[-1][:-2], tip[0] - 4 * dx, tip[1] - 4 * dy)
            if route.label:
                flat = abs(dx) > abs(dy)  # over a flat line, which would look like a minus sign; on a steep one
                x, y, anchor = (tip[0] - 10, tip[1] - 3, "end") if flat else (tip[0], tip[1] - 11, "middle")
                labels.append(
                    f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" font-size="{ARROW:g}" '
                    f'stroke="#ffffff" stroke-width="3" paint-order="stroke">'
                    f"{_escape(route.label)}</text>"
                )
        lines[route.flows].append(_path(path))
    for flows, dashes in ((True, ""), (False, ' stroke-dasharray="4 3"')):
        if lines[flows]:
            yield f'<path d="{"".join(lines[flows])}" fill="none" stroke="{EDGE}" stroke-width="1.2"{dashes}/>'
    if heads:
        yield f'<path d="{"".join(heads)}" fill="{EDGE}"/>'
    yield from labels


def _before_tip(path: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The last point before the tip that is not the tip itself: it gives the direction of the head."""
    flat = [number for step in path for number in step]
    points = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
    return next((p for p in reversed(points) if p != points[-1]), points[0])


def _path(path: Sequence[tuple[float, ...]]) -> str:
    """A path in as few characters as possible: from its start in steps."""
    x, y = (round(v, 1) for v in path[0])
    steps = [f"M{_n(x)} {_n(y)}"]
    for step in path[1:]:
        moved = [round(v - (y if i % 2 else x), 1) for i, v in enumerate(step)]
        dx, dy = moved[-2:]
        if len(step) == 6:
            steps.append("c" + " ".join(map(_n, moved)).replace(" -", "-"))
        else:
            steps.append(f"h{_n(dx)}" if not dy else f"v{_n(dy)}" if not dx else f"l{_n(dx)} {_n(dy)}")
        x, y = round(x + dx, 1), round(y + dy, 1)
    return "".join(steps)


def _legend(picture: Picture, limit: float) -> tuple[str, float, float]:
    """The legend in as many rows as it needs, then the notes; with its width and height."""
    parts: list[str] = []
    x = y = widest = 0.0
    for key in picture.legend:
        swatch = 15.0 * (len(LEVELS) - 1) if key.look == "gradient" else 22.0
        advance = swatch + 6 + text_width(key.text, LABEL) + 18
        if x and x + advance - 18 > limit:
            x, y = 0.0, y + _KEY_HEIGHT
        parts.append(_key(key, x, y, swatch))
        x += advance
        widest = max(widest, x - 18)
    if parts:
        y += _KEY_HEIGHT
    for line in _wrapped(picture.notes, limit):
        parts.append(f'<text x="0" y="{_n(y + 11)}"{_SMALL}>{_escape(line)}</text>')
        widest = max(widest, text_width(line, LABEL))
        y += 15.0
    return "".join(parts), widest, y


def _wrapped(notes: Iterable[str], limit: float) -> list[str]:
    lines: list[str] = []
    for note in notes:
        if lines and text_width(f"{lines[-1]}; {note}", LABEL) <= limit:
            lines[-1] += f"; {note}"
        else:
            lines.append(note)
    return lines


def _key(key: Key, x: float, y: float, swatch: float) -> str:
    if key.look == "gradient":
        shapes = "".join(
            f'<rect x="{_n(x + 15 * i)}" y="{_n(y + 2)}" width="15" height="11" fill="{colour}"/>'
            for i, colour in enumerate(LEVELS[1:])
        )
        shapes += f'<rect x="{_n(x)}" y="{_n(y + 2)}" width="{_n(swatch)}" height="11" fill="none" stroke="#b9a071"/>'
    elif key.look == "dashed":
        shapes = f'<path d="M{_n(x)} {_n(y + 7.5)}h22" stroke="{EDGE}" stroke-width="1.4" stroke-dasharray="4 3"/>'
    else:
        style = STYLES[key.look]
        dash = ' stroke-dasharray="4 3"' if key.look == "hidden" else ""
        shapes = (
            f'<rect x="{_n(x + 0.5)}" y="{_n(y + 1.5)}" width="21" height="12" rx="3" fill="{style.fill}" '
            f'stroke="{style.line}"{dash}/>'
        )
    return f'{shapes}<text x="{_n(x + swatch + 6)}" y="{_n(y + 11)}" font-size="{_n(LABEL)}">{_escape(key.text)}</text>'
