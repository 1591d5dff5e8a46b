"""`nn.fit` and `optim.minimize` with ``compile=True``, beside the same without: everything to the last bit."""

import copy
import signal
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
import optim

rng = np.random.default_rng(7)
X = rng.normal(size=(83, 6)).astype("f")  # with 16 in a batch, the last one is ragged
LABELS = rng.integers(0, 3, 83)
VALUES = rng.normal(size=(83, 2)).astype("f")


class Watching(nn.Callback):
    """Notes all that a callback can see, after each step and each epoch."""

    def __init__(self, bits):
        self.bits, self.seen = bits, []

    def on_step_end(self, run):
        self.seen.append(
            self.bits(
                {
                    "values": dict(run.model.state_dict()),
                    "gradients": [p.grad for p in run.model.parameters()],
                    "optimizer": run.optimizer.state_dict(),
                    "generators": [repr(g.bit_generator.state) for _, g in run.generators()],
                    "where": [run.epoch, run.step, run.total, run.samples, run.optimizer.t, len(run.optimizer.skipped)],
                    "modes": [m.training for m in run.model.modules()],
                }
            )
        )

    def on_epoch_end(self, run):
        self.seen.append(self.bits(run.history[-1]))


class Meddling(nn.Callback):
    """Changes the training from outside, as callbacks may."""

    def on_step_end(self, run):
        if run.step == 9:
            run.optimizer.param_groups[0]["lr"] *= 0.5
        if run.step == 11:
            next(run.model.parameters()).data *= 0.5

    def on_epoch_end(self, run):
        if run.epoch == 2:
            run.model[0].weight.requires_grad = False
        if run.epoch == 3:
            run.loss = nn.CrossEntropyLoss(label_smoothing=0.1)
        if run.epoch == 4:
            run.optimizer = optim.SGD(run.model.parameters(), lr=0.1)


class Stopping(nn.Callback):
    def on_step_end(self, run):
        if run.step == 17:
            run.stop("seventeen steps")


class Interrupting(nn.Callback):
    def on_step_end(self, run):
        if run.step == 20:
            signal.raise_signal(signal.SIGINT)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(2, 5, rng=0), nn.Linear(5, 3, rng=1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3, rng=0)

    def forward(self, x):
        h = self.layer(x)
        return h if h.data.sum() > 0 else h * 2.0


class Counting(Branching):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return self.layer(x)


class Keeping(Branching):
    def forward(self, x):
        self.layer.weight.register_hook(lambda g: g * 2.0)
        return self.layer(x)


def mlp(*between):
    return nn.Sequential(nn.Linear(6, 8, rng=0), *between, nn.Linear(8, 3, rng=1))


