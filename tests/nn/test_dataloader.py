"""PyTorch's data sets, samplers and loader: their batches beside PyTorch's, and threads that fetch them ahead."""

import copy
import gc
import pickle
import signal
import threading
import time
from collections import namedtuple
from itertools import islice

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, is_grad_enabled, no_grad, tensor
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Loader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)
from nn.training.evaluation import loader_for

Pair = namedtuple("Pair", "x y")
X, Y = np.arange(22.0).reshape(11, 2), np.arange(11) % 3


class Squares(Dataset):
    """As programs write them; what it was asked for is noted."""

    def __init__(self, n=11):
        self.n = n
        self.asked = []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.asked.append(i)
        return np.array([i, i * i], "float32"), i


class Stream(IterableDataset):
    def __init__(self, n=11):
        self.n = n

    def __iter__(self):
        for i in range(self.n):
            time.sleep(0.0005)
            yield np.float32(i)


class StreamWithLength(Stream):
    def __len__(self):
        return self.n


def plain(batch):
    """A batch as nested lists, with the kind of each part."""
    if isinstance(batch, dict):
        return {key: plain(part) for key, part in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch).__name__, [plain(part) for part in batch]
    if isinstance(batch, str | bytes | int):
        return batch
    return str(batch.dtype).rpartition(".")[2], tuple(batch.shape), batch.tolist()


def threads():
    return [thread.name for thread in threading.enumerate() if "worker" in thread.name]


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    assert threads() == []


# --- beside PyTorch -----------------------------------------------------------------------------------------------

ARGUMENTS = [
    {},
    {"batch_size": 4},
    {"batch_size": 4, "drop_last": True},
    {"batch_size": 3, "sampler": [5, 0, 0, 7, 2]},
    {"batch_sampler": [[1], [4, 2, 2], [0]]},
    {"batch_size": 4, "collate_fn": lambda samples: [label for _, label in samples]},
    {"batch_size": 5, "pin_memory": False, "timeout": 0, "in_order": False, "worker_init_fn": None},
]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda arguments: "-".join(arguments) or "none")
def test_batches_are_those_of_pytorch(arguments, workers):
    data = pytest.importorskip("torch.utils.data")
    theirs = data.DataLoader(Squares(), **arguments)
    ours = DataLoader(Squares(), num_workers=workers, **arguments)
    assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]
    assert len(ours) == len(theirs)
    assert len(ours.dataset) == len(theirs.dataset)
    assert (ours.batch_size, ours.drop_last) == (theirs.batch_size or 1, theirs.drop_last)
    assert "batch_sampler" in arguments or len(ours.sampler) == len(theirs.sampler)


@pytest.mark.parametrize(
    "batch",
    [
        [1, 2],
        [True, False],
        [np.float32(1.5), np.float32(2.5)],
        [np.zeros((2, 3), "float32"), np.ones((2, 3), "float32")],
        [("a", 1), ("b", 2)],
        [[b"a", [1, 2]], [b"b", [3, 4]]],
        [Pair(np.float32(1.0), 3), Pair(np.float32(2.0), 4)],
        [{"x": np.zeros(2, "float32"), "name": "a"}, {"x": np.ones(2, "float32"), "name": "b"}],
        [np.array([1, 2], "uint8")],
    ],
    ids=repr,
)
def test_samples_are_put_together_as_by_pytorch(batch):
    data = pytest.importorskip("torch.utils.data")
    assert plain(default_collate(batch)) == plain(data.default_collate(batch))


@pytest.mark.parametrize("lengths", [[3, 8], [11], [0.5, 0.5], [0.7, 0.2, 0.1], [1.0], [0.35, 0.35, 0.3]])
def test_parts_are_as_long_as_those_of_pytorch(lengths):
    data = pytest.importorskip("torch.utils.data")
    parts = random_split(range(11), lengths, generator=0)
    assert [len(part) for part in parts] == [len(part) for part in data.random_split(range(11), lengths)]
    assert sorted(i for part in parts for i in part) == list(range(11))


