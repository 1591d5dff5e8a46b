"""Measures what a program's gradient misses because values left the graph, so that this is never just a guess."""

from typing import Any, NamedTuple

import numpy as np

from autograd.gradcheck.plan import Column
from autograd.gradcheck.problem import Runnable, watched
from autograd.gradcheck.recorder import Record, Recorder
from autograd.operand_errors import operand_names

_STEPS = (2.0**-16, 2.0**-24, 2.0**-34)  # the smaller ones where the function takes another way nearby
_CANCELLED = 1e-4  # shares that add up to less of their sizes than this cancel: a shift that drops out, for instance


class Leak(NamedTuple):
    """A constant that changes with the inputs, and its share of the slope."""

    record: Record
    operand: str
    value: Any
    share: float


class Leaks(NamedTuple):
    """All constants that change along a direction. ``turn`` is the line where the program branches differently."""

    found: tuple[Leak, ...]
    turn: str | None = None

    @property
    def slope(self) -> float:
        """The part of the slope that the graph misses; 0 where the shares cancel."""
        total = sum(leak.share for leak in self.found)
        return total if abs(total) > _CANCELLED * sum(abs(leak.share) for leak in self.found) else 0.0

    @property
    def largest(self) -> Leak:
        """The constant that changes the function most."""
        return max(self.found, key=lambda leak: abs(leak.share))


def leaks_along(subject: Runnable, column: Column, nodes: list[Record], incoming: dict[Any, Any]) -> Leaks:
    """The constants of some nodes that change when the inputs move along a direction, with the gradient of each."""
    turn = None
    for step in _STEPS:
        sides = []
        for t in (step, -step):
            arrays = [variable.value.copy() for variable in subject.inputs]
            arrays[column.input] = column.move(arrays[column.input], t)
            recorder = Recorder()
            watched(recorder, lambda recorder=recorder, arrays=arrays: subject.run(arrays))  # type: ignore[misc]
            sides.append(recorder.records)
        turn = _turn(nodes, sides)
        if turn is None:
            found = (leak for r in nodes for leak in _of(r, sides[0], sides[1], step, incoming.get(r.node)))
            return Leaks(tuple(found))
    return Leaks((), turn)


def _turn(nodes: list[Record], sides: list[list[Record]]) -> str | None:
    for record in nodes:
        for records in sides:
            there = records[record.number] if record.number < len(records) else None
            if there is None or there.node.op is not record.node.op or there.node.shape != record.node.shape:
                return record.line
    return None


def _of(here: Record, up: list[Record], down: list[Record], step: float, g: Any) -> list[Leak]:
    """The leaks into one node: an entry for each constant operand or attribute that differs from side to side."""
    constants = [i for i, parent in enumerate(here.node.parents) if parent is None]
    names = operand_names(here.node.op, here.node.operands)

    def values(record: Record) -> dict[int | str, Any]:
        """The constant operands by number, the attributes by name."""
        return {i: record.data[i] for i in constants} | (record.node.attrs or {})

    above, below = values(up[here.number]), values(down[here.number])
    found = []
    for key, value in values(here).items():
        if _differs(above.get(key), below.get(key)):
            what = f"the attribute {key}" if isinstance(key, str) else f"the operand {names[key]}"
            found.append(Leak(here, what, value, _share(here, key, above[key], below[key], step, g)))
    return found


def _share(here: Record, key: int | str, above: Any, below: Any, step: float, g: Any) -> float:
    if g is None:
        return 0.0
    outs = []
    for value in (above, below):
        data, attributes = list(here.data), dict(here.node.attrs or {})
        changed: Any = attributes if isinstance(key, str) else data
        changed[key] = value
        try:
            with np.errstate(all="ignore"):
                out = here.node.op.kernel(*data, **attributes)
        except Exception:  # what came from another point does not fit here
            return 0.0
        outs.append(out if here.node.op.outputs else (out,))
    gs = g if isinstance(g, tuple) else (g,)
    total = 0.0
    for weights, x, y in zip(gs, *outs, strict=True):
        if np.shape(x) != np.shape(y):
            return 0.0
        with np.errstate(all="ignore"):
            moved = np.asarray(weights, np.float64) * (np.asarray(x, np.float64) - np.asarray(y, np.float64))
        total += float(np.sum(moved, where=np.isfinite(moved)))
    return total / (2 * step)


def _differs(a: Any, b: Any) -> bool:
    if a is None or b is None or callable(a):
        return False
    try:
        return not np.array_equal(np.asarray(a), np.asarray(b))
    except (TypeError, ValueError):  # an index with slices and arrays in it, for instance
        return False
