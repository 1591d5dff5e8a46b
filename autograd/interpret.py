"""Ops without generated code: with any number of operands, under a watcher; and the vertices of several outputs."""

import sys
from collections.abc import Callable
from inspect import Parameter
from typing import Any
from weakref import ref

import numpy as np

from autograd.engine.graph import SMALL, STATE, Node, Output, State, Vertex, sequence
from autograd.engine.tape import TRANSPARENT, record, source
from autograd.engine.tensor import Tensor, constant, leaf
from autograd.errors import AutogradError
from autograd.operand_errors import PLAIN, explain, operand
from autograd.signatures import RESIDUALS
from autograd.stale import prints_of

__autograd_transparent__ = True


def finish(
    op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], attributes: dict[str, Any] | None, out: Any, state: State,
    residuals: Any = None,
) -> Any:  # fmt: skip
    """The result of an op, with or without a node, shown to the watcher."""
    rules = op.rules * len(xs) if op.joint else op.rules
    live = tuple(isinstance(x, Tensor) and x._requires_grad for x in xs)
    wanted = tuple(bool(rule) and needed for rule, needed in zip(rules, live, strict=True)) if rules else ()
    if not (state.grad and any(wanted)):
        result, node = unrecorded(op, xs, attributes, out, state), None
    else:
        parents = tuple((x._node or leaf(x)) if needed else None for x, needed in zip(xs, wanted, strict=True))
        # The operands as pictures show them: constants too, as leaves or as literal numbers.
        shown = None
        if None in parents:
            shown = tuple([source(x) if p is None else p for p, x in zip(parents, xs, strict=True)])
        kept = _kept(op, wanted, data, {**(attributes or {}), "out": out, "residuals": residuals})
        make: Callable[..., Any] = record_outputs if op.outputs else record
        result = make(op, out, parents, None, None, shown, kept, attributes, prints_of(op, kept, parents), state)
        node = next((t._node.parents[0] for t in result if t._node), None) if op.outputs else result._node
    if state.watch is not None:
        if node is not None:
            state.watch.forward(node, node.operands, out)
        state.watch.applied(op, xs, data, out, result)
    return result


def _kept(op: Any, wanted: tuple[bool, ...], data: tuple[Any, ...], others: dict[str, Any]) -> tuple[Any, ...]:
    """The values that the rules ask for; None when no operand that wants a gradient has a rule that does."""
    if op.variadic:
        [name] = op.operands
        values = {name: data, f"{name}_shape": tuple(np.shape(d) for d in data)}
    else:
        values = dict(zip(op.operands, data, strict=True))
        values |= {f"{name}_shape": np.shape(d) for name, d in values.items()}
    values |= {name: None for name in op.few if np.size(values[name]) > SMALL}
    values |= others
    if op.joint or len(op.operands) == 1:
        return tuple(values[name] for name in op.keeps)
    asked = {name for asks, needed in zip(op.asks, wanted, strict=True) if needed for name in asks} | set(op.attributes)
    return tuple(values[name] if name in asked else None for name in op.keeps)


def unrecorded(op: Any, xs: tuple[Any, ...], attributes: dict[str, Any] | None, out: Any, state: State) -> Any:
    """A result without graph, shown to the watcher."""
    make = constant_outputs if op.outputs else constant if op.differentiable else constant_if_real
    result = make(out)
    if state.watch is not None:
        state.watch._unrecorded(op, xs, attributes, out, result)
    return result


def variadic(op: Any) -> Callable[..., Any]:
    """The function of an op with any number of operands, such as concatenate."""
    [name] = op.operands
    defaults = {a: value for a, value in op.attributes.items() if value is not Parameter.empty}

    def function(*xs: Any, **attributes: Any) -> Any:
        attributes = {**defaults, **attributes}
        data: tuple[Any, ...] = tuple(
            x._data if isinstance(x, Tensor) else x if x.__class__ in PLAIN else operand(op, name, x, False) for x in xs
        )
        if not any(isinstance(x, Tensor) for x in xs):
            return op.kernel(*data, **attributes)
        try:
            out = op.kernel(*data, **attributes)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError) as error:
            raise explain(op, xs, attributes, error) from error
        return finish(op, xs, data, attributes or None, out, STATE.get())

    function.__name__ = function.__qualname__ = op.name
    return function


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
    for i, name, place in op.placed:
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
        elif parents[place] is not None:
            live = True
            kept[i] = _placed(value, parents[place])
    if not live:
        return g, node.kept
    return g if isinstance(g, Tensor | tuple) else constant(g), tuple(kept)
