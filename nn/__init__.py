"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`.

Build: Module, Parameter, Buffer, Sequential, ModuleList, ModuleDict, MLP
Layers: Linear, Conv2d, MaxPool2d, BatchNorm2d, Dropout, Embedding, LSTM, MultiheadAttention, ReLU, Tanh, ...
Losses: MSELoss, L1Loss, HuberLoss, CrossEntropyLoss, BCEWithLogitsLoss, HingeLoss, ...
Train and keep: fit, evaluate, predict, cross_validate, EarlyStopping, Checkpoint, History, save, load, ...
Look inside: summary, draw, doctor, gradient_flow, recommend
Modules: functional, init, data, metrics, models, penalties, plot, saving, sklearn, utils
Ask for one of them, as in help(nn.Linear); dir(nn) lists all names, with the classes of errors.
"""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
import sys as _sys

from autograd.lazy import on_use as _on_use
from nn import data as data, functional as functional
from nn.defaults import *
from nn.errors import *
from nn.layers import *
from nn.losses import *
from nn.module import Buffer as Buffer, Module as Module, Parameter as Parameter
from nn.stateless import functional_call as functional_call

# Former module names, to which pickles made with 0.1 refer. Functions used to live in a tree of their own.
for _former, _now in {
    "layers.activations.kinked": "layers.activations.piecewise",
    "layers.activations.shares": "layers.activations.softmax",
    "layers.group_norm": "layers.normalization",
    "layers.mlp": "layers.container",
    "layers.recurrent.cells": "layers.recurrent",
    "layers.recurrent.layers": "layers.recurrent",
    "layers.transposed": "layers.convolution",
    "losses.answers": "losses.binary",
    "losses.classes": "losses.classification",
    "losses.numbers": "losses.regression",
}.items():
    _sys.modules[f"nn.{_former}"] = _sys.modules[f"nn.{_now}"]
for _now in [name for name in _sys.modules if name.startswith(("nn.layers.", "nn.losses"))]:
    _sys.modules[f"nn.functional.{_now.removeprefix('nn.').removeprefix('layers.')}"] = _sys.modules[_now]

# Imported on first use, since not every training loop needs them. Type checkers read their names in __init__.pyi.
_MODULES = [
    "data", "distributed", "exercises", "functional", "init", "metrics", "models", "penalties", "plot", "saving",
    "units", "utils", "zoo",
]  # fmt: skip
_NAMES = {
    "inspect.doctor": "doctor",
    "inspect.drawing": "draw",
    "inspect.flow": "gradient_flow",
    "inspect.summarizing": "summary",
    "layers.lazy": "LazyBatchNorm1d LazyBatchNorm2d LazyConv1d LazyConv2d LazyLinear",
    "layers.resizing": "AdaptiveMaxPool1d AdaptiveMaxPool2d PixelShuffle Upsample ZeroPad1d ZeroPad2d ReflectionPad1d "
    "ReflectionPad2d CircularPad1d CircularPad2d ConstantPad1d ConstantPad2d ReplicationPad1d ReplicationPad2d",
    "layers.transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder "
    "TransformerEncoderLayer",
    "losses.recommendation": "recommend",
    "saving": "load save",
    "training": "CSVLog Callback Checkpoint CrossValidation EarlyStopping History JSONLLog ReduceOnPlateau "
    "cross_validate evaluate predict",
    "training.fit": "fit",
    "units": "Adaline McCullochPitts Perceptron",
}
_ON_USE = {name: f"nn.{module}" for module, names in _NAMES.items() for name in names.split()}

_on_use(__name__, _ON_USE, _MODULES, unlisted=["sklearn"])
