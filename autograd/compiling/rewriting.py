"""Rewrites of a trace that keep every bit: calls that return their argument, and repeated calls, are dropped."""

from typing import Any

import numpy as np

from autograd.compiling.calls import WITH_EFFECTS, Call, Memory, Var, map_tree
from autograd.compiling.operators import UFUNC_OF

_LARGE = 65_536  # bytes from which on a result is not kept for a later call: memory is not traded for time
_UNSURE = ("empty", "empty_like")  # whose results are what lies there


class Rewritten:
    """``calls`` without those that are not needed; ``shared`` counts those that reuse an earlier result."""

    def __init__(self, calls: list[Call], outputs: list[Var]) -> None:
        self._outputs = {var.number for var in outputs}
        self._escaping = {id(var.memory) for var in outputs if var.memory is not None}
        self.shared: int = 0
        self.calls: list[Call] = []
        self._instead: dict[int, Var] = {}
        self._merged: dict[int, Memory | None] = {}
        self._made: dict[Any, Any] = {}
        self._boxes = _boxes(calls, self._outputs)
        for call in calls:
            self._add(call)

    def _add(self, call: Call) -> None:
        for var in call.results():  # views of what was made before
            var.memory = self._merged.get(id(var.memory), var.memory)
        gives_back = type(call.out) is Var and any(var is call.out for var in call.inputs())  # such as `asarray`
        if gives_back and call.writes is None and call.kind not in WITH_EFFECTS:
            return
        if (same := self._boxes.get(id(call)) or self._same_number(call)) is not None:
            self._instead[call.out.number] = self._swap(same)
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

    def _same_number(self, call: Call) -> Var | None:
        """The number that a NumPy scalar copies: its methods return values that cannot be told from it."""
        if call.kind != "method" or call.fn not in ("copy", "reshape") or call.out.number in self._outputs:
            return None
        x = call.args[0]
        same = type(x) is Var and isinstance(x.example, np.generic) and type(x.example) is type(call.out.example)
        return x if same else None

    def _may_be_shared(self, call: Call) -> bool:
        out = call.out
        if type(out) is not Var or out.number in self._outputs or call.name in _UNSURE:
            return False
        if any(_is_written(var.memory) for var in call.inputs()):
            return False
        if out.memory is None:
            return True
        view = any(var.memory is out.memory for var in call.inputs())
        return not (_is_written(out.memory) or id(out.memory) in self._escaping) and (
            view or out.example.nbytes < _LARGE
        )


def _boxes(calls: list[Call], outputs: set[int]) -> dict[int, Var]:
    """The calls that take a number out of an array without axes, by their ids, with this array: if only ufuncs on other
    arrays read it, before anything outside is changed, they can read the array, which NumPy need not convert."""
    found: dict[int, Call] = {}  # by the number of what they give
    changed: set[int] = set()  # of what was given before something was changed
    for call in calls:
        for var in call.inputs():
            if var.number in changed or not (var.number not in found or _on_array(call)):
                found.pop(var.number, None)
        if call.kind in ("host", "draw") or (call.writes is not None and call.writes.external):
            changed.update(found)
        elif call.kind == "getitem" and type(call.out) is Var and isinstance(call.out.example, np.generic):
            box, index = call.args
            if type(index) is tuple and not index and type(box) is Var and box.slot and call.out.number not in outputs:
                found[call.out.number] = call
    return {id(call): call.args[0] for call in found.values()}


def _on_array(call: Call) -> bool:
    """Whether a call is one of a ufunc that makes an array: to it, an array without axes is a number."""
    ufunc = call.fn if call.kind == "function" else UFUNC_OF.get(call.fn) if call.kind == "operator" else None
    if not isinstance(ufunc, np.ufunc) or ufunc.signature is not None or call.kwargs or call.writes is not None:
        return False
    return type(call.out) is Var and isinstance(call.out.example, np.ndarray) and call.out.example.ndim > 0


def _is_written(memory: Memory | None) -> bool:
    return memory is not None and memory.written


def _frozen(x: Any) -> Any:
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
