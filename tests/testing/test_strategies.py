"""What the strategies promise about shapes and values."""

import math

import numpy as np
import pytest
from hypothesis import assume, find, given, strategies as st

from autograd.testing import broadcastable_pairs, broadcastable_shapes, kink_free_arrays, shapes


@given(shapes(min_dims=1, max_dims=2, min_side=0, max_side=3))
def test_shapes(shape):
    assert 1 <= len(shape) <= 2
    assert all(0 <= n <= 3 for n in shape)


def test_all_kinds_of_shapes_occur():
    for wanted in ((), (1,), (4,), (2, 3), (1, 1, 4)):
        assert find(shapes(), lambda shape, wanted=wanted: shape == wanted) == wanted


@given(st.integers(1, 4).flatmap(broadcastable_shapes))
def test_broadcastable_shapes(found):
    np.broadcast_shapes(*found)


@given(broadcastable_pairs(low=1.0, high=3.0, max_dims=2, dtype="float32"))
def test_broadcastable_pairs(pair):
    x, y = pair
    assert x.dtype == y.dtype == np.float32
    assert np.all(np.maximum(x, y) >= 1.0)
    assert np.all(np.minimum(x, y) <= 3.0)
    assert len(np.unique(np.concatenate([x.ravel(), y.ravel()]))) == x.size + y.size


@given(st.data())
def test_kink_free_arrays(data):
    low = data.draw(st.floats(-3.0, 1.0))
    high = low + data.draw(st.floats(0.5, 4.0))
    kinks = data.draw(st.lists(st.floats(-3.0, 4.0), max_size=4))
    margin = data.draw(st.floats(0.0, 0.2))
    room = np.linspace(low, high, 2001)
    assume(any(np.all(abs(v - np.array(kinks)) > margin + 0.01) for v in room) if kinks else True)
    shape = data.draw(shapes())
    x = data.draw(kink_free_arrays(shape, low=low, high=high, kinks=kinks, margin=margin))
    assert x.shape == shape
    assert np.all((x >= low) & (x <= high))
    for kink in kinks:
        assert np.all(abs(x - kink) >= margin * (1 - 1e-9))
    assert len(np.unique(x)) == math.prod(shape)


def test_values_are_spread():
    """Any part of what is allowed occurs, and no gap is smaller than half of an equal share."""
    x = np.sort(find(kink_free_arrays(100, kinks=(0.0,), margin=0.5), lambda x: True))
    assert np.min(np.diff(x)) >= 0.5 * 3.0 / 100 - 1e-12
    assert np.sum(x < 0) == np.sum(x > 0) == 50


def test_refused():
    with pytest.raises(ValueError, match=r"no value between -2\.0 and 2\.0 is 3\.0 away from the kinks \(0\.0,\)"):
        kink_free_arrays(margin=3.0)
    with pytest.raises(ValueError, match=r"margin must be a distance of at least 0, not -1"):
        kink_free_arrays(margin=-1)
    with pytest.raises(TypeError, match="only real floating-point numbers have derivatives, but dtype is int64"):
        kink_free_arrays(dtype=int)
