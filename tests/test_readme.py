"""The README keeps its promises: every number in it comes from a record, from the code, or from a run."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from nn.cli.demo import Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"
SCRIPT = ROOT / "docs" / "make_readme.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="there is no folder docs")


@pytest.fixture
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def maker():
    return runpy.run_path(str(SCRIPT))


def test_the_picture_is_that_of_the_first_program(maker):
    assert maker["PICTURE"].read_text(encoding="utf-8") == maker["picture"](), "run python docs/make_readme.py"
    assert maker["PICTURE"].name in PAGE.read_text(encoding="utf-8").partition("```")[0], "the picture is next to it"


def test_the_table_is_that_of_the_results(maker, text):
    [written] = maker["BLOCK"].findall(text)
    assert written == maker["table"](), "run python docs/make_readme.py"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in written.splitlines()]
    assert len(rows) == 2 + len(maker["ROWS"]) + 2
    assert {len(row) for row in rows} == {1 + len(maker["COLUMNS"])}
    assert all(sum(cell not in ("-", "") for cell in row) >= 3 for row in rows), "a row compares two libraries at least"
    assert any(0 < float(cell) < 1 for row in rows[2:-2] for cell in row[3:4]), "PyTorch is ahead in some"


def test_figures_are_of_one_run(maker):
    found = {"run": {"work": {"chainrule": "2", "PyTorch": "3"}}, "later": {"work": {"chainrule": "8", "JAX": "2e+00"}}}
    relative = maker["relative"]
    assert relative(found, "work", [("run", "PyTorch")]) == "1.5"
    assert relative(found, "work", [("run", "JAX"), ("later", "JAX")]) == "0.25"
    assert relative(found, "other", [("run", "PyTorch")]) == "-"
    assert [maker["short"](x) for x in (26.4, 9.96, 0.0441, 0.0)] == ["26", "10", "0.044", "under 0.01"]


def test_the_first_screen_comes_first_and_the_page_is_short(text):
    assert text.count("\n") < 160
    order = [
        "neuron.svg",
        "```python",
        "y.backward()",
        "gradcheck(",
        "## Why",
        "PyTorch |",
        "## Two commands",
        "## Where",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_the_two_commands_take_as_long_as_measured(maker, text):
    measured = [float(row["seconds"]) for row in maker["tables"]()["The two commands of the README"].values()]
    seconds, minutes = re.findall(r"about ([\d.]+) (?:seconds|minutes)", text)
    for stated, taken in zip((float(seconds), 60 * float(minutes)), measured, strict=True):
        assert 0.9 * taken <= stated <= 1.5 * taken


def test_numbers_in_the_sentences(text):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in text
    assert f"after {Settings().epochs} epochs" in " ".join(text.split())
    assert f"{['Twelve', 'Thirteen', 'Fourteen'][len([*ROOT.glob('notebooks/*.ipynb')]) - 12]} notebooks" in text
    lectures = re.search(r"(?:^\|.+\n)+", (ROOT / "docs" / "lectures.md").read_text(encoding="utf-8"), flags=re.M)[0]
    assert f"{['four', 'five', 'six'][len(lectures.splitlines()) - 2 - 4]} university lectures" in text
    walk = (ROOT / "tests" / "engine" / "test_walk.py").read_text(encoding="utf-8")
    files, lines = (re.search(rf"^{name} = (.+)$", walk, flags=re.M)[1] for name in ("ENGINE", "LINES"))
    assert files.count(".py") == 6
    assert f"six files that run `z = x * w; z.backward()` have at most {lines} lines" in " ".join(text.split())
    prose = re.sub(r"^```.*?^```$|^<!--.*?^<!-- end -->$|^<img.*?>$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)", "", prose)
    known = {"1", "3.11", "10", "5.5", "41", "30", "800", "4.0"}  # "above 1"; the tests above, of the zoo; CC BY 4.0
    assert set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", prose)) <= known
