"""Data larger than memory: shards, CSV converted to shards, shuffling by windows, and the shards of each rank."""

import pickle
from itertools import chain

import numpy as np
import pytest

import nn
from nn import DataFileError
from nn.data import DataLoader, Loader, TensorDataset, csv_to_npy, npy, read_csv
from nn.data.loader import BLOCKS, own

X, Y = np.random.default_rng(0).normal(size=(103, 3)), np.arange(103)


@pytest.fixture
def saved(tmp_path):
    """X and Y as five files each."""

    def save(array, name):
        paths = [tmp_path / f"{name}{i}.npy" for i in range(5)]
        for i, path in enumerate(paths):
            np.save(path, array[25 * i : 25 * (i + 1)])
        return paths

    return save(X, "x"), save(Y, "y")


# --- shards ---------------------------------------------------------------------------------------------------------


def test_shards_are_one_array(saved, monkeypatch):
    monkeypatch.setattr("nn.data.mapped.OPEN", 2)
    x, y = map(npy, saved)
    assert (len(x), x.shape, x.dtype, y.dtype) == (103, (103, 3), np.float64, np.int64)
    every = [3, -1, slice(20, 80), slice(90, 5, -7), slice(7, 7), [102, 0, 30, 30, 31, 32, -103], Y % 4 == 0]
    for index in [*every, np.array([], int)]:
        np.testing.assert_array_equal(x[index], X[index])
        np.testing.assert_array_equal(y[index], Y[index])
    for wrong in (103, -104, [103], [-104], np.zeros(5, bool), [[0]]):
        with pytest.raises(IndexError):
            x[wrong]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x))[50:52], X[50:52])


def test_shards_that_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", X)
    np.save(tmp_path / "b.npy", X[:, :2])
    np.save(tmp_path / "c.npy", X.astype("float32"))
    refused = {
        "b": r"b.npy: its rows have shape \(2,\) and dtype float64, but those of .*a.npy have shape \(3,\)",
        "c": r"c.npy: its rows have shape \(3,\) and dtype float32",
        "d": "d.npy: No such file",
    }
    for other, words in refused.items():
        with pytest.raises(DataFileError, match=words):
            npy([tmp_path / "a.npy", tmp_path / f"{other}.npy"])
    with pytest.raises(ValueError, match=r"at least one \.npy file"):
        npy([])


def test_a_model_learns_from_shards_and_resumes(saved, tmp_path):
    """The checkpoint is written in the middle of a window."""

    def trained(epochs, **options):
        loader = Loader(tuple(map(npy, saved)), 16, shuffle=True, seed=3, window=64)
        model = nn.Linear(3, 103, rng=0)
        history = nn.fit(model, loader, loss=nn.CrossEntropyLoss(), epochs=epochs, seed=0, **options)
        return model.weight.data.copy(), history["loss"]

    class Stop(nn.Callback):
        at = 10

        def on_step_end(self, run):
            if run.step == self.at:
                run.stop("here")

    whole, losses = trained(3)
    callbacks = Stop(), nn.Checkpoint(tmp_path, every=1)
    trained(3, callbacks=callbacks)
    Stop.at = 1000
    weights, again = trained(3, callbacks=callbacks, resume=tmp_path / "last.npz")
    np.testing.assert_array_equal(weights, whole)
    assert again == losses


# --- windows ----------------------------------------------------------------------------------------------------------


def flat(lists):
    return list(chain.from_iterable(lists))


