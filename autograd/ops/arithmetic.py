"""Arithmetic, comparison and choice: what Python's operators and their NumPy names do.

Ties share the gradient evenly (maximum, minimum, equal bounds of clip); else a value on a bound of clip is that of x.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.op import defop, unchanged
from autograd.facts import EXACT, NEAREST, Example
from autograd.hazards import DIFFERENCE, POWER, PRODUCT, REMAINDER, SUM, TOO_LATE, Case, Hazards
from autograd.ops.limits import leg, side

Array = Any


def _number(x: Array) -> bool:
    return isinstance(x, int | float)


# --- the four operations --------------------------------------------------------------------------------------

add = defop(
    "add", np.add, (unchanged, unchanged), infix=operator.add,
    symbol="+", slope=("1", "1"), rounding=NEAREST, hazards=SUM,
)  # fmt: skip
subtract = defop(
    "subtract", np.subtract, (unchanged, lambda g: -g), infix=operator.sub,
    symbol="-", slope=("1", "-1"), rounding=NEAREST, hazards=DIFFERENCE,
)  # fmt: skip
multiply = defop(
    "multiply", np.multiply, (lambda g, y: g * y, lambda g, x: g * x), infix=operator.mul,
    symbol="*", slope=("y", "x"), rounding=NEAREST,
    hazards=Hazards(
        Case(
            lambda x, y: 0.0 in (x, y) and (math.isinf(x) or math.isinf(y)),
            "0 * inf",
            "np.where(mask, x, 0.0) to leave entries out: a product with a mask keeps inf as nan",
        )
    ),
)  # fmt: skip
_SAFE_QUOTIENT = f"np.where(y != 0, x / np.where(y != 0, y, 1.0), 0.0), or x / (y + 1e-12) for a y >= 0 ({TOO_LATE})"
divide = defop(
    "divide", np.divide, (lambda g, y: g / y, lambda g, y, out: -(g * out / y)), infix=operator.truediv,
    symbol="/", slope=("1 / y", "-x / y ** 2"), rounding=NEAREST,
    hazards=Hazards(
        Case(lambda x, y: x == 0 == y, "0/0", _SAFE_QUOTIENT),
        Case(lambda x, y: y == 0, "division by 0", _SAFE_QUOTIENT),
        Case(
            lambda x, y: math.isinf(x) and math.isinf(y),
            "inf/inf",
            "a quotient of numbers that were scaled down first (for exponentials: softmax)",
        ),
    ),
)  # fmt: skip
negative = defop(
    "negative", np.negative, lambda g: -g, infix=operator.neg, slope="-1", rounding=EXACT, method="__neg__"
)
positive = defop("positive", np.positive, unchanged, slope="1", rounding=EXACT, method="__pos__")
reciprocal = defop(
    "reciprocal", np.reciprocal, lambda g, out: -(g * out * out),
    slope="-1 / x ** 2", rounding=NEAREST,
    hazards=Hazards(Case(lambda x: x == 0, "division by 0", "{guarded}"), guard="x != 0"),
)  # fmt: skip
square = defop("square", np.square, lambda g, x: g * (2.0 * x), slope="2 * x", rounding=NEAREST, hazards=PRODUCT)
absolute = defop("absolute", np.absolute, side, slope="sign(x)", rounding=EXACT, method=("abs", "__abs__"))
fabs = defop("fabs", np.fabs, side, slope="sign(x)", rounding=EXACT)


# --- power ----------------------------------------------------------------------------------------------------

_INT = np.dtype(int)


def power_kernel(x: Array, y: Array) -> Array:
    # What x ** 2 does in NumPy; np.power takes ten times as long. Not for integers, whose power 2.0 is a float, nor
    # for the NumPy scalar 2.0, which widens float32.
    if (y.__class__ is float or y.__class__ is int) and (y == 2 or y == 1) and getattr(x, "dtype", _INT).kind == "f":
        return np.square(x) if y == 2 else np.positive(x)
    return np.power(x, y)


def _power_slope(x: Array, y: Array) -> Array:
    """y * x**(y - 1), which is 0 for y = 0 even where x is 0."""
    if _number(y):
        if y == 2:
            return 2.0 * x
        if y != 0:
            return y * power(x, y - 1)
    return y * power(np.where((x == 0) & (y == 0), 1.0, x), y - 1.0)  # not y - 1: unsigned 0 - 1 is 255


def _log_base(x: Array, y: Array) -> Array:
    """log(x), with 0 in place of -inf where 0**y stays 0 in a neighbourhood of y."""
    if _number(x) and x > 0:
        return math.log(x)
    return np.log(np.where((x == 0) & (y >= 0), 1.0, x))


power: Callable[..., Any] = defop(
    "power", power_kernel, (lambda g, x, y: g * _power_slope(x, y), lambda g, x, y, out: g * (out * _log_base(x, y))),
    numpy=np.power,
    kind="elementwise", symbol="**", slope=("y * x ** (y - 1)", "x ** y * log(x)"), hazards=POWER,
)  # fmt: skip


# --- remainders and rounding ----------------------------------------------------------------------------------

remainder = defop(
    "remainder", np.remainder, (unchanged, lambda g, x, y: -(g * np.floor_divide(x, y))),
    symbol="%", slope=("1", "-floor(x / y)"), hazards=REMAINDER,
)  # fmt: skip
floor_divide = defop("floor_divide", np.floor_divide, None, symbol="//")
sign = defop("sign", np.sign, None)
floor = defop("floor", np.floor, None)
ceil = defop("ceil", np.ceil, None)
trunc = defop("trunc", np.trunc, None)
rint = defop("rint", np.rint, None)


# --- comparisons and tests: plain arrays of booleans ----------------------------------------------------------

equal = defop("equal", np.equal, None, infix=operator.eq, symbol="==")
not_equal = defop("not_equal", np.not_equal, None, infix=operator.ne, symbol="!=")
less = defop("less", np.less, None, infix=operator.lt, symbol="<")
less_equal = defop("less_equal", np.less_equal, None, infix=operator.le, symbol="<=")
greater = defop("greater", np.greater, None, infix=operator.gt, symbol=">")
greater_equal = defop("greater_equal", np.greater_equal, None, infix=operator.ge, symbol=">=")
isnan = defop("isnan", np.isnan, None)
isinf = defop("isinf", np.isinf, None)
isfinite = defop("isfinite", np.isfinite, None)
signbit = defop("signbit", np.signbit, None)
logical_and = defop("logical_and", np.logical_and, None)
logical_or = defop("logical_or", np.logical_or, None)
logical_not = defop("logical_not", np.logical_not, None)


# --- masks ----------------------------------------------------------------------------------------------------

_SAME_SIZE = {np.dtype(f): i for f, i in ((np.float16, np.int16), (np.float32, np.int32), (np.float64, np.int64))}


def masked_kernel(x: Array, *, mask: Array) -> Array:
    """x where the mask holds, else 0: np.where(mask, x, 0), but ten times faster on large random masks.

    The bits of a number and-ed with all ones or all zeros. Multiplying with the mask would be as fast, but makes
    inf * 0 = nan of a branch that was not taken.
    """
    if not x.shape and not mask.shape:
        return x[()] if mask else x.dtype.type(0.0)
    integer = _SAME_SIZE.get(x.dtype)
    if integer is None or mask.shape != x.shape:
        return np.where(mask, x, 0.0)
    bits = mask.astype(integer)
    bits *= x.view(integer)
    return bits.view(x.dtype)


masked: Callable[..., Any] = defop(
    "masked", masked_kernel, lambda g, mask: masked(g, mask=mask),
    doc="x where the mask holds, else 0.",
    kind="elementwise", matrix="G where the mask is True, else 0", rounding=EXACT,
    example=Example((2, 3), mask=np.array([True, False, True])),
)  # fmt: skip


# --- choice ---------------------------------------------------------------------------------------------------


def _larger(g: Array, winner: Array, loser: Array) -> Array:
    """The gradient of the winner of a maximum: all of it, or half in a tie."""
    return masked(g, mask=winner > loser) + masked(0.5 * g, mask=winner == loser)


_SHARE, _SHARE_OF_OTHER = "(x > y) + (x == y) / 2", "(x < y) + (x == y) / 2"


def _from_number(x: Array, y: Array) -> tuple[float, float] | None:
    """From the number that an array was compared with, as a ReLU that is written as a maximum."""
    numbers = [float(z) for z in (x, y) if np.ndim(z) == 0]
    return (numbers[0], math.inf) if len(numbers) == 1 else None


maximum = defop(
    "maximum", np.maximum, (lambda g, x, y: _larger(g, x, y), lambda g, x, y: _larger(g, y, x)),
    slope=(_SHARE, _SHARE_OF_OTHER), rounding=EXACT, range=_from_number,
)  # fmt: skip
minimum = defop(
    "minimum", np.minimum, (lambda g, x, y: _larger(g, y, x), lambda g, x, y: _larger(g, x, y)),
    slope=(_SHARE_OF_OTHER, _SHARE), rounding=EXACT,
)  # fmt: skip


def clip_kernel(x: Array, min: Array = None, max: Array = None) -> Array:
    return np.clip(x, min, max)


def _within(x: Array, lower: Array, upper: Array) -> Array:
    above: Array = np.True_ if lower is None else x >= lower
    below: Array = np.True_ if upper is None else x <= upper
    return above & below


def _moves(x: Array, lower: Array, upper: Array) -> Array:
    """Where the value of clip is that of x: between the bounds or on one of them, if there is room between them."""
    within = _within(x, lower, upper)
    return within if lower is None or upper is None or (room := lower < upper) is True else within & room


def _pinned(x: Array, lower: Array, upper: Array) -> Array:
    """Where x sits on both bounds, which then share."""
    return np.False_ if lower is None or upper is None else (x == lower) & (x == upper)


def _bound(g: Array, crossed: Array, pinned: Array) -> Array:
    return masked(g, mask=crossed) + masked(0.5 * g, mask=pinned) if np.any(pinned) else masked(g, mask=crossed)


def _over(x: Array, lower: Array, upper: Array) -> Array:
    return (x if lower is None else np.maximum(x, lower)) > upper


clip = defop(
    "clip", clip_kernel,
    (
        lambda g, x, min, max: masked(g, mask=_moves(x, min, max)),
        lambda g, x, min, max: _bound(g, (x < min) & _within(min, None, max), _pinned(x, min, max)),
        lambda g, x, min, max: _bound(g, _over(x, min, max), _pinned(x, min, max)),
    ),
    kind="elementwise", matrix=("G where x lies between the limits, else 0", None, None), rounding=EXACT, method="clip",
    options={"out": None, "*": None, "dtype": None, "where": True, "casting": np._NoValue},
    example=Example((2, 3), 0.4, 0.8),
)  # fmt: skip


def where_kernel(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


where = defop(
    "where", where_kernel,
    (
        None,
        lambda g, condition: masked(g, mask=np.not_equal(condition, 0)),
        lambda g, condition: masked(g, mask=np.equal(condition, 0)),
    ),
    kind="elementwise",
    matrix=(None, "G where the condition holds, else 0", "G where the condition does not hold, else 0"), rounding=EXACT,
    hazards=Hazards(chooses=True), example=Example(np.array([True, False, True]), (2, 3), (3,)),
)  # fmt: skip


def astype_kernel(x: Array, *, dtype: Any) -> Array:
    return x.astype(dtype)


astype = defop(  # the edge restores the dtype
    "astype", astype_kernel, unchanged, kind="elementwise", slope="1", example=Example((2, 3), dtype=np.float64)
)
copy = defop(
    "copy", lambda x: x.copy(), unchanged,
    kind="elementwise", slope="1", rounding=EXACT, method="copy", options={"order": "C"},
)  # fmt: skip


# --- further ufuncs -------------------------------------------------------------------------------------------


def cosine(x: Array, out: Array) -> Array:
    """x / out: the slope of a length. At the origin 0, as for abs; at infinity only what is infinite counts."""
    x = out.dtype.type(x) if _number(x) else x
    flat = (out == 0.0) | np.isinf(out)
    return np.where(flat, np.where(np.isinf(x), np.sign(x), 0.0), x / np.where(flat, 1.0, out))


# x / r for r = hypot(x, y), whose slopes are products: differences of squares would cancel where one side is short.
# What is at the origin, says `leg`. The length has no rule of its own, so these do not use it: in derivatives of third
# order it would count as a constant.
direction: Callable[..., Any] = defop(
    "_direction", lambda x, y, r: cosine(x, r),
    (
        lambda g, x, y: g * (direction(y, x, np.hypot(x, y)) ** 2 / _length(x, y)),
        lambda g, x, y, out: -(g * (out * direction(y, x, np.hypot(x, y)) / _length(x, y))),
        None,
    ),
    kind="elementwise",
)  # fmt: skip


def _length(x: Array, y: Array) -> Array:
    """That of x and y; 1 at the origin."""
    origin = np.equal(x, 0.0) & np.equal(y, 0.0)
    return np.hypot(np.where(origin, 1.0, x), y)


hypot = defop(
    "hypot", np.hypot,
    (
        lambda g, x, y, out: leg(g, x, out, direction(x, y, out)),
        lambda g, x, y, out: leg(g, y, out, direction(y, x, out)),
    ),
    slope=("x / out", "y / out"),
)  # fmt: skip
copysign = defop(
    "copysign", np.copysign, (lambda g, x, out: g * (np.sign(x) * np.sign(out)), None),
    slope=("sign(x) * sign(out)", None),
)  # fmt: skip
fmod = defop(
    "fmod", np.fmod, (unchanged, lambda g, x, y: -(g * np.trunc(x / y))),
    slope=("1", "-trunc(x / y)"), hazards=REMAINDER,
)  # fmt: skip
nextafter = defop("nextafter", np.nextafter, (unchanged, None), slope=("1", None))
ldexp = defop(
    "ldexp", np.ldexp, (lambda g, y: np.ldexp(g, y), None),
    slope=("2 ** y", None), example=Example((2, 3), np.array([1, 0, 2])),
)  # fmt: skip


def _larger_or_only(g: Array, winner: Array, loser: Array) -> Array:
    """The gradient of the winner of an extreme that passes over NaN."""
    alone = np.isnan(loser) & ~np.isnan(winner)
    return masked(g, mask=(winner > loser) | alone) + masked(0.5 * g, mask=winner == loser)


fmax = defop(
    "fmax", np.fmax, (lambda g, x, y: _larger_or_only(g, x, y), lambda g, x, y: _larger_or_only(g, y, x)),
    slope=(_SHARE, _SHARE_OF_OTHER), rounding=EXACT,
)  # fmt: skip
fmin = defop(
    "fmin", np.fmin, (lambda g, x, y: _larger_or_only(g, -x, -y), lambda g, x, y: _larger_or_only(g, -y, -x)),
    slope=(_SHARE_OF_OTHER, _SHARE), rounding=EXACT,
)  # fmt: skip

heaviside = defop("heaviside", np.heaviside, None)
spacing = defop("spacing", np.spacing, None)
logical_xor = defop("logical_xor", np.logical_xor, None)


def nan_to_num_kernel(x: Array, *, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Array:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num = defop(
    "nan_to_num", nan_to_num_kernel, lambda g, x: masked(g, mask=np.isfinite(x)), numpy=np.nan_to_num,
    kind="elementwise", matrix="G where x is finite, else 0",
)  # fmt: skip
