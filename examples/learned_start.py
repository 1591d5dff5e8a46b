"""Meta-learning: find initial weights from which a single gradient step learns a new task.

    python examples/learned_start.py [STEPS]

A task is a sine curve with some amplitude and phase, of which ten points are known. We learn two sets of initial
weights from many tasks. The first fits all tasks at once as well as it can. From the second, a *single* step on ten
points is enough to fit a task. To learn it, the loss after the step is differentiated with respect to the weights
before the step, which takes second derivatives. `nn.functional_call` calls the network with either set of weights.

Finn, Abbeel and Levine, "Model-agnostic meta-learning", ICML 2017, arXiv:1703.03400, section 5.1.
"""

import sys

import numpy as np

import nn
import optim
from autograd import grad

RATE = 0.05  # learning rate of the single step


def task(rng):
    """Twice ten points of a random sine curve: one set for the step, one for evaluation."""
    amplitude, phase = rng.uniform(0.5, 2.0), rng.uniform(0.0, np.pi)
    x = rng.uniform(-4.0, 4.0, (2, 10, 1))
    return x, amplitude * np.sin(x - phase)


def error(model, state, x, y):
    """The mean squared error of the network with these parameters."""
    return nn.functional.mse_loss(nn.functional_call(model, state, x), y)


def after_a_step(model, state, x, y):
    """The parameters after one gradient step, as differentiable functions of those before it."""
    slope = grad(lambda s: error(model, s, x, y))(state)
    return {name: p - RATE * slope[name] for name, p in state.items()}


def learned(rng, steps, *, ahead):
    """A network with learned initial weights that fit tasks directly, or with ``ahead`` after one step."""
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
    """The mean errors on new tasks, before and after one step on their first ten points."""
    state = model.state_dict()
    errors = []
    for x, y in (task(rng) for _ in range(tasks)):
        new = after_a_step(model, state, x[0], y[0])
        errors.append([error(model, s, x[1], y[1]).item() for s in (state, new)])
    return np.mean(errors, axis=0)


def main(steps):
    """Learn both sets of initial weights and compare them."""
    for name, ahead in (("weights that fit all tasks", False), ("weights that adapt in one step", True)):
        before, after = judged(np.random.default_rng(1), learned(np.random.default_rng(0), steps, ahead=ahead))
        print(f"{name}: error {before:.2f}, after one step {after:.2f}")
    return after


if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    after = main(steps)
    assert steps < 800 or after < 0.5
