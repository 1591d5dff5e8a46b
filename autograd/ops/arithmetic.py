"""Arithmetic, comparison and choice: the ops behind Python's operators and their NumPy functions."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import Array
from autograd.engine.op import OpFunction, defop, unchanged
from autograd.facts import EXACT, NEAREST, Example
from autograd.hazards import DIFFERENCE, POWER, PRODUCT, REMAINDER, SUM, TOO_LATE, Case, Hazards
from autograd.ops.limits import leg, side
from autograd.recording import one_call


def _number(x: Array) -> bool:
    return isinstance(x, int | float)


def _constant(ufunc: np.ufunc, doc: str, doctest: str, **facts: Any) -> OpFunction:
    """An op without gradient: constant between its jumps."""
    return defop(ufunc.__name__, ufunc, None, doc=doc, doctest=doctest, **facts)


def _comparison(ufunc: np.ufunc, infix: Any, symbol: str, words: str, example: str) -> OpFunction:
    doctest = f"tensor([1.0, 2.0]) {symbol} {example}"
    return _constant(ufunc, f"True where x {words}.", doctest, infix=infix, symbol=symbol)


add: OpFunction = defop(
    "add", np.add, (unchanged, unchanged), infix=operator.add,
    symbol="+", slope=("1", "1"), rounding=NEAREST, hazards=SUM,
    doc="The sum of x and y.", doctest="tensor([1.0, 2.0]) + 1.0 -> tensor([2., 3.])",
)  # fmt: skip
subtract: OpFunction = defop(
    "subtract", np.subtract, (unchanged, lambda g: -g), infix=operator.sub,
    symbol="-", slope=("1", "-1"), rounding=NEAREST, hazards=DIFFERENCE,
    doc="The difference of x and y.", doctest="tensor([1.0, 2.0]) - 1.0 -> tensor([0., 1.])",
)  # fmt: skip
multiply: OpFunction = defop(
    "multiply", np.multiply, (lambda g, y: g * y, lambda g, x: g * x), infix=operator.mul,
    symbol="*", slope=("y", "x"), rounding=NEAREST,
    hazards=Hazards(
        Case(
            lambda x, y: 0.0 in (x, y) and (math.isinf(x) or math.isinf(y)),
            "0 * inf",
            "np.where(mask, x, 0.0) to leave entries out: a product with a mask turns inf into nan",
        )
    ),
    doc="The product of x and y, entry by entry.", doctest="tensor([1.0, 2.0]) * [3.0, 4.0] -> tensor([3., 8.])",
)  # fmt: skip
_SAFE_QUOTIENT = f"np.where(y != 0, x / np.where(y != 0, y, 1.0), 0.0), or x / (y + 1e-12) for a y >= 0 ({TOO_LATE})"
divide: OpFunction = defop(
    "divide", np.divide, (lambda g, y: g / y, lambda g, y, out: -(g * out / y)), infix=operator.truediv,
    symbol="/", slope=("1 / y", "-x / y ** 2"), rounding=NEAREST,
    hazards=Hazards(
        Case(lambda x, y: x == 0 == y, "0/0", _SAFE_QUOTIENT),
        Case(lambda x, y: y == 0, "division by 0", _SAFE_QUOTIENT),
        Case(
            lambda x, y: math.isinf(x) and math.isinf(y),
            "inf/inf",
            "scale both numbers down before dividing (for exponentials: use softmax)",
        ),
    ),
    doc="The quotient of x and y.", doctest="tensor([1.0, 2.0]) / 4.0 -> tensor([0.25, 0.5 ])",
)  # fmt: skip
negative: OpFunction = defop(
    "negative", np.negative, lambda g: -g, infix=operator.neg, slope="-1", rounding=EXACT, method="__neg__",
    doc="The negative of x.", doctest="-tensor([1.0, -2.0]) -> tensor([-1.,  2.])",
)  # fmt: skip
positive: OpFunction = defop(
    "positive", np.positive, unchanged, numpy=(np.positive, np.conjugate, np.real),
    slope="1", rounding=EXACT, method="__pos__",
    doc="x unchanged.", doctest="+tensor([1.0, -2.0]) -> tensor([ 1., -2.])",
)  # fmt: skip
reciprocal: OpFunction = defop(
    "reciprocal", np.reciprocal, lambda g, out: -(g * out * out),
    slope="-1 / x ** 2", rounding=NEAREST,
    hazards=Hazards(Case(lambda x: x == 0, "division by 0", "{guarded}"), guard="x != 0"),
    doc="1 divided by x.", doctest="np.reciprocal(tensor([2.0, 4.0])) -> tensor([0.5 , 0.25])",
)  # fmt: skip
square: OpFunction = defop(
    "square", np.square, lambda g, x: g * (2.0 * x), slope="2 * x", rounding=NEAREST, hazards=PRODUCT,
    doc="The square of x.", doctest="np.square(tensor([2.0, -3.0])) -> tensor([4., 9.])",
)  # fmt: skip
absolute: OpFunction = defop(
    "absolute", np.absolute, side, slope="sign(x)", rounding=EXACT, method=("abs", "__abs__"),
    doc="The absolute value of x, with slope 0 at 0.",
    doctest="abs(tensor([2.0, -3.0])) -> tensor([2., 3.])",
)  # fmt: skip
fabs: OpFunction = defop(
    "fabs", np.fabs, side, slope="sign(x)", rounding=EXACT,
    doc="The absolute value of x, as a float.", doctest="np.fabs(tensor([2.0, -3.0])) -> tensor([2., 3.])",
)  # fmt: skip


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


@one_call()
def _log(x: float) -> float:
    return math.log(x)


def _log_base(x: Array, y: Array) -> Array:
    """log(x), but 0 instead of -inf at x = 0 if y >= 0."""
    if _number(x) and x > 0:
        return _log(x)
    return np.log(np.where((x == 0) & (y >= 0), 1.0, x))


power: Callable[..., Any] = defop(
    "power", power_kernel, (lambda g, x, y: g * _power_slope(x, y), lambda g, x, y, out: g * (out * _log_base(x, y))),
    numpy=np.power,
    kind="elementwise", symbol="**", slope=("y * x ** (y - 1)", "x ** y * log(x)"), hazards=POWER,
    doc="x to the power y; the derivative by y exists where x is not negative.",
    doctest="tensor([2.0, 3.0]) ** 2 -> tensor([4., 9.])",
)  # fmt: skip
remainder: OpFunction = defop(
    "remainder", np.remainder, (unchanged, lambda g, x, y: -(g * np.floor_divide(x, y))),
    symbol="%", slope=("1", "-floor(x / y)"), hazards=REMAINDER,
    doc="The remainder of x / y, with the sign of y.", doctest="tensor([7.0, -7.0]) % 4.0 -> tensor([3., 1.])",
)  # fmt: skip
floor_divide: OpFunction = _constant(
    np.floor_divide,
    "The quotient of x and y, rounded down: piecewise constant, without gradient.",
    "tensor([7.0, -7.0]) // 4.0 -> tensor([ 1., -2.])",
    symbol="//",
)

# Comparisons: plain arrays of booleans.
equal = _comparison(np.equal, operator.eq, "==", "equals y", "2.0 -> array([False,  True])")
not_equal = _comparison(np.not_equal, operator.ne, "!=", "differs from y", "2.0 -> array([ True, False])")
less = _comparison(np.less, operator.lt, "<", "is less than y", "2.0 -> array([ True, False])")
less_equal = _comparison(np.less_equal, operator.le, "<=", "is at most y", "2.0 -> array([ True,  True])")
greater = _comparison(np.greater, operator.gt, ">", "is greater than y", "1.0 -> array([False,  True])")
greater_equal = _comparison(np.greater_equal, operator.ge, ">=", "is at least y", "2.0 -> array([False,  True])")

# Without gradient: steps, and tests, which return plain arrays of booleans.
for _ufunc, _doc, _doctest in (
    (np.sign, "The sign of x as 1, 0 or -1, without gradient.",
        "np.sign(tensor([2.0, 0.0, -3.0])) -> tensor([ 1.,  0., -1.])"),
    (np.floor, "x rounded down, without gradient.", "np.floor(tensor([1.5, -1.5])) -> tensor([ 1., -2.])"),
    (np.ceil, "x rounded up, without gradient.", "np.ceil(tensor([1.5, -1.5])) -> tensor([ 2., -1.])"),
    (np.trunc, "x rounded towards 0, without gradient.", "np.trunc(tensor([1.5, -1.5])) -> tensor([ 1., -1.])"),
    (np.rint, "x rounded to the nearest integer, ties to even, without gradient.",
        "np.rint(tensor([1.4, 2.5])) -> tensor([1., 2.])"),
    (np.isnan, "True where x is NaN.", "np.isnan(tensor([1.0, np.nan])) -> array([False,  True])"),
    (np.isinf, "True where x is infinite.", "np.isinf(tensor([1.0, -np.inf])) -> array([False,  True])"),
    (np.isfinite, "True where x is neither infinite nor NaN.",
        "np.isfinite(tensor([1.0, np.inf, np.nan])) -> array([ True, False, False])"),
    (np.signbit, "True where the sign of x is negative, also for -0.0.",
        "np.signbit(tensor([1.0, -0.0])) -> array([False,  True])"),
    (np.logical_and, "True where both x and y are nonzero.",
        "np.logical_and(tensor([1.0, 0.0]), [1, 1]) -> array([ True, False])"),
    (np.logical_or, "True where x or y is nonzero.",
        "np.logical_or(tensor([1.0, 0.0]), [0, 0]) -> array([ True, False])"),
    (np.logical_not, "True where x is 0.", "np.logical_not(tensor([1.0, 0.0])) -> array([False,  True])"),
    (np.heaviside, "0 where x < 0, 1 where x > 0, and y where x is 0; without gradient.",
        "np.heaviside(tensor([-1.0, 0.0, 1.0]), 0.5) -> tensor([0. , 0.5, 1. ])"),
    (np.spacing, "The distance from x to the next floating-point number away from 0, without gradient.",
        "np.spacing(tensor(1.0)) -> tensor(2.22044605e-16)"),
    (np.logical_xor, "True where exactly one of x and y is nonzero.",
        "np.logical_xor(tensor([1.0, 0.0]), [1, 1]) -> array([False,  True])"),
):  # fmt: skip
    globals()[_ufunc.__name__] = _constant(_ufunc, _doc, _doctest)


_SAME_SIZE = {np.dtype(f): i for f, i in ((np.float16, np.int16), (np.float32, np.int32), (np.float64, np.int64))}


def masked_kernel(x: Array, *, mask: Array) -> Array:
    """x where the mask holds, else 0: np.where(mask, x, 0), but ten times faster on large random masks.

    The bits of a number and-ed with all ones or all zeros. Multiplying with the mask would be as fast, but makes
    inf * 0 = nan of a branch that was not taken.
    """
    if not x.shape and not mask.shape:
        if type(mask) is not mask.__class__:  # in a trace
            return masked_number(mask, x)
        return x[()] if mask else x.dtype.type(0.0)
    integer = _SAME_SIZE.get(x.dtype)
    if integer is None or mask.shape != x.shape:
        return np.where(mask, x, 0.0)
    bits = mask.astype(integer)
    bits *= x.view(integer)
    return bits.view(x.dtype)


@one_call()
def masked_number(mask: Array, x: Array) -> Array:
    return x[()] if mask else x.dtype.type(0.0)


masked: Callable[..., Any] = defop(
    "masked", masked_kernel, lambda g, mask: masked(g, mask=mask),
    kind="elementwise", matrix="G where the mask is True, else 0", rounding=EXACT,
    example=Example((2, 3), mask=np.array([True, False, True])),
    doc="x where the mask holds, else 0; masked entries get a gradient of 0, even if the incoming one is nan.",
    doctest="masked(tensor([1.0, 2.0]), mask=np.array([True, False])) -> tensor([1., 0.])",
)  # fmt: skip


def _larger(g: Array, winner: Array, loser: Array) -> Array:
    """The gradient of the winner of a maximum: all of it, or half in a tie."""
    return masked(g, mask=winner > loser) + masked(0.5 * g, mask=winner == loser)


_SHARE, _SHARE_OF_OTHER = "(x > y) + (x == y) / 2", "(x < y) + (x == y) / 2"


def _from_number(x: Array, y: Array) -> tuple[float, float] | None:
    """From the number that an array was compared with, as a ReLU that is written as a maximum."""
    numbers = [float(z) for z in (x, y) if np.ndim(z) == 0]
    return (numbers[0], math.inf) if len(numbers) == 1 else None


maximum: OpFunction = defop(
    "maximum", np.maximum, (lambda g, x, y: _larger(g, x, y), lambda g, x, y: _larger(g, y, x)),
    slope=(_SHARE, _SHARE_OF_OTHER), rounding=EXACT, range=_from_number,
    doc="The larger of x and y; in a tie, each gets half of the gradient.",
    doctest="np.maximum(tensor([1.0, 5.0]), 3.0) -> tensor([3., 5.])",
)  # fmt: skip
minimum: OpFunction = defop(
    "minimum", np.minimum, (lambda g, x, y: _larger(g, y, x), lambda g, x, y: _larger(g, x, y)),
    slope=(_SHARE_OF_OTHER, _SHARE), rounding=EXACT,
    doc="The smaller of x and y; in a tie, each gets half of the gradient.",
    doctest="np.minimum(tensor([1.0, 5.0]), 3.0) -> tensor([1., 3.])",
)  # fmt: skip


def _within(x: Array, lower: Array, upper: Array) -> Array:
    above: Array = np.True_ if lower is None else x >= lower
    below: Array = np.True_ if upper is None else x <= upper
    return above & below


def _moves(x: Array, lower: Array, upper: Array) -> Array:
    """True where clip takes the value of x: between the bounds, or on one of two different ones."""
    within = _within(x, lower, upper)
    return within if lower is None or upper is None or (room := lower < upper) is True else within & room


def _pinned(x: Array, lower: Array, upper: Array) -> Array:
    """True where x lies on both bounds, which then share the gradient."""
    return np.False_ if lower is None or upper is None else (x == lower) & (x == upper)


def _bound(g: Array, crossed: Array, pinned: Array) -> Array:
    return masked(g, mask=crossed) + masked(0.5 * g, mask=pinned) if np.any(pinned) else masked(g, mask=crossed)


def _over(x: Array, lower: Array, upper: Array) -> Array:
    return (x if lower is None else np.maximum(x, lower)) > upper


clip: OpFunction = defop(
    "clip", lambda x, min=None, max=None: np.clip(x, min, max),
    (
        lambda g, x, min, max: masked(g, mask=_moves(x, min, max)),
        lambda g, x, min, max: _bound(g, (x < min) & _within(min, None, max), _pinned(x, min, max)),
        lambda g, x, min, max: _bound(g, _over(x, min, max), _pinned(x, min, max)),
    ),
    kind="elementwise", matrix=("G where x is between the limits, else 0", None, None), rounding=EXACT, method="clip",
    options={"out": None, "*": None, "dtype": None, "where": True, "casting": np._NoValue},
    example=Example((2, 3), 0.4, 0.8),
    doc="x limited to the range between two bounds; beyond a bound, the gradient goes to that bound.",
    doctest="tensor([-2.0, 0.5, 2.0]).clip(-1.0, 1.0) -> tensor([-1. ,  0.5,  1. ])",
)  # fmt: skip
where: OpFunction = defop(
    "where", lambda condition, x, y: np.where(condition, x, y),
    (
        None,
        lambda g, condition: masked(g, mask=np.not_equal(condition, 0)),
        lambda g, condition: masked(g, mask=np.equal(condition, 0)),
    ),
    kind="elementwise",
    matrix=(None, "G where the condition holds, else 0", "G where the condition does not hold, else 0"), rounding=EXACT,
    hazards=Hazards(chooses=True), example=Example(np.array([True, False, True]), (2, 3), (3,)),
    doc="x where the condition holds, else y; entries not chosen get a gradient of 0.",
    doctest="np.where([True, False], tensor([1.0, 2.0]), 0.0) -> tensor([1., 0.])",
)  # fmt: skip
astype: OpFunction = defop(
    "astype", lambda x, *, dtype: x.astype(dtype), unchanged,  # the edge restores the dtype
    kind="elementwise", slope="1", example=Example((2, 3), dtype=np.float64),
    doc="x in another floating dtype; its gradient comes back in the dtype of x.",
    doctest="tensor([1.0, 2.0]).astype(np.float32) -> tensor([1., 2.], dtype=float32)",
)  # fmt: skip
copy: OpFunction = defop(
    "copy", lambda x: x.copy(), unchanged,
    kind="elementwise", slope="1", rounding=EXACT, method="copy", options={"order": "C"},
    doc="A copy of x within the graph.", doctest="tensor([1.0, 2.0]).copy() -> tensor([1., 2.])",
)  # fmt: skip


def cosine(x: Array, out: Array) -> Array:
    """x / out: the slope of a length. It is 0 at the origin, as for abs; at infinity only infinite entries count."""
    x = np.asarray(x, out.dtype) if _number(x) else x
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
    doc="x / r for the length r of (x, y): the slope of that length by x.",
)  # fmt: skip


def _length(x: Array, y: Array) -> Array:
    """That of x and y; 1 at the origin."""
    origin = np.equal(x, 0.0) & np.equal(y, 0.0)
    return np.hypot(np.where(origin, 1.0, x), y)


hypot: OpFunction = defop(
    "hypot", np.hypot,
    (
        lambda g, x, y, out: leg(g, x, out, direction(x, y, out)),
        lambda g, x, y, out: leg(g, y, out, direction(y, x, out)),
    ),
    slope=("x / out", "y / out"),
    doc="The length sqrt(x**2 + y**2), without overflow, with slope 0 at the origin.",
    doctest="np.hypot(tensor(3.0), 4.0) -> tensor(5.)",
)  # fmt: skip
copysign: OpFunction = defop(
    "copysign", np.copysign, (lambda g, x, out: g * (np.sign(x) * np.sign(out)), None),
    slope=("sign(x) * sign(out)", None),
    doc="The magnitude of x with the sign of y; y gets no gradient.",
    doctest="np.copysign(tensor([1.0, 2.0]), [-1.0, 1.0]) -> tensor([-1.,  2.])",
)  # fmt: skip
fmod: OpFunction = defop(
    "fmod", np.fmod, (unchanged, lambda g, x, y: -(g * np.trunc(x / y))),
    slope=("1", "-trunc(x / y)"), hazards=REMAINDER,
    doc="The remainder of x / y, with the sign of x.",
    doctest="np.fmod(tensor([7.0, -7.0]), 4.0) -> tensor([ 3., -3.])",
)  # fmt: skip
nextafter: OpFunction = defop(
    "nextafter", np.nextafter, (unchanged, None), slope=("1", None),
    doc="The next floating-point number after x towards y; y gets no gradient.",
    doctest="np.nextafter(tensor(1.0), 2.0) - 1.0 -> tensor(2.22044605e-16)",
)  # fmt: skip
ldexp: OpFunction = defop(
    "ldexp", np.ldexp, (lambda g, y: np.ldexp(g, y), None),
    slope=("2 ** y", None), example=Example((2, 3), np.array([1, 0, 2])),
    doc="x times 2 to the power y; y is an integer and gets no gradient.",
    doctest="np.ldexp(tensor([1.0, 3.0]), 2) -> tensor([ 4., 12.])",
)  # fmt: skip


def _larger_or_only(g: Array, winner: Array, loser: Array) -> Array:
    """The gradient of the winner of an extreme that ignores NaN."""
    alone = np.isnan(loser) & ~np.isnan(winner)
    return masked(g, mask=(winner > loser) | alone) + masked(0.5 * g, mask=winner == loser)


fmax: OpFunction = defop(
    "fmax", np.fmax, (lambda g, x, y: _larger_or_only(g, x, y), lambda g, x, y: _larger_or_only(g, y, x)),
    slope=(_SHARE, _SHARE_OF_OTHER), rounding=EXACT,
    doc="The larger of x and y, ignoring NaN; in a tie, each gets half of the gradient.",
    doctest="np.fmax(tensor([1.0, np.nan]), 0.0) -> tensor([1., 0.])",
)  # fmt: skip
fmin: OpFunction = defop(
    "fmin", np.fmin, (lambda g, x, y: _larger_or_only(g, -x, -y), lambda g, x, y: _larger_or_only(g, -y, -x)),
    slope=(_SHARE_OF_OTHER, _SHARE), rounding=EXACT,
    doc="The smaller of x and y, ignoring NaN; in a tie, each gets half of the gradient.",
    doctest="np.fmin(tensor([1.0, np.nan]), 2.0) -> tensor([1., 2.])",
)  # fmt: skip
nan_to_num: OpFunction = defop(
    "nan_to_num",
    lambda x, *, nan=0.0, posinf=None, neginf=None: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    lambda g, x: masked(g, mask=np.isfinite(x)), numpy=np.nan_to_num,
    kind="elementwise", matrix="G where x is finite, else 0",
    doc="x with NaN and infinities replaced by numbers; replaced entries get a gradient of 0.",
    doctest="np.nan_to_num(tensor([1.0, np.nan])) -> tensor([1., 0.])",
)  # fmt: skip
