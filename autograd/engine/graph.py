"""What a graph is: vertices, and how they are told in words. This module knows no op, no Tensor and no gradient.

A `Leaf` is where a graph starts, a `Node` is one application of an op, an `Output` is one of several results of a node.
A vertex never owns the Tensor that it belongs to (only a weak reference, used to hand over a gradient), so no reference
cycle can form and intermediate data dies as soon as nobody needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import count
from operator import attrgetter
from types import CodeType
from typing import Any, Protocol

from autograd.modes import Frame

__all__ = [
    "GONE",
    "SMALL",
    "Argument",
    "Info",
    "Leaf",
    "Node",
    "OpRecord",
    "Output",
    "Vertex",
    "describe",
    "line_of",
    "made_by",
    "newest_first",
    "place",
    "sequence",
    "where",
]

SMALL = 64  # values and gradients of at most this many entries stay on the vertex, for the pictures

sequence = count(1)


class _Gone:
    """What a vertex keeps once its values are no longer those of the forward pass."""

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()


class Info:
    """What a user said about a vertex: its name and its hooks; for leaves also where they were made."""

    __slots__ = ("code", "hooks", "lasti", "name")

    def __init__(self, code: CodeType | None = None, lasti: int = -1) -> None:
        self.name: str | None = None
        self.hooks: list[Callable[[Any], Any]] = []
        self.code = code
        self.lasti = lasti


class Argument(Info):
    """Of a leaf that stands for an argument of a function: ``x += 1`` binds the name anew, as for a number, and a copy
    would lose the graph as that of a computed Tensor does."""

    __slots__ = ()


class OpRecord(Protocol):
    """What the engine needs to know of an op."""

    name: str
    operands: tuple[str, ...]
    outputs: bool
    sources: tuple[int, ...]
    stacked: bool
    variadic: bool

    def vjp(self, g: Any, kept: Any, parents: Any) -> tuple[Any, ...]: ...

    def kept_as_tensors(self, node: Any) -> tuple[Any, ...]: ...

    def kept_operand(self, node: Any, index: int) -> Any: ...


class Vertex:
    """What all vertices have: shape and dtype of the value, the module call it was made in, small values kept."""

    __slots__ = ("dtype", "grad", "info", "prints", "scope", "seq", "shape", "tensor", "value")

    parents: tuple[Vertex | None, ...] = ()  # the edges that gradients travel; None needs no gradient
    kept: Any = ()
    op: OpRecord | None = None

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
    def name(self) -> str | None:
        return None if self.info is None else self.info.name

    @property
    def origin(self) -> tuple[CodeType | None, int]:
        """Code object and instruction where this was made."""
        return (None, -1) if self.info is None else (self.info.code, self.info.lasti)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {describe(self)}>"


class Leaf(Vertex):
    """A start of the graph, as of one moment: when the data of its Tensor is changed, the leaf is `GONE` and the
    Tensor gets a new one at its next use."""

    __slots__ = ("kept", "kind")

    kind: str  # "parameter", "input" (requires a gradient) or "constant"


class Node(Vertex):
    """One application of an op."""

    __slots__ = ("attrs", "code", "kept", "lasti", "op", "operands", "parents")

    op: OpRecord
    operands: tuple[Any, ...]  # for the views: a vertex or a literal number each
    attrs: dict[str, Any] | None
    code: CodeType
    lasti: int

    @property
    def origin(self) -> tuple[CodeType | None, int]:
        return self.code, self.lasti


class Output(Vertex):
    """One of several outputs of a node."""

    __slots__ = ("index", "parents")

    index: int

    @property
    def origin(self) -> tuple[CodeType | None, int]:
        node = self.parents[0]
        assert node is not None
        return node.origin


def line_of(vertex: Vertex) -> tuple[str, int]:
    """File and line of the place that made a vertex; ("", 0) if nobody knows it."""
    code, lasti = vertex.origin
    if code is None:
        return "", 0
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= lasti < end and number is not None:
            line = number
    return code.co_filename, line


def place(file: str, line: int) -> str:
    """``file:line``; in the cell of a notebook ``In[3]:line``, because the file of a cell is a temporary one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "format_code_name", lambda name: None)(file)
    return f"{cell[1] if cell else file}:{line}"


def where(vertex: Vertex) -> str:
    """`place` of the call that made a vertex."""
    file, line = line_of(vertex)
    return place(file, line) if file else "an unknown place"


def describe(vertex: Vertex) -> str:
    """A vertex in words: its name, else its op, with shape and dtype."""
    label = vertex.name or made_by(vertex) or "this Tensor"
    return f"{label} (shape {vertex.shape}, {vertex.dtype})"


def made_by(vertex: Vertex) -> str:
    """The op that a vertex comes from, in words; nothing for a leaf."""
    if isinstance(vertex, Output) and vertex.parents[0] is not None:
        return f"output {vertex.index} of {vertex.parents[0].op.name}"  # type: ignore[union-attr]
    return f"the result of {vertex.op.name}" if vertex.op else ""


def newest_first(roots: Iterable[Vertex]) -> list[Vertex]:
    """All vertices that the roots depend on, roots included, in an order in which every vertex comes before its
    parents.

    A vertex is always younger than its parents, so sorting by sequence number is a topological order; it is the
    shortest and the fastest of the usual ways, and nothing recurses.
    """
    seen = set(roots)
    stack = list(seen)
    pop, push, add = stack.pop, stack.append, seen.add
    while stack:
        for parent in pop().parents:
            if parent is not None and parent not in seen:
                add(parent)
                push(parent)
    # Sets iterate by address, which is close to the order of creation: the sort has little left to do.
    return sorted(seen, key=attrgetter("seq"), reverse=True)
