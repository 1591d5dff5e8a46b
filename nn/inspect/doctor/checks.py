"""The table of findings: each is a function of a `TrialStep` that says what it found, or nothing."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from autograd.tables import table_of
from nn.inspect.doctor.report import Finding
from nn.inspect.doctor.trial_step import TrialStep


class Found(NamedTuple):
    """What a check returns; with what findings.toml has under the name of the check it becomes a `Finding`.

    ``case`` is the part of that table that holds, and ``numbers`` are put into its words.
    """

    what: str
    where: Iterable[str] = ()
    measured: dict[str, Any] = {}  # noqa: RUF012 - never changed
    case: str = ""
    numbers: dict[str, float] = {}  # noqa: RUF012


CHECKS: dict[str, Callable[[TrialStep], Finding | None]] = {}

ADVICE = table_of("nn.inspect.doctor.findings")


def finds(name: str, *, places: bool = False) -> Callable[[Callable[[TrialStep], Found | None]], Any]:
    """Put a check into the table; of one that looks for places, what it says counts where there are any."""

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
    """A number of things in words."""
    return f"{count} {word}{'s' * (count != 1)}"
