"""Slips in notebook 10."""

SIZE = "def size(n, k, s, p):\n    return "

SLIPS = [
    (1, "result = [2, 2, 7]", "this is the correlation"),
    (1, "result = [2, 4, 1, 5, 6]", "beyond the ends"),
    (1, "result = [4, 5]", "moved by two"),
    (1, "result = [5, 1, 4]", "their order is not"),
    (2, SIZE + "(n + 2 * p - k) // s", "plus 1"),
    (2, SIZE + "(n + p - k) // s + 1", "on both sides"),
    (2, SIZE + "(n + 2 * p - k) / s + 1", "there is no half place"),
    (2, SIZE + "(n + 2 * p) // s + 1", "the kernel was left out"),
    (2, SIZE + "(n + 2 * p - k + 1) // s", "behind the division"),
    (2, SIZE + "(n - k) // s + 1", "the padding was left out"),
    (3, "parameters_of_conv = 16 * 3 * 5 * 5", "the biases are missing"),
    (3, "parameters_of_conv = 16 * 5 * 5 + 16", "all three colours"),
    (3, "parameters_of_conv = 16 * 3 * 5 + 16", "25 weights in the plane"),
    (3, "parameters_of_conv = 16 * 3 * (5 * 5 + 1)", "not for each kernel"),
    (4, "gradient = [1, 3]", "not only the first"),
    (4, "gradient = [-2.5, -0.5]", "the mean over the places"),
    (4, "gradient = [-6, -4]", "only the second place"),
    (4, "gradient = [4, 5]", "left out"),
    (4, "gradient = [1, -4]", "mirrored"),
    (4, "gradient = [5, 1]", "The sign"),
    (5, "connections_of_h1 = 768 * 9", "the biases are missing"),
    (5, "connections_of_h1 = 12 * 9 + 768", "these are the parameters"),
    (5, "connections_of_h1 = 12 * 256 * 10", "the stride is 2"),
    (5, "connections_of_h1 = 64 * 10", "twelve maps"),
    (5, "connections_of_h1 = 768 * 26", "5 by 5"),
]
