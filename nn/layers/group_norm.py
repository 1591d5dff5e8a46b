"""Normalization within each sample: over groups of channels, and over each channel."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.normalization import batch_norm as _batch_norm, layer_norm as _layer_norm
from nn.defaults import parameter_dtype
from nn.layers.normalization import _BatchNorm, _move, batch_norm
from nn.module import Module, Parameter
from nn.validation import floating, not_negative, positive

__all__ = ["GroupNorm", "InstanceNorm1d", "InstanceNorm2d"]

__autograd_transparent__ = True


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """Each channel times its weight, plus its bias."""
    sizes = (-1, *(1,) * (x.ndim - 2))
    return x if weight is None else x * weight.reshape(sizes) + bias.reshape(sizes)


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
