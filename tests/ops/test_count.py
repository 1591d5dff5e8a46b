"""How many checks the tests of this folder make, compared with count.txt: a suite that quietly runs fewer is found.

Run `UPDATE_COUNT=1 python -m pytest tests/ops` after adding samples or tests.
"""

import os
from pathlib import Path

import pytest
from op_samples import OPS, SAMPLES, Sample, ops_without_samples, without_oracle

COUNT = Path(__file__).with_name("count.txt")


def report(checks):
    """The content of count.txt."""
    lines = [f"{len(OPS)} ops x {sum(checks.values())} checks, at {len(SAMPLES)} samples", ""]
    return "\n".join([*lines, *(f"{name:16} {n}" for name, n in sorted(checks.items())), ""])


def test_nothing_was_left_out(checks):
    if checks is None:
        pytest.skip("only some tests of this folder were asked for")
    committed = COUNT.read_text(encoding="utf-8") if COUNT.exists() else ""
    expected = dict(line.split() for line in committed.splitlines()[2:])
    found = report(checks)
    if os.environ.get("UPDATE_COUNT") and set(expected) <= set(checks):
        COUNT.write_text(found, encoding="utf-8")
        return
    if not set(expected) <= set(checks):
        # `pytest tests/ops/test_grad.py tests/ops/test_count.py` and the like: compare what was run.
        assert {name: expected.get(name) for name in checks} == {name: str(n) for name, n in checks.items()}
        return
    assert found == committed


def test_an_op_without_samples_is_found():
    missing = ops_without_samples(OPS, SAMPLES)
    assert not missing, f"tests/ops/samples.py has no samples of {', '.join(missing)}"
    assert ops_without_samples(OPS, [s for s in SAMPLES if s.op.name != "tanh"]) == ["tanh"]


def test_an_op_without_oracle_is_named():
    sample = Sample("relu", [1.0], label="number", oracle=without_oracle("relu"))
    with pytest.raises(AssertionError, match="no function of NumPy is relu: give it an oracle"):
        sample.expected()
