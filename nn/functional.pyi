# What type checkers and editors see; a test compares it with functional.py.

from nn.layers.activations.piecewise import (
    celu as celu,
    elu as elu,
    hardsigmoid as hardsigmoid,
    hardswish as hardswish,
    hardtanh as hardtanh,
    leaky_relu as leaky_relu,
    prelu as prelu,
    relu as relu,
    relu6 as relu6,
    rrelu as rrelu,
    selu as selu,
    step as step,
)
from nn.layers.activations.smooth import (
    arctan as arctan,
    gelu as gelu,
    logsigmoid as logsigmoid,
    mish as mish,
    sigmoid as sigmoid,
    silu as silu,
    softplus as softplus,
    softsign as softsign,
    tanh as tanh,
)
from nn.layers.activations.softmax import glu as glu, log_softmax as log_softmax, softmax as softmax
from nn.layers.attention import causal_mask as causal_mask, scaled_dot_product_attention as scaled_dot_product_attention
from nn.layers.convolution import conv1d as conv1d, conv2d as conv2d
from nn.layers.distance import (
    cdist as cdist,
    cosine_similarity as cosine_similarity,
    normalize as normalize,
    pairwise_distance as pairwise_distance,
)
from nn.layers.dropout import dropout as dropout
from nn.layers.embedding import embedding as embedding, one_hot as one_hot
from nn.layers.linear import linear as linear
from nn.layers.normalization import batch_norm as batch_norm, layer_norm as layer_norm, rms_norm as rms_norm
from nn.layers.pooling import (
    adaptive_avg_pool1d as adaptive_avg_pool1d,
    adaptive_avg_pool2d as adaptive_avg_pool2d,
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
)
from nn.layers.resizing import interpolate as interpolate, pad as pad
from nn.losses.base import Reduction as Reduction
from nn.losses.binary import (
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
    hinge_loss as hinge_loss,
    perceptron_loss as perceptron_loss,
    soft_margin_loss as soft_margin_loss,
)
from nn.losses.classification import cross_entropy as cross_entropy, kl_div as kl_div, nll_loss as nll_loss
from nn.losses.distance import (
    cosine_embedding_loss as cosine_embedding_loss,
    margin_ranking_loss as margin_ranking_loss,
    triplet_margin_loss as triplet_margin_loss,
)
from nn.losses.regression import (
    gaussian_nll_loss as gaussian_nll_loss,
    huber_loss as huber_loss,
    l1_loss as l1_loss,
    mse_loss as mse_loss,
    poisson_nll_loss as poisson_nll_loss,
    smooth_l1_loss as smooth_l1_loss,
)
