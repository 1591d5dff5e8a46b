"""Slips in the exercises of notebook 03."""

SLIPS = [
    (1, "shape_of_w = (5, 4)\nshape_of_c = (5, 1)", "you gave the shape of the result"),
    (1, "shape_of_w = (4,)\nshape_of_c = (1, 5)", "but not their order"),
    (2, "answer_2 = C", "The sum over axis 0 (4 entries) is missing"),
    (2, "answer_2 = C.sum(axis=1)", "you reduced over the wrong axis"),
    (2, "answer_2 = C.mean(axis=0)", "you took the mean instead of the sum"),
    (3, "def weight_gradient(G, X):\n    return X.T @ G", "This is the transpose"),
    (3, "def weight_gradient(G, X):\n    return -G.T @ X", "The sign"),
    (3, "def weight_gradient(G, X):\n    return G @ X", "raises ValueError"),
    (4, "def mean_square_gradient(a):\n    return 2 * a", "Did you forget 1/N (N is 8)"),
    (4, "def mean_square_gradient(a):\n    return a / 8", "2 is missing"),
    (5, "answer_5 = [0, 1, 0, 1]", "you counted the entry that is picked twice only once"),
    (5, "answer_5 = [1, 1, 1]", "not of x"),
]
