"""The tests of that package: two hold, two report the operation that is wrong."""

import numpy as np
from hypothesis import given
from signals import envelope, loudness, smooth_step

from autograd.testing import broadcastable_pairs, kink_free_arrays


def test_smooth_step(check_gradients):
    report = check_gradients(smooth_step, np.linspace(-1.0, 1.0, 5), order=2)
    assert report.verdict == "right"


@given(pair=broadcastable_pairs())
def test_envelope(check_gradients, pair):
    check_gradients(envelope, *pair)


def test_loudness(check_gradients):
    check_gradients(loudness, np.array([0.5, -1.0, 2.0]))


@given(signal=kink_free_arrays((3,)))
def test_loudness_of_any_signal(check_gradients, signal):
    check_gradients(loudness, signal)
