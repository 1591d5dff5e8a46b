"""What runs in the process of a peer: builds its tasks and times them, as `run.py` asks for by lines of JSON.

A peer is a module in the folder ``peers`` that imports its library and has a function for each kind of workload that
the library can do, ``kind(workload, data) -> Task`` (None: not with this version), and
``op(name, x, w, backward) -> Task`` for the tables of single ops. What it cannot run stands in ``CANNOT``. One
that compiles at its first steps says by ``WARM_UP`` how many they are, so that they are done before anything is timed.
"""

import gc
import importlib
import json
import statistics
import sys
import time
import traceback
from typing import Any

import numpy as np
from cases import CASES
from workloads import WORKLOADS, Task, data_of, operands_of


def task_of(peer: Any, name: str) -> Task | None:
    """The task of a workload, case, or single op named like ``"tanh/(10,)/backward"``; None if the peer has none."""
    if name in getattr(peer, "CANNOT", ()):
        return None
    if name in WORKLOADS:
        make = getattr(peer, WORKLOADS[name].kind, None)
        task: Task | None = make and make(WORKLOADS[name], data_of(name))
        return task
    if name in CASES:
        if hasattr(peer, "LIBRARY"):
            return CASES[name].make(peer.LIBRARY)
        return peer.CASES[name]() if name in getattr(peer, "CASES", {}) else None
    op, shape, mode = name.split("/")
    task = peer.op(op, *operands_of(op, shape), mode == "backward")
    return task


def kernel(peer: Any) -> str:
    """What computes the products of matrices in this process."""
    if hasattr(peer, "KERNEL"):
        return str(peer.KERNEL)
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "NumPy's BLAS (which kernel of it: pip install threadpoolctl)"
    found = [f"{lib['internal_api']} {lib['version']} ({lib.get('architecture')})" for lib in threadpool_info()]
    return ", ".join(found) or "NumPy's BLAS"


def first_values(task: Task, steps: int) -> list[float]:
    """What the first steps give, to be compared with other peers."""
    task.reset()
    return [float(value) for _ in range(steps) for value in task.values(task.step())]


def burst(task: Task, seconds: float) -> dict[str, float]:
    """Steps from the start on, for a while: the median of their times, and how much of the time the process ran.

    The garbage collector is left on, because running it is a cost of those who make cycles.
    """
    clock = time.perf_counter
    task.reset()
    gc.collect()
    begin = clock()
    task.step()
    long = clock() - begin > seconds
    if not long:
        task.step()
        task.step()
    times: list[float] = []
    ran, begin = time.process_time(), clock()
    now = begin
    while now < begin + seconds or len(times) < (1 if long else 3):
        before = now
        task.step()
        now = clock()
        times.append(now - before)
        if len(times) == 400:  # not so far that the network has learnt everything and gradients vanish
            break
    share = (time.process_time() - ran) / (now - begin)
    return {"median": statistics.median(times), "best": min(times), "share": share}


def answer(peer: Any, request: dict[str, Any], tasks: dict[str, Task]) -> dict[str, Any]:
    """Prepare a task (which gives its values) or time it."""
    name = request["task"]
    if "seconds" in request:
        return burst(tasks[name], request["seconds"])
    tasks.clear()
    start = time.perf_counter()
    task = task_of(peer, name)
    if task is None:
        return {}
    tasks[name] = task
    values = first_values(task, WORKLOADS[name].losses if name in WORKLOADS else 1)
    ready = time.perf_counter() - start
    for _ in range(getattr(peer, "WARM_UP", 0)):
        task.step()
    return {"values": values, "ready": ready}


def main(name: str) -> None:
    """Answer requests until there are no more."""
    replies, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints goes elsewhere
    sys.setrecursionlimit(200_000)  # for micrograd

    def reply(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=replies, flush=True)

    try:
        peer = importlib.import_module(f"peers.{name}")
    except ImportError as error:
        return reply({"missing": str(error)})
    np.empty(2**25 - 2**16, np.uint8)  # from here on glibc keeps freed memory, up to 64 MiB, for all peers alike
    reply({"versions": {"Python": sys.version.split()[0], **peer.VERSIONS}, "kernel": kernel(peer)})
    tasks: dict[str, Task] = {}
    for line in sys.stdin:
        try:
            reply(answer(peer, json.loads(line), tasks))
        except Exception as error:
            traceback.print_exc()
            reply({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main(sys.argv[1])
