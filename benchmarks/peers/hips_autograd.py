"""HIPS autograd. It has no layers; its optimizers are those of NumPy by hand."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

from importlib import metadata

import numpy
from workloads import Task

import autograd
import autograd.numpy as np
from autograd.tracer import isbox  # noqa: F401 - another package of that name has none
from peers.numpy_by_hand import optimizer_of, total

VERSIONS = {"HIPS autograd": metadata.version("autograd"), "NumPy": numpy.__version__}


def scalar_chain(w, data):
    def f(start):
        x, a, b = start
        for _ in range(data["rounds"]):
            x = np.tanh(x)
            x = x * a
            x = x + b
        return x * x

    both = autograd.value_and_grad(f)
    return Task(lambda: both(tuple(data["start"])), lambda found: [found[0], *found[1]])


def mlp(w, data):
    def loss_of(parameters, x, y):
        for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
            if i:
                x = np.maximum(x, 0) if w.activation == "relu" else np.tanh(x)
            x = np.dot(x, weight.T) + bias
        x = x - np.max(x, axis=1, keepdims=True)
        return -np.mean(x[np.arange(len(y)), y] - np.log(np.sum(np.exp(x), axis=1)))

    both = autograd.value_and_grad(loss_of)
    parameters, update, done = [], None, 0

    def reset():
        nonlocal update, done
        parameters[:] = [p.copy() for p in data["parameters"]]
        update, done = optimizer_of(w, parameters), 0

    def step():
        nonlocal done
        loss, gradients = both(parameters, data["X"][done % len(data["X"])], data["Y"][done % len(data["Y"])])
        update(gradients)
        done += 1
        return loss

    return Task(step, lambda loss: [loss], reset)


def elementwise(w, data):
    def f(arrays):
        x, weight, bias = arrays
        return np.sum(np.tanh(x * weight + bias) * (1 / (1 + np.exp(-x))) + np.exp(-x * x))

    both, arrays = autograd.value_and_grad(f), [data[name] for name in "xwb"]
    return Task(lambda: both(arrays), lambda found: [found[0], *map(total, found[1])])


def hessian(w, data):
    f = autograd.hessian(lambda v: np.sum(np.tanh(np.dot(data["A"], v)) ** 2))
    return Task(lambda: f(data["x"]), lambda h: [h.sum(), total(h), h[1, 2]])
