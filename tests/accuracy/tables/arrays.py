"""Indexing and other ops that only move numbers; also how errors are measured if entries are sums of larger terms."""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from accuracy_harness import BOUND, ArrayRow, Error, ulp
from mpmath import mpf

from autograd.engine.op import REGISTRY

ROWS = []
EXCEPTIONS = []


@dataclass(frozen=True)
class Beside(Error):
    """An error in ulps of the largest entry beside it."""

    scale: Any = 0

    @cached_property
    def moved(self):
        """How many ulps the rounding of the operands explains; not asked for where the error is small."""
        if self.ulps <= self._least:
            return 0.0
        return float(self.row.movement(self.point, self.entry, self.dtype) / ulp(self.scale, self.dtype))

    @property
    def bound(self):
        """How many ulps are allowed: the usual bound in n, and what the operands move."""
        return self._least + self.moved

    @property
    def _least(self):
        return BOUND + sum(np.size(a) for a in self.point)


class Together(ArrayRow):
    """A row whose gradients, or matrices of second derivatives, are judged as a whole: in ulps of the largest entry.

    For formulas that add up terms larger than their sum, as ``(1 - x**2 / r**2) / r`` where x is nearly r. ``orders``
    says for which orders of derivatives.
    """

    def __init__(self, *args, orders=(2,), **facts):
        super().__init__(*args, **facts)
        self.orders = orders

    def _errors(self, dtype, coarse, by):
        found = super()._errors(dtype, coarse, by)
        for (_, order), group in itertools.groupby(found, key=lambda e: (repr(e.point), e.order)):
            errors = list(group)
            scale = max((abs(e.true) for e in errors if mpmath.isfinite(e.true)), default=mpf(0))
            for e in errors:
                if order not in self.orders or not mpmath.isfinite(e.true) or not np.isfinite(e.found):
                    yield e
                else:
                    ulps = float(abs(mpf(e.found) - e.true) / ulp(scale, dtype))
                    yield Beside(self, dtype, e.point, e.entry, order, e.found, e.true, ulps, scale)


def op(name):
    """The public function of an op."""
    return REGISTRY[name].function


def row(name, exact, points, function=None, torch=None, **facts):
    """A row for an op that moves numbers."""
    ROWS.append(ArrayRow(name, function or op(name), exact, points=points, torch=torch, numpy=True, **facts))


# --- indexing -----------------------------------------------------------------------------------------------------

INDEX, TWICE = np.array([2, 0, 2]), np.array([1, 1])
NUMBERS = [([1.0, 2.0, 4.0],), ([0.0, -0.0, 3.0],), ([1e200, -1e-200, 5e-324],), ([1e4, 6e-8, 0.1],)]
WITH_TWO = [(*p, two) for p, two in zip(NUMBERS, ([5.0, -1.0], [0.0, 0.5], [1e-200, 1e200], [1.0, 1e4]), strict=True)]


def _added(x, value):
    return [x[0], x[1] + value[0] + value[1], *x[2:]]


row("getitem", lambda x: [x[2], x[0], x[2]], NUMBERS, lambda x: op("getitem")(x, index=INDEX), lambda x: x[INDEX])
row(
    "scatter",
    lambda x: [mpf(0), x[0] + x[1], x[2]],
    NUMBERS,
    lambda x: op("scatter")(x, index=np.array([1, 1, 2]), shape=(3,)),
)
row("set_at", lambda x, value: [x[0], value[1], x[2]], WITH_TWO, lambda x, v: op("set_at")(x, v, index=TWICE))
row("add_at", _added, WITH_TWO, lambda x, v: op("add_at")(x, v, index=TWICE))
row("take", lambda x: [x[2], x[0], x[2]], NUMBERS, lambda x: np.take(x, INDEX), lambda x: x[INDEX])

# --- shapes -------------------------------------------------------------------------------------------------------

MATRICES = [([[1.0, 2.0, 4.0], [0.0, -0.0, 0.1]],), ([[1e200, -1e-200, 5e-324], [1.0, 1e4, 3.0]],)]


def _turned(x):
    return [list(column) for column in zip(*x, strict=True)]


def _same(x):
    return x


row("reshape", _same, MATRICES, lambda x: np.reshape(x, (3, 2)), lambda x: x.reshape(3, 2))
row("ravel", _same, MATRICES, torch="ravel")
row("transpose", _turned, MATRICES, torch=lambda x: x.T)
row("swapaxes", _turned, MATRICES, lambda x: np.swapaxes(x, 0, 1), lambda x: x.swapaxes(0, 1))
row("moveaxis", _turned, MATRICES, lambda x: np.moveaxis(x, 0, 1), lambda x: x.moveaxis(0, 1))
row("expand_dims", _same, MATRICES, lambda x: np.expand_dims(x, 0), lambda x: x[None])
row("squeeze", _same, MATRICES, lambda x: np.squeeze(x[None]), lambda x: x[None].squeeze())
row("broadcast_to", lambda x: [x, x], NUMBERS, lambda x: np.broadcast_to(x, (2, 3)), lambda x: x.expand(2, 3))
row("concatenate", lambda x, y: [*x, *y], WITH_TWO, lambda x, y: np.concatenate([x, y]))
row("stack", lambda x: [x, x], NUMBERS, lambda x: np.stack([x, x]))
row("split", _same, NUMBERS, lambda x: np.concatenate(np.split(x, [1])))
