"""The linear layers."""

import numpy as np
from nn_cases.base import Case, linear, numbers

import nn
from autograd import OperandError

LINEAR_ERRORS = [
    (
        (np.zeros((2, 4)),),
        OperandError,
        "Linear(3, 2) needs 3 numbers on the last axis of its input, which has shape (2, 4)",
    ),
    ((np.zeros((3, 5)),), OperandError, "pass x.T"),
    ((np.zeros((5, 3, 1)),), OperandError, "x.reshape(len(x), 3)"),
    ((np.zeros(()),), OperandError, "shape ()"),
]

CASES = [
    Case(
        "Linear",
        lambda: nn.Linear(3, 2),
        numbers(3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
        torch="nn.Linear(3, 2)",
        bad=LINEAR_ERRORS,
    ),
    Case(
        "Linear-no-bias",
        lambda: nn.Linear(3, 2, bias=False),
        numbers(3),
        linear,
        "Linear(in_features=3, out_features=2, bias=False)",
        torch="nn.Linear(3, 2, bias=False)",
        bad=LINEAR_ERRORS,
    ),
    Case(
        "Linear-stack",
        lambda: nn.Linear(3, 2),
        numbers(4, 3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
    ),
]
