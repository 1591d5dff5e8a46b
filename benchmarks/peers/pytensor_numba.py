"""PyTensor, whose functions are written in its own language and compiled by numba."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import numpy as np
import pytensor
import pytensor.tensor as pt
from workloads import BATCHES, Task

VERSIONS = {"PyTensor": pytensor.__version__}
pytensor.config.mode = "NUMBA"


def mlp(w, data):
    if w.optimizer != "adam":  # one that has to do; twenty layers take minutes to compile
        return None
    parameters = [pytensor.shared(p) for p in data["parameters"]]
    m, v = ([pytensor.shared(np.zeros_like(p)) for p in data["parameters"]] for _ in "mv")
    t = pytensor.shared(np.float32(0.0))
    x, y = pt.fmatrix("x"), pt.lvector("y")
    h = x
    for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        h = (h if i == 0 else pt.maximum(h, np.float32(0))) @ weight.T + bias
    loss = (pt.logsumexp(h, axis=1) - h[pt.arange(w.batch), y]).mean()
    updates = [(t, t + np.float32(1))]
    one, beta1, beta2 = np.float32(1), np.float32(0.9), np.float32(0.999)
    for p, a, b, g in zip(parameters, m, v, pytensor.grad(loss, parameters), strict=True):
        new_a, new_b = beta1 * a + (one - beta1) * g, beta2 * b + (one - beta2) * g * g
        size = pt.sqrt(new_b / (one - beta2 ** updates[0][1])) + np.float32(1e-8)
        updates += [(a, new_a), (b, new_b)]
        updates += [(p, p - np.float32(w.lr) * (new_a / (one - beta1 ** updates[0][1])) / size)]
    update = pytensor.function([x, y], loss, updates=updates, trust_input=True)
    done = 0

    def reset():
        nonlocal done
        for p, start in zip(parameters, data["parameters"], strict=True):
            p.set_value(start)
        for a in [*m, *v, t]:
            a.set_value(a.get_value() * np.float32(0))
        done = 0

    def step():
        nonlocal done
        done += 1
        return update(data["X"][(done - 1) % BATCHES], data["Y"][(done - 1) % BATCHES])

    return Task(step, lambda loss: [float(loss)], reset)


def hessian(w, data):
    x = pt.dvector("x")
    value = (pt.tanh(pt.constant(data["A"]) @ x) ** 2).sum()
    f = pytensor.function([x], pytensor.gradient.hessian(value, x), trust_input=True)
    return Task(lambda: f(data["x"]), lambda h: [h.sum(), np.abs(h).sum(), h[1, 2]])
