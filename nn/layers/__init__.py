"""Layers: the modules that models are made of, one file per family."""

from nn.layers.activation import ReLU, Sigmoid, Softmax, Tanh
from nn.layers.container import Sequential
from nn.layers.linear import Linear
from nn.layers.mlp import MLP

__all__ = ["MLP", "Linear", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh"]
