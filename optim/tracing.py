"""Turns an update, written as an expression, into a sequence of NumPy calls that run in place (see docs/design.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from autograd.engine.codegen import source_file
from optim.errors import UpdateError

T = TypeVar("T")

PARAMETER = 0  # its position among the arrays of an update; the gradient and the state follow


class Overflow(Exception):
    """A guarded number of an update overflowed, so the update was not done for the rest of the arrays."""

    def __init__(self) -> None:
        self.left: Callable[[NDArray[Any]], NDArray[Any]] = lambda a: a  # of an array, what was not updated


class Program(NamedTuple):
    """An update as a sequence of NumPy calls: ``run(p, g, *state, *registers, *constants)``.

    With guarded numbers, ``run`` also takes a list; if `numpy.errstate` fills it, it raises `Overflow` before changes.
    """

    source: str  # the text of both functions, to be read
    run: Callable[..., None]
    load: Callable[..., None]  # load(*constants, **settings) fills the 0-d arrays that run() takes
    registers: int
    constants: int
    guarded: bool
    calls: int  # of NumPy in run()


class Call(NamedTuple):
    """One recorded call."""

    function: np.ufunc | None  # None copies
    operands: tuple[int | str, ...]  # the number of an array, or the text of a scalar
    result: int


class Array(NDArrayOperatorsMixin):
    """Stands for an array of the update; every operation on it is recorded on the tape."""

    __slots__ = ("number", "tape")

    def __init__(self, tape: Tape, number: int) -> None:
        self.tape: Tape = tape
        self.number: int = number

    def __array_ufunc__(self, function: np.ufunc, method: str, *operands: Any, **options: Any) -> Array:
        if method != "__call__":
            _refuse(f"numpy.{function.__name__}.{method}")
        if function.signature is not None:  # of vectors or matrices
            _refuse(f"numpy.{function.__name__}")
        if "out" in options:
            raise UpdateError("an update must return new values: write p = p - x instead of p -= x or out=.")
        if options:
            _refuse(f"numpy.{function.__name__}(..., {next(iter(options))}=...)")
        return self.tape.note(function, operands)

    def __array_function__(self, function: Callable[..., Any], *_: Any) -> NoReturn:
        _refuse(f"{function.__module__}.{function.__name__}")

    def __pow__(self, exponent: Any) -> Array:
        # What ndarray's own ** does; np.power may differ in the last bit.
        shortcut = {2: np.square, 0.5: np.sqrt}.get(exponent) if isinstance(exponent, int | float) else None
        operands = (self,) if shortcut else (self, exponent)
        return self.tape.note(shortcut or np.power, operands)

    def __bool__(self) -> NoReturn:
        raise UpdateError("an update cannot branch on the values of arrays: use np.maximum, np.sign and the like.")

    __hash__ = object.__hash__


class Scalar:
    """Stands for a coefficient, or for an expression of coefficients, whose text it holds."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text

    def __array_ufunc__(self, function: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if any(isinstance(x, Array) for x in operands):
            return NotImplemented  # the array's turn
        raise UpdateError(
            f"numpy.{function.__name__} of coefficients alone gives a NumPy float64, which would widen float32 "
            "arrays: compute it in coefficients(), or use Python's operators (x ** 0.5)."
        )

    def __bool__(self) -> NoReturn:
        raise UpdateError("an update cannot branch on the value of a coefficient: pass None to switch a term off.")

    def __neg__(self) -> Scalar:
        return Scalar(f"(-{self.text})")


def _operator(symbol: str, *, reflected: bool = False) -> Callable[[Scalar, Any], Any]:
    def operator(self: Scalar, other: Any) -> Any:
        if isinstance(other, Array) or not (isinstance(other, Scalar) or _is_number(other)):
            return NotImplemented
        left, right = (_text(other), self.text) if reflected else (self.text, _text(other))
        return Scalar(f"({left} {symbol} {right})")

    return operator


for _name, _symbol in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}.items():
    setattr(Scalar, f"__{_name}__", _operator(_symbol))
    setattr(Scalar, f"__r{_name}__", _operator(_symbol, reflected=True))


def _is_number(x: Any) -> bool:
    return type(x) in (int, float)


def _text(x: Any) -> str:
    """A scalar operand as Python text (``nan`` and ``inf`` are names that the program knows)."""
    return x.text if isinstance(x, Scalar) else f"({x!r})" if x < 0 else repr(x)


