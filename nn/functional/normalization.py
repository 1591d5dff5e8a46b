"""Normalisation as functions: numbers brought to mean 0 and variance 1, and what is learned after that."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autograd import OperandError, Tensor
from autograd.ops import arithmetic, reduce
from autograd.ops.limits import plain
from nn.validation import floating

__all__ = ["batch_norm", "layer_norm", "rms_norm"]

__autograd_transparent__ = True

_mean = reduce.mean
_square = arithmetic.square


def batch_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """``(x - mean) / sqrt(variance + eps) * weight + bias`` for each channel, with x of shape (N, C, ...).

    In ``training``, mean and variance are those of the batch (over all axes but the second, divided by their count n);
    the running ones, when there are any, move towards them by ``momentum``, the variance with its unbiased value
    (divided by n - 1). They are changed in place: as arrays, or as the data of Tensors. Otherwise the running ones are
    used. Weight and bias have shape (C,).

    Raises OperandError for an input with another number of channels, ValueError in training for less than two values
    per channel, and otherwise without running statistics.

    See `nn.BatchNorm2d` for the source.

    >>> import numpy as np
    >>> from nn.functional import batch_norm
    >>> batch_norm(np.array([[1.0, 0.0], [3.0, 8.0]]), training=True).round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    x = floating(x, weight)
    if len(x.shape) < 2:
        raise OperandError(f"batch_norm needs an input of shape (N, C, ...), not {x.shape}.")
    sizes = (x.shape[1], *(1,) * (len(x.shape) - 2))  # of what belongs to the channels, against x
    for name, part in (("weight", weight), ("bias", bias), ("mean", running_mean), ("variance", running_var)):
        if part is not None and part.shape != sizes[:1]:
            raise OperandError(
                f"batch_norm: an input of shape {x.shape} has {sizes[0]} channels, its second axis, but the {name} has "
                f"shape {part.shape}."
            )
    if training:
        axes = (0, *range(2, len(x.shape)))
        count = prod(x.shape[i] for i in axes)
        if count < 2:
            raise ValueError(
                f"batch_norm in training needs at least 2 values per channel to have a variance, and an input of shape "
                f"{x.shape} has {count}. Pass a larger batch, or call eval() to use the running statistics. A last "
                "batch of one sample is left out by nn.data.Loader(data, batch_size, drop_last=True), also for nn.fit."
            )
        mean, spread, variance, factor = _standard(x, axes, eps)
        out = spread * (factor if weight is None else weight.reshape(sizes) * factor)  # one pass over x instead of two
        out = out if bias is None else out + bias.reshape(sizes)
        _move(running_mean, mean, momentum)
        _move(running_var, variance, momentum, count / (count - 1))
        return out
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var, unless training=True.")
    factor = 1.0 / np.sqrt(running_var + eps)
    if weight is not None:
        factor = weight * factor
    offset = -running_mean * factor if bias is None else bias - running_mean * factor
    return x * factor.reshape(sizes) + offset.reshape(sizes)


def _standard(x: Any, axes: tuple[int, ...], eps: float, centred: bool = True) -> tuple[Any, Any, Any, Any]:
    """Mean, distances from it, their mean square, and ``1 / sqrt(mean square + eps)``, for each slice over the axes.

    Where squares overflow, or vanish and eps does not hide it, distances and factor are those of numbers scaled by a
    power of two, whose product is the same.
    """
    mean = _mean(x, axis=axes, keepdims=True) if centred else 0.0
    spread = x - mean if centred else x
    with np.errstate(over="ignore"):
        variance = _mean(_square(spread), axis=axes, keepdims=True)
    if _is_in_range(variance, eps):
        if centred and np.any(off := _off_centre(plain(spread), plain(variance) + eps, axes)):
            spread = spread - off
            variance = _mean(_square(spread), axis=axes, keepdims=True)
        return mean, spread, variance, 1.0 / np.sqrt(variance + eps)
    largest = np.max(np.abs(plain(spread)), axis=axes, keepdims=True, initial=0.0)
    ordinary = np.isfinite(largest) & (largest > 0.0)
    exponents = np.maximum(np.frexp(np.where(ordinary, largest, 1.0))[1], np.finfo(x.dtype).minexp + 2)
    scale = np.ldexp(np.ones((), x.dtype), -exponents)
    spread = spread * scale
    with np.errstate(over="ignore"):  # an eps that is larger than all scaled numbers: nothing else counts
        offset = (eps * scale * scale).astype(x.dtype)
    squares = _mean(_square(spread), axis=axes, keepdims=True)
    return mean, spread, variance, 1.0 / np.sqrt(squares + offset)


