"""Writes a picture as a Mermaid flowchart, which GitHub and many Markdown viewers can draw."""

from autograd.view.picture.boxes import Box, Picture
from autograd.view.picture.palette import ALARM, ALARM_FILL, FRAME_FILLS, FRAME_LINE, INK, LEVELS, MUTED, STYLES
from autograd.view.write.dot import nested

_SPECIAL = '#"<>&`*_|\\[]{}()'


def write_mermaid(picture: Picture) -> str:
    """The picture as Mermaid text."""
    looks: dict[str, str] = {}
    lines = [f"flowchart {picture.direction}"]
    lines += nested(
        picture, lambda box: _node(box, looks), lambda group: [f'subgraph g{group.id}["{_escape(group.title)}"]'], "end"
    )
    for link in picture.links:
        arrow = "-->" if link.flows else "-.->"
        label = f'|"{_escape(link.text)}"|' if link.text else ""
        lines.append(f"  n{link.source} {arrow}{label} n{link.target}")
    for group in picture.groups:
        fill = FRAME_FILLS[min(group.level, len(FRAME_FILLS) - 1)]
        lines.append(f"  style g{group.id} fill:{fill},stroke:{FRAME_LINE},color:{MUTED}")
    lines += [f"  classDef {name} {look}" for name, look in looks.items()]
    return "\n".join(lines) + "\n"


def _node(box: Box, looks: dict[str, str]) -> str:
    heading = _escape(f"= {box.heading}" if box.title and box.kind == "op" else box.heading)
    lines = [f"<b>{_escape(box.title)}</b> {heading}" if box.title else heading]
    lines += [_escape(detail) for detail in box.details]
    for row in box.rows:
        lines += [_escape(f"{row.label} {row.lines[0].strip()}"), *(_escape(line.strip()) for line in row.lines[1:])]
        if row.bars:
            lines.append(row.bars)
    name = f"{box.kind}{'' if box.level is None else box.level}{'Alarm' if box.alarm else ''}"
    looks.setdefault(name, _look(box))
    return f'n{box.id}["{"<br/>".join(lines)}"]:::{name}'


def _look(box: Box) -> str:
    style = STYLES[box.kind]
    fill = ALARM_FILL if box.alarm else style.fill if box.level is None else LEVELS[box.level]
    line = ALARM if box.alarm else style.line
    dashes = ",stroke-dasharray:4 3" if box.dashed or box.kind == "hidden" else ""
    return f"fill:{fill},stroke:{line},color:{INK},stroke-width:{2 if box.alarm else 1}px{dashes}"


def _escape(text: str) -> str:
    """Text in which Mermaid finds no markup."""
    return "".join(f"#{ord(c)};" if c in _SPECIAL else " " if c < " " else c for c in text)
