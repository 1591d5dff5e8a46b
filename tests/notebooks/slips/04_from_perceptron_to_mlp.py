"""Slips in notebook 04."""

SLIPS = [
    (1, "w1, w2, threshold = 1, 1, 1.5", "flip the signs of all three numbers"),
    (1, "w1, w2, threshold = -1, -1, -1", "this is NOR"),
    (1, "w1, w2, threshold = -1, -1, -2.5", "always outputs 1"),
    (2, "after = [2, -0.5, 0.5]", "The sign is wrong: the change from the old value"),
    (2, "after = [-1, -2, -1]", "Did you forget the rate"),
    (2, "after = [0, -1.5, 0]", "you did not update the bias"),
    (2, "after = [0.5, -1.5, -0.5]", "you did not multiply the correction by the inputs"),
    (2, "after = [1, -1, 0]", "you took the output to be correct"),
    (3, "after = [0.8, -0.6, -0.1]", "instead of the sum"),
    (3, "after = [0.4, -0.8, -0.3]", "twice what it should be"),
    (3, "after = [0.7, -0.65, 0]", "you did not update the bias"),
    (3, "after = [0.85, -0.65, -0.15]", "you did not multiply the correction by the inputs"),
    (4, "V, c = W_1 @ W_2, W_2 @ b_1 + b_2", "you swapped the two matrices"),
    (4, "V, c = W_2 @ W_1, b_1 + b_2", "did not pass through the second"),
    (4, "V, c = W_2 @ W_1, W_2 @ b_1", "the bias of the second layer is missing"),
    (4, "V, c = (W_2 @ W_1).T, W_2 @ b_1 + b_2", "This is the transpose"),
    (5, "V, w = [[1, -1], [-1, 1]], [1, -1]", "which makes the network linear"),
    (5, "V, w = [[1, -1], [1, -1]], [1, 0]", "only the case x1 > x2"),
    (5, "V, w = [[-1, 1], [-1, 1]], [0, 1]", "only the case x2 > x1"),
]
