"""What is shown while a training runs, letter by letter, on a clock of the test's own."""

import io
import sys

import pytest

import nn
import optim
from autograd.progress import WIDTH, Work
from nn.training.progress import INTERVAL, Line, Part, Progress, progress, words


class Terminal(io.StringIO):
    """Counts how often it is flushed."""

    def __init__(self, terminal=True):
        super().__init__()
        self.terminal, self.flushed = terminal, 0

    def isatty(self):
        return self.terminal

    def flush(self):
        self.flushed += 1

    def take(self):
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("nn.training.progress.time.perf_counter", lambda: Clock.now)
    return Clock


def bar(filled):
    return f"[{'#' * filled}{'.' * (24 - filled)}]"


def test_the_line_letter_by_letter(clock):
    terminal = Terminal()
    line = Line(terminal)
    line.begin(2, 10, 0, 8)
    assert terminal.take() == ""
    clock.now = 102.0
    line.step(0.51239)
    assert terminal.take() == f"\repoch  2/10  {bar(3)}  loss 0.5124  14 s left"
    clock.now = 102.0 + INTERVAL / 2
    line.step(0.5)
    assert terminal.take() == "", "too soon"
    clock.now = 103.0
    line.step(0.5)
    shown = f"epoch  2/10  {bar(9)}  loss 0.5  5 s left"
    assert terminal.take() == "\r" + shown.ljust(len(f"epoch  2/10  {bar(3)}  loss 0.5124  14 s left"))
    clock.now = 104.25
    line.end({"epoch": 2, "step": 16, "lr": 0.001, "loss": 0.25, "val_accuracy": 0.98765})
    end = "epoch  2/10  lr 0.001  loss 0.25  val_accuracy 0.9877  (4.2 s)"
    assert terminal.take() == "\r" + end.ljust(len(shown)) + "\n"
    line.close()
    assert terminal.take() == ""
    assert terminal.flushed == 4


def test_the_line_of_an_epoch_that_was_begun_before(clock):
    terminal = Terminal()
    line = Line(terminal)
    line.begin(1, 1, 6, 12)
    clock.now = 104.0
    line.step(1.0)
    assert terminal.take() == f"\repoch 1/1  {bar(14)}  loss 1  20 s left", "5 more at 4 s each"


def test_the_line_of_a_stream(clock):
    terminal = Terminal()
    line = Line(terminal)
    line.begin(1, 3, 0, None)
    clock.now = 101.0
    line.step(123456.0)
    assert terminal.take() == "\repoch 1/3  step 1  loss 1.235e+05"
    clock.now = 102.0
    line.step(1.5)
    assert terminal.take() == "\repoch 1/3  step 2  loss 1.5      "
    flushed = terminal.flushed
    line.close()
    line.close()
    assert terminal.take() == "\n", "a line that was broken off is ended, once"
    assert terminal.flushed == flushed + 1
    clock.now = 103.0
    line.begin(2, 3, 0, None)
    clock.now = 104.0
    line.step(0.5)
    assert terminal.take() == "\repoch 2/3  step 1  loss 0.5", "a line of its own"


def test_how_often_it_writes(clock):
    assert (INTERVAL, WIDTH) == (0.1, 24)
    terminal = Terminal()
    line = Line(terminal)
    line.begin(1, 1, 0, 100)
    times = []
    for i in range(1, 21):
        clock.now = 100.0 + i / 32
        line.step(1.0)
        times += [i] if terminal.take() else []
    assert times == [1, 5, 9, 13, 17], "four 32ths of a second are the first above a tenth"


def test_an_interval_that_is_just_over(clock, monkeypatch):
    monkeypatch.setattr("nn.training.progress.INTERVAL", 0.5)
    terminal = Terminal()
    line = Line(terminal)
    line.begin(1, 1, 0, 2)
    line.step(1.0)
    assert terminal.take()
    clock.now += 0.5
    line.step(1.0)
    assert terminal.take()


def test_words():
    assert words({"epoch": 1, "step": 5, "lr": 0.123456, "loss": 2}) == "lr 0.1235  loss 2"
    assert words({"epoch": 1}) == ""


def test_silence():
    silence = Progress()
    assert [silence.begin(1, 1, 0, None), silence.step(1.0), silence.end({}), silence.close()] == [None] * 4


def test_what_shows_the_progress(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    for terminal, shown, kind in (
        (True, None, Line),
        (False, None, Progress),
        (True, False, Progress),
        (False, True, Line),
        (True, True, Line),
    ):
        monkeypatch.setattr(sys, "stderr", Terminal(terminal))
        assert type(progress(shown)) is kind
    assert progress(True).stream is sys.stderr
    monkeypatch.setattr(sys, "stderr", Terminal(False))
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(sys, "stdout", Terminal(False))
    assert type(progress(None)) is Line, "in a notebook"
    assert progress(None).stream is sys.stdout, "which shows standard error on red"
    with Work("outer"):
        assert type(progress(None)) is Part
        assert type(progress(True)) is Line


class Note(Progress):
    """A progress that notes its calls."""

    def __init__(self):
        self.calls = []

    def begin(self, epoch, epochs, done, steps):
        self.calls.append(("begin", epoch, epochs, done, steps))

    def step(self, loss):
        self.calls.append(("step", round(loss, 6)))

    def end(self, row):
        self.calls.append(("end", row["epoch"]))

    def close(self):
        self.calls.append("close")


@pytest.mark.parametrize("stream", [False, True])
def test_what_fit_tells(monkeypatch, stream):
    made = []

    def show(shown):
        made.append(shown)
        return note

    note = Note()
    monkeypatch.setattr(sys.modules["nn.training.fit"], "progress", show)
    x, y = [[1.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]]
    data = (
        nn.data.Loader(lambda: zip(x, y, strict=True) if stream else None, 2) if stream else nn.data.Loader((x, y), 2)
    )
    model = nn.Linear(1, 1, bias=False, rng=0)
    model.weight.data[:] = 1.0
    nn.fit(model, data, loss=nn.MSELoss(), optimizer=standing, epochs=2, show=True)
    assert made == [True]
    means = [("step", 2.5), ("step", round((2.5 * 2 + 9.0) / 3, 6))]
    steps = None if stream else 2
    first = [("begin", 1, 2, 0, steps), *means, ("end", 1)]
    assert note.calls == [*first, ("begin", 2, 2, 0, steps), *means, ("end", 2), "close"]


def standing(parameters):
    """An optimizer that does nothing."""
    return optim.SGD(parameters, lr=0.0)
