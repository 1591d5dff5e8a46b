"""Puts a graph into words: the text in each box, the sizes of gradients, the legend."""

import math
from collections import Counter
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL
from autograd.view.graph.records import Argument, Graph, GraphNode, Number, Result
from autograd.view.picture.boxes import Box, Direction, Group, Key, Link, Picture, Row
from autograd.view.picture.palette import LEVELS, STYLES
from autograd.view.picture.values import carried, exact, finite, histogram, number, size_of, value_lines

_LONGEST_NAME = 14  # a longer operand name inside the text of an op makes way for a dot
_LONGEST_TITLE = 40
_MOST_RESULTS = 4  # of an op with more results, the values of these are shown
_AT_ARROWS = (  # what the signs in the texts at arrows mean
    ("", "at an arrow: the local derivative"),
    ("norm", "of arrays: the shape of the Jacobian (entries of the result, entries of the operand) and its norm"),
    ("~", "~: estimated from random directions"),
    ("?", "?: values that the rule needs were not kept (draw before backward(), or run inside 'with record():')"),
)


def compose(
    graph: Graph, *, direction: Direction = "auto", values: bool = True, grads: bool = True,
    local: Mapping[tuple[int, int], str] | None = None, total: int = 0,
) -> Picture:  # fmt: skip
    """The picture of a graph; ``local`` has the texts of arrows by target and slot, ``total`` counts all nodes."""
    counts = Counter(str(r.dtype) for node in graph.nodes for r in node.results)
    common = counts.most_common(1)[0][0] if counts else None  # said once: boxes name theirs only when it differs
    scale = _Scale([size_of(r.grad) for node in graph.nodes for r in node.results if r.grad is not None])
    receiving = {edge.source for edge in graph.edges() if edge.flows}
    homes, groups, calls = _groups(graph)
    boxes = tuple(
        _box(graph, node, common, scale, node.id in receiving, homes[node.id], calls.get(node.id, ""))
        for node in graph.nodes
    )
    links = tuple(
        Link(e.source, e.target, e.slot, "" if e.index is None else f"[{e.index}]", e.flows, text)
        for e in graph.edges()
        for text in [(local or {}).get((e.target, e.slot), "")]
    )
    signs = " ".join(link.local for link in links).strip()
    notes = (
        *_notes(graph, common, values, grads, total),
        *(note for sign, note in _AT_ARROWS if signs and sign in signs),
    )
    return Picture(boxes, links, groups, _legend(boxes, links, scale), notes, direction)


def _box(
    graph: Graph, node: GraphNode, common: Any, scale: "_Scale", receiving: bool, home: int | None, call: str
) -> Box:
    rows: list[Row] = []
    details: list[str] = [call] if call else []
    if node.note:
        details.extend(line for part in node.note.split("\n") for line in wrap(part, 44))
    details.extend(line for part in node.alarm.split("\n") for line in wrap(part, 56))
    details.extend(_kinds_of_results(node.results, common))
    for result in node.results[:_MOST_RESULTS]:
        several = "" if result.index is None else f"[{result.index}] "
        if result.value is not None:
            rows.append(_row(f"{several}value", result.value))
        if result.grad is not None:
            rows.append(_row(f"{several}grad", result.grad))
    gradients = [r.grad for r in node.results if r.grad is not None]
    red = any(row.alarm for row in rows)  # hard to read on orange
    level = 0 if red else max((scale.level(size_of(g)) for g in gradients), default=None)
    return Box(
        node.id,
        node.kind,
        shorten(node.name or node.path or "", _LONGEST_TITLE),
        _heading(graph, node),
        tuple(details),
        tuple(rows),
        home,
        level,
        bool(node.alarm) or node.kind == "failed",
        node.kind != "hidden" and not (receiving or gradients or (node.output and _differentiable(node))),
        node.output,
        node.repeat,
        _tooltip(node),
    )


def _kinds_of_results(results: tuple[Result, ...], common: Any) -> list[str]:
    """Shape, and dtype where it is not the common one; of several results, neighbours that agree in one line."""
    runs: list[tuple[str, str, list[int]]] = []
    for result in results:
        facts = [str(tuple(result.shape)) if result.shape else "", "" if result.dtype == common else str(result.dtype)]
        about = " ".join(fact for fact in facts if fact)
        if result.index is None:
            return [about] if about else []
        name = shorten(result.name or "", _LONGEST_TITLE)
        if runs and not name and runs[-1][:2] == (name, about) and runs[-1][2][-1] + 1 == result.index:
            runs[-1][2].append(result.index)
        else:
            runs.append((name, about, [result.index]))
    places = [f"[{i[0]}] to [{i[-1]}]" if len(i) > 1 else f"[{i[0]}]" for _, _, i in runs]
    return [" ".join(filter(None, (place, *run[:2]))) for place, run in zip(places, runs, strict=True)]


