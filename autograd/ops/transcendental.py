"""Exponentials, logarithms, trigonometric and hyperbolic functions, and the smooth activations made from them."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd.arrays import FLOAT64, Array
from autograd.engine.graph import SMALL
from autograd.engine.op import OpFunction, defop
from autograd.engine.tensor import plain
from autograd.facts import EXACT, NEAREST, PROBABILITIES
from autograd.hazards import ARC, ARCTANH, EXPONENTIAL, HYPERBOLIC, LOGARITHM, Case, Hazards
from autograd.ops.arithmetic import direction, masked
from autograd.ops.limits import unknown
from autograd.recording import one_call

float64 = np.float64
LN2 = math.log(2.0)
LN10 = math.log(10.0)

exp: OpFunction = defop(
    "exp", np.exp, lambda g, out: g * out, slope="exp(x)", hazards=EXPONENTIAL, method="exp",
    doc="e to the power x.", doctest="tensor(1.0).exp() -> tensor(2.71828183)",
)  # fmt: skip
exp2: OpFunction = defop(
    "exp2", np.exp2, lambda g, out: g * (out * LN2), slope="exp2(x) * log(2)", hazards=EXPONENTIAL,
    doc="2 to the power x.", doctest="np.exp2(tensor([1.0, 3.0])) -> tensor([2., 8.])",
)  # fmt: skip
expm1: OpFunction = defop(
    "expm1", np.expm1, lambda g, x: g * np.exp(x), slope="exp(x)", hazards=EXPONENTIAL,
    doc="exp(x) - 1, accurate for small x too.", doctest="np.expm1(tensor(1e-20)) -> tensor(1.e-20)",
)  # fmt: skip
log: OpFunction = defop(
    "log", np.log, lambda g, x: g / x, slope="1 / x", hazards=LOGARITHM, method="log",
    doc="The natural logarithm of x.", doctest="tensor(2.0).log() -> tensor(0.69314718)",
)  # fmt: skip
log2: OpFunction = defop(
    "log2", np.log2, lambda g, x: g * (1.0 / LN2) / x, slope="1 / (x * log(2))", hazards=LOGARITHM,
    doc="The logarithm of x to base 2.", doctest="np.log2(tensor([1.0, 8.0])) -> tensor([0., 3.])",
)  # fmt: skip
log10: OpFunction = defop(
    "log10", np.log10, lambda g, x: g * (1.0 / LN10) / x, slope="1 / (x * log(10))", hazards=LOGARITHM,
    doc="The logarithm of x to base 10.", doctest="np.log10(tensor([1.0, 100.0])) -> tensor([0., 2.])",
)  # fmt: skip
log1p: OpFunction = defop(
    "log1p", np.log1p, lambda g, x: g / (1.0 + x),
    slope="1 / (1 + x)",
    hazards=Hazards(Case(lambda x: x <= -1, "log1p outside x > -1", "np.log1p(np.maximum(x, -1.0 + 1e-12))")),
    doc="log(1 + x), accurate for small x too.", doctest="np.log1p(tensor(1e-20)) -> tensor(1.e-20)",
)  # fmt: skip
sqrt: OpFunction = defop(
    "sqrt", np.sqrt, lambda g, out: g * 0.5 / out,
    slope="1 / (2 * sqrt(x))", rounding=NEAREST,
    hazards=Hazards(
        Case(lambda x: x < 0, "sqrt of a negative number", "np.sqrt(np.maximum(x, 0.0)), or {guarded}"),
        steep=(0.0,),
        guard="x > 0",
        safer="np.sqrt(x + 1e-12)",
    ),
    method="sqrt",
    doc="The square root of x, whose slope at 0 is infinite.", doctest="tensor([4.0, 9.0]).sqrt() -> tensor([2., 3.])",
)  # fmt: skip

sin: OpFunction = defop(
    "sin", np.sin, lambda g, x: g * np.cos(x), slope="cos(x)", method="sin",
    doc="The sine of the angle x, in radians.", doctest="np.sin(tensor(np.pi / 2)) -> tensor(1.)",
)  # fmt: skip
cos: OpFunction = defop(
    "cos", np.cos, lambda g, x: -(g * np.sin(x)), slope="-sin(x)", method="cos",
    doc="The cosine of the angle x, in radians.", doctest="np.cos(tensor(np.pi)) -> tensor(-1.)",
)  # fmt: skip
tan: OpFunction = defop(
    "tan", np.tan, lambda g, out: g * (1.0 + out * out), slope="1 + tan(x) ** 2",
    doc="The tangent of the angle x, in radians.", doctest="np.tan(tensor(1.0)) -> tensor(1.55740772)",
)  # fmt: skip
complement: Callable[..., Any] = defop(
    "_complement", lambda x: (1.0 - x) * (1.0 + x), lambda g, x: g * (-2.0 * x), kind="elementwise", slope="-2 * x",
    doc="1 - x**2, as a product, because the slope of a sum of two would cancel.",
)  # fmt: skip
arcsin: OpFunction = defop(
    "arcsin", np.arcsin, lambda g, x: g / np.sqrt(complement(x)), slope="1 / sqrt(1 - x ** 2)", hazards=ARC,
    doc="The angle in radians, from -pi/2 to pi/2, whose sine is x.",
    doctest="np.arcsin(tensor(1.0)) -> tensor(1.57079633)",
)  # fmt: skip
arccos: OpFunction = defop(
    "arccos", np.arccos, lambda g, x: -g / np.sqrt(complement(x)), slope="-1 / sqrt(1 - x ** 2)", hazards=ARC,
    doc="The angle in radians, from 0 to pi, whose cosine is x.",
    doctest="np.arccos(tensor(0.0)) -> tensor(1.57079633)",
)  # fmt: skip


def turn(x: Array, y: Array) -> Array:
    """x / (x**2 + y**2), how fast an angle turns: in two steps, so that no square leaves the range. At the origin 0."""
    length = np.hypot(x, y)
    origin = plain(length) == 0.0
    speed = direction(x, y, length) / np.where(origin, 1.0, length)
    return np.where(origin, unknown(length), speed) if np.any(origin) else speed


arctan: OpFunction = defop(
    "arctan", np.arctan, lambda g, x: g * turn(1.0, x), slope="1 / (1 + x ** 2)", range=(-math.pi / 2, math.pi / 2),
    doc="The angle in radians, between -pi/2 and pi/2, whose tangent is x.",
    doctest="np.arctan(tensor(1.0)) -> tensor(0.78539816)",
)  # fmt: skip
arctan2: OpFunction = defop(
    "arctan2",
    np.arctan2,  # arctan2(x, y) is the angle whose tangent is x / y
    (lambda g, x, y: g * turn(y, x), lambda g, x, y: -(g * turn(x, y))),
    slope=("y / (x ** 2 + y ** 2)", "-x / (x ** 2 + y ** 2)"),
    doc="The angle of the point (y, x) in radians, from -pi to pi; its slopes at the origin are defined as 0.",
    doctest="np.arctan2(tensor(1.0), 0.0) -> tensor(1.57079633)",
)
sinh: OpFunction = defop(
    "sinh", np.sinh, lambda g, x: g * np.cosh(x), slope="cosh(x)", hazards=HYPERBOLIC,
    doc="The hyperbolic sine of x.", doctest="np.sinh(tensor(1.0)) -> tensor(1.17520119)",
)  # fmt: skip
cosh: OpFunction = defop(
    "cosh", np.cosh, lambda g, x: g * np.sinh(x), slope="sinh(x)", hazards=HYPERBOLIC,
    doc="The hyperbolic cosine of x.", doctest="np.cosh(tensor(1.0)) -> tensor(1.54308063)",
)  # fmt: skip


# Slopes of tanh and sigmoid.
# Far out the value is 1 to all digits, and the slope made of it 0. Made of x it is right everywhere, but for large
# arrays that costs a tenth of a training step, and the memory of x: so x is kept where it has few entries only.


def _bell(x: Array) -> Array:
    """exp(-x) / (1 + exp(-x))**2, which is even in x."""
    e = np.exp(-np.abs(x))
    return e / ((1.0 + e) * (1.0 + e))


@one_call()
def tanh_slope_number(x: Array, y: Array) -> Array:
    slope = 1.0 - y * y  # for numbers an exponential takes longer than all else
    return slope if slope > 0.5 else 4.0 * _bell(x + x)


# The second operand is the value at the first, which is there already. It has no rule, so the rule of the first must
# not use it: in derivatives of third order it would count as a constant.
tanh_slope: Callable[..., Any] = defop(
    "_tanh_slope", lambda x, y: tanh_slope_number(x, y) if y.__class__ is float64 else 4.0 * _bell(x + x),
    (lambda g, x, out: g * (-2.0 * (np.tanh(x) * out)), None), kind="elementwise",
    doc="The slope 1 - tanh(x)**2 of tanh at x, where its value is y.",
)  # fmt: skip
sigmoid_slope: Callable[..., Any] = defop(
    "_sigmoid_slope", lambda x, y: _bell(x), (lambda g, x, out: -(g * (out * np.tanh(0.5 * x))), None),
    kind="elementwise",
    doc="The slope of the sigmoid at x, where its value is y.",
)  # fmt: skip


def tanh_rule(g: Array, x: Array, out: Array) -> Array:
    if type(out) is float64:  # `tanh_slope_number`, without the call
        slope = 1.0 - out * out
        return g * (slope if slope > 0.5 else 4.0 * _bell(x + x))
    return g * (1.0 - out * out) if x is None else g * tanh_slope(x, out)


tanh: OpFunction = defop(
    "tanh", np.tanh, tanh_rule, few=("x",), slope="1 - out ** 2", range=(-1.0, 1.0), method="tanh",
    doc="The hyperbolic tangent of x.", doctest="tensor(1.0).tanh() -> tensor(0.76159416)",
)  # fmt: skip


def sigmoid_kernel(x: Array) -> Array:
    if x.__class__ is np.ndarray and x.size > SMALL and x.itemsize > 2 and x.dtype.kind == "f":
        # Half as many passes over memory, in one array. What is below the least normal number comes out as 0. Cutting
        # off what overflows is one pass more, for a large array longer than `errstate`, and would keep -inf from 0.
        e = np.negative(x)
        with np.errstate(over="ignore"):
            np.exp(e, out=e)
        e += 1.0
        return np.divide(1.0, e, out=e)
    e = np.exp(-np.abs(x))  # which cannot overflow
    return np.maximum(e, x >= 0.0) / (1.0 + e)


_ZERO = np.float64(0.0)


def relu_kernel(x: Array) -> Array:
    if x.__class__ is float64:  # np.maximum takes ten times as long for a number
        if type(x) is not float64:  # in a trace
            return relu_number(x)
        return _ZERO if x <= 0.0 else x
    return np.maximum(x, 0.0)


@one_call()
def relu_number(x: Array) -> Array:
    return _ZERO if x <= 0.0 else x


sigmoid: OpFunction = defop(
    "sigmoid", sigmoid_kernel,
    lambda g, x, out: g * (out * (1.0 - out)) if x is None else g * sigmoid_slope(x, out),
    definition=lambda x: 1.0 / (1.0 + np.exp(-x)), few=("x",),
    kind="elementwise", slope="out * (1 - out)", range=PROBABILITIES, hazards=Hazards(log="-np.logaddexp(0.0, -z)"),
    scipy="expit", method="sigmoid",
    doc="The logistic function 1 / (1 + exp(-x)), without overflow.",
    doctest="tensor([0.0, 1000.0]).sigmoid() -> tensor([0.5, 1. ])",
)  # fmt: skip
softplus: OpFunction = defop(
    "softplus", lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))), lambda g, x: g * sigmoid(x),
    definition=lambda x: np.log(1.0 + np.exp(x)),
    kind="elementwise", slope="sigmoid(x)", method="softplus",
    doc="log(1 + exp(x)), a smooth max(x, 0), without overflow.", doctest="tensor(1000.0).softplus() -> tensor(1000.)",
)  # fmt: skip
relu: OpFunction = defop(
    "relu", relu_kernel, lambda g, out: masked(g, mask=out > 0.0), definition=lambda x: np.where(x > 0.0, x, 0.0),
    kind="elementwise", slope="x > 0", range=(0.0, math.inf), rounding=EXACT, method="relu",
    doc="max(x, 0), with slope 0 at 0.", doctest="tensor([-1.0, 2.0]).relu() -> tensor([0., 2.])",
)  # fmt: skip


def softsign_slope(x: Array) -> Array:
    """1 / (1 + abs(x))**2, of which the square alone could overflow."""
    share = 1.0 / (1.0 + np.abs(x))
    return share * share


def softsign_kernel(x: Array) -> Array:
    size = np.abs(x)
    if size.dtype.kind != "f":
        size = size.astype(float)
    size = np.minimum(size, np.finfo(size.dtype).max)  # at infinity 1, not inf / inf
    return np.copysign(size / (1.0 + size), x)


softsign: OpFunction = defop(
    "softsign", softsign_kernel, lambda g, x: g * softsign_slope(x), definition=lambda x: x / (1.0 + np.abs(x)),
    kind="elementwise", slope="1 / (1 + abs(x)) ** 2", range=(-1.0, 1.0),
    doc="x / (1 + |x|), between -1 and 1.", doctest="softsign(tensor([-1.0, 3.0])) -> tensor([-0.5 ,  0.75])",
)  # fmt: skip


DEGREE = math.pi / 180.0

cbrt: OpFunction = defop(
    "cbrt", np.cbrt, lambda g, out: g / (3.0 * out) / out,
    slope="1 / (3 * out ** 2)", hazards=Hazards(steep=(0.0,), guard="x != 0"),
    doc="The cube root of x, for negative numbers too.", doctest="np.cbrt(tensor([8.0, -27.0])) -> tensor([ 2., -3.])",
)  # fmt: skip
arcsinh: OpFunction = defop(
    "arcsinh", np.arcsinh, lambda g, x: g / np.hypot(x, 1.0), slope="1 / sqrt(x ** 2 + 1)",
    doc="The number whose hyperbolic sine is x.", doctest="np.arcsinh(tensor(1.0)) -> tensor(0.88137359)",
)  # fmt: skip
arccosh: OpFunction = defop(
    "arccosh", np.arccosh, lambda g, x: g / np.sqrt(x - 1.0) / np.sqrt(x + 1.0),
    slope="1 / sqrt(x ** 2 - 1)",
    hazards=Hazards(
        Case(lambda x: x < 1, "arccosh outside x >= 1", "np.arccosh(np.maximum(x, 1.0))"),
        steep=(1.0,),
        safer="np.arccosh(np.maximum(x, 1.0 + 1e-12))",
    ),
    doc="The nonnegative number whose hyperbolic cosine is x.", doctest="np.arccosh(tensor(2.0)) -> tensor(1.3169579)",
)  # fmt: skip
arctanh: OpFunction = defop(
    "arctanh", np.arctanh, lambda g, x: g / complement(x), slope="1 / (1 - x ** 2)", hazards=ARCTANH,
    doc="The number whose hyperbolic tangent is x, between -1 and 1.",
    doctest="np.arctanh(tensor(0.5)) -> tensor(0.54930614)",
)  # fmt: skip
deg2rad: OpFunction = defop(
    "deg2rad", np.deg2rad, lambda g: g * DEGREE, numpy=(np.deg2rad, np.radians), slope="pi / 180",
    doc="x degrees in radians.", doctest="np.deg2rad(tensor(180.0)) -> tensor(3.14159265)",
)  # fmt: skip
rad2deg: OpFunction = defop(
    "rad2deg", np.rad2deg, lambda g: g / DEGREE, numpy=(np.rad2deg, np.degrees), slope="180 / pi",
    doc="x radians in degrees.", doctest="np.rad2deg(tensor(np.pi)) -> tensor(180.)",
)  # fmt: skip


def _share(x: Array, y: Array, scale: float) -> Array:
    """The share of x in a sum of two exponentials; half where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        difference = x - y
    same = (x == y) & np.isinf(x)  # a finite tie is smooth, and goes on as 0 does
    return sigmoid(scale * (np.where(same, 0.0, difference) if np.any(same) else difference))


