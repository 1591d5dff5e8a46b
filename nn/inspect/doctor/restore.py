"""Run a model, a loss and an optimizer without side effects: everything they can change is restored afterwards."""

import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, Self

import numpy as np

from autograd import Tensor
from autograd.compiling.reachable import slots_of
from autograd.engine.graph import Info
from nn import defaults
from nn.module import Module
from optim import Optimizer

_OURS = frozenset({"autograd", "nn", "numpy", "optim"})  # whatever their functions change is reached in other ways
_ONE_WAY = (GeneratorType, map, filter, zip)  # reading them cannot be undone
_OPAQUE = (ModuleType, type, str, bytes, int, float, complex, bool, type(None), np.generic, np.dtype)


class Restore:
    """A ``with`` block in which these objects may be run, trained and changed.

    ``places`` maps the id of an object to the path by which it was reached. ``one_way`` lists the paths of iterators:
    do not run their owners, which would exhaust them.
    """

    def __init__(self, **roots: Any) -> None:
        self._roots = roots
        self._held: dict[int, Any] = {}  # also keeps everything alive, so that no id is used twice
        self._undo: list[Callable[[], Any]] = []
        self.places: dict[int, str] = {}
        self.one_way: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._keep_all()
        except BaseException:  # an object that cannot be inspected
            self.__exit__()
            raise
        return self

    def _keep_all(self) -> None:
        self._keep_global_generators()
        waiting = [(value, "" if name == "model" else name) for name, value in self._roots.items()]
        while waiting:
            thing, place = waiting.pop()
            if id(thing) in self._held or isinstance(thing, _OPAQUE):
                continue
            self._held[id(thing)], self.places[id(thing)] = thing, place
            waiting += reversed(list(self._keep(thing, place)))

    def __exit__(self, *error: object) -> None:
        failed: Exception | None = None
        for undo in reversed(self._undo):
            try:
                undo()
            except Exception as problem:  # a failure must not prevent the other objects from being restored
                failed = failed or problem
        if failed is not None:
            raise failed

    def adopt(self, leaf: Tensor) -> None:
        """Also restore a leaf that turned up during a run; only its gradient can have changed."""
        if id(leaf) not in self._held:
            self._held[id(leaf)] = leaf
            self._undo.append(partial(setattr, leaf, "_grad", leaf._grad))

    def _keep(self, thing: Any, place: str) -> Iterator[tuple[Any, str]]:
        """Record how to restore an object, and yield the objects it holds."""
        if isinstance(thing, Tensor):
            yield from self._tensor(thing, place)
        elif isinstance(thing, np.ndarray):
            if thing.dtype != object:
                self._undo.append(partial(_refill, thing, thing.copy()))
        elif isinstance(thing, _RANDOM):
            self._undo.append(_reset(thing))
        elif isinstance(thing, dict | list | tuple | deque | set | frozenset):
            yield from self._container(thing, place)
        elif isinstance(thing, _ONE_WAY):
            if "(" not in place:  # only those of the model itself, not of the rest of the program
                self.one_way.append(place)
        elif isinstance(thing, FunctionType):
            yield from self._function(thing, place)
        elif isinstance(thing, MethodType):
            yield from ((thing.__self__, place), (thing.__func__, place))
        elif isinstance(thing, partial):
            yield from ((thing.func, place), (thing.args, place), (thing.keywords, place))
        else:
            yield from self._object(thing, place)

    def _container(self, thing: Any, place: str) -> Iterator[tuple[Any, str]]:
        if kind := next((kind for kind in (dict, list, deque, set) if isinstance(thing, kind)), None):
            self._undo.append(partial(_restore_items, thing, kind(thing)))
        held: Any  # each item with its name in the container
        if isinstance(thing, dict):
            yield from ((key, place) for key in thing if isinstance(key, Tensor))
            held = ((place if isinstance(key, Tensor) else _join(place, key), x) for key, x in thing.items())
        elif isinstance(thing, set | frozenset):
            held = ((f"{place} (in a set)", item) for item in thing)
        else:
            held = ((_join(place, i), item) for i, item in enumerate(thing))
        yield from ((item, name) for name, item in held if not _is_plain(item))

    def _tensor(self, t: Tensor, place: str) -> Iterator[tuple[Any, str]]:
        leaf = t.is_leaf
        self._undo.append(partial(_restore_slots, t, {name: getattr(t, name, _UNSET) for name in _SLOTS}))
        info = t._info if leaf else None
        grad = t._grad if leaf else None
        t._node = None  # a computed Tensor has no history here: its graph belongs to someone else
        t._data = np.array(t._data)
        t._grad = None if grad is None else grad.copy()
        t._info = None
        if not leaf:
            t._requires_grad = False
        if info is not None:
            t._info = copy = Info(info.code, info.lasti)
            copy.name, copy.hooks = info.name, list(info.hooks)
            yield from ((hook, f"a hook of {place}") for hook in info.hooks)

    def _function(self, function: FunctionType, place: str) -> Iterator[tuple[Any, str]]:
        """The objects a function refers to in its closure, its default values and by global names."""
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                content = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self._undo.append(partial(setattr, cell, "cell_contents", content))
            yield content, f"{place} (as {name}, in a closure)".lstrip()
        yield from ((value, place) for value in (function.__defaults__, function.__kwdefaults__) if value)
        if (function.__module__ or "").partition(".")[0] in _OURS:
            return
        names = function.__globals__
        for name in _names(function.__code__):
            value = names.get(name)
            if isinstance(value, ModuleType | type | np.ndarray) or name not in names:
                continue
            self._undo.append(partial(names.__setitem__, name, value))
            yield value, f"{name} (of the program)"

    def _object(self, thing: Any, place: str) -> Iterator[tuple[Any, str]]:
        kind = type(thing)
        if kind.__module__.partition(".")[0] in sys.stdlib_module_names:
            return
        for base in kind.__mro__:
            if base.__module__.partition(".")[0] not in _OURS | sys.stdlib_module_names:
                yield from self._class(base, place)
        attributes = getattr(thing, "__dict__", None)
        if isinstance(attributes, dict):
            self._undo.append(partial(_restore_items, attributes, dict(attributes)))
            if isinstance(thing, Optimizer):
                thing._forget()  # its prepared steps are rebuilt and need not be copied
            if isinstance(thing, Module):
                attributes.pop("_module_paths", None)  # rebuilt from scratch
                yield from ((value, _join(place, name)) for name, value in thing._parts())
            else:
                yield from ((value, _join(place, name)) for name, value in list(attributes.items()))
        if kind.__module__.partition(".")[0] in _OURS:
            return
        for name in {name for base in kind.__mro__ for name in slots_of(base)}:
            value = getattr(thing, name, _UNSET)
            if value is not _UNSET:
                self._undo.append(partial(object.__setattr__, thing, name, value))
                yield value, _join(place, name)

    def _class(self, kind: type, place: str) -> Iterator[tuple[Any, str]]:
        """The methods of a user's class, and the objects it holds as attributes."""
        for name, value in list(vars(kind).items()):
            if isinstance(value, FunctionType):
                yield value, place
            elif not name.startswith("__") and not hasattr(value, "__get__"):
                self._undo.append(partial(_restore_attribute, kind, name, value))
                yield value, f"{kind.__name__}.{name} (of the class)"

    def _keep_global_generators(self) -> None:
        """Record the global random generators of `nn`, NumPy and Python."""
        own = defaults.generator()
        self._held[id(own)] = own
        self._undo += [_reset(own), partial(setattr, defaults, "_generator", own)]
        old = np.random.get_state()  # noqa: NPY002 - a model may draw from it all the same
        self._undo += [partial(np.random.set_state, old), partial(random.setstate, random.getstate())]


