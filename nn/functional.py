"""Layers, activations and losses as functions.

They are defined beside the modules of `nn.layers` and `nn.losses`, which store their settings. All of them accept
Tensors and plain arrays, and are built from the engine's ops, so they are differentiable to any order.
"""

from autograd.lazy import on_use as _on_use
from nn.layers.activations.piecewise import (
    celu,
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    step,
)
from nn.layers.activations.smooth import arctan, gelu, logsigmoid, mish, sigmoid, silu, softplus, softsign, tanh
from nn.layers.activations.softmax import glu, log_softmax, softmax
from nn.layers.attention import causal_mask, scaled_dot_product_attention
from nn.layers.convolution import conv1d, conv2d
from nn.layers.distance import cdist, cosine_similarity, normalize, pairwise_distance
from nn.layers.dropout import dropout
from nn.layers.embedding import embedding, one_hot
from nn.layers.linear import linear
from nn.layers.normalization import batch_norm, layer_norm, rms_norm
from nn.layers.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from nn.losses.base import Reduction
from nn.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    perceptron_loss,
    soft_margin_loss,
)
from nn.losses.classification import cross_entropy, kl_div, nll_loss
from nn.losses.distance import cosine_embedding_loss, margin_ranking_loss, triplet_margin_loss
from nn.losses.regression import gaussian_nll_loss, huber_loss, l1_loss, mse_loss, poisson_nll_loss, smooth_l1_loss

# Imported at their first use, as in `nn`. Type checkers read all names in functional.pyi.
_ON_USE = {"interpolate": "nn.layers.resizing", "pad": "nn.layers.resizing"}
_on_use(__name__, _ON_USE)

__all__ = sorted([name for name in vars() if name[0].isalpha()] + [*_ON_USE])
