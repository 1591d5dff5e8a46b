"""Slips in notebook 06."""

SLIPS = [
    (1, "w, b = 9 / 5, 0", "the column of ones"),
    (1, "w, b = 0.5, 1.5", "you swapped w and b"),
    (1, "w, b = 1.5, 1", "the first and the last point only"),
    (2, "def slope(x, w, b, t):\n    return (sigmoid(w * x + b) - t) * x", "the derivative of the sigmoid is missing"),
    (2, "def slope(x, w, b, t):\n    h = sigmoid(w * x + b)\n    return (t - h) * h * (1 - h) * x", "The sign"),
    (2, "def slope(x, w, b, t):\n    h = sigmoid(w * x + b)\n    return 2 * (h - t) * h * (1 - h) * x", "twice"),
    (
        2,
        "def slope(x, w, b, t):\n    h = sigmoid(w * x + b)\n    return (h - t) * h * (1 - h)",
        "derivative with respect to b",
    ),
    (
        2,
        "def slope(x, w, b, t):\n    h = sigmoid(w * x + b)\n    s = sigmoid(h)\n    return (h - t) * s * (1 - s) * x",
        "at its output",
    ),
    (3, "def gradient(X, t, w, b):\n    return X.T @ (sigmoid(X @ w + b) - t)", "Did you forget 1/N"),
    (3, "def gradient(X, t, w, b):\n    return X.T @ (t - sigmoid(X @ w + b)) / len(X)", "The sign"),
    (
        3,
        "def gradient(X, t, w, b):\n    h = sigmoid(X @ w + b)\n    return X.T @ ((h - t) * h * (1 - h)) / len(X)",
        "that squared error has",
    ),
    (3, "def gradient(X, t, w, b):\n    return (sigmoid(X @ w + b) - t)[:, None] * X", "mean over axis 0"),
    (3, "def gradient(X, t, w, b):\n    return X @ (sigmoid(X @ w + b) - t) / len(X)", "raises ValueError"),
    (4, "change = 0.125 * 0.25", "The sign"),
    (4, "change = 0.125 * 0.875", "only the first probability"),
    (4, "change = 0.125 * 0.75", "only if the indices are equal"),
    (4, "change = 0", "does not depend on the second score"),
    (5, "scores = [0.8, 0.25, 16 / 42]", "you swapped precision and recall"),
    (5, "scores = [0.25, 0.8, 0.525]", "arithmetic mean"),
    (5, "scores = [0.25, 0.8, 0.2**0.5]", "geometric mean"),
    (5, "scores = [0.25, 0.8, 8 / 42]", "the factor 2 is missing"),
]
