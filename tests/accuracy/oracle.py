"""The true values: functions and their derivatives of any order to some 60 digits, by differences in high precision.

A definition is written once, for mpmath's numbers. Its derivatives are central differences with a step so small, in a
precision so high, that both the step and the rounding vanish; nothing is believed before two precisions agree. At
infinities and poles the value is that of a point so far out (or so near) that only the limit is left.
"""

from __future__ import annotations

from functools import cache

import mpmath
from mpmath import mp, mpf

__all__ = ["NoDerivative", "Oracle"]

# The step is so many halvings of the scale of a point, the precision four times as many bits and what numbers of
# different sizes take. Two steps have to agree; the later pairs are for terms far smaller than the value that they are
# differences of.
HALVINGS = ((100, 110), (250, 260), (600, 610), (2000, 2010))
AGREEMENT = mpf(2) ** -110
NOTHING, EVERYTHING = mpf(10) ** -400, mpf(10) ** 400  # far outside of float64: 0 and infinity
FAR = (mpf(2) ** 8000, mpf(2) ** 12001)  # what stands for infinity, twice, to see whether there is a limit


class NoDerivative(ArithmeticError):
    """There is no such number: the differences do not settle, or the definition has no real value there."""


class Oracle:
    """The values of a definition: ``exact`` takes numbers of mpmath and returns one.

    >>> from mpmath import sin
    >>> oracle = Oracle(sin)
    >>> float(oracle((1.0,))), float(oracle((1.0,), 0)), float(oracle((1.0,), 0, 0))
    (0.8414709848078965, 0.5403023058681398, -0.8414709848078965)
    """

    def __init__(self, exact):
        self.exact = exact
        self.known = cache(self._entry)

    def __call__(self, point, *entry):
        """The derivative of the definition at a point by the operands whose numbers are in ``entry``."""
        return self.known(tuple(map(_plain, point)), tuple(sorted(entry)))

    def _entry(self, point, entry):
        ends = [i for i, x in enumerate(point) if mpmath.isinf(x.value)]
        if not ends:
            try:
                return _settled(self._at([x.value for x in point], entry))
            except (NoDerivative, ZeroDivisionError, ValueError):
                zeros = [i for i, x in enumerate(point) if x.value == 0]
                if not zeros or (not entry and self._has_value(point)):
                    raise
                ends = zeros
        try:
            return self._limit(point, entry, ends)
        except (NoDerivative, ValueError):
            if not any(point[i].value == 0 and point[i].sign < 0 for i in ends):
                raise
            return self._limit(tuple(map(_plain, map(_unsigned, point))), entry, ends)  # -0 as 0: sqrt, log

    def _has_value(self, point):
        try:
            return mpmath.isfinite(self._real([x.value for x in point]))
        except (NoDerivative, ZeroDivisionError, ValueError):
            return False

    def _limit(self, point, entry, ends):
        """The common value at two points far out (or near zero)."""
        found = []
        for far, order in zip(FAR, (ends, ends[::-1]), strict=True):
            moved = [x.value for x in point]
            for k, i in enumerate(order):  # of very different sizes, so that no limit hangs on their ratio
                size = far * mpf(2) ** (3000 * k)
                moved[i] = point[i].sign * (1 / size if point[i].value == 0 else size)
            found.append(_settled(self._at(moved, entry, _settled)))
        if not _agree(*found):
            raise NoDerivative(f"no limit at {point} for {entry}: {found}")
        return found[0]

    def _at(self, point, entry, rounded=mpf):
        for halvings in HALVINGS:
            (coarse, _), (fine, noise) = (self._difference(point, entry, n) for n in halvings)
            settled = noise <= AGREEMENT * abs(fine) or noise < NOTHING
            if settled and _agree(rounded(coarse), rounded(fine)):
                return fine
        raise NoDerivative(f"the differences {entry} at {point} do not settle: {coarse}, {fine}")

    def _difference(self, point, entry, halvings):
        """A difference, and how much of it may be rounding."""
        scales = [_scale(x) for x in point]
        smallest = min((_exponent(scales[i]) for i in entry), default=0)
        spread = max(0, max(map(_exponent, point)) - smallest) if entry else 0
        bits = 4 * halvings + spread + sum(max(0, -_exponent(scales[i])) for i in entry)
        with mp.workprec(bits):
            steps = [s * mpf(2) ** -halvings for s in scales]
            value = cache(lambda *moves: self._real([x + m * h for x, m, h in zip(point, moves, steps, strict=True)]))

            def difference(moves, rest):
                if not rest:
                    return value(*moves), abs(value(*moves)) * mpf(2) ** (10 - bits)
                i, *rest = rest
                up, down = list(moves), list(moves)
                up[i] += 1
                down[i] -= 1
                (a, noise), (b, more) = difference(up, rest), difference(down, rest)
                return (a - b) / (2 * steps[i]), (noise + more) / (2 * steps[i])

            return difference([0] * len(point), entry)

    def _real(self, point):
        value = mpmath.mpmathify(self.exact(*point))
        if isinstance(value, mpmath.mpc):
            if value.imag != 0:
                raise NoDerivative(f"the definition is not real at {point}")
            value = value.real
        if mpmath.isnan(value):
            raise NoDerivative(f"the definition has no value at {point}")
        return value


class _plain:
    """A number as a key: zeros of both signs are different."""

    def __init__(self, x):
        self.value = x if isinstance(x, mpf) else mpf(x)
        negative = x < 0 or (x == 0 and str(x).startswith("-"))
        self.sign = -1 if negative else 1
        self.key = (self.value, self.sign)

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return self.key == other.key

    def __repr__(self):
        return mpmath.nstr(self.value, 17) if self.value else "-0" if self.sign < 0 else "0"


def _unsigned(x):
    return x.value


def _scale(x):
    """How near the next special point may be: poles and kinks at 0, and functions that change within 1."""
    size = abs(x)
    return mpf(1) if size == 0 else size if size < 1 or size >= FAR[0] else mpf(1)


def _exponent(x):
    return int(mpmath.frexp(x)[1])


def _settled(x):
    return mpf(0) if abs(x) < NOTHING else mpmath.sign(x) * mp.inf if abs(x) > EVERYTHING else x


def _agree(a, b):
    small = abs(a) < NOTHING and abs(b) < NOTHING
    return a == b or small or (not mpmath.isinf(a) and not mpmath.isinf(b) and abs(a - b) <= AGREEMENT * abs(b))
