"""The place of this process among those that ``mpiexec`` started."""

import os
import sys
from typing import Any

_STARTED = {"PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK"}  # set by the launchers


def world() -> Any:
    """The communicator of all processes, or None if this process was started alone."""
    if "mpi4py.MPI" not in sys.modules and _STARTED.isdisjoint(os.environ):
        return None
    from mpi4py import MPI

    return MPI.COMM_WORLD


def rank() -> int:
    """The number of this process, from 0; 0 without MPI."""
    return 0 if (ranks := world()) is None else int(ranks.Get_rank())


def size() -> int:
    """The number of processes; 1 without MPI."""
    return 1 if (ranks := world()) is None else int(ranks.Get_size())
