"""Points where something special happens, each with the value and gradient that have to come out and why.

The gradient that comes in is all ones. Where there is no derivative, what we give is a decision; `why` says which.
"""

from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
from op_samples import Sample

INF, NAN = np.inf, np.nan
EDGES = []


class Edge(Sample):
    """A call of an op with the expected value, the expected gradient of each operand (None: has none), and the reason.

    ``second`` is the expected gradient of the sum of the gradients of the first operand, where that is decided too.
    ``warns`` is what NumPy warns of on the way forward, ``warns_back`` on the way back. ``dtype`` is that of the
    floating operands.
    """

    def __init__(self, name, inputs, attributes, value, gradients, why, *, second, warns, warns_back, dtype, atol):
        label = ",".join("-" if x is None else text(x) for x in inputs)
        label += "".join(f"-{k}={text(v)}" for k, v in attributes.items()) + ("" if dtype is None else f"-{dtype}")
        inputs = [np.array(x, dtype) if isinstance(x, list | float) else x for x in inputs]
        super().__init__(name, inputs, attributes, label=label, smooth=False, analytic=False)
        self.value = value
        self.expected_gradients = gradients
        self.why = why
        self.curvature = second
        self.warns = warns
        self.warns_back = warns_back
        self.atol = atol

    def forward(self, tensors):
        """The result, with the warning that NumPy gives at this point, and no other."""
        with warning(self.warns):
            return self.op.function(*tensors, **self.attributes)

    def backward(self):
        """A context for the way back."""
        return warning(self.warns_back)

    def matches(self, found, expected):
        """Whether an array is what was expected: infinities and nans in the same places, the rest to rounding."""
        found, expected = np.asarray(found), np.asarray(expected, found.dtype)
        assert found.shape == expected.shape, f"{found.shape} is not {expected.shape}"
        rounding = 4.0 * np.finfo(found.dtype).eps if found.dtype.kind == "f" else 0.0
        return np.allclose(found, expected, rtol=rounding, atol=self.atol, equal_nan=True)


def text(x):
    if np.size(x) > 100:
        return f"{np.shape(x)} of {np.ravel(x)[0]}".replace(" ", "")
    return str(np.asarray(x).tolist() if isinstance(x, np.ndarray) else x).replace(" ", "").replace("\n", "")


@contextmanager
def warning(message):
    """A block in which NumPy must warn with these words, or not at all."""
    with pytest.warns(RuntimeWarning, match=message) if message else nullcontext():
        yield


def edge(
    name, *inputs, value, gradients, why, second=None, warns=None, warns_back=None, dtype=None, atol=0.0, **attributes
):
    EDGES.append(
        Edge(
            name,
            inputs,
            attributes,
            value,
            gradients,
            why,
            second=second,
            warns=warns,
            warns_back=warns_back,
            dtype=dtype,
            atol=atol,
        )
    )


# --- ties: everyone who wins gets the same share ------------------------------------------------------------------

