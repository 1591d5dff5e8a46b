"""Calls that were answered otherwise than NumPy answers them: the same values to the last bit, and the same errors.

A call is a function of `a`, which makes arrays: NumPy's for the expected answer, Tensors for ours.
"""

import warnings

import numpy as np
import pytest
from replaying import differs, public

from autograd import Tensor, gradcheck
from autograd.errors import AutogradError, NotDifferentiable

INF, NAN = np.inf, np.nan
STEPS = [0, 60_000, 180_000, 240_000]
NANOSECONDS = np.array([0, 3, 7, 8]) * 86_400_000_000_000
FEW = np.array([True, False, False])
Y = [1.0, 4.0, 9.0, 16.0]
M = [[1.0, 2.0, 4.0], [0.5, 3.0, -1.0], [2.0, 0.0, 1.0]]


def outcome(call, make):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(make), None
        except Exception as error:
            return None, error


def tensors(numbers, dtype=float):
    return Tensor(np.array(numbers, dtype), requires_grad=True)


SAME = {
    # Integers, which must not wrap where NumPy makes them floats first.
    **{
        f"gradient {np.dtype(t)} {order}": lambda a, t=t, order=order: np.gradient(
            a(Y), np.array(STEPS, t), edge_order=order
        )
        for t in ("i4", "u4", "i8")
        for order in (1, 2)
    },
    "gradient nanoseconds": lambda a: np.gradient(a(Y), NANOSECONDS, edge_order=2),
    "gradient uint8": lambda a: np.gradient(a(Y), np.array([250, 200, 30, 10], np.uint8)),
    "gradient integer step": lambda a: np.gradient(a(Y), np.int32(60_000)),
    "gradient datetimes": lambda a: np.gradient(a(Y), NANOSECONDS.astype("M8[ns]")),
    "gradient of one spacing for two axes": lambda a: np.gradient(a(M), [0.0, 1.0, 3.0]),
    "gradient of three spacings for two axes": lambda a: np.gradient(a(M), 1.0, 2.0, 3.0),
    "gradient of two spacings for one axis": lambda a: np.gradient(a(Y), 1.0, 2.0),
    "gradient of a spacing of another length": lambda a: np.gradient(a(Y), [0.0, 1.0, 2.0]),
    "gradient edge_order=3": lambda a: np.gradient(a(Y), edge_order=3),
    "interp integers": lambda a: np.interp(a([1.5e18, 2.5e18]), np.array([0, 2, 4]) * 10**18, [0, 1, 5]),
    "trapezoid integers": lambda a: np.trapezoid(a(Y), np.array(STEPS, "i4")),
    "cov fweights": lambda a: np.cov(a(M), fweights=np.array([1, 2, 3], np.uint8)),
    "cov large fweights": lambda a: np.cov(a(M), fweights=np.array([100, 100, 100], np.int8)),
    "average integer weights": lambda a: np.average(a(M), axis=1, weights=np.array([100, 100, 100], np.int8)),
    "vander": lambda a: np.vander(a([300.0, 2.0], np.float16), 4),
    "polyval integers": lambda a: np.polyval(np.array([100, 100], np.int8), a([2.0, 3.0])),
    "polyfit integers": lambda a: np.polyfit(np.array(STEPS, "i4"), a(Y), 2),
    # NaN, infinities and too few numbers.
    "interp nan": lambda a: np.interp(a(NAN), [0.0, 1.0], [5.0, 7.0]),
    "interp nan among": lambda a: np.interp(a([NAN, 0.5, 2.0]), [0.0, 1.0], a([5.0, 7.0])),
    "interp of infinite knots": lambda a: np.interp(a(0.5), [-INF, INF], [10.0, 10.0]),
    "interp of nan knots": lambda a: np.interp(0.5, [0.0, 1.0, NAN], a([1.0, 2.0, 3.0])),
    "nanvar ddof": lambda a: np.nanvar(a([1.0, NAN, 2.0]), ddof=3),
    "nanstd ddof": lambda a: np.nanstd(a([[1.0, NAN, 2.0], [1.0, 2.0, 4.0]]), axis=1, ddof=2),
    "nanvar ddof and correction": lambda a: np.nanvar(a(Y), ddof=1, correction=1),
    "var where ddof": lambda a: np.var(a([1.0, 2.0, 4.0]), where=FEW, ddof=2),
    "std where ddof": lambda a: np.std(a(M), where=FEW, axis=1, ddof=1),
    "var where mean": lambda a: np.var(a(M), axis=1, where=FEW, mean=np.ones((3, 1)), ddof=3),
    "var method": lambda a: a([1.0, 2.0, 4.0]).var(where=FEW, ddof=2),
    "var ddof": lambda a: np.var(a([1.0, 2.0]), ddof=3),
    "mean of nothing": lambda a: np.mean(a(M), axis=1, where=np.array([False])),
    **{
        f"{name} of infinities {x}": lambda a, name=name, x=x: getattr(np, name)(a(x))
        for name in ("median", "nanmedian", "ptp", "mean", "std", "sort")
        for x in ([INF, INF], [INF, INF, 1.0], [-INF, INF], [NAN, INF], [NAN, NAN, INF, INF], [1.0, INF])
    },
    **{
        f"{name} {q} of infinities": lambda a, name=name, q=q: getattr(np, name)(a([INF, 1.0, INF, -INF]), q)
        for name, q in (("quantile", 0.3), ("nanquantile", 0.9), ("percentile", [0, 50, 100]), ("nanpercentile", 80))
    },
    "median of nothing": lambda a: np.median(a([])),
    "nanmedian of nothing": lambda a: np.nanmedian(np.reshape(a([]), (0, 3)), axis=0),
    "nanmax of NaN": lambda a: np.nanmax(a([[NAN, NAN], [1.0, NAN]]), axis=1),
    "average weights 0": lambda a: np.average(a(Y), weights=[0.0, 0.0, 0.0, 0.0]),
    "average weights cancel": lambda a: np.average(a(Y), weights=a([1.0, -1.0, 1.0, -1.0])),
    "cov of one": lambda a: np.cov(a([[1.0], [2.0]])),
    "cov dtype": lambda a: np.cov(a(M), dtype=np.float32),
    "corrcoef dtype": lambda a: np.corrcoef(a(M), dtype=np.float16),
    "corrcoef of constants": lambda a: np.corrcoef(a([[1.0, 1.0], [1.0, 2.0]])),
    "unwrap nan": lambda a: np.unwrap(a([0.0, 7.0, NAN, 14.0])),
    "clip nan": lambda a: np.clip(a([NAN, 2.0]), 0.0, a([1.0, NAN])),
    "searchsorted nan": lambda a: np.searchsorted(a([0.0, NAN]), a([NAN, 1.0])),
    **{
        f"cond {p}": lambda a, p=p: np.linalg.cond(a([[1.0, 2.0], [2.0, 4.0]]), p) for p in (None, 1, -1, 2, INF, "fro")
    },
    "cond of zeros": lambda a: np.linalg.cond(a(np.zeros((2, 2))), 1),
    "cond of a stack": lambda a: np.linalg.cond(a([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]]), 1),
    # What is not whole is not rounded in silence.
    **{f"matrix_power {n}": lambda a, n=n: np.linalg.matrix_power(a(M), n) for n in (2.9, 3.0, "2", None, np.int64(3))},
    "matrix_power of a row": lambda a: np.linalg.matrix_power(a(Y), 2),
    "repeat 2.5": lambda a: np.repeat(a(Y), 2.5),
    "roll 1.5": lambda a: np.roll(a(Y), 1.5),
    "tile 1.5": lambda a: np.tile(a(Y), 1.5),
    "tril 0.5": lambda a: np.tril(a(M), 0.5),
    "diag 0.5": lambda a: np.diag(a(M), 0.5),
    "diagonal 0.5": lambda a: np.diagonal(a(M), 0.5),
    "trace 0.5": lambda a: np.trace(a(M), 0.5),
    "diff 1.5": lambda a: np.diff(a(Y), 1.5),
    "rot90 1.5": lambda a: np.rot90(a(M), 1.5),
    "vander 2.5": lambda a: np.vander(a(Y), 2.5),
    "polyfit 1.5": lambda a: np.polyfit([1.0, 2.0, 3.0, 5.0], a(Y), 1.5),
    "polyder 1.5": lambda a: np.polyder(a(Y), 1.5),
    "polyint 1.5": lambda a: np.polyint(a(Y), 1.5),
    "linspace 2.5": lambda a: np.linspace(a(0.0), 1.0, 2.5),
    "array_split 2.5": lambda a: np.array_split(a(Y), 2.5),
    "partition 1.5": lambda a: np.partition(a(Y), 1.5),
    "take 1.5": lambda a: np.take(a(Y), 1.5),
    "insert 1.5": lambda a: np.insert(a(Y), 1.5, 0.0),
    "delete 1.5": lambda a: np.delete(a(Y), 1.5),
    "pad 1.5": lambda a: np.pad(a(Y), 1.5),
    "moveaxis 0.0": lambda a: np.moveaxis(a(M), 0.0, 1),
    "round 0.5": lambda a: np.round(a(Y), 0.5),
    **{
        f"{name} axis=1.0": lambda a, name=name: getattr(np, name)(a(M), axis=1.0)
        for name in (
            "sum",
            "mean",
            "max",
            "var",
            "cumsum",
            "sort",
            "median",
            "diff",
            "flip",
            "average",
            "nansum",
            "argmax",
        )
    },
    # The arguments of functions.
    "argsort kind": lambda a: np.argsort(a([2.0, 1.0, 2.0, 1.0]), kind="stable"),
    "argsort stable": lambda a: np.argsort(a([2.0, 1.0, 2.0, 1.0]), stable=True),
    "argsort both": lambda a: np.argsort(a(Y), kind="stable", stable=True),
    "argsort order": lambda a: np.argsort(a(Y), order="x"),
    "repeat of a number": lambda a: np.repeat(a(0.0), 2, axis=0),
    "repeat of a number axis=1": lambda a: np.repeat(a(0.0), 2, axis=1),
    "take_along_axis of a number": lambda a: np.take_along_axis(a(M), np.array(1), axis=1),
    "take_along_axis None": lambda a: np.take_along_axis(a(M), np.array([[0, 1]]), axis=None),
    "take_along_axis of another rank": lambda a: np.take_along_axis(a(M), np.array([0, 1]), axis=0),
    "rot90 equal axes": lambda a: np.rot90(a(M), axes=(1, 1)),
    "rot90 the same axis twice": lambda a: np.rot90(a(M), axes=(1, -1)),
    "rot90 three axes": lambda a: np.rot90(a(M), axes=(0, 1, 2)),
    "any where": lambda a: np.any(a(M), axis=1, where=FEW),
    **{
        f"{name} of a number, axis {axis}": lambda a, name=name, axis=axis: getattr(np, name)(a(5.0), axis=axis)
        for name in ("mean", "sum", "max", "var", "std", "median", "prod", "argmax", "cumsum", "ptp", "average")
        for axis in (0, -1, 1)
    },
    "pad of nothing": lambda a: np.pad(a([]), 2, mode="mean"),
    "trim_zeros of zeros": lambda a: np.trim_zeros(a([0.0, 0.0]), "f"),
    "trim_zeros of a number": lambda a: np.trim_zeros(a(1.0)),
    "median axis": lambda a: np.median(a(M), axis=-3),
    "add casting": lambda a: np.add(a(Y), a(Y), dtype=np.float32, casting="safe"),
    "reduceat of no indices": lambda a: np.add.reduceat(a(M), [], axis=1),
    "modf -0": lambda a: np.modf(a([-0.0, -1.0, -INF, NAN])),
    "einsum subscripts": lambda a: np.einsum(a(M), [-1, 0], a(M), [0, 1]),
    "einsum 2.5": lambda a: np.einsum(a(M), [0, 2.5]),
    "einsum path": lambda a: np.einsum("ab,bc->ac", a(M), a(M), optimize=["einsum_path", (0, 1, 2)]),
    # Methods take what functions take.
    "t.argsort(kind=)": lambda a: a([2.0, 1.0, 2.0]).argsort(kind="stable"),
    "t.argsort(0, 'stable')": lambda a: a([2.0, 1.0, 2.0]).argsort(0, "stable"),
    **{
        f"t.{name}(where=, initial=)": lambda a, name=name: getattr(a(M), name)(axis=1, where=FEW, initial=0.5)
        for name in ("sum", "prod", "max", "min")
    },
    **{
        f"t.{name}(0, None, None, True)": lambda a, name=name: getattr(a(M), name)(0, None, None, True)
        for name in ("sum", "prod", "mean")
    },
    **{
        f"t.{name}(where=)": lambda a, name=name: getattr(a(M), name)(where=FEW)
        for name in ("mean", "var", "std", "any")
    },
    **{
        f"t.{name}(dtype=)": lambda a, name=name: getattr(a(M), name)(dtype=np.float32)
        for name in ("sum", "prod", "mean", "var", "std", "cumsum", "cumprod", "trace")
    },
    "t.max(0, None, True)": lambda a: a(M).max(0, None, True),
    "t.std(ddof=1, keepdims=True)": lambda a: a(M).std(0, None, None, 1, True),
    "t.mean(axis=0) of a number": lambda a: a(5.0).mean(axis=0),
    "t.take(mode=)": lambda a: a(Y).take([5, -7], None, None, "wrap"),
    "t.copy(order)": lambda a: a(M).copy("F"),
    "t.nonzero()": lambda a: a(M).nonzero(),
    "t.searchsorted()": lambda a: a(Y).searchsorted([3.0, 10.0], "right"),
    "t.argpartition()": lambda a: np.sort(a(Y).argpartition(2)),
    "t.astype(casting=)": lambda a: a(Y).astype(np.float32, casting="safe"),
    "t.sum(2.0)": lambda a: a(M).sum(1.0),
    "t.any(out=3)": lambda a: a(M).sum(axis=5, where=FEW),
}


