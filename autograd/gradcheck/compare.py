"""Compares the derivatives that rules give for a `Problem` with finite differences, in a row per output and input."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.gradcheck.differences import HIGHEST, STEP, Curve, Slopes, quick, sweep
from autograd.gradcheck.plan import Column, Limits, Weights, columns_of, direction, entry, weights_of
from autograd.gradcheck.problem import Array, Problem, RuleFailure
from autograd.gradcheck.report import SEVERITY, Row
from autograd.gradcheck.verdicts import Finding, Tolerance, judge
from autograd.progress import expect, over

RTOL = 1e-6
_DEFAULT_LIMITS = Limits()
_ALL = slice(None)
_KINK = 1e-3  # one-sided slopes that differ by this fraction deserve a second look
_NINE_DIGITS = 1e-9  # noise that leaves this much of the function is not worth a word
_NOISE = 64.0  # the floor of the tolerance in units of eps * size / step
_ZERO = 512.0  # a derivative up to so many times the rounding of the function is zero beside it
_MOST_WRONG = 3  # so many sweeps that end with "wrong" are proof enough for one input and output
_FINEST_HINT = 2.0**-12
_CLEAR = 1e-3  # noise up to this fraction of a derivative leaves enough of it to see
_FARTHEST = 0.5  # the first step of a sweep where rounding hides more than that
_NO_PATH = "no path of the graph leads back to this input, although the output depends on it"
_LEFT = f"{_NO_PATH}: the value left the graph on the way"
_ABOUT_NOTHING = {
    True: "both numbers are zero within the rounding of the function",
    False: "all derivatives are too small to be seen beside the size of the function: check it without the constant",
}


class _Worst(NamedTuple):
    """The finding that represents a row of the report, and where it was made."""

    finding: Finding
    column: Column
    row: int


class Suspect(NamedTuple):
    """A failed number: its output, seed and direction (None: the backward pass itself failed), and both derivatives."""

    output: int
    seed: Array
    column: Column | None = None
    analytic: float = 0.0
    numeric: float = 0.0


class Comparison:
    """The comparison for one problem, whose values must be finite; `rows` is the result, a row per output and input."""

    def __init__(
        self, problem: Problem, order: int = 1, rtol: float | None = None, atol: float | None = None, *,
        limits: Limits = _DEFAULT_LIMITS, weights: list[Weights] | None = None,
    ) -> None:  # fmt: skip
        self.problem = problem
        self.order = order
        self.rtol: float = RTOL if rtol is None else rtol
        self.atol = atol
        self.start: list[Array] = [variable.value for variable in problem.inputs]
        self.step: float = max(STEP, problem.eps**0.2)  # larger where the values went through a less precise dtype
        self.failures: dict[int, str] = {}  # outputs whose backward pass broke down
        self.suspects: dict[int, Suspect] = {}  # what failed, by the place of its row in `rows`
        self._noise: dict[int, float] = {}
        with np.errstate(all="ignore"):
            self.columns: list[list[Column]] = columns_of(problem.inputs, limits)
            self.weights: list[Weights] = weights_of(problem.outputs, limits) if weights is None else weights
            counts = [len(weights) for weights in self.weights]
            self.output_of: NDArray[np.intp] = np.repeat(np.arange(len(counts)), counts)  # by row
            self.slices: list[slice] = [slice(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *counts]))]
            expect(len(self.output_of) + sum(map(len, self.columns)))
            self.base: Array = self.project([variable.value for variable in problem.outputs])
            self.connected, self.analytic = self.differentiate()
            self.sizes: Array = self.size_of_rows()
        largest = [float(np.max(self.sizes[where], initial=0.0)) for where in self.slices]
        self.magnitudes: list[float] = [max(pair) for pair in zip(largest, problem.magnitudes, strict=True)]
        self.magnitudes_of_rows: Array = np.repeat(self.magnitudes, counts)
        # An analytic value below this is a zero that was added up in another order, such as the gradient of a bias
        # before a batch norm; its differences are noise.
        self.zero: Array = _NOISE * problem.eps * self.magnitudes_of_rows

    def project(self, values: Sequence[Array]) -> Array:
        """All rows of the outputs. An output whose shape depends on the input is not a number at other inputs."""
        pairs = zip(self.weights, values, strict=True)
        parts = [w.rows(x) if x.shape == w.shape else np.full(len(w), np.nan) for w, x in pairs]
        return np.concatenate([np.empty(0), *parts])

    def differentiate(self) -> tuple[NDArray[np.bool_], list[Array]]:
        """Which outputs are connected to which inputs, and for each input the (rows, directions) of derivatives."""
        connected = np.zeros((len(self.weights), len(self.start)), bool)
        analytic = [np.zeros((len(self.base), len(columns))) for columns in self.columns]
        for output, (weights, where) in enumerate(zip(self.weights, self.slices, strict=True)):
            for row in over(range(len(weights))):
                try:
                    gradients = self.problem.pullback(output, weights.seed(row))
                except RuleFailure as failure:
                    self.failures[output] = str(failure)
                    break
                for number, gradient in enumerate(gradients):
                    if gradient is not None:
                        connected[output, number] = True
                        analytic[number][where.start + row] = [c.along(gradient) for c in self.columns[number]]
        return connected, analytic

    def size_of_rows(self) -> Array:
        """The natural size of the derivatives of each row: that of the function, or of its largest derivative."""
        values = [w.sizes(v.value) for w, v in zip(self.weights, self.problem.outputs, strict=True)]
        sizes = np.concatenate([np.empty(0), *values])
        for derivatives in self.analytic:
            largest = np.max(np.abs(derivatives), axis=1, initial=0.0)
            sizes = np.maximum(sizes, np.where(np.isfinite(largest), largest, 0.0))
        return sizes

    def seed(self, row: int) -> tuple[int, Array]:
        """The output to which a row belongs, and the gradient of the row with respect to it."""
        output = int(self.output_of[row])
        return output, self.weights[output].seed(row - self.slices[output].start)

    def curve(self, column: Column) -> Curve:
        """The rows along one direction."""

        def at(t: float) -> Array:
            arrays = list(self.start)
            arrays[column.input] = column.move(arrays[column.input], t)
            return self.project(self.problem.values([array.copy() for array in arrays]))

        return at

    def tolerance(self, row: int, column: Column) -> Tolerance:
        """How far the two derivatives of a row may differ along a direction."""
        slack = _NINE_DIGITS * float(self.magnitudes_of_rows[row]) if self.atol is None else 0.0
        floor = float(self.floors(column, self.step)[row])
        noise = self._noise.get(row, 0.0)
        lost = noise > 0 and abs(float(self.base[row])) <= noise
        return Tolerance(self.rtol, floor, slack, _ZERO * noise, lost=lost)

    def noise(self, row: int) -> float:
        """How far rounding can move a row, by the graph."""
        if row not in self._noise:
            self._noise[row] = self.problem.noise(*self.seed(row))
        return self._noise[row]

    def floors(self, column: Column, step: float) -> Array:
        """For each row, the difference that is allowed whatever the size of the derivative."""
        if self.atol is not None:
            return np.full(len(self.base), self.atol * column.norm)
        return _NOISE * self.problem.eps * self.sizes / step

    def are_zero(self, analytic: Array, numeric: Array, step: float, where: slice = _ALL) -> NDArray[np.bool_]:
        """Which pairs are zero within the rounding errors of the function and of its rules."""
        zero = self.zero[where].reshape(-1, *[1] * (analytic.ndim - 1))
        return (np.abs(analytic) <= zero) & (np.abs(numeric) <= zero / step)

    def rows(self) -> list[Row]:
        """Compare everything, and note failures in ``suspects``."""
        rows: list[Row] = []
        for number in range(len(self.start)):
            numeric, findings = self.look(number)
            for output in range(len(self.weights)):
                row, suspect = self.row(output, number, numeric, findings)
                if suspect is not None:
                    self.suspects[len(rows)] = suspect
                rows.append(row)
        return rows

    def look(self, number: int) -> tuple[Array, dict[tuple[int, int], Finding]]:
        """Numerical derivatives for all directions of one input, and findings where the first look left a doubt."""
        columns = self.columns[number]
        numeric = np.zeros((len(self.base), len(columns)))
        doubts: list[tuple[float, int]] = []
        with np.errstate(all="ignore"):
            for c, column in enumerate(over(columns)):
                numeric[:, c], doubt = self.first_look(column, self.analytic[number][:, c], self.step)
                if len(doubt) and doubt.max() > 1:
                    doubts.append((float(doubt.max()), c))
            return numeric, self.second_look(number, numeric, sorted(doubts, reverse=True))

    def first_look(self, column: Column, analytic: Array, step: float) -> tuple[Array, Array]:
        """The derivative of each row, with a doubt above 1 where it differs from the rules or has a kink."""
        found = quick(self.curve(column), self.base, step)
        floor = self.floors(column, step)
        largest = np.maximum(np.abs(analytic), np.abs(found.value))
        allowed = floor + self.rtol * largest
        bend = np.maximum(_KINK * largest, 8 * np.maximum(floor, _NOISE * self.problem.eps * self.sizes / step))
        doubt = np.maximum(_ratio(np.abs(analytic - found.value), allowed), _ratio(np.abs(found.gap), bend))
        doubt = np.where(np.isfinite(doubt), doubt, np.inf)
        zero = self.are_zero(analytic, found.value, step) & (np.abs(found.gap) <= 8 * self.zero / step)
        return found.value, np.where(zero, 0.0, doubt)

    def second_look(
        self, number: int, numeric: Array, doubts: list[tuple[float, int]]
    ) -> dict[tuple[int, int], Finding]:
        """Sweeps, worst doubt first, until all doubts are settled or each output that has some is known to fail."""
        findings: dict[tuple[int, int], Finding] = {}
        wrong = np.zeros(len(self.weights), int)
        hint: float | None = None  # a step that served an entry before may serve the next
        expect(len(doubts))
        for _, c in over(doubts):
            column, analytic = self.columns[number][c], self.analytic[number][:, c]
            if hint is not None and hint > _FINEST_HINT * self.step:
                value, doubt = self.first_look(column, analytic, hint)
                if doubt.max() <= 1:
                    numeric[:, c] = value
                    continue
            _, doubt = self.first_look(column, analytic, self.step)
            rows = np.flatnonzero(doubt > 1)
            if np.all(wrong[self.output_of[rows]] >= _MOST_WRONG):
                continue
            found = self.sweep(column, analytic, rows)
            for row, (finding, step) in found.items():
                findings[row, c] = finding
                if finding.verdict == "right":
                    numeric[row, c] = finding.numeric
                    hint = step
            failing = {int(self.output_of[row]) for row, (finding, _) in found.items() if finding.verdict == "wrong"}
            wrong[list(failing)] += 1
        return findings

    def sweep(self, column: Column, analytic: Array, rows: Any, bare: bool = False) -> dict[int, tuple[Finding, float]]:
        """Judge some rows of one direction, each at its best step; ``bare``: without tolerance for small numbers."""
        floor = np.zeros(len(self.base))
        for row in map(int, rows):
            floor[row] = self.noise(row)
        claimed, hidden = np.abs(analytic[rows]), 4 * floor[rows] / HIGHEST > _CLEAR * np.abs(analytic[rows])
        highest = _FARTHEST if np.any(hidden) else HIGHEST  # farther, where rounding hides what the usual steps show

        def look(fine: float) -> Slopes:
            return sweep(self.curve(column), self.base, self.problem.eps, column.reach, fine, floor, highest)

        slopes = look(column.fine)
        # Where the rules claim more than even the finest step shows, the curve may have a finer scale of its own.
        with np.errstate(all="ignore"):
            scale = slopes.seen[rows] / claimed
        finer = scale[np.isfinite(claimed) & (scale > 0) & (8 * scale < slopes.finest)]
        if len(finer):
            slopes = look(float(np.min(finer)))
        found = {}
        for row in map(int, rows):
            tolerance = self.tolerance(row, column)
            if bare:
                tolerance = tolerance._replace(floor=0.0, slack=0.0)
            size = float(self.magnitudes_of_rows[row])
            finding = judge(float(analytic[row]), slopes, row, tolerance, size)
            if finding.verdict == "wrong":  # unless it is the rules that are off by their rounding
                along = column.move(np.zeros(self.start[column.input].shape), 1.0)
                blur = self.problem.noise_of_gradient(*self.seed(row), column.input, along)
                finding = judge(float(analytic[row]), slopes, row, tolerance._replace(blur=blur), size)
            if finding.verdict == "kink" and self.order > 1:
                finding = finding._replace(ok=True, note="there is no derivative of this order here")
            found[row] = finding, float(slopes.step[row])
        return found

    def row(
        self, output: int, number: int, numeric: Array, findings: dict[tuple[int, int], Finding]
    ) -> tuple[Row, Suspect | None]:
        """The row of one output and one input, and the suspect number if it fails."""
        variable, weights, where = self.problem.inputs[number], self.weights[output], self.slices[output]
        name, shape = self.problem.outputs[output].name, variable.value.shape
        of_input = _coverage(len(self.columns[number]), "directions", variable.value.size)
        of_output = _coverage(len(weights), "combinations", int(np.prod(weights.shape)))
        row = Row(self.order, name, variable.name, shape, "right", True, coverage=of_input, output_coverage=of_output)
        columns, analytic = self.columns[number], self.analytic[number][where]
        if output in self.failures:
            broken = Suspect(output, self.weights[output].seed(0))
            return replace(row, verdict="wrong", ok=False, note=self.failures[output]), broken
        if not analytic.size:
            return replace(row, note="there is no entry to check"), None
        own = {key: finding for key, finding in findings.items() if where.start <= key[0] < where.stop}
        detached = not self.connected[output, number]
        if detached and not np.any(numeric[where]) and not own:
            return replace(row, verdict="independent", analytic=0.0, numeric=0.0, relative_error=0.0), None
        worst = _worst(own, columns) if own else self.nearest(where, number, numeric[where])
        if worst.finding.verdict in ("wrong", "nonfinite") and worst.column.index is None:
            worst = self.search(worst)
        suspect: Suspect | None = None
        if worst.finding.verdict in ("wrong", "nonfinite", "kink") and not worst.finding.ok:
            suspect = Suspect(*self.seed(worst.row), worst.column, worst.finding.analytic, worst.finding.numeric)
        return self.filled(row, output, worst, detached), suspect

    def nearest(self, where: slice, number: int, numeric: Array) -> _Worst:
        """The largest error of numbers that all agree; or a note that none of them can be seen."""
        columns, analytic = self.columns[number], self.analytic[number][where]
        floors = np.stack([self.floors(column, self.step)[where] for column in columns], axis=1)
        largest = np.maximum(np.abs(analytic), np.abs(numeric))
        zero = self.are_zero(analytic, numeric, self.step, where)
        excess = np.where(zero, 0.0, _ratio(np.abs(analytic - numeric), floors + self.rtol * largest))
        row, c = map(int, np.unravel_index(int(np.argmax(excess)), excess.shape))
        a, d = float(analytic[row, c]), float(numeric[row, c])
        finding = Finding("right", True, a, d, 0.0, self.tolerance(where.start + row, columns[c]).of(a, d))
        all_zero = bool(np.all(zero))
        if np.any(analytic) and (all_zero or (self.atol is None and np.all(largest <= floors))):
            noise = float(floors[row, c])
            finding = finding._replace(verdict="rounding", ok=all_zero, noise=noise, note=_ABOUT_NOTHING[all_zero])
            if not all_zero:
                return self.largest(where, number) or _Worst(finding, columns[c], where.start + row)
        return _Worst(finding, columns[c], where.start + row)

    def largest(self, where: slice, number: int) -> _Worst | None:
        """The largest of the numbers that usual steps cannot see; None if no other step can see them either."""
        analytic = np.abs(self.analytic[number][where])
        row, c = map(int, np.unravel_index(int(np.argmax(analytic)), analytic.shape))
        row, column = where.start + row, self.columns[number][c]
        finding, _ = self.sweep(column, self.analytic[number][:, c], [row], bare=True)[row]
        zero = abs(finding.analytic) <= self.tolerance(row, column).zero
        return _Worst(finding, column, row) if finding.verdict == "wrong" or (finding.ok and zero) else None

    def filled(self, row: Row, output: int, worst: _Worst, detached: bool) -> Row:
        """A row with the numbers of its worst finding, in the user's units."""
        finding, column = worst.finding, worst.column
        unit = float(column.weights) if column.index is not None else 1.0
        largest = max(abs(finding.analytic), abs(finding.numeric))
        difference = abs(finding.analytic - finding.numeric)
        note = finding.note
        if finding.verdict == "wrong":
            lost = "" if not detached else _LEFT if self.order == 1 else _NO_PATH
            note = "; ".join(filter(None, [_about_wrong(finding, unit, lost), note]))
        index = None if column.index is None else tuple(map(int, np.unravel_index(column.index, row.shape)))
        return replace(
            row,
            verdict=finding.verdict,
            ok=finding.ok,
            index=index,
            output_index=self.weights[output].index(worst.row - self.slices[output].start),
            analytic=finding.analytic / unit,
            numeric=finding.numeric / unit,
            relative_error=difference / largest if largest else 0.0,
            tolerance=finding.tolerance / largest if largest else self.rtol,
            noise=finding.noise / unit,
            slopes=None if finding.slopes is None else (finding.slopes[0] / unit, finding.slopes[1] / unit),
            note=note,
        )

    def search(self, worst: _Worst) -> _Worst:
        """The entry behind a failure along a random direction, by halving the set of suspects.

        The half whose own direction differs more is kept. When no single entry fails (many small errors), the
        direction itself remains the answer.
        """
        number, row = worst.column.input, worst.row
        gradient = self.problem.pullback(*self.seed(row))[number]
        value = self.start[number]
        gradient = np.zeros(value.shape) if gradient is None else gradient
        random = np.random.default_rng(2)
        broken = np.flatnonzero(~np.isfinite(gradient))
        suspects = np.arange(value.size) if not len(broken) else broken[:1]
        with np.errstate(all="ignore"):
            while len(suspects) > 1:
                halves = np.array_split(suspects, 2)
                errors = []
                for half in halves:
                    among = np.zeros(value.size, bool)
                    among[half] = True
                    column = direction(number, value, random, among.reshape(value.shape))
                    numeric = quick(self.curve(column), self.base, self.step).value[row]
                    errors.append(abs(numeric - column.along(gradient)))
                suspects = halves[int(np.nanargmax(errors))] if not np.all(np.isnan(errors)) else halves[0]
            column = entry(number, value, int(suspects[0]))
            analytic = np.zeros(len(self.base))
            analytic[row] = column.along(gradient)
            finding, _ = self.sweep(column, analytic, [row])[row]
        return worst if finding.ok else _Worst(finding, column, row)


