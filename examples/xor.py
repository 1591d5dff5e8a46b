"""Learn XOR with the smallest networks that can do it: 2-2-1 with sigmoid units, and with tanh units.

    python examples/xor.py

No straight line separates the two classes, so a single unit cannot learn XOR. Two hidden units can, but gradient
descent sometimes gets stuck in a local minimum. The example therefore fixes the seeds of the initial weights, and
counts how many of twenty seeds succeed.
"""

import numpy as np

import nn
import optim

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SEEDS = {"sigmoid": 1, "tanh": 0}
STEPS = 1000


def train(unit, seed):
    """The network, its final loss, and the step at which every output was right, or None if there was none."""
    nn.manual_seed(seed)
    model = nn.MLP([2, 2, 1], activation=unit, output_activation=unit).astype(np.float64)
    low, high, rate = (0.0, 1.0, 1.0) if unit == "sigmoid" else (-1.0, 1.0, 0.1)
    target = low + (high - low) * Y
    optimizer = optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    for step in range(STEPS):
        optimizer.zero_grad()
        out = model(X)
        loss = nn.functional.mse_loss(out, target)
        if (abs(out.numpy() - target) < 0.1 * (high - low)).all():
            return model, loss.item(), step
        loss.backward()
        optimizer.step()
    return model, loss.item(), None


def main():
    """Learn XOR with both kinds of units, and count the seeds that succeed."""
    for unit, seed in SEEDS.items():
        model, loss, learned = train(unit, seed)
        print(f"{unit}, seed {seed}: learned after {learned} steps, loss {loss:.4f}")
        for row, out in zip(X, model(X).numpy(), strict=True):
            print(f"  {row[0]:.0f} xor {row[1]:.0f}: {out[0]:6.3f}")
        assert learned is not None
        count = sum(train(unit, seed)[2] is not None for seed in range(20))
        print(f"  {count} of 20 seeds succeed within {STEPS} steps")
        assert count >= 10


if __name__ == "__main__":
    main()