ADAM = lambda p: optim.Adam(p, lr=0.01)  # noqa: E731
PLAIN = {"train": (X, LABELS), "loss": nn.CrossEntropyLoss(), "optimizer": ADAM}
SETUPS = {
    "plain": lambda: dict(PLAIN, model=mlp(nn.ReLU())),
    "one batch size": lambda: dict(PLAIN, model=mlp(nn.Tanh()), train=(X[:80], LABELS[:80])),
    "default generator": lambda: dict(PLAIN, model=mlp(nn.Dropout(0.3))),
    "own generator": lambda: dict(PLAIN, model=mlp(nn.Dropout(0.3, rng=5))),
    "batch norm": lambda: dict(PLAIN, model=mlp(nn.BatchNorm1d(8), nn.ReLU())),
    "mean of all batches": lambda: dict(PLAIN, model=mlp(nn.BatchNorm1d(8, momentum=None), nn.LayerNorm(8))),
    "schedule": lambda: dict(PLAIN, model=mlp(nn.ReLU()), optimizer=lambda p: optim.SGD(p, lr=optim.cosine(0.1, 30))),
    "plateau": lambda: dict(PLAIN, model=mlp(nn.ReLU()), callbacks=[nn.ReduceOnPlateau(patience=1, factor=0.5)]),
    "clipped values": lambda: dict(PLAIN, model=mlp(nn.ReLU()), clip_value=0.01),
    "clipped norm": lambda: dict(PLAIN, model=mlp(nn.ReLU()), clip_norm=0.1),
    "clipped both": lambda: dict(PLAIN, model=mlp(nn.ReLU()), clip_norm=0.1, clip_value=0.01),
    "validation": lambda: dict(PLAIN, model=mlp(nn.Dropout(0.1)), validation=(X[:20], LABELS[:20])),
    "metrics": lambda: dict(PLAIN, model=mlp(nn.BatchNorm1d(8)), metrics=[nn.metrics.accuracy]),
    "early stopping": lambda: dict(
        PLAIN,
        model=mlp(nn.ReLU()),
        validation=(X[:20], LABELS[::-1][:20]),
        callbacks=[nn.EarlyStopping(patience=2)],
        optimizer=lambda p: optim.Adam(p, lr=0.1),
    ),
    "meddling": lambda: dict(PLAIN, model=mlp(nn.ReLU()), callbacks=[Meddling()]),
    "stopped": lambda: dict(PLAIN, model=mlp(nn.ReLU()), callbacks=[Stopping()]),
    "regression": lambda: dict(PLAIN, model=nn.MLP([6, 8, 2], rng=0), train=(X.astype("d"), VALUES), loss=nn.MSELoss()),
    "a loss of one's own": lambda: dict(
        PLAIN, model=nn.MLP([6, 8, 2], rng=0), train=(X, VALUES, LABELS), loss=lambda p, y, k: ((p - y) ** 2).mean()
    ),
    "decay in groups": lambda: dict(
        PLAIN,
        model=mlp(nn.ReLU()),
        optimizer=lambda p: optim.AdamW([{"params": p[:2], "weight_decay": 0.1}, {"params": p[2:]}], lr=0.01),
    ),
    "autoencoder": lambda: dict(PLAIN, model=nn.MLP([6, 4, 6], rng=0), train=X, loss=nn.MSELoss()),
    "loader": lambda: dict(
        PLAIN, model=mlp(nn.ReLU()), train=nn.data.Loader((X, LABELS), 20, shuffle=True, seed=3, drop_last=True)
    ),
    "half": lambda: dict(PLAIN, model=nn.MLP([6, 8, 3], rng=0, dtype="float16")),
    "double": lambda: dict(PLAIN, model=nn.MLP([6, 8, 3], rng=0, dtype="float64")),
    "convolution": lambda: dict(
        PLAIN,
        model=nn.Sequential(nn.Conv2d(1, 4, 2, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3, rng=1)),
        train=(X.reshape(-1, 1, 2, 3), LABELS),
    ),
    "recurrent": lambda: dict(PLAIN, model=Recurrent(), train=(X.reshape(-1, 3, 2), LABELS)),
    "interrupted": lambda: dict(PLAIN, model=mlp(nn.Dropout(0.2)), callbacks=[Interrupting()]),
}


def trained(setup, bits, compile, epochs=6):
    nn.manual_seed(0)
    options = {"epochs": epochs, "batch_size": 16, "seed": 3, **setup()}
    watching = Watching(bits)
    callbacks = [*options.pop("callbacks", ()), watching]
    history = nn.fit(**options, callbacks=callbacks, compile=compile)
    model = options["model"]
    left = [model.state_dict(), [p.grad for p in model.parameters()], [m.training for m in model.modules()]]
    return history, [watching.seen, bits([left, history.rows, history.stopped])]


@pytest.mark.parametrize("name", SETUPS)
def test_fit_is_the_same_to_the_last_bit(name, bits):
    eager, expected = trained(SETUPS[name], bits, False)
    history, found = trained(SETUPS[name], bits, True)
    assert found == expected
    assert eager.compiled is None
    assert "beside eager" in history.compiled, history.compiled


def test_a_ragged_batch_costs_traces_of_its_own(bits):
    history, _ = trained(SETUPS["plain"], bits, True)
    assert history.compiled.startswith("step: traced 5 times, 2 programs, 0 eager calls.")
    history, _ = trained(SETUPS["one batch size"], bits, True)
    assert history.compiled.startswith("step: traced 3 times, 1 program, 0 eager calls.")


