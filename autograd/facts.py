"""The facts of an op beside its computation, from which pictures, messages, counts and checks are made."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from autograd.errors import RuleError
from autograd.hazards import NONE, Hazards

Kind = Literal["elementwise", "reshapes", "moves", "joins", "reduces", "product", "softmax", "whole"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# How far off a result is, in units of its last place: of what moves numbers, chooses among them or changes signs; of
# what IEEE 754 rounds to the nearest; of others. Elementary functions of NumPy are mostly good to 1, sums are better
# than that beside the sum of their terms' sizes.
EXACT, NEAREST, FEW_UNITS = 0.0, 0.5, 2.0

PROBABILITIES, LOGARITHMS = (0.0, 1.0), (-math.inf, 0.0)  # the ranges of softmax and sigmoid, and of log_softmax

_MISSING: Any = object()
_MOVING = ("reshapes", "moves", "joins")
_IMPORTS = {"np.": "import numpy as np", "grad(": "from autograd import grad", "tensor(": "from autograd import tensor"}

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.given import Cost, Matrix, Range, Slope


class Example:
    """A call of an op: its operands (shapes of arrays, or values) and attributes."""

    __slots__ = ("attributes", "operands")

    def __init__(self, *operands: Any, **attributes: Any) -> None:
        self.operands: tuple[Any, ...] = operands
        self.attributes: dict[str, Any] = attributes


class Facts:
    """The facts of one op.

    ``kind`` says on which entries of the operands an entry of the result depends:

    - "elementwise": those at the same place, as in elementwise ufuncs.
    - "reshapes": one entry; the result has all entries of the operand, in another shape or order.
    - "moves": one entry, or none; "joins": the same for any number of operands, one after the other.
    - "reduces": those along some axes. "softmax": those of its row, which becomes probabilities.
    - "product": sums of products of entries. "whole": any entries.

    ``slope``: the derivative of an entry of the result by one of each operand, as a textbook prints it: an expression
    in the names of the operands and attributes, ``out`` and ``n`` (the number of entries combined into one); or a
    function of both indices and the attributes that returns it, where operands may have subscripts. None: only the rule
    knows it. ``matrix``: the gradient of each whole operand in terms of the result's gradient ``G``; or a function of
    the operand's position, the numbers of axes, and the attributes. For an elementwise op it follows from the slope.

    ``symbol``: Python's operator. ``cost``: the multiply-adds, from the shapes of the operands and the result, and the
    attributes. ``units``: the axis of the result that counts the units of a layer. ``range``: the limits of the values,
    or a function of operands and attributes. ``rounding``: the error of the result, in units of the last place.
    ``hazards``: the ways to nan and infinity. ``scipy``: the ufunc of scipy.special that it replaces. ``method``: the
    names of its Tensor methods, with ``options``, the extra parameters of ndarray's method. ``example``: calls to try
    it with, where one array of shape (2, 3), or two that broadcast, do not work.

    ``doc``: a sentence that describes the result. ``doctest``: a call and its result, ``"abs(tensor(-2.0)) ->
    tensor(2.)"``. With the slopes, they make up the docstring of its functions, which is kept as ``doc``.
    """

    __slots__ = (
        *("cost", "doc", "examples", "hazards", "kind", "matrix", "method", "options", "passes_on", "private"),
        *("range", "rounding", "scipy", "slope", "symbol", "units"),
    )

    def __init__(
        self, op: Any, strict: bool = False, *, doc: str | None = None, doctest: str = "", kind: Kind | None = None,
        slope: Slope | tuple[Slope, ...] = _MISSING, matrix: str | tuple[str | None, ...] | Matrix | None = _MISSING,
        symbol: str = "", cost: Cost | None = None, units: int = -1,
        range: Range | Callable[..., Range | None] | None = None, rounding: float | None = None,
        hazards: Hazards = NONE, method: str | tuple[str, ...] = (), options: dict[str, Any] | None = None,
        scipy: str = "", example: Example | tuple[Example, ...] = (),
    ) -> None:  # fmt: skip
        """Raises RuleError for a fact that does not fit the op, and, if ``strict``, for one that is missing."""
        if kind is None and isinstance(op.kernel, np.ufunc) and op.kernel.signature is None:
            kind = "elementwise"
        moving = kind in _MOVING
        if strict:
            _look_for_missing(op, doc, kind, slope is _MISSING is matrix and not moving, cost)
        if slope is _MISSING:
            slope = ("1",) * len(op.operands) if moving else None
        self.private: bool = op.name.startswith("_")  # made for the rules of others
        self.kind: Kind = kind or "whole"
        self.slope: tuple[Slope, ...] = _each(op, "slope", slope)
        self.matrix = matrix if callable(matrix) else _each(op, "matrix", None if matrix is _MISSING else matrix)
        if self.kind not in KINDS:
            raise RuleError(f"op {op.name!r}: the fact kind cannot be {kind!r}. It is one of {', '.join(KINDS)}.")
        if symbol and symbol != "[]" and len(op.operands) != 2:
            raise RuleError(f"op {op.name!r}: the symbol {symbol!r} needs two operands, not {op.operands}.")
        self.symbol = symbol
        self.cost = cost
        self.units = units
        self.range = range
        self.rounding: float = (EXACT if moving else FEW_UNITS) if rounding is None else rounding
        self.hazards = hazards
        self.scipy = scipy
        self.method: tuple[str, ...] = (method,) if isinstance(method, str) else method
        self.options = options
        # Whether the result has the numbers of its only operand, perhaps in another shape, order or dtype.
        self.passes_on: bool = self.kind == "reshapes" or (self.kind == "elementwise" and self.slope == ("1",))
        self.examples: tuple[Example, ...] = (example,) if isinstance(example, Example) else example
        self.doc: str = _docstring(op, self, doc or "", doctest)

    @staticmethod
    def of_operand(facts: tuple[Any, ...], slot: int) -> Any:
        """The entry of one operand, by its position; an op with any number of operands has one for all."""
        return facts[slot if slot < len(facts) else 0]


def _each(op: Any, fact: str, given: Any) -> tuple[Any, ...]:
    """One entry for each operand, checked; one for all where there may be any number."""
    found = given if isinstance(given, tuple) else (given,) * (len(op.operands) if given is None else 1)
    if len(found) != len(op.operands):
        raise RuleError(f"op {op.name!r} has {len(op.operands)} operands {op.operands}, but {fact} has {len(found)}.")
    return found


def _look_for_missing(op: Any, doc: str | None, kind: Kind | None, without_formula: bool, cost: Cost | None) -> None:
    """Refuse an op that lacks a fact which follows from nothing else."""
    missing = ""
    if doc is None:
        missing = "doc is missing, a sentence that describes the result"
    elif kind is None:
        missing = f"kind is missing. It is one of {', '.join(KINDS)}"
    elif kind in KINDS and op.differentiable and without_formula:
        missing = (
            "slope is missing, the derivative of an entry of the result by one of each operand as text, or the fact "
            "matrix. Give None if there is no formula to print"
        )
    elif kind == "product" and cost is None:
        missing = "cost is missing, the multiply-adds of a product"
    if missing:
        raise RuleError(f"op {op.name!r}: the fact {missing}.")


def _docstring(op: Any, facts: Facts, doc: str, doctest: str) -> str:
    """The result of an op in words, its slopes, and an example that can be pasted."""
    slopes = zip(op.operands, facts.slope, strict=True) if facts.kind == "elementwise" else ()
    parts = [doc, ", ".join(f"d/d{x} = {slope}" for x, slope in slopes if isinstance(slope, str))]
    if doctest:
        call, _, result = doctest.partition(" -> ")
        imports = [line for name, line in _IMPORTS.items() if name in call]
        if call.startswith(f"{op.name}("):
            imports.append(f"from {op.kernel.__module__} import {op.name}")
        parts.append("\n".join([*(f">>> {line}" for line in (*imports, call)), result]))
    return "\n\n".join(filter(None, parts))


def check_names(op: Any) -> None:
    """Refuse slopes of a user's op that use unknown names; those of the table are checked by the tests."""
    known = (*op.operands, *op.attributes, "out", "n", "pi")
    for text in filter(lambda slope: isinstance(slope, str), op.facts.slope):
        unknown = [name for name in re.findall(r"\b[A-Za-z_]\w*\b(?!\()", text) if name not in known]
        if unknown:
            raise RuleError(f"op {op.name!r}: its slope {text!r} names {unknown[0]!r}. It may name {', '.join(known)}.")
