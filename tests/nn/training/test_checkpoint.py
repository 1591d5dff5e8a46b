"""Which checkpoints are written, when, and what is in them."""

import numpy as np
import pytest

import nn
import optim
from nn.saving import read

X, Y = np.linspace(-1.0, 1.0, 24, dtype="float32").reshape(12, 2), np.arange(12) % 2
NAN = float("nan")


class Saves(nn.Checkpoint):
    """Notes which file is written at which step."""

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        self.written = []

    def _save(self, path, run):
        super()._save(path, run)
        self.written.append((run.step, path.name))


class Scores(nn.Callback):
    """Puts given numbers into the history, in place of what was computed."""

    def __init__(self, numbers, column="val_loss"):
        self.numbers = iter(numbers)
        self.column = column

    def on_epoch_end(self, run):
        run.history[-1][self.column] = next(self.numbers)


class StopAt(nn.Callback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, run):
        if run.step == self.step:
            run.stop("enough")


def fit(checkpoint, *others, epochs=2, model=None, **options):
    return nn.fit(
        model or nn.Linear(2, 2, rng=0),
        (X, Y),
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda p: optim.SGD(p, lr=0.1),
        epochs=epochs,
        batch_size=3,
        callbacks=[*others, checkpoint],
        **options,
    )


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        (None, [0, 4, 8, 8]),
        (1, [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 8]),
        (2, [0, 2, 4, 4, 6, 8, 8, 8]),
        (3, [0, 3, 4, 6, 8, 8]),
        (5, [0, 4, 5, 8, 8]),
        (100, [0, 4, 8, 8]),
    ],
)
def test_when_the_last_one_is_written(tmp_path, every, steps):
    checkpoint = Saves(tmp_path, every=every)
    fit(checkpoint)
    assert [step for step, name in checkpoint.written if name == "last.npz"] == steps


def test_within_an_epoch_there_is_what_was_then(tmp_path):
    for step in range(1, 4):
        fit(nn.Checkpoint(tmp_path, every=step), StopAt(3), model=nn.Linear(2, 2, rng=0))
        assert read(tmp_path / "last.npz")["extra"]["training"]["run"]["step"] == 3, "at the end, always"
    states = []

    class Look(nn.Callback):
        def on_step_end(self, run):
            states.append(read(tmp_path / "last.npz")["extra"]["training"]["run"]["step"])

    fit(nn.Checkpoint(tmp_path, every=3), Look())
    assert states == [0, 0, 0, 3, 4, 4, 6, 6]  # it comes before the checkpoint


