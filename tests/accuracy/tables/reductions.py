"""Reductions, cumulative sums and norms, and the statistics and normalizations built from them."""

import math

import numpy as np
from accuracy_arrays import Together
from accuracy_harness import ANYTHING, ArrayRow, Excused
from mpmath import mp, mpf

from autograd.ops import linalg
from autograd.ops.reduce import logsumexp
from nn import functional

INF = math.inf
ROWS = []
EXCEPTIONS = [
    Excused(
        "cumprod",
        (1,),
        "in half precision, 300 * 600 overflows before the weight is applied",
        lambda x: x[:2] == [300, -600],
        (np.float16,),
    ),
    Excused(
        "p_norm vector_norm(ord=0.5) vector_norm(ord=-1)",
        (0, 1, 2),
        "powers of numbers that differ by more than 1e4: differences of terms far larger than any entry",
        lambda x: max(map(abs, x)) > 1e4 * min(map(abs, x)),
    ),
    Excused(
        "layer_norm batch_norm",
        (1, 2),
        "made of single steps, each of which rounds: within the bound in n, but PyTorch's single formula is closer",
        lambda x: max(map(abs, x[0])) < 10,
    ),
]

# Ties, zeros, spread sizes, squares and products that overflow or vanish midway, ends of the range.
VECTORS = [
    [1.0, 2.0, 4.0],
    [0.0, -0.0, 3.0],
    [0.1, 0.1, 0.1],
    [3.0, -1.0, 0.5, 2.0],
    [0.0, 0.0, 0.0],
    [2.0, 2.0, 1.0],
    [300.0, -600.0, 1200.0],
    [1e-3, 1e3, -0.03],
    [1e30, 2e30, -4e30],
    [0.03, 1.0, 1.0, 1.0],
    [1e-30, 3e-30, 4e-30],
    [1e20, 1.0, 1e-20],
    [3e200, -4e200, 1e200],
    [1e-306, 1.0, 1.0],
    [3e-200, 4e-200, -1e-200],
    [1e200, 1e-200, 1.0],
    [6e-8, 6e-5, 3e4],
    [1e-44, 1e-38, 3e37],
    [5e-324, 1e-308, 1e307],
    [-2.0],
    [math.pi, 1.0 + 2.0**-20, 1.0 - 2.0**-10, 1.0],
]
POINTS = [(x,) for x in VECTORS]


def row(name, function, exact, points=POINTS, kind=ArrayRow, **facts):
    """A row for a function of one or more small arrays."""
    ROWS.append(kind(name, function, exact, points=points, **facts))


def every(n, order=2):
    """All entries of derivatives by n numbers."""
    return [*((i,) for i in range(n)), *(((i, j) for i in range(n) for j in range(n)) if order == 2 else ())]


def total(x):
    return sum(x, mpf(0))


def mean(x):
    return total(x) / len(x)


def running(combine):
    def exact(x):
        out = x[:1]
        for v in x[1:]:
            out.append(combine(out[-1], v))
        return out

    return exact


def product(x):
    out = mpf(1)
    for v in x:
        out *= v
    return out


# --- sums, products, extremes -------------------------------------------------------------------------------------

row("sum", np.sum, total, torch="sum", numpy=True)
row("mean", np.mean, mean, torch="mean", numpy=True)
row("cumsum", np.cumsum, running(lambda a, b: a + b), torch=lambda x: x.cumsum(0), numpy=True)
row("prod", np.prod, product, torch="prod", numpy=True, kind=Together)
row("cumprod", np.cumprod, running(lambda a, b: a * b), torch=lambda x: x.cumprod(0), numpy=True, kind=Together)


def shared(best):
    """Ties share evenly; the second derivative is 0."""

    def kinks(x):
        winners = [v == best(x) for v in x]
        if sum(winners) == 1:
            return None
        return {e: 1 / mpf(sum(winners)) if len(e) == 1 and winners[e[0]] else 0 for e in every(len(x))}

    return kinks


row("max", np.max, max, torch="amax", numpy=True, kinks=shared(max))
row("min", np.min, min, torch="amin", numpy=True, kinks=shared(min))


def _ptp_kinks(x):
    top, bottom = [v == max(x) for v in x], [v == min(x) for v in x]
    if sum(top) == sum(bottom) == 1:
        return None
    return {e: mpf(top[e[0]]) / sum(top) - mpf(bottom[e[0]]) / sum(bottom) if len(e) == 1 else 0 for e in every(len(x))}


row("ptp", np.ptp, lambda x: max(x) - min(x), numpy=True, kinks=_ptp_kinks)

