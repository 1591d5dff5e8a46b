"""Arrays from whatever is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

__all__ = ["plain"]


def plain(x: Any) -> NDArray[Any]:
    """The array of a Tensor, or of numbers.

    >>> from nn.arrays import plain
    >>> plain([1, 2])
    array([1, 2])
    """
    return np.asarray(x.data if isinstance(x, Tensor) else x)
