"""One rule, three ways to run it, and the same bits: backward() and gradient() run it on arrays, create_graph=True on
Tensors."""

import warnings

import numpy as np
import pytest
from op_samples import pull

from autograd import Tensor


def assert_same_bits(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(map(np.asarray, found), map(np.asarray, expected), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        holes = np.isnan(a)  # a nan is a nan: its sign depends on the order of instructions
        np.testing.assert_array_equal(holes, np.isnan(b))
        assert np.where(holes, 0.0, a).tobytes() == np.where(holes, 0.0, b).tobytes(), f"{a!r} and {b!r}"


def test_gradients_have_the_same_bits(live_sample):
    sample = live_sample
    for dtype in ("float64", "float32"):
        stored = sample.gradients("backward", dtype=dtype)
        assert all(type(g) is np.ndarray for g in stored)
        assert_same_bits(sample.gradients("gradient", dtype=dtype), stored)
        assert_same_bits(sample.gradients("graph", dtype=dtype), stored)


def test_a_gradient_alone_is_the_gradient_among_all(shared_sample):
    """Leaving out the others does not change a gradient."""
    sample = shared_sample
    together = sample.gradients("gradient")
    for how in ("gradient", "graph"):
        assert_same_bits([g for i in sample.live for g in sample.gradients(how, live=(i,))], together)


def test_edges_have_the_same_bits(live_edge):
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # see test_grad.py
        for how in ("backward", "gradient", "graph"):
            tensors = live_edge.tensors()
            out = live_edge.op.function(*tensors, **live_edge.attributes)
            found.append(pull(out, [tensors[i] for i in live_edge.live], how, np.ones(out.shape, out.dtype)))
    assert_same_bits(found[1], found[0])
    assert_same_bits(found[2], found[0])


def test_a_difference_of_one_bit_is_found():
    one = Tensor(np.nextafter(np.ones(2), 2.0)).data
    with pytest.raises(AssertionError):
        assert_same_bits([one], [np.ones(2)])
    with pytest.raises(AssertionError):
        assert_same_bits([np.zeros(1)], [-np.zeros(1)])
    assert_same_bits([np.array([np.nan, 1.0])], [np.array([-np.nan, 1.0])])
