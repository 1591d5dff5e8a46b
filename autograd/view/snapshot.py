"""Takes a picture-ready copy of the engine's graph: immutable records in an order that depends on the graph alone.

This module owns the walk over the engine's vertices. Nothing recurses, and nothing is read from variables that may
or may not be alive, except large arrays of parameters (a parameter belongs to its model). It must not know how
nodes are worded or drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd.engine import GONE, SMALL, Leaf, Node, Output, Vertex
from autograd.view.graph import Argument, FrameRecord, Graph, GraphNode, Kind, Number, Result

__all__ = ["Keep", "snapshot"]

Keep = tuple[str, str]  # how values and how gradients are looked for: "auto", "live" or "off"


def snapshot(outputs: Any, *, keep: Keep = ("auto", "auto")) -> Graph:
    """Record everything that the outputs depend on.

    ``outputs`` is a Tensor, or a list, tuple or dict of Tensors. The order of the nodes follows from the graph (each
    node after its operands, operands from left to right), so the same graph always gives the same records.

    >>> from autograd import tensor
    >>> from autograd.view.snapshot import snapshot
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> [(node.kind, node.op) for node in snapshot(x * x + 1).nodes]
    [('input', ''), ('op', 'multiply'), ('op', 'add')]
    """
    return _Recorder(keep).record(_tensors(outputs))


def _tensors(outputs: Any) -> list[Any]:
    """The Tensors (or vertices) in what the user passed."""
    if isinstance(outputs, Vertex) or hasattr(outputs, "_node"):
        return [outputs]
    if isinstance(outputs, Mapping):
        outputs = outputs.values()
    if isinstance(outputs, str) or not isinstance(outputs, Iterable):
        raise TypeError(f"a graph is drawn of a Tensor, or of several in a list or dict, not of {_type(outputs)}.")
    found = list(outputs)
    for item in found:
        if not (isinstance(item, Vertex) or hasattr(item, "_node")):
            raise TypeError(f"a graph is drawn of Tensors; one of the outputs given is {_type(item)}.")
    if not found:
        raise ValueError("there is nothing to draw: the list of outputs is empty.")
    return found


def _type(value: object) -> str:
    name = type(value).__name__
    return ("an " if name[0] in "aeiouAEIOU" else "a ") + name


def _owner(vertex: Vertex) -> Vertex:
    """The vertex that becomes a node: outputs of an op with several belong to the op."""
    if isinstance(vertex, Output):
        node = vertex.parents[0]
        assert node is not None
        return node
    return vertex


def _operands(vertex: Vertex) -> tuple[Any, ...]:
    return vertex.operands if isinstance(vertex, Node) else ()


class _Recorder:
    """One walk: from the outputs to the leaves, then a record for each vertex met."""

    def __init__(self, keep: Keep) -> None:
        self.keep_values, self.keep_grads = keep
        self.frames: list[FrameRecord] = []
        self.frame_ids: dict[Any, int] = {}

    def record(self, outputs: list[Any]) -> Graph:
        loose = {id(x): i for i, x in enumerate(outputs) if not isinstance(x, Vertex) and x._node is None}
        roots = [x if isinstance(x, Vertex) else x._node for x in outputs]
        order = self.walk([_owner(root) for root in roots if root is not None])
        ids = {vertex: i for i, vertex in enumerate(order)}
        made = self.ranks(order)
        frames = [None if vertex.scope is None else self.frame(vertex.scope) for vertex in order]
        self.place_leaves(order, ids, frames)
        results = self.results(order, roots)
        output_ids = dict.fromkeys(ids[_owner(root)] for root in roots if root is not None)
        nodes = [
            self.node(i, vertex, ids, results[i], frames[i], made.get(vertex, -1), i in output_ids)
            for i, vertex in enumerate(order)
        ]
        for position in loose.values():
            output_ids[len(nodes)] = None
            nodes.append(_unused(len(nodes), outputs[position]))
        return Graph(tuple(nodes), tuple(self.frames), tuple(output_ids))

    @staticmethod
    def walk(roots: list[Vertex]) -> list[Vertex]:
        """Every vertex after its operands, operands from left to right."""
        order: list[Vertex] = []
        done: set[Vertex] = set()
        entered: set[Vertex] = set()
        stack = list(reversed(roots))
        while stack:
            vertex = stack[-1]
            if vertex in done:
                stack.pop()
            elif vertex in entered:
                stack.pop()
                done.add(vertex)
                order.append(vertex)
            else:
                entered.add(vertex)
                for operand in reversed(_operands(vertex)):
                    if isinstance(operand, Vertex):
                        owner = _owner(operand)
                        if owner not in entered:
                            stack.append(owner)
        return order

    @staticmethod
    def ranks(order: list[Vertex]) -> dict[Vertex, int]:
        """The ops in the order in which the program ran them."""
        ops = sorted((v for v in order if not isinstance(v, Leaf)), key=lambda v: v.seq)
        return {vertex: rank for rank, vertex in enumerate(ops)}

    def frame(self, scope: Any) -> int:
        """The record of a module call, its parents first."""
        chain = []
        while scope is not None and scope not in self.frame_ids:
            chain.append(scope)
            scope = scope.parent
        for scope in reversed(chain):
            parent = None if scope.parent is None else self.frame_ids[scope.parent]
            self.frame_ids[scope] = len(self.frames)
            self.frames.append(FrameRecord(len(self.frames), parent, scope.label, scope.path))
        return self.frame_ids[chain[0] if chain else scope]

    def place_leaves(self, order: list[Vertex], ids: dict[Vertex, int], frames: list[int | None]) -> None:
        """Put parameters, and constants that are single numbers, into the module call that alone uses them."""
        chains: dict[int | None, list[int]] = {None: []}
        for record in self.frames:
            chains[record.id] = [*chains[record.parent], record.id]
        homes: dict[int, list[int]] = {}
        for vertex, frame in zip(order, frames, strict=True):
            for operand in _operands(vertex):
                if isinstance(operand, Leaf) and operand.scope is None and _moves_in(operand):
                    i, chain = ids[operand], chains[frame]
                    homes[i] = chain if i not in homes else _common(homes[i], chain)
        for i, chain in homes.items():
            frames[i] = chain[-1] if chain else None

    def results(self, order: list[Vertex], roots: list[Vertex | None]) -> list[tuple[Result, ...]]:
        """What each node gave: one result, or those of its outputs that are used or asked for."""
        used: dict[Vertex, dict[int, Output]] = {}
        for vertex in order:
            for operand in _operands(vertex):
                if isinstance(operand, Output):
                    used.setdefault(_owner(operand), {})[operand.index] = operand
        for root in roots:
            if isinstance(root, Output):
                used.setdefault(_owner(root), {})[root.index] = root
        return [
            tuple(self.result(used[vertex][index], index) for index in sorted(used[vertex]))
            if vertex in used
            else (self.result(vertex, None),)
            for vertex in order
        ]

    def result(self, vertex: Vertex, index: int | None) -> Result:
        value, grad = vertex.value, vertex.grad
        parameter = isinstance(vertex, Leaf) and vertex.kind == "parameter"
        if grad is not None and value is None and not parameter and self.keep_grads != "live" and grad.size > SMALL:
            grad = None  # it is there only because a variable was alive during the backward pass
        tensor = None if vertex.tensor is None else vertex.tensor()
        if tensor is not None and tensor._node is vertex:
            if value is None and vertex.kept is not GONE and (parameter or self.keep_values == "live"):
                value = tensor.data
            if grad is None and (parameter or self.keep_grads == "live"):
                grad = tensor.grad
        if self.keep_values == "off":
            value = None
        if self.keep_grads == "off":
            grad = None
        return Result(index, vertex.name, vertex.shape, vertex.dtype, value, grad)

    @staticmethod
    def node(
        i: int,
        vertex: Vertex,
        ids: dict[Vertex, int],
        results: tuple[Result, ...],
        frame: int | None,
        made: int,
        output: bool,
    ) -> GraphNode:
        if not isinstance(vertex, Node):
            kind: Kind = vertex.kind if isinstance(vertex, Leaf) else "constant"  # type: ignore[assignment]
            return GraphNode(i, kind, "", (), (), {}, results, frame, made, output, origin=vertex.origin)
        arguments: list[Argument | Number] = []
        for slot, operand in enumerate(vertex.operands):
            if isinstance(operand, Vertex):
                flows = slot < len(vertex.parents) and vertex.parents[slot] is not None
                index = operand.index if isinstance(operand, Output) else None
                arguments.append(Argument(ids[_owner(operand)], index, flows))
            else:
                arguments.append(Number(operand))
        return GraphNode(
            i,
            "op",
            vertex.op.name,
            tuple(vertex.op.operands),
            tuple(arguments),
            vertex.attrs or {},
            results,
            frame,
            made,
            output,
            origin=vertex.origin,
            definition=getattr(vertex.op, "definition", None),
        )


def _moves_in(leaf: Leaf) -> bool:
    return leaf.kind == "parameter" or (leaf.kind == "constant" and leaf.shape == ())


def _common(a: list[int], b: list[int]) -> list[int]:
    """The module calls that two places share, from the outermost inwards."""
    shared = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        shared += 1
    return a[:shared]


def _unused(i: int, tensor: Any) -> GraphNode:
    """A Tensor that no graph knows yet: itself is all there is to show."""
    kind: Kind = getattr(tensor, "_kind", "input") if tensor.requires_grad else "constant"
    result = Result(None, tensor.name, tensor.shape, tensor.dtype, tensor.data, tensor.grad)
    return GraphNode(i, kind, "", (), (), {}, (result,), None, -1, True)
