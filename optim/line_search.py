"""A line search for a step length that is neither too long nor too short."""

from collections.abc import Callable
from math import isfinite, sqrt
from typing import Any, NamedTuple

from numpy.typing import NDArray

ARMIJO, CURVATURE = 1e-4, 0.9  # c1 and c2 of Nocedal & Wright, their values for quasi-Newton methods


class Point(NamedTuple):
    """The value, the gradient, and the slope along the direction at one step length."""

    step: float
    value: float
    gradient: NDArray[Any]
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, first: float, *, narrow: float, limit: int
) -> tuple[Point, int]:
    """Find a point that satisfies the strong Wolfe conditions; returns it and the number of evaluations.

    They are f(t) ≤ f(0) + c₁·t·f'(0), so that the function falls enough, and |f'(t)| ≤ −c₂·f'(0), so that the step is
    not too short. ``start`` is the point at 0, ``first`` the step length to try first. Steps grow until they bracket
    such a point; then the interval shrinks by cubic interpolation. If it gets shorter than ``narrow``, or after
    ``limit`` further evaluations, the best known point is returned. A value that is not finite counts as too high.

    Source: Nocedal & Wright, Numerical optimization, 2nd ed. 2006, algorithms 3.5 and 3.6; how far a step may grow
    and how close to the ends it may fall are the choices of PyTorch's L-BFGS, so that the points are the same.
    """
    before, point = start, evaluate(first)
    tries = 0
    while tries < limit:
        if _too_high(point, start) or (tries > 1 and not point.value < before.value):
            break
        if _flat(point, start):
            return point, 1 + tries
        if point.slope >= 0.0:
            break
        longer = _interpolate(before, point, point.step + 0.01 * (point.step - before.step), 10.0 * point.step)
        before, point = point, evaluate(longer)
        tries += 1
    else:
        before = start
    return _zoom(evaluate, start, before, point, narrow, limit, tries)


def _too_high(point: Point, start: Point) -> bool:
    return not point.value <= start.value + ARMIJO * point.step * start.slope


def _flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -CURVATURE * start.slope


def _zoom(
    evaluate: Callable[[float], Point], start: Point, left: Point, right: Point, narrow: float, limit: int, tries: int
) -> tuple[Point, int]:
    """Shrink an interval that brackets a point; ``low`` is the end with the lower value."""
    low, high = (left, right) if not right.value < left.value else (right, left)
    at_the_edge = False
    while tries < limit and abs(high.step - low.step) >= narrow:
        a, b = sorted((low.step, high.step))
        step = _interpolate(low, high, a, b)
        margin = 0.1 * (b - a)
        if min(b - step, step - a) >= margin:
            at_the_edge = False
        elif not at_the_edge and a < step < b:
            at_the_edge = True  # once is no reason to interfere
        else:
            step = b - margin if b - step < step - a else a + margin
            at_the_edge = False
        point = evaluate(step)
        tries += 1
        if _too_high(point, start) or not point.value < low.value:
            high = point
            if high.value < low.value:
                low, high = high, low
            continue
        if _flat(point, start):
            return point, 1 + tries
        if point.slope * (high.step - low.step) >= 0.0:
            high = low
        low = point
    return low, 1 + tries


def _interpolate(p: Point, q: Point, low: float, high: float) -> float:
    """The minimum of the cubic through two points with their slopes, within bounds; their middle if there is none."""
    a, b = (p, q) if p.step <= q.step else (q, p)
    middle = (low + high) / 2.0
    if a.step == b.step:
        return middle
    bend = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step)
    square = bend * bend - a.slope * b.slope
    if not square >= 0.0:
        return middle
    root = sqrt(square)
    divisor = b.slope - a.slope + 2.0 * root
    if divisor == 0.0:
        return middle
    step = b.step - (b.step - a.step) * ((b.slope + root - bend) / divisor)
    return min(max(step, low), high) if isfinite(step) else middle
