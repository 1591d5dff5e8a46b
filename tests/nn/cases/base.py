"""What a case is, and the inputs and plain NumPy formulas that several families share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nn


@dataclass
class Case:
    """One way to make a module."""

    name: str
    make: Callable[[], nn.Module]
    inputs: Callable[[np.random.Generator, int], tuple[Any, ...]]  # of a batch of n
    reference: Callable[..., Any]  # of the state as a dict of arrays, and the inputs
    repr: str
    torch: str = ""  # the same in PyTorch, where there is no other reading of "the same"
    # What is refused: inputs, the error, a part of the message.
    bad: list[tuple[tuple[Any, ...], type[Exception], str]] = field(default_factory=list)
    empty: bool = True  # whether a batch of 0 is allowed
    reduces: bool = False  # whether the output has no axis of samples
    axis: int = 0  # which axis of the inputs is that of the samples
    least: int = 1  # the smallest batch that the formula is defined for
    training: bool = True  # whether it is tried in training; a module that draws random numbers there is not
    order: int = 2  # to which order finite differences can check it: 1 where the result is linear piece by piece
    long: bool = False  # whether the second order takes seconds, so that only .ci/long checks it

    def __str__(self):
        return self.name


def called(lazy, *shape):
    """A lazy layer after its first call, with ones of a shape."""
    lazy(np.ones(shape, "float32"))
    return lazy


def numbers(*shape):
    """Normal numbers, none so near 0 that a kink would disturb finite differences."""

    def make(rng, n):
        x = rng.normal(size=(n, *shape))
        return (np.where(np.abs(x) < 0.05, 0.5, x),)

    return make


def pair(*shape):
    return lambda rng, n: (rng.normal(size=(n, *shape)), rng.normal(size=(n, *shape)))


def answers(*shape):
    return lambda rng, n: (rng.normal(size=(n, *shape)), rng.uniform(0, 1, size=(n, *shape)))


def classes(count, *shape):
    return lambda rng, n: (rng.normal(size=(n, count, *shape)), rng.integers(0, count, (n, *shape)))


def linear(state, x, name=""):
    z = x @ state[f"{name}weight"].T
    return z + state[f"{name}bias"] if f"{name}bias" in state else z


def relu(x):
    return np.where(x > 0, x, 0.0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
