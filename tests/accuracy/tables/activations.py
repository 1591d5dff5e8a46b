"""Activations that are not ops themselves, compared with definitions in mpmath and with the conventions at kinks."""

import math

import numpy as np
from accuracy_elementwise import BELLS, FLAT, TAILS, at, sigmoid, softplus
from accuracy_harness import ANYTHING, ArrayRow, Excused, Row, resolved
from mpmath import mp, mpf

from nn import functional

ROWS = []


# Where derivatives of x times a share pass 0, and so are small beside the terms of both signs that they are made of.
CANCELLING = {
    "gelu": {1: [(-0.9, -0.6)], 2: [(-1.6, -1.3), (1.3, 1.6)]},
    "gelu(tanh)": {1: [(-0.9, -0.6)], 2: [(-1.6, -1.3), (1.3, 1.6)]},
    "silu": {2: [(-2.8, -2.0)]},
    "hardswish": {1: [(-1.9, -1.1)]},
    "mish": {1: [(-5.0, -0.8)], 2: [(-2.5, -1.9), (1.4, 4.0)]},
}


def _terms_cancel(error):
    (x,) = error.point
    return any(low < x < high for low, high in CANCELLING[str(error.row)].get(error.order, ()))


def _share_is_subnormal(error):
    """Whether what is multiplied by x, or by x**2, is no normal number."""
    return abs(error.true) < max(1.0, error.point[0] * error.point[0]) * mpf(float(np.finfo(error.dtype).tiny))


def _moved_thrice(error):
    return error.ulps <= 3 * error.moved


SELF_GATED = "gelu gelu(tanh) silu mish hardswish"
EXCEPTIONS = [
    Excused(SELF_GATED, (0, 1, 2), "0 times infinity, as in PyTorch", math.isinf),
    Excused(SELF_GATED, (0, 1, 2), "x times a subnormal share, which is rounded", when=_share_is_subnormal),
    Excused(SELF_GATED, (1, 2), "near a zero of the derivative, terms of opposite sign cancel", when=_terms_cancel),
    Excused(
        "gelu gelu(tanh)",
        (0, 1, 2),
        "beyond abs(x) = 3.5 an exponent is rounded: at most three times the effect of half an ulp of x",
        lambda x: abs(x) > 3.5,
        when=_moved_thrice,
    ),
    Excused(
        "softmax",
        (1, 2),
        "for scores that differ by less than 1, the difference of a weight and the mean of all weights cancels",
        lambda x: max(x) - min(x) < 1,
        when=lambda error: abs(error.true) < 0.015,
    ),
    Excused(
        "log_softmax",
        (0, 2),
        "if one score is much larger, 1 plus the shares of the others is rounded before its logarithm, as in PyTorch",
        lambda x: len(x) > 1 and max(x) - sorted(x)[-2] > 2,
        when=lambda error: abs(error.true) < 0.01,
    ),
    Excused(
        "log_softmax",
        (1,),
        "for scores that differ by less than 1, the difference of a weight and a share of their sum cancels",
        lambda x: max(x) - min(x) < 1,
        when=lambda error: abs(error.true) < 0.1,
    ),
]


def row(name, exact, *args, torch="same", label=None, options=None, **facts):
    """A row for an activation, with its further arguments."""
    function, options = getattr(functional, name), options or {}
    call = (lambda x: function(x, *args, **options)) if args or options else function
    ROWS.append(Row(label or name, call, exact, torch=name if torch == "same" else torch, extra=TAILS + BELLS, **facts))


STEPS = at({0.0: {(): ANYTHING, (0,): 0, (0, 0): 0}})
ALPHA, SCALE = mpf(1.6732632423543772), mpf(1.0507009873554805)


def _elu(x, alpha=1):
    return x if x > 0 else alpha * mp.expm1(x)


def _bent(slope):
    return at({0.0: {(0,): slope, (0, 0): 0}})


