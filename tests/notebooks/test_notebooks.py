"""The notebooks as files: outputs that fit their texts, exercises whose solutions pass and whose slips are guessed.

No Jupyter is needed here; CI runs the notebooks themselves (`pytest --nbmake notebooks`).

In the text of a notebook, everything below the heading "Exercises" needs only the first code cell (the imports). A
cell with an exercise gives names the placeholder ``...`` and calls ``check``. The last cell is folded and has the
solutions: blocks of Python under headings "**1**", "**2**", ..., each of which gives the same names their values.
Notebook 00 has no such heading: its exercises are the pieces of what it builds, need all cells before them, and call
``part``.
`slips/NN_name.py` has the slips of a notebook: ``SLIPS``, a list of (number of the exercise, program in place of the
solution, part of the line that `check` prints).
"""

import ast
import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SLIPS = Path(__file__).parent / "slips"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder notebooks")
TEXTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
each_notebook = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)

MOST_BYTES = 800_000
MOST_BYTES_OF_A_PAGE = 200_000
A_PLACE_ON_A_MACHINE = re.compile(r"(?<![\w.:/])/(home|root|tmp|usr|work|Users|var|opt)/\w|[A-Z]:\\\\\w|ipykernel_\d")


def cells(text):
    """Kind and source of each cell of a text in the percent format."""
    body = text.read_text(encoding="utf-8")
    body = re.sub(r"\A# ---\n.*?\n# ---\n", "", body, flags=re.DOTALL)
    parts = re.split(r"^# %%(.*)\n", body, flags=re.MULTILINE)
    assert not parts[0].strip(), "something stands before the first cell"
    for mark, source in zip(parts[1::2], parts[2::2], strict=True):
        if "[markdown]" in mark:
            lines = [line.removeprefix("#").removeprefix(" ") for line in source.strip("\n").split("\n")]
            yield "markdown", "\n".join(lines)
        else:
            yield "code", source.strip("\n")


def built(text):
    return json.loads(text.with_suffix(".ipynb").read_text(encoding="utf-8"))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


@pytest.fixture(autouse=True)
def beside_the_notebooks(monkeypatch):
    """What lies beside a notebook can be imported, as it can where the notebook runs."""
    monkeypatch.syspath_prepend(FOLDER)


@each_notebook
def test_the_notebook_is_made_from_its_text(text):
    made = [(cell["cell_type"], "".join(cell["source"])) for cell in built(text)["cells"]]
    assert made == list(cells(text)), f"run `python notebooks/build.py {text.stem[:2]}`"


