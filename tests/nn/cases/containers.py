"""Modules made of modules."""

import numpy as np
from nn_cases.base import Case, linear, numbers, relu, sigmoid

import nn
from autograd import OperandError


def mlp(state, x, *, hidden=relu, output=lambda z: z):
    for name in ("0.", "2."):
        x = hidden(linear(state, x, name))
    return output(linear(state, x, "4."))


CASES = [
    Case(
        "Sequential",
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh),
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case("Sequential-empty", nn.Sequential, numbers(3), lambda s, x: x, "Sequential()"),
    Case(
        "MLP",
        lambda: nn.MLP([3, 4, 4, 2]),
        numbers(3),
        mlp,
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): ReLU()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case(
        "MLP-output",
        lambda: nn.MLP([3, 4, 4, 2], activation=nn.Tanh, output_activation="sigmoid"),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh, output=sigmoid),
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        "  (5): Sigmoid()\n"
        ")",
    ),
]
