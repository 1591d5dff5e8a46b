"""Recurrent layers and their cells, against loops over single steps in plain NumPy."""

import numpy as np
from nn_cases.base import Case, relu, sigmoid

import nn
from autograd import OperandError

# --- one step, with the two products written out ------------------------------------------------------------------


def products(p, x, h):
    a, b = x @ p["weight_ih"].T, h @ p["weight_hh"].T
    return (a + p["bias_ih"], b + p["bias_hh"]) if "bias_ih" in p else (a, b)


def rnn_step(p, x, state, activation=np.tanh):
    return (activation(sum(products(p, x, state[0]))),)


def relu_step(p, x, state):
    return rnn_step(p, x, state, relu)


def lstm_step(p, x, state):
    i, f, g, o = np.split(sum(products(p, x, state[0])), 4, axis=-1)
    c = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(p, x, state):
    a, b = (np.split(part, 3, axis=-1) for part in products(p, x, state[0]))
    r, z = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
    return ((1 - z) * np.tanh(a[2] + r * b[2]) + z * state[0],)


STEPS = {"RNN": rnn_step, "RNN-relu": relu_step, "LSTM": lstm_step, "GRU": gru_step}


# --- whole sequences ----------------------------------------------------------------------------------------------


def layers(name, *, batch_first=False, count=1, both=False, hidden=2):
    """The reference of a layer with these settings."""
    step, two = STEPS[name], name == "LSTM"

    def reference(state, x, *start):
        x = x.swapaxes(0, 1) if batch_first else x
        zeros = np.zeros((count * (1 + both), x.shape[1], hidden), x.dtype)
        starts = start[0] if start and two else start or (zeros,) * (1 + two)
        last = []
        for layer in range(count):
            outputs = []
            for suffix in ("", "_reverse")[: 1 + both]:
                end = f"_l{layer}{suffix}"
                p = {key.removesuffix(end): value for key, value in state.items() if key.endswith(end)}
                hidden_state, seen = tuple(part[len(last)] for part in starts), []
                for one in x[::-1] if suffix else x:
                    hidden_state = step(p, one, hidden_state)
                    seen.append(hidden_state[0])
                outputs.append(np.stack(seen[::-1] if suffix else seen))
                last.append(hidden_state)
            x = np.concatenate(outputs, axis=-1)
        final = tuple(np.stack(parts) for parts in zip(*last, strict=True))
        return (x.swapaxes(0, 1) if batch_first else x), (final if two else final[0])

    return reference


def cell(name, hidden=2):
    def reference(state, x, *given):
        zeros = (np.zeros((len(x), hidden), x.dtype),) * (1 + (name == "LSTM"))
        after = STEPS[name](state, x, given or zeros)
        return after if len(after) > 1 else after[0]

    return reference


# --- inputs -------------------------------------------------------------------------------------------------------


def sequences(steps, *, batch_first=False):
    def make(rng, n):
        x = rng.normal(size=(n, steps, 3))
        return (x if batch_first else x.swapaxes(0, 1).copy(),)

    return make


def with_state(steps, rows):
    """The same, with a first state of rows * (N, 2) for the layers that have only one."""
    return lambda rng, n: (*sequences(steps)(rng, n), rng.normal(size=(rows, n, 2)))


def wrong(words, *shapes):
    return [((np.zeros(shape),), OperandError, words) for shape in shapes]


def case(name, words="", inputs=None, torch=None, **settings):
    """A layer of 2 units on 3 numbers per step.

    Several layers of gates take finite differences half a minute to second order, and are compositions of what the
    cases of one layer check.
    """
    make = getattr(nn, name.partition("-")[0])
    facts = {key: settings.pop(key) for key in ("bad",) if key in settings}
    kind = "RNN-relu" if settings.get("nonlinearity") == "relu" else make.__name__
    arguments = "".join(f", {key}={value!r}" for key, value in settings.items())
    known = {"count": settings.get("num_layers", 1), "both": settings.get("bidirectional", False)}
    first = settings.get("batch_first", False)
    return Case(
        name,
        lambda: make(3, 2, **settings),
        inputs or sequences(2, batch_first=first),
        layers(kind, batch_first=first, **known),
        f"{make.__name__}(3, 2{words or arguments})",
        f"nn.{make.__name__}(3, 2{arguments})" if torch is None else torch,
        axis=0 if first else 1,
        order=1 if known["count"] > 1 and kind in ("LSTM", "GRU") else 2,
        **facts,
    )


