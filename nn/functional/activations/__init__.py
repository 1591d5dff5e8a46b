"""Activations as functions: smooth ones, those with a kink, and those that turn scores into shares."""

from nn.functional.activations.kinked import elu, hardtanh, leaky_relu, prelu, relu, rrelu, selu, step
from nn.functional.activations.shares import log_softmax, softmax
from nn.functional.activations.smooth import arctan, gelu, mish, sigmoid, silu, softplus, softsign, tanh

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
