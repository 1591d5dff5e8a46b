"""Distances of pairs of vectors."""

import numpy as np
from nn_cases.base import Case, pair

import nn

APART = [((np.zeros((4, 3)), np.zeros((4, 2))), ValueError, "could not be broadcast together with shapes (4,3) (4,2)")]


def distance(p, eps, keepdim):
    return lambda s, a, b: np.linalg.norm(a - b + eps, p, axis=-1, keepdims=keepdim)


CASES = [
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
