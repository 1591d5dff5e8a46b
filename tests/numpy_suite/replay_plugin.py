"""A plugin for a run of NumPy's own tests: their calls are replayed with Tensors, and the score goes to a file."""

import json
import os
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

# tests/conftest.py, which loads this module for all other tests, is not read in this process.
spec = spec_from_file_location("coverage_names", Path(__file__).parents[1] / "coverage" / "names.py")
sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(sys.modules[spec.name])

from reasons import REASONS  # noqa: E402
from replaying import Replay  # noqa: E402
from rewriting import Finder  # noqa: E402

REPLAY = Replay(REASONS)
OUTCOMES = Counter()


def pytest_configure(config):
    sys.meta_path.insert(0, Finder(os.environ["REPLAYED"].split(), REPLAY.call, REPLAY.operate))


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        OUTCOMES[report.outcome] += 1


def pytest_sessionfinish(session):
    score = {
        "calls": REPLAY.calls,
        "equal": REPLAY.equal,
        "left out": REPLAY.left_out,
        "explained": REPLAY.explained,
        "unexplained": REPLAY.unexplained,
        "tests": OUTCOMES,
    }
    with open(os.environ["REPLAY_SCORE"], "w", encoding="utf-8") as file:
        json.dump(score, file)
