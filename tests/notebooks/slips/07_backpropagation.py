"""Slips in the exercises of notebook 07."""

SLIPS = [
    (1, "def output_delta(y, t):\n    return (t - y) * y * (1 - y)", "The sign"),
    (1, "def output_delta(y, t):\n    return y - t", "the derivative of the sigmoid is missing"),
    (1, "def output_delta(y, t):\n    return 2 * (y - t) * y * (1 - y)", "Did you forget a factor of 1/2"),
    (1, "def output_delta(y, t):\n    return (y - t) * (y - (1 - y))", "you subtracted instead of multiplying"),
    (2, "def hidden_delta(d, W, y):\n    return (d @ W.T) * (1 - y**2)", "you transposed the weight"),
    (2, "def hidden_delta(d, W, y):\n    return d @ W", "the derivative of tanh is missing"),
    (2, "def hidden_delta(d, W, y):\n    return (d @ W) * y * (1 - y)", "you used the derivative of the sigmoid"),
    (3, "def score_gradient(p, t):\n    return p - t", "Did you forget 1/N (N is 5)"),
    (3, "def score_gradient(p, t):\n    return (t - p) / 5", "The sign"),
    (3, "def score_gradient(p, t):\n    return -t / p / 5", "not the scores"),
    (4, "answer_4 = 0.6 * 0.7", "the target is missing"),
    (4, "answer_4 = 0.2 * 0.3", "from the first hidden unit to the second output"),
    (4, "answer_4 = 0.6 * 0.3", "you used the other output"),
    (5, "answer_5 = 0.150219", "The sign"),
    (5, "answer_5 = 0.149818", "you used the output weights after their update"),
    (5, "answer_5 = 0.1495614", "Did you forget the learning rate"),
    (5, "answer_5 = 0.149666", "you counted only one of the two paths"),
]
