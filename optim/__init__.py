"""Optimizers and their schedules, built on `autograd` alone."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from optim.adagrad import Adadelta, Adagrad, RMSprop
from optim.adam import Adam, AdamW, Lion, NAdam
from optim.clip import NonFiniteGradientError, clip_grad_norm, clip_grad_value
from optim.errors import (
    GradientError,
    HyperparameterError,
    OptimizerError,
    ParameterError,
    StateError,
    UpdateError,
)
from optim.groups import decay_groups
from optim.optimizer import Optimizer
from optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientError",
    "HyperparameterError",
    "Lion",
    "NAdam",
    "NonFiniteGradientError",
    "Optimizer",
    "OptimizerError",
    "ParameterError",
    "RMSprop",
    "StateError",
    "UpdateError",
    "clip_grad_norm",
    "clip_grad_value",
    "decay_groups",
]
