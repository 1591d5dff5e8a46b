"""Writers that are killed: is the file always one whole version?

    python tests/nn/saving/kill.py 50

starts a process that writes checkpoints one after the other, and kills it (SIGKILL) at a random moment; 50 times, all
on one file. In version k every number is k, so a mixture would show. After each kill the file is loaded, and then
saved once more, after which no temporary file may be left. The score is in score.txt.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nn
import optim
from nn.errors import CheckpointError

WRITER = """
import sys
sys.path[:] = {path!r}
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("kill", {file!r})
kill = module_from_spec(spec)
spec.loader.exec_module(kill)
kill.write_for_ever(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
"""


def subject(width):
    model = nn.Linear(width, width, rng=0)
    return model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def write(path, model, optimizer, k):
    """Save version k."""
    for p in model.parameters():
        p.data = np.full(p.shape, k, p.dtype)
        optimizer.state[p]["momentum_buffer"][...] = k
    nn.save(path, model, optimizer, version=k, table=np.full(1000, k))


def write_for_ever(path, width, k):
    model, optimizer = subject(width)
    print("ready", flush=True)
    while True:
        k += 1
        write(path, model, optimizer, k)


def version(path, width):
    """The version in a file, or None when it is not a whole one."""
    model, optimizer = subject(width)
    try:
        extra = nn.load(path, model, optimizer)
    except CheckpointError:
        return None
    k = extra["version"]
    arrays = [extra["table"], *(p.data for p in model.parameters())]
    arrays += [optimizer.state[p]["momentum_buffer"] for p in model.parameters()]
    return k if all((array == k).all() for array in arrays) else None


def trial(kills, folder, suffix=".npz", width=512, seed=0):
    """What became of the file and the folder: a dict of counts."""
    rng = np.random.default_rng(seed)
    path = Path(folder, "model" + suffix)
    model, optimizer = subject(width)
    write(path, model, optimizer, 0)
    counts = dict.fromkeys(("kills", "inside a write", "whole versions", "versions lost", "files left over"), 0)
    last, written = 0, 0
    program = WRITER.format(path=sys.path, file=__file__)
    for _ in range(kills):
        command = [sys.executable, "-c", program, str(path), str(width), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            time.sleep(rng.uniform(0, 0.2))
            writer.send_signal(signal.SIGKILL)
        counts["kills"] += 1
        counts["inside a write"] += len(list(Path(folder).iterdir())) > 1
        found = version(path, width)
        counts["whole versions"] += found is not None
        counts["versions lost"] += found is not None and found < last  # an older version than one seen before
        written += max(0, (found or last) - last)
        last = (found or last) + 1
        write(path, model, optimizer, last)
        counts["files left over"] += len(list(Path(folder).iterdir())) - 1
    return counts | {"versions written by those killed": written}


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print(f"python tests/nn/saving/kill.py {number}\n")
    for ending in (".npz", ".safetensors"):
        with tempfile.TemporaryDirectory() as place:
            print(ending + ": " + ", ".join(f"{n} {what}" for what, n in trial(number, place, ending).items()))