@pytest.mark.parametrize("label", SAME)
def test_as_numpy(label):
    expected, refusal = outcome(SAME[label], lambda numbers, dtype=float: np.array(numbers, dtype))
    found, error = outcome(SAME[label], tensors)
    if refusal is not None:
        assert isinstance(error, public(type(refusal))), f"{refusal!r}, here {found if error is None else error!r}"
        return
    assert error is None, f"{error!r}"
    assert not (kind := differs(expected, found)), f"{kind}: {found} in place of {expected}"


OUT = {
    **{f"t.{name}": lambda t, name=name: getattr(t, name)(out=np.zeros(())) for name in ("sum", "mean", "max", "std")},
    **{f"t.{name}": lambda t, name=name: getattr(t, name)(out=np.zeros((), int)) for name in ("argmax", "any")},
    **{f"np.{name}": lambda t, name=name: getattr(np, name)(t, out=np.zeros(())) for name in ("prod", "median", "ptp")},
    "t.clip": lambda t: t.clip(0.0, 1.0, out=np.zeros(4)),
    "t.dot": lambda t: t.dot(t, out=np.zeros(())),
    "t.take": lambda t: t.take([0], out=np.zeros(1)),
    "t.round": lambda t: t.round(out=np.zeros(4)),
    "t.cumsum": lambda t: t.cumsum(out=np.zeros(4)),
}


