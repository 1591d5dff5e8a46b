"""Convolution and its two adjoints."""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd.arrays import Array, Shape, add_reduce
from autograd.engine.op import OpFunction, defop
from autograd.facts import Example
from autograd.ops.windows import Padding, PerAxis, Windows, laid_out, padded, samples_first, windows

_FEW_PLACES = 128
_SMALL_PRODUCT = 10**6  # OpenBLAS makes a product of m n k multiplications up to this without copying its factors


def _samples_last(x: Array, outputs: int) -> bool:
    """Whether to work with samples last: where they are so in memory, where there are too few places for long rows
    without them, and where it costs little to bring the input into this order, which the rest of a network then keeps.
    """
    if x.itemsize == 2:  # float16 is summed in float32 within one product only
        return True
    if x.flags.c_contiguous:
        return prod(x.shape[2:]) < _FEW_PLACES or bool(4 * x.shape[1] <= outputs)
    return bool(x.strides[0] == x.itemsize)


def _is_finite(x: Array) -> bool:
    """Whether the products of all numbers with padding zeros are 0."""
    return not x.size or bool(np.isfinite(x.min()) and np.isfinite(x.max()))


def _columns(x: Array, w: Windows, last: bool) -> Array:
    """The entries of windows at each position of their last axis: (L, C, size, *the other axes padded, windows, T)."""
    x = padded(laid_out(x, last), w)
    if w.size[-1] == 1:
        return np.ascontiguousarray(x[..., w.along(-1, 0), :])[:, :, None]
    columns = np.empty((*x.shape[:2], w.size[-1], *x.shape[2:-2], w.counts[-1], x.shape[-1]), x.dtype)
    for k in range(w.size[-1]):
        columns[:, :, k] = x[..., w.along(-1, k), :]
    return columns