def _row(label: str, value: Any) -> Row:
    return Row(label, value_lines(value), histogram(value), not finite(value))


def _differentiable(node: GraphNode) -> bool:
    """Whether a gradient can reach this node at all."""
    return node.live or node.kind in ("parameter", "input") or any(a.flows for _, a in node.references())


def _heading(graph: Graph, node: GraphNode) -> str:
    if node.kind in ("op", "failed"):
        text = op_text(graph, node)
    elif node.kind in ("module", "hidden"):
        text = node.op
    else:
        text = STYLES[node.kind].word
    return f"{text} x {node.repeat}" if node.repeat > 1 else text


def op_text(graph: Graph, node: GraphNode) -> str:
    """An op in words: with its operands if they are numbers or have names, and with its attributes."""
    given = [a for a in node.arguments if isinstance(a, Argument) or a.value is not None]
    names = [_operand_text(graph, a) for a in given]
    if None in names and not any(isinstance(a, Number) for a in given):
        names = []
    telling = any(name is not None for name in names)
    inside = [name or "·" for name in names]
    symbol = "" if node.record is None else node.record.facts.symbol
    if symbol == "[]":
        index = _plain(node.attrs["index"])
        inner = index[1:-1].rstrip(",") if isinstance(node.attrs["index"], tuple) else index
        return f"{inside[0] if inside else '·'}[{shorten(inner, 28)}]"
    attributes = [text for key, value in node.attrs.items() if (text := _attribute(key, value))]
    if symbol and telling and len(inside) == 2 and not attributes:
        return f"{factor(inside[0])} {symbol} {factor(inside[1])}"
    return f"{node.op}({', '.join([*inside, *attributes])})" if telling or attributes else node.op


def factor(text: str) -> str:
    """An operand of an operator: in parentheses if it begins with a sign."""
    return f"({text})" if text.startswith("-") else text


def _operand_text(graph: Graph, a: Argument | Number) -> str | None:
    """A literal number, or the name of an operand if it has a short one."""
    if isinstance(a, Number):
        return shorten(number(a.value) if np.ndim(a.value) == 0 else str(np.shape(a.value)), 18)
    names = (r.name for r in graph.nodes[a.node].results if r.index == a.index)
    return next((shorten(name, _LONGEST_NAME) for name in names if name and len(name) <= _LONGEST_NAME), None)


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False or callable(value):
        return ""
    return shorten(f"{key}={_plain(value)}", 28)


def _plain(value: Any) -> str:
    """The value of an attribute; indices as they are written between brackets."""
    if isinstance(value, slice):
        parts = ["" if v is None else str(v) for v in (value.start, value.stop)]
        return ":".join([*parts, str(value.step)] if value.step is not None else parts)
    if value is Ellipsis:
        return "..."
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array{value.shape}"
    if isinstance(value, tuple):
        return f"({', '.join(_plain(v) for v in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, float | complex | np.generic | np.ndarray):
        return number(value[()] if isinstance(value, np.ndarray) else value)
    return str(value)


def shorten(text: str, longest: int) -> str:
    """A text on one line, of characters that every format can carry, cut in the middle if it is too long."""
    text = carried(" ".join(text.split()))
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[: longest - 3 - half]}...{text[-half:]}"


def _tooltip(node: GraphNode) -> str:
    """The tooltip of a box: everything, with all digits."""
    lines = [" ".join(part for part in (node.path or "", node.op or node.kind) if part)]
    if node.operands and node.kind == "op":
        lines[0] += f"({', '.join(node.operands)})"
    for result in node.results:
        name = result.name or ("" if result.index is None else f"[{result.index}]")
        lines.append(f"{name} shape {tuple(result.shape)}, {result.dtype}".strip())
        if result.value is not None:
            lines.append(f"value {exact(result.value)}")
        if result.grad is not None:
            lines.append(f"grad {exact(result.grad)}")
    return carried("\n".join(lines))


def _frame_title(label: str, path: str | None, repeat: int) -> str:
    title = shorten(f"{path}: {label}" if path else label, 2 * _LONGEST_TITLE)
    return f"{title} x {repeat} (the first is shown)" if repeat > 1 else title


