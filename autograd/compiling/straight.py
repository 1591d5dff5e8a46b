"""Calls on single numbers as straight-line Python on floats, where a result that is used once is written inline."""

import operator
import sys
from collections import Counter
from collections.abc import Iterator
from math import erf, erfc, inf, nan, sqrt
from operator import itemgetter
from typing import Any

import numpy as np

from autograd.compiling.creators import without_aliases
from autograd.compiling.operators import BINARY, COMPARISONS, UFUNC_OF
from autograd.ops.arithmetic import masked_number
from autograd.ops.transcendental import ROOT_HALF, erf_number, ndtr_number, relu_number, tanh_slope_number

PART = 2000  # calls in one function, because Python compiles a long one slowly; others get its values in a list
DEEP = 12  # expressions in one another

# What has the same bits with floats, and the places of the operands that cannot be infinite or NaN without the result
# being so as well.
FORMULAS: dict[Any, tuple[str, str]] = {
    np.where: ("({1} if {0} else {2})", ""),
    without_aliases(masked_number, None): ("({1} if {0} else 0.0)", ""),
    without_aliases(relu_number, None): ("(0.0 if {0} <= 0.0 else {0})", ""),
    without_aliases(tanh_slope_number, None): ("(t if (t := 1.0 - {1} * {1}) > 0.5 else tanh_slope({0}, {1}))", ""),
    without_aliases(erf_number, None): ("erf({0})", ""),
    without_aliases(ndtr_number, None): (f"0.5 * erfc({-ROOT_HALF!r} * {{0}})", ""),
    np.square: ("{0} * {0}", "0"),
    np.reciprocal: ("1.0 / {0}", ""),
    np.sqrt: ("sqrt({0})", "0"),
    operator.and_: ("{0} & {1}", ""),
    operator.or_: ("{0} | {1}", ""),
}
_KEPT = {operator.add: "01", operator.sub: "01", operator.mul: "01", operator.truediv: "0"}
for _python in (*_KEPT, *COMPARISONS):
    _symbol, _ufunc = BINARY[_python]
    FORMULAS[_python] = FORMULAS[_ufunc] = f"{{0}} {_symbol} {{1}}", _KEPT.get(_python, "")
for _unary, _text in ((operator.neg, "-{0}"), (operator.pos, "+{0}"), (operator.abs, "abs({0})")):
    FORMULAS[_unary] = FORMULAS[UFUNC_OF[_unary]] = _text, "0"

_BOXES = {np.float64: "float64({})", np.bool_: "truth({})", np.ndarray: "array({})", int: "int({})", float: "{}"}


def tanh_slope(x: float, y: float) -> float:
    """The kernel on floats, where the value is near 1."""
    return float(tanh_slope_number(np.float64(x), np.float64(y)))


class Straight:
    """The functions of a block."""

    def __init__(self, block: Any) -> None:
        self._block = block
        self._start = len(block.inputs) + len(block.constants)  # of the results
        functions = (sqrt, erf, erfc, tanh_slope, np.float64, np.array)
        self.space: dict[str, Any] = {f.__name__: f for f in functions} | {"inf": inf, "nan": nan, "truth": np.bool_}
        self._formulas = [self._formula(i, *entry) for i, entry in enumerate(block.table)]
        self.bytes: int = 0
        self._parts: list[Any] = []

    def compile(self) -> None:
        """Compile the functions."""
        for text in self.texts():
            exec(compile(text, "<chainrule: numbers>", "exec"), self.space)
            self._parts.append(self.space.pop("part"))
            code = self._parts[-1].__code__
            held = (code, code.co_linetable, code.co_varnames, *code.co_varnames, *code.co_consts)
            self.bytes += sum(map(sys.getsizeof, held))

    def run(self, inputs: tuple[Any, ...]) -> Any:
        """The results; None where a number is not finite."""
        values, check = [*map(float, inputs), *self._room], 0.0
        try:
            with np.errstate(all="raise", under="ignore"):
                for part in self._parts:
                    check = part(values, check)
        except (ArithmeticError, ValueError):
            return None
        found = self._results(values)
        check += sum(found)
        return found[:-1] if check - check == 0.0 else None

    def _formula(self, i: int, fn: Any, kinds: tuple[type, ...], truth: bool) -> tuple[str, str]:
        if fn in FORMULAS:
            return FORMULAS[fn]
        name = f"{fn.__name__}_{i}"
        self.space[name] = fn
        boxes = [_BOXES[kind] if kind is int or not isinstance(fn, np.ufunc) else "{}" for kind in kinds]
        given = ", ".join(box.format(f"{{{k}}}") for k, box in enumerate(boxes))
        return f"{'bool' if truth else 'float'}({name}({given}))", ""

    def texts(self) -> Iterator[str]:
        """The functions, one after the other."""
        block, start = self._block, self._start
        calls = []
        for code, at in zip(block.code.tolist(), block.places.tolist(), strict=True):
            _, kinds, truth = block.table[code]
            calls.append((*self._formulas[code], at[: len(kinds)], truth))
        uses, kept, user = [0] * (start + len(calls)), [False] * (start + len(calls)), [0] * (start + len(calls))
        for i, (_, kept_places, at, _) in enumerate(calls):
            for k, x in enumerate(at):
                uses[x] += 1
                user[x] = i  # the last one
                kept[x] = kept[x] or str(k) in kept_places
        for x in block.results:
            uses[x], user[x], kept[x] = 2, len(calls) + PART, True
        slots = {x: x for x in range(len(block.inputs))}
        for x in range(start, start + len(calls)):
            if user[x] // PART > (x - start) // PART:
                slots[x] = len(slots)
        self._room = [0.0] * (len(slots) - len(block.inputs))
        self._results = itemgetter(*[slots[x] for x in block.results], slots[block.results[0]])  # of one a tuple too
        literals = [_literal(x) for x in block.constants]
        for first in range(0, len(calls), PART):
            part = calls[first : first + PART]
            reads = Counter([x for _, _, at, _ in part for x in at])
            written: dict[int, str] = {}
            depth: dict[int, int] = {}
            lines = ["def part(v, check):"]
            for i, (formula, _, at, truth) in enumerate(part, start + first):
                for x in at:
                    if x in written:
                        continue
                    if len(block.inputs) <= x < start:
                        written[x] = literals[x - len(block.inputs)]
                    elif reads[x] == 1:
                        written[x] = f"v[{slots[x]}]"
                    else:
                        written[x] = f"x{x}"
                        lines.append(f" x{x} = v[{slots[x]}]")
                text = formula.format(*[written[x] for x in at])
                depth[i] = 1 + max(depth.get(x, 0) for x in at)
                if (
                    uses[i] == 1
                    and (truth or kept[i])
                    and user[i] < first + len(part)
                    and depth[i] < DEEP
                    and calls[user[i]][0].count(f"{{{calls[user[i]][2].index(i)}}}") == 1
                ):
                    written[i] = f"({text})"
                    continue
                depth[i], written[i] = 0, f"x{i}"
                lines.append(f" {f'v[{slots[i]}] = ' if i in slots else ''}x{i} = {text}")
                if not (truth or kept[i]):
                    lines.append(f" check += x{i}")
            yield "\n".join([*lines, " return check", ""])


def _literal(x: Any) -> str:
    text = repr(bool(x) if isinstance(x, np.bool_) else float(x))
    return f"({text})" if text[0] == "-" else text
