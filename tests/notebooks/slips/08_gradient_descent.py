"""Slips in notebook 08."""

SLIPS = [
    (1, "rate = 2 / 3", "the derivative is 6w"),
    (1, "rate = 1 / 6", "reaches the minimum in one step"),
    (1, "rate = 6", "the second derivative itself"),
    (1, "rate = 2", "whose second derivative is 1"),
    (2, "deviation = 0.6 / (36 / 4)", "square root"),
    (2, "deviation = 0.6", "does not depend on the size of the batch"),
    (2, "deviation = 0.6 * 3", "instead of"),
    (3, "rate_for_the_sum = 0.5 * 20", "multipl"),
    (3, "rate_for_the_sum = 0.5", "20 times"),
    (4, "rate = 'small'", "not a learning rate"),
    (4, "rate = -0.1", "not a learning rate"),
    (4, "rate = 0.1", "leaves the ravine"),
    (4, "rate = 0.078", "from wall to wall"),
    (4, "rate = 0.04", "the rate is too small"),
]
