"""Measures what an installation takes: megabytes on disk, and seconds for an import; prints a table in markdown.

    python benchmarks/installed.py chainrule=env-chainrule/bin/python pytorch=env-torch/bin/python ...

Each peer has an environment of its own. Its size is that of all files of its distribution and of those that this one
requires. The time of an import is the processor time of a fresh process, the least of ten, without that of a process
that imports nothing.
"""

import json
import os
import subprocess
import sys

from report import TITLES, table

# Of each peer: its distribution, and what is imported.
PEERS = {
    "chainrule": ("chainrule", "autograd, nn, optim"),
    "pytorch": ("torch", "torch"),
    "jax_jit": ("jax", "jax.numpy"),
    "hips_autograd": ("autograd", "autograd.numpy"),
    "micrograd": ("micrograd", "micrograd.engine"),
    "numpy_by_hand": ("numpy", "numpy"),
}

# Run by the peer's interpreter: bytes and versions of a distribution and of what it requires.
SIZES = """
import json, sys
from importlib.metadata import distribution
from pip._vendor.packaging.requirements import Requirement
found, todo = {}, [sys.argv[1]]
while todo:
    dist = distribution(todo.pop())
    if dist.name not in found:
        size = sum(path.stat().st_size for file in dist.files if (path := file.locate()).is_file())
        found[dist.name] = dist.version, size
        required = map(Requirement, dist.requires or ())
        todo += [each.name for each in required if not each.marker or each.marker.evaluate({"extra": ""})]
print(json.dumps(found))
"""


def sizes(python: str, distribution: str) -> dict[str, tuple[str, int]]:
    """Version and bytes of a distribution, the first, and of what it requires."""
    command = [python, "-c", SIZES, distribution]
    found: dict[str, tuple[str, int]] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def seconds(python: str, program: str) -> float:
    """The least processor time of a process that runs a program."""
    taken = []
    for _ in range(10):
        before = os.times()
        subprocess.run([python, "-c", program], check=True)
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(taken)


def main(pythons: dict[str, str]) -> None:
    """Measure and print."""
    rows = []
    for peer, python in pythons.items():
        name, modules = PEERS[peer]
        found = sizes(python, name)
        megabytes = sum(size for _, size in found.values()) / 1e6
        taken = seconds(python, f"import {modules}") - seconds(python, "pass")
        rows.append([TITLES[peer], f"{megabytes:.3g}", f"{found[name][1] / 1e6:.3g}", f"{taken:.2f}"])
        rows[-1].append(f"{name} {found[name][0]}, `import {modules}`")
    header = ["", "MB with all it requires", "MB by itself", "seconds to import", "what"]
    print(table("Installed", header, rows).replace("--:|\n", ":--|\n", 1))


if __name__ == "__main__":
    main(dict(argument.split("=", 1) for argument in sys.argv[1:]))
