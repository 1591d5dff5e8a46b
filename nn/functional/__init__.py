"""Layers, activations and losses as functions, one file per family.

The modules in `nn.layers` and `nn.losses` are these functions with their settings kept. All work on Tensors and on
plain arrays alike, and are made of ops of the engine, so they are differentiable to any order.
"""

from nn.functional.activations import (
    arctan,
    elu,
    gelu,
    hardtanh,
    leaky_relu,
    log_softmax,
    mish,
    prelu,
    relu,
    rrelu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    step,
    tanh,
)
from nn.functional.attention import causal_mask, scaled_dot_product_attention
from nn.functional.dropout import (
    dropout,
)
from nn.functional.embedding import embedding
from nn.functional.linear import linear
from nn.functional.losses import Reduction, binary_cross_entropy_with_logits, cross_entropy, mse_loss
from nn.functional.normalization import (
    batch_norm,
    layer_norm,
    rms_norm,
)

__all__ = [
    "Reduction",
    "arctan",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "causal_mask",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardtanh",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "mse_loss",
    "prelu",
    "relu",
    "rms_norm",
    "rrelu",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "tanh",
]
