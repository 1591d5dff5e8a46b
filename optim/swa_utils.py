"""PyTorch's name for averages of weights, which need modules: `nn.training.averaging`, found at the first use."""

from autograd.lazy import on_use as _on_use
from optim.lr_scheduler import SWALR as SWALR

_NAMES = ("AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "update_bn")

_on_use(__name__, dict.fromkeys(_NAMES, "nn.training.averaging"))
