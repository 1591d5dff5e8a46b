"""Slips in the exercises of notebook 05."""

SLIPS = [
    (1, "def rule(g, x):\n    return g / x**2", "The sign"),
    (1, "def rule(g, x):\n    return g / x", "you used the rule of the logarithm"),
    (1, "def rule(g, x):\n    return -1 / x**2", "g is missing"),
    (2, "def slope(f, x, h):\n    return (f(x + h) - f(x)) / h", "you stepped to one side only"),
    (2, "def slope(f, x, h):\n    return (f(x + h) - f(x - h)) / h", "the two points are 2h apart"),
    (2, "def slope(f, x, h):\n    return (f(x - h) - f(x + h)) / (2 * h)", "The sign"),
    (3, "answer_3 = 'right'", "a small change decides which one wins"),
    (3, "answer_3 = 'wrong'", "the function has no derivative at this point"),
    (4, "answer_4 = 'cubed'", "comes last"),
    (4, "answer_4 = 'double'", "comes first"),
    (5, "mended = EXERCISES[5].program", "The check still finds: wrong"),
    (5, "mended = ''", "Change one line only"),
    (5, "mended = program.replace('gradcheck(loss, w)', 'gradcheck(np.sum, w)')", "Leave the check itself"),
    (6, "mended = program.replace('x.detach()', 'y')", "raises NameError"),
    (7, "mended = EXERCISES[17].program", "The check still finds: mutates"),
]
