"""Convolutional layers."""

import numpy as np
from nn_cases.base import Case, called, numbers

import nn
from autograd import OperandError


def correlation(state, x, *, stride=1, padding=0, dilation=1, groups=1, name="", fill="constant", flip=False):
    """From the definition, place by place: the sum of a window times the kernel."""
    weight = state[f"{name}weight"]
    axes = weight.ndim - 2
    single = x.ndim == axes + 1
    x = x[None] if single else x

    def each(v):
        return v if isinstance(v, tuple) else (v,) * axes

    stride, padding, dilation = each(stride), each(padding), each(dilation)
    sides = [p if isinstance(p, tuple) else (p, p) for p in padding]
    x = np.pad(x, ((0, 0), (0, 0), *sides), mode=fill)
    spans = [d * (k - 1) + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    counts = [(n - span) // s + 1 for n, span, s in zip(x.shape[2:], spans, stride, strict=True)]
    out = np.zeros((len(x), len(weight), *counts))
    inner, outer = weight.shape[1], len(weight) // groups
    kernels = np.flip(weight, tuple(range(2, axes + 2))) if flip else weight
    for place in np.ndindex(*counts):
        window = tuple(slice(p * s, p * s + n, d) for p, s, n, d in zip(place, stride, spans, dilation, strict=True))
        for o, kernel in enumerate(kernels):
            g = o // outer
            seen = x[(slice(None), slice(g * inner, (g + 1) * inner), *window)]
            out[(slice(None), o, *place)] = (seen * kernel).sum(axis=tuple(range(1, axes + 2)))
    if f"{name}bias" in state:
        out += state[f"{name}bias"].reshape((-1, *(1,) * axes))
    return out[0] if single else out


def spread(state, x, *, stride=1, padding=0, more=0, dilation=1, groups=1):
    """The transposed convolution from its definition: each number puts down a kernel; the margin is cut off."""
    weight = state["weight"]
    axes = weight.ndim - 2
    stride, padding, more, dilation = (
        v if isinstance(v, tuple) else (v,) * axes for v in (stride, padding, more, dilation)
    )
    settings = zip(x.shape[2:], weight.shape[2:], stride, more, dilation, strict=True)
    outputs = weight.shape[1]
    whole = [(n - 1) * s + d * (k - 1) + 1 + m for n, k, s, m, d in settings]
    out = np.zeros((len(x), outputs * groups, *whole))
    for place in np.ndindex(*x.shape[2:]):
        for at in np.ndindex(*weight.shape[2:]):
            there = tuple(p * s + k * d for p, s, k, d in zip(place, stride, at, dilation, strict=True))
            for g in range(groups):
                rows = slice(g * len(weight) // groups, (g + 1) * len(weight) // groups)
                seen, kernel = x[(slice(None), rows, *place)], weight[(rows, slice(None), *at)]
                out[(slice(None), slice(g * outputs, (g + 1) * outputs), *there)] += seen @ kernel
    out = out[(..., *(slice(p, n - p) for p, n in zip(padding, whole, strict=True)))]
    return out + state["bias"].reshape((-1, *(1,) * axes)) if "bias" in state else out


def transposed(name, make, inputs, repr, torch=None, bad=(), **how):
    torch = f"nn.{repr}" if torch is None else torch
    return Case(name, make, inputs, lambda s, x: spread(s, x, **how), repr, torch, bad=list(bad))


def layer(name, make, inputs, repr, bad=(), torch=None, **how):
    """A case for a layer that PyTorch has under the same words."""
    return Case(
        name, make, inputs, lambda s, x: correlation(s, x, **how), repr, torch=f"nn.{repr}" if torch is None else torch,
        bad=list(bad),
    )  # fmt: skip


IMAGE = np.ones((2, 3, 6, 5))

CASES = [
    layer(
        "Conv1d",
        lambda: nn.Conv1d(2, 3, 3),
        numbers(2, 6),
        "Conv1d(2, 3, kernel_size=(3,), stride=(1,))",
        [
            ((np.ones((2, 3, 6)),), OperandError, "read as (N, C, L)"),
            ((np.ones((5, 6, 2)),), OperandError, "pass np.moveaxis(x, -1, 1)"),
            ((np.ones((2, 2, 2)),), OperandError, "floor((n + 2p - d(k - 1) - 1) / s) + 1"),
            ((np.ones(6),), OperandError, "needs an input of shape (N, C, L)"),
        ],
    ),
    layer(
        "Conv1d-all",
        lambda: nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2, bias=False),
        numbers(4, 7),
        "Conv1d(4, 6, kernel_size=(3,), stride=(2,), padding=(2,), dilation=(2,), groups=2, bias=False)",
        stride=2,
        padding=2,
        dilation=2,
        groups=2,
    ),
    layer(
        "Conv2d",
        lambda: nn.Conv2d(3, 4, 3),
        numbers(3, 6, 5),
        "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))",
        [
            ((np.ones((2, 6, 5, 3)),), OperandError, "If its channels come last, pass np.moveaxis(x, -1, 1)"),
            ((np.ones((6, 5, 3)),), OperandError, "pass np.moveaxis(x, -1, 0)"),
            ((np.ones((2, 4, 6, 5)),), OperandError, "take 3 channels, but the input has 4"),
            ((np.ones((2, 3, 6, 2)),), OperandError, "for n = 2, k = 3, d = 1 that is less than 1"),
            ((np.ones((2, 75)),), OperandError, "This input has shape (2, 75)"),
        ],
    ),
    layer(
        "Conv2d-one-channel",
        lambda: nn.Conv2d(1, 2, 5, padding=2),
        numbers(1, 4, 3),
        "Conv2d(1, 2, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))",
        [((np.ones((8, 4, 3)),), OperandError, "add its axis: x[:, None]")],
        padding=2,
    ),
    layer(
        "Conv2d-all",
        lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2, False),
        numbers(4, 5, 4),
        "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False)",
        [((IMAGE,), OperandError, "take 4 channels in 2 groups")],
        stride=(2, 1),
        padding=(1, 2),
        dilation=(1, 2),
        groups=2,
    ),
    layer(
        "Conv2d-same",
        lambda: nn.Conv2d(2, 2, 3, padding="same", dilation=(1, 2)),
        numbers(2, 4, 4),
        "Conv2d(2, 2, kernel_size=(3, 3), stride=(1, 1), padding=same, dilation=(1, 2))",
        torch="nn.Conv2d(2, 2, 3, padding='same', dilation=(1, 2))",
        padding=(1, 2),
        dilation=(1, 2),
    ),
    layer(
        "Conv2d-same-even",
        lambda: nn.Conv2d(2, 2, (3, 4), padding="same"),
        numbers(2, 4, 4),
        "Conv2d(2, 2, kernel_size=(3, 4), stride=(1, 1), padding=same)",
        torch="",  # it does the same with a warning
        padding=((1, 1), (1, 2)),
    ),
    layer(
        "LazyConv2d",
        lambda: called(nn.LazyConv2d(3, (3, 2)), 2, 4, 4),
        numbers(2, 4, 4),
        "Conv2d(2, 3, kernel_size=(3, 2), stride=(1, 1))",
        torch="nn.Conv2d(2, 3, (3, 2))",
    ),
    layer(
        "LazyConv1d",
        lambda: called(nn.LazyConv1d(4, 2, groups=2), 1, 2, 6),
        numbers(2, 6),
        "Conv1d(2, 4, kernel_size=(2,), stride=(1,), groups=2)",
        groups=2,
    ),
    layer(
        "Conv2d-per-pixel",
        lambda: nn.Conv2d(3, 2, 1, padding="valid"),
        numbers(3, 2, 3),
        "Conv2d(3, 2, kernel_size=(1, 1), stride=(1, 1), padding=valid)",
        torch="nn.Conv2d(3, 2, 1)",
    ),
    layer(
        "Conv2d-per-channel",
        lambda: nn.Conv2d(3, 3, 3, groups=3),
        numbers(3, 4, 4),
        "Conv2d(3, 3, kernel_size=(3, 3), stride=(1, 1), groups=3)",
        groups=3,
    ),
    layer(
        "Conv2d-flip",
        lambda: nn.Conv2d(2, 3, (3, 2), flip=True),
        numbers(2, 4, 4),
        "Conv2d(2, 3, kernel_size=(3, 2), stride=(1, 1), flip=True)",
        torch="",
        flip=True,
    ),
    *(
        layer(
            f"Conv2d-{mode}",
            lambda mode=mode: nn.Conv2d(2, 2, 3, padding=(1, 2), padding_mode=mode),
            numbers(2, 4, 4),
            f"Conv2d(2, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 2), padding_mode={mode})",
            torch=f"nn.Conv2d(2, 2, 3, padding=(1, 2), padding_mode={mode!r})",
            padding=(1, 2),
            fill=fill,
        )
        for mode, fill in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"))
    ),
    transposed(
        "ConvTranspose1d",
        lambda: nn.ConvTranspose1d(2, 3, 3, 2),
        numbers(2, 3),
        "ConvTranspose1d(2, 3, kernel_size=(3,), stride=(2,))",
        bad=[
            (
                (np.ones((2, 3, 2)),),
                OperandError,
                "ConvTranspose1d needs 2 channels, but the input has shape (2, 3, 2)",
            ),
            ((np.ones(3),), OperandError, "needs an input of shape (N, C, L)"),
        ],
        stride=2,
    ),
    transposed(
        "ConvTranspose1d-beyond",
        lambda: nn.ConvTranspose1d(1, 2, 2, 1, 1, 2, dilation=3),
        numbers(1, 3),
        "ConvTranspose1d(1, 2, kernel_size=(2,), stride=(1,), padding=(1,), output_padding=(2,), dilation=(3,))",
        padding=1,
        more=2,
        dilation=3,
    ),
    transposed(
        "ConvTranspose2d",
        lambda: nn.ConvTranspose2d(2, 1, 4, 2, 1),
        numbers(2, 2, 2),
        "ConvTranspose2d(2, 1, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))",
        stride=2,
        padding=1,
    ),
    transposed(
        "ConvTranspose2d-all",
        lambda: nn.ConvTranspose2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 0), 2, False, (1, 2)),
        numbers(4, 2, 3),
        "ConvTranspose2d(4, 6, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), "
        "dilation=(1, 2), groups=2, bias=False)",
        bad=[((np.ones((2, 3, 4, 4)),), OperandError, "needs 4 channels, but the input has shape (2, 3, 4, 4)")],
        stride=(2, 1),
        padding=(1, 0),
        more=(1, 0),
        dilation=(1, 2),
        groups=2,
    ),
]
