"""A name for every vertex of a graph: the user's name, or one made from the op and a count, such as ``add_2``."""

import linecache
from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import Any

from autograd.engine.graph import Leaf, Node, Output, Vertex, newest_first
from autograd.provenance import line_of, place
from autograd.view.graph.variables import name_of
from autograd.view.picture.labels import factor, shorten
from autograd.view.picture.values import number

_LONGEST = 32


class Names:
    """The names of the vertices below some roots."""

    def __init__(self, roots: Iterable[Vertex], variables: dict[Any, str] | None = None) -> None:
        self._names: dict[Vertex, str] = {}
        self.given: dict[Any, str] = {}  # by the user
        taken: set[str] = set()
        counts: Counter[str] = Counter()
        for vertex in _oldest_first(roots):
            if given := name_of(vertex, variables or {}):
                self.given[vertex] = given
            if isinstance(vertex, Output):
                continue  # called after its node, when somebody asks
            if not vertex.name:  # counted under a variable's name too, so that the numbers depend on the graph alone
                stem = vertex.op.name if vertex.op is not None else getattr(vertex, "kind", "value")
                name = next(n for n in (f"{stem}_{k}" for k in count(counts[stem] + 1)) if n not in taken)
                counts[stem] = int(name.rpartition("_")[2])
            if given:
                stem = shorten(given, _LONGEST)
                name = next(n for n in (stem, *(f"{stem}'{k}" for k in range(2, 9999))) if n not in taken)
            taken.add(name)
            self._names[vertex] = name

    def __call__(self, operand: Any) -> str:
        """The name of a vertex, or a literal number as text."""
        if not isinstance(operand, Vertex):
            return "None" if operand is None else number(operand)
        if isinstance(operand, Output):
            maker = operand.parents[0]
            assert maker is not None
            return self.given.get(operand) or f"{self._names[maker]}[{operand.index}]"
        return self._names[operand]

    def expression(self, vertex: Vertex) -> str:
        """A node as an expression of its operands, such as ``a * b`` or ``tanh(add_1)``; nothing for a leaf."""
        if not isinstance(vertex, Node):
            return ""
        inside = [self(x) for x in vertex.operands if x is not None]
        symbol = vertex.op.facts.symbol
        if symbol and len(inside) == 2:
            return f"{factor(inside[0])} {symbol} {factor(inside[1])}"
        if len(inside) > 4:
            inside = [*inside[:3], f"... {len(inside) - 3} more"]
        return f"{vertex.op.name}({', '.join(inside)})"


def _oldest_first(roots: Iterable[Vertex]) -> list[Vertex]:
    """Every vertex in the order of the program; constants count from their first use."""
    order: dict[Vertex, None] = {}
    for vertex in reversed(newest_first(roots)):
        if isinstance(vertex, Node):
            for operand in vertex.operands:
                if isinstance(operand, Vertex) and operand not in order:
                    if not isinstance(operand, Leaf):  # computed, but no gradient flows into it from here
                        order.update(dict.fromkeys(reversed(newest_first([operand]))))
                    order.setdefault(operand)
        order.setdefault(vertex)
    return list(order)


def place_of(vertex: Vertex) -> tuple[str, str]:
    """``file:line`` of the place that made a vertex, and the text of that line ("" where there is no source)."""
    file, line = line_of(vertex)
    return (place(file, line), linecache.getline(file, line).strip()) if file else ("", "")


def scope_of(vertex: Vertex) -> str:
    """The module calls that a vertex was made in, outermost first."""
    parts = []
    scope = vertex.scope
    while scope is not None:
        parts.append(f"{scope.path}: {scope.label}" if scope.path else scope.label)
        scope = scope.parent
    return " > ".join(reversed(parts))
