"""In a picture with nan or infinity, the place where it begins stands out from what only passes it on."""

import numpy as np
import pytest

from autograd import tensor
from autograd.view import draw


def leaf(data, name="x"):
    return tensor(data, requires_grad=True, name=name)


def alarms(drawing):
    """The text of each box in which nan or infinity begins, by its heading."""
    return {box.heading: box.details for box in drawing.picture.boxes if box.alarm}


def red(drawing):
    return [box.heading for box in drawing.picture.boxes if any(row.alarm for row in box.rows)]


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def test_the_logarithm_of_0_and_its_victims():
    x = leaf([0.0, 0.5, 1.0])
    entropy = -(x * np.log(x)).sum()
    entropy.backward()
    drawing = draw(entropy)
    assert alarms(drawing) == {"log(x)": ("-inf begins here, at entry (0,)", "log of 0", "x = 0", "(3,)")}
    assert red(drawing) == ["input", "log(x)", "multiply", "sum", "negative"]


def test_a_gradient_begins_at_the_op_with_an_infinite_slope():
    x = leaf([3.0, 4.0])
    length = np.sqrt(((x - x) ** 2).sum())
    length.backward()
    [(heading, lines)] = alarms(draw(length)).items()
    assert heading == "sqrt"
    assert lines[0] == "the gradient inf of its operand begins here"
    assert "incoming gradient 1" in lines
    assert "sqrt has an infinite slope at 0" in " ".join(lines)


def test_a_slope_of_one_of_two_users_is_blamed():
    x = leaf([0.0, 4.0])
    y = (np.sqrt(x) + 2.0 * x).sum()
    y.backward()
    assert list(alarms(draw(y))) == ["sqrt(x)"]


def test_what_was_given_to_backward():
    x = leaf([1.0, 2.0])
    y = x * 2.0
    y.backward([np.nan, 1.0])
    assert alarms(draw(y)) == {"x * 2": ("this gradient is where it begins", "(2,)")}


def test_an_input_is_an_origin_and_a_mask_is_none():
    z = leaf([np.nan, 1.0], "z")
    assert alarms(draw(z.sum())) == {"input": ("nan begins here, at entry (0,)", "(2,)")}
    scores, mask = leaf(np.ones((2, 2)), "scores"), np.array([[0.0, -np.inf], [0.0, 0.0]])
    fine = draw((scores + mask).softmax(axis=-1).sum())
    assert alarms(fine) == {}
    assert red(fine) == ["constant", "add"]
    hidden = draw((scores + np.array([[-np.inf, -np.inf], [0.0, 0.0]])).softmax(axis=-1).sum())
    assert list(alarms(hidden)) == ["softmax(axis=-1)"]
    assert alarms(hidden)["softmax(axis=-1)"][:2] == ("nan begins here, at entry (0, 0)", "operand 1 from -inf to 1")


def test_an_op_that_mixes_entries_tells_the_ranges():
    big = leaf(np.full((2, 2), 1e200), "big")
    p = big @ big
    assert alarms(draw(p)) == {
        "big @ big": (
            "inf begins here, at entry (0, 0)",
            "big from 1e+200 to 1e+200, big from 1e+200 to 1e+200",
            "(2, 2)",
        )
    }


def test_two_origins():
    a, b = leaf(-1.0, "a"), leaf(0.0, "b")
    y = np.log(a) + 1.0 / b
    found = alarms(draw(y))
    assert found["log(a)"] == ("nan begins here", "log of a negative number", "a = -1")
    assert found["1 / b"][0] == "inf begins here"
    assert "operand 1 = 1, b = 0" in found["1 / b"]


def test_it_is_seen_in_folded_modules_repetitions_and_what_is_left_out(graphs):
    x = leaf([0.0, 1.0])
    with graphs.call("Entropy", "entropy"):
        y = (np.log(x) * 2.0).sum()
    [(heading, lines)] = alarms(draw(y, depth=0)).items()
    assert heading == "Entropy"
    assert any("log: -inf begins here, at entry (0,)" in line for line in lines)
    z = leaf(0.5)
    for k in range(100):
        z = z * 2.0 if k < 70 else z * 1e30
    folded = draw(z)
    assert len(folded.picture.boxes) < 10
    assert sum(box.alarm for box in folded.picture.boxes) == 1
    assert any(box.alarm and box.kind == "hidden" for box in draw(z * 1.0 + 2.0, max_nodes=2).picture.boxes)


def test_of_finite_numbers_nothing_is_said(graphs):
    for y in (graphs.micrograd(), graphs.mazur()):
        assert alarms(draw(y)) == {}
