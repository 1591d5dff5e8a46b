"""Random programs of NumPy calls, with views, writes in place, masks and reductions, compiled beside eager."""

import gc
import sys

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import tensor

UNARY = (np.tanh, np.exp, np.negative, np.abs, np.square, np.sin, lambda x: x * 0.5, lambda x: 1.0 / (1.0 + x * x))
BINARY = (np.add, np.multiply, np.subtract, np.maximum, lambda x, y: np.where(x > y, x, 0.1 * y))
SHAPED = (
    lambda x: x.T,
    lambda x: x[::-1],
    lambda x: x[:, 1:2] + x,
    lambda x: x.reshape(-1)[: x.size].reshape(x.shape),
    lambda x: np.concatenate([x[1:], x[:1]]),
    lambda x: x - x.mean(axis=0),
    lambda x: x / (1.0 + np.abs(x).max(axis=1, keepdims=True)),
    lambda x: x @ x.T @ x * 0.1,
    lambda x: np.sort(x, axis=0),
    lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
    lambda x: np.cumsum(x, axis=1),
    lambda x: np.stack([x, x * 2.0]).sum(axis=0),
)


def writes(x, y, kind):
    """Changes in place, of memory that others look at."""
    z = x.copy()
    view = z[1:]
    if kind == 0:
        view *= 2.0
    elif kind == 1:
        z[0] = y[0]
    elif kind == 2:
        np.add(z, y, out=z)
    elif kind == 3:
        view[:, 0] = 0.0
        z += view.sum()
    return z + view.sum()


def program(seed, *, plain):
    """A function of two square matrices, made of steps that a seed chooses. ``plain``: arrays in and out."""
    steps = np.random.default_rng(seed)
    plan = [steps.integers(0, 1000, 4).tolist() for _ in range(steps.integers(3, 12))]

    def run(x, y):
        values = [x, y]
        for kind, first, second, which in plan:
            a, b = values[first % len(values)], values[second % len(values)]
            if kind % 4 == 0:
                values.append(UNARY[which % len(UNARY)](a))
            elif kind % 4 == 1:
                values.append(BINARY[which % len(BINARY)](a, b))
            elif kind % 4 == 2 or not plain:
                values.append(SHAPED[which % (len(SHAPED) if plain else 8)](a))
            else:
                values.append(writes(a, b, which % 4))
        if plain:
            return values[-1], [values[-2], {"all": values[2:]}]
        return sum(np.sum(np.tanh(v)) for v in values)

    return run


def matrices(i):
    rng = np.random.default_rng(1000 + i)
    return rng.normal(size=(3, 3)), rng.normal(size=(3, 3))


def check(seed, beside_eager, World):
    for function in (program(seed, plain=True), autograd.value_and_grad(program(seed, plain=False), (0, 1))):
        compiled, _ = beside_eager(lambda function=function: (World(), function), matrices, steps=5)
        assert compiled._programs, compiled.explain()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed, beside_eager, World):
    check(seed, beside_eager, World)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("part", range(20))
def test_many_random_programs(part, beside_eager, World):
    for seed in range(1000 + 100 * part, 1100 + 100 * part):
        check(seed, beside_eager, World)


@pytest.mark.long
def test_a_hundred_thousand_steps_of_a_network(World):
    """At each of ten checkpoints all state is eager's, and no memory has come to what there was at the first."""

    def make():
        nn.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.1, rng=3), nn.Linear(8, 3))
        world = World(model, optim.Adam(model.parameters(), lr=lambda t: 1e-2 / (1 + 1e-4 * t)))
        loss_of = nn.CrossEntropyLoss()

        def step(x, y):
            world.optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            world.optimizer.step()
            return loss

        return world, step

    (eager_world, eager), (world, step) = make(), make()
    compiled, rng, blocks = autograd.compile(step), np.random.default_rng(0), []
    for i in range(100_000):
        n = 5 if i % 10 == 9 else 8
        x, y = rng.normal(size=(n, 6)).astype("f"), rng.integers(0, 3, n)
        assert compiled(x, y).data.tobytes() == eager(x, y).data.tobytes()
        if i % 10_000 == 9_999:
            assert world.state() == eager_world.state()
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    assert max(blocks[1:]) - blocks[1] < 200, blocks
    assert sum(program.replays for program in compiled._programs) > 90_000, compiled.explain()


@pytest.mark.long
def test_a_hundred_thousand_steps():
    w = tensor(np.zeros(3), requires_grad=True)
    by_hand = np.zeros(3)

    def step(x, y):
        loss = ((x @ w - y) ** 2).mean()
        w.grad = None
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss

    twin = tensor(by_hand, requires_grad=True)

    def eager(x, y):
        loss = ((x @ twin - y) ** 2).mean()
        twin.grad = None
        loss.backward()
        twin.data -= 0.1 * twin.grad
        return loss

    compiled = autograd.compile(step)
    rng = np.random.default_rng(0)
    for _ in range(100_000):
        x, y = rng.normal(size=(4, 3)), rng.normal(size=4)
        assert float(compiled(x, y)) == float(eager(x, y))
    assert w.data.tobytes() == twin.data.tobytes()
