"""The picture of the demo in the README: of what the demo learns, and with the accuracy that the README states."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "make_demo.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="there is no folder docs")


def test_the_picture_shows_the_accuracy_of_the_readme():
    [stated] = re.findall(r"`test accuracy: (0\.\d+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    [drawn] = re.findall(r"([\d.]+)% right", (ROOT / "docs" / "pictures" / "digits.svg").read_text(encoding="utf-8"))
    assert round(float(drawn) / 100, 3) == float(stated)


def test_the_picture_is_of_what_was_learned():
    pytest.importorskip("matplotlib")
    names = runpy.run_path(str(SCRIPT))
    found = names["outcome"]()
    figure = names["draw"](found)
    missed = int((found.answers != found.y_test).sum())
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[:2] == ["loss", f"{(360 - missed) / 360:.1%} right"]
    assert len(titles) - 2 == min(missed, 4)
    assert all(re.fullmatch(r"\d read as \d", title) for title in titles[2:])
    assert len(figure.axes[0].get_lines()[0].get_xdata()) == 30
