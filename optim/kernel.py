"""Runs an update in place, over blocks that fit the processor's cache, in scratch memory that is reused."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optim.tracing import Overflow, Program, record

Arrays = Sequence[NDArray[Any]]

# Bytes of a block of one array. An update works on four to seven of them at a time, which must fit the second-level
# cache (half a megabyte to two). Smaller ones spend their time calling NumPy: 0.4 microseconds per operation.
BLOCK_BYTES = 128 * 1024


class Kernel:
    """An update for one dtype and one choice of its settings, with its coefficients.

    ``settings`` are those of `optim.tracing.record`. A kernel owns its coefficients and registers, so it serves one
    thread at a time, but any number of kernels may run in parallel.
    """

    def __init__(
        self, update: Callable[..., Any], slots: tuple[str, ...], settings: Mapping[str, Any], dtype: np.dtype[Any],
        overflowed: Sequence[Any] = (),
    ) -> None:  # fmt: skip
        self.program: Program = record(update, slots, settings, dtype)
        self.slots = slots
        self.kinds: tuple[Any, ...] = tuple(settings.values())
        self.dtype = dtype
        self.loaded: Mapping[str, Any] = {}  # the settings that the coefficients are those of
        self._constants = [np.empty((), dtype) for _ in range(self.program.constants)]
        self._others = [*self._constants, *([overflowed] if self.program.guarded else [])]
        self._buffers = [np.empty(0, dtype)] * self.program.registers
        self._code = self.program.run
        self._rest: dict[tuple[int, ...], list[Any]] = {}  # of a shape: registers and constants

    def take(self, settings: Mapping[str, Any]) -> None:
        """Set the coefficients, Python floats that are rounded once to the dtype of the arrays; the dict is kept."""
        self.loaded = settings
        self.program.load(*self._constants, **settings)

    def run(self, p: NDArray[Any], g: NDArray[Any], *state: NDArray[Any]) -> None:
        """Update parameter and state (arrays of one shape) in place; the gradient is only read.

        A parameter of another dtype is updated in the kernel's dtype and rounded once. Raises Overflow, whose
        ``left`` gives the part of the arrays that has not been updated.
        """
        if p.dtype is not self.dtype:
            exact = p.astype(self.dtype)
            try:
                self.run(exact, g.astype(self.dtype), *state)
            finally:
                p[...] = exact
        elif p.nbytes <= BLOCK_BYTES:
            self._code(p, g, *state, *(self._rest.get(p.shape) or self._make_rest(p.shape)))
        else:
            self._run_blocks((p, g, *state))

    def _run_blocks(self, arrays: Arrays) -> None:
        run = self._code
        cut, width = _cut(arrays)
        arrays = [cut(a) for a in arrays]
        length, *others = arrays[0].shape
        rows = max(1, BLOCK_BYTES // width)
        shape = (rows, *others)
        rest = self._rest.get(shape) or self._make_rest(shape)
        whole = length // rows * rows
        i = 0
        try:
            for i in range(0, whole, rows):
                run(*[a[i : i + rows] for a in arrays], *rest)
            if whole < length:
                i = whole
                registers = [register[: length - whole] for register in rest[: self.program.registers]]
                run(*[a[whole:] for a in arrays], *registers, *self._others)
        except Overflow as overflow:
            overflow.left = lambda a: cut(a)[i:]
            raise

    def _make_rest(self, shape: tuple[int, ...]) -> list[Any]:
        """The registers in the shape of the arrays, the constants, and the list that records an overflow."""
        size = prod(shape)
        if any(buffer.size < size for buffer in self._buffers):
            self._buffers = [np.empty(size, self.dtype) for _ in self._buffers]
            self._rest.clear()
        rest: list[Any] = [*(buffer[:size].reshape(shape) for buffer in self._buffers), *self._others]
        if size * self.dtype.itemsize <= BLOCK_BYTES:
            self._rest[shape] = rest
        return rest


def _cut(arrays: Arrays) -> tuple[Callable[[NDArray[Any]], NDArray[Any]], int]:
    """How to see arrays, flat or along their longest axis, to cut them along the first, and the bytes of one row."""
    first = arrays[0]
    if all(a.flags.c_contiguous for a in arrays):
        return lambda a: a.reshape(-1), first.itemsize
    if all(a.flags.f_contiguous for a in arrays):
        return lambda a: a.T.reshape(-1), first.itemsize
    longest = max(range(first.ndim), key=first.shape.__getitem__)
    return lambda a: a.swapaxes(0, longest), first.nbytes // first.shape[longest]
