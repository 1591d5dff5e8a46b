"""A plugin for a run of NumPy's own tests: their calls are replayed with Tensors, and the score goes to a file."""

import json
import os
import sys
from collections import Counter

from reasons import REASONS
from replaying import Replay
from rewriting import Finder

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
