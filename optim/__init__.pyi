# What type checkers and editors see; a test compares the names that are imported on first use with __init__.py.

from optim import lr_scheduler as lr_scheduler, presets as presets, schedules as schedules, swa_utils as swa_utils
from optim.adagrad import *
from optim.adam import *
from optim.clip import *
from optim.errors import *
from optim.groups import decay_groups as decay_groups
from optim.lbfgs import LBFGS as LBFGS
from optim.minimizing import Minimum as Minimum, minimize as minimize
from optim.optimizer import Optimizer as Optimizer
from optim.presets import preset as preset
from optim.schedules import (
    Schedule as Schedule,
    chain as chain,
    constant as constant,
    cosine as cosine,
    exponential as exponential,
    inverse_time as inverse_time,
    multi_step as multi_step,
    one_cycle as one_cycle,
    polynomial as polynomial,
    step_decay as step_decay,
    warmup as warmup,
)
from optim.sgd import *
