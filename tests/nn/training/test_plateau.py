"""ReduceOnPlateau as a callback; as an object of its own it is tested in ../test_plateau.py."""

import pytest

import nn
import optim
from optim import HyperparameterError

LOSS = nn.CrossEntropyLoss()


class Put(nn.Callback):
    """Writes given numbers into the history."""

    def __init__(self, name, numbers):
        self.name, self.numbers = name, iter(numbers)

    def on_epoch_end(self, run):
        run.history[-1][self.name] = next(self.numbers)


def trained(callbacks, lr=0.8, **options):
    return nn.fit(
        nn.MLP([2, 2], rng=0),
        nn.data.moons(20, seed=0),
        loss=LOSS,
        optimizer=lambda p: optim.SGD(p, lr=lr),
        callbacks=callbacks,
        seed=0,
        **options,
    )


def test_the_rate_falls_when_progress_slows():
    plateau = nn.ReduceOnPlateau(patience=0)
    history = trained([Put("val_loss", [3.0, 2.0, 2.0, 1.0, 1.0, 0.5]), plateau], epochs=6)
    assert history["lr"] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.2]
    assert plateau.reductions == 2
    again = trained([Put("val_loss", [3.0, 2.0]), plateau], epochs=2)
    assert again["lr"] == [0.8, 0.8]
    assert plateau.reductions == 0, "it begins anew with a new training"


def test_another_column():
    plateau = nn.ReduceOnPlateau(mode="max", patience=0, monitor="score")
    assert trained([Put("score", [0.1, 0.2, 0.2, 0.3]), plateau], epochs=4)["lr"] == [0.8, 0.8, 0.8, 0.4]


def test_it_goes_on_after_a_cut(tmp_path):
    def callbacks(numbers):
        return [Put("val_loss", numbers), nn.ReduceOnPlateau(patience=1), nn.Checkpoint(tmp_path)]

    numbers = [3.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    whole = trained(callbacks(numbers), epochs=6)
    trained(callbacks(numbers), epochs=2)
    again = trained(callbacks(numbers[2:]), epochs=6, resume=tmp_path / "last.npz")
    assert again["lr"] == whole["lr"] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.2]


def test_a_schedule_is_refused_before_the_first_step():
    steps = []

    class Count(nn.Callback):
        def on_step_end(self, run):
            steps.append(run.step)

    with pytest.raises(HyperparameterError, match="use one of them"):
        trained([nn.ReduceOnPlateau(), Count()], lr=optim.cosine(0.1, 10))
    assert steps == []
