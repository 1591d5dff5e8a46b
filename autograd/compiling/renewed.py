"""Tensors that are not the same in each run: results that one run leaves in an attribute, and the next one reads.

They are found by the entry in which they lie, and have nothing to them but their data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd.compiling.calls import Slot
from autograd.compiling.errors import Refused
from autograd.compiling.reachable import Reachable, hooks_of, is_live
from autograd.engine.tensor import Tensor

__all__ = ["find_by_entry", "is_constant"]


def is_constant(t: Any) -> bool:
    """Whether a Tensor has nothing to it but its data."""
    if not isinstance(t, Tensor) or is_live(t):
        return False
    return not t.is_leaf or (not t._requires_grad and t._grad is None and hooks_of(t) is None)


def find_by_entry(reachable: Reachable, replaced: set[tuple[int, Any]]) -> dict[int, Slot]:
    """Where results of earlier runs lie, and Tensors in entries where another one was ``replaced``; by their ids."""
    results = {id(t): label for t, label in reachable.tensors if not t.is_leaf}
    found: dict[int, Slot] = {}
    for holder in reachable.holders:
        for key, x in zip(holder.keys(), holder.values(), strict=True):
            for t, path in _tensors_in(x, ()):
                wanted = id(t) in results or ((id(holder.thing), key) in replaced and is_constant(t))
                if wanted and id(t) not in reachable.met_again and id(t) not in found:
                    found[id(t)] = Slot(holder, key, path, holder.name_of(key))
                    results.pop(id(t), None)
                elif id(t) in found:
                    results[id(t)] = holder.name_of(key)
    for label in results.values():
        raise Refused(f"{label} is a result of before that lies in several places, or where it cannot be followed")
    return found


def _tensors_in(x: Any, path: tuple[Any, ...]) -> Iterator[tuple[Tensor, tuple[Any, ...]]]:
    if isinstance(x, Tensor):
        yield x, path
    elif isinstance(x, tuple):
        for i, part in enumerate(x):
            yield from _tensors_in(part, (*path, i))