@pytest.mark.parametrize(
    ("numbers", "options", "best"),
    [
        ([3.0, 2.0, 2.5, 1.0, 1.0], {}, [1, 2, 4]),
        ([NAN, 2.0, NAN, 1.0], {}, [1, 2, 4]),
        ([NAN, NAN], {}, [1]),
        ([1.0, 2.0, 3.0], {"mode": "max"}, [1, 2, 3]),
        ([3.0, 2.0, 4.0], {"monitor": "val_accuracy"}, [1, 3]),
        ([3.0, 2.0, 4.0], {"monitor": "val_accuracy", "mode": "min"}, [1, 2]),
        ([3.0, 2.0, 4.0], {"monitor": "val_mse"}, [1, 2]),
    ],
)
def test_when_the_best_one_is_written(tmp_path, numbers, options, best):
    checkpoint = Saves(tmp_path, **options)
    fit(checkpoint, Scores(numbers, options.get("monitor", "val_loss")), epochs=len(numbers))
    assert [step // 4 for step, name in checkpoint.written if name == "best.npz"] == best
    assert read(tmp_path / "best.npz")["extra"]["training"]["run"]["epoch"] == best[-1]
    memory = read(tmp_path / "last.npz")["extra"]["training"]["callbacks"]
    assert [name for name, _ in memory] == ["Scores", "Saves"]
    finite = [number for number in numbers if number == number]
    assert memory[1][1] == {"best": numbers[best[-1] - 1] if finite else None}


def test_the_best_is_remembered_when_it_is_taken_up(tmp_path):
    fit(Saves(tmp_path), Scores([2.0, 1.0]))
    checkpoint = Saves(tmp_path)
    fit(checkpoint, Scores([1.5, 0.5]), epochs=4, resume=tmp_path / "last.npz")
    assert checkpoint.written == [(12, "last.npz"), (16, "best.npz"), (16, "last.npz"), (16, "last.npz")]
    assert checkpoint.best == 0.5
    (tmp_path / "best.npz").unlink()
    checkpoint = Saves(tmp_path)
    fit(checkpoint, Scores([0.7]), epochs=5, resume=tmp_path / "last.npz")
    assert (20, "best.npz") in checkpoint.written, "a best one that was lost is written again"
    assert checkpoint.best == 0.5


def test_taken_up_in_the_first_epoch_it_does_not_begin_anew(tmp_path):
    fit(Saves(tmp_path, every=1), StopAt(2))
    checkpoint = Saves(tmp_path)
    fit(checkpoint, StopAt(-1), epochs=1, resume=tmp_path / "last.npz")
    assert checkpoint.written == [(4, "best.npz"), (4, "last.npz"), (4, "last.npz")]


def test_a_new_training_forgets_the_best_of_the_one_before(tmp_path):
    checkpoint = Saves(tmp_path)
    fit(checkpoint, Scores([1.0]), epochs=1)
    checkpoint.written.clear()
    fit(checkpoint, Scores([5.0]), epochs=1)
    assert (4, "best.npz") in checkpoint.written
    assert checkpoint.best == 5.0


def test_settings(tmp_path):
    checkpoint = nn.Checkpoint(tmp_path / "a" / "b", every=1)
    assert (checkpoint.every, checkpoint.others, checkpoint.best) == (1, (), None)
    assert checkpoint.last == tmp_path / "a" / "b" / "last.npz"
    assert repr(checkpoint) == f"Checkpoint({str(tmp_path / 'a' / 'b')!r}, every=1)"
    assert repr(nn.Checkpoint("run")) == "Checkpoint('run')"
    assert checkpoint.state_dict() == {"best": None}
    fit(checkpoint, epochs=1)
    assert checkpoint.last.exists()
    for every in (0, -1, True, 1.0, "1"):
        with pytest.raises(
            ValueError, match=f"every must be a number of steps of at least 1, or None .*, not {every!r}"
        ):
            nn.Checkpoint(tmp_path, every=every)
    with pytest.raises(ValueError, match="mode must be 'auto', 'min' or 'max', not 'best'"):
        nn.Checkpoint(tmp_path, mode="best")


def test_a_checkpoint_that_does_not_fit_leaves_the_training_as_it_was(tmp_path):
    fit(nn.Checkpoint(tmp_path))
    loader = nn.data.Loader((X, Y), 3, seed=5)
    model = nn.Linear(2, 2, dtype="float16", rng=3)
    tree = read(tmp_path / "last.npz")
    tree["model"]["weight"] = np.full((2, 2), 1e30)
    nn.saving.write(tmp_path / "other.npz", tree, short="model/")
    before = loader.state_dict()
    with pytest.raises(nn.CheckpointError, match=r"other\.npz: this state does not fit Linear"):
        nn.fit(
            model,
            loader,
            loss=nn.CrossEntropyLoss(),
            optimizer=lambda p: optim.SGD(p, lr=0.1),
            epochs=9,
            callbacks=[nn.Checkpoint(tmp_path)],
            resume=tmp_path / "other.npz",
            other_data=True,
        )
    assert loader.state_dict() == before


def test_two_callbacks_of_a_kind_have_a_memory_each(tmp_path):
    pair = [nn.EarlyStopping("loss", patience=9), nn.EarlyStopping("lr", mode="max", patience=9)]
    fit(nn.Checkpoint(tmp_path), *pair)
    again = [nn.EarlyStopping("loss", patience=9), nn.EarlyStopping("lr", mode="max", patience=9)]
    fit(nn.Checkpoint(tmp_path), *again, resume=tmp_path / "last.npz")
    assert [(c.best, c.best_epoch, c.waited) for c in again] == [(c.best, c.best_epoch, c.waited) for c in pair]
    assert pair[0].best != pair[1].best
    assert (pair[1].best, pair[1].best_epoch, pair[1].waited) == (0.1, 1, 1)
