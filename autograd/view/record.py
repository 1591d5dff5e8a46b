"""`record` keeps values that the graph would release, so that views work afterwards; `diff` compares two recordings."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

import numpy as np

from autograd.engine.backward import fit
from autograd.engine.graph import STATE, Leaf, Node, Output, Vertex
from autograd.engine.tensor import plain
from autograd.modes import Both, Mode, Watch
from autograd.view.chain.names import Names, place_of, scope_of
from autograd.view.graph.variables import variables
from autograd.view.picture.values import brief, number

Kind = Literal["same", "program", "value", "gradient"]
_SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One value of a recording: a leaf at its first use, or the result of an op, in the order of the program.

    ``gradient`` is the sum over all backward passes inside the recording, or None if none reached it.

    >>> from autograd import record, tensor
    >>> with record() as run:
    ...     y = tensor(3.0, requires_grad=True, name="x") * 2.0
    >>> entry = run["multiply_1"]
    >>> entry.op, entry.value, entry.gradient
    ('x * 2', np.float64(6.0), None)
    """

    name: str
    op: str
    value: Any
    gradient: Any
    line: str
    source: str
    scope: str
    vertex: Vertex

    def __str__(self) -> str:
        made = f" = {self.op}" if self.op else ""
        gradient = "" if self.gradient is None else f", gradient {brief(self.gradient)}"
        return f"{self.name}{made}: {brief(self.value)}{gradient}"


class record(Mode):
    """Keep values, gradients, lines and module calls of everything that is computed inside a ``with`` block.

    Values of any size then stay on the graph, so `draw`, `steps` and `explain` show them after ``backward()`` too;
    gradients stay if ``backward()`` runs inside the block. Each node gets the line of the user's program that made it.
    The block gives a `Recording`: iterate over it, print it, or compare two of them with `diff`. It holds the graph, so
    it needs the memory of all values inside.

    As a decorator it keeps values on the graphs of a function.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.view import record
    >>> x = tensor(np.ones(100), requires_grad=True, name="x")
    >>> with record() as run:
    ...     y = (x * 2.0).sum()
    ...     y.backward()
    >>> run
    recording of 2 operations
    x: (100,) array, rms 1, gradient (100,) array, rms 2
    multiply_1 = x * 2: (100,) array, rms 2, gradient (100,) array, rms 1
    y = sum(multiply_1): 200, gradient 1
    """

    def __enter__(self) -> "Recording":  # type: ignore[override]  # the other modes give nothing
        recording, outer = Recording(), STATE.get().watch
        # The recording sees each op first: `debug` around it may end the program there.
        self._changes = {"watch": recording if outer is None else Both(recording, outer)}
        super().__enter__()
        return recording

    def __exit__(self, *error: Any) -> None:
        watch = STATE.get().watch
        recording: Any = watch.first if isinstance(watch, Both) else watch
        recording._variables = variables()
        super().__exit__(*error)


class Recording(Watch):
    """The operations inside `record`, as entries in the order of the program.

    >>> from autograd import record, tensor
    >>> with record() as run:
    ...     loss = (tensor(3.0, requires_grad=True, name="x") * 2.0) ** 2
    ...     loss.backward()
    >>> [entry.name for entry in run]
    ['x', 'multiply_1', 'loss']
    >>> run["x"].value, run["x"].gradient
    (array(3.), np.float64(24.0))
    """

    def __init__(self) -> None:
        self._nodes: list[Vertex] = []  # leaves at their first use, nodes, outputs of nodes with several
        self._seen: set[Vertex] = set()
        self._several: dict[Vertex, tuple[Any, ...]] = {}
        self._values: dict[Vertex, Any] = {}
        self._gradients: dict[Vertex, Any] = {}
        self._made: Node | None = None
        self._variables: dict[Any, str] = {}  # the names at the end of the block

    def forward(self, node: Any, operands: tuple[Any, ...], out: Any) -> None:
        for operand in operands:
            if isinstance(operand, Vertex) and operand not in self._seen:
                self._add(operand, self._value_of(operand))
        self._made = node
        if isinstance(out, tuple):
            self._several[node] = tuple(np.array(part) for part in out)
            self._seen.add(node)
        else:
            self._add(node, out)

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        """Keep plain arrays beside the Tensors (masks, targets): their vertices have no Tensor to ask."""
        node, self._made = self._made, None
        if node is None:
            return
        for operand, array in zip(node.operands, data, strict=True):
            if isinstance(operand, Leaf) and self._values.get(operand) is None and array is not None:
                operand.value = self._values[operand] = np.array(array)

    def _value_of(self, vertex: Vertex) -> Any:
        if isinstance(vertex, Output):
            parts = self._several.get(vertex.parents[0])  # type: ignore[arg-type]
            if parts is not None:
                return parts[vertex.index]
        if vertex.value is not None:
            return vertex.value
        tensor = None if vertex.tensor is None else vertex.tensor()
        return None if tensor is None else tensor._data

    def _add(self, vertex: Vertex, value: Any) -> None:
        self._seen.add(vertex)
        self._nodes.append(vertex)
        if vertex.value is None and value is not None:
            vertex.value = value.copy()  # from here on the engine keeps the gradient beside it
        self._values[vertex] = vertex.value

    def backward(self, node: Any, g: Any, gradients: tuple[Any, ...]) -> None:
        if node not in self._seen:
            return
        if isinstance(g, tuple):
            outputs = [v for v in self._nodes if isinstance(v, Output) and v.parents[0] is node]
            for output in outputs:
                self._gradients[output] = plain(g[output.index])
        else:
            self._note(node, plain(g))
        for parent, d in zip(node.parents, gradients, strict=True):
            if isinstance(parent, Leaf) and d is not None:
                self._note(parent, fit(np.asarray(plain(d)), parent, node.op.name))

    def _note(self, vertex: Vertex, g: Any) -> None:
        prior = self._gradients.get(vertex)
        self._gradients[vertex] = np.array(g)[()] if prior is None else prior + g

    def __iter__(self) -> Iterator[Entry]:
        names = Names(self._nodes, self._variables)
        for vertex in self._nodes:
            value, g = self._values[vertex], self._gradients.get(vertex)
            yield Entry(names(vertex), names.expression(vertex), value, g, *place_of(vertex), scope_of(vertex), vertex)

    def __len__(self) -> int:
        return len(self._nodes)

    def __getitem__(self, name: str) -> Entry:
        """The entry with a name, such as ``run["loss"]``, or with the number of its op, such as ``run["add_2"]``."""
        numbered = Names(self._nodes)
        for entry in self:
            if name in (entry.name, numbered(entry.vertex)):
                return entry
        raise KeyError(name)

    def __repr__(self) -> str:
        operations = sum(isinstance(v, Node) for v in self._nodes)
        lines = [f"recording of {operations:,} operation{'s' * (operations != 1)}"]
        lines += [str(entry) for entry, _ in zip(self, range(_SHOWN), strict=False)]
        if len(self) > _SHOWN:
            lines.append(f"... {len(self) - _SHOWN:,} more")
        return "\n".join(lines)


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
    ends = _backwards(pairs) if parting == len(pairs) else ()
    for kind, places in (("value", enumerate(pairs[:parting])), ("gradient", ends)):
        for i, (x, y) in places:
            if (found := _compare(kind, i, x, y, rtol, atol)) is not None:
                return found
    if parting < len(pairs):
        return Difference("program", parting, *pairs[parting], (), None, parting)
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


def _compare(kind: Any, i: int, x: Entry, y: Entry, rtol: float, atol: float) -> Difference | None:
    """Where a value or a gradient of two entries differs by more than the tolerance."""
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
