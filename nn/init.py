"""Initializers of parameters, named and defined as in ``torch.nn.init``.

Each takes a Parameter (or another leaf Tensor), fills it with new values of the same dtype, and returns it. Random
ones draw from ``rng``, a `numpy.random.Generator` or a seed for one; by default from the generator that
`nn.manual_seed` seeds. The same seed gives the same numbers, bit for bit. They are drawn in float64 and then rounded,
so apart from rounding they are the same for every dtype.

Weights have shape (out, in) or, for convolutions, (out, in, ...) with the kernel size at the end. The fan-in of a unit
is the number of terms that it adds up: in times the kernel size. The fan-out is out times the kernel size.

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
from autograd.lazy import on_use as _on_use
from autograd.stale import take_back
from nn.arguments import fitting
from nn.defaults import Randomness, generator

__autograd_transparent__ = True

T = TypeVar("T", bound=Tensor)
Fan = Literal["average", "in", "out"]
Mode = Literal["fan_in", "fan_out"]


def zeros_(tensor: T) -> T:
    """Fill with 0, the usual initial value of biases.

    If all weights of a hidden layer are equal, all of its units have the same output and, unless the next layer tells
    them apart, the same gradient: they stay equal forever. `nn` then warns with SymmetryWarning.

    >>> import nn
    >>> nn.init.zeros_(nn.Parameter([1.0, 2.0])).tolist()
    [0.0, 0.0]
    """
    return _filled(tensor, np.zeros)


def ones_(tensor: T) -> T:
    """Fill with 1, the usual initial value of the scales of a normalization layer.

    >>> import nn
    >>> nn.init.ones_(nn.Parameter([3.0, 2.0])).tolist()
    [1.0, 1.0]
    """
    return _filled(tensor, np.ones)


def constant_(tensor: T, val: ArrayLike) -> T:
    """Fill with a value, or with an array that broadcasts to the shape of the Tensor.

    Raises ValueError if it does not broadcast, and for a value that the dtype of the Tensor cannot hold.

    >>> import nn
    >>> nn.init.constant_(nn.Parameter([1.0, 2.0]), 0.5).tolist()
    [0.5, 0.5]
    """

    value = np.asarray(only_numbers(val, "constant_: the value"))

    def repeats(shape: tuple[int, ...]) -> NDArray[Any]:
        try:
            repeated = np.broadcast_to(value, shape)
        except ValueError as error:
            raise ValueError(f"constant_: shape {np.shape(val)} does not broadcast to {shape}.") from error
        fitting("constant_: the value", val, tensor.dtype)
        return repeated

    return _filled(tensor, repeats)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with numbers drawn uniformly between a and b.

    Raises ValueError if a is greater than b.

    >>> import nn
    >>> nn.init.uniform_(nn.Parameter([0.0, 0.0]), -0.5, 0.5, rng=0).numpy().round(4)
    array([ 0.137 , -0.2302], dtype=float32)
    """
    if not a <= b:
        raise ValueError(f"uniform_: a must not be greater than b, but a is {a!r} and b is {b!r}.")
    return _filled(tensor, lambda shape: generator(rng).uniform(a, b, shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with normally distributed numbers; older texts start from small weights with ``std=0.01``.

    Raises ValueError if std is negative.

    >>> import nn
    >>> nn.init.normal_(nn.Parameter([0.0, 0.0]), std=0.01, rng=0).numpy().round(5)
    array([ 0.00126, -0.00132], dtype=float32)
    """
    if not std >= 0.0:
        raise ValueError(f"normal_: std must be 0 or more, not {std!r}.")
    return _filled(tensor, lambda shape: generator(rng).normal(mean, std, shape))


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Randomness = None
) -> T:
    """Fill with normally distributed numbers between a and b: those outside are not clipped, but drawn again.

    As in PyTorch, a and b are values, not multiples of std: the defaults are two standard deviations only for
    ``std=1``. Bounds far from the mean, between which numbers are rare, are allowed.

    Raises ValueError if a is not less than b, if std is not positive, or if the probability between a and b is 0.

    >>> import nn
    >>> w = nn.init.trunc_normal_(nn.Parameter([[0.0] * 1000]), std=0.02, a=-0.04, b=0.04, rng=0)
    >>> bool(abs(w.numpy()).max() <= 0.04), bool(abs(w.numpy()).max() > 0.039)
    (True, True)
    """
    if not a < b:
        raise ValueError(f"trunc_normal_: a must be less than b, but a is {a!r} and b is {b!r}.")
    if not std > 0.0:
        raise ValueError(f"trunc_normal_: std must be positive, not {std!r}.")

    def between(shape: tuple[int, ...]) -> NDArray[Any]:
        z = _truncated(math.prod(shape), (a - mean) / std, (b - mean) / std, generator(rng))
        return np.clip(mean + std * z, a, b).reshape(shape)

    filled = _filled(tensor, between)
    filled.data = _inside(filled.data, a, b)
    return filled


def _truncated(count: int, low: float, high: float, rng: "np.random.Generator") -> NDArray[Any]:
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
        raise ValueError(f"trunc_normal_: the bounds lie {-high:g} standard deviations from the mean: probability 0.")
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
    """Fill with numbers drawn uniformly within ``+-gain sqrt(3 / n)``, where n is the mean of fan-in and fan-out.

    Their standard deviation is ``gain / sqrt(n)``, which preserves the scale of activations and of gradients in
    networks of linear or tanh units. ``fan="in"`` takes the fan-in as n, as some texts do.

    Raises ValueError for a Tensor with fewer than two axes. Glorot and Bengio, "Understanding the difficulty of
    training deep feedforward neural networks" (2010).

    >>> import nn
    >>> w = nn.init.xavier_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0)  # n = 1.5
    >>> w.numpy().round(4)
    array([[ 0.3874, -0.6511]], dtype=float32)
    """
    return _evenly(tensor, gain / math.sqrt(_fan("xavier_uniform_", tensor, fan)), rng)


def xavier_normal_(tensor: T, gain: float = 1.0, *, fan: Fan = "average", rng: Randomness = None) -> T:
    """Fill with normal numbers of standard deviation ``gain / sqrt(n)``, where n is the mean of fan-in and fan-out.

    Arguments and errors are those of `xavier_uniform_`.

    >>> import nn
    >>> nn.init.xavier_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.1027, -0.1079]], dtype=float32)
    """
    return normal_(tensor, 0.0, gain / math.sqrt(_fan("xavier_normal_", tensor, fan)), rng=rng)


def kaiming_uniform_(
    tensor: T, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Randomness = None
) -> T:
    """Fill with numbers drawn uniformly within ``+-gain sqrt(3 / n)``, where n is the fan-in (or the fan-out).

    Their standard deviation is ``gain / sqrt(n)``. The gain comes from `calculate_gain`: it is sqrt(2) for ReLU, which
    halves the mean square of a signal. a is the slope of a leaky ReLU.

    Raises ValueError for a Tensor with fewer than two axes, and for an unknown mode or nonlinearity. He et al.,
    "Delving deep into rectifiers" (2015).

    >>> import nn
    >>> nn.init.kaiming_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.4744, -0.7975]], dtype=float32)
    """
    return _evenly(tensor, _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity), rng)


def kaiming_normal_(
    tensor: T, a: float = 0.0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Randomness = None
) -> T:
    """Fill with normal numbers of standard deviation ``gain / sqrt(n)``, for ReLU ``sqrt(2 / n)``; also called MSRA.

    Arguments and errors are those of `kaiming_uniform_`. Some texts print ``2 / sqrt(n)``, which is sqrt(2) times too
    large: ReLU halves the mean square of a signal, so the paper requires ``n var(w) / 2 = 1``, and the *variance* is
    ``2 / n``. With the printed value, signals grow by sqrt(2) in each layer.

    >>> import nn
    >>> nn.init.kaiming_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.1257, -0.1321]], dtype=float32)
    """
    return normal_(tensor, 0.0, _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity), rng=rng)


def lecun_uniform_(tensor: T, *, rng: Randomness = None) -> T:
    """Fill with numbers drawn uniformly within ``+-sqrt(3 / n)``, where n is the fan-in: their variance is ``1 / n``.

    Raises ValueError for a Tensor with fewer than two axes. LeCun et al., "Efficient backprop" (1998).

    >>> import nn
    >>> nn.init.lecun_uniform_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.3355, -0.5639]], dtype=float32)
    """
    return _evenly(tensor, 1.0 / math.sqrt(_fan("lecun_uniform_", tensor, "in")), rng)


def lecun_normal_(tensor: T, *, rng: Randomness = None) -> T:
    """Fill with normal numbers of standard deviation ``1 / sqrt(n)``, where n is the fan-in, as `nn.SELU` requires.

    Raises ValueError for a Tensor with fewer than two axes. LeCun et al., "Efficient backprop" (1998).

    >>> import nn
    >>> nn.init.lecun_normal_(nn.Parameter([[0.0, 0.0]]), rng=0).numpy().round(4)
    array([[ 0.0889, -0.0934]], dtype=float32)
    """
    return normal_(tensor, 0.0, 1.0 / math.sqrt(_fan("lecun_normal_", tensor, "in")), rng=rng)


def orthogonal_(tensor: T, gain: float = 1.0, *, rng: Randomness = None) -> T:
    """Fill with a random matrix that has orthonormal rows, or orthonormal columns if these are fewer.

    All such matrices are equally likely; ``gain`` multiplies them. The axes after the first are treated as one.

    Raises ValueError for a Tensor with fewer than two axes. Saxe et al., "Exact solutions to the nonlinear dynamics of
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
        raise ValueError(f"orthogonal_: a matrix needs at least two axes, but the shape is {tensor.shape}.")
    rows, columns = len(tensor), math.prod(tensor.shape[1:])

    def orthonormal(shape: tuple[int, ...]) -> NDArray[Any]:
        q, r = np.linalg.qr(generator(rng).standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diag(r) < 0.0, -1.0, 1.0)  # or the signs would not be random
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return _filled(tensor, orthonormal)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before an activation must be larger, so that signals keep their scale.

    1 for "linear", "identity", "sigmoid" and convolutions; 5/3 for "tanh"; sqrt(2) for "relu"; sqrt(2 / (1 + a^2)) for
    "leaky_relu" with slope a, which is ``param`` (0.01 by default); 3/4 for "selu". These are PyTorch's values.

    Raises ValueError for any other name.

    >>> import nn
    >>> nn.init.calculate_gain("relu")
    1.4142135623730951
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else float(param)
        return math.sqrt(2.0 / (1.0 + slope * slope))
    if nonlinearity not in _GAINS:
        raise ValueError(f"no known gain for {nonlinearity!r}: choose {', '.join(map(repr, _GAINS))} or 'leaky_relu'.")
    return _GAINS[nonlinearity]


