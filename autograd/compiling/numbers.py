"""Graphs of single numbers: a long run of calls on numbers becomes one call of a `Block`, which computes with floats.

Where NumPy would warn (overflow, division by zero), a number is not finite: then the noted calls are run one by one,
and warn or raise as in the eager run. docs/compile.md says what has the same bits.
"""

from collections.abc import Callable, Collection
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from autograd.compiling.calls import Call, Var
from autograd.compiling.operators import IN_PLACE
from autograd.compiling.straight import FORMULAS, Straight
from autograd.compiling.tape import Tape, reason_against

_numbers = count(-1, -1)  # of values that no trace has
FEW = 32  # calls, below which they stay calls of NumPy
_EXACT = 2**53  # up to which all integers are floats

_ARRAY = (np.ndarray, (), np.dtype(float), ())
# By the form of a value: what makes it of the float that it is in a block.
_MAKERS: dict[Any, Callable[[Any], Any]] = {(np.float64,): np.float64, (np.bool_,): np.bool_, (float,): float}
_MAKERS[_ARRAY] = np.array
_IDENTITY = (np.array, np.asarray)


class Line(NamedTuple):
    """One call of a block; ``operands`` are values or constants. Without a function the result is the operand."""

    fn: Any
    operands: tuple[Any, ...]
    out: Var


def with_blocks(calls: list[Call], outputs: Collection[Var], known: dict[int, Any]) -> tuple[list[Call], list["Block"]]:
    """The calls, with long runs of calls on numbers joined to blocks, and these blocks."""
    if np.geterr()["under"] != "ignore":  # what vanishes cannot be told from its result
        return calls, []
    last = {var.number: i for i, call in enumerate(calls) for var in call.inputs()}
    last |= {var.number: len(calls) for var in outputs}
    found: list[Call] = []
    blocks: list[Block] = []
    start, run = 0, _Run()
    for i, call in enumerate([*calls, None]):
        if call is not None and run.takes(call, known):
            continue
        if len(run.lines) >= FEW:
            results = [line.out for line in run.lines if last.get(line.out.number, 0) >= i or line.out.number < 0]
            blocks.append(block := Block(run.lines, results))
            place = calls[start].place
            found.append(Call("block", block, tuple(block.inputs), {}, tuple(results), None, place, ()))
            found += run.stores
        else:
            found += calls[start:i]
        start, run = i + 1, _Run()
        if call is not None:
            found.append(call)
    return found, blocks


class _Run:
    """Consecutive calls for a block. What they write outside is written after the block, which no longer reads it."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.stores: list[Call] = []
        self._truths: set[int] = set()  # truth values made in it
        self._written: set[int] = set()  # memory

    def takes(self, call: Call, known: dict[int, Any]) -> bool:
        """Whether a call continues the run; if so, it is added to the run."""
        if any(id(var.memory) in self._written for var in call.inputs() if var.memory is not None):
            return False
        memory = call.writes
        if memory is not None and call.kind == "in place" and call.fn in IN_PLACE and call.out is call.args[0]:
            target, place = call.args[0], call.place
            result = Var(next(_numbers), None, None, False, None)
            result.form = (float,)
            call = Call("operator", IN_PLACE[call.fn], call.args, call.kwargs, result, None, place, call.modes)
        line = _line(call, known, self._truths)
        if line is None:
            return False
        self.lines.append(line)
        if line.out.form == (np.bool_,):
            self._truths.add(line.out.number)
        if memory is not None:
            self.stores.append(Call("setitem", "setitem", (target, (), line.out), {}, None, memory, place, ()))
            self._written.add(id(memory))
        return True


def _line(call: Call, known: dict[int, Any], truths: set[int]) -> Line | None:
    """A call as a line of a block; None if it is more than a function of numbers."""
    fn, out, args = call.fn, call.out, call.args
    if call.writes is not None or call.kwargs or call.modes or type(out) is not Var or out.form not in _MAKERS:
        return None
    if call.kind == "getitem" and args[1] == ():
        fn, args = None, args[:1]
    elif (call.kind == "method" and fn == "copy" and len(args) == 1) or (call.kind == "function" and fn in _IDENTITY):
        fn, args = None, args[:1] if len(args) == 1 else ()
    elif call.kind != "operator" and not (call.kind == "function" and _is_known(fn)):
        return None
    operands = tuple([known.get(x.number, x) if type(x) is Var else x for x in args])
    if not (1 <= len(operands) <= 3 and all(map(_is_number, operands))):
        return None
    truth = [x for x in operands if _kind(x) is np.bool_]
    if any(type(x) is Var and x.number not in truths for x in truth):
        return None
    if fn is None and type(operands[0]) is not Var:
        return None
    if out.form != (np.bool_,) and len(truth) == len(operands):  # arithmetic of truth values is not that of floats
        return None
    return Line(fn, operands, out)


def _is_known(fn: Any) -> bool:
    """Whether a function has a formula, or is a ufunc of NumPy's own with one result."""
    return fn in FORMULAS or (isinstance(fn, np.ufunc) and fn.nout == 1 and getattr(np, fn.__name__, None) is fn)


