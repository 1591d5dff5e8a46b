"""Where numbers that are not finite begin: the nodes that are to stand out from those that only pass them on."""

import numpy as np

from autograd.debugging import first_entry, values_at
from autograd.nonfinite import in_backward, in_forward
from autograd.view.graph.columns import Nodes
from autograd.view.graph.records import Argument, Graph, GraphNode
from autograd.view.picture.values import finite, number


def mark_origins(graph: Graph) -> Graph:
    """The graph with an alarm on each op or leaf at which nan or infinity begins, in a value or in a gradient.

    The infinities of a constant, such as a mask, are intended, but not the nan that an op makes of them.
    """
    nodes = Nodes.of(graph.nodes)
    every = [(i, r) for i in nodes.columns.odd for r in nodes[i].results]
    values = {i for i, r in every if r.value is not None and not finite(r.value)}
    grads = {i for i, r in every if r.grad is not None and not finite(r.grad)}
    alarms: dict[int, str] = {}
    spread: set[int] = set()  # whose values are not finite because of an origin
    for node in (graph.nodes[i] for i in sorted(values)):
        given = {argument.node for _, argument in node.references()}
        intended = node.kind == "constant" or given & values
        if given & spread or not intended or any(np.isnan(r.value).any() for r in node.results if r.value is not None):
            spread.add(node.id)
            if not given & spread:
                alarms[node.id] = _of_value(graph, node)
    users: dict[int, list[tuple[int, GraphNode]]] = {}
    for edge in graph.edges() if grads else ():
        if edge.source in grads and edge.flows:
            users.setdefault(edge.source, []).append((edge.slot, graph.nodes[edge.target]))
    for i in sorted(grads):
        if any(user.id in grads for _, user in users.get(i, ())):
            continue
        found = [_of_gradient(graph, graph.nodes[i], *use) for use in users.get(i, ()) if use[1].id not in spread]
        for user, text, explained in found or ([] if i in users else [(i, "this gradient is where it begins", True)]):
            if explained or not any(other for _, _, other in found):
                alarms[user] = "\n".join(filter(None, (alarms.get(user), text)))
    return graph._replace(nodes=nodes.with_alarms(alarms)) if alarms else graph


def _of_value(graph: Graph, node: GraphNode) -> str:
    array = next(np.asarray(r.value) for r in node.results if not finite(r.value))
    entry = first_entry(array) or ()
    values, words = _operands(graph, node, array.shape, entry)
    kind, value = array.dtype, float(array[entry])
    what = values and in_forward(node.record, values, value, str(kind), float(np.finfo(kind).max), None).what
    return _lines(f"{value:g} begins here", entry, what or "", words)


def _of_gradient(graph: Graph, node: GraphNode, slot: int, user: GraphNode) -> tuple[int, str, bool]:
    """The op that turns a finite gradient into one that is not, in words; and whether its slope there explains it."""
    grad = next(np.asarray(r.grad) for r in node.results if not finite(r.grad))
    entry = first_entry(grad) or ()
    values, words = _operands(graph, user, grad.shape, entry)
    incoming = user.results[0].grad
    here = None if incoming is None or np.shape(incoming) != grad.shape else float(np.asarray(incoming)[entry])
    x = None if values is None or slot >= len(values) else values[slot]
    what = in_backward(user.record, x, here, float(grad[entry]), "", False).what if user.record else ""
    head = f"the gradient {grad[entry]:g} of {node.name or 'its operand'} begins here"
    text = _lines(head, entry, what, words, "" if here is None else f"incoming gradient {number(here)}")
    return user.id, text, user.record is not None and x in user.record.facts.hazards.steep


def _lines(head: str, entry: tuple[int, ...], *others: str) -> str:
    return "\n".join(filter(None, (f"{head}{f', at entry {entry}' if entry else ''}", *others)))


def _operands(
    graph: Graph, node: GraphNode, shape: tuple[int, ...], entry: tuple[int, ...]
) -> tuple[tuple[float, ...] | None, str]:
    """The operands of an op at an entry of its result, if it works entry by entry, else their ranges."""
    found = [graph.result(a) if isinstance(a, Argument) else a for a in node.arguments]
    names = [getattr(x, "name", None) or f"operand {slot}" for slot, x in enumerate(found, 1)]
    data = tuple(x.value for x in found)
    values = values_at(node.record, data, shape, entry) if node.record is not None else None
    if values is not None:
        return values, ", ".join(f"{name} = {number(x)}" for name, x in zip(names, values, strict=True))
    pairs = zip(names, data, strict=True)
    known = [(name, x) for name, x in pairs if isinstance(x, np.ndarray | np.generic) and x.size]
    return None, ", ".join(f"{name} from {number(np.min(x))} to {number(np.max(x))}" for name, x in known)
