"""Hands the table of samples to the tests, and counts how many checks they make of it.

A test names what it wants of the table (``sample``, ``smooth_sample``, ``edge``, ...) and runs once for each.

Test modules cannot import each other: pytest puts no folder on sys.path here, so that it is the installed package that
is tested. So this module, which pytest reads before them, loads the table and gives it a name that they can import.
"""

import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(name):
    """A module of this folder, from then on known as op_<name>."""
    spec = spec_from_file_location(f"op_{name}", HERE / f"{name}.py")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


samples = load("samples")
edges = load("edges")

SAMPLES, EDGES = samples.SAMPLES, edges.EDGES
TABLES = {
    "sample": SAMPLES,
    "live_sample": [s for s in SAMPLES if s.live],
    "shared_sample": [s for s in SAMPLES if len(s.live) > 1],
    "dead_sample": [s for s in SAMPLES if not s.op.differentiable],
    "smooth_sample": [s for s in SAMPLES if s.live and s.smooth],
    "analytic_sample": [s for s in SAMPLES if s.live and s.analytic],
    "stacked_sample": [s for s in SAMPLES if s.live and s.op.stacked],
    "fused_sample": [s for s in SAMPLES if s.live and s.op.definition],
    "edge": EDGES,
    "live_edge": [e for e in EDGES if e.live],
    "smooth_edge": [e for e in EDGES if e.curvature is not None],
    "elementwise": samples.ELEMENTWISE,
    "large": [kind for kind in samples.ELEMENTWISE if kind.op.differentiable],
}


def pytest_generate_tests(metafunc):
    for name, table in TABLES.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, table, ids=str)


# --- counting -----------------------------------------------------------------------------------------------------

CHECKS = pytest.StashKey[Counter]()  # passed tests of this folder by file
NOT_COUNTED = {"test_count", "test_pytorch_methods"}  # the second is shorter where PyTorch is missing
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
    counted = item.path.is_relative_to(HERE) and item.path.stem not in NOT_COUNTED
    if report.when == "call" and report.passed and counted:
        item.config.stash.setdefault(CHECKS, Counter())[item.path.stem] += 1
    return report


@pytest.fixture
def checks(request):
    """How many tests of each file of this folder have passed, or None when only some were asked for."""
    config = request.config
    partial = config.stash.get(PARTIAL, False) or hasattr(config, "workerinput")
    return None if partial else config.stash.get(CHECKS, Counter())