# --- spread -------------------------------------------------------------------------------------------------------


def variance(x, ddof=0):
    return total([(v - mean(x)) ** 2 for v in x]) / (len(x) - ddof)


def flat(order=2, value=None):
    """No spread, or no length: slope 0, and no second derivative."""

    def kinks(*point):
        x = list(np.ravel(np.array(point[0])))
        if len(set(x)) > 1 if value is None else any(v != value for v in x):
            return None
        return {e: 0 if len(e) == 1 else ANYTHING for e in every(len(x), order)}

    return kinks


SEVERAL = [p for p in POINTS if len(p[0]) > 1]
row("var", np.var, variance, torch=lambda x: x.var(correction=0), numpy=True)
row("var(ddof=1)", lambda x: np.var(x, ddof=1), lambda x: variance(x, 1), SEVERAL, torch="var", numpy=True)
row(
    "std",
    np.std,
    lambda x: mp.sqrt(variance(x)),
    torch=lambda x: x.std(correction=0),
    numpy=True,
    kinks=flat(),
    kind=Together,
)
row(
    "std(ddof=1)",
    lambda x: np.std(x, ddof=1),
    lambda x: mp.sqrt(variance(x, 1)),
    SEVERAL,
    torch="std",
    numpy=True,
    kinks=flat(),
    kind=Together,
)
row("nanstd", np.nanstd, lambda x: mp.sqrt(variance(x)), numpy=True, kinks=flat(), kind=Together)
SQUARED = [p for p in POINTS if 1e-18 < max(map(abs, p[0])) < 200 or not any(p[0])]
row("std**2", lambda x: np.std(x) ** 2, variance, SQUARED, numpy=True, kind=Together)


def _ordered(x):
    return sorted(range(len(x)), key=lambda i: x[i])


def _quantile_kinks(q):
    """Of equal numbers each keeps the place that a stable sort gives it."""

    def kinks(x):
        if len(set(x)) == len(x):
            return None
        place = q * (len(x) - 1)
        low = int(place)
        found = dict.fromkeys(every(len(x)), 0)
        order = _ordered(x)
        found[order[low],] = 1 - (mpf(place) - low)
        if place > low:
            found[order[low + 1],] = mpf(place) - low
        return found

    return kinks


def _quantile(q):
    def exact(x):
        place, x = q * (len(x) - 1), sorted(x)
        low = int(place)
        return x[low] + (x[min(low + 1, len(x) - 1)] - x[low]) * (mpf(place) - low)

    return exact


row("median", np.median, _quantile(0.5), numpy=True, kinks=_quantile_kinks(0.5))
row("quantile(0.25)", lambda x: np.quantile(x, 0.25), _quantile(0.25), numpy=True, kinks=_quantile_kinks(0.25))

WEIGHTED = [([1.0, 2.0, 4.0], [1.0, 0.5, 2.0]), ([1e200, 1.0], [0.25, 1e-30]), ([3.0, -1.0], [0.0, 2.0])]
row(
    "average",
    lambda x, w: np.average(x, weights=w),
    lambda x, w: total([a * b for a, b in zip(x, w, strict=True)]) / total(w),
    WEIGHTED,
    numpy=True,
    kind=Together,
    orders=(1, 2),
)


def _covariance(x):
    centred = [[v - mean(r) for v in r] for r in x]
    return [[total([a * b for a, b in zip(r, s, strict=True)]) / (len(r) - 1) for s in centred] for r in centred]


def _correlation(x):
    c = _covariance(x)
    return [[c[i][j] / mp.sqrt(c[i][i] * c[j][j]) for j in range(len(c))] for i in range(len(c))]


SAMPLES = [([[1.0, 2.0, 4.0], [3.0, -1.0, 0.5]],), ([[1e3, 2e3, 1e3], [0.5, 0.25, -1.0]],)]
row("cov", np.cov, _covariance, SAMPLES, torch="cov", numpy=True, dtypes=(np.float32, np.float64))
row(
    "corrcoef",
    np.corrcoef,
    _correlation,
    SAMPLES,
    torch="corrcoef",
    numpy=True,
    dtypes=(np.float64,),
    kind=Together,
    orders=(1, 2),
)

# --- sums of exponentials -----------------------------------------------------------------------------------------

SCORES = [
    ([0.0, -40.0],),
    ([0.0, 0.0, 0.0],),
    ([1.0, 2.0, 3.0],),
    ([-3.0, 0.5, 0.25, 7.0],),
    ([0.0, -700.0],),
    ([0.0, -110.0, -90.0],),
    ([1e4, 1e4, -1e4],),
    ([1e30, 1.0],),
    ([1e200, -1e200, 1e200],),
    ([-0.7, -0.7],),
    ([5.0],),
    ([20.0, 0.0, 19.0],),
    ([-1e4, -1e4 + 8],),
]


