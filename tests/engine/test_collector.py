"""Python's collector waits while a step is computed: how long, for whom, and that it is as before afterwards."""

import gc
import os
import signal
import threading
import weakref

import numpy as np
import pytest

import nn
import optim
from autograd import custom_op, tensor
from autograd.collector import LIMIT, paused
from autograd.view import draw

USERS = (600, 9, 8)  # thresholds that nobody else sets


@pytest.fixture(autouse=True)
def thresholds():
    """Those of the user, who finds them again after each test."""
    before = gc.get_threshold()
    gc.set_threshold(*USERS)
    yield
    assert gc.isenabled()
    gc.set_threshold(*before)


def is_paused():
    return gc.get_threshold() == (LIMIT, *USERS[1:])


def is_as_before():
    return gc.get_threshold() == USERS


ALIVE = weakref.WeakSet()


class Loop:
    """What only the collector frees; `ALIVE` are those that it has not."""

    def __init__(self):
        self.itself = self
        ALIVE.add(self)


# --- ways out -----------------------------------------------------------------------------------------------------


def test_a_step_and_what_it_returns():
    assert paused(lambda a, *, b: (a, b, is_paused()), 1, b=2) == (1, 2, True)
    assert is_as_before()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_error(error):
    def step():
        assert is_paused()
        raise error

    with pytest.raises(error):
        paused(step)
    assert is_as_before()


def test_ctrl_c():
    """A signal in the middle of a step."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            paused(signal.raise_signal, signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert is_as_before()


def test_ctrl_c_at_the_very_end(monkeypatch):
    """Python handles a signal after any call, so also after the one that asks whether the thresholds are still ours."""
    asked = []

    class Collector:
        set_threshold = gc.set_threshold

        @staticmethod
        def get_threshold():
            asked.append(gc.get_threshold())
            if len(asked) == 2:
                raise KeyboardInterrupt
            return asked[-1]

    with monkeypatch.context() as changed:
        changed.setattr("autograd.collector.gc", Collector)
        with pytest.raises(KeyboardInterrupt):
            paused(int)
    assert asked == [USERS, (LIMIT, *USERS[1:])]
    assert is_as_before()
    assert paused(is_paused)


def test_a_generator_takes_no_pause_with_it():
    def step():
        yield is_paused()

    values = paused(step)
    assert is_as_before()
    assert list(values) == [False]


def test_pauses_in_each_other():
    def outer():
        assert paused(is_paused)
        assert is_paused()
        with pytest.raises(ZeroDivisionError):
            paused(lambda: 1 / 0)
        return is_paused() and paused(is_paused)

    assert paused(outer)
    assert is_as_before()


# --- what the user says -------------------------------------------------------------------------------------------


def test_the_user_has_switched_it_off():
    gc.disable()
    try:
        assert not paused(gc.isenabled)
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert is_as_before()


def test_the_user_switches_it_off_and_on_meanwhile():
    try:
        paused(gc.disable)
        assert not gc.isenabled()
        paused(gc.enable)
        assert gc.isenabled()
    finally:
        gc.enable()
    assert is_as_before()


def test_the_user_changes_the_thresholds_meanwhile():
    paused(gc.set_threshold, 500, 5, 5)
    assert gc.get_threshold() == (500, 5, 5)
    gc.set_threshold(*USERS)
    assert paused(is_paused)  # of the next pause they are those to come back to
    assert is_as_before()


@pytest.mark.parametrize("first", [0, LIMIT, 2 * LIMIT])
def test_the_user_wants_it_as_seldom_or_never(first):
    gc.set_threshold(first, 7, 7)
    assert paused(gc.get_threshold) == (first, 7, 7)
    assert gc.get_threshold() == (first, 7, 7)


# --- several threads ----------------------------------------------------------------------------------------------


class Step(threading.Thread):
    """A thread that is in a pause from `begin` to `end`."""

    def __init__(self, error=None):
        super().__init__(daemon=True)
        self.inside, self.leave, self.error = threading.Event(), threading.Event(), error

    def run(self):
        try:
            paused(self.step)
        except ZeroDivisionError:
            assert self.error

    def step(self):
        self.inside.set()
        assert self.leave.wait(60)
        if self.error:
            raise self.error

    def begin(self):
        self.start()
        assert self.inside.wait(60)
        return self

    def end(self):
        self.leave.set()
        self.join(60)
        assert not self.is_alive()


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_pauses_of_several_threads_end_with_the_last(order, error):
    steps = [Step(error).begin() for _ in range(3)]
    for left, i in zip((2, 1, 0), order, strict=True):
        assert is_paused()
        steps[i].end()
        assert is_paused() == (left > 0)
    assert is_as_before()


def test_steps_of_threads_in_turn_do_not_prolong_a_pause_for_ever():
    """At no time is there nobody in a step, and yet the first pause ends with those that it began with."""
    first, second = Step().begin(), Step().begin()
    first.end()
    third = Step().begin()
    assert is_paused()
    second.end()
    assert is_as_before()
    fourth = Step().begin()
    assert is_paused()
    third.end()
    assert is_paused()
    fourth.end()
    assert is_as_before()


def test_a_pause_amid_the_beginning_and_the_end_of_another(monkeypatch):
    """As by what the collector frees, or the handler of a signal, between two instructions of ours."""
    depth = []

    class Collector:
        set_threshold = gc.set_threshold

        @staticmethod
        def get_threshold():
            if not depth:
                depth.append(1)
                assert paused(is_paused)
                depth.clear()
            return gc.get_threshold()

    with monkeypatch.context() as changed:
        changed.setattr("autograd.collector.gc", Collector)
        assert paused(is_paused)
    assert is_as_before()
    assert paused(is_paused)


def test_many_threads():
    """Whatever the order, the thresholds are back when all are done."""
    started = threading.Barrier(8)

    def work():
        started.wait(60)
        for _ in range(500):
            paused(int)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_as_before()


# --- cycles -------------------------------------------------------------------------------------------------------


def most_alive(count):
    """The most cycles that lie about while so many are made."""
    most = 0
    for i in range(count):
        Loop()
        if not i % 1000:
            most = max(most, len(ALIVE))
    return most


def test_a_long_step_that_makes_cycles_does_not_grow():
    most = paused(most_alive, LIMIT)
    assert LIMIT / 10 < most < 0.7 * LIMIT  # two or more objects each: itself and its weak reference
    gc.collect()


def test_cycles_of_another_thread_do_not_pile_up_in_a_pause():
    step, found = Step().begin(), []
    other = threading.Thread(target=lambda: found.append(most_alive(LIMIT)))
    other.start()
    other.join()
    assert is_paused()
    assert found[0] < 0.7 * LIMIT
    step.end()
    gc.collect()


# --- where it is used ---------------------------------------------------------------------------------------------


class Seen:
    """A layer's function and callbacks in one, that note what they find."""

    def __init__(self):
        self.inside, self.outside = [], []

    def loss(self, prediction, target):
        self.inside.append(is_paused())
        Loop()
        return nn.functional.mse_loss(prediction, target)


