"""The graph and the backward pass. This module knows no op, no Tensor and no NumPy function with a rule.

A graph is made of vertices. A `Leaf` is where it starts, a `Node` is one application of an op, an `Output` is one
of several results of a node. A vertex never owns the Tensor that it belongs to (only a weak reference, used to hand
over a gradient), so no reference cycle can form and intermediate data dies as soon as nobody needs it.

The engine owns every edge: whatever a rule returns is fitted to the operand's shape and dtype here, added up here
and freed here. The same pass runs on plain arrays (fast, first order) or, with ``create_graph=True``, on Tensors, in
which case the rules record a graph themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from operator import attrgetter
from threading import RLock
from types import CodeType
from typing import Any, Protocol

import numpy as np

from autograd.arrays import FLOAT64, expand, sum_to
from autograd.errors import GradientShapeError, GraphReleasedError, StaleLeafError
from autograd.modes import STATE, Frame

__all__ = [
    "GONE",
    "SMALL",
    "Info",
    "Leaf",
    "Node",
    "Output",
    "Route",
    "Vertex",
    "backward_pass",
    "check_values_are_there",
    "describe",
    "fit",
    "line_of",
    "made_by",
    "newest_first",
    "place",
    "where",
]

SMALL = 64  # values and gradients of at most this many entries stay on the vertex, for the pictures

float64 = np.float64
ndarray = np.ndarray
sequence = count(1)
Array = Any  # an ndarray or NumPy scalar in a first-order pass, a Tensor in a differentiable one


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


class OpRecord(Protocol):
    """What the engine needs to know of an op."""

    name: str
    operands: tuple[str, ...]
    outputs: bool
    stacked: bool

    def vjp(self, g: Any, kept: Any, parents: Any) -> tuple[Any, ...]: ...

    def kept_as_tensors(self, node: Any) -> tuple[Any, ...]: ...

    def keeps_operand(self, node: Any, index: int) -> bool: ...


class Vertex:
    """What all vertices have: shape and dtype of the value, the module call it was made in, small values kept."""

    __slots__ = ("dtype", "grad", "info", "scope", "seq", "shape", "tensor", "value")

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


class Route:
    """The way of a backward pass through a graph: the vertices, newest first, and the edges to follow.

    With ``wanted`` only the paths that lead to these vertices. A route may be used for several passes.
    """

    __slots__ = ("edges", "order", "wanted")

    def __init__(self, roots: Iterable[Vertex], wanted: frozenset[Vertex] | None = None) -> None:
        order = newest_first(roots)
        self.wanted = wanted
        self.edges: dict[Vertex, tuple[Vertex | None, ...]] | None = None
        if wanted is not None:
            useful: set[Vertex] = set()
            for vertex in reversed(order):
                if vertex in wanted or any(parent in useful for parent in vertex.parents):
                    useful.add(vertex)
            order = [vertex for vertex in order if vertex in useful]
            self.edges = {v: tuple(p if p in useful else None for p in v.parents) for v in order}
            self.edges.update((v, ()) for v in wanted if v in self.edges and not any(self.edges[v]))
        self.order = order


def backward_pass(
    seeds: dict[Vertex, Array],
    *,
    create_graph: bool = False,
    release: bool = True,
    wanted: frozenset[Vertex] | None = None,
    route: Route | None = None,
) -> dict[Vertex, Array]:
    """Send gradients from the seeds to everything they depend on (the chain rule, newest vertex first).

    With ``wanted``, only the paths that lead there are walked, nothing is stored on Tensors, and the gradients of
    the wanted vertices are returned. Without it, every Tensor that somebody still holds gets its ``.grad``. The
    ``route``, when given, is that of the same seeds and wanted vertices, found before.
    """
    route = route or Route(seeds, wanted)
    check_values_are_there(route.order)
    if not create_graph:
        return _run(route, dict(seeds), False, release)
    token = STATE.set(STATE.get().replace(grad=True))
    try:
        return _run(route, dict(seeds), True, release)
    finally:
        STATE.reset(token)


def _run(route: Route, grads: dict[Vertex, Array], create_graph: bool, release: bool) -> dict[Vertex, Array]:
    wanted, edges = route.wanted, route.edges
    found: dict[Vertex, Array] = {}
    owned: set[Vertex] = set()  # whose gradient lies in a buffer that this pass allocated
    watch = STATE.get().watch
    arrive, leave = grads.get, grads.pop
    for vertex in route.order:
        g = leave(vertex, None)
        op = vertex.op
        if g is None:
            if release and op is not None:
                vertex.kept = GONE
            continue
        if op is not None and op.outputs:
            g = _fill_outputs(vertex, g)
        if vertex.info is not None and vertex.info.hooks:
            g = _call_hooks(vertex, g)
        if wanted is None:
            if g.__class__ is float64 and op is not None and vertex.grad is None:
                vertex.grad = g  # a number is nobody's property
            elif vertex.value is not None or ((held := vertex.tensor) is not None and held() is not None):
                _deposit(vertex, g)
        elif vertex in wanted:
            found[vertex] = g
        if op is None:
            if vertex.__class__ is Output:
                _collect_output(vertex, g, grads)
            continue
        if edges is None:
            parents = vertex.parents
        else:
            parents = edges[vertex]
            if not parents:
                continue  # asked for itself, and nothing below it
        try:
            gradients = op.vjp(g, op.kept_as_tensors(vertex) if create_graph else vertex.kept, parents)
            for parent, d in zip(parents, gradients):  # noqa: B905 - the lengths were checked at registration
                if parent is None or d is None:
                    continue
                prior = arrive(parent)
                if d.__class__ is float64:  # the edge between two numbers
                    if prior.__class__ is float64:
                        grads[parent] = prior + d
                        continue
                    if prior is None and parent.dtype is FLOAT64 and not parent.shape:
                        grads[parent] = d
                        continue
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = fit(d, parent, op.name)
                elif d.__class__ is ndarray and not d.ndim:
                    d = d[()]  # a number computes ten times faster than a 0-d array
                if prior is None:
                    grads[parent] = d
                elif parent in owned:
                    prior += d
                else:
                    grads[parent] = prior = prior + d
                    if prior.__class__ is ndarray and not create_graph:
                        owned.add(parent)
        except Exception as error:
            error.add_note(f"in the rule of {op.name}, applied at {where(vertex)}")
            raise
        if watch is not None:
            watch.backward(vertex, g, gradients)
        gradients = ()
        g = d = prior = None  # what these variables hold is not the pass's alone (`_ours_alone`)
        if release:
            vertex.kept = GONE
    return found


def fit(d: Array, parent: Vertex, op: str) -> Array:
    """Fit what a rule returned to the operand: add up what broadcasting repeated, restore the dtype."""
    shape = parent.shape
    if d.shape != shape:
        summed = sum_to(d, shape) if _broadcasts(shape, d.shape) else d
        if summed.shape != shape:
            if not _broadcasts(summed.shape, shape):
                raise GradientShapeError(
                    f"the rule of {op} returned a gradient of shape {d.shape} for an operand of shape {shape}."
                )
            summed = expand(summed, shape)
        d = summed
    return d if d.dtype == parent.dtype else d.astype(parent.dtype)


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether an array of the first shape broadcasts to the second."""
    return len(small) <= len(large) and all(n in (1, m) for n, m in zip(reversed(small), reversed(large), strict=False))


