"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from nn import data, functional
from nn.defaults import get_default_dtype, manual_seed, set_default_dtype
from nn.errors import (
    ActivationWarning,
    CheckpointError,
    DataFileError,
    LabelError,
    LossShapeError,
    PrecisionWarning,
    PredictionError,
    StateDictError,
    SymmetryWarning,
    TrainingWarning,
)
from nn.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    MLP,
    RNN,
    SELU,
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    Arctan,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv1d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    GRUCell,
    Hardtanh,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LSTMCell,
    MaxPool1d,
    MaxPool2d,
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
    Unflatten,
)
from nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    PerceptronLoss,
    SmoothL1Loss,
)
from nn.module import Buffer, Module, Parameter

if _TYPE_CHECKING:
    from nn import init, metrics, models, penalties, saving
    from nn.diagnosis import doctor, gradient_flow
    from nn.drawing import draw
    from nn.plateau import ReduceOnPlateau
    from nn.recommendation import recommend
    from nn.saving import load, save
    from nn.summarizing import summary
    from nn.training import (
        Callback,
        Checkpoint,
        CrossValidation,
        CSVLog,
        EarlyStopping,
        History,
        JSONLLog,
        cross_validate,
        evaluate,
        fit,
        predict,
    )
    from nn.units import Adaline, McCullochPitts, Perceptron

# What a training loop does not always need is imported at its first use.
_ON_USE = {
    "summary": "nn.summarizing",
    "ReduceOnPlateau": "nn.plateau",
    "doctor": "nn.diagnosis",
    "draw": "nn.drawing",
    "gradient_flow": "nn.diagnosis",
    "recommend": "nn.recommendation",
    "Adaline": "nn.units",
    "McCullochPitts": "nn.units",
    "Perceptron": "nn.units",
    "load": "nn.saving",
    "save": "nn.saving",
    "CSVLog": "nn.training",
    "Callback": "nn.training",
    "Checkpoint": "nn.training",
    "CrossValidation": "nn.training",
    "EarlyStopping": "nn.training",
    "History": "nn.training",
    "JSONLLog": "nn.training",
    "cross_validate": "nn.training",
    "evaluate": "nn.training",
    "fit": "nn.training",
    "predict": "nn.training",
}
_MODULES = ("init", "metrics", "models", "penalties", "saving")


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        return _import_module(f"nn.{name}")
    if name not in _ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(_ON_USE[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_ON_USE, *_MODULES]


__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "ActivationWarning",
    "Adaline",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "Arctan",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Buffer",
    "CSVLog",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "Conv1d",
    "Conv2d",
    "CrossEntropyLoss",
    "CrossValidation",
    "DataFileError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Hardtanh",
    "HingeLoss",
    "History",
    "HuberLoss",
    "Identity",
    "JSONLLog",
    "KLDivLoss",
    "L1Loss",
    "LSTMCell",
    "LabelError",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "LossShapeError",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "McCullochPitts",
    "Mish",
    "Module",
    "MultiheadAttention",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "Perceptron",
    "PerceptronLoss",
    "PrecisionWarning",
    "PredictionError",
    "RMSNorm",
    "RNNCell",
    "RReLU",
    "ReLU",
    "ReduceOnPlateau",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Softsign",
    "StateDictError",
    "Step",
    "SymmetryWarning",
    "Tanh",
    "TrainingWarning",
    "Unflatten",
    "cross_validate",
    "data",
    "doctor",
    "draw",
    "evaluate",
    "fit",
    "functional",
    "get_default_dtype",
    "gradient_flow",
    "init",
    "load",
    "manual_seed",
    "metrics",
    "models",
    "penalties",
    "predict",
    "recommend",
    "save",
    "saving",
    "set_default_dtype",
    "summary",
]
