"""The exercises by number: typical wrong answers, hints, and tasks in which code has to reach a goal."""

import ast
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import nn
import optim
from nn.exercises import check, hint, judge
from nn.teaching.answers import judge_exercise

TABLE = tomllib.loads(files("nn.teaching").joinpath("answers.toml").read_text(encoding="utf-8"))
ROWS = {number: row for number, row in TABLE.items() if number[-1].isdigit()}  # test_guesses.py looks at the others
WRONG = tomllib.loads(Path(__file__).with_name("wrong_answers.toml").read_text(encoding="utf-8"))
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
pytestmark = pytest.mark.skipif(not NOTEBOOKS.exists(), reason="there is no folder notebooks")
NAMES = {
    "np": np,
    "S": lambda u: 1 / (1 + np.exp(-u)),
    "C": np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0], [4.0, 0.0, 1.0], [1.0, 1.0, 2.0]]),
    "W_1": np.array([[1.0, 2.0], [0.0, -1.0]]),
    "W_2": np.array([[2.0, 0.0], [1.0, 3.0]]),
    "b_1": np.array([1.0, 3.0]),
    "b_2": np.array([-1.0, 0.5]),
}
# The factor that is missing in this answer is 2, and so is b. The verdict says that it is one of the two.
EITHER = {"6 * 2 + 1"}
SAYS_NO_MISTAKE = {"unknown", "order"}


def verdict(exercise, code):
    answer = eval(code, NAMES)
    if exercise == "05.2":
        return judge_exercise(lambda x: answer(np.exp, x, 0.1), exercise)
    return judge_exercise(answer, exercise)


def test_of_a_hundred_typical_wrong_answers_most_are_named_and_none_misleads():
    rows = [(exercise, *row) for exercise, rows in WRONG.items() for row in rows]
    assert len(rows) == 100
    said = [(row, verdict(*row[:2])) for row in rows]
    assert not [row for row, found in said if found.right]
    others = [(row[1], found) for row, found in said if not re.search(row[3], found.text, re.IGNORECASE)]
    assert len(others) <= 6
    assert not [(code, f.text) for code, f in others if f.slip not in SAYS_NO_MISTAKE and code not in EITHER]


SCALARS = [number for number, row in ROWS.items() if "answer" in row and "args" not in row]


@pytest.mark.parametrize("factor", [0.83719, 1.7391])
@pytest.mark.parametrize("exercise", SCALARS)
def test_a_number_that_no_mistake_leads_to_gets_no_name(exercise, factor):
    row = ROWS[exercise]
    names = {"np": np}
    exec(row.get("given", ""), names)
    *before, last = row["answer"].strip().splitlines()
    exec("\n".join(before), names)
    expected = eval(last, names)
    if not isinstance(expected, float):
        return
    assert judge_exercise(expected, exercise).right
    assert judge_exercise(factor * expected, exercise).slip in {"unknown"}


def test_every_exercise_of_the_notebooks_has_an_answer_and_hints(capsys):
    asked = [n for f in NOTEBOOKS.glob("*.py") for n in re.findall(r'exercise="(\d\d\.\d)"', f.read_text("utf-8"))]
    assert sorted(asked) == sorted(ROWS)
    for exercise, row in ROWS.items():
        assert len(row["hints"]) >= 2
        assert len(set(row["hints"])) == len(row["hints"])
        hint(exercise, len(row["hints"]))
    assert capsys.readouterr().out.count("Hint ") == len(ROWS)


def test_no_cell_of_an_exercise_shows_its_answer():
    for file in [*NOTEBOOKS.glob("[01][1-9]_*.py"), NOTEBOOKS / "10_generalization.py"]:
        calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
        checks = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "check"]
        assert len(checks) >= 4
        assert all(len(c.args) == 1 and [k.arg for k in c.keywords] == ["exercise"] for c in checks), file.name


def test_hints_end_and_exercises_are_known():
    with pytest.raises(ValueError, match="has 2 hints, so there is no hint 3"):
        hint("08.1", 3)
    with pytest.raises(ValueError, match=r"there is no exercise '7\.1'"):
        check(1.0, exercise="7.1")


def test_check_takes_an_expected_answer_or_a_number(capsys):
    for arguments, options in (((1.0, 1.0), {"exercise": "08.1"}), ((1.0,), {})):
        with pytest.raises(TypeError, match="either the expected answer or exercise="):
            check(*arguments, **options)
    check(1 / 3, exercise="08.1")
    check(..., exercise="08.1", name="The rate")
    check([..., ...], exercise="04.6")
    assert capsys.readouterr().out == (
        "Exercise 08.1: right.\nThe rate: not answered yet.\nExercise 04.6: not answered yet.\n"
    )


@pytest.mark.parametrize("exercise", ["01.1", "01.2", "06.4", "09.3"])
def test_zero_has_too_many_reasons(exercise):
    assert judge_exercise(0.0, exercise).slip in {
        "unknown",
        "you assumed that the first probability does not depend on the second score",
    }


def test_square_updates_and_counts():
    assert judge(np.array([[1.0, 3.0], [2.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])).slip == "transpose"
    assert "sum over" not in judge([4.0, 8.0], [1.0, 2.0], factors={"N": 8}).text


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learned_in_time(seed):
    model = nn.MLP([2, 8, 1], "tanh", rng=seed)
    assert judge_exercise([model, optim.Adam(model.parameters(), lr=0.05)], "04.6").right


@pytest.mark.parametrize(("rate", "reached"), [(0.066, False), (0.07, True), (2 / 26, True), (0.0774, False)])
def test_the_ravine_takes_few_rates(rate, reached):
    assert judge_exercise(rate, "08.4").right is reached
