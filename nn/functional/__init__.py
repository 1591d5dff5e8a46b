"""Layers, activations and losses as functions, one file per family.

The modules in `nn.layers` and `nn.losses` are these functions with their settings kept. All work on Tensors and on
plain arrays alike, and are made of ops of the engine, so they are differentiable to any order.
"""

from nn.functional.activations import linear, log_softmax, relu, sigmoid, softmax, tanh
from nn.functional.dropout import dropout
from nn.functional.embedding import embedding
from nn.functional.losses import Reduction, binary_cross_entropy_with_logits, cross_entropy, mse_loss
from nn.functional.normalization import batch_norm, layer_norm, rms_norm

__all__ = [
    "Reduction",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "layer_norm",
    "linear",
    "log_softmax",
    "mse_loss",
    "relu",
    "rms_norm",
    "sigmoid",
    "softmax",
    "tanh",
]
