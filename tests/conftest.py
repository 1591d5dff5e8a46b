"""What all tests share: random numbers that are the same in every run, and property tests without a deadline."""

import gc
import os
import random
import sys
import zlib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Without a deadline, because a busy machine is no bug. CI tries the same examples every time.
settings.register_profile("chainrule", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("chainrule")


def load_names():
    """What is known of NumPy's names, which tests in several folders ask."""
    spec = spec_from_file_location("coverage_names", Path(__file__).parent / "coverage" / "names.py")
    sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])


load_names()


@pytest.fixture
def rng(request):
    """A random generator of the test's own, so that adding a test changes the numbers of no other."""
    return np.random.default_rng(zlib.crc32(request.node.nodeid.encode()))


def pytest_addoption(parser):
    parser.addoption(
        "--shuffle",
        type=int,
        metavar="SEED",
        help="run the files, and the tests of each, in a random order: every order has to be green",
    )


@pytest.hookimpl(tryfirst=True)  # a folder may want one of its tests to be the last
def pytest_collection_modifyitems(config, items):
    """Leave out what takes minutes, unless ``-m`` names it: ``-m 'not slow'`` must not bring it in."""
    if (seed := config.getoption("shuffle")) is not None:
        shuffle(items, random.Random(seed))
    if "long" in config.option.markexpr.split():
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_collection_finish():
    """Let the collector pass over the tests themselves: many tests collect, and each would walk all sixty thousand."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def survivors():
    """The same for all that earlier modules have left: caches of compiled code, tables, Hypothesis' own."""
    gc.collect()
    gc.freeze()


def shuffle(items, rng):
    """Bring the files, and the tests of each, into a random order."""
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    shuffled = list(files.values())
    rng.shuffle(shuffled)
    for tests in shuffled:
        rng.shuffle(tests)
    items[:] = [item for tests in shuffled for item in tests]
