"""The result of a gradient check: rows, the verdict over all of them, and both as text and as HTML."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from autograd.errors import AutogradError

Verdict = Literal[
    "right", "wrong", "kink", "rounding", "nondeterministic", "mutates", "overlapping", "nonfinite", "independent"
]

# The most serious first: the verdict of a report is the first of these that one of its rows has, those that are not
# ok before those that are.
MEANING: dict[Verdict, str] = {
    "overlapping": "inputs share memory, so changing one changes another, which no gradient accounts for",
    "mutates": "the function changes its own inputs, so it has no derivative with respect to them",
    "nondeterministic": "the function gives different results for the same inputs, so it cannot be checked",
    "nonfinite": "a value or a gradient is not finite here",
    "wrong": "the rules and the finite differences contradict each other",
    "kink": "not differentiable here: the slopes to the left and to the right differ",
    "right": "the rules agree with finite differences",
    "rounding": "the numbers differ by more than the tolerance, but by no more than rounding explains",
    "independent": "the output does not depend on the input",
}

SEVERITY = {verdict: rank for rank, verdict in enumerate(MEANING)}
_MOST_ROWS = 30  # a longer table shows what is not right, and counts the rest


@dataclass(frozen=True, slots=True)
class Row:
    """The comparison of one output with one input, represented by the worst of the numbers that were compared.

    ``index`` and ``output_index`` say which entry that was (None: a random direction, or a random combination of output
    entries). ``tolerance`` is the largest relative error that would have passed, ``noise`` the uncertainty of the
    numeric value, and ``slopes`` the slopes to the left and to the right of a kink.

    >>> from autograd import gradcheck
    >>> row = gradcheck(lambda x: x[0] * x[1], [2.0, 3.0]).worst
    >>> row.derivative, row.entry, row.verdict
    ('df/dx[0]', 'x[0]', 'right')
    >>> row.ok, row.analytic
    (True, 3.0)
    """

    order: int
    output: str
    input: str
    shape: tuple[int, ...]
    verdict: Verdict
    ok: bool
    index: tuple[int, ...] | None = None
    output_index: tuple[int, ...] | None = None
    analytic: float | None = None
    numeric: float | None = None
    relative_error: float | None = None
    tolerance: float | None = None
    noise: float | None = None
    slopes: tuple[float, float] | None = None
    note: str = ""
    coverage: str = ""
    output_coverage: str = ""

    @property
    def entry(self) -> str:
        """The worst entry in Python's notation: ``W[1, 0]``."""
        return self.input + in_brackets(self.index)

    @property
    def derivative(self) -> str:
        """The derivative that was compared: ``df/dx``, or ``d(df/dx)/dw`` at order 2."""
        return derivative_name(self.output, self.entry, self.output_index)


