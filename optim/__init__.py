"""Optimizers, learning-rate schedules and gradient clipping, built on `autograd` alone.

Optimizers: SGD, Adam, AdamW, NAdam, RAdam, Adamax, Adagrad, Adadelta, RMSprop, Rprop, Lion, LBFGS
Schedules: constant, step_decay, multi_step, exponential, inverse_time, polynomial, cosine, one_cycle, warmup, chain
Other functions: minimize, preset, decay_groups, clip_grad_norm, clip_grad_value
Modules: lr_scheduler, schedules, presets, swa_utils
Ask for one of them, as in help(optim.Adam); dir(optim) lists all names, with the classes of errors.
"""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split

from autograd.lazy import on_use as _on_use
from optim.adagrad import *
from optim.adam import *
from optim.clip import *
from optim.errors import *
from optim.groups import decay_groups as decay_groups
from optim.optimizer import Optimizer as Optimizer
from optim.sgd import *

# Imported on first use, since not every training loop needs them. Type checkers read their names in __init__.pyi.
_ON_USE = {
    "LBFGS": "optim.lbfgs",
    "Minimum": "optim.minimizing",
    "minimize": "optim.minimizing",
    "preset": "optim.presets",
    **dict.fromkeys(("Schedule", "chain", "constant", "cosine", "exponential", "inverse_time"), "optim.schedules"),
    **dict.fromkeys(("multi_step", "one_cycle", "polynomial", "step_decay", "warmup"), "optim.schedules"),
}

_on_use(__name__, _ON_USE, ("lr_scheduler", "presets", "schedules", "swa_utils"))
