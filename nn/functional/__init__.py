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
from nn.functional.convolution import conv1d, conv2d
from nn.functional.dropout import dropout
from nn.functional.embedding import embedding
from nn.functional.linear import linear
from nn.functional.losses import (
    Reduction,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    perceptron_loss,
    smooth_l1_loss,
)
from nn.functional.normalization import batch_norm, layer_norm, rms_norm
from nn.functional.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)

__all__ = [
    "Reduction",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "arctan",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "causal_mask",
    "conv1d",
    "conv2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardtanh",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "mish",
    "mse_loss",
    "nll_loss",
    "perceptron_loss",
    "prelu",
    "relu",
    "rms_norm",
    "rrelu",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "tanh",
]
