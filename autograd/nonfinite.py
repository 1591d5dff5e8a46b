"""Why a number is not finite, in words, and how to rewrite the op, with operands x and y, so that it stays finite."""

import math
import re
from typing import Any, NamedTuple

from autograd.hazards import LOGARITHM


class Finding(NamedTuple):
    """What happened, and what to write instead."""

    what: str
    rewrite: str


_X = re.compile(r"\bx\b")
_GENERAL = Finding("", "")


def guarded(op: Any) -> str:
    """The double ``where``: the argument is replaced before the function sees it, and the result after."""
    call = f"np.{op.name}(x)" if op.numpy else f"{op.name}(x)"
    if op.facts.symbol:
        call = f"x {op.facts.symbol} y"
    condition = op.facts.hazards.guard or "condition"
    return f"np.where({condition}, {_X.sub(f'np.where({condition}, x, 1.0)', call)}, 0.0)"


def in_forward(
    op: Any, values: tuple[float, ...] | None, out: float, dtype: str, largest: float, maker: Any
) -> Finding:
    """Why a result is not finite.

    ``values`` are the operands at the entry, where the op works entry by entry; ``maker`` is the op that made the first
    operand; ``largest`` is the largest number of the dtype.
    """
    hazards = op.facts.hazards
    for case in hazards.cases:
        if values is not None and case.when(*values):
            words = {"name": op.name, "guarded": guarded(op)}
            found = Finding(case.what.format(**words), case.rewrite.format(**words))
            if hazards is LOGARITHM and values == (0.0,) and maker is not None and maker.facts.hazards.log:
                better = f"{maker.facts.hazards.log} of z, the argument of {maker.name}"
                return Finding(found.what, f"{better}: the same number, computed directly")
            return found
    if math.isinf(out) and (values is None or not any(map(math.isinf, values))):
        rewrite = hazards.overflow
        if dtype != "float64":
            rewrite += "; or float64, which reaches 1.8e308"
        return Finding(f"overflow: larger than {largest:.1e}, the largest {dtype}", rewrite)
    return _GENERAL


def in_backward(op: Any, x: float | None, g: float | None, d: float, chosen: str, of_squares: bool) -> Finding:
    """Why a gradient ``d`` of the operand ``x``, computed from the incoming one ``g``, is not finite.

    ``chosen``: the line of the np.where that left this entry out, if one did; ``of_squares``: x is a sum of squares.
    """
    hazards = op.facts.hazards
    if hazards.no_slope:
        return Finding("a second derivative at a kink or at equal values, where it does not exist or is not known", "")
    steep = x is not None and x in hazards.steep
    slope = f"{op.name} has an infinite slope at {x:g}" if steep else f"the slope of {op.name} is not finite here"
    if g == 0 and chosen:
        return Finding(
            f"the untaken branch of the np.where at {chosen}: its gradient is 0 * inf = nan, because {slope}",
            f"use two np.where, the inner one before {op.name}: {guarded(op)}",
        )
    rewrite = ", or ".join(filter(None, (hazards.guard and guarded(op), hazards.safer.format(name=op.name))))
    if g == 0 and math.isnan(d):
        return Finding(f"0 * inf: the incoming gradient is 0, and {slope}", rewrite)
    if steep and of_squares:
        return Finding(
            f"the norm at 0: {slope}",
            "np.linalg.norm(...), whose gradient at 0 is defined as 0, or np.sqrt(np.sum(x ** 2) + 1e-12)",
        )
    if steep:
        return Finding(slope, rewrite)
    if math.isinf(d) and g is not None and math.isfinite(g):
        return Finding("the gradient overflows", "scale the loss or the numbers down")
    return _GENERAL
