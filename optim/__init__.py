"""Optimizers and their schedules, built on `autograd` alone."""

from optim import _engine as _engine  # first: refuses an `autograd` that is not chainrule's

# isort: split
import types as _types
import typing as _typing

from autograd.lazy import on_use as _on_use
from optim.adagrad import *
from optim.adam import *
from optim.clip import *
from optim.errors import *
from optim.groups import decay_groups as decay_groups
from optim.optimizer import Optimizer as Optimizer
from optim.sgd import *

# What a training loop does not always need is imported at its first use. Type checkers read the first of both lists.
if _typing.TYPE_CHECKING:
    from optim import lr_scheduler as lr_scheduler, presets as presets, schedules as schedules, swa_utils as swa_utils
    from optim.lbfgs import LBFGS as LBFGS
    from optim.minimizing import Minimum as Minimum, minimize as minimize
    from optim.presets import preset as preset
    from optim.schedules import *
_ON_USE = {
    "LBFGS": "optim.lbfgs",
    "Minimum": "optim.minimizing",
    "minimize": "optim.minimizing",
    "preset": "optim.presets",
    **dict.fromkeys(("Schedule", "chain", "constant", "cosine", "exponential", "inverse_time"), "optim.schedules"),
    **dict.fromkeys(("multi_step", "one_cycle", "polynomial", "step_decay", "warmup"), "optim.schedules"),
}

__getattr__, __dir__ = _on_use(__name__, _ON_USE, ("lr_scheduler", "presets", "schedules", "swa_utils"))

if not _typing.TYPE_CHECKING:  # a computed list would stop type checkers, which follow the stars
    __all__ = [name for name, value in vars().items() if name[0] != "_" and not isinstance(value, _types.ModuleType)]
    __all__ = sorted([*__all__, *_ON_USE])
