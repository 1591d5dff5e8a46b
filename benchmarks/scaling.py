"""Measures how training with `nn.distributed.Averaged` scales over the cores of this machine, and why.

    python benchmarks/scaling.py [--ranks 1 2] [--rounds 3] [--json benchmarks/scaling.json]

It needs MPI (``pip install mpi4py mpich``) and starts ``mpiexec`` for each number of ranks, in turn, for several
rounds; each rank has one thread. Strong scaling keeps the batch of all ranks together, so that the ideal time of a step
with r ranks is that of one rank divided by r. Weak scaling keeps the batch of each rank, so that the ideal time stays
the same.

The pieces of a step are measured, too: the arithmetic, as the time of the same steps without averaging while all ranks
are busy; and the sums over all ranks, of one number (latency) and of arrays of up to 64 MB (bandwidth). From these
follows the time that a step would take if communication did not overlap with arithmetic:

    arithmetic + latency * log2(r) + bytes * 2 (r - 1) / r / bandwidth

If steps whose ideal time is 20 ms or more have an efficiency below 0.85, the command says so and exits with status 1.
Other programs slow down all ranks, as each waits for the slowest one. So the command also measures, between the runs,
which share of the cores other programs use.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

PROMISED, FROM_SECONDS = 0.85, 0.02
WARM_UP, SECONDS = 5, 1.5  # steps before the clock starts, and for how long to measure
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

# The networks, of images of 28 x 28 pixels, and the batch of one rank.
NETWORKS = {"small": 64, "medium": 512, "large": 2048, "convolutional": 256}
WIDTHS = {"small": [784, 128, 10], "medium": [784, 512, 512, 10], "large": [784, 1024, 1024, 10]}
KINDS = "strong", "weak"
SIZES = [1, 1 << 14, 1 << 18, 1 << 20, 1 << 22, 1 << 24]  # of arrays to sum, in float32 numbers


def network(name: str) -> Any:
    """One of the networks."""
    import nn

    if name in WIDTHS:
        return nn.Sequential(nn.Flatten(), nn.MLP(WIDTHS[name], rng=0))
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1, rng=0), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1, rng=0), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 10, rng=0)),
    )


def seconds_per_step(name: str, batch: int, averaged: bool) -> float:
    """Train with `nn.fit` and return the median time of a step."""
    import nn
    import optim

    class Clock(nn.Callback):
        def __init__(self) -> None:
            self.times: list[float] = []

        def on_step_end(self, run: Any) -> None:
            self.times.append(time.perf_counter())
            if len(self.times) == WARM_UP + 1:
                steps = SECONDS / (self.times[-1] - self.times[0]) * WARM_UP
                self.end = WARM_UP + max(10, round(agreed(steps)))
            if len(self.times) > WARM_UP and len(self.times) == self.end:
                run.stop("measured")

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8 * batch, 1, 28, 28), "f4"), rng.integers(0, 10, 8 * batch)
    model, clock = network(name), Clock()
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    if averaged:
        optimizer = nn.distributed.Averaged(optimizer)
    options: dict[str, Any] = {"loss": nn.CrossEntropyLoss(), "batch_size": batch, "show": False, "seed": 0}
    nn.fit(model, (x, y), optimizer=optimizer, callbacks=[clock], epochs=10**6, **options)
    return median(np.diff(clock.times[WARM_UP:]))


def agreed(number: float) -> float:
    """The mean of a number over all ranks, so that they do the same number of steps."""
    from nn.distributed.together import ranks

    return float(ranks().sum(np.array(number))) / ranks().size


def child(case: str) -> None:
    """What each rank runs; rank 0 prints the result."""
    import nn
    from nn.distributed.together import ranks

    found: Any
    if case == "bytes":
        found = {name: sum(p.data.nbytes for p in network(name).parameters()) for name in NETWORKS}
    elif case == "sums":
        found = []
        for size in SIZES:
            values, taken = np.ones(size, np.float32), []
            for _ in range(30 if size < 1 << 20 else 8):
                agreed(0.0)  # all ranks start together
                started = time.perf_counter()
                ranks().sum(values)
                taken.append(time.perf_counter() - started)
            found.append([values.nbytes, median(taken)])
    else:
        name, kind, what = case.split(":")
        batch, size = NETWORKS[name], nn.distributed.size()
        if what == "arithmetic":  # on the samples that each rank gets
            found = seconds_per_step(name, batch if kind == "weak" else max(1, batch // size), averaged=False)
        else:
            found = seconds_per_step(name, batch * size if kind == "weak" else batch, averaged=True)
    if nn.distributed.rank() == 0:
        print(json.dumps(found), flush=True)


def measure(ranks: int, case: str) -> Any:
    """Run a case on so many ranks."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    environment = {key: value for key, value in os.environ.items() if key not in KERNELS}
    environment |= dict.fromkeys(THREADS, "1") | {"PYTHONPATH": path}
    command = [shutil.which("mpiexec") or "mpiexec", "-n", str(ranks), sys.executable, __file__, "--child", case]
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def used_by_others() -> float:
    """The share of all processors that is in use, over one second in which this program sleeps."""

    def idle() -> tuple[int, int]:
        fields = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]))
        return fields[3] + fields[4], sum(fields)

    if not Path("/proc/stat").exists():
        return math.nan
    before = idle()
    time.sleep(1.0)
    after = idle()
    return 1.0 - (after[0] - before[0]) / (after[1] - before[1])


