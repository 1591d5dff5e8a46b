# The names of optim/swa_utils.py, for editors and type checkers: the module itself must not import `nn`.

from nn.training.averaging import (
    AveragedModel as AveragedModel,
    get_ema_avg_fn as get_ema_avg_fn,
    get_ema_multi_avg_fn as get_ema_multi_avg_fn,
    update_bn as update_bn,
)
from optim.lr_scheduler import SWALR as SWALR
