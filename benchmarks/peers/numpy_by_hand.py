"""NumPy alone: the gradients worked out by hand and written down as in a textbook.

`scalar` is computed with matrices here, not number by number, and `scalar_chain` with Python's numbers: both say what
the arithmetic costs without a graph, not what another library would do.
"""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import math
import operator

import numpy as np
from cases import float64_parameters, normal
from numpy.lib.stride_tricks import sliding_window_view
from workloads import CHAIN, WORKLOADS, Task, chain

from peers.cases_by_hand import CASES

VERSIONS = {"NumPy": np.__version__}


def scalar(w, data):
    x, y = data["X"], data["Y"]
    parameters = []

    def reset():
        parameters[:] = [p.copy() for p in data["parameters"]]

    def step():
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = np.maximum(x @ w1.T + b1, 0)
        h2 = np.maximum(h1 @ w2.T + b2, 0)
        margins = np.maximum(1 - y * (h2 @ w3.T + b3)[:, 0], 0)
        loss = margins.mean() + w.decay * sum((p * p).sum() for p in parameters)
        dz3 = (-(y * (margins > 0)) / len(y))[:, None]
        dz2 = dz3 @ w3 * (h2 > 0)
        dz1 = dz2 @ w2 * (h1 > 0)
        gradients = [dz1.T @ x, dz1.sum(0), dz2.T @ h1, dz2.sum(0), dz3.T @ h2, dz3.sum(0)]
        for p, g in zip(parameters, gradients, strict=True):
            p -= w.lr * (g + 2 * w.decay * p)
        return loss

    return Task(step, lambda loss: [loss], reset)


def scalar_chain(w, data):
    x0, a, b = data["start"]

    def step():
        x, tanhs = x0, []
        for _ in range(data["rounds"]):
            t = math.tanh(x)
            tanhs.append(t)
            x = t * a + b
        g = 2 * x
        da = db = 0.0
        for t in reversed(tanhs):
            db += g
            da += g * t
            g = g * a * (1 - t * t)
        return x * x, g, da, db

    return Task(step, list)


def mlp(w, data):
    return training(w, data, network(w.activation == "relu", cross_entropy))


def mlp_float64():
    data = {name: [normal(name.lower(), 16, n, kind="float64")] for name, n in (("X", 20), ("Y", 1))}
    return training(WORKLOADS["mlp_small"], {**data, "parameters": float64_parameters()}, network(True, mean_square))


CASES = {**CASES, "mlp_float64": mlp_float64}


def network(relu, loss_function):
    def loss_and_gradients(parameters, x, y):
        weights, biases = parameters[::2], parameters[1::2]
        values = [x]
        for weight, bias in zip(weights, biases, strict=True):
            z = values[-1] @ weight.T + bias
            values.append(np.maximum(z, 0) if relu else np.tanh(z))
        loss, dz = loss_function(z, y)
        gradients = []
        for k in reversed(range(len(weights))):
            gradients += [dz.sum(0), dz.T @ values[k]]
            if k:
                dh = dz @ weights[k]
                dz = dh * (values[k] > 0) if relu else dh * (1 - values[k] ** 2)
        return loss, gradients[::-1]

    return loss_and_gradients


def cnn(w, data):
    def loss_and_gradients(parameters, x, y):
        w1, b1, w2, b2, w3, b3 = parameters
        z1, patches1 = convolve(x, w1, b1)
        h1 = np.maximum(z1, 0)
        p1 = pool(h1)
        z2, patches2 = convolve(p1, w2, b2)
        h2 = np.maximum(z2, 0)
        p2 = pool(h2)
        flat = p2.reshape(len(x), -1)
        loss, dz3 = cross_entropy(flat @ w3.T + b3, y)
        dz2 = unpool((dz3 @ w3).reshape(p2.shape), h2, p2) * (h2 > 0)
        dw2, db2, dp1 = convolve_back(dz2, patches2, w2)
        dz1 = unpool(dp1, h1, p1) * (h1 > 0)
        dw1, db1, _ = convolve_back(dz1, patches1, w1, input_too=False)
        return loss, [dw1, db1, dw2, db2, dz3.T @ flat, dz3.sum(0)]

    return training(w, data, loss_and_gradients)


def convolve(x, weight, bias):
    """A 5 x 5 convolution with a margin of 2, as one product of matrices."""
    n, channels, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    windows = sliding_window_view(padded, (5, 5), axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
    patches = windows.reshape(n * height * width, channels * 25)
    z = patches @ weight.reshape(len(weight), -1).T + bias
    return z.reshape(n, height, width, -1).transpose(0, 3, 1, 2), patches


def convolve_back(dz, patches, weight, input_too=True):
    n, _, height, width = dz.shape
    rows = dz.transpose(0, 2, 3, 1).reshape(n * height * width, -1)
    dweight, dbias = (rows.T @ patches).reshape(weight.shape), rows.sum(0)
    if not input_too:
        return dweight, dbias, None
    dpatches = (rows @ weight.reshape(len(weight), -1)).reshape(n, height, width, -1, 5, 5).transpose(0, 3, 1, 2, 4, 5)
    dx = np.zeros((n, weight.shape[1], height + 4, width + 4), dz.dtype)
    for i in range(5):
        for j in range(5):
            dx[:, :, i : i + height, j : j + width] += dpatches[..., i, j]
    return dweight, dbias, dx[:, :, 2:-2, 2:-2]


def pool(x):
    n, channels, height, width = x.shape
    return x.reshape(n, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5))


