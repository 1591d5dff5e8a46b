"""Every op, module and optimizer of the tables, compiled beside eager over several calls with other numbers each."""

import sys

import numpy as np
import pytest
from op_samples import weights

import autograd
import nn
import optim
from autograd import Tensor
from autograd.ops import transcendental
from optim import lr_scheduler


def is_floating(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def was_replayed(compiled):
    return any(program.replays + program.verified for program in compiled._programs)


def weighted(out):
    parts = out if isinstance(out, tuple) else (out,)
    return sum(np.sum(part * weights(np.zeros(part.shape, part.dtype))) for part in parts if isinstance(part, Tensor))


def test_every_op(live_sample, beside_eager, World):
    sample = live_sample
    function, attributes, live = sample.op.function, sample.attributes, tuple(sample.live)

    def make():
        return World(), autograd.value_and_grad(lambda *xs: weighted(function(*xs, **attributes)), live)

    def arguments(i):
        return [x * (1.0 + 1e-3 * i) if is_floating(x) else x for x in sample.arrays()]

    compiled, _ = beside_eager(make, arguments, steps=5)
    assert was_replayed(compiled), compiled.explain()


@pytest.mark.parametrize("name", ["erf", "ndtr"])
def test_the_error_function_without_scipy(name, beside_eager, World, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    transcendental.error_function.cache_clear()
    try:
        slope = autograd.value_and_grad(lambda x: np.sum(getattr(transcendental, name)(x)))
        compiled, _ = beside_eager(lambda: (World(), slope), lambda i: [np.linspace(-2.0, 2.0, 5) + i])
    finally:
        transcendental.error_function.cache_clear()
    assert was_replayed(compiled), compiled.explain()


def total(out):
    parts = out if isinstance(out, tuple) else (out,)
    return sum((total(p) if isinstance(p, tuple) else p.sum()) for p in parts)


def test_every_module_and_loss(case, beside_eager, World):
    def make():
        nn.manual_seed(1)
        model = case.make().train(case.training)
        parameters = list(model.parameters())
        optimizer = optim.SGD(parameters, lr=0.01) if parameters else None

        def step(*inputs):
            loss = total(model(*inputs))
            if optimizer is None:
                return loss.detach() if isinstance(loss, Tensor) else loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return World(model, optimizer), step

    def arguments(i):
        return [
            x.astype("float32") if is_floating(x) else x for x in case.inputs(np.random.default_rng(i), case.least + 3)
        ]

    several_ways = "everything" in case.name  # batches in which all labels count, and others
    compiled, _ = beside_eager(make, arguments, steps=12 if several_ways else 6)
    assert was_replayed(compiled), compiled.explain()


def regression(make_optimizer, World):
    def make():
        model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))
        optimizer, loss = make_optimizer(model.parameters()), nn.MSELoss()

        def step(x, y):
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            return value

        return World(model, optimizer), step

    return make


def numbers(i, n=5):
    rng = np.random.default_rng(i)
    return rng.normal(size=(n, 3)).astype("f"), rng.normal(size=(n, 2)).astype("f")


def test_every_optimizer(optimizer, beside_eager, World):
    compiled, _ = beside_eager(regression(optimizer.make, World), numbers)
    assert was_replayed(compiled), compiled.explain()


def test_every_optimizer_with_groups(optimizer, beside_eager, World):
    """Of the second group what all optimizers can have: a schedule, weight decay, the way uphill."""
    others = {"lr": optim.exponential(0.01, 0.9), "weight_decay": lambda t: 0.1 / (1 + t), "maximize": True}
    others = {name: value for name, value in others.items() if name in optimizer.optimizer.rules}

    def make(params):
        first, *rest = params
        return optimizer.optimizer([{"params": [first]}, {"params": rest, **others}], **optimizer.hyper)

    compiled, _ = beside_eager(regression(make, World), numbers)
    assert was_replayed(compiled), compiled.explain()


SCHEDULES = [
    optim.constant(0.1),
    optim.step_decay(0.1, 2),
    optim.multi_step(0.1, (2, 5)),
    optim.exponential(0.1, 0.9),
    optim.polynomial(0.1, 5),
    optim.cosine(0.1, 5),
    optim.one_cycle(0.1, 8),
    optim.inverse_time(10.0, 20.0),
    optim.warmup(3, then=0.1),
    optim.chain({0: 0.1, 3: optim.exponential(0.1, 0.9)}),
    lambda t: 0.1 / (1 + t),
]


def test_every_schedule_has_a_row():
    named = {getattr(optim, name) for name in optim.__all__}
    assert {s for s in named if isinstance(s, type) and issubclass(s, optim.Schedule)} - {optim.Schedule} == {
        type(s) for s in SCHEDULES
    } - {type(lambda: None)}


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
def test_a_schedule_is_an_input(schedule, beside_eager, World):
    compiled, _ = beside_eager(regression(lambda p: optim.Adam(p, lr=schedule), World), numbers)
    assert was_replayed(compiled)
    assert compiled._traced == 3  # once without gradients, twice with them


SCHEDULERS = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2, gamma=0.5),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, 9),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=3), lr_scheduler.ExponentialLR(o, 0.9)], [3]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.1, 3), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler_s_rate_is_an_input(name, inside, beside_eager, World):
    """Whether it is stepped by the compiled function or between its calls."""
    stepped = {}

    def make():
        world, once = regression(lambda p: optim.Adam(p, lr=0.1), World)()
        world.rates = []
        scheduler = stepped[id(world)] = SCHEDULERS[name](world.optimizer)

        def step(x, y):
            value = once(x, y)
            if inside:
                scheduler.step()
            return value

        return world, step

    def before(world, i):
        if i and not inside:
            stepped[id(world)].step()
        world.rates.append([(group["lr"], group["betas"]) for group in world.optimizer.param_groups])

    compiled, world = beside_eager(make, numbers, steps=8, before=before)
    assert was_replayed(compiled), compiled.explain()
    assert compiled._traced == 3
    assert len({lr for [(lr, _)] in world.rates}) > 2


def test_what_a_scheduler_decides_by_numbers_stays_outside(beside_eager, World):
    def make():
        world, once = regression(lambda p: optim.SGD(p, lr=0.1), World)()
        scheduler = lr_scheduler.ReduceLROnPlateau(world.optimizer, patience=0)

        def step(x, y):
            value = once(x, y)
            scheduler.step(value)
            return value

        return world, step

    compiled, world = beside_eager(make, numbers, before=lambda world, i: None)
    assert not was_replayed(compiled)
    assert "depends on the value of a metric: call its step outside" in compiled.explain()
    assert world.optimizer.present_lr() != [0.1]


def test_a_scheduler_that_is_told_the_epoch_stays_outside(beside_eager, World):
    def make():
        world, once = regression(lambda p: optim.SGD(p, lr=0.1), World)()
        scheduler = lr_scheduler.CosineAnnealingWarmRestarts(world.optimizer, 5)
        return world, lambda x, y: (once(x, y), scheduler.step(world.optimizer.t / 2))[0]

    compiled, _ = beside_eager(make, numbers)
    assert not was_replayed(compiled)
