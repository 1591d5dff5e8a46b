"""Train on a file that is larger than the memory it may use: a gigabyte of samples, read batch by batch.

    python examples/stream_large_file.py [MEGABYTES]

It writes the file to a temporary folder, fits a linear map to it in one pass of stochastic gradient descent, in random
order, and says how much memory all of that needed at most.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np

import nn
import optim

FEATURES = 64


def write(path: Path, megabytes: int) -> int:
    """A .npy file of about this size with samples (x, y), y = x . (1, 2, 3, ...) / FEATURES, in pieces."""
    rng = np.random.default_rng(0)
    piece = 8192
    pieces = max(1, megabytes * 2**20 // (piece * (FEATURES + 1) * 4))
    header = {"descr": "<f4", "fortran_order": False, "shape": (piece * pieces, FEATURES + 1)}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(pieces):
            x = rng.normal(size=(piece, FEATURES)).astype("f4")
            y = x @ (np.arange(1, FEATURES + 1, dtype="f4") / FEATURES)
            np.column_stack([x, y]).astype("<f4").tofile(file)
    return piece * pieces


def train(path: Path) -> None:
    """One pass over the file; prints the samples, the loss at the end, and the memory in use at most."""
    model = nn.Linear(FEATURES, 1, rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.02)
    samples, loss = 0, None
    for batch in nn.data.Loader(nn.data.npy(path), batch_size=512, shuffle=True, seed=0):
        loss = nn.MSELoss()(model(batch[:, :-1]), batch[:, -1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        samples += len(batch)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss is in bytes there, in kilobytes elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{samples:,} samples, loss at the end {loss.item():.2e}, at most {peak:.0f} MB in memory")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "samples.npy")
        write(file, int(sys.argv[1]) if sys.argv[1:] else 1024)
        print(f"{file.stat().st_size / 2**20:.0f} MB in {file.name}")
        train(file)
