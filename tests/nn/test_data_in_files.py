"""Data larger than memory, in several files."""

import pickle

import numpy as np
import pytest

from nn import DataFileError
from nn.data import npy

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
