"""Matrix products and LAPACK functions, for small matrices whose results have formulas."""

import numpy as np
from accuracy_arrays import Together
from accuracy_harness import ArrayRow, Excused
from mpmath import mp, mpf

from autograd.engine.op import REGISTRY

ROWS = []
WIDE = (np.float32, np.float64)  # for which LAPACK has routines

EXCEPTIONS = [
    Excused("svd", (1, 2), "the derivatives of a polar factor through U and V separately: their parts cancel"),
    Excused("pinv", (2,), "within the bound in n, but PyTorch's order of products is closer"),
]


def op(name):
    """The public function of an op."""
    return REGISTRY[name].function


def row(name, function, exact, points, kind=ArrayRow, torch=None, **facts):
    """A row for a function of matrices."""
    facts.setdefault("numpy", True)
    ROWS.append(kind(name, function, exact, points=points, torch=torch, **facts))


def solved(name, function, exact, points, **facts):
    """A row for what solves or factorises: LAPACK's errors are relative to the largest entry of a matrix."""
    row(name, function, exact, points, kind=Together, orders=(1, 2), dtypes=WIDE, **facts)


# --- products -----------------------------------------------------------------------------------------------------


def total(x):
    return sum(x, mpf(0))


def times(a, b):
    """The product of matrices given as lists of rows."""
    return [[total([p * q for p, q in zip(r, c, strict=True)]) for c in zip(*b, strict=True)] for r in a]


def turned(a):
    """The transpose."""
    return [list(c) for c in zip(*a, strict=True)]


PAIRS = [
    ([[1.0, 2.0], [3.0, -1.0]], [[0.5, 0.0], [-0.0, 4.0]]),
    ([[1e30, 1.0], [0.1, 0.2]], [[1e-30, 2.0], [-1.0, 3.0]]),
    ([[1e200, 1e-200], [5e-324, 1.0]], [[1e-200, 1.0], [1e200, 3.0]]),
    ([[300.0, 0.1], [6e-8, 1.0]], [[200.0, 1.0], [0.3, 0.7]]),
]
ROW = [
    ([1.0, 2.0, -4.0], [3.0, 0.5, 0.1]),
    ([0.0, -0.0, 1e30], [1.0, 1e-30, 2.0]),
    ([1e200, 1.0, 5e-324], [1e-200, 3.0, 1e200]),
]
row("matmul", np.matmul, times, PAIRS, torch="matmul")
row("dot", np.dot, lambda x, y: total([a * b for a, b in zip(x, y, strict=True)]), ROW, torch="dot")
row("outer", np.outer, lambda x, y: [[a * b for b in y] for a in x], ROW, torch="outer")
row(
    "tensordot",
    lambda a, b: np.tensordot(a, b, 1),
    times,
    PAIRS,
    torch=lambda a, b: __import__("torch").tensordot(a, b, 1),
)
row(
    "einsum",
    lambda a, b: np.einsum("ij,kj->ik", a, b),
    lambda a, b: times(a, turned(b)),
    PAIRS,
    torch=lambda a, b: __import__("torch").einsum("ij,kj->ik", a, b),
)
row("linear", op("linear"), lambda x, w: times(x, turned(w)), PAIRS, torch="linear")
row("trace", np.trace, lambda a: a[0][0] + a[1][1], [(a,) for a, _ in PAIRS], torch="trace")

# --- inverse, determinant -----------------------------------------------------------------------------------------

SQUARE = [
    ([[2.0, 1.0], [0.5, 3.0]],),
    ([[1.0, 2.0], [3.0, -1.0]],),
    ([[1.0, 0.0], [0.0, 1.0]],),
    ([[0.1, 0.2], [0.3, 0.7]],),
    ([[1e30, 2e30], [3.0, -1.0]],),
    ([[4.0, 1.0, 0.5], [0.25, 3.0, -1.0], [1.0, 0.125, 2.0]],),
]
SINGULAR = [
    ([[1.0, 2.0], [2.0, 4.0]],),
    ([[0.0, 0.0], [0.0, 0.0]],),
    ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],),
]


def det(a):
    """By the first row."""
    if len(a) == 1:
        return a[0][0]
    return total([(-1) ** k * v * det([[*r[:k], *r[k + 1 :]] for r in a[1:]]) for k, v in enumerate(a[0])])


def inverse(a):
    """By cofactors."""
    n = len(a)
    return [
        [
            (-1) ** (i + j) * (det([[*r[:i], *r[i + 1 :]] for k, r in enumerate(a) if k != j]) if n > 1 else 1) / det(a)
            for j in range(n)
        ]
        for i in range(n)
    ]


def _pinv(a):
    """Of a matrix of full column rank."""
    return times(inverse(times(turned(a), a)), turned(a))


TALL = [([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]],), ([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]],)]
solved("det", np.linalg.det, det, [*SQUARE, *SINGULAR], torch="det")
solved(
    "slogdet", lambda a: np.linalg.slogdet(a)[1], lambda a: mp.log(abs(det(a))), SQUARE, torch=lambda a: a.slogdet()[1]
)
solved("inv", np.linalg.inv, inverse, SQUARE, torch="inverse")
solved(
    "solve",
    np.linalg.solve,
    lambda a, b: times(inverse(a), b),
    [(*a, [[1.0], [-2.0]]) for a in SQUARE[:4]],
    torch=lambda a, b: __import__("torch").linalg.solve(a, b),
)
solved("pinv", np.linalg.pinv, _pinv, TALL, torch="pinverse")

