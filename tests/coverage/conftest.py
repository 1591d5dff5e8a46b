"""Hands the tables of this folder to its tests, and counts how many checks they make.

A test names what it wants of the tables (``sample``, ``edge``, ``constant``, ...) and runs once for each line. Test
modules cannot import each other, because pytest puts no folder on sys.path here; so this module, which pytest reads
before them, loads the tables and gives them names that they can import.
"""

import sys
import warnings
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from coverage_names import SINCE, UNTIL

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

TABLES = {"sample": samples.SAMPLES, "edge": edges.EDGES, "constant": statuses.CONSTANTS, "refusal": statuses.REFUSED}


@pytest.fixture(autouse=True)
def _deprecated():
    """NumPy's warnings about functions that it will drop: what they do is tested as long as they are there."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`?(numpy\.)?\w+`?( alias)? is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", "the matrix subclass", PendingDeprecationWarning)
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


# --- counting -----------------------------------------------------------------------------------------------------

CHECKS = pytest.StashKey[Counter]()  # passed tests of this folder by file
PARTIAL = pytest.StashKey[bool]()  # whether tests of this folder were left out by request


def pytest_collection_modifyitems(items):
    """The count comes last: it is of what ran, not of what was collected."""
    items.sort(key=lambda item: item.path == HERE / "test_count.py")


def pytest_deselected(items):
    if any(item.path.is_relative_to(HERE) for item in items):
        items[0].config.stash[PARTIAL] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.passed and item.path.is_relative_to(HERE) and not is_of_some_numpy(item):
        item.config.stash.setdefault(CHECKS, Counter())[item.path.stem] += 1
    return report


def is_of_some_numpy(item):
    """Whether a test is of a name that not every NumPy has, so that the count is the same with all of them."""
    case = getattr(item, "callspec", None)
    return case is not None and not (UNTIL.keys() | SINCE.keys()).isdisjoint(case.id.split("-"))


@pytest.fixture
def checks(request):
    """How many tests of each file of this folder have passed, or None when only some were asked for."""
    config = request.config
    partial = config.stash.get(PARTIAL, False) or hasattr(config, "workerinput")
    return None if partial else config.stash.get(CHECKS, Counter())