TIE = (
    "tied winners share the gradient evenly: this is the mean of the one-sided derivatives, and the shares add up to 1"
)
edge("maximum", [1.0, 2.0, 3.0], [1.0, 5.0, 0.0], value=[1.0, 5.0, 3.0], gradients=([0.5, 0, 1], [0.5, 1, 0]), why=TIE)
edge("minimum", [1.0, 2.0, 3.0], [1.0, 5.0, 0.0], value=[1.0, 2.0, 0.0], gradients=([0.5, 1, 0], [0.5, 0, 1]), why=TIE)
edge("maximum", [0.0, -0.0], [-0.0, 0.0], value=[0, 0], gradients=([0.5, 0.5], [0.5, 0.5]), why="0 equals -0: " + TIE)
edge("maximum", [INF, -INF], [INF, INF], value=[INF, INF], gradients=([0.5, 0], [0.5, 1]), why=TIE)
edge(
    "maximum",
    2.0,
    [2.0, 3.0],
    value=[2.0, 3.0],
    gradients=(0.5, [0.5, 1.0]),
    why=TIE + "; shares of broadcast operands add up",
)
for name, sign in (("max", 1.0), ("min", -1.0)):
    x = [[3.0 * sign, 1.0, 3.0 * sign], [2.0, 2.0, 2.0]]
    share = [[0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    edge(name, x, value=[3.0 * sign, 2.0], gradients=(share,), why=TIE, axis=1)
    edge(name, x, value=[3.0 * sign, 2.0], gradients=(share,), why=TIE, axis=-1)
    edge(name, x, value=[[3.0 * sign], [2.0]], gradients=(share,), why=TIE, axis=1, keepdims=True)
    share = [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]
    edge(name, x, value=3.0 * sign, gradients=(share,), why=TIE)
    edge(name, x, value=[[3.0 * sign]], gradients=(share,), why=TIE, axis=(0, 1), keepdims=True)
    edge(name, [INF * sign, INF * sign], value=INF * sign, gradients=([0.5, 0.5],), why=TIE)
    edge(name, [-INF * sign, -INF * sign], value=-INF * sign, gradients=([0.5, 0.5],), why=TIE)
    edge(name, 5.0, value=5.0, gradients=(1.0,), why="a single number is its own maximum and minimum")

MANY = np.ones(70000, np.float16)  # more than half precision can count
for name in ("max", "min"):
    edge(name, MANY, value=1, gradients=(np.full(70000, 1 / 70000),), atol=1e-7, why=TIE)
edge(
    "logsumexp",
    0 * MANY,
    value=np.log(7e4),
    gradients=(np.full(70000, 1 / 70000),),
    atol=1e-7,
    why="equal shares for all 70,000 entries",
)
edge("softmax", 0 * MANY, value=np.full(70000, 1 / 70000), gradients=(0 * MANY,), atol=1e-7, why="equal shares")
edge(
    "log_softmax",
    0 * MANY,
    value=np.full(70000, -np.log(7e4)),
    gradients=(0 * MANY,),
    atol=1e-2,
    why="the logarithm of equal shares",
)
FIRST = "only the first maximum of a window gets the gradient, as in PyTorch"
for x, gradient, why in (
    ([[[1.0, 3.0, 3.0, 0.0, 2.0, 2.0]]], [[[0, 1, 0, 0, 1, 0]]], FIRST),
    ([[[0.0, -0.0, 0.0, -INF, -INF, -INF]]], [[[1, 0, 0, 1, 0, 0]]], FIRST),
    (
        [[[1.0, NAN, 2.0, INF, 0.0, INF]]],
        [[[0, 1, 0, 1, 0, 0]]],
        "nan counts as greater than everything, as in PyTorch",
    ),
):
    value = [[[np.max(x[0][0][:3]), np.max(x[0][0][3:])]]]
    edge("max_pool", x, value=value, gradients=(gradient,), why=why, size=(3,), stride=3)
for x in ([[[-2.0, -1.0]]], [[[-INF, -1.0]]]):
    edge(
        "max_pool",
        x,
        value=x,
        gradients=([[[1, 1]]],),
        why="padding is never the maximum",
        size=(2,),
        padding=1,
        stride=2,
    )

# --- corners ------------------------------------------------------------------------------------------------------

edge("relu", [0.0, -0.0], value=[0.0, 0.0], gradients=([0.0, 0.0],), why="relu'(0) = 0, as in all frameworks")
edge("relu", [INF, -INF, 1e-300], value=[INF, 0.0, 1e-300], gradients=([1, 0, 1],), why="limits")
edge("relu", 0.0, value=0.0, gradients=(0.0,), why="relu'(0) = 0, also for single numbers")
for name in ("absolute", "fabs"):
    edge(name, [0.0, -0.0], value=[0.0, 0.0], gradients=([0.0, 0.0],), why="abs'(0) = 0, the mean of -1 and 1")
    edge(name, [INF, -INF], value=[INF, INF], gradients=([1.0, -1.0],), why="limits")

BOUND = "at a bound the value is still that of x: derivative 1 for x, 0 for the bound"
edge("clip", [-1.0, 0.0, 1.0], -1.0, 1.0, value=[-1.0, 0.0, 1.0], gradients=([1, 1, 1], 0.0, 0.0), why=BOUND)
edge(
    "clip",
    [-2.0, 2.0],
    [-1.0, -1.0],
    [1.0, 1.0],
    value=[-1, 1],
    gradients=([0, 0], [1, 0], [0, 1]),
    why="outside the bounds",
)
UPPER = "if the bounds cross, np.clip returns the upper one"
edge("clip", [-5.0, 0.0, 5.0], 2.0, -2.0, value=[-2, -2, -2], gradients=([0, 0, 0], 0.0, 3.0), why=UPPER)
edge(
    "clip",
    [-5.0, 5.0],
    2.0,
    2.0,
    value=[2, 2],
    gradients=([0, 0], 1.0, 1.0),
    why="with equal bounds, the bound that x has crossed gets the gradient",
)
edge(
    "clip",
    [2.0],
    [2.0],
    [2.0],
    value=[2],
    gradients=([0], [0.5], [0.5]),
    why="at equal bounds, the bounds share the gradient and x gets none",
)
edge("clip", [INF, -INF], -1.0, 1.0, value=[1, -1], gradients=([0, 0], 1.0, 1.0), why="limits")
edge("clip", [3.0], None, None, value=[3], gradients=([1], None, None), why="without bounds nothing is clipped")
edge("clip", [3.0, 1.0], None, [2.0, 1.0], value=[2, 1], gradients=([0, 1], None, [1, 0]), why=BOUND)
edge("clip", [3.0, 1.0], [5.0, 1.0], None, value=[5, 1], gradients=([0, 1], [1, 0], None), why=BOUND)

STEP = "the jumps of % are ignored: this is the derivative along each piece"
edge("remainder", [6.0, -6.0, 0.0], [3.0, 3.0, 3.0], value=[0, 0, 0], gradients=([1, 1, 1], [-2, 2, 0]), why=STEP)

# --- powers -------------------------------------------------------------------------------------------------------

ZERO = "0**0 = 1 in IEEE 754; x**0 is 1 everywhere, and 0**y counts as constant in y"
edge("power", [0.0], [0.0], value=[1.0], gradients=([0.0], [0.0]), why=ZERO)
edge("power", 0.0, 0, value=1.0, gradients=(0.0, None), second=(0.0,), why="x**0 is 1 everywhere")
edge("power", [0.0, 2.0], 0, value=[1, 1], gradients=([0, 0], None), second=([0, 0],), why="x**0 is 1 everywhere")
edge("power", [0.0, 2.0], [0.0, 0.0], value=[1, 1], gradients=([0, 0], [0, np.log(2.0)]), why=ZERO)
edge("power", [0.0, 0.0], [1.0, 2.0], value=[0, 0], gradients=([1, 0], [0, 0]), why="x, x**2; 0**y stays 0")
edge("power", [0.0], 1, value=[0], gradients=([1], None), second=([0],), why="x**1 = x")
edge("power", [0.0], 2, value=[0], gradients=([0], None), second=([2],), why="(x**2)'' = 2")
edge("power", [0.0], 3, value=[0], gradients=([0], None), second=([0],), why="(x**3)'' = 6x")
edge(
    "power",
    [0.0],
    0.5,
    value=[0],
    gradients=([INF], 0.0),
    warns_back="divide by zero",
    why="the slope of the root; 0**y stays 0",
)
edge(
    "power",
    [0.0],
    -1,
    value=[INF],
    gradients=([-INF], None),
    warns="divide",
    warns_back="divide",
    why="limit from the right",
)
edge("power", 0, [0.0, 2.0], value=[1, 0], gradients=(None, [0, 0]), why=ZERO)
edge("power", 1, [0.0, INF], value=[1, 1], gradients=(None, [0, 0]), why="1**y is 1, also at infinity (IEEE 754)")
edge("power", [-2.0, -2.0], 3, value=[-8, -8], gradients=([12, 12], None), second=([-12, -12],), why="x**3")
edge("power", [-2.0], -1, value=[-0.5], gradients=([-0.25], None), second=([-0.25],), why="1/x")
UNSIGNED = "x**0 is 1 everywhere; in integers 0 - 1 would wrap around to 255"
edge("power", [9.0], np.array([0], np.uint8), value=[1], gradients=([0], None), dtype="float32", why=UNSIGNED)
edge("power", [INF], 2, value=[INF], gradients=([INF], None), why="limits")
edge("square", [0.0, -0.0, INF], value=[0, 0, INF], gradients=([0, 0, INF],), why="the slope 2x")

# --- poles, and infinity ------------------------------------------------------------------------------------------

POLE = "the one-sided limit, as in NumPy"
edge("sqrt", [0.0, 4.0], value=[0.0, 2.0], gradients=([INF, 0.25],), warns_back="divide by zero", why=POLE)
edge(
    "sqrt",
    [-0.0],
    value=[-0.0],
    gradients=([-INF],),
    warns_back="divide by zero",
    why="the root of -0 is -0 (IEEE 754)",
)
edge("sqrt", [INF], value=[INF], gradients=([0.0],), why="limits")
edge("sqrt", [-1.0], value=[NAN], gradients=([NAN],), warns="invalid value", why="no real root")
edge("log", [0.0], value=[-INF], gradients=([INF],), warns="divide by zero", warns_back="divide by zero", why=POLE)
edge("log", [INF], value=[INF], gradients=([0.0],), why="limits")
edge("log2", [0.0], value=[-INF], gradients=([INF],), warns="divide by zero", warns_back="divide by zero", why=POLE)
edge("log10", [0.0], value=[-INF], gradients=([INF],), warns="divide by zero", warns_back="divide by zero", why=POLE)
edge("log1p", [-1.0], value=[-INF], gradients=([INF],), warns="divide by zero", warns_back="divide by zero", why=POLE)
edge("log1p", [1e-20], value=[1e-20], gradients=([1.0],), why="log(1 + x) is x for small x")
edge("expm1", [1e-20, -INF], value=[1e-20, -1.0], gradients=([1.0, 0.0],), why="exp(x) - 1 is x for small x; limit")
edge("exp", [-INF, INF, 0.0], value=[0, INF, 1], gradients=([0, INF, 1],), why="limits")
edge("exp2", [-INF, INF, 0.0], value=[0, INF, 1], gradients=([0, INF, np.log(2.0)],), why="limits")
edge("reciprocal", [INF, -INF], value=[0.0, -0.0], gradients=([-0.0, -0.0],), why="limits")
edge("reciprocal", [0.0], value=[INF], gradients=([-INF],), warns="divide by zero", why=POLE)
edge("divide", [1.0, 0.0], [INF, 2.0], value=[0, 0], gradients=([0, 0.5], [0, 0]), why="limits")
edge("divide", [1.0], [0.0], value=[INF], gradients=([INF], [-INF]), warns="divide", warns_back="divide", why=POLE)
edge("arcsin", [1.0, -1.0], value=[np.pi / 2, -np.pi / 2], gradients=([INF, INF],), warns_back="divide", why=POLE)
edge("arccos", [1.0, -1.0], value=[0.0, np.pi], gradients=([-INF, -INF],), warns_back="divide", why=POLE)
edge("arctan", [INF, -INF], value=[np.pi / 2, -np.pi / 2], gradients=([0, 0],), why="limits")
edge("tanh", [INF, -INF, 0.0], value=[1, -1, 0], gradients=([0, 0, 1],), why="limits")
BELL = 2.0 / np.sqrt(np.pi)  # the slope of erf at 0 (NIST DLMF 7.2.1)
edge("erf", [0.0, -0.0], value=[0.0, -0.0], gradients=([BELL] * 2,), second=([0, 0],), why="2 / sqrt(pi) exp(-x^2)")
edge("erf", [INF, -INF, 30.0], value=[1, -1, 1], gradients=([0, 0, 0],), why="limits")
edge("ndtr", [INF, -INF, 0.0], value=[1, 0, 0.5], gradients=([0, 0, BELL / np.sqrt(8.0)],), why="limits")
edge("ndtr", [-10.0], value=[7.619853024e-24], gradients=([7.694598627e-23],), atol=1e-32, why="erfc(10 / sqrt(2)) / 2")
edge("softsign", [INF, -INF, 0.0], value=[1, -1, 0], gradients=([0, 0, 1],), second=([0, 0, 0],), why="limits")
edge(
    "softsign", [1e100, 1e200], value=[1, 1], gradients=([1e-200, 0],), why="1 / (1 + |x|)^2, which underflows at 1e200"
)
edge("erf", [1.0], value=[0.8427007929497149], gradients=([BELL / np.e],), why="Abramowitz, Stegun: table 7.1")
LIMIT = "limits, at infinity"
for name, values, slopes in (
    ("negative", [-INF, INF], [-1, -1]),
    ("positive", [INF, -INF], [1, 1]),
    ("sinh", [INF, -INF], [INF, INF]),
    ("cosh", [INF, INF], [INF, -INF]),
    ("cbrt", [INF, -INF], [0, 0]),
    ("deg2rad", [INF, -INF], [np.pi / 180.0] * 2),
    ("rad2deg", [INF, -INF], [180.0 / np.pi] * 2),
):
    edge(name, [INF, -INF], value=values, gradients=(slopes,), why=LIMIT)
for name in ("log2", "log10", "log1p", "arccosh"):
    edge(name, [INF], value=[INF], gradients=([0],), why=LIMIT)
edge("subtract", [INF], [1.0], value=[INF], gradients=([1], [-1]), why=LIMIT)
edge("minimum", [INF, -INF], [1.0, 1.0], value=[1, -INF], gradients=([0, 1], [1, 0]), why=LIMIT)
edge("fmax", [INF, -INF], [1.0, 1.0], value=[INF, 1], gradients=([1, 0], [0, 1]), why=LIMIT)
edge("fmin", [INF, -INF], [1.0, 1.0], value=[1, -INF], gradients=([0, 1], [1, 0]), why=LIMIT)
edge("copysign", [INF, -INF], [-1.0, -1.0], value=[-INF, -INF], gradients=([-1, 1], None), why=LIMIT)
for name in ("remainder", "fmod"):
    edge(name, [4.0], [INF], value=[4], gradients=([1], [0]), why="nothing is subtracted")
edge("arctan2", [1.0, INF], [INF, 1.0], value=[0, np.pi / 2], gradients=([0, 0], [0, 0]), why=LIMIT)
edge(
    "arctan2",
    [0.0],
    [0.0],
    value=[0],
    gradients=([0], [0]),
    why="the angle is undefined at the origin: gradient 0, as for abs",
)
FAR_OUT = "computed from x, because the value is 1 to all digits"
edge(
    "tanh",
    [20.0, -16.0],
    value=[1, np.tanh(-16.0)],
    gradients=([1.6993417021166356e-17, 5.065666219637542e-14],),
    why=FAR_OUT,
)
edge("tanh", [10.0], value=[1], gradients=([8.2446145e-9],), dtype="float32", why=FAR_OUT)
edge("sigmoid", [40.0], value=[1], gradients=([4.248354255291589e-18],), why=FAR_OUT)
edge("sigmoid", [20.0], value=[1], gradients=([2.0611537e-9],), dtype="float32", why=FAR_OUT)
TURN = "(y, -x) / r**2, although r**2 overflows or underflows"
edge("arctan2", [3e200], [4e200], value=[np.arctan(0.75)], gradients=([1.6e-201], [-1.2e-201]), why=TURN)
edge("arctan2", [3e-200], [4e-200], value=[np.arctan(0.75)], gradients=([1.6e199], [-1.2e199]), why=TURN)
edge("mean", [INF, 1.0], value=INF, gradients=([0.5, 0.5],), why="linear, also at infinity")
edge("cumsum", [INF, 1.0], value=[INF, INF], gradients=([2, 1],), why="linear, also at infinity")
edge("prod", [INF, 2.0], value=INF, gradients=([2, INF],), why="each derivative is the product of the others")
edge("cumprod", [2.0, INF], value=[2, INF], gradients=([INF, 2],), why="d(x0 + x0 x1)")
edge("logsumexp", [INF, 1.0], value=INF, gradients=([1, 0],), why="the largest entry gets the whole gradient")
edge("arctan2", [1.0, 0.0], [0.0, -1.0], value=[np.pi / 2, np.pi], gradients=([0, -1], [-1, 0]), why="y/r2, -x/r2")
edge("multiply", [0.0, INF], [5.0, 2.0], value=[0, INF], gradients=([5, 2], [0, INF]), why="product rule")
edge("add", [INF], [1.0], value=[INF], gradients=([1], [1]), why="linear, also at infinity")
edge("sum", [INF, 1.0], value=INF, gradients=([1, 1],), why="linear, also at infinity")

edge("cbrt", [0.0, -8.0], value=[0, -2], gradients=([INF, 1 / 12],), warns_back="divide by zero", why=POLE)
edge("arctanh", [1.0, -1.0], value=[INF, -INF], gradients=([INF, INF],), warns="divide", warns_back="divide", why=POLE)
edge("arccosh", [1.0], value=[0.0], gradients=([INF],), warns_back="divide by zero", why=POLE)
edge(
    "arcsinh", [1e200, -1e200], value=[461.2101657793691, -461.2101657793691], gradients=([1e-200] * 2,), why="1 / |x|"
)
edge(
    "arccosh",
    [1e200],
    value=[461.2101657793691],
    gradients=([1e-200],),
    why="1 / x, although x^2 overflows or underflows",
)
edge("arctan", [1e155, 1e170], value=[np.pi / 2] * 2, gradients=([1e-310, 0],), atol=1e-323, why="1 / x^2")
edge("arcsinh", [INF, -INF], value=[INF, -INF], gradients=([0, 0],), why="limits")
edge("sinc", [0.0, -0.0], value=[1, 1], gradients=([0, 0],), second=([-(np.pi**2) / 3] * 2,), why="1 - (pi x)^2 / 6")
edge("hypot", [0.0, 3.0], [0.0, -4.0], value=[0, 5], gradients=([0, 0.6], [0, -0.8]), why="0 at the origin, as for abs")
edge(
    "hypot",
    [INF, 3.0],
    [1.0, -INF],
    value=[INF, INF],
    gradients=([1, 0], [0, -1]),
    why="only the infinite entry matters",
)
edge("copysign", [3.0, 3.0], [0.0, -0.0], value=[3, -3], gradients=([1, -1], None), why="-0 has a sign")
edge(
    "copysign",
    [0.0, -2.0],
    [-1.0, 1.0],
    value=[-0.0, 2],
    gradients=([0, -1], None),
    why="as for abs; -1 where the sign changes",
)
edge(
    "fmax",
    [NAN, 1.0, 2.0],
    [0.0, NAN, 2.0],
    value=[0, 1, 2],
    gradients=([0, 1, 0.5], [1, 0, 0.5]),
    why="the operand that is not NaN gets the gradient",
)
edge(
    "fmin",
    [NAN, 1.0, 2.0],
    [0.0, NAN, 2.0],
    value=[0, 1, 2],
    gradients=([0, 1, 0.5], [1, 0, 0.5]),
    why="the operand that is not NaN gets the gradient",
)
edge("fmod", [6.0, -6.0], [3.0, 3.0], value=[0, -0.0], gradients=([1, 1], [-2, 2]), why=STEP)
EVEN = "shares of the sum; equal for a tie"
SMOOTH = "a finite tie is an ordinary point: the second derivative is p (1 - p)"
edge(
    "logaddexp",
    [0.0, 1.0, 1e4],
    [0.0, 1.0, 1e4],
    value=np.array([0, 1, 1e4]) + np.log(2.0),
    gradients=([0.5] * 3,) * 2,
    second=([0.25] * 3,),
    why=SMOOTH,
)
edge("logaddexp2", [1.0], [1.0], value=[2], gradients=([0.5],) * 2, second=([np.log(2.0) / 4],), why=SMOOTH)
for name in ("logaddexp", "logaddexp2"):
    edge(name, [-INF, -INF], [-INF, 0.0], value=[-INF, 0], gradients=([0.5, 0], [0.5, 1]), atol=1e-300, why=EVEN)
    edge(
        name,
        [INF, 1e4],
        [0.0, -1e4],
        value=[INF, 1e4],
        gradients=([1, 1], [0, 0]),
        atol=1e-300,
        why="the larger operand gets the whole gradient",
    )
edge(
    "nan_to_num",
    [NAN, INF, 2.0],
    value=[0, np.finfo(float).max, 2],
    gradients=([0, 0, 1],),
    why="replaced values are constant",
)

# --- activations far out, in float32 ------------------------------------------------------------------------------

TINY = float(np.finfo(np.float32).tiny)  # below it float32 is gradual: nothing hangs on what is there
FAR = [-1e4, 1e4]
edge("sigmoid", FAR, value=[0, 1], gradients=([0, 0],), dtype="float32", atol=TINY, why="limits, without overflow")
edge("softplus", FAR, value=[0, 1e4], gradients=([0, 1],), dtype="float32", atol=TINY, why="limits: relu and its slope")
edge("tanh", FAR, value=[-1, 1], gradients=([0, 0],), dtype="float32", why="limits")
edge("softmax", FAR, value=[0, 1], gradients=([0, 0],), dtype="float32", why="one class has probability 1")
edge("softmax", [1e4, 1e4], value=[0.5, 0.5], gradients=([0, 0],), dtype="float32", why="softmax(x + c) = softmax(x)")
edge("log_softmax", FAR, value=[-2e4, 0], gradients=([1, -1],), dtype="float32", why="1 - n softmax(x)")
edge(
    "logsumexp",
    FAR,
    value=1e4,
    gradients=([0, 1],),
    dtype="float32",
    why="the largest entry; the gradient is the softmax",
)
ROUNDED = "softmax, computed from the value, which float32 rounds to about 1e-7 of 10,000"
edge(
    "logsumexp",
    [-1e4, -1e4],
    value=-1e4 + np.log(2.0),
    gradients=([0.5, 0.5],),
    dtype="float32",
    atol=2e-4,
    why=ROUNDED,
)
for label, loss, slope in ((0, 2e4, [-1, 1]), (1, 0, [0, 0])):
    labels = np.array([label])
    why = "-log softmax is the distance between the logits; the gradient is softmax - one-hot"
    edge("cross_entropy", [FAR], value=[loss], gradients=([slope],), dtype="float32", labels=labels, why=why)
for dtype in ("float16", "float64"):
    far = [-1e4, 1e4]
    edge("softmax", far, value=[0, 1], gradients=([0, 0],), dtype=dtype, why="one class has probability 1")
    edge("softplus", far, value=[0, 1e4], gradients=([0, 1],), dtype=dtype, atol=1e-4, why="limits")
    edge("sigmoid", far, value=[0, 1], gradients=([0, 0],), dtype=dtype, atol=1e-4, why="limits")
edge("softplus", [INF, -INF], value=[INF, 0], gradients=([1, 0],), atol=1e-300, why="limits")
edge("sigmoid", [INF, -INF, 0.0], value=[1, 0, 0.5], gradients=([0, 0, 0.25],), atol=1e-300, why="limits")
MASKED = "a logit of -inf has probability 0 (a masked position)"
edge("softmax", [-INF, 0.0, 0.0], value=[0, 0.5, 0.5], gradients=([0, 0, 0],), why=MASKED)
edge("logsumexp", [-INF, 0.0], value=0.0, gradients=([0, 1],), why=MASKED)
edge("logsumexp", [-INF, -INF], value=-INF, gradients=([0, 0],), why="log(0); no shares, but no nan either")
edge("logsumexp", [[-INF, 0.0], [-INF, -INF]], value=[0, -INF], gradients=([[0, 1], [0, 0]],), axis=1, why=MASKED)
edge("cross_entropy", [[-INF, 0.0]], value=[0.0], gradients=([[0, 0]],), labels=np.array([1]), why=MASKED)

# --- products with zeros ------------------------------------------------------------------------------------------

OTHERS = "each derivative is the product of the others"
edge("prod", [0.0, 2.0, 3.0], value=0, gradients=([6, 0, 0],), second=([5, 3, 2],), why=OTHERS)
edge("prod", [0.0, 0.0, 3.0], value=0, gradients=([0, 0, 0],), second=([3, 3, 0],), why=OTHERS)
edge("prod", [[0.0, 2.0], [3.0, 4.0]], value=[0, 12], gradients=([[2, 0], [4, 3]],), axis=1, why=OTHERS)
edge("prod", [1e-200, 1e-200], value=0, gradients=([1e-200] * 2,), second=([1, 1],), why=OTHERS + ", also out of range")
edge("cumprod", [2.0, 0.0, 3.0], value=[2, 0, 0], gradients=([1, 8, 0],), why="d(x0 + x0 x1 + x0 x1 x2)")
edge("cumprod", [0.0, 0.0], value=[0, 0], gradients=([1, 0],), why="d(x0 + x0 x1)")

# --- no spread ----------------------------------------------------------------------------------------------------

FLAT = "without spread the gradient of std is 0 by symmetry, as for abs at 0"
edge("std", [2.0, 2.0, 2.0], value=0, gradients=([0, 0, 0],), why=FLAT)
edge("std", [[2.0, 2.0], [1.0, 3.0]], value=[0, 1], gradients=([[0, 0], [-0.5, 0.5]],), axis=1, why=FLAT)
edge("std", 2.0, value=0, gradients=(0.0,), why=FLAT)
edge("std", [2.0], value=0, gradients=([0.0],), axis=0, why=FLAT)
edge("std", [[2.0, 3.0]], value=[0, 0], gradients=([[0, 0]],), axis=0, why=FLAT)
EQUAL = "equal numbers have no spread, although their mean is rounded"
edge("std", [0.1, 0.1, 0.1], value=0, gradients=([0, 0, 0],), atol=1e-16, why=EQUAL)
edge("std", np.full((7, 2), 0.1), value=[0, 0], gradients=(np.zeros((7, 2)),), axis=0, atol=1e-16, why=EQUAL)
edge("var", [0.1, 0.1, 0.1], value=0, gradients=([0, 0, 0],), atol=1e-30, why=EQUAL)
SIZES = "the same for numbers of any size, although squares overflow or underflow"
SLOPES = [-0.35634832254989923, -0.08908708063747481, 0.44543540318737401]  # (x - mean) / (n std) of 1, 2, 4
for size, warns, value in ((1e200, "overflow", INF), (1.0, None, np.std([1, 2, 4])), (1e-200, None, 0)):
    edge("std", [size, 2 * size, 4 * size], value=value, gradients=(SLOPES,), warns=warns, why=SIZES)
edge("std", [300.0, 600.0, 1200.0], value=INF, gradients=(SLOPES,), warns="overflow", dtype="float16", why=SIZES)
TAKEN_IN = np.array([True, False, True])
edge(
    "std",
    [1.0, 9.0, 3.0],
    value=1,
    gradients=([-0.5, 0, 0.5],),
    where=TAKEN_IN,
    why="only entries selected by the mask",
)
edge("var", [1.0, NAN, 3.0], value=1, gradients=([-1, 0, 1],), where=TAKEN_IN, why="only entries selected by the mask")
edge("var", [2.0, 2.0], value=0, gradients=([0, 0],), second=([0, 0],), why="2 (x - mean) / n, which adds up to 0")
FREE = "NumPy: no degrees of freedom, 0/0"
for name in ("var", "std"):
    edge(name, [2.0], value=NAN, gradients=([NAN],), ddof=1, warns="Degrees of freedom|invalid value", why=FREE)

# --- matrices without inverse, vectors without direction -----------------------------------------------------------

UNIT = "the unit vector, although squares overflow or underflow"
ORIGIN = "0 at the origin, as for abs"
edge("euclidean", [0.0, 0.0], value=0, gradients=([0, 0],), why=ORIGIN)
edge("euclidean", [[0.0, 0.0], [3.0, -4.0]], value=[0, 5], gradients=([[0, 0], [0.6, -0.8]],), axis=1, why=ORIGIN)
edge("euclidean", [], value=0, gradients=([],), why="an empty sum is 0")
edge("p_norm", [0.0, 0.0], ord=3.0, value=0, gradients=([0, 0],), why=ORIGIN)
edge("p_norm", [4.0, 0.0], ord=0.5, value=4, gradients=([1, 0],), why="slope 0 at an entry 0, as for abs")
for size in (1e200, 1e-200):
    edge("euclidean", [3.0 * size, 4.0 * size], value=INF if size > 1 else 0, gradients=([0.6, 0.8],), why=UNIT,
         warns="overflow" if size > 1 else None)  # fmt: skip
COFACTORS = "the cofactors, which need no inverse"
edge("det", [[0.0]], value=0, gradients=([[1]],), why=COFACTORS)
edge("det", [[1.0, 2.0], [2.0, 4.0]], value=0, gradients=([[4, -2], [-2, 1]],), why=COFACTORS)
edge("det", np.zeros((0, 0)), value=1, gradients=(np.zeros((0, 0)),), why="an empty product is 1")
edge("pinv", [[0.0, 0.0], [0.0, 0.0]], value=[[0, 0], [0, 0]], gradients=([[0, 0], [0, 0]],), why="at constant rank")

# --- nothing there ------------------------------------------------------------------------------------------------

EMPTY = "an empty sum is 0, an empty product is 1, and no entry can get a gradient"
edge("sum", [], value=0, gradients=([],), why=EMPTY)
edge("prod", [], value=1, gradients=([],), why=EMPTY)
edge("sum", [[], []], value=[0, 0], gradients=([[], []],), axis=1, why=EMPTY)
edge("prod", [[], []], value=[1, 1], gradients=([[], []],), axis=1, why=EMPTY)
edge("mean", [], value=NAN, gradients=([],), warns="invalid value|Mean of empty slice", why="NumPy: 0/0")
edge("var", [], value=NAN, gradients=([],), warns="Degrees of freedom|invalid", why="0/0")
edge("std", [], value=NAN, gradients=([],), warns="Degrees of freedom|invalid", why="0/0")
edge("matmul", [[], []], np.zeros((0, 2)), value=[[0, 0], [0, 0]], gradients=([[], []], np.zeros((0, 2))), why=EMPTY)
edge("dot", [], [], value=0, gradients=([], []), why=EMPTY)
edge("einsum", [], [], value=0, gradients=([], []), subscripts="i,i->", why=EMPTY)

# --- positions ----------------------------------------------------------------------------------------------------

ADD_UP = "an entry that is read several times gets the sum"
edge("getitem", [1.0, 2.0, 3.0], value=[1, 1, 3], gradients=([2, 0, 1],), index=np.array([0, 0, 2]), why=ADD_UP)
edge("getitem", [1.0, 2.0, 3.0], value=[3, 3], gradients=([0, 0, 2],), index=np.array([-1, 2]), why=ADD_UP)
edge("getitem", [1.0, 2.0], value=[], gradients=([0, 0],), index=np.array([False, False]), why="nothing is read")
edge("getitem", [1.0, 2.0], value=[], gradients=([0, 0],), index=slice(2, None), why="nothing is read")
edge("getitem", [1.0, 2.0], value=2.0, gradients=([0, 1],), index=-1, why="-1 is the last entry")
edge(
    "scatter",
    [1.0, 2.0],
    value=[0, 3, 0],
    gradients=([1, 1],),
    index=np.array([1, 1]),
    shape=(3,),
    why="contributions add up",
)
LAST = "the last write counts (as NumPy documents for assignment), so only that value gets a gradient"
AGAIN = np.array([0, 0, 2])
edge(
    "set_at", [1.0, 2.0, 3.0], [7.0, 8.0, 9.0], value=[8, 2, 9], gradients=([0, 1, 0], [0, 1, 1]), index=AGAIN, why=LAST
)
edge("set_at", [1.0, 2.0], [7.0, 8.0], value=[1, 8], gradients=([1, 0], [0, 1]), index=np.array([1, -1]), why=LAST)
edge("set_at", [1.0, 2.0], 7.0, value=[7, 2], gradients=([0, 1], 1.0), index=np.array([0, 0]), why=LAST)
edge("set_at", [1.0], [], value=[1], gradients=([1], []), index=np.array([False]), why="nothing is written")
edge("add_at", [1.0, 2.0], [7.0, 8.0], value=[16, 2], gradients=([1, 1], [1, 1]), index=np.array([0, 0]), why=ADD_UP)
edge("add_at", [1.0, 2.0], 7.0, value=[15, 2], gradients=([1, 1], 2.0), index=np.array([0, 0]), why=ADD_UP)
edge("add_at", [1.0], [], value=[1], gradients=([1], []), index=np.array([False]), why="nothing is added")

# --- branches that were not taken ---------------------------------------------------------------------------------

TAKEN = "entries that are not chosen have gradient 0, whatever their value"
edge(
    "where", np.array([True, False]), [1.0, NAN], [INF, 2.0], value=[1, 2], gradients=(None, [1, 0], [0, 1]), why=TAKEN
)
edge("where", np.array([True]), [INF], [-INF], value=[INF], gradients=(None, [1], [0]), why=TAKEN)
edge("where", np.array([]), [], [], value=[], gradients=(None, [], []), why="empty")
edge("masked", [NAN, INF, 3.0], value=[0, 0, 3], gradients=([0, 0, 1],), mask=np.array([False, False, True]), why=TAKEN)

# --- nan ----------------------------------------------------------------------------------------------------------

edge("maximum", [NAN, 1.0], [0.0, NAN], value=[NAN, NAN], gradients=([0, 0], [0, 0]), why="nan gets no gradient")
edge("max", [NAN, 1.0], value=NAN, gradients=([0, 0],), why="nan gets no gradient")
edge("relu", [NAN], value=[NAN], gradients=([0],), why="nan is not above 0")
edge("exp", [NAN], value=[NAN], gradients=([NAN],), why="nan in, nan out")
