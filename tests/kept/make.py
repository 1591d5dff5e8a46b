"""What a version writes, to be kept for those after it: ``python tests/kept/make.py tests/kept/v0_1_0``.

Beside the files is ``expected.npz``, written by NumPy alone: what was saved, and what became of it when the same
program simply went on. `test_kept.py` loads every file with the library as it is now. A folder is never made again: a
new version that changes what is written gets a folder of its own.
"""

import contextlib
import io
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np

import nn
import optim
from autograd import tensor
from autograd.view import record
from nn.cli import main

# --- models and values ----------------------------------------------------------------------------------------------


class Everything(nn.Module):
    """One module of each kind that has a state, of all three dtypes, and one parameter that is held twice."""

    def __init__(self, seed):
        super().__init__()
        rng = np.random.default_rng(seed)
        self.mlp = nn.MLP([2, 3, 2], "tanh", rng=rng)
        self.double = nn.Linear(2, 2, dtype="float64", rng=rng)
        self.half = nn.Linear(2, 2, bias=False, dtype="float16", rng=rng)
        self.convolutions = nn.Sequential(nn.Conv1d(2, 1, 2, rng=rng), nn.Conv2d(1, 2, 2, rng=rng))
        self.norms = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm2d(1), nn.LayerNorm(3), nn.RMSNorm(2))
        self.prelu = nn.PReLU()
        self.embedding = nn.Embedding(4, 2, rng=rng)
        self.recurrent = nn.Sequential(
            nn.RNN(2, 2, rng=rng), nn.LSTM(2, 1, num_layers=2, rng=rng), nn.GRU(1, 2, bidirectional=True, rng=rng)
        )
        self.cells = nn.Sequential(nn.RNNCell(1, 1, rng=rng), nn.LSTMCell(1, 2, rng=rng), nn.GRUCell(2, 1, rng=rng))
        self.attention = nn.MultiheadAttention(4, 2, rng=rng)
        self.own = nn.Parameter(rng.normal(size=3).astype("float32"))
        self.shared = self.own
        self.seen = nn.Buffer(np.arange(4))

    def vary(self, seed):
        """Numbers that no module starts with, in parameters and buffers."""
        rng = np.random.default_rng(seed)
        state = {name: array + rng.integers(1, 9, array.shape) for name, array in self.state_dict().items()}
        self.load_state_dict({name: array.astype(self.state_dict()[name].dtype) for name, array in state.items()})
        return self


def values():
    """Every kind of value that a file can hold, in either format."""
    return {
        "plain": [None, True, False, 0, -7, 2**80, 0.1, -0.0, 1e-320, float("inf"), float("-inf"), "", "naïve ∂/∂x\n"],
        "nested": {"a": ({"b": [(), (1,), [[]]]}, [])},
        "keys": {1: "one", 2.5: "two and a half", None: "none", "$array": "no array"},
        "arrays": {
            name: np.arange(3).astype(name)
            for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
        }
        | {name: np.array([[0.1, -0.0, 1e-7]], name) for name in ("float16", "float32", "float64")},
        "shapes": [np.array(0.5), np.zeros((0, 3)), np.arange(6.0).reshape(2, 3).T, np.ones((1, 1, 1, 1))],
        "scalars": [np.float32(0.1), np.float64(0.1), np.int16(-3), np.bool_(True)],
        "generator": np.random.default_rng(5).bit_generator.state,
        "philox": np.random.Philox(5).state,
    }


def npz_values():
    """Those kinds that only ``.npz`` has a place for."""
    return [
        np.array([1 + 2j, 0.0]),
        np.array(["a", "longer"]),
        np.array(["2026-01-02"], "M8[D]"),
        np.array([1.5], ">f8"),
    ]


# --- optimizers -----------------------------------------------------------------------------------------------------


def halving(t):
    """A rate that is a function of the step: it is code, and not in the file."""
    return 0.1 / 2**t


