"""Transposed convolution, the gradient of a convolution by its input: a layer that enlarges images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.convolution import conv_transpose as _conv_transpose
from nn.defaults import Randomness
from nn.layers.convolution import _Conv
from nn.layers.windows import batched, brief, per_axis

__all__ = ["ConvTranspose1d", "ConvTranspose2d"]

__autograd_transparent__ = True


class _ConvTranspose(_Conv):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", *,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros" or isinstance(padding, str):
            raise ValueError(f"{type(self).__name__} pads with zeros only, and takes padding as numbers.")
        how = kernel_size, stride, padding, dilation, groups, bias
        super().__init__(in_channels, out_channels, *how, dtype=dtype, rng=rng)
        self.output_padding: tuple[int, ...] = per_axis("output_padding", output_padding, self.axes, least=0)

    def forward(self, x: Any, output_size: Sequence[int] | None = None) -> Tensor:
        name = type(self).__name__
        x, has_samples = batched(name, x, self.axes, self.weight)
        if x.shape[1] != self.in_channels:
            raise OperandError(f"{name} needs {self.in_channels} channels, but the input has shape {x.shape}.")
        each = list(zip(x.shape[2:], self.kernel_size, self.stride, self._sides, self.dilation, strict=True))
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, (p, _), d in each]
        more = self.output_padding
        if output_size is not None:
            sizes = per_axis("output_size", tuple(output_size)[-self.axes :], self.axes)
            more = tuple(m - n for m, n in zip(sizes, least, strict=True))
        shape = tuple(n + m for n, m in zip(least, more, strict=True))
        if min(shape) < 1 or not all(0 <= m < max(s, d) for m, (_, _, s, _, d) in zip(more, each, strict=True)):
            raise ValueError(
                f"{name}: an input of shape {x.shape} gives an output of size {tuple(least)} at least, to which "
                f"output_padding or output_size can add less than the stride or the dilation, but not up to {shape}."
            )
        if any(beyond := [m // s for m, s in zip(more, self.stride, strict=True)]):  # where nothing is put down
            x = np.pad(x, ((0, 0), (0, 0), *((0, n) for n in beyond)))
        groups = self.groups if self.groups > 1 else None
        how = {"stride": brief(self.stride, 1), "padding": brief(self._sides, 0), "dilation": brief(self.dilation, 1)}
        out = _conv_transpose(x, self.weight, shape=shape, groups=groups, **how)
        out = out if self.bias is None else out + self.bias.reshape((-1, *(1,) * self.axes))
        return out if has_samples else out[0]


class ConvTranspose1d(_ConvTranspose, axes=1):
    """A transposed convolution for sequences (N, C, L) or (C, L); see `ConvTranspose2d`.

    >>> import numpy as np
    >>> import nn
    >>> nn.ConvTranspose1d(4, 2, 3, stride=2)(np.zeros((5, 4, 10), "float32")).shape
    (5, 2, 21)
    """


class ConvTranspose2d(_ConvTranspose, axes=2):
    """A transposed convolution for images: every pixel of the input adds a multiple of the kernel to the output.

    It is the gradient of a `Conv2d` by its input. Inputs have shape (N, C, H, W) or (C, H, W), ``weight`` (in_channels,
    out_channels / groups, *kernel_size), and the output has
    ``H' = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1`` and W' likewise. A strided convolution
    maps several sizes to one; ``output_padding``, or ``output_size`` in a call, selects which of them to restore.

    Names, layout and initialization are those of ``torch.nn.ConvTranspose2d``.

    >>> import numpy as np
    >>> import nn
    >>> layer = nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)
    >>> layer(np.zeros((5, 16, 7, 7), "float32")).shape
    (5, 8, 14, 14)
    """
