"""Optimizers and their schedules, built on `autograd` alone."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from optim.adam import Adam
from optim.errors import (
    GradientError,
    HyperparameterError,
    OptimizerError,
    ParameterError,
    StateError,
    UpdateError,
)
from optim.optimizer import Optimizer
from optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "GradientError",
    "HyperparameterError",
    "Optimizer",
    "OptimizerError",
    "ParameterError",
    "StateError",
    "UpdateError",
]
