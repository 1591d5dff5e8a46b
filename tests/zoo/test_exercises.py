"""The bug zoo as mutation tests: the library finds every mistake, at the right line, and every solution passes."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd.gradcheck.report import MEANING
from nn.teaching.zoo.reading import read_family
from nn.zoo import EXERCISES, Exercise, run

README = Path(__file__).parents[2] / "README.md"
NAMES = [exercise.name for exercise in EXERCISES]


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_the_mistake_is_found(exercise):
    outcome = run(exercise)
    assert outcome.found == exercise.finds
    assert not outcome.passes
    if exercise.points_at:
        assert any(exercise.points_at in line for line in outcome.lines)
    assert exercise.says in " ".join(outcome.words.split())
    if exercise.op:
        assert outcome.report.op == exercise.op
    assert outcome.catches(exercise)


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_the_solution_passes(exercise):
    outcome = run(exercise, exercise.solution)
    assert outcome.passes, outcome.words
    assert not outcome.catches(exercise)


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_an_exercise_is_whole(exercise):
    assert len(exercise.hints) in (2, 3)
    assert exercise.story
    assert exercise.why
    assert max(map(len, exercise.program.splitlines())) <= 100
    if exercise.finds in MEANING:
        assert "gradcheck(" in exercise.program
    if exercise.finds == "wrong":
        assert exercise.points_at in exercise.program


def test_the_zoo_is_large_enough():
    assert len(EXERCISES) >= 25
    assert len({exercise.name for exercise in EXERCISES}) == len(EXERCISES)
    found = {exercise.finds for exercise in EXERCISES}
    assert set(MEANING) - {"right"} <= found, "every verdict that is not 'right' is shown"


@pytest.mark.skipif(not README.exists(), reason="there is no README.md")
def test_the_readme_counts_them():
    assert f"`chainrule zoo`: {len(EXERCISES)} short programs, each with one planted bug" in README.read_text(
        encoding="utf-8"
    )


def test_a_mistake_that_is_not_found_is_noticed():
    """The tests above could fail: here nothing is wrong, and there something else."""
    plain = {"story": "", "wrong": "x", "right": "x", "points_at": "", "says": "", "hints": (), "why": ""}
    right = Exercise(name="right", program="x = 1\n", finds="wrong", **plain)
    assert run(right).passes
    assert not run(right).catches(right)
    other = Exercise(name="other", program="x = 1 / 0\n", finds="ValueError", **plain)
    assert run(other).found == "ZeroDivisionError"
    assert not run(other).catches(other)
    with pytest.raises(ValueError, match="is not in the program exactly once"):
        Exercise(name="none", program="y\n", finds="", **plain)


WHOLE = '''
family = "a kind"

[[exercise]]
name = "twice"
story = "One line, and another."
program = "x = 1  # twice"
wrong = "1"
right = "2"
finds = ""
points_at = ""
says = ""
hints = ["Look."]
why = """
Two
lines."""
'''


def test_a_table_is_an_exercise():
    title, [exercise] = read_family("kinds.toml", WHOLE)
    assert (title, exercise.name, exercise.why) == ("a kind", "twice", "Two lines.")
    assert (exercise.program, exercise.solution) == ("x = 1  # twice", "x = 2  # twice")
    assert (exercise.hints, exercise.op) == (("Look.",), None)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "twice"', "name = twice", "kinds.toml is not valid TOML: Invalid value (at line 5, column 8)."),
        ('family = "a kind"', "", "kinds.toml must contain a title"),
        ('family = "a kind"', 'family = "a kind"\nkind = 1', "kinds.toml must contain a title"),
        ("[[exercise]]", "[exercise]", "kinds.toml must contain a title"),
        ('says = ""', "", "kinds.toml, exercise 1 (twice) has no says."),
        ('name = "twice"', "", "kinds.toml, exercise 1 (without a name) has no name."),
        ('says = ""', 'says = ""\nsaid = ""', "kinds.toml, exercise 1 (twice) has an unknown field 'said'; the fields"),
        ('says = ""', "says = 1", "kinds.toml, exercise 1 (twice): says must be a string, not 1."),
        ('hints = ["Look."]', 'hints = "Look."', "kinds.toml, exercise 1 (twice): hints must be a list of strings"),
        ('wrong = "1"', 'wrong = "3"', "exercise twice: '3' is not in the program exactly once."),
    ],
)
def test_a_table_that_is_none_is_refused(before, after, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_family("kinds.toml", WHOLE.replace(before, after))


def test_the_published_step():
    """The error after one step of the 2-2-2 example, with the stale weights as published, and without."""
    [stale] = [exercise for exercise in EXERCISES if exercise.name == "stale weight"]
    assert run(stale).output == "error after one step: 0.291027924\n"
    assert run(stale, stale.solution).output == "error after one step: 0.291027774\n"


def test_a_program_is_whole(tmp_path):
    """It can be pasted into a file and run, without the zoo."""
    exercise = EXERCISES[0]
    file = tmp_path / "program.py"
    file.write_text(exercise.program)
    program = f"import sys; sys.path[:] = {sys.path!r}; import runpy; runpy.run_path({str(file)!r})"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "GradcheckError: gradient check: wrong" in result.stderr
    assert f"at {file}:7" in result.stderr


def test_running_leaves_the_random_numbers_of_numpy_alone():
    source = inspect.getsource(run)
    assert "random" not in source
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - is it untouched?
    run(EXERCISES[0])
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002
