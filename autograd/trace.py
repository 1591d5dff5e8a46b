"""One call of a function on Tensors of its own, and the graph that it recorded: the basis of all transforms."""

import warnings
from collections.abc import Callable, Sequence
from copy import copy
from math import prod
from types import CodeType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import FLOAT64, native, only_numbers
from autograd.callers import users_level
from autograd.engine.backward import Route, backward_pass, stacked_pass
from autograd.engine.graph import STATE, Leaf, State, Vertex, newest_first
from autograd.engine.op import OpFunction, defop, unchanged
from autograd.engine.tensor import Tensor, constant, leaf, plain
from autograd.errors import InvalidDtypeError, LeftGraphWarning
from autograd.facts import EXACT
from autograd.hooks import are_hooked
from autograd.modes import Readings
from autograd.provenance import place
from autograd.pytree import flatten, leaves, unflatten
from autograd.tensor_data import Argument

__autograd_transparent__ = True

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]

LIMIT = 2**18  # entries of the largest stack: what is larger gains nothing, and takes memory

identity: OpFunction = defop(
    "identity", np.positive, unchanged, numpy=(),
    slope="1", rounding=EXACT,
    doc="x unchanged: an argument that a transform differentiates by.", doctest="grad(lambda x: 3.0 * x)(2.0) -> 3.0",
)  # fmt: skip


