"""Calls of NumPy's own tests, replayed with Tensors: the same to the last bit, or a difference with a reason."""

from importlib.util import find_spec

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("numpy.lib.tests") is None, reason="this NumPy comes without its tests"),
]
LEAST = 100_000  # calls, by the oldest NumPy too


def test_no_difference_is_without_a_reason(scores, test_file):
    if test_file not in scores:
        pytest.skip("not in this NumPy")
    unexplained = scores[test_file]["unexplained"]
    assert not unexplained, f"{len(unexplained)} differences, such as\n" + "\n".join(unexplained[:20])


def test_a_reason_that_is_no_longer_one_is_found(scores, reason):
    assert sum(score["explained"][reason.label] for score in scores.values()), f"nothing differs: {reason.why}"


def test_the_calls_are_made(scores):
    """And NumPy's tests pass: only some that look at their own text, or at who refers to what, notice the replay."""
    assert sum(score["calls"] for score in scores.values()) >= LEAST
    failed = sum(score["tests"].get("failed", 0) for score in scores.values())
    assert failed <= 0.002 * sum(score["tests"].get("passed", 0) for score in scores.values())
