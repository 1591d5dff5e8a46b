"""Hands the replay to the tests of this folder, runs NumPy's test files for them, and says what came out.

Test modules cannot import each other, because pytest puts no folder on sys.path here; so this module, which pytest
reads before them, loads the replay under the names that its own modules import.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = [line for line in (HERE / "files.txt").read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
SUMMARY = pytest.StashKey[list]()


def load(name):
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


load("replaying")
REASONS = load("reasons").REASONS
load("rewriting")


def installed(name):
    """Whether this NumPy comes with a test file; some packages of it leave its tests out."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def replayed(name, folder):
    """The score of one of NumPy's test files, run in a process of its own."""
    score, settings = folder / f"{name}.json", folder / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)]),  # the chainrule of this process
        "NPY_AVAILABLE_MEM": "2GB",
        "REPLAYED": name,
        "REPLAY_SCORE": str(score),
    }
    options = ["-c", settings, "--rootdir", folder, "-p", "replay_plugin", "-p", "no:cacheprovider", "-m", "not slow"]
    command = [sys.executable, "-m", "pytest", *options, "-q", "--tb=no", "--pyargs", name]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert score.exists(), f"{name} could not be run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return json.loads(score.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def scores(request, tmp_path_factory):
    """The scores of all test files of NumPy that are installed, by name."""
    names = list(filter(installed, FILES))
    folder = tmp_path_factory.mktemp("numpy_suite")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(names, pool.map(lambda name: replayed(name, folder), names), strict=True))
    total = {key: sum(score[key] for score in found.values()) for key in ("calls", "equal", "left out")}
    lines = [f"{total['calls']} calls of NumPy's tests replayed, {total['equal']} equal, {total['left out']} left out"]
    for reason in REASONS:
        lines.append(f"{sum(s['explained'][reason.label] for s in found.values()):8} {reason.label}: {reason.why}")
    request.config.stash[SUMMARY] = lines
    return found


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(SUMMARY, ()):
        terminalreporter.write_line(line)


def pytest_generate_tests(metafunc):
    if "test_file" in metafunc.fixturenames:
        metafunc.parametrize("test_file", FILES)
    if "reason" in metafunc.fixturenames:
        metafunc.parametrize("reason", REASONS, ids=[reason.label for reason in REASONS])
