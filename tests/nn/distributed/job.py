"""What the ranks of an MPI job do in the tests: ``mpiexec -n 3 python job.py NAME [ARGUMENT ...] [-- NAME ...]``."""

import os
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np

import nn
import optim
from nn.distributed import Averaged, SyncBatchNorm, averaged, rank, size
from nn.distributed.together import ranks

STEPS = 200
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
RULES = {
    "sgd": lambda p: optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.005),
    "lbfgs": lambda p: optim.LBFGS(p, lr=0.1, max_iter=4, line_search_fn="strong_wolfe"),
}
X, Y = nn.data.moons(202, noise=0.1, seed=0)


def say(*words):
    """Print one line, of all ranks together."""
    if rank() == 0:
        print(*words, flush=True)


def net(dtype, norm=None):
    middle = [] if norm is None else [norm(16, dtype=dtype)]
    first = nn.Linear(2, 16, bias=norm is None, dtype=dtype, rng=1)
    return nn.Sequential(first, *middle, nn.Tanh(), nn.Linear(16, 2, dtype=dtype, rng=2))


def say_whether_same(name, found, alone, dtype="float64"):
    """Print whether all ranks have the same weights, and one process, up to rounding, too."""
    same = len(set(ranks().gather(b"".join(value.tobytes() for value in found.values())))) == 1
    if rank() == 0:
        off = max(float(np.abs(found[k] - v).max() / np.abs(v).max()) for k, v in alone().items())
        say(name, "same," if same else "DIFFERENT,", "close" if off <= TOLERANCE[dtype] else f"OFF by {off:g}")


# --- the same result ----------------------------------------------------------------------------------------------


def fitted(together, rule="sgd", dtype="float64", norm=None, epochs=3, **options):
    """The state and history of a net trained by fit: of 6 batches in an epoch, the last has 2 samples."""
    model = net(dtype, norm)
    wrap = Averaged if together else lambda optimizer: optimizer
    defaults = {"train": (X, Y), "loss": nn.CrossEntropyLoss(), "batch_size": 40, "clip_norm": 0.5}
    history = nn.fit(
        *(model, (options := defaults | options).pop("train"), (X[:50], Y[:50])), epochs=epochs, seed=0,
        optimizer=lambda p: wrap(RULES[rule](p)), metrics=[nn.metrics.accuracy], **options,
    )  # fmt: skip
    return model.state_dict(), history


def compared(name, norms=(None, None), dtype="float64", options=dict, **more):
    """Train on all ranks and, on rank 0, alone."""
    found, history = fitted(True, dtype=dtype, norm=norms[0], **options(), **more)
    kept = []

    def alone():
        kept.extend(fitted(False, dtype=dtype, norm=norms[1], **options(), **more))
        return kept[0]

    say_whether_same(name, found, alone, dtype)
    if rank() == 0:
        ours, theirs = history[-1], kept[1][-1]
        off = {key: (ours[key], theirs[key]) for key in theirs if abs(ours[key] - theirs[key]) > 1e-4}
        say(name, "history", off or "close")


