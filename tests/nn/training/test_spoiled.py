"""What is written as a checkpoint is finite, or the last finite one stays, whichever way the NaN came."""

import os
import signal

import numpy as np
import pytest

import nn
import optim
from nn.errors import NonFiniteStateError
from nn.saving import read
from nn.saving.checkpoint import known_of, spoiled

X, Y = np.linspace(-1.0, 1.0, 24).reshape(12, 2), np.arange(12) % 2
LOSS = nn.CrossEntropyLoss()
EPOCHS, STEPS = 3, 4  # batches of 3 in each epoch


def network():
    return nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2, rng=1))


class Watch(nn.Callback):
    """Notes the states that were finite after each step and epoch."""

    def __init__(self):
        self.steps = {0: network().state_dict()}

    def on_step_end(self, run):
        self.steps[run.step] = run.model.state_dict()


def fit(folder, loss=LOSS, model=None, callbacks=(), every=None, optimizer=None, **options):
    watch = Watch()
    history = nn.fit(
        model or network(),
        nn.data.Loader((X, Y), 3),
        loss=loss,
        optimizer=optimizer or (lambda p: optim.SGD(p, lr=0.1)),
        epochs=EPOCHS,
        callbacks=[watch, *callbacks, nn.Checkpoint(folder, every=every)],
        **options,
    )
    return history, watch


def arrays_of(tree):
    """All arrays in a tree."""
    if isinstance(tree, np.ndarray):
        return [tree]
    values = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else []
    return [array for value in values for array in arrays_of(value)]


def assert_finite(path):
    for array in arrays_of(read(path)):
        assert array.dtype.kind not in "fc" or np.isfinite(array).all()


def at_step(step, spoil):
    """A loss that has something added at one step: finite itself, but its gradient is not."""
    calls = iter(range(1, 100))

    def loss(prediction, target):
        value = LOSS(prediction, target)
        return value + spoil(prediction) if next(calls) == step else value

    return loss


def nan_gradient(prediction):
    return np.where(False, np.sqrt(prediction * 0.0), 0.0).sum()


class Spoil(nn.Callback):
    """Does something to the training after one step, as bad data and bad code do."""

    def __init__(self, step, change):
        self.step = step
        self.change = change

    def on_step_end(self, run):
        if run.step == self.step:
            self.change(run)


def buffer_nan(run):
    run.model[1].running_mean.data = np.full(4, np.nan)


def buffer_inf(run):
    run.model[1].running_var.data = np.array([1.0, np.inf, 1.0, 1.0])


def parameter_inf(run):
    run.model[0].weight.data[1, 1] = -np.inf


def optimizer_nan(run):
    run.optimizer.state[run.model[0].bias]["exp_avg"][2] = np.nan


def optimizer_number(run):
    run.optimizer.state[run.model[0].bias]["mu_product"] = np.nan


WAYS = {
    "gradient": {"loss": nan_gradient},
    "buffer NaN": {"change": buffer_nan, "words": "1.running_mean is not finite in 4 of its 4 numbers"},
    "buffer inf": {"change": buffer_inf, "words": "1.running_var is not finite in 1 of its 4 numbers"},
    "parameter": {"change": parameter_inf, "words": "0.weight is not finite in 1 of its 8 numbers"},
    "optimizer": {
        "change": optimizer_nan,
        "optimizer": optim.Adam,
        "words": "the optimizer's exp_avg of 0.bias is not finite in 1 of its 4 numbers",
    },
    "number": {"change": optimizer_number, "optimizer": optim.NAdam, "words": "the optimizer's mu_product of 0.bias"},
    "schedule": {"optimizer": lambda p: optim.SGD(p, lr=lambda t: 0.1 if t + 1 != 8 else 1e39)},
}