@each_notebook
def test_the_outputs_are_whole(text):
    programs = [cell for cell in built(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in programs] == list(range(1, len(programs) + 1))
    outputs = [output for cell in programs for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "image/svg+xml" in kinds, "a notebook without a picture"
    for data in (output.get("data", {}) for output in outputs):
        page = "".join(data.get("text/html", ""))
        assert "<script" not in page or "image/svg+xml" not in data, "of a picture, only its still form is stored"
        assert ("image/png" in data) == ("image/svg+xml" in data), "JupyterLab shows no SVG of an untrusted notebook"
        assert "<script" not in page or re.search("<img alt=|<pre>", page), "something is shown without scripts"
        assert len(page) < MOST_BYTES_OF_A_PAGE


@each_notebook
def test_the_notebook_says_nothing_of_the_machine(text):
    notebook = text.with_suffix(".ipynb")
    assert notebook.stat().st_size < MOST_BYTES
    # Backslashes of JSON and of LaTeX are not looked at twice: the strings are, as they stand.
    found = [match[0] for string in strings(built(text)) for match in A_PLACE_ON_A_MACHINE.finditer(string)]
    assert found == []


# --- exercises ----------------------------------------------------------------------------------------------------


def is_built(text):
    """Whether the exercises of a notebook are pieces that its later cells use."""
    return text.stem == "00_build_it"


def exercises(text):
    """The imports, the code cells below "Exercises", those of them that ask by their number, and the solutions."""
    all_cells = list(cells(text))
    start = 0 if is_built(text) else next(i for i, (_, s) in enumerate(all_cells) if s.startswith("## Exercises"))
    imports = next((source for kind, source in all_cells if kind == "code"), "")
    programs = [source for kind, source in all_cells[start:] if kind == "code"]
    asked = [source for source in programs if re.search(r"^(check|.+ = part)\(", source, flags=re.MULTILINE)]
    blocks = re.split(r"^\*\*(\d+)\*\*", all_cells[-1][1], flags=re.MULTILINE)
    solutions = {
        int(number): "\n".join(re.findall(r"^```python\n(.*?)^```$", block, flags=re.MULTILINE | re.DOTALL))
        for number, block in zip(blocks[1::2], blocks[2::2], strict=True)
    }
    return imports, programs, dict(enumerate(asked, 1)), solutions


def bound(statement):
    """The names that a statement gives a value."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def answered(source, answer):
    """A cell in which the statements that bind the names of an answer have given way to it."""
    tree, new = ast.parse(source), ast.parse(answer).body
    names = set().union(*map(bound, new))
    places = [i for i, statement in enumerate(tree.body) if bound(statement) & names]
    assert places, f"the cell gives no value to any of {sorted(names)}"
    kept = [statement for i, statement in enumerate(tree.body) if i not in places[1:]]
    kept[places[0] : places[0] + 1] = new
    tree.body = kept
    return ast.unparse(tree)


class Session:
    """The namespace of a notebook's exercises: the imports have run, and what runs before an exercise."""

    def __init__(self, text, number):
        imports, programs, self.cells, self.solutions = exercises(text)
        if "matplotlib" in imports:
            pytest.importorskip("matplotlib")
        self.number, self.names = number, {"__name__": "__main__"}
        before = programs[: programs.index(self.cells[number])]
        for source in [imports, *(s for s in before if is_built(text) or s not in self.cells.values())]:
            self.run(source)

    def run(self, source):
        with np.errstate(all="ignore"):
            exec(compile(source, f"exercise {self.number}", "exec"), self.names)

    def answer(self, program):
        self.run(answered(self.cells[self.number], program))


def each_exercise():
    for text in TEXTS:
        for number in exercises(text)[2]:
            yield pytest.param(text, number, id=f"{text.stem}-{number}")


@each_notebook
def test_a_notebook_ends_in_exercises(text):
    kind, last = list(cells(text))[-1]
    assert kind == "markdown", "the last cell has the solutions"
    assert last.startswith("<details>"), "the solutions are folded"
    _, _, asked, solutions = exercises(text)
    assert 3 <= len(asked) <= 7
    assert list(solutions) == list(asked)


@pytest.mark.parametrize(("text", "number"), list(each_exercise()))
def test_an_exercise_is_open_and_its_solution_is_right(text, number, capsys):
    session = Session(text, number)
    capsys.readouterr()
    session.run(session.cells[number])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("not answered yet.")]
    session.answer(session.solutions[number])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("right.")]
    assert not [line for line in lines if "not yet" in line or "not answered" in line]


def each_slip():
    for file in sorted(SLIPS.glob("*.py")):
        for i, (number, program, words) in enumerate(runpy.run_path(str(file)).get("SLIPS", [])):
            yield pytest.param(FOLDER / file.name, number, program, words, id=f"{file.stem}-{number}-{i}")


@pytest.mark.parametrize(("text", "number", "program", "words"), list(each_slip()))
def test_a_slip_is_guessed(text, number, program, words, capsys):
    session = Session(text, number)
    capsys.readouterr()
    session.answer(program)
    said = capsys.readouterr().out
    assert "not yet" in said
    assert words in said


@each_notebook
def test_every_notebook_has_slips_for_its_exercises(text):
    slips = runpy.run_path(str(SLIPS / text.name))["SLIPS"]
    assert {number for number, _, _ in slips} == set(exercises(text)[2])
