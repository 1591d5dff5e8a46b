"""The records of a graph that the views share: nodes with their arguments and results, and module calls."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self, TypeVar

import numpy as np

Kind = Literal["parameter", "input", "constant", "op", "module", "hidden", "failed"]
Item = TypeVar("Item", bound=Hashable)


@dataclass(slots=True, eq=False)  # not frozen, because that takes three times as long to make, as for the next two
class Result:
    """One value that a node produced, with its gradient. ``index`` counts the outputs of a node that has several."""

    index: int | None
    name: str | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    value: Any = None
    grad: Any = None


@dataclass(slots=True, unsafe_hash=True)
class Argument:
    """An operand that is another node: which one, which of its outputs, and whether a gradient flows back to it."""

    node: int
    index: int | None
    flows: bool


@dataclass(slots=True, eq=False)
class Number:
    """An operand that is a literal number of the program (or an array that never was a Tensor)."""

    value: Any


class GraphNode(NamedTuple):
    """A leaf, one application of an op, or a node that folding put in the place of several.

    ``record`` is that of the op in the table; ``made`` is the rank among the ops in the order in which the program ran
    (-1 for leaves); ``vertices`` are those of the engine that the node shows, the one with the result first. What
    folding adds: ``extra`` (arguments of the folded neighbours that this stands for), ``path`` and ``note`` of a
    module, ``repeat``, the number of equal neighbours, and ``live``: a gradient flows inside of a folded module.
    ``alarm`` says how nan or infinity begins here.
    """

    id: int
    kind: Kind
    op: str
    operands: tuple[str, ...] = ()
    arguments: tuple[Argument | Number, ...] = ()
    attrs: Mapping[str, Any] = MappingProxyType({})
    results: tuple[Result, ...] = ()
    frame: int | None = None
    made: int = -1
    output: bool = False
    extra: tuple[Argument, ...] = ()
    path: str | None = None
    note: str | None = None
    repeat: int = 1
    record: Any = None
    live: bool = False
    vertices: tuple[Any, ...] = ()
    alarm: str = ""

    @property
    def name(self) -> str | None:
        """The user's name of the only result, if it has one."""
        return self.results[0].name if len(self.results) == 1 else None

    def rewired(self, moved: Callable[[Argument], Argument]) -> Self:
        """The same node with its arguments moved."""
        arguments = tuple([moved(a) if isinstance(a, Argument) else a for a in self.arguments])
        return self._replace(arguments=arguments, extra=tuple(dict.fromkeys(map(moved, self.extra))))

    def references(self) -> list[tuple[int, Argument]]:
        """The arguments that are nodes, each with its position."""
        every = (*self.arguments, *self.extra) if self.extra else self.arguments
        return [(slot, argument) for slot, argument in enumerate(every) if argument.__class__ is Argument]


class FrameRecord(NamedTuple):
    """One call of a module. ``repeat`` says for how many equal neighbours it stands.

    ``call`` is False for a frame that folding has put around equal neighbours that are no calls themselves.
    """

    id: int
    parent: int | None
    label: str
    path: str | None
    repeat: int = 1
    call: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that travels from one node to an operand of another."""

    source: int
    target: int
    slot: int
    index: int | None
    flows: bool


class Graph(NamedTuple):
    """Everything the outputs depend on. A node's id is its place in ``nodes``, and it follows its arguments."""

    nodes: Sequence[GraphNode]
    frames: tuple[FrameRecord, ...]
    outputs: tuple[int, ...]

    def edges(self) -> Iterator[Edge]:
        """All edges, in the order of the nodes they lead to."""
        for node in self.nodes:
            for slot, argument in node.references():
                yield Edge(argument.node, node.id, slot, argument.index, argument.flows)

    def result(self, argument: Argument) -> Result:
        """The value that an argument takes; of a folded node, the one that it shows."""
        results = self.nodes[argument.node].results
        return next((r for r in results if r.index == argument.index), results[0])

    def levels(self) -> list[int]:
        """For each frame, how many frames it lies in."""
        levels: list[int] = []
        for frame in self.frames:
            levels.append(0 if frame.parent is None else levels[frame.parent] + 1)
        return levels


def operands_first(roots: Sequence[Item], operands: Callable[[Item], Sequence[Item]]) -> list[Item]:
    """The roots and all that they depend on, every item after its operands, operands from left to right."""
    order: dict[Item, None] = {}
    entered: set[Item] = set()
    stack = list(reversed(roots))
    while stack:
        if stack[-1] in entered:
            order.setdefault(stack.pop())
        else:
            entered.add(stack[-1])
            stack += [operand for operand in reversed(operands(stack[-1])) if operand not in entered]
    return list(order)
