"""Gradients from before: a program drops them where the function does, and an eager run after all finds them there."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import tensor


def batch(i):
    rng = np.random.default_rng(i)
    return rng.normal(size=(9, 6)).astype("f"), rng.integers(0, 3, 9)


def dropped(world, optimizer, loss_of):
    optimizer.zero_grad()


def by_hand(world, optimizer, loss_of):
    for p in world.model.parameters():
        p.grad = None


def of_the_model(world, optimizer, loss_of):
    world.model.zero_grad()


def filled(world, optimizer, loss_of):
    optimizer.zero_grad(set_to_none=False)


def one_of_them(world, optimizer, loss_of):
    world.model[0].weight.grad = None


def put_back(world, optimizer, loss_of):
    first = world.model[0].weight
    kept, first.grad = first.grad, None
    np.sum(np.ones(2))
    first.grad = kept


def exchanged(world, optimizer, loss_of):
    one, two = world.model[0].bias, world.model[1].bias
    one.grad, two.grad = two.grad, one.grad


def read_before(world, optimizer, loss_of):
    world.total = sum((g * g).sum() for p in world.model.parameters() if (g := p.grad) is not None)
    optimizer.zero_grad()


DROPPING = (dropped, by_hand, of_the_model, filled, one_of_them, put_back, exchanged, read_before)
ORDERS = ("before the forward pass", "after it", "after the inverse")


def maker(World, dropping, order):
    def make():
        model = nn.Sequential(nn.Linear(6, 6, rng=0), nn.Linear(6, 3, rng=1))
        optimizer, loss_of = optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss()
        world = World(model, optimizer, total=0.0)

        def step(x, y):
            if order == ORDERS[0]:
                dropping(world, optimizer, loss_of)
            h = model[0](x)
            if order == ORDERS[1]:
                dropping(world, optimizer, loss_of)
            scale = np.linalg.inv(x[:6].T @ x[:6])  # which may be singular
            if order == ORDERS[2]:
                dropping(world, optimizer, loss_of)
            loss = loss_of(model[1](h @ scale), y)  # which refuses labels that name no class
            loss.backward()
            optimizer.step()
            return loss

        return world, step

    return make


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dropping", DROPPING)
def test_old_gradients_go_when_eager_lets_them_go(dropping, order, beside_eager, World):
    def arguments(i):
        x, y = batch(i)
        if i in (9, 14):
            y[3] = 7
        if i in (11, 16):
            x[:] = 0.0
        if i in (12, 18):
            x[:] = np.nan
        return x, y

    with np.errstate(all="ignore"):
        compiled, _ = beside_eager(maker(World, dropping, order), arguments, steps=20)
    replayed = sum(program.replays for program in compiled._programs)
    assert replayed or dropping in (read_before, put_back, exchanged), compiled.explain()


@pytest.mark.parametrize("name", ["grad", "_grad"])
def test_a_gradient_that_is_dropped_and_put_back(name):
    w = tensor(np.ones(2), requires_grad=True)
    w.grad = np.array([3.0, 4.0])

    def step(x):
        kept = getattr(w, name)
        setattr(w, name, None)
        y = x * 2.0
        setattr(w, name, kept)
        return y

    compiled = autograd.compile(step)
    for i in range(8):
        compiled(np.ones(2) * i)
    assert compiled._programs[0].replays
    assert w.grad.tolist() == [3.0, 4.0]


def test_an_eager_run_after_all_finds_gradients_where_they_were(beside_eager, World):
    def make():
        w = tensor(np.ones(2), requires_grad=True)
        world, loss_of = World(w=w), nn.CrossEntropyLoss()

        def step(x, y):
            first, w.grad = w.grad is None, None
            loss = loss_of(w * x, y)
            loss.backward()
            world.gradient = w.grad
            return loss, first

        return world, step

    def arguments(i):
        x = np.ones((3, 2)) * i
        x[0, 0] = np.inf if i == 8 else 1.0  # logits that are not finite are summed another way
        return x, np.array([0, 1, 0])

    with np.errstate(all="ignore"):
        compiled, _ = beside_eager(make, arguments, steps=12)
    assert compiled._programs[0].replays
    assert sum(program.missed for program in compiled._programs), compiled.explain()


def test_a_gradient_that_somebody_holds_stays_what_it_was(World):
    world, step = maker(World, dropped, ORDERS[0])()
    compiled = autograd.compile(step)
    held = []
    for i in range(12):
        compiled(*batch(i))
        held += [(p.grad, p.grad.copy()) for p in world.model.parameters()]
    assert compiled._programs[0].replays
    assert all(np.array_equal(a, b) for a, b in held)
    assert len({id(a) for a, _ in held}) == len(held)


def test_an_interrupted_replay_has_dropped_them_as_eager_has():
    w = tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w], lr=lambda t: interrupt() if t == 8 else 0.1)

    def interrupt():
        raise KeyboardInterrupt

    def step(x):
        optimizer.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(8):
        compiled(np.ones(2))
    with pytest.raises(KeyboardInterrupt):
        compiled(np.ones(2))
    assert compiled._programs[0].replays
    assert w.grad.tolist() == [1.0, 1.0]
