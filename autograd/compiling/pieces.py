"""Elementwise calls on large arrays: all of them on one piece that stays in the cache, then on the next."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from autograd.compiling.calls import WITH_EFFECTS, Call, Var
from autograd.compiling.rewriting import Lowering, in_place
from autograd.engine.codegen import source_file

SIZE = 16_384  # numbers of a piece
LARGE = 4 * SIZE  # from which on arrays are worth it
FEW = 3  # calls, below which they stay calls on whole arrays

How = tuple[Any, tuple[Any, ...], Var]  # a ufunc, its operands, and the value that it makes or changes


def in_pieces(
    calls: list[Call], escaping: Collection[int], how: Callable[[Call], Any], may_raise: Callable[[Call], bool]
) -> tuple[list[Call], list["Chain"]]:
    """The calls, with each chain of elementwise ones as a single call, and these chains.

    ``how(call)`` gives ufunc, operands and options of a call that makes a new array. Other calls in between come before
    the chain if they do not need it, and after it if it does not need them; otherwise it ends there.
    """
    found: list[Call] = []
    chains: list[Chain] = []
    rest = calls
    while rest:
        chain = _Gatherer(how, may_raise)
        end = next((i for i, call in enumerate(rest) if not chain.takes(call)), len(rest))
        if len(chain.hows) < FEW:
            found.append(rest[0])
            rest = rest[1:]
            continue
        later = [*chain.passed, *rest[end:]]
        read = {id(var.memory) for call in later for var in call.inputs()} | set(escaping)
        made = Chain(chain.hows, chain.taken, read)
        chains.append(made)
        found += chain.before
        found.append(Call("pieces", made, tuple(made.inputs), {}, tuple(made.outputs), None, chain.taken[0].place, ()))
        rest = later
    return found, chains


class _Gatherer:
    """The calls of a chain, from the first one on, and those that it passes by: they come before it or after it."""

    def __init__(self, how: Callable[[Call], Any], may_raise: Callable[[Call], bool]) -> None:
        self._how, self._may_raise = how, may_raise
        self.hows: list[How] = []
        self.taken: list[Call] = []
        self.before: list[Call] = []
        self.passed: list[Call] = []
        self._shape: Any = None
        self._made: set[int] = set()  # memories
        self._later: set[int] = set()  # values that come after the chain
        self._read_later: set[int] = set()  # memories

    def takes(self, call: Call) -> bool:
        """Take a call, or put it before or after the chain; False where the chain ends before it."""
        how = None if self._may_raise(call) else self._elementwise(call)
        inputs = list(call.inputs())
        free = not any(var.number in self._later for var in inputs)
        if how is not None and free and not (call.writes is not None and id(call.writes) in self._read_later):
            out = how[2]
            self._shape = out.example.shape
            self._made.add(id(out.memory))
            self.hows.append(how)
            self.taken.append(call)
            return True
        if not self.hows or call.kind in (*WITH_EFFECTS, "block") or call.writes is not None or self._may_raise(call):
            return False
        if free and not any(id(var.memory) in self._made for var in inputs):
            self.before.append(call)
            return True
        self.passed.append(call)
        self._later.update(var.number for var in call.results())
        self._read_later.update(id(var.memory) for var in inputs)
        return True

    def _elementwise(self, call: Call) -> How | None:
        plain = self._how(call)
        if plain is not None:
            ufunc, args, kwargs = plain
            out = call.out
            if kwargs:
                return None
        else:
            ufunc, args, out = in_place(call)
            if out is None or id(out.memory) not in self._made:
                return None
        x = out.example
        if ufunc.signature is not None or not (x.base is None and x.flags.c_contiguous and x.size >= LARGE):
            return None
        if x.shape[0] <= _rows(x.shape) or self._shape not in (None, x.shape):
            return None
        return (ufunc, args, out) if all(_is_operand(arg, x.shape) for arg in args) else None


def _is_operand(x: Any, shape: tuple[int, ...]) -> bool:
    value = x.example if type(x) is Var else x
    if value is x and _is_cut(x, shape):  # an array that the library keeps, which is no input
        return False
    return type(value) in (int, float, np.ndarray) or isinstance(value, np.number | np.bool_)


def _rows(shape: tuple[int, ...]) -> int:
    return max(1, SIZE // int(np.prod(shape[1:])))


class Chain:
    """A chain, called with its ``inputs``; it returns new arrays for its ``outputs``."""

    __name__ = "in_pieces"

    def __init__(self, hows: list[How], calls: list[Call], read: set[int]) -> None:
        made = list({id(out.memory): out for _, _, out in hows}.values())
        self.inputs: list[Var] = list({v.number: v for call in calls for v in call.inputs() if v not in made}.values())
        self.outputs: list[Var] = [var for var in made if id(var.memory) in read]
        self._forms = [(var.example.shape, var.example.dtype) for var in self.outputs]
        shape = made[0].example.shape
        self._cut = [_is_cut(var.example, shape) for var in self.inputs]
        self._count = len(hows)
        self._names = {var.number: f"x{i}" for i, var in enumerate(self.inputs)}
        self._names |= {var.number: f"out{i}" for i, var in enumerate(self.outputs)}
        self._room: list[Any] = []  # dtypes of the pieces that are needed beside these
        self._space: dict[str, Any] = {"errstate": np.errstate}
        lines = self._write(hows, calls)
        room = [f"room{i}" for i in range(len(self._room))]
        head = ", ".join([*(self._names[v.number] for v in [*self.inputs, *self.outputs]), *room])
        self.source: str = "\n".join([f"def in_pieces({head}):", *lines, ""])
        exec(compile(self.source, source_file("in_pieces", self.source), "exec"), self._space)  # our own text
        self._run = self._space["in_pieces"]
        rows = _rows(shape)
        whole = [np.empty((rows, *shape[1:]), dtype) for dtype in self._room]
        self._pieces = []
        for i in range(0, shape[0], rows):
            left = min(rows, shape[0] - i)
            self._pieces.append((slice(i, i + left), [piece[:left] for piece in whole]))

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        outputs = [np.empty(shape, dtype) for shape, dtype in self._forms]
        run, cut = self._run, self._cut
        for rows, room in self._pieces:
            parts = [x[rows] if is_cut else x for x, is_cut in zip(inputs, cut, strict=True)]
            run(*parts, *[x[rows] for x in outputs], *room)
        return tuple(outputs)

    def words(self) -> str:
        """A description for `explain`."""
        return f"{self._count} calls in turn on each of {len(self._pieces)} pieces, without large intermediate arrays"

    def _write(self, hows: list[How], calls: list[Call]) -> list[str]:
        """The lines of the function of one piece; results that end in it lie in rooms, which are used again."""
        last = {v.number: i for i, (_, args, out) in enumerate(hows) for v in [*args, out] if type(v) is Var}
        lowering, free, lines = Lowering(), dict[Any, list[str]](), list[str]()
        modes: Any = ()
        for i, ((ufunc, args, out), call) in enumerate(zip(hows, calls, strict=True)):
            _, args, _ = lowering.with_arrays((ufunc, args, {}), out.example.dtype)
            texts = [self._text(x) for x in args]
            for var in {v.number: v for v in args if type(v) is Var and last[v.number] == i}.values():
                if self._names[var.number].startswith("room"):
                    free.setdefault(var.example.dtype, []).append(self._names[var.number])
            if out.number not in self._names:
                waiting = free.get(out.example.dtype)
                self._names[out.number] = waiting.pop() if waiting else self._new_room(out.example.dtype)
            if call.modes and call.modes != modes:
                lines.append(f"    with errstate({', '.join(f'{k}={v!r}' for k, v in call.modes)}):")
            modes = call.modes
            self._space[ufunc.__name__] = ufunc
            text = f"{ufunc.__name__}({', '.join(texts)}, out={self._names[out.number]})"
            lines.append(f"    {'    ' if modes else ''}{text}")
        return lines

    def _new_room(self, dtype: Any) -> str:
        self._room.append(dtype)
        return f"room{len(self._room) - 1}"

    def _text(self, x: Any) -> str:
        if type(x) is Var:
            return self._names[x.number]
        if type(x) in (int, float) and np.isfinite(x):
            return repr(x)
        name = f"k{len(self._space)}"
        self._space[name] = x
        return name


def _is_cut(x: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(x, np.ndarray) and x.ndim == len(shape) and x.shape[0] == shape[0]