@pytest.mark.parametrize("label", OUT)
def test_out_is_refused_by_name(label):
    with pytest.raises(NotDifferentiable, match="out="):
        OUT[label](tensors(Y))


# --- gradients ----------------------------------------------------------------------------------------------------

ONE, TWO = np.array([[0.5], [-1.5]]), np.array([[2.0, -0.7]])
SMALL, WIDE = np.array([1.3]), np.array([0.4, -2.0, 0.9])
STACK, PAIR = np.arange(1.0, 7.0).reshape(2, 1, 3) / 3.0, np.array([[[0.3, -1.1, 0.8]], [[1.9, 0.6, -0.4]]])

SLOPES = {
    "gradient of integers": (lambda f: np.gradient(f, np.array(STEPS, "i4"), edge_order=2) * 1e4, Y),
    "gradient of nanoseconds": (lambda f: np.gradient(f, NANOSECONDS) * 1e14, Y),
    "interp": (lambda x, fp: np.interp(x, np.array([0, 2, 4]), fp), [0.3, 3.1], [5.0, 7.0, 6.0]),
    "partition": (lambda x: np.partition(x, 2) * np.arange(6.0), [3.0, 1.0, 5.0, 2.0, 9.0, 0.5]),
    "cov dtype": (lambda m: np.cov(m, dtype=np.float64), M),
    "cov of one row of columns": (lambda m: np.cov(m, rowvar=False, ddof=0), [[1.0, 2.5, 4.0]]),
    "cond of invertible and singular": (
        lambda m: np.linalg.cond(np.stack([m, np.ones((2, 2)) + 0.0 * m.data]), 1)[0], [[1.0, 2.0], [3.5, 4.0]],
    ),
    "sum where": (lambda x: x.sum(axis=1, where=FEW), M),
    "max initial": (lambda x: x.max(axis=1, initial=2.5), M),
    "average returned": (lambda x, w: np.average(x, weights=w, returned=True)[1] * x, [1.0, 2.0], [0.3, 0.9]),
    # Operands of einsum that broadcast each other: a letter of length 1 in one of them.
    "einsum gh,gh->": (lambda x, y: np.einsum("gh,gh->", x, y), ONE, TWO),
    "einsum gh,gh->gh": (lambda x, y: np.einsum("gh,gh->gh", x, y), ONE, TWO),
    "einsum gh,gh->h": (lambda x, y: np.einsum("gh,gh->h", x, y), ONE, TWO),
    "einsum gh,gh": (lambda x, y: np.einsum("gh,gh", x, y), ONE, TWO),
    "einsum i,i->": (lambda x, y: np.einsum("i,i->", x, y), SMALL, WIDE),
    "einsum i,i,i->": (lambda x, y, z: np.einsum("i,i,i->", x, y, z), SMALL, WIDE, SMALL),
    "einsum i,i,i->i optimal": (lambda x, y, z: np.einsum("i,i,i->i", x, y, z, optimize="optimal"), SMALL, WIDE, SMALL),
    "einsum greedy": (lambda x, y: np.einsum("gh,gh->g", x, y, optimize=True), ONE, TWO),
    "einsum ...": (lambda x, y: np.einsum("...i,...i->...", x, y), STACK, PAIR),
    "einsum ... of other ranks": (lambda x, y: np.einsum("...i,...i->...", x, y), STACK, TWO[:, :1]),
    "einsum ... summed": (lambda x, y: np.einsum("...i,i->i...", x, y), STACK, SMALL),
    "einsum ii,i->i": (lambda x, y: np.einsum("ii,i->i", x, y), SMALL[None], WIDE),
    "einsum ii,i->": (lambda x, y: np.einsum("ii,i->", x, y), np.array(M), SMALL),
    "einsum iij,jk->ik": (lambda x, y: np.einsum("iij,jk->ik", x, y), STACK[:1, :, :], np.array([[0.4, -1.0]])),
    "einsum lists": (lambda x, y: np.einsum(x, [0, 1], y, [0, 1], [1]), ONE, TWO),
    "einsum of a letter alone": (lambda x, y: np.einsum("ij,k->k", x, y), ONE, WIDE),
}  # fmt: skip


