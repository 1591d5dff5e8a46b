"""The wheel, and what becomes of it beside HIPS autograd, which has the same import name `autograd`.

No installer warns of the clash, so chainrule has to: each order of installing the two must either work or
fail with the file found and a remedy, and the remedy is run here as it is printed. The environments hold
nothing but the two distributions; NumPy is lent to them through PYTHONPATH.
"""

import os
import re
import shlex
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).parents[1]
FIX = "pip uninstall -y autograd && pip install --force-reinstall --no-deps chainrule"

pytestmark = pytest.mark.slow


def pip(*arguments, **environment):
    """Run pip, quietly; the result is for the caller to judge."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def last_line(result):
    lines = (result.stderr or result.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {result.returncode}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Our wheel, built from the checkout in this environment, so without a network."""
    if pip("--version").returncode:
        pytest.skip("this environment has no pip")
    folder = tmp_path_factory.mktemp("wheels")
    build = pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    assert build.returncode == 0, build.stderr
    [wheel] = folder.glob("chainrule-*.whl")
    return wheel


@pytest.fixture(scope="module")
def hips(wheel):
    """The wheel of HIPS autograd, laid beside ours."""
    fetch = pip("download", "--no-deps", "--retries=0", "--timeout=20", "--dest", wheel.parent, "autograd==1.9.1")
    if fetch.returncode:
        pytest.skip(f"HIPS autograd cannot be downloaded: {last_line(fetch)}")
    [hips] = wheel.parent.glob("autograd-*.whl")
    return hips


@pytest.fixture(scope="module")
def lent(tmp_path_factory):
    """A folder with NumPy as the only thing to import: the rest of site-packages may hold a chainrule."""
    folder = tmp_path_factory.mktemp("lent")
    (folder / "numpy").symlink_to(Path(numpy.__file__).parent, target_is_directory=True)
    return folder


class Environment:
    """An empty virtual environment, managed by the pip of this one."""

    def __init__(self, folder, wheels, lent):
        venv.create(folder, symlinks=True, with_pip=False)
        [self.site] = folder.glob("lib/python*/site-packages")
        self.python = folder / "bin" / "python"
        self.wheels = wheels
        self.lent = lent

    def pip(self, *arguments):
        result = pip("--python", self.python, *arguments, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.wheels))
        assert result.returncode == 0, result.stderr

    def install(self, wheel):
        self.pip("install", "--no-deps", wheel)

    def install_editable(self, source):
        """What `pip install --editable` comes to: a path after site-packages."""
        (self.site / "_chainrule.pth").write_text(f"{source}\n")

    def imports(self, name, cwd=None):
        """The message with which the import fails, or None when it works."""
        result = subprocess.run(
            [self.python, "-c", f"import {name}"],
            capture_output=True,
            text=True,
            cwd=cwd or self.site.parent,
            env={"PYTHONPATH": str(self.lent), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        if result.returncode == 0:
            return None
        assert "\nImportError: " in result.stderr, result.stderr
        return result.stderr.partition("\nImportError: ")[2]

    def follow(self, message):
        """Run the one indented line of a message, as its reader would."""
        [line] = re.findall(r"^    (pip .*)$", message, flags=re.MULTILINE)
        assert line == FIX
        for command in line.split(" && "):
            self.pip(*shlex.split(command)[1:])

    def assert_works(self):
        assert [self.imports(name) for name in ("autograd", "optim", "nn")] == [None, None, None]


@pytest.fixture
def environment(tmp_path, wheel, lent):
    return Environment(tmp_path / "venv", wheel.parent, lent)


def test_wheel_holds_the_three_packages_and_the_plugin_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [entry_points] = [archive.read(name).decode() for name in names if name.endswith("entry_points.txt")]
    packages = {"autograd", "nn", "optim"}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {*packages, "chainrule_pytest.py"}
    assert "[pytest11]\nchainrule = chainrule_pytest\n" in entry_points
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size <= 1_000_000
    for package in packages:
        files = [path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        assert ROOT / package / "py.typed" in files
        assert {path.relative_to(ROOT).as_posix() for path in files} <= names


@pytest.mark.long
@pytest.mark.skipif(not (find_spec("twine") and find_spec("build")), reason="twine or build is missing")
def test_what_would_be_uploaded(tmp_path):
    """The source archive, and the wheel that is made from it: what an index checks, and what is inside."""
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT], check=True)
    archives = [file.name for file in tmp_path.iterdir()]
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *archives], cwd=tmp_path, check=True)
    [source], [wheel] = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    top = {name.split("/")[0] for name in names}
    assert {"PKG-INFO", "pyproject.toml", "hatch_build.py", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= top
    assert {"LICENSE", "CITATION.cff", "autograd", "nn", "optim", "tests", "docs", "examples", "notebooks"} <= top
    assert "nn/data/DIGITS-LICENSE.txt" in names
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        tracked = {name for name in listed.splitlines() if not name.startswith(".")}
        assert names - {"PKG-INFO", ".gitignore"} == tracked
    inside = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in inside} >= {"autograd", "nn", "optim", "chainrule_pytest.py"}
    assert [
        name for name in inside if re.search(r"(^|/)(tests?|docs|[.]\w+|__pycache__)/|[.](pyc|ipynb|md)$", name)
    ] == []
    assert {"LICENSE", "DIGITS-LICENSE.txt"} <= {Path(name).name for name in inside if "/licenses/" in name}


@pytest.mark.long
def test_hips_then_chainrule(environment, wheel, hips):
    environment.install(hips)
    environment.install(wheel)
    for name in ("autograd", "optim", "nn"):
        message = environment.imports(name)
        assert " mixes files of chainrule and of HIPS autograd." in message
        assert str(environment.site / "autograd") in message
    environment.follow(message)
    environment.assert_works()


def test_chainrule_then_hips_then_hips_uninstalled(environment, wheel, hips):
    environment.install(wheel)
    environment.assert_works()

    environment.install(hips)
    for name in ("optim", "nn"):
        message = environment.imports(name)
        assert f"found {environment.site / 'autograd' / '__init__.py'}, which is HIPS autograd" in message
        assert FIX in message

    environment.pip("uninstall", "--yes", "autograd")
    for name in ("optim", "nn"):
        message = environment.imports(name)
        assert f"found {environment.site / 'autograd'}, a damaged install" in message
    environment.follow(message)
    environment.assert_works()


@pytest.mark.long
def test_hips_with_an_editable_chainrule(environment, hips):
    environment.install(hips)
    environment.install_editable(ROOT)
    for name in ("optim", "nn"):
        message = environment.imports(name)
        assert f"found {environment.site / 'autograd' / '__init__.py'}, which is HIPS autograd" in message
    # In the checkout itself our packages come first: the one place where nothing is wrong.
    assert environment.imports("nn", cwd=ROOT) is None
    environment.follow(message)
    environment.assert_works()


def test_something_else_called_autograd(environment, wheel, tmp_path):
    environment.install(wheel)
    (tmp_path / "autograd.py").touch()
    message = environment.imports("nn", cwd=tmp_path)
    assert f"found {tmp_path / 'autograd.py'}, which is neither chainrule's nor HIPS autograd" in message
    assert "give it another name" in message