def _groups(graph: Graph) -> tuple[list[int | None], tuple[Group, ...], dict[int, str]]:
    """The frames to draw, the frame of each node, and the module call to write into a node.

    A frame around a single node would say no more than a line in that node, so it becomes one.
    """
    inside: dict[int, set[tuple[bool, int]]] = {frame.id: set() for frame in graph.frames}
    home = {node.id: node.frame for node in graph.nodes}
    for node in graph.nodes:
        if node.frame is not None:
            inside[node.frame].add((False, node.id))
    for frame in graph.frames:
        if frame.parent is not None:
            inside[frame.parent].add((True, frame.id))
    calls: dict[int, str] = {}
    dropped: set[int] = set()
    for frame in reversed(graph.frames):  # a frame comes after the one around it
        members = list(inside[frame.id])
        if len(members) == 1 and not members[0][0] and frame.repeat == 1:
            i = members[0][1]
            if i not in calls and graph.nodes[i].kind not in ("op", "failed"):
                continue
            calls.setdefault(i, _frame_title(frame.label, frame.path, 1))
            dropped.add(frame.id)
            home[i] = frame.parent
            if frame.parent is not None:
                inside[frame.parent].discard((True, frame.id))
                inside[frame.parent].add(members[0])
    levels = graph.levels()
    shown = [f for f in graph.frames if f.id not in dropped]
    numbers: dict[Any, Any] = {None: None} | {f.id: n for n, f in enumerate(shown)}
    groups = tuple(
        Group(numbers[f.id], numbers[f.parent], _frame_title(f.label, f.path, f.repeat), levels[f.id], f.repeat)
        for f in shown
    )
    return [numbers[home[node.id]] for node in graph.nodes], groups, calls


class _Scale:
    """Gradient sizes in five steps of equal ratio, from the smallest to the largest of the picture."""

    def __init__(self, sizes: list[float]) -> None:
        positive = [s for s in sizes if s > 0]
        self.empty = not sizes
        self.high = max(positive, default=0.0)
        self.low = max(min(positive, default=0.0), self.high * 1e-6)
        self.steps = len(LEVELS) - 1

    def level(self, size: float) -> int:
        if size <= 0 or self.high <= 0:
            return 0
        if self.high / self.low < 1.5:
            return self.steps // 2 + 1
        place = math.log(max(size, self.low) / self.low) / math.log(self.high / self.low)
        return 1 + min(self.steps - 1, int(place * self.steps))

    def text(self) -> str:
        if self.high <= 0:
            return "every gradient is 0"
        if self.high / self.low < 1.5:
            return f"size of gradient: {number(self.high, 3)}"
        return f"size of gradient: {number(self.low, 3)} to {number(self.high, 3)}"


def _legend(boxes: tuple[Box, ...], links: tuple[Link, ...], scale: _Scale) -> tuple[Key, ...]:
    kinds = {box.kind for box in boxes}
    keys = [Key(kind, style.word) for kind, style in STYLES.items() if kind in kinds]
    if not scale.empty:
        keys.append(Key("gradient", scale.text()))
    if any(box.dashed for box in boxes) or not all(link.flows for link in links):
        keys.append(Key("dashed", "no gradient flows"))
    if any(box.alarm and box.kind != "failed" for box in boxes):
        keys.append(Key("alarm", STYLES["alarm"].word))
    return tuple(keys)


def _notes(graph: Graph, common: Any, values: bool, grads: bool, total: int) -> list[str]:
    notes: list[str] = []
    shown = [r for node in graph.nodes if node.kind not in ("module", "hidden") for r in node.results]
    if common is not None:
        every = all(r.dtype == common for node in graph.nodes for r in node.results)
        notes.append(f"all {common}" if every else f"{common} unless said otherwise")
    failed = any(node.kind == "failed" for node in graph.nodes)
    if grads and shown and not failed and not any(r.grad is not None for r in shown):
        notes.append("no gradients yet: backward() has not run")
    if values and any(r.value is None and math.prod(r.shape) > SMALL for r in shown):
        notes.append(f'values of more than {SMALL} entries are not kept ("with record():" keeps them)')
    if total > len(graph.nodes):
        hidden = [node.op for node in graph.nodes if node.kind == "hidden"]
        notes.append(", ".join([f"{total:,} nodes folded into {len(graph.nodes):,} boxes", *hidden]))
    return notes
