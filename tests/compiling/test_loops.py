"""What training loops have beside forward, backward and step, compiled beside eager."""

import copy

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import no_grad, tensor

MODELS = {
    "plain": lambda: [nn.Linear(6, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1)],
    "norm and dropout": lambda: [
        nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.3, rng=5), nn.Linear(8, 3, rng=1),
    ],
}  # fmt: skip


def batch(i, n=16):
    rng = np.random.default_rng(i)
    return rng.normal(size=(n, 6)).astype("f"), rng.integers(0, 3, n)


def replays(compiled):
    return sum(program.replays for program in compiled._programs)


def trained(world, x, y, after_backward=lambda: None):
    world.optimizer.zero_grad()
    loss = world.loss_of(world.model(x), y)
    loss.backward()
    after_backward()
    world.optimizer.step()
    return loss


def two_steps(world):
    return lambda x, y: [trained(world, x, y) for _ in range(2)]


def evaluated_after_the_step(world):
    def step(x, y):
        world.model.train()
        loss = trained(world, x, y)
        world.model.eval()
        with no_grad():
            return loss.item(), world.loss_of(world.model(x), y).item()

    return step


def micro_batches(world):
    def step(x, y):
        world.optimizer.zero_grad()
        total = 0.0
        for k in range(0, len(x), 8):
            loss = world.loss_of(world.model(x[k : k + 8]), y[k : k + 8]) / 2
            loss.backward()
            total = total + loss.detach()
        world.optimizer.step()
        return total

    return step


def adversaries(world):
    generator, judge = nn.Linear(6, 6, rng=2), nn.Sequential(nn.Linear(6, 4, rng=3), nn.ReLU(), nn.Linear(4, 1, rng=4))
    adam, sgd = optim.Adam(generator.parameters(), lr=1e-2), optim.SGD(judge.parameters(), lr=0.1)
    loss_of, rng = nn.BCEWithLogitsLoss(), np.random.default_rng(1)
    true, false = np.ones((16, 1), "f"), np.zeros((16, 1), "f")

    def step(x, y):
        made = generator(rng.normal(size=x.shape).astype("f"))
        sgd.zero_grad()
        of_judge = loss_of(judge(x), true) + loss_of(judge(made.detach()), false)
        of_judge.backward()
        sgd.step()
        adam.zero_grad()
        of_generator = loss_of(judge(made), true)
        of_generator.backward()
        adam.step()
        return of_judge, of_generator, [p.data for m in (generator, judge) for p in m.parameters()]

    return step


def gradients_filled_with_zeros(world):
    def step(x, y):
        world.optimizer.zero_grad(set_to_none=False)
        loss = world.loss_of(world.model(x), y)
        loss.backward()
        world.optimizer.step()
        return loss

    return step


def average_of_weights(world):
    world.average = {name: p.data.copy() for name, p in world.model.named_parameters()}
    twin = copy.deepcopy(world.model)

    def step(x, y):
        loss = trained(world, x, y)
        for name, p in world.model.named_parameters():
            world.average[name] *= 0.9
            world.average[name] += 0.1 * p.data
        for a, b in zip(twin.parameters(), world.model.parameters(), strict=True):
            a.data = 0.9 * a.data + 0.1 * b.data
        return loss, [p.data for p in twin.parameters()]

    return step


def metrics_as_arrays(world):
    world.confusion, world.seen, world.history = np.zeros((3, 3)), np.zeros((), int), np.zeros(50)

    def step(x, y):
        world.optimizer.zero_grad()
        scores = world.model(x)
        loss = world.loss_of(scores, y)
        loss.backward()
        world.optimizer.step()
        np.add.at(world.confusion, (y, scores.data.argmax(1)), 1)
        world.history[world.seen] = loss.data
        world.seen += 1
        return (scores.data.argmax(1) == y).mean()

    return step


def clipped(world):
    """Now and then: the norm is returned too."""
    norms = []

    def clip():
        norms.append(optim.clip_grad_norm(world.model.parameters(), 0.6, error_if_nonfinite=True))
        optim.clip_grad_norm(world.model.parameters(), 0.4, np.inf)
        optim.clip_grad_value(world.model.parameters(), 0.2)

    return lambda x, y: (norms.clear(), trained(world, x, y, clip), norms.pop())[1:]


def weighted_classes(world):
    world.loss_of = nn.CrossEntropyLoss(weight=np.array([1.0, 2.0, 0.5], "f"), label_smoothing=0.1, ignore_index=2)
    return lambda x, y: trained(world, x, y)


