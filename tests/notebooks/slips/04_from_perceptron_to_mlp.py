"""Slips in notebook 04."""

SLIPS = [
    (1, "w1, w2, threshold = 1, 1, 1.5", "all signs have to be turned"),
    (1, "w1, w2, threshold = -1, -1, -1", "this is NOR"),
    (1, "w1, w2, threshold = -1, -1, -2.5", "always answers"),
    (2, "after = [2, -0.5, 0.5]", "The sign: the change from the old value"),
    (2, "after = [-1, -2, -1]", "is the rate forgotten"),
    (2, "after = [0, -1.5, 0]", "the bias was left as it was"),
    (2, "after = [0.5, -1.5, -0.5]", "not multiplied with the inputs"),
    (2, "after = [1, -1, 0]", "taken to be right"),
    (3, "after = [0.8, -0.6, -0.1]", "in place of the sum"),
    (3, "after = [0.4, -0.8, -0.3]", "twice what it should be"),
    (3, "after = [0.7, -0.65, 0]", "the bias was left as it was"),
    (3, "after = [0.85, -0.65, -0.15]", "not multiplied with the inputs"),
    (4, "V, c = W_1 @ W_2, W_2 @ b_1 + b_2", "the two matrices have changed places"),
    (4, "V, c = W_2 @ W_1, b_1 + b_2", "did not pass through the second"),
    (4, "V, c = W_2 @ W_1, W_2 @ b_1", "the bias of the second layer is missing"),
    (4, "V, c = (W_2 @ W_1).T, W_2 @ b_1 + b_2", "The transpose"),
    (5, "V, w = [[1, -1], [-1, 1]], [1, -1]", "the bend is gone"),
    (5, "V, w = [[1, -1], [1, -1]], [1, 0]", "only the case x1 > x2"),
    (5, "V, w = [[-1, 1], [-1, 1]], [0, 1]", "only the case x2 > x1"),
]
