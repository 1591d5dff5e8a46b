"""The activations: every one in the suite over all modules, and the table of what is known of their slopes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from nn_cases.base import Case, numbers, relu, sigmoid, softmax

import nn
from autograd import OperandError

TINY = np.finfo(float).tiny
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805  # of SELU; its paper gives 1.6733 and 1.0507


def normal_below(x):
    """The distribution function of the standard normal, from the standard library."""
    return np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2.0)), otypes=[float])(x)


def normal_density(x):
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def softplus(x):
    return np.logaddexp(0.0, x)


def gelu_tanh(x):
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


def gelu_tanh_slope(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x * (1 - t * t) / 2 * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x * x)


def mish_slope(x):
    t = np.tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


def left(slope):
    return lambda x: np.where(x > 0, 1.0, slope)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_slope(x, alpha=1.0):
    """What a deck says: the value plus alpha on the left."""
    return np.where(x > 0, 1.0, elu(x, alpha) + alpha)


@dataclass
class Activation:
    """What is known of an activation that works entry by entry, written once more in plain NumPy."""

    name: str
    make: Callable[[], nn.Module]
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    steepest: float  # the largest slope in magnitude
    at: float  # where it is; inf: approached, and not reached
    repr: str
    torch: str = ""
    kinks: tuple[float, ...] = ()  # where the slope jumps
    flat: bool = False  # linear piece by piece, so without second derivative

    def __str__(self):
        return self.repr


def same(name):
    return {"repr": name, "torch": f"nn.{name}"}


TABLE = [
    Activation("identity", nn.Identity, lambda x: x, np.ones_like, 1.0, 0.0, **same("Identity()"), flat=True),
    Activation(
        "step", nn.Step, lambda x: (x >= 0) * 1.0, np.zeros_like, 0.0, 0.0, repr="Step()", kinks=(0.0,), flat=True
    ),
    Activation("sigmoid", nn.Sigmoid, sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), 0.25, 0.0, **same("Sigmoid()")),
    Activation("tanh", nn.Tanh, np.tanh, lambda x: 1 - np.tanh(x) ** 2, 1.0, 0.0, **same("Tanh()")),
    Activation("arctan", nn.Arctan, np.arctan, lambda x: 1 / (1 + x * x), 1.0, 0.0, repr="Arctan()"),
    Activation(
        "softsign",
        nn.Softsign,
        lambda x: x / (1 + abs(x)),
        lambda x: 1 / (1 + abs(x)) ** 2,
        1.0,
        0.0,
        **same("Softsign()"),
    ),
    Activation("relu", nn.ReLU, relu, left(0.0), 1.0, 1.0, **same("ReLU()"), kinks=(0.0,), flat=True),
    Activation(
        "leaky_relu",
        nn.LeakyReLU,
        lambda x: np.where(x > 0, x, 0.01 * x),
        left(0.01),
        1.0,
        1.0,
        **same("LeakyReLU(negative_slope=0.01)"),
        kinks=(0.0,),
        flat=True,
    ),
    Activation(
        "prelu",
        nn.PReLU,
        lambda x: np.where(x > 0, x, 0.25 * x),
        left(0.25),
        1.0,
        1.0,
        **same("PReLU(num_parameters=1)"),
        kinks=(0.0,),
    ),
    Activation(
        "rrelu",
        lambda: nn.RReLU(0.2, 0.3).eval(),
        lambda x: np.where(x > 0, x, 0.25 * x),
        left(0.25),
        1.0,
        1.0,
        **same("RReLU(lower=0.2, upper=0.3)"),
        kinks=(0.0,),
        flat=True,
    ),
    Activation("elu", nn.ELU, elu, elu_slope, 1.0, 1.0, **same("ELU(alpha=1.0)"), kinks=(0.0,)),
    Activation(
        "celu",
        lambda: nn.CELU(0.5),
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(2 * np.minimum(x, 0))),
        lambda x: np.exp(2 * np.minimum(x, 0)),
        1.0,
        1.0,
        **same("CELU(alpha=0.5)"),
        kinks=(0.0,),
    ),
    Activation(
        "selu",
        nn.SELU,
        lambda x: SCALE * elu(x, ALPHA),
        lambda x: SCALE * elu_slope(x, ALPHA),
        SCALE * ALPHA,
        0.0,
        **same("SELU()"),
        kinks=(0.0,),
    ),
    Activation(
        "gelu",
        nn.GELU,
        lambda x: x * normal_below(x),
        lambda x: normal_below(x) + x * normal_density(x),
        1.128904145,  # Phi(r) + r phi(r) at r = sqrt(2), where the slope of the slope, (2 - x^2) phi(x), is 0
        math.sqrt(2),
        **same("GELU(approximate='none')"),
    ),
    Activation(
        "gelu",
        lambda: nn.GELU(approximate="tanh"),
        gelu_tanh,
        gelu_tanh_slope,
        1.129,
        1.413,
        **same("GELU(approximate='tanh')"),
    ),
    Activation(
        "silu",
        nn.SiLU,
        lambda x: x * sigmoid(x),
        lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        1.09983932,  # 0.5 + x / 4 where x tanh(x / 2) = 2
        2.39935728,
        **same("SiLU()"),
    ),
    Activation("mish", nn.Mish, lambda x: x * np.tanh(softplus(x)), mish_slope, 1.0885, 1.4908, **same("Mish()")),
    Activation("softplus", nn.Softplus, softplus, sigmoid, 1.0, np.inf, **same("Softplus(beta=1.0, threshold=20.0)")),
    Activation(
        "hardtanh",
        nn.Hardtanh,
        lambda x: np.clip(x, -1, 1),
        lambda x: (abs(x) < 1) * 1.0,
        1.0,
        0.0,
        **same("Hardtanh(min_val=-1.0, max_val=1.0)"),
        kinks=(-1.0, 1.0),
        flat=True,
    ),
    Activation(
        "relu6",
        nn.ReLU6,
        lambda x: np.clip(x, 0, 6),
        lambda x: (abs(x - 3) < 3) * 1.0,
        1.0,
        1.0,
        **same("ReLU6()"),
        kinks=(0.0, 6.0),
        flat=True,
    ),
    Activation(
        "hardsigmoid",
        nn.Hardsigmoid,
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        lambda x: (abs(x) < 3) / 6,
        1 / 6,
        0.0,
        "Hardsigmoid()",  # whose slope is 1/6 in float32 in PyTorch
        kinks=(-3.0, 3.0),
        flat=True,
    ),
    Activation(
        "hardswish",
        nn.Hardswish,
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda x: np.where(abs(x) < 3, x / 3 + 0.5, x > 0),
        1.5,
        3.0 - 1e-9,
        **same("Hardswish()"),
        kinks=(-3.0, 3.0),
    ),
    Activation(
        "logsigmoid",
        nn.LogSigmoid,
        lambda x: -softplus(-x),
        lambda x: sigmoid(-x),
        1.0,
        -np.inf,
        **same("LogSigmoid()"),
    ),
]


def off(kinks, *shape):
    """Numbers away from the kinks, so that they do not disturb finite differences."""

    def make(rng, n):
        (x,) = numbers(*shape)(rng, n)
        for kink in kinks:
            x = np.where(abs(x - kink) < 0.05, kink + 0.1, x)
        return (x,)

    return make


def in_the_suite(activation):
    """A row of the table as a case of the suite over all modules."""
    return Case(
        activation.repr,
        activation.make,
        off(activation.kinks, 3, 2),
        (lambda s, x: np.where(x > 0, x, s["weight"] * x))
        if activation.name == "prelu"
        else lambda s, x: activation.value(x),
        activation.repr,
        torch=activation.torch,
        training=activation.name != "rrelu",
        order=1 if activation.flat else 2,
    )


CASES = [
    *map(in_the_suite, TABLE),
    *(
        Case(
            f"ReLU-{at_zero}",
            lambda at_zero=at_zero: nn.ReLU(at_zero=at_zero),
            numbers(3),
            lambda s, x: relu(x),
            f"ReLU(at_zero={at_zero})",
            order=1,
        )
        for at_zero in (0.5, 1.0)
    ),
    Case("Step-zero", lambda: nn.Step(0), numbers(3), lambda s, x: (x > 0) * 1.0, "Step(at_zero=0.0)", order=1),
    Case(
        "PReLU-channels",
        lambda: nn.PReLU(3, init=0.1),
        numbers(3, 2),
        lambda s, x: np.where(x > 0, x, s["weight"][:, None] * x),
        "PReLU(num_parameters=3)",
        torch="nn.PReLU(3, init=0.1)",
        bad=[
            (
                (np.zeros((2, 4)),),
                OperandError,
                "there are 3 slopes, one for each channel, but the input of shape (2, 4)",
            ),
            ((np.zeros(3),), OperandError, "has no axis of channels (axis 1)"),
        ],
    ),
    Case(
        "Softplus-beta",
        lambda: nn.Softplus(2.5, 1.0),
        lambda rng, n: (np.where(abs(x := rng.normal(size=(n, 3)) - 0.4) < 0.05, 0.5, x),),
        lambda s, x: np.where(2.5 * x > 1.0, x, softplus(2.5 * x) / 2.5),
        "Softplus(beta=2.5, threshold=1.0)",
        torch="nn.Softplus(2.5, 1.0)",
    ),
    Case("Softmax", nn.Softmax, numbers(3), lambda s, x: softmax(x), "Softmax(axis=-1)", torch="nn.Softmax(dim=-1)"),
    Case(
        "Softmax-dim",
        lambda: nn.Softmax(dim=1),
        numbers(3, 2),
        lambda s, x: softmax(x, 1),
        "Softmax(axis=1)",
        torch="nn.Softmax(dim=1)",
    ),
    Case(
        "LogSoftmax",
        lambda: nn.LogSoftmax(1),
        numbers(3, 2),
        lambda s, x: np.log(softmax(x, 1)),
        "LogSoftmax(axis=1)",
        torch="nn.LogSoftmax(1)",
    ),
    Case(
        "GLU",
        lambda: nn.GLU(1),
        numbers(4, 2),
        lambda s, x: x[:, :2] * sigmoid(x[:, 2:]),
        "GLU(dim=1)",
        torch="nn.GLU(1)",
        bad=[
            (
                (np.zeros((2, 3)),),
                OperandError,
                "splits axis 1 in half, but its size in the input of shape (2, 3) is odd",
            )
        ],
    ),
]
