"""Normalization of rows as one op: rows get mean 0 and variance 1, and are then scaled and shifted by parameters."""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from autograd.arrays import Array, Shape, add_reduce, ones
from autograd.engine.op import OpFunction, defop, joint
from autograd.engine.tensor import plain
from autograd.facts import Example
from autograd.ops.fused import widened
from autograd.recording import one_call

_MOST = 4096  # longer sums are more precise in pairs, as NumPy adds, than in a BLAS
_APART = 64  # numbers of a channel that follow one another, from which on channels have rows of their own
_MANY = 64  # rows, from which on it pays to make longer ones of them: NumPy's loop over each takes its time
_SMALL = 2.0**-32  # with mean squares below it, products of the numbers with gradients might vanish


def _dots_kernel(x: Array, y: Array) -> Array:
    return np.vecdot(x, y)[..., None] if x.shape[-1] <= _MOST else add_reduce(x * y, axis=-1, keepdims=True)


# The scalar product of each row with another, or with one for all: row by row, so that samples do not mix.
_dots = defop("_dots", _dots_kernel, (lambda g, y: g * y, lambda g, x: g * x))


def _outer_into(x: Array, y: Array, into: Array) -> Array:
    if len(x) * len(y) < 10_000:
        return np.multiply(x, y, out=into)
    # With a second column, of zeros: of one alone BLAS is not asked.
    left, right = np.zeros((len(x), 2), x.dtype), np.zeros((2, len(y)), y.dtype)
    left[:, :1], right[0] = x, y
    return np.matmul(left, right, out=into)


# A column times a row: as a product of matrices three times as fast as by repetition.
_outer = defop("_outer", lambda x, y: _outer_into(x, y, None), (lambda g, y: g * y, lambda g, x: g * x))


class _Rows:
    """Each row of a matrix has a mean of its own; numbers per row form a column."""

    @staticmethod
    def mean(x: Array) -> Array:
        return _dots(x, ones(x.shape[1], x.dtype)) / float(x.shape[1])

    @staticmethod
    def mean_square(x: Array) -> Array:
        return _dots(x, x) / float(x.shape[1])

    @staticmethod
    def largest(x: Array) -> Array:
        return np.max(np.abs(x), axis=1, keepdims=True, initial=0.0)

    @staticmethod
    def beside(of_rows: Array) -> Array:
        return of_rows


