"""`explain`: the derivative of one thing by another, path by path, or in matrices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd.engine.graph import Vertex
from autograd.engine.tensor import Tensor
from autograd.errors import UnusedInputError
from autograd.printable import Printable
from autograd.view.chain.deltas import Delta, deltas
from autograd.view.chain.entrywise import EntryWeb, between, entry_formula, entry_name
from autograd.view.chain.expression import latex_name, latex_number, latex_shape
from autograd.view.chain.names import Names
from autograd.view.chain.paths import Edge, count_paths, largest_paths
from autograd.view.chain.replay import Replay
from autograd.view.graph.variables import variables
from autograd.view.picture.values import brief, number

Index = int | Sequence[int] | None
_ROWS = 40  # rows of matrix formulas that are written out
_LONGEST = 30  # links of a path that are written out


@dataclass(frozen=True, slots=True)
class Link:
    """One local derivative: of ``target`` by ``source``, as a formula (None: only the rule knows it) and a number."""

    source: str
    target: str
    formula: str | None
    latex: str | None
    number: float


class Path:
    """A path from the operand to the result; ``product`` is the product of the numbers of its ``links``."""

    def __init__(self, edges: Sequence[Edge], product: float, word: Callable[[Edge], Link]) -> None:
        self.product = product
        self._edges, self._word = edges, word

    def __len__(self) -> int:
        return len(self._edges)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The local derivatives along the path, from the operand on."""
        return tuple(self._word(edge) for edge in self._edges)

    def ends(self, most: int) -> list[Link | None]:
        """The links, of a long path the first and the last, with None between them."""
        if len(self) <= most:
            return list(self.links)
        half = most // 2
        return [*map(self._word, self._edges[:half]), None, *map(self._word, self._edges[-half:])]


def explain(output: Tensor, wrt: Tensor, *, at: Index = None, of: Index = None, most: int = 8) -> "Explanation":
    """Explain the derivative of a result by something that it was computed from.

    For numbers, and for one entry of an array (``at``, an index into ``wrt``; ``of``, an index into a result with
    several entries): every path with its local derivatives, the product along each, and the sum over all, which is the
    gradient. If there are many paths, they are counted without being walked, and the ``most`` with the largest products
    are shown. Among entries that mix (sums of products), paths with a local derivative of exactly 0 are not counted.

    For a whole array: the gradient of each array on the way as a matrix formula, with shapes. Nothing is stored on any
    Tensor, no hook is called, and the graph is not released. After ``backward()`` it works if the values were kept
    (small ones are; `record` keeps all).

    Raises UnusedInputError if the result does not depend on ``wrt``, ValuesNotKeptError if a value is gone.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.view import explain
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> y = x * x + np.sin(x)
    >>> y.name = "y"
    >>> explain(y, x)
    dy/dx = 5.01001: the sum over 3 paths
    <BLANKLINE>
    1. dy/dmultiply_1 * dmultiply_1/dx = 1 * 3 = 3
       d multiply_1 / d x = x = 3
       d y / d multiply_1 = 1
    2. dy/dmultiply_1 * dmultiply_1/dx = 1 * 3 = 3
       d multiply_1 / d x = x = 3
       d y / d multiply_1 = 1
    3. dy/dsin_1 * dsin_1/dx = 1 * -0.989992 = -0.989992
       d sin_1 / d x = cos(x) = -0.989992
       d y / d sin_1 = 1
    <BLANKLINE>
    sum: 3 + 3 - 0.989992 = 5.01001
    """
    root = output._vertex_of_live()
    source = _flat(output.shape, of, "of") if of is not None or output.size == 1 else None
    seed = None
    if of is not None and source is not None:
        seed = np.zeros(output.shape, output.dtype)
        seed.flat[source] = 1.0
    replay = Replay(root, seed)
    targets = [v for v in replay.order if v is wrt._node or (v.tensor is not None and v.tensor() is wrt)]
    if not targets:
        raise UnusedInputError(f"{output._describe()} does not depend on {wrt._describe()}.")
    replay.run()
    names = Names([root], variables())
    entry = _flat(wrt.shape, at, "at") if at is not None or wrt.size == 1 else None
    return Explanation(replay, names, targets, entry, source, most)


