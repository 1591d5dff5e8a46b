"""Findings of the doctor, and the report that holds them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from textwrap import indent, wrap

Measured = float | str | tuple[int, ...]  # a number, a word or a shape
_WIDTH = 110
_MANY = 6  # list at most this many places
_SEVERITIES = ("error", "warning", "advice")
_BLIND = (
    "No check can see wrong or shuffled labels, inputs that say nothing about the targets, a loss that measures "
    "something other than you want, a model that is too small, or overfitting; nor mistakes in your training loop, "
    "problems with other batches, or problems that appear only after many steps."
)


@dataclass(frozen=True)
class Finding:
    """One problem that the doctor found.

    It has a ``name``, a ``severity`` ("error", "warning" or "advice"), the places (``where``, dotted names of modules
    or parameters), the numbers ``measured``, and as text ``what`` was found, ``why`` it matters, and the ``remedy``.

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

    Advice is no reason for ``ok`` to be False. ``checked`` are the names of the checks that ran, and ``skipped`` maps
    the names of the others to the reason.

    >>> from nn.inspect.doctor import Diagnosis
    >>> Diagnosis([]).ok, "dead-units" in Diagnosis([])
    (True, False)
    """

    def __init__(self, findings: list[Finding], checked: Iterable[str] = (), skipped: Mapping[str, str] = {}) -> None:
        self.findings: list[Finding] = sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))
        self.checked: tuple[str, ...] = tuple(checked)
        self.skipped: dict[str, str] = dict(skipped)

    @property
    def ok(self) -> bool:
        """Whether there is no error and no warning."""
        return all(finding.severity == "advice" for finding in self.findings)

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
        limits = "\n".join(wrap(self._limits(), _WIDTH, break_on_hyphens=False))
        return "\n\n".join([self._title(), *map(str, self.findings), limits])

    def __repr__(self) -> str:
        return f"Diagnosis({', '.join(finding.name for finding in self.findings) or 'ok'})"

    def _repr_html_(self) -> str:
        def row(finding: Finding) -> str:
            parts = [f"<b>{escape(finding.name)}</b><br>{escape(finding.severity)}", escape(finding._places())]
            parts += [escape(text) for text in (finding.what, finding.why, finding.remedy)]
            return "<tr>" + "".join(f'<td style="text-align:left">{part}</td>' for part in parts) + "</tr>"

        title, limits = f"<strong>{escape(self._title())}</strong>", f"<p>{escape(self._limits())}</p>"
        if not self.findings:
            return f"<div>{title}{limits}</div>"
        head = "".join(f"<th>{word}</th>" for word in ("finding", "where", "what", "why it matters", "what to do"))
        body = "".join(map(row, self.findings))
        return f"<div>{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{limits}</div>"

    def _title(self) -> str:
        if not self.findings:
            return "Nothing was found. That does not mean that this model will learn."
        counts = [sum(finding.severity == severity for finding in self.findings) for severity in _SEVERITIES]
        pairs = zip(counts, ("error", "warning", "piece"), ("", "", " of advice"), strict=True)
        words = [f"{n} {word}{'s' * (n != 1)}{more}" for n, word, more in pairs if n]
        return f"Found: {' and '.join(words)}."

    def _limits(self) -> str:
        """Which checks ran, which did not and why, and what none of them can see."""
        text = f"{len(self.checked)} checks ran: {', '.join(self.checked)}. "
        for why in dict.fromkeys(self.skipped.values()):
            text += f"Skipped, because {why}: {', '.join(name for name, w in self.skipped.items() if w == why)}. "
        return text + _BLIND
