"""The training loop: the same as one written by hand, and what happens when something goes wrong."""

import copy
import os
import signal

import numpy as np
import pytest

import nn
import optim
from nn.data import Loader, Noise
from nn.metrics import accuracy

LOSS = nn.CrossEntropyLoss()


@pytest.fixture
def moons():
    x, y = nn.data.moons(120, noise=0.15, seed=0)
    return (x[:90], y[:90]), (x[90:], y[90:])


def network(**options):
    return nn.Sequential(nn.Linear(2, 12, rng=1), nn.Tanh(), nn.Linear(12, 2, rng=2), **options)


def sgd(params):
    return optim.SGD(params, lr=0.3, momentum=0.9)


def weights(model):
    return np.concatenate([p.data.ravel() for p in model.parameters()])


def test_it_is_the_loop_written_by_hand(moons):
    train, valid = moons
    model = network()
    history = nn.fit(model, train, valid, loss=LOSS, optimizer=sgd, epochs=4, batch_size=16, metrics=[accuracy], seed=3)

    other, rows = network(), []
    optimizer = sgd(other.parameters())
    loader = Loader(train, 16, shuffle=True, seed=3)
    for _ in range(4):
        total = 0.0
        for x, y in loader:
            loss = LOSS(other(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        scores = other(valid[0])
        rows.append((total / 90, LOSS(scores, valid[1]).item(), accuracy(scores, valid[1])))
    np.testing.assert_array_equal(weights(model), weights(other))
    found = [history[name] for name in ("loss", "val_loss", "val_accuracy")]
    np.testing.assert_allclose(found, np.transpose(rows), rtol=1e-6)
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["step"] == [6, 12, 18, 24]
    assert history["lr"] == [0.3] * 4
    assert history.stopped is None
    assert len(history.seconds) == 4


def test_a_seed_decides_everything(moons):
    def run(seed):
        nn.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 2))
        history = nn.fit(model, moons[0], loss=LOSS, epochs=2, seed=seed)
        return weights(model).tolist(), history["loss"]

    assert run(1) == run(1) != run(2)


def test_a_loader_and_its_augmentation(moons):
    loader = Loader(moons[0], 30, shuffle=True, seed=0, augment=Noise(0.1))
    model = network()
    history = nn.fit(model, loader, loss=LOSS, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=3)
    assert loader.epoch == 3
    assert history[-1]["step"] == 9


def test_metrics_without_validation_are_those_of_the_training_data(moons):
    model = network()
    history = nn.fit(model, moons[0], loss=LOSS, optimizer=sgd, epochs=2, metrics={"right": accuracy}, seed=0)
    assert set(history.names) == {"epoch", "step", "lr", "loss", "right"}
    assert history[-1]["right"] == accuracy(model(moons[0][0]), moons[0][1])
    plain = network()
    nn.fit(plain, moons[0], loss=LOSS, optimizer=sgd, epochs=2, seed=0)
    np.testing.assert_array_equal(weights(plain), weights(model))  # judging changes nothing


def test_the_model_is_trained_in_training_and_left_in_evaluation(moons):
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(self.training)
            return x

    model = nn.Sequential(Spy(), network())
    nn.fit(model, moons[0], moons[1], loss=LOSS, optimizer=sgd, epochs=1, batch_size=90)
    assert seen == [True, False]
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_data_come_in_the_dtype_of_the_model(dtype, moons):
    seen = set()

    class Spy(nn.Module):
        def forward(self, x):
            seen.add(x.dtype.name)
            return x

    x, y = moons[0]
    model = nn.Sequential(Spy(), network()).astype(dtype)
    for data in ((x.astype("float64"), y), Loader((x.astype("float64"), y), 32)):
        nn.fit(model, data, data, loss=LOSS, optimizer=sgd, epochs=1)
    assert seen == {dtype}


