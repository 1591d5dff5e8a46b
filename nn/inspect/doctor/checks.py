"""The table of checks: each is a function of a `TrialStep` that returns what it found, or None."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from autograd.tables import table_of
from nn.inspect.doctor.report import Finding, Measured
from nn.inspect.doctor.trial_step import TrialStep


class Found(NamedTuple):
    """The result of a check; findings.toml supplies the rest of its `Finding` under the name of the check.

    ``case`` selects a sub-table there. ``measured`` is formatted into the texts, in which {n:sample} is a count with
    its noun: "1 sample" or "2 samples". ``what`` replaces the text of that name.
    """

    measured: Mapping[str, Measured]
    where: Iterable[str] = ()
    case: str = ""
    what: str = ""


# Checks, each with the observation of a `TrialStep` that it needs (see `TrialStep.lacks`).
CHECKS: dict[str, tuple[Callable[[TrialStep], Finding | None], str]] = {}

ADVICE = table_of("nn.inspect.doctor.findings")


def finds(name: str, needs: str = "", *, places: bool = False) -> Callable[[Callable[[TrialStep], Found | None]], Any]:
    """Register a check; with ``places``, its result only counts if it names at least one place."""

    def put(check: Callable[[TrialStep], Found | None]) -> Any:
        def named(trial: TrialStep) -> Finding | None:
            found = check(trial)
            if found is None or (places and not found.where):
                return None
            words = ADVICE[name] | (ADVICE[name][found.case] if found.case else {})
            values = {key: _Count(value) if type(value) is int else value for key, value in found.measured.items()}
            why, remedy = (" ".join(words[key].split()).format(**values) for key in ("why", "remedy"))
            what = found.what or " ".join(words["what"].split()).format(**values)
            return Finding(name, words["severity"], what, why, remedy, tuple(found.where), found.measured)

        CHECKS[name] = named, needs
        return check

    return put


class _Count(int):
    """A count that is formatted with a noun."""

    def __format__(self, noun: str) -> str:
        return f"{int(self)} {noun}{'s' * (self != 1)}" if noun else str(int(self))
