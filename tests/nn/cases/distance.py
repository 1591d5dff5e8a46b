"""Distances of pairs of vectors."""

import numpy as np
from nn_cases.base import Case, pair

import nn

APART = [((np.zeros((4, 3)), np.zeros((4, 2))), ValueError, "could not be broadcast together with shapes (4,3) (4,2)")]


def distance(p, eps, keepdim):
    return lambda s, a, b: np.linalg.norm(a - b + eps, p, axis=-1, keepdims=keepdim)


CASES = [
    Case(
        "CosineSimilarity",
        nn.CosineSimilarity,
        pair(4),
        lambda s, a, b: (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1),
        "CosineSimilarity()",
        torch="nn.CosineSimilarity()",
        bad=[((np.zeros((4, 3)), np.zeros((4, 2))), ValueError, "shape")],
    ),
    Case(
        "CosineSimilarity-dim",
        lambda: nn.CosineSimilarity(dim=2, eps=1e-3),
        pair(4, 2),
        lambda s, a, b: (a * b).sum(2) / np.linalg.norm(a, axis=2) / np.linalg.norm(b, axis=2),
        "CosineSimilarity(dim=2, eps=0.001)",
        torch="nn.CosineSimilarity(2, 1e-3)",
    ),
    Case(
        "PairwiseDistance",
        nn.PairwiseDistance,
        pair(4),
        distance(2, 1e-6, False),
        "PairwiseDistance()",
        torch="nn.PairwiseDistance()",
        bad=APART,
    ),
    Case(
        "PairwiseDistance-everything",
        lambda: nn.PairwiseDistance(3.0, eps=0.1, keepdim=True),
        pair(4),
        distance(3, 0.1, True),
        "PairwiseDistance(p=3.0, eps=0.1, keepdim=True)",
        torch="nn.PairwiseDistance(3.0, eps=0.1, keepdim=True)",
        bad=APART,
    ),
]
