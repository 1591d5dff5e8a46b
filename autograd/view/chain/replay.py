"""The backward pass once more, for display: nothing is stored on any Tensor, nothing is released, no hook is called."""

from collections.abc import Collection, Iterator
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np

from autograd.arrays import FLOAT64
from autograd.engine.backward import fit
from autograd.engine.graph import GONE, SMALL, Leaf, Node, Output, Vertex, newest_first
from autograd.engine.op import Op
from autograd.errors import AutogradError
from autograd.provenance import describe
from autograd.signatures import RESIDUALS


class ValuesNotKeptError(AutogradError, RuntimeError):
    """A view needs a value that the graph no longer has: a large one, after ``backward()`` released it.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.view import explain
    >>> x = tensor(np.ones(100), requires_grad=True, name="x")
    >>> y = np.tanh(x * np.full(100, 2.0)).sum()
    >>> y.backward()
    >>> explain(y, x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.view.chain.replay.ValuesNotKeptError: the value of the result of tanh (shape (100,), float64), which \
the rule of tanh needs, was not kept: the graph has been released. Run the forward pass inside 'with record():', which \
keeps every value, or look before backward().
    """


class Sent(NamedTuple):
    """The contribution of a node to one of its operands. ``complete``: no further contribution will come."""

    slot: int
    parent: Vertex
    amount: Any
    before: Any
    after: Any
    complete: bool


class Firing(NamedTuple):
    """A node that passes its gradient on."""

    node: Node
    gradient: Any
    sent: tuple[Sent, ...]
    waiting: tuple[Vertex, ...]  # what is computed, has a gradient by now and has not passed it on, the next first
    pending: int  # how many those are; ``waiting`` lists the first


