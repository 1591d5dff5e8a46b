"""Rewrites of calls that keep every bit (docs/compile.md).

Calls that return their argument, and repeated calls, are dropped; numbers and products get the form that is fastest.
"""

import math
from typing import Any

import numpy as np

from autograd.compiling.calls import WITH_EFFECTS, Call, Memory, Var, map_tree
from autograd.compiling.operators import BINARY, COMPARISONS, IN_PLACE, UFUNC_OF

_LARGE = 65_536  # bytes from which on a result is not kept for a later call: memory is not traded for time
_UNSURE = ("empty", "empty_like")  # whose results are what lies there
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_SMALL = 8_192  # numbers: larger products may take longer by `dot`
_TAKES_ARRAYS = {BINARY[fn][1] for fn in (*IN_PLACE.values(), *COMPARISONS)} | {np.maximum, np.minimum}


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


class Lowering:
    """Numbers as arrays; each number and dtype has one."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, Any], Any] = {}

    def with_arrays(self, plan: tuple[Any, tuple[Any, ...], dict[str, Any]], out: Any) -> Any:
        """The same call, with arrays for its numbers where it computes in the dtype of its arrays."""
        ufunc, args, kwargs = plan
        dtypes = {x.example.dtype for x in args if type(x) is Var and isinstance(x.example, np.ndarray)}
        if ufunc not in _TAKES_ARRAYS or kwargs or len(dtypes) != 1 or not dtypes <= set(_FLOATS):
            return plan
        (dtype,) = dtypes
        if out not in (dtype, np.bool_):
            return plan
        return ufunc, tuple([self._array(x, dtype) for x in args]), kwargs

    def _array(self, x: Any, dtype: Any) -> Any:
        if type(x) not in (int, float) or not (math.isinf(x) or abs(x) <= np.finfo(dtype).max):
            return x
        return self.numbers.setdefault((repr(x), dtype), np.array(x, dtype))


def in_place(call: Call) -> tuple[Any, tuple[Any, ...], Any]:
    """The ufunc, operands and target of a call that changes an array."""
    out = call.kwargs.get("out")
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if call.kind == "function" and isinstance(call.fn, np.ufunc) and type(out) is Var and len(call.kwargs) == 1:
        return call.fn, call.args, out
    if call.kind == "in place" and type(call.args[0]) is Var:
        plain = IN_PLACE.get(call.fn)
        return (None, (), None) if plain is None else (BINARY[plain][1], call.args, call.args[0])
    return None, (), None


def is_product_by_dot(call: Call) -> bool:
    """Whether `numpy.dot` gives the bits of a product of two small whole matrices."""
    if len(call.args) != 2 or any(type(x) is not Var or not isinstance(x.example, np.ndarray) for x in call.args):
        return False
    x, y = (var.example for var in call.args)
    if not (_is_whole(x) and _is_whole(y) and x.dtype == y.dtype and x.dtype in _FLOATS):
        return False
    with np.errstate(all="ignore"):
        return bool(np.dot(x, y).tobytes() == np.matmul(x, y).tobytes())


def _is_whole(x: Any) -> bool:
    small = x.ndim == 2 and min(x.shape) > 1 and x.size <= _SMALL
    return bool(small and (x.flags.c_contiguous or x.flags.f_contiguous))