class Trace:
    """A call on Tensors of our own and its graph; ``beside`` are more inputs of the results, such as tangents."""

    def __init__(
        self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums,
        beside: Sequence[Any] = (),
    ) -> None:  # fmt: skip
        outside = STATE.get()
        numbers = _argument_numbers(argnums, len(args), function)
        alone = isinstance(argnums, int | np.integer)
        self.selected: Any = args[numbers[0]] if alone else tuple(args[n] for n in numbers)
        self.name: str = getattr(function, "__name__", "the function")
        self.doors: list[Tensor] = []
        self.routes: dict[frozenset[Vertex], Route] = {}  # by the outputs that a pass starts from
        self.given: list[Any] = []
        self.places: list[tuple[int, str]] = []  # the number of the argument, and the path inside of it
        entered = list(args)
        readings = outside.readings or Readings()
        before = len(readings.noted)
        token = STATE.set(State(True, outside.scope, outside.watch, readings))
        try:
            for n in numbers:
                doors = []
                for path, x in leaves(args[n]):
                    self.places.append((n, path))
                    doors.append(_enter(x, outside.grad, n, path, self.name))
                    self.given.append(x)
                entered[n] = unflatten(args[n], iter(doors))
                self.doors += doors
            self.vertices: list[Vertex] = [door._node or leaf(door) for door in self.doors]
            self.ours: frozenset[Vertex] = frozenset(self.vertices)
            self.result: Any = function(*entered, **kwargs)
        finally:
            STATE.reset(token)
        given = self.given if len(numbers) == len(args) and not kwargs else flatten((args, kwargs))
        came = [x for x in [*given, *beside] if isinstance(x, Tensor)]
        live = [x for x in came if x._requires_grad]
        self.wraps: bool = outside.readings is not None or bool(came)
        # Whether somebody may differentiate the results: for what came in, or for what the function found by itself.
        self.nested: bool = outside.grad and (bool(live) or self._found_others())
        self.readings, self._before = readings, before
        self._warned = len(readings.noted) > before and self._warn_of_lost_arguments(self._route())

    def _route(self) -> Route | None:
        outs = [self.result] if isinstance(self.result, Tensor) else flatten(self.result)
        roots = frozenset([out._node or leaf(out) for out in outs if isinstance(out, Tensor) and out._requires_grad])
        return self._route_from(roots) if roots else None

    def _found_others(self) -> bool:
        route = self._route()
        starts = [v for v in route.reached if v.__class__ is Leaf] if route is not None else ()
        return any(map(self._is_of_others, starts))

    def warn_of_lost_slopes(self, slopes: Sequence[Any]) -> None:
        """Warn of arguments that no slope depends on because their plain values were read."""
        if len(self.readings.noted) > self._before and not self._warned:
            roots = [s._node or leaf(s) for s in slopes if isinstance(s, Tensor) and s._requires_grad]
            self._warn_of_lost_arguments(self._route_from(frozenset(roots)) if roots else None)

    def _warn_of_lost_arguments(self, route: Route | None) -> bool:
        """Warn of arguments that the output does not depend on because their plain values were read; whether it did."""
        readings: list[tuple[Any, str, CodeType, int]] = self.readings.noted[self._before :]
        reached = route.edges if route is not None and route.edges is not None else {}
        lost = {v: place for v, place in zip(self.vertices, self.places, strict=True) if v not in reached}
        for vertex, method, code, line in readings if lost else ():
            arguments = [lost[v] for v in newest_first([vertex]) if v in lost]
            if arguments:
                number, path = arguments[-1]
                warnings.warn(
                    f"the output of {self.name} does not depend on argument {number}{path}, so the derivative is 0: "
                    f"{self.name} left the graph with .{method} at {place(code.co_filename, line)}. Compute with the "
                    "Tensor itself; for a computation outside the graph, define a derivative with custom_op.",
                    LeftGraphWarning,
                    stacklevel=users_level(),
                )
                return True
        return False

    def _is_of_others(self, start: Vertex) -> bool:
        """Whether others may want a leaf's gradient: it is not an argument of ours, and somebody still holds it."""
        return start not in self.ours and start.tensor is not None and start.tensor() is not None

    def _depends_on_others(self, x: Tensor) -> bool:
        """Whether a result depends on something that others may differentiate it for."""
        starts = newest_first([x._node or leaf(x)]) if x.requires_grad else []
        return any(v.__class__ is Leaf and self._is_of_others(v) for v in starts)

    def with_cotangents(self, seeds: Sequence[Any]) -> Self:
        """This trace as one particular pull sees it: its results depend on the cotangents too."""
        here = copy(self)
        tensors = [s for s in seeds if isinstance(s, Tensor)]
        here.wraps = self.wraps or bool(tensors)
        here.nested = STATE.get().grad and (self.nested or any(t.requires_grad for t in tensors))
        return here

    def outputs(self) -> list[Any]:
        """The numbers that the function returned, checked."""
        for path, out in leaves(self.result):
            check_number(out, f"{self.name} returned {{}}{' at ' + path if path else ''}")
        return flatten(self.result)

    def pull(
        self, outputs: list[Any], seeds: list[Any], *, create_graph: bool, release: bool, to: list[Vertex] | None = None
    ) -> list[Any]:
        """The gradients of the arguments, or of other vertices, from those of the outputs; zeros if none arrive."""
        vertices = self.vertices if to is None else to
        start: dict[Vertex, Any] = {}
        for out, seed in zip(outputs, seeds, strict=True):
            if isinstance(out, Tensor) and out.requires_grad:
                vertex = out._node or leaf(out)
                start[vertex] = start[vertex] + seed if vertex in start else seed
        if not start:
            return [np.zeros(vertex.shape, vertex.dtype) for vertex in vertices]
        route = self._route_from(frozenset(start)) if to is None else Route(start, frozenset(to))
        if create_graph and are_hooked(route.order):  # hooks get Tensors, to compute in the graph
            start = {vertex: g if isinstance(g, Tensor) else constant(g) for vertex, g in start.items()}
        found = backward_pass(start, create_graph=create_graph, release=release, route=route)
        return [found[vertex] if vertex in found else np.zeros(vertex.shape, vertex.dtype) for vertex in vertices]

    def _route_from(self, roots: frozenset[Vertex]) -> Route:
        if roots not in self.routes:
            self.routes[roots] = Route(roots, self.ours)
        return self.routes[roots]

    def rows(self, out: Any) -> list[Any]:
        """The gradients of the arguments for each entry of an output, stacked along a new first axis."""
        size, dtype = np.size(plain(out)), slope_dtype(out)
        if not size or not isinstance(out, Tensor) or not out.requires_grad:
            return [_zeros(size, vertex) for vertex in self.vertices]
        root = out._node or leaf(out)
        route = self._route_from(frozenset([root]))
        step = 1 if self.nested else _rows_at_once(route)
        parts = []
        for start in range(0, size, step):
            seeds = np.zeros((min(step, size - start), *out.shape), dtype)
            seeds.reshape(-1)[start :: size + 1] = 1.0  # rows of the identity; np.eye takes five times as long
            if step > 1:
                found = stacked_pass(root, seeds, route)
                parts.append([found[v] if v in found else _zeros(len(seeds), v) for v in self.vertices])
            else:
                pulled = self.pull([out], [seeds[0]], create_graph=self.nested, release=False)
                parts.append([g[None] for g in pulled])
        return parts[0] if len(parts) == 1 else [np.concatenate(part) for part in zip(*parts, strict=True)]

    def hand_out(self, value: Any, like: Any = None) -> Any:
        """A value as the caller wants it: a Tensor when Tensors came in, or when it depends on live ones that did not;
        else an array, or a float for a float."""
        if self.nested and isinstance(value, Tensor) and (self.wraps or self._depends_on_others(value)):
            return value
        data = plain(value)
        if self.wraps:
            return constant(np.array(data))
        if isinstance(like, np.generic):
            return data[()]
        return data.item() if isinstance(like, float) else np.array(data)

    def as_selected(self, values: Sequence[Any]) -> Any:
        """Values in the containers of the selected arguments."""
        if len(values) == 1 and self.given[0] is self.selected:  # no container
            return self.hand_out(values[0], self.selected)
        return unflatten(self.selected, iter([self.hand_out(v, x) for v, x in zip(values, self.given, strict=True)]))

    def plain(self, tree: Any) -> Any:
        """A result of the function as the caller wants it."""
        if isinstance(tree, Tensor):
            return self.hand_out(tree, self._scalar_like(tree))
        return unflatten(
            tree, iter([self.hand_out(x, self._scalar_like(x)) if isinstance(x, Tensor) else x for x in flatten(tree)])
        )

    def _scalar_like(self, x: Tensor) -> Any:
        """Functions of plain floats alone give plain floats (of NumPy's, NumPy's)."""
        if x.shape or not all(isinstance(given, float | np.floating) for given in self.given):
            return None
        return next((given for given in self.given if isinstance(given, np.generic)), 0.0)


