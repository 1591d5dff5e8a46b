"""What the tools say about the mistakes of learners is what score.txt says, and none of them misleads."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from nn.zoo import EXERCISES

HERE = Path(__file__).parent


@pytest.fixture
def run(monkeypatch):
    """The script, which is no package."""
    monkeypatch.syspath_prepend(HERE)
    yield import_module("run")
    sys.modules.pop("run")


def score():
    """The verdicts in score.txt by bug and tool."""
    _, _, head, *lines = (HERE / "score.txt").read_text(encoding="utf-8").splitlines()
    starts = [head.index(word) for word in head.split("  ") if word.strip()]
    names = [word.strip() for word in head.split("  ") if word.strip()]
    rows = lines[: lines.index("")]
    return {row[: starts[0]].strip(): dict(zip(names, row[starts[0] :].split(), strict=True)) for row in rows}


def test_the_bugs_are_sixty_and_none_is_of_the_zoo(run):
    names = [bug["name"] for bug in run.BUGS]
    assert len(set(names)) == len(names) == 60
    assert not set(names) & {exercise.name for exercise in EXERCISES}
    assert list(score()) == names


def test_no_tool_of_ours_misleads():
    ours = ("loop", "doctor", "debug", "gradcheck")
    rows = score().values()
    assert not [row for row in rows for tool in ours if row[tool] == "X"]
    assert sum(row["doctor"] == "N" for row in rows) > sum(row["old doctor"] == "N" for row in rows)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_score_is_what_the_tools_say(run):
    for bug in run.BUGS:
        found = {tool: run.MARKS[run.verdict(text, bug)] for tool, text in run.examined(bug, torch=False).items()}
        assert found.items() <= score()[bug["name"]].items(), bug["name"]