logaddexp: OpFunction = defop(
    "logaddexp", np.logaddexp, (lambda g, x, y: g * _share(x, y, 1.0), lambda g, x, y: g * _share(y, x, 1.0)),
    slope=("exp(x - out)", "exp(y - out)"),
    doc="log(exp(x) + exp(y)), without overflow.", doctest="np.logaddexp(tensor(1000.0), 0.0) -> tensor(1000.)",
)  # fmt: skip
logaddexp2: OpFunction = defop(
    "logaddexp2", np.logaddexp2, (lambda g, x, y: g * _share(x, y, LN2), lambda g, x, y: g * _share(y, x, LN2)),
    slope=("exp2(x - out)", "exp2(y - out)"),
    doc="log2(2**x + 2**y), without overflow.", doctest="np.logaddexp2(tensor(3.0), 3.0) -> tensor(4.)",
)  # fmt: skip


# Of the derivative of sin(t) / t, divided by t, in powers of t**2.
_SINC_SLOPE = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 13)]


def sinc_slope(x: Array) -> Array:
    """The derivative of sin(pi x) / (pi x): by its series near 0, where the formula cancels."""
    near = np.abs(x) < 0.5
    safe = np.where(near, 1.0, x)
    square = (math.pi * math.pi) * np.where(near, x * x, 0.0)
    series = _SINC_SLOPE[-1]
    for coefficient in _SINC_SLOPE[-2::-1]:
        series = series * square + coefficient
    turns = safe - 2.0 * np.rint(0.5 * safe)  # exact, where the product of a large x with pi is not
    far = (np.cos(math.pi * turns) - np.sin(math.pi * turns) / (math.pi * safe)) / safe
    return np.where(near, (math.pi * math.pi) * x * series, far)