def unpool(g, x, pooled):
    def enlarge(a):
        return a.repeat(2, axis=2).repeat(2, axis=3)

    return enlarge(g) * (x == enlarge(pooled))


def cross_entropy(z, y):
    """The mean over the batch, and its gradient."""
    rows = np.arange(len(y))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[rows, y]).mean()
    p[rows, y] -= 1
    return loss, p / len(y)


def mean_square(z, y):
    """The mean over the batch, and its gradient."""
    return ((z - y) ** 2).mean(), 2 * (z - y) / y.size


def training(w, data, loss_and_gradients):
    """The usual loop over minibatches."""
    parameters = []
    update = None
    done = 0

    def reset():
        nonlocal update, done
        parameters[:] = [p.copy() for p in data["parameters"]]
        update = optimizer_of(w, parameters)
        done = 0

    def step():
        nonlocal done
        x, y = data["X"][done % len(data["X"])], data["Y"][done % len(data["X"])]
        done += 1
        loss, gradients = loss_and_gradients(parameters, x, y)
        update(gradients)
        return loss

    return Task(step, lambda loss: [loss], reset)


def optimizer_of(w, parameters):
    m = [np.zeros_like(p) for p in parameters]
    v = [np.zeros_like(p) for p in parameters]
    t = 0

    def adam_step(gradients):
        nonlocal t
        t += 1
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g * g
            p -= w.lr * (m[i] / (1 - 0.9**t)) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)

    def sgd_step(gradients):
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            if w.momentum:
                m[i] = g = w.momentum * m[i] + g
            p -= w.lr * g

    return adam_step if w.optimizer == "adam" else sgd_step


def adam(w, data):
    parameters = []
    update = None

    def reset():
        nonlocal update
        parameters[:] = [p.copy() for p in data["parameters"]]
        update = optimizer_of(w, parameters)

    return Task(lambda: update(data["gradients"]), lambda _: [sum(total(p) for p in parameters)], reset)


def elementwise(w, data):
    x, weight, bias = (data[name] for name in "xwb")

    def step():
        t = np.tanh(x * weight + bias)
        s = 1 / (1 + np.exp(-x))
        e = np.exp(-x * x)
        du = s * (1 - t * t)
        return (t * s + e).sum(), du * weight + t * s * (1 - s) - 2 * x * e, du * x, du

    return Task(step, lambda results: [results[0], *map(total, results[1:])])


def hessian(w, data):
    """A product with each unit vector: what a loop over the columns costs."""
    matrix, x = data["A"], data["x"]

    def step():
        t = np.tanh(matrix @ x)
        u = 1 - t * t
        columns = []
        for column in matrix.T:
            dt = u * column
            columns.append(matrix.T @ (2 * dt * u - 4 * t * t * dt))
        return np.array(columns)

    return Task(step, lambda h: [h.sum(), total(h), h[1, 2]])


def total(a):
    return np.abs(a).sum(dtype=float)


# --- single ops: the function, and the gradients of its operands ------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


OPS = {
    "add": (operator.add, lambda g, x, w, out: (g, g)),
    "multiply": (operator.mul, lambda g, x, w, out: (g * w, g * x)),
    "divide": (operator.truediv, lambda g, x, w, out: (g / w, -g * out / w)),
    "matmul": (operator.matmul, lambda g, x, w, out: (g @ w.T, x.T @ g)),
    "tanh": (np.tanh, lambda g, x, out: g * (1 - out * out)),
    "sigmoid": (sigmoid, lambda g, x, out: g * (out * (1 - out))),
    "relu": (relu, lambda g, x, out: g * (out > 0)),
}


def op(name, x, w, backward):
    f, derivative = OPS[name]
    if isinstance(x, float):
        x, w = np.float64(x), w and np.float64(w)
    ones = np.ones_like(x)[()]
    if not backward:
        return Task(lambda: chain(f, x, w), lambda out: [out.sum()])

    def binary():
        values = [x]
        for _ in range(CHAIN):
            values.append(f(values[-1], w))
        g, dw = ones, 0.0
        for k in reversed(range(CHAIN)):
            g, d = derivative(g, values[k], w, values[k + 1])
            dw = dw + d
        return values[-1], g, dw

    def unary():
        values = [x]
        for _ in range(CHAIN):
            values.append(f(values[-1]))
        g = ones
        for k in reversed(range(CHAIN)):
            g = derivative(g, values[k], values[k + 1])
        return values[-1], g

    return Task(unary if w is None else binary, lambda results: [v.sum() for v in results])
