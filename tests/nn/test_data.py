"""The bundled digits, splits and minibatches."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import tensor
from nn.data import Loader, digits, train_test_split

# --- digits -------------------------------------------------------------------------------------------------------


def test_the_digits_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.load_digits()
    raw = digits(raw=True)
    np.testing.assert_array_equal(raw.x, theirs.images)
    np.testing.assert_array_equal(raw.y, theirs.target)


def test_the_digits_are_whole():
    x, y = digits(raw=True)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((1797, 8, 8), np.uint8, (1797,), np.int64)
    assert hashlib.sha256(x.tobytes() + y.astype(np.uint8).tobytes()).hexdigest().startswith(DIGEST)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as UCI counts them


DIGEST = "87ff0c9e40dc7e2c"


def test_the_digits_are_scaled_to_the_default_dtype():
    x, y = digits()
    assert (x.min(), x.max(), x.dtype) == (0.0, 1.0, np.float32)
    np.testing.assert_array_equal(x * 16, digits(raw=True).x.reshape(-1, 64))
    nn.set_default_dtype("float64")
    assert digits().x.dtype == np.float64
    assert digits().y is not y


def test_the_digits_are_small_and_come_with_their_source():
    folder = Path(nn.data.__file__).parent
    assert (folder / "digits.npz").stat().st_size < 100_000
    text = (folder / "DIGITS-LICENSE.txt").read_text()
    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0", "scikit-learn"):
        assert words in text
        assert words in digits.__doc__


# --- splits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize("test_size", [0.2, 0.5, 360, 11])
def test_a_split_takes_every_sample_once(stratify, test_size):
    x, y = digits()
    number = np.arange(len(x))
    parts = train_test_split(number, x, y, test_size=test_size, stratify=y if stratify else None, seed=0)
    train, test, x_train, x_test, y_train, y_test = parts
    assert sorted([*train, *test]) == list(range(1797))
    assert len(test) == (np.ceil(1797 * test_size) if test_size < 1 else test_size)
    for part, x_part, y_part in ((train, x_train, y_train), (test, x_test, y_test)):
        np.testing.assert_array_equal(x_part, x[part])
        np.testing.assert_array_equal(y_part, y[part])
        assert (np.diff(part) < 0).any(), "in random order"
    if stratify:
        for c in range(10):
            exact = (y == c).sum() * len(test) / 1797
            assert abs((y_test == c).sum() - exact) < 1


def test_the_largest_remainders_get_the_samples_that_are_left():
    y = np.repeat([0, 1, 2], [10, 4, 6])  # of 5 samples 2.5, 1 and 1.5
    seen = {
        tuple(np.bincount(train_test_split(y, test_size=5, stratify=y, seed=seed)[1]).tolist()) for seed in range(20)
    }
    assert seen == {(3, 1, 1), (2, 1, 2)}


def test_the_seed_decides_the_split():
    def split(seed):
        return train_test_split(np.arange(100), test_size=0.2, seed=seed)[1].tolist()

    assert split(1) == split(1) != split(2)
    assert split(np.random.default_rng(1)) == split(1)
    nn.manual_seed(4)
    first = split(None)
    assert split(None) != first
    nn.manual_seed(4)
    assert split(None) == first


def test_a_split_of_lists():
    words = ["a", "b", "c", "d"]
    train, test = train_test_split(words, test_size=1, seed=0)
    assert sorted(train + test) == words


@pytest.mark.parametrize(
    ("arrays", "options", "words"),
    [
        ((), {}, "at least one array"),
        (([1, 2], [1]), {}, "different lengths: 2, 1"),
        (([1, 2],), {"test_size": 0.0}, "between 0 and 1"),
        (([1, 2],), {"test_size": 1.5}, "between 0 and 1"),
        (([1, 2],), {"test_size": 2}, "into 0 to train, 2"),
        (([1, 2],), {"test_size": 0}, "into 2 to train, 0"),
        (([1, 2, 3],), {"test_size": 1, "stratify": [0, 0, 1]}, "class 1 has a single sample"),
        (([1, 2, 3, 4],), {"test_size": 1, "stratify": [0, 0, 1, 1]}, "2 classes do not fit into sets of 3 and 1"),
        (([1, 2],), {"stratify": [0]}, r"one label for each of the 2 samples, not shape \(1,\)"),
    ],
)
def test_splits_that_are_refused(arrays, options, words):
    with pytest.raises(ValueError, match=words):
        train_test_split(*arrays, **options)


# --- batches ------------------------------------------------------------------------------------------------------


def test_batches_in_order():
    x, y = np.arange(14).reshape(7, 2), np.arange(7)
    batches = list(Loader((x, y), 3))
    assert [b.tolist() for _, b in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    np.testing.assert_array_equal(batches[1][0], x[3:6])
    assert [b.tolist() for _, b in Loader((x, y), 3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("samples", [0, 1, 5, 6, 7])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_the_length_is_the_number_of_batches(samples, drop_last, shuffle):
    loader = Loader(np.arange(samples), 3, drop_last=drop_last, shuffle=shuffle)
    batches = list(loader)
    assert len(loader) == len(batches)
    assert all(len(b) > 0 for b in batches)
    assert not drop_last or all(len(b) == 3 for b in batches)


def test_every_loop_has_its_own_order_that_the_seed_decides():
    x = np.arange(50)

    def orders(seed, loops=3):
        loader = Loader(x, 8, shuffle=True, seed=seed)
        return [np.concatenate(list(loader)).tolist() for _ in range(loops)]

    a, b, c = orders(1)
    assert a != b != c != a
    assert sorted(a) == sorted(b) == x.tolist()
    assert orders(1) == [a, b, c] != orders(2)
    late = Loader(x, 8, shuffle=True, seed=1)
    late.epoch = 2
    assert np.concatenate(list(late)).tolist() == c, "an order follows from the seed and the number of the loop"


def test_a_loader_without_seed_follows_the_default_generator():
    def order():
        return np.concatenate(list(Loader(np.arange(50), 8, shuffle=True))).tolist()

    nn.manual_seed(3)
    a, b = order(), order()
    nn.manual_seed(3)
    assert [order(), order()] == [a, b]
    assert a != b


def test_loops_may_be_nested():
    loader = Loader(np.arange(4), 2, shuffle=True, seed=0)
    pairs = [(a.tolist(), b.tolist()) for a in loader for b in loader]
    assert len(pairs) == 4
    assert loader.epoch == 3


def test_floating_arrays_come_in_the_dtype_of_parameters():
    data = (np.ones(4), np.ones(4, "float32"), np.ones(4, int))
    assert [a.dtype for a in next(iter(Loader(data, 2)))] == [np.float32, np.float32, np.int64]
    assert [a.dtype for a in next(iter(Loader(data, 2, dtype="float64")))] == [np.float64, np.float64, np.int64]
    x, y = next(iter(Loader(digits(), 32)))
    assert (x.shape, x.dtype, y.dtype) == ((32, 64), np.float32, np.int64)


def test_tensors_and_lists():
    x, y = next(iter(Loader([tensor([[1.0], [2.0]]), [0, 1]], 2)))
    assert x.tolist() == [[1.0], [2.0]]
    assert y.tolist() == [0, 1]


def test_batches_do_not_share_memory_when_shuffled():
    x = np.zeros(4, "float32")
    for batch in Loader(x, 2, shuffle=True):
        batch += 1.0
    assert not x.any()


@pytest.mark.parametrize("wrong", [0, -1, 2.0, "2", True, None])
def test_batch_sizes_that_are_refused(wrong):
    with pytest.raises(ValueError, match="batch_size must be a positive number of samples"):
        Loader(np.arange(4), wrong)


def test_data_that_is_refused():
    with pytest.raises(ValueError, match="different lengths: 4, 3"):
        Loader((np.arange(4), np.arange(3)))
    with pytest.raises(ValueError, match="at least one array"):
        Loader(())


def test_loader_repr():
    assert repr(Loader(np.arange(4), 2)) == "Loader(4 samples, batch_size=2, shuffle=False)"
