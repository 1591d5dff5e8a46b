"""Layers: the modules that models are made of, one file per family."""

from nn.layers.activation import ReLU, Sigmoid, Softmax, Tanh
from nn.layers.container import Sequential
from nn.layers.dropout import Dropout
from nn.layers.embedding import Embedding
from nn.layers.linear import Linear
from nn.layers.mlp import MLP
from nn.layers.normalization import BatchNorm1d, BatchNorm2d, LayerNorm, RMSNorm

__all__ = [
    "MLP",
    "BatchNorm1d",
    "BatchNorm2d",
    "Dropout",
    "Embedding",
    "LayerNorm",
    "Linear",
    "RMSNorm",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
