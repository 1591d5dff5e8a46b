"""Compiled steps with models that are copied, pickled and filled, and in several threads."""

import copy
import pickle
import sys
import threading

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.compiling import function


def batch(i):
    rng = np.random.default_rng(i)
    return rng.normal(size=(9, 6)).astype("f"), rng.integers(0, 3, 9)


def training(model, optimizer):
    """A training step."""
    optimizer, loss_of = optimizer(model.parameters()), nn.CrossEntropyLoss()

    def step(x, y):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def curve(x):
    return np.sum(np.tanh(x) * np.exp(-x * x) + np.sin(x))


class Student(nn.Module):
    """A module whose step is compiled, and goes with it."""

    def __init__(self):
        super().__init__()
        self.layer, self.drop = nn.Linear(6, 3, rng=0), nn.Dropout(0.2, rng=1)
        self.optimizer, self.loss_of = optim.Adam(self.parameters(), lr=0.01), nn.CrossEntropyLoss()
        self.learn = autograd.compile(self.step)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss_of(self.drop(self.layer(x)), y)
        loss.backward()
        self.optimizer.step()
        return loss


def learnt(student, steps, learn="learn"):
    """What steps return and leave behind."""
    found = [getattr(student, learn)(*batch(i)).item() for i in steps]
    state = [p.data.tobytes() for p in student.parameters()]
    return found, state, repr(student.drop.rng.bit_generator.state), student.optimizer.t


@pytest.mark.parametrize("calls", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_a_copy_of_a_model_learns_on_its_own(copied, calls):
    student, eager = Student(), Student()
    assert learnt(student, range(calls)) == learnt(eager, range(calls), "step")
    twin = copied(student)
    assert twin.learn.function.__self__ is twin
    assert twin.optimizer.param_groups[0]["params"][0] is twin.layer.weight
    expected = learnt(eager, range(calls, calls + 12), "step")
    assert learnt(twin, range(calls, calls + 12)) == expected
    assert student.optimizer.t == calls
    assert learnt(student, range(calls, calls + 12)) == expected
    assert twin.learn._programs[0].replays
    assert student.learn._programs[0].replays


def test_a_model_is_copied_and_filled_between_replays(beside_eager, World):
    def make():
        model = nn.Sequential(nn.Linear(6, 6, rng=0), nn.BatchNorm1d(6), nn.Linear(6, 3, rng=1))
        world = World(model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
        loss_of = nn.CrossEntropyLoss()

        def step(x, y):
            world.optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            world.optimizer.step()
            return loss

        return world, step

    kept = {}

    def before(world, i):
        if i == 6:
            kept[id(world)] = copy.deepcopy((world.model, world.optimizer))
        if i == 11:  # as when a checkpoint is loaded
            model, optimizer = pickle.loads(pickle.dumps(kept[id(world)]))
            world.model.load_state_dict(model.state_dict())
            world.optimizer.load_state_dict(optimizer.state_dict())

    compiled, _ = beside_eager(make, batch, steps=18, before=before)
    assert compiled._programs[0].replays > 8, compiled.explain()


# --- threads -----------------------------------------------------------------------------------------------------


@pytest.fixture
def restless():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(work, count=4):
    threads = [threading.Thread(target=work, args=(key,)) for key in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_train_models_of_their_own(restless, bits):
    def train(key, compiled, results):
        step = training(nn.MLP([8, 8, 10], rng=key), lambda p: optim.Adam(p))
        rng = np.random.default_rng(key)
        step = autograd.compile(step) if compiled else step
        results[key] = [bits(step(rng.normal(size=(16, 8)).astype("f"), rng.integers(0, 10, 16))) for _ in range(60)]

    expected, found = {}, {}
    for key in range(4):
        train(key, False, expected)
    in_threads(lambda key: train(key, True, found))
    assert found == expected


def test_threads_share_a_gradient_while_shapes_change_and_it_is_cleared(restless, bits):
    slope = autograd.value_and_grad(curve)
    inputs = [np.linspace(-1.0, 1.0, n) for n in range(2, 9)]
    expected = [bits(slope(x)) for x in inputs]
    compiled = autograd.compile(slope)
    wrong = []

    def work(key):
        for i in range(150):
            n = (i // 10 + key) % len(inputs)
            if bits(compiled(inputs[n])) != expected[n]:
                wrong.append((key, i))
            if key == 0 and i % 60 == 59:
                compiled.clear()

    in_threads(work)
    assert wrong == []


def test_it_is_cleared_while_two_traces_are_compared(bits, monkeypatch):
    """As by another thread, at the one moment at which the first trace is about to be taken from its list."""
    compare = function.disagreement
    compiled = autograd.compile(curve)

    def clear_first(first, second):
        compiled.clear()
        return compare(first, second)

    monkeypatch.setattr(function, "disagreement", clear_first)
    x = np.linspace(-1.0, 1.0, 5)
    assert {bits(compiled(x)) for _ in range(6)} == {bits(curve(x))}
    assert "eagerly" not in compiled.explain()


def test_a_model_is_judged_in_one_thread_while_it_is_compiled_in_another(restless):
    step = training(nn.MLP([8, 8, 10], rng=0), lambda p: optim.SGD(p, lr=0.1))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 8)).astype("f"), rng.integers(0, 10, 16)
    other = nn.MLP([8, 10], rng=1)
    expected = other(x).data.tobytes()
    compiled = autograd.compile(step)
    done, wrong = threading.Event(), []

    def judge(key):
        while not done.is_set():
            if type(result := other(x).data) is not np.ndarray or result.tobytes() != expected:
                wrong.append(result)

    thread = threading.Thread(target=judge, args=(0,))
    thread.start()
    try:
        for n in (16, 9, 5):
            for _ in range(6):
                compiled(x[:n], y[:n])
    finally:
        done.set()
        thread.join()
    assert wrong == []
    assert len(compiled._programs) == 3


def test_programs_that_another_thread_clears_away_meanwhile():
    step = autograd.compile(lambda x: x * 2.0, verify=0)
    for i in range(3):
        step(np.arange(3.0) + i)
    program = step._programs[0]
    run = program.run

    def run_while_another_clears(arguments):
        step.clear()
        return run(arguments)

    program.run = run_while_another_clears
    assert step(np.ones(3)).tolist() == [2.0, 2.0, 2.0]
    assert step(np.ones(3)).tolist() == [2.0, 2.0, 2.0]
