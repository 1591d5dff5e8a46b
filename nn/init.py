"""Start values of parameters: functions that fill a Tensor anew, named and defined as in ``torch.nn.init``.

Each takes a Parameter (or another leaf Tensor), gives it new data of the same shape and dtype, and returns it. Random
ones draw from ``rng``, a `numpy.random.Generator` or a seed for one; by default from the generator that
`nn.manual_seed` starts. The same seed gives the same numbers, bit for bit; they are drawn in float64 and then rounded,
so they are also the same for every dtype.

Weights have shape (out, in) or, for convolutions, (out, in, ...) with the size of the kernel at the end. The fan-in n
of a unit is the number of numbers that it adds up, in times the size of the kernel; the fan-out is out times that size.

>>> import nn
>>> def start(module):
...     if isinstance(module, nn.Linear):
...         nn.init.kaiming_normal_(module.weight, nonlinearity="relu", rng=0)
...         nn.init.zeros_(module.bias)
>>> model = nn.MLP([4, 8, 2]).apply(start)
>>> model[0].bias.tolist() == [0.0] * 8
True
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor
from autograd.arrays import only_numbers
from autograd.fingerprints import take_back
from autograd.lazy import on_use as _on_use
from nn.defaults import Randomness, generator
from nn.validation import fitting

__autograd_transparent__ = True

T = TypeVar("T", bound=Tensor)
Fan = Literal["average", "in", "out"]
Mode = Literal["fan_in", "fan_out"]


def zeros_(tensor: T) -> T:
    """Fill with 0: the usual start of biases.

    Weights of a hidden layer that are all equal give all of its units the same output and, where the layer after it is
    no less uniform, the same gradient: they stay equal for ever. `nn` warns with SymmetryWarning when that happens.

    >>> import nn
    >>> nn.init.zeros_(nn.Parameter([1.0, 2.0])).tolist()
    [0.0, 0.0]
    """
    return _filled(tensor, np.zeros)


def ones_(tensor: T) -> T:
    """Fill with 1: the usual start of the scales of a normalization.

    >>> import nn
    >>> nn.init.ones_(nn.Parameter([3.0, 2.0])).tolist()
    [1.0, 1.0]
    """
    return _filled(tensor, np.ones)


def constant_(tensor: T, val: ArrayLike) -> T:
    """Fill with a value, or with an array of the same shape, or one that can be repeated to it.

    Raises ValueError when it cannot, and for a value that the dtype of the Tensor cannot hold.

    >>> import nn
    >>> nn.init.constant_(nn.Parameter([1.0, 2.0]), 0.5).tolist()
    [0.5, 0.5]
    """

    value = np.asarray(only_numbers(val, "constant_: the value"))

    def repeats(shape: tuple[int, ...]) -> NDArray[Any]:
        try:
            repeated = np.broadcast_to(value, shape)
        except ValueError as error:
            raise ValueError(f"constant_: a value of shape {np.shape(val)} does not fill {shape}.") from error
        fitting("constant_: the value", val, tensor.dtype)
        return repeated

    return _filled(tensor, repeats)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with numbers spread evenly from a to b.

    Raises ValueError when a is above b.

    >>> import nn
    >>> nn.init.uniform_(nn.Parameter([0.0, 0.0]), -0.5, 0.5, rng=0).numpy().round(4)
    array([ 0.137 , -0.2302], dtype=float32)
    """
    if not a <= b:
        raise ValueError(f"uniform_: a must not be above b, but they are {a!r} and {b!r}.")
    return _filled(tensor, lambda shape: generator(rng).uniform(a, b, shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with normal numbers. Small weights, as older texts start with, have ``std=0.01``.

    Raises ValueError when std is negative.

    >>> import nn
    >>> nn.init.normal_(nn.Parameter([0.0, 0.0]), std=0.01, rng=0).numpy().round(5)
    array([ 0.00126, -0.00132], dtype=float32)
    """
    if not std >= 0.0:
        raise ValueError(f"normal_: std is 0 or more, not {std!r}.")
    return _filled(tensor, lambda shape: generator(rng).normal(mean, std, shape))


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Randomness = None
) -> T:
    """Fill with normal numbers that lie between a and b: those outside are not cut off, but drawn again.

    a and b are values, not multiples of std, as in PyTorch: the defaults are two standard deviations only for
    ``std=1``. Bounds that leave hardly a number are no problem.

    Raises ValueError when a is not below b, std is not positive, or nothing lies between a and b in float64.

    >>> import nn
    >>> w = nn.init.trunc_normal_(nn.Parameter([[0.0] * 1000]), std=0.02, a=-0.04, b=0.04, rng=0)
    >>> bool(abs(w.numpy()).max() <= 0.04), bool(abs(w.numpy()).max() > 0.039)
    (True, True)
    """
    if not a < b:
        raise ValueError(f"trunc_normal_: a must be below b, but they are {a!r} and {b!r}.")
    if not std > 0.0:
        raise ValueError(f"trunc_normal_: std is a positive number, not {std!r}.")

    def between(shape: tuple[int, ...]) -> NDArray[Any]:
        z = _truncated(math.prod(shape), (a - mean) / std, (b - mean) / std, generator(rng))
        return np.clip(mean + std * z, a, b).reshape(shape)

    filled = _filled(tensor, between)
    filled.data = _inside(filled.data, a, b)
    return filled


def _truncated(count: int, low: float, high: float, rng: "np.random.Generator") -> NDArray[Any]:
    """Standard normal numbers between two bounds."""
    if low > 0.0:  # the distribution function has digits left far below 0, but not far above
        return -_truncated(count, -high, -low, rng)
    below, share = _below(low), _below(high) - _below(low)
    if share > 0.3:
        z = rng.standard_normal(count)
        wrong = np.flatnonzero((z < low) | (z > high))
        while wrong.size:
            z[wrong] = rng.standard_normal(wrong.size)
            wrong = wrong[(z[wrong] < low) | (z[wrong] > high)]
        return z
    if not share:
        raise ValueError(f"trunc_normal_: {-high:g} standard deviations from the mean, no number is left.")
    # Drawing again would take long: the inverse of the distribution function, one by one.
    invert = NormalDist().inv_cdf
    levels = (max(below + share * u, _TINY) for u in rng.random(count).tolist())
    return np.fromiter((min(max(invert(level), low), high) for level in levels), float, count)


_TINY = float(np.finfo(float).tiny)


def _below(z: float) -> float:
    """The distribution function of the standard normal, with all digits far below 0."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _inside(values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    """Numbers that rounding has moved over a bound, moved back to the next of their dtype."""
    infinity = values.dtype.type(np.inf)
    values = np.where(values < np.float64(low), np.nextafter(values, infinity), values)
    return np.where(values > np.float64(high), np.nextafter(values, -infinity), values)


def xavier_uniform_(tensor: T, gain: float = 1.0, *, fan: Fan = "average", rng: Randomness = None) -> T:
    """Fill with numbers spread evenly in ``+-gain sqrt(3 / n)``, with n the mean of fan-in and fan-out.

    Their standard deviation is ``gain / sqrt(n)``, which keeps the size of both activations and gradients in networks
    of linear or tanh units. ``fan="in"`` takes the fan-in as n, as some texts write it.

    Raises ValueError for a Tensor with less than two axes. Glorot and Bengio, "Understanding the difficulty of training
    deep feedforward neural networks" (2010).

    >>> import nn
    >>> w = nn.init.xavier_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0)  # n = 1.5
    >>> w.numpy().round(4)
    array([[ 0.3874, -0.6511]], dtype=float32)
    """
    return _evenly(tensor, gain / math.sqrt(_fan("xavier_uniform_", tensor, fan)), rng)


def xavier_normal_(tensor: T, gain: float = 1.0, *, fan: Fan = "average", rng: Randomness = None) -> T:
    """Fill with normal numbers of standard deviation ``gain / sqrt(n)``, with n the mean of fan-in and fan-out.

    See `xavier_uniform_`, whose arguments and errors these are.

    >>> import nn
    >>> nn.init.xavier_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.1027, -0.1079]], dtype=float32)
    """
    return normal_(tensor, 0.0, gain / math.sqrt(_fan("xavier_normal_", tensor, fan)), rng=rng)


def kaiming_uniform_(
    tensor: T, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Randomness = None
) -> T:
    """Fill with numbers spread evenly in ``+-gain sqrt(3 / n)``, with n the fan-in (or fan-out) and a gain for ReLU.

    Their standard deviation is ``gain / sqrt(n)``. The gain is that of `calculate_gain`: sqrt(2) for ReLU, which loses
    half of the variance; a is the slope of a leaky ReLU.

    Raises ValueError for a Tensor with less than two axes, and for an unknown mode or nonlinearity. He et al., "Delving
    deep into rectifiers" (2015).

    >>> import nn
    >>> nn.init.kaiming_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.4744, -0.7975]], dtype=float32)
    """
    return _evenly(tensor, _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity), rng)


def kaiming_normal_(
    tensor: T, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Randomness = None
) -> T:
    """Fill with normal numbers of standard deviation ``gain / sqrt(n)``, for ReLU ``sqrt(2 / n)``; also called MSRA.

    See `kaiming_uniform_`, whose arguments and errors these are. Some texts print ``2 / sqrt(n)``, which is
    sqrt(2) times too large: the paper asks that ``n var(w) / 2 = 1``, since ReLU passes half of the squares on, so the
    *variance* is ``2 / n``. With the printed one signals grow by sqrt(2) in each layer.

    >>> import nn
    >>> nn.init.kaiming_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.1257, -0.1321]], dtype=float32)
    """
    return normal_(tensor, 0.0, _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity), rng=rng)


def lecun_uniform_(tensor: T, *, rng: Randomness = None) -> T:
    """Fill with numbers spread evenly in ``+-sqrt(3 / n)``, with n the fan-in: their variance is ``1 / n``.

    Raises ValueError for a Tensor with less than two axes. LeCun et al., "Efficient backprop" (1998).

    >>> import nn
    >>> nn.init.lecun_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.3355, -0.5639]], dtype=float32)
    """
    return _evenly(tensor, 1.0 / math.sqrt(_fan("lecun_uniform_", tensor, "in")), rng)


def lecun_normal_(tensor: T, *, rng: Randomness = None) -> T:
    """Fill with normal numbers of standard deviation ``1 / sqrt(n)``, with n the fan-in: the start for SELU.

    Raises ValueError for a Tensor with less than two axes. LeCun et al., "Efficient backprop" (1998).

    >>> import nn
    >>> nn.init.lecun_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.0889, -0.0934]], dtype=float32)
    """
    return normal_(tensor, 0.0, 1.0 / math.sqrt(_fan("lecun_normal_", tensor, "in")), rng=rng)


def orthogonal_(tensor: T, gain: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with a random matrix whose rows, or if there are more rows than columns, columns are orthonormal.

    All such matrices are equally likely; ``gain`` multiplies them. Axes after the first count as one.

    Raises ValueError for a Tensor with less than two axes. Saxe et al., "Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks" (2013).

    >>> import numpy as np
    >>> import nn
    >>> w = nn.init.orthogonal_(nn.Parameter(np.zeros((2, 3))), rng=0).numpy()
    >>> (w @ w.T).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    _check(tensor)
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: a matrix has two axes or more, but the shape is {tensor.shape}.")
    rows, columns = len(tensor), math.prod(tensor.shape[1:])

    def orthonormal(shape: tuple[int, ...]) -> NDArray[Any]:
        q, r = np.linalg.qr(generator(rng).standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diag(r) < 0.0, -1.0, 1.0)  # or the signs would not be random
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return _filled(tensor, orthonormal)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights before an activation are larger than before none, so that signals keep their size.

    1 for "linear", "identity", "sigmoid" and convolutions; 5/3 for "tanh"; sqrt(2) for "relu"; sqrt(2 / (1 + a^2)) for
    "leaky_relu" with slope a, which is ``param`` (0.01 by default); 3/4 for "selu". PyTorch's table.

    Raises ValueError for another name.

    >>> import nn
    >>> nn.init.calculate_gain("relu")
    1.4142135623730951
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else float(param)
        return math.sqrt(2.0 / (1.0 + slope * slope))
    if nonlinearity not in _GAINS:
        raise ValueError(f"there is no gain for {nonlinearity!r}. Choose {', '.join(map(repr, _GAINS))}, 'leaky_relu'.")
    return _GAINS[nonlinearity]


_GAINS = {
    **dict.fromkeys(("linear", "identity", "conv1d", "conv2d", "sigmoid"), 1.0),
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def _filled(tensor: T, values: Callable[[tuple[int, ...]], NDArray[Any]]) -> T:
    """The Tensor with new data, in its own dtype."""
    _check(tensor)
    tensor.data = array = values(tensor.shape).astype(tensor.dtype, order="C")
    take_back(array)
    return tensor


def _check(tensor: Any) -> None:
    if not (getattr(tensor, "is_leaf", False) and isinstance(tensor, Tensor)):  # a lazy layer's says what it is
        what = f"a {type(tensor).__name__}" if not isinstance(tensor, Tensor) else "a computed Tensor"
        itself = " Pass the Parameter itself: w, not w.data." if isinstance(tensor, np.ndarray) else ""
        raise TypeError(f"start values are for Parameters and other leaf Tensors, not {what}.{itself}")


def _evenly(tensor: T, std: float, rng: Randomness) -> T:
    """Numbers spread evenly around 0, with a standard deviation."""
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, rng=rng)


def _fan(name: str, tensor: Tensor, which: Fan) -> float:
    _check(tensor)
    if tensor.ndim < 2:
        raise ValueError(
            f"{name}: the size of a layer is read from a weight of shape (out, in, ...), but the shape is "
            f"{tensor.shape}. Biases start with zeros_ or uniform_."
        )
    kernel = math.prod(tensor.shape[2:])
    fans = {"in": tensor.shape[1] * kernel, "out": tensor.shape[0] * kernel}
    fan = sum(fans.values()) / 2.0 if which == "average" else float(fans.get(which, math.nan))
    if math.isnan(fan):
        raise ValueError(f"{name}: fan is 'average', 'in' or 'out', not {which!r}.")
    if not fan:
        raise ValueError(f"{name}: a weight of shape {tensor.shape} has no entries.")
    return fan


def _kaiming(name: str, tensor: Tensor, a: float, mode: Mode, nonlinearity: str) -> float:
    """The standard deviation."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode is 'fan_in' or 'fan_out', not {mode!r}.")
    fan = _fan(name, tensor, "in" if mode == "fan_in" else "out")
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


_on_use(__name__, {})
__all__ = ["calculate_gain", *(name for name in dir() if name[0] != "_" and name[-1] == "_")]
