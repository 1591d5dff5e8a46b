"""The table of checks: each is a function of a `TrialStep` that returns what it found, or None."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from autograd.tables import table_of
from nn.inspect.doctor.report import Finding, Measured
from nn.inspect.doctor.trial_step import TrialStep


class Found(NamedTuple):
    """The result of a check; findings.toml supplies the rest of its `Finding` under the name of the check.

    ``case`` selects a sub-table there, and ``numbers`` are formatted into its text.
    """

    what: str
    where: Iterable[str] = ()
    measured: Mapping[str, Measured] = {}
    case: str = ""
    numbers: dict[str, float] = {}  # noqa: RUF012


CHECKS: dict[str, Callable[[TrialStep], Finding | None]] = {}

ADVICE = table_of("nn.inspect.doctor.findings")


def finds(name: str, *, places: bool = False) -> Callable[[Callable[[TrialStep], Found | None]], Any]:
    """Register a check; with ``places``, its result only counts if it names at least one place."""

    def put(check: Callable[[TrialStep], Found | None]) -> Any:
        def named(trial: TrialStep) -> Finding | None:
            found = check(trial)
            if found is None or (places and not found.where):
                return None
            words = ADVICE[name] | (ADVICE[name][found.case] if found.case else {})
            why, remedy = (" ".join(words[key].split()).format(**found.numbers) for key in ("why", "remedy"))
            return Finding(name, words["severity"], found.what, why, remedy, tuple(found.where), found.measured)

        CHECKS[name] = named
        return check

    return put


def listed(count: int, word: str) -> str:
    """Format a count with its noun in the right number."""
    return f"{count} {word}{'s' * (count != 1)}"
