"""Distances and similarities of vectors, pairwise or all against all, and normalization to length 1."""

from typing import Any

import numpy as np

from autograd import OperandError
from nn.arguments import Operand, floating, polymorphic
from nn.of_function import of

__all__ = ["CosineSimilarity", "PairwiseDistance"]


@polymorphic
def normalize(x: Operand, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x / max(|x|_p, eps)`` along an axis: scales each vector to length 1; a zero vector stays zero.

    >>> from nn.functional import normalize
    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """
    x = floating(x)
    length = np.linalg.vector_norm(x, axis=dim, keepdims=True, ord=p)
    return x / np.maximum(length, max(eps, float(np.finfo(x.dtype).tiny)))


@polymorphic
def cosine_similarity(x1: Operand, x2: Operand, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along an axis, ``sum(x1 x2) / (max(|x1|, eps) max(|x2|, eps))``.

    It is 0 for a vector of zeros. The inputs are broadcast to one shape, of which ``dim`` is an axis.

    >>> from nn.functional import cosine_similarity
    >>> cosine_similarity([[3.0, 4.0], [0.0, 0.0]], [[6.0, 8.0], [1.0, 0.0]])
    array([1., 0.], dtype=float32)
    """
    x1, x2 = floating(x1), floating(x2)
    if x1.shape != x2.shape:
        x1, x2 = np.broadcast_arrays(x1, x2)
    return np.sum(normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps), axis=dim)


class CosineSimilarity(of.CosineSimilarity, of=cosine_similarity, operands=2):
    """The cosine similarity of pairs of vectors."""


@polymorphic
def pairwise_distance(x1: Operand, x2: Operand, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """``|x1 - x2 + eps|_p`` along the last axis, for vectors that are broadcast against each other.

    ``eps`` is added to each difference, as in PyTorch, and keeps equal vectors off the kink of the distance at 0.

    >>> from nn.functional import pairwise_distance
    >>> pairwise_distance([[3.0, 4.0]], [[0.0, 0.0]], eps=0.0)
    array([5.], dtype=float32)
    """
    return np.linalg.vector_norm(floating(x1) - floating(x2) + eps, axis=-1, keepdims=keepdim, ord=p)


class PairwiseDistance(of.PairwiseDistance, of=pairwise_distance, operands=2):
    """The distance between pairs of vectors."""


@polymorphic
def cdist(x1: Operand, x2: Operand, p: float = 2.0) -> Any:
    """The distances ``|x1[i] - x2[j]|_p`` between all pairs: (..., N, D) and (..., M, D) give (..., N, M).

    They are computed from the N M D differences, so they are accurate even for vectors close to each other. Where two
    vectors are equal, the slope of their distance is 0, and the curvature of its square is correct. The function
    corresponds to ``torch.cdist``.

    >>> from nn.functional import cdist
    >>> cdist([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]])
    array([[0.],
           [5.]], dtype=float32)
    """
    x1, x2 = floating(x1), floating(x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise OperandError(f"cdist needs shapes (..., N, D) and (..., M, D), not {x1.shape} and {x2.shape}.")
    return np.linalg.vector_norm(x1[..., :, None, :] - x2[..., None, :, :], axis=-1, ord=p)