_COSINES = np.cos((np.arange(128) + 0.5) * (math.pi / 256))
_SHARES = _COSINES / 128.0  # small, so that no sum overflows before its mean does


def bessel_slope(x: Array) -> Array:
    """I1(x), the derivative of I0: the mean of sinh(x cos t) cos t over a quarter turn.

    On equal steps the mean of a periodic function errs by its high harmonics only: here by I_511(x), which is less than
    rounding for all x whose I0(x) is a float64. Always in double precision: a sinh overflows before I1 does.
    """
    slopes = np.matmul(np.sinh(x[..., None].astype(FLOAT64) * _COSINES), _SHARES)
    return slopes.astype(x.dtype)


i0: OpFunction = defop(
    "i0", lambda x: np.i0(x), lambda g, x: g * bessel_slope(x), numpy=np.i0, kind="elementwise", slope="i1(x)",
    doc="The modified Bessel function of the first kind, of order 0.",
    doctest="np.i0(tensor(1.0)) -> tensor(1.26606588)",
)  # fmt: skip
sinc: OpFunction = defop(
    "sinc", lambda x: np.sinc(x), lambda g, x: g * sinc_slope(x), numpy=np.sinc,
    kind="elementwise", slope="(cos(pi * x) - out) / x",
    doc="sin(pi x) / (pi x), and 1 at 0.", doctest="np.sinc(tensor(0.5)) -> tensor(0.63661977)",
)  # fmt: skip


