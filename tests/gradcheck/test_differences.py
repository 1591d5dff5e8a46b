"""Numerical derivatives of curves whose derivatives are known."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from autograd.gradcheck.differences import quick, sweep

EPS = float(np.finfo(np.float64).eps)


def rows(f):
    return lambda t: np.array([f(t)], np.float64)


def swept(f, **facts):
    with np.errstate(all="ignore"):
        return sweep(rows(f), rows(f)(0.0), EPS, **facts)


SMOOTH = [
    (np.exp, 1.0),
    (np.sin, 1.0),
    (lambda t: np.log(1.0 + t), 1.0),
    (lambda t: 1.0 / (1.0 + t) ** 3, -3.0),
    (lambda t: np.tanh(5.0 * t + 1.0), 5.0 / np.cosh(1.0) ** 2),
    (lambda t: 3.0 * t, 3.0),
    (lambda t: 7.0, 0.0),
]


@pytest.mark.parametrize(("f", "slope"), SMOOTH)
def test_smooth(f, slope):
    found = quick(rows(f), rows(f)(0.0))
    assert found.value[0] == pytest.approx(slope, rel=1e-9, abs=1e-11)
    assert abs(found.gap[0]) < 1e-5
    slopes = swept(f)
    assert abs(slopes.value[0] - slope) <= 4 * slopes.error[0] + 1e-12
    assert slopes.error[0] < 1e-8
    assert slopes.left[0] == pytest.approx(slope, rel=1e-7, abs=1e-9)
    assert slopes.right[0] == pytest.approx(slope, rel=1e-7, abs=1e-9)
    assert not slopes.leap[0][0]
    assert not slopes.leap[1][0]


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-2, 2))
def test_a_kink_has_two_slopes(left, right, bend):
    slopes = swept(lambda t: (right if t > 0 else left) * t + bend * t * t + 1.0)
    assert slopes.left[0] == pytest.approx(left, abs=1e-6)
    assert slopes.right[0] == pytest.approx(right, abs=1e-6)


@given(st.floats(1e-6, 1e-2), st.sampled_from([-1.0, 1.0]))
def test_a_kink_beside_the_point(distance, side):
    """The steps shrink until they no longer cross it."""
    slopes = swept(lambda t: np.abs(t + side * distance))
    assert slopes.value[0] == pytest.approx(side, abs=1e-5)
    assert slopes.error[0] < 1e-4


@given(st.floats(0.5, 1e6))
def test_noise_is_measured(size):
    random = np.random.default_rng(0)
    slopes = swept(lambda t: np.sin(t + 0.5) + 1e-9 * size * random.normal())
    assert 1e-10 * size < slopes.noise[0] < 1e-8 * size
    assert abs(slopes.value[0] - np.cos(0.5)) <= 4 * slopes.error[0]


def test_infinite_slopes_jumps_and_edges():
    root = swept(lambda t: np.sqrt(t))
    assert root.steep[1][0]
    assert root.open[0][0]
    assert not root.open[1][0]
    jump = swept(lambda t: np.floor(t + 3.0))
    assert (jump.leap[0][0], jump.leap[1][0]) == (-1.0, 0.0)
    cube = swept(np.cbrt)
    assert cube.steep[0][0]
    assert cube.steep[1][0]
    for f in (np.exp, lambda t: t * t, lambda t: 1e9 * t):
        assert not swept(f).steep[0][0]


@pytest.mark.parametrize("size", [1e-40, 1e-12, 1e-5])
def test_an_entry_much_smaller_than_its_step(size):
    slopes = swept(lambda t: np.log(size + t), fine=size)
    assert slopes.value[0] == pytest.approx(1 / size, rel=1e-6)
