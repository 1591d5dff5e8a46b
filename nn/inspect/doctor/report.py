"""Findings of the doctor, and the report that holds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from textwrap import indent, wrap

Measured = float | str | tuple[int, ...]  # a number, a word or a shape
_WIDTH = 110
_MANY = 6  # list at most this many places


@dataclass(frozen=True)
class Finding:
    """One problem that the doctor found.

    It has a ``name``, a ``severity`` ("error" or "warning"), the places (``where``, dotted names of modules or
    parameters), the numbers ``measured``, and as text ``what`` was found, ``why`` it matters, and the ``remedy``.

    >>> import nn, optim
    >>> model = nn.MLP([2, 16, 2], rng=0)
    >>> report = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam([model[0].weight]), nn.data.moons(64, seed=0))
    >>> finding = report["not-in-optimizer"]
    >>> finding.severity, finding.where
    ('error', ('0.bias', '2.weight', '2.bias'))
    >>> finding.what
    'The optimizer does not hold 3 parameters of the model.'
    """

    name: str
    severity: str
    what: str
    why: str
    remedy: str
    where: tuple[str, ...] = ()
    measured: Mapping[str, Measured] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = [self.what, f"Why it matters: {self.why}", f"What to do: {self.remedy}"]
        head = f"{self.severity}: {self.name}" + (f" ({self._places()})" if self.where else "")
        return "\n".join([head, *(indent("\n".join(wrap(row, _WIDTH)), "  ") for row in rows)])

    def _places(self) -> str:
        more = len(self.where) - _MANY
        return ", ".join(self.where[:_MANY]) + (f" and {more} more" if more > 0 else "")


class Diagnosis:
    """The report of `doctor`: iterate over its findings or look one up by name; ``ok`` is True if there are none.

    >>> from nn.inspect.doctor import Diagnosis
    >>> Diagnosis([]).ok, "dead-units" in Diagnosis([])
    (True, False)
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings: list[Finding] = sorted(findings, key=lambda finding: finding.severity != "error")

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        return True  # even when empty: use .ok instead

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __contains__(self, name: object) -> bool:
        return any(name in (finding, finding.name) for finding in self.findings)

    def __getitem__(self, name: str) -> Finding:
        for finding in self.findings:
            if finding.name == name:
                return finding
        names = ", ".join(finding.name for finding in self.findings) or "nothing"
        raise KeyError(f"no finding {name!r}; the doctor found {names}")

    def __str__(self) -> str:
        return "\n\n".join([self._title(), *map(str, self.findings)])

    def __repr__(self) -> str:
        return f"Diagnosis({', '.join(finding.name for finding in self.findings) or 'ok'})"

    def _repr_html_(self) -> str:
        def row(finding: Finding) -> str:
            parts = [f"<b>{escape(finding.name)}</b><br>{escape(finding.severity)}", escape(finding._places())]
            parts += [escape(text) for text in (finding.what, finding.why, finding.remedy)]
            return "<tr>" + "".join(f'<td style="text-align:left">{part}</td>' for part in parts) + "</tr>"

        title = f"<strong>{escape(self._title())}</strong>"
        if self.ok:
            return f"<div>{title}</div>"
        head = "".join(f"<th>{word}</th>" for word in ("finding", "where", "what", "why it matters", "what to do"))
        body = "".join(map(row, self.findings))
        return f"<div>{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"

    def _title(self) -> str:
        if self.ok:
            return "No problems found. Gradients that shrink from layer to layer: see nn.gradient_flow."
        errors = sum(finding.severity == "error" for finding in self.findings)
        warnings = len(self.findings) - errors
        words = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
        return f"Found: {' and '.join(words)}."
