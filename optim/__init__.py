"""Optimizers and their schedules, built on `autograd` alone."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
from typing import TYPE_CHECKING as _TYPE_CHECKING

from autograd.lazy import on_use as _on_use
from optim.adagrad import Adadelta, Adagrad, RMSprop
from optim.adam import Adam, AdamW, Lion, NAdam
from optim.clip import NonFiniteGradientError, clip_grad_norm, clip_grad_value
from optim.errors import (
    GradientError,
    HyperparameterError,
    NoGradientWarning,
    OptimizerError,
    ParameterError,
    StateError,
    UpdateError,
)
from optim.groups import decay_groups
from optim.optimizer import Optimizer
from optim.sgd import SGD

if _TYPE_CHECKING:
    from optim import presets as presets
    from optim import schedules as schedules
    from optim.lbfgs import LBFGS
    from optim.minimizing import Minimum, minimize
    from optim.presets import preset
    from optim.schedules import (
        Schedule,
        chain,
        constant,
        cosine,
        exponential,
        inverse_time,
        multi_step,
        one_cycle,
        polynomial,
        step_decay,
        warmup,
    )

# What a training loop does not always need is imported at its first use.
_SCHEDULES = ("Schedule", "chain", "constant", "cosine", "exponential", "inverse_time", "multi_step", "one_cycle")
_ON_USE = {
    "LBFGS": "optim.lbfgs",
    "Minimum": "optim.minimizing",
    "minimize": "optim.minimizing",
    "preset": "optim.presets",
    **dict.fromkeys((*_SCHEDULES, "polynomial", "step_decay", "warmup"), "optim.schedules"),
}

__getattr__, __dir__ = _on_use(__name__, _ON_USE, ("presets", "schedules"))

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientError",
    "HyperparameterError",
    "Lion",
    "Minimum",
    "NAdam",
    "NoGradientWarning",
    "NonFiniteGradientError",
    "Optimizer",
    "OptimizerError",
    "ParameterError",
    "RMSprop",
    "Schedule",
    "StateError",
    "UpdateError",
    "chain",
    "clip_grad_norm",
    "clip_grad_value",
    "constant",
    "cosine",
    "decay_groups",
    "exponential",
    "inverse_time",
    "minimize",
    "multi_step",
    "one_cycle",
    "polynomial",
    "preset",
    "step_decay",
    "warmup",
]
