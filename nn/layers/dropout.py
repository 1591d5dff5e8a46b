"""Dropout: sets random elements to 0 in training."""

from typing import Any

import numpy as np

from autograd import OperandError, Tensor
from autograd.ops.arithmetic import multiply as _multiply
from nn.arguments import floating, polymorphic, probability
from nn.defaults import Randomness, generator
from nn.of_function import of

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


@polymorphic
def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Randomness = None) -> Any:
    """``y = x m / (1 - p)``, where ``m`` is 0 with probability p, else 1, independently for each element and call.

    Dividing by ``1 - p`` preserves the expected value, so evaluation needs no scaling: without ``training``, and with
    ``p = 0``, the input itself is returned. Inputs may have any shape; the result keeps shape and dtype.

    The random numbers come from the default generator, which `nn.manual_seed` seeds, or from ``rng``, a generator or a
    seed for one. `nn.Dropout` keeps its generator in the attribute ``rng``: save ``layer.rng.bit_generator.state`` and
    assign it later to continue with the same numbers.

    Raises ValueError unless p is between 0 and 1. Srivastava et al., "Dropout: a simple way to prevent neural networks
    from overfitting", JMLR 15 (2014), with the division moved to training as in ``torch.nn.Dropout``. ``inplace`` has
    no effect: results are always new arrays.

    >>> from nn.functional import dropout
    >>> dropout([1.0] * 8, 0.75, rng=3)
    array([4., 0., 0., 0., 0., 4., 4., 0.], dtype=float32)
    """
    return _dropped(x, p, training, rng)


def _dropped(x: Any, p: float, training: bool, rng: Randomness, axes: int = 0) -> Any:
    """Dropout of elements, or of channels with axes after them."""
    p = probability("p", p)
    if not training or p == 0.0:
        return x
    x = floating(x)
    channels = min(2, x.ndim - 1)
    shape = x.shape if not axes else (*x.shape[:channels], *(1,) * (x.ndim - channels))
    # Numbers in single precision decide, whatever the dtype of x: the same entries, in half of the time.
    kept = generator(rng).random(shape, np.float32) >= p
    mask = np.multiply(kept, 1.0 / (1.0 - p) if p < 1.0 else 0.0, dtype=x.dtype)
    return _multiply(x, mask)


class Dropout(of.Dropout, of=dropout, shown=("p",)):
    """Sets random elements of its input to 0 in training, so that no unit can rely on a particular other unit."""

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Randomness = None) -> None:
        self.p: float = probability("p", p)
        self.rng: np.random.Generator | None = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Tensor:
        if self.axes and np.ndim(x) not in (3, 2 * self.axes):  # (C, L), (N, C, L), (N, C, H, W)
            shapes = ("(C, L)", "(N, C, H, W)")[self.axes - 1]
            raise OperandError(f"{self!r} needs an input of shape (N, C, L) or {shapes}, not {np.shape(x)}.")
        return _dropped(x, self.p, self.training, self.rng, self.axes)


class Dropout1d(Dropout, axes=1):
    """Sets whole channels of sequences (N, C, L) or (C, L) to 0 at random in training; see `Dropout2d`.

    >>> import nn
    >>> nn.Dropout1d(0.5, rng=1)([[1.0, 1.0], [1.0, 1.0]])
    array([[0., 0.],
           [2., 2.]], dtype=float32)
    """


class Dropout2d(Dropout, axes=2):
    """Sets whole channels of images (N, C, H, W) to 0 at random in training, because neighbouring pixels are alike.

    Otherwise it works like `Dropout`. Three axes are read as (N, C, L), as in ``torch.nn.Dropout2d``.

    >>> import nn
    >>> nn.Dropout2d(0.5, rng=1)([[[[1.0, 1.0]], [[1.0, 1.0]]]]).ravel()
    array([0., 0., 2., 2.], dtype=float32)
    """
