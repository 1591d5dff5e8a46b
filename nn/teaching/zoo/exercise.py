"""An exercise of the bug zoo: a program with one bug, the library's report, hints, and the solution."""

import io
import linecache
import sys
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from autograd.gradcheck import GradcheckError, GradcheckReport


@dataclass(frozen=True, slots=True)
class Exercise:
    """A program with one bug of a common kind.

    ``program`` is complete and runs as it stands. The solution replaces ``wrong`` in it by ``right``. ``finds`` is the
    verdict of the gradient check, or the name of the error or warning, that the bug leads to. ``points_at`` is a part
    of the line that the library names (empty if no single line is at fault), ``op`` is the op whose rule it names, and
    ``says`` is a part of its message.

    >>> from nn.zoo import EXERCISES
    >>> exercise = EXERCISES[0]
    >>> exercise.wrong, exercise.right, exercise.finds
    ('lambda g, x: g * x,', 'lambda g, x: g * 2.0 * x,', 'wrong')
    >>> exercise.wrong in exercise.program, exercise.wrong in exercise.solution
    (True, False)
    """

    name: str
    story: str
    program: str
    wrong: str
    right: str
    finds: str
    points_at: str
    says: str
    hints: tuple[str, ...]
    why: str
    op: str | None = None

    def __post_init__(self) -> None:
        if self.program.count(self.wrong) != 1:
            raise ValueError(f"exercise {self.name}: {self.wrong!r} is not in the program exactly once.")

    @property
    def solution(self) -> str:
        """The program without the bug."""
        return self.program.replace(self.wrong, self.right)

    @property
    def file(self) -> str:
        """The file name that messages show.

        >>> from nn.zoo import EXERCISES
        >>> EXERCISES[0].file
        '<zoo>'
        """
        return "<zoo>"  # not the name, which would give the bug away


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of running a program: its output, and the report, error or warning from the library.

    ``lines`` are the lines of the program that the library points at, the innermost one last.

    >>> from nn.zoo import EXERCISES, run
    >>> outcome = run(EXERCISES[0])
    >>> outcome.found, outcome.passes, outcome.catches(EXERCISES[0])
    ('wrong', False, True)
    >>> outcome.words.splitlines()[0][:40]
    'gradient check: wrong (order 1, float64)'
    """

    output: str
    report: GradcheckReport | None
    problem: BaseException | Warning | None
    lines: tuple[str, ...]

    @property
    def found(self) -> str:
        """The verdict of the check, or the name of the error or warning; empty if nothing was found."""
        if self.report is not None and (self.problem is None or isinstance(self.problem, GradcheckError)):
            return "" if self.report.verdict == "right" else self.report.verdict
        return type(self.problem).__name__ if self.problem is not None else ""

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong. A kink counts as right if the gradient lies between the two slopes."""
        return self.problem is None and (self.report is None or self.report.ok) and self.found in ("", "kink")

    @property
    def words(self) -> str:
        """The full message of the library."""
        if isinstance(self.problem, GradcheckError):
            return str(self.problem)
        if self.problem is not None:
            return "\n".join([str(self.problem), *getattr(self.problem, "__notes__", ())])
        return "" if self.report is None else str(self.report)

    def catches(self, exercise: Exercise) -> bool:
        """Whether the library found the bug and pointed at the right line."""
        op = None if self.report is None else self.report.op
        return (
            self.found == exercise.finds
            and (not exercise.points_at or any(exercise.points_at in line for line in self.lines))
            and exercise.says in " ".join(self.words.split())
            and (exercise.op is None or op == exercise.op)
        )


def run(exercise: Exercise, source: str | None = None) -> Outcome:
    """Run the program of an exercise, or other source code, and collect the output and the library's messages.

    The first warning or error ends the program, as with ``python -W error``.

    >>> from nn.zoo import EXERCISES, run
    >>> exercise = EXERCISES[0]
    >>> run(exercise).passes, run(exercise, exercise.solution).passes
    (False, True)
    """
    source = exercise.program if source is None else source
    # Tracebacks and warnings can then show the lines of the program.
    linecache.cache[exercise.file] = (len(source), None, source.splitlines(keepends=True), exercise.file)
    names: dict[str, Any] = {"__name__": "__main__"}
    output = io.StringIO()
    problem: BaseException | None = None
    try:
        with redirect_stdout(output), warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(compile(source, exercise.file, "exec"), names)
    except Exception as error:  # raising an error is what most programs are for
        problem = error
    report = problem.report if isinstance(problem, GradcheckError) else names.get("report")
    return Outcome(output.getvalue(), report, problem, _lines(exercise, source, report, problem))


def _lines(
    exercise: Exercise, source: str, report: GradcheckReport | None, problem: BaseException | None
) -> tuple[str, ...]:
    """The lines of the program that a report or an error names."""
    text = source.splitlines()
    if report is not None and report.line is not None:
        file, _, number = report.line.rpartition(":")
        return (text[int(number) - 1].strip(),) if file == exercise.file else ()
    if problem is None:
        return ()
    frames = traceback.extract_tb(problem.__traceback__)
    numbers = [frame.lineno for frame in frames if frame.filename == exercise.file and frame.lineno]
    for note in getattr(problem, "__notes__", ()):
        place = note.rpartition(f"{exercise.file}:")[2]
        numbers += [int(place)] if place.isdigit() else []
    return tuple(text[number - 1].strip() for number in numbers)


def show(exercise: Exercise, outcome: Outcome) -> None:
    """Print the outcome as a terminal would show it.

    >>> from nn.zoo import EXERCISES, run, show
    >>> exercise = EXERCISES[0]
    >>> show(exercise, run(exercise, exercise.solution))
    """
    sys.stdout.write(outcome.output)
    if outcome.problem is None:
        return
    frames = [f for f in traceback.extract_tb(outcome.problem.__traceback__) if f.filename == exercise.file]
    print("Traceback (most recent call last):")
    print("".join(traceback.format_list(frames) + traceback.format_exception_only(outcome.problem)), end="")
