"""Numbers and arrays as text."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from autograd.view.picture.values import exact, finite, histogram, number, size_of, value_lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (24.70408163265306, "24.7041"),
        (np.float32(0.1), "0.1"),
        (-0.0, "0"),
        (-2.5, "-2.5"),
        (1e-7, "1e-07"),
        (1234567.0, "1.23457e+06"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (3, "3"),
        (np.int8(-3), "-3"),
        (True, "True"),
        (1.5 - 2j, "1.5-2j"),
        (np.longdouble(2.5), "2.5"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("array", "lines"),
    [
        (np.array(2.0), ("2",)),
        (np.array([1.0, 2.5]), ("[1, 2.5]",)),
        (np.eye(3), ("[[1, 0, 0], [0, 1, 0], [0, 0, 1]]",)),
        (np.zeros((0, 3)), ("empty",)),
        (np.full((2, 3), -1.23456789), ("[[-1.235, -1.235, -1.235],", " [-1.235, -1.235, -1.235]]")),
        (np.full(8, -1.23456789), ("[-1.235, -1.235, -1.235, -1.235, -1.235,", " -1.235, -1.235, -1.235]")),
        (np.full((1, 6, 1), -1.23456789), ("[[[-1.235], [-1.235], [-1.235], [-1.235],", "  [-1.235], [-1.235]]]")),
        (
            np.full((2, 1, 4), -1.23456),
            ("[[[-1.235, -1.235, -1.235, -1.235]],", " [[-1.235, -1.235, -1.235, -1.235]]]"),
        ),
        (np.arange(8.0).reshape(2, 2, 2), ("[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]",)),
        (np.arange(10.0), ("mean 4.5, sd 2.872", "0 to 9")),
        (np.ones(10), ("all 1",)),
        (np.array([np.nan, np.inf, *[1.0] * 8]), ("all 1", "1 nan and 1 inf of 10")),
        (np.full(10, np.nan), ("10 nan of 10",)),
        (np.array([True] * 4 + [False] * 6), ("4 of 10 True",)),
        (np.full(10, 1e308), ("all 1e+308",)),
        (np.array([-1e308, 1e308] * 5), ("mean 0, sd 1e+308", "-1e+308 to 1e+308")),
    ],
)
def test_arrays(array, lines):
    assert value_lines(array) == lines


ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.bool_, np.complex128]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)


@given(ARRAYS)
def test_any_array_has_a_text_of_plain_ascii(array):
    lines = value_lines(array)
    assert lines
    assert all(line.isascii() for line in lines)
    assert all(len(line) < 60 for line in lines)
    assert exact(array)
    assert isinstance(finite(array), bool)
    assert size_of(array) >= 0
    assert len(histogram(array)) in (0, 10)


def test_the_size_of_a_gradient_is_its_root_mean_square():
    assert size_of(np.array([3.0, -4.0])) == pytest.approx(np.sqrt(12.5))
    assert size_of(np.array([1e200, 1e200])) == pytest.approx(1e200)
    assert size_of(np.zeros(3)) == size_of(np.zeros(0)) == size_of(np.array(np.nan)) == 0
