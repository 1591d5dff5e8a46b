"""Activations as functions: smooth ones, those with a kink, and those that turn scores into shares."""

from nn.functional.activations.piecewise import elu, hardtanh, leaky_relu, prelu, relu, rrelu, selu, step
from nn.functional.activations.smooth import arctan, gelu, mish, sigmoid, silu, softplus, softsign, tanh
from nn.functional.activations.softmax import log_softmax, softmax

__all__ = [
    "arctan",
    "elu",
    "gelu",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "tanh",
]
