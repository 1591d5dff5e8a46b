"""Rows of the accuracy suite, and how far an op is from the true value of its result and its derivatives.

Adding to the suite: write a module in ``tests/accuracy/tables/`` with a list ``ROWS``, and ``EXCEPTIONS`` for what is
off for a reason. Nothing else names it: the tests and ``docs/make_accuracy.py`` take every module of that folder.

*A function that works entry by entry* is a `Row`: the function, its definition for numbers of mpmath, and, where they
differ from `grid.singles` or `grid.pairs`, its points. All points are computed at once, as arrays::

    Row("exp", np.exp, mp.exp, torch="exp", numpy=True)
    Row("hypot", np.hypot, lambda x, y: mp.sqrt(x * x + y * y), torch="hypot", operands=2, numpy=True)

*A function of small arrays* (a reduction, a matrix function, a loss) is an `ArrayRow`. Its points are tuples of arrays,
and its definition gets each operand as (nested) lists of mpmath's numbers and returns one number, or a list of them;
derivatives are differences in high precision, so there is nothing else to write::

    ArrayRow("sum", np.sum, lambda x: mp.fsum(x), points=[([1.0, 1e-20, -1.0],), ([1e200, 1e200],)], torch="sum")

Derivatives are those of the results times the weights 1, 0.5, 0.25, -1, ... added up: first derivatives by each entry
(numbered through all operands), second ones by each pair. Keep arrays below ten entries: a Hessian takes 4 n**2 values.

``kinks(point)`` gives what is documented where there is no derivative: a dict from entries (``()`` the value, ``(0,)``
the first derivative by operand 0, ``(0, 0)`` the second) to numbers, or to ANYTHING where nothing is promised. The
oracle refuses to guess: a point without derivative that is not listed is an error of the table.

*What is allowed*: BOUND ulps of the dtype of the result, and what half an ulp of each operand moves the true value; for
arrays of n entries n ulps more, and n times what the operands move. Values that NumPy computes (``numpy=True``) are
NumPy's: their error is stated only. An `Excused` line allows more, where it says, and must still be needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from accuracy_grid import held, pairs, singles
from accuracy_oracle import NoDerivative, Oracle
from mpmath import mp, mpf

from autograd import Tensor
from nn import functional

BOUND = 4.0  # ulps, beside what the rounding of the operands explains
DTYPES = (np.float16, np.float32, np.float64)
ANYTHING = "anything"
_WEIGHTS = (1.0, 0.5, 0.25, -1.0, 2.0, -0.5, 0.75, 1.5)


def functions_of(place):
    """The functions of `nn.functional` that are defined in a package or module."""
    return {name for name in functional.__all__ if getattr(functional, name).__module__.startswith(place)}


@dataclass(frozen=True)
class Error:
    """One number that was computed, beside the true one."""

    row: Any
    dtype: type
    point: Any
    entry: tuple[int, ...]
    order: int
    found: float
    true: Any
    ulps: float

    @cached_property
    def moved(self):
        """How many ulps the rounding of the operands explains; not asked for where the error is small."""
        if self.ulps <= self.row.bound(self.point):
            return 0.0
        try:
            return float(self.row.movement(self.point, self.entry, self.dtype) / ulp(self.true, self.dtype))
        except (NoDerivative, ZeroDivisionError, ValueError):
            return 0.0  # a point whose numbers are documented, because there are no true ones

    @property
    def bound(self):
        """How many ulps are allowed."""
        return self.row.bound(self.point) + self.moved

    @property
    def own(self):
        """How many ulps the rounding of the operands does not explain."""
        return max(0.0, self.ulps - self.moved) if self.moved else self.ulps

    @property
    def stated(self):
        """Whether this is a value that NumPy computes."""
        return self.order == 0 and self.row.numpy

    @property
    def too_far(self):
        """Whether it is further off than is allowed."""
        return not self.stated and self.ulps > self.bound

    def __str__(self):
        what = "value" if self.order == 0 else f"d{self.entry}"
        return (
            f"{self.row.name} {self.dtype.__name__} {what} at {self.point}: {float(self.found)!r}, true "
            f"{mpmath.nstr(self.true, 17)}, off by {self.ulps:.3g} ulp (allowed {self.bound:.3g})"
        )


@dataclass(frozen=True)
class Excused:
    """Errors that stay, and why: of some rows, orders and dtypes, at the points that ``where`` names."""

    rows: str | tuple[str, ...]  # names, or words that are names
    orders: tuple[int, ...]
    reason: str
    where: Callable[..., bool] = field(default=lambda *point: True)  # of the operands
    dtypes: tuple[type, ...] = DTYPES
    when: Callable[[Error], bool] = field(default=lambda error: True)

    def concerns(self, row):
        """Whether a row is one of these."""
        return str(row) in (self.rows.split() if isinstance(self.rows, str) else self.rows)

    def covers(self, error):
        """Whether an error is one of these."""
        return (
            self.concerns(error.row)
            and error.order in self.orders
            and error.dtype in self.dtypes
            and bool(self.where(*error.point))
            and bool(self.when(error))
        )


# --- ulps ---------------------------------------------------------------------------------------------------------


def ulp(true, dtype):
    """The distance of the numbers of a dtype around a true value."""
    f = np.finfo(dtype)
    size = abs(true)
    if size == 0 or mpmath.isinf(size):
        exponent = f.minexp if size == 0 else f.maxexp - 1
    else:
        exponent = min(max(int(mpmath.frexp(size)[1]) - 1, f.minexp), f.maxexp - 1)
    return mpf(2) ** (exponent - f.nmant)


def distance(found, true, dtype):
    """How many ulps a number is off; one that is out of range counts as the first power of 2 that is."""
    found = float(found)
    if math.isnan(found):
        return math.inf
    edge = mpf(2) ** np.finfo(dtype).maxexp

    def inside(x):
        return max(-edge, min(edge, x))

    return float(abs(inside(mpf(found)) - inside(true)) / ulp(true, dtype))


# --- running an op, ours or another's -----------------------------------------------------------------------------


class Ours:
    """Values, gradients and second derivatives by this library."""

    @staticmethod
    def derivatives(function, arrays, weights, order):
        """The result as an array, the gradients of the weighted sum, and the gradients of each of these."""
        xs = [Tensor(np.array(a), requires_grad=order > 0) for a in arrays]
        out = function(*xs)
        if not order:
            return out.data if isinstance(out, Tensor) else np.asarray(out), [], []
        seed = np.ones_like(out.data) if weights is None else weights(out.data)
        first = out.gradient(*xs, gradient=seed, retain_graph=True, allow_unused=True)
        plain = [np.zeros_like(x.data) if g is None else g.data for x, g in zip(xs, first, strict=True)]
        if order < 2:
            return out.data, plain, []
        graph = out.gradient(*xs, gradient=seed, create_graph=True, allow_unused=True)
        second = [_each(g, xs, _ours_of) for g in graph]
        return out.data, plain, second


def _ours_of(g, xs, seed):
    if g is None or not getattr(g, "requires_grad", False):
        return [np.zeros_like(x.data) for x in xs]
    found = g.gradient(*xs, gradient=seed, retain_graph=True, allow_unused=True)
    return [np.zeros_like(x.data) if d is None else d.data for x, d in zip(xs, found, strict=True)]


class Torch:
    """The same by PyTorch."""

    @staticmethod
    def derivatives(function, arrays, weights, order):
        """As `Ours.derivatives`."""
        import torch

        function = resolved(function)
        xs = [torch.tensor(np.array(a), requires_grad=order > 0) for a in arrays]
        out = function(*xs)
        if not order:
            return out.numpy(force=True), [], []
        seed = torch.ones_like(out) if weights is None else torch.tensor(weights(out.numpy(force=True)))
        first = torch.autograd.grad(out, xs, seed, create_graph=order > 1, allow_unused=True)
        plain = [
            np.zeros(x.shape, x.numpy(force=True).dtype) if g is None else g.numpy(force=True)
            for x, g in zip(xs, first, strict=True)
        ]
        second = [_each(g, xs, _torch_of) for g in first] if order > 1 else []
        return out.numpy(force=True), plain, second


def _torch_of(g, xs, seed):
    import torch

    if g is None or not g.requires_grad:
        return [np.zeros(x.shape) for x in xs]
    found = torch.autograd.grad(g, xs, torch.tensor(seed), retain_graph=True, allow_unused=True)
    return [np.zeros(x.shape) if d is None else d.numpy(force=True) for x, d in zip(xs, found, strict=True)]


def _each(g, xs, gradients):
    """The gradients of each entry of a gradient, with ``seed`` ones for one entry; all at once where it has none."""
    return lambda seed: gradients(g, xs, seed)


def resolved(function):
    """A function of PyTorch by its name in torch or torch.nn.functional."""
    if not isinstance(function, str):
        return function
    import torch

    return getattr(torch, function, None) or getattr(torch.nn.functional, function)


# --- rows ---------------------------------------------------------------------------------------------------------


class _Row:
    def __init__(self, name, function, exact, *, torch=None, order=2, numpy=False, dtypes=DTYPES, kinks=None):
        self.name, self.function, self.exact, self.torch = name, function, exact, torch
        self.order, self.numpy, self.dtypes = order, numpy, dtypes
        self.kinks = kinks or (lambda *point: None)

    def __str__(self):
        return self.name

    def errors(self, dtype, *, coarse=False, by=Ours):
        """The errors at all points of a dtype."""
        with np.errstate(all="ignore"):
            yield from self._errors(dtype, coarse, by)

    def _error(self, dtype, point, entry, order, found):
        documented = (self.kinks(*point) or {}).get(entry)
        if documented == ANYTHING:
            return None
        try:
            true = self.true(point, entry) if documented is None else mpf(documented)
        except (NoDerivative, ZeroDivisionError, ValueError) as error:
            if np.any(np.isinf(np.concatenate([np.ravel(x) for x in point]))):
                return None  # no limit: nothing to compare with
            raise AssertionError(f"{self.name}: list what is documented at {point} in kinks. {error}") from error
        return Error(self, dtype, point, entry, order, float(found), true, distance(found, true, dtype))


class Row(_Row):
    """A function that works entry by entry. ``domain`` says which points of the grid it has; ``extra`` adds some.

    ``at_once`` points are computed in one array: some rules are more exact where arrays have few entries.
    """

    def __init__(self, name, function, exact, *, operands=1, points=None, extra=(), domain=None, at_once=64, **facts):
        super().__init__(name, function, exact, **facts)
        self.at_once = at_once
        self.operands = operands
        self.grid = points or {1: lambda *how: [(x,) for x in singles(*how)], 2: pairs}[operands]
        self.extra, self.domain = extra, domain or (lambda *point: True)
        self.oracle = Oracle(exact)

    def points(self, dtype, coarse=False):
        """The points of a dtype."""
        extra = [(x,) for x in held(self.extra[:: 5 if coarse else 1], dtype)]
        found = [p for p in (*self.grid(dtype, coarse), *extra) if self.domain(*p)]
        return found[::3] if coarse and dtype is not np.float64 else found

    @staticmethod
    def bound(point):
        """What is allowed beside the rounding of the operands, in ulps."""
        return BOUND

    def true(self, point, entry):
        """The true value of an entry."""
        return self.oracle(point, *entry)

    def movement(self, point, entry, dtype):
        """What half an ulp of each operand moves the true value."""
        return _movement(lambda moved: self.true(moved, entry), self.true(point, entry), point, dtype)

    def _errors(self, dtype, coarse, by):
        points = self.points(dtype, coarse)
        for i in range(0, len(points), self.at_once):
            yield from self._errors_of(points[i : i + self.at_once], dtype, by)

    def _errors_of(self, points, dtype, by):
        columns = [np.array(column, dtype) for column in zip(*points, strict=True)]
        function = self.function if by is Ours else self.torch
        value, first, second = by.derivatives(function, columns, None, self.order)
        found = [((), value)] + [((i,), g) for i, g in enumerate(first)]
        ones = np.ones(len(points), dtype)
        found += [((i, j), d) for i, of in enumerate(second) for j, d in enumerate(of(ones))]
        for entry, column in found:
            for point, number in zip(points, np.asarray(column, float), strict=True):
                error = self._error(dtype, point, entry, len(entry), number)
                if error is not None:
                    yield error


class ArrayRow(_Row):
    """A function of small arrays; see the text of this module."""

    def __init__(self, name, function, exact, *, points, **facts):
        super().__init__(name, function, exact, **facts)
        self.given = points
        self.oracles = {}

    def points(self, dtype, coarse=False):
        """The points that a dtype holds, rounded to it."""
        found = []
        for point in self.given[:: 3 if coarse else 1]:
            with np.errstate(all="ignore"):
                arrays = [np.asarray(a, float) for a in point]
                rounded = [a.astype(dtype).astype(float) for a in arrays]
            if all(
                np.array_equal(np.isfinite(a), np.isfinite(b)) and np.array_equal(a == 0, b == 0)
                for a, b in zip(arrays, rounded, strict=True)
            ):
                found.append(tuple(_nested(a) for a in rounded))
        return found

    @staticmethod
    def bound(point):
        """The usual bound in n beside the rounding of the operands, in ulps."""
        return BOUND + sum(np.size(a) for a in point)

    def true(self, point, entry):
        """The true value: of output k for ("value", k), else of a derivative of the weighted sum."""
        shapes = tuple(np.shape(a) for a in point)
        flat = tuple(x for a in point for x in np.ravel(a).tolist())
        return self._true(shapes, flat, entry)

    def _true(self, shapes, flat, entry):
        output = entry[1] if entry[:1] == ("value",) else None
        key = shapes, output
        if key not in self.oracles:

            def exact(*numbers):
                out = _flat(self.exact(*_unflattened(numbers, shapes)))
                return out[output] if output is not None else mpmath.fdot(out, _weights(len(out)))

            self.oracles[key] = Oracle(exact)
        return self.oracles[key](flat, *(() if output is not None else entry))

    def movement(self, point, entry, dtype):
        """What half an ulp of each entry moves the true value, times their number."""
        shapes = tuple(np.shape(a) for a in point)
        flat = tuple(x for a in point for x in np.ravel(a).tolist())
        moved = _movement(lambda x: self._true(shapes, x, entry), self._true(shapes, flat, entry), flat, dtype)
        return len(flat) * moved

    def _errors(self, dtype, coarse, by):
        function = self.function if by is Ours else self.torch
        for point in self.points(dtype, coarse):
            arrays = [np.array(a, dtype) for a in point]
            weights = lambda out: np.array(_weights(np.size(out)), np.asarray(out).dtype).reshape(np.shape(out))  # noqa: E731
            value, first, second = by.derivatives(function, arrays, weights, self.order)
            found = [(("value", k), 0, x) for k, x in enumerate(np.ravel(value))]
            gradient = [x for g in first for x in np.ravel(g)]
            found += [((i,), 1, x) for i, x in enumerate(gradient)]
            sizes = [a.size for a in arrays]
            row = 0
            for of, a in zip(second, arrays, strict=True):
                for k in range(a.size):
                    seed = np.zeros(a.size, dtype)
                    seed[k] = 1.0
                    line = [x for g in of(seed.reshape(a.shape)) for x in np.ravel(g)]
                    found += [((row, j), 2, x) for j, x in enumerate(line)]
                    row += 1
            assert row == (sum(sizes) if second else 0)
            for entry, order, number in found:
                error = self._error(dtype, point, entry, order, number)
                if error is not None:
                    yield error


def _weights(n):
    return [_WEIGHTS[k % len(_WEIGHTS)] for k in range(n)]


def _flat(out):
    if isinstance(out, list | tuple):
        return [x for part in out for x in _flat(part)]
    return [out]


def _nested(a):
    return a.tolist()


def _unflattened(numbers, shapes):
    """The operands as nested lists again."""
    rest = list(numbers)
    return [_take(rest, shape) for shape in shapes]


def _take(rest, shape):
    if not shape:
        return rest.pop(0)
    return [_take(rest, shape[1:]) for _ in range(shape[0])]


def _movement(true, here, point, dtype):
    """The sum over the operands of how far half an ulp of each moves a true value, the larger of both directions."""
    total = mpf(0)
    for i, x in enumerate(point):
        if mpmath.isinf(x):
            continue
        half = ulp(mpf(x), dtype) / 2
        shifts = []
        for step in (half, -half):
            with mp.workprec(3000):  # exact
                moved = (*point[:i], mpf(x) + step, *point[i + 1 :])
            try:
                shifts.append(abs(true(moved) - here))
            except (NoDerivative, ZeroDivisionError, ValueError):
                continue  # beyond a pole or the end of the domain
        finite = [s for s in shifts if mpmath.isfinite(s)]
        total += max(finite, default=mpf(0))
    return total


# --- judging ------------------------------------------------------------------------------------------------------


@dataclass
class Judgement:
    """What is wrong with a row: errors beyond their bound, errors beyond PyTorch's, exceptions that nothing needs."""

    too_far: list[Error] = field(default_factory=list)
    worse: list[tuple[Error, Error]] = field(default_factory=list)
    unneeded: list[Excused] = field(default_factory=list)
    worst: dict[tuple[type, int], Error] = field(default_factory=dict)  # of what is not excused, by dtype and order
    theirs: dict[tuple[type, int], Error] = field(default_factory=dict)  # PyTorch's at the same points
    numbers: int = 0

    def __str__(self):
        lines = list(map(str, self.too_far))
        lines += [f"{error}; PyTorch {other.ulps:.3g} ulp" for error, other in self.worse]
        lines += [f"not needed: {excused.reason}" for excused in self.unneeded]
        return "\n".join([*lines[:15], f"{len(lines)} in all"] if lines else [])


