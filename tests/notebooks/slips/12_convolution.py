"""Slips in notebook 12."""

SIZE = "def size(n, k, s, p):\n    return "

SLIPS = [
    (1, "result = [2, 2, 7]", "this is the correlation"),
    (1, "result = [2, 4, 1, 5, 6]", "beyond the ends"),
    (1, "result = [4, 5]", "moved the kernel by two"),
    (1, "result = [5, 1, 4]", "but not their order"),
    (2, SIZE + "(n + 2 * p - k) // s", "which adds 1"),
    (2, SIZE + "(n + p - k) // s + 1", "on one side only"),
    (2, SIZE + "(n + 2 * p - k) / s + 1", "there are no half positions"),
    (2, SIZE + "(n + 2 * p) // s + 1", "left out the length of the kernel"),
    (2, SIZE + "(n + 2 * p - k + 1) // s", "before the division"),
    (2, SIZE + "(n - k) // s + 1", "you left out the padding"),
    (3, "parameters_of_conv = 16 * 3 * 5 * 5", "the biases are missing"),
    (3, "parameters_of_conv = 16 * 5 * 5 + 16", "only one colour"),
    (3, "parameters_of_conv = 16 * 3 * 5 + 16", "5 weights per colour"),
    (3, "parameters_of_conv = 16 * 3 * (5 * 5 + 1)", "one bias per colour"),
    (4, "gradient = [1, 3]", "only the first position"),
    (4, "gradient = [-2.5, -0.5]", "the mean over the positions"),
    (4, "gradient = [-6, -4]", "only the second position"),
    (4, "gradient = [4, 5]", "left out the gradient"),
    (4, "gradient = [1, -4]", "you mirrored the kernel"),
    (4, "gradient = [5, 1]", "The sign"),
    (5, "connections_of_h1 = 768 * 9", "the biases are missing"),
    (5, "connections_of_h1 = 12 * 9 + 768", "you counted the parameters"),
    (5, "connections_of_h1 = 12 * 256 * 10", "with stride 2"),
    (5, "connections_of_h1 = 64 * 10", "twelve maps"),
    (5, "connections_of_h1 = 768 * 26", "still used the kernel of 5 by 5"),
]
