"""Fingerprints of arrays, and the values that a rule needs and that were released or changed since (docs/design.md)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from autograd.engine.graph import GONE, Leaf, Node, Vertex
from autograd.errors import GraphReleasedError, InPlaceError, StaleLeafError
from autograd.provenance import describe, where

ndarray = np.ndarray

WHOLE = 64  # arrays of at most so many entries are compared whole; of larger ones so many entries

_GOLDEN = (5**0.5 - 1) / 2


@lru_cache(maxsize=4096)
def _places(size: int) -> NDArray[np.intp]:
    """Positions in an array: one in each of 64 equal parts, at places that multiples of the golden ratio spread."""
    borders = np.arange(WHOLE + 1, dtype=np.intp) * size // WHOLE
    inside = np.arange(WHOLE) * _GOLDEN % 1.0 * np.diff(borders)
    return borders[:-1] + inside.astype(np.intp)


def fingerprint(x: Any) -> bytes:
    """The bytes to compare for an array, or for the arrays and lists in a tuple (as in an index); else nothing."""
    if x.__class__ is ndarray:
        size = x.size
        if size <= WHOLE:
            return x.tobytes()
        flags = x.flags
        if flags.c_contiguous:
            return x.ravel()[_places(size)].tobytes()
        if flags.f_contiguous:
            return x.T.ravel()[_places(size)].tobytes()
        return x.flat[_places(size)].tobytes()
    if x.__class__ is tuple:
        return b"".join([fingerprint(part) for part in x])
    if x.__class__ is list:
        return repr(x).encode()
    data = getattr(x, "_data", None)  # a Tensor of integers in an index
    return b"" if data is None else fingerprint(data)


# The arrays of leaves that others may hold, by their id, for as long as they live. A view counts for its memory: the
# data of a leaf that does not own its memory (`base`) is compared always.
HANDED_OUT: dict[int, ref[NDArray[Any]]] = {}


def hand_out(array: Any) -> bool:
    """Note that somebody gets hold of an array, or of a view of it; returns whether that is new."""
    owner = array if array.base is None else array.base
    key = id(owner)
    if key in HANDED_OUT or not isinstance(owner, np.ndarray):
        return False
    forget = HANDED_OUT.pop  # by a name of its own, which is there until the interpreter ends
    HANDED_OUT[key] = ref(owner, lambda _: forget(key, None))
    return True


def take_back(array: NDArray[Any]) -> None:
    """Note that nobody but its Tensor holds an array."""
    HANDED_OUT.pop(id(array), None)


OPERAND = None  # in place of a fingerprint: that of the operand's own copy


def prints_of(op: Any, kept: tuple[Any, ...], parents: tuple[Vertex | None, ...]) -> Any:
    """The fingerprints of what a node keeps and others can change: constants, the data of leaves, views, attributes.

    Pairs of a place in ``kept`` and a fingerprint; None if there is nothing to compare. They are taken when an op uses
    an array, not when a leaf is made: between two uses its data may change freely. Values that the graph itself has
    computed are not among them, but views of those are, because they may be views of a leaf.
    """
    prints = []
    for i, (name, source, value) in enumerate(zip(op.keeps, op.sources, kept, strict=True)):
        if source < 0 or op.variadic:
            foreign = source >= 0 or name in op.attributes
        elif not isinstance(value, np.ndarray):
            continue
        else:
            parent = parents[source]
            foreign = parent is None or value.base is not None or (isinstance(parent, Leaf) and id(value) in HANDED_OUT)
        if foreign and (mark := fingerprint(value)):
            prints.append((i, mark))
    return prints or None


def _changed_place(node: Any) -> int | None:
    """Where in ``kept`` an array lies that was changed since."""
    kept = node.kept
    for i, mark in node.prints:
        if mark is OPERAND:  # a small array, of which the operand in the graph has a copy
            if kept[i].tobytes() != node.operands[node.op.sources[i]].value.tobytes():
                return i  # type: ignore[no-any-return]
        elif fingerprint(kept[i]) != mark:
            return i  # type: ignore[no-any-return]
    return None


def may_be_changed(vertex: Vertex) -> bool:
    """Whether a node keeps something that has changed, or a leaf has changed that somebody else holds."""
    if not isinstance(vertex, Leaf):
        return _changed_place(vertex) is not None
    tensor = None if vertex.tensor is None else vertex.tensor()
    return tensor is None or fingerprint(tensor._data) != vertex.prints


def refuse_changed(order: list[Vertex]) -> None:
    """Raise an error for released or changed values in a graph, if a rule needs one of them."""
    for vertex in order:
        if vertex.op is not None and vertex.kept is GONE:
            raise GraphReleasedError(
                f"this graph was released by an earlier backward pass: {vertex.op.name} no longer has the values "
                "that its rule needs. Pass retain_graph=True to the earlier call if you need the graph twice, "
                "run the forward pass again, or detach() the values carried over from one pass to the next."
            )
    assigned = [vertex for vertex in order if vertex.kept is GONE]
    for node in order:
        if not isinstance(node, Node):
            continue
        for leaf in assigned:
            if _still_uses(node, leaf):
                raise _stale(leaf, node)
        for i, parent in enumerate(node.parents):
            if isinstance(parent, Leaf) and parent.prints is not None and _was_other(node, i, parent):
                raise _stale(parent, node)
        if node.prints is not None and (place := _changed_place(node)) is not None:
            raise _changed(node, place, order)


def kept_operand(node: Node, index: int) -> Any:
    """The value of an operand that a node holds for its rules, or None."""
    if node.op.variadic:
        return node.kept[node.op.sources.index(0)][index] if 0 in node.op.sources else None
    return node.kept[node.op.sources.index(index)] if index in node.op.sources else None


def _was_other(node: Node, index: int, leaf: Leaf) -> bool:
    """Whether a node used a leaf before anybody could change it, and its array is another one now."""
    value, op = kept_operand(node, index), node.op
    place = op.sources.index(0 if op.variadic else index) if value is not None else -1
    if not isinstance(value, np.ndarray) or any(i == place for i, _ in node.prints or ()):
        return False
    return bool(fingerprint(value) != leaf.prints)


def _still_uses(node: Node, leaf: Vertex) -> bool:
    """Whether the rules of a node need the value of a leaf: as an operand, or as memory that a view of it shares."""
    for i, parent in enumerate(node.parents):
        if parent is leaf and kept_operand(node, i) is not None:
            return True
    tensor = None if leaf.tensor is None else leaf.tensor()
    return tensor is not None and any(np.may_share_memory(tensor._data, array) for array in arrays_in(node.kept))


def _changed(node: Node, place: int, order: list[Vertex]) -> Exception:
    """The message about a kept array that was changed: it names the leaf that owns the array, if there is one."""
    op: Any = node.op
    source = op.sources[place]
    if source >= 0 and not op.variadic and isinstance(leaf := node.parents[source], Leaf):
        return _stale(leaf, node)
    for leaf in (vertex for vertex in order if isinstance(vertex, Leaf)):
        tensor = None if leaf.tensor is None else leaf.tensor()
        if tensor is not None and any(np.may_share_memory(tensor._data, x) for x in arrays_in((node.kept[place],))):
            return _stale(leaf, node)
    return changed_in_place(node, place)


def _stale(leaf: Vertex, node: Node) -> StaleLeafError:
    return StaleLeafError(
        f"{describe(leaf)} was changed after {node.op.name} had used it: the gradient would mix "
        "old and new values. Call backward() before changing it, or run the forward pass again."
    )


def arrays_in(kept: tuple[Any, ...] | list[Any]) -> Iterator[Any]:
    """The arrays among kept values, also those in tuples (variadic operands) and lists (a kernel's residuals)."""
    for value in kept:
        if isinstance(value, tuple | list):
            yield from arrays_in(value)
        elif isinstance(value, np.ndarray):
            yield value


def changed_in_place(node: Node, place: int) -> InPlaceError:
    """The message about an array that a node kept (at this place of ``kept``) and that has been changed since."""
    op: Any = node.op
    value, name = node.kept[place], op.keeps[place]
    shapes = " and ".join(str(array.shape) for array in arrays_in((value,))) or str(value)
    module = "" if node.scope is None else f", in module {node.scope.path or node.scope.label}"
    return InPlaceError(
        f"an array of shape {shapes} was changed in place after {op.name} had kept it ({_role(node, name)}) for the "
        "backward pass, so the gradient would be wrong.\n"
        f"  kept by {op.name} at {where(node)}{module}\n"
        "  likely fix: make a new array: x = x + 1 instead of x += 1 or x[...] = ..., and update a parameter "
        "after the backward pass, with w.data = w.data - lr * g"
    )


def _role(node: Node, name: str) -> str:
    op: Any = node.op
    if name == "out":
        return "its result"
    if name not in op.operands:
        return f"its attribute {name}"
    operand = None if op.variadic else node.operands[op.operands.index(name)]
    known = operand.name if isinstance(operand, Vertex) else None
    return f"its operand {name}{f', {known}' if known else ''}"