def _is_number(x: Any) -> bool:
    kind = type(x)
    return (
        (kind is Var and x.form in _MAKERS)
        or kind in (float, np.float64, np.bool_)
        or (kind is int and abs(x) <= _EXACT)
        or (kind is np.ndarray and x.shape == () and x.dtype == float)
    )


class Block:
    """Calls on numbers, one after the other: ``table`` are their functions, ``code`` says which one a call has, and
    ``places`` where its operands lie among the inputs, constants and results before it."""

    def __init__(self, lines: list[Line], outputs: list[Var]) -> None:
        self.__name__ = "numbers"
        made = {line.out.number for line in lines}
        given = {_key(x): x for line in lines for x in line.operands}
        self.inputs: list[Var] = [x for x in given.values() if type(x) is Var and x.number not in made]
        self.constants: list[Any] = [x for x in given.values() if type(x) is not Var]
        self.outputs = outputs
        place: dict[Any, Any] = {_key(x): i for i, x in enumerate([*self.inputs, *self.constants])}
        start = len(place)
        table: dict[Any, int] = {}
        code: list[int] = []
        places: list[list[int]] = []
        for line in lines:
            at = [place[_key(x)] for x in line.operands]
            if line.fn is None:
                place[line.out.number] = at[0]
                continue
            place[line.out.number] = start + len(code)
            entry = line.fn, tuple(map(_kind, line.operands)), line.out.form == (np.bool_,)
            code.append(table.setdefault(entry, len(table)))
            places.append([*at, 0, 0][:3])
        self.table: list[Any] = list(table)
        self.code = np.array(code, np.int16)
        self.places = np.array(places, np.int32).reshape(-1, 3)
        self.results: list[Any] = [place[var.number] for var in outputs]
        self._makers = [_MAKERS[var.form] for var in outputs]
        self.straight: Straight = Straight(self)
        self._against = reason_against(self)
        self._how: Straight | Tape = self.straight
        if self._against is None:
            self._how = Tape(self)
        else:
            self.straight.compile()

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        found = self._how.run(inputs)
        if found is None:
            found = self._one_by_one(inputs)
        return tuple([make(x) for make, x in zip(self._makers, found, strict=True)])

    @property
    def source(self) -> str:
        """The text of the block, generated on demand, because it may be long."""
        return "\n".join(self.straight.texts())

    def words(self) -> str:
        """A description for `explain`."""
        how = "a tape that numba runs" if self._against is None else "straight-line Python on floats"
        size = self._how.bytes + self.code.nbytes + self.places.nbytes
        more = f" ({self._against})" if self._against else ""
        return f"{len(self.code)} operations on single numbers run as {how}, {size} bytes{more}"

    def _one_by_one(self, inputs: tuple[Any, ...]) -> list[Any]:
        """The results of the calls as they were noted."""
        values = [*inputs, *self.constants]
        for code, at in zip(self.code.tolist(), self.places.tolist(), strict=True):
            fn, kinds, _ = self.table[code]
            values.append(fn(*[_as(kind, values[x]) for kind, x in zip(kinds, at, strict=False)]))
        return [values[i] for i in self.results]


def _as(kind: type, x: Any) -> Any:
    """A number as the array that it was in the trace, or the other way round."""
    if type(x) is kind:
        return x
    return np.array(x) if kind is np.ndarray else x[()] if kind is np.float64 else x


def _key(x: Any) -> Any:
    """Of constants, equal for those that are equal to the last bit."""
    return x.number if type(x) is Var else (type(x), x.tobytes() if isinstance(x, np.ndarray) else repr(x))


def _kind(x: Any) -> Any:
    return x.form[0] if type(x) is Var else type(x)
