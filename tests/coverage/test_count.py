"""How many checks the tests of this folder make, compared with count.txt: a suite that quietly runs fewer is found.

Run `UPDATE_COUNT=1 python -m pytest tests/coverage` after adding samples or tests.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from coverage_edges import EDGES
from coverage_names import OF_THE_PLATFORM, SINCE, UNTIL, numpy_callables, status_of
from coverage_samples import NUMPY_2_4, SAMPLES

COUNT = Path(__file__).with_name("count.txt")


def report(checks):
    """The content of count.txt."""
    of_some = OF_THE_PLATFORM | UNTIL.keys() | SINCE.keys()
    everywhere = [(name, f) for name, f in numpy_callables() if name not in of_some]
    samples = [s for s in SAMPLES if s.name not in of_some]
    statuses = Counter(status_of(name, f) for name, f in everywhere)
    return "\n".join(
        [
            f"{statuses['differentiable']} functions x {sum(checks.values())} checks, "
            f"at {len(samples)} samples and {len(EDGES)} edges",
            "",
            *(f"{name:21} {n}" for name, n in sorted(checks.items())),
            "",
            *(f"{status:21} {n}" for status, n in sorted(statuses.items())),
            "",
        ]
    )


def test_nothing_was_left_out(checks):
    if checks is None:
        pytest.skip("only some tests of this folder were asked for")
    if not NUMPY_2_4:
        pytest.skip("some samples need NumPy 2.4")
    committed = COUNT.read_text(encoding="utf-8") if COUNT.exists() else ""
    files = {path.stem for path in COUNT.parent.glob("test_*.py")} - {"test_count"}
    if set(checks) != files:
        pytest.skip("only some files of this folder were asked for")
    found = report(checks)
    if os.environ.get("UPDATE_COUNT"):
        COUNT.write_text(found, encoding="utf-8")
        return
    assert found == committed
