"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from nn import data, functional, metrics
from nn.defaults import get_default_dtype, manual_seed, set_default_dtype
from nn.errors import LabelError, LossShapeError, PrecisionWarning, StateDictError
from nn.layers import MLP, Linear, ReLU, Sequential, Sigmoid, Softmax, Tanh
from nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from nn.module import Buffer, Module, Parameter
from nn.summary import summary

__all__ = [
    "MLP",
    "BCEWithLogitsLoss",
    "Buffer",
    "CrossEntropyLoss",
    "LabelError",
    "Linear",
    "LossShapeError",
    "MSELoss",
    "Module",
    "Parameter",
    "PrecisionWarning",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "StateDictError",
    "Tanh",
    "data",
    "functional",
    "get_default_dtype",
    "manual_seed",
    "metrics",
    "set_default_dtype",
    "summary",
]