@pytest.mark.parametrize("label", SLOPES)
@pytest.mark.parametrize("order", [1, 2])
def test_gradients(label, order):
    call, *operands = SLOPES[label]
    assert gradcheck(call, *map(np.array, operands), order=order)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.var(x, where=np.array([True, False, False]), ddof=2),
        lambda x: np.nanstd(x, ddof=3),
        lambda x: np.linalg.cond(np.outer(x, [1.0, 2.0, 3.0]) * 0.0 + np.outer(x, x) * 0.0, 1),
        lambda x: np.interp(x * np.nan, [0.0, 1.0], x[:2]).sum(),
    ],
    ids=["var", "nanstd", "cond", "interp"],
)
def test_where_there_is_no_answer_the_slope_is_none_either(call):
    x = tensors([1.0, 2.0, 4.0])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        out = call(x)
        (g,) = out.gradient(x)
    assert not np.isfinite(out.data)
    assert np.isnan(g.data).any()
    assert not np.any(np.isfinite(g.data) & (g.data != 0.0))


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 3), (3, 2)])
def test_cross_of_2_vectors(n, m):
    a, b = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.5]])[:, :n], np.array([[3.0, 4.0, -1.0], [1.1, -0.2, 0.9]])[:, :m]
    try:
        expected = np.cross(a, b)
    except ValueError:
        pytest.skip("NumPy has dropped 2-vectors")
    np.testing.assert_array_equal(np.cross(Tensor(a), b).data, expected)
    assert gradcheck(lambda x, y: np.cross(x, y), a, b, order=2)


