"""What notebook 00 needs besides the engine: `part` checks a piece of it."""

import numpy as np
import tiny_engine

from nn.exercises import judge


def part(mine, expected, *, tried=None, **options):
    """Print whether a piece of the engine is right. Return it if so, and the finished piece otherwise.

    ``tried`` turns the piece into what is compared; the default compares the piece itself, a function.
    """
    exercise, finished, slips = PIECES[mine.__name__]
    verdict = judge(mine if tried is None else tried(mine), expected, slips=slips, **options)
    print(f"{exercise}: {verdict}")
    if not verdict.right:
        print("Until it is right, the notebook uses the finished piece.")
    return mine if verdict.right else finished


def ordering(function):
    """One word for what a function makes of several graphs; "ordered" if it is a topological order of each."""
    a, b = tiny_engine.Value(2.0), tiny_engine.Value(-3.0)
    c = a * b
    results = [c * (c + a), (c + a) * c, example(a, b)]
    words = [_described(function(result), result) for result in results]
    return next((word for word in words if word != "ordered"), "ordered")


def _described(order, result):
    if order is None or order is ...:
        return order
    order = list(order)
    if len(order) > len(set(order)):
        return "repeated"
    if set(order) != set(tiny_engine.topological_order(result)):
        return "incomplete"
    place = {value: i for i, value in enumerate(order)}
    arrows = [place[value] - place[operand] for value in order for operand in value.operands]
    return "ordered" if min(arrows) > 0 else "reversed" if max(arrows) < 0 else "early"


def gradients(function, *, seed=1.0, add=True, backwards=True):
    """The gradients of a function of two numbers by a backward pass that may have a mistake."""

    def run(*numbers):
        inputs = [tiny_engine.Value(number) for number in numbers]
        result = function(*inputs)
        order = tiny_engine.topological_order(result)
        for value in order:
            value.grad = 0.0
        result.grad = seed
        for value in reversed(order) if backwards else order:
            for operand, gradient in tiny_engine.contributions(value):
                operand.grad = operand.grad + gradient if add else gradient
        return tuple(value.grad for value in inputs)

    return run


def example(a, b):
    """A function in which numbers are used several times."""
    c = a * b
    return (c + a).tanh() * c - b


def _leading_axes_only(g, shape):
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


# For each gap: the exercise, the finished piece, and the mistakes that the check recognizes.
PIECES = {
    "my_product_rule": (
        "Exercise 1",
        tiny_engine.RULES["*"],
        {
            "you swapped the two factors": lambda g, y, a, b: (g * a, g * b),
            "you forgot the gradient that arrives, g": lambda g, y, a, b: (b, a),
            "you used the rule of the sum": lambda g, y, a, b: (g, g),
        },
    ),
    "my_tanh_rule": (
        "Exercise 2",
        tiny_engine.RULES["tanh"],
        {
            "you forgot the gradient that arrives, g": lambda g, y, a: (1 - y**2,),
            "you applied tanh to y again: y is already tanh(a)": lambda g, y, a: (g * (1 - np.tanh(y) ** 2),),
            "you squared a in place of y": lambda g, y, a: (g * (1 - a**2),),
            "you used the derivative of the sigmoid": lambda g, y, a: (g * y * (1 - y),),
        },
    ),
    "my_topological_order": (
        "Exercise 3",
        tiny_engine.topological_order,
        {
            "a value that is used twice is in your list twice": "repeated",
            "some values are missing": "incomplete",
            "a value comes before one of its operands": "early",
            "your list runs from the result to the inputs": "reversed",
        },
    ),
    "my_backward": (
        "Exercise 4",
        tiny_engine.backward,
        {
            "a contribution replaces the earlier ones; it has to be added to them": gradients(example, add=False),
            "you went through the values in forward order": gradients(example, backwards=False),
            "the gradient of the result itself is 0 in your pass; it is 1": gradients(example, seed=0.0),
        },
    ),
    "my_descend": (
        "Exercise 5",
        tiny_engine.descend,
        {
            "you moved along the gradient, which increases the loss": lambda start, g, lr: start + lr * g,
            "you forgot the learning rate": lambda start, g, lr: start - g,
            "you forgot the old value": lambda start, g, lr: -lr * g,
        },
    ),
    "my_unbroadcast": (
        "Exercise 6",
        tiny_engine.unbroadcast,
        {
            "you summed over the leading axes, but not over the axes of length 1": _leading_axes_only,
            "the axes of length 1 are gone; keepdims=True keeps them": (
                lambda g, shape: np.squeeze(tiny_engine.unbroadcast(g, shape))
            ),
        },
    ),
    "my_matmul_rule": (
        "Exercise 7",
        tiny_engine.RULES["@"],
        {"you swapped the gradients of a and b": lambda g, y, a, b: (a.T @ g, g @ b.T)},
    ),
}
