"""Normalization to mean 0 and variance 1: over a batch, over the features of each sample, over groups of channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.engine.tensor import plain
from autograd.ops.normalization import batch_norm as _batch_norm, layer_norm as _layer_norm, rms_norm as _rms_norm
from nn.arguments import floating, not_negative, positive, probability
from nn.defaults import parameter_dtype
from nn.module import Buffer, Module, Parameter
from nn.of_function import _OfFunction, of

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "LayerNorm", "RMSNorm"]


def batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """``(x - mean) / sqrt(variance + eps) * weight + bias`` for each channel, with x of shape (N, C, ...).

    In ``training``, mean and variance are those of the batch, taken over all axes but the second, and the gradient
    flows through them. The running statistics, if given, are updated in place, as arrays or as the data of Tensors:
    ``running = (1 - momentum) running + momentum new``, where the new variance is unbiased (divided by n - 1, not n).
    Without ``training``, the running statistics are used; if they are missing, ValueError is raised.

    Raises OperandError for shapes that do not fit, and ValueError in training for fewer than two values per channel.
    Ioffe and Szegedy, "Batch normalization", ICML 2015.

    >>> from nn.functional import batch_norm
    >>> batch_norm([[1.0, 0.0], [3.0, 8.0]], training=True).round(3)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    x = floating(x, weight)
    shape = x.shape
    if len(shape) < 2:
        raise OperandError(f"batch_norm needs an input of shape (N, C, ...), not {shape}.")
    channels = shape[1:2]
    for name, part in (("weight", weight), ("bias", bias), ("mean", running_mean), ("variance", running_var)):
        if part is not None and part.shape != channels:
            raise OperandError(
                f"batch_norm: an input of shape {shape} has {shape[1]} channels (axis 1), but the {name} has shape "
                f"{part.shape}."
            )
    if training:
        count = shape[0] * prod(shape[2:])
        if count < 2:
            raise ValueError(
                f"batch_norm in training needs at least 2 values per channel for a variance, but an input of shape "
                f"{shape} has {count}. Pass a larger batch, or call eval() to use running statistics. To skip a last "
                "batch of one sample, use nn.data.Loader(data, batch_size, drop_last=True), which nn.fit takes too."
            )
        moments = np.empty((2, *channels), np.result_type(x.dtype, np.float32))
        out = _batch_norm(x, weight, bias, eps=eps, moments=moments)
        _move(running_mean, moments[0], momentum)
        _move(running_var, moments[1], momentum, count / (count - 1))
        return out
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var unless training=True.")
    factor = 1.0 / np.sqrt(running_var + eps)
    if weight is not None:
        factor = weight * factor
    offset = -running_mean * factor if bias is None else bias - running_mean * factor
    sizes = (-1, *(1,) * (len(shape) - 2))  # of what belongs to the channels, against x
    return x * factor.reshape(sizes) + offset.reshape(sizes)