def _log_total(x):
    largest = x.index(max(x))
    beside = [mp.exp(v - x[largest]) for i, v in enumerate(x) if i != largest]
    return x[largest] + (mp.log(1 + total(beside)) if total(beside) > 1e-9 else mp.log1p(total(beside)))


row("logsumexp", logsumexp, _log_total, SCORES, kind=Together, torch=lambda x: x.logsumexp(0))

# --- norms --------------------------------------------------------------------------------------------------------


def norm(p):
    return lambda x: total([abs(v) ** p for v in x]) ** (1 / mpf(p))


def _norm_kinks(p):
    """Slope 0 at the origin, and for p < 2 nothing that is promised of second derivatives by an entry 0."""

    def kinks(x):
        zeros = [i for i, v in enumerate(x) if v == 0]
        if len(zeros) == len(x):
            return {e: 0 if len(e) == 1 else ANYTHING for e in every(len(x))}
        found = {}
        if p < 2:
            found = {(i,): 0 for i in zeros}
            found |= {e: ANYTHING if p != 1 else 0 for e in every(len(x)) if len(e) == 2 and set(e) & set(zeros)}
        if p < 0 and zeros:
            found = {e: 0 if len(e) == 1 else ANYTHING for e in every(len(x))} | {("value", 0): 0}
        return found

    return kinks


row(
    "euclidean",
    linalg.euclidean,
    lambda x: mp.sqrt(total([v * v for v in x])),
    torch="norm",
    numpy=True,
    kinks=_norm_kinks(2),
    kind=Together,
)
for p in (1, 3, 0.5, -1):
    row(
        "p_norm" if p == 3 else f"vector_norm(ord={p})",
        lambda x, p=p: np.linalg.vector_norm(x, ord=p),
        norm(p),
        torch=None if p == 1 else lambda x, p=p: x.norm(p),
        numpy=True,
        kinks=_norm_kinks(p),
        kind=Together,
    )
row(
    "vector_norm(ord=inf)",
    lambda x: np.linalg.vector_norm(x, ord=INF),
    lambda x: max(map(abs, x)),
    [p for p in POINTS if len(set(map(abs, p[0]))) == len(p[0])],
    numpy=True,
)
row("norm**2", lambda x: np.linalg.norm(x) ** 2, lambda x: total([v * v for v in x]), SQUARED, kind=Together)
row(
    "exp(-norm**2)",
    lambda x: np.exp(-(np.linalg.norm(x) ** 2)),
    lambda x: mp.exp(-total([v * v for v in x])),
    [p for p in SQUARED if max(map(abs, p[0])) < 5],
    kind=Together,
)

# --- normalizations -----------------------------------------------------------------------------------------------

ROWS_OF = [
    ([[1.0, 2.0, 4.0]],),
    ([[3.0, -1.0, 0.5]],),
    ([[1e25, -2e25, 1e24]],),
    ([[1e200, 2e200, 4e200]],),
    ([[0.1, 0.1, 0.1]],),
    ([[1e-3, 1.5e-3, -1e-3]],),
    ([[300.0, 600.0, -1200.0]],),
    ([[0.0, 0.0, 1.0]],),
]


def _standard(x):
    return [(v - mean(x)) / mp.sqrt(variance(x) + mpf(1e-5)) for v in x]


def _by_square(x):
    return [v / mp.sqrt(mean([w * w for w in x]) + mpf(1e-5)) for v in x]


row(
    "layer_norm",
    lambda x: functional.layer_norm(x, 3),
    lambda x: [_standard(r) for r in x],
    ROWS_OF,
    kind=Together,
    orders=(1, 2),
    torch=lambda x: __import__("torch").nn.functional.layer_norm(x, (3,)),
)
row(
    "rms_norm",
    lambda x: functional.rms_norm(x, 3, eps=1e-5),
    lambda x: [_by_square(r) for r in x],
    ROWS_OF,
    kind=Together,
    orders=(1, 2),
    torch=lambda x: __import__("torch").nn.functional.rms_norm(x, (3,), eps=1e-5),
)
row(
    "batch_norm",
    lambda x: functional.batch_norm(x.T, training=True).T,
    lambda x: [_standard(r) for r in x],
    ROWS_OF,
    kind=Together,
    orders=(1, 2),
    torch=lambda x: __import__("torch").nn.functional.batch_norm(x.T, None, None, training=True).T,
)
