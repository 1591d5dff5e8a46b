"""Dropout in evaluation; what it does in training is random, and has tests of its own."""

import numpy as np
from nn_cases.base import Case, numbers

import nn
from autograd import OperandError

CASES = [
    Case("Dropout", nn.Dropout, numbers(3, 2), lambda s, x: x, "Dropout(p=0.5)", torch="nn.Dropout()", training=False),
    Case("Dropout-nothing", lambda: nn.Dropout(0.0), numbers(3), lambda s, x: x, "Dropout(p=0.0)", "nn.Dropout(0)"),
    Case("Dropout-all", lambda: nn.Dropout(1.0), numbers(3), lambda s, x: 0 * x, "Dropout(p=1.0)", "nn.Dropout(1)"),
    *(
        Case(
            f"{name}-all",
            lambda name=name: getattr(nn, name)(1.0),
            numbers(*shape),
            lambda s, x: 0 * x,
            f"{name}(p=1.0)",
            f"nn.{name}(1)",
            bad=[((np.ones(3),), OperandError, f"{name}(p=1.0) needs an input of shape {words}, not (3,)")],
        )
        for name, shape, words in (
            ("Dropout1d", (3, 2), "(N, C, L) or (C, L)"),
            ("Dropout2d", (3, 2, 1), "(N, C, L) or (N, C, H, W)"),
        )
    ),
]
