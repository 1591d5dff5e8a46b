"""Pooling layers: windows made one number each. They have no parameters."""

from __future__ import annotations

from typing import Any

from nn.functional import pooling
from nn.functional.windows import per_axis
from nn.module import Module

__all__ = ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]

__autograd_transparent__ = True


class _Pool(Module):
    """What pooling layers have in common: settings, checked where they are made. A subclass counts its axes."""

    axes: int

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> None:
        per_axis("kernel_size", kernel_size, self.axes)
        per_axis("stride", kernel_size if stride is None else stride, self.axes)
        per_axis("padding", padding, self.axes, least=0)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode


class _MaxPool(_Pool):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *, ceil_mode: bool = False
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        per_axis("dilation", dilation, self.axes)
        self.dilation = dilation

    def forward(self, x: Any) -> Any:
        function = pooling.max_pool1d if self.axes == 1 else pooling.max_pool2d
        return function(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The maximum of each window of a sequence; see `MaxPool2d`. Input (N, C, L) or (C, L).

    >>> import numpy as np
    >>> import nn
    >>> nn.MaxPool1d(2)(np.array([[[1.0, 5.0, 2.0, 3.0]]]))
    array([[[5., 3.]]])
    """

    axes = 1


class MaxPool2d(_MaxPool):
    """The maximum of each window of an image.

    ``y[n, c, p] = max_k x[n, c, s p + d k]``. Input (N, C, H, W) or (C, H, W), output with
    ``H' = floor((H + 2 padding - dilation (K - 1) - 1) / stride) + 1`` (rounded up with ``ceil_mode``) and W' likewise.
    ``stride`` is the kernel size by default, so that windows lie side by side. Padding never wins. Of several equal
    maxima the first, row by row, gets the gradient.

    Raises OperandError for an input that is no image or smaller than a window.

    Arguments, results and gradients are those of ``torch.nn.MaxPool2d``.

    >>> import numpy as np
    >>> import nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    axes = 2


class AvgPool1d(_Pool):
    """The mean of each window of a sequence; see `AvgPool2d`. Input (N, C, L) or (C, L).

    >>> import numpy as np
    >>> import nn
    >>> nn.AvgPool1d(2)(np.array([[[1.0, 5.0, 2.0, 3.0]]]))
    array([[[3. , 2.5]]])
    """

    axes = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Any) -> Any:
        return pooling.avg_pool1d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_Pool):
    """The mean of each window of an image.

    Input, output and windows as those of `MaxPool2d`, without dilation. The zeros of the padding count as numbers of
    the window unless ``count_include_pad`` is False; ``divisor_override`` is divided by in place of their count.

    Raises OperandError for an input that is no image or smaller than a window.

    Arguments and results are those of ``torch.nn.AvgPool2d``.

    >>> import numpy as np
    >>> import nn
    >>> nn.AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    axes = 2

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, x: Any) -> Any:
        return pooling.avg_pool2d(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool1d(Module):
    """The means of ``output_size`` windows of a sequence of any length; see `AdaptiveAvgPool2d`.

    >>> import numpy as np
    >>> import nn
    >>> nn.AdaptiveAvgPool1d(2)(np.array([[[1.0, 2.0, 3.0, 4.0, 5.0]]]))
    array([[[2., 4.]]])
    """

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return pooling.adaptive_avg_pool1d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(Module):
    """The means of ``output_size`` windows of an image of any size.

    Along an axis of n numbers, window i of m reaches from ``floor(i n / m)`` to ``ceil((i + 1) n / m)``.
    ``output_size`` is one number or a pair; None leaves an axis as it is. Input (N, C, H, W) or (C, H, W).

    Arguments and results are those of ``torch.nn.AdaptiveAvgPool2d``.

    >>> import numpy as np
    >>> import nn
    >>> nn.AdaptiveAvgPool2d(1)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[7.5]]]])
    """

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return pooling.adaptive_avg_pool2d(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"
