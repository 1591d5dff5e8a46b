"""JAX: whole steps under `jax.jit`; parameters and the state of the optimizer go in and come out."""

# ruff: noqa: D103 - a function makes the task of the workload of its name

import os

import jax
import jax.numpy as jnp
import numpy as np
from cases import float64_parameters, logistic_data, normal
from workloads import WORKLOADS, Task

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)
allowed = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(allowed)})  # by which XLA decides how many threads to start
jnp.zeros(()).block_until_ready()
for thread in os.listdir("/proc/self/task"):
    os.sched_setaffinity(int(thread), allowed)

VERSIONS = {"JAX": jax.__version__}
KERNEL = "XLA for the CPU (Eigen, oneDNN)"


def scalar_chain(w, data):
    """By `lax.scan`: written out, it does not compile in reasonable time."""

    def f(x, a, b):
        x, _ = jax.lax.scan(lambda x, _: (jnp.tanh(x) * a + b, None), x, None, length=data["rounds"])
        return x * x

    both, start = jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2))), [jnp.asarray(v) for v in data["start"]]
    return Task(lambda: jax.block_until_ready(both(*start)), lambda found: [float(v) for v in (found[0], *found[1])])


def mlp(w, data):
    act = jax.nn.relu if w.activation == "relu" else jnp.tanh

    def loss_of(parameters, x, y):
        for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
            x = (x if i == 0 else act(x)) @ weight + bias
        return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean()

    return training(w, data["parameters"], list(zip(data["X"], data["Y"], strict=True)), loss_of)


def training(w, parameters, batches, loss_of):
    update = adam_update if w.optimizer == "adam" else sgd_update

    def both(state, x, y):
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x, y)
        return loss, update(w, state, gradients)

    both = jax.jit(both, donate_argnums=0)

    batches = [(jnp.asarray(x), jnp.asarray(y)) for x, y in batches]
    state, done = None, 0

    def reset():
        nonlocal state, done
        start = [jnp.array(p.T) for p in parameters]
        state, done = (start, *([jnp.zeros_like(p) for p in start] for _ in "mv"), jnp.zeros((), "float32")), 0

    def step():
        nonlocal state, done
        loss, state = both(state, *batches[done % len(batches)])
        done += 1
        return jax.block_until_ready(loss)

    return Task(step, lambda loss: [float(loss)], reset)


def adam_update(w, state, gradients):
    parameters, m, v, t = state
    t = t + 1
    m = [0.9 * a + 0.1 * g for a, g in zip(m, gradients, strict=True)]
    v = [0.999 * a + 0.001 * g * g for a, g in zip(v, gradients, strict=True)]
    new = [
        p - w.lr * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8)
        for p, a, b in zip(parameters, m, v, strict=True)
    ]
    return new, m, v, t


def sgd_update(w, state, gradients):
    return [p - w.lr * g for p, g in zip(state[0], gradients, strict=True)], *state[1:]


def elementwise(w, data):
    def f(x, weight, bias):
        return (jnp.tanh(x * weight + bias) * jax.nn.sigmoid(x) + jnp.exp(-x * x)).sum()

    both, arrays = jax.jit(jax.value_and_grad(f, argnums=(0, 1, 2))), [jnp.asarray(data[name]) for name in "xwb"]
    return Task(lambda: jax.block_until_ready(both(*arrays)), lambda found: [float(found[0]), *map(total, found[1])])


def hessian(w, data):
    matrix, x = jnp.asarray(data["A"]), jnp.asarray(data["x"])
    f = jax.jit(jax.hessian(lambda v: (jnp.tanh(matrix @ v) ** 2).sum()))
    return Task(lambda: jax.block_until_ready(f(x)), lambda h: [float(h.sum()), total(h), float(h[1, 2])])


def mlp_float64():
    def loss_of(parameters, x, y):
        for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
            x = (x if i == 0 else jax.nn.relu(x)) @ weight + bias
        return ((x - y) ** 2).mean()

    batch = normal("x", 16, 20, kind="float64"), normal("y", 16, 1, kind="float64")
    return training(WORKLOADS["mlp_small"], float64_parameters(), [batch], loss_of)


def logistic_regression():
    x, y = map(jnp.asarray, logistic_data())

    def loss_of(w, b):
        p = jax.nn.sigmoid(w * x + b)
        return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()

    @jax.jit
    def update(w, b):
        dw, db = jax.grad(loss_of, argnums=(0, 1))(w, b)
        return w - 0.5 * dw, b - 0.5 * db

    def step():
        w = b = jnp.zeros(())
        for _ in range(1000):
            w, b = update(w, b)
        return jax.block_until_ready((w, b))

    return Task(step, lambda pair: [total(p) for p in pair])


CASES = {"mlp_float64": mlp_float64, "logistic_regression": logistic_regression}


def total(a):
    return np.abs(np.asarray(a)).sum(dtype=float)