def _flat(shape: tuple[int, ...], index: Index, name: str) -> int:
    if index is None:
        return 0
    indices = (index,) if isinstance(index, int) else tuple(index)
    if len(indices) != len(shape) or not all(-n <= i < n for i, n in zip(indices, shape, strict=True)):
        raise IndexError(f"{name}={index!r} is not an entry of an array of shape {shape}.")
    return int(np.ravel_multi_index(tuple(i % n for i, n in zip(indices, shape, strict=True)), shape)) if shape else 0


class Explanation(Printable):
    """The result of `explain`: print it, show it as LaTeX in a notebook, or read its parts.

    ``gradient`` is the derivative, ``count`` the number of paths, ``paths`` the largest of them (for single entries),
    ``deltas`` the matrix formulas (for whole arrays).

    >>> from autograd import explain, tensor
    >>> x = tensor(3.0, requires_grad=True, name="x")
    >>> found = explain(x * x, x)
    >>> found.gradient, found.count, [path.product for path in found.paths]
    (np.float64(6.0), 2, [3.0, 3.0])
    >>> [(link.formula, link.number) for link in found.paths[0].links]
    [('x', 3.0)]
    >>> found.text.splitlines()[0]
    'dmultiply_1/dx = 6: the sum over 2 paths'
    >>> found.latex.startswith("$$")
    True
    """

    def __init__(
        self, replay: Replay, names: Names, targets: list[Vertex], entry: int | None, source: int | None, most: int
    ) -> None:
        self._replay, self._names, self._targets = replay, names, targets
        self.gradient: Any = sum(replay.gradients[t] for t in targets if t in replay.gradients)
        self._wrt, self._of = names(targets[0]), names(replay.root)
        self.paths: tuple[Path, ...] = ()
        self.deltas: tuple[Delta, ...] = ()
        web = None if entry is None or source is None else EntryWeb(replay, targets, entry)
        if web is None or web.too_large or entry is None or source is None:
            useful = between(replay, targets)
            self.count: int = _count_of_arrays(replay, targets, useful)
            self.deltas = tuple(deltas(replay, names, useful))
            if entry is not None:
                self.gradient = np.ravel(self.gradient)[entry]
            return
        goal = web.point(replay.root, source)
        self.gradient = np.ravel(self.gradient)[entry]
        self._of, self._wrt = _entry(names, replay.root, source), _entry(names, targets[0], entry)
        starts = [web.point(t, entry) for t in targets]
        self.count = sum(count_paths(web.into, start, goal, web.order) for start in starts)
        found = [way for s in starts for way in largest_paths(web.into, s, goal, web.order, most)]
        found.sort(key=lambda way: -abs(way[0]))
        self.paths = tuple(Path(edges, product, lambda e: _link(web, names, e)) for product, edges in found[:most])

    @cached_property
    def text(self) -> str:
        """The explanation in words and numbers."""
        return "\n".join(self._matrix_lines() if self.deltas else self._path_lines())

    def _path_lines(self) -> list[str]:
        many = self.count > len(self.paths)
        what = f"the sum over {self.count:,} path{'s' * (self.count != 1)}" if self.count != 1 else "one path"
        of_them = f"the {len(self.paths)} largest" if len(self.paths) > 1 else "the largest"
        largest = f"; {of_them}:" if many and self.paths else ""
        lines = [f"d{self._of}/d{self._wrt} = {number(self.gradient)}: {what}{largest}", ""]
        for i, path in enumerate(self.paths, 1):
            ends = path.ends(_LONGEST)[::-1]  # from the result to the operand, as the chain rule is written
            names = " * ".join("..." if x is None else f"d{x.target}/d{x.source}" for x in ends)
            values = " * ".join("..." if x is None else number(x.number) for x in ends)
            product = dict.fromkeys((names or "the thing itself", values or "1", number(path.product)))
            lines.append(f"{i}. {' = '.join(product)}")
            for link in path.ends(_LONGEST):
                if link is None:
                    lines.append(f"   ... {len(path) - 2 * (_LONGEST // 2):,} more")
                else:
                    lines.append(f"   d {link.target} / d {link.source} = {_worded(link)}")
        if self.count > 1 and not many:
            terms = " + ".join(number(path.product) for path in self.paths).replace("+ -", "- ")
            lines += ["", f"sum: {terms} = {number(self.gradient)}"]
        elif many:
            shown = sum(path.product for path in self.paths)
            lines += ["", f"these paths add up to {number(shown)}, all {self.count:,} to {number(self.gradient)}"]
        return lines

    def _matrix_lines(self) -> list[str]:
        shape = np.shape(self.gradient)
        lines = [
            f"d{self._of}/d{self._wrt} = {brief(self.gradient)}{f', shape {shape}' if shape else ''}, by "
            f"{self.count:,} path{'s' * (self.count != 1)} of arrays; delta(v) stands for d{self._of}/dv:",
            "",
        ]
        rows = [(d.name, f"= {d.formula}", d.shapes, str(d.shape)) for d in self.deltas]
        skipped = len(rows) - _ROWS
        if skipped > 0:
            rows = [*rows[: _ROWS // 2], (f"... {skipped:,} more", "", "", ""), *rows[-_ROWS // 2 :]]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            lines.append(f"{'  '.join(c for c in cells if c)}  {row[3]}".rstrip())
        return lines

    @cached_property
    def latex(self) -> str:
        """The explanation as LaTeX for amsmath, amssymb and xcolor; local derivatives that are always 1 are grey."""
        rows = self._matrix_latex() if self.deltas else self._path_latex()
        return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"

    def _path_latex(self) -> list[str]:
        rows: list[str] = []
        for i, path in enumerate(self.paths, 1):
            ends = path.ends(_LONGEST)[::-1]
            writers: Any = (_partial, _factor, lambda link: _bracketed(link.number))[: 2 + (len(ends) > 1)]
            forms = [
                r" \cdot ".join(r"\cdots" if x is None else _greyed(x, write(x)) for x in ends) for write in writers
            ]
            equal = " = ".join(dict.fromkeys((*forms, latex_number(path.product))))
            rows.append(rf"\text{{path }} {i}: &\quad {equal}")
        if self.count > len(self.paths):
            rows.append(rf"&\quad \cdots \text{{ {self.count:,} paths in all}}")
            total = ""
        else:
            total = " + ".join(_bracketed(path.product) for path in self.paths) + " = " if self.count > 1 else ""
        whole = rf"\frac{{\partial {latex_name(self._of)}}}{{\partial {latex_name(self._wrt)}}}"
        return [*rows, f"{whole} &= {total}{latex_number(self.gradient)}"]

    def _matrix_latex(self) -> list[str]:
        spaces = [rf"\mathbb{{R}}^{{{latex_shape(d.shape)}}}" for d in self.deltas]
        rows = [rf"{latex_name(d.name)} &= {d.latex} && \in {r}" for d, r in zip(self.deltas, spaces, strict=True)]
        half = _ROWS // 2
        return rows if len(rows) <= _ROWS else [*rows[:half], r"&\;\;\vdots", *rows[-half:]]

    def _forms(self) -> dict[str, Callable[[], str]]:
        return {"text/latex": lambda: self.latex, "text/plain": lambda: self.text}


def _count_of_arrays(replay: Replay, targets: list[Vertex], useful: set[Vertex]) -> int:
    ids = {vertex: i for i, vertex in enumerate(reversed(replay.order))}
    into = {ids[v]: [Edge(ids[p], ids[v], 1.0) for p in v.parents if p is not None and p in useful] for v in useful}
    return sum(count_paths(into, ids[t], ids[replay.root], range(len(ids))) for t in targets)


def _entry(names: Names, vertex: Vertex, entry: int) -> str:
    return entry_name(names, vertex, tuple(np.unravel_index(entry, vertex.shape)))


def _link(web: EntryWeb, names: Names, edge: Edge) -> Link:
    formula = entry_formula(web, names, edge)
    text, latex = (None, None) if formula is None else formula
    source, target = (_entry(names, *web.owner[end]) for end in (edge.source, edge.target))
    return Link(source, target, text, latex, edge.weight)


def _worded(link: Link) -> str:
    value = number(link.number)
    return value if link.formula in (None, value) else f"{link.formula} = {value}"


def _greyed(link: Link, latex: str) -> str:
    return rf"\textcolor{{gray}}{{{latex}}}" if link.formula == "1" else latex


def _partial(link: Link) -> str:
    return rf"\frac{{\partial {latex_name(link.target)}}}{{\partial {latex_name(link.source)}}}"


def _factor(link: Link) -> str:
    latex = link.latex or latex_number(link.number)
    return latex if latex.replace("_", "").isalnum() else rf"\left({latex}\right)"


def _bracketed(value: float) -> str:
    return f"({latex_number(value)})" if value < 0 else latex_number(value)
