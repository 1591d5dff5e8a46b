"""XOR, learned by the smallest networks that can: 2-2-1 with sigmoid units, and with tanh units.

No straight line separates the two classes, so a single unit cannot learn it; two hidden units can, but gradient descent
sometimes stops in a local minimum, so the seeds of the first weights are stated, and it is counted how many of twenty
seeds succeed. Run it with ``python examples/xor.py``.
"""

import numpy as np

import nn
import optim

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SEEDS = {"sigmoid": 1, "tanh": 0}
STEPS = 1000


def train(unit, seed):
    """The network, its last loss, and the step after which every output was right; None if that did not happen."""
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
    """Learn it with both units, and count."""
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