@pytest.mark.parametrize("every", [None, 1, 3])
@pytest.mark.parametrize("step", [2, 8])
@pytest.mark.parametrize("way", WAYS)
def test_the_last_finite_checkpoint_stays(tmp_path, way, step, every):
    case = {"words": "is not finite"} | WAYS[way]
    if way == "schedule":
        step = 8
    loss = at_step(step, case["loss"]) if "loss" in case else LOSS
    callbacks = [Spoil(step, case["change"])] if "change" in case else []
    with pytest.warns(nn.TrainingWarning) as caught:
        history, watch = fit(tmp_path, loss, None, callbacks, every, case.get("optimizer"))
    text = str(caught[0].message)
    assert len(caught) == 1, "it is said once"
    assert text.startswith("training stopped: ")
    at_once = step % STEPS == 0 or (every is not None and step % every == 0)
    assert (case["words"] in text) if at_once else ("is not finite" in text or "the loss was nan" in text)
    assert history.stopped == text.removeprefix("training stopped: ")
    assert len(history) == (step - 1) // STEPS
    assert_finite(tmp_path / "last.npz")
    saved = read(tmp_path / "last.npz")
    expected = max(s for s in range(step) if s % STEPS == 0 or (every and s % every == 0))
    assert saved["extra"]["training"]["run"]["step"] == expected
    for name, array in saved["model"].items():
        if expected:
            np.testing.assert_array_equal(array, watch.steps[expected][name])
    assert (tmp_path / "best.npz").exists() == (step > STEPS)
    if step > STEPS:
        assert_finite(tmp_path / "best.npz")


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_control_c_in_the_step_that_spoils(tmp_path):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(run):
        run.model[0].weight.data[...] = np.nan
        os.kill(os.getpid(), signal.SIGINT)

    try:
        with pytest.warns(nn.TrainingWarning, match="0.weight is not finite in 8 of its 8 numbers, after 6 steps"):
            history, _ = fit(tmp_path, callbacks=[Spoil(6, interrupt)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert history.stopped == "interrupted by Ctrl-C"
    assert_finite(tmp_path / "last.npz")
    assert read(tmp_path / "last.npz")["extra"]["training"]["run"]["step"] == 4


def test_a_broken_model_is_not_saved_over_a_good_checkpoint_at_the_beginning(tmp_path):
    fit(tmp_path)
    good = (tmp_path / "last.npz").read_bytes()
    model = network()
    model[0].bias.data[0] = np.nan
    with pytest.warns(nn.TrainingWarning, match="training stopped: 0.bias is not finite in 1 of its 4 .*after 0 steps"):
        history, _ = fit(tmp_path, model=model)
    assert len(history) == 0
    assert (tmp_path / "last.npz").read_bytes() == good


class Average(nn.Callback):
    """A moving average of the weights, kept by a callback; one entry is spoiled at a step."""

    def __init__(self, step):
        self.step = step
        self.weights = {}

    def on_step_end(self, run):
        self.weights = {name: 0.5 * array for name, array in run.model.state_dict().items()}
        if run.step == self.step:
            self.weights["0.weight"][0, 0] = np.inf

    def state_dict(self):
        return {"weights": self.weights, "best": float("inf"), "seen": np.array([np.inf, 1.0])}


@pytest.mark.parametrize("every", [None, 1])
def test_an_average_of_the_weights(tmp_path, every):
    words = r"training stopped: callback 1 \(Average\)/weights/0.weight is not finite in 1 of its 8 numbers"
    with pytest.warns(nn.TrainingWarning, match=words):
        fit(tmp_path, callbacks=[Average(8)], every=every)
    for name in ("last", "best"):
        memory = read(tmp_path / f"{name}.npz")["extra"]["training"]["callbacks"][1][1]
        assert all(np.isfinite(array).all() for array in memory["weights"].values())


class Saving(nn.Callback):
    """Saves by itself, with `nn.save`."""

    def __init__(self, path, hook):
        self.path = path
        setattr(self, hook, self.save)

    def save(self, run):
        nn.save(self.path, run.model, run.optimizer)


@pytest.mark.parametrize("hook", ["on_step_end", "on_epoch_end", "on_fit_end"])
def test_callbacks_that_save_by_themselves(tmp_path, hook):
    path = tmp_path / "own.npz"
    nn.save(path, network())
    stopping = nn.EarlyStopping("loss", patience=9)
    model = network()
    with pytest.warns(nn.TrainingWarning) as caught:
        history = nn.fit(
            model,
            (X, Y),
            loss=at_step(8, nan_gradient),
            epochs=3,
            batch_size=3,
            callbacks=[stopping, Saving(path, hook)],
        )
    assert_finite(path)
    assert "0.weight is not finite in 8 of its 8 numbers" in str(caught[0].message)
    assert history.stopped in str(caught[0].message)
    assert len(caught) == (2 if hook == "on_fit_end" else 1)
    assert f"{path} was not written" in str(caught[-1].message) or hook == "on_epoch_end"
    assert np.isfinite(model[0].weight.data).all(), "the best weights are back"


OPTIMIZERS = [optim.SGD, optim.Adadelta, optim.Adagrad, optim.Adam, optim.AdamW, optim.Lion, optim.NAdam, optim.RMSprop,
              optim.RAdam, optim.Adamax, optim.Rprop]  # fmt: skip


@pytest.mark.parametrize("make", OPTIMIZERS, ids=lambda cls: cls.__name__)
def test_every_optimizer(tmp_path, make):
    with pytest.warns(nn.TrainingWarning, match="training stopped: .* is not finite"):
        fit(tmp_path, at_step(12, nan_gradient), optimizer=make)
    for name in ("last", "best"):
        assert_finite(tmp_path / f"{name}.npz")


# --- what is meant to be so -------------------------------------------------------------------------------------------


class Masked(nn.Module):
    """Holds infinities and NaN on purpose: a mask, the best so far, what was not seen yet, a class that cannot be."""

    def __init__(self):
        self.linear = nn.Linear(2, 2, rng=0)
        self.linear.bias.data[:] = 0.0
        self.mask = nn.Buffer(np.array([[0.0, -np.inf], [0.0, 0.0]]))
        self.best = nn.Buffer(np.array(np.inf))
        self.unseen = nn.Buffer(np.full(3, np.nan))
        self.later = None

    def forward(self, x):
        if self.later is None:
            self.later = nn.Buffer(np.array([0.0, -np.inf]))
        self.best.data = np.minimum(self.best.data, np.abs(x).min())
        return self.linear(x)


def test_infinities_on_purpose_are_saved(tmp_path):
    model = Masked()
    assert fit(tmp_path, model=model)[0].stopped is None
    state = read(tmp_path / "last.npz")["model"]
    assert state["mask"][0, 1] == state["later"][1] == -np.inf
    assert np.isnan(state["unseen"]).all()
    assert np.isfinite(state["best"])


def test_a_frozen_infinite_bias(tmp_path):
    model = network()
    model[0].bias = nn.Parameter(np.array([0.0, 1e300, 0.0, 0.0]), requires_grad=False)
    model[0].bias.data[1] = np.inf
    assert fit(tmp_path, model=nn.Sequential(model[0], nn.Tanh(), nn.Linear(4, 2)))[0].stopped is None
    assert np.isinf(read(tmp_path / "last.npz")["model"]["0.bias"][1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda m: m.linear.weight.data.__setitem__((0, 0), np.nan),
            "linear.weight is not finite in 1 of its 4 numbers",
        ),
        (
            lambda m: m.linear.weight.data.__setitem__((0, 0), np.inf),
            "linear.weight is not finite in 1 of its 4 numbers",
        ),
        (lambda m: m.best.data.__setitem__((), np.nan), "best is not finite in 1 of its 1 numbers"),
    ],
)
def test_nn_save(tmp_path, change, words):
    path = tmp_path / "m.npz"
    model = Masked()
    model.unseen.data = np.zeros(3)
    nn.save(path, model)  # with its infinities
    before = path.read_bytes()
    change(model)
    with pytest.raises(NonFiniteStateError, match=f"m.npz was not written: {words}. Pass allow_nonfinite=True"):
        nn.save(path, model)
    assert path.read_bytes() == before
    nn.save(path, model, allow_nonfinite=True, epoch=2)
    assert nn.load(path, Masked()) == {"epoch": 2}


def test_nn_save_with_an_optimizer(tmp_path):
    model = network()
    adam = optim.Adam(model.parameters())
    nn.save(tmp_path / "m.npz", model, adam, best=float("inf"), scores=np.array([np.nan]))
    adam.state[model[3].bias]["exp_avg_sq"][1] = np.inf
    with pytest.raises(NonFiniteStateError, match=r"the optimizer's exp_avg_sq of 3.bias is not finite in 1 of its 2"):
        nn.save(tmp_path / "m.npz", model, adam)
    nn.save(tmp_path / "m.npz", model)


def test_nn_save_with_the_lists_of_lbfgs(tmp_path):
    model = nn.Linear(2, 1, rng=0)
    lbfgs = optim.LBFGS(model.parameters(), lr=0.1, max_iter=6)

    def closure():
        lbfgs.zero_grad()
        loss = (model(np.ones((3, 2), "float32")) ** 2).mean() + (model.weight**4).sum()
        loss.backward()
        return loss

    lbfgs.step(closure)
    nn.save(tmp_path / "m.npz", model, lbfgs)
    lbfgs.state[model.weight]["old_dirs"][1][0] = np.nan
    with pytest.raises(NonFiniteStateError, match=r"the optimizer's old_dirs/1 of weight is not finite in 1 of its 3"):
        nn.save(tmp_path / "m.npz", model, lbfgs)
    del lbfgs.state[model.weight]["old_dirs"][1]
    lbfgs.state[model.weight]["ro"][0] = float("inf")
    with pytest.raises(
        NonFiniteStateError, match=r"the optimizer's ro/0 of weight is not finite in 1 of its 1 numbers"
    ):
        nn.save(tmp_path / "m.npz", model, lbfgs)


def test_parameters_of_no_model(tmp_path):
    other = nn.Parameter(np.ones(2))
    adam = optim.Adam([other])
    adam.state[other]["exp_avg"][:] = np.nan
    with pytest.raises(NonFiniteStateError, match="the optimizer's exp_avg of parameter 0 is not finite in 2 of its 2"):
        nn.save(tmp_path / "m.npz", network(), adam)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([np.inf, 1.0], [np.inf, 1.0], ""),
        ([np.inf, 1.0], [-np.inf, 1.0], ""),
        ([np.inf, 1.0], [np.nan, 1.0], "w is not finite in 1 of its 2 numbers"),
        ([np.inf, 1.0], [1.0, np.inf], "w is not finite in 1 of its 2 numbers"),
        ([np.inf, 1.0], [np.inf, np.nan], "w is not finite in 1 of its 2 numbers"),
        ([np.nan, 1.0], [np.nan, 1.0], "w is not finite in 1 of its 2 numbers"),
        ([0.0, 1.0], [np.inf, -np.inf], "w is not finite in 2 of its 2 numbers"),
    ],
)
def test_what_counts_in_a_parameter(before, after, words):
    module = nn.Module()
    module.w = nn.Parameter(np.array(before))
    known = known_of(module)
    module.w.data = np.array(after)
    assert spoiled(module, known=known) == words


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([np.nan, 1.0], [np.nan, 1.0], ""),
        ([np.nan, 1.0], [np.inf, 1.0], ""),
        ([np.nan, 1.0], [1.0, np.nan], "b is not finite in 1 of its 2 numbers"),
        ([0.0, 1.0], [0.0, np.inf], "b is not finite in 1 of its 2 numbers"),
    ],
)
def test_what_counts_in_a_buffer(before, after, words):
    module = nn.Module()
    module.b = nn.Buffer(np.array(before))
    known = known_of(module)
    module.b.data = np.array(after)
    assert spoiled(module, known=known) == words
    memory = [{"kept/b": 0, "b": module.b.data, "b of another shape": np.array([[np.inf]])}]
    assert spoiled(nn.Module(), others=memory, known=known) == words.replace("b is", "/0/b is")


def test_what_counts_in_other_values():
    module = nn.Module()
    module.b = nn.Buffer(np.array([np.inf, 1.0]))
    known = known_of(module)
    assert known.keys() == {"b"}
    assert spoiled(module, others={"b": np.array([[np.inf]])}, known=known) == "b is not finite in 1 of its 1 numbers"
    free = {"score": float("nan"), "counts": np.arange(3), "texts": np.array(["nan"]), "inf": (np.array([np.inf]),)}
    assert spoiled(module, others=free, known=known) == ""
    wrong = {"a": ({"c": np.array([1j, complex("nan")])},)}
    assert spoiled(module, others=wrong, known=known) == "a/0/c is not finite in 1 of its 2 numbers"
    assert spoiled(module, others={"x": np.float32("nan")}) == "x is not finite in 1 of its 1 numbers"
