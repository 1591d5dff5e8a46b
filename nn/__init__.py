"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from nn import data, functional, metrics
from nn.defaults import get_default_dtype, manual_seed, set_default_dtype
from nn.errors import CheckpointError, DataFileError, LabelError, LossShapeError, PrecisionWarning, StateDictError
from nn.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    MLP,
    RNN,
    SELU,
    Arctan,
    BatchNorm1d,
    BatchNorm2d,
    Dropout,
    Embedding,
    GRUCell,
    Hardtanh,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LSTMCell,
    Mish,
    MultiheadAttention,
    PReLU,
    ReLU,
    RMSNorm,
    RNNCell,
    RReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Step,
    Tanh,
)
from nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from nn.module import Buffer, Module, Parameter
from nn.summary import summary

if _TYPE_CHECKING:
    from nn import saving
    from nn.drawing import draw
    from nn.saving import load, save

# What a training loop does not always need is imported at its first use.
_ON_USE = {"draw": "nn.drawing", "load": "nn.saving", "save": "nn.saving"}


def __getattr__(name: str) -> _Any:
    if name == "saving":
        return _import_module("nn.saving")
    if name not in _ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_ON_USE[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_ON_USE, "saving"]


__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "Arctan",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Buffer",
    "CheckpointError",
    "CrossEntropyLoss",
    "DataFileError",
    "Dropout",
    "Embedding",
    "GRUCell",
    "Hardtanh",
    "Identity",
    "LSTMCell",
    "LabelError",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "LossShapeError",
    "MSELoss",
    "Mish",
    "Module",
    "MultiheadAttention",
    "PReLU",
    "Parameter",
    "PrecisionWarning",
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
    "StateDictError",
    "Step",
    "Tanh",
    "data",
    "draw",
    "functional",
    "get_default_dtype",
    "load",
    "manual_seed",
    "metrics",
    "save",
    "saving",
    "set_default_dtype",
    "summary",
]
