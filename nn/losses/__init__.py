"""Losses as modules: the settings, kept; the formulas are in `nn.functional`."""

from nn.losses.binary import BCELoss, BCEWithLogitsLoss, HingeLoss, PerceptronLoss
from nn.losses.classification import CrossEntropyLoss, KLDivLoss, NLLLoss
from nn.losses.regression import HuberLoss, L1Loss, MSELoss, SmoothL1Loss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PerceptronLoss",
    "SmoothL1Loss",
]
