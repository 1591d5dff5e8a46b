"""What the notebooks ask readers to predict, and what moves in them.

A cell with a guess begins with ``guess = ...`` and calls ``reveal(guess, ...)``, with the number of the question: the
notebook and a letter. The question stands in the text before it.
"""

import ast
import json
import re
import tomllib
from functools import cache
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nn.exercises import check, hint, reveal
from nn.teaching.answers import _made, judge_exercise

FOLDER = Path(__file__).parents[2] / "notebooks"
TABLE = tomllib.loads(files("nn.teaching").joinpath("answers.toml").read_text(encoding="utf-8"))
ROWS = {number: row for number, row in TABLE.items() if number[-1].isalpha()}
TEXTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder notebooks")
each_notebook = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
each_guess = pytest.mark.parametrize("number", ROWS)
NO_GUESS = "Replace the dots with your guess, and run the cell again. A wrong guess helps, too."


def reader():
    """How test_notebooks.py reads a notebook."""
    spec = spec_from_file_location("test_notebooks_for_guesses", Path(__file__).with_name("test_notebooks.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CELLS = reader()


@cache
def asked(text):
    """The cells with guesses, by the numbers of their questions, each with the text before it."""
    cells, found = list(CELLS.cells(text)), {}
    for (_, before), (kind, source) in pairwise(cells):
        if kind == "code" and re.search(r"^reveal\(", source, re.MULTILINE):
            [number] = re.findall(r'^reveal\(guess, .*exercise="(\d\d\.[a-z])"\)$', source, re.MULTILINE)
            found[number] = before, source
    return found


def shown(text):
    """The HTML outputs with scripts that a notebook holds."""
    notebook = json.loads(text.with_suffix(".ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    return [page for page in pages if "<script" in page]


@each_notebook
def test_a_notebook_asks_for_guesses(text):
    found = asked(text)
    assert len(found) >= 2
    assert list(found) == [f"{text.stem[:2]}.{letter}" for letter in "abcdefgh"[: len(found)]]
    for before, source in found.values():
        assert "**Predict.**" in before
        assert source.startswith("guess = ...\n")


@each_notebook
def test_something_moves_in_a_notebook(text):
    pages = shown(text)
    assert pages
    for page in pages:
        frames = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
        if "<iframe" in page:
            assert "<pre>backward from" in page
        else:
            assert len(json.loads(frames[1])["frames"]) >= 5


def test_the_table_has_the_questions_of_the_notebooks():
    assert sorted(number for text in TEXTS for number in asked(text)) == sorted(ROWS)
    assert {key for row in ROWS.values() for key in row} == {"given", "answer", "words", "slips", "rtol"}


@each_guess
def test_no_cell_shows_what_it_asks_for(number):
    text = next(text for text in TEXTS if text.stem.startswith(number[:2]))
    arguments = [
        call.args[1:]
        for call in ast.walk(ast.parse(asked(text)[number][1]))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "reveal"
    ]
    assert not [a for found in arguments for a in found if isinstance(a, ast.Constant)], "the answer is computed"


@each_guess
def test_a_guess_is_answered(number, capsys):
    row = ROWS[number]
    reveal(..., exercise=number)
    reveal(_made(row, row["answer"]), exercise=number)
    absent, right = capsys.readouterr().out.splitlines()
    assert absent == NO_GUESS
    assert right.startswith("You predicted it: ")
    for words, code in row["slips"].items():
        reveal(_made(row, code), exercise=number)
        said = capsys.readouterr().out
        assert re.match(r"You said .*, but it is .*\. It looks as if ", said)
        assert said.endswith(f" It looks as if {words}.\n"), "each wrong guess has a reason of its own"


@pytest.mark.parametrize("number", ["01.c", "03.b", "03.c", "07.b", "08.a", "12.a"])
def test_a_guess_of_another_kind_is_answered(number, capsys):
    for guess in ("no idea", [1.0, 2.0, 3.0, 4.0, 5.0], np.nan, lambda: 0.0, (), {"a": 1}):
        reveal(guess, exercise=number)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 6
    assert all(line.startswith("You said ") for line in said)


def test_a_guess_has_no_hints_and_a_typical_mistake_is_found_by_changing_the_solution():
    with pytest.raises(ValueError, match=r"exercise 01\.a has 0 hints, so there is no hint 1"):
        hint("01.a")
    verdict = judge_exercise(784 * 300 + 300 + 300 * 10, "07.c")
    assert verdict.text == "not yet. It looks as if the number of classes is missing."
    assert judge_exercise(7.5, "01.a", 7.5045).right, "as computed from a small step"


def test_check_keeps_to_itself_what_reveal_tells(capsys):
    check(2.5, exercise="01.a")
    reveal(2.5, exercise="01.a")
    kept, told = capsys.readouterr().out.splitlines()
    assert "7.5" not in kept
    assert "it is 7.5." in told


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # as in a notebook
@each_notebook
def test_what_a_notebook_computes_is_what_the_table_says(text, monkeypatch, capsys):
    """The whole notebook runs with the right guesses."""
    pytest.importorskip("matplotlib").use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(FOLDER)
    monkeypatch.syspath_prepend(FOLDER)
    names, guesses = {"__name__": "__main__", "display": lambda *a, **k: None}, asked(text)
    sources = {source: number for number, (_, source) in guesses.items()}
    for kind, source in CELLS.cells(text):
        if kind != "code":
            continue
        if source in sources:
            row = ROWS[sources[source]]
            source = source.replace("guess = ...", f"guess = {_made(row, row['answer'])!r}", 1)
        exec(compile(source, text.name, "exec"), names)
        plt.close("all")
    said = capsys.readouterr().out
    assert said.count("You predicted it: ") == len(guesses)
    assert "You said" not in said
