"""What a training reports, in its forms; and what is shown while it runs."""

import json

import numpy as np
import pytest

import nn

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
    with pytest.raises(KeyError, match="no column 'accuracy'; the columns are epoch, loss, val_loss"):
        history["accuracy"]
    with pytest.raises(KeyError, match="no epoch has ended yet"):
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
    assert str(nn.History()) == "no epoch has ended yet"


def test_as_files(history, tmp_path):
    for name in ("h.csv", "h.jsonl", "h.json"):
        history.save(tmp_path / name)
    assert (tmp_path / "h.csv").read_text() == "epoch,loss,val_loss\n1,0.5,0.75\n2,0.25,1.0\n"
    assert [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()] == ROWS
    assert json.loads((tmp_path / "h.json").read_text()) == {"rows": ROWS, "seconds": [0.1, 0.2], "stopped": None}
    with pytest.raises(ValueError, match=r"the suffix must be one of .csv, .jsonl, .json, .html, not '.txt'"):
        history.save(tmp_path / "h.txt")


def test_as_a_plot(history):
    pytest.importorskip("matplotlib").use("Agg")
    ax = history.plot()
    assert [line.get_label() for line in ax.get_lines()] == ["loss", "val_loss"]
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), [0.5, 0.25])


def test_a_table_for_notebooks(history):
    history.stopped = "a < b"
    history.rows[1]["lr"] = 0.123456
    assert history._repr_html_() == (
        "<table><thead><tr><th>epoch</th><th>loss</th><th>val_loss</th><th>lr</th></tr></thead><tbody>"
        "<tr><td>1</td><td>0.5</td><td>0.75</td><td></td></tr>"
        "<tr><td>2</td><td>0.25</td><td>1</td><td>0.1235</td></tr></tbody></table><p>a &lt; b</p>"
    )
    assert nn.History([{"<b>": 1}])._repr_html_().count("&lt;b&gt;") == 1
    assert nn.History()._repr_html_() == "<table><thead><tr></tr></thead><tbody></tbody></table>"


def test_columns_that_begin_later(history):
    history.rows.append({"epoch": 3, "f1": 1})
    assert history.names == ["epoch", "loss", "val_loss", "f1"]
    np.testing.assert_array_equal(history["f1"], [np.nan, np.nan, 1.0])
    assert str(history).splitlines() == [
        "epoch   loss   val_loss   f1",
        "    1    0.5       0.75     ",
        "    2   0.25          1     ",
        "    3                      1",
    ]
    assert repr(history) == "History(epoch 3, f1 1)"
    assert history.best("f1", "max") == {"epoch": 3, "f1": 1}
    with pytest.raises(KeyError, match="no column 'r2'; the columns are epoch, loss, val_loss, f1"):
        history.best("r2")


def test_the_best_of_equal_ones(history):
    history.rows.append({"epoch": 3, "loss": 0.25, "val_loss": 0.75})
    assert history.best()["epoch"] == 1
    assert history.best("loss")["epoch"] == 2
    assert history.best("loss", "max")["epoch"] == 1


def test_nothing_yet(tmp_path):
    empty = nn.History()
    assert (empty.rows, empty.seconds, empty.stopped, len(empty), list(empty), empty.names) == ([], [], None, 0, [], [])
    assert repr(empty) == "History(empty)"
    empty.save(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text() == "\n"
    assert nn.History().rows is not empty.rows


def test_files_letter_by_letter(history, tmp_path):
    history.rows[1]["note"] = 1e-05
    history.save(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_bytes() == b"epoch,loss,val_loss,note\n1,0.5,0.75,\n2,0.25,1.0,1e-05\n"
    history.save(tmp_path / "h.jsonl")
    first, second = (tmp_path / "h.jsonl").read_bytes().splitlines(keepends=True)
    assert first == b'{"epoch": 1, "loss": 0.5, "val_loss": 0.75}\n'
    assert second == b'{"epoch": 2, "loss": 0.25, "val_loss": 1.0, "note": 1e-05}\n'
    history.stopped = "why"
    history.save(tmp_path / "h.json")
    assert (tmp_path / "h.json").read_text().startswith('{\n "rows": [\n  {\n   "epoch": 1,\n')
    assert json.loads((tmp_path / "h.json").read_text())["stopped"] == "why"


def test_what_is_plotted(history, monkeypatch):
    calls = []
    monkeypatch.setattr("nn.plot.learning_curves", lambda curves, **options: calls.append((curves, options)))
    history.rows[0]["accuracy"] = history.rows[1]["accuracy"] = 0.5
    history.plot()
    history.plot("accuracy", log=True, ax="axes")
    assert calls == [
        ({"loss": [0.5, 0.25], "val_loss": [0.75, 1.0]}, {"log": False, "ax": None}),
        ({"accuracy": [0.5, 0.5]}, {"log": True, "ax": "axes"}),
    ]
