"""Pages, declarations of ops, the picture of the house: what their scripts in docs/ would write now."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from coverage_names import NEWEST_NUMPY

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs" / "make_ops.py"
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="there is no folder docs beside the tests")


def run(script, *options):
    """In a process of its own: tests of this one may have added ops to the table."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # the chainrule that this process found
    return subprocess.run([sys.executable, script, *options], capture_output=True, text=True, env=env, cwd=ROOT)


NEWER = np.lib.NumpyVersion(np.__version__) >= f"{NEWEST_NUMPY}.9999"


@pytest.mark.skipif(NEWER, reason=f"the page lists the functions of NumPy up to {NEWEST_NUMPY}")
def test_the_page_is_fresh():
    done = run(SCRIPT, "--check")
    assert done.returncode == 0, f"run python docs/make_ops.py\n{done.stdout}{done.stderr}"


def test_the_declarations_of_methods_are_fresh():
    done = run(ROOT / "docs" / "make_surface.py", "--check")
    assert done.returncode == 0, f"run python docs/make_surface.py\n{done.stdout}{done.stderr}"


def test_the_stubs_are_fresh():
    done = run(ROOT / "docs" / "make_stubs.py", "--check")
    assert done.returncode == 0, f"run python docs/make_stubs.py\n{done.stdout}{done.stderr}"


def test_the_pages_of_words_are_fresh():
    script = runpy.run_path(str(ROOT / "docs" / "make_coming.py"))
    for name in script["PAGES"]:
        text = (ROOT / "docs" / f"coming-from-{name}.md").read_text(encoding="utf-8")
        assert script["written"](text, name) == text, "run python docs/make_coming.py"
        lines = text.splitlines(keepends=True)
        del lines[-4]  # the last row of the table
        assert script["written"]("".join(lines), name) == text


def test_a_stale_page_is_noticed_and_mended(tmp_path):
    for folder in ("docs", "tests/ops", "tests/coverage"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    script, page = tmp_path / "docs" / "make_ops.py", tmp_path / "docs" / "ops.md"
    text = page.read_text(encoding="utf-8")
    assert "g * np.cos(x)" in text
    page.write_text(text.replace("g * np.cos(x)", "g"), encoding="utf-8")
    done = run(script, "--check")
    assert done.returncode != 0
    assert "stale" in done.stdout + done.stderr
    assert run(script).returncode == 0
    assert "g * np.cos(x)" in page.read_text(encoding="utf-8")


def test_the_page_of_accuracy_has_the_rows_and_exceptions_of_the_suite(tmp_path):
    """Its numbers are measured: they are made anew when the page is, which takes minutes."""
    pytest.importorskip("mpmath")
    for folder in ("docs", "tests/accuracy"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
    script, page = tmp_path / "docs" / "make_accuracy.py", tmp_path / "docs" / "accuracy.md"
    done = run(script, "--check")
    assert done.returncode == 0, f"run python docs/make_accuracy.py\n{done.stdout}{done.stderr}"
    page.write_text(
        page.read_text(encoding="utf-8").replace("the tied values share it evenly", "the first wins"), "utf-8"
    )
    done = run(script, "--check")
    assert done.returncode != 0
    assert "stale" in done.stdout + done.stderr


def test_the_picture_of_the_house_is_that_of_the_imports(tmp_path):
    if not (ROOT / "autograd").is_dir():
        pytest.skip("the sources are not here")
    for folder in ("docs", "autograd", "optim", "nn"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "docs" / "make_house.py"
    done = run(script, "--check")
    assert done.returncode == 0, f"run python docs/make_house.py\n{done.stdout}{done.stderr}"
    with (tmp_path / "optim" / "sgd.py").open("a", encoding="utf-8") as file:
        file.write("\nimport nn.cli\n")
    done = run(script, "--check")
    assert done.returncode != 0
    assert "optim->nn/cli" in done.stdout + done.stderr
