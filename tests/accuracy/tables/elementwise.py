"""Elementwise ops, compared with their definition in mpmath and with the conventions at kinks."""

import math
import operator
from fractions import Fraction

import mpmath
import numpy as np
from accuracy_grid import pairs, singles
from accuracy_harness import ANYTHING, Excused, Row
from mpmath import mp, mpf

from autograd.engine.op import REGISTRY

INF = math.inf
ROWS = []


def _largest(error):
    return float(np.finfo(error.dtype).max)


def _least(error):
    return float(np.finfo(error.dtype).tiny)


def _power_leaves_the_range(error):
    """Whether a power that its derivatives are made of is no normal number."""
    x, y = (mpf(v) for v in error.point)
    if x == 0:
        return False
    parts = [abs(x) ** (y - k) for k in range(error.order + 1)]
    return any(part > _largest(error) or part < _least(error) for part in parts)


def _exponent_is_rounded(error):
    """Whether y - 1, or y - 2 in second derivatives, is not exact."""
    y = error.point[1]
    return any(Fraction(float(error.dtype(y) - error.dtype(k))) != Fraction(y) - k for k in range(1, error.order + 1))


def _reciprocal_overflows(error):
    return abs(error.point[1]) * _largest(error) < 1


def _turns_too_fast(error):
    """Whether 1 / r**2 overflows."""
    x, y = (mpf(v) for v in error.point)
    return x * x + y * y < 1 / mpf(_largest(error))


def _too_long(error):
    x, y = (mpf(v) for v in error.point)
    return mpmath.isfinite(x) and mpmath.isfinite(y) and x * x + y * y > mpf(_largest(error)) ** 2


def _subnormal(error):
    return abs(error.true) < _least(error)


def _through_a_subnormal(error):
    """Whether what is multiplied by x is subnormal."""
    return abs(error.true) < abs(mpf(error.point[0])) * _least(error)


CHEAP = (
    "the slope is computed from the value, whose distance to 1 has few digits for large arguments, and none from {} on"
)
EXCEPTIONS = [
    Excused(
        "cbrt arcsin arccos power",
        (2,),
        "five to seven rounded steps: at most 8 ulp",
        when=lambda error: error.own <= 8,
    ),
    Excused("divide", (1, 2), "inf / inf", lambda x, y: math.isinf(x) and math.isinf(y)),
    Excused("divide", (2,), "0 times 1 / y, which overflows", lambda x, y: x == 0, when=_reciprocal_overflows),
    Excused(
        "power",
        (1, 2),
        "x**y, x**(y - 1) or x**(y - 2) overflows or underflows, although its product with the other factors would not",
        lambda x, y: x > 0 or y == int(y),
        when=_power_leaves_the_range,
    ),
    Excused(
        "power",
        (1, 2),
        "the exponent y - 1 or y - 2 is rounded, for x below 0.05 or above 20",
        lambda x, y: x > 0 and abs(math.log(x)) > 3,
        when=_exponent_is_rounded,
    ),
    Excused("arctan2", (2,), "two terms of about 1 / r**2, which overflows", when=_turns_too_fast),
    Excused("hypot arctan2", (1, 2), "the length overflows", when=_too_long),
    Excused(
        "arctan2",
        (2,),
        "in the mixed derivative, terms of opposite sign cancel if abs(x) and abs(y) differ by less than 1 %",
        lambda x, y: 0.99 * abs(x) < abs(y) < 1.01 * abs(x),
        when=lambda error: len(set(error.entry)) == 2,
    ),
    Excused(
        "hypot",
        (2,),
        "0 instead of a subnormal number, because the square of x / r underflows",
        when=_subnormal,
        dtypes=(np.float64,),
    ),
    Excused(
        "logaddexp2",
        (1, 2),
        "beyond abs(x - y) = 4 an exponent is rounded: at most three times the effect of half an ulp of both",
        lambda x, y: abs(x - y) > 4,
        when=lambda error: error.ulps <= 3 * error.moved,
    ),
    Excused(
        "sinc",
        (2,),
        "near a zero beyond abs(x) = 1: within the bound, but PyTorch is closer",
        lambda x: abs(x) > 1,
        when=lambda error: not error.too_far,
    ),
    Excused(
        "exp2",
        (1, 2),
        "computed from the value, which overflows (float16, x = 16)",
        when=lambda error: mpf(2) ** error.point[0] > _largest(error),
    ),
    Excused(
        "i0",
        (1,),
        "a mean of subnormal terms, which are rounded",
        lambda x: x != 0,
        when=_subnormal,
        dtypes=(np.float64,),
    ),
    Excused("erf ndtr ndtr-of-large-arrays", (2,), "0 times infinity", math.isinf),
    Excused(
        "erf ndtr ndtr-of-large-arrays", (2,), "x times a subnormal slope, which is rounded", when=_through_a_subnormal
    ),
    Excused(
        "i0",
        (1, 2),
        "beyond abs(x) = 60 an exponent is rounded: less than the effect of half an ulp of x, but PyTorch is closer",
        lambda x: abs(x) > 60,
        when=lambda error: not error.too_far,
        dtypes=(np.float64,),
    ),
    Excused(
        "ndtr ndtr-of-large-arrays",
        (0,),
        "below -3.5, x / sqrt(2) is rounded: at most three times the effect of half an ulp of x",
        lambda x: x < -3.5,
        when=lambda error: error.ulps <= 3 * error.moved or _subnormal(error),
    ),
    Excused(
        "tanh-of-large-arrays",
        (1, 2),
        CHEAP.format("|x| = 4.6 (float16), 10 (float32), 19 (float64)"),
        lambda x: abs(x) > 1,
    ),
    Excused(
        "sigmoid-of-large-arrays",
        (1,),
        CHEAP.format("x = 7.7 (float16), 16.7 (float32), 36.8 (float64)"),
        lambda x: x > 1.5,
    ),
    Excused("sigmoid-of-large-arrays", (0, 1, 2), "0 instead of a subnormal number", when=_subnormal),
    Excused(
        "sigmoid-of-large-arrays",
        (2,),
        "as for its slope; near 0, where it is 0, accurate only relative to the slope",
        lambda x: x > 2 or abs(x) < 0.4,
    ),
]


