"""The parts of a trace: memory, values that lie in it, and calls that make and change them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any, Self

import numpy as np

WITH_EFFECTS = ("guard", "host", "draw", "drop")  # kinds of calls that a program makes whoever reads their results


@dataclass(slots=True, eq=False)
class Memory:
    """The memory of an array. Views share it; ``external`` memory was there before, ``constant`` depends on nothing."""

    owner: Any  # kept, so that its id is nobody else's
    external: bool
    constant: bool
    written: bool = False


class Slot:
    """The place of an outside value at each call: an entry of a holder, and a path into that entry."""

    __slots__ = ("holder", "key", "label", "path")

    def __init__(self, holder: Any, key: Any, path: tuple[Any, ...], label: str) -> None:
        self.holder, self.key, self.path, self.label = holder, key, path, label

    def is_at(self, other: Self) -> bool:
        """Whether another slot is the same place."""
        same = self.holder is other.holder or (isinstance(self.holder, tuple) and self.holder == other.holder)
        return same and self.key == other.key and self.path == other.path

    def fetch(self, leaves: Any) -> Any:
        """The present value, given the arguments."""
        if isinstance(self.holder, tuple):
            x = leaves[self.holder[1]]
            x = x if self.key is None else getattr(x, self.key)
        elif callable(self.holder):
            x = self.holder()
        elif hasattr(self.holder, "value_of"):
            x = self.holder.value_of(self.key)
        else:
            x = getattr(self.holder, self.key)
        for i in self.path:
            x = getattr(x, i) if i.__class__ is str else x[i]
        return x


class Var:
    """One value of a trace."""

    __slots__ = ("constant", "example", "form", "gone", "memory", "noted", "number", "slot")

    def __init__(self, number: int, example: Any, memory: Memory | None, constant: bool, slot: Slot | None) -> None:
        self.number: int = number
        self.example: Any = example  # the value that it had in this trace
        self.memory: Memory | None = memory  # None of a number
        self.constant: bool = constant
        self.slot: Slot | None = slot
        self.noted: Any = None  # weak reference to what stands for it
        self.gone: int | None = None  # after how many calls the function had let go of it
        # What must be the same in each run: the class, and of an array how it lies in memory.
        self.form: tuple[Any, ...] = (type(example),)
        if isinstance(example, np.ndarray):
            self.form = np.ndarray, example.shape, example.dtype, example.strides

    @property
    def is_constant(self) -> bool:
        """Whether the value depends on nothing from outside."""
        return self.constant if self.memory is None else self.memory.constant


@dataclass(slots=True, eq=False)
class Call:
    """One call. ``kind`` says how it is written; ``out`` are its results, ``writes`` the memory it changes."""

    kind: str
    fn: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    writes: Memory | None
    place: tuple[str, int]
    modes: tuple[tuple[str, str], ...]
    _inputs: tuple[Var, ...] | None = None

    @property
    def name(self) -> str:
        """The name of the called function."""
        return self.fn if isinstance(self.fn, str) else getattr(self.fn, "__name__", str(self.fn))

    def inputs(self) -> tuple[Var, ...]:
        """The values that the call reads."""
        if self._inputs is None:
            self._inputs = tuple(vars_in((self.args, self.kwargs)))
        return self._inputs

    def results(self) -> tuple[Var, ...]:
        """The values that the call returns."""
        return (self.out,) if type(self.out) is Var else tuple(vars_in(self.out))


def map_tree(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """The same tuples, lists, dicts and slices around other leaves."""
    kind = type(tree)
    if kind is tuple or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return like_tuple(tree, [map_tree(x, leaf) for x in tree])
    if kind is list:
        return [map_tree(x, leaf) for x in tree]
    if kind is dict:
        return {key: map_tree(x, leaf) for key, x in tree.items()}
    if kind is slice:
        return slice(leaf(tree.start), leaf(tree.stop), leaf(tree.step))
    return leaf(tree)


def like_tuple(x: Any, parts: Iterable[Any]) -> Any:
    """A tuple of other parts; a named one where ``x`` is."""
    return tuple(parts) if type(x) is tuple else type(x)(*parts)


def are_same(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Whether the same objects are in both."""
    return len(a) == len(b) and all(map(is_, a, b))


def leaves_in(tree: Any) -> list[Any]:
    """The leaves that `map_tree` meets."""
    found: list[Any] = []
    map_tree(tree, found.append)
    return found


def vars_in(tree: Any) -> list[Var]:
    """The values in nested arguments."""
    return [x for x in leaves_in(tree) if type(x) is Var]


def run_call(kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a call of a given kind."""
    if kind in ("method", "draw"):
        return getattr(args[0], fn)(*args[1:], **kwargs)
    if kind == "getitem":
        return args[0][args[1]]
    if kind == "setitem":
        args[0][args[1]] = args[2]
        return None
    if kind == "attribute":
        return getattr(args[0], fn)
    if kind.startswith("ufunc."):
        return getattr(fn, kind[6:])(*args, **kwargs)
    return fn(*args, **kwargs)


def same_constant(a: Any, b: Any) -> bool:
    """Whether two values that a program would take as constants are the same, to the last bit."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if type(a) is Var:
        return bool(a.number == b.number and a.form == b.form)
    if isinstance(a, np.ndarray | np.generic):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same_constant, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same_constant, a.values(), b.values()))
    if isinstance(a, slice):
        return same_constant((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return isinstance(a, int | str | bytes | np.dtype) and bool(a == b)