def _matrices(x: Array, groups: int) -> Array:
    """(L, C, size, *windows, T) as matrices: (L, groups, C/groups size, windows T)."""
    return x.reshape(len(x), groups, x.shape[1] // groups * x.shape[2], prod(x.shape[3:]))


def _rows_apart(x: Array) -> Array:
    """(1, C, size, H, *others, T) as (H, C, size, *others, T): a product for each place of the first axis."""
    return x[0].transpose((2, 0, 1, *range(3, x.ndim - 1)))


def _positions(w: Windows) -> Iterator[tuple[Shape, Any]]:
    """The positions in a window along all axes but the last, and where columns have them."""
    for at in product(*map(range, w.size[:-1])):
        yield at, (slice(None), slice(None), slice(None), *w.places(at))


def _kernel_matrices(weight: Array, positions: Shape, groups: int) -> Array:
    """The weights at a position: (groups, O/groups, C/groups size)."""
    part = weight[(slice(None), slice(None), *positions)]
    return part.reshape(groups, part.shape[0] // groups, part.shape[1] * part.shape[2])


def _mirrored(weight: Array, groups: int) -> Array:
    """The kernels of the adjoint: (O, C/groups, *size) as (C, O/groups, *size), back to front."""
    outputs, inputs, *size = weight.shape
    weight = np.flip(weight, tuple(range(2, weight.ndim))).reshape(groups, outputs // groups, inputs, *size)
    return np.ascontiguousarray(weight.swapaxes(1, 2)).reshape(groups * inputs, outputs // groups, *size)


def _by_columns(x: Array, weight: Array, w: Windows, groups: int) -> Array:
    outputs, last = len(weight), _samples_last(x, len(weight))
    columns = _columns(x, w, last)
    shape = (outputs, *w.counts)
    out = np.empty((*shape, len(x)) if last else (len(x), *shape), np.result_type(x, weight))
    total = out.reshape(len(columns), groups, outputs // groups, prod(w.counts) * columns.shape[-1])
    spare: Array = None  # a large new array costs as much as the product that is written into it
    for at, place in _positions(w):
        factors = _kernel_matrices(weight, at, groups), _matrices(columns[place], groups)
        if any(at):
            spare = np.matmul(*factors, out=spare)
            total += spare
        else:
            np.matmul(*factors, out=total)
    return samples_first(out) if last else out


# Where each channel has a kernel of its own, matrices of columns are multiplied by a single row, and copying them takes
# most of the time. A few rows of an image as one vector, times a matrix with the numbers of the kernel along diagonals,
# are some ten times as many multiplications, but of matrices with a row for each sample and without any copy.


def _band_size(x: Array, w: Windows) -> tuple[int, int]:
    """How many rows of windows are made together, and how many rows of x they see; (0, 0) where bands do not pay."""
    rows = max(1, 32 // prod(w.counts[1:]))
    seen = (rows - 1) * w.stride[0] + w.dilation[0] * (w.size[0] - 1) + 1
    pays = len(x) >= 16 and seen * prod(x.shape[3:]) <= 192 and x.itemsize > 2
    # the zeros beside the diagonals make nan of what is not finite
    return (rows, seen) if pays and x.size and _is_finite(x) else (0, 0)


def _bands(weight: Array, w: Windows, rows: int, seen: int) -> Array:
    """The matrices of the kernels: (C, entries seen, windows)."""
    bands = np.zeros((len(weight), seen, *w.padded[1:], rows, *w.counts[1:]), weight.dtype)
    first, *strides = bands.strides
    axes = len(w.size)
    along = [step * n + end for n, step, end in zip(w.stride, strides[:axes], strides[axes:], strict=True)]
    for at in product(*map(range, w.size)):
        offset = sum(i * d * step for i, d, step in zip(at, w.dilation, strides[:axes], strict=True))
        diagonal: Array = np.ndarray((len(weight), rows, *w.counts[1:]), bands.dtype, bands, offset, (first, *along))
        diagonal[...] = weight[(slice(None), 0, *at)].reshape(-1, *(1,) * axes)
    bands = bands[:, :, *w.inner[1:]]
    return bands.reshape(len(weight), prod(bands.shape[1:-axes]), prod(bands.shape[-axes:]))


def _by_bands(x: Array, weight: Array, w: Windows, rows: int, seen: int) -> Array:
    last = x.strides[0] == x.itemsize
    samples, channels, height, *others = x.shape
    shape = (channels, *w.counts, samples) if last else (samples, channels, *w.counts)
    out = np.empty(shape, np.result_type(x, weight))
    out = samples_first(out) if last else out
    per_row, windows_per_row = prod(others), prod(w.counts[1:])
    given, found = (
        a.transpose((*range(1, a.ndim), 0)).reshape(channels, prod(a.shape[2:]), samples)
        for a in (x if last else np.ascontiguousarray(x), out)
    )
    bands = _bands(weight, w, rows, seen).swapaxes(1, 2)
    for row in range(0, w.counts[0], rows):
        start = row * w.stride[0] - w.padding[0][0]
        low = max(start, 0)
        high = max(min(start + seen, height), low)
        part = found[:, row * windows_per_row : (row + rows) * windows_per_row]
        band = bands[:, : part.shape[1], (low - start) * per_row : (high - start) * per_row]
        np.matmul(band, given[:, low * per_row : high * per_row], out=part)
    return out


def conv_kernel(
    x: Array, weight: Array, bias: Array = None, *, stride: PerAxis = None, padding: Padding = None,
    dilation: PerAxis = None, groups: int | None = None,
) -> Array:  # fmt: skip
    w = windows(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    rows, seen = _band_size(x, w) if groups == x.shape[1] == len(weight) and _is_finite(weight) else (0, 0)
    out = _by_bands(x, weight, w, rows, seen) if rows else _by_columns(x, weight, w, groups or 1)
    if bias is not None:
        bias = bias.reshape((-1, *(1,) * len(w.counts)))
        out = np.add(out, bias, out=out if bias.dtype == out.dtype else None)
    return out


def conv_transpose_kernel(
    y: Array, weight: Array, *, shape: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:  # fmt: skip
    groups, outputs = groups or 1, len(weight)
    channels = weight.shape[1] * groups
    w = windows(shape, weight.shape[2:], stride, padding, dilation)
    if (outputs <= channels or max(w.size) == 1) and max(w.stride) == 1 and _is_finite(weight):
        sides = zip(w.size, w.dilation, w.padding, strict=True)
        rest = tuple([(d * (k - 1) - before, d * (k - 1) - after) for k, d, (before, after) in sides])
        if min(map(min, rest)) >= 0:
            return conv_kernel(y, _mirrored(weight, groups), padding=rest, dilation=dilation, groups=groups)
    last = _samples_last(y, channels)
    y = np.ascontiguousarray(laid_out(y, last))
    matrices = _matrices(y[:, :, None], groups)
    dtype = np.result_type(y, weight)
    columns = np.zeros((len(y), channels, w.size[-1], *w.padded[:-1], w.counts[-1], y.shape[-1]), dtype)
    multiply: Any = np.multiply if outputs == groups else np.matmul  # of one column with one row it is the same
    spare: Array = None
    for at, place in _positions(w):
        spare = multiply(_kernel_matrices(weight, at, groups).swapaxes(1, 2), matrices, out=spare)
        part = columns[place]
        part += spare.reshape(part.shape)
    x = np.zeros((len(y), channels, *w.padded, y.shape[-1]), dtype)
    for k in range(w.size[-1]):
        x[..., w.along(-1, k), :] += columns[:, :, k]
    x = x[:, :, *w.inner]
    return samples_first(x[0]) if last else x[..., 0]


def conv_weight_kernel(
    x: Array, y: Array, *, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:  # fmt: skip
    groups = groups or 1
    w = windows(x.shape[2:], size, stride, padding, dilation)
    inputs, outputs = x.shape[1] // groups, y.shape[1] // groups
    last = _samples_last(x, y.shape[1])
    columns, y = _columns(x, w, last), np.ascontiguousarray(laid_out(y, last))[:, :, None]
    parts = ((at, columns[place]) for at, place in _positions(w))
    if last and len(size) > 1 and x.itemsize > 2:
        cost = inputs * size[-1] * outputs * prod(y.shape[3:])
        if cost > _SMALL_PRODUCT >= cost // w.counts[0]:
            y, parts = _rows_apart(y), ((at, _rows_apart(part)) for at, part in parts)
    y = _matrices(y, groups).swapaxes(2, 3)
    out = np.empty((groups, outputs, inputs, *size), np.result_type(x, y))
    for at, part in parts:
        found = np.add.reduce(np.matmul(_matrices(part, groups), y), axis=0)
        place: Any = (..., *at, slice(None))
        out[place] = found.reshape(groups, inputs, size[-1], outputs).transpose(0, 3, 1, 2)
    return out.reshape(groups * outputs, inputs, *size)


def conv_definition(
    x: Array, weight: Array, bias: Array = None, *, stride: PerAxis = None, padding: Padding = None,
    dilation: PerAxis = None, groups: int | None = None,
) -> Array:  # fmt: skip
    how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
    if groups:
        xs, weights = np.split(x, groups, axis=1), np.split(weight, groups)
        out = np.concatenate([conv_definition(*pair, **how) for pair in zip(xs, weights, strict=True)], axis=1)
    else:
        w = windows(x.shape[2:], weight.shape[2:], **how)
        axes = tuple(range(2, x.ndim))
        if w.padded != x.shape[2:]:
            x = np.pad(x, ((0, 0), (0, 0), *w.padding))
        spans = tuple(d * (k - 1) + 1 for k, d in zip(w.size, w.dilation, strict=True))
        seen: Array = sliding_window_view(x, spans, axis=axes)
        if max(*w.stride, *w.dilation) > 1:
            seen = seen[(..., *(slice(None, None, step) for step in (*w.stride, *w.dilation)))]
        moved, inside = "pqrs"[: len(axes)], "ijkl"[: len(axes)]
        out = np.einsum(f"nc{moved}{inside},oc{inside}->no{moved}", seen, weight)
    return out if bias is None else out + bias.reshape((-1, *(1,) * (x.ndim - 2)))


conv: OpFunction = defop(
    "conv", conv_kernel,
    (
        lambda g, weight, x_shape, stride, padding, dilation, groups: conv_transpose(
            g, weight, shape=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
        lambda g, x, weight_shape, stride, padding, dilation, groups: conv_weight(
            x, g, size=weight_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
        lambda g: add_reduce(g, axis=(0, *range(2, g.ndim))),
    ),
    definition=conv_definition,
    kind="product", matrix=("G convolved with the kernel", "x correlated with G", "G, summed over samples and places"),
    cost=lambda shapes, out, attrs: prod(out) * prod(shapes[1][1:]), units=1,
    example=Example((1, 2, 5), (3, 2, 2), (3,)),
    doc="The convolution (correlation) of x (N, C, *S) with weight (O, C/groups, *size), plus a bias (O,).",
    doctest="conv(tensor([[[1.0, 2.0, 3.0]]]), np.ones((1, 1, 2))) -> tensor([[[3., 5.]]])",
)  # fmt: skip
conv_transpose: Callable[..., Any] = defop(
    "conv_transpose", conv_transpose_kernel,
    (
        lambda g, weight, stride, padding, dilation, groups: conv(
            g, weight, stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
        lambda g, y, weight_shape, stride, padding, dilation, groups: conv_weight(
            g, y, size=weight_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
    ),
    kind="product", slope=None, cost=lambda shapes, out, attrs: prod(shapes[0]) * prod(shapes[1][1:]), units=1,
    example=Example((1, 3, 4), (3, 2, 2), shape=(5,)),
    doc="The adjoint of conv in x: the gradient of an input of spatial shape `shape`.",
    doctest="conv_transpose(tensor([[[1.0, 1.0]]]), np.ones((1, 1, 2)), shape=(3,)) -> tensor([[[1., 2., 1.]]])",
)  # fmt: skip
conv_weight: Callable[..., Any] = defop(
    "conv_weight", conv_weight_kernel,
    (
        lambda g, y, x_shape, stride, padding, dilation, groups: conv_transpose(
            y, g, shape=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
        lambda g, x, stride, padding, dilation, groups: conv(
            x, g, stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
    ),
    kind="product", slope=None, cost=lambda shapes, out, attrs: prod(shapes[1]) * prod(out[1:]),
    example=Example((1, 2, 5), (1, 3, 4), size=(2,)),
    doc="The adjoint of conv in the weight: the gradient of a kernel of size `size`.",
    doctest="conv_weight(tensor([[[1.0, 2.0, 3.0]]]), np.ones((1, 1, 2)), size=(2,)) -> tensor([[[3., 5.]]])",
)  # fmt: skip
