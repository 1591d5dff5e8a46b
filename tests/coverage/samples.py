"""Samples of every NumPy function that is differentiable here: a call each, written as NumPy's users write it.

The convention of the table: **an array of floats is differentiated, everything else is an option**. So ``[0.25, 0.5]``
and ``0.5`` are plain numbers, ``np.array(0.5)`` has a gradient; arrays in lists (``np.stack([a, b])``) have gradients
too. All numbers of an array are distinct and none is 0, 1 or an integer, so that no sample sits on a tie or a corner:
these are in edges.py, with what has to come out there.

A differentiable function needs three samples at least, or no test of this folder is collected.
"""

import functools
import inspect
import math
import zlib
from collections import defaultdict

import numpy as np
from coverage_names import numpy_callables, status_of

from autograd import Tensor

SAMPLES = []
NUMPY_2_4 = np.lib.NumpyVersion(np.__version__) >= "2.4.0"

# What is done with a class of NumPy's, which is no function.
USES = {"poly1d": lambda coefficients, x: np.poly1d(coefficients)(x)}


def words(text):
    return text.split()


def present(text):
    """The names that the installed NumPy has: some are dropped by newer ones (`status.UNTIL`)."""
    return [name for name in words(text) if hasattr(np, name)]


# --- numbers ------------------------------------------------------------------------------------------------------


def numbers(*shape, low=-2.0, high=2.0, seed=0):
    """Distinct numbers of an interval in random order, in unequal steps, so that sums and averages do not meet."""
    n = math.prod(shape)
    places = ((np.arange(n) + (0.37, 0.61, 0.83, 0.23)[seed]) / max(n, 1)) ** 1.1
    return np.random.default_rng(seed).permutation(low + (high - low) * places).reshape(shape)


def positive(*shape, low=0.3, high=2.3, seed=0):
    return numbers(*shape, low=low, high=high, seed=seed)


def matrix(*shape, seed=0):
    """Well-conditioned matrices (a stack of them) of full rank with well-separated singular values."""
    return numbers(*shape, low=-1.0, high=1.0, seed=seed) + np.eye(*shape[-2:]) * np.arange(2.0, shape[-1] + 2.0)


def symmetric(*shape, seed=0):
    """Symmetric positive definite matrices with well-separated eigenvalues."""
    a = numbers(*shape, low=-0.5, high=0.5, seed=seed)
    return a + a.swapaxes(-1, -2) + np.eye(shape[-1]) * np.arange(2.0, 2.0 * shape[-1] + 2.0, 2.0)


def strided(x):
    """The same numbers in every second place of a larger array, the last axis backwards."""
    view = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)[..., ::-2]
    view[...] = x
    return view


# --- the sample ---------------------------------------------------------------------------------------------------