class _BatchNorm(_OfFunction):
    """The base of batch normalization layers, which differ in the shapes that they accept."""

    _ndims: tuple[int, ...]
    _shapes: str

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        kind = parameter_dtype(dtype)
        self.num_features: int = positive("num_features", num_features)
        self.eps: float = not_negative("eps", eps)
        self.momentum: float | None = None if momentum is None else probability("momentum", momentum, "fraction")
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight: Parameter | Any = Parameter(np.ones(num_features, kind)) if affine else None
        self.bias: Parameter | Any = Parameter(np.zeros(num_features, kind)) if affine else None
        self.running_mean: Buffer | Any = Buffer(np.zeros(num_features, kind)) if track_running_stats else None
        self.running_var: Buffer | Any = Buffer(np.ones(num_features, kind)) if track_running_stats else None
        self.num_batches_tracked: Buffer | Any = Buffer(np.array(0, np.int64)) if track_running_stats else None

    def _check(self, x: Any) -> None:
        if len(x.shape) not in self._ndims or x.shape[1] != self.num_features:
            raise OperandError(
                f"{type(self).__name__}({self.num_features}) needs an input of shape {self._shapes} with C = "
                f"{self.num_features} channels, not {x.shape}."
            )

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.weight)
        self._check(x)
        if not self.training and self.running_mean is not None:
            return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        momentum: Any = 0.0 if self.momentum is None else self.momentum
        if self.training and self.momentum is None and self.num_batches_tracked is not None:
            momentum = 1.0 / (1.0 + self.num_batches_tracked.data)
        out = self._normalized(x, momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.data = np.asarray(self.num_batches_tracked.data + 1)
        return out

    def _normalized(self, x: Any, momentum: float) -> Tensor:
        """Normalize with the statistics of the batch, and move the running ones."""
        return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True, momentum, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm, of=batch_norm):
    """Normalizes every feature to mean 0 and variance 1 over the samples of a batch, then scales and shifts it.

    x has shape (N, C) or (N, C, L), as has the result. With ``momentum=None``, ``running_mean`` and ``running_var`` are
    the averages over all batches so far, which ``num_batches_tracked`` counts. Evaluation uses these running
    statistics, or with ``track_running_stats=False`` those of the batch. ``affine=False`` omits weight (initially 1)
    and bias (initially 0). Names, layout and counting are those of ``torch.nn.BatchNorm1d``.
    """

    _ndims = (2, 3)
    _shapes = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Normalizes every channel of images to mean 0 and variance 1 over a batch and all positions, then scales it.

    It works like `BatchNorm1d`, with x of shape (N, C, H, W). Names and layout are those of ``torch.nn.BatchNorm2d``.

    >>> import numpy as np
    >>> import nn
    >>> norm = nn.BatchNorm2d(3)
    >>> norm(np.zeros((8, 3, 5, 5), "float32")).shape
    (8, 3, 5, 5)
    >>> list(norm.state_dict())
    ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
    """

    _ndims = (4,)
    _shapes = "(N, C, H, W)"


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """``(x - mean) / sqrt(variance + eps) * weight + bias`` with mean and variance over the last axes.

    ``normalized_shape`` holds the sizes of these axes (an integer for one axis); weight and bias have the same shape
    and start at 1 and 0 in `nn.LayerNorm`. The variance is biased (divided by n). Training and evaluation do the same,
    and samples do not mix. The result has the shape of x.

    Raises OperandError if the input does not end in these axes. Ba, Kiros and Hinton, "Layer normalization" (2016),
    arXiv:1607.06450. Names and layout are those of ``torch.nn.LayerNorm``.

    >>> from nn.functional import layer_norm
    >>> layer_norm([[1.0, 3.0], [0.0, 8.0]], 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
    """
    x = floating(x, weight)
    axes = _last_axes("layer_norm", x, normalized_shape, weight, bias)
    return _layer_norm(x, weight, bias, axes=axes, eps=eps)


class LayerNorm(of.LayerNorm, of=layer_norm):
    """Normalizes the features of each sample to mean 0 and variance 1, then scales and shifts them."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        self.normalized_shape: tuple[int, ...] = _sizes(normalized_shape)
        self.eps: float = not_negative("eps", eps)
        self.elementwise_affine = elementwise_affine
        shape, kind = self.normalized_shape, parameter_dtype(dtype)
        self.weight: Parameter | Any = Parameter(np.ones(shape, kind)) if elementwise_affine else None
        self.bias: Parameter | Any = Parameter(np.zeros(shape, kind)) if elementwise_affine and bias else None

    def forward(self, x: Any) -> Tensor:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        bias = "" if not self.elementwise_affine or self.bias is not None else ", bias=False"
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}{bias}"


