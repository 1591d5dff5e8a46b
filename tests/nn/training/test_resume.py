"""A training that is cut goes on as if nothing had happened."""

import re
import runpy
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

import nn
import optim
from autograd import tensor
from nn.training.run import differences, note_of

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

    refused("saved with callbacks EarlyStopping, Checkpoint, not none", callbacks=[])
    refused("optimizer|Adam", optimizer=lambda p: optim.SGD(p, lr=0.1, momentum=0.5))
    other = nn.Sequential(nn.Linear(2, 5), nn.Linear(5, 2))
    refused("0.weight is", other)
    other = nn.Sequential(*network()[:3], nn.Dropout(rng=1), nn.Linear(6, 2))
    refused("the generators of this run are default, 3.rng", other)
    nn.save(tmp_path / "model.npz", model)
    last = tmp_path / "model.npz"
    refused("the file holds no training run: nn.load")
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


# --- the data ---------------------------------------------------------------------------------------------------------

X, Y = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2), np.arange(12) % 2


class Samples:
    """An object with samples by number."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, number):
        return X[number], Y[number]


def stream():
    return zip(X, Y, strict=True)


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


def fit(folder, train, validation=None, epochs=1, **options):
    model = nn.Linear(2, 2, rng=0)
    train = nn.data.Loader(stream, 4) if train is stream else train
    return nn.fit(
        model, train, validation, loss=LOSS, epochs=epochs, batch_size=4, callbacks=[nn.Checkpoint(folder)], **options
    )


@pytest.mark.parametrize(
    ("train", "validation", "words"),
    [
        ((changed(X, (11, 1), 9.0), Y), (X, Y), "array 0 of the training data has different values"),
        ((X, changed(Y, 0, 1)), (X, Y), "array 1 of the training data has different values"),
        ((-X, 1 - Y), (X, Y), "array 0 of the training data has .*\n  array 1 of the training data has"),
        ((X[:11], Y[:11]), (X, Y), r"array 0 .* is \(11, 2\) of float32, but was \(12, 2\) of float32\n  array 1 "),
        ((X, Y.astype("int8")), (X, Y), r"array 1 of the training data is \(12,\) of int8, but was \(12,\) of int64"),
        ((X, Y, Y), (X, Y), "the training data are 3 arrays, but were 2"),
        (Samples(12), (X, Y), "the training data are an indexable data set, but were arrays"),
        (stream, (X, Y), "the training data are a stream, but were arrays"),
        ((X, Y), None, "there are no validation data, unlike before"),
        ((X, Y), (X, changed(Y, 3, 0)), "array 1 of the validation data has different values"),
    ],
)
def test_other_data_are_refused(tmp_path, train, validation, words):
    fit(tmp_path, (X, Y), (X, Y))
    last = tmp_path / "last.npz"
    before = last.read_bytes()
    with pytest.raises(
        nn.CheckpointError, match=rf"the data differ from those of the saved training run:\n  {words}"
    ) as caught:
        fit(tmp_path, train, validation, 2, resume=last)
    assert str(caught.value).endswith("\nPass other_data=True to resume anyway.")
    assert last.read_bytes() == before
    if not isinstance(train, tuple) or len(train) == 2:
        assert len(fit(tmp_path, train, validation, 2, resume=last, other_data=True)) == 2
        assert len(fit(tmp_path, train, validation, 3, resume=last)) == 3, "these are its data now"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (Samples(12), Samples(11), "the training data have 11 samples, but had 12"),
        (Samples(12), Samples(12), None),
        (stream, stream, None),
        ((X, Y), (X.astype("float64"), Y.copy()), None),  # converted to the same numbers
        ((X, Y), nn.data.Loader((X, Y), 4), None),
        ((X, Y), None, "there are now validation data, unlike before"),
    ],
)
def test_the_same_data_in_other_forms(tmp_path, first, second, words):
    fit(tmp_path, first)
    options = {"epochs": 2, "resume": tmp_path / "last.npz"}
    if words is None:
        assert len(fit(tmp_path, second, **options)) == 2
        return
    with pytest.raises(nn.CheckpointError, match=words):
        fit(tmp_path, second or first, first if second is None else None, **options)


@pytest.mark.parametrize("place", [0, 2500, 4999])
def test_arrays_in_files_are_looked_at_here_and_there(tmp_path, place):
    x = np.zeros((5000, 2), "float32")
    for name, array in (("a", x), ("b", changed(x, slice(max(place - 2, 0), place + 3), 1.0)), ("c", x[:-1])):
        np.save(tmp_path / f"{name}.npy", array)
    y = np.zeros(5000, int)
    made = note_of(nn.data.Loader((nn.data.npy(tmp_path / "a.npy"), y), 100))
    for other in (nn.data.npy(tmp_path / "a.npy"), np.load(tmp_path / "a.npy", mmap_mode="r")):
        assert differences("training", made, note_of(nn.data.Loader((other, y), 100))) == []
    moved = note_of(nn.data.Loader((nn.data.npy(tmp_path / "b.npy"), y), 100))
    assert differences("training", made, moved) == ["array 0 of the training data has different values"]
    assert note_of(nn.data.Loader((nn.data.npy(tmp_path / "c.npy"), y[:-1]), 100)) != made


@pytest.mark.parametrize("block", [1, 100, 1 << 24])
def test_large_arrays_are_hashed_in_blocks(monkeypatch, block):
    monkeypatch.setattr("nn.training.run.BLOCK", block)
    x = np.arange(600.0, dtype="float32").reshape(100, 2, 3)
    made = note_of(nn.data.Loader(x))
    assert made == {"arrays": [[[100, 2, 3], "<f4", blake2b(x.tobytes(), digest_size=16).hexdigest()]]}
    assert note_of(nn.data.Loader(np.asfortranarray(x))) == made
    assert note_of(nn.data.Loader(np.zeros((0, 3), "float32")))["arrays"][0][0] == [0, 3]


def test_values_that_cannot_be_hashed_are_not_compared():
    texts = np.array(["a", "bc"], object)
    assert note_of(nn.data.Loader(texts)) == {"arrays": [[[2], "|O", None]]}
    assert note_of(nn.data.Loader(tensor(X))) == note_of(nn.data.Loader(X))


def test_a_checkpoint_that_notes_no_data_is_taken_up_and_it_is_said(tmp_path):
    """As those of chainrule 0.1.0."""
    fit(tmp_path, (X, Y))
    last = tmp_path / "last.npz"
    tree = nn.saving.read(last)
    del tree["extra"]["training"]["run"]["data"]
    nn.saving.write(last, tree, short="model/")
    with pytest.warns(UserWarning, match=r"last.npz does not record the data it was made with") as caught:
        assert len(fit(tmp_path, (X, Y), epochs=2, resume=last)) == 2
    assert caught[0].filename == __file__
    nn.saving.write(last, tree, short="model/")
    assert len(fit(tmp_path, (X, Y), epochs=2, resume=last, other_data=True)) == 2


def test_words_of_differences():
    made, other = ({"arrays": [[[2], "<f4", "a"], [[3], "<i8", "b"]]}, {"arrays": [[[2], "<f4", "a"]]})
    assert differences("training", made, other) == ["the training data are 1 arrays, but were 2"]
    assert differences("training", made, {}) == ["the training data are a stream, but were arrays"]
    assert differences("training", {"samples": 3}, made) == [
        "the training data are arrays, but were an indexable data set"
    ]
    assert differences("training", {"samples": 3}, {"samples": 4}) == ["the training data have 4 samples, but had 3"]
    assert differences("validation", None, made) == ["there are now validation data, unlike before"]
    assert differences("validation", made, None) == ["there are no validation data, unlike before"]
    assert differences("validation", None, None) == differences("training", made, made) == []
    moved = {"arrays": [[[2], "<f8", "a"], [[3], "<i8", "c"]]}
    assert differences("training", made, moved) == [
        "array 0 of the training data is (2,) of float64, but was (2,) of float32",
        "array 1 of the training data has different values",
    ]
