"""Losses for comparisons: which of two scores should be larger, and which vectors should be close together."""

from typing import Any

import numpy as np

from autograd.ops.arithmetic import where as _where
from nn.arguments import Operand, plain, polymorphic
from nn.layers.distance import pairwise_distance
from nn.losses.base import Reduction, of, pair, reduced, short_of
from nn.losses.binary import sides

__all__ = ["CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss"]


@polymorphic
def margin_ranking_loss(
    x1: Operand, x2: Operand, target: Operand, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> Any:
    """The mean of ``max(0, margin - t (x1 - x2))``: x1 should be larger (t = 1), or x2 (t = -1).

    All three have the same shape. At a difference equal to the margin, the slope is that of smaller differences.

    >>> from nn.functional import margin_ranking_loss
    >>> margin_ranking_loss([1.0, 1.0], [0.0, 3.0], [1.0, 1.0], reduction="none")
    array([0., 2.])
    """
    x1, x2 = pair("margin_ranking_loss", x1, x2)
    difference, target = sides("margin_ranking_loss", x1 - x2, target)
    return reduced("margin_ranking_loss", short_of(margin - target * difference), reduction)


class MarginRankingLoss(of.MarginRankingLoss, of=margin_ranking_loss, operands=3):
    """A loss for pairs of scores of which one should be larger."""


@polymorphic
def cosine_embedding_loss(
    x1: Operand, x2: Operand, target: Operand, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> Any:
    """The mean of ``1 - c`` where t = 1 and of ``max(0, c - margin)`` where t = -1, with the cosine c of x1 and x2.

    The shapes are (N, D), (N, D) and (N,), or (D,), (D,) and (). The cosine with a zero vector is 0.

    >>> from nn.functional import cosine_embedding_loss
    >>> cosine_embedding_loss([[0.0, 1.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]], [1, -1], reduction="none")
    array([1., 1.])
    """
    name = "cosine_embedding_loss"
    x1, x2 = pair(name, x1, x2)
    least = max(1e-12, float(np.finfo(x1.dtype).tiny))
    lengths = np.sqrt(np.sum(x1 * x1, axis=-1) + least) * np.sqrt(np.sum(x2 * x2, axis=-1) + least)
    cosine, target = sides(name, np.sum(x1 * x2, axis=-1) / lengths, target)
    return reduced(name, _where(plain(target) > 0.0, 1.0 - cosine, short_of(cosine - margin)), reduction)


class CosineEmbeddingLoss(of.CosineEmbeddingLoss, of=cosine_embedding_loss, operands=3):
    """A loss for pairs of vectors that should be similar or dissimilar."""


@polymorphic
def triplet_margin_loss(
    anchor: Operand, positive: Operand, negative: Operand, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, *, reduction: Reduction = "mean",
) -> Any:  # fmt: skip
    """The mean of ``max(0, margin + d(anchor, positive) - d(anchor, negative))``, where d is `pairwise_distance`.

    All three have shape (N, D) or (D,). ``swap`` uses the smaller of d(anchor, negative) and d(positive, negative).

    >>> from nn.functional import triplet_margin_loss
    >>> round(float(triplet_margin_loss([[0.0, 0.0]], [[3.0, 4.0]], [[5.0, 0.0]])), 4)
    1.0
    """
    name = "triplet_margin_loss"
    (anchor, positive), negative = pair(name, anchor, positive), pair(name, anchor, negative)[1]
    near: Any = pairwise_distance(anchor, positive, p, eps)
    far: Any = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(name, short_of(margin + near - far), reduction)


class TripletMarginLoss(of.TripletMarginLoss, of=triplet_margin_loss, operands=3):
    """A loss for vectors that should be closer to one vector than to another."""
