"""Arrays from whatever is given."""

from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, is_grad_enabled
from autograd.arrays import only_numbers


def plain(x: Any, what: str = "the array") -> NDArray[Any]:
    """The array of a Tensor, or of numbers; what carries more than its numbers, such as a mask, is refused.

    >>> from nn.arrays import plain
    >>> plain([1, 2])
    array([1, 2])
    """
    return np.asarray(x.data if isinstance(x, Tensor) else only_numbers(x, what))


def is_live(x: Any) -> TypeGuard[Tensor]:
    """Whether taking the plain values of x would lose a gradient that may be wanted here.

    >>> from autograd import no_grad, tensor
    >>> from nn.arrays import is_live
    >>> x = tensor(1.0, requires_grad=True)
    >>> with no_grad():
    ...     is_live(x)
    False
    >>> is_live(x), is_live(x * 2), is_live(x.detach()), is_live(1.0)
    (True, True, False, False)
    """
    return isinstance(x, Tensor) and x._is_live() and is_grad_enabled()