@pytest.fixture
def seen():
    return Seen()


def train(seen, loss=None, epochs=2, samples=20):
    class Outside(nn.Callback):
        def on_step_end(self, run):
            seen.outside.append(is_as_before())

        on_epoch_end = on_fit_begin = on_fit_end = on_step_end

    x = np.ones((samples, 2), np.float32)
    return nn.fit(
        nn.Linear(2, 1), (x, x[:, :1]), loss=loss or seen.loss, batch_size=1, epochs=epochs, callbacks=[Outside()]
    )


def test_fit_pauses_step_by_step(seen):
    train(seen)
    assert len(seen.inside) == 40
    assert all(seen.inside)
    assert len(seen.outside) == 44
    assert all(seen.outside)
    assert is_as_before()


def test_an_error_in_a_step_of_fit(seen):
    with pytest.raises(ZeroDivisionError):
        train(seen, lambda prediction, target: seen.loss(prediction, target) / (1 // 0))
    assert seen.inside == [True]
    assert is_as_before()


def test_a_loss_in_fit_that_makes_cycles_does_not_grow(seen):
    gc.collect()
    train(seen, epochs=100, samples=50)  # 5,000 cycles, in steps of their own
    assert len(seen.inside) == 5000
    assert len(ALIVE) < 2000
    gc.collect()


@pytest.mark.parametrize("method", ["lbfgs", "newton", "adam"])
def test_minimize_pauses_while_it_evaluates(method):
    inside, outside = [], []

    def f(x):
        inside.append(is_paused())
        return ((x - 3.0) ** 2).sum()

    def callback(step, x, value):
        outside.append(is_as_before())

    optim.minimize(f, np.array([0.0, 1.0]), method, max_steps=3, callback=callback)
    assert inside
    assert all(inside)
    assert outside
    assert all(outside)
    with pytest.raises(ZeroDivisionError):
        optim.minimize(lambda x: x / (1 // 0), 1.0)
    assert is_as_before()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_large_pass_that_records_a_graph(create_graph):
    """Any other pass frees more objects than it makes, so that the collector has no cause to run."""
    found = []

    def rule(g, x):
        found.append(is_paused())
        return g

    same = custom_op(lambda x: x * 1.0, rule)
    x = tensor(1.0, requires_grad=True)
    y = same(x)
    for _ in range(100):
        y = y * x
    y.gradient(x, create_graph=create_graph)
    assert found == [create_graph]
    assert is_as_before()


def test_an_ordinary_pass_runs_no_collection():
    x = tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = (y * x).tanh() + x
    runs = []
    gc.collect()
    gc.callbacks.append(lambda phase, info: runs.append(phase))
    try:
        y.backward()
    finally:
        gc.callbacks.pop()
    assert not runs


def test_pictures():
    x = tensor(1.0, requires_grad=True)
    assert draw(x * x)
    assert is_as_before()


def test_a_number_in_a_graph_costs_the_collector_little():
    """Of a step of numbers there are a node and what it keeps; no tuple of parents or operands."""
    x = tensor(1.0, requires_grad=True)
    y = x * x
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        y = (y + x) * x
        y = -y
    gc.collect()
    assert len(gc.get_objects()) - before <= 3010
    assert y._node.parents[0].parents[1] is x._node


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads: what users' code does
def test_a_copy_of_the_process_does_not_wait_for_the_pauses_of_other_threads():
    begun, end = threading.Event(), threading.Event()

    def step():
        begun.set()
        end.wait()

    other = threading.Thread(target=paused, args=(step,))
    other.start()
    begun.wait()
    child = os.fork()
    if child == 0:  # no error of pytest's may run here
        before, within, after = gc.get_threshold(), paused(gc.get_threshold), gc.get_threshold()
        os._exit((before, within[0], after) != (USERS, LIMIT, USERS))
    end.set()
    other.join()
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes here")
def test_a_copy_that_is_made_in_a_pause():
    def step():
        if (child := os.fork()) == 0:
            return None
        return os.waitpid(child, 0)[1]

    status = paused(step)
    if status is None:
        after = gc.get_threshold(), paused(gc.get_threshold)[0], gc.get_threshold()
        os._exit(after != (USERS, LIMIT, USERS))
    assert status == 0
    assert not is_paused()
