"""Attention: averages of values, weighted by how well queries and keys agree."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import OperandError, Tensor
from autograd.ops import arithmetic, linear, reduce
from nn.arrays import plain
from nn.defaults import Randomness, get_default_dtype
from nn.functional.dropout import dropout
from nn.validation import floating, probability

__all__ = ["attend", "causal_mask", "mask_as_scores", "scaled_dot_product_attention"]

__autograd_transparent__ = True

_masked = arithmetic.masked
_matmul = linear.matmul
_softmax = reduce.softmax


def causal_mask(length: int, keys: int | None = None, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """What makes attention look back only: 0 for keys up to the query's own place, minus infinity for later ones.

    An array of shape (length, keys), by default square, to be added to the scores: as ``attn_mask`` of
    `scaled_dot_product_attention` and of `nn.MultiheadAttention`, which read boolean masks in opposite ways.

    As ``torch.nn.Transformer.generate_square_subsequent_mask``.

    >>> from nn.functional import causal_mask
    >>> causal_mask(3)
    array([[  0., -inf, -inf],
           [  0.,   0., -inf],
           [  0.,   0.,   0.]], dtype=float32)
    """
    later = ~np.tri(length, length if keys is None else keys, dtype=bool)
    return np.where(later, -np.inf, 0.0).astype(get_default_dtype() if dtype is None else dtype)


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: Randomness = None,
) -> Any:
    """``softmax(query key^T / sqrt(D) + mask) value``: for each query an average of the values.

    ``query`` has shape (..., L, D), ``key`` (..., S, D), ``value`` (..., S, E), the result (..., L, E). ``attn_mask``
    can be broadcast to (..., L, S): booleans, True where a query *may* look, or numbers that are added to the scores,
    such as `causal_mask`. ``is_causal`` makes that mask, on top of another one. ``scale`` takes the place of
    1 / sqrt(D). A share ``dropout_p`` of the weights is dropped, whenever it is given.

    A query that may look nowhere gets zeros, and no gradient: there is no 0/0.

    Raises OperandError for shapes that do not fit, TypeError for a mask of integers.

    Vaswani et al., "Attention is all you need", NeurIPS 2017; the arguments are those of
    ``torch.nn.functional.scaled_dot_product_attention``, which gives zeros too.

    >>> import numpy as np
    >>> from nn.functional import scaled_dot_product_attention
    >>> same = np.zeros((2, 4))  # queries and keys that all agree equally
    >>> scaled_dot_product_attention(same, same, np.array([[2.0], [4.0]]), is_causal=True)
    array([[2.],
           [3.]])
    """
    query, key, value = floating(query), floating(key), floating(value)
    sizes = query.shape, key.shape, value.shape
    if min(map(len, sizes)) < 2 or sizes[0][-1] != sizes[1][-1] or sizes[1][-2] != sizes[2][-2]:
        raise OperandError(
            "scaled_dot_product_attention needs a query of shape (..., L, D), a key (..., S, D) and a value "
            f"(..., S, E), not {sizes[0]}, {sizes[1]} and {sizes[2]}."
        )
    mask = mask_as_scores(attn_mask, query.dtype, blocked=False)
    if is_causal:
        causal = causal_mask(sizes[0][-2], sizes[1][-2], dtype=query.dtype)
        mask = causal if mask is None else mask + causal
    return attend(query, key, value, mask, dropout_p, scale, rng)[0]


def attend(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, scale: float | None, rng: Randomness
) -> tuple[Any, Any]:
    """The averages and the weights of attention; the mask is added to the scores.

    >>> import numpy as np
    >>> from nn.functional.attention import attend
    >>> attend(np.zeros((1, 4)), np.zeros((2, 4)), np.array([[2.0], [4.0]]), None, 0.0, None, None)
    (array([[3.]]), array([[0.5, 0.5]]))
    """
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = _matmul(query * factor, key.swapaxes(-1, -2))
    nowhere = None
    if mask is not None:
        if not _broadcasts(mask.shape, scores.shape):
            raise OperandError(f"attention: a mask of shape {mask.shape} does not fit scores of shape {scores.shape}.")
        values = mask.data if isinstance(mask, Tensor) else mask
        blind = np.all(values == -np.inf, axis=-1, keepdims=True)
        if mask.shape[-1] and blind.any():  # softmax of nothing is 0/0: of anything first, and 0 afterwards
            mask = np.where(blind, 0.0, mask)
            nowhere = blind
        scores = scores + mask
    weights = _softmax(scores, axis=-1)
    if nowhere is not None:
        weights = _masked(weights, mask=np.broadcast_to(~nowhere, weights.shape))
    if dropout_p:
        weights = dropout(weights, probability("dropout_p", dropout_p), rng=rng)
    return _matmul(weights, value), weights


def _broadcasts(size: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of a shape can be repeated to the whole."""
    pairs = zip(reversed(size), reversed(whole), strict=False)
    return len(size) <= len(whole) and all(n in (1, m) for n, m in pairs)


def mask_as_scores(mask: Any, dtype: Any, *, blocked: bool) -> Any:
    """A mask as numbers to be added to scores; ``blocked`` says whether True means to look away or to look.

    >>> from nn.functional.attention import mask_as_scores
    >>> mask_as_scores([[True, False]], "float32", blocked=True)
    array([[-inf,   0.]], dtype=float32)
    """
    if mask is None or (isinstance(mask, Tensor) and mask.requires_grad):
        return mask
    values = plain(mask, "attention: the mask")
    if values.dtype.kind == "b":
        return np.where(values == blocked, -np.inf, 0.0).astype(dtype)
    if values.dtype.kind == "f":
        return values.astype(dtype)
    raise TypeError(
        f"attention: a mask is of booleans, or of floating numbers that are added to the scores, not of {values.dtype}."
    )
