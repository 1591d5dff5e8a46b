"""Padding layers: one table, against np.pad."""

import numpy as np
from nn_cases.base import Case, numbers

import nn
from autograd import OperandError

# The class but for its axes, how np.pad calls it, more arguments, the repr behind the widths
KINDS = [
    ("ZeroPad", "constant", (), "{}"),
    ("ConstantPad", "constant", (1.5,), "padding={}, value=1.5"),
    ("ReflectionPad", "reflect", (), "{}"),
    ("ReplicationPad", "edge", (), "{}"),
    ("CircularPad", "wrap", (), "{}"),
]
WIDTHS = {1: ((1, 2), [(1, 2)], "(N, C, L)"), 2: ((2, 1, 0, 1), [(0, 1), (2, 1)], "(N, C, H, W)")}


def case(axes, kind, mode, more, words):
    widths, pairs, shape = WIDTHS[axes]
    name = f"{kind}{axes}d"
    arguments = ", ".join(map(repr, (widths, *more)))
    bad = [((np.ones(3),), OperandError, f"{name} needs an input of shape {shape}")]
    if mode in ("reflect", "wrap"):
        bad.append(((np.ones((2, 1, *(1,) * axes)),), OperandError, f"too small for widths {widths}"))
    return Case(
        name,
        lambda: getattr(nn, name)(widths, *more),
        numbers(2, *(3, 3)[:axes]),
        lambda s, x: np.pad(x, [(0, 0), (0, 0), *pairs], mode, **({"constant_values": more[0]} if more else {})),
        f"{name}({words.format(widths)})",
        f"nn.{name}({arguments})",
        bad=bad,
        order=1,
    )


CASES = [case(axes, *kind) for kind in KINDS for axes in (1, 2)]
