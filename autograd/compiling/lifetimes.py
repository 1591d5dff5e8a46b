"""From when to when a program needs its memory, and which of it may stay between runs.

A replay is to need no more memory than the eager run. That lets go of what nothing later reads, and so does a program.
What stays is there at the moment, too, at which a run needs most: results lie in memory that stays only as far as that
moment becomes no worse by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.compiling.calls import Call, Memory
from autograd.engine.tensor import Tensor

__all__ = ["FORGIVEN", "Lifetimes", "OldGradients", "Register"]

FORGIVEN = 4096  # bytes that may stay whatever they cost: the graph of the smallest eager step takes more


class Register:
    """Memory that several results lie in, one after the other: each from one call to another."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.uses: list[tuple[int, int]] = []


class Lifetimes:
    """The calls at which each memory is made and is used last; ``escaping`` is needed to the end."""

    def __init__(self, calls: Sequence[Call], escaping: set[int]) -> None:
        self.born: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.needed = np.zeros(len(calls) + 1, np.int64)  # bytes at each call, against those before
        memories: dict[int, Memory] = {}
        for i, call in enumerate(calls):
            for var in call.results():
                if var.memory is not None and not var.memory.external:
                    self.born.setdefault(id(var.memory), i)
                    memories[id(var.memory)] = var.memory
            for var in [*call.inputs(), *call.results()]:
                if var.memory is not None:
                    self.last[id(var.memory)] = i
            if call.kind == "drop":
                self.needed[i:] -= sum(prod(shape) * dtype.itemsize for _, (shape, dtype, _) in call.kwargs["olds"])
        for key, memory in memories.items():
            if key in escaping:
                self.last[key] = len(calls)
            self.needed[self.born[key] : self.last[key] + 1] += memory.owner.nbytes

    def ending(self, i: int, call: Call) -> list[int]:
        """The memories that this call is the last to use, by their ids."""
        used = dict.fromkeys(id(var.memory) for var in [*call.inputs(), *call.results()] if var.memory is not None)
        return [key for key in used if self.last[key] == i]

    def staying(self, registers: Iterable[Register]) -> set[Register]:
        """The registers that may stay, the most used ones first."""
        needed = self.needed.copy()
        most = int(needed.max())
        found = set()
        for register in sorted(registers, key=lambda r: -len(r.uses)):
            idle = np.full(len(needed), register.nbytes)
            for born, last in register.uses:
                idle[born : last + 1] = 0
            if (needed + idle).max() <= most + FORGIVEN:
                needed += idle
                found.add(register)
        return found


class OldGradients:
    """Gradients that a function drops without having read them: a program lets go of them where the function did.

    When a run is taken back they are zeros, which nothing reads, until the eager run drops them in its turn.
    """

    def __init__(self, undo: list[Any], olds: Sequence[tuple[Tensor, tuple[Any, ...]]]) -> None:
        self._undo, self._olds = undo, olds
        self._tensors = [t for t, _ in olds]

    def drop(self) -> None:
        """Let go of them."""
        self._undo.append(self._stand_in)
        for t in self._tensors:
            t._grad = None

    def _stand_in(self) -> None:
        for t, (shape, dtype, strides) in self._olds:
            t._grad = np.ndarray(shape, dtype, strides=strides)
            t._grad[...] = 0
