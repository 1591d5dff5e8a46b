"""What a training reports, in its forms; and what is shown while it runs."""

import io
import json
import sys

import numpy as np
import pytest

import nn
from nn.training.progress import Line, Silence, progress

ROWS = [{"epoch": 1, "loss": 0.5, "val_loss": 0.75}, {"epoch": 2, "loss": 0.25, "val_loss": 1.0}]


@pytest.fixture
def history():
    return nn.History([dict(row) for row in ROWS], seconds=[0.1, 0.2])


def test_columns_and_rows(history):
    assert history["loss"] == [0.5, 0.25]
    assert history[0] == ROWS[0]
    assert [row["epoch"] for row in history] == [1, 2]
    assert history.best() == ROWS[0]
    assert history.best("val_loss", "max") == ROWS[1]
    with pytest.raises(KeyError, match="no column 'accuracy' among epoch, loss, val_loss"):
        history["accuracy"]
    with pytest.raises(KeyError, match="no epoch has ended"):
        nn.History()["loss"]


def test_as_text(history):
    history.stopped = "interrupted by Ctrl-C"
    assert str(history).splitlines() == [
        "epoch   loss   val_loss",
        "    1    0.5       0.75",
        "    2   0.25          1",
        "interrupted by Ctrl-C",
    ]
    assert repr(history) == "History(epoch 2, loss 0.25, val_loss 1)"
    assert "<td>0.75</td>" in history._repr_html_()
    assert str(nn.History()) == "no epoch has ended"


def test_as_files(history, tmp_path):
    for name in ("h.csv", "h.jsonl", "h.json"):
        history.save(tmp_path / name)
    assert (tmp_path / "h.csv").read_text() == "epoch,loss,val_loss\n1,0.5,0.75\n2,0.25,1.0\n"
    assert [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()] == ROWS
    assert json.loads((tmp_path / "h.json").read_text()) == {"rows": ROWS, "seconds": [0.1, 0.2], "stopped": None}
    with pytest.raises(ValueError, match=r"the suffix '.txt' says no format: .csv, .jsonl, .json"):
        history.save(tmp_path / "h.txt")


def test_as_a_plot(history):
    pytest.importorskip("matplotlib").use("Agg")
    ax = history.plot()
    assert [line.get_label() for line in ax.get_lines()] == ["loss", "val_loss"]
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), [0.5, 0.25])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_nothing_is_shown_on_a_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(progress(None), Silence)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert isinstance(progress(None), Line)
    assert isinstance(progress(False), Silence)


def test_the_line(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr("nn.training.progress.INTERVAL", 0.0)
    x, y = nn.data.moons(64, seed=0)
    nn.fit(nn.MLP([2, 2], rng=0), (x, y), loss=nn.CrossEntropyLoss(), epochs=2, batch_size=16, seed=0)
    lines = terminal.getvalue().split("\n")
    assert len(lines) == 3
    assert lines[2] == ""
    shown = lines[1].split("\r")
    assert shown[1].startswith("epoch 2/2  [######..................]  loss 0.")
    assert "s left" in shown[1]
    assert shown[-1].startswith("epoch 2/2  lr 0.001  loss 0.")


def test_the_bar_of_tqdm(monkeypatch):
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    nn.fit(nn.MLP([2, 2], rng=0), nn.data.moons(64, seed=0), loss=nn.CrossEntropyLoss(), epochs=1)
    assert "epoch 1/1" in terminal.getvalue()