def hooks(world):
    """On parameters, and on a result."""
    for p in world.model.parameters():
        p.register_hook(lambda g: np.clip(g, -0.02, 0.02))

    def step(x, y):
        world.optimizer.zero_grad()
        scores = world.model(x)
        scores.register_hook(lambda g: g * 0.5)
        loss = world.loss_of(scores, y)
        loss.backward()
        world.optimizer.step()
        return loss

    return step


def kept_results(world):
    """The loss of the last step, a running sum of losses, and one in a tuple: other Tensors in each run."""
    world.last, world.total, world.pair = None, tensor(0.0), (tensor(0.0), np.ones(2))

    def step(x, y):
        loss = trained(world, x, y)
        world.last, world.total = loss, world.total + loss.detach()
        world.pair = world.pair[0] * 0.5 + loss.detach(), world.pair[1] * 2.0
        return loss

    return step


def penalties(world):
    """The slope of the scores by the inputs, and all weights."""

    def step(x, y):
        world.optimizer.zero_grad()
        inputs = tensor(x, requires_grad=True)
        scores = world.model(inputs)
        (slope,) = (scores**2).sum().gradient(inputs, create_graph=True)
        squares = sum((p**2).sum() for p in world.model.parameters())
        loss = world.loss_of(scores, y) + 0.1 * (slope**2).sum() + 1e-3 * squares
        loss.backward()
        world.optimizer.step()
        return loss

    return step


def numbers_as_metrics(world):
    """Numbers of Python: summed, kept in attributes, returned; and the library's own metrics."""
    world.average, world.last, world.confusion = np.zeros(()), 0.0, np.zeros((3, 3), int)

    def step(x, y):
        total = 0.0
        for k in range(0, len(x), 8):
            total += trained(world, x[k : k + 8], y[k : k + 8]).item() * 8
        world.average = 0.9 * world.average + 0.1 * total
        world.last = total / len(x)
        with no_grad():
            scores = world.model(x)
        world.confusion += nn.metrics.confusion_matrix(scores, y)
        errors = nn.metrics.mean_squared_error(scores[:, 0], x[:, 0]), nn.metrics.r2(scores[:, :2], x[:, :2])
        return nn.metrics.accuracy(scores, y), nn.metrics.accuracy(scores.data.argmax(1), y), *errors

    return step


LOOPS = (
    two_steps, evaluated_after_the_step, micro_batches, adversaries, gradients_filled_with_zeros, average_of_weights,
    metrics_as_arrays, clipped, weighted_classes, hooks, kept_results, penalties, numbers_as_metrics,
)  # fmt: skip


def maker(World, body, model, optimizer=lambda p: optim.Adam(p, lr=1e-2)):
    def make():
        module = nn.Sequential(*MODELS[model]())
        world = World(module, optimizer(module.parameters()))
        world.loss_of = nn.CrossEntropyLoss()
        return world, body(world)

    return make


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("body", LOOPS, ids=lambda body: body.__name__)
def test_loops(body, model, beside_eager, World):
    compiled, _ = beside_eager(maker(World, body, model), batch, steps=12)
    assert replays(compiled), compiled.explain()


def test_what_was_changed_before_a_check_is_taken_back(beside_eager, World):
    """Labels of the second batch are looked at after the step, random numbers and running statistics of the first."""

    def body(world):
        def step(x, y, x2, y2):
            world.optimizer.zero_grad(set_to_none=False)
            loss = world.loss_of(world.model(x), y)
            loss.backward()
            world.optimizer.step()
            return loss, world.loss_of(world.model(x2), y2).detach()

        return step

    def arguments(i):
        x2, y2 = batch(-i % 97)
        return *batch(i), x2, y2 + (3 if i in (7, 9) else 0)

    compiled, _ = beside_eager(maker(World, body, "norm and dropout"), arguments, steps=14)
    assert replays(compiled)
    assert sum(program.missed for program in compiled._programs)


def test_the_state_of_a_recurrent_layer_goes_on(beside_eager, World):
    def make():
        layer = nn.LSTM(6, 4, rng=0)
        world = World(layer, optim.SGD(layer.parameters(), lr=0.1))
        world.carried = [tensor(np.zeros((1, 16, 4), "f")), tensor(np.zeros((1, 16, 4), "f"))]

        def step(x, y):
            out, state = layer(x[None], tuple(world.carried))
            loss = (out**2).mean()
            world.optimizer.zero_grad()
            loss.backward()
            world.optimizer.step()
            for i, part in enumerate(state):
                world.carried[i] = part.detach()
            return loss

        return world, step

    def between(world, i):
        if i in (12, 16):  # another sequence, the second in another order of memory
            first = np.ones((1, 4, 16), "f").swapaxes(1, 2) if i == 16 else np.zeros((1, 16, 4), "f")
            world.carried[:] = [tensor(first), tensor(np.ones((1, 16, 4), "f"))]

    compiled, _ = beside_eager(make, batch, steps=22, before=between)
    assert replays(compiled) > 10


