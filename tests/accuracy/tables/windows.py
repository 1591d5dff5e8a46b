"""Sliding windows: convolution and its adjoints, pooling and its adjoint."""

from itertools import pairwise

from accuracy_harness import ArrayRow
from mpmath import mpf

from autograd.engine.op import REGISTRY
from nn import functional

ROWS = []
EXCEPTIONS = []

# One sample, one channel: (1, 1, n).
SIGNALS = [
    [1.0, 2.0, 4.0, -1.0],
    [0.0, -0.0, 3.0, 0.5],
    [1e-3, 1e3, -0.03, 7.0],
    [1e30, 1.0, -1e30, 2.0],
    [1e-200, 1e200, 1.0, 3.0],
    [300.0, -6e4, 0.1, 0.2],
]
KERNELS = [[1.0, -0.5], [3.0, 1e-3], [0.1, 0.2], [1e-30, 2.0], [1e-200, 1e100], [6e-8, 1.0]]


def deep(x):
    """A signal as (1, 1, n)."""
    return [[list(x)]]


def op(name):
    """The public function of an op."""
    return REGISTRY[name].function


def row(name, function, exact, points, kind=ArrayRow, **facts):
    """A row for an op on windows."""
    ROWS.append(kind(name, function, exact, points=points, **facts))


def _correlated(x, w):
    x, w = x[0][0], w[0][0]
    return [sum((x[i + k] * w[k] for k in range(len(w))), mpf(0)) for i in range(len(x) - len(w) + 1)]


def _spread(y, w):
    y, w = y[0][0], w[0][0]
    out = [mpf(0)] * (len(y) + len(w) - 1)
    for i, v in enumerate(y):
        for k, u in enumerate(w):
            out[i + k] += v * u
    return out


def _torch_conv(x, w):
    import torch

    return torch.nn.functional.conv1d(x, w)


PAIRS = [(deep(x), deep(w)) for x, w in zip(SIGNALS, KERNELS, strict=True)]
row("conv", op("conv"), _correlated, PAIRS, torch=_torch_conv)
row("conv_transpose", lambda y, w: op("conv_transpose")(y, w, shape=(5,)), _spread, PAIRS)
row(
    "conv_weight",
    lambda x, y: op("conv_weight")(x, y, size=(2,)),
    _correlated,
    [(deep(x), deep([*w, 1.0])) for x, w in zip(SIGNALS, KERNELS, strict=True)],
)


def _first_wins(x):
    """Of equal numbers in a window the first gets the gradient."""
    numbers = x[0][0]
    if all(a != b for a, b in pairwise(numbers)):
        return None
    found = {(i,): mpf(0) for i in range(4)} | {(i, j): 0 for i in range(4) for j in range(4)}
    for start, weight in ((0, 1.0), (1, 0.5), (2, 0.25)):
        window = numbers[start : start + 2]
        found[start + window.index(max(window)),] += mpf(weight)
    return found


def _largest(x):
    return [max(a, b) for a, b in pairwise(x[0][0])]


POOLED = [(deep(x),) for x in [*SIGNALS, [2.0, 2.0, 1.0, 1.0]]]
row(
    "max_pool",
    lambda x: op("max_pool")(x, size=(2,)),
    _largest,
    POOLED,
    torch=lambda x: _pool("max", x),
    kinks=_first_wins,
)
row("window_sum", lambda x: op("window_sum")(x, size=(2,)), lambda x: [a + b for a, b in pairwise(x[0][0])], POOLED)
row(
    "window_spread",
    lambda x: op("window_spread")(x, size=(2,), shape=(5,)),
    lambda x: [x[0][0][0], *(a + b for a, b in pairwise(x[0][0])), x[0][0][-1]],
    POOLED,
)
row(
    "avg_pool1d",
    lambda x: functional.avg_pool1d(x, 2),
    lambda x: [(x[0][0][i] + x[0][0][i + 1]) / 2 for i in (0, 2)],
    POOLED,
    torch=lambda x: _pool("avg", x, 2),
)
row(
    "adaptive_avg_pool1d",
    lambda x: functional.adaptive_avg_pool1d(x, 3),
    lambda x: [(a + b) / 2 for a, b in pairwise(x[0][0])],
    POOLED,
)


def _pool(kind, x, stride=1):
    import torch

    return getattr(torch.nn.functional, f"{kind}_pool1d")(x, 2, stride)
