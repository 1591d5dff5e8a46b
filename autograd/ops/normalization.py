"""Normalisation of rows as one op: numbers brought to mean 0 and variance 1, and then to a learned scale."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd.arrays import add_reduce
from autograd.engine.op import defop, joint
from autograd.engine.tensor import plain
from autograd.facts import Example
from autograd.ops.arithmetic import square
from autograd.ops.fused import ones, widened
from autograd.ops.reduce import mean

Array = Any

_MOST = 4096  # longer sums are more precise in pairs, as NumPy adds, than in a BLAS
_SMALL = 2.0**16  # times it numbers are near 1 that are so small that their products with gradients might vanish


def _dots_kernel(x: Array, y: Array) -> Array:
    return np.vecdot(x, y)[..., None] if x.shape[-1] <= _MOST else add_reduce(x * y, axis=-1, keepdims=True)


# The scalar product of each row with another, or with one for all: row by row, so that samples do not mix.
_dots = defop("_dots", _dots_kernel, (lambda g, y: g * y, lambda g, x: g * x))


def _outer_kernel(x: Array, y: Array) -> Array:
    if len(x) * len(y) < 10_000:
        return x * y
    # With a second column, of zeros: of one alone BLAS is not asked.
    left, right = np.zeros((len(x), 2), x.dtype), np.zeros((2, len(y)), y.dtype)
    left[:, :1], right[0] = x, y
    return np.matmul(left, right)


# A column times a row: as a product of matrices three times as fast as by repetition.
_outer = defop("_outer", _outer_kernel, (lambda g, y: g * y, lambda g, x: g * x))


def _mean(x: Array, axes: tuple[int, ...]) -> Array:
    if axes == (-1,):
        return _dots(x, ones(x.shape[-1], x.dtype)) / float(x.shape[-1])
    return mean(x, axis=axes, keepdims=True)


def _mean_square(x: Array, axes: tuple[int, ...]) -> Array:
    if axes == (-1,):
        return _dots(x, x) / float(x.shape[-1])
    return mean(square(x), axis=axes, keepdims=True)


def standard(x: Array, axes: tuple[int, ...], eps: float, centred: bool = True) -> tuple[Array, ...]:
    """Mean, distances from it, their mean square, ``1 / sqrt(mean square + eps)``, for each slice over the axes; and by
    what the distances are scaled, if at all.

    Where squares overflow, or vanish and eps does not hide it, distances and factor are those of numbers scaled by a
    power of two, whose product is the same.
    """
    centre = _mean(x, axes) if centred else 0.0
    spread = x - centre if centred else x
    with np.errstate(over="ignore"):
        variance = _mean_square(spread, axes)
    values, limits = plain(variance), np.finfo(x.dtype)
    if (values <= limits.max).all() and (eps >= limits.tiny or (values >= limits.tiny).all()):
        if centred:  # what the rounding of the mean has left, where that shows beside the root of the squares
            rest = _mean(plain(spread), axes)
            shows = np.abs(rest) > limits.eps * np.sqrt(values + eps)
            if shows.any():
                spread = spread - np.where(shows, rest, 0.0).astype(x.dtype)
                variance = _mean_square(spread, axes)
        return centre, spread, variance, 1.0 / np.sqrt(variance + eps), None
    largest = np.max(np.abs(plain(spread)), axis=axes, keepdims=True, initial=0.0)
    ordinary = np.isfinite(largest) & (largest > 0.0)
    exponents = np.maximum(np.frexp(np.where(ordinary, largest, 1.0))[1], limits.minexp + 2)
    scale = np.ldexp(np.ones((), x.dtype), -exponents)
    spread = spread * scale
    with np.errstate(over="ignore"):  # an eps that is larger than all scaled numbers: nothing else counts
        offset = (eps * scale * scale).astype(x.dtype)
    return centre, spread, variance, 1.0 / np.sqrt(_mean_square(spread, axes) + offset), scale


def _rows(x: Array, axes: int) -> Array:
    return x if x.ndim == 2 and axes == 1 else x.reshape((prod(x.shape[:-axes]), prod(x.shape[-axes:])))


def _parts(x: Array, weight: Array, axes: int, eps: float, centred: bool) -> list[Array]:
    """Of the rows: the distances, by what they were scaled, the factor of each row, and those of all entries."""
    _, spread, _, factor, scale = standard(_rows(widened(x), axes), (-1,), eps, centred)
    if scale is None and (plain(factor) > _SMALL).any():
        scale = np.ldexp(np.ones((), spread.dtype), np.frexp(plain(factor))[1])
        spread, factor = spread * scale, factor / scale
    return [spread, scale, factor, factor if weight is None else _outer(factor, weight.reshape(-1))]


def _kernel(
    x: Array, weight: Array, bias: Array, axes: int, eps: float, centred: bool, residuals: list[Array] | None
) -> Array:
    parts = _parts(x, weight, axes, eps, centred)
    if residuals is not None:
        residuals += parts
    out = parts[0] * parts[3]
    if bias is not None:
        out = np.add(out, bias.reshape(-1), out=out if out.dtype is bias.dtype else None)
    if x.dtype.char == "e":
        out = out.astype(np.result_type(*(a.dtype for a in (x, weight, bias) if a is not None)))
    return out.reshape(x.shape)


def _rule(
    g: Array, x: Array, weight: Array, axes: int, eps: float, centred: bool, residuals: list[Array] | None
) -> tuple[Array, ...]:
    """The gradients of x, weight and bias. A mean of x that is subtracted takes the mean of its gradient along."""
    spread, scale, factor, factors = _parts(x, weight, axes, eps, centred) if residuals is None else residuals
    sizes, n, dtype = x.shape[-axes:], spread.shape[-1], g.dtype
    g = _rows(widened(g), axes)
    own, d = g * spread, g * factors
    of_weight = np.matmul(factor.T, own)
    along = _dots(own, ones(n, spread.dtype) if weight is None else weight.reshape(-1))
    along = along / float(n) * factor * factor * factor
    middle = _mean(d, (-1,)) if centred else None
    if residuals is None:
        d = (d if middle is None else d - middle) - spread * along
    else:  # the same, into the arrays at hand
        if middle is not None:
            d -= middle
        d -= np.multiply(spread, along, out=own)
    if scale is not None:
        d = d * scale
    d = d if x.ndim == 2 else d.reshape(x.shape)  # a view would be copied where gradients are stored
    found = d, of_weight.reshape(sizes), add_reduce(g, axis=0).reshape(sizes)
    return found if dtype is g.dtype else tuple(a.astype(dtype) for a in found)


# --- layer norm ---------------------------------------------------------------------------------------------------


def layer_norm_kernel(
    x: Array, weight: Array = None, bias: Array = None, *, axes: int = 1, eps: float = 1e-5,
    residuals: list[Array] | None = None,
) -> Array:  # fmt: skip
    return _kernel(x, weight, bias, axes, eps, True, residuals)


def layer_norm_rule(
    g: Array, need: tuple[bool, ...], x: Array, weight: Array, axes: int, eps: float, residuals: list[Array] | None
) -> tuple[Array, ...]:
    """With s the distances from the mean, r the root of their mean square + eps and d = G * weight / r, it is
    d - mean(d) - s * mean(d * s) / r^2.
    """
    found = _rule(g, x, weight, axes, eps, True, residuals)
    return tuple(d if wanted else None for d, wanted in zip(found, need, strict=True))


def layer_norm_definition(
    x: Array, weight: Array = None, bias: Array = None, *, axes: int = 1, eps: float = 1e-5
) -> Array:
    spread = x - np.mean(x, axis=tuple(range(-axes, 0)), keepdims=True)
    out = rms_norm_definition(spread, weight, axes=axes, eps=eps)
    return out if bias is None else out + bias


layer_norm = defop(
    "layer_norm", layer_norm_kernel, joint(layer_norm_rule), definition=layer_norm_definition,
    kind="whole", slope=None, example=Example((2, 3), (3,), (3,)),
    doc="(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of the last axes of each sample.",
    doctest="layer_norm(tensor([[1.0, 3.0]]), eps=0.0) -> tensor([[-1., 1.]])",
)  # fmt: skip

# --- rms norm -----------------------------------------------------------------------------------------------------


def rms_norm_kernel(
    x: Array, weight: Array = None, *, axes: int = 1, eps: float = 1e-5, residuals: list[Array] | None = None
) -> Array:
    return _kernel(x, weight, None, axes, eps, False, residuals)


def rms_norm_rule(
    g: Array, need: tuple[bool, ...], x: Array, weight: Array, axes: int, eps: float, residuals: list[Array] | None
) -> tuple[Array, ...]:
    """With r the root of the mean square + eps and d = G * weight / r, it is d - x * mean(d * x) / r^2."""
    found = _rule(g, x, weight, axes, eps, False, residuals)
    return tuple(d if wanted else None for d, wanted in zip(found, need, strict=False))


def rms_norm_definition(x: Array, weight: Array = None, *, axes: int = 1, eps: float = 1e-5) -> Array:
    out = x / np.sqrt(np.mean(np.square(x), axis=tuple(range(-axes, 0)), keepdims=True) + eps)
    return out if weight is None else out * weight


rms_norm = defop(
    "rms_norm", rms_norm_kernel, joint(rms_norm_rule), definition=rms_norm_definition,
    kind="whole", slope=None, example=Example((2, 3), (3,)),
    doc="x / sqrt(mean(x^2) + eps) * weight, with the mean of the last axes of each sample.",
    doctest="rms_norm(tensor([[1.0, -1.0]]), eps=0.0) -> tensor([[ 1., -1.]])",
)  # fmt: skip
