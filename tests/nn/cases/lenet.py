"""The network of 1989 and its feature maps."""

import numpy as np
from nn_cases.base import Case, linear, numbers

import nn
from autograd import OperandError

THIRDS = 4 * [[*range(8)]] + 4 * [[*range(4, 12)]] + 4 * [[0, 1, 2, 3, 8, 9, 10, 11]]


def feature_maps(state, x, table, name=""):
    """Unit by unit."""
    weight, bias = state[f"{name}weight"], state[f"{name}bias"]
    x = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=-1.0)
    out = np.zeros((len(x), *bias.shape))
    for o, i, j in np.ndindex(*bias.shape):
        seen = x[:, table[o], 2 * i : 2 * i + 5, 2 * j : 2 * j + 5]
        out[:, o, i, j] = (seen * weight[o]).sum(axis=(1, 2, 3)) + bias[o, i, j]
    return out


def lenet(state, x):
    h1 = np.tanh(feature_maps(state, x, 12 * [[0]], "h1."))
    h2 = np.tanh(feature_maps(state, h1, THIRDS, "h2."))
    h3 = np.tanh(linear(state, h2.reshape(len(x), 192), "h3."))
    return np.tanh(linear(state, h3, "output."))


TABLE = [[2, 0], [1, 2], [0, 1], [1, 0]]

CASES = [
    Case(
        "FeatureMaps",
        lambda: nn.models.FeatureMaps(3, (4, 6), TABLE),
        numbers(3, 4, 6),
        lambda s, x: feature_maps(s, x, TABLE),
        "FeatureMaps(3, 4, inputs per map=2, size=(4, 6))",
        bad=[((np.ones((2, 2, 4, 6)),), OperandError, "needs an input of shape (N, 3, 4, 6), not (2, 2, 4, 6)")],
    ),
    Case(
        "FeatureMaps-other-order",
        lambda: nn.models.FeatureMaps(2, (3, 3), [[1, 0]]),
        numbers(2, 3, 3),
        lambda s, x: feature_maps(s, x, [[1, 0]]),
        "FeatureMaps(2, 1, inputs per map=2, size=(3, 3))",
    ),
    Case(
        "LeNet1989",
        nn.models.LeNet1989,
        numbers(1, 16, 16),
        lenet,
        "LeNet1989(\n"
        "  (h1): FeatureMaps(1, 12, inputs per map=1, size=(16, 16))\n"
        "  (h2): FeatureMaps(12, 12, inputs per map=8, size=(8, 8))\n"
        "  (h3): Linear(in_features=192, out_features=30, bias=True)\n"
        "  (output): Linear(in_features=30, out_features=10, bias=True)\n"
        ")",
        bad=[((np.ones((2, 3, 16, 16)),), OperandError, "needs an input of shape (N, 1, 16, 16), not (2, 3, 16, 16)")],
        order=1,  # with weights as large as in that test all units are saturated; at its start: test_lenet.py
    ),
]
