"""What all ranks do together: sums, and copies of arrays and objects. Every wait is bounded."""

import os
import pickle
import sys
import time
import traceback
from collections.abc import Iterable
from functools import cache
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from nn.distributed.watcher import join
from nn.ranks import SPEAKERS, end_all, rank, size, world

_GRACE = 5.0  # seconds between the first rank that has waited too long and the last
_AT_ONCE = 1e-4  # seconds of a wait before this process lets others have its core


class Ranks:
    """All ranks, as seen from one of them. `timeout` is the longest time in seconds to wait for the others."""

    def __init__(self) -> None:
        self.rank: int = rank()
        self.size: int = size()
        self.world: Any = world()
        self.timeout: float = 300.0
        self.idle: bool = False  # whether this rank has no sample of the batch, and computes with one of another
        if self.size > 1:
            from mpi4py import MPI

            self.mpi: Any = MPI
            self.comm: Any = self.world
            self.comm = self.duplicate()
            sys.excepthook = self._failed
            if os.name != "nt":
                SPEAKERS.append(join(self))

    def duplicate(self) -> Any:
        """Make a communicator of its own, on which messages do not mix with others."""
        comm, request = self.world.Idup()
        self.wait(request, "the start of all ranks")
        return comm

    def wait(self, request: Any, what: str) -> None:
        """Wait until a request is complete. Raises TimeoutError if another rank does not do its part."""
        started = time.perf_counter()
        while not request.Test():
            waited = time.perf_counter() - started
            if waited > self.timeout:
                raise TimeoutError(f"waited {self.timeout:g} s for {what}: {self._absent()}.")
            if waited > _AT_ONCE:
                time.sleep(min(waited / 20, 1e-3))

    def _absent(self) -> str:
        """The ranks that do not wait. The others tell each other that they do, once they have waited too long."""
        missing = [number for number in range(self.size) if number != self.rank]
        for number in missing:
            self.comm.Isend(b"", number)
        until = time.perf_counter() + min(self.timeout, _GRACE)
        while missing and time.perf_counter() < until:
            time.sleep(1e-3)
            missing = [number for number in missing if not self.comm.Iprobe(number)]
        names = " and ".join(f"rank {number}" for number in missing)
        return f"{names} has ended or hangs" if names else "all ranks wait, for different things"

    def sum(self, values: Any, what: str = "a sum") -> NDArray[Any]:
        """The sum of an array over all ranks."""
        given = np.asarray(values)
        total = np.array(given, np.float32 if given.dtype == np.float16 else None)  # which MPI cannot add
        if self.size > 1:
            self.wait(self.comm.Iallreduce(self.mpi.IN_PLACE, total), what)
        return total.astype(given.dtype, copy=False)

    def gather(self, value: Any, what: str = "what the others know") -> list[Any]:
        """The values of all ranks; None costs little."""
        mine = np.frombuffer(b"" if value is None else pickle.dumps(value), np.uint8)
        lengths = np.empty(self.size, np.int64)
        self.wait(self.comm.Iallgather(np.array([mine.size]), lengths), what)
        if not lengths.any():
            return [None] * self.size
        parts = np.empty(lengths.sum(), np.uint8)
        self.wait(self.comm.Iallgatherv(mine, [parts, lengths.tolist()]), what)
        pieces = np.split(parts, np.cumsum(lengths)[:-1])
        return [pickle.loads(piece.tobytes()) if piece.size else None for piece in pieces]

    def first(self, text: str) -> str:
        """The first text of a rank that is not empty, and whose it is if not all say the same."""
        texts = self.gather(text or None)
        if len(set(texts)) == 1:
            return texts[0] or ""
        return next(f"rank {number}: {said}" for number, said in enumerate(texts) if said)

    def copy(self, tensors: Iterable[Tensor]) -> None:
        """Give Tensors the values of rank 0."""
        tensors = list(tensors)
        if self.size == 1 or not tensors:
            return
        flat = np.concatenate([np.ascontiguousarray(t.data).reshape(-1).view(np.uint8) for t in tensors])
        self.wait(self.comm.Ibcast(flat), "the values of rank 0")
        parts = np.split(flat, np.cumsum([t.data.nbytes for t in tensors])[:-1])
        for t, part in zip(tensors, parts, strict=True):
            t.data = part.view(t.dtype).reshape(t.shape).copy()

    def require_alike(self, facts: dict[str, Any]) -> None:
        """Raise ValueError, on all ranks, if a fact differs between them."""
        first, *others = self.gather(facts, "the settings of the others")
        for number, found in enumerate(others, 1):
            for name in first | found:
                if (own := found.get(name)) != (value := first.get(name)):
                    raise ValueError(f"rank {number} differs from rank 0 in {name}: {own}, not {value}.")

    def _failed(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Let an exception that nobody catches end all ranks."""
        end_all("".join(["error\n", *traceback.format_exception(kind, error, trace)]).rstrip(), 1)


@cache
def ranks() -> Ranks:
    """All ranks of this job."""
    return Ranks()