def check_values_are_there(order: list[Vertex]) -> None:
    """Refuse a pass whose rules would meet released or changed values, before anything is touched."""
    for vertex in order:
        if vertex.kept is GONE:
            break
    else:
        return
    for vertex in order:
        if vertex.op is not None and vertex.kept is GONE:
            raise GraphReleasedError(
                f"this graph was released by an earlier backward pass: {vertex.op.name} no longer has the values "
                "that its rule needs. Pass retain_graph=True to the earlier call when you need the graph twice, "
                "run the forward pass again, or detach() what you carry over from one pass to the next."
            )
    changed = [vertex for vertex in order if vertex.kept is GONE]
    for vertex in order:
        for leaf in changed if vertex.op is not None else ():
            if _still_uses(vertex, leaf):
                raise StaleLeafError(
                    f"{describe(leaf)} was changed after {vertex.op.name} had used it: the gradient would mix "  # type: ignore[union-attr]
                    "old and new values. Call backward() before changing it, or run the forward pass again."
                )


def _still_uses(node: Vertex, leaf: Vertex) -> bool:
    """Whether the rules of a node need the value of a leaf: as an operand, or as memory that a view of it shares."""
    assert node.op is not None
    for i, parent in enumerate(node.parents):
        if parent is leaf and node.op.keeps_operand(node, i):
            return True
    tensor = None if leaf.tensor is None else leaf.tensor()
    return tensor is not None and any(np.may_share_memory(tensor.data, array) for array in _arrays_in(node.kept))


