"""The nodes of a graph as columns of numbers, with which graphs are folded; records are made of nodes that are shown.

A graph of a million nodes is read in a few seconds this way. Most of its nodes never become records.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.view.graph.records import Argument, FrameRecord, Graph, GraphNode, Kind, Number, operands_first

Array = NDArray[Any]


class Columns(NamedTuple):
    """Kind, op, frame and so on of each node; ``operands`` has three rows: sources, their outputs, whether these flow.

    -1 stands for no frame, no rank, and the only output. Nodes share the number ``look`` if they apply the same op to
    operands of the same shapes; ``belongs`` marks leaves that are part of the op that uses them (parameters, numbers),
    not values that travel; ``shape`` is that of the result, or of several the shape by output. The operands of node
    ``i`` begin at ``first[i]`` and end before those of the next one. Only ``odd`` nodes can have numbers that are not
    finite; ``alarm`` says of a few of them that these begin there.
    """

    kind: Sequence[Kind]
    op: Sequence[str]
    frame: Array
    made: Array
    look: Array
    belongs: Array
    shape: Sequence[Any]
    first: Array
    operands: Array
    alarm: Mapping[int, str]
    odd: Sequence[int]

    def references(self, i: int) -> list[Argument]:
        """The operands of a node that are nodes."""
        found = self.operands[:, self.first[i] : self.first[i + 1]].T.tolist()
        return [Argument(source, None if output < 0 else output, flows > 0) for source, output, flows in found]

    def taken(self, a: Argument) -> Hashable:
        """What a node sees of an operand: the shape, and the kind of a leaf that belongs to it."""
        kind = self.kind[a.node] if self.belongs[a.node] else None
        return kind, self.shape[a.node] if a.index is None else self.shape[a.node][a.index]

    def users(self) -> Array:
        """The node that uses each operand."""
        return np.repeat(np.arange(len(self.kind)), np.diff(self.first))


class Nodes(Sequence[GraphNode]):
    """The nodes of a graph, of which each record is made when it is read first."""

    def __init__(
        self, columns: Columns, make: Callable[[int], GraphNode], vertices: Callable[[int], tuple[Any, ...]]
    ) -> None:
        self.columns, self.vertices = columns, vertices
        self._make, self._known = make, dict[int, GraphNode]()

    @classmethod
    def of(cls, nodes: Sequence[GraphNode]) -> "Nodes":
        """The nodes with their columns."""
        if isinstance(nodes, Nodes):
            return nodes
        return cls(_columns(nodes, lambda a: _taken(nodes[a.node], a)), nodes.__getitem__, lambda i: nodes[i].vertices)

    def __len__(self) -> int:
        return len(self.columns.kind)

    def __iter__(self) -> Iterator[GraphNode]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, i: Any) -> Any:
        if i not in self._known:
            self._known[i] = self._make(range(len(self))[i])
        return self._known[i]

    def with_alarms(self, alarms: Mapping[int, str]) -> "Nodes":
        """The same nodes, of which some have an alarm."""
        columns = self.columns._replace(alarm={**self.columns.alarm, **alarms})
        return Nodes(columns, lambda i: self[i]._replace(alarm=columns.alarm.get(i, "")), self.vertices)


def _columns(nodes: Sequence[GraphNode], taken: Callable[[Argument], Hashable]) -> Columns:
    looks: dict[Hashable, int] = {}
    references = [[a for _, a in node.references()] for node in nodes]
    operands = [(a.node, -1 if a.index is None else a.index, a.flows) for row in references for a in row]
    return Columns(
        [node.kind for node in nodes],
        [node.op for node in nodes],
        np.array([-1 if node.frame is None else node.frame for node in nodes], int),
        np.array([node.made for node in nodes], int),
        np.array([looks.setdefault(_look(node, taken), len(looks)) for node in nodes], int),
        np.array([_belongs(node) for node in nodes], bool),
        [
            next((r.shape for r in node.results if r.index is None), {r.index: r.shape for r in node.results})
            for node in nodes
        ],
        np.cumsum([0, *map(len, references)]),
        np.array(operands, int).reshape(-1, 3).T,
        {i: node.alarm for i, node in enumerate(nodes) if node.alarm},
        range(len(nodes)),
    )


def _look(node: GraphNode, taken: Callable[[Argument], Hashable]) -> Hashable:
    """What nodes that look alike have in common; the same as `snapshot` compares of vertices."""
    key: list[Hashable] = [node.kind, node.op, node.note, node.repeat, marks(node.attrs)]
    for argument in node.arguments:
        key.append(repr(argument.value) if isinstance(argument, Number) else taken(argument))
    for r in node.results:
        key += (r.index, r.shape, r.dtype.char)
    return tuple(key)


def _belongs(leaf: GraphNode) -> bool:
    return leaf.kind == "parameter" or (leaf.kind == "constant" and leaf.results[0].shape == ())


def _taken(node: GraphNode, a: Argument) -> Hashable:
    return node.kind if _belongs(node) else None, next((r.shape for r in node.results if r.index == a.index), None)


def marks(attrs: Mapping[str, Any]) -> Hashable:
    """Attributes for comparison; which entry an index takes is no difference between the steps of a loop."""
    return tuple(sorted((k, f"array{v.shape}" if isinstance(v, np.ndarray) else repr(v)) for k, v in attrs.items()))


def spans(starts: Array, stops: Array) -> tuple[Array, Array]:
    """The numbers of all ranges, one range after the other, and where each begins in them."""
    ends = np.cumsum(stops - starts)
    first = np.concatenate(([0], ends))
    return np.arange(first[-1]) + np.repeat(starts - first[:-1], stops - starts), first


def rebuild(
    graph: Graph, changed: Mapping[int, GraphNode], outputs: Iterable[int], frames: Sequence[FrameRecord],
    alias: Array | None = None,
) -> Graph:  # fmt: skip
    """The graph of what outputs depend on: ordered and numbered afresh, unused frames gone.

    ``changed`` are the records of nodes that are new or no longer what they were; ``alias`` says for each node which
    one now stands for it.
    """
    nodes, records = Nodes.of(graph.nodes), list(changed.values())
    count, places = len(nodes), list(changed)
    old = nodes.columns
    new = _columns(records, lambda a: _taken(changed[a.node], a) if a.node in changed else old.taken(a))
    every = _joined(old, new)
    row = np.arange(max([count - 1, *places]) + 1)  # of each number of a node: its place in these columns
    row[places] = np.arange(count, count + len(places))
    if alias is not None:
        row[:count] = row[alias]
    single = np.array([kind in ("module", "hidden") for kind in every.kind], bool)  # of which one result is shown
    operands = np.stack((row[every.operands[0]], *every.operands[1:]))
    operands[1, single[operands[0]]] = -1
    first, sources = every.first.tolist(), operands[0].tolist()
    roots = list(dict.fromkeys(row[list(outputs)].tolist()))
    order = operands_first(roots, lambda i: sources[first[i] : first[i + 1]])
    taken, begins = spans(every.first[order], every.first[1:][order])
    number = np.full(len(every.kind), -1)
    number[order] = np.arange(len(order))
    made, ranks = every.made[order], np.full(len(order), -1)
    ops = np.flatnonzero(made >= 0)
    ranks[ops[np.argsort(made[ops], kind="stable")]] = np.arange(len(ops))
    kept, homes = _used_frames(frames, every.frame[order])
    columns = Columns(
        [every.kind[i] for i in order],
        [every.op[i] for i in order],
        homes[every.frame[order]],
        ranks,
        every.look[order],
        every.belongs[order],
        [every.shape[i] for i in order],
        begins,
        np.stack((number[operands[0, taken]], *operands[1:, taken])),
        {int(number[i]): text for i, text in every.alarm.items() if number[i] >= 0},
        range(len(order)),
    )

    def moved(a: Argument) -> Argument:
        i = row[a.node]
        return Argument(int(number[i]), None if single[i] else a.index, a.flows)

    def make(i: int) -> GraphNode:
        node: GraphNode = nodes[order[i]] if order[i] < count else records[order[i] - count]
        frame = int(columns.frame[i])
        return node.rewired(moved)._replace(id=i, frame=None if frame < 0 else frame, made=int(ranks[i]))

    def vertices(i: int) -> tuple[Any, ...]:
        return nodes.vertices(order[i]) if order[i] < count else records[order[i] - count].vertices

    return Graph(Nodes(columns, make, vertices), tuple(kept), tuple(number[roots].tolist()))


def _joined(a: Columns, b: Columns) -> Columns:
    """The columns of one graph followed by those of other nodes."""
    return Columns(
        [*a.kind, *b.kind],
        [*a.op, *b.op],
        np.concatenate((a.frame, b.frame)),
        np.concatenate((a.made, b.made)),
        np.concatenate((a.look, b.look + 1 + a.look.max(initial=-1))),
        np.concatenate((a.belongs, b.belongs)),
        [*a.shape, *b.shape],
        np.concatenate((a.first, a.first[-1] + b.first[1:])),
        np.concatenate((a.operands, b.operands), axis=1),
        dict(a.alarm) | {len(a.kind) + i: text for i, text in b.alarm.items()},
        (),
    )


def _used_frames(frames: Sequence[FrameRecord], homes: Array) -> tuple[list[FrameRecord], Array]:
    """The frames that still hold something, numbered afresh so that each follows the one around it; and the numbers."""
    used: set[int | None] = {None}
    for home in set(homes.tolist()) - {-1}:
        while home not in used:
            used.add(home)
            home = frames[home].parent
    number: dict[int | None, int | None] = {None: None}
    kept: list[FrameRecord] = []
    waiting = [frame for frame in frames if frame.id in used]
    while waiting:  # a frame may be younger than those it holds, when it was put around equal neighbours
        later = []
        for frame in waiting:
            if frame.parent in number:
                number[frame.id] = len(kept)
                kept.append(frame._replace(id=len(kept), parent=number[frame.parent]))
            else:
                later.append(frame)
        waiting = later
    numbers = np.full(len(frames) + 1, -1)  # the last one is that of nodes without a frame
    numbers[[i for i in number if i is not None]] = np.arange(len(kept))
    return kept, numbers