KEPT = {
    "in two places": (lambda world, loss: setattr(world, "a", world.b), "is a different Tensor in each run"),
    "changed": (lambda world, loss: world.b.data.__iadd__(1), "changes, and is a different Tensor in each run"),
    "its data exchanged": (
        lambda world, loss: setattr(world.b, "data", world.b.data * 2),
        "is a different Tensor in each run",
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_results_that_are_kept_in_other_ways(name, beside_eager, World):
    def body(world):
        world.a, world.b = tensor(0.0), tensor(np.zeros(3, "f"))

        def step(x, y):
            loss = trained(world, x, y)
            KEPT[name][0](world, loss)
            world.b = loss.detach() * np.ones(3, "f")
            return loss, world.b

        return step

    compiled, _ = beside_eager(maker(World, body, "plain"), batch, steps=14)
    assert KEPT[name][1] in compiled.explain()


def test_a_closure_of_lbfgs(beside_eager, bits, World):
    """The step itself asks for the loss as often as the numbers want it, and says so; its closure is compiled."""
    strict = []

    def body(world):
        def step(x, y):
            def closure():
                world.optimizer.zero_grad()
                loss = world.loss_of(world.model(x), y)
                loss.backward()
                return loss

            return world.optimizer.step(closure)

        return step

    def by_closure(world):
        def loss_of(x, y):
            world.optimizer.zero_grad()
            loss = world.loss_of(world.model(x), y)
            loss.backward()
            return loss

        strict.append(autograd.compile(loss_of, strict=True))
        return lambda x, y: world.optimizer.step(lambda: strict[-1](x, y))

    search = lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe", max_iter=4)  # noqa: E731
    compiled, _ = beside_eager(maker(World, body, "plain", search), batch, steps=4)
    assert "LBFGS evaluates the loss a varying number of times" in compiled.explain()
    eager, step = (maker(World, make, "plain", search)() for make in (body, by_closure))
    for i in range(6):
        assert bits(eager[1](*batch(i))) == bits(step[1](*batch(i)))
        assert eager[0].state() == step[0].state()
    assert replays(strict[-1])


def test_numbers_in_attributes(beside_eager, World):
    """One with many values is an input; of one with two there are two programs, as a branch may hang on it."""

    def make():
        world = World(weight=0.5, switch=1.0)
        return world, lambda x, y: np.sum(x * x) * world.weight if world.switch > 0.5 else np.sum(x) * world.weight

    def between(world, i):
        world.weight, world.switch = 1.0 / (1 + i), float(i // 9 % 2)

    compiled, _ = beside_eager(make, batch, steps=40, before=between)
    assert len(compiled._programs) == 2
    assert replays(compiled) > 20
    assert compiled._traced < 12


class Recalling(nn.Module):
    """A layer that sees what it has answered before, kept in one of several ways."""

    def __init__(self, way):
        self.way, self.scale = way, 1.0
        self.layer, self.back = nn.Linear(6, 3, rng=0), nn.Linear(3, 3, rng=1)
        start = np.zeros((16, 3), "f")
        self.before = tensor(start) if way == "a Tensor" else nn.Buffer(start)

    def forward(self, x):
        out = np.tanh(self.layer(x) + self.back(self.before)) / self.scale
        if self.way == "a Tensor":
            self.before = out.detach()
        elif self.way == "a new buffer":
            self.before = nn.Buffer(out.data)
        else:
            self.before.data = out.data
        self.scale = 0.9 * self.scale + 0.1 * np.abs(out.data).max().item()
        return out


@pytest.mark.parametrize("way", ["a Tensor", "a buffer", "a new buffer"])
def test_what_a_module_keeps_of_earlier_calls(way, beside_eager, World):
    def make():
        model = Recalling(way)
        world = World(model, optim.SGD(model.parameters(), lr=0.1))

        def step(x, y):
            world.optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            world.optimizer.step()
            return loss, model.before.data * 1.0, model.scale

        return world, step

    compiled, _ = beside_eager(make, batch, steps=14)
    assert bool(replays(compiled)) == (way != "a new buffer"), compiled.explain()
    assert way != "a new buffer" or "is a new Buffer: set .data" in compiled.explain()


def test_the_name_of_a_result():
    def named(x):
        y = tensor(x) * 2.0
        y.name = "y"
        return y, tensor(x, name="x")

    compiled = autograd.compile(named)
    found = [[t.name for t in compiled(np.ones(2) * i)] for i in range(6)]
    assert replays(compiled)
    assert found == [["y", "x"]] * 6