def _refuse(what: str) -> NoReturn:
    raise UpdateError(
        f"an update may use Python's arithmetic and elementwise NumPy functions, not {what}: each entry may depend "
        "only on the same entry of its operands."
    )


class Tape:
    """The calls of one update, in order. The first numbers belong to the arrays passed to the update."""

    def __init__(self, inputs: int, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.inputs: list[Array] = [Array(self, i) for i in range(inputs)]
        self.arrays: int = inputs
        self.calls: list[Call] = []
        self.guarded: set[int] = set()

    def note(self, function: np.ufunc | None, operands: Sequence[Any]) -> Array:
        """Record a call, and return the array that stands for its result."""
        self.calls.append(Call(function, tuple(self._operand(function, x) for x in operands), self.arrays))
        if function is not None:
            self._check_dtype(function, len(operands))
        self.arrays += 1
        return Array(self, self.arrays - 1)

    def _operand(self, function: np.ufunc | None, x: Any) -> int | str:
        if isinstance(x, Array):
            return x.number
        if isinstance(x, Scalar) or _is_number(x):
            return _text(x)
        raise UpdateError(
            f"an operand of {getattr(function, '__name__', 'copy')} is a {type(x).__name__}: an update may only use "
            "its arrays, its coefficients and Python numbers. (A NumPy number would widen float32 arrays.)"
        )

    def _check_dtype(self, function: np.ufunc, operands: int) -> None:
        """All registers have the parameter's dtype, so results must have it too."""
        try:
            result = function.resolve_dtypes((*(self.dtype,) * operands, *(None,) * function.nout))[operands:]
        except TypeError as error:
            raise UpdateError(f"numpy.{function.__name__} does not take {operands} arrays of {self.dtype}.") from error
        if result != (self.dtype.newbyteorder("="),):
            kinds = ", ".join(str(dtype) for dtype in result)
            raise UpdateError(f"numpy.{function.__name__} of {self.dtype} gives {kinds}, but an update has one dtype.")


@lru_cache(maxsize=1024)
def _record(
    update: Callable[..., Any], slots: tuple[str, ...], settings: tuple[tuple[str, Any], ...], dtype: np.dtype[Any]
) -> Program:
    tape = Tape(2 + len(slots), dtype)
    values = {name: Scalar(name) if value is float else value for name, value in settings}
    returned = update(*tape.inputs, **values)
    if not isinstance(returned, tuple) or len(returned) != 1 + len(slots):
        raise UpdateError(
            f"an update must return a tuple of the new parameter and the new state {slots}, not {returned!r:.80}."
        )
    for value in returned:
        if not isinstance(value, Array) or value.tape is not tape:
            raise UpdateError(f"an update must return arrays computed from its operands, not {value!r:.80}.")
    targets = (PARAMETER, *range(2, 2 + len(slots)))
    goals = _goals(tape, dict(zip(targets, (value.number for value in returned), strict=True)))
    calls = _prune(tape.calls, set(goals.values()))
    first = _prune(calls, set(tape.guarded))
    calls = first + [call for call in calls if call not in first]
    places, registers = _place(calls, len(first), goals, len(tape.inputs))
    names = ["p", "g", *slots]
    return _write(calls, len(first), goals, places, registers, names, [name for name, _ in settings])


def guarded(x: T) -> T:
    """Mark a number of an update that may overflow although its operands are moderate, such as a square.

    It is computed before anything is changed, so that the update can be done in a wider dtype instead. Outside a
    recording, x is returned unchanged.
    """
    if isinstance(x, Array):
        x.tape.guarded.add(x.number)
    return x


def record(
    update: Callable[..., Any], slots: tuple[str, ...], settings: Mapping[str, Any], dtype: np.dtype[Any]
) -> Program:
    """The program of an update, made once for each combination of the arguments.

    ``update(p, g, *slots, **settings)`` returns the new parameter and the new state as a tuple. In ``settings``, the
    value ``float`` marks a coefficient, which gets its number at every step; other values (a flag, a string, None for a
    disabled term) are passed on. Raises UpdateError unless the update is a pure elementwise expression.
    """
    return _record(update, slots, tuple(settings.items()), dtype)


def _goals(tape: Tape, returned: dict[int, int]) -> dict[int, int]:
    """For each array to be changed, the call that computes its new value; an operand returned elsewhere is copied."""
    goals: dict[int, int] = {}
    for target, number in returned.items():
        if number == target:
            continue
        if number < len(tape.inputs):
            number = tape.note(None, [Array(tape, number)]).number
        goals[target] = number
    return goals


def _prune(calls: list[Call], needed: set[int]) -> list[Call]:
    kept = []
    for call in reversed(calls):
        if call.result in needed:
            needed.update(x for x in call.operands if isinstance(x, int))
            kept.append(call)
    return kept[::-1]


def _place(calls: list[Call], first: int, goals: dict[int, int], inputs: int) -> tuple[dict[int, int], int]:
    """The memory of each array: an input's number for the memory of that input, ``-1 - i`` for register i.

    Memory that will receive a new value may hold intermediate results until then, but not those of the first calls.
    """
    last = {x: i for i, call in enumerate(calls) for x in call.operands if isinstance(x, int)}
    born = {call.result: i for i, call in enumerate(calls)}
    target_of = {number: target for target, number in goals.items()}
    places = {i: i for i in range(inputs)}
    held_by = {target: target for target in goals}
    free: list[int] = []
    registers = 0

    def memory_of_inputs(i: int, result: int, ending: list[int]) -> list[int]:
        """The memory of inputs that call ``i`` may write to: that of its goal, or one that waits for a later goal."""
        if result in target_of:
            target = target_of[result]
            return [target] if last.get(held_by[target], -1) <= i else []
        end = last[result]
        return [places[x] for x in ending if places[x] in goals and end <= born[goals[places[x]]]]

    for i, call in enumerate(calls):
        ending = [x for x in dict.fromkeys(call.operands) if isinstance(x, int) and last[x] == i and x not in target_of]
        idle = [places[x] for x in ending if places[x] < 0]
        usable = memory_of_inputs(i, call.result, ending) if i >= first else []
        usable = usable or idle or free[-1:]  # the youngest of the free ones: it is still in the cache
        if not usable:
            registers += 1
        place = usable[0] if usable else -registers
        free = [x for x in (*free, *idle) if x != place]
        places[call.result] = place
        held_by[place] = call.result
    return places, registers


def _write(
    calls: list[Call], first: int, goals: dict[int, int], places: dict[int, int], registers: int, names: list[str],
    settings: list[str],
) -> Program:  # fmt: skip
    """The two functions of a program, as text and compiled."""
    known: dict[str, Any] = {"copyto": np.copyto, "inf": float("inf"), "nan": float("nan")}
    constants: dict[str, str] = {}  # the text of a scalar: its name

    def name_of(x: int | str) -> str:
        if isinstance(x, str):
            return constants.setdefault(x, f"k{len(constants)}")
        place = places[x]
        return names[place] if place >= 0 else f"r{-1 - place}"

    lines = []
    for i, call in enumerate(calls, 1):
        operands = ", ".join(name_of(x) for x in call.operands)
        if call.function is None:
            lines.append(f"    copyto({name_of(call.result)}, {operands})")
        else:
            known[call.function.__name__] = call.function
            out = "out=" if call.function in (np.maximum, np.minimum) else ""  # theirs is deprecated by position
            lines.append(f"    {call.function.__name__}({operands}, {out}{name_of(call.result)})")
        if i == first:
            known["Overflow"] = Overflow
            lines += ["    if overflowed:", "        raise Overflow"]
    for target, number in goals.items():
        if places[number] != target:
            lines.append(f"    copyto({names[target]}, {name_of(number)})")
    scratch = [f"r{i}" for i in range(registers)]
    fills = [f"    {name}[()] = {text}" for text, name in constants.items()]
    arguments = [*names, *scratch, *constants.values(), *(["overflowed"] if first else [])]
    clash = {name for name in (*arguments, *settings) if name in known or arguments.count(name) > 1}
    clash |= {name for name in settings if name in constants.values()}
    if clash:
        raise UpdateError(f"the names {sorted(clash)} of state or coefficients clash with the program: rename them.")
    filled = ", ".join([*constants.values(), "*", *settings] if settings else constants.values())
    run = [f"def run({', '.join(arguments)}):", *(lines or ["    pass"]), ""]
    load = [f"def load({filled}):", *(fills or ["    pass"]), ""]
    source = "\n".join([*run, *load])
    exec(compile(source, source_file("update", source), "exec"), known)  # our own text
    return Program(source, known["run"], known["load"], registers, len(constants), bool(first), len(lines))
