"""Convolution in one and two dimensions, and its gradient by the input as a layer that enlarges images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import OperandError, Tensor
from autograd.ops.convolution import conv as _conv, conv_transpose as _conv_transpose
from nn.arguments import positive
from nn.defaults import Randomness, generator, parameter_dtype
from nn.layers.windows import Pairs, batched, brief, fitting, per_axis
from nn.module import Parameter
from nn.of_function import _OfFunction

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

_PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # as in np.pad


def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, *,
    flip: bool = False,
) -> Tensor:  # fmt: skip
    """``y[n, o, p] = bias[o] + sum_ck weight[o, c, k] x[n, c, s p + d k]`` for sequences x, (N, C, L) or (C, L).

    ``weight`` has shape (out_channels, in_channels / groups, kernel_size), the output (N, O, L') with
    ``L' = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1``. Arguments are those of `conv2d`.

    >>> import numpy as np
    >>> from nn.functional import conv1d
    >>> x, kernel = np.array([[[1.0, 2.0, 4.0, 8.0]]]), np.array([[[1.0, 0.0, -1.0]]])
    >>> conv1d(x, kernel)
    array([[[-3., -6.]]])
    >>> conv1d(x, kernel, flip=True)[0, 0], np.convolve(x[0, 0], kernel[0, 0], "valid")
    (array([3., 6.]), array([3., 6.]))
    """
    return _convolve("conv1d", 1, x, weight, bias, stride, padding, dilation, groups, flip)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, *,
    flip: bool = False,
) -> Tensor:  # fmt: skip
    """``y[n, o, p] = bias[o] + sum_ck weight[o, c, k] x[n, c, s p + d k]`` for images x, (N, C, H, W) or (C, H, W).

    Here p and k are positions in the output and in the kernel. ``weight`` has shape (out_channels,
    in_channels / groups, *kernel_size), ``bias`` (out_channels,), and the output (N, O, H', W') with
    ``H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1`` and W' likewise.

    ``stride``, ``padding`` and ``dilation`` are numbers, or pairs for height and width. ``padding`` adds zeros; it may
    also be "same" (keeps height and width, at stride 1) or "valid" (none). ``groups`` divides the channels into groups
    that are convolved separately. ``flip=True`` flips the kernels, which gives the convolution of mathematics; the
    default is cross-correlation, as in other libraries.

    Raises OperandError if shapes do not fit or the kernel exceeds the padded image, ValueError for invalid settings.

    >>> import numpy as np
    >>> from nn.functional import conv2d
    >>> image = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(image, np.ones((1, 1, 2, 2)))
    array([[[[ 8., 12.],
             [20., 24.]]]])
    >>> conv2d(image, np.ones((1, 1, 3, 3)), padding="same").shape
    (1, 1, 3, 3)
    """
    return _convolve("conv2d", 2, x, weight, bias, stride, padding, dilation, groups, flip)


def padding_pairs(padding: Any, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> Pairs:
    """The padding before and after each axis."""
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(f"padding='same' requires stride 1, not {brief(stride, 1)}.")
        whole = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in whole)
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f"padding must be a number, one per axis, 'same' or 'valid', not {padding!r}.")
    return tuple((p, p) for p in per_axis("padding", 0 if padding == "valid" else padding, len(size), least=0))


def _convolve(
    name: str, axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    flip: bool,
) -> Any:  # fmt: skip
    x, has_samples = batched(name, x, axes, weight)
    if weight.ndim != axes + 2:
        raise OperandError(
            f"{name}: the weight must have {axes + 2} axes (out channels, in channels / groups, *kernel size), but its "
            f"shape is {weight.shape}."
        )
    size = weight.shape[2:]
    if 0 in size:
        raise OperandError(
            f"{name}: a kernel needs at least one element along each axis, but the weight has shape {weight.shape}."
        )
    strides, dilations = per_axis("stride", stride, axes), per_axis("dilation", dilation, axes)
    sides = padding_pairs(padding, size, strides, dilations)
    (groups,) = per_axis("groups", groups, 1)
    _check_channels(name, x, weight, bias, groups, has_samples)
    fitting(name, x.shape, size, sides, dilations)
    if flip:
        weight = weight[(..., *(slice(None, None, -1),) * axes)]
    out = _conv(
        x, weight, bias, stride=brief(strides, 1), padding=brief(sides, 0), dilation=brief(dilations, 1),
        groups=groups if groups > 1 else None,
    )  # fmt: skip
    return out if has_samples else out[0]


def _check_channels(name: str, x: Any, weight: Any, bias: Any, groups: int, has_samples: bool) -> None:
    outputs, wanted = weight.shape[0], weight.shape[1] * groups
    if outputs % groups:
        raise OperandError(f"{name}: {outputs} output channels cannot be divided into {groups} groups.")
    if bias is not None and bias.shape != (outputs,):
        raise OperandError(f"{name}: the bias must have shape ({outputs},), one per output channel, not {bias.shape}.")
    if x.shape[1] == wanted:
        return
    shape = x.shape if has_samples else x.shape[1:]
    order = ("N, C" if has_samples else "C") + (", H, W" if x.ndim == 4 else ", L")
    if shape[-1] == wanted:
        hint = f" If its channels come last, pass np.moveaxis(x, -1, {int(has_samples)})."
    elif wanted == 1 and not has_samples:
        hint = " If these are samples with one channel, add its axis: x[:, None]."
    else:
        hint = ""
    raise OperandError(
        f"{name}: kernels of shape {weight.shape} take {wanted} channels{'' if groups == 1 else f' in {groups} groups'}"
        f", but the input has {x.shape[1]}: its shape {shape} is read as ({order}).{hint}"
    )


class _Conv(_OfFunction):
    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, flip: bool = False,
        dtype: DTypeLike | None = None, rng: Randomness = None,
    ) -> None:  # fmt: skip
        self.in_channels: int = positive("in_channels", in_channels, "number of channels")
        self.out_channels: int = positive("out_channels", out_channels, "number of channels")
        self.kernel_size: tuple[int, ...] = per_axis("kernel_size", kernel_size, self.axes)
        self.stride: tuple[int, ...] = per_axis("stride", stride, self.axes)
        self.dilation: tuple[int, ...] = per_axis("dilation", dilation, self.axes)
        self._sides = padding_pairs(padding, self.kernel_size, self.stride, self.dilation)
        self.padding: str | tuple[int, ...] = padding if isinstance(padding, str) else tuple(a for a, _ in self._sides)
        self.groups: int = positive("groups", groups, "number of groups")
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"{in_channels} and {out_channels} channels cannot both be divided into {groups} groups.")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {[*_PADDING_MODES]}, not {padding_mode!r}.")
        self.padding_mode = padding_mode
        self.flip = flip
        kind, rng = parameter_dtype(dtype), generator(rng)
        rows, columns = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (rows, columns // groups, *self.kernel_size)
        bound = 1.0 / math.sqrt(math.prod(shape[1:]))
        self.weight: Parameter = Parameter(rng.uniform(-bound, bound, shape).astype(kind))
        self.bias: Parameter | Any = Parameter(rng.uniform(-bound, bound, out_channels).astype(kind)) if bias else None

    def forward(self, x: Any) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":  # a margin made of the input itself
            x, has_samples = batched(type(self).__name__, x, self.axes, self.weight)
            mode: Any = _PADDING_MODES[self.padding_mode]
            x = np.pad(x, ((0, 0), (0, 0), *self._sides), mode)
            x, padding = x if has_samples else x[0], (0,) * self.axes
        where = self.stride, padding, self.dilation, self.groups, self.flip
        return _convolve(f"conv{self.axes}d", self.axes, x, self.weight, self.bias, *where)

    def extra_repr(self) -> str:
        words = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        usual: dict[str, Any] = {"padding": (0,) * self.axes, "output_padding": (0,) * self.axes}
        usual |= {"dilation": (1,) * self.axes, "groups": 1, "flip": False, "padding_mode": "zeros"}
        words += [
            f"{name}={getattr(self, name)}" for name, value in usual.items() if vars(self).get(name, value) != value
        ]
        return ", ".join(words if self.bias is not None else [*words, "bias=False"])


class Conv1d(_Conv, of=conv1d, axes=1):
    """A convolutional layer for sequences: the same small kernels at every position.

    Names, layout and initialization are those of ``torch.nn.Conv1d``; the arguments are described in `Conv2d`.
    """


class Conv2d(_Conv, of=conv2d, axes=2):
    """A convolutional layer for images: the same small kernels, of ``kernel_size``, at every position.

    ``padding_mode`` is "zeros", "reflect", "replicate" or "circular". Weight and bias are drawn from ``rng``, uniformly
    within ±1/√n for units with n inputs. Names, layout and initialization are those of ``torch.nn.Conv2d``.
    """


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
