"""Early stopping and what it looks at, logs, and the hooks of the base class."""

import numpy as np
import pytest

import nn
from nn.training.callbacks import Monitor
from nn.training.run import Run

NAN = float("nan")


class Row:
    """A run with one row in its history, for a monitor."""

    def __init__(self, **row):
        self.history = nn.History([row])


def test_what_a_callback_does_when_nothing_is_written():
    callback = nn.Callback()
    for hook in ("on_fit_begin", "on_step_end", "on_epoch_end", "on_fit_end"):
        assert getattr(callback, hook)(None) is None
    assert callback.state_dict() == {}
    assert callback.load_state_dict({}) is None


@pytest.mark.parametrize(
    ("name", "mode", "up"),
    [
        (None, "auto", False),
        ("loss", "auto", False),
        ("val_loss", "auto", False),
        ("error_rate", "auto", False),
        ("val_mae", "auto", False),
        ("rmse", "auto", False),
        ("mse", "auto", False),
        ("accuracy", "auto", True),
        ("val_r2", "auto", True),
        ("loss", "max", True),
        ("accuracy", "min", False),
    ],
)
def test_which_direction_is_better(name, mode, up):
    monitor = Monitor(name, mode, 0.5)
    better, worse = (2.0, 1.0) if up else (1.0, 2.0)
    assert monitor.is_better(better, worse) is True
    assert monitor.is_better(worse, better) is False
    assert monitor.is_better(worse, worse) is False
    edge = worse + 0.5 if up else worse - 0.5
    assert monitor.is_better(edge, worse) is False, "it must be more than min_delta"
    assert monitor.is_better(NAN, worse) is False
    assert monitor.is_better(NAN, None) is False
    assert monitor.is_better(worse, None) is True
    assert monitor.is_better(worse, NAN) is True


def test_which_column_is_looked_at():
    both = {"loss": 1.0, "val_loss": 2.0, "val_f1": 3}
    assert Monitor(None, "auto").value(Row(**both)) == 2.0
    assert Monitor(None, "auto").value(Row(loss=1.0)) == 1.0
    assert Monitor("loss", "auto").value(Row(**both)) == 1.0
    assert type(Monitor("val_f1", "auto").value(Row(**both))) is float
    with pytest.raises(KeyError, match="no column 'f1' to monitor; the columns are loss, val_loss, val_f1"):
        Monitor("f1", "auto").value(Row(**both))


def test_settings_of_early_stopping():
    stopping = nn.EarlyStopping()
    assert repr(stopping) == ("EarlyStopping(monitor=None, patience=10, min_delta=0.0, mode='auto', restore_best=True)")
    assert (stopping.best, stopping.best_epoch, stopping.waited) == (None, 0, 0)
    assert stopping.state_dict() == {"best": None, "best_epoch": 0, "waited": 0, "weights": None}
    other = nn.EarlyStopping("f1", patience=1, min_delta=0.5, mode="max", restore_best=False)
    assert repr(other) == "EarlyStopping(monitor='f1', patience=1, min_delta=0.5, mode='max', restore_best=False)"
    for patience in (0, -1, True, 1.5):
        with pytest.raises(
            ValueError, match=f"patience is a number of epochs and must be at least 1, not {patience!r}"
        ):
            nn.EarlyStopping(patience=patience)
    for min_delta in (-0.1, NAN):
        with pytest.raises(
            ValueError, match=f"min_delta is the smallest improvement and must be 0 or more, not {min_delta!r}"
        ):
            nn.EarlyStopping(min_delta=min_delta)
    with pytest.raises(ValueError, match="mode must be 'auto', 'min' or 'max', not 'best'"):
        nn.EarlyStopping(mode="best")


def a_run(epochs=9):
    model = nn.Linear(1, 1, rng=0)
    train = nn.data.Loader(np.zeros((4, 1)))
    return Run(model, None, None, train, None, {}, epochs)


