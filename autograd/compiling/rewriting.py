"""Rewrites of a trace that keep every bit: calls that give back what they were given, calls that were made before.

The same call with the same operands gives the same numbers, unless something was written in between. What it gives is
kept until its last use, so large arrays are computed again where the traced code does: memory is not traded for time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiling.calls import WITH_EFFECTS, Call, Memory, Var, map_tree

_LARGE = 65_536  # bytes from which on a result is not kept for a later call
_UNSURE = ("empty", "empty_like")  # whose results are what lies there


class Rewritten:
    """``calls`` without those that are not needed; ``shared`` says how many of them were made before."""

    def __init__(self, calls: list[Call], outputs: list[Var]) -> None:
        self._outputs = {var.number for var in outputs}
        self._escaping = {id(var.memory) for var in outputs if var.memory is not None}
        self.shared = 0
        self.calls: list[Call] = []
        self._instead: dict[int, Var] = {}
        self._merged: dict[int, Memory | None] = {}
        self._made: dict[Any, Any] = {}
        for call in calls:
            self._add(call)

    def _add(self, call: Call) -> None:
        for var in call.results():  # views of what was made before
            var.memory = self._merged.get(id(var.memory), var.memory)
        gives_back = type(call.out) is Var and any(var is call.out for var in call.inputs())  # such as `asarray`
        if gives_back and call.writes is None and call.kind not in WITH_EFFECTS:
            return
        if call.kind not in ("host", "drop"):
            args, kwargs = map_tree(call.args, self._swap), map_tree(call.kwargs, self._swap)
            call = Call(call.kind, call.fn, args, kwargs, call.out, call.writes, call.place, call.modes)
        if call.kind == "host" or (call.writes is not None and call.writes.external):
            self._made.clear()  # other arrays may become views of what it changes
        elif call.kind not in WITH_EFFECTS and call.writes is None and self._may_be_shared(call):
            key = (call.kind, _frozen(call.fn), _frozen(call.args), _frozen(call.kwargs), call.modes)
            first = self._made.setdefault(key, call)
            if first is not call:
                self._instead[call.out.number] = first.out
                self._merged[id(call.out.memory)] = first.out.memory
                self.shared += 1
                return
        self.calls.append(call)

    def _swap(self, x: Any) -> Any:
        return self._instead.get(x.number, x) if type(x) is Var else x

    def _may_be_shared(self, call: Call) -> bool:
        out = call.out
        if (
            type(out) is not Var
            or out.number in self._outputs
            or call.name in _UNSURE
            or any(_is_written(var.memory) for var in call.inputs())
        ):
            return False
        if out.memory is None:
            return True
        view = any(var.memory is out.memory for var in call.inputs())
        return not (_is_written(out.memory) or id(out.memory) in self._escaping) and (
            view or out.example.nbytes < _LARGE
        )


def _is_written(memory: Memory | None) -> bool:
    return memory is not None and memory.written


def _frozen(x: Any) -> Any:
    """A key that is equal for the same operands."""
    kind = type(x)
    if kind is Var:
        return kind, x.number
    if kind is tuple or kind is list:
        return kind, tuple(map(_frozen, x))
    if kind is dict:
        return kind, tuple((name, _frozen(value)) for name, value in x.items())
    if kind is slice:
        return kind, _frozen((x.start, x.stop, x.step))
    if kind is float or kind is complex:
        return kind, repr(x)
    if isinstance(x, np.generic):
        return kind, x.tobytes()
    if kind in (int, bool, str, bytes):
        return kind, x
    return kind, id(x)
