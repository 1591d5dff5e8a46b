"""Pooling, and what changes the shape alone."""

from itertools import product
from math import ceil

import numpy as np
from nn_cases.base import Case

import nn
from autograd import OperandError


def distinct(*shape):
    """Numbers with differences that are large enough for finite differences of maxima."""

    def make(rng, n):
        count = n * int(np.prod(shape))
        return (rng.permutation(np.linspace(-2.0, 2.0, count) if count > 1 else np.ones(count)).reshape(n, *shape),)

    return make


def pooled(x, choose, size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Window by window: ``choose`` makes one number of what a window has inside the image, and of how large it is.

    As PyTorch lays them: rounded up, the last window starts inside the image or the padding before it.
    """
    axes = x.ndim - 2

    def each(v):
        return v if isinstance(v, tuple) else (v,) * axes

    size, stride, padding, dilation = each(size), each(stride or size), each(padding), each(dilation)
    starts = []
    for n, k, s, p, d in zip(x.shape[2:], size, stride, padding, dilation, strict=True):
        room = (n + 2 * p - d * (k - 1) - 1) / s
        count = int(ceil(room) if ceil_mode else room // 1) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        starts.append([i * s - p for i in range(count)])
    out = np.zeros((*x.shape[:2], *map(len, starts)))
    for place in np.ndindex(*map(len, starts)):
        seen, reach = [], 1
        for axis, i in enumerate(place):
            n, start = x.shape[2 + axis], starts[axis][i]
            ks = [start + d for d in range(0, dilation[axis] * size[axis], dilation[axis])]
            seen.append([k for k in ks if 0 <= k < n])
            reach *= sum(k < n + padding[axis] for k in ks)
        entries = np.stack([x[(slice(None), slice(None), *k)] for k in product(*seen)])
        out[(slice(None), slice(None), *place)] = choose(entries, reach)
    return out


def maximum(entries, reach):
    return entries.max(axis=0)


def mean(entries, reach):
    return entries.sum(axis=0) / reach


def mean_inside(entries, reach):
    return entries.mean(axis=0)


def adaptive(x, *sizes, choose=np.mean):
    """The mean of each window, from its first and last place."""
    out = np.zeros((*x.shape[:2], *sizes))
    for place in np.ndindex(*sizes):
        window = tuple(
            slice(int(np.floor(i * n / m)), int(np.ceil((i + 1) * n / m)))
            for i, n, m in zip(place, x.shape[2:], sizes, strict=True)
        )
        seen = x[(slice(None), slice(None), *window)]
        out[(slice(None), slice(None), *place)] = choose(seen, axis=tuple(range(2, x.ndim)))
    return out


def case(name, make, shape, reference, repr, torch=None, bad=(), order=2):
    torch = f"nn.{repr}" if torch is None else torch
    return Case(name, make, distinct(*shape), lambda s, x: reference(x), repr, torch, bad=list(bad), order=order)


FLAT = np.ones((3, 4))

CASES = [
    case(
        "MaxPool1d",
        lambda: nn.MaxPool1d(2),
        (2, 5),
        lambda x: pooled(x, maximum, 2),
        "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        bad=[
            ((np.ones(5),), OperandError, "needs an input of shape (N, C, L)"),
            ((np.ones((2, 3, 1)),), OperandError, "does not fit into an input of shape (2, 3, 1)"),
        ],
        order=1,
    ),
    case(
        "MaxPool1d-all",
        lambda: nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True),
        (2, 8),
        lambda x: pooled(x, maximum, 3, 2, 1, 2, ceil_mode=True),
        "MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True)",
        order=1,
    ),
    case(
        "MaxPool2d",
        lambda: nn.MaxPool2d(2),
        (3, 4, 5),
        lambda x: pooled(x, maximum, 2),
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        bad=[
            ((FLAT,), OperandError, "needs an input of shape (N, C, H, W)"),
            ((np.ones((2, 3, 4, 1)),), OperandError, "floor((n + 2p - d(k - 1) - 1) / s) + 1"),
        ],
        order=1,
    ),
    case(
        "MaxPool2d-overlapping",
        lambda: nn.MaxPool2d(3, 1, 1),
        (2, 4, 4),
        lambda x: pooled(x, maximum, 3, 1, 1),
        "MaxPool2d(kernel_size=3, stride=1, padding=1, dilation=1, ceil_mode=False)",
        order=1,
    ),
    case(
        "MaxPool2d-all",
        lambda: nn.MaxPool2d((3, 2), (2, 3), (1, 0), (1, 2), ceil_mode=True),
        (2, 6, 7),
        lambda x: pooled(x, maximum, (3, 2), (2, 3), (1, 0), (1, 2), ceil_mode=True),
        "MaxPool2d(kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), dilation=(1, 2), ceil_mode=True)",
        order=1,
    ),
    case(
        "AvgPool1d",
        lambda: nn.AvgPool1d(3, 2, 1),
        (2, 6),
        lambda x: pooled(x, mean, 3, 2, 1),
        "AvgPool1d(kernel_size=3, stride=2, padding=1)",
        bad=[((np.ones(5),), OperandError, "needs an input of shape (N, C, L)")],
    ),
    case(
        "AvgPool1d-ceil",
        lambda: nn.AvgPool1d(3, 2, ceil_mode=True, count_include_pad=False),
        (2, 6),
        lambda x: pooled(x, mean_inside, 3, 2, ceil_mode=True),
        "AvgPool1d(kernel_size=3, stride=2, padding=0)",
        "nn.AvgPool1d(3, 2, ceil_mode=True, count_include_pad=False)",
    ),
    case(
        "AvgPool2d",
        lambda: nn.AvgPool2d(2),
        (3, 4, 5),
        lambda x: pooled(x, mean, 2),
        "AvgPool2d(kernel_size=2, stride=2, padding=0)",
        bad=[((FLAT,), OperandError, "needs an input of shape (N, C, H, W)")],
    ),
    case(
        "AvgPool2d-inside",
        lambda: nn.AvgPool2d((3, 2), (2, 1), (1, 1), count_include_pad=False),
        (2, 4, 3),
        lambda x: pooled(x, mean_inside, (3, 2), (2, 1), (1, 1)),
        "AvgPool2d(kernel_size=(3, 2), stride=(2, 1), padding=(1, 1))",
        "nn.AvgPool2d((3, 2), (2, 1), (1, 1), count_include_pad=False)",
    ),
    case(
        "AvgPool2d-ceil",
        lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True),
        (2, 6, 5),
        lambda x: pooled(x, mean, 3, 2, 1, ceil_mode=True),
        "AvgPool2d(kernel_size=3, stride=2, padding=1)",
        "nn.AvgPool2d(3, 2, 1, ceil_mode=True)",
    ),
    case(
        "AvgPool2d-divisor",
        lambda: nn.AvgPool2d(2, divisor_override=3),
        (2, 4, 4),
        lambda x: pooled(x, lambda entries, reach: entries.sum(axis=0) / 3, 2),
        "AvgPool2d(kernel_size=2, stride=2, padding=0)",
        "nn.AvgPool2d(2, divisor_override=3)",
    ),
    case(
        "AdaptiveAvgPool1d",
        lambda: nn.AdaptiveAvgPool1d(3),
        (2, 7),
        lambda x: adaptive(x, 3),
        "AdaptiveAvgPool1d(output_size=3)",
        bad=[((np.ones(5),), OperandError, "needs an input of shape (N, C, L)")],
    ),
    case(
        "AdaptiveAvgPool2d",
        lambda: nn.AdaptiveAvgPool2d(1),
        (2, 3, 4),
        lambda x: adaptive(x, 1, 1),
        "AdaptiveAvgPool2d(output_size=1)",
        bad=[((FLAT,), OperandError, "needs an input of shape (N, C, H, W)")],
    ),
    case(
        "AdaptiveAvgPool2d-uneven",
        lambda: nn.AdaptiveAvgPool2d((5, 3)),
        (2, 7, 2),
        lambda x: adaptive(x, 5, 3),
        "AdaptiveAvgPool2d(output_size=(5, 3))",
    ),
    case(
        "AdaptiveAvgPool2d-as-it-is",
        lambda: nn.AdaptiveAvgPool2d((None, 2)),
        (2, 3, 5),
        lambda x: adaptive(x, 3, 2),
        "AdaptiveAvgPool2d(output_size=(None, 2))",
    ),
    case(
        "AdaptiveMaxPool1d",
        lambda: nn.AdaptiveMaxPool1d(3),
        (2, 7),
        lambda x: adaptive(x, 3, choose=np.max),
        "AdaptiveMaxPool1d(output_size=3)",
        bad=[((np.ones(5),), OperandError, "needs an input of shape (N, C, L)")],
        order=1,
    ),
    case(
        "AdaptiveMaxPool2d-uneven",
        lambda: nn.AdaptiveMaxPool2d((3, None)),
        (2, 5, 2),
        lambda x: adaptive(x, 3, 2, choose=np.max),
        "AdaptiveMaxPool2d(output_size=(3, None))",
        bad=[((FLAT,), OperandError, "needs an input of shape (N, C, H, W)")],
        order=1,
    ),
    case(
        "Flatten",
        lambda: nn.Flatten(),
        (2, 3, 4),
        lambda x: x.reshape(len(x), 24),
        "Flatten(start_dim=1, end_dim=-1)",
        bad=[((np.ones(3),), IndexError, "an input of shape (3,) has no axis 1")],
    ),
    case(
        "Flatten-some",
        lambda: nn.Flatten(2, 3),
        (2, 3, 4, 1),
        lambda x: x.reshape(len(x), 2, 12, 1),
        "Flatten(start_dim=2, end_dim=3)",
    ),
    case(
        "Unflatten",
        lambda: nn.Unflatten(1, (2, -1)),
        (6, 2),
        lambda x: x.reshape(len(x), 2, 3, 2),
        "Unflatten(dim=1, unflattened_size=(2, -1))",
        bad=[((np.ones((3, 5)),), ValueError, "axis 1 of an input of shape (3, 5) cannot be split into axes (2, -1)")],
    ),
]
