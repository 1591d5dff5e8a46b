"""A failed backward pass takes back the gradients that it has added, so that it can be run again."""

from collections.abc import Iterable
from threading import RLock
from typing import Any

from autograd.engine.graph import Leaf, Vertex

# Graphs of several threads may share a leaf, and NumPy lets other threads run while it adds large arrays.
STORING = RLock()


def take_back(passed: Iterable[Vertex], noted: list[tuple[Any, ...]], error: BaseException) -> None:
    """Take back the gradients that a failed pass has added: all of its gradients arrive, or none.

    Vertices passed without a note had no gradient. A gradient that other code has set since stays; the error says so.
    """
    stayed = []
    known = {entry[0] for entry in noted if len(entry) == 2}
    for vertex in passed:
        if vertex not in known and vertex.__class__ is not Leaf:
            vertex.grad = None
    for holder, prior, *ours in reversed(noted):
        if not ours:
            holder.grad = prior
            continue
        with STORING:
            if holder._grad is ours[0]:
                holder._grad = prior
            elif holder._grad is not prior:
                stayed.append(holder._describe())
    if stayed:
        error.add_note(
            f"not undone: .grad of {', '.join(stayed)}, which other code has changed since the pass added to it"
        )
