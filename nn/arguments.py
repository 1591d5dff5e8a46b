"""The arguments of layers and functions: their conversion to arrays, the checks of settings and inputs, and types."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeGuard, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor, is_grad_enabled
from autograd.arrays import only_numbers
from autograd.engine.graph import STATE
from nn.defaults import get_default_dtype

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


def positive(name: str, value: Any, what: str = "number of features") -> int:
    """A setting that must be a positive integer."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}, the {what}, must be a positive integer, not {value!r}.")
    return int(value)


def not_negative(name: str, value: Any) -> float:
    """A setting that must be a finite number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, float | int | np.number) or not 0.0 <= value < np.inf:
        raise ValueError(f"{name} must be a finite number, 0 or more, not {value!r}.")
    return float(value)


def probability(name: str, value: Any, what: str = "probability") -> float:
    """A setting that must lie between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, float | int | np.number) or not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be a {what} between 0 and 1, not {value!r}.")
    return float(value)


def fitting(name: str, value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A value, or several, in another dtype, rounded to its precision.

    Raises ValueError for values out of its range, which NumPy would change silently: 300 becomes 44 in uint8.
    """
    given = np.asarray(value)
    if given.dtype.kind == "O":  # integers beyond all of NumPy's
        given = given.astype(np.float64)
    with np.errstate(all="ignore"):
        cast = given.astype(dtype)
        if dtype.kind == "f":
            fits = np.isfinite(cast) | ~np.isfinite(given.astype(np.float64))
        else:
            fits = (cast == given) & ((cast < 0) == (given < 0))
    if np.all(fits):
        return cast
    if dtype.kind == "f":
        numbers = f"numbers from {np.finfo(dtype).min} to {np.finfo(dtype).max}, infinities and NaN"
    elif dtype.kind == "b":
        numbers = "0 and 1"
    else:
        numbers = f"the integers from {np.iinfo(dtype).min} to {np.iinfo(dtype).max}"
    found = value if given.ndim == 0 else given[~fits].flat[0]
    raise ValueError(f"{name} is {found!r}, which {dtype} cannot hold: it holds {numbers}.")


def floating(x: Any, like: Tensor | None = None) -> Any:
    """The input of a layer, with integers, booleans and lists converted to the dtype of a parameter (or the default).

    They have no gradient to lose. Real and complex floating-point numbers stay as they are.

    Raises TypeError for a tuple of Tensors, such as recurrent layers and attention return.
    """
    try:
        if x.dtype.kind in "fc":
            return x
    except AttributeError:
        if isinstance(x, tuple) and any(isinstance(part, Tensor | tuple) for part in x):
            raise TypeError(
                f"the input is a tuple of {len(x)}, not an array. Recurrent layers and attention return their output "
                "together with a state or weights: pass only the output, the first element."
            ) from None
    array = np.asarray(given := plain(x, "the input"), get_default_dtype() if like is None else like.dtype)
    if (watch := STATE.get().watch) is not None:
        watch._converted(given, array)
    return array
