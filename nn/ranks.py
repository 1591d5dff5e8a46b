"""The place of this process among those that ``mpiexec`` started, the ranks."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

SPEAKERS: list[Callable[[str], bool]] = []  # has a message printed, see nn.distributed.watcher
_STARTED = {"PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK"}  # set by the launchers


def world() -> Any:
    """The communicator of all ranks, or None if this process was started alone."""
    if "mpi4py.MPI" not in sys.modules and _STARTED.isdisjoint(os.environ):
        return None
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # no mpi4py, or no MPI library
        raise ImportError(
            f"this process was started by mpiexec and needs mpi4py: pip install mpi4py ({error})"
        ) from error
    return MPI.COMM_WORLD


def rank() -> int:
    """Return the number of this process, from 0; it is 0 without MPI.

    >>> import nn
    >>> nn.distributed.rank()
    0
    """
    return 0 if (ranks := world()) is None else int(ranks.Get_rank())


def size() -> int:
    """Return the number of processes; it is 1 without MPI.

    >>> import nn
    >>> nn.distributed.size()
    1
    """
    return 1 if (ranks := world()) is None else int(ranks.Get_size())


def end_all(message: str, code: int) -> NoReturn:
    """Print why this rank has failed, and end all ranks. Of several that fail at once, the first one speaks."""
    text = f"chainrule: rank {rank()} of {size()}: {message}"
    if not any(speak(text) for speak in SPEAKERS):
        time.sleep(min(0.3 * rank(), 3.0))
        print(text, file=sys.stderr, flush=True)
    time.sleep(0.1)  # mpiexec passes it on
    world().Abort(code)
    os._exit(code)  # where Abort returns
