"""Derivatives of third order: the rule of a rule of a rule, where operands that count as constants would show."""

import numpy as np
import pytest

from autograd import grad
from autograd.engine.op import REGISTRY

SMOOTH = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "softplus",
    "cbrt",
    "arcsinh",
    "arctanh",
    "square",
    "reciprocal",
    "sinc",
    "i0",
    "erf",
    "power",
    "hypot",
    "arctan2",
    "logaddexp",
    "logaddexp2",
    "multiply",
    "divide",
]
TWO = {"power", "hypot", "arctan2", "logaddexp", "logaddexp2", "multiply", "divide"}
STEP = 1e-4


def derivative(f, order):
    for _ in range(order):
        f = grad(f)
    return f


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_third_derivative_is_the_slope_of_the_second(name, shape):
    function = REGISTRY[name].function

    def f(x):
        x = x * np.ones(shape)
        return np.sum(function(x, 0.6 + x * x) if name in TWO else function(x))

    for x in (0.2, 0.7):
        below, above = (derivative(f, 2)(x + step) for step in (-STEP, STEP))
        np.testing.assert_allclose(derivative(f, 3)(x), (above - below) / (2 * STEP), rtol=1e-5, atol=1e-5)