# What cannot be compiled, and what is said of it.
EAGER = {
    Branching: "it branches on the value of an array, at {file}:",
    Counting: "model.calls changes in each run, and is not an array",
    Keeping: "hook",
}


@pytest.mark.parametrize("kind", EAGER)
def test_what_cannot_be_compiled_runs_as_without_and_is_said_once(kind, bits):
    def setup():
        return dict(PLAIN, model=kind())

    _, expected = trained(setup, bits, False)
    with pytest.warns(autograd.CompileWarning, match="step runs eagerly: ") as said:
        history, found = trained(setup, bits, True)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert EAGER[kind].format(file=__file__) in history.compiled
    assert found == expected


@pytest.mark.parametrize("between", [nn.BatchNorm1d(8), nn.Dropout(0.3), nn.ReLU()], ids=str)
@pytest.mark.parametrize("norm", [None, 0.1])
@pytest.mark.parametrize("epoch", [0, 2, 4])
def test_a_loss_that_is_not_finite_leaves_what_eager_leaves(between, norm, epoch, bits):
    class Spoiling(nn.Callback):
        def on_epoch_end(self, run):
            if run.epoch == epoch:
                run.train = nn.data.Loader((X * np.float32("inf"), LABELS), 16)

        on_fit_begin = on_epoch_end

    def setup():
        return dict(PLAIN, model=mlp(copy.deepcopy(between)), clip_norm=norm, callbacks=[Spoiling()])

    found = []
    for compiled in (False, True):
        with pytest.warns(nn.TrainingWarning, match="the loss was nan"):
            found.append(trained(setup, bits, compiled)[1])
    assert found[0] == found[1]


def test_a_training_is_taken_up_again(bits, tmp_path):
    def run(folder, epochs, compiled, **options):
        setup = lambda: dict(PLAIN, model=mlp(nn.Dropout(0.3)), callbacks=[nn.Checkpoint(folder)], **options)  # noqa: E731
        return trained(setup, bits, compiled, epochs)

    _, whole = run(tmp_path / "whole", 6, False)
    run(tmp_path / "part", 4, True)
    history, again = run(tmp_path / "part", 6, True, resume=tmp_path / "part" / "last.npz")
    assert again[0] == whole[0][-len(again[0]) :]
    assert "beside eager" in history.compiled


def test_folds_are_compiled_too(bits):
    def scores(compile):
        make = lambda: mlp(nn.ReLU())  # noqa: E731
        return nn.cross_validate(make, (X, LABELS), loss=PLAIN["loss"], folds=3, seed=0, epochs=5, compile=compile)

    found = scores(True)
    assert bits(found.scores) == bits(scores(False).scores)
    assert all("beside eager" in history.compiled for history in found.histories)


def test_callbacks_see_the_compiled_step():
    class Reading(nn.Callback):
        source = ""

        def on_fit_end(self, run):
            self.source = run.compiled.source

    reading = Reading()
    nn.fit(mlp(nn.ReLU()), (X, LABELS), loss=PLAIN["loss"], batch_size=83, callbacks=[reading], compile=True)
    assert reading.source.startswith("def step(leaves):\n    x, targets = leaves\n")
    assert "adam.step()" in reading.source


