"""The adding problem: an LSTM learns to add two numbers that it saw long ago, and to forget all others.

    python examples/adding_problem.py [LENGTH]

Every step of a sequence shows a number between 0 and 1 and a mark; exactly two steps, one in each half, are marked. The
answer after the last step is the sum of the two marked numbers. The best constant answer is 1, and its mean squared
error is the variance of such a sum, 1/6. Whoever does better has kept a number over many steps.

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
    """An LSTM, and a sum of what it remembers at the end."""

    def __init__(self, hidden, rng):
        self.memory = nn.LSTM(2, hidden, rng=rng)
        self.answer = nn.Linear(hidden, 1, rng=rng)

    def forward(self, x):
        _, (h_n, _) = self.memory(x)
        return self.answer(h_n[0])


def sequences(rng, count, length):
    """Sequences of shape (length, count, 2), and their sums of shape (count, 1)."""
    numbers = rng.uniform(size=(length, count)).astype("float32")
    marks = np.zeros_like(numbers)
    every = np.arange(count)
    marks[rng.integers(0, length // 2, count), every] = 1
    marks[rng.integers(length // 2, length, count), every] = 1
    return np.stack([numbers, marks], axis=-1), (numbers * marks).sum(axis=0)[:, None]


def main(length):
    """Train until the error on sequences that were never trained on is far below that of the constant answer."""
    rng = np.random.default_rng(0)
    model = Adder(32, rng)
    loss = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    test, sums = sequences(np.random.default_rng(1), 1000, length)
    print(f"{length} steps, {sum(p.size for p in model.parameters()):,} parameters; constant answer {CONSTANT:.4f}")

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
            print(f"answer {answer:.3f}, sum {wanted:.3f}")
    assert found < GOAL, found
    print(f"learned in {step} steps of 64 sequences, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
