"""Calls of the NumPy functions that are not differentiable, by status: constant, refused, not dispatchable.

As in samples.py an array of floats stands for a Tensor that requires a gradient.
"""

import numpy as np
from coverage_samples import Sample, matrix, numbers, positive, present, words

INF, NAN = np.inf, np.nan


# --- constant results: what comes out is NumPy's answer for the values ---------------------------------------------

CONSTANTS = []


def constant(name, *args, **options):
    CONSTANTS.append(Sample(name, args, options))


X, Y = numbers(2, 3), numbers(2, 3, seed=1)
ODD = np.array([1.5, NAN, INF, -INF, -0.0])

for name in present("floor ceil trunc rint sign spacing fix"):
    constant(name, X)
    constant(name, 3.0 * X.T)
    constant(name, numbers())
for name in words("isnan isinf isfinite signbit isneginf isposinf iscomplex isreal logical_not"):
    constant(name, X)
    constant(name, ODD)
for name in words("iscomplexobj isrealobj imag angle size shape ndim"):
    constant(name, X)
    constant(name, ODD)
COMPARISONS = "equal not_equal less less_equal greater greater_equal"
for name in words(f"{COMPARISONS} logical_and logical_or logical_xor heaviside"):
    constant(name, X, Y)
    constant(name, X, Y[0])
    constant(name, X, 0.5)
    constant(name, 0.5, Y)
    constant(f"{name}.outer", X, Y[0])
for name in words("logical_and logical_or logical_xor heaviside"):
    constant(f"{name}.reduce", X, axis=0)
constant("floor_divide", 3.0 * X, positive(3))
constant("floor_divide", X, 0.7)
constant("floor_divide.outer", X, positive(2))
constant("floor_divide.reduce", 9.0 * positive(4), axis=-1)
constant("floor_divide.accumulate", 9.0 * positive(4))
for name in ("round", "around"):
    constant(name, X)
    constant(name, X, 1)
    constant(name, 10.0 * X, decimals=-1)
for name in words("argmax argmin nanargmax nanargmin"):
    constant(name, X)
    constant(name, X, 0)
    constant(name, X, axis=-1, keepdims=True)
for name in words("any all count_nonzero"):
    constant(name, X)
    constant(name, X, axis=0)
    constant(name, X, axis=(0, -1), keepdims=True)
constant("argsort", X)
constant("argsort", X, axis=0)
constant("argsort", X, axis=None)
constant("argpartition", X, 1)
constant("argpartition", X[0], 1, axis=-1)
constant("lexsort", (X[0], Y[0]))
constant("lexsort", (X, Y), axis=0)
constant("argwhere", X)
constant("nonzero", X)
constant("flatnonzero", X)
constant("searchsorted", np.sort(numbers(5)), X)
constant("searchsorted", np.sort(numbers(5)), 0.3, side="right")
constant("digitize", X, np.sort(numbers(4)))
constant("digitize", X[0], [0.0, 1.0], right=True)
for name in present("isin in1d"):
    constant(name, X, [0.5, X[0, 1]])
    constant(name, [0.5, X[0, 1]], X, invert=True)
for name in words("isclose allclose"):
    constant(name, X, Y)
    constant(name, X, X + 1e-9, rtol=1e-6)
for name in words("array_equal array_equiv"):
    constant(name, X, X)
    constant(name, X, Y)
    constant(name, X, X.tolist())
constant("may_share_memory", X, Y)
constant("shares_memory", X, Y)
constant("result_type", X, np.float32)
constant("can_cast", np.float32, np.float64)
constant("common_type", X, Y)
constant("min_scalar_type", X)
constant("isfortran", X)
constant("isfortran", X.T)
constant("array2string", X)
constant("array2string", X, precision=2, separator=";")
constant("array_repr", X)
constant("array_str", X, precision=3)
for name in words("zeros_like ones_like"):
    constant(name, X)
    constant(name, X, dtype=np.float32)
    constant(name, X, shape=(4,))
    constant(name, X, int)
constant("tril_indices_from", X)
constant("tril_indices_from", X, k=1)
constant("triu_indices_from", X)
constant("diag_indices_from", matrix(2, 2))
constant("ix_", np.array([0, 2]), np.array([True, False]))
constant("einsum_path", "ij,jk->ik", X, Y.T)
constant("linalg.matrix_rank", matrix(3, 3))
constant("linalg.matrix_rank", np.ones((3, 2)), tol=1e-9)
constant("linalg.matrix_rank", matrix(2, 3, 2))

UNDEFINED = ("empty_like",)  # whose values are nobody's


# --- refused: NotDifferentiable, with the name and the reason -----------------------------------------------------

REFUSED = []


class Refusal(Sample):
    def __init__(self, name, args, options, why):
        super().__init__(name, args, options)
        self.why = why


def refused(name, *args, why, **options):
    REFUSED.append(Refusal(name, args, options, why))


M, V = matrix(3, 3), numbers(3)

COMPLEX = "its result is complex"
refused("linalg.eig", M, why=COMPLEX)
refused("linalg.eigvals", M, why=COMPLEX)
refused("roots", V, why=COMPLEX)
refused("sort_complex", V, why=COMPLEX)
refused("poly", M, why="eigenvalues, which may be complex")
for name in words("fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn"):
    refused(f"fft.{name}", M, why="no rule")
for name in ("sqrt", "log", "power"):
    refused(f"emath.{name}", *[V] * (1 + (name == "power")), why="no rule")

PIECES = "NumPy calls the given function on plain pieces of the array"
refused("apply_along_axis", np.sum, 0, M, why=PIECES)
refused("piecewise", V, [V > 0.0], [lambda x: x, lambda x: -x], why=PIECES)
refused("pad", V, 2, lambda *args: None, why=PIECES)
refused("pad", V, 2, "empty", why="undefined")

