"""Layers without parameters that resize sequences and images: padding, interpolation and adaptive max pooling."""

from collections.abc import Sequence
from math import floor, prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from autograd import OperandError, Tensor
from autograd.engine.tensor import plain
from autograd.ops.windows import window_spread as _window_spread
from nn.arguments import floating, polymorphic, positive
from nn.layers.convolution import _PADDING_MODES
from nn.layers.pooling import _AdaptivePool, wanted_windows, window_edges
from nn.layers.windows import batched, per_axis
from nn.module import Module
from nn.of_function import of

__all__ = [
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "CircularPad1d", "CircularPad2d", "ConstantPad1d", "ConstantPad2d",
    "PixelShuffle", "ReflectionPad1d", "ReflectionPad2d", "ReplicationPad1d", "ReplicationPad2d", "Upsample",
    "ZeroPad1d", "ZeroPad2d",
]  # fmt: skip

__autograd_transparent__ = True

_MODES: dict[str, Any] = {"constant" if word == "zeros" else word: mode for word, mode in _PADDING_MODES.items()}
_LINEAR = {"linear": 1, "bilinear": 2}  # along how many axes


@polymorphic
def interpolate(
    x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:  # fmt: skip
    """Resize sequences (N, C, L) or images (N, C, H, W) to ``size``, or by ``scale_factor``.

    Both are one number, or one per axis. ``mode`` is "nearest" (repeats numbers) for inputs (N, C, ...), "linear" for
    (N, C, L) or "bilinear" for (N, C, H, W). In the linear modes, ``align_corners=True`` keeps the outermost values at
    the ends; otherwise values lie in the centers of pixels, and edges are repeated.

    Arguments and results are those of ``torch.nn.functional.interpolate``.

    >>> from nn.functional import interpolate
    >>> interpolate([[[1.0, 3.0]]], scale_factor=2), interpolate([[[1.0, 3.0]]], 3, mode="linear", align_corners=True)
    (array([[[1., 1., 3., 3.]]], dtype=float32), array([[[1., 2., 3.]]], dtype=float32))
    """
    x = floating(x)
    axes, lengths = x.ndim - 2, x.shape[2:]
    if axes < 1 or _LINEAR.get(mode, axes if mode == "nearest" else 0) != axes:
        raise OperandError(
            f"interpolate: mode {mode!r} does not fit an input of shape {x.shape}. Use 'nearest' for (N, C, ...), "
            "'linear' for (N, C, L) or 'bilinear' for (N, C, H, W)."
        )
    if (size is None) == (scale_factor is None) or (align_corners is not None and mode == "nearest"):
        raise ValueError(
            "interpolate takes either size or scale_factor, and align_corners only in linear modes, not "
            f"size={size}, scale_factor={scale_factor}, align_corners={align_corners} in mode {mode!r}."
        )
    factors = tuple(scale_factor) if isinstance(scale_factor, tuple | list) else (scale_factor,) * axes
    if scale_factor is not None:
        size = [floor(n * f) for n, f in zip(lengths, factors, strict=True)]
    sizes = per_axis("the new size", size, axes)
    exact = scale_factor is not None and not recompute_scale_factor
    steps = [1.0 / f if exact else n / m for n, m, f in zip(lengths, sizes, factors, strict=True)]
    if mode in _LINEAR:
        for n, m, step in zip(lengths, sizes, steps, strict=True):  # one axis after the other: each goes to the end
            x = np.tensordot(x, _shares(n, m, step, bool(align_corners)).astype(x.dtype), (2, 1))
        return x
    kind = np.promote_types(x.dtype, np.float32).type  # in which PyTorch rounds places
    each = zip(lengths, sizes, steps, strict=True)
    places = [np.minimum((np.arange(m, dtype=kind) * kind(step)).astype(np.intp), n - 1) for n, m, step in each]
    times = tuple(max(m // n, 1) for n, m in zip(lengths, sizes, strict=True))
    if all(np.array_equal(at, np.arange(n * k) // k) for at, n, k in zip(places, lengths, times, strict=True)):
        return _window_spread(x, shape=sizes, size=times, stride=times)
    for axis, at in enumerate(places, 2):
        x = x[(*(slice(None),) * axis, at)]
    return x


def _shares(n: int, m: int, step: float, align_corners: bool) -> NDArray[np.float64]:
    """The matrix (m, n) of the weights with which n numbers contribute to m positions between them."""
    if n == m:  # whatever the factor, as in PyTorch
        return np.eye(n)
    at = np.arange(m) * ((n - 1) / max(m - 1, 1)) if align_corners else (np.arange(m) + 0.5) * step - 0.5
    return np.maximum(1.0 - np.abs(np.clip(at, 0, n - 1)[:, None] - np.arange(n)), 0.0)


class Upsample(of.Upsample, of=interpolate):
    """Resizes sequences or images."""

    def extra_repr(self) -> str:
        named = "size" if self.scale_factor is None else "scale_factor"
        return f"{named}={getattr(self, named)}, mode={self.mode!r}"


class PixelShuffle(Module):
    """Enlarges images by turning r^2 channels into r x r pixels: (N, C r^2, H, W) becomes (N, C, H r, W r).

    Shi et al., "Real-time single image and video super-resolution", CVPR 2016; as ``torch.nn.PixelShuffle``.

    >>> import numpy as np
    >>> import nn
    >>> nn.PixelShuffle(3)(np.ones((1, 18, 4, 4))).shape
    (1, 2, 12, 12)
    """

    _shown_settings = ("upscale_factor",)

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor: int = positive("upscale_factor", upscale_factor, "factor")

    def forward(self, x: Any) -> Tensor:
        x, r = floating(x), self.upscale_factor
        if x.ndim < 3 or x.shape[-3] % r**2:
            raise OperandError(f"{self!r} needs images (..., C, H, W) with C divisible by {r**2}, not {x.shape}.")
        (*lead, c, h, w), k = x.shape, x.ndim - 3
        x = x.reshape((*lead, c // r**2, r, r, h, w)).transpose((*range(k), k, k + 3, k + 1, k + 4, k + 2))
        return x.reshape((*lead, c // r**2, h * r, w * r))


class AdaptiveMaxPool1d(_AdaptivePool, axes=1):
    """The maxima of ``output_size`` windows of a sequence of any length; see `AdaptiveMaxPool2d`.

    >>> import nn
    >>> nn.AdaptiveMaxPool1d(2)([[[1.0, 2.0, 5.0, 4.0, 3.0]]])
    array([[[5., 5.]]], dtype=float32)
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, x: Any) -> Tensor:
        x, has_samples = batched(type(self).__name__, x, self.axes)
        (*lead, _), inside, counts = x.shape[:3], np.zeros((1, 1), np.intp), []
        for n, m in wanted_windows(self.axes, x.shape[2:], self.output_size):
            starts, ends = window_edges(n, m)  # in a shorter window the last number stands twice
            at = np.minimum(starts + np.arange((ends - starts).max()), ends - 1)
            counts.append(m)
            inside = (inside[:, None, :, None] * n + at[:, None, :]).reshape(prod(counts), -1)
        x = x.reshape((*lead, prod(x.shape[2:])))
        places = inside[np.arange(len(inside)), np.argmax(plain(x)[:, :, inside], axis=-1)]
        found: Any = tuple(part.reshape((*lead, *counts)) for part in (np.take_along_axis(x, places, -1), places))
        found = found if has_samples else tuple(part[0] for part in found)
        return found if self.return_indices else found[0]


class AdaptiveMaxPool2d(AdaptiveMaxPool1d, axes=2):
    """The maxima of ``output_size`` windows of an image of any size.

    The windows are those of `AdaptiveAvgPool2d`; ties and ``return_indices`` are handled as in `MaxPool2d`.

    >>> import nn
    >>> nn.AdaptiveMaxPool2d(1, return_indices=True)([[[1.0, 2.0], [5.0, 4.0]]])
    (array([[[5.]]], dtype=float32), array([[[2]]]))
    """


@polymorphic
def pad(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Pad an array, with widths given from the last axis backwards: (left, right, top, bottom, ...).

    ``mode`` determines the padding: "constant" (``value``, by default 0), "reflect" (the mirror image, without the
    edge), "replicate" (the edge) or "circular" (the opposite end). Negative widths crop. The dtype is kept.

    It corresponds to ``torch.nn.functional.pad``; ``np.pad`` takes pairs for all axes, starting from the first.

    >>> import numpy as np
    >>> from nn.functional import pad
    >>> pad(np.array([[1, 2, 3]]), (1, -1, 0, 1))
    array([[0, 1, 2],
           [0, 0, 0]])
    """
    x = x if isinstance(x, np.ndarray | Tensor) else np.asarray(x)
    if mode not in _MODES or (value and mode != "constant"):
        raise ValueError(
            f"pad: mode must be one of {[*_MODES]}, with value only for 'constant', not {mode!r} with value={value}."
        )
    widths = per_axis("pad", tuple(pad), len(pad), least=None)
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ValueError(
            f"pad needs two widths per axis, starting from the last, so at most {2 * x.ndim} for an array of shape "
            f"{x.shape}, not {pad!r}."
        )
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(widths[-2::-2], widths[::-2], strict=True))
    for n, (a, b) in zip(x.shape, pairs, strict=True):
        left = n + min(a, 0) + min(b, 0)
        most = {"reflect": left - 1, "circular": left}.get(mode, max(a, b))
        if left < 0 or max(a, b, 0) > max(most, 0):
            raise OperandError(f"pad: an array of shape {x.shape} is too small for widths {pad!r} in mode {mode!r}.")
    if min(widths, default=0) < 0:
        x = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pairs, strict=True))]
    how = {"constant_values": value or 0} if mode == "constant" else {}
    return np.pad(x, [(max(a, 0), max(b, 0)) for a, b in pairs], _MODES[mode], **how)


_EXAMPLE = """

    >>> import nn
    >>> nn.ZeroPad1d(1)([[[1.0] * 4] * 3] * 2).shape
    (2, 3, 6)
    """


class _Pad(Module):
    """The base of padding layers; subclasses get an example appended to their docstrings."""

    axes: ClassVar[int]
    mode: ClassVar[str]

    def __init_subclass__(cls, *, axes: int = 1, mode: str = "constant") -> None:
        cls.axes, cls.mode = axes, mode
        call = f"{cls.__name__}(1{', 0.5' * cls.__name__.startswith('Constant')})"
        example = _EXAMPLE.replace("ZeroPad1d(1)", call).replace("(2, 3,", f"(2, {2 * axes + 1},")
        cls.__doc__ = f"{cls.__doc__}{example}"

    def __init__(self, padding: Any, value: float = 0.0) -> None:
        self.padding: tuple[int, ...] = per_axis("padding", padding, 2 * self.axes, least=None)
        self.value = value

    def forward(self, x: Any) -> Tensor:
        x, has_samples = batched(type(self).__name__, x, self.axes)
        out: Any = pad(x, self.padding, self.mode, self.value)
        return out if has_samples else out[0]

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}" if self.value else f"{self.padding}"


class ZeroPad1d(_Pad, axes=1):
    """Pads sequences with zeros: ``padding`` is a width, or (left, right); see `nn.functional.pad`."""


class ZeroPad2d(_Pad, axes=2):
    """Pads images with zeros: ``padding`` is a width, or (left, right, top, bottom); see `nn.functional.pad`."""


class ConstantPad1d(_Pad, axes=1):
    """Pads sequences with a constant: ``padding`` is a width, or (left, right); see `nn.functional.pad`."""


class ConstantPad2d(_Pad, axes=2):
    """Pads images with a constant: ``padding`` is a width, or (left, right, top, bottom); see `nn.functional.pad`."""


class ReflectionPad1d(_Pad, axes=1, mode="reflect"):
    """Pads sequences by reflection: ``padding`` is a width, or (left, right); see `nn.functional.pad`."""


class ReflectionPad2d(_Pad, axes=2, mode="reflect"):
    """Pads images by reflection: ``padding`` is a width, or (left, right, top, bottom); see `nn.functional.pad`."""


class ReplicationPad1d(_Pad, axes=1, mode="replicate"):
    """Pads sequences with edge values: ``padding`` is a width, or (left, right); see `nn.functional.pad`."""


class ReplicationPad2d(_Pad, axes=2, mode="replicate"):
    """Pads images with edge values: ``padding`` is a width, or (left, right, top, bottom); see `nn.functional.pad`."""


class CircularPad1d(_Pad, axes=1, mode="circular"):
    """Pads sequences circularly: ``padding`` is a width, or (left, right); see `nn.functional.pad`."""


class CircularPad2d(_Pad, axes=2, mode="circular"):
    """Pads images circularly: ``padding`` is a width, or (left, right, top, bottom); see `nn.functional.pad`."""