@dataclass(frozen=True, slots=True)
class Fault:
    """A node whose rule disagrees with its kernel.

    ``number`` counts the nodes in the order in which the program made them, ``module`` is the path of the module in
    whose call that happened, ``line`` is ``file:line`` of the user's call, ``names`` are the names of the operands,
    ``path`` leads from the node to the output. ``row`` has the entry and both numbers, for the gradient that arrived at
    the node. With ``order`` 2, the rule is right, but its own derivative is not.

    >>> import numpy as np
    >>> from autograd import custom_op, gradcheck
    >>> square = custom_op(np.square, lambda g, x: g * x, name="square")
    >>> report = gradcheck(lambda x: square(x), 3.0, raise_on_failure=False)
    >>> report.faults[0].op, report.faults[0].row.analytic
    ('square', 3.0)
    >>> str(report.faults[0]).partition(" at ")[0]
    'the rule of square is wrong'
    """

    op: str
    node: str
    number: int
    module: str
    line: str
    names: tuple[str, ...]
    path: tuple[str, ...]
    row: Row
    order: int = 1

    def __str__(self) -> str:
        place = f" at {self.line}" if self.line else ""
        module = f", in module {self.module}" if self.module else ""
        what = "is wrong" if self.row.verdict == "wrong" else f"meets a point without derivative ({self.row.verdict})"
        if self.order > 1:
            return self._of_second_order(f"at {self.node}{place}{module}")
        text = f"the rule of {self.op} {what} at {self.node}{place}{module}: for its operand {self.row.entry}"
        if self.names:
            text += f" (of {', '.join(self.names)})"
        if self.row.analytic is None or self.row.numeric is None:
            return f"{text}, {self.row.note}"
        text += f" it gives {self.row.analytic:.8g}, finite differences of the op itself {self.row.numeric:.8g}"
        if self.row.verdict != "wrong":
            text += f" ({self.row.note})"
        return text + (f"; from there to the output: {' -> '.join(self.path)}" if self.path else "")

    def _of_second_order(self, where: str) -> str:
        text = f"the rule of {self.op} is right, but its own derivative is wrong {where}"
        if self.row.analytic is None or self.row.numeric is None:
            return f"{text}: {self.row.note}"
        return (
            f"{text}: the derivative of {self.row.output} by {self.row.entry} is {self.row.numeric:.8g}, but the "
            f"graph of the rule gives {self.row.analytic:.8g}. Second derivatives differentiate the rule itself: write "
            "it with NumPy functions of its arguments, without .data, float() or a copy"
        )


