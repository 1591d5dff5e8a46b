"""micrograd: single numbers only. It has no tanh; that is added here in the style of its own ops."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import math
import operator
from importlib import metadata

from micrograd.engine import Value
from micrograd.nn import MLP
from workloads import Task, chain

VERSIONS = {"micrograd": metadata.version("micrograd")}


def tanh(x):
    t = math.tanh(x.data)
    out = Value(t, (x,), "tanh")

    def _backward():
        x.grad += (1 - t * t) * out.grad

    out._backward = _backward
    return out


def scalar(w, data):
    inputs, labels = data["X"].tolist(), data["Y"].tolist()
    model = MLP(w.sizes[0], list(w.sizes[1:]))

    def reset():
        arrays = data["parameters"]
        for layer, rows, biases in zip(model.layers, arrays[::2], arrays[1::2], strict=True):
            for neuron, row, bias in zip(layer.neurons, rows, biases, strict=True):
                neuron.b.data = float(bias)
                for v, start in zip(neuron.w, row, strict=True):
                    v.data = float(start)

    def step():
        scores = [model([Value(v) for v in row]) for row in inputs]
        losses = [(1 + -y * s).relu() for y, s in zip(labels, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + w.decay * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= w.lr * p.grad
        return loss

    return Task(step, lambda loss: [loss.data], reset)


def scalar_chain(w, data):
    x0, a, b = leaves = [Value(v) for v in data["start"]]

    def step():
        for p in leaves:
            p.grad = 0
        x = x0
        for _ in range(data["rounds"]):
            x = tanh(x)
            x = x * a
            x = x + b
        out = x * x
        out.backward()
        return out

    return Task(step, lambda out: [out.data, *[p.grad for p in leaves]])


OPS = {"add": operator.add, "multiply": operator.mul, "divide": operator.truediv, "tanh": tanh, "relu": Value.relu}


def op(name, x, w, backward):
    if name not in OPS or not isinstance(x, float):
        return None
    f = OPS[name]
    x = Value(x)
    w = None if w is None else Value(w)
    leaves = [x] if w is None else [x, w]

    def step():
        out = chain(f, x, w)
        if backward:
            for p in leaves:
                p.grad = 0
            out.backward()
        return out

    return Task(step, lambda out: [out.data, *([p.grad for p in leaves] if backward else [])])
