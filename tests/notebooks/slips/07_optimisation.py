"""Slips in notebook 07."""

STEP = "def momentum_step(w, v, g, lr, mu):\n    "

SLIPS = [
    (1, "rate = 2 / 3", "the derivative is 6w"),
    (1, "rate = 1 / 6", "reaches the minimum in one step"),
    (1, "rate = 6", "the second derivative itself"),
    (1, "rate = 2", "whose second derivative is 1"),
    (2, STEP + "return w + v, mu * v - lr * g", "the old velocity"),
    (2, STEP + "v = mu * v + lr * g\n    return w + v, v", "uphill"),
    (2, STEP + "v = mu * v + g\n    return w - lr * v, v", "PyTorch's convention"),
    (2, STEP + "v = mu * v + (1 - mu) * g\n    return w - lr * v, v", "the averaged form"),
    (2, STEP + "v = v - lr * g\n    return w + v, v", "did not multiply the old velocity by mu"),
    (3, "rate_in_pytorch = 0.5 / (1 - 0.9)", "the other direction"),
    (3, "rate_in_pytorch = 0.45", "instead of 1 - mu"),
    (3, "rate_in_pytorch = 0.5", "mean the same"),
    (4, "length = 0.01 * 0.002", "plain gradient descent"),
    (4, "length = 0.01 * 0.0002 / np.sqrt(0.001 * 0.002**2)", "not correct the averages for their start"),
    (4, "length = 0.01 * 0.002 / np.sqrt(0.001 * 0.002**2)", "only the average of the gradients"),
    (4, "length = 0.01 * 0.0002 / 0.002", "only the average of the squares"),
    (4, "length = 0.01 * 0.002 / 0.002**2", "the square root of the average"),
    (5, "distance = 4", "the same length"),
    (5, "distance = 1 + 1 / 2 + 1 / 3 + 1 / 4", "the square root is missing"),
    (5, "distance = 0.5", "the last step only"),
    (5, "distance = 7 * sum(t**-0.5 for t in [1, 2, 3, 4])", "cancels in the division"),
    (5, "distance = 1 + sum(t**-0.5 for t in [1, 2, 3])", "the current gradient out of the sum"),
    (6, "rate = 'small'", "not a learning rate"),
    (6, "rate = -0.1", "not a learning rate"),
    (6, "rate = 0.1", "leaves the ravine"),
    (6, "rate = 0.078", "from wall to wall"),
    (6, "rate = 0.04", "the rate is too small"),
]