def _off_centre(spread: Any, squares: Any, axes: tuple[int, ...]) -> Any:
    """The mean that the rounding of another mean has left, where that shows beside the root of the squares."""
    rest = _mean(spread, axis=axes, keepdims=True)
    return np.where(np.abs(rest) > np.finfo(spread.dtype).eps * np.sqrt(squares), rest, 0.0).astype(spread.dtype)


def _is_in_range(variance: Any, eps: float) -> bool:
    values = plain(variance)
    limits = np.finfo(values.dtype)
    return bool(np.all(values <= limits.max) and (eps >= limits.tiny or np.all(values >= limits.tiny)))


def _move(running: Any, new: Any, momentum: float, correction: float = 1.0) -> None:
    """Let a running statistic go a part of the way to that of a batch."""
    if running is None:
        return
    values = (new.data if isinstance(new, Tensor) else new).reshape(-1)
    old = running.data if isinstance(running, Tensor) else running
    moved = ((1.0 - momentum) * old + (momentum * correction) * values).astype(old.dtype)
    if isinstance(running, Tensor):
        running.data = moved  # and not in place: a graph may hold the old values
    else:
        running[...] = moved


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """``(x - mean) / sqrt(variance + eps) * weight + bias``, with mean and variance of the last axes of each sample.

    ``normalized_shape`` are the sizes of those axes, and the shape of weight and bias. The variance is divided by the
    count. The result has the shape of x.

    Raises OperandError when x does not end in these axes.

    See `nn.LayerNorm` for the source.

    >>> import numpy as np
    >>> from nn.functional import layer_norm
    >>> layer_norm(np.array([[1.0, 3.0], [0.0, 8.0]]), 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    x = floating(x, weight)
    axes = _last_axes("layer_norm", x, normalized_shape, weight, bias)
    _, spread, _, factor = _standard(x, axes, eps)
    out = spread * factor
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


def rms_norm(x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """``x / sqrt(mean(x^2) + eps) * weight``, with the mean of the last axes of each sample.

    ``normalized_shape`` are the sizes of those axes, and the shape of the weight. Without ``eps`` it is the distance
    from 1 to the next number in the dtype of x, as in PyTorch. The result has the shape of x.

    Raises OperandError when x does not end in these axes.

    See `nn.RMSNorm` for the source.

    >>> import numpy as np
    >>> from nn.functional import rms_norm
    >>> rms_norm(np.array([3.0, 4.0]), 2).round(3)
    array([0.849, 1.131])
    """
    x = floating(x, weight)
    axes = _last_axes("rms_norm", x, normalized_shape, weight)
    if eps is None:
        eps = float(np.finfo(x.dtype).eps)
    _, x, _, factor = _standard(x, axes, eps, centred=False)
    out = x * factor
    return out if weight is None else out * weight


def _last_axes(
    name: str, x: Any, normalized_shape: int | Sequence[int], weight: Any, bias: Any = None
) -> tuple[int, ...]:
    """The axes to go over, counted from the last, when everything fits them."""
    sizes = (normalized_shape,) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)
    if not sizes or x.shape[-len(sizes) :] != sizes:
        raise OperandError(
            f"{name}: normalized_shape {sizes} are the sizes of the last axes, but the input has shape {x.shape}."
        )
    for word, part in (("weight", weight), ("bias", bias)):
        if part is not None and part.shape != sizes:
            raise OperandError(f"{name}: the {word} has shape {part.shape}, but normalized_shape is {sizes}.")
    return tuple(range(-len(sizes), 0))