def test_an_autoencoder_has_one_array(moons):
    model = nn.MLP([2, 3, 2], rng=0)
    before = nn.evaluate(model, moons[0][0], loss=nn.MSELoss())["loss"]
    assert nn.fit(model, moons[0][0], loss=nn.MSELoss(), epochs=3, seed=0)[-1]["loss"] < before


def test_further_arrays_go_to_the_loss(moons):
    x, y = moons[0]
    weight = np.linspace(0, 1, len(x), dtype="float32")

    def weighted(prediction, target, w):
        return (nn.functional.cross_entropy(prediction, target, reduction="none") * w).mean()

    assert len(nn.fit(network(), (x, y, weight), loss=weighted, epochs=1, seed=0)) == 1


def test_gradients_are_clipped(moons):
    norms = []

    class Note(nn.Callback):
        def on_step_end(self, run):
            norms.append(np.sqrt(sum(float((p.grad**2).sum()) for p in run.model.parameters())))

    nn.fit(network(), moons[0], loss=LOSS, optimizer=sgd, epochs=1, clip_norm=0.01, callbacks=[Note()])
    np.testing.assert_allclose(norms, 0.01, rtol=1e-4)
    norms.clear()
    nn.fit(network(), moons[0], loss=LOSS, optimizer=sgd, epochs=1, clip_value=1e-4, callbacks=[Note()])
    assert max(norms) <= 1e-4 * np.sqrt(12 * 5 + 2)


def test_a_schedule_is_shown_as_the_rate_that_was_used(moons):
    def optimizer(params):
        return optim.SGD(params, lr=lambda t: 1 / (1 + t))

    history = nn.fit(network(), moons[0], loss=LOSS, optimizer=optimizer, epochs=2, batch_size=90)
    assert history["lr"] == [1.0, 0.5]


# --- callbacks ----------------------------------------------------------------------------------------------------


def test_the_hooks_are_called_in_order(moons):
    calls = []

    class Note(nn.Callback):
        def __init__(self, name):
            self.name = name

        def on_fit_begin(self, run):
            calls.append(("begin", self.name))

        def on_step_end(self, run):
            calls.append(("step", self.name, run.step))

        def on_epoch_end(self, run):
            calls.append(("epoch", self.name, run.epoch, run.history[-1]["epoch"]))

        def on_fit_end(self, run):
            calls.append(("end", self.name))

    nn.fit(network(), moons[0], loss=LOSS, epochs=1, batch_size=45, callbacks=[Note("a"), Note("b")])
    assert [c for c in calls if c[1] == "a"] == [
        ("begin", "a"),
        *(("step", "a", 1), ("step", "a", 2)),
        ("epoch", "a", 1, 1),
        ("end", "a"),
    ]
    assert [c[1] for c in calls] == ["a", "b"] * 4 + ["b", "a"], "the end in reverse"


def test_early_stopping_puts_the_best_weights_back(moons):
    numbers = iter([3.0, 2.0, 2.5, 1.99, 2.1, 2.2, 2.3])
    saved = []

    class Keep(nn.Callback):
        def on_epoch_end(self, run):
            run.history[-1]["val_loss"] = next(numbers)
            saved.append(weights(run.model))

    model = network()
    stopping = nn.EarlyStopping(patience=3)
    history = nn.fit(model, *moons, loss=LOSS, optimizer=sgd, epochs=50, callbacks=[Keep(), stopping], seed=0)
    assert len(history) == 7
    assert history.stopped == "no improvement for 3 epochs; the best was epoch 4"
    np.testing.assert_array_equal(weights(model), saved[3])
    assert not np.array_equal(saved[3], saved[6])
    assert (stopping.best, stopping.best_epoch) == (1.99, 4)