class Replay:
    """The pass from one vertex to everything that it depends on."""

    def __init__(self, root: Vertex, seed: Any = None) -> None:
        self.root = root
        self.order: list[Vertex] = newest_first([root])
        if root.op is not None and root.op.outputs:
            self.seed: Any = tuple(map(np.ones, root.shape, root.dtype))
        else:
            self.seed = _number(np.ones(root.shape, root.dtype) if seed is None else np.array(seed, root.dtype))
        if seed is not None and np.shape(self.seed) != root.shape:
            raise ValueError(f"the starting gradient has shape {np.shape(self.seed)}, but needs {root.shape}.")
        self.gradients: dict[Vertex, Any] = {}  # complete once its vertex had its turn
        self._kept = self._kept_by_live_nodes()

    def _kept_by_live_nodes(self) -> dict[Vertex, Any]:
        """Values that nodes of a live graph hold for their rules."""
        found: dict[Vertex, Any] = {}
        for node in self.order:
            if not isinstance(node, Node) or node.kept is GONE or not isinstance(node.op, Op):
                continue
            for name, value in zip(node.op.keeps, node.kept, strict=True):
                if value is None:
                    continue
                if name == "out" and not node.op.outputs:
                    found[node] = value
                elif name in node.op.operands:
                    several = node.op.variadic
                    operands = node.operands if several else (node.operands[node.op.operands.index(name)],)
                    for vertex, data in zip(operands, value if several else (value,), strict=True):
                        if isinstance(vertex, Vertex) and vertex.kept is not GONE:  # else it has been changed since
                            found[vertex] = data
        return found

    def value(self, operand: Any) -> Any:
        """The value of a vertex (or of a literal number) as of the forward pass; None when it is not there."""
        if not isinstance(operand, Vertex):
            return operand
        if operand.value is not None:
            return _number(operand.value)
        if operand in self._kept:
            return self._kept[operand]
        tensor = None if operand.tensor is None else operand.tensor()
        return tensor._data if tensor is not None and tensor._node is operand else None

    def _compute_again(self) -> None:
        """Find the values that were released, as far as those that they were computed from are still there."""
        for node in reversed(self.order):
            if isinstance(node, Node) and self.value(node) is None and not node.op.outputs:
                data = [None if x is None else self.value(x) for x in node.operands]
                if all(d is not None or x is None for d, x in zip(data, node.operands, strict=True)):
                    with np.errstate(all="ignore"):
                        self._kept[node] = _number(node.op.kernel(*data, **(node.attrs or {})))

    def kept(self, node: Node) -> tuple[Any, ...]:
        """The values that the rules of a node ask for. Raises ValuesNotKeptError."""
        op = node.op
        assert isinstance(op, Op)
        found = []
        for name in op.keeps:
            value = self._asked(node, op, name)
            if value is None and self._needed(node, op, name):
                self._compute_again()
                value = self._asked(node, op, name)
            if value is None and self._needed(node, op, name):
                raise ValuesNotKeptError(self._why_not(node, op, name))
            found.append(value)
        return tuple(found)

    def _asked(self, node: Node, op: Op, name: str) -> Any:
        if node.attrs is not None and name in node.attrs:
            return node.attrs[name]
        if name == RESIDUALS:  # the rule computes it again
            return None
        if name == "out":
            return self.outputs(node) if op.outputs else self.value(node)
        stem = name.removesuffix("_shape")
        shapes = stem != name and name not in op.operands
        if op.variadic:
            values = tuple(self._shape(x) if shapes else self.value(x) for x in node.operands)
            return None if any(v is None for v in values) else values
        operand = node.operands[op.operands.index(stem if shapes else name)]
        if name in op.few and prod(self._shape(operand)) > SMALL:
            return None  # as in the backward pass
        return self._shape(operand) if shapes else self.value(operand)

    @staticmethod
    def _shape(operand: Any) -> Any:
        return operand.shape if isinstance(operand, Vertex) else np.shape(operand)

    def outputs(self, node: Node) -> Any:
        """The results of a node with several, from the node itself."""
        if node.value is not None:
            return node.value
        op = node.op
        assert isinstance(op, Op)
        return node.kept[op.keeps.index("out")] if node.kept is not GONE and "out" in op.keeps else None

    @staticmethod
    def _needed(node: Node, op: Op, name: str) -> bool:
        """Whether a rule that will run asks for this. An operand that was left out (None) is no loss."""
        if name in op.operands and not op.variadic and node.operands[op.operands.index(name)] is None:
            return False
        if name == RESIDUALS or name in op.few or (node.attrs is not None and name in node.attrs):
            return False
        if op.joint or len(op.operands) == 1:
            return True
        return any(name in asked and parent is not None for asked, parent in zip(op.asks, node.parents, strict=True))

    def _why_not(self, node: Node, op: Op, name: str) -> str:
        operand = node if name == "out" else node.operands[0 if op.variadic else op.operands.index(name)]
        whose = describe(operand) if isinstance(operand, Vertex) else name
        if isinstance(operand, Leaf) and operand.kept is GONE:
            return (
                f"{whose} was changed after {op.name} had used it, and its old value was not kept. Look at the graph "
                "before the update, or run the forward pass inside 'with record():'."
            )
        return (
            f"the value of {whose}, which the rule of {op.name} needs, was not kept: the graph has been released. Run "
            "the forward pass inside 'with record():', which keeps every value, or look before backward()."
        )

    def __iter__(self) -> Iterator[Firing]:
        """Fire node after node, newest first."""
        edges = self._edges()
        gradients: dict[Vertex, Any] = {self.root: self.seed}
        gathered: dict[Vertex, list[Any]] = {}
        self.gradients = {}
        pending: dict[Vertex, None] = {}
        for vertex in self.order:
            if vertex in gathered:
                assert isinstance(vertex, Node)
                g: Any = _filled(vertex, gathered.pop(vertex))
            elif vertex in gradients:
                g = gradients[vertex]
            else:
                continue
            self.gradients[vertex] = g
            pending.pop(vertex, None)
            if isinstance(vertex, Output):
                node = vertex.parents[0]
                assert isinstance(node, Node)
                parts = gathered.setdefault(node, [None] * len(node.shape))
                parts[vertex.index] = g if parts[vertex.index] is None else parts[vertex.index] + g
                pending[node] = None
            if not isinstance(vertex, Node):
                continue
            sent = []
            with np.errstate(all="ignore"):
                contributions = list(self.passed_on(vertex, g))
            for slot, parent, amount in contributions:
                before = gradients.get(parent)
                after = gradients[parent] = amount if before is None else before + amount
                edges[parent] -= 1
                sent.append(Sent(slot, parent, amount, before, after, not edges[parent]))
                if not isinstance(parent, Leaf):
                    pending[parent] = None
            yield Firing(vertex, g, tuple(sent), _next(pending), len(pending))

    def run(self) -> Self:
        """The whole pass at once, for its ``gradients``."""
        for _ in self:
            pass
        return self

    def passed_on(
        self, node: Node, g: Any, *, wanted: Collection[Vertex] | None = None, kept: tuple[Any, ...] | None = None
    ) -> Iterator[tuple[int, Vertex, Any]]:
        """The contributions of a node's gradient to its operands that want one, in their shapes and dtypes.

        With ``wanted``, only for these operands. For many calls on one node, pass the result of `kept`.
        """
        parents = node.parents if wanted is None else tuple(p if p in wanted else None for p in node.parents)
        found = node.op.vjp(g, self.kept(node) if kept is None else kept, parents)
        for slot, (parent, d) in enumerate(zip(parents, found, strict=True)):
            if parent is None or d is None:
                continue
            if d.__class__ is not np.float64 or parent.shape or parent.dtype is not FLOAT64:
                d = _number(fit(np.asarray(d), parent, node.op.name))
            yield slot, parent, d

    def _edges(self) -> dict[Vertex, int]:
        """For each vertex, how many contributions it will get."""
        counts: dict[Vertex, int] = dict.fromkeys(self.order, 0)
        reached = {self.root}
        for vertex in self.order:
            if vertex in reached:
                for parent in vertex.parents:
                    if parent is not None:
                        counts[parent] += 1
                        reached.add(parent)
        return counts


def _number(x: Any) -> Any:
    """The number in a 0-d array, as the engine computes with it."""
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def _filled(node: Node, parts: list[Any]) -> tuple[Any, ...]:
    outputs = zip(parts, node.shape, node.dtype, strict=True)
    return tuple(np.zeros(shape, dtype) if g is None else g for g, shape, dtype in outputs)


_LISTED = 24


def _next(pending: dict[Vertex, None]) -> tuple[Vertex, ...]:
    """The first of those that wait; of very many any few, or wide graphs would cost the square of their size."""
    if len(pending) > 8 * _LISTED:
        return tuple(v for v, _ in zip(pending, range(_LISTED), strict=False))
    return tuple(sorted(pending, key=lambda v: -v.seq)[:_LISTED])
