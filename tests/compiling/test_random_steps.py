"""Random training steps, compiled beside eager, while random things happen between the calls."""

import random
from functools import partial

import numpy as np
import pytest

import nn
import optim
from autograd import no_grad, tensor

pytestmark = pytest.mark.filterwarnings("ignore::nn.PrecisionWarning")

BETWEEN = {nn.Tanh: (), nn.ReLU: (), nn.GELU: (), nn.LayerNorm: (6,), nn.BatchNorm1d: (6,), nn.Dropout: (0.3,)}
OPTIMIZERS = (
    optim.SGD, partial(optim.SGD, momentum=0.9), optim.Adam, optim.AdamW, optim.RMSprop, optim.NAdam, optim.Lion,
    optim.Adagrad, optim.Adadelta, optim.RAdam, optim.Adamax, optim.Rprop,
)  # fmt: skip
PARTS = (
    "twice", "clip the norm", "clip values", "fill with zeros", "hooks", "noise", "penalty", "shrink in place",
    "sparse", "carry a Tensor", "carry an average", "keep the loss", "add numbers", "count", "average weights",
    "evaluate",
)  # fmt: skip
EVENTS = {
    "weight": lambda world, i: setattr(world, "weight", 1.0 / i),
    "eval": lambda world, i: world.model.eval(),
    "train": lambda world, i: world.model.train(),
    "rate": lambda world, i: world.optimizer.param_groups[0].__setitem__("lr", 0.002 * i),
    "no gradients": lambda world, i: [setattr(p, "grad", None) for p in world.model.parameters()],
    "load": lambda world, i: world.model.load_state_dict(world.model.state_dict()),
    "carried": lambda world, i: setattr(world, "carried", tensor(np.full(3, i, "f"))),
    "freeze": lambda world, i: setattr(world.first, "requires_grad", not world.first.requires_grad),
    "double": None,
    "short": None,
    "no such label": None,
    "all the same": None,
}


def a_step(world, parts):  # noqa: C901 - one branch for each part that a step may have
    model, optimizer, loss_of, draws = world.model, world.optimizer, nn.CrossEntropyLoss(), np.random.default_rng(7)
    if "hooks" in parts:
        for p in model.parameters():
            p.register_hook(lambda g: np.clip(g, -0.05, 0.05))

    def once(x, y):
        optimizer.zero_grad(set_to_none="fill with zeros" not in parts)
        scores = model(x) + (world.carried if "carry a Tensor" in parts else 0.0)
        loss = loss_of(scores, y) * world.weight
        if "penalty" in parts:
            loss = loss + 1e-3 * sum((p**2).sum() for p in model.parameters())
        loss.backward()
        found = [loss]
        if "clip the norm" in parts:
            found.append(optim.clip_grad_norm(model.parameters(), 0.5))
        if "clip values" in parts:
            optim.clip_grad_value(model.parameters(), 0.1)
        for p in model.parameters():
            if "shrink in place" in parts:
                p.data *= 0.999
            if "sparse" in parts:
                p.data = np.sign(p.data) * np.maximum(np.abs(p.data) - 1e-4, 0.0)
        optimizer.step()
        if "carry a Tensor" in parts:
            world.carried = scores.detach().mean(axis=0) * 0.1
        if "carry an average" in parts:
            world.average = 0.9 * world.average + 0.1 * loss.data
        if "keep the loss" in parts:
            world.last = loss
        if "add numbers" in parts:
            world.number = world.number * 0.5 + loss.item()
            found.append(world.number)
        if "count" in parts:
            world.counts += nn.metrics.confusion_matrix(scores, y)
            found.append(nn.metrics.accuracy(scores, y))
        if "average weights" in parts:
            for average, p in zip(world.averages, model.parameters(), strict=True):
                average *= 0.9
                average += 0.1 * p.data
        return found

    def step(x, y):
        if "noise" in parts:
            x = x + draws.normal(0.0, 0.1, x.shape).astype("f")
        found = [once(x, y) for _ in range(2 if "twice" in parts else 1)]
        if "evaluate" in parts:
            model.eval()
            with no_grad():
                found.append(loss_of(model(x), y))
            model.train()
        return found

    return step


def training(seed, World):
    """A maker of worlds and their step, what happens before each call, and the batches."""
    choose = random.Random(seed)
    kinds = choose.choices(list(BETWEEN), k=choose.choice([1, 2]))
    optimizer, scheduled = choose.choice(OPTIMIZERS), choose.random() < 0.5
    parts = choose.choices(PARTS, k=choose.randint(1, 4))
    events = {i: choose.choice(list(EVENTS)) for i in range(6, 24) if choose.random() < 0.2}

    def make():
        between = [kind(*BETWEEN[kind], **({"rng": 5} if kind is nn.Dropout else {})) for kind in kinds]
        model = nn.Sequential(nn.Linear(4, 6, rng=1), *between, nn.Linear(6, 3, rng=2))
        world = World(
            model, optimizer(list(model.parameters()), lr=(lambda t: 0.01 / (1 + t)) if scheduled else 0.01),
            weight=1.0, carried=tensor(np.zeros(3, "f")), average=np.zeros(()), last=None, number=0.0,
            counts=np.zeros((3, 3), int), averages=[p.data.copy() for p in model.parameters()],
            first=next(model.parameters()),
        )  # fmt: skip
        return world, a_step(world, parts)

    def before(world, i):
        event = EVENTS.get(events.get(i))
        if event is not None:
            event(world, i)

    def arguments(i):
        rng, event = np.random.default_rng((seed, i)), events.get(i)
        n = 7 if event == "short" else 12
        x, y = rng.normal(size=(n, 4)).astype("d" if event == "double" else "f"), rng.integers(0, 3, n)
        return x * (event != "all the same"), y + 3 * (event == "no such label")

    return make, before, arguments


@pytest.mark.parametrize("seed", range(10))
def test_random_steps(seed, beside_eager, World):
    make, before, arguments = training(seed, World)
    beside_eager(make, arguments, steps=26, before=before)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 300))
def test_more_random_steps(seed, beside_eager, World):
    make, before, arguments = training(seed, World)
    beside_eager(make, arguments, steps=26, before=before)