_RANDOM = (np.random.Generator, np.random.RandomState, random.Random)


def _reset(source: Any) -> Callable[[], Any]:
    """Return a function that restores a source of random numbers to its present state."""
    if isinstance(source, np.random.Generator):
        return partial(setattr, source.bit_generator, "state", source.bit_generator.state)
    if isinstance(source, np.random.RandomState):
        return partial(source.set_state, source.get_state())
    return partial(source.setstate, source.getstate())


_UNSET = object()
_SLOTS = ("_data", "_node", "_grad", "_requires_grad", "_info")


def _is_plain(value: Any) -> bool:
    """Whether a value is immutable: a number, a string, or a tuple of these, which data often contain."""
    if type(value) is tuple:
        return all(isinstance(item, _OPAQUE) for item in value)
    return isinstance(value, _OPAQUE)


def _join(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _names(code: CodeType) -> set[str]:
    """The names that a function, or a function inside it, looks up."""
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _restore_attribute(kind: type, name: str, value: Any) -> None:
    if vars(kind).get(name) is not value:  # some classes refuse every assignment
        setattr(kind, name, value)


def _restore_slots(t: Tensor, slots: dict[str, Any]) -> None:
    for name, value in slots.items():
        if value is _UNSET:
            delattr(t, name)
        else:
            setattr(t, name, value)


def _refill(array: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> None:
    if array.flags.writeable:
        array[...] = values


def _restore_items(present: Any, saved: Any) -> None:
    """Restore a container and the order of its items, if any has changed."""
    if _ids(present) != _ids(saved):
        present.clear()
        (present.extend if isinstance(present, list | deque) else present.update)(saved)


def _ids(items: Any) -> Any:
    """The identities of items, of a dict also of its values; a set has no order."""
    found = [*map(id, items), *map(id, items.values() if isinstance(items, dict) else ())]
    return set(found) if isinstance(items, set) else found