def rms_norm(x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Tensor:
    """``x / sqrt(mean(x^2) + eps) * weight`` with the mean over the last axes.

    ``normalized_shape`` holds the sizes of these axes (an integer for one axis), as in `layer_norm`; the weight has the
    same shape and starts at 1 in `nn.RMSNorm`. ``eps`` defaults to the machine epsilon of x's dtype, as in PyTorch.

    Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019; names as in ``torch.nn.RMSNorm``.

    >>> from nn.functional import rms_norm
    >>> rms_norm([3.0, 4.0], 2).round(3)
    array([0.849, 1.131], dtype=float32)
    """
    x = floating(x, weight)
    axes = _last_axes("rms_norm", x, normalized_shape, weight)
    if eps is None:
        eps = float(np.finfo(x.dtype).eps)
    return _rms_norm(x, weight, axes=axes, eps=eps)


class RMSNorm(of.RMSNorm, of=rms_norm):
    """Divides the features of each sample by their root mean square, then multiplies them by a learned scale."""

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True, *,
        dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        shape = _sizes(normalized_shape)
        self.normalized_shape: tuple[int, ...] = shape
        self.eps: float | None = None if eps is None else not_negative("eps", eps)
        self.elementwise_affine = elementwise_affine
        self.weight: Parameter | Any = Parameter(np.ones(shape, parameter_dtype(dtype))) if elementwise_affine else None

    def forward(self, x: Any) -> Tensor:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalizes groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.

    ``y = (x - mean) / sqrt(variance + eps) * weight + bias`` with x of shape (N, C, ...), mean and variance over the
    C / num_groups channels of a group; ``weight`` (initially 1) and ``bias`` (initially 0) have shape (C,).

    Wu and He, "Group normalization", ECCV 2018. Names and layout are those of ``torch.nn.GroupNorm``.

    >>> import nn
    >>> nn.GroupNorm(2, 4, dtype="float64")([[1.0, 3.0, 0.0, 8.0]]).data.round(3)
    array([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *,
        dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        self.num_groups: int = positive("num_groups", num_groups, "number of groups")
        self.num_channels: int = positive("num_channels", num_channels, "number of channels")
        if num_channels % num_groups:
            raise ValueError(f"{num_channels} channels cannot be divided into {num_groups} groups.")
        self.eps: float = not_negative("eps", eps)
        self.affine = affine
        kind = parameter_dtype(dtype)
        self.weight: Parameter | Any = Parameter(np.ones(num_channels, kind)) if affine else None
        self.bias: Parameter | Any = Parameter(np.zeros(num_channels, kind)) if affine else None

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.weight)
        if x.shape[1:2] != (self.num_channels,):
            raise OperandError(f"{self!r} needs a shape (N, C, ...) with C = {self.num_channels}, not {x.shape}.")
        rows = x.reshape((len(x), self.num_groups, self.num_channels // self.num_groups * prod(x.shape[2:])))
        return _affine(_layer_norm(rows, axes=1, eps=self.eps).reshape(x.shape), self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class _InstanceNorm(_BatchNorm):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, dtype: DTypeLike | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype=dtype)

    def forward(self, x: Any) -> Tensor:
        x = floating(x, self.weight)
        single = x.ndim == self._ndims[0] - 1
        x = x[None] if single else x
        self._check(x)
        (samples, channels, *places), mean, variance = x.shape, self.running_mean, self.running_var
        if mean is not None and not self.training:
            out = batch_norm(x, mean, variance, self.weight, self.bias, eps=self.eps)
            return out[0] if single else out
        if (count := prod(places)) < 2:
            raise ValueError(f"{self!r} needs at least 2 values per channel and sample, not shape {x.shape}.")
        moments = np.empty((2, samples * channels), np.result_type(x.dtype, np.float32))
        out = _batch_norm(x.reshape((1, samples * channels, *places)), eps=self.eps, moments=moments).reshape(x.shape)
        if mean is not None and samples:
            found, momentum = moments.reshape(2, samples, channels).mean(axis=1), self.momentum or 0.0
            _move(mean, found[0], momentum)
            _move(variance, found[1], momentum, count / (count - 1))
        out = _affine(out, self.weight, self.bias)
        return out[0] if single else out


class InstanceNorm1d(_InstanceNorm):
    """Normalizes every channel of each sequence (N, C, L) or (C, L) to mean 0 and variance 1.

    ``affine=True`` then multiplies by ``weight`` and adds ``bias``. With ``track_running_stats=True``, training keeps
    running averages over the samples, as `BatchNorm1d` does, and evaluation uses them.

    Ulyanov, Vedaldi and Lempitsky, arXiv:1607.08022. Names and defaults are those of ``torch.nn.InstanceNorm1d``.

    >>> import nn
    >>> nn.InstanceNorm1d(1)([[[1.0, 3.0]]]).round(3)
    array([[[-1.,  1.]]], dtype=float32)
    """

    _ndims = (3,)
    _shapes = "(N, C, L) or (C, L)"


class InstanceNorm2d(_InstanceNorm):
    """Normalizes every channel of each image (N, C, H, W) or (C, H, W) to mean 0 and variance 1; see `InstanceNorm1d`.

    >>> import nn
    >>> nn.InstanceNorm2d(1)([[[[1.0], [3.0]]]]).ravel().round(3)
    array([-1.,  1.], dtype=float32)
    """

    _ndims = (4,)
    _shapes = "(N, C, H, W) or (C, H, W)"


def _move(running: Any, new: Any, momentum: float, correction: float = 1.0) -> None:
    """Move a running statistic part of the way towards that of a batch."""
    if isinstance(running, Tensor):  # not in place: a graph may hold the old values
        running.data = _between(plain(running), new, momentum, correction)
    elif running is not None:
        running[...] = _between(running, new, momentum, correction)


def _between(old: Any, new: Any, momentum: float, correction: float) -> Any:
    return ((1.0 - momentum) * old + (momentum * correction) * new).astype(old.dtype)


def _last_axes(name: str, x: Any, normalized_shape: int | Sequence[int], weight: Any, bias: Any = None) -> int:
    """The number of last axes to normalize over; raises OperandError if something does not fit them."""
    sizes = (normalized_shape,) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)
    if not sizes or x.shape[-len(sizes) :] != sizes:
        raise OperandError(
            f"{name}: the last axes must have the sizes normalized_shape={sizes}, but the input has shape {x.shape}."
        )
    for word, part in (("weight", weight), ("bias", bias)):
        if part is not None and part.shape != sizes:
            raise OperandError(f"{name}: the {word} has shape {part.shape}, but normalized_shape is {sizes}.")
    return len(sizes)


def _sizes(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(normalized_shape, Sequence) and len(normalized_shape):
        return tuple(positive("normalized_shape", n) for n in normalized_shape)
    return (positive("normalized_shape", normalized_shape),)


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """Each channel times its weight, plus its bias."""
    sizes = (-1, *(1,) * (x.ndim - 2))
    return x if weight is None else x * weight.reshape(sizes) + bias.reshape(sizes)
