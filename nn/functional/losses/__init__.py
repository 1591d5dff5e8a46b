"""Losses as functions: of numbers, of yes-or-no answers, of classes."""

from nn.functional.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    perceptron_loss,
)
from nn.functional.losses.checks import Reduction
from nn.functional.losses.classification import cross_entropy, kl_div, nll_loss
from nn.functional.losses.regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss

__all__ = [
    "Reduction",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "perceptron_loss",
    "smooth_l1_loss",
]
