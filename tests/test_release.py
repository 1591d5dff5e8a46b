"""What a release states about itself in several places is the same everywhere."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from email import message_from_string, policy
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
    cited = dict(re.findall(r'^(version|date-released): "?([^"\n]+)', text_of("CITATION.cff"), flags=re.MULTILINE))
    assert cited == {"version": __version__, "date-released": released[0][1]}
    assert all(date for _, date in released)
    assert released == sorted(released, key=lambda r: [int(part) for part in r[0].split(".")], reverse=True)


def test_no_address_is_made_up():
    """The citation names the project's address once there is one, and neither it nor the package any other."""
    project = tomllib.loads(text_of("pyproject.toml"))
    citation, address = text_of("CITATION.cff"), project["tool"]["chainrule"]["address"]
    named = re.findall(r"^.*(?:://|@).*$", citation, flags=re.MULTILINE)
    assert named == [f"repository-code: {address}"] * bool(address)
    assert [author.keys() for author in project["project"]["authors"]] == [{"name"}]


def test_the_version_is_defined_in_one_place():
    project = tomllib.loads(text_of("pyproject.toml"))
    assert "version" in project["project"]["dynamic"]
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


ADDRESS = "https://code.example/us/chainrule"


def metadata(folder, address):
    """What the wheel of a project with this address says of itself, as an index reads it."""
    for name in ("README.md", "hatch_build.py", "LICENSE", "nn/data/DIGITS-LICENSE.txt", "autograd/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    settings, changed = re.subn(r'^address = ".*"$', f'address = "{address}"', text_of("pyproject.toml"), flags=re.M)
    assert changed == 1
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    program = "from hatchling.build import *; prepare_metadata_for_build_wheel('.')"
    environment = {name: value for name, value in os.environ.items() if name != "PIP_BUILD_TRACKER"}
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, check=True)
    [file] = folder.glob("*.dist-info/METADATA")
    return message_from_string(file.read_text(encoding="utf-8"), policy=policy.compat32)


def targets(text):
    """Where links and pictures of a Markdown text lead."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    in_html = re.findall(r"\b(?:src|href|srcset)=[\"']?([^\"'\s>]+)", text)
    return [*in_html, *re.findall(r"\]\(\s*([^)\s]+)", text), *re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, flags=re.M)]


def test_with_an_address_the_description_has_no_relative_link(tmp_path):
    pytest.importorskip("hatchling")
    found = metadata(tmp_path, ADDRESS)
    assert found["Version"] == __version__
    assert found["Description-Content-Type"] == "text/markdown"
    links = targets(found.get_payload())
    assert len(links) == len(targets(text_of("README.md"))) >= 20
    assert [link for link in links if not link.startswith("https://")] == []
    assert f"{ADDRESS}/raw/v{__version__}/docs/pictures/neuron.svg" in links
    assert f"{ADDRESS}/blob/v{__version__}/docs/errors.md" in links
    urls = dict(url.split(", ") for url in found.get_all("Project-URL"))
    assert urls.keys() == {"Source", "Documentation", "Changelog", "Issues"}
    assert all(url.startswith(ADDRESS) for url in urls.values())


def test_without_an_address_the_description_is_the_readme(tmp_path):
    pytest.importorskip("hatchling")
    found = metadata(tmp_path, "")
    assert found.get_payload() == text_of("README.md")
    assert found.get_all("Project-URL") is None


def test_links_of_every_kind_are_led_to_the_address(monkeypatch):
    pytest.importorskip("hatchling")
    monkeypatch.syspath_prepend(ROOT)
    from hatch_build import absolute

    text = (
        '[page](docs/a.md#part) [![picture](b.svg)](docs/c.md) <a href="d.md"><img width="9" src="e.svg"></a> '
        "[x](#here)\n"
        "`f[0](g)` [web](https://h.example/i)\n```sh\n![j](k)\n```\n"
    )
    blob, raw = "https://l.example/m/blob/v1.0/", "https://l.example/m/raw/v1.0/"
    assert absolute(text, "https://l.example/m", "1.0") == (
        f"[page]({blob}docs/a.md#part) [![picture]({raw}b.svg)]({blob}docs/c.md) "
        f'<a href="{blob}d.md"><img width="9" src="{raw}e.svg"></a> [x]({blob}README.md#here)\n'
        "`f[0](g)` [web](https://h.example/i)\n```sh\n![j](k)\n```\n"
    )


def test_the_workflow_calls_the_gate_and_nothing_else():
    file = ROOT / ".github" / "workflows" / "ci.yml"
    if not file.exists():
        pytest.skip("the source archive has no workflow")
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"\brun: (.*)", text) == [".ci/run"]
    assert [use.partition("@")[0] for use in re.findall(r"\buses: (.*)", text)] == [
        "actions/checkout",
        "actions/setup-python",
    ]
    tried = sorted(re.findall(r"^ +(3\.\d+)$", text, flags=re.MULTILINE))
    assert tried == re.findall(r"for version in (3.*); do", (ROOT / ".ci" / "run").read_text())[0].split()
