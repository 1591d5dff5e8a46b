"""Runs an update in place, over blocks that fit the processor's cache, in scratch memory that is used again.

An expression of twelve operations on a large array reads and writes main memory twelve times; the same operations,
done on one block after the other, read it once, because the block stays in the cache meanwhile. Small arrays are one
block. This module knows memory: sizes, layouts and threads. It must not know what an update computes (`optim.tracing`
writes the program) nor whose arrays they are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optim.tracing import Program, record

__all__ = ["BLOCK_BYTES", "Kernel"]

Arrays = Sequence[NDArray[Any]]

# Bytes of a block of one array. An update works on four to seven of them at a time, which must fit the second-level
# cache (half a megabyte to two). Smaller ones spend their time calling NumPy: 0.4 microseconds per operation.
BLOCK_BYTES = 128 * 1024

_MOST_SHAPES = 1024


class _Scratch(threading.local):
    """The registers of a thread: one set of flat buffers for each dtype, seen in every shape that was asked for."""

    def __init__(self) -> None:
        self.buffers: dict[np.dtype[Any], list[NDArray[Any]]] = {}
        self.views: dict[tuple[Any, ...], list[NDArray[Any]]] = {}

    def get(self, count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[NDArray[Any]]:
        key = (count, shape, dtype)
        views = self.views.get(key)
        if views is not None:
            return views
        size = int(np.prod(shape, dtype=object))
        if size * dtype.itemsize > BLOCK_BYTES:
            return [np.empty(shape, dtype) for _ in range(count)]
        buffers = self.buffers.setdefault(dtype, [])
        while len(buffers) < count:
            buffers.append(np.empty(max(1, BLOCK_BYTES // dtype.itemsize), dtype))
        if len(self.views) >= _MOST_SHAPES:
            self.views.clear()
        views = self.views[key] = [buffer[:size].reshape(shape) for buffer in buffers[:count]]
        return views


_SCRATCH = _Scratch()


class Kernel:
    """An update for one dtype and one choice of its settings, with room for its coefficients.

    ``settings`` are those of `optim.tracing.record`. A kernel serves one thread at a time, because its coefficients
    are its own; any number of kernels may run beside each other.

    >>> import numpy as np
    >>> step = Kernel(lambda p, g, lr: (p - lr * g,), (), {"lr": float}, np.dtype(float))
    >>> step.load(lr=0.5)
    >>> p, g = np.ones(2), np.array([1.0, 3.0])
    >>> step.run(p, g)
    >>> p
    array([ 0.5, -0.5])
    """

    def __init__(
        self,
        update: Callable[..., Any],
        slots: tuple[str, ...],
        settings: Mapping[str, Any],
        dtype: np.dtype[Any],
    ) -> None:
        self.program: Program = record(update, slots, settings, dtype)
        self._constants = [np.empty((), dtype) for _ in range(self.program.constants)]

    def load(self, **settings: Any) -> None:
        """Set the coefficients, Python floats, which are rounded once, to the dtype of the arrays."""
        self.program.load(*self._constants, **settings)

    def run(self, *arrays: NDArray[Any]) -> None:
        """Update the arrays (parameter, gradient, state: all of one shape) in place; the gradient is only read."""
        run, registers = self.program.run, self.program.registers
        first = arrays[0]
        if first.nbytes <= BLOCK_BYTES:
            run(*arrays, *_SCRATCH.get(registers, first.shape, first.dtype), *self._constants)
            return
        arrays, width = _rows(arrays)
        first = arrays[0]
        rows = max(1, BLOCK_BYTES // width)
        scratch = _SCRATCH.get(registers, (rows, *first.shape[1:]), first.dtype)
        constants = self._constants
        whole = len(first) // rows * rows
        for i in range(0, whole, rows):
            run(*[a[i : i + rows] for a in arrays], *scratch, *constants)
        if whole < len(first):
            rest = len(first) - whole
            run(*[a[whole:] for a in arrays], *[s[:rest] for s in scratch], *constants)


def _rows(arrays: Arrays) -> tuple[Any, int]:
    """Views of large arrays to be cut along the first axis, and the bytes of one row.

    Arrays of one memory order are seen flat. Others are cut along their longest axis.
    """
    first = arrays[0]
    if all(a.flags.c_contiguous for a in arrays):
        return [a.reshape(-1) for a in arrays], first.itemsize
    if all(a.flags.f_contiguous for a in arrays):
        return [a.T.reshape(-1) for a in arrays], first.itemsize
    longest = max(range(first.ndim), key=first.shape.__getitem__)
    return [a.swapaxes(0, longest) for a in arrays], first.nbytes // first.shape[longest]
