"""Train on a file that does not fit in memory: a gigabyte of samples, read batch by batch.

    python examples/stream_large_file.py [MEGABYTES]

The example writes the file to a temporary folder and fits a linear map to it in one pass of stochastic gradient
descent, in random order. At the end it prints the peak memory use.
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
    """Write a .npy file of about this size, piece by piece; a sample is (x, y) with y = x . (1, 2, ...) / FEATURES."""
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
    """Make one pass over the file; print the number of samples, the final loss and the peak memory use."""
    model = nn.Linear(FEATURES, 1, rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.02)
    samples, loss = 0, None
    for batch in nn.data.Loader(nn.data.npy(path), batch_size=512, shuffle=True, seed=0):
        loss = nn.MSELoss()(model(batch[:, :-1]), batch[:, -1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        samples += len(batch)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss is in bytes on macOS, in kilobytes elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{samples:,} samples, final loss {loss.item():.2e}, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "samples.npy")
        write(file, int(sys.argv[1]) if sys.argv[1:] else 1024)
        print(f"{file.stat().st_size / 2**20:.0f} MB in {file.name}")
        train(file)
