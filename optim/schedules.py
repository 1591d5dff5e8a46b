"""Schedules: hyper-parameters as functions of the number of updates done, from 0 on. (An epoch is many updates.)

They have no state, so a resumed run needs only the number of steps. They are values, which print as they were written,
compare and pickle; so they are small classes, with lower-case names because they are used like functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from operator import index
from typing import Any, NoReturn

import numpy as np

from optim.errors import HyperparameterError

Part = float | Callable[[int], float]
"""The parts of `warmup` and `chain`: numbers and schedules."""

Positive = float
"""A finite, positive number."""


@dataclass(frozen=True)
class Schedule:
    """Base class of the schedules: a frozen dataclass whose fields are checked by their annotations.

    Your own schedule only needs `__call__`; any function of the step works as well.

    >>> from dataclasses import dataclass
    >>> from optim.schedules import Schedule
    >>> @dataclass(frozen=True)
    ... class square_root(Schedule):
    ...     start: float
    ...     def __call__(self, step):
    ...         return self.start / (1 + step) ** 0.5
    >>> square_root(1)(3), square_root(1)
    (0.5, square_root(start=1.0))
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), field.type
            if kind in ("int", int):
                self._keep(field.name, _whole(self, field.name, value))
            elif kind in ("float", float, "Positive") or (kind == "Part" and not callable(value)):
                self._keep(field.name, _finite(self, field.name, value))
            if kind == "Positive" and not getattr(self, field.name) > 0:
                self._refuse(field.name, "positive")

    def __call__(self, step: int) -> float:
        """Return the value for the update after ``step`` updates."""
        raise NotImplementedError

    def _keep(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # the way round `frozen`, in the constructor

    def _refuse(self, name: str, what: str) -> NoReturn:
        raise HyperparameterError(f"{type(self).__name__}: {name} must be {what}; got {getattr(self, name)!r}.")


def _whole(owner: Schedule, name: str, value: Any) -> int:
    try:
        whole = 0 if isinstance(value, bool) else index(value)
    except TypeError:
        whole = 0
    if whole < 1:
        owner._refuse(name, "a positive integer (a number of steps)")
    return whole


def _finite(owner: Schedule, name: str, value: Any) -> float:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        owner._refuse(name, "a finite number")
    return float(value)


def _at(part: Part, step: int) -> float:
    return part(step) if callable(part) else part


@dataclass(frozen=True)
class constant(Schedule):
    """The same value at every step: ``value``.

    Optimizers also take the plain number; this is for places that need a function.

    >>> from optim.schedules import constant
    >>> constant(0.1)(1000)
    0.1
    """

    value: float

    def __call__(self, step: int) -> float:
        return self.value


@dataclass(frozen=True)
class step_decay(Schedule):
    """Decay at regular intervals: start · gamma^⌊t / every⌋.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html. Raises HyperparameterError.

    >>> from optim.schedules import step_decay
    >>> rate = step_decay(0.8, every=10, gamma=0.5)
    >>> rate(9), rate(10), rate(20)
    (0.8, 0.4, 0.2)
    """

    start: float
    every: int
    gamma: float = 0.1

    def __call__(self, step: int) -> float:
        return self.start * self.gamma ** (step // self.every)


@dataclass(frozen=True)
class multi_step(Schedule):
    """Decay at given steps: start · gamma^(number of milestones up to t).

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html. Raises
    HyperparameterError, for example if the milestones do not increase.

    >>> from optim.schedules import multi_step
    >>> rate = multi_step(1.0, milestones=[30, 80], gamma=0.5)
    >>> rate(29), rate(30), rate(80)
    (1.0, 0.5, 0.25)
    """

    start: float
    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.milestones, tuple | list | np.ndarray) or not len(self.milestones):
            self._refuse("milestones", "a list of integers")
        steps = tuple(_whole(self, "milestones", step) for step in self.milestones)
        if any(a >= b for a, b in pairwise(steps)):
            self._refuse("milestones", "increasing")
        self._keep("milestones", steps)

    def __call__(self, step: int) -> float:
        return self.start * self.gamma ** sum(milestone <= step for milestone in self.milestones)


@dataclass(frozen=True)
class exponential(Schedule):
    """Exponential decay by the factor gamma every ``every`` steps: start · gamma^(t / every).

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html. Raises
    HyperparameterError, for example if gamma is not positive.

    >>> from optim.schedules import exponential
    >>> rate = exponential(1.0, gamma=0.25, every=2)
    >>> rate(0), rate(1), rate(2)
    (1.0, 0.5, 0.25)
    """

    start: float
    gamma: Positive
    every: int = 1

    def __call__(self, step: int) -> float:
        factor: float = self.gamma ** (step / self.every)
        return self.start * factor


@dataclass(frozen=True)
class polynomial(Schedule):
    """From start to end in ``steps`` steps, along a straight line or another power of time; ``end`` afterwards.

    end + (start − end) · (1 − t / steps)^power. Source:
    https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html (with end 0). Raises
    HyperparameterError, for example if power is not positive.

    >>> from optim.schedules import polynomial
    >>> rate = polynomial(0.8, steps=4)
    >>> rate(0), rate(2), rate(4), rate(9)
    (0.8, 0.4, 0.0, 0.0)
    """

    start: float
    steps: int
    end: float = 0.0
    power: Positive = 1.0

    def __call__(self, step: int) -> float:
        left: float = max(1.0 - step / self.steps, 0.0) ** self.power
        return _line(self.end, self.start, left)


@dataclass(frozen=True)
class cosine(Schedule):
    """From start to end in ``steps`` steps along half a period of a cosine; ``end`` afterwards.

    end + (start − end) · (1 + cos(π·t / steps)) / 2. Source: Loshchilov & Hutter, SGDR, 2017,
    https://arxiv.org/abs/1608.03983 (for their restarts, use `chain`). PyTorch's CosineAnnealingLR is equal up to
    ``steps``, but then rises again. Raises HyperparameterError.

    >>> from optim.schedules import cosine
    >>> rate = cosine(0.5, steps=100)
    >>> rate(0), round(rate(50), 12), rate(100), rate(150)
    (0.5, 0.25, 0.0, 0.0)
    """

    start: float
    steps: int
    end: float = 0.0

    def __call__(self, step: int) -> float:
        return _half_wave(self.start, self.end, step / self.steps)


@dataclass(frozen=True)
class one_cycle(Schedule):
    """From start up to the peak in the first fraction ``rise`` of the steps, then down to ``end``, along cosines.

    The peak is at step t₁ = rise·steps − 1, ``end`` at the last step, steps − 1, and after it. ``start`` defaults to
    peak / 25 and ``end`` to start / 10 000. ``shape="linear"`` joins the three points by straight lines. A momentum
    that falls while the rate rises is a cycle too: ``one_cycle(0.85, steps, start=0.95, end=0.95)``.

    Source: Smith & Topin, Super-convergence, 2018, https://arxiv.org/abs/1708.07120; values are those of
    https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html. Raises HyperparameterError.

    >>> from optim.schedules import one_cycle
    >>> rate = one_cycle(1.0, steps=100, start=0.1, end=0.0)
    >>> rate(0), rate(29), rate(99)
    (0.1, 1.0, 0.0)
    """

    peak: float
    steps: int
    start: float | None = None
    end: float | None = None
    rise: float = 0.3
    shape: str = "cosine"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("start", self.peak / 25.0 if self.start is None else _finite(self, "start", self.start))
        self._keep("end", self.start / 1e4 if self.end is None else _finite(self, "end", self.end))  # type: ignore[operator]
        if not 0.0 <= self.rise <= 1.0:
            self._refuse("rise", "a fraction of the steps, between 0 and 1")
        if self.shape not in ("cosine", "linear"):
            self._refuse("shape", "'cosine' or 'linear'")

    def __call__(self, step: int) -> float:
        top, last = max(self.rise * self.steps - 1.0, 0.0), self.steps - 1.0
        return through([(0.0, self.start), (top, self.peak), (last, self.end)], self.shape, step)


@dataclass(frozen=True)
class inverse_time(Schedule):
    """A rate inversely proportional to time: a / (b + t).

    The sum of the rates is infinite but that of their squares finite, so stochastic gradient descent can reach any
    point and still converge. Source: Robbins & Monro, A stochastic approximation method, 1951. Raises
    HyperparameterError, for example if b is not positive.

    >>> from optim.schedules import inverse_time
    >>> rate = inverse_time(a=5.0, b=50.0)
    >>> rate(0), rate(50), rate(450)
    (0.1, 0.05, 0.01)
    """

    a: float
    b: Positive

    def __call__(self, step: int) -> float:
        return self.a / (self.b + step)


def through(points: Sequence[tuple[float, Any]], shape: str, step: float) -> float:
    """The value at a step of a curve through points (step, value), along cosines or straight lines."""
    if shape not in ("cos", "cosine", "linear"):
        raise HyperparameterError(f"anneal_strategy must be 'cos' or 'linear'; got {shape!r}.")
    for (a, start), (b, end) in pairwise(points):
        if a < b and step <= b:
            return (_line if shape == "linear" else _half_wave)(start, end, (step - a) / (b - a))
    return float(points[-1][1])


def _line(start: Any, end: Any, part: float) -> float:
    """A weighted mean of start and end, because it is exact at both."""
    part = min(part, 1.0)
    return float((1.0 - part) * start + part * end)


def _half_wave(start: Any, end: Any, part: float) -> float:
    return _line(start, end, (1.0 - math.cos(math.pi * min(part, 1.0))) / 2.0)


@dataclass(frozen=True)
class warmup(Schedule):
    """A linear rise from ``start`` in ``steps`` steps, then another schedule (or number) from its beginning.

    start + (then(0) − start) · t / steps for t < steps, then(t − steps) afterwards, as PyTorch's LinearLR for a number.
    Source: Goyal et al., Large minibatch SGD, 2017, https://arxiv.org/abs/1706.02677. Raises HyperparameterError.

    >>> from optim.schedules import cosine, warmup
    >>> rate = warmup(4, cosine(0.8, steps=100))
    >>> rate(0), rate(1), rate(4), rate(104)
    (0.0, 0.2, 0.8, 0.0)
    """

    steps: int
    then: Part
    start: float = 0.0

    def __call__(self, step: int) -> float:
        if step >= self.steps:
            return _at(self.then, step - self.steps)
        return _line(self.start, _at(self.then, 0), step / self.steps)


@dataclass(frozen=True, init=False, repr=False)
class chain(Schedule):
    """One schedule (or number) after the other, as a dict with the steps at which they begin, the first at 0.

    Each counts from its own beginning, as in PyTorch's SequentialLR. Raises HyperparameterError.

    >>> from optim.schedules import chain, cosine
    >>> momentum = chain({0: 0.5, 100: 0.9})
    >>> momentum(99), momentum(100)
    (0.5, 0.9)
    >>> restarts = chain({0: cosine(0.4, 10), 10: cosine(0.4, 20)})
    >>> restarts(10), restarts
    (0.4, chain({0: cosine(start=0.4, steps=10, end=0.0), 10: cosine(start=0.4, steps=20, end=0.0)}))
    """

    parts: tuple[tuple[int, Part], ...]

    def __init__(self, parts: Mapping[int, Part]) -> None:
        self._keep("parts", parts)
        if not isinstance(parts, Mapping) or not parts:
            self._refuse("parts", "a dict {step: schedule or number}")
        starts = list(parts)
        if any(isinstance(s, bool) or not isinstance(s, int | np.integer) for s in starts) or starts[0] != 0:
            self._refuse("parts", "a dict of integer steps, the first of which is 0")
        if any(a >= b for a, b in pairwise(starts)):
            self._refuse("parts", "a dict of increasing steps")
        values = [part if callable(part) else _finite(self, "parts", part) for part in parts.values()]
        self._keep("parts", tuple(zip(map(int, starts), values, strict=True)))

    def __call__(self, step: int) -> float:
        start, part = next((start, part) for start, part in reversed(self.parts) if start <= step)
        return _at(part, step - start)

    def __repr__(self) -> str:
        return f"chain({{{', '.join(f'{start}: {part!r}' for start, part in self.parts)}}})"


__all__ = [name for name, value in vars().items() if isinstance(value, type) and value.__module__ == __name__]