def communication(sums: list[list[float]], ranks: int) -> tuple[float, float]:
    """The latency in seconds and the bandwidth in bytes per second of the formula above."""
    (_, latency), *large = sums
    moved, taken = sum(nbytes for nbytes, _ in large), sum(seconds - latency for _, seconds in large)
    return latency / math.log2(ranks), moved * 2 * (ranks - 1) / ranks / taken


def summary(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each network, way to scale and number of ranks above 1, from the medians over the rounds."""
    times = {key: median(values) for key, values in found["seconds"].items()}
    rows = []
    for name, nbytes in found["bytes"].items():
        for kind in KINDS:
            for ranks in (r for r in found["ranks"] if r > 1):
                alone, together = times[f"{name}:{kind}:step:1"], times[f"{name}:{kind}:step:{ranks}"]
                latency, bandwidth = communication(found["sums"][str(ranks)], ranks)
                arithmetic = times[f"{name}:{kind}:arithmetic:{ranks}"]
                sent = latency * math.log2(ranks) + nbytes * 2 * (ranks - 1) / ranks / bandwidth
                efficiency = alone / together / (ranks if kind == "strong" else 1)
                rows.append(
                    {"network": name, "scaling": kind, "ranks": ranks, "bytes": nbytes, "alone": alone}
                    | {"together": together, "efficiency": efficiency}
                    | {"arithmetic": arithmetic, "communication": sent, "expected": arithmetic + sent}
                )
    return rows


def main() -> int:
    """Measure, print a line for each row of the summary, and write everything to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return 0
    ranks = sorted({1, *given.ranks})
    found: dict[str, Any] = {"ranks": ranks, "rounds": given.rounds, "cores": os.cpu_count()}
    found |= {"load": os.getloadavg()[0], "others": [], "seconds": {}}
    cases = [f"{name}:{kind}:{what}" for name in NETWORKS for kind in KINDS for what in ("step", "arithmetic")]
    for _ in range(given.rounds):
        for case in cases:
            for r in ranks:
                if r == 1 and case.endswith("arithmetic"):
                    continue
                found["others"].append(used_by_others())
                found["seconds"].setdefault(f"{case}:{r}", []).append(measure(r, case))
    found["bytes"] = measure(1, "bytes")
    found["sums"] = {str(r): measure(r, "sums") for r in ranks if r > 1}
    found["others"] = median(found["others"])
    found["rows"] = summary(found)
    missed = []
    for row in found["rows"]:
        line = f"{row['network']:13} {row['scaling']:7} {row['ranks']} ranks: {1e3 * row['alone']:8.2f} ms alone, "
        line += f"{1e3 * row['together']:8.2f} ms together, efficiency {row['efficiency']:.2f} "
        print(f"{line}(expected {1e3 * row['expected']:.2f} ms)")
        ideal = row["alone"] / (row["ranks"] if row["scaling"] == "strong" else 1)
        if ideal >= FROM_SECONDS and row["efficiency"] < PROMISED:
            missed.append(f"{row['network']}, {row['scaling']}, {row['ranks']} ranks: {row['efficiency']:.2f}")
    for r, sums in found["sums"].items():
        latency, bandwidth = communication(sums, int(r))
        print(f"{r} ranks: latency {1e6 * latency:.0f} us, bandwidth {bandwidth / 2**20:.0f} MB/s")
    print(f"others used {found['others']:.0%} of {found['cores']} cores; load {found['load']:.1f} at the start")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    if missed:
        print(f"less than {PROMISED} with steps of 20 ms or more: {'; '.join(missed)}", file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
