"""What a graph is: vertices, and the modes in which they are made. This module knows no op, no Tensor and no gradient.

A `Leaf` is where a graph starts, a `Node` is one application of an op, an `Output` is one of several results of a node.
A vertex never owns the Tensor that it belongs to (only a weak reference, used to hand over a gradient), so no reference
cycle can form and intermediate data dies as soon as nobody needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import count
from operator import attrgetter
from types import CodeType
from typing import Any

SMALL = 64  # values and gradients of at most this many entries stay on the vertex, for the pictures

sequence: count[int] = count(1)


class Frame:
    """One call of a module; nodes remember the frame they were made in, so pictures can fold by module.

    It holds names only, never the module: a graph must not keep a model alive, nor form a cycle with it.
    """

    __slots__ = ("label", "parent", "path")

    def __init__(self, label: str, path: str | None = None, parent: Frame | None = None) -> None:
        self.label: str = label
        self.path: str | None = path
        self.parent: Frame | None = parent

    def __repr__(self) -> str:
        return f"Frame({self.path or self.label})"


class State:
    """The modes in which nodes are made: whether the graph is recorded, the current module call, and the watcher.

    All of them live in one immutable object behind one context variable, so an op reads the context once, and threads
    and asyncio tasks never see each other's mode. `autograd.modes` changes them.
    """

    __slots__ = ("grad", "readings", "scope", "watch")

    def __init__(self, grad: bool = True, scope: Frame | None = None, watch: Any = None, readings: Any = None) -> None:
        self.grad: bool = grad
        self.scope: Frame | None = scope
        self.watch: Any = watch  # a `modes.Watch`, or None
        self.readings: Any = readings  # `modes.Readings`; None where no transform is being evaluated around this place

    def replace(self, **changes: Any) -> State:
        """The same combination of modes with some of them changed."""
        new = State(self.grad, self.scope, self.watch, self.readings)
        for name, value in changes.items():
            setattr(new, name, value)
        return new


STATE: ContextVar[State] = ContextVar("autograd_state", default=State())  # noqa: B039 - State is immutable


class _Gone:
    """Kept by a vertex whose values are no longer those of the forward pass."""

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()


class Info:
    """The user's settings of a vertex: its name and its hooks; for leaves also where they were made."""

    __slots__ = ("code", "hooks", "lasti", "name", "stored")

    def __init__(self, code: CodeType | None = None, lasti: int = -1, name: str | None = None) -> None:
        self.name: str | None = name
        self.hooks: list[Callable[[Any], Any]] = []
        self.stored: Callable[[Any], None] | None = None  # called with a leaf's Tensor when its gradient is complete
        self.code: CodeType | None = code
        self.lasti: int = lasti


class Vertex:
    """Base class of vertices: shape and dtype of the value, the module call it was made in, small values kept."""

    __slots__ = ("dtype", "grad", "info", "prints", "scope", "seq", "shape", "tensor", "value")

    edges: tuple[Vertex | None, ...] | None = ()  # the parents; None where there are one or two, which lie in these:
    left: Vertex | None = None
    right: Vertex | None = None
    kept: Any = ()
    op: Any = None  # the record of the op (`engine.op.Op`) of a node

    seq: int
    shape: Any
    dtype: Any
    scope: Frame | None
    value: Any  # the small value as of the forward pass, else None
    grad: Any  # after a backward pass the gradient of a small value, or of one that is still held; else None
    tensor: Callable[[], Any] | None  # weak reference to the Tensor of a leaf or of a large value, to see who lives
    info: Info | None
    prints: Any  # fingerprints of what a node keeps, or a leaf is, and others can change; else None

    @property
    def parents(self) -> tuple[Vertex | None, ...]:
        """The edges that gradients travel; None needs no gradient. Loops over all vertices have this inlined."""
        return (self.left, self.right)[: len(self.op.operands)] if self.edges is None else self.edges

    @property
    def name(self) -> str | None:
        """The name that its Tensor was given."""
        return None if self.info is None else self.info.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or getattr(self.op, 'name', '')} {self.shape}>"


class Leaf(Vertex):
    """A start of the graph at one moment; when its Tensor's data changes, it is `GONE` and replaced at the next use."""

    __slots__ = ("kept", "kind")

    kind: str  # "parameter", "input" (requires a gradient) or "constant"


class Node(Vertex):
    """One application of an op.

    One or two parents lie in the node itself. A tuple of them would be one more object for Python's garbage collector,
    which goes through all objects of a graph of numbers again and again while it grows.
    """

    __slots__ = ("attrs", "code", "edges", "kept", "lasti", "left", "op", "right", "shown")

    shown: tuple[Any, ...] | None  # the operands, where one is no parent: a vertex or a literal number each
    attrs: dict[str, Any] | None
    code: CodeType
    lasti: int

    @property
    def operands(self) -> tuple[Any, ...]:
        """For the views: a vertex or a literal number each."""
        return self.parents if self.shown is None else self.shown


class Output(Vertex):
    """One of several outputs of a node."""

    __slots__ = ("edges", "index")

    index: int


def newest_first(roots: Iterable[Vertex]) -> list[Vertex]:
    """All vertices that the roots depend on, roots included, each before its parents.

    A vertex is always younger than its parents, so sorting by sequence number is a topological order; it is the
    shortest and the fastest of the usual ways, and nothing recurses.
    """
    seen = set(roots)
    stack = list(seen)
    pop, push, add = stack.pop, stack.append, seen.add
    while stack:
        for parent in (v.left, v.right) if (v := pop()).edges is None else v.edges:
            if parent is not None and parent not in seen:
                add(parent)
                push(parent)
    # Sets iterate by address, which is close to the order of creation: the sort has little left to do.
    return sorted(seen, key=attrgetter("seq"), reverse=True)
