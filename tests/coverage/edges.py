"""Points where something special happens, each with the value and gradients that have to come out and why.

As in samples.py an array of floats is differentiated and everything else is an option. The gradient is that of the sum
of all numbers of the result. Where there is no derivative, what we give is a decision; `why` says which.
"""

from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
from coverage_samples import Sample

INF, NAN = np.inf, np.nan
EDGES = []


class Edge(Sample):
    """A call with the expected value (of the first array of the result, if there are several) and gradients."""

    def __init__(self, name, args, options, *, value, gradients, why, warns, warns_back, differs):
        super().__init__(name, args, options)
        self.value = value
        self.gradients = gradients
        self.why = why
        self.warns = warns
        self.warns_back = warns_back
        self.differs = differs  # from NumPy, whose answer is wrong here

    def __str__(self):
        numbers = ",".join(str(np.asarray(x).tolist()).replace(" ", "") for x in self.live)
        return f"{super().__str__()}-{numbers}"[:120]


@contextmanager
def warning(words):
    """A block in which NumPy must warn with these words, or not at all."""
    with pytest.warns(RuntimeWarning, match=words) if words else nullcontext():
        yield


def edge(name, *args, value, gradients, why, warns=None, warns_back=None, differs=False, **options):
    facts = {"value": value, "gradients": gradients, "why": why}
    EDGES.append(Edge(name, args, options, **facts, warns=warns, warns_back=warns_back, differs=differs))


def a(*numbers):
    """An array of floats: something to differentiate."""
    return np.array(numbers[0] if len(numbers) == 1 else numbers, float)


EMPTY = np.zeros(0)

# --- ties ---------------------------------------------------------------------------------------------------------