row("step", lambda x: mpf(x >= 0), torch=None, kinks=STEPS)
row("relu", lambda x: max(x, mpf(0)), options={"at_zero": 0.5}, torch=None, label="relu(at_zero=0.5)", kinks=_bent(0.5))
row("relu", lambda x: max(x, mpf(0)), options={"at_zero": 1.0}, torch=None, label="relu(at_zero=1)", kinks=_bent(1))
row("leaky_relu", lambda x: x if x > 0 else mpf(0.01) * x, kinks=_bent(0.01))
row("prelu", lambda x: x if x > 0 else x / 4, np.array([0.25], np.float16), torch=None, kinks=_bent(0.25))
row("rrelu", lambda x: x if x > 0 else mpf(11 / 48) * x, torch="rrelu", kinks=_bent(11 / 48))
row("elu", _elu, kinks=at({0.0: {(0,): 1, (0, 0): 1}}))
row("celu", lambda x: x if x > 0 else mp.expm1(2 * x) / 2, 0.5, torch=lambda x: resolved("celu")(x, 0.5),
    kinks=at({0.0: {(0,): 1, (0, 0): 2}}))  # fmt: skip
row("selu", lambda x: SCALE * _elu(x, ALPHA), kinks=at({0.0: {(0,): SCALE * ALPHA, (0, 0): SCALE * ALPHA}}))
row("hardtanh", lambda x: min(max(x, mpf(-1)), mpf(1)), kinks=at({1.0: FLAT, -1.0: FLAT}))
row("relu6", lambda x: min(max(x, mpf(0)), mpf(6)), kinks=at({0.0: FLAT, 6.0: FLAT}))
row("hardsigmoid", lambda x: min(max(x + 3, mpf(0)), mpf(6)) / 6, torch=None,  # which has no second derivative
    kinks=at({3.0: FLAT, -3.0: FLAT}))  # fmt: skip
row("hardswish", lambda x: x * min(max(x + 3, mpf(0)), mpf(6)) / 6,
    kinks=at({3.0: {(0,): 1, (0, 0): 0}, -3.0: FLAT}))  # fmt: skip
row("logsigmoid", lambda x: -softplus(-x))
row("gelu", lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 1e6 else max(x, mpf(0)))


def _tanh_gelu(x):
    if abs(x) > 1e6:
        return max(x, mpf(0))
    return x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mpf(0.044715) * x**3)))


row("gelu", _tanh_gelu, "tanh", torch=lambda x: resolved("gelu")(x, approximate="tanh"), label="gelu(tanh)")
row("silu", lambda x: x * sigmoid(x))
row("mish", lambda x: x * mp.tanh(softplus(x)))

SCORES = [
    ([0.0, 0.0, 0.0],),
    ([0.0, -40.0],),
    ([40.0, 0.0, 0.0],),
    ([1.0, 2.0, 3.0],),
    ([-3.0, 0.5, 0.25, 7.0],),
    ([0.0, -700.0],),
    ([0.0, -110.0, -90.0],),
    ([1e4, 1e4, -1e4],),
    ([1e30, 1.0],),
    ([1e200, -1e200, 1e200],),
    ([1e-30, -1e-30],),
    ([20.0, 0.0, 19.0],),
    ([5.0],),
    ([0.1, 0.2, 0.3, 0.4, 0.5],),
]


def _shares(x):
    e = [mp.exp(v - max(x)) for v in x]
    return [v / mp.fsum(e) for v in e]


def _log_shares(x):
    total = mp.log(mp.fsum([mp.exp(v - max(x)) for v in x]))
    return [v - max(x) - total for v in x]


for name, exact in {"softmax": _shares, "log_softmax": _log_shares}.items():
    torch = lambda x, name=name: getattr(x, name)(-1)  # noqa: E731
    ROWS.append(ArrayRow(name, getattr(functional, name), exact, points=SCORES, torch=torch))
GATED = [([1.0, -3.0, 0.5, 20.0],), ([1e-3, 4.0, -30.0, -0.25],)]
ROWS.append(
    ArrayRow("glu", functional.glu, lambda x: [x[0] * sigmoid(x[2]), x[1] * sigmoid(x[3])], points=GATED, torch="glu")
)