@pytest.mark.parametrize(
    ("options", "numbers", "epochs"),
    [
        ({"patience": 2, "min_delta": 0.5}, [3.0, 2.8, 2.6, 2.4], 3),
        ({"patience": 1, "monitor": "accuracy"}, [0.1, 0.2, 0.2], 3),
        ({"patience": 1, "monitor": "mae"}, [0.2, 0.1, 0.1], 3),
        ({"patience": 1, "monitor": "score", "mode": "min"}, [0.2, 0.1, 0.1], 3),
        ({"patience": 2}, [float("nan"), float("nan"), 1.0], 2),
        ({"patience": 1}, [2.0, float("nan")], 2),
    ],
)
def test_when_early_stopping_stops(moons, options, numbers, epochs):
    numbers = iter(numbers)

    class Put(nn.Callback):
        def on_epoch_end(self, run):
            run.history[-1][options.get("monitor", "val_loss")] = next(numbers)

    callbacks = [Put(), nn.EarlyStopping(restore_best=False, **options)]
    assert len(nn.fit(network(), moons[0], loss=LOSS, epochs=9, batch_size=90, callbacks=callbacks)) == epochs


def test_a_callback_serves_again(moons):
    stopping = nn.EarlyStopping(patience=1)
    for _ in range(2):
        history = nn.fit(network(), *moons, loss=lambda p, y: 0.0 * LOSS(p, y), epochs=5, callbacks=[stopping])
        assert len(history) == 2


def test_logs(moons, tmp_path):
    callbacks = [nn.CSVLog(tmp_path / "log.csv"), nn.JSONLLog(tmp_path / "log.jsonl")]
    history = nn.fit(network(), *moons, loss=LOSS, epochs=2, callbacks=callbacks, seed=0)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "epoch,step,lr,loss,val_loss"
    assert float(lines[2].split(",")[-1]) == history[1]["val_loss"]
    assert (tmp_path / "log.jsonl").read_text().count("\n") == 2
    with pytest.raises(ValueError, match=r"CSVLog writes .csv files, not 'a.txt'"):
        nn.CSVLog("a.txt")


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_ends_the_training(moons):
    model = nn.Sequential(nn.Linear(2, 1, rng=0))

    def bad(prediction, target):
        return np.log(prediction - prediction).mean()

    before = weights(model)
    with pytest.warns(nn.TrainingWarning, match="training stopped: the loss was -inf in epoch 1, after 0 steps: log"):
        history = nn.fit(model, moons[0], loss=bad, epochs=3)
    assert "log" in history.stopped
    assert len(history) == 0
    np.testing.assert_array_equal(weights(model), before)


def test_what_went_wrong_is_not_saved(moons, tmp_path):
    """A forward pass that goes wrong leaves its traces in running statistics; the checkpoint is of before."""
    x, y = moons[0]
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2, rng=0))
    saved = []

    class Spoil(nn.Callback):
        def on_epoch_end(self, run):
            run.train.arrays[0][:] = np.inf

    class Keep(nn.Callback):
        def on_epoch_end(self, run):
            saved.append(run.model.state_dict())

    callbacks = [Spoil(), Keep(), nn.Checkpoint(tmp_path)]
    with pytest.warns(nn.TrainingWarning):
        nn.fit(model, (x.copy(), y), loss=LOSS, optimizer=sgd, epochs=3, callbacks=callbacks, seed=0)
    assert not np.isfinite(model.state_dict()["0.running_mean"]).all()
    for name, array in nn.saving.read(tmp_path / "last.npz")["model"].items():
        np.testing.assert_array_equal(array, saved[0][name])


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_control_c_ends_the_step(moons, tmp_path, interruptible):
    class Interrupt(nn.Callback):
        def on_step_end(self, run):
            if run.step == 4 and not again:
                os.kill(os.getpid(), signal.SIGINT)

    again = False
    model, whole = network(), network()
    callbacks = [Interrupt(), nn.Checkpoint(tmp_path)]
    history = nn.fit(model, moons[0], loss=LOSS, optimizer=sgd, epochs=4, batch_size=30, callbacks=callbacks, seed=0)
    assert history.stopped == "interrupted by Ctrl-C"
    assert len(history) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    again = True
    resume = {"resume": tmp_path / "last.npz", "callbacks": callbacks}
    assert len(nn.fit(model, moons[0], loss=LOSS, optimizer=sgd, epochs=4, batch_size=30, **resume)) == 4
    nn.fit(whole, moons[0], loss=LOSS, optimizer=sgd, epochs=4, batch_size=30, seed=0)
    np.testing.assert_array_equal(weights(model), weights(whole))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": 3}, TypeError, "fit trains a Module, not 3"),
        ({"loss": "mse"}, TypeError, "loss must be a function of prediction and target"),
        ({"epochs": -1}, ValueError, "epochs is a number of passes"),
        ({"optimizer": "adam"}, TypeError, "optimizer must be an Optimizer or a function"),
        ({"optimizer": lambda p: 1}, TypeError, "must return an Optimizer, not 1"),
        ({"loss": nn.CrossEntropyLoss(reduction="none")}, ValueError, r"single number, but has shape \(32,\)"),
        ({"train": (np.zeros((0, 2)), np.zeros(0, int))}, ValueError, "the training data contain no batch"),
        (
            {"callbacks": [nn.EarlyStopping("val_f1")]},
            KeyError,
            "no column 'val_f1' to monitor; the columns are epoch, step, lr",
        ),
    ],
)
def test_what_is_refused(moons, change, error, words):
    arguments = {"model": network(), "train": moons[0], "loss": LOSS, "epochs": 1} | change
    with pytest.raises(error, match=words):
        nn.fit(arguments.pop("model"), arguments.pop("train"), **arguments)


