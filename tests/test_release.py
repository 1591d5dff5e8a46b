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


def extras():
    """The packages of each extra, by the names that are installed."""
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    listed = project["optional-dependencies"].items()
    return {extra: {re.match(r"[\w-]+", each)[0] for each in packages} for extra, packages in listed}


def test_remedies_name_packages_of_the_extras():
    """`pip install matplotlib` works everywhere, ``pip install 'chainrule[plot]'`` only where an index has us."""
    folders = "autograd", "nn", "optim", "docs", "notebooks", "examples"
    files = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in (".py", ".md", ".toml", ".txt")]
    texts = {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in files}
    assert [name for name, text in texts.items() if "chainrule[" in text] == []
    sources = {name: text for name, text in texts.items() if name.startswith(("autograd/", "nn/", "optim/"))}
    remedies = {
        (name, package)
        for name, text in sources.items()
        for package in re.findall(r"pip install ['\"]?([\w-]+)", text)
        if package != "--force-reinstall"  # of chainrule itself, where HIPS autograd has been installed over it
    }
    packages = set.union(*extras().values())
    assert len({package for _, package in remedies}) >= 6
    assert [remedy for remedy in remedies if remedy[1] not in packages] == []
    named = {
        (name, *found)
        for name, text in sources.items()
        for found in re.findall(r"pip install '?([\w-]+)[^()]*\(the extra [\s\"]*'(\w+)'\)", text)
    }
    assert len(named) >= 6
    assert [each for each in named if each[1] not in extras()[each[2]]] == []
