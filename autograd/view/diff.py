"""`diff`: the first node at which two recordings differ, in value or gradient, by more than a tolerance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

import numpy as np

from autograd.engine.graph import Leaf, Vertex
from autograd.view.picture.values import number
from autograd.view.record import Entry, Recording

Kind = Literal["same", "program", "value", "gradient"]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Where two recordings differ, and by how much; ``bool()`` says whether they do.

    ``kind`` is "program" (another op, shape or dtype, or one recording is longer), "value", "gradient" or "same".
    ``index`` is the entry of the array that differs most, ``values`` the two numbers there.

    >>> from autograd import diff, record, tensor
    >>> def run(scale):
    ...     with record() as recording:
    ...         (tensor([1.0, 2.0], requires_grad=True, name="w") * scale).sum()
    ...     return recording
    >>> found = diff(run(3.0), run(4.0))
    >>> bool(found), found.kind, found.index, found.values
    (True, 'value', (1,), (6.0, 8.0))
    """

    kind: Kind
    position: int
    first: Entry | None
    second: Entry | None
    index: tuple[int, ...]
    values: tuple[float, float] | None
    compared: int

    def __bool__(self) -> bool:
        return self.kind != "same"

    def __str__(self) -> str:
        if self.kind == "same":
            return f"the recordings agree: {self.compared:,} values and their gradients"
        shown = self.first or self.second
        assert shown is not None
        if self.kind == "program":
            return f"the programs differ at entry {self.position}: {_made(self.first)} against {_made(self.second)}"
        a, b = self.values or (0.0, 0.0)
        place = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        what = f"{shown.name}{f' = {shown.op}' if shown.op else ''}"
        lines = [
            f"the first {self.kind} that differs is that of {what} (entry {self.position})",
            f"  {shown.name}{place}: {number(a, 9)} against {number(b, 9)}, difference {number(abs(a - b), 3)}",
        ]
        if shown.scope:
            lines.append(f"  in {shown.scope}")
        if shown.line:
            lines.append(f"  at {shown.line}: {shown.source}".rstrip(": "))
        return "\n".join(lines)

    __repr__ = __str__


def diff(a: Recording, b: Recording, *, rtol: float = 1e-5, atol: float = 1e-8) -> Difference:
    """Compare two recordings, entry by entry: values in the order of the program, then gradients from the end.

    Two numbers agree if ``|a - b| <= atol + rtol * max(|a|, |b|)``; nan agrees with nan. Leaves are compared too, at
    their first use, so an input or a parameter that differs is named before the values computed from it.

    >>> from autograd import tensor
    >>> from autograd.view import diff, record
    >>> def run(w):
    ...     x, w = tensor([1.0, 2.0], name="x"), tensor(w, requires_grad=True, name="w")
    ...     with record() as recording:
    ...         (x * w).sum().backward()
    ...     return recording
    >>> str(diff(run([0.5, 0.5]), run([0.5, 0.5])))
    'the recordings agree: 4 values and their gradients'
    >>> print(str(diff(run([0.5, 0.5]), run([0.5, 0.7]))).partition("  at")[0].rstrip())
    the first value that differs is that of w (entry 1)
      w[1]: 0.5 against 0.7, difference 0.2
    """
    pairs = list(zip_longest(a, b))
    parting = next((i for i, (x, y) in enumerate(pairs) if _program(x) != _program(y)), len(pairs))
    for i, (x, y) in enumerate(pairs[:parting]):
        found = _compare("value", i, x, y, rtol, atol)
        if found is not None:
            return found
    if parting < len(pairs):
        return Difference("program", parting, *pairs[parting], (), None, parting)
    for i, (x, y) in _backwards(pairs):
        found = _compare("gradient", i, x, y, rtol, atol)
        if found is not None:
            return found
    return Difference("same", len(pairs), None, None, (), None, len(pairs))


def _backwards(pairs: list[tuple[Entry, Entry]]) -> Iterator[tuple[int, tuple[Entry, Entry]]]:
    """Computed entries newest first, then the leaves: the order in which a backward pass finishes them."""
    numbered = list(enumerate(pairs))
    yield from (item for item in reversed(numbered) if not isinstance(item[1][0].vertex, Leaf))
    yield from (item for item in numbered if isinstance(item[1][0].vertex, Leaf))


def _program(entry: Entry | None) -> tuple[Any, ...] | None:
    """The facts that two entries must share to be the same place of one program."""
    if entry is None:
        return None
    vertex: Vertex = entry.vertex
    op = getattr(vertex, "kind", "") if vertex.op is None else vertex.op.name
    return op, vertex.shape, str(vertex.dtype), None if vertex.scope is None else vertex.scope.path


def _made(entry: Entry | None) -> str:
    if entry is None:
        return "nothing more"
    shape = tuple(entry.vertex.shape)
    return f"{entry.name}{f' = {entry.op}' if entry.op else ''}{f' {shape}' if shape else ''} {entry.vertex.dtype}"


def _compare(
    kind: Literal["value", "gradient"], i: int, x: Entry, y: Entry, rtol: float, atol: float
) -> Difference | None:
    a, b = getattr(x, kind), getattr(y, kind)
    if a is None or b is None:
        if a is None and b is None:
            return None
        return Difference(kind, i, x, y, (), (_first(a), _first(b)), i)
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        apart = np.abs(a - b)
        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (apart <= atol + rtol * np.maximum(np.abs(a), np.abs(b)))
    if same.all():
        return None
    worst = np.unravel_index(int(np.argmax(np.where(same, -1.0, np.nan_to_num(apart, nan=np.inf)))), a.shape)
    index = tuple(int(n) for n in worst)
    return Difference(kind, i, x, y, index, (float(a[index]), float(b[index])), i)


def _first(value: Any) -> float:
    return float("nan") if value is None else float(np.ravel(value)[0])
