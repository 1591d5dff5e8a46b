"""A start from which one step of descent learns a new task: training through training.

    python examples/learned_start.py [STEPS]

A task is a sine of some amplitude and phase, of which ten points are known. Two starts are learned from many tasks: one
that fits them all at once as well as it can, and one from which a *single* step on the ten points fits a task. For the
second the loss after the step is differentiated for the parameters before it, which is a second derivative;
`nn.functional_call` calls the network with the parameters of either moment, in their graph.

Finn, Abbeel and Levine, "Model-agnostic meta-learning", ICML 2017, arXiv:1703.03400, section 5.1.
"""

import sys

import numpy as np

import nn
import optim
from autograd import grad

RATE = 0.05  # of the one step


def task(rng):
    """Two times ten points of a sine: to learn from, and to be judged by."""
    amplitude, phase = rng.uniform(0.5, 2.0), rng.uniform(0.0, np.pi)
    x = rng.uniform(-4.0, 4.0, (2, 10, 1))
    return x, amplitude * np.sin(x - phase)


def error(model, state, x, y):
    """How far a network with these parameters is from the points."""
    return nn.functional.mse_loss(nn.functional_call(model, state, x), y)


def after_a_step(model, state, x, y):
    """The parameters after one step of descent, which depend on those before in a graph."""
    slope = grad(lambda s: error(model, s, x, y))(state)
    return {name: p - RATE * slope[name] for name, p in state.items()}


def learned(rng, steps, *, ahead):
    """A network whose start fits tasks as it is, or with ``ahead`` after a step on each."""
    model = nn.MLP([1, 32, 32, 1], "tanh", dtype="float64", rng=0)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    for _ in range(steps):
        optimizer.zero_grad()
        for _ in range(4):
            x, y = task(rng)
            state = dict(model.named_parameters())
            if ahead:
                state = after_a_step(model, state, x[0], y[0])
            (error(model, state, x[1], y[1]) / 4).backward()
        optimizer.step()
    return model


def judged(rng, model, tasks=200):
    """Mean errors on new tasks, before and after a step on their first ten points."""
    state = model.state_dict()
    errors = []
    for x, y in (task(rng) for _ in range(tasks)):
        new = after_a_step(model, state, x[0], y[0])
        errors.append([error(model, s, x[1], y[1]).item() for s in (state, new)])
    return np.mean(errors, axis=0)


def main(steps):
    """Both starts, and how well they do."""
    for name, ahead in (("a start that fits all tasks", False), ("a start that learns in one step", True)):
        before, after = judged(np.random.default_rng(1), learned(np.random.default_rng(0), steps, ahead=ahead))
        print(f"{name}: error {before:.2f}, after one step {after:.2f}")
    return after


if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    after = main(steps)
    assert steps < 800 or after < 0.5
