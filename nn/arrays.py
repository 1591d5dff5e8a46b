"""Conversion to plain arrays, and the types of functions that accept Tensors and plain arrays alike."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeGuard, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor, is_grad_enabled
from autograd.arrays import only_numbers

Operand = Any  # a Tensor or an array

_P = ParamSpec("_P")


def plain(x: Any, what: str = "the array") -> NDArray[Any]:
    """The plain array of a Tensor or of numbers; masked arrays and others that carry more than numbers are refused."""
    if x is None:
        raise TypeError(f"{what} is None. Does the function that computed it end without a return?")
    return np.asarray(x.data if isinstance(x, Tensor) else only_numbers(x, what))


def is_live(x: Any) -> TypeGuard[Tensor]:
    """Whether reading the plain values of x would drop a gradient that may still be needed."""
    return isinstance(x, Tensor) and x._is_live() and is_grad_enabled()


class Polymorphic(Protocol[_P]):
    """For type checkers: a function that returns a Tensor for a Tensor and an array for an array."""

    @overload
    def __call__(self, x: Tensor | Sequence[Tensor], /, *args: _P.args, **kwargs: _P.kwargs) -> Tensor: ...

    @overload
    def __call__(self, x: ArrayLike, /, *args: _P.args, **kwargs: _P.kwargs) -> NDArray[Any]: ...


def polymorphic(function: Callable[Concatenate[Any, _P], Any]) -> Polymorphic[_P]:
    """The function itself, typed so that its result has the kind of its first operand."""
    return function
