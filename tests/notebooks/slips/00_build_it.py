"""Slips in the exercises of notebook 00."""

PASS = """
def my_backward(result):
    order = topological_order(result)
    for value in order:
        value.grad = 0.0
    result.grad = {seed}
    for value in {order}:
        for operand, gradient in contributions(value):
            operand.grad {sign} gradient
"""
VISIT = """
def my_topological_order(result):
    order = []

    def visit(value):
        {before}
        for operand in value.operands:
            visit(operand)
        {after}

    visit(result)
    return order{turned}
"""

SLIPS = [
    (1, "def my_product_rule(g, y, a, b):\n    return g * a, g * b", "you swapped the two factors"),
    (1, "def my_product_rule(g, y, a, b):\n    return b, a", "you forgot the gradient that arrives"),
    (1, "def my_product_rule(g, y, a, b):\n    return g, g", "you used the rule of the sum"),
    (1, "def my_product_rule(g, y, a, b):\n    return -g * b, -g * a", "The sign is wrong"),
    (2, "def my_tanh_rule(g, y, a):\n    return (1 - y**2,)", "you forgot the gradient that arrives"),
    (2, "def my_tanh_rule(g, y, a):\n    return (g * (1 - np.tanh(y) ** 2),)", "you applied tanh to y again"),
    (2, "def my_tanh_rule(g, y, a):\n    return (g * (1 - a**2),)", "you squared a in place of y"),
    (2, "def my_tanh_rule(g, y, a):\n    return (g * y * (1 - y),)", "you used the derivative of the sigmoid"),
    (2, "def my_tanh_rule(g, y, a):\n    return g * (1 - y**2)", "The numbers are right, but not the shape"),
    (3, VISIT.format(before="pass", after="order.append(value)", turned=""), "is used twice is in your list twice"),
    (
        3,
        VISIT.format(before="if value in order: return", after="order.append(value)", turned="[::-1]"),
        "your list runs from the result to the inputs",
    ),
    (
        3,
        VISIT.format(before="order.append(value) if value not in order else 0", after="pass", turned="[::-1]"),
        "a value comes before one of its operands",
    ),
    (3, "def my_topological_order(result):\n    return [*result.operands, result]", "some values are missing"),
    (4, PASS.format(seed="1.0", order="reversed(order)", sign="="), "a contribution replaces the earlier ones"),
    (4, PASS.format(seed="1.0", order="order", sign="+="), "you went through the values in forward order"),
    (4, PASS.format(seed="0.0", order="reversed(order)", sign="+="), "the gradient of the result itself is 0"),
    (
        6,
        "def my_unbroadcast(g, shape):\n    return g.sum(axis=tuple(range(g.ndim - len(shape))))",
        "but not over the axes of length 1",
    ),
    (
        6,
        "def my_unbroadcast(g, shape):\n"
        "    g = g.sum(axis=tuple(range(g.ndim - len(shape))))\n"
        "    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))",
        "the axes of length 1 are gone",
    ),
    (7, "def my_matmul_rule(g, y, a, b):\n    return a.T @ g, g @ b.T", "you swapped the gradients of a and b"),
    (7, "def my_matmul_rule(g, y, a, b):\n    return g @ b, a @ g", "Your function raises ValueError"),
    (
        5,
        "def my_descend(parameters, lr):\n    for p in parameters:\n        p.data = p.data + lr * p.grad",
        "you moved along the gradient",
    ),
    (
        5,
        "def my_descend(parameters, lr):\n    for p in parameters:\n        p.data = p.data - p.grad",
        "you forgot the learning rate",
    ),
    (
        5,
        "def my_descend(parameters, lr):\n    for p in parameters:\n        p.data = -lr * p.grad",
        "you forgot the old value",
    ),
]