_GAINS = {
    **dict.fromkeys(("linear", "identity", "conv1d", "conv2d", "sigmoid"), 1.0),
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def _filled(tensor: T, values: Callable[[tuple[int, ...]], NDArray[Any]]) -> T:
    _check(tensor)
    tensor.data = array = values(tensor.shape).astype(tensor.dtype, order="C")
    take_back(array)
    return tensor


def _check(tensor: Any) -> None:
    if not (getattr(tensor, "is_leaf", False) and isinstance(tensor, Tensor)):  # a lazy layer's says what it is
        what = f"a {type(tensor).__name__}" if not isinstance(tensor, Tensor) else "a computed Tensor"
        itself = " Pass the Parameter itself: w, not w.data." if isinstance(tensor, np.ndarray) else ""
        raise TypeError(f"initializers fill Parameters and other leaf Tensors, not {what}.{itself}")


def _evenly(tensor: T, std: float, rng: Randomness) -> T:
    """Numbers spread evenly around 0, with a standard deviation."""
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, rng=rng)


def _fan(name: str, tensor: Tensor, which: Fan) -> float:
    _check(tensor)
    if tensor.ndim < 2:
        raise ValueError(
            f"{name} needs a weight of shape (out, in, ...), but the shape is {tensor.shape}. Initialize biases with "
            "zeros_ or uniform_."
        )
    kernel = math.prod(tensor.shape[2:])
    fans = {"in": tensor.shape[1] * kernel, "out": tensor.shape[0] * kernel}
    fan = sum(fans.values()) / 2.0 if which == "average" else float(fans.get(which, math.nan))
    if math.isnan(fan):
        raise ValueError(f"{name}: fan must be 'average', 'in' or 'out', not {which!r}.")
    if not fan:
        raise ValueError(f"{name}: a weight of shape {tensor.shape} has no entries.")
    return fan


def _kaiming(name: str, tensor: Tensor, a: float, mode: Mode, nonlinearity: str) -> float:
    """The standard deviation."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', not {mode!r}.")
    fan = _fan(name, tensor, "in" if mode == "fan_in" else "out")
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


_on_use(__name__, {})
__all__ = ["calculate_gain", *(name for name in dir() if name[0] != "_" and name[-1] == "_")]