def test_what_programs_do_with_batches():
    loader = DataLoader(TensorDataset(tensor(X), tensor(Y)), batch_size=4)
    model, total, right = nn.Sequential(nn.Linear(2, 3)), 0.0, 0
    for x, y in loader:
        score = model(x.reshape(len(x), -1))
        total += nn.functional.cross_entropy(score, y).item() * len(y)
        right += (score.argmax(1) == y).sum().item()
    assert np.isfinite(total / len(loader.dataset))
    assert 0 <= right <= 11
    assert all(isinstance(part, Tensor) for batch in loader for part in batch)


# --- data sets ----------------------------------------------------------------------------------------------------


def test_data_sets_of_tensors_and_of_parts():
    whole = TensorDataset(X, tensor(Y))
    assert len(whole) == 11
    assert [part.tolist() for part in whole[3]] == [[6.0, 7.0], 0]
    assert [part.tolist() for part in whole[-2:]] == [[[18.0, 19.0], [20.0, 21.0]], [0, 1]]
    part = Subset(whole, [4, 9])
    assert [y.item() for _, y in part] == [1, 0]
    joined = part + Squares(3) + part
    assert isinstance(joined, ConcatDataset)
    assert [int(joined[i][1]) for i in range(len(joined))] == [1, 0, 0, 1, 2, 1, 0]
    assert int(joined[-6][1]) == 0
    with pytest.raises(IndexError):
        joined[7]
    assert len(ConcatDataset([])) == 0
    with pytest.raises(ValueError, match="different lengths: 11, 10"):
        TensorDataset(X, Y[1:])


@pytest.mark.parametrize("lengths", [[5, 5], [0.5, 0.6], [12, -1], [5.5, 5.5], []])
def test_lengths_of_parts_that_do_not_add_up(lengths):
    with pytest.raises(ValueError, match="sum to the 11 samples, or fractions of 1, not"):
        random_split(range(11), lengths)


def test_rows_are_the_samples_one_by_one():
    """What is read at once, against what must be asked for, as of a subclass that changes its samples."""

    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * t for t in super().__getitem__(index))

    whole = TensorDataset(X.copy(), Y)
    for data in (whole, Subset(whole, [7, 2, 2, 10]), Subset(Subset(whole, range(5, 9)), [3, 0])):
        slow = DataLoader(data, 3, shuffle=True, generator=0, collate_fn=default_collate)
        assert [plain(b) for b in DataLoader(data, 3, shuffle=True, generator=0)] == [plain(b) for b in slow]
    assert next(iter(DataLoader(Doubled(X, Y), 2)))[0].tolist() == (2 * X[:2]).tolist()
    whole.tensors[0].data += 1.0
    assert next(iter(DataLoader(whole, 2)))[0].tolist() == (X[:2] + 1.0).tolist()


def test_batches_share_no_memory_with_the_data():
    x = X.astype("float32")
    for batch in DataLoader(TensorDataset(x), 11):
        batch[0].data[:] = 0.0
    assert x.any()


def test_a_gradient_goes_through_a_batch():
    x = tensor(X, requires_grad=True)
    for (batch,) in DataLoader(TensorDataset(x), 4, dtype="float64"):
        (batch * batch).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


@pytest.mark.parametrize("dtype", [None, "float64"])
def test_floating_numbers_come_in_one_dtype(dtype):
    for data in (TensorDataset(X, Y), list(zip(X, Y, strict=True)), [(1.5, 2)]):
        x, y = next(iter(DataLoader(data, dtype=dtype)))
        assert (x.dtype, y.dtype) == (np.dtype(dtype or "float32"), np.int64)


# --- orders -------------------------------------------------------------------------------------------------------


def test_orders_are_those_of_a_loader():
    ours = DataLoader(TensorDataset(X, Y), 4, True, generator=3, num_workers=2)
    theirs = Loader((X, Y), 4, shuffle=True, seed=3)
    for _ in range(2):
        assert [[part.tolist() for part in b] for b in ours] == [[part.tolist() for part in b] for b in theirs]


def numbers(loader):
    return [batch.tolist() for batch in loader]


