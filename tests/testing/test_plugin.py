"""The pytest plugin in the tests of another package, in a process of its own, as its author would run them."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent / "example"

# Where chainrule is installed its entry point loads the plugin, in a checkout the tests have to name it.
INSTALLED = bool(entry_points(group="pytest11", name="chainrule"))
LOAD = [] if INSTALLED else ["-p", "chainrule_pytest"]


def python(*arguments, cwd, path=()):
    """Run Python with the modules that this process finds, which may be a checkout or an installed wheel."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, path), *sys.path])},
        capture_output=True,
        text=True,
    )


# Few examples and no search for smaller ones, because these tests are about what is shown, not about finding it.
FEW = """
from hypothesis import Phase, settings
settings.register_profile("few", max_examples=5, phases=[Phase.generate], derandomize=True, deadline=None)
settings.load_profile("few")
"""


@pytest.fixture
def example(tmp_path):
    """A copy of the example, so that the run leaves nothing behind; and a way to run it."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "example")
    (folder / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")
    (folder / "conftest.py").write_text(FEW)

    def run(*arguments, load=LOAD):
        # Hypothesis tries to import formatters, and what they import may be deprecated.
        strict = ["-W", "error", "-W", "ignore::DeprecationWarning"]
        command = ["-m", "pytest", *strict, "-p", "no:cacheprovider", "--color=no", *load, *arguments]
        return python(*command, cwd=folder)

    return run


def test_the_example(example):
    """Right operations pass; of the wrong one the report is shown, and nothing of chainrule's own frames."""
    run = example()
    assert run.returncode == 1, run.stdout + run.stderr
    assert "2 failed, 2 passed" in run.stdout
    _, by_hand, by_hypothesis = re.split(r"\n_+ test_loudness\w* _+\n", run.stdout)
    assert "\n>       check_gradients(loudness, np.array([0.5, -1.0, 2.0]))\nE  " in by_hand
    assert "\n>       check_gradients(loudness, signal)\nE  " in by_hypothesis
    line = next(i for i, text in enumerate((EXAMPLE / "signals.py").read_text().splitlines(), 1) if "energy(" in text)
    for shown in (by_hand, by_hypothesis):
        assert "gradient check: wrong (order 1, float64): the rules and the finite differences contradict" in shown
        assert "half of what it should be" in shown
        assert re.search(rf"E +the rule of energy is wrong at energy \(node 0\) at \S*signals\.py:{line}:", shown)
        for frame in ("chainrule_pytest.py", "gradcheck/check.py", "__tracebackhide__"):
            assert frame not in shown
    assert "signal=array([" in by_hypothesis


def test_without_the_plugin(example):
    """Nobody is forced to have it."""
    run = example("-k", "smooth_step", "-p", "no:chainrule", load=[])
    assert "fixture 'check_gradients' not found" in run.stdout


def test_the_fixture_is_documented(example):
    run = example("--fixtures")
    assert re.search(r"check_gradients \[session scope\].*\n    Check the gradients of a function", run.stdout)


def test_loading_it_costs_nothing(tmp_path):
    """Those who do not use it import neither NumPy nor a package of chainrule."""
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n\ndef test_it():\n"
        "    assert not {'numpy', 'autograd', 'nn', 'optim'} & sys.modules.keys()\n"
        "    assert 'chainrule_pytest' in sys.modules\n"
    )
    run = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *LOAD, "-p", "no:hypothesispytest", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_without_hypothesis(tmp_path):
    """The error names the package, and the fixture needs no Hypothesis."""
    (tmp_path / "hypothesis.py").write_text("raise ImportError('No module named hypothesis')\n")
    program = (
        "from autograd.testing import shapes\ntry:\n    shapes()\nexcept ImportError as error:\n    print(error)\n"
    )
    run = python("-c", program, cwd=tmp_path, path=[tmp_path])
    assert run.stdout.startswith("the strategies of autograd.testing need Hypothesis, which is not installed: "), run
    assert "pip install hypothesis" in run.stdout