CASES = [
    case(
        "RNN",
        bad=[
            *wrong(
                "an input of shape (T, N, C), or (T, C) for one sequence, with C = 3", (4, 5, 2), (3,), (1, 2, 3, 3)
            ),
            *wrong("RNN(3, 2) needs at least one step", (0, 4, 3), (0, 3)),
            (
                (np.zeros((4, 5, 3)), np.zeros((1, 4, 2))),
                OperandError,
                "RNN(3, 2): h_0 has shape (1, 4, 2), but this input needs (layers * directions, N, H) = (1, 5, 2)",
            ),
            ((np.zeros((4, 3)), np.zeros((1, 1, 2))), OperandError, "needs (layers * directions, H) = (1, 2)"),
            ((np.zeros((4, 3)), (np.zeros((1, 2)),)), TypeError, "takes the initial state as h_0, not as a tuple"),
        ],
    ),
    case(
        "RNN-deep",
        num_layers=2,
        nonlinearity="relu",
        bidirectional=True,
        words=", num_layers=2, bidirectional=True, nonlinearity='relu'",
    ),
    case("RNN-state", inputs=with_state(2, 1)),
    case(
        "LSTM",
        bad=[
            *wrong("LSTM(3, 2) needs an input of shape (T, N, C)", (4, 5, 2)),
            (
                (np.zeros((4, 5, 3)), np.zeros((1, 5, 2))),
                TypeError,
                "takes the initial state as a tuple (h_0, c_0), not as a",
            ),
            (
                (np.zeros((4, 5, 3)), (np.zeros((1, 5, 2)), np.zeros((2, 5, 2)))),
                OperandError,
                "c_0 has shape (2, 5, 2), but this input needs (layers * directions, N, H) = (1, 5, 2)",
            ),
        ],
    ),
    case(
        "LSTM-no-bias",
        bias=False,
        batch_first=True,
        bad=[*wrong("shape (N, T, C)", (5, 4, 2)), *wrong("T = 0", (5, 0, 3))],
    ),
    case("LSTM-deep", num_layers=2, bidirectional=True),
    case("GRU", bad=wrong("GRU(3, 2) needs an input", (4, 5, 2))),
    case("GRU-deep", num_layers=2, bias=False, batch_first=True, bidirectional=True),
    case("GRU-state", inputs=with_state(2, 4), num_layers=2, bidirectional=True),
    *(
        Case(
            f"{name}Cell",
            lambda name=name: getattr(nn, f"{name}Cell")(3, 2),
            lambda rng, n: (rng.normal(size=(n, 3)),),
            cell(name),
            f"{name}Cell(3, 2)",
            f"nn.{name}Cell(3, 2)",
            bad=[
                *wrong(f"{name}Cell(3, 2) needs an input of shape (N, C), or (C,)", (4, 2), (2, 4, 3)),
                (
                    (np.zeros((4, 3)), (np.zeros((4, 3)), np.zeros((4, 2))) if name == "LSTM" else np.zeros((5, 2))),
                    OperandError,
                    f"{name}Cell(3, 2): h has shape",
                ),
            ],
        )
        for name in ("RNN", "LSTM", "GRU")
    ),
    Case(
        "RNNCell-relu",
        lambda: nn.RNNCell(3, 2, bias=False, nonlinearity="relu"),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(n, 2))),
        cell("RNN-relu"),
        "RNNCell(3, 2, bias=False, nonlinearity='relu')",
        "nn.RNNCell(3, 2, bias=False, nonlinearity='relu')",
    ),
]
