"""Slips in the exercises of notebook 01."""

SLIPS = [
    (1, "answer_1 = 6", "the inner derivative, that of 5w - 4, is missing"),
    (1, "answer_1 = 60", "twice what it should be. Did you forget a factor of 1/2"),
    (2, "answer_2 = 0.2616 * 0.42", "the input x is missing"),
    (2, "answer_2 = 2 * 0.2616", "the derivative of tanh is missing"),
    (2, "answer_2 = 2 * 0.2616 * 0.7616 * (1 - 0.7616)", "you used the derivative of the sigmoid"),
    (2, "answer_2 = (0.5 - 0.7616) * 0.42 * 2", "The sign"),
    (3, "def slope(z):\n    return 1.0", "the derivative of the other branch?"),
    (3, "def slope(z):\n    return 0.1 if z > 0 else 1.0", "you swapped the two cases"),
    (4, "answer_4 = 24", "the direct path from a to y is missing"),
    (4, "answer_4 = 13", "a factor on the path through c is missing"),
    (5, "answer_5 = 0.8 - 0.03", "The sign"),
    (5, "answer_5 = 0.8 + 0.3", "you forgot the learning rate"),
]
