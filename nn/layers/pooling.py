"""Pooling: the maximum or the mean of each window."""

from functools import reduce as fold
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.ops import windows
from autograd.ops.windows import max_pool as _max_pool, window_sum as _window_sum
from nn.arguments import polymorphic
from nn.layers.windows import Pairs, batched, brief, fitting, per_axis, trailing
from nn.of_function import _OfFunction

__all__ = ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]


@polymorphic
def max_pool1d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum of each window of (N, C, L) or (C, L); see `nn.MaxPool2d`.

    >>> from nn.functional import max_pool1d
    >>> max_pool1d([[[1.0, 5.0, 2.0, 3.0, 4.0]]], 2)
    array([[[5., 3.]]], dtype=float32)
    """
    return _maximum(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@polymorphic
def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """``y[n, c, p] = max_k x[n, c, s p + d k]``, the maximum of each window of images (N, C, H, W) or (C, H, W).

    The output has ``H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1`` and W' likewise. ``ceil_mode``
    rounds up instead, and the last window may then extend past the edge. ``stride`` defaults to the kernel size, so
    windows do not overlap. Padding is never the maximum. If several numbers tie, the first in row order gets the
    gradient. ``return_indices`` returns a pair: the maxima, and their flat indices among the H W pixels of a channel.

    Raises OperandError for an input that is not an image or smaller than a window, ValueError for invalid settings.
    Arguments, results and gradients are those of ``torch.nn.MaxPool2d``.

    >>> import numpy as np
    >>> from nn.functional import max_pool2d
    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    return _maximum(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@polymorphic
def avg_pool1d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of (N, C, L) or (C, L); see `nn.AvgPool2d`.

    >>> from nn.functional import avg_pool1d
    >>> avg_pool1d([[[1.0, 5.0, 2.0, 3.0]]], 2)
    array([[[3. , 2.5]]], dtype=float32)
    """
    return _average(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


@polymorphic
def avg_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of images (N, C, H, W) or (C, H, W).

    Output sizes, windows and errors are those of `max_pool2d`, without dilation. The zeros of the padding are counted
    in the mean unless ``count_include_pad`` is False; ``divisor_override`` replaces the count.

    Arguments and results are those of ``torch.nn.AvgPool2d``.

    >>> import numpy as np
    >>> from nn.functional import avg_pool2d
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    >>> avg_pool2d(np.ones((1, 1, 2, 2)), 2, padding=1, count_include_pad=False)
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    return _average(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@polymorphic
def adaptive_avg_pool1d(x: Any, output_size: Any) -> Any:
    """The means of ``output_size`` windows of (N, C, L) or (C, L); see `nn.AdaptiveAvgPool2d`.

    >>> from nn.functional import adaptive_avg_pool1d
    >>> adaptive_avg_pool1d([[[1.0, 2.0, 3.0, 4.0, 5.0]]], 2)
    array([[[2., 4.]]], dtype=float32)
    """
    return _adaptive(1, x, output_size)


@polymorphic
def adaptive_avg_pool2d(x: Any, output_size: Any) -> Any:
    """The means of ``output_size`` windows of images (N, C, H, W) or (C, H, W).

    Along an axis of size n, window i of m extends from ``floor(i n / m)`` to ``ceil((i + 1) n / m)``; they overlap if m
    does not divide n. ``output_size`` is a number (1: the mean of a channel) or a pair; None leaves an axis unchanged.

    Raises OperandError for an input that is not an image, ValueError for an invalid size. Arguments and results are
    those of ``torch.nn.AdaptiveAvgPool2d``.

    >>> import numpy as np
    >>> from nn.functional import adaptive_avg_pool2d
    >>> adaptive_avg_pool2d(np.arange(9.0).reshape(1, 1, 3, 3), 2)
    array([[[[2., 3.],
             [5., 6.]]]])
    """
    return _adaptive(2, x, output_size)


class _Pool(_OfFunction):
    _shown_settings: tuple[str, ...] = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> None:
        per_axis("kernel_size", kernel_size, self.axes)
        per_axis("stride", kernel_size if stride is None else stride, self.axes)
        per_axis("padding", padding, self.axes, least=0)
        self.kernel_size = kernel_size
        self.stride: Any = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode


class _MaxPool(_Pool):
    _shown_settings = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode)
        per_axis("dilation", dilation, self.axes)
        self.dilation = dilation
        self.return_indices = return_indices


class MaxPool1d(_MaxPool, of=max_pool1d, axes=1):
    """The maximum of each window of a sequence."""


class MaxPool2d(_MaxPool, of=max_pool2d, axes=2):
    """The maximum of each window of an image."""


class _AvgPool(_Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad


class AvgPool1d(_AvgPool, of=avg_pool1d, axes=1):
    """The mean of each window of a sequence."""


class AvgPool2d(_AvgPool, of=avg_pool2d, axes=2):
    """The mean of each window of an image."""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override


class _AdaptivePool(_OfFunction):
    _shown_settings = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptivePool, of=adaptive_avg_pool1d, axes=1):
    """The means of ``output_size`` windows of a sequence of any length."""


class AdaptiveAvgPool2d(_AdaptivePool, of=adaptive_avg_pool2d, axes=2):
    """The means of ``output_size`` windows of an image of any size."""


def _described(
    name: str, axes: int, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Any, bool, dict[str, Any], Pairs]:
    """The input with an axis of samples, whether it had one, the windows as the ops take them, and their padding."""
    x, has_samples = batched(name, x, axes)
    size = per_axis("kernel_size", kernel_size, axes)
    strides = size if stride is None else per_axis("stride", stride, axes)
    margins, dilations = per_axis("padding", padding, axes, least=0), per_axis("dilation", dilation, axes)
    if any(2 * p > k for p, k in zip(margins, size, strict=True)):
        raise ValueError(
            f"{name}: padding={padding} is more than half of kernel_size={kernel_size}, so windows would contain only "
            "padding. Reduce padding to half the kernel size or less."
        )
    spans = tuple(d * (k - 1) + 1 for k, d in zip(size, dilations, strict=True))
    sides: Pairs = tuple((p, p) for p in margins)
    if ceil_mode:
        sides = trailing(x.shape[2:], spans, strides, sides)
    fitting(name, x.shape, size, sides, dilations)
    how = {"size": size, "stride": brief(strides, 1), "padding": brief(sides, 0), "dilation": brief(dilations, 1)}
    return x, has_samples, how, sides


def _maximum(
    axes: int, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, with_places: bool
) -> Any:
    name = f"max_pool{axes}d"
    x, has_samples, how, _ = _described(name, axes, x, kernel_size, stride, padding, dilation, ceil_mode)
    out = _max_pool(x, **how)
    if not with_places:
        return out if has_samples else out[0]
    places = np.broadcast_to(np.arange(prod(x.shape[2:])).reshape(x.shape[2:]), x.shape)
    masks = windows.first_maximum(x, out, windows.windows(x.shape[2:], **how))
    found = out, windows.window_sum_kernel(places, masks=masks, **how).astype(np.int64)
    return found if has_samples else (found[0][0], found[1][0])


def _average(
    axes: int, x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, with_padding: bool,
    divisor: int | None = None,
) -> Any:  # fmt: skip
    name = f"avg_pool{axes}d"
    x, has_samples, how, sides = _described(name, axes, x, kernel_size, stride, padding, 1, ceil_mode)
    if divisor is None:
        margins = per_axis("padding", padding if with_padding else 0, axes, least=0)
        w = windows.windows(x.shape[2:], **how)
        counts = [_counted(*axis) for axis in zip(x.shape[2:], w.counts, w.size, w.stride, sides, margins, strict=True)]
        whole = fold(np.multiply.outer, counts)
    else:
        whole = np.array(per_axis("divisor_override", divisor, 1))
    out = _window_sum(x, **how) / (float(whole.flat[0]) if (whole == whole.flat[0]).all() else whole.astype(x.dtype))
    return out if has_samples else out[0]


def _counted(n: int, windows: int, size: int, stride: int, sides: tuple[int, int], margin: int) -> NDArray[np.int64]:
    """How many numbers each window has along an axis, counting up to ``margin`` numbers of padding on both sides."""
    starts = np.arange(windows) * stride - sides[0]
    return np.minimum(starts + size, n + margin) - np.maximum(starts, -margin)


def wanted_windows(axes: int, lengths: tuple[int, ...], output_size: Any) -> list[tuple[int, int]]:
    """For each axis its length, and how many windows it gets."""
    sizes = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * axes
    given = [lengths[i % axes] if m is None else m for i, m in enumerate(sizes)]
    return list(zip(lengths, per_axis("output_size", given, axes), strict=True))


def window_edges(n: int, m: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The starts and the ends of m windows over n numbers, as columns."""
    i = np.arange(m)[:, None]
    return i * n // m, -(-(i + 1) * n // m)


def _adaptive(axes: int, x: Any, output_size: Any) -> Any:
    x, has_samples = batched(f"adaptive_avg_pool{axes}d", x, axes)
    for n, m in wanted_windows(axes, x.shape[2:], output_size):  # one axis after the other: each goes to the end
        starts, ends = window_edges(n, m)
        inside = (np.arange(n) >= starts) & (np.arange(n) < ends)
        x = np.tensordot(x, (inside / inside.sum(axis=1, keepdims=True)).astype(x.dtype), (2, 1))
    return x if has_samples else x[0]