BELL = 2.0 / math.sqrt(math.pi)  # the height of its slope
ROOT_HALF = math.sqrt(0.5)


def erf_of_entries(x: Array) -> Array:
    """The error function of the standard library, entry by entry."""
    return np.fromiter(map(math.erf, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def ndtr_of_entries(x: Array) -> Array:
    """The distribution function of the standard normal by the standard library, entry by entry."""
    return 0.5 * np.fromiter(map(math.erfc, (-ROOT_HALF * x).ravel().tolist()), np.float64, x.size).reshape(x.shape)


# Numerator and denominator of exp(x**2 / 2) * ndtr(-x) from 0 to 14.5, to 1e-8 of it: nothing in them cancels.
_ABOVE = (0.5, 0.43849809, 0.18338582, 0.04068408, 0.00412387)
_BELOW = (1.0, 1.67488116, 1.20312863, 0.46986847, 0.10198623, 0.01033689)


def _polynomial(x: Array, coefficients: Sequence[float]) -> Array:
    first, *others, last = coefficients
    y = x * last
    for coefficient in reversed(others):
        y += coefficient
        y *= x
    y += first
    return y


def ndtr_of_singles(x: Array) -> Array:
    """The distribution function of the standard normal for a large array of float32, in a few passes over it."""
    t = np.minimum(np.abs(x), 14.5)  # beyond, the tail is 0
    tail = _polynomial(t, _ABOVE)
    tail /= _polynomial(t, _BELOW)
    t *= t
    t *= -0.5
    tail *= np.exp(t, out=t)
    np.copysign(tail, x, out=tail)
    np.copysign(0.5, x, out=t)
    t += 0.5  # 1 to the right, less the tail; 0 to the left
    t -= tail
    return t


_OF_ENTRIES = {"erf": erf_of_entries, "ndtr": ndtr_of_entries}


@cache
def error_function(name: str = "erf") -> Callable[[Array], Array]:
    """SciPy's, where that is installed: its loop over an array runs in C. Imported at the first use of `erf`."""
    try:
        from scipy import special
    except ImportError:
        return _OF_ENTRIES[name]
    function: Callable[[Array], Array] = getattr(special, name)
    return function


_MANY = 8192  # for fewer entries SciPy's loop takes less time than the calls of NumPy


def _of_array(name: str, x: Array) -> Array:
    x = np.asarray(x)
    dtype = x.dtype if x.dtype.kind == "f" else FLOAT64
    wide = np.float32 if dtype.itemsize < 8 else np.float64  # for which SciPy has loops
    function = ndtr_of_singles if name == "ndtr" and wide is np.float32 and x.size > _MANY else error_function(name)
    values = x.astype(wide, casting="same_kind")
    out = function(values) if isinstance(function, np.ufunc) else _called(function, values)
    return out.astype(dtype, copy=False)[()]


@one_call()
def _called(function: Callable[[Array], Array], x: Array) -> Array:
    return function(x)


@one_call()
def erf_number(x: float) -> Array:
    return np.float64(math.erf(x))


@one_call()
def ndtr_number(x: float) -> Array:
    return np.float64(0.5 * math.erfc(-ROOT_HALF * x))


# The float64 of NumPy is a float too.
erf: OpFunction = defop(
    "erf", lambda x: erf_number(x) if isinstance(x, float | int) else _of_array("erf", x),
    lambda g, x: g * (BELL * np.exp(-(x * x))),
    kind="elementwise", slope="2 / sqrt(pi) * exp(-x ** 2)", scipy="erf",
    doc="The error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.",
    doctest="erf(tensor([0.0, 10.0])) -> tensor([0., 1.])",
)  # fmt: skip
ndtr: OpFunction = defop(
    "ndtr", lambda x: ndtr_number(x) if isinstance(x, float | int) else _of_array("ndtr", x),
    lambda g, x: g * (0.5 * BELL * ROOT_HALF * np.exp(-0.5 * (x * x))),
    definition=lambda x: 0.5 * (1.0 + erf(x * ROOT_HALF)),
    kind="elementwise", slope="exp(-x ** 2 / 2) / sqrt(2 * pi)", scipy="ndtr",
    doc="The distribution function of the standard normal, (1 + erf(x / sqrt(2))) / 2, accurate in the left tail too.",
    doctest="ndtr(tensor([0.0, 10.0])) -> tensor([0.5, 1. ])",
)  # fmt: skip
