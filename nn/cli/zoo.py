"""`chainrule zoo`: the list of exercises, a single exercise with hints and solution, and the two scores."""

import argparse
import difflib
import textwrap
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np

from nn.cli.options import UsageError, add_command
from nn.teaching import zoo as bugs
from nn.teaching.zoo import Exercise, run, show
from nn.teaching.zoo.calls import calls
from nn.teaching.zoo.planting import score

WIDTH = 100
_wrapped = partial(textwrap.fill, width=WIDTH)


def register(commands: Any) -> None:
    """Add the command `zoo` to `chainrule`."""
    add_command(commands, "zoo", zoo)


def zoo(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code: 0, or 1 if a score is not perfect."""
    asked = " ".join(arguments.exercise)
    if arguments.score:
        if asked or arguments.programs < 1:
            raise UsageError("--score takes no exercise, only --programs (at least 1) and --seed")
        return _score(arguments.programs, arguments.seed)
    if not asked:
        if arguments.execute or arguments.solution or arguments.hint is not None:
            raise UsageError("--run, --hint and --solution need an exercise, as in chainrule zoo 3 --run")
        return _list()
    found = _find(asked)
    if len(found) != 1:
        names = f": {', '.join(bugs.EXERCISES[i].name for i in found)}" if found else ""
        count = len(found) or "no"
        raise UsageError(f"{count} exercises match {asked!r}{names} (their numbers are 1 to {len(bugs.EXERCISES)})")
    [i] = found
    exercise = bugs.EXERCISES[i]
    if arguments.hint is not None:
        if not 1 <= arguments.hint <= len(exercise.hints):
            raise UsageError(f"exercise {i + 1} has hints 1 to {len(exercise.hints)}, but no hint {arguments.hint}")
        print(_wrapped(exercise.hints[arguments.hint - 1]))
    elif arguments.solution:
        _solution(exercise)
    elif arguments.execute:
        outcome = run(exercise)
        show(exercise, outcome)
        if outcome.problem is None and outcome.report is not None:
            print(outcome.report)
    else:
        _exercise(i + 1, exercise)
    return 0


def _find(asked: str) -> list[int]:
    if asked.isdecimal():
        return [int(asked) - 1] if 1 <= int(asked) <= len(bugs.EXERCISES) else []
    exact = [i for i, exercise in enumerate(bugs.EXERCISES) if exercise.name == asked.lower()]
    return exact or [i for i, exercise in enumerate(bugs.EXERCISES) if asked.lower() in exercise.name]


def _list() -> int:
    print(f"{len(bugs.EXERCISES)} short programs, each with one planted bug. Find it.")
    number = 0
    for family, exercises in bugs.FAMILIES.items():
        print(f"\n{family}")
        for exercise in exercises:  # without their names, which would give the bug away
            number += 1
            print(f"{number:4}  {textwrap.shorten(exercise.story, WIDTH - 6, placeholder=' ...')}")
    print("\nchainrule zoo 3 shows program 3, and --run what the library reports. For help: --hint 1, --solution.")
    return 0


def _exercise(number: int, exercise: Exercise) -> None:
    print(f"Exercise {number} of {len(bugs.EXERCISES)}\n\n{_wrapped(exercise.story)}\n")
    print(textwrap.indent(exercise.program, "    "))
    count = len(exercise.hints)
    hints = "--hint 1" if count == 1 else f"--hint 1 to --hint {count}"
    print(f"What is wrong? chainrule zoo {number} --run shows what the library reports. For help: {hints}, --solution.")


def _solution(exercise: Exercise) -> None:
    changes = difflib.unified_diff(exercise.program.splitlines(), exercise.solution.splitlines(), n=2, lineterm="")
    print(f"{exercise.name}\n")
    print("\n".join(f"    {line}" for line in list(changes)[2:] if not line.startswith("@@")))
    print(f"\n{_wrapped(exercise.why)}")


def _score(programs: int, seed: int | None) -> int:
    if seed is None:
        seed = int(np.random.default_rng().integers(1_000_000))
    numbers = seed * 1000 + np.arange(programs)
    found = score(calls(), map(int, numbers))
    print(f"fault localization in random programs (seed {seed}):")
    print(textwrap.indent(str(found), "  "))
    print(textwrap.indent(files("nn.teaching.zoo").joinpath("score.txt").read_text(encoding="utf-8").strip(), "  "))
    caught = [run(exercise).catches(exercise) for exercise in bugs.EXERCISES]
    passed = [run(exercise, exercise.solution).passes for exercise in bugs.EXERCISES]
    print("bug zoo:")
    print(f"  {sum(caught)} of {len(caught)} bugs found, {sum(passed)} of {len(passed)} solutions pass")
    return 0 if all(caught) and all(passed) and not found.failures else 1
