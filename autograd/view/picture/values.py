"""Numbers and arrays as short, stable text: the same on every machine, with an ASCII minus."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL

WHOLE = 9  # arrays of at most this many entries are written out, larger ones summed up
_BARS = "▁▂▃▄▅▆▇█"


def number(value: Any, digits: int = 6) -> str:
    """A number with a limited number of significant digits."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, complex):
        real, imaginary = number(value.real, digits), number(value.imag, digits)
        return f"{real}{'' if imaginary.startswith('-') else '+'}{imaginary}j"
    if isinstance(value, float):
        return "0" if value == 0 else f"{value:.{digits}g}"
    return number(float(value), digits) if isinstance(value, np.longdouble) else str(value)


def exact(value: Any) -> str:
    """A number, or each entry of a small array, with every digit it has."""
    array = np.asarray(value)
    return str(array.tolist()) if array.size <= WHOLE else ", ".join(summary(array, 8))


def value_lines(value: Any, width: int = 40) -> tuple[str, ...]:
    """A value in a few short lines: in full if it is small, otherwise mean, spread and range."""
    array = np.asarray(value)
    if array.size > WHOLE:
        return summary(array)
    if array.size == 0:
        return ("empty",)
    text = _nested(array, 6 if array.size <= 4 else 4)
    if len(text) <= width:
        return (text,)
    lines: list[str] = []
    rows = text.replace("], [", "],\n[").split("\n") if array.shape[-1] > 1 else [text]  # single numbers fill lines
    for n, row in enumerate(rows):
        line = " " * (array.ndim - _opened(row)) if n else ""
        for word in row.split(", "):
            if line.strip() and len(line) + len(word) + 2 > width:
                lines.append(line + ",")
                line = " " * (array.ndim - _opened(word)) + word
            else:
                line += f", {word}" if line.strip() else word
        lines.append(line)
    return tuple(lines)


def _opened(text: str) -> int:
    """The number of brackets that a text begins with."""
    return len(text) - len(text.lstrip("["))


def _nested(array: np.ndarray[Any, Any], digits: int) -> str:
    """A small array as nested lists (of as many levels as it has axes)."""
    if array.ndim == 0:
        return number(array[()], digits)
    return "[" + ", ".join(_nested(part, digits) for part in array) + "]"


def summary(array: np.ndarray[Any, Any], digits: int = 4) -> tuple[str, ...]:
    """Mean, spread and range of the finite entries, and how many are not finite."""
    if array.dtype == bool:
        return (f"{int(array.sum())} of {array.size} True",)
    if array.dtype.kind not in "iuf":
        return (f"{array.size} entries",)
    good = array if array.dtype.kind in "iu" else array[np.isfinite(array)]
    lines: list[str] = []
    if good.size:
        low, high = good.min(), good.max()
        if low == high:
            lines.append(f"all {number(low, digits)}")
        else:
            mean, spread = _moments(good)
            lines.append(f"mean {number(mean, digits)}, sd {number(spread, digits)}")
            lines.append(f"{number(low, digits)} to {number(high, digits)}")
    if good.size < array.size:
        nans = int(np.isnan(array).sum())
        infinities = array.size - good.size - nans
        parts = [f"{count} {word}" for count, word in ((nans, "nan"), (infinities, "inf")) if count]
        lines.append(f"{' and '.join(parts)} of {array.size}")
    return tuple(lines)


def _moments(good: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Mean and standard deviation; dividing by the largest entry first keeps huge numbers from overflowing."""
    scale = float(np.abs(good.astype(float)).max()) or 1.0
    scaled = good / scale
    mean = float(scaled.mean(dtype=float))
    if good.dtype.kind == "f" and abs(mean) < 40 * np.finfo(good.dtype).eps:  # what rounding leaves of zero
        mean = 0.0
    return mean * scale, float(scaled.std(dtype=float)) * scale


def histogram(value: Any, bins: int = 10) -> str:
    """The distribution of the finite entries of a larger array, from lowest to highest, as a row of bars."""
    array = np.asarray(value)
    if array.size <= WHOLE or array.dtype.kind not in "iuf":
        return ""
    good = array[np.isfinite(array)].astype(float)
    if not good.size or good.min() == good.max():
        return ""
    scaled = good / np.abs(good).max()
    counts, _ = np.histogram(scaled, bins)
    highest = counts.max()
    return "".join(_BARS[math.ceil(8 * int(n) / int(highest)) - 1] if n else " " for n in counts)


def finite(value: Any) -> bool:
    """Whether a value has neither nan nor infinity in it."""
    if value.__class__ is np.float64:
        return math.isfinite(value)
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def all_finite(values: Iterable[Any]) -> bool:
    """Whether there is neither nan nor infinity in any of many values; None is no value."""
    given = [x for x in values if x is not None]
    small = [x.ravel() for x in given if x.size <= SMALL]
    return all(finite(x) for x in given if x.size > SMALL) and (not small or finite(np.concatenate(small)))


def size_of(value: Any) -> float:
    """The size of a gradient: the root of its mean square (0 if empty or not finite)."""
    array = np.abs(np.abs(np.asarray(value)).astype(float)).ravel()  # twice, for the least integer is its own abs
    if not array.size or not np.isfinite(array).all():
        return 0.0
    largest = float(array.max())
    return largest * math.sqrt(float(np.mean((array / largest) ** 2))) if largest else 0.0


def brief(value: Any) -> str:
    """A value in one short line: in full if it is small, otherwise its shape and the size of its entries."""
    if value is None:
        return "?"
    if isinstance(value, tuple):
        return f"({', '.join(map(brief, value))})"
    array = np.asarray(value)
    if array.size <= WHOLE:
        return _nested(array, 6 if array.size <= 4 else 4) if array.size else "empty"
    if not finite(array):
        return f"{tuple(array.shape)} array, {summary(array)[-1]}"
    return f"{tuple(array.shape)} array, rms {number(size_of(array), 4)}"


def carried(text: str) -> str:
    """A text in which control characters and lone surrogates, which not every format can carry, become a mark."""
    return "".join("\ufffd" if (c < " " and c not in "\n\t") or "\ud800" <= c <= "\udfff" else c for c in text)
