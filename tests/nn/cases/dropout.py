"""Dropout in evaluation; what it does in training is random, and has tests of its own."""

from nn_cases.base import Case, numbers

import nn

CASES = [
    Case("Dropout", nn.Dropout, numbers(3, 2), lambda s, x: x, "Dropout(p=0.5)", torch="nn.Dropout()", training=False),
    Case("Dropout-nothing", lambda: nn.Dropout(0.0), numbers(3), lambda s, x: x, "Dropout(p=0.0)", "nn.Dropout(0)"),
    Case("Dropout-all", lambda: nn.Dropout(1.0), numbers(3), lambda s, x: 0 * x, "Dropout(p=1.0)", "nn.Dropout(1)"),
]
