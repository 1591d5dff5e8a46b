"""Training steps, compiled beside eager, while everything around them changes."""

import contextlib
import copy
import inspect
import pickle
import sys
import threading

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import GraphReleasedError, no_grad, tensor

LAYERS = (
    lambda: [nn.Linear(6, 8, rng=0), nn.ReLU(), nn.Dropout(0.3, rng=5), nn.Linear(8, 3, rng=1)],
    lambda: [nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 3, rng=1)],
    lambda: [nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8, momentum=None), nn.LayerNorm(8), nn.Linear(8, 3, rng=1)],
)


def batch(i, n=16):
    rng = np.random.default_rng(i)
    return rng.normal(size=(n, 6)).astype("f"), rng.integers(0, 3, n)


def maker(World, layers=LAYERS[0], optimizer=lambda p: optim.Adam(p, lr=1e-2), body=None):
    def make():
        model = nn.Sequential(*layers())
        world = World(model, optimizer(model.parameters()), kept=[])
        optimizer_, loss_of = world.optimizer, nn.CrossEntropyLoss()

        def step(x, y):
            optimizer_.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer_.step()
            return loss

        return world, step if body is None else body(world, loss_of)

    return make


def replays(compiled):
    return sum(program.replays for program in compiled._programs)


def first(world):
    return next(world.model.parameters())


@pytest.mark.parametrize("layers", LAYERS, ids=["dropout", "batch norm", "both norms"])
def test_a_training_step(layers, beside_eager, World):
    compiled, _ = beside_eager(maker(World, layers), batch, steps=20)
    assert any(program.replays + program.verified for program in compiled._programs), compiled.explain()


def test_the_default_generator(beside_eager, World):
    compiled, _ = beside_eager(maker(World, lambda: [nn.Linear(6, 3, rng=0), nn.Dropout(0.5)]), batch)
    assert compiled.source