class _Channels:
    """A batch laid out as NumPy is fast with it. Each channel, the second axis, has a mean of its own.

    The axes lie as they do in memory. If many numbers of a channel are adjacent, it is a stack of matrices with a row
    for each channel. Otherwise channels stand side by side in the rows of a matrix, with several samples in each.
    """

    def __init__(self, shape: Shape, strides: Shape, dtype: Any) -> None:
        self.order = tuple(sorted(range(len(shape)), key=lambda i: -abs(strides[i])))
        self.back = tuple(map(self.order.index, range(len(shape))))
        self.moves = self.order != tuple(range(len(shape)))
        self.sizes = tuple(shape[i] for i in self.order)
        place, channels = self.back[1], shape[1]
        before, after = prod(self.sizes[:place]), prod(self.sizes[place + 1 :])
        self.stack, self.count = (before, channels, after), float(before * after)
        self.apart = after >= _APART
        if self.apart:
            self.shape: Shape = self.stack
            piece = self.sizes[-1]
            for n in self.sizes[-2:place:-1]:
                piece *= n if piece * n <= _MOST else 1
            self.rows, self.sums = (before * channels * after // piece, piece), (before, channels, after // piece)
        else:
            piece, rows, width = before, before, channels * after
            self.rows, self.sums = (rows, width), (1, channels, after)
            while rows % 2 == 0 and rows >= max(_MANY, 3 * width):
                rows, width = rows // 2, 2 * width
            self.shape = rows, width
            pattern = np.ones((before // max(rows, 1), 1, after), dtype)
            self.pattern = pattern if pattern.size > 1 else None
        self.piece = piece

    def lay(self, x: Array) -> Array:
        return (x.transpose(self.order) if self.moves else x).reshape(self.shape)

    def batch(self, x: Array) -> Array:
        """The batch that was laid out so."""
        x = x.reshape(self.sizes)
        return x.transpose(self.back) if self.moves else x

    def empty(self, dtype: Any) -> tuple[Array, Array]:
        """A new batch, and its memory laid out. It is not a view unless it must be, because others would copy it."""
        new = np.empty(self.sizes, dtype)
        return new.transpose(self.back) if self.moves else new, new.reshape(self.shape)

    def dot(self, x: Array, y: Array | None = None) -> Array:
        """For each channel the sum of all its numbers, or of their products with others."""
        if self.apart:
            x = x.reshape(self.rows)
            sums = _dots(x, ones(self.piece, x.dtype) if y is None else y.reshape(self.rows))
        else:
            sums = np.matmul(ones(self.piece, x.dtype), (x if y is None else x * y).reshape(self.rows))
        if sums.size == self.sums[1]:
            return sums.reshape(-1) if self.apart else sums
        return add_reduce(sums.reshape(self.sums), axis=(0, 2))

    def mean(self, x: Array) -> Array:
        return self.dot(x) / self.count

    def mean_square(self, x: Array) -> Array:
        return self.dot(x, x) / self.count

    def largest(self, x: Array) -> Array:
        return np.max(np.abs(x.reshape(self.stack)), axis=(0, 2), initial=0.0)

    def beside(self, of_channels: Array) -> Array:
        """Numbers per channel, in a shape that broadcasts against the laid-out batch."""
        if self.apart:
            return of_channels.reshape((-1, 1))
        return of_channels if self.pattern is None else (of_channels.reshape((-1, 1)) * self.pattern).reshape(-1)


@lru_cache(maxsize=64)
def _channels(shape: Shape, strides: Shape, dtype: Any) -> _Channels:
    return _Channels(shape, strides, dtype)


def _standard(x: Array, groups: Any, eps: float, centred: bool = True) -> tuple[Array, ...]:
    """Mean, distances from it, their mean square, ``1 / sqrt(mean square + eps)``, for each of the groups of numbers;
    and by what the distances are scaled, if at all.

    Where squares overflow, or vanish and eps does not hide it, or where their products with gradients might, distances
    and factor are those of numbers scaled by a power of two, whose product is the same.
    """
    centre = groups.mean(x) if centred else 0.0
    spread = x - groups.beside(centre) if centred else x
    with np.errstate(over="ignore"):
        variance = groups.mean_square(spread)
    values, limits = plain(variance), np.finfo(x.dtype)
    smallest = np.minimum.reduce(values, axis=None, initial=1.0)
    largest = np.maximum.reduce(values, axis=None, initial=0.0)
    if largest <= limits.max and (eps >= limits.tiny or smallest >= limits.tiny):
        factor = 1.0 / np.sqrt(variance + eps)
        if centred:
            centre, spread, variance, factor = _settled(centre, spread, variance, factor, groups, eps)
        if smallest + eps >= _SMALL:
            return centre, spread, variance, factor, None
        scale = np.ldexp(np.ones((), x.dtype), np.frexp(plain(factor))[1])
        return centre, spread * groups.beside(scale), variance, factor / scale, scale
    sizes = groups.largest(plain(spread))
    ordinary = np.isfinite(sizes) & (sizes > 0.0)
    exponents = np.maximum(np.frexp(np.where(ordinary, sizes, 1.0))[1], limits.minexp + 2)
    scale = np.ldexp(np.ones((), x.dtype), -exponents)
    spread = spread * groups.beside(scale)
    with np.errstate(over="ignore"):  # an eps that is larger than all scaled numbers: nothing else counts
        offset = (eps * scale * scale).astype(x.dtype)
    return centre, spread, variance, 1.0 / np.sqrt(groups.mean_square(spread) + offset), scale


@one_call(writes=1)
def _settled(
    centre: Array, spread: Array, variance: Array, factor: Array, groups: Any, eps: float
) -> tuple[Array, ...]:
    """The same, corrected for the rounding of the mean where that is visible beside the root of the squares."""
    small = np.finfo(spread.dtype).eps
    rest = groups.mean(plain(spread))
    shares = np.abs(rest * plain(factor))
    worst = np.maximum.reduce(shares, axis=None, initial=0.0)
    if worst > small:
        rest = np.where(shares > small, rest, 0.0).astype(spread.dtype)
        centre = centre + rest
        spread = np.subtract(spread, groups.beside(rest), out=spread if spread.__class__ is np.ndarray else None)
        if worst * worst > small:  # else the mean square stays the same
            variance = groups.mean_square(spread)
            factor = 1.0 / np.sqrt(variance + eps)
    return centre, spread, variance, factor


def _rows(x: Array, axes: int) -> Array:
    return x if x.ndim == 2 and axes == 1 else x.reshape((prod(x.shape[:-axes]), prod(x.shape[-axes:])))


def _parts(x: Array, axes: int, eps: float, centred: bool) -> tuple[Array, ...]:
    """The distances of each row, their scale, and the factor of each row."""
    _, spread, _, factor, scale = _standard(_rows(widened(x), axes), _Rows, eps, centred)
    return spread, scale, factor


def _scaled(x: Array, factor: Array, weight: Array, into: Array) -> Array:
    """The rows times their factors and the weight, in the given memory, if any, without an array of both factors."""
    if weight is not None:
        weight = weight.reshape(-1)
        factor = _outer(factor, weight) if into is None else _outer_into(factor, weight, into)
    return np.multiply(x, factor, out=into)


def _like(x: Array, axes: int, dtype: Any) -> tuple[Array, Array]:
    """A new array of the shape of x, and its memory as rows. It is not a view, which others would copy."""
    new = np.empty(x.shape, dtype)
    return new, _rows(new, axes)


def _kernel(
    x: Array, weight: Array, bias: Array, axes: int, eps: float, centred: bool, residuals: list[Array] | None
) -> Array:
    spread, scale, factor = _parts(x, axes, eps, centred)
    if residuals is not None:
        residuals += spread, scale, factor
    others = [a.dtype for a in (weight, bias) if a is not None]
    out, rows = _like(x, axes, np.result_type(spread.dtype, *others))
    _scaled(spread, factor, weight, rows)
    if bias is not None:
        rows += bias.reshape(-1)
    return out if x.dtype.char != "e" else out.astype(np.result_type(x.dtype, *others))


def _rule(
    g: Array, need: tuple[bool, ...], x: Array, weight: Array, axes: int, eps: float, centred: bool,
    residuals: list[Array] | None,
) -> tuple[Array, ...]:  # fmt: skip
    """The gradients of x, weight and, of what is centred, bias. With s the distances, from the mean or from 0, r the
    root of their mean square + eps and d = G * weight / r, that of x is d - mean(d) - s * mean(d * s) / r^2, without
    mean(d) for distances from 0.
    """
    spread, scale, factor = _parts(x, axes, eps, centred) if residuals is None else residuals
    sizes, n, dtype = x.shape[-axes:], spread.shape[-1], g.dtype
    g = _rows(widened(g), axes)
    out, into = (None, None) if residuals is None else _like(x, axes, g.dtype)
    d = _scaled(g, factor, weight, into)
    if centred:
        d = np.subtract(d, _Rows.mean(d), out=into)
    own = g * spread
    of_weight = np.matmul(factor.T, own)
    along = _dots(own, ones(n, spread.dtype) if weight is None else weight.reshape(-1))
    along = along / float(n) * factor * factor * factor
    d = np.subtract(d, np.multiply(spread, along, out=None if out is None else own), out=into)
    if scale is not None:
        d = np.multiply(d, scale, out=into)
    found = [d.reshape(x.shape) if out is None else out, of_weight.reshape(sizes)]
    if centred:
        found.append(np.matmul(ones(len(g), g.dtype), g).reshape(sizes))
    pairs = zip(found, need, strict=True)
    return tuple((d if d.dtype is dtype else d.astype(dtype)) if wanted else None for d, wanted in pairs)


def layer_norm_definition(
    x: Array, weight: Array = None, bias: Array = None, *, axes: int = 1, eps: float = 1e-5
) -> Array:
    spread = x - np.mean(x, axis=tuple(range(-axes, 0)), keepdims=True)
    out = rms_norm_definition(spread, weight, axes=axes, eps=eps)
    return out if bias is None else out + bias


layer_norm: OpFunction = defop(
    "layer_norm",
    lambda x, weight=None, bias=None, *, axes=1, eps=1e-5, residuals=None: _kernel(
        x, weight, bias, axes, eps, True, residuals
    ),
    joint(lambda g, need, x, weight, axes, eps, residuals: _rule(g, need, x, weight, axes, eps, True, residuals)),
    definition=layer_norm_definition,
    kind="whole", slope=None, example=Example((2, 3), (3,), (3,)),
    doc="(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of the last axes of each sample.",
    doctest="layer_norm(tensor([[1.0, 3.0]]), eps=0.0) -> tensor([[-1., 1.]])",
)  # fmt: skip


def rms_norm_definition(x: Array, weight: Array = None, *, axes: int = 1, eps: float = 1e-5) -> Array:
    out = x / np.sqrt(np.mean(np.square(x), axis=tuple(range(-axes, 0)), keepdims=True) + eps)
    return out if weight is None else out * weight


rms_norm: OpFunction = defop(
    "rms_norm",
    lambda x, weight=None, *, axes=1, eps=1e-5, residuals=None: _kernel(x, weight, None, axes, eps, False, residuals),
    joint(lambda g, need, x, weight, axes, eps, residuals: _rule(g, need, x, weight, axes, eps, False, residuals)),
    definition=rms_norm_definition,
    kind="whole", slope=None, example=Example((2, 3), (3,)),
    doc="x / sqrt(mean(x^2) + eps) * weight, with the mean of the last axes of each sample.",
    doctest="rms_norm(tensor([[1.0, -1.0]]), eps=0.0) -> tensor([[ 1., -1.]])",
)  # fmt: skip


def _of_batch(x: Array, eps: float) -> tuple[Array, ...]:
    """How the batch is laid out; of each channel mean and variance; then as `_parts`."""
    wide = widened(x)
    channels = _channels(x.shape, plain(x).strides, wide.dtype)
    mean, spread, variance, factor, scale = _standard(channels.lay(wide), channels, eps)
    return channels, mean, variance, spread, scale, factor


def batch_norm_kernel(
    x: Array, weight: Array = None, bias: Array = None, *, eps: float = 1e-5, moments: Array = None,
    residuals: list[Array] | None = None,
) -> Array:  # fmt: skip
    channels, mean, variance, spread, scale, factor = _of_batch(x, eps)
    if residuals is not None:
        residuals += channels, spread, scale, factor
    if moments is not None:
        moments[0], moments[1] = mean, variance
    others = [a.dtype for a in (weight, bias) if a is not None]
    out, laid = channels.empty(np.result_type(spread.dtype, *others))
    np.multiply(spread, channels.beside(factor if weight is None else factor * weight), out=laid)
    if bias is not None:
        laid += channels.beside(bias)
    return out if x.dtype.char != "e" else out.astype(np.result_type(x.dtype, *others))


def batch_norm_rule(
    g: Array, need: tuple[bool, ...], x: Array, weight: Array, eps: float, residuals: list[Array] | None
) -> tuple[Array, ...]:
    """With s the distances from the mean and r the root of their mean square + eps, it is (G - mean(G) - s * mean(G *
    s) / r^2) * weight / r.
    """
    if residuals is None:
        channels, _, _, spread, scale, factor = _of_batch(x, eps)
    else:
        channels, spread, scale, factor = residuals
    dtype, g = g.dtype, channels.lay(widened(g))
    of_bias = channels.dot(g)
    g = g - channels.beside(of_bias / channels.count)
    along = channels.dot(g, spread)
    d = None
    if need[0]:
        out, into = (None, None) if residuals is None else channels.empty(g.dtype)
        falls = np.multiply(spread, channels.beside(along / channels.count * factor * factor), out=into)
        d = np.subtract(g, falls, out=into)
        for scales in (factor if weight is None else factor * weight, scale):
            if scales is not None:
                d = np.multiply(d, channels.beside(scales), out=into)
        d = channels.batch(d) if out is None else out
    found = d, along * factor if need[1] else None, of_bias if need[2] else None
    return tuple([d if d is None or d.dtype is dtype else d.astype(dtype) for d in found])


def batch_norm_definition(
    x: Array, weight: Array = None, bias: Array = None, *, eps: float = 1e-5, moments: Array = None
) -> Array:
    axes, sizes = (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))
    spread = x - np.mean(x, axis=axes, keepdims=True)
    out = spread / np.sqrt(np.mean(np.square(spread), axis=axes, keepdims=True) + eps)
    out = out if weight is None else out * weight.reshape(sizes)
    return out if bias is None else out + bias.reshape(sizes)


batch_norm: OpFunction = defop(
    "batch_norm", batch_norm_kernel, joint(batch_norm_rule), definition=batch_norm_definition,
    kind="whole", slope=None, example=Example((4, 3), (3,), (3,)),
    doc="(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each channel, the second axis, "
    "which are stored in ``moments``.",
    doctest="batch_norm(tensor([[1.0], [3.0]]), eps=0.0) -> tensor([[-1.],\n        [ 1.]])",
)  # fmt: skip