def test_where_an_order_comes_from():
    def loops():
        loader = DataLoader(range(50), 50, shuffle=True)
        return numbers(loader) + numbers(loader)

    nn.manual_seed(0)
    first = loops()
    nn.manual_seed(0)
    assert first == loops() != loops()
    assert first[0] != first[1]
    rng = np.random.default_rng(0)
    assert numbers(DataLoader(range(50), 50, True, generator=rng)) != numbers(
        DataLoader(range(50), 50, True, generator=rng)
    )


def test_a_sampler_goes_on_in_the_next_loader():
    """As in programs that make a loader for every epoch."""
    sampler = RandomSampler(range(50), generator=0)
    orders = [numbers(DataLoader(range(50), 50, sampler=sampler)) for _ in range(2)]
    loader = DataLoader(range(50), 50, shuffle=True, generator=0)
    assert orders == [numbers(loader), numbers(loader)]


def test_samplers():
    assert list(SequentialSampler(range(4))) == [0, 1, 2, 3]
    assert sorted(RandomSampler(range(9), generator=0)) == list(range(9))
    assert list(RandomSampler([])) == []
    twice = list(RandomSampler(range(4), num_samples=6, generator=0))
    assert sorted(twice[:4]) == [0, 1, 2, 3]
    assert len(twice) == 6
    drawn = list(RandomSampler(range(4), True, 400, generator=0))
    assert np.bincount(drawn).min() > 70
    assert sorted(SubsetRandomSampler([8, 6, 4], generator=0)) == [4, 6, 8]
    weighted = WeightedRandomSampler([0.0, 1.0, 3.0], 4000, generator=0)
    np.testing.assert_allclose(np.bincount(list(weighted)) / 4000, [0.0, 0.25, 0.75], atol=0.03)
    assert sorted(WeightedRandomSampler([1.0, 0.0, 3.0], 2, replacement=False)) == [0, 2]
    assert all(type(i) is int for sampler in (weighted, RandomSampler(range(3))) for i in sampler)
    assert list(weighted) != list(weighted)
    for drop_last, expected in ((False, [[0, 1, 2], [3, 4]]), (True, [[0, 1, 2]])):
        batches = BatchSampler(SequentialSampler(range(5)), 3, drop_last)
        assert list(batches) == expected
        assert len(batches) == len(expected)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: WeightedRandomSampler([-1.0, 2.0], 2), "weights must be finite, at least 0"),
        (lambda: WeightedRandomSampler([0.0, 0.0], 2), "not all 0"),
        (lambda: WeightedRandomSampler([[1.0]], 2), "one per sample"),
        (lambda: WeightedRandomSampler([1.0], 0), "num_samples, the number of samples, must be"),
        (lambda: RandomSampler(range(3), num_samples=-1), "num_samples, the number of samples, must be"),
        (lambda: BatchSampler(range(3), 0, False), "batch_size, the number of samples, must be"),
    ],
)
def test_samplers_that_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