def op(name):
    """The public function of an op."""
    return REGISTRY[name].function


def row(name, exact, *, function=None, torch="same", label=None, **facts):
    """A row for an op; NumPy's function of the same name, and PyTorch's, unless others are given."""
    if torch == "same":
        torch = name
    facts.setdefault("numpy", hasattr(np, name))
    ROWS.append(Row(label or name, function or getattr(np, name), exact, torch=torch, **facts))


def at(points):
    """Kinks from a table: points, or numbers of one operand, to what is documented there."""
    keyed = {p if isinstance(p, tuple) else (p,): entries for p, entries in points.items()}
    return lambda *point: keyed.get(point)


# --- arithmetic ---------------------------------------------------------------------------------------------------

FLAT, BENT = {(0,): 0, (0, 0): 0}, {(0, 0): 0}
_SECOND = {(i, j): 0 for i in range(2) for j in range(2)}
TIE = {(0,): 0.5, (1,): 0.5, **_SECOND}  # winners share evenly

row("add", operator.add, operands=2)
row("subtract", operator.sub, operands=2)
row("multiply", operator.mul, operands=2)
row("divide", operator.truediv, operands=2, domain=lambda x, y: y != 0)
row("negative", operator.neg)
row("positive", operator.pos)
row("identity", operator.pos, function=op("identity"), torch="clone")
row("reciprocal", lambda x: 1 / x)
row("square", lambda x: x * x)
row("absolute", abs, kinks=at({0.0: FLAT}))
row("fabs", abs, torch="abs", kinks=at({0.0: FLAT}))


def _power_kinks(x, y):
    found = {}
    if x < 0:  # only whole powers are real there, so there is no derivative by y
        found |= dict.fromkeys(((1,), (0, 1), (1, 0), (1, 1)), ANYTHING)
    if x == 0:
        if y == 0:
            return {(): 1, (0,): 0, (1,): 0, (0, 0): 0, (0, 1): ANYTHING, (1, 0): ANYTHING, (1, 1): 0}
        found |= dict.fromkeys(((0, 0), (0, 1), (1, 0)), ANYTHING) | {(1,): 0, (1, 1): 0}
        found |= {(): 0 if y > 0 else INF, (0,): 0 if y > 1 else 1 if y == 1 else ANYTHING}
        if y < 0:
            found |= {(1,): ANYTHING, (1, 1): ANYTHING, (): ANYTHING}
    return found


