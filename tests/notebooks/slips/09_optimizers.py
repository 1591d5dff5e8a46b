"""Slips in notebook 09."""

STEP = "def momentum_step(w, v, g, lr, mu):\n    "

SLIPS = [
    (1, STEP + "return w + v, mu * v - lr * g", "the old velocity"),
    (1, STEP + "v = mu * v + lr * g\n    return w + v, v", "uphill"),
    (1, STEP + "v = mu * v + g\n    return w - lr * v, v", "PyTorch's convention"),
    (1, STEP + "v = mu * v + (1 - mu) * g\n    return w - lr * v, v", "the averaged form"),
    (1, STEP + "v = v - lr * g\n    return w + v, v", "did not multiply the old velocity by mu"),
    (2, "rate_in_pytorch = 0.5 / (1 - 0.9)", "the other direction"),
    (2, "rate_in_pytorch = 0.45", "instead of 1 - mu"),
    (2, "rate_in_pytorch = 0.5", "mean the same"),
    (3, "length = 0.01 * 0.002", "plain gradient descent"),
    (3, "length = 0.01 * 0.0002 / np.sqrt(0.001 * 0.002**2)", "not correct the averages for their start"),
    (3, "length = 0.01 * 0.002 / np.sqrt(0.001 * 0.002**2)", "only the average of the gradients"),
    (3, "length = 0.01 * 0.0002 / 0.002", "only the average of the squares"),
    (3, "length = 0.01 * 0.002 / 0.002**2", "the square root of the average"),
    (4, "distance = 4", "the same length"),
    (4, "distance = 1 + 1 / 2 + 1 / 3 + 1 / 4", "the square root is missing"),
    (4, "distance = 0.5", "the last step only"),
    (4, "distance = 7 * sum(t**-0.5 for t in [1, 2, 3, 4])", "cancels in the division"),
    (4, "distance = 1 + sum(t**-0.5 for t in [1, 2, 3])", "the current gradient out of the sum"),
]
