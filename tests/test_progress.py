"""The line that slow work shows: when, where, what, and in which functions."""

import gzip
import io
import math
import sys
import threading
from functools import partial
from time import perf_counter

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import progress
from autograd.progress import WIDTH, Work, duration, expect, over
from autograd.view.layout.render import render


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("autograd.progress.time.perf_counter", lambda: Clock.now)
    return Clock


def watching(monkeypatch):
    """Put a terminal in the place of standard error, which pytest sets anew before each test."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "80")
    return sys.stderr


def taken(terminal):
    text = terminal.getvalue()
    terminal.seek(0)
    terminal.truncate()
    return text


def filled(count):
    return f"[{'#' * count}{'.' * (WIDTH - count)}]"


def test_the_line_appears_after_two_seconds_and_goes_at_the_end(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("counting", 8) as work:
        clock.now += 1.875
        work.advance()
        assert taken(terminal) == ""
        clock.now += 0.125
        work.advance()
        first = f"counting  {filled(6)}  6 s left"
        assert taken(terminal) == f"\r{first}"
        clock.now += 0.0625
        work.advance()
        assert taken(terminal) == "", "too soon after the last update"
        clock.now += 1.9375
        work.advance()
        assert taken(terminal) == f"\rcounting  {filled(12)}  4 s left"
    assert taken(terminal) == f"\r{' ' * len(first)}\r"


def test_work_of_unknown_length_shows_how_long_it_has_been_running(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("counting") as work:
        clock.now += 3.0
        work.advance()
        assert taken(terminal) == "\rcounting  3 s"
    with Work("waiting", 2) as work:
        clock.now += 3.0
        work.advance(0)
        assert taken(terminal).split("\r")[-1] == f"waiting  {filled(0)}  3 s", "nothing done, nothing to judge by"


def test_inner_work_moves_the_line_of_the_outer(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("outer", 2) as outer:
        clock.now += 2.0
        with Work("inner", 4) as inner:
            inner.advance()
            assert taken(terminal) == f"\router  {filled(3)}  14 s left", "an eighth of all"
            clock.now += 2.0
            assert list(over([7, 8])) == [7, 8]
            assert taken(terminal).startswith(f"\router  {filled(6)}")
        clock.now += 2.0
        outer.unit = 0.0
        with Work("inner", 2) as inner:
            inner.advance()
        assert taken(terminal).startswith(f"\router  {filled(0)}"), "inner work that is part of no step"
    taken(terminal)
    with Work("first", 1) as work:
        clock.now += 2.0
        work.advance()
        assert taken(terminal).startswith("\rfirst"), "the outer work has ended"


def test_steps_of_the_work_around(clock, monkeypatch):
    terminal = watching(monkeypatch)
    expect(3)
    assert over([1, 2]) == [1, 2]
    with Work("counting") as work:
        expect(4)
        clock.now += 2.0
        for item in over([1, 2]):
            assert work.done == item - 1
        assert taken(terminal) == f"\rcounting  {filled(6)}  6 s left", "before the second update is due"
        assert sum(over(range(5000), 2)) == 12497500
        assert (work.done, work.total) == (4, 4)
        assert list(over([], 2)) == []


def test_hidden_work_hides_the_work_inside(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("hidden", 1, show=False) as hidden, Work("inner", 1) as inner:
        clock.now += 9.0
        inner.advance()
        hidden.advance()
    assert taken(terminal) == ""


def test_work_that_is_shown_in_any_case(clock, monkeypatch):
    terminal = watching(monkeypatch)
    terminal.isatty = lambda: False
    with Work("outer", 1, show=False), Work("inner", 1, show=True) as inner:
        clock.now += 2.0
        inner.advance()
    assert taken(terminal).startswith("\rinner")


def test_steps_that_were_done_before_take_no_time(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("resumed", 10) as work:
        work.first = work.done = 8
        clock.now += 3.0
        work.advance()
    assert taken(terminal).startswith(f"\rresumed  {filled(21)}  3 s left")


def test_something_else_is_printed_in_the_place_of_the_line(clock, monkeypatch):
    terminal = watching(monkeypatch)
    with Work("counting", 2) as work:
        work.wipe("early\n")
        assert taken(terminal) == "early\n"
        clock.now += 2.0
        work.advance()
        width = len(taken(terminal)) - 1
        work.wipe("row\n")
        assert taken(terminal) == f"\r{' ' * width}\rrow\n"


def test_the_line_fits_the_terminal(clock, monkeypatch):
    terminal = watching(monkeypatch)
    monkeypatch.setenv("COLUMNS", "20")
    with Work("a long name of some work", 1) as work:
        clock.now += 2.0
        work.advance()
    assert taken(terminal) == "\ra long name of some\r" + " " * 19 + "\r"


def test_who_sees_the_line(clock, monkeypatch):
    terminal = watching(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)

    def shown():
        with Work("counting", 1) as work:
            work.advance()

    thread = threading.Thread(target=shown)
    thread.start()
    thread.join()
    assert taken(terminal) == "", "only the main thread shows lines"
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    shown()
    assert sys.stderr.getvalue() == "", "a pipe"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    shown()
    assert sys.stdout.getvalue().startswith("\rcounting"), "a notebook"
    monkeypatch.delitem(sys.modules, "ipykernel")
    monkeypatch.setattr(sys, "stderr", None)
    shown()  # a program without a console


def test_an_error_leaves_a_clean_line(clock, monkeypatch):
    terminal = watching(monkeypatch)

    def failing():
        with Work("failing", 2) as work:
            clock.now += 2.0
            work.advance()
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert terminal.getvalue().endswith("\r")
    assert progress.running() is None


def test_bars_and_durations(clock, monkeypatch):
    terminal = watching(monkeypatch)
    counts = []
    with Work("counting", 7) as work:
        for _ in range(7):
            clock.now += 2.0
            work.advance()
            counts.append(taken(terminal).count("#"))
    assert counts == [3, 6, 10, 13, 17, 20, 24]
    assert [duration(s) for s in (0.4, 119.0, 120.0, 7199.0, 7200.0)] == ["0 s", "119 s", "2 min", "120 min", "2.0 h"]


def chain(length):
    y = autograd.tensor(1.0, requires_grad=True)
    for _ in range(length):
        y = y * 1.01
    return y


def crossing(count):
    xs = [autograd.tensor(float(i), requires_grad=True) for i in range(count)]
    return autograd.draw(sum(a * b for a, b in zip(xs, [*xs[3:], *xs[:3]], strict=True))).picture


X, Y = nn.data.moons(64, noise=0.1, seed=0)
MODEL = nn.MLP([2, 4, 2], rng=0)
LOSS = nn.CrossEntropyLoss()
SLOW = {
    "gradcheck": lambda: autograd.gradcheck(np.tanh, np.linspace(-1.0, 1.0, 30)),
    "minimizing, at most 5 steps": lambda: optim.minimize(
        lambda x: (x**2).sum(), np.ones(3), "sgd", lr=0.1, max_steps=5
    ),
    "cross-validating": lambda: nn.cross_validate(
        partial(nn.MLP, [2, 2]), (X, Y), folds=2, epochs=2, loss=LOSS, validation=(X, Y), batch_size=8, seed=0
    ),
    "drawing": lambda: autograd.draw(chain(3000)),
    "placing boxes": partial(render, crossing(12), "own"),
    "predicting": lambda: nn.predict(MODEL, X, batch_size=8),
    "evaluating": lambda: nn.evaluate(MODEL, (X, Y), loss=LOSS, batch_size=8),
    "examining": lambda: nn.doctor(MODEL, LOSS, optim.SGD(MODEL.parameters(), lr=0.1), (X, Y)),
    "reading table.csv": lambda: nn.data.read_csv("table.csv"),
    "reading images.gz": lambda: nn.data.read_idx("images.gz"),
    "reading model.npz": lambda: nn.load("model.npz", MODEL),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_can_take_long_shows_its_progress(monkeypatch, tmp_path, name):
    terminal = watching(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("a,b\n" + "1,2.5\n" * 9000)
    (tmp_path / "images.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])))
    nn.save("model.npz", MODEL)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    monkeypatch.setattr(progress, "INTERVAL", -1.0)
    SLOW[name]()
    shown = [text for text in taken(terminal).split("\r") if text.strip()]
    assert all(text.startswith(f"{name}  [") for text in shown)
    counts = [text.count("#") for text in shown]
    assert counts == sorted(counts), "it never goes back"
    assert len(set(counts)) > 3 or "reading" in name
    assert counts[-1] >= 20, "most of the work is counted"
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    SLOW[name]()
    assert sys.stderr.getvalue() == ""


def test_silent_runs_stay_silent(monkeypatch):
    terminal = watching(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)
    make = partial(nn.MLP, [2, 2])
    nn.cross_validate(make, (X, Y), folds=2, epochs=1, loss=LOSS, seed=0, show=False)
    nn.fit(make(), (X, Y), (X, Y), loss=LOSS, epochs=1, show=False)
    assert taken(terminal) == "", "not even while it evaluates"


def test_a_training_inside_a_training_is_silent(monkeypatch):
    terminal = watching(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", -1.0)

    class Again(nn.Callback):
        def on_epoch_end(self, run):
            nn.fit(nn.MLP([2, 2]), (X, Y), (X, Y), loss=LOSS, epochs=1)

    nn.fit(nn.MLP([2, 2]), (X, Y), loss=LOSS, epochs=2, show=False, callbacks=[Again()])
    assert taken(terminal) == ""
    assert progress.running() is None


def test_nobody_waits_for_the_clock(monkeypatch):
    """Where nobody watches, items are not even counted."""
    items = [1, 2, 3]
    with Work("counting", 3) as work:
        assert work.due == math.inf or sys.stderr.isatty()
        work.due = math.inf
        assert over(items) is items
    assert perf_counter() >= work.started
