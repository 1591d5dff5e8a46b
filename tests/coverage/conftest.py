"""Hands the tables of this folder to its tests, and counts how many checks they make.

A test names what it wants of the tables (``sample``, ``edge``, ``constant``, ...) and runs once for each line. Test
modules cannot import each other, because pytest puts no folder on sys.path here; so this module, which pytest reads
before them, loads the tables and gives them names that they can import.
"""

import sys
import warnings
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(name):
    """A module of this folder, from then on known as coverage_<name>."""
    spec = spec_from_file_location(f"coverage_{name}", HERE / f"{name}.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


samples = load("samples")
load("compare")
statuses = load("statuses")
edges = load("edges")

TABLES = {
    "sample": samples.SAMPLES,
    "edge": edges.EDGES,
    "constant": statuses.CONSTANTS,
    "refusal": statuses.REFUSED,
}


@pytest.fixture(autouse=True)
def _deprecated():
    """NumPy's warnings about functions that it will drop: what they do is tested as long as they are there."""
    with warnings.catch_warnings():
        for name in ("`row_stack`", "`in1d`", "`trapz`", "the matrix subclass"):
            warnings.filterwarnings("ignore", f".*{name}", Warning)
        yield


NEW_NAMES = pytest.StashKey[list]()  # of a NumPy newer than those that have been looked at


def pytest_configure(config):
    config.new_names = NEW_NAMES


def pytest_terminal_summary(terminalreporter, config):
    for name in config.stash.get(NEW_NAMES, ()):
        terminalreporter.write_line(f"new in this NumPy, without a status here: {name}")


def pytest_generate_tests(metafunc):
    for name, table in TABLES.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, table, ids=str)
