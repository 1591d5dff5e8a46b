"""The known ways to a number that is not finite, and how to write each of them so that it stays finite.

Pure words and numbers: an op's name and its values at one entry go in, a diagnosis and a rewrite come out. In the
rewrites ``x`` and ``y`` are the operands of the op, as messages list them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Finding", "in_backward", "in_forward"]


class Finding(NamedTuple):
    """What happened, and what to write instead."""

    what: str
    rewrite: str


_X = re.compile(r"\bx\b")


def guarded(call: str, condition: str, safe: str) -> str:
    """The double ``where``: the argument is replaced before the function sees it, and the result after."""
    argument = f"np.where({condition}, x, {safe})"
    return f"np.where({condition}, {_X.sub(argument, call)}, 0.0)"


_GENERAL = Finding("", "")
_BOTH = (
    "an np.where around the result comes too late, because the branch that is not taken is computed, too, and its "
    "gradient is 0 * inf = nan"
)


def _log(name: str) -> Callable[..., Finding | None]:
    def find(x: float, *, maker: str) -> Finding | None:
        if x > 0:
            return None
        rewrite = f"{guarded(f'np.{name}(x)', 'x > 0', '1.0')}, where x may be 0 ({_BOTH})"
        if x == 0 and maker in ("softmax", "sigmoid"):
            better = "log_softmax(z)" if maker == "softmax" else "-np.logaddexp(0.0, -z)"
            rewrite = f"{better} of the z that {maker} was given: it is the same number, computed without the detour"
        elif x == 0:
            rewrite += f", or np.{name}(x + 1e-12) for a probability"
        return Finding(f"{name} of {'0' if x == 0 else 'a negative number'}", rewrite)

    return find


def _divide(x: float, y: float, **_: str) -> Finding | None:
    rewrite = f"np.where(y != 0, x / np.where(y != 0, y, 1.0), 0.0), or x / (y + 1e-12) for a y >= 0 ({_BOTH})"
    if y == 0:
        return Finding("0/0" if x == 0 else "division by 0", rewrite)
    if math.isinf(x) and math.isinf(y):
        return Finding("inf/inf", "a quotient of numbers that were scaled down first (for exponentials: softmax)")
    return None


def _reciprocal(x: float, **_: str) -> Finding | None:
    return Finding("division by 0", guarded("1.0 / x", "x != 0", "1.0")) if x == 0 else None


def _sqrt(x: float, **_: str) -> Finding | None:
    if x >= 0:
        return None
    return Finding(
        "sqrt of a negative number", f"np.sqrt(np.maximum(x, 0.0)), or {guarded('np.sqrt(x)', 'x > 0', '1.0')}"
    )


def _power(x: float, y: float, **_: str) -> Finding | None:
    if x == 0 and y < 0:
        return Finding("0 to a negative power, which is a division by 0", guarded("x ** y", "x != 0", "1.0"))
    if x < 0 and y != math.floor(y):
        return Finding(
            "a negative number to a power that is no integer", "np.abs(x) ** y, or np.sign(x) * np.abs(x) ** y"
        )
    return None


_OVERFLOW = {
    "exp": "the largest entry subtracted first: np.exp(x - np.max(x)). What exp mostly stands in has functions that do "
    "not overflow: softmax, logsumexp, np.logaddexp(0.0, x) for log(1 + exp(x)), sigmoid for 1 / (1 + exp(-x))",
}
_OVERFLOW |= dict.fromkeys(("exp2", "expm1"), _OVERFLOW["exp"])
_OVERFLOW |= dict.fromkeys(
    ("sinh", "cosh"), "np.clip(x, -700.0, 700.0) in place of x, where larger arguments mean nothing"
)
_OVERFLOW |= dict.fromkeys(
    ("power", "square", "prod", "cumprod"), "the logarithm of the product, or numbers that were scaled down first"
)


def _domain(name: str, inside: Callable[[float], bool], text: str, rewrite: str) -> Callable[..., Finding | None]:
    def find(x: float, **_: str) -> Finding | None:
        return None if inside(x) else Finding(f"{name} outside of {text}", rewrite)

    return find


def _cancelled(x: float, y: float, **_: str) -> Finding | None:
    if math.isinf(x) and math.isinf(y):
        rewrite = (
            "a large finite number in place of inf (-1e9 masks as well as -inf), or np.where before the difference"
        )
        return Finding("inf - inf", rewrite)
    return None


def _times_zero(x: float, y: float, **_: str) -> Finding | None:
    if 0.0 in (x, y) and (math.isinf(x) or math.isinf(y)):
        return Finding("0 * inf", "np.where(mask, x, 0.0) to leave entries out: a product with a mask keeps inf as nan")
    return None


def _modulo(x: float, y: float, **_: str) -> Finding | None:
    return Finding("the remainder of a division by 0", "np.where(y != 0, y, 1.0) in place of y") if y == 0 else None


_FORWARD: dict[str, Callable[..., Finding | None]] = {
    **{name: _log(name) for name in ("log", "log2", "log10")},
    "log1p": _domain("log1p", lambda x: x > -1, "x > -1", "np.log1p(np.maximum(x, -1.0 + 1e-12))"),
    "divide": _divide,
    "reciprocal": _reciprocal,
    "sqrt": _sqrt,
    "power": _power,
    "add": _cancelled,
    "subtract": _cancelled,
    "multiply": _times_zero,
    "remainder": _modulo,
    "fmod": _modulo,
    "arcsin": _domain("arcsin", lambda x: abs(x) <= 1, "[-1, 1]", "np.arcsin(np.clip(x, -1.0, 1.0))"),
    "arccos": _domain("arccos", lambda x: abs(x) <= 1, "[-1, 1]", "np.arccos(np.clip(x, -1.0, 1.0))"),
    "arccosh": _domain("arccosh", lambda x: x >= 1, "x >= 1", "np.arccosh(np.maximum(x, 1.0))"),
    "arctanh": _domain("arctanh", lambda x: abs(x) < 1, "(-1, 1)", "np.arctanh(np.clip(x, -1.0 + 1e-12, 1.0 - 1e-12))"),
}


def in_forward(
    op: str, values: tuple[float, ...] | None, out: float, dtype: str, largest: float, maker: str
) -> Finding:
    """The pattern of a result.

    ``values`` are the operands at the entry, where the op works entry by entry; ``maker`` is the op that made the first
    operand; ``largest`` is the largest number of the dtype.
    """
    if values is not None and op in _FORWARD and (found := _FORWARD[op](*values, maker=maker)):
        return found
    if math.isinf(out) and (values is None or not any(map(math.isinf, values))):
        rewrite = _OVERFLOW.get(op, "numbers that were scaled down first")
        if dtype != "float64":
            rewrite += "; or float64, which reaches 1.8e308"
        return Finding(f"overflow: larger than {largest:.1e}, the largest {dtype}", rewrite)
    return _GENERAL


# --- backward -----------------------------------------------------------------------------------------------------

_STEEP = "has an infinite slope at"

# Ops whose slope is infinite at a point where their value is finite: the point, and the way around it.
_SLOPES: dict[str, tuple[tuple[float, ...], str]] = {
    "sqrt": ((0.0,), f"{guarded('np.sqrt(x)', 'x > 0', '1.0')}, or np.sqrt(x + 1e-12)"),
    "cbrt": ((0.0,), guarded("np.cbrt(x)", "x != 0", "1.0")),
    "log": ((0.0,), guarded("np.log(x)", "x > 0", "1.0")),
    "arcsin": ((1.0, -1.0), "np.arcsin(np.clip(x, -1.0 + 1e-12, 1.0 - 1e-12))"),
    "arccos": ((1.0, -1.0), "np.arccos(np.clip(x, -1.0 + 1e-12, 1.0 - 1e-12))"),
    "arccosh": ((1.0,), "np.arccosh(np.maximum(x, 1.0 + 1e-12))"),
    "power": ((0.0,), guarded("x ** y", "x != 0", "1.0")),
}
_GUARDS = {"sqrt": ("np.sqrt(x)", "x > 0"), "log": ("np.log(x)", "x > 0"), "power": ("x ** y", "x != 0")}


_WITHOUT_SLOPE = ("_unknown", "_crossing")  # by which rules say that a derivative of theirs is not known


def in_backward(op: str, x: float | None, g: float | None, d: float, chosen: str, of_squares: bool) -> Finding:
    """The pattern of a gradient ``d`` of the operand ``x``, made of the incoming one ``g``.

    ``chosen``: the line of the np.where that left this entry out, if one did; ``of_squares``: x is a sum of squares.
    """
    if op in _WITHOUT_SLOPE:
        return Finding(
            "a second derivative where there is none or none that is known, at a kink or at equal values", ""
        )
    points, rewrite = _SLOPES.get(op, ((), ""))
    steep = x is not None and x in points
    slope = f"{op} {_STEEP} {x:g}" if steep else f"the slope of {op} is not finite here"
    if g == 0 and chosen:
        call, condition = _GUARDS.get(op, (f"{op}(x)", "condition"))
        return Finding(
            f"the untaken branch of the np.where at {chosen}: its gradient is 0 * inf = nan, because {slope}",
            f"two of them, the inner one before {op}: {guarded(call, condition, '1.0')}",
        )
    if g == 0 and math.isnan(d):
        return Finding(f"0 * inf: the gradient that comes in is 0, and {slope}", rewrite)
    if steep and of_squares:
        return Finding(
            f"the norm at 0: {slope}",
            "np.linalg.norm(...), whose gradient at 0 is taken as 0, or np.sqrt(np.sum(x ** 2) + 1e-12)",
        )
    if steep:
        return Finding(slope, rewrite)
    if math.isinf(d) and g is not None and math.isfinite(g):
        return Finding("the gradient overflows", "smaller steps on the way: scale the loss or the numbers down")
    return _GENERAL
