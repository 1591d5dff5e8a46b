"""Convolutional layers, in one and two dimensions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn.defaults import Randomness, generator, parameter_dtype
from nn.functional.convolution import conv1d, conv2d, padding_pairs
from nn.functional.windows import batched, per_axis
from nn.module import Module, Parameter
from nn.validation import positive

__all__ = ["Conv1d", "Conv2d"]

__autograd_transparent__ = True

_PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # as in np.pad


class _Conv(Module):
    """What convolutional layers have in common. A subclass says how many axes its kernels move along."""

    axes: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        flip: bool = False,
        dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:
        self.in_channels = positive("in_channels", in_channels, "number of channels")
        self.out_channels = positive("out_channels", out_channels, "number of channels")
        self.kernel_size = per_axis("kernel_size", kernel_size, self.axes)
        self.stride = per_axis("stride", stride, self.axes)
        self.dilation = per_axis("dilation", dilation, self.axes)
        self._sides = padding_pairs(padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else tuple(before for before, _ in self._sides)
        self.groups = positive("groups", groups, "number of groups")
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{in_channels} and {out_channels} channels cannot both be divided into {groups} groups.")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"padding_mode is one of {', '.join(map(repr, _PADDING_MODES))}, not {padding_mode!r}.")
        self.padding_mode = padding_mode
        self.flip = flip
        kind, rng = parameter_dtype(dtype), generator(rng)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        bound = 1.0 / math.sqrt(math.prod(shape[1:]))
        self.weight = Parameter(rng.uniform(-bound, bound, shape).astype(kind))
        self.bias: Parameter | Any = Parameter(rng.uniform(-bound, bound, out_channels).astype(kind)) if bias else None

    def forward(self, x: Any) -> Any:
        padded = self.padding_mode != "zeros"
        x, padding = (self._padded(x), 0) if padded else (x, self.padding)
        function = conv1d if self.axes == 1 else conv2d
        return function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups, flip=self.flip)

    def _padded(self, x: Any) -> Any:
        """The input with a margin made of itself."""
        x, has_samples = batched(type(self).__name__, x, self.axes, self.weight)
        mode: Any = _PADDING_MODES[self.padding_mode]
        x = np.pad(x, ((0, 0), (0, 0), *self._sides), mode)
        return x if has_samples else x[0]

    def extra_repr(self) -> str:
        words = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, usual in (("padding", 0), ("dilation", 1)):
            value = getattr(self, name)
            if value != (usual,) * self.axes:
                words.append(f"{name}={value}")
        for name, default in (("groups", 1), ("flip", False), ("padding_mode", "zeros")):
            if getattr(self, name) != default:
                words.append(f"{name}={getattr(self, name)}")
        return ", ".join(words if self.bias is not None else [*words, "bias=False"])


class Conv1d(_Conv):
    """A convolutional layer for sequences: the same small kernels at every place.

    ``y[n, o, p] = bias[o] + sum_ck weight[o, c, k] x[n, c, s p + d k]``, with input (N, C, L) or (C, L), ``weight``
    (out_channels, in_channels / groups, kernel_size) and output (N, O, L') with
    ``L' = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1``. Arguments as those of `Conv2d`.

    Names, layout and start values are those of ``torch.nn.Conv1d``.

    >>> import numpy as np
    >>> import nn
    >>> nn.Conv1d(2, 4, 3, padding="same")(np.zeros((5, 2, 10), "float32")).shape
    (5, 4, 10)
    """

    axes = 1


class Conv2d(_Conv):
    """A convolutional layer for images: the same small kernels at every place.

    ``y[n, o, p] = bias[o] + sum_ck weight[o, c, k] x[n, c, s p + d k]``, where p and k are places in the output and in
    the kernel. Input (N, C, H, W), or (C, H, W) for one image; ``weight`` (out_channels, in_channels / groups,
    *kernel_size), ``bias`` (out_channels,); output (N, O, H', W') with
    ``H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1`` and W' likewise.

    ``kernel_size``, ``stride``, ``padding`` and ``dilation`` are numbers, or pairs for height and width. ``padding``
    may be "same" (keeps height and width, at stride 1) or "valid" (none); ``padding_mode`` says what it consists of:
    "zeros", "reflect", "replicate" or "circular". With ``groups``, channels are divided into parts that do not see
    each other. ``flip=True`` mirrors the kernels, which makes this the convolution of mathematics; without it it is
    the cross-correlation, as everywhere in this field. Both parameters start uniform in ±1/√n for a unit of n inputs,
    drawn from ``rng``.

    Raises OperandError for inputs with other axes, another number of channels, or smaller than the kernel.

    Names, layout and start values are those of ``torch.nn.Conv2d``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.Conv2d(1, 8, 5, padding=2)
    >>> layer
    Conv2d(1, 8, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    >>> layer(np.zeros((64, 1, 28, 28), "float32")).shape
    (64, 8, 28, 28)
    """

    axes = 2
