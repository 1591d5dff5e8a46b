"""PyTorch's name for averages of weights; imports `nn.training.averaging`, which needs modules, on first use."""

from autograd.lazy import on_use as _on_use
from optim.lr_scheduler import SWALR as SWALR

_NAMES = ("AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "update_bn")

_on_use(__name__, dict.fromkeys(_NAMES, "nn.training.averaging"))
