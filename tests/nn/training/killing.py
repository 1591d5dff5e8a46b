"""Trainings that are killed at random moments and taken up again, against one that was left alone.

    python tests/nn/training/killing.py [KILLS] [SEED]

A process trains with dropout, batch normalisation, shuffling, augmentation, a schedule and early stopping, and saves
every second step. It is killed by SIGKILL after a random time, or halfway through a write; then it is taken up from
the last checkpoint, until it has ended, and all over again until it was killed so many times. Every ended training
must equal the one that was left alone in every bit of parameters, buffers, optimizer state, loader position,
generators, history and early-stopping counters, and no temporary file may stay. Prints the score; without arguments
50 kills, and the score is written beside this file.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

import nn
import optim
from nn.saving import read, replacing

EPOCHS = 12
SCORE = Path(__file__).with_name("killing.txt")


def train(folder: Path) -> None:
    """Begin the training, or go on with it."""
    x, y = nn.data.playground("spiral", 120, noise=0.1, seed=0)
    y = (y > 0).astype(int)
    nn.manual_seed(0)
    model = nn.Sequential(
        *(nn.Linear(2, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2)),
        *(nn.Linear(64, 64), nn.Tanh(), nn.Dropout(0.1, rng=5), nn.Linear(64, 2)),
    )
    last = folder / "last.npz"
    resume = last if last.exists() else None
    nn.fit(
        model,
        nn.data.Loader((x[:96], y[:96]), 16, shuffle=True, seed=1, augment=nn.data.Noise(0.05)),
        (x[96:], y[96:]),
        loss=nn.CrossEntropyLoss(),
        optimizer=lambda p: optim.AdamW(p, lr=lambda t: 0.02 / (1 + 0.01 * t), weight_decay=0.01),
        epochs=EPOCHS,
        metrics=[nn.metrics.accuracy],
        callbacks=[nn.EarlyStopping(patience=4), nn.Checkpoint(folder, every=2), nn.CSVLog(folder / "log.csv")],
        seed=0 if resume is None else None,
        resume=resume,
    )
    (folder / "ended").touch()


def state(folder: Path) -> dict:
    """The last checkpoint without the time it took."""
    tree = read(folder / "last.npz")
    del tree["extra"]["training"]["run"]["seconds"]
    return tree


def differences(a, b, place=""):
    """Where two trees differ in a bit."""
    if type(a) is not type(b):
        return [f"{place}: {a!r} is not {b!r}"]
    if isinstance(a, dict):
        keys = [f"{place}: {sorted(a)} are not {sorted(b)}"] if a.keys() != b.keys() else []
        return keys + [line for key in a.keys() & b.keys() for line in differences(a[key], b[key], f"{place}/{key}")]
    if isinstance(a, list | tuple):
        lengths = [f"{place}: {len(a)} is not {len(b)}"] if len(a) != len(b) else []
        return lengths + [
            line for i, (p, q) in enumerate(zip(a, b, strict=False)) for line in differences(p, q, f"{place}/{i}")
        ]
    if isinstance(a, np.ndarray):
        same = (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        return [] if same else [f"{place}: the arrays differ"]
    return [] if repr(a) == repr(b) else [f"{place}: {a!r} is not {b!r}"]


def temporary(folder: Path) -> list[Path]:
    return list(folder.glob(".chainrule-*.tmp"))


def die_within(write: int) -> None:
    """Let this process be killed in the middle of one of its writes."""
    count = 0

    @contextmanager
    def deadly(path):
        nonlocal count
        count += 1
        with replacing(path) as file:
            yield Deadly(file) if count == write else file

    nn.saving.files.replacing = deadly


class Deadly:
    """A file that takes half of what is written, and then the process is killed."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        self.file.write(memoryview(data)[: len(data) // 2])
        self.file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def start(folder: Path, write: int = 0) -> subprocess.Popen:
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, __file__, "--train", str(folder), str(write)], env=environment)


def killed(folder: Path, rng: random.Random, longest: float) -> bool:
    """Whether the process was killed before its end: within a write, or from outside after a random time."""
    if rng.random() < 0.4:
        process = start(folder, rng.randint(1, 30))
        process.wait()
    else:
        process = start(folder)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.0, longest))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
    if process.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the training ended with exit code {process.returncode}")
    return process.returncode != 0


def run(kills: int, seed: int) -> tuple[int, int, int, list[str]]:
    """How many kills, how many of them within a write, how many trainings, and what differed."""
    rng = random.Random(seed)
    done = within = trainings = 0
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as top:
        alone = Path(top, "alone")
        started = time.perf_counter()
        if start(alone).wait():
            raise RuntimeError("the training does not run")
        longest = time.perf_counter() - started
        expected = state(alone)
        while done < kills:
            folder = Path(top, str(trainings))
            folder.mkdir()
            while not (folder / "ended").exists():
                if done >= kills:
                    start(folder).wait()
                    break
                was_killed = killed(folder, rng, longest)
                done += was_killed
                within += was_killed and bool(temporary(folder))
            wrong += [f"training {trainings}{line}" for line in differences(expected, state(folder))]
            wrong += [f"training {trainings}: {path.name} stays" for path in temporary(folder)]
            if (folder / "log.csv").read_bytes() != (alone / "log.csv").read_bytes():
                wrong.append(f"training {trainings}: the log differs")
            trainings += 1
    return done, within, trainings, wrong


def report(done: int, within: int, trainings: int, wrong: list[str]) -> str:
    return (
        f"{done} kills, {within} of them within a write; {trainings} trainings taken up and ended, "
        f"{len(wrong)} differences from the one left alone"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        die_within(int(sys.argv[3]))
        train(Path(sys.argv[2]))
    else:
        numbers = [int(word) for word in sys.argv[1:]]
        found = run(*(numbers + [50, 0][len(numbers) :]))
        print(*found[3], report(*found), sep="\n")
        if not numbers:
            SCORE.write_text(report(*found) + "\n")
        sys.exit(bool(found[3]))