def batches(loader):
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize("window", [1, 16, 40, 103, 1000])
@pytest.mark.parametrize("size", [1, 4, 10, 103, 200])
@pytest.mark.parametrize("drop_last", [False, True])
def test_windows_yield_every_sample_once(window, size, drop_last):
    def made(seed=1):
        return Loader(Y, size, shuffle=True, seed=seed, window=window, drop_last=drop_last)

    loader = made()
    first, second = batches(loader), batches(loader)
    assert len(first) == len(loader) == (103 // size if drop_last else -(-103 // size))
    assert {len(batch) for batch in first[:-1]} <= {size}
    if not drop_last:
        assert sorted(flat(first)) == Y.tolist()
        assert sorted(flat(second)) == Y.tolist()
        assert first != second
    assert batches(made()) == first
    assert not first or batches(made(2)) != first
    for number in range(len(first)):
        other = made(5)
        other.load_state_dict({"seed": 1, "epoch": 0, "batch": number})
        assert batches(other) == first[number:]


class Noted:
    """Samples that note which of them were read."""

    def __init__(self, n):
        self.n = n
        self.read = []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.read.append(i)
        return i


def test_a_window_is_what_is_held_and_blocks_are_read_in_a_row():
    """No more samples are read and not yet used than the window says, and it is full except at the end."""
    data, size, window = Noted(5000), 10, 640
    block = window // BLOCKS
    most = used = 0
    for batch in Loader(data, size, shuffle=True, seed=0, window=window):
        most = max(most, len(data.read) - used)
        used += len(batch)
    assert most == window
    runs = np.split(data.read, np.flatnonzero(np.diff(data.read) != 1) + 1)
    assert sum(len(run) % block == 0 for run in runs) >= 5000 // block // 2, "neighbours may follow each other"
    assert len(runs) <= 5000 // block + 2


def test_windows_mix():
    """Sorted classes: with sixteen blocks in a window, hardly any batch is of one class."""
    labels = np.repeat(np.arange(10), 1000)
    found = batches(Loader(labels, 50, shuffle=True, seed=0, window=1600))
    assert np.mean([len(set(batch)) for batch in found]) > 5.0


def test_windows_that_are_refused():
    with pytest.raises(ValueError, match="window says how many samples to shuffle at a time: pass shuffle=True"):
        Loader(Y, 4, window=10)
    with pytest.raises(ValueError, match="window, the number of samples, must be a positive integer, not 0"):
        Loader(Y, 4, shuffle=True, window=0)
    with pytest.raises(ValueError, match="window needs a TensorDataset or a file"):
        DataLoader(Noted(5), 4, shuffle=True, window=3)
    with pytest.raises(ValueError, match="window and collate_fn exclude each other"):
        DataLoader(TensorDataset(Y), 4, shuffle=True, window=3, collate_fn=list)


# --- prefetching in threads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [None, 48])
@pytest.mark.parametrize("workers", [0, 2])
def test_threads_read_shards(saved, workers, window):
    files = TensorDataset(*map(npy, saved))
    loader = DataLoader(files, 8, shuffle=True, generator=4, num_workers=workers, window=window)
    same = DataLoader(TensorDataset(X, Y), 8, shuffle=True, generator=4, window=window)
    for _ in range(2):
        for found, expected in zip(loader, same, strict=True):
            for a, b in zip(found, expected, strict=True):
                assert isinstance(a, nn.Parameter.__base__)
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a.data, b.data)
    assert [each.tolist() for each in files[3]] == [X[3].tolist(), 3]


def test_memory_maps_are_read_in_windows_and_not_copied(tmp_path):
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    files = TensorDataset(x, Y)
    assert np.shares_memory(files.tensors[0].data, x)
    expected = batches(Loader(Y, 8, shuffle=True, seed=4, window=48))
    for loader in (
        Loader((x, Y), 8, shuffle=True, seed=4, window=48, dtype="float64"),
        DataLoader(files, 8, shuffle=True, generator=4, num_workers=2, window=48, dtype="float64"),
    ):
        for (rows, numbers), right in zip(loader, expected, strict=True):
            assert numbers.tolist() == right
            np.testing.assert_array_equal(np.asarray(rows), X[right])


def test_threads_read_blocks_ahead(saved):
    x = npy(saved[0])
    loader = DataLoader(x, 8, shuffle=True, generator=4, num_workers=2, window=48, dtype="float64")
    found = np.concatenate([batch.data for batch in loader])
    np.testing.assert_array_equal(np.sort(found, axis=0), np.sort(X, axis=0))


def test_an_error_while_reading_ahead_arrives(saved):
    x = npy(saved[0])
    loader = DataLoader(x, 8, shuffle=True, num_workers=2, window=48)
    saved[0][3].unlink()
    x._part.cache_clear()
    with pytest.raises(DataFileError, match=r"x3\.npy: No such file"):
        list(loader)


