"""Gradient clipping, between the backward pass and the step."""

import math
from collections.abc import Iterable
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.recording import one_call
from optim.errors import HyperparameterError, OptimizerError
from optim.groups import read_parameters

__all__ = ["NonFiniteGradientError", "clip_grad_norm", "clip_grad_value"]


class NonFiniteGradientError(OptimizerError, RuntimeError):
    """A gradient contains infinities or NaN, so its norm cannot be clipped.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from optim import clip_grad_norm
    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> w.grad = np.array([1.0, np.inf])
    >>> clip_grad_norm([w], 1.0, error_if_nonfinite=True)
    Traceback (most recent call last):
    ...
    optim.clip.NonFiniteGradientError: the norm of the gradients is inf and cannot be clipped. Nothing was changed.
    """


def clip_grad_norm(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> np.float64:
    """Scale all gradients together, in place, so that their norm as one vector is at most ``max_norm``.

    g ← g·min(1, max_norm / (‖g‖ + 1e-6)); returns the norm before clipping. ``norm_type`` may be inf (the largest
    entry). Parameters without a gradient are skipped.

    Source: Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, 2013, and
    https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html. Raises HyperparameterError for a
    negative norm and, with ``error_if_nonfinite``, NonFiniteGradientError.

    >>> from autograd import tensor
    >>> from optim import clip_grad_norm
    >>> w = tensor([1.5, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm([w], 1.0)
    np.float64(5.0)
    >>> w.grad.round(6)
    array([0.6, 0.8])
    """
    if not max_norm >= 0:
        raise HyperparameterError(f"clip_grad_norm: max_norm must be at least 0; got {max_norm!r}.")
    if not norm_type > 0:
        raise HyperparameterError(f"clip_grad_norm: norm_type must be positive; got {norm_type!r}.")
    gradients = _gradients(parameters)
    total = norm_of(gradients, norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise NonFiniteGradientError(
            f"the norm of the gradients is {total} and cannot be clipped. Nothing was changed."
        )
    for g in gradients:
        _shrink(g, max_norm, total)
    return total


def clip_grad_value(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Clip every entry of every gradient in place: g ← min(max(g, −clip_value), clip_value).

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html. Raises
    HyperparameterError for a negative bound.

    >>> from autograd import tensor
    >>> from optim import clip_grad_value
    >>> w = tensor([0.25, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value([w], 1.0)
    >>> w.grad
    array([ 0.5, -1. ])
    """
    if not clip_value >= 0:
        raise HyperparameterError(f"clip_grad_value: clip_value must be at least 0; got {clip_value!r}.")
    for g in _gradients(parameters):
        if clip_value <= float(np.finfo(g.dtype).max):  # a larger one is infinity in this dtype
            np.clip(g, -clip_value, clip_value, out=g)


def _gradients(parameters: Iterable[Tensor] | Tensor) -> list[NDArray[Any]]:
    """The gradients of different parameters: one that is given twice is not scaled twice."""
    return [p.grad for p in dict.fromkeys(read_parameters("clip", {"params": parameters})) if p.grad is not None]


@one_call()
def norm_of(gradients: Iterable[NDArray[Any]], order: float = 2.0) -> np.float64:
    """The norm of all gradients as one vector."""
    return np.float64(_combine([_norm(g, order) for g in gradients], order))


@one_call(writes=0)
def _shrink(g: NDArray[Any], max_norm: float, total: float) -> None:
    """g ← g·factor, in a dtype that holds the factor, and in two steps where double precision does not."""
    factor = max_norm / (total + 1e-6)
    if factor >= 1.0:
        return
    if factor >= float(np.finfo(g.dtype).smallest_normal):
        np.multiply(g, factor, out=g)
    else:
        g[...] = g.astype(np.float64) / (total + 1e-6) * max_norm


def _norm(g: NDArray[Any], order: float) -> float:
    if g.size == 0:
        return 0.0
    flat = g.reshape(-1)
    if order == 2.0 and g.dtype.itemsize >= 4:
        with np.errstate(over="ignore", under="ignore"):
            square = float(np.dot(flat, flat))
        if 1e-30 < square < inf:  # else squares may have overflowed or vanished
            return sqrt(square)
    return _combine(np.abs(flat).astype(np.float64), order)


def _combine(norms: Any, order: float) -> float:
    """The norm of non-negative numbers, which are scaled first so that their powers neither overflow nor vanish."""
    if len(norms) == 1:
        return float(norms[0])
    values = np.asarray(norms, np.float64)
    largest = float(values.max(initial=0.0))
    if order == inf or largest == 0.0 or not isfinite(largest):
        return largest
    powers: float = np.sum((values / largest) ** order).item()
    return largest * math.pow(powers, 1.0 / order)