def same_weights(*cases):
    """200 steps with the same batches, for an optimizer, a dtype, and a net with or without normalization."""
    for case in cases:
        rule, dtype, normed = case.split("-")
        # Normalization of 2 samples multiplies rounding errors: in single precision the last batch has 22.
        options = {"train": (X[:182], Y[:182])} if (dtype, normed) == ("float32", "norm") else {}
        norms = (SyncBatchNorm, nn.BatchNorm1d) if normed == "norm" else (None, None)
        compared(case, norms, dtype, lambda options=options: options, rule=rule, epochs=-(-STEPS // 6))


def same_bits():
    """Two runs of the same size."""
    (a, first), (b, second) = (fitted(True, dtype="float32", norm=SyncBatchNorm) for _ in range(2))
    say("again", "same" if first.rows == second.rows and all(np.array_equal(a[k], b[k]) for k in a) else "DIFFERENT")


def loaders_and_losses():
    sample = nn.data.TensorDataset(X, Y)
    threads = {"shuffle": True, "generator": 5, "num_workers": 2}
    compared("threads", options=lambda: {"train": nn.data.DataLoader(sample, 40, **threads)})
    compared("stream", options=lambda: {"train": nn.data.Loader(lambda: zip(X, Y, strict=True), 40)})
    compared("sum", loss=nn.CrossEntropyLoss([1.0, 2.0], reduction="sum"), clip_norm=0.1)


def own_loop(together, rule, dtype, passes):
    """A loop of one's own with several passes for each step: each rank takes its part of each batch."""
    model, loss = net(dtype), nn.MSELoss()
    optimizer = RULES[rule](model.parameters())
    optimizer = Averaged(optimizer) if together else optimizer
    place, number = (rank(), size()) if together else (0, 1)
    x, y = X[:192].astype(dtype), np.eye(2, dtype=dtype)[Y[:192]]

    def gradients(step):
        optimizer.zero_grad()
        values = []
        for i in range(passes):
            start = (step * passes + i) % 8 * 24
            part = slice(start + 24 * place // number, start + 24 * (place + 1) // number)
            values.append(loss(model(x[part]), y[part]) / passes)
            values[-1].backward()
        return sum(value.item() for value in values)

    for step in range(10 if rule == "lbfgs" else STEPS):
        if rule == "lbfgs":
            optimizer.step(lambda step=step: gradients(step))
            continue
        gradients(step)
        if together:
            optimizer.average()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model.state_dict()


def own_loops():
    for case in (("sgd", "float32", 2), ("adam", "float64", 3), ("lbfgs", "float64", 1)):
        say_whether_same(
            f"{case[0]}, {case[2]} passes", own_loop(True, *case), lambda c=case: own_loop(False, *c), case[1]
        )


def resumed(folder, epochs, whole):
    """Train, or go on from the checkpoint of another number of ranks; at the end compare with one process."""

    def train(together, epochs, folder=None, resume=None):
        model = net("float64")
        wrap = Averaged if together else lambda optimizer: optimizer
        nn.fit(
            *(model, (X, Y)), loss=nn.CrossEntropyLoss(), epochs=epochs, seed=None if resume else 0, resume=resume,
            optimizer=lambda p: wrap(optim.Adam(p)), callbacks=[nn.Checkpoint(folder)] if folder else [],
        )  # fmt: skip
        return model.state_dict()

    last = Path(folder, "last.npz")
    found = train(True, int(epochs), folder, last if last.exists() else None)
    if whole == "whole":
        say_whether_same("resumed", found, lambda: train(False, int(epochs)))


def resumed_exactly(folder):
    """With dropout and augmentation, on as many ranks as before: the same bits on every rank."""
    states = []
    for epochs, place in ((4, "whole"), (2, "halves"), (4, "halves")):
        last = Path(folder, place, "last.npz")
        model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Dropout(0.5), nn.Dropout(0.1, rng=3), nn.Linear(8, 2, rng=1))
        nn.fit(
            *(model, nn.data.Loader((X, Y), 20, shuffle=True, seed=1, augment=nn.data.Noise(0.1))), epochs=epochs,
            loss=nn.CrossEntropyLoss(), optimizer=lambda p: Averaged(optim.Adam(p)), seed=None if last.exists() else 0,
            callbacks=[nn.Checkpoint(last.parent)], resume=last if last.exists() else None,
        )  # fmt: skip
        states.append(b"".join(value.tobytes() for value in model.state_dict().values()))
    say("exactly", "same" if states[0] == states[2] != states[1] else "DIFFERENT")


# --- who has what -------------------------------------------------------------------------------------------------


class Noticing(nn.Module):
    """Keeps the samples that it sees, and draws numbers."""

    def __init__(self):
        self.weight = nn.Parameter(np.ones((1, 1), "float32"))
        self.rng = np.random.default_rng(0)
        self.seen = []

    def forward(self, x):
        self.seen.append((*x[:, 0].tolist(), self.rng.random()))
        return x @ self.weight


def dealt():
    """Every sample is dealt once; random numbers differ."""
    model = Noticing()
    x = np.arange(24.0, dtype="float32")[:, None]
    optimizer = Averaged(optim.SGD(model.parameters(), lr=1e-9))
    nn.fit(model, (x, x), loss=nn.MSELoss(), optimizer=optimizer, epochs=1, batch_size=6)
    parts = ranks().gather(model.seen)
    everything = sorted(number for part in parts for *numbers, _ in part for number in numbers)
    say("dealt", "once" if everything == list(range(24)) else everything)
    drawn = {part[0][-1] for part in parts}
    say("drawn", "differently" if len(drawn) == size() else drawn)


def shards(folder):
    """Of six files, each rank reads its own while it trains, and all samples are seen once in an epoch."""
    x = nn.data.npy([f"{folder}/{i}.npy" for i in range(6)])
    opened, part = set(), x._part
    x._part = lambda which: opened.add(which) or part(which)

    class Forget(nn.Callback):
        """What was read to compare the data of the ranks."""

        def on_fit_begin(self, run):
            opened.clear()

    model = Noticing()
    optimizer = Averaged(optim.SGD(model.parameters(), lr=1e-9))
    loader = nn.data.Loader(x, 12, shuffle=True, window=24, seed=0)
    nn.fit(model, loader, loss=nn.MSELoss(), optimizer=optimizer, epochs=1, callbacks=[Forget()])
    everything = sorted(n for part in ranks().gather(model.seen) for *numbers, _ in part for n in numbers)
    say("shards", ranks().gather(sorted(opened)), "once" if everything == list(range(120)) else everything)


def buckets():
    """All buckets but the last are on their way before the pass ends; what no rank uses has no gradient."""
    averaged.BUCKET = 1 << 10
    model = nn.Sequential(*(nn.Linear(32, 32, rng=i) for i in range(6)))
    optimizer = Averaged(optim.SGD(model.parameters(), lr=0.1))
    started = []
    model[0].weight.register_hook(lambda g: started.append(optimizer._started))
    (model(np.ones((4, 32), "float32")) ** 2).mean().backward()
    optimizer.step()
    say("buckets", len(optimizer._buckets), "started within the pass", *started)
    used, some, never = (nn.Parameter(np.ones(3)) for _ in range(3))
    optimizer = Averaged(optim.SGD([used, some, never], lr=1.0))
    ((used * 2.0).sum() if rank() else (used * 2.0 + some * 3.0).sum()).backward()
    optimizer.step()
    say(
        "unused",
        used.data[0] == -1.0,
        abs(some.data[0] - (1.0 - 3.0 / size())) < 1e-12,
        never.grad,
        never.data[0] == 1.0,
    )


# --- faults -------------------------------------------------------------------------------------------------------


def refused():
    """One rank differs, and all of them refuse."""
    odd = rank() == 1
    for what, changes in {
        "model": {"model": net("float32", nn.BatchNorm1d if odd else None)},
        "module": {"model": nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.1 if odd else 0.2))},
        "data": {"x": X + 1.0 if odd else X},
        "clip": {"clip_norm": 0.1 if odd else None},
        "lr": {"lr": 0.2 if odd else 0.1},
        "batch": {"batch_size": 16 if odd else 32},
        "compile": {"compile": True},
        "weights": {"loss": nn.CrossEntropyLoss([1.0, 2.0])},
    }.items():
        options = {"model": net("float32"), "loss": nn.CrossEntropyLoss(), "x": X, "lr": 0.1, **changes}
        model, x, lr = (options.pop(name) for name in ("model", "x", "lr"))
        try:
            nn.fit(model, (x, Y), optimizer=lambda p, lr=lr: Averaged(optim.SGD(p, lr=lr)), epochs=1, **options)
        except ValueError as error:
            say(what, error)