def _powers(dtype, coarse):
    bases = singles(dtype, True)
    powers = (2.0, 0.5, -1.0, 3.0, 0.0, 1.0, -2.0, 2.5, 10.0, 0.25, 100.0, -0.5)
    whole = {2.0, -1.0, 3.0, 1.0, -2.0, 10.0, 100.0}
    found = [(x, y) for x in bases[:: 3 if coarse else 1] for y in powers if x > 0 or y in whole or x == y == 0]
    return [p for p in found + [q for q in pairs(dtype, coarse) if q[0] > 0] if all(map(math.isfinite, p))]


row("power", mpmath.power, torch="pow", operands=2, points=_powers, kinks=_power_kinks)


def _c_remainder(x, y):
    return x - y * mp.floor(x / y)


def _steps(x, y):
    """Where a remainder jumps: the derivative along each piece."""
    quotient = np.floor_divide(x, y)
    return {(): ANYTHING, (0,): 1, (1,): -quotient, **_SECOND} if math.fmod(x, y) == 0 else None


def _no_step(x, y):
    return y != 0 and math.isfinite(x) and math.isfinite(y) and abs(x / y) < 1e15 and (x == 0 or abs(x / y) > 1e-15)


row("remainder", _c_remainder, operands=2, domain=_no_step, kinks=_steps)
row(
    "fmod",
    lambda x, y: x - y * (mp.floor(x / y) if x / y > 0 else mp.ceil(x / y)),
    operands=2,
    domain=_no_step,
    kinks=lambda x, y: {(): ANYTHING, (0,): 1, (1,): -np.trunc(x / y), **_SECOND} if math.fmod(x, y) == 0 else None,
)
row("floor_divide", lambda x, y: mp.floor(x / y), operands=2, domain=_no_step, order=0, kinks=_steps)
row("sign", mpmath.sign, order=0)
row("floor", mp.floor, order=0)
row("ceil", mp.ceil, order=0)
row("trunc", lambda x: mp.floor(x) if x > 0 else mp.ceil(x), order=0)
row("rint", mp.nint, torch="round", order=0)
for name, compare in {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "logical_and": lambda x, y: x != 0 and y != 0,
    "logical_or": lambda x, y: x != 0 or y != 0,
    "logical_xor": lambda x, y: (x != 0) != (y != 0),
}.items():
    torch = {"equal": "eq", "not_equal": "ne"}.get(name, name)
    row(
        name,
        lambda x, y, f=compare: mpf(bool(f(x, y))),
        torch=torch,
        operands=2,
        order=0,
        kinks=lambda x, y, f=compare: {(): float(bool(f(x, y)))} if math.isinf(x) and math.isinf(y) else None,
    )
row("logical_not", lambda x: mpf(x == 0), order=0)
row("isnan", lambda x: mpf(mpmath.isnan(x)), order=0)
row("isinf", lambda x: mpf(mpmath.isinf(x)), order=0, kinks=lambda x: {(): float(math.isinf(x))})
row("isfinite", lambda x: mpf(mpmath.isfinite(x)), order=0, kinks=lambda x: {(): float(math.isfinite(x))})
row("signbit", lambda x: mpf(x < 0), order=0, kinks=lambda x: {(): float(np.signbit(x))})
row("heaviside", lambda x, y: mpf(x > 0) if x != 0 else y, operands=2, order=0)
row("spacing", lambda x: x, torch=None, order=0, kinks=lambda x: {(): ANYTHING})


# --- choice -------------------------------------------------------------------------------------------------------

row("maximum", max, operands=2, kinks=lambda x, y: TIE if x == y else None)
row("minimum", min, operands=2, kinks=lambda x, y: TIE if x == y else None)
row("fmax", max, operands=2, kinks=lambda x, y: TIE if x == y else None)
row("fmin", min, operands=2, kinks=lambda x, y: TIE if x == y else None)


def _clip_grid(dtype, coarse):
    few = singles(dtype, True)[:: 2 if coarse else 1]
    bounds = [(-1.0, 2.0), (0.0, 0.0), (2.0, 2.0), (0.5, INF), (2.0, -2.0)]
    return [(x, low, high) for x in {*few, -1.0, 0.0, 0.5, 2.0} for low, high in bounds]


def _clip_kinks(x, low, high):
    """At a bound the value is still that of x, unless the bounds are equal, where nothing moves it: they share."""
    second = {(i, j): 0 for i in range(3) for j in range(3)}
    if low > high:
        return {(0,): 0, (1,): 0, (2,): 1, **second}
    if low == high == x:
        return {(0,): 0, (1,): 0.5, (2,): 0.5, **second}
    if low == high:
        return {(0,): 0, (1,): float(x < low), (2,): float(x > high), **second}
    if x in (low, high):
        return {(0,): 1, (1,): 0, (2,): 0, **second}
    return None


