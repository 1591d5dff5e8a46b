"""Fused ops: one node where primitive ops would make several, for speed and to keep numbers finite."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.arrays import Array, add_reduce, maximum_along, ones, row_starts
from autograd.engine.op import OpFunction, defop
from autograd.facts import Example
from autograd.ops.arithmetic import masked
from autograd.ops.reduce import log_softmax, mean_kernel, softmax, softmax_rule


# Linear: z = x W^T + b.
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


_FORMULAS = {1: ("G @ weight", "outer(G, x)", "G"), 2: ("G @ weight", "G.T @ x", "sum_rows(G)")}
_OF_STACKS = ("G @ weight", "rows(G).T @ rows(x)", "sum_rows(rows(G))")

linear: OpFunction = defop(
    "linear", linear_kernel,
    (
        lambda g, weight: np.matmul(g, weight),
        lambda g, x: np.matmul(_rows(g).T, _rows(x)),
        lambda g: add_reduce(_rows(g), axis=0),
    ),
    definition=lambda x, weight, bias=None: np.matmul(x, weight.T) if bias is None else np.matmul(x, weight.T) + bias,
    kind="product",
    slope=(lambda i, j, attrs: f"weight[{i[-1]}, {j[-1]}]", lambda i, j, attrs: f"x[{(*i[:-1], j[-1])}]", "1"),
    matrix=lambda slot, ndims, attrs: _FORMULAS.get(ndims[0], _OF_STACKS)[slot],
    cost=lambda shapes, out, attrs: prod(out) * shapes[1][-1], example=Example((2, 3), (4, 3), (4,)),
    doc="x @ weight.T + bias, with weight of shape (out, in).",
    doctest="linear(tensor([[1.0, 2.0]]), np.eye(2), np.ones(2)) -> tensor([[2., 3.]])",
)  # fmt: skip


def _is_label(labels: Array, classes: int) -> Array:
    return np.equal(labels[..., None], np.arange(classes))


def _places(labels: Array, classes: int) -> Array:
    """The flat index of the score of each label."""
    if labels.dtype.char in "LQ":  # which NumPy adds to signed integers as floating numbers
        labels = labels.astype(np.intp)
    if labels.ndim == 1:
        return row_starts(len(labels), classes) + labels
    return row_starts(labels.size, classes).reshape(labels.shape) + labels


def widened(x: Array) -> Array:
    """Half precision as single, because sums over many classes do not fit in half."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def _exponentials(x: Array, labels: Array) -> tuple[Array, Array, Array, Array]:
    """exp(x) without overflow, with 0 for the labels; the labels' exponents; the sums of the others; the places."""
    shifted = x - maximum_along(x, -1)
    places = _places(labels, x.shape[-1])
    own = shifted.take(places)
    others = np.exp(shifted, out=shifted)
    others.put(places, 0.0)
    # As a product of matrices, because `add.reduce` takes three times as long on short rows.
    return others, own, np.matmul(others, ones(x.shape[-1], x.dtype)), places


def _difference_of(weight: Array, others: Array, own: Array, rest: Array, places: Array) -> Array:
    """weight * (softmax(x) - one_hot): at the label minus the sum of all others, which keeps the digits of a tail."""
    scale = weight / (rest + np.exp(own))
    out = others * scale[..., None]
    out.put(places, -(rest * scale))
    return out


def _difference_rule(g: Array, weight: Array, x: Array, labels: Array) -> Array:
    """As that of softmax, with gradients counted from that of the label."""
    own = add_reduce(masked(g, mask=_is_label(labels, x.shape[-1])), axis=-1, keepdims=True)
    d = softmax_rule(g - own, softmax(x, axis=-1), -1)
    return d * (weight if isinstance(weight, float) else weight[..., None])


_difference: Any = defop(
    "_difference", lambda weight, x, *, labels: _difference_of(weight, *_exponentials(x, labels)),
    (lambda g, x, labels: add_reduce(g * _difference(1.0, x, labels=labels), axis=-1), _difference_rule),
    kind="softmax",
)  # fmt: skip


def cross_entropy_kernel(
    x: Array, *, labels: Array, reduction: str = "none", residuals: list[Array] | None = None
) -> Array:
    if labels.size and labels.item(labels.argmin()) < 0:
        raise IndexError(f"label {labels.min()} is negative; classes are numbered from 0")
    wide = widened(x)
    found = _, own, rest, _ = _exponentials(wide, labels)
    if residuals is not None:
        residuals += found
    # log(rest + exp(own)) - own, without adding the 1 of a label with the largest score, beside which all is lost
    losses = np.log1p(rest + np.expm1(own)) - own
    if reduction != "none":
        losses = mean_kernel(losses) if reduction == "mean" else add_reduce(losses, axis=None)
    return losses if wide is x else losses.astype(x.dtype)


def cross_entropy_definition(x: Array, *, labels: Array, reduction: str = "none") -> Array:
    losses = -np.sum(log_softmax(x, axis=-1) * _is_label(labels, x.shape[-1]), axis=-1)
    return losses if reduction == "none" else np.mean(losses) if reduction == "mean" else np.sum(losses)


def cross_entropy_rule(g: Array, x: Array, labels: Array, reduction: str, residuals: list[Array] | None) -> Array:
    """softmax(x), less 1 for the label."""
    if x.dtype.char == "e":
        return cross_entropy_rule(widened(g), widened(x), labels, reduction, residuals).astype(x.dtype)
    if reduction == "mean":
        g = g / float(labels.size)
    return _difference(g, x, labels=labels) if residuals is None else _difference_of(g, *residuals)


def _entry_formula(i: tuple[int, ...], j: tuple[int, ...], attrs: Mapping[str, Any]) -> str:
    labels = np.asarray(attrs["labels"])
    own = " - 1" if labels[j[:-1]] == j[-1] else ""
    n = labels.size if attrs["reduction"] == "mean" else 1
    return f"(share{own}) / {n}"


def _formula(slot: int, ndims: Sequence[int], attrs: Mapping[str, Any]) -> str:
    if attrs["reduction"] == "mean":
        incoming = f"G / {np.size(attrs['labels'])}"
    else:
        incoming = "G" if ndims[0] == 1 or attrs["reduction"] == "sum" else "column(G)"
    return f"{incoming} * (softmax(x) - one_hot(labels))"


cross_entropy: OpFunction = defop(
    "cross_entropy", cross_entropy_kernel, cross_entropy_rule, definition=cross_entropy_definition,
    kind="softmax", slope=_entry_formula, matrix=_formula, example=Example((2, 3), labels=np.array([2, 0])),
    doc="-log softmax(x)[label] for each row of logits, without overflow; or their mean or sum.",
    doctest="cross_entropy(tensor([[0.0, 1000.0]]), labels=np.array([1])) -> tensor([0.])",
)  # fmt: skip
