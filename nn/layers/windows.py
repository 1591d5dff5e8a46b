"""Checks of the arguments of convolution and pooling."""

from math import ceil
from typing import Any

import numpy as np

from autograd import OperandError, Tensor
from nn.arguments import floating

Pairs = tuple[tuple[int, int], ...]

_AXES = {1: "(N, C, L)", 2: "(N, C, H, W)"}


def per_axis(name: str, value: Any, axes: int, least: int | None = 1) -> tuple[int, ...]:
    """A setting as one integer for each axis."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in values)
    if len(values) != axes or not whole or (least is not None and min(values) < least):
        several = f", or a tuple of {axes}" if axes > 1 else ""
        raise ValueError(f"{name} must be an integer{'' if least is None else f' >= {least}'}{several}, not {value!r}.")
    return tuple(int(v) for v in values)


def batched(name: str, x: Any, axes: int, like: Tensor | None = None) -> tuple[Any, bool]:
    """The input with an axis of samples, and whether it had one."""
    x = floating(x, like)
    if x.ndim not in (axes + 1, axes + 2):
        raise OperandError(
            f"{name} needs an input of shape {_AXES[axes]}: samples (optional), channels, then the {axes} "
            f"{'axes' if axes > 1 else 'axis'} that windows move along. This input has shape {x.shape}."
        )
    return (x, True) if x.ndim == axes + 2 else (x[None], False)


def trailing(lengths: tuple[int, ...], size: tuple[int, ...], stride: tuple[int, ...], padding: Pairs) -> Pairs:
    """The padding of ``ceil_mode``: longer at the end, where a last window starts inside but does not end there."""
    found = []
    for n, k, s, (before, after) in zip(lengths, size, stride, padding, strict=True):
        last = ceil((n + before + after - k) / s) * s  # where the last window starts
        if last >= n + before:  # it would see nothing but padding
            last -= s
        found.append((before, max(after, last + k - n - before)))
    return tuple(found)


def fitting(
    name: str, shape: tuple[int, ...], size: tuple[int, ...], padding: Pairs, dilation: tuple[int, ...]
) -> None:
    """Refuse windows that are larger than the input with its padding."""
    for n, k, (before, after), d in zip(shape[2:], size, padding, dilation, strict=True):
        if n + before + after < d * (k - 1) + 1:
            sides = brief(padding, 0) or 0
            raise OperandError(
                f"{name}: a window of size {size} does not fit into an input of shape {shape} with padding {sides}. "
                "An axis of size n has floor((n + 2p - d(k - 1) - 1) / s) + 1 windows (size k, padding p, dilation d, "
                f"stride s), and for n = {n}, k = {k}, d = {d} that is less than 1. Use a smaller window or pad more."
            )


def brief(values: tuple[Any, ...], default: int) -> Any:
    """A setting as one would write it by hand, for pictures: None, one number, or one per axis."""
    if all(isinstance(v, tuple) and v[0] == v[1] for v in values):
        values = tuple(v[0] for v in values)
    if len(set(values)) == 1 and isinstance(values[0], int):
        return None if values[0] == default else values[0]
    return values