BIG = (">f8", "<f8", ">f4", ">f2")
NATIVE = {
    "arithmetic": lambda x: (x * 2.0 + x) / (1.0 + x**2),
    "functions": lambda x: np.exp(np.tanh(x)),
    "matmul": lambda x: x @ x.T,
    "index": lambda x: x[np.array([0, 1], ">i4"), np.array([1, 0], ">i8")],
    "mask": lambda x: x[np.array([True, False])],
    "set": lambda x: x.at[np.array([0], ">i4")].set(3.0),
    "add": lambda x: x.at[np.array([0, 0], ">i2")].add(x[0]),
    "take": lambda x: np.take(x, np.array([1, 0, 1], ">u2"), axis=0),
    "reductions": lambda x: x.sum(0) + x.mean(0) + x.std(0) + x.max(0) + np.median(x, 0),
    "sort": lambda x: np.sort(x, axis=1) + np.cumsum(x, axis=0),
    "where": lambda x: np.where(x > 0.0, x, np.array(-1.0, ">f8")),
    "softmax": lambda x: x.softmax() + x.log_softmax(),
    "solve": lambda x: np.linalg.solve(x.astype(np.float64), np.ones(2, ">f8")),
}


@pytest.mark.parametrize("dtype", BIG)
@pytest.mark.parametrize("label", NATIVE)
def test_arrays_in_another_byte_order(label, dtype):
    """As they come out of files: a Tensor is native, and so are values and gradients."""
    numbers = np.array([[0.5, -1.25], [2.0, 0.75]])
    found = []
    for kind in (np.dtype(dtype), np.dtype(dtype).newbyteorder("=")):
        x = Tensor(numbers.astype(kind), requires_grad=True)
        out = NATIVE[label](x)
        out.sum().backward()
        found.append((out.data, x.grad))
    (value, slope), (expected, expected_slope) = found
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(slope, expected_slope)
    assert slope.dtype == x.dtype


