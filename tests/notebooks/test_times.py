"""What the notebooks say about their length, and that they leave drawing to the library."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="there is no folder notebooks")
TEXTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
each_notebook = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
ONE_SITTING = 45  # minutes
SEVERAL_SITTINGS = {"00_build_it"}  # it says where to pause


@pytest.fixture(scope="module")
def times():
    spec = spec_from_file_location("times_of_notebooks", FOLDER / "times.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(text):
    return re.split(r"^# %%", text.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@each_notebook
def test_a_notebook_says_how_long_it_takes(text, times):
    assert f"*{times.stated(text)}*" in cells(text)[0], "run `python notebooks/times.py`"
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if f"({text.stem}.ipynb)" in line]
    assert row.endswith(f"| {times.minutes(text)} |"), "run `python notebooks/times.py`"
    assert times.minutes(text) <= ONE_SITTING or text.stem in SEVERAL_SITTINGS


def test_the_time_grows_with_words_code_exercises_and_guesses(times, tmp_path):
    def of(prose=0, code=0, exercises=0, guesses=0):
        parts = ["# %% [markdown]\n# " + "word " * prose, "# %%\n" + "name\n" * code]
        parts += ['# %%\ncheck(answer, exercise="99.1")'] * exercises + ["# %%\nreveal(guess, 1.0)"] * guesses
        (tmp_path / "99_a.py").write_text("\n".join([*parts, "# %% [markdown]\n# " + "solution " * 5000]))
        return times.minutes(tmp_path / "99_a.py")

    assert (of(), of(prose=2000), of(code=2000), of(exercises=5), of(guesses=30)) == (0, 10, 20, 20, 15)


@each_notebook
def test_a_cell_leaves_drawing_to_the_library(text):
    programs = [cell for cell in cells(text) if not cell.startswith(" [markdown]")]
    assert not [cell for cell in programs if re.search(r"\bplt\b|matplotlib", cell)]
    drawing = re.compile(r"\bnn\.plot\.(?!frames)\w+\(|\bax\.\w+\(")  # `frames` draws what it is given
    assert max(len(drawing.findall(cell)) for cell in programs) <= 3
