"""Rows of a table."""

import numpy as np
from nn_cases.base import Case

import nn


def numbers_of_rows(*shape, low=0):
    return lambda rng, n: (rng.integers(low, 5, size=(n, *shape)),)


ERRORS = [
    ((np.array([[0, 1], [2, 5]]),), nn.LabelError, "element 5 at index (1, 1) is not among the rows 0 .. 4"),
    ((np.array([0, -1]),), nn.LabelError, "element -1 at index (1,)"),
    ((np.array([0.0, 1.0]),), nn.LabelError, "integer row indices, not float64. Pass x.astype(int)"),
    ((np.array([True]),), nn.LabelError, "integer row indices, not bool"),
]

CASES = [
    Case(
        "Embedding",
        lambda: nn.Embedding(5, 3),
        numbers_of_rows(2),
        lambda s, x: s["weight"][x],
        "Embedding(5, 3)",
        torch="nn.Embedding(5, 3)",
        bad=ERRORS,
    ),
    Case(
        "Embedding-padding",  # inputs without padding: finite differences would see the slope that is left out
        lambda: nn.Embedding(5, 3, padding_idx=0),
        numbers_of_rows(2, 2, low=1),
        lambda s, x: s["weight"][x],
        "Embedding(5, 3, padding_idx=0)",
        torch="nn.Embedding(5, 3, padding_idx=0)",
    ),
]
