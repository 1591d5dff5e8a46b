"""Training runs on several processes that are killed at random moments and go on with another number of them.

    python tests/nn/distributed/killing.py [KILLS] [SEED]

An MPI job of 1 to 4 ranks trains and saves every second step. At a random moment, one rank is killed by SIGKILL, or
rank 0 is killed halfway through a write, or all ranks are killed at once with mpiexec. Then all processes must be gone
within seconds, and the last checkpoint must be whole. Training goes on from it with a random number of ranks, until it
has ended, and all over again until there were so many kills. The weights of every run must agree with those of a single
process that was left alone, to 1e-10 of the largest of each array. When one of several ranks is killed after they have
met, exactly one message of ours must name a rank, and it must be this one.

Prints the score; without arguments 100 kills, and the score is written beside this file.
"""

import os
import random
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nn
import optim
from nn.saving import read

EPOCHS = 6
TOLERANCE = 1e-10
SOON = 10.0  # seconds after which all processes must have ended
SCORE = Path(__file__).with_name("killing.txt")
OPEN_MPI = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
OPEN_MPI |= {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}  # accepts more ranks than cores
MPIEXEC = Path(sys.executable).with_name("mpiexec")

# Lets a process be killed in the middle of a write, as in the runs of a single process.
die_within = runpy.run_path(str(Path(__file__).parents[1] / "training" / "killing.py"))["die_within"]


def train(folder: Path, write: int) -> None:
    """Begin the training run, or go on with it; with ``write``, rank 0 dies in that write."""
    (folder / f"process {nn.distributed.rank()}").write_text(str(os.getpid()))
    if write and nn.distributed.rank() == 0:
        die_within(write)
    x, y = nn.data.moons(150, noise=0.1, seed=0)
    model = nn.Sequential(
        *(nn.Linear(2, 32, bias=False, rng=0, dtype="float64"), nn.distributed.SyncBatchNorm(32, dtype="float64")),
        *(nn.Tanh(), nn.Linear(32, 2, rng=1, dtype="float64")),
    )
    last = folder / "last.npz"
    resume = last if last.exists() else None

    def met(parameters):
        optimizer = nn.distributed.Averaged(optim.Adam(parameters, lr=0.01), timeout=60.0)
        (folder / f"met {nn.distributed.rank()}").touch()
        return optimizer

    nn.fit(
        *(model, (x[:120], y[:120]), (x[120:], y[120:])), loss=nn.CrossEntropyLoss(), batch_size=12, clip_norm=1.0,
        optimizer=met, epochs=EPOCHS,
        callbacks=[nn.Checkpoint(folder, every=2), nn.CSVLog(folder / "log.csv")], metrics=[nn.metrics.accuracy],
        seed=0 if resume is None else None, resume=resume,
    )  # fmt: skip
    if nn.distributed.rank() == 0:
        (folder / "ended").touch()


def start(folder: Path, ranks: int, write: int = 0) -> subprocess.Popen:
    for place in [*folder.glob("process *"), *folder.glob("met *"), *folder.glob("output")]:
        place.unlink()
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, **OPEN_MPI, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    words = [MPIEXEC, "-n", str(ranks), sys.executable, __file__, "--train", folder, str(write)]
    with (folder / "output").open("w") as output:
        return subprocess.Popen(
            [*map(str, words)], env=environment, start_new_session=True, stdout=output, stderr=subprocess.STDOUT
        )


def living(processes: list[int]) -> list[int]:
    """The processes of a list that still run."""
    found = []
    for process in processes:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        found += [process] if state != "Z" else []
    return found