def _arrays_in(kept: tuple[Any, ...]) -> Iterator[Any]:
    for value in kept:
        if isinstance(value, tuple):
            yield from _arrays_in(value)
        elif isinstance(value, ndarray):
            yield value


def _collect_output(output: Vertex, g: Array, grads: dict[Vertex, Array]) -> None:
    """Put the gradient of one output beside those of the others, for the node that made them."""
    assert isinstance(output, Output)
    node = output.parents[0]
    assert node is not None
    gathered = grads.setdefault(node, [None] * len(node.shape))
    prior = gathered[output.index]
    gathered[output.index] = g if prior is None else prior + g


def _fill_outputs(node: Vertex, gathered: list[Any]) -> tuple[Any, ...]:
    return tuple(
        np.zeros(shape, dtype) if g is None else g
        for g, shape, dtype in zip(gathered, node.shape, node.dtype, strict=True)
    )


def _call_hooks(vertex: Vertex, g: Array) -> Array:
    """Show the gradient to the user's hooks; what a hook returns takes its place."""
    assert vertex.info is not None
    for hook in list(vertex.info.hooks):
        if isinstance(g, ndarray):  # which may be the gradient of others too
            g = g.view()
            g.flags.writeable = False
        changed = hook(g)
        if changed is None:
            continue
        if isinstance(g, ndarray | np.generic) or not hasattr(changed, "dtype"):
            changed = np.asarray(changed, g.dtype)
        elif changed.dtype != g.dtype:
            changed = changed.astype(g.dtype)
        if changed.shape != g.shape:
            raise GradientShapeError(
                f"a hook on {describe(vertex)} returned a gradient of shape {changed.shape}; it must have the "
                f"shape {g.shape} of the Tensor."
            )
        g = changed
    return g


def _deposit(vertex: Vertex, g: Array) -> None:
    """Add a finished gradient to what somebody may read: the ``.grad`` of a leaf that is still held, and of a
    computed Tensor that is small (for the pictures) or still held."""
    if vertex.value is not None and vertex.__class__ is not Leaf:
        prior = vertex.grad
        if prior is not None:
            vertex.grad = prior + g
        else:
            vertex.grad = g if g.__class__ is float64 else g.copy()
        return
    tensor = None if vertex.tensor is None else vertex.tensor()
    if tensor is None:
        return
    if vertex.__class__ is not Leaf:
        vertex.grad = g.copy() if vertex.grad is None else vertex.grad + g
        return
    alone = _ours_alone(g)
    with _DEPOSITING:
        prior = tensor._grad
        if prior is not None:
            g = prior + g
        elif not alone:
            g = g.copy()
        tensor._grad = g = g if g.__class__ is ndarray else np.array(g)
    if vertex.value is not None:
        vertex.grad = g.copy()


# Graphs of several threads may share a leaf, and NumPy lets other threads run while it adds large arrays.
_DEPOSITING = RLock()


def _count_references(g: Array) -> int:
    return sys.getrefcount(g)


def _handed_on(g: Array) -> int:
    return _count_references(g)


def _calibrate() -> int:
    """`sys.getrefcount` of an array that nobody but the pass holds, counted where `_ours_alone` counts it."""
    grads = {0: np.empty(1)}
    g = grads.pop(0)
    return _handed_on(g)


_ALONE = _calibrate() if hasattr(sys, "getrefcount") else -1


def _ours_alone(g: Array) -> bool:
    """Whether nobody but the pass holds this array, so that it can become a ``.grad`` without a copy.

    A rule may hand the same array to two operands, return the incoming gradient, a view of it, or an array that it
    keeps for itself; a reference count sees them all, and when in doubt there is a copy.
    """
    return g.__class__ is ndarray and g.base is None and 0 < sys.getrefcount(g) <= _ALONE
