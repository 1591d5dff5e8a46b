"""Averages of weights under PyTorch's names. They need modules, so they are here; `optim.swa_utils` exports them."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from nn.module import Buffer, Module


def _mean(average: Any, new: Any, count: int) -> Any:
    return average + (new - average) / (count + 1) if count else new


def _moving(average: Any, new: Any, count: int, *, decay: float) -> Any:
    return decay * average + (1.0 - decay) * new


def _each(function: Callable[..., Any], averages: Iterable[Tensor], new: Iterable[Tensor], count: int) -> None:
    for p, q in zip(averages, new, strict=True):
        found = function(p.detach(), q.detach(), count)
        p.data = np.array(getattr(found, "data", found), p.dtype)


def get_ema_avg_fn(decay: float = 0.999) -> Callable[..., Tensor]:
    """Return a function that updates an exponential moving average: decay · average + (1 − decay) · new.

    >>> from optim.swa_utils import get_ema_avg_fn
    >>> get_ema_avg_fn(0.75)(1.0, 3.0, 5)
    1.5
    """
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"get_ema_avg_fn: decay must be a number from 0 to 1; got {decay!r}.")
    return partial(_moving, decay=decay)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """Return the same function for lists of Tensors; it changes the first list in place.

    >>> from optim.swa_utils import get_ema_multi_avg_fn
    >>> get_ema_multi_avg_fn(0.75)([], [], 5)
    """
    return partial(_each, get_ema_avg_fn(decay))


class AveragedModel(Module):
    """A copy of a model whose parameters are the average of all parameters passed to `update_parameters`.

    The default average is the mean. ``avg_fn(average, new, count)`` computes the next average instead, or
    ``multi_avg_fn`` updates lists in place. Buffers are copied from the latest model, or averaged with ``use_buffers``.

    Source: Izmailov et al., Averaging weights leads to wider optima, 2018, https://arxiv.org/abs/1803.05407.

    >>> import nn
    >>> from optim.swa_utils import AveragedModel
    >>> model = nn.Linear(1, 1, bias=False, rng=0)
    >>> average = AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     model.weight.data[:] = weight
    ...     average.update_parameters(model)
    >>> average([[1.0]]).item()
    3.0
    """

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Any = None, multi_avg_fn: Any = None, use_buffers: bool = False
    ) -> None:
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError(f"AveragedModel takes avg_fn or multi_avg_fn, not both: {avg_fn!r}, {multi_avg_fn!r}.")
        self.n_averaged, self.module = Buffer(np.array(0, np.int64)), deepcopy(model)
        self.multi_avg_fn, self.use_buffers = multi_avg_fn or partial(_each, avg_fn or _mean), use_buffers
        self.to(device=device)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.module(*inputs, **named)

    def update_parameters(self, model: Module) -> None:
        """Add the present parameters of a model to the average. Raises ValueError if the shapes differ."""
        own, new = [[*m.parameters(), *(m.buffers() if self.use_buffers else ())] for m in (self.module, model)]
        if [p.shape for p in own] != [p.shape for p in new]:
            raise ValueError(f"AveragedModel: this {type(model).__name__} has parameters of different shapes.")
        count = int(self.n_averaged.data)
        with no_grad():
            (self.multi_avg_fn if count else partial(_each, _mean))(own, new, count)
        if not self.use_buffers:
            _each(_mean, self.module.buffers(), model.buffers(), 0)
        self.n_averaged.data = np.array(count + 1)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Recompute the running statistics of a model's normalization layers over a loader; inputs come first in a batch.

    >>> import nn, numpy as np
    >>> from optim.swa_utils import update_bn
    >>> norm = nn.BatchNorm1d(1)
    >>> update_bn([np.float32([[1.0], [3.0]]), np.float32([[5.0], [7.0]])], norm)
    >>> norm.running_mean.data
    array([4.], dtype=float32)
    """
    model.to(device=device)
    norms: list[Any] = [m for m in model.modules() if isinstance(getattr(m, "running_mean", None), Tensor)]
    settings = [(m, name) for m in model.modules() for name in ("training", "momentum") if hasattr(m, name)]
    before = [(m, name, getattr(m, name)) for m, name in settings]
    for m in norms:
        m.momentum = None
        for buffer, value in ((m.running_mean, 0), (m.running_var, 1), (m.num_batches_tracked, 0)):
            buffer.data = np.full_like(buffer.data, value)
    try:
        model.train()
        with no_grad():
            for batch in loader if norms else ():
                model(batch[0] if isinstance(batch, list | tuple) else batch)
    finally:
        for module, name, value in before:
            setattr(module, name, value)
