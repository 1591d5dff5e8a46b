"""The activations."""

import numpy as np
from nn_cases.base import Case, numbers, relu, sigmoid, softmax

import nn

CASES = [
    Case("ReLU", nn.ReLU, numbers(3, 2), lambda s, x: relu(x), "ReLU()", torch="nn.ReLU()"),
    Case("Tanh", nn.Tanh, numbers(3), lambda s, x: np.tanh(x), "Tanh()", torch="nn.Tanh()"),
    Case("Sigmoid", nn.Sigmoid, numbers(3), lambda s, x: sigmoid(x), "Sigmoid()", torch="nn.Sigmoid()"),
    Case("Softmax", nn.Softmax, numbers(3), lambda s, x: softmax(x), "Softmax(axis=-1)", torch="nn.Softmax(dim=-1)"),
    Case(
        "Softmax-dim",
        lambda: nn.Softmax(dim=1),
        numbers(3, 2),
        lambda s, x: softmax(x, 1),
        "Softmax(axis=1)",
        torch="nn.Softmax(dim=1)",
    ),
]
