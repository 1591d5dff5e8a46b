"""Calls on single numbers as a tape: instructions on one array of floats, which a loop compiled by numba goes through.

The loop, tape.txt, uses the formulas of the Python text, and the loops of NumPy's ufuncs by their addresses.
"""

import ctypes
import math
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from string import Template
from typing import Any

import numpy as np

from autograd.compiling.straight import FORMULAS

LARGE = 2000  # calls, from which on a tape is worth the seconds in which numba compiles the loop

# Of these a result is finite only where NumPy has nothing to warn of.
_UFUNCS = (
    *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sin, np.cos, np.tanh, np.sign),
    *(np.maximum, np.minimum, np.power),
)
_SAMPLES = [0.0, -0.0, 0.1, 0.5, 0.7, 1.0, 2.0, -0.3, -1.0, 2.5, -7.0, 1e-9, 40.0, 1e5, -1e18, 5e-324, 700.0]
_SLOPE = "(t if (t := 1.0 - {1} * {1}) > 0.5 else tanh_slope({0}, {1}))"
_COMPARE = {"<", "<=", "==", "!=", ">", ">="}
_OTHERS = ("&", "|", "erf")  # what the formulas of the others have in common
_TEXTS = [text for text in dict.fromkeys(text for text, _ in FORMULAS.values()) if text != _SLOPE]
_TEXTS = [text for text in _TEXTS if not any(sign in text for sign in _OTHERS)]
_SUM_OF_PRODUCT, _TANH_SLOPE, _ONE, _TWO = range(len(_TEXTS), len(_TEXTS) + 4)
_ADD, _MULTIPLY = _TEXTS.index("{0} + {1}"), _TEXTS.index("{0} * {1}")


class _Ufunc(ctypes.Structure):
    """The beginning of a ufunc, as NumPy documents its C type, after what all objects begin with."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("nin", "nout", "nargs", "identity")),
        *(("functions", ctypes.POINTER(ctypes.c_void_p)), ("data", ctypes.POINTER(ctypes.c_void_p))),
        *(("ntypes", ctypes.c_int), ("reserved", ctypes.c_int), ("name", ctypes.c_char_p)),
    )


@cache
def _loop_of(ufunc: Any) -> tuple[int, int] | None:
    """The addresses of a ufunc's loop for doubles and of its data; None where they do not give its bits."""
    found = _Ufunc.from_address(id(ufunc) + object.__basicsize__)
    signature = "d" * ufunc.nin + "->d"
    described = found.nin, found.nout, found.nargs, found.ntypes, found.name
    if (
        described != (ufunc.nin, 1, ufunc.nin + 1, ufunc.ntypes, ufunc.__name__.encode())
        or signature not in ufunc.types
    ):
        return None
    place = ufunc.types.index(signature)
    address, data = found.functions[place], found.data[place] if found.data else None
    if not address:
        return None
    loop = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(address)
    numbers = np.zeros(ufunc.nin + 1)
    places = np.array([numbers.ctypes.data + 8 * k for k in range(len(numbers))], np.intp)
    one, steps = np.array([1], np.intp), np.zeros(len(numbers), np.intp)  # of one number NumPy steps by 0
    with np.errstate(all="ignore"):
        for x in _SAMPLES:
            for y in _SAMPLES:
                numbers[0], numbers[-2] = x, y
                loop(places.ctypes.data, one.ctypes.data, steps.ctypes.data, data)
                if numbers[-1:].tobytes() != ufunc(*numbers[:-1]).tobytes():
                    return None
    return address, data or 0


@cache
def _compiled() -> Any:
    """The loop, compiled once."""
    import numba
    from llvmlite import ir

    @numba.extending.intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def call(context: Any, function: Any, places: Any, one: Any, steps: Any, data: Any) -> Any:
        """A call of a C function by its address."""

        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            pointer = ir.IntType(8).as_pointer()
            kind = ir.FunctionType(ir.VoidType(), [pointer] * 4).as_pointer()
            function, *others = values
            builder.call(builder.inttoptr(function, kind), [builder.inttoptr(x, pointer) for x in others])
            return context.get_dummy_value()

        return numba.types.void(*[numba.types.intp] * 5), write

    lines = []
    for k, text in enumerate(_TEXTS):
        formula = text.format("x", "y", "z")
        truth = f"1.0 if {formula} else 0.0" if set(formula.split()[1:2]) & _COMPARE else formula
        lines.append(f"  elif k == {k}: r = {truth}")
    loop = Template(files(__package__).joinpath("tape.txt").read_text(encoding="utf-8"))
    numbers = {"sum_of_product": _SUM_OF_PRODUCT, "tanh_slope": _TANH_SLOPE, "one": _ONE}
    space = {"call": call, "sqrt": math.sqrt, "nan": math.nan}
    exec(loop.substitute(numbers, formulas="\n".join(lines)), space)
    words = "void(i4[::1], i4[:, ::1], i4[::1], f8[::1], i8[:, ::1], i8[::1], i8[::1], i8[::1])"
    return numba.njit(words, error_model="numpy")(space["run"])