WRITES = "it writes into its argument"
refused("copyto", np.zeros(3), V, why=WRITES)
refused("copyto", [0.0, 0.0, 0.0], V, why=WRITES)
refused("fill_diagonal", M, 0.0, why=WRITES)
refused("place", V, [True, False, True], [1.0], why=WRITES)
refused("put", V, [0], 1.0, why=WRITES)
refused("put_along_axis", V, np.array([0]), 1.0, 0, why=WRITES)
refused("putmask", V, [True, False, True], 1.0, why=WRITES)
refused("add.at", V, [0], 1.0, why=WRITES)
refused("maximum.at", V, [0], V[:1], why=WRITES)
for name in ("sum", "mean", "cumsum", "clip", "dot", "concatenate", "median", "take", "round", "trace"):
    extra = {"clip": (0.0, 1.0), "dot": (M,), "take": ([0],)}.get(name, ())
    refused(name, [V, V] if name == "concatenate" else M, *extra, out=np.zeros(3), why="out")
refused("add", V, 1.0, out=np.zeros(3), why="in place")
refused("add.reduce", V, out=np.zeros(()), why="in place")
refused("add", V, 1.0, where=np.array([True, False, True]), why="where")
refused("matmul", M, M, axes=[(0, 1), (0, 1), (0, 1)], why="axes")

for name in words("save savetxt savez savez_compressed"):
    refused(name, "never-written", V, why="it writes plain numbers to a file")

BASIS = "arbitrary basis"
refused("linalg.svd", matrix(3, 2), why=BASIS)
refused("linalg.svd", matrix(2, 3), full_matrices=True, why=BASIS)
refused("linalg.qr", matrix(3, 2), mode="complete", why=BASIS)
refused("linalg.qr", matrix(3, 2), mode="raw", why="reflectors are an internal format of LAPACK")
refused("linalg.lstsq", np.ones((3, 2)), V, why="rank")
refused("polyfit", np.ones(3), V, 1, why="rank")

EDGES = "its edges"
refused("histogram", [0.2, 0.7], bins=np.array([0.0, 0.5, 1.0]), why=EDGES)
refused("histogram2d", [0.2, 0.7], [0.1, 0.2], bins=[2, np.array([0.0, 0.5, 1.0])], why=EDGES)
refused("histogramdd", [[0.2, 0.7]], bins=[np.array([0.0, 0.5, 1.0])], why=EDGES)
refused("histogram_bin_edges", [0.2, 0.7], bins=np.array([0.0, 0.5, 1.0]), why=EDGES)


# --- not dispatchable: NumPy asks a Tensor for a plain array -------------------------------------------------------

# By name, with a Tensor t that is a number, v with two entries and m with two rows and columns. Every other takes t.
NOT_DISPATCHABLE_CALLS = {
    "array": lambda t, v, m: np.array([t, t]),
    "asanyarray": lambda t, v, m: np.asanyarray([v, v]),
    "asarray": lambda t, v, m: np.asarray([t, 1.0]),
    "asarray_chkfinite": lambda t, v, m: np.asarray_chkfinite(v),
    "ascontiguousarray": lambda t, v, m: np.ascontiguousarray(m),
    "asfortranarray": lambda t, v, m: np.asfortranarray(m),
    "asmatrix": lambda t, v, m: np.asmatrix(m),
    "bmat": lambda t, v, m: np.bmat([[m, m]]),
    "broadcast": lambda t, v, m: np.broadcast(m, v),
    "from_dlpack": lambda t, v, m: np.from_dlpack(v),
    "fromiter": lambda t, v, m: np.fromiter([t, t], float),
    "full": lambda t, v, m: np.full((3, 2), v),
    "arange": lambda t, v, m: np.arange(0.0, t, 0.5),
    "kaiser": lambda t, v, m: np.kaiser(5, t),
    "matrix": lambda t, v, m: np.matrix(m),
    "ndenumerate": lambda t, v, m: list(np.ndenumerate(v)),
    "nested_iters": lambda t, v, m: np.nested_iters(m, [[0], [1]]),
    "nditer": lambda t, v, m: np.nditer(v),
    "require": lambda t, v, m: np.require(v, requirements="W"),
    "vectorize": lambda t, v, m: np.vectorize(lambda x: 2.0 * x)(v),
}

# What a user may write that reaches NumPy with a Tensor inside, and what the error has to name.
OTHER_WAYS = {
    "np.sum([t, t])": (lambda t, v, m: np.sum([t, t]), "np.stack"),
    "np.maximum([t], 0)": (lambda t, v, m: np.maximum([t], 0), "np.stack"),
    "np.exp([v, v])": (lambda t, v, m: np.exp([v, v]), "np.stack"),
    "a[0] = t": (lambda t, v, m: np.zeros(2).__setitem__(0, t), ".at[]"),
    "a[:] = v": (lambda t, v, m: np.zeros(2).__setitem__(slice(None), v), ".at[]"),
    "a += v": (lambda t, v, m: np.zeros(2).__iadd__(v), "result"),
    "rng.normal(v)": (lambda t, v, m: np.random.default_rng(0).normal(v), ".numpy()"),
    "np.full_like(a, t)": (lambda t, v, m: np.full_like(np.zeros(2), t), "np.broadcast_to"),
    "np.frompyfunc(f, 1, 1)(v)": (lambda t, v, m: np.frompyfunc(abs, 1, 1)(v), "custom_op"),
    "float(t)": (lambda t, v, m: float(t), ".item()"),
}
