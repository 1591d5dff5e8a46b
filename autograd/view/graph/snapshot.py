"""Takes a picture-ready copy of the engine's graph: nodes in an order that depends on the graph alone.

Nothing recurses, and no array is read from variables that may be gone, except large parameters (models keep those).
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL, Leaf, Node, Output, Vertex
from autograd.progress import over
from autograd.pytree import flatten
from autograd.view.graph.columns import Columns, Nodes, marks
from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Kind, Number, Result, operands_first
from autograd.view.graph.traced import Traced
from autograd.view.graph.variables import attributes, name_of, named
from autograd.view.picture.values import all_finite

Keep = tuple[str, str]  # how values and how gradients are looked for: "auto", "live" or "off"
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


class _Recorder:
    """One walk: from the outputs to the leaves, then columns of all vertices met, and records of those to show."""

    def __init__(self, keep: Keep, names: dict[Any, str], inputs: Container[Vertex] | None) -> None:
        self.keep_values, self.keep_grads = keep
        self.names, self.inputs = names, inputs  # the latter of a call that was traced
        self.frames: list[FrameRecord] = []
        self.frame_ids: dict[Any, int] = {None: -1}
        self.places: list[Place] = []  # of each Tensor given
        self.used: dict[Vertex, dict[int, Output]] = {}  # the outputs of nodes with several that are used or requested

    def operands(self, vertex: Vertex) -> Sequence[Vertex]:
        if not isinstance(vertex, Node):
            return ()
        found = vertex.parents if vertex.shown is None else [x for x in vertex.shown if isinstance(x, Vertex)]
        return [self.use(x) if x.__class__ is Output else x for x in found]  # type: ignore[misc]

    def use(self, vertex: Vertex) -> Vertex:
        """The vertex that becomes a node; of several vertices for one output the one that has its value is shown."""
        node = owner(vertex)
        if isinstance(vertex, Output):
            outputs = self.used.setdefault(node, {})
            if vertex.index not in outputs or outputs[vertex.index].value is None:
                outputs[vertex.index] = vertex
        return node

    def record(self, outputs: list[Any]) -> Graph:
        roots = [x if isinstance(x, Vertex) else x._node for x in outputs]
        given = [root for root in roots if root is not None]
        self.order = operands_first(list(map(owner, given)), self.operands)
        self.ids = {vertex: i for i, vertex in enumerate(self.order)}
        self.outputs = dict.fromkeys(self.ids[self.use(root)] for root in given)
        self.columns = self.read()
        self.place_leaves(self.columns)
        nodes: Sequence[GraphNode] = Nodes(self.columns, self.node, lambda i: (self.order[i],))
        loose = {id(x): x for x, root in zip(outputs, roots, strict=True) if root is None}
        spots = {key: len(nodes) + k for k, key in enumerate(loose)}
        if loose:
            nodes = (*nodes, *(self.unused(spots[key], x) for key, x in loose.items()))
        for x, root in zip(outputs, roots, strict=True):
            index = root.index if isinstance(root, Output) else None
            self.places.append((spots[id(x)] if root is None else self.ids[owner(root)], index))
        return Graph(nodes, tuple(self.frames), (*self.outputs, *spots.values()))

    def read(self) -> Columns:
        """The columns of all vertices; ``look`` compares what `columns` compares of records."""
        ids, looks, scope, home = self.ids, dict[Any, int](), None, -1
        kinds: list[Kind] = []
        ops: list[str] = []
        frame, seq, look, belongs, first, sources, outputs, flows = [], [], [], [], [0], [], [], []
        for vertex in over(self.order, 90):  # of 100 steps of `draw`
            if vertex.scope is not scope:
                scope = vertex.scope
                home = self.frame(scope)
            frame.append(home)
            key: list[Any] = [vertex.shape, vertex.dtype]
            if vertex in self.used:
                key = [(k, x.shape, x.dtype) for k, x in sorted(self.used[vertex].items())]
            if isinstance(vertex, Node):
                kinds.append("op")
                ops.append(vertex.op.name)
                seq.append(vertex.seq)
                belongs.append(False)
                key += (vertex.op.name, marks(vertex.attrs) if vertex.attrs else ())
                parents, shown = vertex.parents, vertex.shown
                for slot, x in enumerate(parents if shown is None else shown):
                    if isinstance(x, Vertex):
                        sources.append(place := ids[owner(x)])
                        outputs.append(x.index if isinstance(x, Output) else -1)
                        flows.append(shown is None or (slot < len(parents) and parents[slot] is not None))
                        key += (x.shape, kinds[place] if belongs[place] else None)
                    else:
                        key.append(repr(x))
            else:
                kind: Any = vertex.kind if isinstance(vertex, Leaf) else "constant"
                kinds.append("input" if vertex in (self.inputs or ()) else kind)
                ops.append("")
                seq.append(-1)
                belongs.append(kinds[-1] == "parameter" or (kinds[-1] == "constant" and vertex.shape == ()))
            look.append(looks.setdefault(tuple(key), len(looks)))
            first.append(len(sources))
        leaves, made = seq.count(-1), np.full(len(seq), -1)
        made[np.argsort(seq, kind="stable")[leaves:]] = np.arange(len(seq) - leaves)  # in the order of the program
        homes, looked, starts = (np.array(column, int) for column in (frame, look, first))
        operands = np.array((sources, outputs, flows), int)
        shapes, part = [vertex.shape for vertex in self.order], np.array(belongs, bool)
        return Columns(kinds, ops, homes, made, looked, part, shapes, starts, operands, {}, self.odd())

    def odd(self) -> list[int]:
        """The nodes with a value or a gradient that is not finite."""
        found: list[int] = []
        for start in range(0, len(self.order), 4096):
            part = range(start, min(start + 4096, len(self.order)))
            if not all_finite(x for i in part for x in self.arrays(i)):
                found += [i for i in part if not all_finite(self.arrays(i))]
        return found

    def arrays(self, i: int) -> Iterator[Any]:
        for x in self.used.get(self.order[i], {0: self.order[i]}).values():
            yield from self.seen(x)

    def frame(self, scope: Any) -> int:
        """The number of a module call, whose record is made after those around it."""
        chain, outer = [], scope
        while outer not in self.frame_ids:
            chain.append(outer)
            outer = outer.parent
        for scope in reversed(chain):
            parent = self.frame_ids[scope.parent]
            self.frame_ids[scope] = len(self.frames)
            self.frames.append(FrameRecord(len(self.frames), None if parent < 0 else parent, scope.label, scope.path))
        return self.frame_ids[scope]

    def place_leaves(self, columns: Columns) -> None:
        """Put parameters, and constants that are single numbers, into the module call that alone uses them."""
        moves, count = columns.belongs, len(self.frames) + 1
        if self.inputs is not None:
            moves = np.array([kind in ("parameter", "constant") for kind in columns.kind])
        used = np.flatnonzero((moves & (columns.frame < 0))[columns.operands[0]])
        user = columns.frame[columns.users()[used]]
        homes: dict[int, int] = {}
        for pair in np.unique(columns.operands[0, used] * count + user + 1).tolist():
            leaf, frame = pair // count, pair % count - 1
            home = homes.get(leaf, frame)
            while home != frame:  # climb to the frame around both: it has the smallest number
                home, frame = sorted((home, frame))
                parent = self.frames[frame].parent
                frame = -1 if parent is None else parent
            homes[leaf] = home
        columns.frame[list(homes)] = list(homes.values())

    def seen(self, vertex: Vertex) -> tuple[Any, Any]:
        """The value and the gradient to show."""
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
        return None if self.keep_values == "off" else value, None if self.keep_grads == "off" else grad

    def result(self, vertex: Vertex, index: int | None) -> Result:
        return Result(index, name_of(vertex, self.names), vertex.shape, vertex.dtype, *self.seen(vertex))

    def unused(self, i: int, tensor: Any) -> GraphNode:
        """A Tensor outside any graph: only the Tensor itself is shown."""
        kind: Kind = tensor._kind if tensor.requires_grad else "constant"
        value = None if self.keep_values == "off" else tensor.data
        grad = None if self.keep_grads == "off" else tensor.grad
        result = Result(None, tensor.name or self.names.get(id(tensor)), tensor.shape, tensor.dtype, value, grad)
        return GraphNode(i, kind, "", results=(result,), output=True)

    def node(self, i: int) -> GraphNode:
        vertex, frame = self.order[i], int(self.columns.frame[i])
        results = tuple(self.result(x, k) for k, x in sorted(self.used.get(vertex, {}).items()))
        results = results or (self.result(vertex, None),)
        place = (None if frame < 0 else frame, int(self.columns.made[i]), i in self.outputs)
        if not isinstance(vertex, Node):
            return GraphNode(i, self.columns.kind[i], "", (), (), {}, results, *place, vertices=(vertex,))
        references = iter(self.columns.references(i))
        arguments: tuple[Argument | Number, ...] = tuple(
            [next(references) if isinstance(x, Vertex) else Number(x) for x in vertex.operands]
        )
        op, more = vertex.op, arguments[:0]
        if len(arguments) > len(op.operands) and not op.variadic:  # inputs among the attributes
            arguments, more = arguments[: len(op.operands)], arguments[len(op.operands) :]
        known: Any = (arguments, vertex.attrs or {}, results, *place, more, None, None, 1, op, False, (vertex,))
        return GraphNode(i, "op", op.name, op.operands, *known)