def judge(row, exceptions, *, coarse=False, torch=False):
    """All that can be said of a row at the grid; beside PyTorch, if asked for."""
    found, needed = Judgement(), set()
    exceptions = [e for e in exceptions if e.concerns(row)]
    for dtype in row.dtypes:
        others = {}
        if torch and row.torch:
            with suppress(NotImplementedError):  # what PyTorch does not have at this dtype
                others = {(repr(e.point), e.entry): e for e in row.errors(dtype, coarse=coarse, by=Torch)}
        for error in row.errors(dtype, coarse=coarse):
            found.numbers += 1
            other = others.get((repr(error.point), error.entry))
            worse = other is not None and not error.stated and error.ulps > other.ulps + BOUND
            excused = [e for e in exceptions if e.covers(error)]
            if error.too_far or worse:
                needed |= set(map(id, excused))
            if excused:
                continue
            if error.too_far:
                found.too_far.append(error)
            if worse:
                found.worse.append((error, other))
            _larger(found.worst, error)
            if other is not None:
                _larger(found.theirs, other)
    if not coarse:
        found.unneeded = [e for e in exceptions if id(e) not in needed]
    return found


def _larger(worst, error):
    key = error.dtype, error.order
    if key not in worst or error.ulps > worst[key].own < error.own:  # own, which takes long, is at most ulps
        worst[key] = error
