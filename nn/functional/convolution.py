"""Convolution as functions, in one and two dimensions."""

from __future__ import annotations

from typing import Any

from autograd import OperandError
from autograd.ops import windows
from nn.functional.windows import Pairs, batched, brief, fitting, per_axis

__all__ = ["conv1d", "conv2d"]

__autograd_transparent__ = True

_conv = windows.conv


def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    flip: bool = False,
) -> Any:
    """Move kernels along sequences: ``y[n, o, p] = bias[o] + sum_ck weight[o, c, k] x[n, c, s p + d k]``.

    ``x`` has shape (N, C, L), or (C, L) for one sample; ``weight`` (O, C / groups, K) and ``bias`` (O,). The result is
    (N, O, ``floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1``). See `conv2d` for the arguments and errors.

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
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    flip: bool = False,
) -> Any:
    """Move kernels over images: each output is the sum of a window times a kernel, plus a bias.

    ``x`` has shape (N, C, H, W), or (C, H, W) for one image; ``weight`` (O, C / groups, K, K') and ``bias`` (O,). The
    result is (N, O, H', W') with ``H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1`` and W' likewise.
    Each of ``stride``, ``padding`` and ``dilation`` is a number, or a pair for height and width; padding is with
    zeros, "same" keeps height and width (at stride 1), "valid" is none. With ``groups``, channels are divided into as
    many parts that do not see each other.

    As everywhere in this field the kernel is not mirrored: this is the cross-correlation. ``flip=True`` mirrors it,
    which makes it the convolution of mathematics.

    Raises OperandError for shapes that do not fit together and for a kernel larger than the padded image, ValueError
    for settings that are none.

    Arguments and results are those of ``torch.nn.functional.conv2d``.

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
    """What is put before and after each axis.

    >>> from nn.functional.convolution import padding_pairs
    >>> padding_pairs("same", (3, 4), (1, 1), (1, 1))
    ((1, 1), (1, 2))
    """
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(f"padding='same' is for stride 1, not {brief(stride, 1)}.")
        whole = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in whole)
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f"padding is a number, one per axis, 'same' or 'valid', not {padding!r}.")
    return tuple((p, p) for p in per_axis("padding", 0 if padding == "valid" else padding, len(size), least=0))


def _convolve(
    name: str, axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    flip: bool,
) -> Any:  # fmt: skip
    x, has_samples = batched(name, x, axes, weight)
    if weight.ndim != axes + 2:
        raise OperandError(
            f"{name}: the weight has shape (out channels, in channels / groups, *size), so {axes + 2} axes; this one "
            f"has shape {weight.shape}."
        )
    size = weight.shape[2:]
    if 0 in size:
        raise OperandError(
            f"{name}: a kernel has at least one number along each axis; this weight has shape {weight.shape}."
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
        raise OperandError(f"{name}: the bias has shape ({outputs},), one for each output channel, not {bias.shape}.")
    if x.shape[1] == wanted:
        return
    shape = x.shape if has_samples else x.shape[1:]
    order = ("N, C" if has_samples else "C") + (", H, W" if x.ndim == 4 else ", L")
    if shape[-1] == wanted:
        hint = f" Channels seem to come last: pass np.moveaxis(x, -1, {int(has_samples)})."
    elif wanted == 1 and not has_samples:
        hint = " Are these samples of one channel? Give them an axis for it: x[:, None]."
    else:
        hint = ""
    raise OperandError(
        f"{name}: kernels of shape {weight.shape} take {wanted} channels{'' if groups == 1 else f' in {groups} groups'}"
        f", but the input has {x.shape[1]}: its shape {shape} is read as ({order}).{hint}"
    )