@dataclass(frozen=True, slots=True)
class GradcheckReport:
    """The result of `gradcheck`; ``print`` it to see the table. It is true (as a condition) if nothing is wrong.

    Each of the ``rows`` compares one output with one input. After a failure every node of the graph was checked by
    itself: ``op``, ``node`` and ``line`` say which rule is wrong and where it was applied, ``faults`` has all such
    nodes, and ``findings`` describe them in words. ``cause`` is the reason if no rule is wrong.

    >>> import numpy as np
    >>> from autograd.gradcheck import gradcheck
    >>> report = gradcheck(lambda x: np.sin(x), 0.5)
    >>> report.verdict, bool(report), report.rows[0].derivative
    ('right', True, 'df/dx')
    """

    rows: tuple[Row, ...]
    order: int
    coverage: str = ""
    notes: tuple[str, ...] = ()
    op: str | None = None
    node: str | None = None
    line: str | None = None
    faults: tuple[Fault, ...] = ()
    findings: tuple[str, ...] = ()
    cause: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing contradicts the rules: every row is right, independent, a kink with the answer between its
        slopes, or within rounding errors that still show a digit or hide only zeros.

        >>> from autograd import gradcheck
        >>> gradcheck(lambda x: abs(x), 0.0).ok
        True
        """
        return all(row.ok for row in self.rows)

    @property
    def verdict(self) -> Verdict:
        """The most serious verdict among the rows; failures come first."""
        return self.worst.verdict

    @property
    def worst(self) -> Row:
        """The row that decided.

        >>> from autograd import gradcheck
        >>> gradcheck(lambda x: abs(x[0]) + x[1], [0.0, 1.0]).worst.verdict
        'kink'
        """
        return min(self.rows, key=lambda row: (row.ok, SEVERITY[row.verdict]))

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<GradcheckReport {self.verdict}: {_count(len(self.rows), 'row')}, order {self.order}>"

    def __str__(self) -> str:
        columns, lines, left_out = self._table()
        widths = [max(len(line[i]) for line in [columns, *lines]) for i in range(len(columns))]
        table = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in [columns, *lines]]
        return "\n".join(line.rstrip() for line in [self._headline(), *table, *left_out, *self._words()])

    def _repr_html_(self) -> str:
        columns, lines, left_out = self._table()
        head = "".join(f'<th style="text-align:left">{escape(cell)}</th>' for cell in columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in line) + "</tr>"
            for line in lines
        )
        words = "".join(f"<div>{escape(line)}</div>" for line in [*left_out, *self._words()])
        return (
            f"<div><strong>{escape(self._headline())}</strong>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{words}</div>"
        )

    def _headline(self) -> str:
        orders = "order 1" if self.order == 1 else f"orders 1 to {self.order}"
        return f"gradient check: {self.verdict} ({orders}, float64): {self.cause or MEANING[self.verdict]}"

    def _table(self) -> tuple[list[str], list[list[str]], list[str]]:
        """Column titles, a line of cells per row, and a note about rows left out."""
        rows = list(self.rows)
        left_out = []
        if len(rows) > _MOST_ROWS:
            rows = [row for row in rows if row.verdict not in ("right", "independent")][:_MOST_ROWS]
            hidden = len(self.rows) - len(rows)
            best = sum(row.verdict in ("right", "independent") for row in self.rows)
            left_out = [f"... and {_count(hidden, 'row')} more, {best} of them right or independent"]
        several = len({(row.order, row.output) for row in self.rows}) > 1 or not all(row.input for row in rows)
        columns = ["input", "shape", "worst entry", "analytic", "numeric", "rel. error", "tolerance", "verdict"]
        lines = []
        for row in rows:
            values = [_number(x, 10) for x in (row.analytic, row.numeric)]
            errors = [_number(x, 2) for x in (row.relative_error, row.tolerance)]
            lines.append(
                [*[row.output] * several, row.input, str(row.shape), _index(row), *values, *errors, row.verdict]
            )
        return [*["output"] * several, *columns], lines, left_out

    def _words(self) -> list[str]:
        lines: list[str] = []
        for row in self.rows:
            if row.note and (row.verdict not in ("right", "independent")) and len(lines) < 8:
                form = "" if row.slopes is None else " (slopes: {:.6g} to the left, {:.6g} to the right)"
                slopes = form.format(*row.slopes or ())
                lines.append((f"{row.derivative}: {row.note}" if row.input and row.coverage else row.note) + slopes)
        lines += self.findings
        if self.coverage:
            lines.append(f"checked: {self.coverage}")
        return list(dict.fromkeys([*lines, *self.notes]))


class GradcheckError(AutogradError, AssertionError):
    """A gradient check failed; ``report`` holds the `GradcheckReport`, whose table is the message.

    The usual cause is a mistake in a rule (a factor, a sign, a missing transpose), or a value that left the graph on
    the way (`.item()`, `.numpy()`, `no_grad`). Look at the worst entry of the table, and at the explanation below it.

    >>> import numpy as np
    >>> from autograd.gradcheck import GradcheckError, gradcheck
    >>> try:
    ...     gradcheck(lambda x: x * x.item(), 3.0)
    ... except GradcheckError as error:
    ...     row = error.report.rows[0]
    >>> row.verdict, row.analytic, round(row.numeric, 6)
    ('wrong', 3.0, 6.0)
    """

    def __init__(self, report: GradcheckReport) -> None:
        super().__init__(str(report))
        self.report = report

    def __reduce__(self) -> tuple[type[Self], tuple[GradcheckReport]]:
        return type(self), (self.report,)


def _index(row: Row) -> str:
    if row.index is None:
        return "a direction" if row.analytic is not None and row.verdict != "independent" else ""
    return in_brackets(row.index) + (f" of output {list(row.output_index)}" if row.output_index else "")


def _number(x: float | None, digits: int) -> str:
    if x is None:
        return ""
    return f"{x:.{digits}g}" if digits > 2 or not math.isfinite(x) else f"{x:.1e}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def escape(text: str) -> str:
    """Text for HTML; the standard module for it takes longer to import than all of this package."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def in_brackets(index: tuple[int, ...] | None) -> str:
    """An index as one writes it after a name; nothing for a number, which needs none."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def derivative_name(output: str, entry: str, index: tuple[int, ...] | None = None) -> str:
    """A derivative in the usual notation: ``df/dx``, or ``d(df/dx)/dw``."""
    return f"d{f'({output})' if '/' in output else output}{in_brackets(index)}/d{entry}"


def list_names(names: Sequence[str]) -> str:
    """Names in a sentence, the first few of them."""
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
