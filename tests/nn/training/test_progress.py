"""What is shown while a training runs, letter by letter, on a clock of the test's own."""

import io
import sys

import pytest

import nn
import optim
from autograd.progress import Work
from nn.training.live import Progress


class Terminal(io.StringIO):
    def __init__(self, terminal=True):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def take(self):
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class Clock:
    now = 100.0


@pytest.fixture
def clock(monkeypatch):
    Clock.now = 100.0
    monkeypatch.setattr("autograd.progress.time.perf_counter", lambda: Clock.now)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return Clock


def bar(filled):
    return f"[{'#' * filled}{'.' * (24 - filled)}]"


def test_the_line_letter_by_letter(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress() as progress:
        progress.begin(1, 10, 0, 8)
        clock.now = 101.0
        progress.step(0.75)
        assert terminal.take() == "", "too early to say anything"
        clock.now = 102.0
        progress.step(0.51239)
        shown = f"epoch  1/10  loss 0.5124  {bar(0)}  78 s left"
        assert terminal.take() == f"\r{shown}", "2 of 80 steps in 2 s"
        clock.now = 104.25
        progress.end({"epoch": 1, "step": 8, "lr": 0.001, "loss": 0.25, "val_accuracy": 0.98765})
        end = "epoch  1/10  lr 0.001  loss 0.25  val_accuracy 0.9877  (4.2 s)"
        assert terminal.take() == f"\r{' ' * len(shown)}\r{end}\n", "which stays"
        progress.begin(2, 10, 0, 8)
        clock.now = 107.0
        progress.step(0.5)
        assert terminal.take() == f"\repoch  2/10  loss 0.5  {bar(2)}  55 s left", "the time of the whole run"
    assert terminal.take().endswith("\r"), "wiped"


def test_the_line_of_an_epoch_that_was_begun_before(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress() as progress:
        progress.begin(3, 4, 6, 12)
        clock.now = 104.0
        progress.step(1.0)
        assert terminal.take() == f"\repoch 3/4  loss 1  {bar(15)}  68 s left", "17 more at 4 s each"


def test_the_line_of_a_stream(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with Progress() as progress:
        progress.begin(1, 3, 0, None)
        clock.now = 103.0
        progress.step(123456.0)
        assert terminal.take() == f"\repoch 1/3  loss 1.235e+05  {bar(0)}  3 s"
        progress.begin(2, 3, 0, None)
        clock.now = 104.0
        progress.step(0.5)
        assert terminal.take().startswith(f"\repoch 2/3  loss 0.5  {bar(8)}  8 s left")


def test_who_sees_the_progress(clock, monkeypatch):
    row = {"epoch": 1, "step": 5, "lr": 0.123456, "loss": 2}

    def shown(show, terminal):
        monkeypatch.setattr(sys, "stderr", stream := Terminal(terminal))
        with Progress(show) as progress:
            progress.begin(1, 1, 0, 1)
            progress.end(row)
        return stream.take()

    line = "epoch 1/1  lr 0.1235  loss 2  (0.0 s)\n"
    cases = [(None, True, line), (None, False, ""), (False, True, ""), (True, False, line), (True, True, line)]
    for show, terminal, text in cases:
        assert shown(show, terminal) == text
    with Work("outer"):
        assert shown(None, True) == "", "it only moves the line of the outer work"
        assert shown(True, True) == line
    monkeypatch.setattr(sys, "stdout", notebook := Terminal(False))
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert shown(None, False) == ""
    assert notebook.take() == line, "a notebook shows standard error on red"


class Note(Progress):
    """A progress that notes its calls."""

    def __init__(self, show):
        super().__init__(False)
        self.calls = [("made", show)]

    def begin(self, epoch, epochs, done, steps):
        self.calls.append(("begin", epoch, epochs, done, steps))

    def step(self, loss):
        self.calls.append(("step", round(loss, 6)))

    def end(self, row):
        self.calls.append(("end", row["epoch"]))

    def __exit__(self, *error):
        super().__exit__(*error)
        self.calls.append("closed")


@pytest.mark.parametrize("stream", [False, True])
def test_what_fit_tells(monkeypatch, stream):
    made = []
    monkeypatch.setattr(sys.modules["nn.training.fit"], "Progress", lambda show: made.append(Note(show)) or made[-1])
    x, y = [[1.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]]
    data = (
        nn.data.Loader(lambda: zip(x, y, strict=True) if stream else None, 2) if stream else nn.data.Loader((x, y), 2)
    )
    model = nn.Linear(1, 1, bias=False, rng=0)
    model.weight.data[:] = 1.0
    nn.fit(model, data, loss=nn.MSELoss(), optimizer=standing, epochs=2, show=True)
    means = [("step", 2.5), ("step", round((2.5 * 2 + 9.0) / 3, 6))]
    steps = None if stream else 2
    first = [("begin", 1, 2, 0, steps), *means, ("end", 1)]
    [note] = made
    assert note.calls == [("made", True), *first, ("begin", 2, 2, 0, steps), *means, ("end", 2), "closed"]


def standing(parameters):
    """An optimizer that does nothing."""
    return optim.SGD(parameters, lr=0.0)
