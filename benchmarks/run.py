"""Measures chainrule beside NumPy by hand, PyTorch, HIPS autograd and micrograd, and prints tables in markdown.

    python benchmarks/run.py                                        everything, five rounds: some minutes
    python benchmarks/run.py --quick --only scalar_chain mlp_small
    python benchmarks/run.py --python pytorch=/path/to/python       a peer in an environment of its own

Every peer runs in a process of its own, on one thread. Rounds visit the peers in turn, and in its turn a peer does
steps for a while, from the same start every time. How a figure is made of that, and what it means: README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import report
from cases import CASES
from workloads import COMPILED, SHAPES, WORKLOADS, op_names

FOLDER = Path(__file__).resolve().parent
COMPILERS = ["compiled", "jax_jit", "torch_compile", "pytensor_numba", "casadi_graph"]  # in the third table alone
PEERS = ["chainrule", "numpy_by_hand", "pytorch", "hips_autograd", "micrograd", *COMPILERS]
INSTALL = {
    "chainrule": "pip install .",
    "numpy_by_hand": "pip install numpy",
    "pytorch": "pip install torch numpy",
    "hips_autograd": "pip install autograd numpy",
    "micrograd": "pip install micrograd numpy",
    "compiled": "pip install .",
    "jax_jit": "pip install jax numpy",
    "torch_compile": "pip install torch numpy",
    "pytensor_numba": "pip install pytensor numpy",
    "casadi_graph": "pip install casadi numpy",
}
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
# Variables by which a machine may have chosen kernels of OpenBLAS; here NumPy chooses by the processor.
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
UNDISTURBED = 0.97  # a burst in which the process ran for less than this part of the time is done again,
TRIES = 6  # up to so many times in all; the best one counts


class Peer:
    """The process of a peer, which answers requests one at a time."""

    def __init__(self, name: str, python: str) -> None:
        path = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
        self.name = name
        self.process = subprocess.Popen(
            [python, str(FOLDER / "measure.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k not in KERNELS} | ONE_THREAD | {"PYTHONPATH": path},
        )
        self.hello = self._read()

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"error": "the process has ended"}
        if "error" in reply:
            raise RuntimeError(f"{self.name}: {reply['error']}")
        return reply

    def burst(self, task: str, seconds: float) -> dict[str, Any]:
        """Time a task, again when other processes took the processor away meanwhile."""
        best: dict[str, Any] = {"share": 0.0}
        for i in range(TRIES):
            time.sleep(0.1 * i)  # the others may be done by then
            reply = self.ask(task=task, seconds=seconds)
            if reply["share"] > best["share"]:
                best = reply
            if best["share"] >= UNDISTURBED:
                break
        return best

    def close(self) -> None:
        with self.process:  # closes the pipes, at which the process ends
            pass


def compare(tasks: list[str], pythons: dict[str, str], rounds: int, seconds: float) -> dict[str, Any]:
    """Time tasks with all peers side by side: for each task and peer the first values, and a burst for each round."""
    peers = [Peer(name, python) for name, python in pythons.items()]
    results: dict[str, Any] = {}
    for task in tasks:
        found: dict[str, Any] = {}
        for peer in peers:
            reply = peer.ask(task=task)
            if reply:
                found[peer.name] = {"values": reply["values"], "ready": reply["ready"], "bursts": []}
        able = [peer for peer in peers if peer.name in found]
        for i in range(rounds):
            start = i % len(able)  # nobody is always the one that follows another
            for peer in able[start:] + able[:start]:
                found[peer.name]["bursts"].append(peer.burst(task, seconds))
        results[task] = found
    for peer in peers:
        peer.close()
    return results


def choose(names: list[str], pythons: dict[str, str]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The peers that can be had, with their interpreters; what versions they use; notes on kernels and on others."""
    chosen: dict[str, str] = {}
    versions: dict[str, str] = {}
    notes: list[str] = []
    for name in names:
        python = pythons.get(name, sys.executable)
        try:
            peer = Peer(name, python)
        except OSError as error:
            hello: dict[str, Any] = {"missing": str(error)}
        else:
            peer.close()
            hello = peer.hello
        if "missing" in hello:
            notes.append(
                f"{name} is left out ({hello['missing']}). To have it, run `{INSTALL[name]}`; in another environment, "
                f"pass `--python {name}=/path/to/python`."
            )
        else:
            chosen[name] = python
            versions |= hello["versions"]
            notes.append(f"{report.TITLES[name]} multiplies matrices with {hello['kernel']}.")
    return chosen, versions, notes


def interpreter(text: str) -> tuple[str, str]:
    """``PEER=PATH`` of the command line."""
    name, equals, path = text.partition("=")
    if name not in PEERS or not equals or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not PEER=/path/to/python with a peer among {', '.join(PEERS)}")
    return name, path


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer and shorter rounds: a first look")
    add("--rounds", type=int, metavar="N", help="rounds over the peers (5, with --quick 2)")
    add(
        "--only",
        nargs="+",
        metavar="NAME",
        choices=["ops", "cases", "compiled", *WORKLOADS, *CASES],
        help=f"ops, cases, compiled, {', '.join([*WORKLOADS, *CASES])}",
    )
    add("--peers", nargs="+", metavar="PEER", choices=PEERS, default=PEERS, help=", ".join(PEERS))
    add("--python", action="append", type=interpreter, default=[], metavar="PEER=PATH", help="its interpreter")
    add("--json", type=Path, metavar="FILE", help="write every burst there")
    return parser.parse_args()


def main() -> int:
    """Measure and print; 1 if something that is promised was not reached."""
    given = options()
    rounds = given.rounds or (2 if given.quick else 5)
    seconds = 0.1 if given.quick else 0.4
    names = given.only or ["ops", *WORKLOADS, "cases"]
    if "compiled" in names:
        names = [name for name in names if name != "compiled"] + [name for name in COMPILED if name not in names]
    if "cases" in names:
        names = [name for name in names if name != "cases"] + [name for name in CASES if name not in names]
    pythons, versions, notes = choose(given.peers, dict(given.python))
    measured: dict[str, Any] = {}
    for name in names:
        start = time.perf_counter()
        if name == "ops":
            modes = "forward", "backward"
            plain = {peer: p for peer, p in pythons.items() if peer not in COMPILERS}
            ops = [f"{op}/{shape}/{mode}" for shape in SHAPES for op in op_names(shape) for mode in modes]
            measured |= compare(ops, plain, rounds, seconds / 10)
        else:
            able = {peer: p for peer, p in pythons.items() if name in COMPILED or peer not in COMPILERS}
            measured |= compare([name], able, rounds, seconds)
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        if given.json:  # after each, so that nothing is lost when a later one fails
            given.json.write_text(json.dumps({"versions": versions, "rounds": rounds, "results": measured}, indent=1))
    print(report.write(measured, [peer for peer in pythons if peer not in COMPILERS], versions, notes, rounds))
    missed = report.missed(measured)
    for line in missed:
        print(f"not reached: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
