"""The linear layers."""

import numpy as np
from nn_cases.base import Case, called, linear, numbers

import nn
from autograd import OperandError

LINEAR_ERRORS = [
    (
        (np.zeros((2, 4)),),
        OperandError,
        "Linear(3, 2) needs an input whose last axis has size 3, but the shape is (2, 4)",
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
        "LazyLinear",
        lambda: called(nn.LazyLinear(2), 1, 3),
        numbers(3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
        torch="nn.Linear(3, 2)",
        bad=LINEAR_ERRORS,
    ),
    Case(
        "Linear-stack",
        lambda: nn.Linear(3, 2),
        numbers(4, 3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
    ),
    Case(
        "Bilinear",
        lambda: nn.Bilinear(3, 2, 2),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(n, 2))),
        lambda s, x, y: np.einsum("ni,oij,nj->no", x, s["weight"], y) + s["bias"],
        "Bilinear(in1_features=3, in2_features=2, out_features=2, bias=True)",
        torch="nn.Bilinear(3, 2, 2)",
        bad=[
            (
                (np.zeros((2, 3)), np.zeros((2, 3))),
                OperandError,
                "bias=True) needs shapes (..., in1) and (..., in2), not (2, 3) and (2, 3)",
            )
        ],
    ),
    Case(
        "Bilinear-no-bias",
        lambda: nn.Bilinear(1, 2, 1, bias=False),
        lambda rng, n: (rng.normal(size=(n, 2, 1)), rng.normal(size=(n, 2, 2))),
        lambda s, x, y: np.einsum("nki,oij,nkj->nko", x, s["weight"], y),
        "Bilinear(in1_features=1, in2_features=2, out_features=1, bias=False)",
        torch="nn.Bilinear(1, 2, 1, bias=False)",
    ),
]