CHANGES = {
    "learning rate": lambda world, i: world.optimizer.param_groups[0].__setitem__("lr", 0.01 / (i + 1)),
    "evaluation now and then": lambda world, i: world.model.eval() if i % 3 == 2 else world.model.train(),
    "gradients are kept": lambda world, i: world.kept.append(first(world).grad) if i else None,
    "state loaded": lambda world, i: (
        world.model.load_state_dict({name: x * 0 + 1 for name, x in world.model.state_dict().items()})
        if i == 6
        else None
    ),
    "optimizer loaded": lambda world, i: (
        world.optimizer.load_state_dict(world.optimizer.state_dict()) if i == 6 else None
    ),
    "frozen for a while": lambda world, i: setattr(first(world), "requires_grad", i != 6),
    "hook": lambda world, i: first(world).register_hook(lambda g: g * 2) if i == 6 else None,
    "other layout": lambda world, i: (
        setattr(first(world), "data", np.asfortranarray(first(world).data)) if i == 6 else None
    ),
    "other layer": lambda world, i: world.model._layers.__setitem__("1", nn.Tanh()) if i == 6 else None,
    "other dropout": lambda world, i: setattr(world.model[2], "p", 0.5 if i >= 6 else 0.3),
    "other generator": lambda world, i: setattr(world.model[2], "rng", np.random.default_rng(9)) if i == 6 else None,
    "more parameters": lambda world, i: (
        world.optimizer.add_param_group({"params": [nn.Parameter(np.ones(2, "f"))]}) if i == 6 else None
    ),
    "gradient put there": lambda world, i: setattr(first(world), "grad", np.ones((8, 6))) if i == 6 else None,
    "parameter changed by hand": lambda world, i: first(world).data.__imul__(0.5),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_between_calls(name, beside_eager, World):
    beside_eager(maker(World), batch, steps=10, before=CHANGES[name])


ARGUMENTS = {
    "ragged last batch": lambda i: batch(i, 7 if i % 3 == 2 else 16),
    "label out of range": lambda i: (batch(i)[0], batch(i)[1] + (5 if i == 6 else 0)),
    "wrong shape": lambda i: (batch(i)[0][:, : 5 if i == 6 else 6], batch(i)[1]),
    "nan": lambda i: (batch(i)[0] * (np.nan if i == 6 else 1), batch(i)[1]),
    "other dtype": lambda i: (batch(i)[0].astype("d" if i == 6 else "f"), batch(i)[1]),
    "other order": lambda i: (np.asfortranarray(batch(i)[0]) if i == 6 else batch(i)[0], batch(i)[1]),
    "tensors": lambda i: (tensor(batch(i)[0]), batch(i)[1]),
}


@pytest.mark.filterwarnings("ignore::nn.PrecisionWarning", "ignore:.*invalid value.*:RuntimeWarning")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_of_all_kinds(name, beside_eager, World):
    compiled, _ = beside_eager(maker(World), ARGUMENTS[name], steps=10)
    assert compiled._programs


def plain(world, loss_of, x, y):
    loss = loss_of(world.model(x), y)
    loss.backward()
    return loss


def stepped(before=None, after=None, result=None):
    """A step with something else in it."""

    def body(world, loss_of):
        optimizer, model = world.optimizer, world.model

        def step(x, y):
            optimizer.zero_grad()
            scores = model(x)
            loss = loss_of(scores, y)
            loss.backward()
            if before is not None:
                before(world)
            optimizer.step()
            return loss if result is None else result(loss, scores, y)

        return step

    return body


BODIES = {
    "clipped by value": (stepped(before=lambda world: optim.clip_grad_value(world.model.parameters(), 0.1)), True),
    "clipped by norm": (stepped(before=lambda world: optim.clip_grad_norm(world.model.parameters(), 0.1)), True),
    "accuracy": (stepped(result=lambda loss, scores, y: (np.argmax(scores.data, 1) == y).mean()), True),
    "several results": (stepped(result=lambda loss, scores, y: {"loss": loss, "parts": (scores.data, [loss])}), True),
    "gradients add up": (
        lambda world, loss_of: lambda x, y: (plain(world, loss_of, x, y), world.optimizer.step())[0],
        True,
    ),
    "no step": (lambda world, loss_of: lambda x, y: plain(world, loss_of, x, y), True),
    "no gradients": (lambda world, loss_of: no_grad()(lambda x, y: loss_of(world.model(x), y)), True),
    "a live result": (lambda world, loss_of: lambda x, y: loss_of(world.model(x), y).detach(), True),
    "train() in it": (
        lambda world, loss_of: (
            lambda x, y: (world.model.train(), plain(world, loss_of, x, y), world.optimizer.step())[1]
        ),
        True,
    ),
    "views and the arguments": (lambda world, loss_of: lambda x, y: (x[1:], x, y, world.model), True),
    "a parameter": (lambda world, loss_of: lambda x, y: (first(world), first(world).data), True),
    "written in place": (lambda world, loss_of: lambda x, y: (x.__imul__(2), x.sum())[1], True),
}


@pytest.mark.parametrize("name", BODIES)
def test_steps_of_all_kinds(name, beside_eager, World):
    body, compiles = BODIES[name]
    compiled, _ = beside_eager(maker(World, body=body), batch, steps=8)
    assert bool(replays(compiled)) == compiles, compiled.explain()


@pytest.mark.parametrize("shared", [False, True])
def test_weights_that_are_replaced_before_the_optimizer_steps(shared, beside_eager, World):
    """By a new array; one that somebody else has as well would be changed under their hands."""

    def body(world, loss_of):
        optimizer, model, w = world.optimizer, world.model, first(world)
        other = tensor(np.full(w.shape, 0.5, "f"))

        def step(x, y):
            old = w.data
            for _ in range(2):
                optimizer.zero_grad()
                loss = loss_of(model(x), y)
                loss.backward()
                w.data = other.data if shared else np.clip(w.data, -0.3, 0.3)
                optimizer.step()
            return loss, old * 2.0, w.data + 1.0, loss_of(model(x), y).detach()

        return step

    compiled, _ = beside_eager(maker(World, body=body), batch, steps=12)
    assert bool(replays(compiled)) is not shared
    assert not shared or "updates a Tensor whose data the function has replaced" in compiled.explain()


def test_numbers_that_are_returned(beside_eager, World):
    def body(world, loss_of):
        optimizer, model = world.optimizer, world.model

        def step(x, y):
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item(), {"loss": float(loss)}

        return step

    compiled, _ = beside_eager(maker(World, body=body), batch)
    assert compiled.source


def test_gradient_descent_by_hand(beside_eager, World):
    def make():
        w = tensor(np.zeros(6), requires_grad=True)

        def step(x, y, rate):
            loss = ((x @ w - y) ** 2).mean()
            w.grad = None
            loss.backward()
            w.data -= rate * w.grad
            return loss

        return World(w=w), step

    compiled, world = beside_eager(make, lambda i: (batch(i)[0], batch(i)[1], 0.1 / (i + 1)))
    assert compiled.source
    assert world.w.data.any()


def test_running_means_in_an_attribute(beside_eager, World):
    def make():
        world = World(mean=np.zeros(6), kept=[])

        def step(x):
            world.mean = 0.9 * world.mean + 0.1 * x.mean(axis=0)
            return world.mean * 2

        return world, step

    compiled, _ = beside_eager(make, lambda i: (batch(i)[0],))
    assert compiled.source


def test_results_of_earlier_calls_stay(World):
    _, step = maker(World)()
    compiled = autograd.compile(step)
    losses = [compiled(*batch(i)) for i in range(8)]
    before = [float(loss) for loss in losses]
    for i in range(8, 12):
        compiled(*batch(i))
    assert [float(loss) for loss in losses] == before
    slopes = autograd.compile(autograd.grad(lambda x: np.sum(x * x)))
    found = [slopes(np.full(3, float(i))) for i in range(8)]
    assert [g.tolist() for g in found] == [[2.0 * i] * 3 for i in range(8)]


def test_an_argument_given_twice_or_once(beside_eager, World):
    pairs = [(np.full(2, float(i)), np.full(2, 1.0 + i)) for i in range(12)]

    def make():
        return World(), lambda a, b: (a is b, a * b)

    compiled, _ = beside_eager(make, lambda i: (pairs[i][0], pairs[i][i // 3 % 2]), steps=12)
    assert len(compiled._programs) == 2


def test_an_argument_that_the_function_holds_as_well(beside_eager, World):
    held = np.ones(3)

    def make():
        return World(), lambda a: (a is held, a * held)

    beside_eager(make, lambda i: (held if i > 5 else np.ones(3),), steps=9)


# --- derivatives --------------------------------------------------------------------------------------------------


def curve(x, y):
    return np.sum(np.exp(x) * y[::-1]) + np.sum(x * x) * y[0]


DERIVATIVES = {
    "grad": autograd.grad(curve),
    "value_and_grad": autograd.value_and_grad(curve, (0, 1)),
    "hessian": autograd.hessian(curve),
    "jacobian": autograd.jacobian(lambda x, y: x[:2] * y[1:3]),
    "hvp": lambda x, y: autograd.hvp(lambda x: curve(x, y), (x,), (y,)),
    "jvp": lambda x, y: autograd.jvp(lambda x: curve(x, y), (x,), (y,)),
    "grad of grad": autograd.grad(lambda x, y: np.sum(autograd.grad(curve)(x, y) ** 2)),
    "containers": lambda x, y: autograd.grad(lambda p: curve(p["x"], p["y"][0]))({"x": x, "y": [y]}),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name, beside_eager, World):
    def arguments(i):
        return np.random.default_rng(i).normal(size=4), np.random.default_rng(-i % 97).normal(size=4)

    compiled, _ = beside_eager(lambda: (World(), DERIVATIVES[name]), arguments)
    assert replays(compiled), compiled.explain()


def test_numbers_in_and_out(beside_eager, World):
    compiled, _ = beside_eager(lambda: (World(), autograd.grad(lambda x: np.sin(x) * x)), lambda i: (float(i),))
    assert compiled.source
    assert type(compiled(2.0)) is float


def test_inside_a_transform_and_with_live_tensors_it_is_the_function():
    compiled = autograd.compile(lambda x: np.sum(x * x))
    for i in range(6):
        compiled(np.ones(2) * i)
    assert autograd.grad(compiled)(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    x = tensor([3.0], requires_grad=True)
    compiled(x).backward()
    assert x.grad.tolist() == [6.0]
    assert compiled(np.ones(2)) == 2.0


# --- around it ----------------------------------------------------------------------------------------------------


def test_debug_sees_every_op(World):
    _, step = maker(World)()
    compiled = autograd.compile(step)
    for i in range(6):
        compiled(*batch(i))
    x, y = batch(0)
    x[0, 0] = np.inf
    with autograd.debug(), pytest.raises(autograd.NonFiniteError), np.errstate(invalid="ignore"):
        compiled(x, y)


def test_the_loss_is_as_used_up_as_eager_is(World):
    _, step = maker(World)()
    compiled = autograd.compile(step)
    with pytest.raises(GraphReleasedError):
        compiled(*batch(0)).backward()


def test_an_error_of_the_function_is_raised_once_and_leaves_its_state():
    calls = []

    def step(x):
        calls.append(len(calls))
        raise KeyError("mine")

    compiled = autograd.compile(step)
    with pytest.raises(KeyError, match="mine"):
        compiled(np.ones(2))
    assert calls == [0]


def test_threads_share_a_compiled_function(bits):
    model = nn.Sequential(nn.Linear(6, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
    compiled = autograd.compile(no_grad()(lambda x: model(x)))
    expected = [bits(model(batch(i)[0]).detach()) for i in range(20)]
    wrong = []

    def work():
        for i in range(20):
            if bits(compiled(batch(i)[0])) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_a_call_from_within_a_replay_runs_eager():
    w = tensor([1.0], requires_grad=True)
    rates = []

    def rate(t):
        rates.append(float(compiled(np.ones(1), False)) if t == 5 else 0.0)
        return 0.1

    optimizer = optim.SGD([w], lr=rate)

    def step(x, train):
        if not train:
            return (w.data * x).sum()
        optimizer.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(8):
        compiled(np.ones(1), True)
    assert [r for r in rates if r] == [pytest.approx(0.5)]
    assert w.data.round(6).tolist() == [0.2]
    assert any(program.replays for program in compiled._programs)


def test_numpy_and_the_modules_are_as_before(World):
    before = np.zeros, np.asarray, autograd.arrays.np, optim.optimizer.np
    world, step = maker(World)()
    autograd.compile(step)(*batch(0))
    assert (np.zeros, np.asarray, autograd.arrays.np, optim.optimizer.np) == before
    assert type(world.optimizer) is optim.Adam
    assert all(type(p._data) is np.ndarray for p in world.model.parameters())


def test_copies_and_pickles(World):
    world, step = maker(World)()
    compiled = autograd.compile(step)
    for i in range(5):
        compiled(*batch(i))
    twin = copy.deepcopy(world.model)
    assert all(type(p._data) is np.ndarray for p in twin.parameters())
    again = pickle.loads(pickle.dumps(world.model))
    assert [p.shape for p in again.parameters()] == [p.shape for p in world.model.parameters()]
    assert pickle.loads(pickle.dumps(autograd.compile(curve, verify=3))).verify == 3


def test_source_and_explain_and_clear(World):
    _, step = maker(World)()
    compiled = autograd.compile(step)
    assert compiled.source == ""
    for i in range(7):
        compiled(*batch(i))
    assert compiled.source.startswith("def step(leaves):\n    x, y = leaves\n")
    assert "test_steps.py" in compiled.source
    assert "matmul" in compiled.source
    assert "adam.step()" in compiled.source
    assert "replayed 2 times" in compiled.explain()
    compiled.clear()
    assert compiled.source == ""


def test_memory_is_flat(World):
    import tracemalloc

    _, step = maker(World)()
    compiled = autograd.compile(step)
    for i in range(10):
        compiled(*batch(i))
    tracemalloc.start()
    try:
        compiled(*batch(0))
        start = tracemalloc.get_traced_memory()[0]
        for i in range(200):
            compiled(*batch(i % 5))
        assert tracemalloc.get_traced_memory()[0] - start < 20_000
    finally:
        tracemalloc.stop()


def test_at_most_four_programs_are_kept():
    compiled = autograd.compile(lambda x: x * 2)
    for n in range(1, 8):
        for _ in range(5):
            compiled(np.ones(n))
    assert len(compiled._programs) == 4


def test_an_array_that_was_handed_out_is_watched():
    w = tensor(np.ones(2), requires_grad=True)
    values = autograd.compile(lambda x: (w.data, x * 2))
    for i in range(6):
        held, _ = values(np.ones(2) * i)
    loss = (w * w).sum()
    held[0] = 5.0
    with pytest.raises(autograd.StaleLeafError):
        loss.backward()


def test_what_stands_for_arrays_is_gone_after_an_interrupt(World):
    world, step = maker(World)()
    real = np.matmul
    calls = []

    def interrupted(x, y):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return step(x, y)

    compiled = autograd.compile(interrupted)
    for i in range(2):
        compiled(*batch(i))
    with pytest.raises(KeyboardInterrupt):
        compiled(*batch(2))
    assert np.matmul is real
    assert all(type(p._data) is np.ndarray for p in world.model.parameters())
    assert all(type(p.grad) is np.ndarray for p in world.model.parameters())
    assert type(world.optimizer) is optim.Adam


def test_a_function_whose_signature_was_asked_for():
    """NumPy 2.4 keeps the signature of a ufunc in the ufunc, once `inspect` has asked for it."""
    function = np.negative
    with contextlib.suppress(ValueError):  # before NumPy 2.4 there is none
        inspect.signature(function)
    compiled = autograd.compile(lambda x: function(x) * 2.0, strict=True)
    assert all(np.array_equal(compiled(np.full(2, i)), np.full(2, -2.0 * i)) for i in range(5))
    assert compiled.source


@pytest.mark.parametrize("verify", [-1, 1.5, True, "twice", None])
def test_how_often_to_verify_is_a_count(verify):
    with pytest.raises(ValueError, match="verify must be an integer of at least 0"):
        autograd.compile(np.sin, verify=verify)
