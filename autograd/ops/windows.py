"""Windows that move over an array, and pooling, which combines the numbers in each window."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import Array, Shape
from autograd.engine.op import OpFunction, defop
from autograd.engine.tensor import plain
from autograd.facts import EXACT, NEAREST, Example
from autograd.ops.arithmetic import masked_kernel

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
        """One position of all windows, as a slice of the padded axis."""
        start, step = position * self.dilation[axis], self.stride[axis]
        return slice(start, start + (self.counts[axis] - 1) * step + 1, step)

    def places(self, positions: Sequence[int]) -> tuple[slice, ...]:
        """Positions along the first axes, as slices."""
        return tuple(self.along(axis, position) for axis, position in enumerate(positions))

    @property
    def inner(self) -> tuple[slice, ...]:
        """The place of the array itself in the padded one."""
        return tuple(slice(b, n - a) for (b, a), n in zip(self.padding, self.padded, strict=True))


@lru_cache(256)
def windows(
    lengths: Shape, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None
) -> Windows:
    """The windows of a size on axes of these lengths: ``floor((n + padding - dilation (k - 1) - 1) / stride) + 1``."""
    axes = len(lengths)
    if len(size) != axes:
        raise ValueError(f"a window of size {size} has {len(size)} axes, but the input has {axes} to move along")
    strides, dilations = _per_axis(stride, axes, 1), _per_axis(dilation, axes, 1)
    sides = tuple((p, p) if isinstance(p, int) else p for p in _per_axis(padding, axes, 0))
    padded = tuple(n + before + after for n, (before, after) in zip(lengths, sides, strict=True))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(size, dilations, strict=True))
    if any(span > n for span, n in zip(spans, padded, strict=True)):
        raise ValueError(f"windows of extent {spans} do not fit into axes of lengths {padded}, padding included")
    counts = tuple((n - span) // step + 1 for n, span, step in zip(padded, spans, strides, strict=True))
    return Windows(size, strides, dilations, sides, padded, counts)


def _per_axis(value: Any, axes: int, default: int) -> Any:
    return value if isinstance(value, tuple) else (default if value is None else value,) * axes


def laid_out(x: Array, last: bool) -> Array:
    """(N, C, *S) as (L, C, *S, T), where the samples are L or T, first or last, and the other of the two is 1."""
    return x.transpose((*range(1, x.ndim), 0))[None] if last else x[..., None]


def samples_first(x: Array) -> Array:
    """(C, *S, N) as (N, C, *S)."""
    return x.transpose((x.ndim - 1, *range(x.ndim - 1)))


def padded(x: Array, w: Windows, fill: float = 0.0) -> Array:
    """(L, C, *S, T) with its padding: x itself, if there is none."""
    shape = (*x.shape[:2], *w.padded, x.shape[-1])
    if shape == x.shape:
        return x
    out = np.full(shape, fill, x.dtype) if fill else np.zeros(shape, x.dtype)
    out[:, :, *w.inner] = x
    return out


def _every_position(w: Windows) -> Iterator[tuple[Any, ...]]:
    """Where the windows have each of their positions, in order: slices of (N, C, *padded)."""
    return ((..., *w.places(at)) for at in product(*map(range, w.size)))


def _widened(x: Array, w: Windows, fill: float = 0.0) -> Array:
    """(N, C, *S) with its padding; copies have long rows, with samples last."""
    return samples_first(padded(laid_out(x, True), w, fill)[0])


def max_pool_kernel(
    x: Array, *, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None
) -> Array:
    w = windows(x.shape[2:], size, stride, padding, dilation)
    x = _widened(x, w, -np.inf)
    first, *others = (x[place] for place in _every_position(w))
    out = np.array(first)
    for part in others:
        np.maximum(out, part, out=out)
    return out


def first_maximum(x: Array, out: Array, w: Windows) -> tuple[Array, ...]:
    """For each position of a window, where it holds the maximum: where several do, the first; where one is NaN, it."""
    x, out = (plain(a) for a in (x, out))
    with_nan = bool(np.isnan(out).any())
    x = _widened(x, w, -np.inf if with_nan else np.nan)  # padding that is nan equals no maximum, be it -inf
    found = []
    open_ = np.ones_like(out, bool)
    for place in _every_position(w):
        part = x[place]
        hit = np.equal(part, out)
        if with_nan:
            hit |= np.isnan(part)
        hit &= open_
        open_ ^= hit
        found.append(hit)
    return tuple(found)


def window_sum_kernel(
    x: Array, *, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None,
    masks: tuple[Array, ...] | None = None,
) -> Array:  # fmt: skip
    w = windows(x.shape[2:], size, stride, padding, dilation)
    x = _widened(x, w)
    out: Array = None
    for i, place in enumerate(_every_position(w)):
        part = x[place]
        if masks is not None:
            part = masked_kernel(part, mask=masks[i])
        out = np.array(part) if out is None else np.add(out, part, out=out)
    return out


def window_spread_kernel(
    y: Array, *, shape: Shape, size: Shape, stride: PerAxis = None, padding: Padding = None, dilation: PerAxis = None,
    masks: tuple[Array, ...] | None = None,
) -> Array:  # fmt: skip
    w = windows(shape, size, stride, padding, dilation)
    apart = all(step > d * (k - 1) for step, k, d in zip(w.stride, w.size, w.dilation, strict=True))
    given = y
    if masks is not None:  # the order in memory of the masks: one copy, in place of a slow pass for each of them
        y = np.empty_like(masks[0], given.dtype)
    elif not apart:
        y = samples_first(np.empty((*y.shape[1:], len(y)), y.dtype))
    if y is not given:
        y[...] = given
    out = np.zeros_like(y, shape=(*y.shape[:2], *w.padded))
    for i, place in enumerate(_every_position(w)):
        part = y if masks is None else masked_kernel(y, mask=masks[i])
        if apart:
            out[place] = part
        else:
            out[place] += part
    return out[:, :, *w.inner]


def max_pool_rule(
    g: Array, x: Array, out: Array, size: Shape, stride: PerAxis, padding: Padding, dilation: PerAxis
) -> Array:
    """The gradient goes to the first maximum of each window."""
    w = windows(x.shape[2:], size, stride, padding, dilation)
    return window_spread(
        g, shape=x.shape[2:], size=size, stride=stride, padding=padding, dilation=dilation,
        masks=first_maximum(x, out, w),
    )  # fmt: skip


max_pool: OpFunction = defop(
    "max_pool", max_pool_kernel, max_pool_rule,
    kind="reduces", matrix="G at the largest entry of each window, else 0", rounding=EXACT,
    example=Example((1, 2, 5), size=(2,)),
    doc="The largest number of each window; the first of equal ones gets the gradient.",
    doctest="max_pool(tensor([[[1.0, 4.0, 3.0, 2.0]]]), size=(2,)) -> tensor([[[4., 4., 3.]]])",
)  # fmt: skip
window_sum: OpFunction = defop(
    "window_sum", window_sum_kernel,
    lambda g, x_shape, size, stride, padding, dilation, masks: window_spread(
        g, shape=x_shape[2:], size=size, stride=stride, padding=padding, dilation=dilation, masks=masks
    ),
    kind="reduces", slope="1", example=Example((1, 2, 5), size=(2,)),
    doc="The sum of each window, over the entries where `masks` hold.",
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
