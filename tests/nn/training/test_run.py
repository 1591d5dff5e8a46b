"""The state of a training, and what `fit` does around its loop."""

import os
import signal
import sys
import threading

import numpy as np
import pytest

import nn
import optim
from nn.defaults import generator
from nn.training.live import Progress
from nn.training.run import Run

X, Y = np.linspace(-1.0, 1.0, 24, dtype="float32").reshape(12, 2), np.arange(12) % 2
LOSS = nn.CrossEntropyLoss()


def network():
    return nn.Sequential(nn.Linear(2, 4, rng=0), nn.Dropout(0.5, rng=3), nn.Linear(4, 2, rng=1))


def make(model=None, validation=True):
    model = model or network()
    loaders = [nn.data.Loader((X, Y), 4, shuffle=True, seed=seed) for seed in (1, 2)]
    return Run(
        model,
        LOSS,
        optim.Adam(model.parameters()),
        loaders[0],
        loaders[1] if validation else None,
        {"accuracy": nn.metrics.accuracy},
        7,
    )


def test_a_run_before_it_begins():
    run = make()
    assert (run.epoch, run.step, run.total, run.samples, run.why, run.broken) == (0, 0, 0.0, 0, None, False)
    assert run.epochs == 7
    assert run.data is None
    assert run.known == {}
    assert list(run.metrics) == ["accuracy"]
    assert run.loss is LOSS
    assert len(run.history) == 0


def test_the_first_reason_stands():
    run = make()
    run.stop("one")
    run.stop("two")
    assert run.why == "one"


def test_generators():
    run = make()
    names = dict(run.generators())
    assert list(names) == ["default", "1.rng"]
    assert names["1.rng"] is run.model[1].rng
    alone = nn.Dropout(0.5, rng=1)
    assert [name for name, _ in make(alone_with_weights(alone)).generators()] == ["default", "rng"]


def alone_with_weights(dropout):
    dropout.weight = nn.Parameter([1.0])
    return dropout


def test_the_state_goes_and_comes_back():
    run = make()
    next(iter(run.train))
    for batch in run.validation:
        del batch
    run.epoch, run.step, run.total, run.samples = 2, 9, 1.5, 4
    run.history.rows.append({"epoch": 1, "loss": 0.5})
    run.history.seconds.append(0.25)
    run.history.layers.append({"gradient": {"0": 0.5}, "update": {"0": 0.01}})
    run.model[1].rng.random(5)
    generator().random(3)
    state = run.state_dict()
    assert set(state) == {
        *("epoch", "step", "total", "samples", "train", "validation", "generators", "rows", "seconds", "layers", "data")
    }
    other = make()
    rows = other.history.rows
    nn.manual_seed(1)
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert other.train.state_dict() == {"seed": 1, "epoch": 0, "batch": 1}
    assert other.validation.state_dict() == {"seed": 2, "epoch": 1, "batch": 0}
    assert other.history.rows is rows, "in place"
    other.history.rows[0]["loss"] = 7.0
    other.history.seconds.append(1.0)
    assert state["rows"] == [{"epoch": 1, "loss": 0.5}]
    assert state["seconds"] == [0.25]
    run.history.rows[0]["loss"] = 8.0
    assert state["rows"] == [{"epoch": 1, "loss": 0.5}], "a copy"


def test_the_state_without_validation():
    state = make(validation=False).state_dict()
    assert state["validation"] is None
    make().load_state_dict(state)
    make(validation=False).load_state_dict(make().state_dict())


def test_generators_that_do_not_fit():
    run, state = make(), make().state_dict()
    before = run.state_dict()
    del state["generators"]["1.rng"]
    with pytest.raises(ValueError, match=r"this run are default, 1.rng, but those of the saved run default\."):
        run.load_state_dict(state)
    state = make().state_dict()
    state["generators"]["1.rng"] = np.random.MT19937(0).state
    with pytest.raises(ValueError, match=r"the generator 1.rng is a PCG64, but the saved one is a MT19937\."):
        run.load_state_dict(state)
    assert run.state_dict() == before


def test_what_is_noted_of_the_data():
    run = make()
    run.note_data()
    assert list(run.data) == ["training", "validation"]
    assert run.data["training"] == run.data["validation"]
    assert run.state_dict()["data"] == run.data
    alone = make(validation=False)
    alone.note_data()
    assert alone.data["validation"] is None


# --- fit --------------------------------------------------------------------------------------------------------------


def fit(model=None, **options):
    arguments = {"loss": LOSS, "epochs": 1, "batch_size": 4} | options
    return nn.fit(model or network(), (X, Y), **arguments)


def test_no_epochs():
    model = network()
    before = model.state_dict()
    assert len(fit(model, epochs=0)) == 0
    np.testing.assert_array_equal(model.state_dict()["0.weight"], before["0.weight"])
    assert not model.training
    assert len(fit(model, epochs=np.int64(1))) == 1


@pytest.mark.parametrize("epochs", [True, 1.0, "3", -1, None])
def test_epochs_that_cannot_be(epochs):
    with pytest.raises(
        ValueError, match=f"epochs is a number of passes over the data and must be 0 or more, not {epochs!r}"
    ):
        fit(epochs=epochs)


