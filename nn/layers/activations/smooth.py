"""Activations without a kink, as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

from typing import Any

from autograd.ops import transcendental
from nn.functional.activations import smooth
from nn.functional.activations.smooth import Approximation, check_approximation, check_beta
from nn.module import Module
from nn.validation import floating

__all__ = ["GELU", "Arctan", "Identity", "Mish", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh"]

__autograd_transparent__ = True

_arctan = transcendental.arctan
_sigmoid = transcendental.sigmoid
_tanh = transcendental.tanh


class Identity(Module):
    """The input itself, ``f(x) = x``: no activation, where one is asked for.

    Slope ``f' = 1``. Arguments of the constructor are taken and ignored, as by ``torch.nn.Identity``, so that it can
    stand in for any layer.

    >>> import nn
    >>> nn.Identity(54)(2.5)
    2.5
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return x


class Sigmoid(Module):
    """The logistic function, ``s = 1 / (1 + exp(-x))`` entry by entry: between 0 and 1, without overflow.

    Slope ``s' = s (1 - s)``, at most 1/4, at 0. Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.Sigmoid()(np.array([-1000.0, 0.0, 1000.0])).round(4)
    array([0. , 0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return _sigmoid(floating(x))


class Tanh(Module):
    """The hyperbolic tangent, ``t = (exp(x) - exp(-x)) / (exp(x) + exp(-x))`` entry by entry: between -1 and 1.

    It is ``2 sigmoid(2 x) - 1``. Slope ``t' = 1 - t^2``, at most 1, at 0. Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.Tanh()(np.array([0.0, 20.0]))
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        return _tanh(floating(x))


class Arctan(Module):
    """The angle whose tangent is x, entry by entry: between -pi/2 and pi/2.

    Slope ``1 / (1 + x^2)``, at most 1, at 0. Any shape, and the same shape out. PyTorch has no module for it.

    >>> import numpy as np
    >>> import nn
    >>> nn.Arctan()(np.array([-1e4, 0.0, 1.0])).round(4)
    array([-1.5707,  0.    ,  0.7854])
    """

    def forward(self, x: Any) -> Any:
        return _arctan(floating(x))


class Softsign(Module):
    """``f(x) = x / (1 + |x|)`` entry by entry: between -1 and 1, which it approaches more slowly than tanh.

    Slope ``1 / (1 + |x|)^2``, at most 1, at 0. Any shape, and the same shape out.

    >>> import numpy as np
    >>> import nn
    >>> nn.Softsign()(np.array([-3.0, 0.0, 1.0]))
    array([-0.75,  0.  ,  0.5 ])
    """

    def forward(self, x: Any) -> Any:
        return smooth.softsign(x)


class Softplus(Module):
    """A smooth ReLU, ``f(x) = log(1 + exp(beta x)) / beta`` entry by entry, without overflow.

    Slope ``sigmoid(beta x)``, less than 1. Where ``beta x`` is above ``threshold`` it is x itself, and the slope 1,
    which is off by at most ``exp(-threshold) / beta``; ``threshold=numpy.inf`` keeps the formula everywhere. Any shape,
    and the same shape out.

    Raises ValueError when beta is not positive.

    >>> import numpy as np
    >>> import nn
    >>> nn.Softplus()(np.array([-1000.0, 0.0, 50.0])).round(4)
    array([ 0.    ,  0.6931, 50.    ])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = check_beta(beta)
        self.threshold = float(threshold)

    def forward(self, x: Any) -> Any:
        return smooth.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class GELU(Module):
    """The Gaussian error linear unit, ``f(x) = x Phi(x)`` with the standard normal's distribution function Phi.

    ``Phi(x) = (1 + erf(x / sqrt(2))) / 2`` exactly, or with ``approximate="tanh"`` its approximation
    ``(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``, which needs no error function. Slope ``Phi(x) + x phi(x)`` with
    the density phi: between -0.129 (at -sqrt(2)) and 1.129 (at sqrt(2)). Any shape, and the same shape out.

    Raises ValueError when ``approximate`` is neither "none" nor "tanh".

    Hendrycks and Gimpel, "Gaussian error linear units" (2016); as ``torch.nn.GELU``.

    >>> import numpy as np
    >>> import nn
    >>> nn.GELU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    def __init__(self, approximate: Approximation = "none") -> None:
        check_approximation(approximate)
        self.approximate: Approximation = approximate

    def forward(self, x: Any) -> Any:
        return smooth.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """The sigmoid linear unit, also called swish: ``f(x) = x s`` with ``s = sigmoid(x)``, entry by entry.

    Slope ``s (1 + x (1 - s))``: between -0.0998 (at -2.3994) and 1.0998 (at 2.3994). Any shape, and the same shape out.
    ``inplace`` is taken for PyTorch's sake and changes nothing: results are new arrays always.

    >>> import numpy as np
    >>> import nn
    >>> nn.SiLU()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """

    def __init__(self, inplace: bool = False) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return smooth.silu(x)


class Mish(Module):
    """``f(x) = x tanh(log(1 + exp(x)))`` entry by entry, without overflow.

    Slope ``t + x (1 - t^2) sigmoid(x)`` with ``t = tanh(log(1 + exp(x)))``: between -0.113 and 1.0885. Any shape, and
    the same shape out. ``inplace`` is taken for PyTorch's sake and changes nothing: results are new arrays always.

    Misra, "Mish: a self regularized non-monotonic activation function" (2019); as ``torch.nn.Mish``.

    >>> import numpy as np
    >>> import nn
    >>> nn.Mish()(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.3034,  0.    ,  0.8651])
    """

    def __init__(self, inplace: bool = False) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return smooth.mish(x)
