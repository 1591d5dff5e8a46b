"""When a program needs its memory, and which part of it may stay allocated between runs."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.compiling.calls import Call
from autograd.engine.tensor import Tensor

FORGIVEN = 4096  # bytes that may stay whatever they cost: the graph of the smallest eager step takes more
SPARED = 20  # this part of what eager needs is left to what is not counted: headers of arrays, numbers


class Register:
    """Memory that several results use, one after the other: each from one call to another."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.uses: list[tuple[int, int]] = []


class Lifetimes:
    """The calls at which each memory is used last; ``escaping`` is needed to the end."""

    def __init__(self, calls: Sequence[Call], escaping: set[int]) -> None:
        self.last = {id(v.memory): i for i, call in enumerate(calls) for v in [*call.inputs(), *call.results()]}
        made = {id(v.memory) for call in calls for v in call.results() if v.memory and not v.memory.external}
        self.last |= dict.fromkeys(made & escaping, len(calls))
        self.needed: Any = _needed(calls, self.last)

    def ending(self, i: int, call: Call) -> list[int]:
        """The memories that this call is the last to use, by their ids."""
        used = dict.fromkeys(id(var.memory) for var in [*call.inputs(), *call.results()] if var.memory is not None)
        return [key for key in used if self.last[key] == i]

    def staying(self, registers: Iterable[Register], most: int) -> set[Register]:
        """The registers that may stay, the most used ones first, when ``most`` bytes may be needed."""
        needed = self.needed.copy()
        most = max(int(needed.max()), most - most // SPARED)
        found = set()
        for register in sorted(registers, key=lambda r: -len(r.uses)):
            idle = np.full(len(needed), register.nbytes)
            for born, last in register.uses:
                idle[born : last + 1] = 0
            if (needed + idle).max() <= most + FORGIVEN:
                needed += idle
                found.add(register)
        return found


def needed_by_eager(recorder: Any) -> int:
    """The peak memory of the traced run, in bytes; traced values lived as long as the arrays would have."""
    last: dict[int, int] = {}
    for var in recorder.vars:
        gone = len(recorder.calls) + 1 if var.gone is None else var.gone
        last[id(var.memory)] = max(gone - 1, last.get(id(var.memory), -1))
    return int(_needed(recorder.calls, last).max())


def _needed(calls: Sequence[Call], last: dict[int, int]) -> Any:
    """The bytes that are needed at each call, against those before, where memory is used last at these calls."""
    needed = np.zeros(len(calls) + 1, np.int64)
    born: set[int] = set()
    for i, call in enumerate(calls):
        needed[i] += _in_passing(call)
        if call.kind == "drop":
            needed[i:] -= sum(prod(shape) * dtype.itemsize for _, (shape, dtype, _) in call.kwargs["olds"])
        for var in call.results():
            if var.memory is not None and not var.memory.external and id(var.memory) not in born:
                born.add(id(var.memory))
                needed[i : last[id(var.memory)] + 1] += var.memory.owner.nbytes
    return needed


def _in_passing(call: Call) -> int:
    """The bytes that a ufunc needs temporarily: a buffer for each operand that is broadcast or does not lie in one."""
    out = getattr(call.out, "example", None)
    elementwise = call.kind == "operator" or (isinstance(call.fn, np.ufunc) and call.fn.signature is None)
    if not isinstance(out, np.ndarray) or not elementwise or call.name == "matmul":
        return 0
    operands = [x for var in call.inputs() if isinstance(x := var.example, np.ndarray) and x.ndim]
    return sum(
        min(np.getbufsize(), out.size) * x.itemsize
        for x in operands
        if x.shape != out.shape or not (x.flags.c_contiguous or x.flags.f_contiguous)
    )


class OldGradients:
    """Gradients that a function drops without reading them: a program releases them where the function did.

    When a run is undone they are zeros, which nothing reads, until the eager run drops them in its turn.
    """

    def __init__(self, undo: list[Any], olds: Sequence[tuple[Tensor, tuple[Any, ...]]]) -> None:
        self._undo, self._olds = undo, olds
        self._tensors = [t for t, _ in olds]

    def drop(self) -> None:
        """Release the gradients."""
        self._undo.append(self._stand_in)
        for t in self._tensors:
            t._grad = None

    def _stand_in(self) -> None:
        for t, (shape, dtype, strides) in self._olds:
            t._grad = np.ndarray(shape, dtype, strides=strides)
            t._grad[...] = 0
