"""What makes images larger without parameters; more sizes are compared with PyTorch in test_resizing.py."""

import numpy as np
from nn_cases.base import Case, numbers

import nn
from autograd import OperandError


def repeated(x, *times):
    for axis, n in enumerate(times, 2):
        x = np.repeat(x, n, axis)
    return x


def lines(x, size, align_corners):
    """Between the middles of pixels, or between the ends, by np.interp."""
    for axis in range(2, x.ndim):
        n = x.shape[axis]
        at = np.linspace(0, n - 1, size) if align_corners else (np.arange(size) + 0.5) * n / size - 0.5
        x = (
            np.apply_along_axis(lambda row, at=at, n=n: np.interp(at, np.arange(n), row), axis, x)
            if x.size
            else (np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :])))
        )
    return x


def shuffled(x, r):
    n, c, h, w = x.shape
    out = np.zeros((n, c // r**2, h * r, w * r))
    for channel, i, j in np.ndindex(c // r**2, r, r):
        out[:, channel, i::r, j::r] = x[:, channel * r**2 + i * r + j]
    return out


def case(name, make, shape, reference, repr, torch=None, bad=()):
    torch = f"nn.{repr}" if torch is None else torch
    return Case(name, make, numbers(*shape), lambda s, x: reference(x), repr, torch, bad=list(bad), order=1)


CASES = [
    case(
        "Upsample",
        lambda: nn.Upsample(scale_factor=(2, 3)),
        (2, 2, 1),
        lambda x: repeated(x, 2, 3),
        "Upsample(scale_factor=(2, 3), mode='nearest')",
        bad=[((np.ones((2, 3)),), OperandError, "mode 'nearest' does not fit an input of shape (2, 3)")],
    ),
    case(
        "Upsample-uneven",
        lambda: nn.Upsample(5),
        (1, 3),
        lambda x: x[:, :, [0, 0, 1, 1, 2]],
        "Upsample(size=5, mode='nearest')",
    ),
    case(
        "Upsample-linear",
        lambda: nn.Upsample(5, mode="linear"),
        (1, 3),
        lambda x: lines(x, 5, False),
        "Upsample(size=5, mode='linear')",
        bad=[((np.ones((2, 3, 4, 4)),), OperandError, "'linear' for (N, C, L) or 'bilinear' for (N, C, H, W)")],
    ),
    case(
        "Upsample-bilinear",
        lambda: nn.Upsample(5, None, "bilinear", True),
        (1, 2, 3),
        lambda x: lines(x, 5, True),
        "Upsample(size=5, mode='bilinear')",
        "nn.Upsample(5, None, 'bilinear', True)",
    ),
    case(
        "PixelShuffle",
        lambda: nn.PixelShuffle(2),
        (8, 1, 2),
        lambda x: shuffled(x, 2),
        "PixelShuffle(upscale_factor=2)",
        bad=[
            (
                (np.ones((2, 6, 2, 2)),),
                OperandError,
                "PixelShuffle(upscale_factor=2) needs images (..., C, H, W) with C divisible by 4, not (2, 6, 2, 2)",
            )
        ],
    ),
]