def ended(run, *numbers):
    """The run after further epochs with these losses; the bias tells which epoch it was."""
    for number in numbers:
        run.epoch += 1
        run.model.bias.data[:] = run.epoch
        run.history.rows.append({"loss": number})


def test_the_course_of_early_stopping():
    run, stopping = a_run(), nn.EarlyStopping(patience=2)
    stopping.on_fit_begin(run)
    seen = []
    for number in (3.0, 2.0, 2.0, 1.0, 5.0, 1.0):
        ended(run, number)
        stopping.on_epoch_end(run)
        seen.append((stopping.best, stopping.best_epoch, stopping.waited, run.why))
    why = "no improvement for 2 epochs; the best was epoch 4"
    assert seen[:3] == [(3.0, 1, 0, None), (2.0, 2, 0, None), (2.0, 2, 1, None)]
    assert seen[3:] == [(1.0, 4, 0, None), (1.0, 4, 1, None), (1.0, 4, 2, why)]
    stopping.on_fit_end(run)
    assert run.model.bias.item() == 4.0
    state = stopping.state_dict()
    other = nn.EarlyStopping(patience=2)
    other.load_state_dict(state)
    assert (other.best, other.best_epoch, other.waited) == (1.0, 4, 2)
    again = a_run()
    ended(again, 1.0)
    other.on_fit_begin(again)
    assert again.why == why, "an ended training that is taken up is ended"
    other.on_fit_end(again)
    assert again.model.bias.item() == 4.0
    other.on_fit_begin(a_run())
    assert (other.best, other.best_epoch, other.waited) == (None, 0, 0), "a new training"
    assert other.state_dict()["weights"] is None


def test_early_stopping_that_waits_on():
    run, stopping = a_run(), nn.EarlyStopping(patience=3)
    ended(run, 1.0)
    stopping.load_state_dict({"best": 1.0, "best_epoch": 1, "waited": 2, "weights": None})
    stopping.on_fit_begin(run)
    assert run.why is None
    ended(run, 2.0)
    stopping.on_epoch_end(run)
    assert run.why == "no improvement for 3 epochs; the best was epoch 1"
    stopping.on_fit_end(run)
    assert run.model.bias.item() == 2.0, "there is nothing to put back"


def test_what_never_was_a_number():
    run, stopping = a_run(), nn.EarlyStopping(patience=1)
    ended(run, NAN)
    stopping.on_epoch_end(run)
    assert run.why == "no improvement for 1 epochs; the value was always nan"
    stopping.on_fit_end(run)
    assert run.model.bias.item() == 1.0


def test_weights_that_are_not_put_back():
    run, stopping = a_run(), nn.EarlyStopping(patience=1, restore_best=False)
    for number in (1.0, 2.0):
        ended(run, number)
        stopping.on_epoch_end(run)
    stopping.on_fit_end(run)
    assert run.model.bias.item() == 2.0
    assert stopping.state_dict() == {"best": 1.0, "best_epoch": 1, "waited": 1, "weights": None}


def test_logs(tmp_path):
    assert repr(nn.CSVLog("a/log.csv")) == "CSVLog('a/log.csv')"
    assert repr(nn.JSONLLog(tmp_path / "log.jsonl")) == f"JSONLLog({str(tmp_path / 'log.jsonl')!r})"
    for kind, name in ((nn.CSVLog, "log.jsonl"), (nn.JSONLLog, "log.csv"), (nn.CSVLog, "log")):
        with pytest.raises(ValueError, match=rf"{kind.__name__} writes \.\w+ files, not '{name}'"):
            kind(name)
    run, log = a_run(), nn.CSVLog(tmp_path / "log.csv")
    for number, text in ((1.0, "loss\n1.0\n"), (0.5, "loss\n1.0\n0.5\n")):
        ended(run, number)
        log.on_epoch_end(run)
        assert (tmp_path / "log.csv").read_text() == text
