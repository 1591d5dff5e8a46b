"""A training that is cut goes on as if nothing had happened."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import nn
import optim

LOSS = nn.CrossEntropyLoss()
KILLING = runpy.run_path(str(Path(__file__).with_name("killing.py")))


def network():
    nn.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 2))


def trained(folder, epochs, model=None, **options):
    model = model or network()
    arguments = {
        "loss": LOSS,
        "optimizer": lambda p: optim.Adam(p, lr=0.01),
        "callbacks": [nn.EarlyStopping(patience=20, restore_best=False), nn.Checkpoint(folder, every=3)],
    } | options
    history = nn.fit(model, nn.data.moons(70, noise=0.1, seed=0), epochs=epochs, batch_size=16, **arguments)
    return model, history


class Stop(nn.Callback):
    """Ends the training at a step; not, when it is taken up."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, run):
        if run.step == self.step:
            run.stop("as the test wants it")


@pytest.mark.parametrize("step", range(1, 11))
def test_cut_at_every_step(tmp_path, step):
    whole, history = trained(tmp_path / "a", 2, seed=4, callbacks=[Stop(-1), nn.Checkpoint(tmp_path / "a")])
    folder = tmp_path / "b"
    _, cut = trained(folder, 2, seed=4, callbacks=[Stop(step), nn.Checkpoint(folder)])
    assert cut.stopped == "as the test wants it"
    options = {"resume": folder / "last.npz", "callbacks": [Stop(-1), nn.Checkpoint(folder)]}
    again, rows = trained(folder, 2, **options)
    assert rows.rows == history.rows
    expected, found = (KILLING["state"](tmp_path / name) for name in "ab")
    assert KILLING["differences"](expected, found) == []
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(again.state_dict()[name], array)


def test_more_epochs_than_before(tmp_path):
    _, whole = trained(tmp_path / "a", 4, seed=0)
    trained(tmp_path / "b", 2, seed=0)
    _, more = trained(tmp_path / "b", 4, resume=tmp_path / "b" / "last.npz")
    assert more.rows == whole.rows


def test_an_ended_training_stays_ended(tmp_path):
    def stopping():
        return [nn.EarlyStopping(patience=1, min_delta=10.0), nn.Checkpoint(tmp_path)]

    model, first = trained(tmp_path, 9, seed=0, callbacks=stopping())
    other, again = trained(tmp_path, 9, resume=tmp_path / "last.npz", callbacks=stopping())
    assert again.rows == first.rows
    assert again.stopped == first.stopped
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], array)


def test_the_best_is_kept(tmp_path):
    _, history = trained(tmp_path, 6, seed=0)
    extra = nn.load(tmp_path / "best.npz", network())
    assert extra["training"]["run"]["rows"][-1] == history.best("loss")


def test_checkpoints_that_do_not_fit(tmp_path):
    trained(tmp_path, 1, seed=0)
    last = tmp_path / "last.npz"
    model = network()
    before = {name: array.copy() for name, array in model.state_dict().items()}

    def refused(words, model=model, **options):
        with pytest.raises(nn.CheckpointError, match=words):
            trained(tmp_path, 2, model, resume=last, **options)

    refused("saved with the callbacks EarlyStopping, Checkpoint, not none", callbacks=[])
    refused("optimizer|Adam", optimizer=lambda p: optim.SGD(p, lr=0.1, momentum=0.5))
    other = nn.Sequential(nn.Linear(2, 5), nn.Linear(5, 2))
    refused("0.weight is", other)
    other = nn.Sequential(*network()[:3], nn.Dropout(rng=1), nn.Linear(6, 2))
    refused("the generators of the training are default, 3.rng", other)
    nn.save(tmp_path / "model.npz", model)
    last = tmp_path / "model.npz"
    refused("it holds no training: nn.load")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    with pytest.raises(FileNotFoundError):
        trained(tmp_path, 2, resume=tmp_path / "none.npz")


def test_a_folder_that_cannot_be_made_is_found_out_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        trained(tmp_path / "file", 1)


def test_differences_are_seen():
    differences = KILLING["differences"]
    tree = {"a": [1, np.zeros(2)], "b": {"c": 0.0}}
    assert differences(tree, {"a": [1, np.zeros(2)], "b": {"c": 0.0}}) == []
    for other in (
        {"a": [1, np.zeros(2)], "b": {"c": -0.0}},
        {"a": [1, -np.zeros(2)], "b": {"c": 0.0}},
        {"a": [1, np.zeros(2, "f4")], "b": {"c": 0.0}},
        {"a": [1], "b": {"c": 0.0}},
        {"a": [True, np.zeros(2)], "b": {"c": 0.0}},
        {"a": [1, np.zeros(2)]},
    ):
        assert differences(tree, other)


@pytest.mark.slow
def test_killed_and_taken_up():
    """A sample of the script; the score of the whole of it is beside it."""
    kills, _, trainings, wrong = KILLING["run"](5, 1)
    assert wrong == []
    assert kills == 5
    assert trainings >= 1


def test_the_score():
    text = KILLING["SCORE"].read_text()
    kills, within, _, wrong = map(int, re.findall(r"\d+", text))
    assert (kills, wrong) == (50, 0)
    assert within >= 5