# --- streams ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 3])
def test_streams(workers):
    loader = DataLoader(Stream(), 4, num_workers=workers)
    for _ in range(2):
        assert numbers(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert numbers(DataLoader(Stream(), 4, drop_last=True, num_workers=workers)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert numbers(DataLoader(Stream(8), 4, num_workers=workers)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with pytest.raises(TypeError, match="has no len"):
        len(loader)
    assert len(DataLoader(StreamWithLength(), 4)) == 3
    assert numbers(Loader(StreamWithLength(), 4)) == numbers(loader)


# --- workers ------------------------------------------------------------------------------------------------------


class Slow(Squares):
    """Samples that are ready in another order than they are asked for."""

    def __getitem__(self, i):
        time.sleep(0.001 * (i % 3))
        return super().__getitem__(i)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_give_the_same_batches_in_the_same_order(workers):
    expected = DataLoader(Squares(30), 2, shuffle=True, generator=1)
    loader = DataLoader(Slow(30), 2, shuffle=True, generator=1, num_workers=workers, persistent_workers=True)
    for _ in range(2):
        assert [plain(b) for b in loader] == [plain(b) for b in expected]


def test_one_worker_draws_in_order():
    class Noisy(Squares):
        def __init__(self):
            self.rng = np.random.default_rng(0)
            super().__init__()

        def __getitem__(self, i):
            return self.rng.normal()

    assert numbers(DataLoader(Noisy(), 2, num_workers=1)) == numbers(DataLoader(Noisy(), 2))


@pytest.mark.parametrize(("workers", "factor", "most"), [(1, None, 2), (3, None, 6), (2, 3, 6)])
def test_so_many_batches_wait(workers, factor, most):
    data = Squares(100)
    batches = iter(DataLoader(data, 2, num_workers=workers, prefetch_factor=factor))
    for taken in range(1, 4):
        next(batches)
        deadline = time.monotonic() + 10.0
        while len(data.asked) < 2 * (taken + most) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.005)  # for a further one
        assert len(data.asked) == 2 * (taken + most)
    assert len(threads()) == workers


def test_workers_know_the_modes_of_the_loop():
    class Mode(Squares):
        def __getitem__(self, i):
            return is_grad_enabled()

    with no_grad():
        assert numbers(DataLoader(Mode(3), 3, num_workers=1)) == [[False] * 3]


# --- what goes wrong ----------------------------------------------------------------------------------------------


class Bad(Squares):
    def __getitem__(self, i):
        if i == 7:
            raise KeyError("no such file")
        return np.zeros(3 if i == 13 else 2), i


def broken(loader):
    """The error that a loop ends with, and all that its traceback says; no thread is left."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        list(loader)
    assert threads() == []
    return caught.value, " ".join(caught.value.__notes__)


@pytest.mark.parametrize("workers", [0, 3])
def test_an_error_names_sample_batch_and_worker(workers):
    where = "DataLoader worker_" if workers else "MainThread"
    error, note = broken(DataLoader(Bad(20), 4, num_workers=workers))
    assert repr(error) == "KeyError('no such file')"
    assert note.startswith(f"This happened at sample 7 of batch 1, in {where}")
    part = Subset(Bad(20), range(8, 20))
    error, note = broken(DataLoader(part, 4, num_workers=workers, sampler=[0, 3, 5, 6, 7, 8]))
    assert str(error).startswith("the samples of a batch cannot be stacked: sample[0] has shapes (2,) and (3,).")
    assert note.startswith(f"This happened at sample 5 of batch 0 of samples [0, 3, 5, 6], in {where}")
    error, note = broken(DataLoader(Squares(), 4, num_workers=workers, collate_fn=lambda samples: samples[9]))
    assert isinstance(error, IndexError)
    assert note.startswith(f"This happened at batch 0 of samples [0, 1, 2, 3], in {where}")
    error, note = broken(DataLoader(TensorDataset(X), 2, sampler=[0, 1, 11], num_workers=workers))
    assert isinstance(error, IndexError)
    assert note.startswith(f"This happened at batch 1 of samples [11], in {where}")

    class Breaks(IterableDataset):
        def __iter__(self):
            yield from (1, 2, 3)
            raise OSError("cut short")

    error, note = broken(DataLoader(Breaks(), 2, num_workers=workers))
    assert str(error) == "cut short"
    assert note.startswith(f"This happened at sample 3 of batch 1, in {where}")


def test_samples_that_do_not_go_together():
    for batch, text in (
        ([(1, 2), (1,)], "sample has different numbers of parts: 2 and 1"),
        ([{"x": 1}, {"y": 1}], "sample has different keys: {'x'} and {'y'}"),
        ([{"x": np.zeros(2)}, {"x": np.zeros((1, 2))}], r"sample\['x'\] has shapes \(2,\) and \(1, 2\)"),
    ):
        with pytest.raises(ValueError, match=text):
            default_collate(batch)
    for sample in (None, object(), np.array(["a"])):
        with pytest.raises(TypeError, match=r"sample\[0\] is .* which a Tensor cannot hold: pass a collate_fn"):
            default_collate([(sample,)])


class Patient(Squares):
    """Samples that take their time, from the fourth on until somebody presses Ctrl-C."""

    def __getitem__(self, i):
        if i == 4:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.01 if i >= 3 else 0.0)
        return super().__getitem__(i)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signal can be sent to a thread")
@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_ends_all_threads(workers, request):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background does not have
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    data = Patient(10_000)
    with pytest.raises(KeyboardInterrupt) as caught:
        list(DataLoader(data, 5000, num_workers=workers))
    assert "sample 4 of batch 0" in " ".join(caught.value.__notes__) or workers
    assert not workers or " of batch 0" in caught.value.__notes__[0]
    assert not workers or caught.value.__notes__[0].startswith("DataLoader worker_")
    assert threads() == []
    assert len(data.asked) < 1000, "no thread ends its batch"


@pytest.mark.parametrize("data", [Squares(1000), Stream(1000)], ids=["numbers", "stream"])
def test_a_loop_that_is_given_up_ends_its_threads(data):
    def opened():
        batches = iter(DataLoader(data, 2, num_workers=2))
        next(batches)
        assert threads()
        return batches

    for batch in DataLoader(data, 2, num_workers=2):
        assert len(batch) == 2
        assert threads()
        break
    assert threads() == []
    opened().close()
    assert threads() == []
    batches = opened()
    del batches
    assert threads() == []
    knot = [opened()]
    knot.append(knot)
    del knot
    gc.collect()
    assert threads() == []

    def fails():
        for _ in DataLoader(data, 2, num_workers=2):
            raise RuntimeError("in the loop")

    with pytest.raises(RuntimeError, match="in the loop"):
        fails()
    assert threads() == []


def test_a_loop_that_a_worker_of_its_own_gives_up():
    """The garbage collector runs in any thread, also in one that is to be waited for."""

    class Collects(Squares):
        def __getitem__(self, i):
            if i == 2:
                gate.wait(5.0)
                gc.collect()
                done.set()
            return i

    gate, done = threading.Event(), threading.Event()
    knot = [iter(DataLoader(Collects(100), 2, num_workers=1))]
    next(knot[0])
    knot.append(knot)
    gc.disable()
    try:
        del knot
        gate.set()
        assert done.wait(5.0)
    finally:
        gc.enable()
    for thread in threading.enumerate():
        if "worker" in thread.name:
            thread.join(5.0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"batch_size": 0}, "batch_size must be a positive number"),
        ({"batch_size": None}, "loop over the data set"),
        ({"num_workers": -1}, "num_workers is a number of threads"),
        ({"timeout": 5}, "a thread that hangs cannot be stopped"),
        ({"worker_init_fn": print}, "workers are threads"),
        ({"multiprocessing_context": "spawn"}, "not processes"),
        ({"prefetch_factor": -1}, "prefetch_factor, the number of batches, must be"),
        ({"shuffle": True, "sampler": [1, 2]}, "exclude each other"),
        ({"shuffle": True, "batch_sampler": [[1, 2]]}, "exclude each other"),
        ({"batch_sampler": [[1, 2]], "drop_last": True}, "excludes batch_size and drop_last"),
        ({"batch_sampler": [[1, 2]], "batch_size": 4}, "excludes batch_size and drop_last"),
        ({"dataset": Stream(), "sampler": [1]}, "a stream has its own order"),
        ({"dataset": Stream(), "shuffle": True}, "a stream cannot be shuffled"),
    ],
)
def test_arguments_that_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        DataLoader(**{"dataset": Squares(), **arguments})


def test_a_data_set_without_a_length_needs_a_sampler():
    class Endless(Dataset):
        def __getitem__(self, i):
            return i * i

    assert numbers(DataLoader(Endless(), 2, sampler=[1, 2, 3])) == [[1, 4], [9]]
    with pytest.raises(TypeError, match="has no len"):
        list(DataLoader(Endless(), 2))


def test_what_is_no_data_set():
    with pytest.raises(TypeError, match="a data set has __getitem__ and __len__, or __iter__, but 3 has not"):
        DataLoader(3)
    loader = DataLoader((i for i in range(3)), 2)
    assert numbers(loader) == [[0, 1], [2]]
    with pytest.raises(ValueError, match="a second time"):
        list(loader)


# --- state, and training ------------------------------------------------------------------------------------------


class Own(Sampler):
    def __iter__(self):
        return iter([3, 1, 0, 2, 9])


ORDERS = {
    "shuffle": lambda: {"shuffle": True, "batch_size": 2},
    "random": lambda: {"sampler": RandomSampler(range(11), True, 7), "batch_size": 2},
    "weighted": lambda: {"sampler": WeightedRandomSampler(np.arange(11.0), 7), "batch_size": 2},
    "batches": lambda: {"batch_sampler": BatchSampler(SubsetRandomSampler(range(11)), 3, False)},
    "own": lambda: {"sampler": Own(), "batch_size": 2},
    "stream": lambda: {"dataset": Stream(), "batch_size": 2},
}


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("order", ORDERS)
def test_a_loop_goes_on_where_it_was_left(order, workers):
    def make():
        return DataLoader(**{"dataset": range(11), "num_workers": workers, **ORDERS[order]()})

    def loops(loader, n):
        for _ in range(n):
            yield from numbers(loader)

    loader = make()
    start = loader.state_dict()
    whole = list(loops(loader, 2))
    for stop in (1, 3, len(whole) // 2, len(whole) - 1):
        loader, other = make(), make()
        loader.load_state_dict(start)
        batches = (batch.tolist() for _ in range(2) for batch in loader)
        first = list(islice(batches, stop))
        state = loader.state_dict()
        batches.close()
        other.load_state_dict(state)
        assert first + list(loops(other, 2 - state["epoch"])) == whole


def test_copies():
    loader = DataLoader(TensorDataset(X, Y), 3, sampler=WeightedRandomSampler(np.ones(11), 20, generator=0))
    list(loader)
    for twin in (copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))):
        twin_batches = [plain(batch) for batch in twin]
        state = loader.state_dict()
        assert twin_batches == [plain(batch) for batch in loader]
        loader.load_state_dict(state)


LOSS = nn.CrossEntropyLoss()


def network():
    return nn.MLP([2, 5, 3], rng=0)


@pytest.mark.parametrize("compile", [False, True])
def test_training_takes_it_wherever_it_takes_a_loader(compile):
    def numbers_of(train, validation):
        model = network()
        history = nn.fit(
            model, train, validation, loss=LOSS, epochs=3, seed=0, compile=compile, metrics=[nn.metrics.accuracy]
        )
        return (
            history["loss"],
            history["val_loss"],
            nn.evaluate(model, validation, loss=LOSS),
            nn.predict(model, validation),
        )

    data = TensorDataset(X, Y)
    ours = numbers_of(DataLoader(data, 4, True, generator=1, num_workers=2), DataLoader(data, 4, num_workers=1))
    theirs = numbers_of(Loader((X, Y), 4, shuffle=True, seed=1), Loader((X, Y), 4))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)
    loader = DataLoader(data)
    assert loader_for(loader, network(), 5, True, 1) is loader


def test_a_training_is_taken_up_again(tmp_path):
    def train(epochs, **options):
        model = network()
        loader = DataLoader(Squares(), 3, sampler=RandomSampler(range(11), True), num_workers=2)
        loss = lambda score, label: LOSS(score, label % 3)  # noqa: E731
        nn.fit(model, loader, loss=loss, optimizer=lambda p: optim.SGD(p, 1e-3), epochs=epochs, **options)
        return model.state_dict()

    nn.manual_seed(5)
    whole = train(4)
    nn.manual_seed(5)
    train(2, callbacks=[nn.Checkpoint(tmp_path)])
    resumed = train(4, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path / "last.npz")
    for name in whole:
        np.testing.assert_array_equal(whole[name], resumed[name])


@pytest.mark.parametrize("of", [lambda data: data, lambda data: Subset(data, range(2, 9))], ids=["whole", "part"])
def test_a_training_is_not_taken_up_with_other_data(of, tmp_path):
    def train(x, **options):
        nn.fit(
            network(), DataLoader(of(TensorDataset(x, Y)), 4), loss=LOSS, callbacks=[nn.Checkpoint(tmp_path)], **options
        )

    train(X, epochs=1)
    train(X, epochs=2, resume=tmp_path / "last.npz")
    with pytest.raises(nn.CheckpointError, match="array 0 of the training data has different values"):
        train(X + 1.0, epochs=3, resume=tmp_path / "last.npz")
