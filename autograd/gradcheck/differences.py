"""Numerical derivatives of a curve, t -> the values of a function along one direction: docs/design.md explains them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Curve = Callable[[float], Rows]

# With the extrapolation of two central differences the truncation is about h**4 / 500 and the rounding about
# 3 eps / h: both are near 1e-13 here.
STEP = 2.0**-9

_RATIO = 4.0
HIGHEST, _LOWEST = 2.0**-5, 2.0**-41
_FINE = 2.0**-20  # an entry that is smaller by this than what is usual beside it gets a ladder of its own
_TINY = 2.0**-24  # spacing of the points that measure the noise; smooth curves are parabolas at this size
_FINER = 2.0**-32  # and fast ones, such as sin(1e6 x), at this size


class Quick(NamedTuple):
    """The derivative of each row, and by how much its one-sided slopes seem to differ."""

    value: Rows
    gap: Rows


def quick(curve: Curve, base: Rows, step: float = STEP) -> Quick:
    """Central differences at ``step`` and ``step / 2``, extrapolated to zero; four evaluations.

    ``gap`` is the extrapolated difference of the right and the left slope: near 0 where the curve is smooth.
    """
    half = step / 2
    wide_up, wide_down = curve(step), curve(-step)
    near_up, near_down = curve(half), curve(-half)
    wide = (wide_up - wide_down) / (2 * step)
    near = (near_up - near_down) / step
    bend = (near_up - 2 * base + near_down) / half
    gap = 2 * bend - (wide_up - 2 * base + wide_down) / step
    return Quick(near + (near - wide) / 3, gap)


class Slopes(NamedTuple):
    """The result of a sweep of steps for each row: the derivative from both sides together and from each alone.

    Every error includes the noise of the curve. ``leap`` is a jump of the value itself to the left and to the right of
    the point (0: continuous). ``steep`` says on which sides the slope grows without bound as far as it can be seen,
    ``chord`` how large it is seen to be, and ``open`` on which sides the curve is not finite however near. ``seen`` is
    how far the curve has moved at the ``finest`` step.
    """

    value: Rows
    error: Rows
    step: Rows
    left: Rows
    left_error: Rows
    right: Rows
    right_error: Rows
    noise: Rows
    leap: tuple[Rows, Rows]
    steep: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    chord: tuple[Rows, Rows]
    open: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    seen: Rows
    finest: float


def ladder(reach: float = 1.0, fine: float = 1.0, highest: float = HIGHEST) -> tuple[list[float], list[float]]:
    """The steps of a sweep, each a quarter of the one before: those for every entry, and those for a tiny one.

    ``reach`` makes the first step larger (an entry so small that a step of its own size is lost in rounding).
    ``fine`` is the size of an entry that is much smaller than its neighbours: where log has a scale of its own.
    """
    steps = [highest * max(reach, 1.0)]
    while steps[-1] > _LOWEST:
        steps.append(steps[-1] / _RATIO)
    own = min(fine, steps[-1])
    return steps, [own * _RATIO**-k for k in range(1, 15)] if fine < _FINE else []


def sweep(
    curve: Curve, base: Rows, eps: float, reach: float = 1.0, fine: float = 1.0, bound: Rows | float = 0.0,
    highest: float = HIGHEST,
) -> Slopes:  # fmt: skip
    """One-sided and central slopes at every step of a ladder, extrapolated; the best of each with its error.

    ``eps`` is the spacing of the least precise dtype that the values went through, ``bound`` a known bound for the
    noise of each row (0: none): a curve that rounding has made flat shows no noise, and a fast one shows too much.
    Takes about seventy evaluations.
    """
    steps, own = ladder(reach, fine, highest)
    split = len(steps)
    steps += own
    h = np.array(steps)[:, None]
    grain = 1e-16 * min(fine, 1.0)
    up = np.stack([curve(step) for step in steps])
    down = np.stack([curve(-step) for step in steps])
    with np.errstate(all="ignore"):
        noise = _measured_noise(curve, _TINY * min(fine, 1.0))
        finer = _measured_noise(curve, _FINER * min(fine, 1.0))
        noise = np.where(finer < noise / 16, finer, noise)  # the larger was no noise, but the waves of a fast curve
        noise = np.where(bound > 0, np.minimum(noise, bound), noise)
        noise = np.maximum(noise, eps * np.abs(base))
        noise = np.maximum(noise, _grid(curve, [*up, *down, base], min(fine, 1.0)) / 2)
        # A bound is not exceeded, as what is measured may be: a few times the error is enough with less of it.
        left, left_error, _ = _limit((base - down) / h, h, 1, np.maximum(noise, 0.2 * bound), grain, split)
        right, right_error, _ = _limit((up - base) / h, h, 1, np.maximum(noise, 0.2 * bound), grain, split)
        value, error, step = _limit((up - down) / (2 * h), h, 2, np.maximum(noise, 0.1 * bound), grain, split)
        noise = np.maximum(noise, bound)
        sides = (down - base, up - base)
        leap: Any = tuple(_leap(side, noise) for side in sides)
        steep, chord = zip(*(_steepness(side, h, noise) for side in sides), strict=True)
        opened: Any = tuple(~np.isfinite(side[-6:]).any(axis=0) for side in sides)
        seen = np.maximum(np.abs(sides[0][-1]), np.abs(sides[1][-1]))
    return Slopes(
        value, error, step, left, left_error, right, right_error, noise, leap, steep, chord, opened, seen, steps[-1]
    )


def _limit(slopes: Rows, h: Rows, power: int, noise: Rows, grain: float, split: int) -> tuple[Rows, Rows, Rows]:
    """The limit for h -> 0 of slopes whose error is a h**power + ..., its error, and the step it was read at.

    Each pair of steps is extrapolated; the extrapolation that agrees best with both its neighbours wins, where
    agreement below the noise does not count, and no finer step may contradict it: large steps across many waves give
    slopes that are all small, and so agree. ``grain`` is the rounding error of the moved entry itself.
    """
    factor = _RATIO**power
    limits = slopes[1:] + (slopes[1:] - slopes[:-1]) / (factor - 1)
    change = np.abs(np.diff(limits, axis=0))
    error = np.maximum(change[1:], change[:-1]) + 4 * (noise + grain * np.abs(limits[1:-1])) / h[2:-1]
    error = np.where(np.isfinite(error), error, np.inf)
    centre = np.where(np.isfinite(error), limits[1:-1], 0.0)
    lowest = np.maximum.accumulate((centre - 4 * error)[::-1], axis=0)[::-1]  # what this and all finer steps allow
    highest = np.minimum.accumulate((centre + 4 * error)[::-1], axis=0)[::-1]
    refuted = (centre + error < lowest) | (centre - error > highest)
    error = np.where(refuted, np.inf, error)
    best = np.argmin(error[:split], axis=0)[None]
    if split < len(error):  # the steps of a tiny entry count where they agree, however large the slope is there
        tiny = split + np.argmin(error[split:], axis=0)[None]
        clear = np.take_along_axis(error, tiny, 0) < 1e-3 * np.abs(np.take_along_axis(limits[1:-1], tiny, 0))
        best = np.where(clear, tiny, best)
    return (
        np.take_along_axis(limits[1:-1], best, 0)[0],
        np.take_along_axis(error, best, 0)[0],
        np.broadcast_to(h[2:-1], error.shape)[best[0], np.arange(error.shape[1])],
    )


def _measured_noise(curve: Curve, spacing: float) -> Rows:
    """How far the curve scatters around a parabola through five tiny steps, on the smoother of its two sides."""
    places = np.arange(1.0, 6.0)
    powers = np.vander(places, 3)
    residual = np.eye(5) - powers @ np.linalg.pinv(powers)
    sides = []
    for sign in (1.0, -1.0):
        points = np.stack([curve(sign * spacing * k) for k in places])
        scatter = np.sqrt(np.sum(np.square(residual @ points), axis=0) / 2)
        sides.append(np.where(np.isfinite(scatter), scatter, np.inf))
    noise = np.minimum(*sides)
    return np.where(np.isfinite(noise), noise, 0.0)


def _grid(curve: Curve, values: list[Rows], fine: float) -> Rows:
    """The smallest distance of different values: a curve that moves in jumps of this size looks flat between them.

    A curve with a few values only, such as floor, has true jumps.
    """
    finest = [curve(sign * fine * 2.0**-k) for k in (44, 46, 48, 50) for sign in (1, -1)]
    ordered = np.sort(np.stack([*values, *finest]), axis=0)  # what is not a number comes last
    gaps = np.diff(ordered, axis=0)
    gaps = np.where(gaps > 0, gaps, np.inf)
    smallest = np.min(gaps, axis=0)
    return np.where(np.sum(np.isfinite(gaps), axis=0) >= 8, smallest, 0.0)


def _leap(side: Rows, noise: Rows) -> Rows:
    """The jump of the value at the point, 0 where there is none: what is left of a difference at the last steps."""
    last, before = side[-1], side[-4]
    stays = np.abs(last - before) <= 0.02 * np.abs(last) + 8 * noise
    return np.where(stays & (np.abs(last) > 64 * noise), last, 0.0)


def _steepness(side: Rows, h: Rows, noise: Rows) -> tuple[NDArray[np.bool_], Rows]:
    """Whether the slope to one side grows without bound as the step shrinks, and the steepest slope seen."""
    slope = np.abs(side / h)
    clear = (np.abs(side) > 100 * noise)[1:] & np.isfinite(slope[1:])
    grows = slope[1:] > 1.15 * slope[:-1]
    steep: NDArray[np.bool_] = (np.sum(clear, axis=0) >= 6) & np.all(grows | ~clear, axis=0)
    return steep, np.max(np.where(clear, slope[1:], 0.0), axis=0)