EVEN = "tied winners share the gradient evenly, as for np.maximum"
for name, sign in (("max", 1.0), ("min", -1.0), ("amax", 1.0), ("amin", -1.0), ("nanmax", 1.0), ("nanmin", -1.0)):
    x = sign * a([[3, 1, 3], [2, 2, 2]])
    share = [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    edge(name, x, axis=1, value=[3 * sign, 2 * sign], gradients=[share], why=EVEN)
    edge(name, x, axis=-1, keepdims=True, value=[[3 * sign], [2 * sign]], gradients=[share], why=EVEN)
    edge(name, a(1.0, 1.0), initial=1.0, value=1, gradients=[[0.25, 0.25]], why=EVEN + "; so does the initial value")
edge("ptp", a(2, 0, 2), value=2, gradients=[[0.5, -1, 0.5]], why=EVEN)
edge("ptp", a(2, 2), value=0, gradients=[[0, 0]], why="both ends move together")
edge("maximum.reduce", a([[1, 1], [1, 0]]), value=[1, 1], gradients=[[[0.5, 1], [0.5, 0]]], why=EVEN)
edge(
    "maximum.accumulate",
    a(1, 3, 3, 2),
    value=[1, 3, 3, 3],
    gradients=[[1, 3, 0, 0]],
    why="the first of equal entries counts",
)
edge(
    "minimum.accumulate",
    a(0.0, -0.0, 1),
    value=[0, 0, 0],
    gradients=[[3, 0, 0]],
    why="0 equals -0: the first entry counts",
)
edge("fmax.reduce", a(NAN, 2, 2), value=2, gradients=[[0, 0.5, 0.5]], why=EVEN + "; NaN is ignored")

PLACE = "equal numbers keep the order of a stable sort"
edge("sort", a(2, 1, 2), value=[1, 2, 2], gradients=[[1, 1, 1]], why=PLACE)
edge(
    "sort",
    a(1, NAN, 0),
    value=[0, 1, NAN],
    gradients=[[1, 1, 1]],
    why="NaN values are sorted to the end; they are only moved",
)
edge("partition", a(2, 1, 2), 1, value=[1, 2, 2], gradients=[[1, 1, 1]], why=PLACE)
edge("median", a(1, 2, 2), value=2, gradients=[[0, 1, 0]], why=PLACE)
edge("median", a(2, 2, 2, 2), value=2, gradients=[[0, 0.5, 0.5, 0]], why=PLACE)
edge("median", a(5), value=5, gradients=[1], why="a number is its own median")
edge("quantile", a(4, 4, 4), 0.25, value=4, gradients=[[0.5, 0.5, 0]], why=PLACE)
edge(
    "quantile",
    a(3, 1, 2),
    [0.0, 1.0],
    value=[1, 3],
    gradients=[[1, 1, 0]],
    why="the ends are the minimum and the maximum",
)
edge("unique", a(2, 1, 2), value=[1, 2], gradients=[[1, 1, 0]], why="the first of equal numbers is taken")
edge("unique", a(0.0, -0.0), value=[0], gradients=[[1, 0]], why="0 equals -0")
edge(
    "unique",
    a([[1, 2], [1, 2]]),
    axis=0,
    value=[[1, 2]],
    gradients=[[[1, 1], [0, 0]]],
    why="the first of equal rows is taken",
)
edge(
    "union1d", a(1, 2), a(2, 3), value=[1, 2, 3], gradients=[[1, 1], [0, 1]], why="the first of equal numbers is taken"
)
edge("intersect1d", a(1, 2), a(2, 3), value=[2], gradients=[[0, 1], [0, 0]], why="the value comes from the first array")
edge("intersect1d", a(1, 2), a(3, 4), value=EMPTY, gradients=[[0, 0], [0, 0]], why="no common values")
edge(
    "setdiff1d", a(1, 2), a(2, 3), value=[1], gradients=[[1, 0], [0, 0]], why="values of the second array are left out"
)
edge("setxor1d", a(1, 2), a(2, 3), value=[1, 3], gradients=[[1, 0], [0, 1]], why="values in both arrays are left out")
edge("clip", a(-1, 0, 1), -1.0, 1.0, value=[-1, 0, 1], gradients=[[1, 1, 1]], why="at a bound the value is still x")

# --- kinks --------------------------------------------------------------------------------------------------------

KNOT = "at a knot the slope is that of the piece to its right; at the last knot, that of the last piece"
edge("interp", a(1, 2), [0, 1, 2], [0, 1, 4], value=[1, 4], gradients=[[3, 3]], why=KNOT)
edge("interp", a(0, -1), [0, 1], a(5, 7), value=[5, 5], gradients=[[2, 0], [2, 0]], why="constant beyond the ends")
edge(
    "interp",
    a(-INF, INF),
    [0, 1],
    a(5, 7),
    value=[5, 7],
    gradients=[[0, 0], [1, 1]],
    why="end values, also at infinity",
)
edge("interp", a(3), [1], a([2.0]), value=2, gradients=[0, [1]], why="constant with a single knot")
edge("copysign", a(3, -3), a(0.0, -0.0), value=[3, -3], gradients=[[1, 1], [0, 0]], why="-0 has a sign")
edge("modf", a(-INF, -0.5), value=[-0.0, -0.5], gradients=[[0, 1]], why="infinity has no fractional part (IEEE 754)")
edge(
    "frexp",
    a(0, INF, 8),
    value=[0, INF, 0.5],
    gradients=[[1, 1, 0.0625]],
    why="the mantissa of 0 and infinity is x itself",
)
edge("nan_to_num", a(NAN, INF, -INF, 1), nan=2.0, posinf=3.0, neginf=4.0, value=[2, 3, 4, 1], gradients=[[0, 0, 0, 1]],
     why="replaced values are constant")  # fmt: skip
edge("sinc", a(0, 1e-9, 0.5), value=[1, 1, 2 / np.pi], gradients=[[0, -np.pi**2 / 3e9, -4 / np.pi]],
     why="series at 0: 1 - (pi x)**2 / 6")  # fmt: skip
edge("i0", a(0, -2), value=[1, 2.2795853023360673], gradients=[[0, -1.5906368546373291]],
     why="Abramowitz and Stegun, table 9.8: I0(2), I1(2)")  # fmt: skip
edge("unwrap", a(0, np.pi), value=[0, np.pi], gradients=[[1, 1]], why="a jump of exactly half a period is kept")

# --- zeros in products, and at the origin -------------------------------------------------------------------------

OTHERS = "the product of the others, which is not 0 if there is only one 0"
edge("prod", a(2, 0, 3), value=0, gradients=[[0, 6, 0]], why=OTHERS)
edge("nanprod", a(2, 0, NAN), value=0, gradients=[[0, 2, 0]], why=OTHERS)
edge("prod", a(0, 0, 3), value=0, gradients=[[0, 0, 0]], why="two zeros")
edge("prod", a([[0, 2], [3, 4]]), axis=0, value=[0, 8], gradients=[[[3, 4], [0, 2]]], why=OTHERS)
edge("cumprod", a(2, 0, 3), value=[2, 0, 0], gradients=[[1, 8, 0]], why=OTHERS)
edge("nancumprod", a(2, 0, NAN), value=[2, 0, 0], gradients=[[1, 4, 0]], why=OTHERS)
edge("cumulative_prod", a(0, 5), include_initial=True, value=[1, 0, 0], gradients=[[6, 0]], why=OTHERS)
edge("multiply.accumulate", a(2, 0, 3), value=[2, 0, 0], gradients=[[1, 8, 0]], why=OTHERS)

ORIGIN = "at the origin the gradient is 0, one of the subgradients"
ZEROS = a([[0, 0], [0, 0]])
edge("linalg.norm", a(0, 0), value=0, gradients=[[0, 0]], why=ORIGIN)
edge("linalg.norm", ZEROS, value=0, gradients=[ZEROS], why=ORIGIN)
edge("linalg.norm", ZEROS, axis=1, value=[0, 0], gradients=[ZEROS], why=ORIGIN)
for order in (1, 2, 3, 1.5):
    edge("linalg.vector_norm", a(0, 0), ord=order, value=0, gradients=[[0, 0]], why=ORIGIN)
edge("linalg.vector_norm", a(3, 0), ord=3, value=3, gradients=[[1, 0]], why="|x|**3 is flat at 0")
edge("linalg.vector_norm", a(3, 0), ord=1, value=3, gradients=[[1, 0]], why="abs'(0) = 0, the mean of -1 and 1")
edge("linalg.vector_norm", a(0, 2), ord=0, value=1, gradients=[[0, 0]], why="a count does not change")
edge("linalg.vector_norm", a(2, -2), ord=INF, value=2, gradients=[[0.5, -0.5]], why=EVEN)
edge("linalg.matrix_norm", ZEROS, value=0, gradients=[ZEROS], why=ORIGIN)
edge("linalg.matrix_norm", a([[1, 0], [1, 2]]), ord=1, value=2, gradients=[[[0.5, 0], [0.5, 0.5]]], why=EVEN)
edge("hypot", a(0.0), a(0.0), value=0, gradients=[0, 0], why=ORIGIN)
edge("std", a(2, 2), value=0, gradients=[[0, 0]], why="no spread: " + ORIGIN)
edge("std", a([[2, 2], [1, 3]]), axis=1, where=[[True, True], [True, False]], value=[0, 0], gradients=[ZEROS],
     why="no spread: " + ORIGIN)  # fmt: skip
edge("nanstd", a(2, NAN, 2), value=0, gradients=[[0, 0, 0]], why="no spread: " + ORIGIN)
edge("var", a(2, 2), value=0, gradients=[[0, 0]], why="the slope of a parabola is 0 at its vertex")
edge("sqrt", a(0.0), value=0, gradients=[INF], why="the one-sided limit, as in NumPy", warns_back="divide by zero")
edge("cbrt", a(0.0), value=0, gradients=[INF], why="the slope at 0", warns_back="divide by zero")
edge(
    "float_power", a(0, 0), a(0, 2), value=[1, 0], gradients=[[0, 0], [0, 0]], why="0**0 = 1 in IEEE 754, 0**y stays 0"
)

# --- NaN and infinity among the others ----------------------------------------------------------------------------

OVER = "NaN is ignored: it does not contribute to the result and gets no gradient"
edge("nansum", a(1, NAN, 2), value=3, gradients=[[1, 0, 1]], why=OVER)
edge("nanmean", a(1, NAN, 2), value=1.5, gradients=[[0.5, 0, 0.5]], why=OVER)
edge("nanmax", a(1, NAN, 2), value=2, gradients=[[0, 0, 1]], why=OVER)
edge("nanvar", a(1, NAN, 3), value=1, gradients=[[-1, 0, 1]], why=OVER)
edge("nanstd", a(1, NAN, 3), ddof=1, value=np.sqrt(2.0), gradients=[[-np.sqrt(0.5), 0, np.sqrt(0.5)]], why=OVER)
edge("nanmedian", a([[1, NAN, 3], [NAN, 5, NAN]]), axis=1, value=[2, 5], gradients=[[[0.5, 0, 0.5], [0, 1, 0]]],
     why=OVER)  # fmt: skip
edge("nanquantile", a(NAN, 1, 3), 0.25, value=1.5, gradients=[[0, 0.75, 0.25]], why=OVER)
edge("nanpercentile", a(NAN, 1, 3), 25, value=1.5, gradients=[[0, 0.75, 0.25]], why=OVER)
edge("nancumsum", a(1, NAN, 2), value=[1, 1, 3], gradients=[[3, 0, 1]], why=OVER)
edge("fmin", a(NAN, 1), a(2, NAN), value=[2, 1], gradients=[[0, 1], [1, 0]], why=OVER)
edge("nanmax", a(NAN, NAN), value=NAN, gradients=[[0, 0]], why="only NaN", warns="All-NaN")
edge("nanmedian", a(NAN, NAN), value=NAN, gradients=[[0, 0]], why="only NaN", warns="All-NaN|Mean of empty")
edge("median", a(1, NAN), value=NAN, gradients=[[0, 0]], why="the result is NaN, and no entry gets a gradient")
edge("median", a(INF, 1, -INF), value=1, gradients=[[0, 1, 0]], why="the middle value; the others do not count")
edge("quantile", a(0, 1, INF), 0.5, value=NAN, gradients=[[0, 1, 0]], warns="invalid value",
     why="NumPy's value includes 0 * inf of the neighbour; the slope is that of the middle value")  # fmt: skip
edge("where", np.array([True, False]), a(1, INF), a(NAN, 2), value=[1, 2], gradients=[[1, 0], [0, 1]],
     why="entries that are not taken get no gradient, whatever their value")  # fmt: skip
edge("select", [[True, False]], [a(1, NAN)], a(INF, 2), value=[1, 2], gradients=[[1, 0], [0, 1]], why="not taken")
edge("choose", [0, 1], [a(1, INF), a(NAN, 2)], value=[1, 2], gradients=[[1, 0], [0, 1]], why="not taken")
edge("piecewise", a(NAN, INF), [[True, False]], [3.0, 4.0], value=[3, 4], gradients=[[0, 0]], why="plain numbers")
edge("sum", a([[1, NAN], [INF, 2]]), axis=1, where=[[True, False], [False, True]], value=[1, 2],
     gradients=[[[1, 0], [0, 1]]], why="masked entries do not contribute")  # fmt: skip
edge("mean", a(1, NAN), where=[True, False], value=1, gradients=[[1, 0]], why="masked entries do not contribute")
edge(
    "max",
    a(1, NAN),
    where=[True, False],
    initial=-INF,
    value=1,
    gradients=[[1, 0]],
    why="masked entries do not contribute",
)
edge("logaddexp", a(-INF), a(-INF), value=-INF, gradients=[0.5, 0.5], why="equal shares, as for any two equal numbers")
edge("logaddexp.reduce", a(-INF, 3), value=3, gradients=[[0, 1]], why="exp(-inf) = 0 does not contribute")
edge("logaddexp2.reduce", a(-INF, 3), value=3, gradients=[[0, 1]], why="2**-inf = 0 does not contribute")
edge("cumsum", a(1, INF, 1), value=[1, INF, INF], gradients=[[3, 2, 1]], why="linear, also at infinity")
edge("diff", a(1, INF), value=[INF], gradients=[[-1, 1]], why="linear, also at infinity")
edge("trapezoid", a(0, INF), value=INF, gradients=[[0.5, 0.5]], why="linear, also at infinity")
edge("polyval", a([2.0]), a(INF, -1), value=[NAN, 2], gradients=[[2], [0, 0]], why="NumPy starts with 0 * inf",
     warns="invalid value")  # fmt: skip

# --- nothing at all -----------------------------------------------------------------------------------------------

NOTHING = "for no numbers the result is the neutral element, which is constant"
edge("sum", EMPTY, value=0, gradients=[EMPTY], why=NOTHING)
edge("prod", EMPTY, value=1, gradients=[EMPTY], why=NOTHING)
edge("prod", np.zeros((0, 2)), axis=0, value=[1, 1], gradients=[np.zeros((0, 2))], why=NOTHING)
edge("add.reduce", np.zeros((2, 0)), axis=1, value=[0, 0], gradients=[np.zeros((2, 0))], why=NOTHING)
edge("hypot.reduce", EMPTY, value=0, gradients=[EMPTY], why=NOTHING)
edge("logaddexp2.reduce", EMPTY, value=-INF, gradients=[EMPTY], why=NOTHING)
edge("max", EMPTY, initial=3.0, value=3, gradients=[EMPTY], why="only the initial value")
edge("max", np.zeros((0, 2)), axis=0, initial=3.0, value=[3, 3], gradients=[np.zeros((0, 2))], why="the initial value")
edge("mean", EMPTY, value=NAN, gradients=[EMPTY], why="0 / 0", warns="Mean of empty slice|invalid value")
for name in ("cumsum", "cumprod", "sort", "diff", "flip", "ravel", "unique", "ediff1d"):
    edge(name, EMPTY, value=EMPTY, gradients=[EMPTY], why="an empty array stays empty")
edge("add.accumulate", np.zeros((0, 2)), value=np.zeros((0, 2)), gradients=[np.zeros((0, 2))], why="empty")
edge("subtract.accumulate", EMPTY, value=EMPTY, gradients=[EMPTY], why="an empty array stays empty")
edge("concatenate", [EMPTY, a([2.0])], value=[2], gradients=[EMPTY, [1]], why="an empty array next to a non-empty one")
edge("append", EMPTY, a([2.0]), value=[2], gradients=[EMPTY, [1]], why="an empty array next to a non-empty one")
edge("tile", a([2.0]), 0, value=EMPTY, gradients=[[0]], why="no copies, no gradient")
edge("repeat", a(1, 2), [0, 2], value=[2, 2], gradients=[[0, 2]], why="no copies, no gradient")
edge("trapezoid", a([3.0]), value=0, gradients=[[0]], why="one point has no area")
edge("linspace", a(1), a(2), 0, value=EMPTY, gradients=[0, 0], why="no points")
edge("linspace", a(1), a(2), 1, value=[1], gradients=[1, 0], why="one point: the start")
edge("compress", [False, False], a(1, 2), value=EMPTY, gradients=[[0, 0]], why="a mask without True")
edge("extract", [False, False], a(1, 2), value=EMPTY, gradients=[[0, 0]], why="a mask without True")
edge("where", [False, False], a(1, 2), 3.0, value=[3, 3], gradients=[[0, 0]], why="a mask without True")
edge("take", a(1, 2), np.zeros(0, int), value=EMPTY, gradients=[[0, 0]], why="no positions")
edge("delete", a(1, 2), [0, 1], value=EMPTY, gradients=[[0, 0]], why="no entries left")
edge("insert", a(1, 2), np.zeros(0, int), EMPTY, value=[1, 2], gradients=[[1, 1], EMPTY], why="no entries inserted")
edge("trim_zeros", a(0, 0), value=EMPTY, gradients=[[0, 0]], why="only zeros")
edge("trim_zeros", a(0, 2, 0, 3, 0), value=[2, 0, 3], gradients=[[0, 1, 1, 1, 0]], why="zeros in between are kept")
edge("trim_zeros", a(0, 2, 0), "f", value=[2, 0], gradients=[[0, 1, 1]], why="leading zeros are dropped")
edge("trim_zeros", a(-0.0, 2), value=[2], gradients=[[0, 1]], why="-0 is a zero")
edge("bincount", [0, 0], a(1, 2), minlength=3, value=[3, 0, 0], gradients=[[1, 1]], why="repeated positions add up")
edge("histogram", [0.5, 1.0, 3.0], [0, 0.5, 1], weights=a(1, 2, 4), value=[0, 3], gradients=[[1, 1, 0]],
     why="all bins but the last are half open; values outside are not counted")  # fmt: skip
edge("polydiv", a(0, 0), a([2.0]), value=[0, 0], gradients=[[0.5, 0.5], [0]], why="the quotient is u / 2")

# --- places -------------------------------------------------------------------------------------------------------

edge(
    "take", a(1, 2, 3), [0, 0, -1], value=[1, 1, 3], gradients=[[2, 0, 1]], why="repeated and negative positions add up"
)
edge("take_along_axis", a([[1, 2]]), np.array([[1, 1, -1]]), axis=1, value=[[2, 2, 2]], gradients=[[[0, 3]]],
     why="repeated and negative positions add up")  # fmt: skip
edge("resize", a(1, 2), 5, value=[1, 2, 1, 2, 1], gradients=[[3, 2]], why="copies add up")
edge("pad", a([2.0]), 2, "reflect", value=[2] * 5, gradients=[[5]], why="one number is reflected into itself")
edge("pad", a(1, 2), 0, value=[1, 2], gradients=[[1, 1]], why="no padding")
edge("pad", a(1, 3), (2, 0), "mean", value=[2, 2, 1, 3], gradients=[[2, 2]], why="the mean of both")
edge("pad", a(1, 1), (1, 0), "maximum", value=[1, 1, 1], gradients=[[1.5, 1.5]], why=EVEN)
edge("broadcast_to", a(2), (0, 3), value=np.zeros((0, 3)), gradients=[0], why="no copies, no gradient")
edge(
    "average",
    a(1, 3),
    weights=a(0, 2),
    value=3,
    gradients=[[0, 1], [-1, 0]],
    why="weight 0: the entry does not contribute, but its weight has a slope",
)

# --- matrices without an inverse, and with repeated values --------------------------------------------------------

SINGULAR = a([[1, 2], [2, 4]])
edge("linalg.det", SINGULAR, value=0, gradients=[[[4, -2], [-2, 1]]], why="cofactors, which need no inverse")
edge("linalg.det", ZEROS, value=0, gradients=[ZEROS], why="all cofactors are 0")
edge("linalg.det", np.zeros((3, 3)), value=0, gradients=[np.zeros((3, 3))], why="all cofactors are 0")
edge("linalg.matrix_power", SINGULAR, 0, value=np.eye(2), gradients=[ZEROS], why="a**0 is constant")
EQUAL = "a symmetric function of repeated values has a gradient"
edge("linalg.eigvalsh", 2.0 * np.eye(2), value=[2, 2], gradients=[np.eye(2)], why=EQUAL + ": the trace")
edge("linalg.svdvals", 2.0 * np.eye(2), value=[2, 2], gradients=[np.eye(2)], why=EQUAL + ": the sum")
edge("linalg.norm", 2.0 * np.eye(2), "nuc", value=4, gradients=[np.eye(2)], why=EQUAL)
edge("linalg.norm", 2.0 * np.eye(2), 2, value=2, gradients=[0.5 * np.eye(2)], why=EVEN + ", here singular values")
edge("linalg.matrix_norm", a([[3, 0], [0, 0]]), ord="nuc", value=3, gradients=[np.eye(2)],
     why="u @ vh, a subgradient at singular value 0")  # fmt: skip
edge("linalg.pinv", a([[2, 0], [0, 0]]), value=[[0.5, 0], [0, 0]], gradients=[[[-0.25, 0.25], [0.25, 0]]],
     why="the derivative at constant rank (Golub and Pereyra 1973): P P^T G^T (I - A P), and so on")  # fmt: skip
edge("corrcoef", a(1, 2, 4), value=1, gradients=[[0, 0, 0]], why="a variable is fully correlated with itself")
