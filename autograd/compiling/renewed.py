"""Tensors and numbers that differ in each run: results that one run leaves in an attribute for the next one, or values
that are replaced in between.

They are found by the entry in which they lie; such Tensors have no state but their data.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.compiling.calls import Slot, same_constant
from autograd.compiling.errors import Refused
from autograd.compiling.holders import MISSING, Holder
from autograd.compiling.reachable import Reachable, hooks_of, is_live
from autograd.engine.tensor import Tensor

Place = tuple[Any, ...]


def is_constant(t: Any) -> bool:
    """Whether a Tensor has no state but its data."""
    if not isinstance(t, Tensor) or is_live(t):
        return False
    return not t.is_leaf or (not t._requires_grad and t._grad is None and hooks_of(t) is None)


def is_number(x: Any) -> bool:
    """Whether an object is a floating-point number, which becomes an input if it differs in each run."""
    return type(x) is float or isinstance(x, np.floating)


def find_by_entry(reachable: Reachable, renewed: set[Place]) -> dict[int, Slot]:
    """The places of results of earlier runs, and of Tensors that replaced others; by their ids."""
    results = {id(t): label for t, label in reachable.tensors if not t.is_leaf}
    found: dict[int, Slot] = {}
    for holder in reachable.holders:
        for key, x in zip(holder.keys(), holder.values(), strict=True):
            for t, path in _tensors_in(x, ()):
                wanted = id(t) in results or (place_of(holder, key, path) in renewed and is_constant(t))
                if wanted and id(t) not in reachable.met_again and id(t) not in found:
                    found[id(t)] = Slot(holder, key, path, holder.name_of(key))
                    results.pop(id(t), None)
                elif id(t) in found:
                    results[id(t)] = holder.name_of(key)
    for label in results.values():
        raise Refused(f"{label} is an earlier result that lies in several places, or in one that cannot be tracked")
    return found


def place_of(holder: Holder, key: Any, path: tuple[Any, ...] = ()) -> Place:
    """An entry, and a path into it."""
    return id(holder.thing), key, *path


def exchanged(a: Any, b: Any, place: Place) -> Iterator[tuple[Place | None, Any, Any]]:
    """The places in an entry that hold another Tensor or floating-point number than before; None if it holds something
    else, which no program allows. Arrays with the same memory layout are allowed."""
    if a is b:
        return
    if type(a) is not type(b) or a is MISSING or b is MISSING:
        yield None, a, b
    elif isinstance(a, np.ndarray):
        if form_of(a) != form_of(b):
            yield None, a, b
    elif isinstance(a, tuple):
        if len(a) != len(b):
            yield None, a, b
        for i, (x, y) in enumerate(zip(a, b, strict=False)):
            yield from exchanged(x, y, (*place, i))
    elif isinstance(a, Tensor) or is_number(a):
        if not same_constant(a, b):
            yield place, a, b
    elif type(a).__module__.startswith("numpy.random") and hasattr(a, "bit_generator"):
        return  # fetched at each run
    elif not (isinstance(a, bool | int | complex | str | bytes | np.generic) and same_constant(a, b)):
        yield None, a, b


def form_of(x: Any) -> Any:
    """The facts of an array that a program depends on."""
    return type(x), x.shape, x.dtype, getattr(x, "strides", ()), getattr(getattr(x, "flags", None), "writeable", None)


class Renewed(set[Place]):
    """The places with another Tensor or floating-point number in each run: they become inputs.

    A number becomes an input at its third value: for two values, as of a switch, there are two programs.
    """

    def __init__(self) -> None:
        self._seen: dict[Place, set[Any]] = {}

    def learn(self, place: Place, *things: Any) -> None:
        """Note that a place held two different objects in two runs."""
        seen = self._seen.setdefault(place, set())
        seen.update(id(x) if isinstance(x, Tensor) else repr(x) for x in things)
        if len(seen) > 2 or isinstance(things[0], Tensor):
            self.add(place)
            seen.clear()


def _tensors_in(x: Any, path: tuple[Any, ...]) -> Iterator[tuple[Tensor, tuple[Any, ...]]]:
    if isinstance(x, Tensor):
        yield x, path
    elif isinstance(x, tuple):
        for i, part in enumerate(x):
            yield from _tensors_in(part, (*path, i))
