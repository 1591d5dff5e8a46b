"""The types of functions that take Tensors and plain arrays alike.

Nothing here runs but to hand on what it was given: type checkers read it.
"""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, overload

from numpy.typing import ArrayLike, NDArray

from autograd import Tensor

Operand = Any  # a Tensor or an array

_P = ParamSpec("_P")


class Polymorphic(Protocol[_P]):
    """A function that gives a Tensor for a Tensor, and an array for an array."""

    @overload
    def __call__(self, x: Tensor, /, *args: _P.args, **kwargs: _P.kwargs) -> Tensor: ...

    @overload
    def __call__(self, x: ArrayLike, /, *args: _P.args, **kwargs: _P.kwargs) -> NDArray[Any]: ...


def polymorphic(function: Callable[Concatenate[Any, _P], Any]) -> Polymorphic[_P]:
    """The function itself, whose result is of the kind of its first operand.

    >>> from autograd import tensor
    >>> from nn.operands import polymorphic
    >>> twice = polymorphic(lambda x: x + x)
    >>> twice([1.0]), twice(tensor([1.0]))  # and so a type checker sees it
    ([1.0, 1.0], tensor([2.]))
    """
    return function
