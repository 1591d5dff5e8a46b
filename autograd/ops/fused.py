"""Fused ops: one node where primitive ops would make several, for speed and for numbers that stay finite.

Each has its ``definition`` in primitive ops; the tests compare value and gradients of both, and pictures can expand it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arrays import add_reduce, maximum_reduce, minimum_reduce
from autograd.ops.reduce import log_softmax, mean_kernel, softmax
from autograd.registry import defop

Array = Any


# --- linear: z = x W^T + b --------------------------------------------------------------------------------------


def linear_kernel(x: Array, weight: Array, bias: Array = None) -> Array:
    z = np.matmul(x, weight.T)
    if bias is None:
        return z
    if z.__class__ is np.ndarray and getattr(bias, "dtype", None) is z.dtype:
        z += bias  # into the array that matmul has just made
        return z
    return z + bias


def _rows(a: Array) -> Array:
    return a if a.ndim == 2 else a.reshape((-1, a.shape[-1]))


linear = defop(
    "linear",
    linear_kernel,
    (
        lambda g, weight: np.matmul(g, weight),
        lambda g, x: np.matmul(_rows(g).T, _rows(x)),
        lambda g: add_reduce(_rows(g), axis=0),
    ),
    definition=lambda x, weight, bias=None: np.matmul(x, weight.T) if bias is None else np.matmul(x, weight.T) + bias,
    doc="x @ weight.T + bias, with weight of shape (out, in).",
)


# --- cross-entropy of logits ------------------------------------------------------------------------------------


def one_hot(labels: Array, classes: int, dtype: Any) -> Array:
    return np.equal(labels[..., None], np.arange(classes)).astype(dtype)


def cross_entropy_kernel(x: Array, *, labels: Array, reduction: str = "none") -> Array:
    if labels.size and minimum_reduce(labels, axis=None) < 0:
        raise IndexError(f"label {labels.min()} is negative; classes are numbered from 0")
    shifted = x - maximum_reduce(x, axis=-1, keepdims=True)
    losses = np.log(add_reduce(np.exp(shifted), axis=-1))
    if x.ndim == 2:
        losses -= shifted[np.arange(len(labels)), labels]
    else:
        losses = losses - np.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]
    if reduction == "none":
        return losses
    return mean_kernel(losses) if reduction == "mean" else add_reduce(losses, axis=None)


def cross_entropy_definition(x: Array, *, labels: Array, reduction: str = "none") -> Array:
    losses = -np.sum(log_softmax(x, axis=-1) * one_hot(labels, x.shape[-1], x.dtype), axis=-1)
    return losses if reduction == "none" else np.mean(losses) if reduction == "mean" else np.sum(losses)


def cross_entropy_rule(g: Array, x: Array, labels: Array, reduction: str) -> Array:
    if reduction == "none":
        g = g[..., None]
    elif reduction == "mean":
        g = g / float(labels.size)
    return g * (softmax(x, axis=-1) - one_hot(labels, x.shape[-1], x.dtype))


cross_entropy = defop(
    "cross_entropy",
    cross_entropy_kernel,
    cross_entropy_rule,
    definition=cross_entropy_definition,
    doc="-log softmax(x)[label] for each row of logits, without overflow; or their mean or sum.",
)
