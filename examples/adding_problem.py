"""The adding problem: an LSTM learns to add two numbers that it saw many steps ago, and to ignore all others.

    python examples/adding_problem.py [LENGTH]

Every step of a sequence contains a number between 0 and 1 and a mark. Exactly two steps are marked, one in each half of
the sequence. The target is the sum of the two marked numbers. The best constant prediction is 1, and its mean squared
error is the variance of such a sum, 1/6. A network that does better must have remembered a number over many steps.

Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), section 5.4, with numbers from 0 to 1
as in Le, Jaitly and Hinton, arXiv:1504.00941.
"""

import sys
import time

import numpy as np

import nn
import optim
from autograd import no_grad

CONSTANT = 1 / 6
GOAL = 0.001


class Adder(nn.Module):
    """An LSTM, followed by a linear layer that reads its final state."""

    def __init__(self, hidden, rng):
        self.memory = nn.LSTM(2, hidden, rng=rng)
        self.answer = nn.Linear(hidden, 1, rng=rng)

    def forward(self, x):
        _, (h_n, _) = self.memory(x)
        return self.answer(h_n[0])


def sequences(rng, count, length):
    """Random sequences of shape (length, count, 2), and their targets of shape (count, 1)."""
    numbers = rng.uniform(size=(length, count)).astype("float32")
    marks = np.zeros_like(numbers)
    every = np.arange(count)
    marks[rng.integers(0, length // 2, count), every] = 1
    marks[rng.integers(length // 2, length, count), every] = 1
    return np.stack([numbers, marks], axis=-1), (numbers * marks).sum(axis=0)[:, None]


def main(length):
    """Train until the error on new sequences is far below that of the constant prediction."""
    rng = np.random.default_rng(0)
    model = Adder(32, rng)
    loss = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    test, sums = sequences(np.random.default_rng(1), 1000, length)
    print(f"{length} steps, {sum(p.size for p in model.parameters()):,} parameters; baseline error {CONSTANT:.4f}")

    start = time.perf_counter()
    for step in range(1, 4001):
        x, y = sequences(rng, 64, length)
        error = loss(model(x), y)
        optimizer.zero_grad()
        error.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            with no_grad():
                found = loss(model(test), sums).item()
            print(f"step {step:5}  error {found:.4f}")
            if found < GOAL:
                break

    with no_grad():
        for answer, wanted in zip(model(test[:, :3]).data[:, 0], sums[:, 0], strict=False):
            print(f"prediction {answer:.3f}, sum {wanted:.3f}")
    assert found < GOAL, found
    print(f"learned in {step} steps with 64 sequences each, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
