"""Layers: the modules that models are made of, one file per family."""

from nn.layers.activations import (
    ELU,
    GELU,
    SELU,
    Arctan,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    RReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Step,
    Tanh,
)
from nn.layers.container import Sequential
from nn.layers.dropout import (
    Dropout,
)
from nn.layers.embedding import Embedding
from nn.layers.linear import Linear
from nn.layers.mlp import MLP
from nn.layers.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    LayerNorm,
    RMSNorm,
)
from nn.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "Arctan",
    "BatchNorm1d",
    "BatchNorm2d",
    "Dropout",
    "Embedding",
    "GRUCell",
    "Hardtanh",
    "Identity",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RMSNorm",
    "RNNCell",
    "RReLU",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Step",
    "Tanh",
]