def test_settings_that_are_refused():
    for options, words in (
        ({"patience": 0}, "patience is a number of epochs"),
        ({"mode": "up"}, "mode must be 'auto', 'min' or 'max'"),
        ({"min_delta": -1.0}, "min_delta is the smallest improvement"),
    ):
        with pytest.raises(ValueError, match=words):
            nn.EarlyStopping(**options)
    with pytest.raises(ValueError, match="every must be a number of steps"):
        nn.Checkpoint("x", every=0)


# --- evaluation, cross-validation ---------------------------------------------------------------------------------


def test_evaluate(moons):
    model = nn.Sequential(network(), nn.Dropout(0.5))
    found = nn.evaluate(model, moons[0], loss=LOSS, metrics=[accuracy], batch_size=7)
    scores = copy.deepcopy(model).eval()(moons[0][0])
    np.testing.assert_allclose(found["loss"], LOSS(scores, moons[0][1]).item(), rtol=1e-6)
    assert found["accuracy"] == accuracy(scores, moons[0][1])
    assert all(module.training for module in model.modules()), "the mode is put back"
    with pytest.raises(ValueError, match="evaluate got no samples"):
        nn.evaluate(model, (np.zeros((0, 2), "float32"), np.zeros(0, int)), loss=LOSS)


def test_cross_validation(moons):
    x, y = moons[0]
    made = []

    def scale(part):
        made.append(len(part))
        return nn.data.Standardize(part)

    result = nn.cross_validate(
        lambda: nn.MLP([2, 8, 2]), (x, y), loss=LOSS, folds=nn.data.KFold(3, stratify=True, seed=0), metrics=[accuracy],
        scale=scale, epochs=3, seed=5, callbacks=[lambda: nn.EarlyStopping("loss")],
    )  # fmt: skip
    assert made == [60, 60, 60], "the statistics are those of the training part"
    assert len(result.histories) == len(result.scores) == 3
    column = [score["accuracy"] for score in result.scores]
    assert result.mean["accuracy"] == np.mean(column)
    assert result.std["accuracy"] == np.std(column, ddof=1)
    assert str(result).splitlines()[0].split() == ["fold", "loss", "accuracy"]
    assert repr(result).startswith("CrossValidation(3 folds: loss ")
    again = nn.cross_validate(
        lambda: nn.MLP([2, 8, 2]), (x, y), loss=LOSS, folds=nn.data.KFold(3, stratify=True, seed=0), metrics=[accuracy],
        scale=nn.data.Standardize, epochs=3, seed=5,
    )  # fmt: skip
    assert again.scores == result.scores