# --- factors ------------------------------------------------------------------------------------------------------

# Read in the lower triangle alone.
SYMMETRIC = [
    ([[4.0, 1.0], [1.0, 3.0]],),
    ([[2.0, -0.5], [-0.5, 1.0]],),
    ([[1e30, 0.0], [1.0, 2.0]],),
    ([[3.0, 0.0], [0.0, 1.0]],),
]


def _cholesky(a):
    (p, _), (q, r) = a
    return [[mp.sqrt(p), mpf(0)], [q / mp.sqrt(p), mp.sqrt(r - q * q / p)]]


def _eigenvalues(a):
    (p, _), (q, r) = a
    gap = mp.sqrt((p - r) ** 2 / 4 + q * q)
    return [(p + r) / 2 - gap, (p + r) / 2 + gap]


def _projector(a):
    """On the first eigenvector."""
    (p, _), (q, r) = a
    low, high = _eigenvalues(a)
    return [[(p - high) / (low - high), q / (low - high)], [q / (low - high), (r - high) / (low - high)]]


def _first_projector(a):
    v = np.linalg.eigh(a)[1][:, :1]
    return v @ v.T


def _torch_projector(a):
    v = a.tril().add(a.tril(-1).T)
    v = __import__("torch").linalg.eigh(v)[1][:, :1]
    return v @ v.T


solved("cholesky", np.linalg.cholesky, _cholesky, SYMMETRIC)
solved("eigvalsh", np.linalg.eigvalsh, _eigenvalues, SYMMETRIC)
solved("eigh", _first_projector, _projector, SYMMETRIC[:2] + SYMMETRIC[3:], numpy=False, torch=_torch_projector)


def _trace_of_power(power):
    def exact(a):
        (p, _), (q, r) = a
        matrix = result = [[p, q], [q, r]]
        for _ in range(power - 1):
            result = times(result, matrix)
        return result[0][0] + result[1][1]

    return exact


EQUAL = [([[2.0, 0.0], [0.0, 2.0]],), ([[0.0, 0.0], [0.0, 0.0]],)]
for power in (2, 3):
    solved(
        f"sum(eigvalsh**{power})",
        lambda a, power=power: np.sum(np.linalg.eigvalsh(a) ** power),
        _trace_of_power(power),
        [*SYMMETRIC[:2], *EQUAL],
        numpy=False,
    )


def _singular(a):
    (p, q), (r, s) = a
    plus, minus = mp.sqrt((p + s) ** 2 + (q - r) ** 2), mp.sqrt((p - s) ** 2 + (q + r) ** 2)
    return [(plus + minus) / 2, abs(plus - minus) / 2]


def _polar(a):
    """The rotation in a matrix of positive determinant."""
    (p, q), (r, s) = a
    size = mp.sqrt((p + s) ** 2 + (q - r) ** 2)
    return [[(p + s) / size, (q - r) / size], [(r - q) / size, (p + s) / size]]


def _ours_polar(a):
    u, _, vh = np.linalg.svd(a)
    return u @ vh


def _torch_polar(a):
    u, _, vh = __import__("torch").linalg.svd(a)
    return u @ vh


def _squares_of_qr(a):
    """The squares of the entries of R, whose signs are open."""
    r = np.linalg.qr(a)[1]
    return r * r


def _exact_squares_of_qr(a):
    (p, q), (r, s) = a
    length = p * p + r * r
    return [[length, (p * q + r * s) ** 2 / length], [mpf(0), (p * s - q * r) ** 2 / length]]


GENERAL = [([[2.0, 1.0], [0.5, 3.0]],), ([[4.0, -1.0], [1.0, 2.0]],), ([[0.1, 0.2], [-0.3, 0.7]],)]
EYE, ZERO = ([[1.0, 0.0], [0.0, 1.0]],), ([[0.0, 0.0], [0.0, 0.0]],)
solved("svdvals", np.linalg.svdvals, _singular, GENERAL, torch=lambda a: __import__("torch").linalg.svdvals(a))
solved("svd", _ours_polar, _polar, GENERAL, torch=_torch_polar)
solved(
    "sum(svdvals**2)",
    lambda a: np.sum(np.linalg.svdvals(a) ** 2),
    lambda a: total([v * v for r in a for v in r]),
    [*GENERAL, EYE, ZERO, ([[3.0, 0.0], [0.0, 0.0]],)],
    numpy=False,
)
solved("qr", _squares_of_qr, _exact_squares_of_qr, GENERAL, numpy=False)
solved(
    "norm(nuc)",
    lambda a: np.linalg.norm(a, "nuc"),
    lambda a: total(_singular(a)),
    GENERAL,
    torch=lambda a: a.norm("nuc"),
)
solved(
    "norm(2)",
    lambda a: np.linalg.norm(a, 2),
    lambda a: _singular(a)[0],
    GENERAL,
    torch=lambda a: __import__("torch").linalg.matrix_norm(a, 2),
)
solved(
    "norm(fro)**2",
    lambda a: np.linalg.norm(a) ** 2,
    lambda a: total([v * v for r in a for v in r]),
    [*GENERAL, EYE, ZERO],
    numpy=False,
)
solved(
    "cond",
    np.linalg.cond,
    lambda a: _singular(a)[0] / _singular(a)[1],
    GENERAL,
    torch=lambda a: __import__("torch").linalg.cond(a),
)
