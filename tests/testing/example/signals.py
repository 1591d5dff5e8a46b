"""A small package of somebody else's, with operations of its own; one of them is wrong."""

import numpy as np

from autograd import custom_op

smooth_step = custom_op(lambda x: x * x * (3.0 - 2.0 * x), lambda g, x: g * 6.0 * x * (1.0 - x), name="smooth_step")

# The rule forgets that the derivative of x^2 is 2x.
energy = custom_op(lambda x: np.square(x), lambda g, x: g * x, name="energy")


def loudness(signal):
    """The logarithm of the mean energy."""
    return np.log(np.mean(energy(signal)))


def envelope(signal, window):
    """The larger of a signal and a window, smoothed."""
    return smooth_step(np.tanh(np.maximum(signal, window)))