def killed(folder: Path, rng: random.Random, longest: float) -> tuple[bool, bool | None, list[str]]:
    """Run a job with a kill at a random moment.

    Whether it came before the end, whether the message was right (None if there need not be any), and what was wrong.
    """
    ranks, how = rng.randint(1, 4), rng.choice(["rank", "rank", "write", "all"])
    job = start(folder, ranks, rng.randint(1, 40) if how == "write" else 0)
    until = time.perf_counter() + (SOON + 10 * longest if how == "write" else rng.uniform(0.0, longest))
    while job.poll() is None and time.perf_counter() < until:
        time.sleep(0.002)
    places = {int(place.name.split()[1]): place.read_text() for place in folder.glob("process *")}
    processes = {rank: int(text) for rank, text in places.items() if text}
    victims = processes if how == "all" else dict(rng.sample(sorted(processes.items()), min(1, len(processes))))
    before = job.poll() is None
    met = len([*folder.glob("met *")]) == ranks > 1
    if before and how == "all":
        job.kill()
    for process in victims.values() if before else ():
        if living([process]):
            os.kill(process, signal.SIGKILL)
    if before and not processes:  # it had not begun
        os.killpg(job.pid, signal.SIGKILL)
    began = time.perf_counter()
    while (job.poll() is None or living([*processes.values()])) and time.perf_counter() - began < SOON:
        time.sleep(0.002)
    wrong = []
    if job.poll() is None or living([*processes.values()]):
        wrong.append(f"{ranks} ranks, {how}: processes still run after {SOON:g} seconds")
        os.killpg(job.pid, signal.SIGKILL)
        for process in living([*processes.values()]):
            os.kill(process, signal.SIGKILL)
        job.wait()
    text = (folder / "output").read_text()
    if not wrong and not before and how != "write" and job.returncode != 0:
        wrong.append(f"{ranks} ranks ended with code {job.returncode}: {text[-500:]}")
    if (folder / "last.npz").exists():
        read(folder / "last.npz")  # raises CheckpointError if it is damaged
    if (folder / "ended").exists():
        return False, None, wrong
    if not met or how == "all":
        return True, None, wrong
    named = re.findall(r"chainrule: rank (\d+) of \d+: process \d+ on .* was killed", text)
    right = [*map(int, named)] == ([0] if how == "write" else [*victims])
    if not right:
        print(f"{ranks} ranks, {how}, {victims}: {text}", file=sys.stderr)
    return True, right, wrong


def differences(folder: Path, alone: Path) -> list[str]:
    """What differs by more than rounding from the run that was left alone."""
    ours, theirs = (read(place / "last.npz") for place in (folder, alone))
    wrong = []
    for name, value in theirs["model"].items():
        off = np.abs(ours["model"][name] - value).max() / max(np.abs(value).max(), 1e-300)
        if off > TOLERANCE:
            wrong.append(f"{name} differs by {off:g}")
    rows = [tree["extra"]["training"]["run"]["rows"] for tree in (ours, theirs)]
    same = [a.keys() == b.keys() and all(abs(a[k] - b[k]) < 1e-9 for k in a) for a, b in zip(*rows, strict=True)]
    return wrong + ([] if all(same) else ["the history differs"])


def run(kills: int, seed: int) -> tuple[int, int, list[bool], list[str]]:
    """How many kills there were, how many runs, which messages were right, and what was wrong."""
    rng = random.Random(seed)
    done = runs = 0
    messages: list[bool] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as top:
        alone = Path(top, "alone")
        alone.mkdir()
        started = time.perf_counter()
        if start(alone, 1).wait():
            raise RuntimeError((alone / "output").read_text())
        longest = 1.5 * (time.perf_counter() - started)
        while done < kills:
            folder = Path(top, str(runs))
            folder.mkdir()
            while not (folder / "ended").exists():
                if done >= kills:
                    start(folder, rng.randint(1, 4)).wait(60)
                    break
                was_killed, right, found = killed(folder, rng, longest)
                done += was_killed
                messages += [] if right is None else [right]
                wrong += [f"run {runs}: {line}" for line in found]
            wrong += [f"run {runs}: {line}" for line in differences(folder, alone)]
            runs += 1
    return done, runs, messages, wrong


def report(done: int, runs: int, messages: list[bool], wrong: list[str]) -> str:
    return (
        f"{done} kills of jobs of 1 to 4 ranks: {runs} runs went on and ended, {len(wrong)} hangs, damaged files or "
        "differences from one process that was left alone\n"
        f"{sum(messages)} of {len(messages)} kills of one of several ranks: exactly one message, which names this rank"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        numbers = [int(word) for word in sys.argv[1:]]
        found = run(*(numbers + [100, 0][len(numbers) :]))
        print(*found[3], report(*found), sep="\n")
        if not numbers:
            SCORE.write_text(report(*found) + "\n")
        sys.exit(bool(found[3]) or not all(found[2]))