@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_products_of_long_doubles_have_a_gradient(name):
    x = Tensor(np.linspace(1.0, 3.0, 96).astype(np.longdouble), requires_grad=True)
    out = getattr(np, name)(x).sum()
    (g,) = out.gradient(x)
    expected = (np.cumsum(np.cumprod(x.data)[::-1])[::-1] if name == "cumprod" else out.data) / x.data
    np.testing.assert_allclose(g.data, expected, rtol=1e-15)
    assert g.dtype == np.longdouble


def test_convolution_says_which_groups_and_kernels():
    from nn import functional as F

    x, weight = np.ones((1, 2, 4, 4)), np.ones((2, 2, 3, 3))
    for options in (
        *({"groups": g} for g in (0, -1, 1.5, None, "2", True)),
        *({"stride": s} for s in (0, -1, 1.5, (1, 0))),
        *({"dilation": d} for d in (0, -1, 2.0)),
        *({"padding": p} for p in (-1, 0.5, "reflect", (1, 2, 3))),
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            F.conv2d(x, weight, **options)
    with pytest.raises(AutogradError, match="kernel"):
        F.conv2d(x, np.ones((2, 2, 0, 3)))
    for options in ({"kernel_size": 0}, {"kernel_size": 2, "stride": 0}, {"kernel_size": 2, "padding": -1}):
        with pytest.raises(ValueError, match=list(options)[-1]):
            F.max_pool2d(x, **options)
        with pytest.raises(ValueError, match=list(options)[-1]):
            F.avg_pool2d(x, **options)
    with pytest.raises(ValueError, match="divisor_override"):
        F.avg_pool2d(x, 2, divisor_override=0)
    with pytest.raises(ValueError, match="output_size"):
        F.adaptive_avg_pool2d(x, 0)