def test_nothing_is_loaded_without_being_asked_for():
    program = """
import sys, numpy as np, nn, optim
nn.fit(nn.Linear(2, 1), nn.data.xor(), loss=lambda p, y: ((p - y) ** 2).mean(), epochs=2)
optim.minimize(lambda x: (x * x).sum(), np.ones(2), "newton")
assert not [name for name in sys.modules if name.startswith("autograd.compiling")]
nn.fit(nn.Linear(2, 1), nn.data.xor(), loss=lambda p, y: ((p - y) ** 2).mean(), epochs=2, compile=True)
assert "autograd.compiling.function" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# --- minimize -----------------------------------------------------------------------------------------------------

MATRIX = np.random.default_rng(3).normal(size=(12, 4))
ANSWERS = MATRIX @ np.arange(1.0, 5.0)


def rosenbrock(x):
    return np.sum((1.0 - x[:-1]) ** 2 + 100.0 * (x[1:] - x[:-1] ** 2) ** 2)


def squares(p):
    return ((MATRIX @ p["w"] + p["b"] - ANSWERS) ** 2).mean()


def logistic(w):
    return np.mean(np.log1p(np.exp(-(MATRIX @ w) * np.sign(ANSWERS)))) + 0.01 * (w @ w)


def of_numbers(p):
    x, y = p
    return (x * x + y - 11.0) ** 2 + (x + y * y - 7.0) ** 2


def moving(step, x, value):
    return step == 25 or None


PROBLEMS = {
    "newton": (rosenbrock, np.array([-1.2, 1.0, 0.5]), "newton", {}),
    "lbfgs": (rosenbrock, np.array([-1.2, 1.0, 0.5]), "lbfgs", {}),
    "momentum": (rosenbrock, np.array([-1.2, 1.0]), "sgd", {"lr": 1e-3, "momentum": 0.9, "max_steps": 60}),
    "adam": (logistic, np.zeros(4), "adam", {"lr": 0.1, "max_steps": 60}),
    "schedule": (logistic, np.zeros(4), "sgd", {"lr": optim.cosine(0.5, 40), "max_steps": 60}),
    "containers": (squares, {"w": np.zeros(4), "b": 0.0}, "lbfgs", {}),
    "containers by newton": (squares, {"w": np.zeros(4), "b": 0.0}, "newton", {}),
    "numbers": (of_numbers, (0.0, 0.0), "lbfgs", {}),
    "numbers by steps": (of_numbers, [0.0, 0.0], "rmsprop", {"lr": 0.01, "max_steps": 60}),
    "single precision": (logistic, np.zeros(4, "f"), "lbfgs", {}),
    "one of two": (lambda p: (p[0] * p[0]).sum(), [np.ones(2), np.ones(3)], "sgd", {"lr": 0.1, "max_steps": 20}),
    "target": (logistic, np.zeros(4), "lbfgs", {"target": 0.4}),
    "callback": (logistic, np.zeros(4), "sgd", {"lr": 0.1, "callback": moving}),
    "runs away": (lambda x: -(x * x).sum(), np.ones(2), "sgd", {"lr": 100.0}),
    "a function of one's own": (logistic, np.zeros(4), lambda p: optim.NAdam(p, lr=0.1), {"max_steps": 30}),
}


def found_of(minimum, bits):
    return bits({name: value for name, value in vars(minimum).items() if name != "compiled"})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_minimize_is_the_same_to_the_last_bit(name, bits):
    f, x0, method, options = PROBLEMS[name]
    expected = optim.minimize(f, x0, method, **options)
    found = optim.minimize(f, x0, method, compile=True, **options)
    assert found_of(found, bits) == found_of(expected, bits)
    assert expected.compiled is None
    assert "traced" in found.compiled
    assert found.evaluations < 5 or "beside eager" in found.compiled, found.compiled


@pytest.mark.parametrize("method", ["lbfgs", "newton"])
def test_minimize_says_what_it_cannot_compile(method, bits):
    def branching(x):
        return (x * x).sum() if x[0] > 0 else (x**4).sum()

    x0 = np.array([-1.0, 2.0])
    with pytest.warns(autograd.CompileWarning, match="branching runs eagerly: it branches") as said:
        found = optim.minimize(branching, x0, method, compile=True)
    assert len(said) == {"lbfgs": 1, "newton": 2}[method]  # the value with its gradient, and the Hessian
    assert said[0].filename == __file__
    assert f"it branches on the value of an array, at {__file__}:" in found.compiled
    assert found_of(found, bits) == found_of(optim.minimize(branching, x0, method), bits)


def test_what_minimize_refuses_it_refuses_compiled():
    with pytest.raises(optim.ParameterError, match="f must return a single number"):
        optim.minimize(lambda x: x * 2.0, np.ones(2), compile=True)
