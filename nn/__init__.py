"""Neural networks: modules, layers, losses, data and training, built on `autograd` and `optim`."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
import sys as _sys
import types as _types
import typing as _typing

from autograd.lazy import on_use as _on_use
from nn import data as data, functional as functional
from nn.defaults import (
    get_default_dtype as get_default_dtype,
    manual_seed as manual_seed,
    set_default_dtype as set_default_dtype,
)
from nn.errors import *
from nn.layers import *
from nn.losses import *
from nn.module import Buffer as Buffer, Module as Module, Parameter as Parameter
from nn.stateless import functional_call as functional_call

# By the names that pickles made with 0.1 have for them. Functions, which a model may hold, had a tree of their own.
for _former, _now in {
    "layers.activations.kinked": "layers.activations.piecewise",
    "layers.activations.shares": "layers.activations.softmax",
    "losses.answers": "losses.binary",
    "losses.classes": "losses.classification",
    "losses.numbers": "losses.regression",
}.items():
    _sys.modules[f"nn.{_former}"] = _sys.modules[f"nn.{_now}"]
for _now in [name for name in _sys.modules if name.startswith(("nn.layers.", "nn.losses"))]:
    _sys.modules[f"nn.functional.{_now.removeprefix('nn.').removeprefix('layers.')}"] = _sys.modules[_now]

# What a training loop does not always need is imported at its first use. Type checkers read the first of both lists.
if _typing.TYPE_CHECKING:
    from nn import (
        init as init,
        metrics as metrics,
        models as models,
        penalties as penalties,
        plot as plot,
        saving as saving,
        utils as utils,
    )
    from nn.inspect.doctor.examine import doctor as doctor
    from nn.inspect.drawing import draw as draw
    from nn.inspect.flow import gradient_flow as gradient_flow
    from nn.inspect.summarizing import summary as summary
    from nn.layers.group_norm import *
    from nn.layers.lazy import *
    from nn.layers.resizing import *
    from nn.layers.transformer import *
    from nn.layers.transposed import *
    from nn.losses.recommendation import recommend as recommend
    from nn.models.units import Adaline as Adaline, McCullochPitts as McCullochPitts, Perceptron as Perceptron
    from nn.saving import load as load, save as save
    from nn.training import *
    from nn.training.fit import fit as fit
_MODULES = ("data", "functional", "init", "metrics", "models", "penalties", "plot", "saving", "utils")
_LAYERS = {
    "group_norm": "GroupNorm InstanceNorm1d InstanceNorm2d",
    "lazy": "LazyBatchNorm1d LazyBatchNorm2d LazyConv1d LazyConv2d LazyLinear",
    "resizing": "AdaptiveMaxPool1d AdaptiveMaxPool2d PixelShuffle Upsample "
    "CircularPad1d CircularPad2d ConstantPad1d ConstantPad2d ReflectionPad1d ReflectionPad2d "
    "ReplicationPad1d ReplicationPad2d ZeroPad1d ZeroPad2d",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    "transposed": "ConvTranspose1d ConvTranspose2d",
}
_ON_USE = {
    **{name: f"nn.layers.{family}" for family, names in _LAYERS.items() for name in names.split()},
    "fit": "nn.training.fit",
    "doctor": "nn.inspect.doctor.examine",
    "draw": "nn.inspect.drawing",
    "gradient_flow": "nn.inspect.flow",
    "summary": "nn.inspect.summarizing",
    "recommend": "nn.losses.recommendation",
    **dict.fromkeys(("Adaline", "McCullochPitts", "Perceptron"), "nn.models.units"),
    **dict.fromkeys(("load", "save"), "nn.saving"),
    **dict.fromkeys(("Callback", "Checkpoint", "CrossValidation", "CSVLog", "EarlyStopping"), "nn.training"),
    **dict.fromkeys(("History", "JSONLLog", "ReduceOnPlateau"), "nn.training"),
    **dict.fromkeys(("cross_validate", "evaluate", "predict"), "nn.training"),
}

__getattr__, __dir__ = _on_use(__name__, _ON_USE, _MODULES)

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name, value in vars().items() if name[0] != "_" and not isinstance(value, _types.ModuleType)]
    __all__ = sorted([*__all__, *_MODULES, *_ON_USE])
