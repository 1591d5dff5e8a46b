"""Records a run of a function node by node: the operands of each op, its result, and the user's line."""

import sys
from traceback import walk_stack
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.graph import Node, Vertex
from autograd.engine.tensor import Tensor, plain
from autograd.modes import Watch
from autograd.provenance import where


class Record(NamedTuple):
    """One node with its operands. ``within`` is the node whose rule made it, in a differentiated backward pass.

    ``data`` has an array, a number or None for each operand; ``number`` counts the nodes as they were made.
    """

    number: int
    node: Node
    data: tuple[Any, ...]
    out: Any
    line: str
    within: Node | None

    @property
    def module(self) -> str:
        """The path of the module in whose call the node was made; empty outside modules."""
        scope = self.node.scope
        return "" if scope is None else scope.path or scope.label

    @property
    def label(self) -> str:
        """The node in words: the name of its result if it has one, else its op and number."""
        label = self.node.name or f"{self.node.op.name} (node {self.number})"
        return label if self.within is None else f"{label} made by the rule of {self.within.op.name}"


class Recorder(Watch):
    """Watches a run (see `autograd.modes.Watch`); afterwards ``records`` has a `Record` per node in order of making,
    and ``incoming`` the gradient that arrived at each node in the latest backward pass."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.incoming: dict[Vertex, Any] = {}
        self._made: Node | None = None
        self._made_by_rule: list[int] = []  # records that belong to the rule which runs now

    def forward(self, node: Node, operands: tuple[Any, ...], out: Any) -> None:
        self._made = node

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        node, self._made = self._made, None
        if node is None:
            return
        if runs_in_rule():
            self._made_by_rule.append(len(self.records))
        # The program may change its own arrays later, but not what it has computed.
        own = tuple(
            np.array(array) if isinstance(array, np.ndarray) and (not isinstance(x, Tensor) or x.is_leaf) else array
            for x, array in zip(xs, data, strict=True)
        )
        self.records.append(Record(len(self.records), node, own, out, where(node), None))

    def backward(self, node: Node, g: Any, gradients: tuple[Any, ...]) -> None:
        self.incoming[node] = tuple(map(plain, g)) if isinstance(g, tuple) else plain(g)
        for number in self._made_by_rule:
            record = self.records[number]
            self.records[number] = Record(number, record.node, record.data, record.out, where(node), node)
        self._made_by_rule.clear()


def runs_in_rule() -> bool:
    """Whether a rule runs, in a backward pass of the function that is checked."""
    for frame, _ in walk_stack(sys._getframe(2)):
        module = frame.f_globals.get("__name__", "")
        if module in ("autograd.engine.backward", "autograd.gradcheck.subject"):  # which runs the function
            return bool(module == "autograd.engine.backward")
    return False
