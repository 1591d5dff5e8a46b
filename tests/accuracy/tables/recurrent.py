"""Recurrent layers over whole sequences, with half-open and saturated gates, and states that are kept or lost."""

import numpy as np
from accuracy_arrays import Together, op
from accuracy_harness import Excused
from mpmath import mp

ROWS = []
EXCEPTIONS = [
    Excused(
        "rnn",
        (1, 2),
        "as for tanh of large arrays, also for small arrays: the slope is computed from the value",
        lambda x, weight_ih, *others: abs(weight_ih[0][0]) > 4,
    )
]

X = [[[1.0]], [[-0.5]]]  # two steps of one number


def column(*numbers):
    return [[n] for n in numbers]


def points(*weights, states=1):
    """The two steps with the weights of input and state, from a state to start from for each pair of them."""
    return [(X, column(*a), column(*b), [[0.5]], *[[[-1.5]]] * (states - 1)) for a, b in weights]


def logistic(x):
    return 1 / (1 + mp.exp(-x))


def recurrence(step):
    """The states of all steps, and the last of the second state where there is one."""

    def exact(x, weight_ih, weight_hh, h, *others):
        state, found = (h[0][0], *(part[0][0] for part in others)), []
        for [[v]] in x:
            state = step([w[0] * v for w in weight_ih], [w[0] * state[0] for w in weight_hh], *state)
            found.append(state[0])
        return found + list(state[1:])

    return exact


def tanh_step(a, b, h):
    return (mp.tanh(a[0] + b[0]),)


def lstm_step(a, b, h, c):
    i, f, g, o = (x + y for x, y in zip(a, b, strict=True))
    c = logistic(f) * c + logistic(i) * mp.tanh(g)
    return logistic(o) * mp.tanh(c), c


def gru_step(a, b, h):
    r, z = logistic(a[0] + b[0]), logistic(a[1] + b[1])
    n = mp.tanh(a[2] + r * b[2])
    return (n + z * (h - n),)


def joined(name):
    """All results of an op in one row."""

    def function(x, weight_ih, weight_hh, *states):
        out = op(name)(x, weight_ih, weight_hh, None, None, *states)
        return np.concatenate([np.ravel(part) for part in out]) if isinstance(out, tuple) else np.ravel(out)

    return function


def row(name, step, points):
    ROWS.append(Together(name, joined(name), recurrence(step), points=points, orders=(1, 2)))


row("rnn", tanh_step, points(([0.5], [0.25]), ([-2.0], [1.0]), ([0.01], [-3.0]), ([6.0], [0.5])))
row(
    "lstm",
    lstm_step,
    points(
        ([0.5, -0.25, 1.0, 0.75], [0.125, 1.0, -0.5, 0.25]),
        ([-8.0, 3.0, 0.5, 2.0], [-0.5, 0.25, 1.0, -1.0]),
        ([4.0, -6.0, -1.5, -8.0], [1.0, -2.0, 0.5, 0.25]),
        ([0.01, 8.0, 2.0, -0.02], [3.0, 0.5, -1.0, 1.0]),
        states=2,
    ),
)
row(
    "gru",
    gru_step,
    points(
        ([0.5, -0.25, 1.0], [0.125, 1.0, -0.5]),
        ([-8.0, 3.0, 0.5], [-0.5, 0.25, 1.0]),
        ([4.0, -6.0, -1.5], [1.0, -2.0, 0.5]),
        ([0.01, 8.0, 2.0], [3.0, 0.5, -1.0]),
    ),
)
