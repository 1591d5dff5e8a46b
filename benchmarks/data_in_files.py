"""Measures how fast loaders read data larger than memory, and how much memory they take.

    python benchmarks/data_in_files.py [--gigabytes 4] [--json benchmarks/data_in_files.json]

It writes shards of random numbers to a temporary folder, and removes them at the end: samples of 64 features and a
target, float32. Each way to read them runs in a process of its own, once over all samples. Before it starts, the system
is asked to forget the files, so that they come from the disk. The peak memory of a process includes Python, NumPy and
chainrule; its memory after the imports is the first row.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SHARDS, FEATURES, BATCH, WINDOW = 16, 64, 512, 65536
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
CSV_ROWS = 400_000

# What each child process runs: the name of the way, and an expression for an iterable of batches.
FILES, SHUFFLED = "(npy(xs), npy(ys))", "BATCH, shuffle=True"
AHEAD = f"DataLoader(TensorDataset(npy(xs), npy(ys)), {SHUFFLED}, window=WINDOW, generator=0, num_workers=2)"
WAYS = {
    "imports only": "()",
    "in the order of the files": f"Loader({FILES}, BATCH)",
    "windows": f"Loader({FILES}, {SHUFFLED}, window=WINDOW, seed=0)",
    "windows, read ahead by two threads": AHEAD,
    "windows of `np.memmap`, first shard": (
        f"Loader((np.load(xs[0], 'r'), np.load(ys[0], 'r')), {SHUFFLED}, window=WINDOW, seed=0)"
    ),
    "any order, row by row": f"Loader({FILES}, {SHUFFLED}, seed=0)",
    "windows, with training": f"trained(Loader({FILES}, {SHUFFLED}, window=WINDOW, seed=0))",
    "windows, read ahead, with training": f"trained({AHEAD})",
}


def write(folder: Path, gigabytes: float) -> int:
    """Write the shards; returns the number of samples."""
    rng, weights = np.random.default_rng(0), np.arange(1, FEATURES + 1, dtype="f4") / FEATURES
    rows = int(gigabytes * 2**30 / SHARDS / (FEATURES + 1) / 4)
    for i in range(SHARDS):
        x = rng.standard_normal((rows, FEATURES), "f4")
        for name, array in (("x", x), ("y", x @ weights)):
            with open(folder / f"{name}-{i:02}.npy", "wb") as file:
                np.save(file, array)
                file.flush()
                os.fsync(file.fileno())
    return rows * SHARDS


def forget(folder: Path) -> None:
    """Ask the system to drop the files from its cache, where it can be asked."""
    for path in folder.glob("*") if hasattr(os, "posix_fadvise") else ():
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def peak_memory() -> float:
    """The peak memory of this process in MB, mapped files included."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere, the number may be that of the parent, if that is larger
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def trained(loader):
    """Train a network of one hidden layer on batches as they come."""
    import nn
    import optim

    model = nn.MLP([FEATURES, 64, 1], rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    for x, y in loader:
        loss = nn.MSELoss()(model(x)[:, 0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield x, y


def child(folder: Path, way: str) -> None:
    """Iterate once, and print the samples, the seconds and the peak memory in MB."""
    from nn.data import DataLoader, Loader, TensorDataset, npy

    xs, ys = (sorted(map(str, folder.glob(f"{name}-*.npy"))) for name in "xy")
    names = {"np": np, "BATCH": BATCH, "WINDOW": WINDOW, "xs": xs, "ys": ys, "trained": trained}
    names |= {"DataLoader": DataLoader, "Loader": Loader, "TensorDataset": TensorDataset, "npy": npy}
    started, samples = time.perf_counter(), 0
    for x, _ in eval(WAYS[way], names):
        samples += len(x)
    took = time.perf_counter() - started
    peak = peak_memory()
    print(json.dumps({"samples": samples, "seconds": took, "peak_mb": peak}))


def convert(folder: Path) -> None:
    """Measure `csv_to_npy` on a table of eight columns, without the imports."""
    import nn

    took = -time.perf_counter()
    _, y = nn.data.csv_to_npy(folder / "t.csv", folder / "shards", "y")
    took += time.perf_counter()
    print(json.dumps({"samples": len(y), "seconds": took, "peak_mb": peak_memory()}))


def main() -> None:
    """Measure everything, print a line for each way, and write the figures to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        folder, way = given.child
        convert(Path(folder)) if way == "csv" else child(Path(folder), way)
        return
    found = {"gigabytes": given.gigabytes, "shards": SHARDS, "batch": BATCH, "window": WINDOW, "features": FEATURES}
    found |= {"machine": platform.machine(), "cores": os.cpu_count(), "load_before": os.getloadavg()[0], "ways": {}}
    environment = {key: value for key, value in os.environ.items() if key not in KERNELS} | {"OMP_NUM_THREADS": "1"}

    def measured(folder: str, way: str) -> dict[str, float]:
        command = [sys.executable, __file__, "--child", folder, way]
        run = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
        return json.loads(run.stdout)

    with tempfile.TemporaryDirectory() as temporary:
        with open(Path(temporary, "t.csv"), "w") as file:
            file.write("a,b,c,d,e,f,g,y\n")
            np.savetxt(file, np.random.default_rng(0).normal(size=(CSV_ROWS, 8)), "%.6g", ",")
            megabytes = file.tell() / 2**20
        found["csv"] = measured(temporary, "csv")
        found["csv"] |= {"megabytes": megabytes, "mb_per_second": megabytes / found["csv"]["seconds"]}
    with tempfile.TemporaryDirectory() as temporary:
        samples = write(Path(temporary), given.gigabytes)
        sample = (FEATURES + 1) * 4
        print(f"{samples:,} samples of {sample} bytes in {SHARDS} shards")
        for way in WAYS:
            forget(Path(temporary))
            row = measured(temporary, way)
            row["mb_per_second"] = row["samples"] * sample / 2**20 / row["seconds"]
            found["ways"][way] = row
            print(f"{way:40} {row['mb_per_second']:8.0f} MB/s  {row['peak_mb']:6.0f} MB peak", flush=True)
    found["load_after"] = os.getloadavg()[0]
    print(f"csv_to_npy: {found['csv']}; load {found['load_before']:.1f} to {found['load_after']:.1f}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
