"""Takes a picture-ready copy of the engine's graph: immutable records in an order that depends on the graph alone.

Nothing recurses, and no array is read from variables that may be gone, except large parameters (models keep those).
"""

from collections.abc import Container, Iterable, Mapping
from itertools import chain
from typing import Any

from autograd.engine.graph import SMALL, Leaf, Node, Output, Vertex
from autograd.progress import over
from autograd.pytree import flatten
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Kind, Number, Result, operands_first
from autograd.view.graph.traced import Traced
from autograd.view.graph.variables import attributes, name_of, named

Keep = tuple[str, str]  # how values and how gradients are looked for: "auto", "live" or "off"
_NO_ATTRIBUTES: Mapping[str, Any] = {}  # of most nodes: a new dict for each takes a tenth of the time
Place = tuple[int, int | None]  # of a Tensor in a graph: its node, and which of the outputs it is


def snapshot(outputs: Any, *, keep: Keep = ("auto", "auto"), names: dict[Any, str] | None = None) -> Graph:
    """Record everything that the outputs depend on.

    ``outputs`` is a Tensor, or Tensors in lists, tuples and dicts, also nested ones, or the error of an op that refused
    its operands. The order of the nodes follows from the graph (each node after its operands, operands from left to
    right), so the same graph always gives the same records. ``names`` are those of variables.
    """
    traced = outputs if isinstance(outputs, Traced) else None
    outputs = outputs if traced is None else traced.outputs
    inputs = None if traced is None else traced.names
    names = (names or {}) | ({} if traced is None else named(attributes(traced.model)) | traced.names)
    if isinstance(outputs, BaseException):
        return _up_to(outputs, _Recorder(keep, names, inputs))
    return _Recorder(keep, names, inputs).record(_tensors(outputs))


def recorded(outputs: list[Any], keep: Keep) -> tuple[Graph, list[Place]]:
    """The graph of Tensors, and the place of each of them in it."""
    recorder = _Recorder(keep, {}, None)
    return recorder.record(outputs), recorder.places


