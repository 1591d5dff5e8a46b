"""The table of findings: each is a function of a `TrialStep` that says what it found, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from nn.inspect.doctor.report import Finding
from nn.inspect.doctor.trial_step import TrialStep


class Found(NamedTuple):
    """What a check returns; with the name and the severity of the check it becomes a `Finding`."""

    what: str
    why: str
    remedy: str
    where: Iterable[str] = ()
    measured: dict[str, Any] = {}  # noqa: RUF012 - never changed


CHECKS: dict[str, Callable[[TrialStep], Finding | None]] = {}


def finds(
    name: str, severity: str = "error", *, places: bool = False
) -> Callable[[Callable[[TrialStep], Found | None]], Any]:
    """Put a check into the table; of one that looks for places, what it says counts where there are any."""

    def put(check: Callable[[TrialStep], Found | None]) -> Any:
        def named(trial: TrialStep) -> Finding | None:
            found = check(trial)
            if found is None or (places and not found.where):
                return None
            what, why, remedy, where, measured = found
            return Finding(name, severity, what, why, remedy, tuple(where), measured)

        CHECKS[name] = named
        return check

    return put


def listed(count: int, word: str) -> str:
    """A number of things in words."""
    return f"{count} {word}{'s' * (count != 1)}"
