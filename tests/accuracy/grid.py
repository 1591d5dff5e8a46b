"""The points of the accuracy suite, listed with what makes them: zeros, ends of the range, tails, ties, random ones.

Points are exact numbers of their dtype: what a dtype cannot hold (1e200 in float32) is left out there.
"""

import numpy as np

SEED = 13
INF = np.inf

# Where formulas turn: zero, one, the ends of exponentials in each dtype, and squares that leave the range.
_SIZES = (1e-30, 1e-10, 1e-4, 1e-3, 0.03, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.5, 10.0, 12.5, 16.0)
_LARGE = (20.0, 25.0, 30.0, 40.0, 90.0, 110.0, 300.0, 700.0, 745.0, 1e3, 1e4, 6e4, 1e5, 1e10, 1e20, 1e30)
_VAST = (1e-200, 1e-160, 1e100, 1e160, 1e200)
_COARSE = (1e-200, 1e-3, 0.5, 1.0, 2.0, 8.5, 20.0, 300.0, 1e30, 1e200)


def ends(dtype):
    """Subnormal numbers, the smallest and largest normal ones, and the neighbours of 1."""
    f = np.finfo(dtype)
    tiny, least = float(f.tiny), float(f.smallest_subnormal)
    return (least, 3 * least, tiny / 2, tiny, 1 - float(f.epsneg), 1 + float(f.eps), float(f.max))


def held(numbers, dtype):
    """Those that a dtype holds as what they are, rounded to it: neither 0 nor infinite unless they were."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = np.array(numbers, dtype).astype(float)
    kept = [
        float(r) for x, r in zip(numbers, rounded, strict=True) if bool(r) == bool(x) and (r == x or np.isfinite(r))
    ]
    return sorted(dict.fromkeys(kept), key=lambda x: (x, np.copysign(1, x)))


def singles(dtype, coarse=False):
    """Single numbers, of both signs."""
    if coarse:
        sizes = (*_COARSE, ends(dtype)[2], INF)
    else:
        rng = np.random.default_rng(SEED)
        limits = np.log2([float(np.finfo(dtype).smallest_subnormal), float(np.finfo(dtype).max)])
        random = (*np.exp2(rng.uniform(*limits, 24)), *np.exp2(rng.uniform(-5, 10, 16)), *rng.uniform(0, 8, 16))
        sizes = (*_SIZES, *_LARGE, *_VAST, *ends(dtype), *random, INF)
    zeros = [0.0] if coarse else [0.0, -0.0]
    return _with_zeros([s * x for x in sizes for s in (1.0, -1.0)], zeros, dtype)


def _with_zeros(numbers, zeros, dtype):
    return [*zeros, *(x for x in held(numbers, dtype) if x != 0)]


def pairs(dtype, coarse=False):
    """Pairs: equal operands, opposite ones, neighbours, zeros, infinities, and sizes far apart."""
    one = singles(dtype, coarse)
    rng = np.random.default_rng(SEED + 1)
    sizes = [1e-200, 1e-30, 1e-3, 0.5, 1.0, 3.0, 20.0, 40.0, 1e30, 1e200, INF]
    few = [s * x for x in held(sizes[:: 5 if coarse else 1], dtype) for s in (1.0, -1.0)] + [0.0]
    found = [(x, x) for x in one[:: 4 if coarse else 2]] + [(x, -x) for x in one[:: 8 if coarse else 4]]
    found += [(x, float(np.nextafter(dtype(x), dtype(INF)))) for x in one[:: 8 if coarse else 4] if np.isfinite(x)]
    found += [(x, y) for x in few for y in few]
    for _ in range(10 if coarse else 60):
        x, y = rng.normal(size=2) * 10.0 ** rng.integers(-3, 4, 2)
        found.append((float(dtype(x)), float(dtype(y))))
    if not coarse:
        found += [(0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0)]
    return list({(repr(x), repr(y)): (x, y) for x, y in found}.values())
