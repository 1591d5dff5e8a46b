"""Slips in notebook 07."""

STEP = "def momentum_step(w, v, g, lr, mu):\n    "

SLIPS = [
    (1, "rate = 2 / 3", "the slope is 6w"),
    (1, "rate = 1 / 6", "arrives in one step"),
    (1, "rate = 6", "The curvature itself".lower()),
    (1, "rate = 2", "whose curvature is 1"),
    (2, STEP + "return w + v, mu * v - lr * g", "the old velocity"),
    (2, STEP + "v = mu * v + lr * g\n    return w + v, v", "uphill"),
    (2, STEP + "v = mu * v + g\n    return w - lr * v, v", "the convention of PyTorch"),
    (2, STEP + "v = mu * v + (1 - mu) * g\n    return w - lr * v, v", "this is the average"),
    (2, STEP + "v = v - lr * g\n    return w + v, v", "not multiplied with mu"),
    (3, "rate_in_pytorch = 0.5 / (1 - 0.9)", "the other direction"),
    (3, "rate_in_pytorch = 0.45", "in place of 1 - mu"),
    (3, "rate_in_pytorch = 0.5", "mean the same"),
    (4, "length = 0.01 * 0.002", "plain descent"),
    (4, "length = 0.01 * 0.0002 / np.sqrt(0.001 * 0.002**2)", "not corrected for their start"),
    (4, "length = 0.01 * 0.002 / np.sqrt(0.001 * 0.002**2)", "only the mean of the gradients"),
    (4, "length = 0.01 * 0.0002 / 0.002", "only the mean of the squares"),
    (4, "length = 0.01 * 0.002 / 0.002**2", "the root of the mean of the squares"),
    (5, "distance = 4", "constant"),
    (5, "distance = 1 + 1 / 2 + 1 / 3 + 1 / 4", "the root is missing"),
    (5, "distance = 0.5", "the last step alone"),
    (5, "distance = 7 * sum(t**-0.5 for t in [1, 2, 3, 4])", "does not matter"),
    (5, "distance = 1 + sum(t**-0.5 for t in [1, 2, 3])", "ends before this step"),
]