def faulty(what, folder, timeout="60"):
    """A run in which something happens to rank 1 after its fifth step."""
    x = X.copy()

    class Fault(nn.Callback):
        def on_step_end(self, run):
            if run.step != 5 or rank() != 1:
                return
            print("now", time.time(), flush=True)
            if what == "raises":
                raise LookupError("no such sample")
            if what == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "leaves":
                sys.exit(3)
            if what == "hangs":
                os.kill(os.getpid(), signal.SIGSTOP)
            if what == "nan":
                run.train.arrays[0][:] = np.nan
            if what == "interrupt":
                signal.raise_signal(signal.SIGINT)

    def stream():
        return ((x[i], Y[i]) for i in range(100 if what == "data" and rank() == 1 else len(x)))

    try:
        history = nn.fit(
            *(net("float32"), nn.data.Loader(stream, 20) if what == "data" else (x, Y)), loss=nn.CrossEntropyLoss(),
            optimizer=lambda p: Averaged(optim.Adam(p), timeout=float(timeout)), batch_size=20, epochs=20, seed=0,
            callbacks=[Fault(), nn.Checkpoint(folder, every=2)],
        )  # fmt: skip
        say("stopped:", history.stopped.partition(":")[0], history.stopped.splitlines()[0])
    except ValueError as error:
        say("error:", error)


def endless(folder):
    """A run that goes on until somebody ends it."""
    slow = nn.Callback()
    slow.on_step_end = lambda run: (time.sleep(0.02), say("started") if run.step == 5 else None)
    history = nn.fit(
        *(net("float32"), (X, Y)), loss=nn.CrossEntropyLoss(), optimizer=lambda p: Averaged(optim.Adam(p)),
        epochs=10**6, seed=0, callbacks=[slow, nn.Checkpoint(folder, every=2)],
    )  # fmt: skip
    say("stopped:", history.stopped)


if __name__ == "__main__":
    warnings.simplefilter("always")
    for call in " ".join(sys.argv[1:]).split(" -- "):
        name, *arguments = call.split()
        globals()[name](*arguments)
