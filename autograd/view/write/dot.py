"""Writes a picture as DOT text, which Graphviz and many other programs can draw."""

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from autograd.view.layout.measure import ARROW, FAMILY, FONTS
from autograd.view.picture.boxes import Box, Group, Picture
from autograd.view.picture.palette import ALARM, ALARM_FILL, EDGE, FRAME_FILLS, FRAME_LINE, INK, LEVELS, MUTED, STYLES
from autograd.view.picture.values import carried


def write_dot(picture: Picture) -> str:
    """The picture as DOT text, complete with values, colours and legend."""
    lines = [
        "digraph {",
        f'  graph [rankdir={picture.direction}, fontname="{FONTS}", fontsize=10, fontcolor="{MUTED}", '
        'bgcolor="white", nodesep=0.22, ranksep=0.4, labelloc=b, labeljust=l, '
        f"label={_legend(picture)}]",
        f'  node [shape=plain, fontname="{FONTS}", fontsize=11.5, fontcolor="{INK}"]',
        f'  edge [color="{EDGE}", arrowsize=0.7, fontname="{FONTS}", fontsize=9.5, fontcolor="{MUTED}"]',
    ]
    lines += nested(picture, _node, _cluster)
    for link in picture.links:
        facts = [f'label="{_quoted(link.text)}"'] if link.text else []
        if not link.flows:
            facts.append("style=dashed")
        lines.append(f"  n{link.source} -> n{link.target}{f' [{chr(44).join(facts)}]' if facts else ''}")
    return "\n".join([*lines, "}"]) + "\n"


def write_skeleton(picture: Picture, sizes: Sequence[tuple[float, float]]) -> str:
    """Boxes of fixed size without text, and arrows: all that is needed for placing."""

    def node(box: Box) -> str:
        width, height = sizes[box.id]
        return f"n{box.id} [width={width / 72:.4f}, height={height / 72:.4f}]"

    def cluster(group: Group) -> list[str]:
        return [f"subgraph cluster_{group.id} {{", f'label="{_quoted(group.title)}"', "margin=12"]

    lines = [
        "digraph {",
        f"  graph [rankdir={picture.direction}, nodesep=0.22, ranksep=0.42, labeljust=l, fontsize=10.5, "
        f'fontname="{FAMILY}"]',
        '  node [shape=box, fixedsize=true, label=""]',
        "  edge [arrowsize=0.6]",
    ]
    lines += nested(picture, node, cluster)
    for i, link in enumerate(picture.links):
        text = f', label="{_quoted(link.text)}", fontsize={ARROW}' if link.local else ""  # makes room
        lines.append(f'  n{link.source} -> n{link.target} [id="e{i}"{text}]')
    return "\n".join([*lines, "}"]) + "\n"


def nested(
    picture: Picture, node: Callable[[Box], str], opening: Callable[[Group], list[str]], closing: str = "}"
) -> list[str]:
    """All boxes, each within its frames, which begin with the first line of ``opening``."""
    boxes: dict[int | None, list[Box]] = {}
    for box in picture.boxes:
        boxes.setdefault(box.group, []).append(box)
    groups: dict[int | None, list[Group]] = {}
    for group in picture.groups:
        groups.setdefault(group.parent, []).append(group)
    lines = [f"  {node(box)}" for box in boxes.get(None, [])]
    stack: list[tuple[Group | None, str]] = [(g, "  ") for g in reversed(groups.get(None, []))]
    while stack:
        inner, indent = stack.pop()
        if inner is None:
            lines.append(indent + closing)
            continue
        first, *facts = opening(inner)
        lines += [indent + first, *(f"{indent}  {fact}" for fact in facts)]
        lines += [f"{indent}  {node(box)}" for box in boxes.get(inner.id, [])]
        stack.append((None, indent))
        stack.extend((g, indent + "  ") for g in reversed(groups.get(inner.id, [])))
    return lines


def _cluster(group: Group) -> list[str]:
    fill = FRAME_FILLS[min(group.level, len(FRAME_FILLS) - 1)]
    return [
        f"subgraph cluster_{group.id} {{",
        f'label="{_quoted(group.title)}"',
        f'labelloc=t; labeljust=l; style="rounded,filled"; fillcolor="{fill}"; color="{FRAME_LINE}"',
        f'fontcolor="{MUTED}"; fontsize=10.5; margin=12',
    ]


def _node(box: Box) -> str:
    style = STYLES[box.kind]
    line = ALARM if box.alarm else style.line
    fill = ALARM_FILL if box.alarm else LEVELS[box.level or 0]
    border = ' STYLE="DASHED"' if box.dashed or box.kind == "hidden" else ""
    heading = f"= {box.heading}" if box.title and box.kind == "op" else box.heading
    title = f"<B>{_html(box.title)}</B> {_html(heading)}" if box.title else _html(heading)
    rows = [f'<TR><TD COLSPAN="2" ALIGN="LEFT" BGCOLOR="{style.fill}">{title}</TD></TR>']
    rows += [f'<TR><TD COLSPAN="2" ALIGN="LEFT">{_small(detail)}</TD></TR>' for detail in box.details]
    for row in box.rows:
        text = '<BR ALIGN="LEFT"/>'.join(_html(line) for line in row.lines)
        if row.alarm:
            text = f'<FONT COLOR="{ALARM}"><B>{text}</B></FONT>'
        if row.bars:
            text += f'<BR ALIGN="LEFT"/><FONT FACE="monospace" COLOR="{MUTED}">{_html(row.bars)}</FONT>'
        if len(row.lines) > 1 or row.bars:
            text += '<BR ALIGN="LEFT"/>'
        label = f'<TD ALIGN="LEFT" VALIGN="TOP">{_small(row.label)}</TD>'
        rows.append(f'<TR>{label}<TD ALIGN="LEFT" BALIGN="LEFT">{text}</TD></TR>')
    table = (
        f'<TABLE BORDER="{2 if box.output or box.alarm else 1}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" '
        f'COLOR="{line}" BGCOLOR="{fill}"{border}>{"".join(rows)}</TABLE>'
    )
    return f'n{box.id} [id="n{box.id}", tooltip="{_quoted(box.tooltip)}", label=<{table}>]'


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="10" COLOR="{MUTED}">{_html(text)}</FONT>' if text else " "


def _legend(picture: Picture) -> str:
    cells = []
    for key in picture.legend:
        if key.look == "gradient":
            cells += [f'<TD BGCOLOR="{colour}" WIDTH="14" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for colour in LEVELS[1:]]
        elif key.look == "dashed":
            cells.append(f'<TD><FONT COLOR="{EDGE}">- - -</FONT></TD>')
        else:
            style = STYLES[key.look]
            colours = f'COLOR="{style.line}" BGCOLOR="{style.fill}"'
            cells.append(f'<TD BORDER="1" {colours} WIDTH="20" HEIGHT="10" FIXEDSIZE="TRUE"></TD>')
        cells.append(f'<TD ALIGN="LEFT">{_html(key.text)}&#160;&#160;</TD>')
    rows = [f"<TR>{''.join(cells)}</TR>"] if cells else []
    if picture.notes:
        rows.append(f'<TR><TD COLSPAN="{max(len(cells), 1)}" ALIGN="LEFT">{_html("; ".join(picture.notes))}</TD></TR>')
    if not rows:
        return '""'
    return f'<<TABLE BORDER="0" CELLSPACING="3" CELLPADDING="1">{"".join(rows)}</TABLE>>'


def _html(text: str) -> str:
    return escape(carried(text), {'"': "&quot;"}).replace("\n", " ") or " "


def _quoted(text: str) -> str:
    return carried(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