OPTIMIZERS = {
    "sgd": lambda m: optim.SGD(m.parameters(), lr=0.1),
    "momentum": lambda m: optim.SGD(m.parameters(), lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda m: optim.SGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True),
    "classical": lambda m: optim.SGD(m.parameters(), lr=0.1, momentum=0.9, momentum_style="classical"),
    "ema": lambda m: optim.SGD(m.parameters(), lr=0.1, momentum=0.9, momentum_style="ema"),
    "adam": lambda m: optim.Adam(m.parameters(), lr=0.02, betas=(0.8, 0.9), eps=1e-6),
    "amsgrad": lambda m: optim.Adam(m.parameters(), lr=0.02, amsgrad=True, eps_mode="inside"),
    "adamw": lambda m: optim.AdamW(m.parameters(), lr=0.02, weight_decay=0.1),
    "nadam": lambda m: optim.NAdam(m.parameters(), lr=0.02),
    "lion": lambda m: optim.Lion(m.parameters(), lr=0.02),
    "adagrad": lambda m: optim.Adagrad(m.parameters(), lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5),
    "rmsprop": lambda m: optim.RMSprop(m.parameters(), lr=0.02, momentum=0.5, centered=True),
    "adadelta": lambda m: optim.Adadelta(m.parameters()),
    "lbfgs": lambda m: optim.LBFGS(m.parameters(), max_iter=2, history_size=3),
    "wolfe": lambda m: optim.LBFGS(m.parameters(), max_iter=1, line_search_fn="strong_wolfe"),
    "groups": lambda m: optim.AdamW(optim.decay_groups(m), lr=0.02, weight_decay=0.1),
    "function": lambda m: optim.Adam(m.parameters(), lr=halving, betas=(halving, 0.9)),
    "schedule": lambda m: optim.SGD(m.parameters(), lr=optim.cosine(0.1, steps=8), momentum=0.5),
}


def network():
    return nn.MLP([2, 3, 1], "tanh", dtype="float64", rng=3)