def lookup(name):
    """The callable behind ``sum``, ``add.reduce`` or ``linalg.norm``."""
    found = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def is_live(x):
    """Whether an argument is differentiated: an array of floats."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def is_wrong_in_numpy(name):
    """Whether NumPy folds wrongly: its loops for AVX-512 read the running result before they have written it."""
    ufunc, _, method = name.partition(".")
    return ufunc in ("power", "arctan2") and method in ("reduce", "reduceat")


def folded(name, x, indices=None, axis=0, keepdims=False, initial=None):
    """``reduce`` and ``reduceat`` of a ufunc by their definition: one application after the other, from the left."""
    ufunc, _, method = name.partition(".")
    parts = list(np.moveaxis(x, axis, 0))
    if method == "reduceat":
        ends = [*indices[1:], len(parts)]
        pieces = [parts[i : max(i + 1, end)] for i, end in zip(indices, ends, strict=True)]
        return np.stack([functools.reduce(lookup(ufunc), piece) for piece in pieces], axis)
    result = functools.reduce(lookup(ufunc), parts if initial is None else [initial, *parts])
    return np.expand_dims(result, axis) if keepdims else result


def with_sorted_pieces(parted, kth, axis):
    """What `np.partition` has returned, with the numbers between its places in order: it promises none there."""
    if axis is None:
        axis = 0
    places = sorted(k % parted.shape[axis] for k in np.ravel(kth))
    cuts = [cut for k in places for cut in (k, k + 1)]
    return np.concatenate([np.sort(piece, axis=axis) for piece in np.split(parted, cuts, axis=axis)], axis=axis)


def rebuilt(tree, leaf):
    """Nested lists, tuples and dicts with every leaf replaced by ``leaf(leaf)``."""
    if isinstance(tree, dict):
        return {key: rebuilt(part, leaf) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [rebuilt(part, leaf) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return leaf(tree)


def leaves(tree):
    found = []
    rebuilt(tree, found.append)
    return found


class Sample:
    """One call of a NumPy function."""

    def __init__(self, name, args, options, *, tolerance=1e-12):
        self.name = name
        self.function = USES.get(name) or lookup(name)
        self.arguments = (args, options)
        self.tolerance = tolerance
        self.live = [read_only(x) for x in leaves(self.arguments) if is_live(x)]
        self.label = "-".join([*map(text, args), *(f"{key}={text(value)}" for key, value in options.items())])

    def __str__(self):
        return f"{self.name}-{self.label}"

    def call(self, *live):
        """The call with other arrays (or Tensors) in the places of the differentiated ones."""
        given = iter(live)
        args, options = rebuilt(self.arguments, lambda x: next(given) if is_live(x) else x)
        return self.run(*args, **options)

    def run(self, *args, **options):
        """The function's answer, as it is compared: NumPy's for arrays, except where that is wrong or left open."""
        if is_wrong_in_numpy(self.name) and not isinstance(args[0], Tensor):
            return folded(self.name, *args, **options)
        result = self.function(*args, **options)
        if self.name == "partition":
            given = inspect.signature(np.partition).bind(*args, **options).arguments
            return with_sorted_pieces(result, given["kth"], given.get("axis", -1))
        return result

    def tensors(self, dtype=None):
        return [Tensor(x if dtype is None else x.astype(dtype), requires_grad=True) for x in self.live]

    def weighted(self, *live):
        """The number whose gradient is asked: all numbers of the result, weighted."""
        return weighted(self.call(*live))


def read_only(x):
    view = x.view()
    view.flags.writeable = False
    return view


def text(x):
    """An argument in a few letters, for the name of a test."""
    if isinstance(x, np.ndarray):
        return f"{'' if x.dtype.kind == 'f' else x.dtype.kind}({'x'.join(map(str, x.shape))})"
    if isinstance(x, list | tuple):
        return "[" + ",".join(map(text, x)) + "]"
    return getattr(x, "__name__", str(x)).replace(" ", "")


def is_float(part):
    """Whether a part of a result can carry a gradient."""
    return getattr(getattr(part, "dtype", None), "kind", "") == "f"


def weights(part):
    """How much each entry of a result counts: all different, none 0 or 1."""
    return (0.3 + np.cos(1.0 + np.arange(part.size)).reshape(part.shape)).astype(part.dtype)


def weighted(result):
    parts = [part for part in leaves(result) if is_float(part) and part.size]
    return sum(np.sum(part * weights(part)) for part in parts)


def sample(name, *args, **options):
    SAMPLES.append(Sample(name, args, options))


def seed_of(sample):
    return zlib.crc32(str(sample).encode())


# --- ufuncs of one operand ----------------------------------------------------------------------------------------

DOMAINS = {
    **dict.fromkeys(words("negative positive fabs absolute square cbrt conjugate nan_to_num"), (-2.0, 2.0)),
    **dict.fromkeys(words("exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh sinc i0 real"), (-1.4, 1.4)),
    **dict.fromkeys(words("deg2rad radians rad2deg degrees real_if_close modf frexp"), (-1.7, 1.7)),
    **dict.fromkeys(words("log log2 log10 log1p sqrt reciprocal"), (0.3, 2.3)),
    **dict.fromkeys(words("arcsin arccos arctanh"), (-0.8, 0.8)),
    "arccosh": (1.3, 3.0),
}
for name, (low, high) in DOMAINS.items():
    sample(name, numbers(low=low, high=high))
    sample(name, numbers(2, 3, low=low, high=high))
    sample(name, strided(numbers(3, 2, low=low, high=high, seed=1)).T)
    sample(name, numbers(2, 0, low=low, high=high))
sample("nan_to_num", numbers(3), copy=True, nan=1.5, posinf=2.5, neginf=-2.5)

# --- ufuncs of two operands, and their methods --------------------------------------------------------------------

PAIRS = {
    **dict.fromkeys(words("add subtract multiply maximum minimum fmax fmin hypot"), ((-2.0, 2.0), (-2.0, 2.0))),
    **dict.fromkeys(words("logaddexp logaddexp2 arctan2 copysign"), ((-2.0, 2.0), (-2.0, 2.0))),
    "divide": ((-2.0, 2.0), (0.4, 2.4)),
    "power": ((0.3, 2.3), (-1.5, 1.5)),
    "float_power": ((0.3, 2.3), (-1.5, 1.5)),
    "remainder": ((-3.0, 3.0), (0.7, 1.6)),
    "fmod": ((-3.0, 3.0), (0.7, 1.6)),
    "divmod": ((-3.0, 3.0), (0.7, 1.6)),
    "nextafter": ((-2.0, 2.0), (-2.0, 2.0)),
}
for name, (first, second) in PAIRS.items():
    x = {"low": first[0], "high": first[1]}
    y = {"low": second[0], "high": second[1], "seed": 1}
    sample(name, numbers(2, 3, **x), numbers(2, 3, **y))
    sample(name, numbers(2, 3, **x), numbers(3, **y))
    sample(name, numbers(2, 1, **x), numbers(4, 1, 3, **y))
    sample(name, numbers(**x), numbers(3, **y))
    sample(name, numbers(3, **x), 1.3)
    sample(name, 1.3, numbers(3, **y))
    sample(name, [0.6, 1.7, 1.1], numbers(3, **y))
sample("ldexp", numbers(2, 3), np.array([1, 2, -1]))
sample("ldexp", numbers(), 3)
sample("ldexp", numbers(3), [0, 1, 2])

# Positive operands, which stay in every domain when the function is applied to its own result.
FOLDED = "add subtract multiply maximum minimum fmax fmin hypot logaddexp logaddexp2 arctan2 copysign divide"
FOLDED = [*words(FOLDED), "power", "float_power", "remainder", "fmod", "nextafter"]
REORDERABLE = words("add multiply maximum minimum fmax fmin hypot logaddexp logaddexp2")
for name in FOLDED:
    m, t, v = positive(3, 4, seed=2), positive(2, 3, 2, seed=2), positive(4, seed=3)
    sample(f"{name}.reduce", m)
    sample(f"{name}.reduce", m, axis=-1)
    sample(f"{name}.reduce", t, axis=1, keepdims=True)
    sample(f"{name}.reduce", m, initial=0.9)
    if name in REORDERABLE:
        sample(f"{name}.reduce", t, axis=None)
        sample(f"{name}.reduce", t, axis=(0, -1), keepdims=True)
        sample(f"{name}.reduce", m, axis=1, where=np.array([[True], [False], [True]]), initial=0.9)
    sample(f"{name}.accumulate", v)
    sample(f"{name}.accumulate", m, axis=0)
    sample(f"{name}.accumulate", t, axis=-2)
    sample(f"{name}.outer", v, positive(3))
    sample(f"{name}.outer", positive(2, 2), positive(3, seed=1))
    sample(f"{name}.outer", [0.7, 1.9], positive(2, 1))
    sample(f"{name}.reduceat", positive(5), [0, 2])
    sample(f"{name}.reduceat", m, np.array([0, 3, 1]), axis=-1)
    sample(f"{name}.reduceat", m, [1], axis=0)
for args in ((numbers(3, low=-3.0, high=3.0), positive(2, low=0.7)), (numbers(2, 2), positive(2)), (1.9, positive(2))):
    sample("divmod.outer", *args)
for args in ((numbers(3), np.array([1, 2])), (numbers(2, 2), [1]), (numbers(), np.array([[0], [1]]))):
    sample("ldexp.outer", *args)

# --- sums, products, extremes, averages ---------------------------------------------------------------------------

for name in words("sum prod max min mean var std nansum nanprod nanmax nanmin nanmean nanvar nanstd amax amin"):
    m, t = numbers(2, 3), numbers(2, 3, 2, seed=1)
    sample(name, m)
    sample(name, m, 0)
    sample(name, m, axis=-1)
    sample(name, m, axis=-2, keepdims=True)
    sample(name, t, axis=(0, -1))
    sample(name, t, axis=(-1, 1), keepdims=True)
    sample(name, t, axis=None, keepdims=True)
    mask = np.array([[True, False, True], [True, True, False]])
    if name in ("max", "min", "amax", "amin", "nanmax", "nanmin"):
        sample(name, m, axis=1, where=mask, initial=0.5)
        sample(name, m, initial=1.234)
        sample(name, m, axis=0, initial=-0.1, keepdims=True)
    else:
        sample(name, m, axis=-1, where=mask)
        sample(name, m, where=mask, keepdims=True)
        sample(name, m, axis=0, dtype=np.float64)
    if name in ("sum", "prod", "nansum", "nanprod"):
        sample(name, m, axis=1, initial=0.7)
        sample(name, m, axis=-1, initial=0.7, where=mask, keepdims=True)
    if name.endswith(("var", "std")):
        sample(name, t, ddof=1)
        sample(name, t, axis=1, ddof=0.5, keepdims=True)
        sample(name, t, axis=0, correction=1)
        sample(name, m, axis=1, mean=np.mean(m, axis=1, keepdims=True))
        sample(name, m, axis=0, mean=np.mean(m, axis=0, keepdims=True), where=mask, ddof=0.5)
for name in words("sum prod max min ptp"):
    sample(name, numbers(), axis=-1)
sample("ptp", numbers(2, 3))
sample("ptp", numbers(2, 3), axis=-1)
sample("ptp", numbers(2, 3, 2), axis=(0, 1), keepdims=True)

sample("average", numbers(2, 3))
sample("average", numbers(2, 3), axis=-1)
sample("average", numbers(2, 3), axis=(0, 1), keepdims=True)
sample("average", numbers(2, 3), weights=positive(2, 3))
sample("average", numbers(2, 3), axis=1, weights=positive(3))
sample("average", numbers(2, 3), axis=-1, weights=positive(3), keepdims=True)
sample("average", numbers(2, 3, 2), axis=(2, 0), weights=positive(2, 2), returned=True)
sample("average", numbers(2, 3), axis=0, weights=positive(2), returned=True)
sample("average", numbers(2, 3), returned=True)
sample("average", numbers(3), weights=[1.0, 2.0, 0.5])
sample("average", [1.5, 2.5, 0.5], weights=positive(3))

for name in words("cumsum cumprod nancumsum nancumprod"):
    sample(name, numbers(5))
    sample(name, numbers(2, 3))
    sample(name, numbers(2, 3), axis=0)
    sample(name, numbers(2, 3, 2), axis=-2)
    sample(name, numbers(3), dtype=np.float64)
    sample(name, numbers())
for name in words("cumulative_sum cumulative_prod"):
    sample(name, numbers(5))
    sample(name, numbers(2, 3), axis=0)
    sample(name, numbers(2, 3), axis=-1, include_initial=True)
    sample(name, numbers(4), include_initial=True, dtype=np.float64)

# --- order statistics ---------------------------------------------------------------------------------------------

for name in words("median nanmedian"):
    sample(name, numbers(5))
    sample(name, numbers(2, 4), axis=-1)
    sample(name, numbers(2, 3, 2), axis=(0, -2), keepdims=True)
    sample(name, numbers(3, 2), axis=0)
    sample(name, numbers())
METHODS = words("""
    inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
    median_unbiased normal_unbiased lower higher midpoint nearest