# --- ranks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
@pytest.mark.parametrize(("size", "samples"), [(4, 103), (10, 103), (12, 97), (103, 103)])
def test_ranks_share_each_batch(ranks, size, samples):
    parts = []
    for rank in range(ranks):
        loader = Loader(Y[:samples], size, shuffle=True, seed=1, window=40)
        loader.part = (rank, ranks)
        found = batches(loader)
        assert len(found) == len(loader)
        parts.append([[] if number in loader._idle else batch for number, batch in enumerate(found)])
    together = [flat(batch) for batch in zip(*parts, strict=True)]
    assert [len(batch) for batch in together] == [size] * (samples // size) + [samples % size] * bool(samples % size)
    assert sorted(flat(together)) == Y[:samples].tolist()
    for batch in zip(*parts, strict=True):
        assert max(map(len, batch)) - min(map(len, batch)) <= 1
    held = [sorted(flat(part)) for part in parts]
    assert flat(held) == Y[:samples].tolist(), "consecutive samples"


def test_each_rank_reads_its_own_shards(tmp_path):
    paths = [tmp_path / f"{i}.npy" for i in range(6)]
    for path in paths:
        np.save(path, np.arange(20.0))
    for rank in range(3):
        x = npy(paths)
        opened, part = set(), x._part
        x._part = lambda which, opened=opened, part=part: opened.add(which) or part(which)
        loader = Loader(x, 12, shuffle=True, window=24)
        loader.part = (rank, 3)
        assert sum(len(batch) for batch in loader) == 40
        assert opened == {2 * rank, 2 * rank + 1}


def test_too_many_ranks_are_refused():
    with pytest.raises(ValueError, match="5 samples in batches of 4 leave nothing to some of 6 ranks"):
        own(5, 4, 0, 6)


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def parts(tmp_path):
    """Parts of a table, and the table."""
    rng = np.random.default_rng(0)
    lines = [f"{a!r},{b},{c}\n" for a, b, c in zip(rng.normal(size=50).tolist(), range(50), Y[:50] % 3, strict=True)]
    paths = [tmp_path / f"part-{i}.csv" for i in range(3)]
    for i, path in enumerate(paths):
        path.write_text("a,b,kind\n" + "".join(lines[20 * i : 20 * (i + 1)]))
    (tmp_path / "whole.csv").write_text("a,b,kind\n" + "".join(lines))
    return paths, read_csv(tmp_path / "whole.csv")


def test_csv_becomes_shards(parts, tmp_path):
    paths, table = parts
    x, y = csv_to_npy(paths, tmp_path / "shards", "kind", rows=8, dtype="float64")
    assert (len(x.paths), len(y.paths)) == (8, 8), "three, three and two pieces"
    np.testing.assert_array_equal(x[:], table.numbers(["a", "b"]))
    np.testing.assert_array_equal(y[:], table["kind"])
    assert (x.dtype, y.dtype) == (np.float64, np.int64)
    np.testing.assert_array_equal(npy(sorted((tmp_path / "shards").glob("x-*.npy")))[:], x[:])
    b, a = csv_to_npy(paths[0], tmp_path / "other", "a", columns=["b"])
    assert (b.shape, b.dtype, a.dtype) == ((20, 1), np.float32, np.float32)
    with pytest.raises(DataFileError, match="shards: it already holds shards: open them with npy, or remove them"):
        csv_to_npy(paths, tmp_path / "shards", "kind")


def test_csv_that_is_refused(parts, tmp_path):
    paths, _ = parts
    with open(paths[1], "a") as file:
        file.write("1.0,2,2.5\n")
    with pytest.raises(DataFileError, match=r"part-1\.csv: line 22, column 'kind': '2.5' is not an integer"):
        csv_to_npy(paths, tmp_path / "first", "kind", rows=8)
    _, y = csv_to_npy(paths, tmp_path / "second", "kind", rows=8, types={"kind": "float"})
    assert y[40] == 2.5
    with pytest.raises(DataFileError, match=r"part-0\.csv: no column 'cost'; the columns are a, b, kind"):
        csv_to_npy(paths, tmp_path / "third", "cost")
    paths[2].write_text("a,c,kind\n1,2,3\n")
    with pytest.raises(DataFileError, match=r"part-2\.csv: no column 'b'; the columns are a, c, kind"):
        csv_to_npy([paths[0], paths[2]], tmp_path / "parts", "kind")
    paths[0].write_text("a,b\n")
    with pytest.raises(DataFileError, match="the file has no rows"):
        csv_to_npy(paths[0], tmp_path / "fourth", "b")
    paths[0].write_text("a,a\n1,2\n")
    with pytest.raises(DataFileError, match="two columns are named 'a'"):
        csv_to_npy(paths[0], tmp_path / "fifth", "b")