def reason_against(block: Any) -> str | None:
    """Why a block does not run as a tape, in words; empty if it is too short for one."""
    if len(block.code) < LARGE:
        return ""
    for fn, kinds, _ in block.table:
        if not (_is_formula(fn) or (fn in _UFUNCS and len(kinds) == fn.nin and _loop_of(fn))) or not _loop_of(np.exp):
            return f"{fn.__name__} has no tape instruction"
    if find_spec("numba") is None:
        return "with numba they would run as a tape: pip install numba (the extra 'compile')"
    try:
        _compiled()
    except Exception as error:  # of another NumPy, say
        return f"numba cannot be used: {error}"
    return None


def _is_formula(fn: Any) -> bool:
    return fn in FORMULAS and FORMULAS[fn][0] in (*_TEXTS, _SLOPE)


class Tape:
    """A block as a tape."""

    def __init__(self, block: Any) -> None:
        start = len(block.inputs) + len(block.constants)
        ufuncs = [np.exp]
        kinds = []
        for fn, operands, _ in block.table:
            if _is_formula(fn):
                text = FORMULAS[fn][0]
                kinds.append((_TANH_SLOPE if text == _SLOPE else _TEXTS.index(text), 0))
            else:
                ufuncs.append(fn)
                kinds.append((_ONE if len(operands) == 1 else _TWO, len(ufuncs) - 1))
        code, loop = np.array(kinds, np.int32).T[:, block.code]
        at = block.places.copy()
        at[:, 2] = np.where(code >= _ONE, loop, at[:, 2])
        self._code, self._at, self._to = _with_sums_of_products(code, at, start, block.results)
        self._values = np.zeros(start + len(code) + 2)
        self._values[len(block.inputs) : start] = [float(x) for x in block.constants]
        self._count, self._start, self._results = len(block.inputs), start, np.array(block.results, np.intp)
        loops = np.array([_loop_of(fn) for fn in ufuncs], np.int64)
        self._others = loops, np.zeros(3, np.int64), np.ones(1, np.int64), np.zeros(3, np.int64)
        self.bytes: Any = self._values.nbytes + self._code.nbytes + self._at.nbytes + self._to.nbytes

    def run(self, inputs: tuple[Any, ...]) -> Any:
        """The results; None where a number is not finite."""
        values = self._values
        values[: self._count] = np.fromiter(map(float, inputs), float, self._count)
        _compiled()(self._code, self._at, self._to, values, *self._others)
        return values[self._results].tolist() if np.isfinite(values[self._start : -2]).all() else None


def _with_sums_of_products(code: Any, at: Any, start: int, results: list[int]) -> Any:
    """Instructions, operands and places of results, where a product that only a sum needs is made with that sum."""
    uses = np.bincount(np.concatenate([at[:, :2].ravel(), at[code < _ONE, 2], results]), minlength=start + len(code))
    alone = np.zeros(start + len(code), bool)
    alone[start:] = (code == _MULTIPLY) & (uses[start:] == 1)
    left = (code == _ADD) & alone[at[:, 0]]
    right = (code == _ADD) & ~left & alone[at[:, 1]]
    product = np.where(left, at[:, 0], at[:, 1])[left | right] - start
    other = np.where(left, at[:, 1], at[:, 0])[left | right]
    code, at, kept = code.copy(), at.copy(), np.ones(len(code), bool)
    at[left | right] = np.column_stack([at[product, :2], other])
    code[left | right] = _SUM_OF_PRODUCT
    kept[product] = False
    to = np.arange(start, start + len(code), dtype=np.int32)
    return code[kept], at[kept], to[kept]
