"""Windows that move over an array: convolution and its two adjoints, pooling and its adjoint.

An array is (N, C, *S): samples, channels, and one or more axes to move along. Windows are described as in PyTorch:
``size`` (of the kernel), ``stride``, ``dilation`` and ``padding``, each one number for all axes of S or one per axis;
padding may also be a pair (before, after) per axis.

The kernels work on (C, *S, N), samples last, so that everything they copy, add and compare lies in long rows of
memory. They take and return views in the other order: NumPy's functions keep the order in memory, so that in a chain
of layers only the first has to rearrange its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd.arrays import Shape, add_reduce
from autograd.engine.op import defop
from autograd.engine.tensor import plain
from autograd.facts import EXACT, NEAREST, Example
from autograd.ops.arithmetic import masked_kernel

Array = Any
PerAxis = int | tuple[int, ...] | None
Padding = int | tuple[int | tuple[int, int], ...] | None


class Windows(NamedTuple):
    """How windows lie on the axes S, written out: one entry per axis."""

    size: Shape
    stride: Shape
    dilation: Shape
    padding: tuple[tuple[int, int], ...]
    padded: Shape  # the lengths of the axes with their padding
    counts: Shape  # how many windows there are

    def along(self, axis: int, position: int) -> slice:
        """What the windows have at one of their positions, as a slice of the padded axis."""
        start, step = position * self.dilation[axis], self.stride[axis]
        return slice(start, start + (self.counts[axis] - 1) * step + 1, step)

    def places(self, positions: Sequence[int]) -> tuple[slice, ...]:
        """The same for the first axes together."""
        return tuple(self.along(axis, position) for axis, position in enumerate(positions))

    @property
    def inner(self) -> tuple[slice, ...]:
        """Where the array itself lies in the padded one."""
        return tuple(slice(b, n - a) for (b, a), n in zip(self.padding, self.padded, strict=True))


def windows(
    lengths: Shape, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None
) -> Windows:
    """The windows of a size on axes of these lengths: ``floor((n + padding - dilation (k - 1) - 1) / stride) + 1``."""
    if len(size) != len(lengths):
        raise ValueError(
            f"a window of size {size} has {len(size)} axes, but the input has {len(lengths)} to move along"
        )
    axes = len(lengths)
    strides, dilations = _per_axis(stride, axes, 1), _per_axis(dilation, axes, 1)
    sides = tuple((p, p) if isinstance(p, int) else p for p in _per_axis(padding, axes, 0))
    padded = tuple(n + before + after for n, (before, after) in zip(lengths, sides, strict=True))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(size, dilations, strict=True))
    if any(span > n for span, n in zip(spans, padded, strict=True)):
        raise ValueError(f"windows of extent {spans} do not fit on axes of lengths {padded}, padding included")
    counts = tuple((n - span) // step + 1 for n, span, step in zip(padded, spans, strides, strict=True))
    return Windows(size, strides, dilations, sides, padded, counts)


def _per_axis(value: Any, axes: int, default: int) -> Any:
    return value if isinstance(value, tuple) else (default if value is None else value,) * axes


def _samples_last(x: Array) -> Array:
    return x.transpose((*range(1, x.ndim), 0))


def _samples_first(x: Array) -> Array:
    return x.transpose((x.ndim - 1, *range(x.ndim - 1)))


def _padded(x: Array, w: Windows, fill: float = 0.0) -> Array:
    """(N, C, *S) as (C, *padded, N): a view, if there is nothing to fill in."""
    x = _samples_last(x)
    if w.padded == x.shape[1:-1]:
        return x
    shape = (x.shape[0], *w.padded, x.shape[-1])
    out = np.full(shape, fill, x.dtype) if fill else np.zeros(shape, x.dtype)
    out[(slice(None), *w.inner)] = x
    return out


# --- convolution ------------------------------------------------------------------------------------------------
#
# y[n, o, p] = sum over c, k of weight[o, c, k] x[n, c, p stride + k dilation], x padded with zeros: without the mirror
# image of the kernel that mathematics has, as everywhere in this field. Copied is only what moves along the last axis
# (`_columns`); at each position of the others the rest is a product of matrices. The number that x, weight and a
# gradient for y make together is linear in each of the three, so its three derivatives are also those of each other.


def _columns(x: Array, w: Windows) -> Array:
    """What the windows have at each position of their last axis: (C, size, *the other axes padded, windows, N)."""
    x = _padded(x, w)
    channels, *others, _, samples = x.shape
    columns = np.empty((channels, w.size[-1], *others, w.counts[-1], samples), x.dtype)
    for k in range(w.size[-1]):
        columns[:, k] = x[..., w.along(-1, k), :]
    return columns


def _rows(columns: Array, w: Windows, positions: Shape, groups: int) -> Array:
    """The columns at a position of the other axes as one matrix for each group: (groups, C/groups size, windows N)."""
    part = columns[(slice(None), slice(None), *w.places(positions))]
    return part.reshape(groups, part.shape[0] // groups * part.shape[1], prod(part.shape[2:]))


def _matrices(y: Array, groups: int) -> Array:
    """(N, O, *windows) as one matrix for each group: (groups, O/groups, windows N)."""
    y = np.ascontiguousarray(_samples_last(y))
    return y.reshape(groups, y.shape[0] // groups, prod(y.shape[1:]))


def _positions(w: Windows) -> Iterator[Shape]:
    """The positions in a window along all axes but the last."""
    return product(*map(range, w.size[:-1]))


def _kernel_matrices(weight: Array, positions: Shape, groups: int) -> Array:
    """The weights at a position: (groups, O/groups, C/groups size)."""
    part = weight[(slice(None), slice(None), *positions)]
    return part.reshape(groups, part.shape[0] // groups, part.shape[1] * part.shape[2])


def conv_kernel(
    x: Array,
    weight: Array,
    bias: Array = None,
    *,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:
    groups = groups or 1
    w = windows(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    columns = _columns(x, w)
    out: Array = None
    spare: Array = None  # a large new array costs as much as the product that is written into it
    for at in _positions(w):
        part = np.matmul(_kernel_matrices(weight, at, groups), _rows(columns, w, at, groups), out=spare)
        if out is None:
            out = part
        else:
            out += part
            spare = part
    out = out.reshape(weight.shape[0], *w.counts, x.shape[0])
    if bias is not None:
        bias = bias.reshape((-1, *(1,) * (out.ndim - 1)))
        out = np.add(out, bias, out=out if bias.dtype == out.dtype else None)
    return _samples_first(out)


def conv_transpose_kernel(
    y: Array,
    weight: Array,
    *,
    shape: Shape,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:
    groups = groups or 1
    w = windows(shape, weight.shape[2:], stride, padding, dilation)
    channels, samples = weight.shape[1] * groups, y.shape[0]
    columns = np.zeros((channels, w.size[-1], *w.padded[:-1], w.counts[-1], samples), np.result_type(y, weight))
    matrices = _matrices(y, groups)
    spare: Array = None
    for at in _positions(w):
        spare = np.matmul(_kernel_matrices(weight, at, groups).swapaxes(1, 2), matrices, out=spare)
        part = columns[(slice(None), slice(None), *w.places(at))]
        part += spare.reshape(part.shape)
    x = np.zeros((channels, *w.padded, samples), columns.dtype)
    for k in range(w.size[-1]):
        x[..., w.along(-1, k), :] += columns[:, k]
    return _samples_first(x[(slice(None), *w.inner)])


def conv_weight_kernel(
    x: Array,
    y: Array,
    *,
    size: Shape,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:
    groups = groups or 1
    w = windows(x.shape[2:], size, stride, padding, dilation)
    columns, matrices = _columns(x, w), _matrices(y, groups)
    out = np.empty((y.shape[1], x.shape[1] // groups, *size), np.result_type(x, y))
    for at in _positions(w):
        part = np.matmul(matrices, _rows(columns, w, at, groups).swapaxes(1, 2))
        place: Any = (slice(None), slice(None), *at)
        out[place] = part.reshape(*out.shape[:2], size[-1])
    return out


def conv_definition(
    x: Array,
    weight: Array,
    bias: Array = None,
    *,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    groups: int | None = None,
) -> Array:
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


conv = defop(
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


# --- pooling ----------------------------------------------------------------------------------------------------


def _every_position(w: Windows) -> Iterator[tuple[slice, ...]]:
    """Where the windows have each of their positions, in order: slices of (C, *padded, N)."""
    return ((slice(None), *w.places(at)) for at in product(*map(range, w.size)))


def max_pool_kernel(
    x: Array, *, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None
) -> Array:
    w = windows(x.shape[2:], size, stride, padding, dilation)
    x = _padded(x, w, -np.inf)
    first, *others = (x[place] for place in _every_position(w))
    out = np.array(first)
    for part in others:
        np.maximum(out, part, out=out)
    return _samples_first(out)


def first_maximum(x: Array, out: Array, w: Windows) -> tuple[Array, ...]:
    """For each position of a window, where it holds the maximum: where several do, the first; where one is NaN, it."""
    x, out = (plain(a) for a in (x, out))
    out = _samples_last(out)
    with_nan = bool(np.isnan(out).any())
    x = _padded(x, w, -np.inf if with_nan else np.nan)  # padding that is nan equals no maximum, be it -inf
    found = []
    open_ = np.ones_like(out, bool)
    for place in _every_position(w):
        part = x[place]
        hit = np.equal(part, out)
        if with_nan:
            hit |= np.isnan(part)
        hit &= open_
        open_ ^= hit
        found.append(_samples_first(hit))
    return tuple(found)


def window_sum_kernel(
    x: Array,
    *,
    size: Shape,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    masks: tuple[Array, ...] | None = None,
) -> Array:
    w = windows(x.shape[2:], size, stride, padding, dilation)
    x = _padded(x, w)
    out: Array = None
    for i, place in enumerate(_every_position(w)):
        part = x[place]
        if masks is not None:
            part = masked_kernel(part, mask=_samples_last(masks[i]))
        out = np.array(part) if out is None else np.add(out, part, out=out)
    return _samples_first(out)


def window_spread_kernel(
    y: Array,
    *,
    shape: Shape,
    size: Shape,
    stride: PerAxis = None,
    padding: Padding = None,
    dilation: PerAxis = None,
    masks: tuple[Array, ...] | None = None,
) -> Array:
    w = windows(shape, size, stride, padding, dilation)
    y = np.ascontiguousarray(_samples_last(y))
    out = np.zeros((y.shape[0], *w.padded, y.shape[-1]), y.dtype)
    for i, place in enumerate(_every_position(w)):
        out[place] += y if masks is None else masked_kernel(y, mask=_samples_last(masks[i]))
    return _samples_first(out[(slice(None), *w.inner)])


def max_pool_rule(
    g: Array, x: Array, out: Array, size: Shape, stride: PerAxis, padding: Padding, dilation: PerAxis
) -> Array:
    """The gradient goes to the first maximum of each window."""
    w = windows(x.shape[2:], size, stride, padding, dilation)
    return window_spread(
        g, shape=x.shape[2:], size=size, stride=stride, padding=padding, dilation=dilation,
        masks=first_maximum(x, out, w),
    )  # fmt: skip


max_pool = defop(
    "max_pool", max_pool_kernel, max_pool_rule,
    kind="reduces", matrix="G at the largest entry of each window, else 0", rounding=EXACT,
    example=Example((1, 2, 5), size=(2,)),
    doc="The largest number of each window; its first position gets the gradient.",
    doctest="max_pool(tensor([[[1.0, 4.0, 3.0, 2.0]]]), size=(2,)) -> tensor([[[4., 4., 3.]]])",
)  # fmt: skip
window_sum = defop(
    "window_sum", window_sum_kernel,
    lambda g, x_shape, size, stride, padding, dilation, masks: window_spread(
        g, shape=x_shape[2:], size=size, stride=stride, padding=padding, dilation=dilation, masks=masks
    ),
    kind="reduces", slope="1", example=Example((1, 2, 5), size=(2,)),
    doc="The sum of each window, of the entries where `masks` hold.",
    doctest="window_sum(tensor([[[1.0, 2.0, 3.0]]]), size=(2,)) -> tensor([[[3., 5.]]])",
)  # fmt: skip
window_spread: Callable[..., Any] = defop(
    "window_spread", window_spread_kernel,
    lambda g, size, stride, padding, dilation, masks: window_sum(
        g, size=size, stride=stride, padding=padding, dilation=dilation, masks=masks
    ),
    kind="moves", rounding=NEAREST, example=Example((1, 2, 4), shape=(5,), size=(2,)),
    doc="The adjoint of window_sum: each number added to all places of its window, on zeros of spatial shape `shape`.",
    doctest="window_spread(tensor([[[3.0, 5.0]]]), shape=(3,), size=(2,)) -> tensor([[[3., 8., 5.]]])",
)  # fmt: skip
