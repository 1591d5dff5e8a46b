"""Arrays from whatever is given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.arrays import only_numbers

__all__ = ["plain"]


def plain(x: Any, what: str = "the array") -> NDArray[Any]:
    """The array of a Tensor, or of numbers; what carries more than its numbers, such as a mask, is refused.

    >>> from nn.arrays import plain
    >>> plain([1, 2])
    array([1, 2])
    """
    return np.asarray(x.data if isinstance(x, Tensor) else only_numbers(x, what))
