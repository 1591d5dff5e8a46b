"""Reductions, which turn many numbers into fewer, and running sums."""

from __future__ import annotations  # docs/make_surface.py writes them as they stand

import math
from collections.abc import Callable, Mapping, Sequence
from math import prod as product
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.arrays import (
    FLOAT32,
    FLOAT64,
    Array,
    Axis,
    Shape,
    add_reduce,
    expand,
    maximum_along,
    maximum_reduce,
    minimum_reduce,
    multiply_reduce,
    normalize_axes,
    shifted,
)
from autograd.engine.op import OpFunction, defop
from autograd.engine.tensor import Tensor, plain
from autograd.facts import EXACT, LOGARITHMS, PROBABILITIES
from autograd.hazards import PRODUCT, Hazards
from autograd.ops.arithmetic import masked
from autograd.ops.limits import length_slope


def keep(g: Array, x_shape: Shape, axis: Axis, keepdims: bool) -> Array:
    """A reduced array with its reduced axes put back as axes of length 1."""
    if keepdims or not x_shape:
        return g
    axes = normalize_axes(axis, len(x_shape))
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(x_shape)))


def count(x_shape: Shape, axis: Axis) -> int:
    """How many numbers are reduced to one."""
    if axis is None:
        return product(x_shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return product([x_shape[normalize_axis_index(a, len(x_shape))] for a in axes])


def _kernel_of(reduction: Callable[..., Array]) -> Callable[..., Array]:
    def kernel(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
        return reduction(x, axis=axis, keepdims=keepdims)

    return kernel


# The parameters of ndarray's methods, in their order, and PyTorch's words for axis and keepdims. Where calls are short,
# none of them is for keywords alone, which would cost each call 20 ns.
_NO: Any = np._NoValue
_WORDS = {"dim": None, "keepdim": None}
_SUM = {"axis": None, "dtype": None, "out": None, "keepdims": False, "initial": _NO, "where": True, **_WORDS}
_MEAN = {"axis": None, "dtype": None, "out": None, "keepdims": False, "where": True, **_WORDS}
_EXTREME = {"axis": None, "out": None, "keepdims": False, "initial": _NO, "where": True, **_WORDS}
_SPREAD = {"axis": None, "dtype": None, "out": None, "ddof": 0, "keepdims": False, **_WORDS, "unbiased": None}
_SPREAD |= {"*": None, "where": True, "mean": _NO, "correction": _NO}
_RUNNING = {"axis": None, "dtype": None, "out": None, "dim": None}
_PLACE = {"axis": None, "out": None, "keepdims": False, **_WORDS}
_TRUTH = {"axis": None, "out": None, "keepdims": False, "where": True, **_WORDS}
_ROW = {"axis": -1, "dim": None}


def mean_kernel(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind != "f" or x.dtype.itemsize == 2:
        return np.mean(np.asarray(x), axis=axis, keepdims=keepdims)  # which adds up in a wider dtype
    total = add_reduce(x, axis=axis, keepdims=keepdims)
    return total / total.dtype.type(count(x.shape, axis))


def mean_rule(g: Array, x_shape: Shape, axis: Axis, keepdims: bool) -> Array:
    share = 1.0 / (count(x_shape, axis) or 1)  # the count itself may be too large for half precision
    return expand((keep(g, x_shape, axis, keepdims) if g.ndim else g) * share, x_shape)


def _stacked(n: int, x_shape: Shape, axis: Axis, keepdims: bool) -> Any:
    return (n, *x_shape), shifted(axis, len(x_shape)), keepdims


sum: OpFunction = defop(
    "sum", _kernel_of(add_reduce),
    lambda g, x_shape, axis, keepdims: expand(keep(g, x_shape, axis, keepdims) if g.ndim else g, x_shape),
    numpy=np.sum, stacked=_stacked,
    kind="reduces", slope="1", matrix="G, repeated along the axes that were summed", method="sum", options=_SUM,
    doc="The sum of all entries, or of the entries along axes.",
    doctest="tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0) -> tensor([4., 6.])",
)  # fmt: skip
mean: OpFunction = defop(
    "mean", mean_kernel, mean_rule, numpy=np.mean, stacked=_stacked,
    kind="reduces", slope="1 / n", matrix="G / n, repeated along the axes that were averaged", method="mean",
    options=_MEAN,
    doc="The mean of all entries, or of the entries along axes.",
    doctest="tensor([[1.0, 2.0], [3.0, 4.0]]).mean(axis=1) -> tensor([1.5, 3.5])",
)  # fmt: skip


def cumsum_kernel(x: Array, *, axis: int | None = None) -> Array:
    return np.cumsum(x, axis=axis)


def _reversed(x: Array, axis: int) -> Array:
    return x[(slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)]


_HALVES = 4096  # entries, from where it pays


def _sums_from_kernel(x: Array) -> Array:
    """A running sum waits for each addition; of a long one two halves are summed at once, as complex numbers."""
    half, n = len(x) // 2, len(x) - len(x) // 2
    if len(x) < _HALVES or x.dtype not in (FLOAT32, FLOAT64):
        return np.cumsum(x[::-1])[::-1]
    both = np.zeros(n, np.complex64 if x.dtype == FLOAT32 else np.complex128)
    both.real, both.imag[:half] = x[n - 1 :: -1], x[: n - 1 : -1]
    np.cumsum(both, out=both)
    out = np.empty_like(x)
    out[:n], out[n:] = both.real[::-1] + both.imag[half - 1], both.imag[half - 1 :: -1]
    return out


_sums_from: Callable[..., Any] = defop(
    "_sums_from", _sums_from_kernel, lambda g: np.cumsum(g), kind="reduces",
    doc="For each position, the sum of the numbers from there to the end.",
)  # fmt: skip


def cumsum_rule(g: Array, x_shape: Shape, axis: int | None) -> Array:
    if g.ndim == 1:
        return _sums_from(g).reshape(x_shape)
    along = 0 if axis is None else axis
    return _reversed(np.cumsum(_reversed(g, along), axis=along), along).reshape(x_shape)


cumsum: OpFunction = defop(
    "cumsum", cumsum_kernel, cumsum_rule, numpy=np.cumsum,
    stacked=lambda n, x_shape, axis: ((n, *x_shape), shifted(0 if axis is None else axis, 0)),
    kind="reduces", slope="1", matrix="sums of G from each place to the end", method="cumsum", options=_RUNNING,
    doc="The running sum along an axis, or over the flattened array.",
    doctest="tensor([1.0, 2.0, 3.0]).cumsum() -> tensor([1., 3., 6.])",
)  # fmt: skip


def _can_divide(x: Array, out: Array) -> bool:
    """Whether products divided by a factor are the products of the others: not where they are 0, or out of range.

    Each further derivative divides again, so that factors and product have to be far from the ends of the range.
    """
    most = np.ldexp(out.dtype.type(1.0), np.finfo(out.dtype).maxexp // 8)  # of a long double it is no Python float
    factors, products = np.abs(plain(x)), np.abs(plain(out))
    least = 1.0 / most
    return bool(np.all((factors >= least) & (factors <= most)) and np.all((products >= least) & (products <= most)))


def prod_rule(g: Array, x: Array, out: Array, x_shape: Shape, axis: Axis, keepdims: bool) -> Array:
    g = keep(g, x_shape, axis, keepdims)
    if _can_divide(x, out):
        return g * (keep(out, x_shape, axis, keepdims) / x)
    return g * product_of_others(x, axis)


def product_of_others(x: Array, axis: Axis) -> Array:
    """For each entry the product of all others along the axes: exact where dividing by the entry is not."""
    axes = normalize_axes(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    order = rest + axes
    moved = np.transpose(x, order)
    flat = moved.reshape((*(x.shape[i] for i in rest), -1))
    flat, exponents = _near_one(flat)
    others = product_before(flat) * product_before(flat[..., ::-1])[..., ::-1]
    if exponents is not None:
        others = np.ldexp(others, np.sum(exponents, axis=-1, keepdims=True) - exponents)
    return np.transpose(others.reshape(moved.shape), tuple(order.index(i) for i in range(x.ndim)))


def _near_one(x: Array) -> tuple[Array, Any]:
    """Factors between 1/2 and 1, and the exponents of 2 that belong to them, if a part of the product could be out of
    range; else the factors as they are.

    In a recorded pass only where it could overflow and the results do not: powers that are taken out would make further
    derivatives vanish.
    """
    sizes = np.abs(plain(x))
    sizes = np.where((sizes > 0.0) & (sizes < np.inf), sizes, 1.0)
    limits = np.finfo(x.dtype)
    logs = np.log2(sizes)
    parts = np.sum(np.maximum(logs, 0.0), axis=-1), np.sum(np.minimum(logs, 0.0), axis=-1)
    if np.all(parts[0] < limits.maxexp) and (isinstance(x, Tensor) or np.all(parts[1] > limits.minexp)):
        return x, None
    if isinstance(x, Tensor) and np.any(np.sum(logs, axis=-1, keepdims=True) - logs >= limits.maxexp):
        return x, None
    exponents = np.frexp(sizes)[1].astype(np.intc)
    return np.ldexp(x, -exponents), exponents


def product_before(x: Array) -> Array:
    """For each entry of the last axis the product of those before it, in windows of 1, 2, 4, ... entries.

    Made of multiplications alone, so that its derivatives of every order are exact at zeros too.
    """
    products = np.concatenate([np.ones((*x.shape[:-1], 1), x.dtype), x[..., :-1]], axis=-1)
    width, length = 1, x.shape[-1]
    while width < length:
        longer = products[..., width:] * products[..., :-width]
        products = np.concatenate([products[..., :width], longer], axis=-1)
        width *= 2
    return products


_FEW = 64  # running products of so many factors are multiplied: quotients leave rounding where a derivative is 0


def cumprod_kernel(x: Array, *, axis: int | None = None) -> Array:
    return np.cumprod(x, axis=axis)


def cumprod_rule(g: Array, x: Array, x_shape: Shape, axis: int | None) -> Array:
    along = 0 if axis is None else axis
    if axis is None:
        x = x.reshape(-1)
    if x.shape[along] > _FEW and _can_divide(x, out := np.cumprod(x, axis=along)):
        d = _reversed(np.cumsum(_reversed(g * out, along), axis=along), along) / x
        return d.reshape(x_shape)
    g, x = np.moveaxis(g, along, -1), np.moveaxis(x, along, -1)
    return np.moveaxis(product_before(x) * _weighted_products(g, x), -1, along).reshape(x_shape)


def _weighted_products(g: Array, x: Array) -> Array:
    """s[i] = g[i] + x[i+1] * s[i+1] on the last axis: the weighted products from each entry, without its factor.

    In windows of 1, 2, 4, ... entries, like `product_before`.
    """
    total, factors = g, x[..., 1:]
    width, length = 1, x.shape[-1]
    while width < length:
        longer = total[..., :-width] + factors * total[..., width:]
        total = np.concatenate([longer, total[..., -width:]], axis=-1)
        factors = factors[..., :-width] * factors[..., width:]
        width *= 2
    return total


prod: OpFunction = defop(
    "prod", _kernel_of(multiply_reduce), prod_rule, numpy=np.prod,
    kind="reduces", matrix="G * out / x", hazards=PRODUCT, method="prod", options=_SUM,
    doc="The product of all entries, or of the entries along axes; its gradient is right even if some are 0.",
    doctest="tensor([2.0, 3.0, 4.0]).prod() -> tensor(24.)",
)  # fmt: skip
cumprod: OpFunction = defop(
    "cumprod", cumprod_kernel, cumprod_rule, numpy=np.cumprod,
    kind="reduces", slope=None, hazards=PRODUCT, method="cumprod", options=_RUNNING,
    doc="The running product along an axis, or over the flattened array; its gradient is right at zeros too.",
    doctest="tensor([2.0, 3.0, 4.0]).cumprod() -> tensor([ 2.,  6., 24.])",
)  # fmt: skip


def extreme_rule(g: Array, x: Array, out: Array, x_shape: Shape, axis: Axis, keepdims: bool) -> Array:
    hit = x == keep(out, x_shape, axis, keepdims)
    g = keep(g, x_shape, axis, keepdims)
    if np.count_nonzero(hit) != np.size(out) or np.isnan(plain(out)).any():  # more than one, or none beside nan
        share = 1.0 / np.maximum(np.sum(hit, axis=axis, keepdims=True), 1)
        g = g * share.astype(g.dtype)  # the count itself may be too large for half precision
    return masked(expand(g, x_shape), mask=hit)


max: OpFunction = defop(
    "max", _kernel_of(maximum_reduce), extreme_rule, numpy=np.max,
    kind="reduces", matrix="G where x is the largest, else 0", rounding=EXACT, method="max", options=_EXTREME,
    doc="The largest entry, overall or along axes; equal entries share the gradient.",
    doctest="tensor([[1.0, 4.0], [3.0, 2.0]]).max(axis=0) -> tensor([3., 4.])",
)  # fmt: skip
min: OpFunction = defop(
    "min", _kernel_of(minimum_reduce), extreme_rule, numpy=np.min,
    kind="reduces", matrix="G where x is the smallest, else 0", rounding=EXACT, method="min", options=_EXTREME,
    doc="The smallest entry, overall or along axes; equal entries share the gradient.",
    doctest="tensor([[1.0, 4.0], [3.0, 2.0]]).min(axis=0) -> tensor([1., 2.])",
)  # fmt: skip


def argmax_kernel(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return np.argmax(x, axis=axis, keepdims=keepdims)


def argmin_kernel(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    return np.argmin(x, axis=axis, keepdims=keepdims)


def argsort_kernel(
    x: Array, *, axis: int | None = -1, kind: Any = None, order: Any = None, stable: bool | None = None
) -> Array:
    kind = "stable" if kind is None and stable is None else kind  # equal numbers in their order, unless asked otherwise
    return np.argsort(x, axis=axis, kind=kind, order=order, stable=stable)


argmax: OpFunction = defop(
    "argmax", argmax_kernel, None, numpy=np.argmax, kind="reduces", method="argmax", options=_PLACE,
    doc="The position of the largest entry; among equal ones, the first.",
    doctest="tensor([1.0, 4.0, 3.0]).argmax() -> np.int64(1)",
)  # fmt: skip
argmin: OpFunction = defop(
    "argmin", argmin_kernel, None, numpy=np.argmin, kind="reduces", method="argmin", options=_PLACE,
    doc="The position of the smallest entry; among equal ones, the first.",
    doctest="tensor([2.0, 1.0, 3.0]).argmin() -> np.int64(1)",
)  # fmt: skip
argsort: OpFunction = defop(
    "argsort", argsort_kernel, None, numpy=np.argsort, kind="whole", method="argsort",
    doc="The positions of the entries in ascending order.",
    doctest="tensor([2.0, 1.0, 3.0]).argsort() -> array([1, 0, 2])",
)  # fmt: skip
any: OpFunction = defop(
    "any", _kernel_of(np.any), None, numpy=np.any, kind="reduces", method="any", options=_TRUTH,
    doc="Whether any entry is nonzero.", doctest="tensor([0.0, 2.0]).any() -> np.True_",
)  # fmt: skip
all: OpFunction = defop(
    "all", _kernel_of(np.all), None, numpy=np.all, kind="reduces", method="all", options=_TRUTH,
    doc="Whether all entries are nonzero.", doctest="tensor([0.0, 2.0]).all() -> np.False_",
)  # fmt: skip


def var_kernel(x: Array, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False, where: Any = True) -> Array:
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims, where=where)


def std_kernel(x: Array, *, axis: Axis = None, ddof: float = 0, keepdims: bool = False, where: Any = True) -> Array:
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims, where=where)


def _deviations(x: Array, axis: Axis, where: Any) -> Array:
    """The distances from the mean; 0 where a mask leaves an entry out.

    Measured from the largest number, so that they are 0 where all are equal: the mean of equal numbers is rounded.
    """
    if not x.size:
        return x
    numbers = plain(x)
    if where is True:
        x = x - _finite(maximum_reduce(numbers, axis=axis, keepdims=True))
        return x - np.mean(x, axis=axis, keepdims=True)
    where = np.broadcast_to(where, x.shape)
    largest = maximum_reduce(np.where(where, numbers, -np.inf), axis=axis, keepdims=True).astype(x.dtype)
    x = masked(x - _finite(largest), mask=where)
    numbers_left = np.maximum(np.sum(where, axis=axis, keepdims=True), 1).astype(x.dtype)
    return masked(x - np.sum(x, axis=axis, keepdims=True) / numbers_left, mask=where)


def _finite(x: Array) -> Array:
    return np.where(np.isfinite(x), x, 0.0)


def _per_freedom(x_shape: Shape, axis: Axis, ddof: float, where: Any, dtype: Any) -> Any:
    """1 / (count - ddof), and nan for no numbers."""
    if where is True:
        freedom = count(x_shape, axis) - ddof
        return 1.0 / freedom if freedom > 0 else math.nan
    left = np.sum(np.broadcast_to(where, x_shape), axis=axis, keepdims=True) - ddof
    return np.where(left > 0, 1.0 / np.where(left > 0, left, 1.0), np.nan).astype(dtype)


def var_rule(g: Array, x: Array, x_shape: Shape, axis: Axis, ddof: float, keepdims: bool, where: Any) -> Array:
    share = _per_freedom(x_shape, axis, ddof, where, x.dtype)
    return keep(g, x_shape, axis, keepdims) * (_deviations(x, axis, where) * (2.0 * share))


def std_rule(
    g: Array, x: Array, out: Array, x_shape: Shape, axis: Axis, ddof: float, keepdims: bool, where: Any
) -> Array:
    share = _per_freedom(x_shape, axis, ddof, where, x.dtype)
    if np.any(np.isnan(share)):
        return keep(g, x_shape, axis, keepdims) * (_deviations(x, axis, where) * share)
    deviations = _deviations(x, axis, where)
    return length_slope(g, deviations, out, axis, lambda a: keep(a, x_shape, axis, keepdims), share, rounded=True)


var: OpFunction = defop(
    "var", var_kernel, var_rule, numpy=np.var, kind="reduces", slope=None, method="var", options=_SPREAD,
    doc="The variance: the mean square of the deviations from the mean, or their sum divided by n - ddof.",
    doctest="tensor([1.0, 3.0]).var() -> tensor(1.)",
)  # fmt: skip
std: OpFunction = defop(
    "std", std_kernel, std_rule, numpy=np.std, kind="reduces", slope=None, method="std", options=_SPREAD,
    doc="The standard deviation, the square root of the variance; its slope is 0 where all entries are equal.",
    doctest="tensor([1.0, 3.0]).std() -> tensor(1.)",
)  # fmt: skip


def _shift(x: Array, axis: Axis) -> Array:
    """The largest entry, so that exp cannot overflow (0 where that is not finite)."""
    if not x.size:
        return 0.0
    top = maximum_along(x, axis)
    return np.where(np.isfinite(top), top, 0.0)


def _total(e: Array, axis: Axis) -> Array:
    """The sum over axes, kept; of half precision in single, because 70,000 ones are more than it can hold."""
    return add_reduce(e.astype(np.float32) if e.dtype.itemsize == 2 else e, axis=axis, keepdims=True)


def logsumexp_kernel(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    shift = _shift(x, axis)
    e = np.exp(x - shift)
    largest = x == shift
    beside = _total(np.where(largest, 0.0, e), axis)
    beside = beside + (np.sum(largest, axis=axis, keepdims=True) - 1.0).astype(beside.dtype)
    with np.errstate(divide="ignore"):  # log(0) = -inf is the right answer when all entries are -inf
        out = np.log1p(beside).astype(e.dtype) + shift
    return out if keepdims else out.reshape(add_reduce(np.empty_like(x, bool), axis=axis).shape)


def _shares_kernel(x: Array, *, axis: Axis) -> Array:
    """Each entry's share of the sum of exponentials; none where there is nothing to share, and all of it for inf."""
    e = np.exp(np.where(np.isposinf(x), -np.inf, x) - _shift(x, axis))
    e = np.where(np.isposinf(maximum_reduce(x, axis=axis, keepdims=True, initial=-np.inf)), np.isposinf(x), e)
    total = _total(e, axis)
    return (e / np.where(total == 0.0, 1.0, total)).astype(x.dtype)


def _shares_rule(g: Array, out: Array, axis: Axis) -> Array:
    """out (g - sum(g out)), with g counted from that of the largest shares: beside these the others are tiny."""
    if not out.size:
        return g
    largest = plain(out) == maximum_reduce(plain(out), axis=axis, keepdims=True)
    some = np.sum(largest, axis=axis, keepdims=True)
    g = g - np.sum(masked(g, mask=largest) * (1.0 / some).astype(g.dtype), axis=axis, keepdims=True)
    return out * (g - np.sum(g * out, axis=axis, keepdims=True))


_shares: Callable[..., Any] = defop(
    "_shares", _shares_kernel, _shares_rule, kind="softmax",
    doc="The softmax over any axes.",
)  # fmt: skip


def along_last(axis: Any, ndim: int) -> bool:
    """Whether an axis is the last one, for which alone there is a formula of matrices."""
    return axis in (-1, ndim - 1, (-1,), (ndim - 1,)) or (axis is None and ndim == 1)


def _of_logsumexp(slot: int, ndims: Sequence[int], attrs: Mapping[str, Any]) -> str | None:
    if not along_last(attrs["axis"], ndims[0]):
        return None
    return "G * softmax(x)" if ndims[0] == 1 or attrs["keepdims"] else "column(G) * softmax(x)"


def softmax_kernel(x: Array, *, axis: int = -1) -> Array:
    if not x.size:
        return x + 0.0
    e = np.exp(x - maximum_along(x, axis))
    return (e / _total(e, axis)).astype(e.dtype, copy=False)


def softmax_rule(g: Array, out: Array, axis: int) -> Array:
    """out (g - sum(g out)), with gradients counted from that of the largest share: beside it the others are tiny."""
    if not out.ndim or not out.size:
        return g - g  # a single share is 1, whatever moves
    largest = np.argmax(out, axis=axis, keepdims=True)
    g = g - np.take_along_axis(g, largest, axis=axis)
    return out * (g - add_reduce(g * out, axis=axis, keepdims=True))


def log_softmax_kernel(x: Array, *, axis: int = -1) -> Array:
    if not x.size:
        return x + 0.0
    shifted = x - maximum_along(x, axis)
    e = np.exp(shifted)
    return shifted - np.log(_total(e, axis)).astype(e.dtype)


logsumexp: OpFunction = defop(
    "logsumexp", logsumexp_kernel,
    lambda g, x, x_shape, axis, keepdims: keep(g, x_shape, axis, keepdims) * _shares(x, axis=axis),
    definition=lambda x, *, axis=None, keepdims=False: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    kind="reduces", slope="exp(x - out)", matrix=_of_logsumexp, method="logsumexp",
    options={"axis": None, "keepdims": False, **_WORDS},
    doc="log(sum(exp(x))) of all entries, or along axes, without overflow.",
    doctest="tensor([1000.0, 1000.0]).logsumexp() -> tensor(1000.69314718)",
)  # fmt: skip
softmax: OpFunction = defop(
    "softmax", softmax_kernel, softmax_rule,
    definition=lambda x, *, axis=-1: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
    kind="softmax", slope=lambda i, j, attrs: "out * (1 - out)" if i == j else f"-out * out[{j}]",
    matrix=lambda slot, ndims, attrs: "out * (G - row_sums(G * out))" if along_last(attrs["axis"], ndims[0]) else None,
    range=PROBABILITIES, hazards=Hazards(log="log_softmax(z)"), method="softmax", options=_ROW,
    doc="exp(x) / sum(exp(x)) along an axis, without overflow: positive shares that add up to 1.",
    doctest="tensor([0.0, 1000.0]).softmax() -> tensor([0., 1.])",
)  # fmt: skip
log_softmax: OpFunction = defop(
    "log_softmax", log_softmax_kernel, lambda g, out, axis: g - (np.exp(out) * _total(g, axis)).astype(g.dtype),
    definition=lambda x, *, axis=-1: x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True)),
    kind="softmax", slope=lambda i, j, attrs: "1 - exp(out)" if i == j else f"-exp(out[{j}])",
    matrix=lambda slot, ndims, attrs: "G - exp(out) * row_sums(G)" if along_last(attrs["axis"], ndims[0]) else None,
    range=LOGARITHMS, method="log_softmax", options=_ROW,
    doc="The logarithm of the softmax along an axis, without overflow.",
    doctest="tensor([0.0, 1000.0]).log_softmax() -> tensor([-1000.,     0.])",
)  # fmt: skip
