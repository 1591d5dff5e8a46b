"""`SyncBatchNorm`: batch normalization over the samples of all ranks."""

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.op import defop
from autograd.engine.tensor import plain
from nn.distributed.together import ranks
from nn.layers.normalization import _BatchNorm, _move

# The sum over all ranks. Every rank's loss depends on it, so its gradient is the sum of theirs.
_sum_of_ranks: Any = defop("_sum_of_ranks", lambda x: ranks().sum(x, "batch statistics"), (lambda g: _sum_of_ranks(g),))


class SyncBatchNorm(_BatchNorm):
    """Batch normalization whose mean and variance in training are those of the samples of all ranks together.

    With `Averaged`, results and gradients equal those of `nn.BatchNorm1d` or `nn.BatchNorm2d` on one process with the
    whole batch. x has shape (N, C, ...). Evaluation, and training on one process, do the same as these layers. Names,
    arguments and state are those of ``torch.nn.SyncBatchNorm``.

    >>> import numpy as np
    >>> import nn
    >>> nn.distributed.SyncBatchNorm(3)(np.zeros((8, 3, 5, 5), "float32")).shape
    (8, 3, 5, 5)
    """

    _ndims = (2, 3, 4, 5)
    _shapes = "(N, C, ...)"

    def _normalized(self, x: Any, momentum: float) -> Tensor:
        if not self.training or ranks().size == 1:
            return super()._normalized(x, momentum)
        axes, sizes = (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))
        share = x.dtype.type(not ranks().idle)
        own = float(share) * (x.size // max(x.shape[1], 1))
        count = float(ranks().sum(np.array(own), "batch statistics"))
        if count < 2:
            raise ValueError(
                f"SyncBatchNorm in training needs at least 2 values per channel, but all ranks have {count:g}."
            )
        mean = _sum_of_ranks(np.sum(x, axes) * share) / count
        spread = x - mean.reshape(sizes)
        variance = _sum_of_ranks(np.sum(spread * spread, axes) * share) / count
        _move(self.running_mean, plain(mean), momentum)
        _move(self.running_var, plain(variance), momentum, count / (count - 1.0))
        factor = 1.0 / np.sqrt(variance + self.eps)
        out: Tensor = spread * (factor if self.weight is None else factor * self.weight).reshape(sizes)
        return out if self.bias is None else out + self.bias.reshape(sizes)