""")
for name, unit in (("quantile", 1.0), ("nanquantile", 1.0), ("percentile", 100.0), ("nanpercentile", 100.0)):
    sample(name, numbers(5), 0.3 * unit)
    sample(name, numbers(2, 4), 0.8 * unit, axis=-1)
    sample(name, numbers(2, 4), [0.2 * unit, 0.5 * unit, unit], axis=0)
    sample(name, numbers(2, 3, 2), np.array([[0.1, 0.6], [0.0, 0.9]]).tolist() if unit == 1.0 else [[10, 60]], axis=1)
    sample(name, numbers(2, 3, 2), [0.2 * unit, 0.7 * unit], axis=(0, -1), keepdims=True)
    sample(name, numbers(6), np.array(0.3 * unit))
    sample(name, numbers(2, 5), np.array([0.3 * unit, 0.63 * unit]), axis=-1, keepdims=True)
    for method in METHODS:
        sample(name, numbers(2, 5), [0.0, 0.37 * unit, 0.81 * unit], axis=-1, method=method)
    by_entry = [[0.5, 1.0, 2.0, 0.25], [1.0, 1.5, 0.5, 1.0]]
    sample(name, numbers(2, 4), [0.3 * unit, 0.6 * unit], weights=by_entry, method="inverted_cdf")
    sample(name, numbers(2, 4), 0.6 * unit, axis=0, weights=by_entry, method="inverted_cdf", keepdims=True)
    if not name.startswith("nan"):  # NumPy's own fail there
        sample(name, numbers(2, 4), [0.3 * unit, 0.6 * unit], axis=1, weights=by_entry[0], method="inverted_cdf")
    if not name.startswith("nan") and NUMPY_2_4:  # older ones mix the weights up
        by_axes = [[1.0, 0.5], [0.25, 2.0], [1.0, 0.75]]
        sample(name, numbers(2, 3, 2), 0.4 * unit, axis=(1, 2), weights=by_axes, method="inverted_cdf")

for name in words("sort partition"):
    extra = (2,) if name == "partition" else ()
    sample(name, numbers(6), *extra)
    sample(name, numbers(2, 4), *extra, axis=-1)
    sample(name, numbers(4, 2), *extra, axis=0)
    sample(name, numbers(2, 3), *extra, axis=None)
sample("partition", numbers(6), [1, 4])
sample("partition", numbers(2, 5), (0, 3), axis=-1, kind="introselect")
sample("sort", numbers(2, 4), kind="stable")
sample("sort", numbers(2, 4), stable=True)

# --- sets: which numbers they are is constant, the numbers are not ------------------------------------------------

sample("unique", numbers(5))
sample("unique", numbers(2, 3), return_index=True, return_inverse=True, return_counts=True)
sample("unique", numbers(2, 3), return_counts=True, equal_nan=False)
sample("unique", numbers(3, 2), axis=0)
sample("unique", numbers(2, 3), axis=-1, return_index=True)
sample("unique", numbers(2, 2, 2), axis=1, return_inverse=True, return_counts=True)
sample("unique_values", numbers(4))
sample("unique_values", numbers(2, 2))
sample("unique_values", numbers())
for name in words("unique_all unique_counts unique_inverse"):
    sample(name, numbers(4))
    sample(name, numbers(2, 3))
    sample(name, numbers())
for name in words("union1d intersect1d setdiff1d setxor1d"):
    sample(name, numbers(4), numbers(3, seed=1))
    sample(name, numbers(4), [8.5, 9.5])
    sample(name, [8.5, 9.5], numbers(4))
    sample(name, numbers(2, 2), numbers(2, 2, seed=1))
sample("setdiff1d", numbers(4), [9.5, 8.5], assume_unique=True)
sample("setxor1d", numbers(4), [9.5, 8.5], assume_unique=True)

# --- differences, integrals, interpolation ------------------------------------------------------------------------

sample("diff", numbers(5))
sample("diff", numbers(2, 4), n=2)
sample("diff", numbers(3, 2), axis=0)
sample("diff", numbers(2, 3, 2), axis=-2, prepend=0.5)
sample("diff", numbers(2, 3), prepend=numbers(2, 1, seed=1), append=numbers(2, 2, seed=2))
sample("diff", numbers(3), n=2, prepend=numbers(seed=1), append=1.5)
sample("diff", numbers(3), n=0)
sample("diff", numbers(2), n=3)
sample("ediff1d", numbers(5))
sample("ediff1d", numbers(2, 3))
sample("ediff1d", numbers(3), to_end=numbers(2, seed=1), to_begin=numbers(seed=2))
sample("ediff1d", numbers(3), [7.5, 8.5], 0.25)
sample("gradient", numbers(5))
sample("gradient", numbers(3, 4))
sample("gradient", numbers(3, 4), 0.5)
sample("gradient", numbers(3, 4), 0.5, 2.0, edge_order=2)
sample("gradient", numbers(3, 4), axis=-1)
sample("gradient", numbers(3, 4), 0.7, axis=(1, 0))
sample("gradient", numbers(4), np.cumsum(positive(4)))
sample("gradient", numbers(3, 4), [0.0, 0.3, 1.0], np.cumsum(positive(4)), edge_order=2)
sample("gradient", numbers(3, 4, 3), np.cumsum(positive(4)), axis=1)
sample("gradient", numbers(4), positive(), edge_order=2)
for name in present("trapezoid trapz"):
    sample(name, numbers(5))
    sample(name, numbers(2, 3), dx=0.5, axis=-1)
    sample(name, numbers(2, 3), axis=0)
sample("trapezoid", numbers(2, 3), np.cumsum(positive(3)))
sample("trapezoid", numbers(3, 2), numbers(3, 2, seed=1), axis=-2)
sample("trapezoid", [1.0, 2.5, 3.0], numbers(3))
sample("trapezoid", numbers(3), dx=positive())
sample("unwrap", numbers(6, low=-9.0, high=9.0))
sample("unwrap", numbers(2, 4, low=-9.0, high=9.0), axis=0)
sample("unwrap", numbers(5, low=-5.0, high=5.0), period=3.0)
sample("unwrap", numbers(5, low=-5.0, high=5.0), 4.0, -1)
KNOTS = np.cumsum(positive(5))
sample("interp", numbers(6, low=0.1, high=7.0), KNOTS, numbers(5))
sample("interp", numbers(2, 3, low=0.1, high=7.0), KNOTS, numbers(5))
sample("interp", numbers(low=2.0, high=3.0), KNOTS, numbers(5))
sample("interp", [0.3, 2.0, 3.3], KNOTS.tolist(), numbers(5))
sample("interp", numbers(6, low=0.1, high=9.0), KNOTS, numbers(5), left=-1.0, right=2.0)
sample("interp", numbers(6, low=0.1, high=9.0), KNOTS, numbers(5), left=numbers(), right=numbers(seed=1))
sample("interp", numbers(6, low=-4.0, high=9.0), [1.7, 0.4, 2.9, 2.2], numbers(4), period=3.1)
sample("interp", numbers(4), [0.5], numbers(1))
sample("interp", 1.9, KNOTS, numbers(5))

# --- convolution and polynomials ----------------------------------------------------------------------------------

for name in words("convolve correlate"):
    for mode in ("full", "same", "valid"):
        sample(name, numbers(5), numbers(3, seed=1), mode=mode)
        sample(name, numbers(2), numbers(4, seed=1), mode)
    sample(name, numbers(4), numbers(4, seed=1))
    sample(name, [1.0, 2.5, 0.5], numbers(2))
sample("convolve", numbers(), numbers(3))
sample("polyval", numbers(4), numbers(3, seed=1))
sample("polyval", numbers(4), 0.7)
sample("polyval", [1.5, -2.0, 0.5], numbers(2, 2))
sample("polyval", numbers(2, 3), numbers(3, seed=1))
for name in words("polyadd polysub polymul"):
    sample(name, numbers(3), numbers(3, seed=1))
    sample(name, numbers(4), numbers(2, seed=1))
    sample(name, [1.5, 2.5], numbers(3))
    sample(name, numbers(3), 1.5)
sample("polyder", numbers(4))
sample("polyder", numbers(4), 2)
sample("polyder", numbers(4), m=0)
sample("polyder", numbers(2), 2)
sample("polyint", numbers(3))
sample("polyint", numbers(3), 2)
sample("polyint", numbers(3), 2, k=numbers(2, seed=1))
sample("polyint", numbers(3), m=2, k=1.5)
sample("polyint", numbers(3), 0)
sample("polydiv", numbers(4), positive(2, seed=1))
sample("polydiv", numbers(3), positive(3, seed=1))
sample("polydiv", numbers(2), positive(3, seed=1))
sample("polydiv", [1.0, 2.5, 3.5], positive(2))
sample("poly", numbers(3))
sample("poly", numbers(1))
sample("poly", numbers(4, seed=1))
sample("poly1d", numbers(3), numbers(2, seed=1))
sample("poly1d", numbers(4), numbers())
sample("poly1d", [1.5, 2.5], numbers(2, 2))
sample("polyfit", numbers(6), numbers(6, seed=1), 2)
sample("polyfit", numbers(5), numbers(5, 2, seed=1), 1)
sample("polyfit", numbers(6), numbers(6, seed=1), 2, w=positive(6))
sample("polyfit", numbers(6), numbers(6, 2, seed=1), 1, w=positive(6))
sample("polyfit", [0.0, 1.0, 2.0, 3.5], numbers(4), 1)
sample("polyfit", numbers(6), numbers(6, seed=1), 2, full=True)
sample("polyfit", numbers(6), numbers(6, seed=1), 1, cov=True)
sample("polyfit", numbers(6), numbers(6, 2, seed=1), 1, cov=True)
sample("polyfit", numbers(6), numbers(6, seed=1), 1, w=positive(6), cov="unscaled")
sample("vander", numbers(3))
sample("vander", numbers(3), 4)
sample("vander", numbers(3), 2, increasing=True)
sample("vander", numbers(3), N=0)

# --- spacings -----------------------------------------------------------------------------------------------------

sample("linspace", numbers(), numbers(seed=1), 5)
sample("linspace", numbers(2), numbers(2, seed=1), 4)
sample("linspace", numbers(2, 1), numbers(3, seed=1), 3, axis=-1)
sample("linspace", numbers(2), numbers(2, seed=1), 3, axis=1)
sample("linspace", 0.5, numbers(2), num=4, endpoint=False, retstep=True)
sample("linspace", numbers(), 3.5, 1)
sample("linspace", numbers(), 3.5, 3, dtype=np.float64)
sample("logspace", numbers(), numbers(seed=1), 4)
sample("logspace", numbers(2), numbers(2, seed=1), 3, base=2.0, axis=1)
sample("logspace", 0.5, numbers(), 4, endpoint=False)
sample("logspace", numbers(), 1.5, 4, base=positive())
sample("logspace", numbers(2), 1.5, 3, base=positive(2), axis=-1)
sample("geomspace", positive(), positive(seed=1), 5)
sample("geomspace", positive(2), positive(2, seed=1), 3, axis=-1)
sample("geomspace", positive(2), positive(2, seed=1), 3, axis=1)
sample("geomspace", numbers(low=-2.0, high=-1.0), numbers(low=-0.9, high=-0.2), 4, endpoint=False)
sample("geomspace", 0.5, positive(2), 3)
sample("full_like", numbers(2, 3), numbers())
sample("full_like", numbers(2, 3), numbers(3), dtype=np.float64)
sample("full_like", numbers(2), numbers(1), order="C", shape=(2, 2))

# --- statistics of several variables ------------------------------------------------------------------------------

sample("cov", numbers(3, 5))
sample("cov", numbers(5))
sample("cov", numbers(5, 2), rowvar=False)
sample("cov", numbers(2, 5), numbers(2, 5, seed=1))
sample("cov", numbers(5), numbers(5, seed=1), bias=True)
sample("cov", numbers(2, 5), ddof=0)
sample("cov", numbers(2, 4), fweights=[1, 2, 0, 3])
sample("cov", numbers(2, 4), aweights=positive(4))
sample("cov", numbers(2, 4), fweights=np.array([1, 2, 1, 3]), aweights=[0.5, 1.0, 2.0, 0.25], bias=True)
sample("cov", numbers(2, 4), fweights=np.array([1, 2, 1, 3]), aweights=positive(4))
sample("cov", numbers(2, 4), dtype=np.float64)
sample("corrcoef", numbers(3, 5))
sample("corrcoef", numbers(5), numbers(5, seed=1))
sample("corrcoef", numbers(5, 2), rowvar=False)
sample("corrcoef", numbers(5))
sample("bincount", [0, 2, 2, 1], positive(4))
sample("bincount", np.array([0, 2, 2, 4]), weights=numbers(4), minlength=7)
sample("bincount", [3, 0], numbers(2))
sample("histogram", [0.1, 0.6, 0.7, 1.4], 3, weights=positive(4))
sample("histogram", [0.1, 0.6, 0.7, 1.4], [0.0, 0.5, 1.0, 1.4], weights=positive(4), density=True)
sample("histogram", [[0.1, 0.6], [0.7, 2.4]], bins=4, range=(0.0, 1.0), weights=positive(2, 2))
sample("histogram2d", [0.1, 0.6, 0.7], [0.2, 0.3, 0.9], 2, weights=positive(3))
sample("histogram2d", [0.1, 0.6, 0.7], [0.2, 0.3, 0.9], [2, 3], [[0, 1], [0, 1]], weights=positive(3), density=True)
sample("histogram2d", [0.1, 0.6, 0.7], [0.2, 0.3, 1.9], bins=[[0.0, 0.5, 1.0], [0.0, 0.25, 1.0]], weights=positive(3))
sample("histogramdd", np.array([[1, 2], [6, 3], [7, 9]]), 2, weights=positive(3))
sample("histogramdd", ([0.1, 0.6, 0.7], [0.2, 0.3, 0.9]), (2, 3), weights=positive(3), density=True)
sample("histogramdd", np.array([1, 6, 7]), bins=[[0.0, 3.0, 7.0]], weights=positive(3))
sample("histogram", numbers(6), 3)
sample("histogram", numbers(6), 3, density=True)
sample("histogram", numbers(2, 3), [-3.0, 0.0, 0.5, 3.0], density=True)
sample("histogram", numbers(6), "sturges", density=True)
sample("histogram2d", numbers(5), numbers(5, seed=1), 2)
sample("histogram2d", numbers(5), numbers(5, seed=1), [2, 3], density=True, weights=positive(5))
sample("histogram2d", numbers(5), [0.0, 1.0, 2.0, 3.0, 4.0], [2, [-1.0, 2.5, 9.0]], density=True)
sample("histogramdd", numbers(5, 2), 2)
sample("histogramdd", numbers(5, 2), (2, 3), [None, (-3.0, 3.0)], density=True)
sample("histogramdd", (numbers(5), numbers(5, seed=1), [1, 2, 3, 4, 5]), 2, density=True, weights=positive(5))
sample("histogram_bin_edges", numbers(5), 3)
sample("histogram_bin_edges", numbers(1), 3)
sample("histogram_bin_edges", numbers(2, 3), bins="sturges")
sample("histogram_bin_edges", numbers(5), 3, (-1.0, 1.0))
sample("histogram_bin_edges", numbers(5), [-1.0, 0.0, 0.5])

# --- choosing -----------------------------------------------------------------------------------------------------

MASK = np.array([[True, False, True], [False, False, True]])
sample("where", MASK, numbers(2, 3), numbers(2, 3, seed=1))
sample("where", MASK, numbers(3), 0.5)
sample("where", MASK[0].tolist(), 1.5, numbers(2, 1))
sample("where", True, numbers(2), numbers(2, seed=1))
sample("clip", numbers(2, 3), -0.5, 0.9)
sample("clip", numbers(2, 3), numbers(3, low=-1.0, high=-0.2), positive(2, 1))
sample("clip", numbers(2, 3), None, 0.9)
sample("clip", numbers(2, 3), a_min=-0.5, a_max=None)
sample("clip", numbers(4), min=-0.5, max=0.5)
sample("clip", numbers(4), max=0.5)
sample("select", [MASK, ~MASK], [numbers(2, 3), numbers(3, seed=1)])
sample("select", [MASK[0], MASK[1]], [numbers(3), numbers(3, seed=1)], default=numbers(seed=2))
sample("select", [MASK[0]], [numbers(2, 3)], 1.5)
sample("piecewise", numbers(3), [MASK[0], MASK[1]], [0.5, 1.5])
sample("piecewise", numbers(3), [MASK[0], MASK[1]], [0.5, 1.5, 2.5])
sample("piecewise", numbers(3), MASK[0], [0.5])
sample("compress", [True, False, True], numbers(3))
sample("compress", [True, False], numbers(2, 3), axis=0)
sample("compress", np.array([False, True, True]), numbers(2, 3), axis=-1)
sample("compress", [0, 1, 1, 0], numbers(2, 3))
sample("extract", MASK, numbers(2, 3))
sample("extract", [True, False, True], numbers(3))
sample("extract", np.array([0, 2, 0]), numbers(3))
sample("take", numbers(5), [0, 3, 3, -1])
sample("take", numbers(2, 3), np.array([[0, 1], [2, 0]]), axis=1)
sample("take", numbers(2, 3), 4)
sample("take", numbers(2, 3), [5, -7], axis=-1, mode="wrap")
sample("take", numbers(2, 3), [5, -7], 0, mode="clip")
sample("take_along_axis", numbers(2, 3), np.array([[0, 2], [1, 1]]), axis=1)
sample("take_along_axis", numbers(2, 3), np.array([[0, -1, 1]]), 0)
sample("take_along_axis", numbers(2, 3), np.array([[0, 2, 1, 1]]), axis=-1)
sample("take_along_axis", numbers(2, 3), np.array([4, 4, 1]), axis=None)
sample("choose", np.array([0, 1, 1]), [numbers(3), numbers(3, seed=1)])
sample("choose", [[0, 1], [2, 0]], [numbers(2), numbers(2, 1, seed=1), 1.5])
sample("choose", [-1, 3, 1], (numbers(3), numbers(3, seed=1)), mode="wrap")
sample("choose", [-1, 3, 1], numbers(2, 3), mode="clip")

# --- shapes -------------------------------------------------------------------------------------------------------

sample("reshape", numbers(2, 3), (3, -1))
sample("reshape", numbers(2, 3), 6)
sample("reshape", numbers(2, 3), shape=(3, 2), order="F")
sample("reshape", numbers(3, 2).T, (3, 2), order="A")
sample("reshape", numbers(), (1, 1))
sample("ravel", numbers(2, 3))
sample("ravel", numbers(3, 2).T, order="K")
sample("ravel", numbers(2, 3), "F")
sample("ravel", numbers(3, 2).T, order="A")
sample("resize", numbers(2, 3), (2, 5))
sample("resize", numbers(2, 3), 4)
sample("resize", numbers(), (2, 2))
for name in words("atleast_1d atleast_2d atleast_3d"):
    sample(name, numbers())
    sample(name, numbers(3))
    sample(name, numbers(2, 3), numbers(seed=1))
    sample(name, numbers(2, 3, 2), 1.5, [[1, 2]])
sample("broadcast_to", numbers(3), (2, 3))
sample("broadcast_to", numbers(2, 1), shape=(4, 2, 3))
sample("broadcast_to", numbers(), 3)
sample("broadcast_arrays", numbers(3), numbers(2, 1))
sample("broadcast_arrays", numbers(), [[1.5, 2.5]])
sample("broadcast_arrays", numbers(2, 3))
sample("meshgrid", numbers(2), numbers(3, seed=1))
sample("meshgrid", numbers(2), [1.5, 2.5], numbers(2, seed=1), indexing="ij")
sample("meshgrid", numbers(2), numbers(3, seed=1), sparse=True)
sample("meshgrid", numbers(), numbers(2), indexing="xy", copy=False)
for name in ("transpose", "permute_dims"):
    sample(name, numbers(2, 3))
    sample(name, numbers(2, 3, 2), (1, -1, 0))
    sample(name, numbers(2, 3, 2), axes=[2, 0, 1])
for name in ("matrix_transpose", "linalg.matrix_transpose"):
    sample(name, numbers(2, 3))
    sample(name, numbers(2, 3, 2))
    sample(name, strided(numbers(2, 3)))
sample("swapaxes", numbers(2, 3), 0, 1)
sample("swapaxes", numbers(2, 3, 2), 0, -2)
sample("swapaxes", numbers(2, 3), axis1=-1, axis2=-1)
sample("moveaxis", numbers(2, 3, 2), 0, -1)
sample("moveaxis", numbers(2, 3, 2), [0, 1], [-1, 0])
sample("moveaxis", numbers(2, 3), source=1, destination=0)
sample("rollaxis", numbers(2, 3, 2), 2)
sample("rollaxis", numbers(2, 3, 2), -3, 3)
sample("rollaxis", numbers(2, 3, 2), 1, start=-1)
sample("expand_dims", numbers(3), 0)
sample("expand_dims", numbers(2, 3), (0, -1))
sample("expand_dims", numbers(), axis=-1)
sample("squeeze", numbers(1, 3, 1))
sample("squeeze", numbers(1, 3, 1), -1)
sample("squeeze", numbers(1, 3, 1), axis=(0, 2))
sample("copy", numbers(3))
sample("copy", numbers(2, 3), order="F")
sample("copy", numbers(), "C", subok=True)
sample("astype", numbers(3), np.float64)
sample("astype", numbers(2, 3), "f8", copy=False)
sample("astype", numbers(), float)

# --- joining and taking apart -------------------------------------------------------------------------------------

for name in ("concatenate", "concat"):
    sample(name, [numbers(3), numbers(2, seed=1)])
    sample(name, (numbers(2, 3), numbers(1, 3, seed=1), [[1.5, 2.5, 3.5]]))
    sample(name, [numbers(2, 3), numbers(2, 1, seed=1)], axis=-1)
    sample(name, [numbers(2, 3), numbers(2, seed=1)], axis=None)
    sample(name, [numbers(2), [1, 2]], dtype=np.float64)
    sample(name, numbers(2, 3))
sample("stack", [numbers(3), numbers(3, seed=1)])
sample("stack", [numbers(2, 3), numbers(2, 3, seed=1)], axis=-1)
sample("stack", (numbers(), 1.5, numbers(seed=1)))
sample("stack", numbers(2, 3), 1)
for name in present("hstack vstack dstack column_stack row_stack"):
    sample(name, [numbers(3), numbers(3, seed=1)])
    sample(name, (numbers(2, 3), numbers(2, 3, seed=1)))
    sample(name, [numbers(2, 3, 1), numbers(2, 3, 1, seed=1), np.ones((2, 3, 1), int)])
    sample(name, [numbers(3), [1.5, 2.5, 3.5]])
    sample(name, numbers(2, 3))
sample("hstack", [numbers(), numbers(2)])
sample("vstack", [numbers(), 1.5])
sample("block", [numbers(2), numbers(3, seed=1)])
sample("block", [[numbers(2, 2), np.zeros((2, 1))], [numbers(3)]])
sample("block", [[numbers(2, 2), numbers(2, 1, seed=1)], [np.ones((1, 3), int)]])
sample("block", [[[numbers(1, 2, 2)]], [[numbers(1, 2, 2, seed=1)]]])
sample("block", numbers(2))
sample("concatenate", [numbers(2, 3), numbers(2, 1, seed=1)], 1)
sample("append", numbers(3), 1.5)
sample("append", numbers(2, 3), numbers(1, 3, seed=1), axis=0)
sample("append", numbers(2, 3), numbers(2, seed=1))
sample("append", [1.5, 2.5], numbers(2), axis=-1)
sample("insert", numbers(4), 1, 7.5)
sample("insert", numbers(4), [1, 3, 3], numbers(3, seed=1))
sample("insert", numbers(2, 3), 1, numbers(2, seed=1), axis=1)
sample("insert", numbers(2, 3), -1, numbers(1, seed=1), axis=0)
sample("insert", numbers(2, 3), slice(0, 2), numbers(2, 1, seed=1), axis=-1)
sample("insert", numbers(2, 3), [0], numbers(2, 1, seed=1), axis=1)
sample("insert", numbers(2, 3), 4, 9.5)
sample("insert", [1.5, 2.5], 1, numbers())
sample("delete", numbers(5), 1)
sample("delete", numbers(2, 4), [0, -1], axis=1)
sample("delete", numbers(2, 3), slice(None, None, 2))
sample("delete", numbers(2, 4), 1, axis=-1)
sample("delete", numbers(3, 2), np.array([True, False, True]), axis=0)
for name in ("split", "array_split"):
    sample(name, numbers(6), 3)
    sample(name, numbers(5), [1, 3])
    sample(name, numbers(2, 4), [3, 1], axis=-1)
    sample(name, numbers(4, 2), 2, 0)
    sample(name, numbers(4), np.array([2, 9]))
sample("array_split", numbers(5), 3)
sample("array_split", numbers(2, 5), 4, axis=1)
sample("hsplit", numbers(4), 2)
sample("hsplit", numbers(2, 4), [1])
sample("hsplit", numbers(2, 4, 2), 2)
sample("vsplit", numbers(4, 2), 2)
sample("vsplit", numbers(4, 2), [1, 3])
sample("vsplit", numbers(2, 2, 2), 1)
sample("dsplit", numbers(2, 2, 4), 2)
sample("dsplit", numbers(2, 2, 4), [1])
sample("dsplit", numbers(1, 1, 2), 1)
sample("unstack", numbers(2, 3))
sample("unstack", numbers(2, 3), axis=-1)
sample("unstack", numbers(2, 3, 2), axis=1)
sample("trim_zeros", numbers(4))  # with zeros in edges.py: a small step makes them numbers that stay
sample("trim_zeros", numbers(3), "f")
sample("trim_zeros", numbers(2, 3), trim="b")
sample("trim_zeros", numbers(2, 3), axis=1)
sample("trim_zeros", numbers(2, 3), axis=-1)

# --- repeating, reversing, rolling --------------------------------------------------------------------------------

sample("repeat", numbers(3), 2)
sample("repeat", numbers(2, 3), [1, 0, 2], axis=1)
sample("repeat", numbers(2, 3), np.array([2]), axis=-2)
sample("repeat", numbers(2, 2), 2)
sample("repeat", numbers(), 3)
sample("tile", numbers(3), 2)
sample("tile", numbers(2, 3), (2, 2))
sample("tile", numbers(3), (2, 1, 2))
sample("tile", numbers(2, 2, 2), (1, 2))
sample("tile", numbers(), np.array([2, 2]))
sample("flip", numbers(2, 3))
sample("flip", numbers(2, 3), -1)
sample("flip", numbers(2, 3, 2), axis=(0, 2))
for name in ("fliplr", "flipud"):
    sample(name, numbers(2, 3))
    sample(name, numbers(2, 3, 2))
    sample(name, numbers(3, 1))
for k in (-1, 0, 1, 2, 3, 5):
    sample("rot90", numbers(2, 3), k)
sample("rot90", numbers(2, 3, 2), axes=(2, -2))
sample("roll", numbers(5), 2)
sample("roll", numbers(2, 3), -1)
sample("roll", numbers(2, 3), 1, axis=-1)
sample("roll", numbers(2, 3), (1, 2), axis=(0, 1))
sample("roll", numbers(2, 3), 4, axis=(1, 0))
for name in ("fft.fftshift", "fft.ifftshift"):
    sample(name, numbers(5))
    sample(name, numbers(3, 4))
    sample(name, numbers(3, 4), axes=-1)
    sample(name, numbers(3, 4), (0,))
sample("lib.stride_tricks.sliding_window_view", numbers(6), 3)
sample("lib.stride_tricks.sliding_window_view", numbers(3, 4), (2, 2))
sample("lib.stride_tricks.sliding_window_view", numbers(3, 4), window_shape=2, axis=-1)
sample("lib.stride_tricks.sliding_window_view", numbers(3, 4), (2, 2), axis=(1, 1))

# --- diagonals and triangles --------------------------------------------------------------------------------------

sample("diagonal", numbers(3, 3))
sample("diagonal", numbers(2, 3), 1)
sample("diagonal", numbers(2, 3, 4), offset=-1, axis1=-1, axis2=0)
sample("diagonal", numbers(2, 2), offset=5)
sample("trace", numbers(3, 3))
sample("trace", numbers(2, 3), -1)
sample("trace", numbers(2, 3, 4), offset=1, axis1=2, axis2=-3)
sample("trace", numbers(2, 2), dtype=np.float64)
for name in ("linalg.diagonal", "linalg.trace"):
    sample(name, numbers(3, 3))
    sample(name, numbers(2, 3), offset=1)
    sample(name, numbers(2, 3, 2), offset=-1)
sample("linalg.trace", numbers(2, 2), dtype=np.float64)
sample("diag", numbers(3))
sample("diag", numbers(3), 1)
sample("diag", numbers(2, 3), k=-1)
sample("diag", numbers(3, 2))
sample("diagflat", numbers(3))
sample("diagflat", numbers(2, 2), -1)
sample("diagflat", numbers(), k=2)
for name in ("tril", "triu"):
    sample(name, numbers(3, 3))
    sample(name, numbers(2, 4), 1)
    sample(name, numbers(2, 3, 2), k=-1)
    sample(name, numbers(3))

# --- padding ------------------------------------------------------------------------------------------------------

for mode in ("constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap"):
    sample("pad", numbers(4), 2, mode)
    sample("pad", numbers(2, 3), ((1, 0), (2, 3)), mode=mode)
    sample("pad", numbers(3, 2), (1, 2), mode)
for mode in ("maximum", "mean", "median", "minimum"):
    sample("pad", numbers(2, 4), ((1, 2), (2, 1)), mode, stat_length=((1, 2), (3, 2)))
for mode in ("reflect", "symmetric"):
    sample("pad", numbers(3), (2, 5), mode, reflect_type="odd")
    sample("pad", numbers(3, 2), 3, mode, reflect_type="odd")
sample("pad", numbers(2, 2), 1, constant_values=((1.5, 2.5), (3.5, 4.5)))
sample("pad", numbers(3), (1, 2), constant_values=numbers(seed=1))
sample("pad", numbers(3), (2, 2), "linear_ramp", end_values=(0.5, -1.5))
if NUMPY_2_4:
    sample("pad", numbers(2, 3), {-1: (1, 2)}, "edge")
    sample("pad", numbers(2, 3), {0: 1}, "reflect")
sample("pad", numbers(1), 2, "reflect")

# --- products -----------------------------------------------------------------------------------------------------

for name in ("matmul", "linalg.matmul"):
    sample(name, numbers(2, 3), numbers(3, 2, seed=1))
    sample(name, numbers(2, 2, 3), numbers(3, 2, seed=1))
    sample(name, numbers(2, 1, 2, 3), numbers(3, 3, 2, seed=1))
    sample(name, numbers(2, 3), [[1.5], [2.5], [0.5]])
sample("matmul", numbers(3), numbers(3, seed=1))
sample("matmul", numbers(2, 3), numbers(3, seed=1))
sample("matmul", numbers(3), numbers(2, 3, 2, seed=1))
sample("dot", numbers(3), numbers(3, seed=1))
sample("dot", numbers(2, 3), numbers(3, 2, seed=1))
sample("dot", numbers(2, 2, 3), numbers(2, 3, 2, seed=1))
sample("dot", numbers(2, 3), numbers(seed=1))
sample("dot", [1.5, 2.5, 0.5], numbers(3, 2))
sample("inner", numbers(3), numbers(3, seed=1))
sample("inner", numbers(2, 3), numbers(2, 2, 3, seed=1))
sample("inner", numbers(2, 3), numbers(seed=1))
sample("inner", [1.5, 2.5], numbers(2))
sample("outer", numbers(3), numbers(2, seed=1))
sample("outer", numbers(2, 2), numbers(seed=1))
sample("outer", [1.5, 2.5], numbers(2))
sample("linalg.outer", numbers(3), numbers(2, seed=1))
sample("linalg.outer", [1.5, 2.5], numbers(2))
sample("linalg.outer", numbers(2), np.array([1, 2]))
sample("vdot", numbers(3), numbers(3, seed=1))
sample("vdot", numbers(2, 3), numbers(3, 2, seed=1))
sample("vdot", [1.5, 2.5], numbers(2))
sample("vecdot", numbers(2, 3), numbers(2, 3, seed=1), axis=0, keepdims=True)
for name in ("vecdot", "linalg.vecdot"):
    sample(name, numbers(3), numbers(3, seed=1))
    sample(name, numbers(2, 3), numbers(3, seed=1))
    sample(name, numbers(3, 2), numbers(3, 2, seed=1), axis=0)
    sample(name, [1.5, 2.5], numbers(3, 2))
    sample(name, numbers(2, 3, 2), numbers(2, 3, 1, seed=1), axis=-2)
sample("matvec", numbers(2, 3), numbers(3, seed=1))
sample("matvec", numbers(2, 2, 3), numbers(2, 3, seed=1))
sample("matvec", numbers(2, 3), [1.5, 2.5, 0.5])
sample("vecmat", numbers(2), numbers(2, 3, seed=1))
sample("vecmat", numbers(2, 3), numbers(2, 3, 2, seed=1))
sample("vecmat", [1.5, 2.5], numbers(2, 3))
sample("kron", numbers(2), numbers(3, seed=1))
sample("kron", numbers(2, 3), numbers(2, 1, seed=1))
sample("kron", numbers(2, 2), numbers(3, seed=1))
sample("kron", [1.5, 2.5], numbers())
sample("cross", numbers(3), numbers(3, seed=1))
sample("cross", numbers(2, 3), numbers(3, seed=1))
sample("cross", numbers(3, 2), numbers(3, 2, seed=1), axis=0)
sample("cross", numbers(3, 2), numbers(2, 3, seed=1), axisa=0, axisb=-1, axisc=0)
sample("cross", numbers(2, 3, 2), numbers(2, 3, 2, seed=1), axis=-2)
sample("cross", [1.5, 2.5, 0.5], numbers(3))
sample("linalg.cross", numbers(3), numbers(3, seed=1))
sample("linalg.cross", numbers(3, 2), numbers(3, 2, seed=1), axis=0)
sample("linalg.cross", numbers(3, 2), numbers(3, 2, seed=1), axis=-2)
sample("linalg.cross", numbers(2, 3), [1.5, 2.5, 0.5])
for name in ("tensordot", "linalg.tensordot"):
    sample(name, numbers(2, 3, 2), numbers(3, 2, 2, seed=1))
    sample(name, numbers(2, 3), numbers(3, 2, seed=1), axes=1)
    sample(name, numbers(2, 3, 2), numbers(2, 2, 3, seed=1), axes=([1, 0], [-1, 0]))
    sample(name, numbers(2), [1.5, 2.5], axes=0)
sample("einsum", "ij,jk->ik", numbers(2, 3), numbers(3, 2, seed=1))
sample("einsum", "ii->i", numbers(3, 3))
sample("einsum", "ij->", numbers(2, 3))
sample("einsum", "...ij,...j", numbers(2, 2, 3), numbers(3, seed=1))
sample("einsum", "i,i,i", numbers(3), numbers(3, seed=1), numbers(3, seed=2), optimize=True)
sample("einsum", "iij,jk->k", numbers(2, 2, 3), numbers(3, 1, seed=1))
sample("einsum", numbers(2, 3), [0, 1], numbers(3, seed=1), [1], [0])
sample("einsum", "i,ij", [1.5, 2.5], numbers(2, 3))

# --- numpy.linalg -------------------------------------------------------------------------------------------------

for name in ("linalg.inv", "linalg.det", "linalg.slogdet"):
    sample(name, matrix(3, 3))
    sample(name, matrix(2, 2, 2))
    sample(name, strided(matrix(2, 2)).T)
    sample(name, matrix(1, 1))
sample("linalg.solve", matrix(3, 3), numbers(3))
sample("linalg.solve", matrix(3, 3), numbers(3, 2))
sample("linalg.solve", matrix(2, 3, 3), numbers(3, 1))
sample("linalg.solve", matrix(2, 2, 2), numbers(2, 2, 1))
sample("linalg.solve", [[2.0, 1.0], [0.5, 3.0]], numbers(2))
sample("linalg.pinv", matrix(3, 3))
sample("linalg.pinv", matrix(4, 2))
sample("linalg.pinv", matrix(2, 2, 3))
sample("linalg.pinv", matrix(3, 2), rcond=1e-10)
sample("linalg.pinv", matrix(3, 2), rtol=1e-10)
sample("linalg.tensorsolve", matrix(6, 6).reshape(2, 3, 6), numbers(2, 3))
sample("linalg.tensorsolve", matrix(4, 4).reshape(2, 2, 2, 2), numbers(2, 2))
sample("linalg.tensorsolve", matrix(6, 6).reshape(2, 3, 6).transpose(2, 0, 1), numbers(2, 3), axes=(0,))
sample("linalg.tensorinv", matrix(4, 4).reshape(2, 2, 4))
sample("linalg.tensorinv", matrix(6, 6).reshape(6, 2, 3), ind=1)
sample("linalg.tensorinv", matrix(4, 4).reshape(2, 2, 2, 2), 2)
sample("linalg.lstsq", matrix(5, 3), numbers(5))
sample("linalg.lstsq", matrix(5, 3), numbers(5, 2))
sample("linalg.lstsq", matrix(2, 4), numbers(2))
sample("linalg.lstsq", matrix(3, 3), numbers(3), rcond=1e-10)
sample("linalg.lstsq", [[1.0, 0.5], [0.3, 2.0], [1.0, 1.0]], numbers(3))
sample("linalg.cholesky", symmetric(3, 3))
sample("linalg.cholesky", symmetric(2, 2, 2))
sample("linalg.cholesky", symmetric(3, 3), upper=True)
sample("linalg.cholesky", symmetric(1, 1))
sample("linalg.qr", matrix(3, 3))
sample("linalg.qr", matrix(4, 2))
sample("linalg.qr", matrix(2, 4))
sample("linalg.qr", matrix(2, 3, 2))
sample("linalg.qr", matrix(4, 2), mode="r")
sample("linalg.qr", matrix(2, 3), mode="complete")
for name in ("linalg.eigh", "linalg.eigvalsh"):
    sample(name, symmetric(3, 3))
    sample(name, symmetric(2, 2, 2))
    sample(name, symmetric(3, 3), "U")
    sample(name, matrix(3, 3), UPLO="L")
sample("linalg.svd", matrix(3, 3))
sample("linalg.svd", matrix(4, 2), full_matrices=False)
sample("linalg.svd", matrix(2, 2, 3), full_matrices=False)
sample("linalg.svd", matrix(3, 2), compute_uv=False)
sample("linalg.svd", symmetric(3, 3), hermitian=True)
sample("linalg.svd", symmetric(3, 3) - 4.5 * np.eye(3), hermitian=True)
sample("linalg.svd", symmetric(3, 3) - 4.5 * np.eye(3), compute_uv=False, hermitian=True)
sample("linalg.svdvals", matrix(3, 3))
sample("linalg.svdvals", matrix(4, 2))
sample("linalg.svdvals", matrix(2, 2, 3))
INF = np.inf
for order in (None, "fro", "nuc", INF, -INF, 1, -1, 2, -2):
    sample("linalg.norm", matrix(3, 2), order)
    sample("linalg.norm", matrix(2, 3, 2), order, axis=(-1, 0))
    sample("linalg.norm", matrix(3, 2), order, keepdims=True)
for order in (None, INF, -INF, 0, 1, -1, 2, -2, 3, 0.5):
    sample("linalg.norm", numbers(4), order)
    sample("linalg.norm", numbers(2, 3), order, axis=-1)
    sample("linalg.norm", numbers(2, 3), order, 0, True)
    sample("linalg.vector_norm", numbers(2, 3), ord=2 if order is None else order)
    sample("linalg.vector_norm", positive(2, 3, 2), axis=(0, -1), keepdims=True, ord=2 if order is None else order)
sample("linalg.norm", numbers(2, 3, 2))
sample("linalg.norm", numbers(2, 3, 2), keepdims=True)
sample("linalg.vector_norm", numbers(3))
sample("linalg.vector_norm", numbers(2, 3), axis=1)
for order in ("fro", "nuc", INF, -INF, 1, -1, 2, -2):
    sample("linalg.matrix_norm", matrix(3, 2), ord=order)
    sample("linalg.matrix_norm", matrix(2, 2, 3, seed=1), ord=order, keepdims=True)
for order in (None, "fro", "nuc", INF, -INF, 1, -1, 2, -2):
    sample("linalg.cond", matrix(3, 3), order)
    sample("linalg.cond", matrix(2, 2, 2), p=order)
sample("linalg.cond", matrix(3, 2))
sample("linalg.multi_dot", [numbers(2, 3), numbers(3, 2, seed=1)])
sample("linalg.multi_dot", [numbers(2, 3), numbers(3, 4, seed=1), numbers(4, 1, seed=2)])
sample("linalg.multi_dot", (numbers(2), numbers(2, 3, seed=1), numbers(3, 2, seed=2), numbers(2, seed=3)))
sample("linalg.multi_dot", [[[1.5, 2.5]], numbers(2, 3), numbers(3)])
sample("linalg.matrix_power", matrix(3, 3), 3)
sample("linalg.matrix_power", matrix(2, 2, 2), -2)
sample("linalg.matrix_power", matrix(2, 2), 0)
sample("linalg.matrix_power", matrix(2, 2), 1)
sample("linalg.matrix_power", matrix(2, 2), 6)

# --- the rest -----------------------------------------------------------------------------------------------------

sample("apply_over_axes", np.sum, numbers(2, 3, 2), (0, 2))
sample("apply_over_axes", np.mean, numbers(2, 3), -1)
sample("apply_over_axes", np.max, numbers(2, 3), [1])


# --- who needs samples --------------------------------------------------------------------------------------------


def by_function(samples):
    """The samples of each NumPy callable, whatever name it was looked up by (`np.acos` is `np.arccos`)."""
    found = defaultdict(list)
    for s in samples:
        found[lookup(s.name)].append(s)
    return found


def differentiable():
    """Every differentiable callable of NumPy by one of its names."""
    return {f: name for name, f in numpy_callables() if status_of(name, f) == "differentiable"}
