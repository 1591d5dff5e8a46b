"""What a release states about itself in several places is the same everywhere."""

import re
import tomllib
from pathlib import Path

import pytest

from autograd import __version__

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="not in a checkout")


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_that_of_the_newest_section_of_the_changelog():
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text_of("CHANGELOG.md"), flags=re.MULTILINE)
    assert len(sections) == text_of("CHANGELOG.md").count("\n## ")
    released = [(version, date) for version, date in sections if version != "Unreleased"]
    assert released[0][0] == __version__
    assert all(date for _, date in released)
    assert released == sorted(released, key=lambda r: [int(part) for part in r[0].split(".")], reverse=True)


def test_the_version_is_defined_in_one_place():
    project = tomllib.loads(text_of("pyproject.toml"))
    assert project["project"]["dynamic"][:1] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "autograd/__init__.py"
    sources = [p for folder in ("autograd", "nn", "optim") for p in (ROOT / folder).rglob("*.py")]
    named = [p for p in (*sources, ROOT / "pyproject.toml") if f'"{__version__}"' in p.read_text(encoding="utf-8")]
    assert named == [ROOT / "autograd" / "__init__.py"]