def steps(model, optimizer, count=3):
    """Go some steps down, and return the parameters."""
    x = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]])

    def closure():
        optimizer.zero_grad()
        loss = ((model(x)[:, 0] - x[:, 0] * x[:, 1]) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(count):
        optimizer.step(closure)
    return model.state_dict()


# --- trainings ------------------------------------------------------------------------------------------------------


class Stop(nn.Callback):
    """Ends a training in the middle of an epoch."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, run):
        if run.step == self.step:
            run.stop("as it was wanted")


TRAININGS = {
    "adam": (
        lambda p: optim.Adam(p, lr=optim.cosine(0.02, steps=30)),
        lambda: [nn.EarlyStopping(patience=9, restore_best=False)],
    ),
    "plateau": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
        lambda: [nn.EarlyStopping(patience=9), nn.ReduceOnPlateau(patience=0, threshold=0.3)],
    ),
}


def noisy():
    """A network that draws random numbers from two generators, and gathers statistics."""
    layers = [nn.Linear(2, 4, dtype="float64", rng=1), nn.BatchNorm1d(4, dtype="float64"), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Dropout(0.1, rng=7), nn.Linear(4, 2, dtype="float64", rng=2))


def train(name, folder, stop=-1, **options):
    """Train for six epochs of five steps, or until a step, with a checkpoint every three; or go on."""
    optimizer, callbacks = TRAININGS[name]
    x, y = nn.data.moons(100, noise=0.2, seed=0)
    model = noisy()
    history = nn.fit(
        model,
        (x[:80], y[:80]),
        (x[80:], y[80:]),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        metrics=[nn.metrics.accuracy],
        epochs=6,
        batch_size=16,
        callbacks=[*callbacks(), Stop(stop), nn.Checkpoint(folder, every=3)],
        **options,
    )
    return model, history


# --- folders of `chainrule train` -----------------------------------------------------------------------------------

TABLE = "table.csv"
RUNS = {
    "regression": ("--data", TABLE, "--target", "price", "--drop", "kind", "--batch", "8", "--patience", "20"),
    "classification": ("--data", TABLE, "--target", "kind", "--hidden", "4,3", "--activation", "tanh", "--batch", "16"),
    "digits": ("--data", "digits", "--batch", "300"),
}


def table():
    rng = np.random.default_rng(0)
    rows = ["area,age,price,kind"]
    for area, age in zip(rng.uniform(40, 200, 50), rng.integers(1, 90, 50), strict=True):
        rows.append(f"{area:.2f},{age},{3 * area - age + 20:.2f},{'large' if area > 120 else 'small'}")
    return "\n".join(rows) + "\n"


def command(*arguments):
    """What a command prints; it must end well."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main([str(argument) for argument in arguments])
    return code, out.getvalue()


def run_folder(name, data, folder, stop=None):
    """Train for six epochs; with ``stop``, until that step, as by Ctrl-C."""
    options = [str(data / TABLE) if word == TABLE else word for word in RUNS[name]]
    hidden = [] if "--hidden" in options else ["--hidden", "4"]

    def cut(self, run):
        if run.step == stop:
            run.stop("interrupted by Ctrl-C")

    with patch.object(nn.Checkpoint, "on_step_end", cut):
        code, out = command("train", *options, *hidden, "--epochs", 6, "--lr", 0.02, "--out", folder)
    assert code == (0 if stop is None else 130), out
    for picture in folder.glob("*.svg"):
        picture.unlink()


# --- a recording ----------------------------------------------------------------------------------------------------


def recording():
    """A small program, watched: of each value its name, op, number and gradient."""
    x = tensor([0.5, -1.0, 2.0], requires_grad=True, name="x")
    w = tensor([[1.0, 2.0, -0.5], [0.25, 0.0, 1.5]], requires_grad=True, name="w")
    with record() as run:
        loss = (np.tanh(w @ x + 1.0) ** 2).sum()
        loss.backward()
    return [{"name": e.name, "op": e.op, "value": e.value, "gradient": e.gradient} for e in run]


# --- making all of it -----------------------------------------------------------------------------------------------


def keep(folder):
    """Write everything to a new folder."""
    folder.mkdir(parents=True)
    expected = {}

    def expect(name, tree):
        expected.update({f"{name}/{key}": np.asarray(value) for key, value in tree.items()})

    for suffix in (".npz", ".safetensors"):
        form = suffix[1:]
        model = Everything(0).vary(1)
        nn.save(folder / f"everything{suffix}", model, **values(), **({"npz": npz_values()} if form == "npz" else {}))
        expect("everything", model.state_dict())
        for name, make in OPTIMIZERS.items():
            model = network()
            optimizer = make(model)
            expect(f"{name}/saved", steps(model, optimizer))
            nn.save(folder / f"{name}{suffix}", model, optimizer)
            expect(f"{name}/later", steps(model, optimizer))
    x = np.arange(12.0).reshape(4, 3) ** 2
    loader = nn.data.Loader(np.arange(10), 3, shuffle=True, seed=4)
    _ = list(loader), list(islice(loader, 2))  # one loop, and a part of the second
    tree = {"standardize": nn.data.Standardize(x).state_dict(), "minmax": nn.data.MinMax(x).state_dict()}
    nn.saving.write(folder / "states.npz", {**tree, "loader": loader.state_dict(), "x": x})
    expect("states", {"standardize": nn.data.Standardize(x)(x), "minmax": nn.data.MinMax(x)(x)})
    whole = nn.data.Loader(np.arange(10), 3, shuffle=True, seed=4)
    _, second = list(whole), list(whole)
    expect("states", {"loader": np.concatenate(second[2:])})
    nn.saving.write(folder / "recording.npz", recording())

    with tempfile.TemporaryDirectory(prefix="chainrule-") as scratch:
        scratch = Path(scratch)
        for name in TRAININGS:
            train(name, folder / "trainings" / name, stop=13, seed=6)
            model, history = train(name, scratch / name, seed=6)
            expect(f"trainings/{name}", model.state_dict())
            for kind in (".csv", ".jsonl", ".json"):
                history.save(folder / "trainings" / f"{name}{kind}")
        (folder / TABLE).write_text(table())
        shutil.copy(folder / TABLE, scratch / TABLE)
        for name in RUNS:
            run_folder(name, scratch, folder / "runs" / name, stop=None if name == "digits" else 7)
            run_folder(name, scratch, scratch / "runs" / name)
            shutil.copy(scratch / "runs" / name / "history.csv", folder / "runs" / f"{name}.csv")
            expect(f"runs/{name}", nn.saving.read(scratch / "runs" / name / "best.npz")["model"])
    np.savez_compressed(folder / "expected.npz", **expected)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
