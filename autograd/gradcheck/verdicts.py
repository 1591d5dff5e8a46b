"""Judges one number: the derivative by the rules against the slopes that a sweep of steps has found."""

import math
from typing import NamedTuple

from autograd.gradcheck.differences import Slopes
from autograd.gradcheck.report import Verdict

# A rounding error is let pass while it leaves this much of the derivative, or of the function, to compare; or where the
# numbers are no farther apart than this, which is no accident.
_THREE_DIGITS = 1e-3
_ONE_DIGIT = 0.1
_NOT_LESS = 0.9
Ends = tuple[float, float] | None  # the slopes to both sides of a kink


class Tolerance(NamedTuple):
    """How far two derivatives may differ: ``floor + rtol * max(|a|, |b|)``, and by ``slack`` more where it is noise.

    ``zero``: a derivative that is no larger moves the function by no more than its rounding. ``blur`` is the rounding
    error of the rules. ``lost``: rounding is larger than the value of the function itself.
    """

    rtol: float
    floor: float
    slack: float = 0.0
    zero: float = 0.0
    blur: float = 0.0
    lost: bool = False

    def of(self, a: float, b: float) -> float:
        """How far these two derivatives may differ."""
        return self.floor + self.rtol * max(abs(a), abs(b))


class Finding(NamedTuple):
    """The judgement of one number, in the units of the sweep."""

    verdict: Verdict
    ok: bool
    analytic: float
    numeric: float
    noise: float
    tolerance: float
    slopes: Ends = None
    note: str = ""

    @property
    def excess(self) -> float:
        """The difference in units of the largest one that would have passed."""
        difference = abs(self.analytic - self.numeric)
        if not math.isfinite(difference):
            return math.inf
        return difference / self.tolerance if self.tolerance else (math.inf if difference else 0.0)


def judge(analytic: float, slopes: Slopes, row: int, tolerance: Tolerance, size: float) -> Finding:
    """The verdict on one analytic value; ``size`` is that of the function, or of its largest derivative."""
    a = analytic
    if not math.isfinite(a):
        other = judge(0.0, slopes, row, tolerance, size)
        steep = other.verdict == "nonfinite"
        note = other.note if steep else f"the rules give {a:.4g}, but the function itself has a finite slope"
        return other._replace(verdict="nonfinite", ok=False, analytic=a, note=note)
    value, error = float(slopes.value[row]), float(slopes.error[row])
    left, right = float(slopes.left[row]), float(slopes.right[row])
    left_error, right_error = float(slopes.left_error[row]), float(slopes.right_error[row])
    open_left, open_right = (bool(side[row]) for side in slopes.open)
    # A slope that grows as far as it can be seen may still end at a number that is no smaller.
    sides = zip(slopes.steep, slopes.chord, strict=True)
    steep_left, steep_right = (bool(steep[row]) and abs(a) < _NOT_LESS * float(chord[row]) for steep, chord in sides)
    leap_left, leap_right = (float(side[row]) for side in slopes.leap)

    def finding(verdict: Verdict, ok: bool, numeric: float, noise: float, note: str = "", ends: Ends = None) -> Finding:
        return Finding(verdict, ok, a, numeric, noise, tolerance.of(a, numeric), ends, note)

    def compare(numeric: float, noise: float, note: str = "") -> Finding:
        noise = noise + tolerance.blur
        allowed, difference = tolerance.of(a, numeric), abs(a - numeric)
        if not difference > allowed + min(4 * noise, tolerance.slack):
            return finding("right", True, numeric, noise, note)
        if difference <= 4 * noise:
            zero = abs(a) <= tolerance.zero
            lost = tolerance.lost and not zero
            seen = noise <= _THREE_DIGITS * max(abs(a), abs(numeric), size)
            ok = not lost and (seen or zero or difference <= _ONE_DIGIT * max(abs(a), abs(numeric)))
            return finding("rounding", ok, numeric, noise, _about_rounding(ok, zero, lost, note))
        return finding("wrong", False, numeric, noise, note)

    if leap_left or leap_right:
        ends = (
            math.copysign(math.inf, -leap_left) if leap_left else left,
            math.copysign(math.inf, leap_right) if leap_right else right,
        )
        between = min(ends) <= a <= max(ends)
        return finding("kink", between, sum(ends), math.inf, f"the function jumps here; {_lies(between)}", ends)
    if open_left != open_right:
        near, near_error, steep = (left, left_error, steep_left) if open_right else (right, right_error, steep_right)
        edge = f"the function is only defined to the {'left' if open_right else 'right'} of this point"
        if steep:
            return finding("nonfinite", False, math.copysign(math.inf, near), 0.0, f"{edge}, and its slope is infinite")
        return compare(near, near_error, edge)
    if steep_left or steep_right:
        return finding("nonfinite", False, value, math.inf, "the slope of the function is infinite here")
    gap, clear = abs(right - left), left_error + right_error
    bent = gap > 1e-4 * max(abs(left), abs(right)) and gap > tolerance.of(left, right)
    between = min(left, right) - tolerance.of(a, left) <= a <= max(left, right) + tolerance.of(a, right)
    if bent and gap > 8 * clear:
        return finding("kink", between, value, gap, _lies(between), (left, right))
    if not math.isfinite(error):
        return finding("nonfinite", False, value, math.inf, "the function is not finite near this point")
    found = compare(value, error)
    if found.verdict == "wrong" and bent and gap > clear and between:  # a kink so near that noise hides on which side
        return finding("kink", True, value, gap, _lies(True), (left, right))
    return found


def _lies(between: bool) -> str:
    words = "{} between the two slopes".format("lies" if between else "does not lie")
    return f"the derivative by the rules {words}{', as it should' if between else ''}"


def _about_rounding(ok: bool, zero: bool, lost: bool, note: str) -> str:
    if zero:
        text = "both numbers are zero within the rounding of the function"
    elif ok:
        text = "rounding errors hide whether the last digits are right"
    else:
        what = "value of the function, a small difference of large numbers" if lost else "derivative"
        text = (
            f"rounding errors are as large as the {what}: no verdict is possible. Check it at values of moderate size, "
            "or without the large constant that hides them"
        )
    return f"{note}; {text}" if note else text
