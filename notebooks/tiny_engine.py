"""The finished engine of notebook 00: reverse-mode autodiff and a network that learns, in 60 lines of code.

It shares no code with the library. Notebook 00 builds it piece by piece, and falls back on it where a piece is missing.
"""

import numpy as np


class Value:
    """An array, how it was computed, and the gradient of the result with respect to it."""

    __array_ufunc__ = None  # leaves `array * value` to __rmul__

    def __init__(self, data, op=None, operands=(), name=None):
        self.data = np.asarray(data, dtype=float)
        self.op, self.operands, self.name, self.grad = op, operands, name, None

    def __add__(self, other):
        return apply("+", self, other)

    def __sub__(self, other):
        return apply("-", self, other)

    def __mul__(self, other):
        return apply("*", self, other)

    def __matmul__(self, other):
        return apply("@", self, other)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        return apply("tanh", self)

    def sum(self):
        return apply("sum", self)


FORWARD = {"+": np.add, "-": np.subtract, "*": np.multiply, "@": np.matmul, "tanh": np.tanh, "sum": np.sum}

RULES = {  # the gradient g of the result y becomes the gradients of the operands a and b
    "+": lambda g, y, a, b: (g, g),
    "-": lambda g, y, a, b: (g, -g),
    "*": lambda g, y, a, b: (g * b, g * a),
    "@": lambda g, y, a, b: (g @ b.T, a.T @ g),
    "tanh": lambda g, y, a: (g * (1 - y**2),),
    "sum": lambda g, y, a: (g * np.ones_like(a),),
    None: lambda g, y: (),  # an input has no operands
}


def apply(op, *operands):
    """Compute an operation, and remember it."""
    operands = tuple(v if isinstance(v, Value) else Value(v) for v in operands)
    return Value(FORWARD[op](*(v.data for v in operands)), op, operands)


def topological_order(value, order=None):
    """A value and all values that it was computed from, each after its operands."""
    order = [] if order is None else order
    if value not in order:
        for operand in value.operands:
            topological_order(operand, order)
        order.append(value)
    return order


def contributions(value):
    """The operands of a value, each with the gradient that the value sends to it."""
    gradients = RULES[value.op](value.grad, value.data, *(v.data for v in value.operands))
    return [(v, unbroadcast(np.asarray(g), v.data.shape)) for v, g in zip(value.operands, gradients, strict=True)]


def unbroadcast(g, shape):
    """Sum a gradient over the axes along which an array of this shape was repeated."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def backward(result):
    """Give every value in the graph its gradient."""
    order = topological_order(result)
    for value in order:
        value.grad = np.zeros_like(value.data)
    result.grad = np.ones_like(result.data)
    for value in reversed(order):
        for operand, gradient in contributions(value):
            operand.grad = operand.grad + gradient


def mlp(x, layers):
    """A multi-layer perceptron of tanh units. Each layer is a pair of weights and biases."""
    for weights, biases in layers:
        x = (x @ weights + biases).tanh()
    return x


def descend(parameters, lr):
    """Move every parameter against its gradient."""
    for p in parameters:
        p.data = p.data - lr * p.grad
