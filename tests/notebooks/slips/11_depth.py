"""Slips in notebook 11."""

NORM = "def batch_norm(x, gamma, beta, eps):\n    "

SLIPS = [
    (1, "largest = 0.25**5", "the weights are missing"),
    (1, "largest = 2**5", "the derivatives of the sigmoid are missing"),
    (1, "largest = 5 * 2 * 0.25", "added the factors instead of multiplying"),
    (1, "largest = 0.5", "one unit"),
    (2, "std = 2 / np.sqrt(200)", "as on the slide"),
    (2, "std = 1 / np.sqrt(200)", "the value for tanh"),
    (2, "std = 2 / 200", "this is the variance"),
    (3, "spread = 100 * 0.01", "it is the variances that add up"),
    (3, "spread = 100 * 0.01**2", "this is the variance"),
    (3, "spread = 0.01**2", "of one product"),
    (
        4,
        NORM + "return gamma * (x - x.mean(0)) / np.sqrt(np.mean(x**2, 0) + eps) + beta",
        "did not subtract the mean for the variance",
    ),
    (4, NORM + "return gamma * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + eps) + beta", "the unbiased variance"),
    (
        4,
        NORM + "x = x.T\n    x = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)\n    return gamma * x.T + beta",
        "layer norm",
    ),
    (4, NORM + "return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta", "all numbers together"),
    (4, NORM + "return gamma * (x - x.mean(0)) / (x.std(0) + eps) + beta", "outside the square root"),
    (4, NORM + "return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)", "gamma and beta are missing"),
    (4, NORM + "return gamma * (x - x.mean(0)) / (x.var(0) + eps) + beta", "the square root is missing"),
    (5, "running_mean = 0.1 * (0.9 * 4) + 0.9 * 8", "which belongs to the new batch"),
    (5, "running_mean = 6", "the mean over both"),
    (5, "running_mean = 0.4 + 0.8", "did not multiply the old mean"),
    (5, "running_mean = 0.8", "you counted only the last batch"),
    (5, "running_mean = 0.4", "you counted only the first batch"),
]