row("clip", lambda x, low, high: min(max(x, low), high), torch=None, operands=3, points=_clip_grid, kinks=_clip_kinks)
row(
    "where",
    lambda x, y: x if x > y else y,
    function=lambda x, y: np.where(x > y, x, y),
    torch=lambda x, y: x.where(x > y, y),
    operands=2,
    domain=lambda x, y: x != y,
)
row(
    "masked",
    lambda x: x if x > 1 else mpf(0),
    function=lambda x: op("masked")(x, mask=x.data > 1),
    torch=lambda x: x.masked_fill(x <= 1, 0.0),
    domain=lambda x: x != 1,
)
row("astype", operator.pos, function=lambda x: x.astype(float), torch=lambda x: x.double(), numpy=True)
row("copy", operator.pos, function=lambda x: x.copy(), torch="clone", numpy=True)
row("nan_to_num", operator.pos, kinks=lambda x: {(): ANYTHING, (0,): 0, (0, 0): 0} if math.isinf(x) else None)

# --- lengths and signs --------------------------------------------------------------------------------------------

ORIGIN = {(0,): 0, (1,): 0, **dict.fromkeys(_SECOND, ANYTHING)}
row(
    "hypot",
    lambda x, y: mp.sqrt(x * x + y * y),
    operands=2,
    kinks=lambda x, y: (
        ORIGIN
        if x == y == 0
        else dict.fromkeys([(0,), (1,), *_SECOND], ANYTHING)
        if math.isinf(x) and math.isinf(y)
        else None
    ),
)
row(
    "copysign",
    lambda x, y: abs(x) if y > 0 else -abs(x),
    operands=2,
    kinks=lambda x, y: (
        {(): ANYTHING, (0,): np.sign(x) * np.copysign(1, y), (1,): 0, **_SECOND} if x == 0 or y == 0 else None
    ),
)
row("nextafter", lambda x, y: x, operands=2, kinks=lambda x, y: {(): ANYTHING})
row("ldexp", lambda x: 8 * x, function=lambda x: np.ldexp(x, 3), torch=lambda x: x * 8)

# --- exponentials and logarithms ----------------------------------------------------------------------------------

GROWS = {(): INF, (0,): 0, (0, 0): 0}
FALLS = {(): -INF, (0,): INF, (0, 0): -INF}
row("exp", mp.exp)
row("exp2", lambda x: mpf(2) ** x)
row("expm1", lambda x: mp.expm1(x) if abs(x) < 1 else mp.exp(x) - 1)


def _logarithm(x):
    """The ends of a logarithm; the slope at -0 is 1 / -0."""
    if x == 0:
        return {(): -INF, (0,): -INF if np.signbit(x) else INF, (0, 0): -INF}
    return GROWS if math.isinf(x) else None


def _not_negative(x):
    return x >= 0


row("log", mp.log, domain=_not_negative, kinks=_logarithm)
row("log2", lambda x: mp.log(x) / mp.log(2), domain=_not_negative, kinks=_logarithm)
row("log10", lambda x: mp.log(x) / mp.log(10), domain=_not_negative, kinks=_logarithm)
row("log1p", mp.log1p, domain=lambda x: x > -1, kinks=at({INF: GROWS}))
row(
    "sqrt",
    mp.sqrt,
    domain=lambda x: x >= 0,
    kinks=lambda x: {(0,): ANYTHING, (0, 0): ANYTHING} if x == 0 and np.signbit(x) else None,  # 1 / -0
)
row("cbrt", lambda x: mpmath.sign(x) * mp.cbrt(abs(x)), torch=None, kinks=at({0.0: {(0,): INF, (0, 0): ANYTHING}}))


def _logaddexp(x, y):
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def _infinite_shares(x, y):
    """Ties of infinities share evenly; one infinity takes all, or nothing."""
    if not (math.isinf(x) or math.isinf(y)):
        return None
    share = 0.5 if x == y else float(x > y)
    return {(): max(x, y), (0,): share, (1,): 1 - share, **dict.fromkeys(_SECOND, ANYTHING if x == y else 0)}


