"""The single threshold units."""

import numpy as np
from nn_cases.base import Case, numbers

import nn
from autograd import OperandError


def threshold(state, x, limit=0.0, low=0.0):
    z = x @ state["weight"] + state.get("bias", 0.0)
    return np.where(z > limit, 1.0, low)


def wrong(owner):
    return [
        ((np.zeros((4, 2)),), OperandError, f"{owner} has 3 inputs, so the last axis of x must have that size"),
        ((np.zeros(()),), OperandError, "but its shape is ()"),
    ]


CASES = [
    Case(
        "McCullochPitts",
        lambda: nn.McCullochPitts([1, -2, 0.5], 0.25),
        numbers(3),
        lambda s, x: threshold(s, x, 0.25),
        "McCullochPitts(weights=[1.0, -2.0, 0.5], threshold=0.25)",
        bad=wrong("McCullochPitts"),
        order=1,
    ),
    Case(
        "Perceptron",
        lambda: nn.Perceptron(3),
        numbers(3),
        threshold,
        "Perceptron(in_features=3)",
        bad=wrong("Perceptron"),
        order=1,
    ),
    Case(
        "Perceptron-signs",
        lambda: nn.Perceptron(3, labels=(-1, 1), at_zero=0),
        numbers(2, 3),
        lambda s, x: threshold(s, x, low=-1.0),
        "Perceptron(in_features=3, labels=(-1, 1), at_zero=0.0)",
        order=1,
    ),
    Case(
        "Adaline",
        lambda: nn.Adaline(3),
        numbers(3),
        lambda s, x: threshold(s, x, 0.5),
        "Adaline(in_features=3)",
        bad=wrong("Adaline"),
        order=1,
    ),
    Case(
        "Adaline-signs",
        lambda: nn.Adaline(3, labels=(-1, 1), threshold=0.25),
        numbers(3),
        lambda s, x: threshold(s, x, 0.25, -1.0),
        "Adaline(in_features=3, labels=(-1, 1), threshold=0.25)",
        order=1,
    ),
]
