"""What layers ask of their settings and inputs, in one place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from nn.arrays import plain
from nn.defaults import get_default_dtype


def positive(name: str, value: Any, what: str = "number of features") -> int:
    """A setting that counts something.

    >>> from nn.validation import positive
    >>> positive("num_layers", 0, "number of layers")
    Traceback (most recent call last):
    ...
    ValueError: num_layers is a number of layers, so a positive integer, not 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is a {what}, so a positive integer, not {value!r}.")
    return int(value)


def not_negative(name: str, value: Any) -> float:
    """A setting that is a number from 0 up.

    >>> from nn.validation import not_negative
    >>> not_negative("eps", -1.0)
    Traceback (most recent call last):
    ...
    ValueError: eps is a number from 0 up, not -1.0.
    """
    if isinstance(value, bool) or not isinstance(value, float | int | np.number) or not 0.0 <= value < np.inf:
        raise ValueError(f"{name} is a number from 0 up, not {value!r}.")
    return float(value)


def probability(name: str, value: Any, what: str = "probability") -> float:
    """A setting from 0 to 1.

    >>> from nn.validation import probability
    >>> probability("p", 1.5)
    Traceback (most recent call last):
    ...
    ValueError: p is a probability, from 0 to 1, not 1.5.
    """
    if isinstance(value, bool) or not isinstance(value, float | int | np.number) or not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is a {what}, from 0 to 1, not {value!r}.")
    return float(value)


def fitting(name: str, value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A value, or several, in the dtype of what it is to fill: as it is, or rounded to the digits that the dtype has.

    Raises ValueError for one that would become another number: NumPy lets 300 become 44 in uint8, and 1e6 infinite in
    float16.

    >>> import numpy as np
    >>> from nn.validation import fitting
    >>> fitting("fill", 300, np.dtype(np.uint8))
    Traceback (most recent call last):
    ...
    ValueError: fill is 300, which uint8 cannot hold: its numbers are the integers from 0 to 255.
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
        numbers = f"from {np.finfo(dtype).min} to {np.finfo(dtype).max}, infinities and NaN"
    elif dtype.kind == "b":
        numbers = "0 and 1"
    else:
        numbers = f"the integers from {np.iinfo(dtype).min} to {np.iinfo(dtype).max}"
    found = value if given.ndim == 0 else given[~fits].flat[0]
    raise ValueError(f"{name} is {found!r}, which {dtype} cannot hold: its numbers are {numbers}.")


def floating(x: Any, like: Tensor | None = None) -> Any:
    """The input of a layer: integers, booleans and lists in the dtype of a parameter (or the default one).

    They have no gradient to lose. Real and complex floating numbers stay as they are.

    Raises TypeError for a tuple with Tensors in it, which is what recurrent layers and attention return.

    >>> import numpy as np
    >>> import nn
    >>> from nn.validation import floating
    >>> floating([1, 2]).dtype, floating(np.ones(2), nn.Parameter([1.0])).dtype
    (dtype('float32'), dtype('float64'))
    """
    try:
        if x.dtype.kind in "fc":
            return x
    except AttributeError:
        if isinstance(x, tuple) and any(isinstance(part, Tensor | tuple) for part in x):
            raise TypeError(
                f"the input is a tuple of {len(x)}, not an array. Recurrent layers and attention return their output "
                "with a state or with weights: pass the output alone, the first of them."
            ) from None
    return np.asarray(plain(x, "the input"), get_default_dtype() if like is None else like.dtype)