def _zeros(rows: int, vertex: Vertex) -> Any:
    return np.zeros((rows, *vertex.shape), vertex.dtype)


def _rows_at_once(route: Route) -> int:
    """How many passes may travel together: one, where hooks or a watcher want to see each of them."""
    if STATE.get().watch is not None:
        return 1
    if are_hooked(route.order) or any(vertex.op is not None and vertex.op.outputs for vertex in route.order):
        return 1
    largest: int = max([1, *[prod(vertex.shape) for vertex in route.order]])
    return max(1, LIMIT // largest)


def argument(data: NDArray[Any], name: str | None = None) -> Tensor:
    """The leaf that replaces an argument to be differentiated; nobody else holds its data."""
    t = constant(native(data))
    t._requires_grad = True
    t._info = info = Argument()
    info.name = name
    return t


def _argument_numbers(argnums: Argnums, count: int, function: Function) -> tuple[int, ...]:
    if argnums.__class__ is int and 0 <= argnums < count:
        return (argnums,)
    name = getattr(function, "__name__", "the function")
    numbers = (argnums,) if isinstance(argnums, int | np.integer) else tuple(argnums)
    for n in numbers:
        if not -count <= n < count:
            raise ValueError(
                f"argnums names argument {n} of {name}, which was called with {count} positional arguments."
            )
    numbers = tuple(int(n) % count for n in numbers)
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"argnums names an argument of {name} twice: {argnums}.")
    return numbers


def _enter(x: Any, outside_grad: bool, number: int, path: str, function: str) -> Tensor:
    """The Tensor that replaces an argument of the function."""
    if isinstance(x, Tensor):
        if x.requires_grad and outside_grad:
            return identity(x)  # type: ignore[no-any-return]
        x = x._data
    if x.__class__ is not float and x.__class__ is not np.ndarray:
        only_numbers(x, f"argument {number}{path} of {function}")
    array = np.array(x)
    if array.dtype.kind != "f":
        raise InvalidDtypeError(
            f"argument {number}{path} of {function} is {array.dtype} ({type(x).__name__}), which has no derivative. "
            "Only real floating-point data is differentiable: write 3.0 for 3, pass dtype=float, or leave the argument "
            "out of argnums."
        )
    return argument(array)


def check_number(out: Any, what: str) -> None:
    """Refuse values other than numbers, above all the None of a forgotten ``return``."""
    if isinstance(out, Tensor) or np.asarray(out).dtype.kind in "fiub":
        return
    kind = "complex numbers" if np.asarray(out).dtype.kind == "c" else type(out).__name__
    raise InvalidDtypeError(what.format(kind) + ", which has no derivative. Return numbers, arrays or Tensors.")


def slope_dtype(x: Any) -> Any:
    """The dtype of derivatives of a number: its own, or float64 for integers and booleans, which are constant."""
    dtype = np.asarray(plain(x)).dtype
    return dtype if dtype.kind == "f" else FLOAT64
