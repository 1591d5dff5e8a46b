"""Vertices for less common cases: each output of an op with several, and values that a node kept."""

import sys
from typing import Any
from weakref import ref

import numpy as np

from autograd.engine.graph import SMALL, Node, Output, State, Vertex, sequence
from autograd.engine.tape import TRANSPARENT
from autograd.engine.tensor import Tensor, constant
from autograd.signatures import RESIDUALS

__autograd_transparent__ = True


def record_outputs(
    op: Any, outs: Any, edges: Any, left: Any, right: Any, shown: Any, kept: Any, attrs: Any, prints: Any, state: State
) -> tuple[Tensor, ...]:
    """`tape.record` for an op with several outputs: one node, and a vertex for each output."""
    node = node_of_outputs(op, outs, edges, left, right, shown, kept, attrs, prints, state)
    results = []
    for k, out in enumerate(outs):
        t = constant(out)
        if out.dtype.kind == "f":
            vertex = output_of(node, k)
            if out.size <= SMALL:
                vertex.value = out.copy()
            else:
                vertex.tensor = ref(t)
            t._node = vertex
            t._requires_grad = True
        results.append(t)
    return tuple(results)


def node_of_outputs(
    op: Any, outs: Any, edges: Any, left: Any, right: Any, shown: Any, kept: Any, attrs: Any, prints: Any, state: State
) -> Node:
    """A node with the shapes and dtypes of several outputs, and the user's line."""
    node = Node()
    node.op, node.kept, node.attrs = op, kept, attrs
    node.edges, node.left, node.right, node.shown = edges, left, right, shown
    node.prints = prints
    node.scope = state.scope
    node.seq = next(sequence)
    node.shape = tuple(out.shape for out in outs)
    node.dtype = tuple(out.dtype for out in outs)
    node.value = node.grad = node.info = node.tensor = None
    frame = sys._getframe(1)
    while TRANSPARENT in frame.f_globals:
        frame = frame.f_back  # type: ignore[assignment]
    node.code, node.lasti = frame.f_code, frame.f_lasti
    return node


def output_of(node: Node, index: int) -> Output:
    """A vertex for one of the outputs of a node."""
    vertex = object.__new__(Output)
    vertex.edges = (node,)
    vertex.index = index
    vertex.seq = next(sequence)
    vertex.shape = node.shape[index]
    vertex.dtype = node.dtype[index]
    vertex.scope = node.scope
    vertex.value = vertex.grad = vertex.info = vertex.tensor = vertex.prints = None
    return vertex


def constant_if_real(out: Any) -> Any:
    """The result of an op that is not differentiable: plain arrays for counts and comparisons, Tensors for all else."""
    return constant(out) if isinstance(out, np.ndarray | np.generic) and out.dtype.kind == "f" else out


def constant_outputs(outs: Any) -> tuple[Any, ...]:
    """Several results without graph."""
    return tuple(constant(out) for out in outs)


def _placed(data: Any, vertex: Vertex | None) -> Any:
    """A kept array as a Tensor at a given place of the graph (a plain array where no gradient is wanted)."""
    if vertex is None:
        return data
    t = constant(data)
    t._node = vertex
    t._requires_grad = True
    return t


def recorded(op: Any, node: Node, g: Any) -> tuple[Any, tuple[Any, ...]]:
    """The arguments of a rule in a differentiable pass: the gradient and the kept values, put back in their place in
    the graph, so that the rule records a graph. If none of them is in the graph, the rule gets the same as in any pass.
    """
    kept, live = list(node.kept), isinstance(g, Tensor)
    parents = (node.left, node.right) if node.edges is None else node.edges
    for i, name, source in op.placed:
        value = kept[i]
        if value is None:
            continue
        if name == RESIDUALS:
            kept[i] = None  # arrays without a place in the graph
        elif name == "out":
            live = True
            kept[i] = (
                tuple([_placed(data, output_of(node, k)) for k, data in enumerate(value)])
                if op.outputs
                else _placed(value, node)
            )
        elif op.variadic:
            live = True
            kept[i] = tuple([_placed(data, p) for data, p in zip(value, parents, strict=True)])
        elif parents[source] is not None:
            live = True
            kept[i] = _placed(value, parents[source])
    if not live:
        return g, node.kept
    return g if isinstance(g, Tensor | tuple) else constant(g), tuple(kept)
