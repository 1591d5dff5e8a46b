"""PyTorch, eager, as a user would write it."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import operator
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from workloads import BATCHES, Task, chain

torch.set_num_threads(1)

VERSIONS = {"PyTorch": torch.__version__}
KERNEL = f"MKL and oneDNN ({torch.backends.cpu.get_cpu_capability()})"


def prepared(function):
    """What is timed of a workload; compiled peers make something else of it."""
    return function


def number(v, **options):
    return torch.tensor(float(v), dtype=torch.float64, **options)


def scalar(w, data):
    inputs = [[number(v) for v in row] for row in data["X"]]
    labels = data["Y"].tolist()
    weights, biases, parameters = [], [], []

    def variables(array):
        return [number(v, requires_grad=True) for v in array]

    def reset():
        weights[:] = [[variables(row) for row in array] for array in data["parameters"][::2]]
        biases[:] = [variables(array) for array in data["parameters"][1::2]]
        parameters[:] = [p for array in weights for row in array for p in row] + [p for row in biases for p in row]

    def network(x):
        for layer, (rows, bias) in enumerate(zip(weights, biases, strict=True), start=1):
            x = [sum((wi * xi for wi, xi in zip(row, x, strict=True)), b) for row, b in zip(rows, bias, strict=True)]
            if layer < len(weights):
                x = [v.relu() for v in x]
        return x[0]

    def step():
        scores = [network(x) for x in inputs]
        loss = sum((1 + -y * s).relu() for y, s in zip(labels, scores, strict=True)) * (1.0 / len(labels))
        loss = loss + w.decay * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= w.lr * p.grad
        return loss

    return Task(step, lambda loss: [loss.item()], reset)


def scalar_chain(w, data):
    x0, a, b = leaves = [number(v, requires_grad=True) for v in data["start"]]

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
    batches = [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in zip(data["X"], data["Y"], strict=True)]
    optimizer = optimizer_of(w, parameters)
    forget = forgetting(optimizer)
    done = 0

    def reset():
        nonlocal done
        restart(parameters, data)
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
    """A function that makes the optimizer what it was at first: in place, as other tensors would be compiled anew."""

    def forget():
        with torch.no_grad():
            for state in optimizer.state.values():
                for value in filter(torch.is_tensor, state.values()):
                    value.zero_()

    return forget


def restart(parameters, data):
    with torch.no_grad():
        for p, start in zip(parameters, data["parameters"], strict=True):
            p.copy_(torch.from_numpy(start))


def optimizer_of(w, parameters):
    if w.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=w.lr)
    return torch.optim.SGD(parameters, lr=w.lr, momentum=w.momentum)


def adam(w, data):
    parameters = [nn.Parameter(torch.tensor(p)) for p in data["parameters"]]
    optimizer = None
    for p, g in zip(parameters, data["gradients"], strict=True):
        p.grad = torch.from_numpy(g)

    def reset():
        nonlocal optimizer
        restart(parameters, data)
        optimizer = optimizer_of(w, parameters)

    return Task(lambda: optimizer.step(), lambda _: [sum(total(p.detach()) for p in parameters)], reset)


def elementwise(w, data):
    leaves = x, weight, bias = [torch.tensor(data[name], requires_grad=True) for name in "xwb"]

    @prepared
    def step():
        for p in leaves:
            p.grad = None
        z = (torch.tanh(x * weight + bias) * torch.sigmoid(x) + torch.exp(-x * x)).sum()
        z.backward()
        return z

    return Task(step, lambda z: [z.item(), *[total(p.grad) for p in leaves]])


def hessian(w, data):
    matrix, x = torch.from_numpy(data["A"]), torch.from_numpy(data["x"])
    f = prepared(torch.func.hessian(lambda v: (torch.tanh(matrix @ v) ** 2).sum()))
    return Task(lambda: f(x), lambda h: [h.sum(), total(h), h[1, 2]])


def total(t):
    return t.abs().sum(dtype=torch.float64).item()


OPS = {
    "add": operator.add,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "matmul": operator.matmul,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}


def op(name, x, w, backward):
    f = OPS[name]
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    w = None if w is None else torch.tensor(w, dtype=torch.float64, requires_grad=True)
    leaves = [x] if w is None else [x, w]
    ones = torch.ones(x.shape, dtype=torch.float64)

    def step():
        out = chain(f, x, w)
        if backward:
            for p in leaves:
                p.grad = None
            out.backward(ones)
        return out

    return Task(step, lambda out: [v.sum().item() for v in [out, *([p.grad for p in leaves] if backward else [])]])


def lbfgs(f, start):
    x = leaf(start)
    limits = {"max_iter": 2000, "max_eval": 5000, "tolerance_grad": 1e-7, "tolerance_change": 0}
    optimizer = torch.optim.LBFGS([x], line_search_fn="strong_wolfe", **limits)

    def closure():
        optimizer.zero_grad()
        value = f(x)
        value.backward()
        return value

    optimizer.step(closure)
    return f(x).detach()


def value_and_grad(f):
    def both(start):
        x = leaf(start)
        value = f(x)
        value.backward()
        return value.item(), x.grad.numpy()

    return both


def leaf(a):
    return torch.from_numpy(np.array(a)).requires_grad_(True)


def put(p, array):
    with torch.no_grad():
        p.copy_(torch.from_numpy(array))


LIBRARY = SimpleNamespace(
    xp=torch,
    nn=nn,
    optim=torch.optim,
    prepared=lambda f: prepared(f),
    forgetting=forgetting,
    array=torch.from_numpy,
    leaf=leaf,
    set=put,
    kind=lambda p: str(p.dtype).removeprefix("torch."),
    numpy=lambda t: t.detach().numpy(),
    total=lambda t: total(t.detach()),
    float64=lambda model: model.double(),
    sort=lambda x: x.sort()[0],
    row_maxima=lambda x: x.max(1, keepdims=True)[0],
    jacobian=torch.func.jacrev,
    hessian=torch.func.hessian,
    hvp=lambda f, w, v: torch.autograd.functional.vhp(f, w, v)[1],
    value_and_grad=value_and_grad,
    lbfgs=lbfgs,
)