def test_what_is_taken_by_default(monkeypatch):
    seen = {}

    class Look(nn.Callback):
        def on_fit_begin(self, run):
            seen.update(optimizer=run.optimizer, epochs=run.epochs, batch=run.train.batch_size, mixed=run.train.shuffle)

    nn.fit(network(), (X, Y), loss=LOSS, callbacks=[Look()])
    assert type(seen["optimizer"]) is optim.Adam
    assert seen["optimizer"].param_groups[0]["lr"] == 1e-3
    assert (seen["epochs"], seen["batch"], seen["mixed"]) == (10, 32, True)


def test_the_seed_is_that_of_the_order_and_of_the_default_generator():
    seen = []

    class Look(nn.Callback):
        def on_fit_begin(self, run):
            seen.append(run.train.seed)

    fit(callbacks=[Look()], seed=41)
    assert seen == [41]

    class Draw(nn.Callback):
        def on_fit_begin(self, run):
            seen.append(dict(run.generators())["default"].random())

    fit(callbacks=[Draw()], seed=5)
    fit(callbacks=[Draw()], seed=5)
    assert seen[1] == seen[2]


def test_values_are_clipped_before_norms():
    seen = []

    class Look(nn.Callback):
        def on_step_end(self, run):
            seen.append(np.concatenate([p.grad.ravel() for p in run.model.parameters()]))

    model = nn.Linear(2, 1, bias=False, dtype="float64", rng=0)
    model.weight.data[:] = [[1.0, 1.0]]

    def loss(prediction, target):
        return (model.weight * np.array([[30.0, 4.0]])).sum()

    nn.fit(
        model,
        (X, Y),
        loss=loss,
        epochs=1,
        batch_size=12,
        optimizer=lambda p: optim.SGD(p, lr=0.0),
        clip_value=3.0,
        clip_norm=1.0,
        callbacks=[Look()],
    )
    np.testing.assert_allclose(seen, [[3 / 18**0.5, 3 / 18**0.5]], rtol=1e-6)


def test_the_loss_of_an_epoch_is_weighted_by_the_sizes_of_its_batches():
    values = iter([1.0, 2.0, 4.0])

    def loss(prediction, target):
        return prediction.sum() * 0.0 + next(values)

    history = fit(loss=loss, batch_size=5)
    assert history["loss"] == [(5 * 1.0 + 5 * 2.0 + 2 * 4.0) / 12]
    assert history["step"] == [3]
    assert history.seconds[0] >= 0.0


def test_the_rate_that_is_shown():
    class NoRate(optim.Optimizer):
        rules = {}  # noqa: RUF012 - a constant of the class

        def __init__(self, params):
            super().__init__(params)

        def coefficients(self, hyper, step):
            return {}

        @staticmethod
        def update(p, g):
            return (p - 0.1 * g,)

        def common(self, hyper):
            return {"ascend": False, "decay": None, "shrink": None}

    assert np.isnan(fit(optimizer=NoRate)["lr"]).all()
    assert fit(optimizer=lambda p: optim.SGD(p, lr=lambda t: 0.5 - 0.1 * t))["lr"] == [0.5 - 0.1 * 2]


def test_a_loss_that_is_not_finite_points_to_the_caller():
    values = iter([1.0, float("nan"), float("nan")])  # the last one when it is looked into
    with pytest.warns(nn.TrainingWarning, match=r"the loss was nan in epoch 1, after 1 steps") as caught:
        history = fit(loss=lambda p, y: p.sum() * 0.0 + next(values))
    assert caught[0].filename == __file__
    assert history.stopped.startswith("the loss was nan in epoch 1, after 1 steps")


class Interrupt(nn.Callback):
    def __init__(self, times):
        self.times = times

    def on_step_end(self, run):
        for _ in range(self.times):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_a_second_control_c_interrupts_at_once():
    ended = []

    class End(nn.Callback):
        def on_fit_end(self, run):
            ended.append(run.why)

    assert fit(callbacks=[Interrupt(1), End()]).stopped == "interrupted by Ctrl-C"
    assert ended == ["interrupted by Ctrl-C"]
    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[Interrupt(2), End()])
    assert len(ended) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_the_handler_of_somebody_else_stays():
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append("mine"))
    mine = signal.getsignal(signal.SIGINT)
    history = fit(callbacks=[Interrupt(1)])
    assert history.stopped is None
    assert seen == ["mine"] * 3
    assert signal.getsignal(signal.SIGINT) is mine


@pytest.mark.usefixtures("interruptible")
def test_in_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(len(fit())))
    thread.start()
    thread.join()
    assert found == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_leaves_the_terminal_tidy(monkeypatch):
    closed = []

    class Shown(Progress):
        def __exit__(self, *error):
            super().__exit__(*error)
            closed.append(error[0])

    monkeypatch.setattr(sys.modules["nn.training.fit"], "Progress", Shown)

    def fails(prediction, target):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(loss=fails)
    assert closed == [ZeroDivisionError]


def test_warnings_of_numpy_are_ours_to_tell():
    """NumPy would warn of an overflow on the way to the loss; warnings are errors in these tests."""
    with pytest.warns(nn.TrainingWarning, match="the loss was inf"):
        nn.fit(nn.Linear(1, 1, rng=0), (np.full((4, 1), 1e38), np.ones((4, 1))), loss=nn.MSELoss(), epochs=1)


def test_where_the_loader_stands_after_judging():
    loader = nn.data.Loader((X, Y), 4, shuffle=True, seed=0)
    nn.fit(network(), loader, loss=LOSS, epochs=2, metrics=[nn.metrics.accuracy])
    assert loader.state_dict() == {"seed": 0, "epoch": 2, "batch": 0}
