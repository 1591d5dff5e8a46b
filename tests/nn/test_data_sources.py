"""What a loader reads from, and its state in the middle of a loop."""

import json
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from nn.data import Loader, Noise, npy

# --- objects with samples, and streams ----------------------------------------------------------------------------


class Squares:
    """A data set as PyTorch's tutorials write them."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if not 0 <= i < self.n:
            raise IndexError(i)
        return np.array([i, i * i], "float64"), i % 3


def test_an_object_with_samples_by_number():
    batches = list(Loader(Squares(5), 2))
    assert [labels.tolist() for _, labels in batches] == [[0, 1], [2, 0], [1]]
    assert batches[1][0].tolist() == [[2.0, 4.0], [3.0, 9.0]]
    assert [x.dtype for x in batches[0]] == [np.float32, np.int64]
    assert len(Loader(Squares(5), 2)) == 3
    shuffled = Loader(Squares(50), 7, shuffle=True, seed=0)
    numbers = [int(row[0]) for x, _ in shuffled for row in x]
    assert sorted(numbers) == list(range(50)) != numbers


def test_an_object_gives_what_the_arrays_give():
    data = Squares(20)
    arrays = (np.stack([data[i][0] for i in range(20)]), np.array([data[i][1] for i in range(20)]))
    a, b = (Loader(d, 6, shuffle=True, seed=3) for d in (data, arrays))
    for (x, y), (u, v) in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, u)
        np.testing.assert_array_equal(y, v)


def samples(n):
    for i in range(n):
        yield np.full(2, i, "float64"), i


def test_streams():
    expected = [[0, 1, 2], [3, 4, 5], [6]]
    for stream in (lambda: samples(7), list(samples(7)).__iter__):
        loader = Loader(stream, 3)
        assert [y.tolist() for _, y in loader] == expected
        assert [y.tolist() for _, y in loader] == expected, "a function is called again for every loop"
    assert [y.tolist() for _, y in Loader(lambda: samples(7), 3, drop_last=True)] == expected[:2]
    assert [x.tolist() for x in Loader((i * i for i in range(3)), 2)] == [[0, 1], [4]]


def test_a_generator_has_one_time():
    loader = Loader(samples(4), 2)
    assert len(list(loader)) == 2
    with pytest.raises(ValueError, match=r"a second time. Pass the function that makes it"):
        list(loader)


def test_streams_have_no_length_and_no_other_order():
    with pytest.raises(TypeError, match="a generator has no length"):
        len(Loader(samples(4), 2))
    with pytest.raises(ValueError, match="a stream cannot be shuffled, because its samples arrive one at a time"):
        Loader(lambda: samples(4), 2, shuffle=True)
    with pytest.raises(TypeError, match="this loader of a stream holds no arrays"):
        _ = Loader(lambda: samples(4), 2).arrays
    assert repr(Loader(lambda: samples(4), 2)) == "Loader(a stream, batch_size=2, shuffle=False)"


def test_samples_that_do_not_go_together():
    with pytest.raises(ValueError, match=r"part 0 has shapes \(2,\) and \(1,\)"):
        list(Loader(lambda: iter([np.zeros(2), np.zeros(1)]), 2))
    with pytest.raises(ValueError, match="different numbers of parts: 1 and 2"):
        list(Loader(lambda: iter([(1,), (1, 2)]), 2))
    with pytest.raises(TypeError, match="a dict cannot be indexed by sample number"):
        Loader({"x": np.zeros(3)}, 2)


# --- the state ----------------------------------------------------------------------------------------------------


def make(source, **options):
    data = {"arrays": (np.arange(11.0), np.arange(11)), "object": Squares(11), "stream": lambda: samples(11)}[source]
    return Loader(data, 3, seed=7, shuffle=source != "stream", **options)


def flat(batch):
    return [np.asarray(part).tolist() for part in batch]


@given(
    source=st.sampled_from(["arrays", "object", "stream"]),
    stop=st.integers(0, 12),
    drop_last=st.booleans(),
    augment=st.booleans(),
)
def test_a_loop_goes_on_where_it_was_left(source, stop, drop_last, augment):
    """Three loops in one go, against the same cut after any batch and taken up by a loader made anew."""
    options = {"drop_last": drop_last, "augment": Noise(0.1) if augment else None}

    def batches(loader, loops):
        for _ in range(loops):
            yield from (flat(batch) for batch in loader)

    whole = list(batches(make(source, **options), 3))
    loader = make(source, **options)
    first, running = [], batches(loader, 3)
    for _ in range(min(stop, len(whole))):
        first.append(next(running))
    state = json.loads(json.dumps(loader.state_dict()))  # as a file keeps it
    other = make(source, **options)
    other.load_state_dict(state)
    assert other.state_dict() == state
    rest = list(batches(other, 3 - state["epoch"]))
    assert first + rest == whole


def test_an_augmentation_follows_from_the_seed():
    a, b = (make("arrays", augment=Noise(1.0)) for _ in range(2))
    first, second = ([flat(batch) for batch in a] for _ in range(2))
    assert first == [flat(batch) for batch in b]
    assert first != second
    noises = [np.subtract(x, y) for x, y in first]
    assert not any(np.array_equal(p, q) for p, q in pairwise(noises)), "every batch has its own noise"


@pytest.mark.parametrize(
    "state", [{}, {"seed": 1, "epoch": 0}, {"seed": 1, "epoch": 0, "batch": 9}, {"seed": 1, "epoch": -1, "batch": 0}, 3]
)
def test_states_that_are_refused(state):
    loader = make("arrays")
    before = loader.state_dict()
    with pytest.raises(ValueError, match=r"a state of a|is not a Loader state"):
        loader.load_state_dict(state)
    assert loader.state_dict() == before


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_is_read_batch_by_batch(tmp_path):
    x = np.random.default_rng(0).normal(size=(50, 3))
    np.save(tmp_path / "x.npy", x)
    file = npy(tmp_path / "x.npy")
    assert (len(file), file.shape, file.dtype) == (50, (50, 3), np.float64)
    loader = Loader((file, np.arange(50)), 8, shuffle=True, seed=0, dtype="float64")
    for batch, numbers in loader:
        np.testing.assert_array_equal(batch, x[numbers])
        batch += 1.0  # a copy: the file stays as it is
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x)
    for index in (3, -1, slice(2, 9, 3), [0, -1, 5, 5], np.arange(50) % 7 == 0, np.array([], int)):
        np.testing.assert_array_equal(file[index], x[index])
    for wrong in ([50], [-51], np.zeros(3, bool), [[0]]):
        with pytest.raises(IndexError, match="50 rows"):
            file[wrong]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(file))[[1]], x[[1]])


def test_a_file_in_the_order_of_fortran(tmp_path):
    x = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(npy(tmp_path / "x.npy")[[2, 0]], x[[2, 0]])


def test_pages_are_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr("nn.data.mapped.RELEASE", 100)
    x = np.arange(1000.0)
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(np.concatenate(list(Loader(npy(tmp_path / "x.npy"), 10))), x)