def refused(error: BaseException) -> tuple[Any, Any]:
    """The op that refused its operands, and those; from the error itself or one that it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "op", None) is not None:
            return cause.op, getattr(cause, "operands", None)  # type: ignore[attr-defined]
        cause = cause.__cause__
    return None, None


def _up_to(error: BaseException, recorder: "_Recorder") -> Graph:
    """The graph of the operands that an op refused, and the op that failed."""
    op, operands = refused(error)
    if op is None or operands is None:
        raise TypeError(
            f"{_type(error)} does not say which operation failed: only an error that an op raised about its operands "
            "can be drawn."
        )
    given = [x for x in operands if hasattr(x, "_node")]
    graph = recorder.record(given) if given else Graph((), (), ())
    places = iter(recorder.places)
    arguments = tuple(Argument(*next(places), x.requires_grad) if hasattr(x, "_node") else Number(x) for x in operands)
    nodes = [node._replace(output=False) for node in graph.nodes]
    rank = 1 + max((node.made for node in nodes), default=-1)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    note = lines[0].removeprefix(f"{op.name}: ")
    record = op if hasattr(op, "facts") else None  # a layer's own check names a function that is no op
    failed = GraphNode(len(nodes), "failed", op.name, tuple(op.operands), arguments, note=note, record=record)
    failed = failed._replace(made=rank, output=True)
    return Graph((*nodes, failed), graph.frames, (failed.id,))


def _tensors(outputs: Any) -> list[Any]:
    """The Tensors (or vertices) in the user's argument or a model's result; None is skipped."""
    if isinstance(outputs, Vertex) or hasattr(outputs, "_node"):
        return [outputs]
    if isinstance(outputs, Mapping):
        outputs = outputs.values()
    if isinstance(outputs, str) or not isinstance(outputs, Iterable):
        raise TypeError(f"draw takes a Tensor, or several in a list or dict, not {_type(outputs)}.")
    found = [item for item in flatten(list(outputs)) if item is not None]
    for item in found:
        if not (isinstance(item, Vertex) or hasattr(item, "_node")):
            raise TypeError(f"draw takes Tensors, but one of the given outputs is {_type(item)}.")
    if not found:
        raise ValueError("there is nothing to draw: the list of outputs is empty.")
    return found


def _type(value: object) -> str:
    name = type(value).__name__
    return ("an " if name[0] in "aeiouAEIOU" else "a ") + name


def owner(vertex: Vertex) -> Vertex:
    """The vertex that becomes a node: outputs of an op with several belong to the op."""
    if isinstance(vertex, Output):
        node = vertex.parents[0]
        assert node is not None
        return node
    return vertex


def _given(vertex: Vertex) -> list[Vertex]:
    """The vertices that an op was given."""
    return [x for x in vertex.operands if isinstance(x, Vertex)] if isinstance(vertex, Node) else []


class _Recorder:
    """One walk: from the outputs to the leaves, then a record for each vertex met."""

    def __init__(self, keep: Keep, names: dict[Any, str], inputs: Container[Vertex] | None) -> None:
        self.keep_values, self.keep_grads = keep
        self.names, self.inputs = names, inputs  # the latter of a call that was traced
        self.frames: list[FrameRecord] = []
        self.frame_ids: dict[Any, int] = {}
        self.places: list[Place] = []  # of each Tensor given
        self.given: dict[Vertex, list[Vertex]] = {}  # the operands of each vertex met

    def operands(self, vertex: Vertex) -> list[Vertex]:
        found = self.given[vertex] = _given(vertex)
        return [x if x.__class__ is not Output else owner(x) for x in found]

    def record(self, outputs: list[Any]) -> Graph:
        roots = [x if isinstance(x, Vertex) else x._node for x in outputs]
        order = operands_first([owner(root) for root in roots if root is not None], self.operands)
        ids = {vertex: i for i, vertex in enumerate(order)}
        ops = sorted((v for v in order if not isinstance(v, Leaf)), key=lambda v: v.seq)
        made = {vertex: rank for rank, vertex in enumerate(ops)}  # in the order in which the program ran them
        frames = [None if vertex.scope is None else self.frame(vertex.scope) for vertex in order]
        self.place_leaves(order, ids, frames)
        results = self.results(order, roots)
        output_ids = dict.fromkeys(ids[owner(root)] for root in roots if root is not None)
        nodes = [
            self.node(i, vertex, ids, results[i], (frames[i], made.get(vertex, -1), i in output_ids))
            for i, vertex in enumerate(over(order, 35))  # of 100 steps of `draw`
        ]
        loose: dict[int, int] = {}
        for x, root in zip(outputs, roots, strict=True):
            if root is not None:
                self.places.append((ids[owner(root)], root.index if isinstance(root, Output) else None))
                continue
            if id(x) not in loose:
                loose[id(x)] = len(nodes)
                output_ids[len(nodes)] = None
                nodes.append(self.unused(len(nodes), x))
            self.places.append((loose[id(x)], None))
        return Graph(tuple(nodes), tuple(self.frames), tuple(output_ids))

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
            for operand in self.given[vertex]:
                if isinstance(operand, Leaf) and operand.scope is None and self.moves_in(operand):
                    i, chain = ids[operand], chains[frame]
                    homes[i] = chain if i not in homes else [frame for frame in homes[i] if frame in chain]
        for i, chain in homes.items():
            frames[i] = chain[-1] if chain else None

    def moves_in(self, leaf: Leaf) -> bool:
        if leaf.kind == "constant":
            return leaf.shape == () if self.inputs is None else leaf not in self.inputs
        return leaf.kind == "parameter"

    def results(self, order: list[Vertex], roots: list[Vertex | None]) -> list[tuple[Result, ...]]:
        """The results of each node: one, or those of its outputs that are used or requested."""
        used: dict[Vertex, dict[int, Output]] = {}
        for x in chain(chain.from_iterable(self.given.values()), roots):
            if isinstance(x, Output):
                outputs = used.setdefault(owner(x), {})
                if x.index not in outputs or outputs[x.index].value is None:
                    outputs[x.index] = x  # of several vertices for one output the one that has its value
        several = {v: tuple(self.result(outputs[i], i) for i in sorted(outputs)) for v, outputs in used.items()}
        return [several[v] if v in several else (self.result(v, None),) for v in order]

    def result(self, vertex: Vertex, index: int | None) -> Result:
        value, grad = vertex.value, vertex.grad
        parameter = isinstance(vertex, Leaf) and vertex.kind == "parameter"
        if grad is not None and value is None and not parameter and self.keep_grads != "live" and grad.size > SMALL:
            grad = None  # it is there only because a variable was alive during the backward pass
        tensor = None if vertex.tensor is None else vertex.tensor()
        if tensor is not None and tensor._node is vertex:  # else its data has been changed since
            if value is None and (parameter or self.keep_values == "live"):
                value = tensor.data
            if grad is None and (parameter or self.keep_grads == "live"):
                grad = tensor.grad
        if self.keep_values == "off":
            value = None
        if self.keep_grads == "off":
            grad = None
        return Result(index, name_of(vertex, self.names), vertex.shape, vertex.dtype, value, grad)

    def unused(self, i: int, tensor: Any) -> GraphNode:
        """A Tensor outside any graph: only the Tensor itself is shown."""
        kind: Kind = tensor._kind if tensor.requires_grad else "constant"
        value = None if self.keep_values == "off" else tensor.data
        grad = None if self.keep_grads == "off" else tensor.grad
        result = Result(None, tensor.name or self.names.get(id(tensor)), tensor.shape, tensor.dtype, value, grad)
        return GraphNode(i, kind, "", results=(result,), output=True)

    def node(
        self, i: int, vertex: Vertex, ids: dict[Vertex, int], results: tuple[Result, ...],
        place: tuple[int | None, int, bool],
    ) -> GraphNode:  # fmt: skip
        if not isinstance(vertex, Node):
            kind: Any = vertex.kind if isinstance(vertex, Leaf) else "constant"
            kind = "input" if vertex in (self.inputs or ()) else kind
            return GraphNode(i, kind, "", (), (), _NO_ATTRIBUTES, results, *place, vertices=(vertex,))
        arguments: list[Any] = []
        parents, shown = vertex.parents, vertex.shown
        for slot, operand in enumerate(parents if shown is None else shown):
            if isinstance(operand, Vertex):
                flows = shown is None or (slot < len(parents) and parents[slot] is not None)
                index = operand.index if isinstance(operand, Output) else None
                arguments.append(Argument(ids[operand if index is None else owner(operand)], index, flows))
            else:
                arguments.append(Number(operand))
        op: Any = vertex.op
        given, more = tuple(arguments), ()
        if len(given) > len(op.operands) and not op.variadic:  # inputs among the attributes
            given, more = given[: len(op.operands)], given[len(op.operands) :]
        known: Any = (given, vertex.attrs or _NO_ATTRIBUTES, results, *place, more, None, None, 1, op, False, (vertex,))
        return GraphNode(i, "op", op.name, op.operands, *known)
