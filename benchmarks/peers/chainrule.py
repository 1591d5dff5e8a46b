"""chainrule, through its public names, as a user would write it."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import operator
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

try:
    metadata.distribution("chainrule")
except metadata.PackageNotFoundError:  # not installed: take the checkout that this file belongs to
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from workloads import BATCHES, Task, chain

import autograd
import nn
import optim
from autograd import tensor

VERSIONS = {"chainrule": autograd.__version__, "NumPy": np.__version__}


def prepared(function):
    """What is timed of a workload; compiled peers make something else of it."""
    return function


def scalar(w, data):
    inputs = [[tensor(float(v)) for v in row] for row in data["X"]]
    labels = data["Y"].tolist()

    def variables(array):
        return [tensor(float(v), requires_grad=True) for v in array]

    weights = [[variables(row) for row in array] for array in data["parameters"][::2]]
    biases = [variables(array) for array in data["parameters"][1::2]]
    parameters = [p for array in weights for row in array for p in row] + [p for row in biases for p in row]
    start = [p.item() for p in parameters]

    def reset():
        for p, value in zip(parameters, start, strict=True):
            p.data = value

    def network(x):
        for layer, (rows, bias) in enumerate(zip(weights, biases, strict=True), start=1):
            x = [sum((wi * xi for wi, xi in zip(row, x, strict=True)), b) for row, b in zip(rows, bias, strict=True)]
            if layer < len(weights):
                x = [v.relu() for v in x]
        return x[0]

    @prepared
    def step():
        scores = [network(x) for x in inputs]
        loss = sum((1 + -y * s).relu() for y, s in zip(labels, scores, strict=True)) * (1.0 / len(labels))
        loss = loss + w.decay * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data -= w.lr * p.grad
        return loss

    return Task(step, lambda loss: [loss.item()], reset)


def scalar_chain(w, data):
    x0, a, b = leaves = [tensor(v, requires_grad=True) for v in data["start"]]

    @prepared
    def step():
        for p in leaves:
            p.grad = None
        x = x0
        for _ in range(data["rounds"]):
            x = x.tanh()
            x = x * a
            x = x + b
        out = x * x
        out.backward()
        return out

    return Task(step, lambda out: [out.item(), *[p.grad for p in leaves]])


def mlp(w, data):
    layers = []
    for n, m in zip(w.sizes, w.sizes[1:], strict=False):
        layers += [nn.Linear(n, m), nn.ReLU() if w.activation == "relu" else nn.Tanh()]
    return training(w, data, nn.Sequential(*layers[:-1]))


def cnn(w, data):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    return training(w, data, model)


def training(w, data, model):
    """The usual loop over minibatches."""
    parameters = list(model.parameters())
    loss_function = nn.CrossEntropyLoss()
    batches = list(zip(data["X"], data["Y"], strict=True))
    optimizer = optimizer_of(w, parameters)
    forget = forgetting(optimizer)
    done = 0

    def reset():
        nonlocal done
        for p, start in zip(parameters, data["parameters"], strict=True):
            p.data = start.copy()
        forget()
        done = 0

    @prepared
    def update(x, y):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def step():
        nonlocal done
        done += 1
        return update(*batches[(done - 1) % BATCHES])

    return Task(step, lambda loss: [loss.item()], reset)


def forgetting(optimizer):
    """A function that makes the optimizer what it is now."""
    state = optimizer.state_dict()
    return lambda: optimizer.load_state_dict(state)


def optimizer_of(w, parameters):
    if w.optimizer == "adam":
        return optim.Adam(parameters, lr=w.lr)
    return optim.SGD(parameters, lr=w.lr, momentum=w.momentum)


def adam(w, data):
    parameters = [nn.Parameter(p) for p in data["parameters"]]
    optimizer = None

    def reset():
        nonlocal optimizer
        for p, start, g in zip(parameters, data["parameters"], data["gradients"], strict=True):
            p.data = start.copy()
            p.grad = g
        optimizer = optimizer_of(w, parameters)

    return Task(lambda: optimizer.step(), lambda _: [sum(np.abs(p.data).sum(dtype=float) for p in parameters)], reset)


def elementwise(w, data):
    leaves = x, weight, bias = [tensor(data[name], requires_grad=True) for name in "xwb"]

    @prepared
    def step():
        for p in leaves:
            p.grad = None
        z = (np.tanh(x * weight + bias) * x.sigmoid() + np.exp(-x * x)).sum()
        z.backward()
        return z

    return Task(step, lambda z: [z.item(), *[np.abs(p.grad).sum(dtype=float) for p in leaves]])


def hessian(w, data):
    matrix = data["A"]
    f = prepared(autograd.hessian(lambda x: (np.tanh(matrix @ x) ** 2).sum()))
    return Task(lambda: f(data["x"]), lambda h: [h.sum(), np.abs(h).sum(), h[1, 2]])


OPS = {
    "add": operator.add,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "matmul": operator.matmul,
    "tanh": autograd.Tensor.tanh,
    "sigmoid": autograd.Tensor.sigmoid,
    "relu": autograd.Tensor.relu,
}


def op(name, x, w, backward):
    f = OPS[name]
    x = tensor(x, requires_grad=True)
    w = None if w is None else tensor(w, requires_grad=True)
    leaves = [x] if w is None else [x, w]
    ones = np.ones(x.shape)

    def step():
        out = chain(f, x, w)
        if backward:
            for p in leaves:
                p.grad = None
            out.backward(ones)
        return out

    return Task(step, lambda out: [v.sum() for v in [out.data, *([p.grad for p in leaves] if backward else [])]])


def lbfgs(f, start):
    return optim.minimize(f, start, tolerance=1e-6, max_steps=2000).value


def put(p, array):
    p.data = array


def to_numpy(a):
    return a.data if isinstance(a, autograd.Tensor) else np.asarray(a)


LIBRARY = SimpleNamespace(
    xp=np,
    nn=nn,
    optim=optim,
    prepared=lambda f: prepared(f),
    forgetting=forgetting,
    array=lambda a: a,
    leaf=lambda a: tensor(a, requires_grad=True),
    set=put,
    kind=lambda p: p.dtype.name,
    numpy=to_numpy,
    total=lambda a: np.abs(to_numpy(a)).sum(dtype=float),
    float64=lambda model: model.astype("float64"),
    sort=np.sort,
    row_maxima=lambda x: x.max(axis=1, keepdims=True),
    jacobian=autograd.jacobian,
    hessian=autograd.hessian,
    hvp=lambda f, w, v: autograd.hvp(f, (w,), (v,)),
    value_and_grad=autograd.value_and_grad,
    lbfgs=lbfgs,
)