row("logaddexp", _logaddexp, operands=2, kinks=_infinite_shares)
row("logaddexp2", lambda x, y: _logaddexp(x * mp.log(2), y * mp.log(2)) / mp.log(2), operands=2, kinks=_infinite_shares)

LARGE = "{}-of-large-arrays"


def _many(dtype, coarse):
    """More entries than rules look at one by one."""
    points = [(x,) for x in singles(dtype, coarse)]
    return points * (1 + 64 // len(points))


# --- angles -------------------------------------------------------------------------------------------------------


OSCILLATES = at({x: {(): ANYTHING, (0,): ANYTHING, (0, 0): ANYTHING} for x in (INF, -INF)})


def _inside(x):
    return abs(x) < 1


row("sin", mp.sin, kinks=OSCILLATES)
row("cos", mp.cos, kinks=OSCILLATES)
row("tan", mp.tan, kinks=OSCILLATES)
row("arcsin", mp.asin, domain=_inside)
row("arccos", mp.acos, domain=_inside)
row("arctan", mp.atan)


def _turns(x, y):
    """The angle of (y, x): none at the origin; the derivatives do not see the cut."""
    if x == y == 0:
        return {(): ANYTHING, **ORIGIN}
    if math.isinf(x) and math.isinf(y):
        return {(): ANYTHING, **dict.fromkeys([(0,), (1,), *_SECOND], ANYTHING)}
    if x == 0 and y < 0:
        mixed = 0 if math.isinf(y) else -1 / mpf(y) ** 2
        return {(): ANYTHING, (0,): 1 / mpf(y), (1,): 0, **_SECOND, (0, 1): mixed, (1, 0): mixed}
    return None


row("arctan2", mp.atan2, operands=2, kinks=_turns)
row("sinh", mp.sinh)
row("cosh", mp.cosh)
row("tanh", mp.tanh)
row("tanh", mp.tanh, label=LARGE.format("tanh"), function=np.tanh, at_once=10**6, points=_many)
row("arcsinh", mp.asinh, kinks=at({INF: GROWS, -INF: {(): -INF, (0,): 0, (0, 0): 0}}))
row("arccosh", mp.acosh, domain=lambda x: x > 1, kinks=at({INF: GROWS}))
row("arctanh", mp.atanh, domain=_inside)
row("deg2rad", mp.radians)
row("rad2deg", mp.degrees)
row("sinc", lambda x: mp.sin(mp.pi * x) / (mp.pi * x) if x else mpf(1), domain=lambda x: abs(x) < 1e15)

# --- activations that are ops, and special functions --------------------------------------------------------------


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    """log(1 + exp(x))."""
    return max(x, mpf(0)) + mp.log1p(mp.exp(-abs(x)))


# Where the normal distribution underflows, and cubes overflow.
BELLS = [s * x for x in (5.0, 6.0, 8.5, 10.0, 13.3, 14.2, 20.0, 26.5, 37.5, 38.5, 1e20, 1e160) for s in (1, -1)]
# Where these tails underflow in float64 and float32.
TAILS = [s * x for x in (17.0, 37.0, 50.0, 88.7, 103.5, 354.0, 372.0, 708.4, 720.0, 744.0) for s in (1, -1)]
row("sigmoid", sigmoid, function=op("sigmoid"), extra=TAILS)
row("sigmoid", sigmoid, label=LARGE.format("sigmoid"), function=op("sigmoid"), at_once=10**6, points=_many)
row("softplus", softplus, function=op("softplus"), extra=TAILS, kinks=at({INF: {(): INF, (0,): 1, (0, 0): 0}}))
row("relu", lambda x: max(x, mpf(0)), function=op("relu"), kinks=at({0.0: FLAT}))
row("i0", lambda x: mpmath.besseli(0, x), domain=lambda x: abs(x) <= 700)
row("softsign", lambda x: x / (1 + abs(x)), function=op("softsign"), kinks=at({0.0: {(0, 0): 0}}), extra=TAILS)
for label, more in ("ndtr", 0), (LARGE.format("ndtr"), 10_000):
    row(
        "ndtr",
        lambda x: mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 1e6 else mpf(x > 0),
        label=label,
        function=lambda x, more=more: op("ndtr")(np.tile(x, (1 + more // len(x), 1)))[0],
        torch=lambda x: __import__("torch").special.ndtr(x),
        extra=BELLS,
    )
row("erf", mp.erf, function=op("erf"), extra=[s * x for x in (3.9, 5.9, 9.0, 13.0, 26.0, 27.0) for s in (1, -1)])