def _coverage(count: int, what: str, size: int) -> str:
    return "every entry" if count == size else f"{count} random {what} of {size:,} entries"


def _ratio(a: Array, b: Array) -> Array:
    """a / b, where 0 / 0 is 0."""
    with np.errstate(all="ignore"):
        return np.where(a == 0, 0.0, a / b)


def _worst(findings: dict[tuple[int, int], Finding], columns: list[Column]) -> _Worst:
    (row, c), finding = min(findings.items(), key=lambda f: (f[1].ok, SEVERITY[f[1].verdict], -f[1].excess))
    return _Worst(finding, columns[c], row)


def _about_wrong(finding: Finding, unit: float, lost: str) -> str:
    """A wrong number in words, with the slip that it looks like."""
    a, d = finding.analytic / unit, finding.numeric / unit
    text = f"the rules give {a:.8g}, finite differences {d:.8g} (+- {finding.noise / abs(unit):.1g})"
    if lost:
        return f"{text}; {lost}"
    if a == 0.0:
        return f"{text}: the gradient is missing"
    ratio = a / d if d else np.inf
    for factor, words in ((-1.0, "the sign is wrong"), (2.0, "twice too large"), (0.5, "half of what it should be")):
        if abs(ratio - factor) < 1e-5:
            return f"{text}: {words}"
    for multiple, words in ((ratio, "{} times what it should be"), (1.0 / ratio, "1/{} of what it should be")):
        n = round(min(multiple, 1e6))
        if 2 < n < 1e6 and abs(multiple - n) < 1e-5 * n:
            words = words.format(n)
            return f"{text}: {words}, as when a mean over {n} numbers is taken {'for a sum' if ratio > 1 else 'twice'}"
    return text
