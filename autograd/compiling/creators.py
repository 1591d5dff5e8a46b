"""NumPy's functions that make arrays from other objects, which no protocol reports."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from threading import get_ident
from types import ModuleType
from typing import Any

import numpy as np

from autograd import transforms
from autograd.compiling.calls import leaves_in, map_tree
from autograd.compiling.frames import is_ours
from autograd.compiling.names import FUNCTIONS, OF_NOTHING
from autograd.compiling.noted import plain
from autograd.engine.tensor import Tensor
from autograd.recording import ONE_CALL


def one(dtype: Any) -> Any:
    """The number 1."""
    return dtype.type(1.0)


_NAMES = (*sorted(OF_NOTHING), "array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray")


class Creators:
    """The stand-ins for NumPy and its functions during a trace."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._instead: dict[int, Any] = {}
        twin = ModuleType("numpy")
        vars(twin).update(vars(np))
        for name in _NAMES:
            original = getattr(np, name)
            self._instead[id(original)] = vars(twin)[name] = self._noted(original)
        for name in sorted(FUNCTIONS):  # of plain numbers they make arrays too
            original = getattr(np, name, None)
            if callable(original) and not isinstance(original, np.ufunc) and id(original) not in self._instead:
                vars(twin)[name] = self._noted(original, only_plain=True)
        vars(twin)["random"] = self._instead[id(np.random)] = randomness = ModuleType("numpy.random")
        vars(randomness).update(vars(np.random))
        for name in ("default_rng", "shuffle"):
            original = getattr(np.random, name)
            self._instead[id(original)] = vars(randomness)[name] = self._breaking_off(original)
        self._instead[id(np)] = twin
        self._one = self._noted(one)

    def instead_of(self, thing: Any) -> Any:
        """The stand-in for NumPy or one of these functions; anything else unchanged."""
        return self._instead.get(id(thing), thing)

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Exchange NumPy in this library's modules."""
        modules = [
            module
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in ("autograd", "nn", "optim") and not name.startswith("autograd.compiling")
        ]
        places: list[tuple[Any, str, Any]] = [
            *((module, "np", self._instead[id(np)]) for module in modules if vars(module).get("np") is np),
            *((sys.modules[f.__module__], f.__name__, self._as_one(f, writes)) for f, writes in ONE_CALL),
            *((x, name, self._starting(getattr(x, name))) for x, name in ((Tensor, "_seed"), (transforms, "_one"))),
        ]
        before = [getattr(owner, name) for owner, name, _ in places]
        for owner, name, new in places:
            setattr(owner, name, new)
        try:
            yield
        finally:
            for (owner, name, _), was in zip(places, before, strict=True):
                setattr(owner, name, was)

    def _starting(self, original: Any) -> Any:
        """Makes the number 1 that a backward pass starts from, and notes it."""

        def start(out: Any, *args: Any) -> Any:
            found = original(out, *args)
            return self._one(found.dtype) if issubclass(type(found), np.generic) else found

        return start

    def _breaking_off(self, original: Any) -> Any:
        """Ends the trace: a NumPy generator would take the stand-in for an array as a list."""

        recorder = self.recorder

        def call(*args: Any, **kwargs: Any) -> Any:
            if get_ident() == recorder.thread and not is_ours(sys._getframe(1).f_code):
                recorder.break_off(
                    f"numpy.random.{original.__name__} is called: make the generator outside the function"
                )
            return original(*args, **kwargs)

        return call

    def _as_one(self, function: Any, writes: int | None) -> Any:
        """Notes one call of a library function that branches on numbers."""
        recorder, call = self.recorder, without_aliases(function, writes)

        def noted(*args: Any) -> Any:
            here = get_ident() == recorder.thread and recorder.is_here()
            if not here or any(isinstance(x, Tensor) for x in leaves_in(args)):
                return function(*args)
            return recorder.note("function", call, args, {}, writes=None if writes is None else args[writes])

        return noted

    def _noted(self, original: Any, *, only_plain: bool = False) -> Any:
        recorder = self.recorder

        def create(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != recorder.thread or not recorder.is_here() or _is_remembered(recorder):
                return original(*plain(args), **plain(kwargs))
            asks = only_plain and any(hasattr(type(x), "__array_function__") for x in leaves_in((args, kwargs)))
            if asks:  # NumPy does, by its own protocol, what to do
                return original(*args, **kwargs)
            return recorder.note("function", original, args, kwargs)

        create.__name__ = original.__name__
        return create


@cache
def without_aliases(function: Any, writes: int | None) -> Any:
    """The same function, but arguments that it returns unchanged are copied, so that they are results each time."""

    @wraps(function)
    def call(*args: Any) -> Any:
        given = {id(x) for i, x in enumerate(args) if isinstance(x, np.ndarray) and i != writes}
        return map_tree(function(*args), lambda x: x.copy(order="K") if id(x) in given else x)

    return call


def _is_remembered(recorder: Any) -> bool:
    frame = sys._getframe(2)
    while frame is not None and frame.f_code is not recorder.code:
        if _remembers(frame):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _remembers(frame: Any) -> bool:
    """Whether the function of a frame is wrapped in a cache that its module holds, under whatever name."""
    space, code = frame.f_globals, frame.f_code
    named = is_ours(code) and code.co_name == "<lambda>"
    found = list(space.values()) if named else [space.get(code.co_name)]
    return any(hasattr(x, "cache_info") and getattr(x.__wrapped__, "__code__", None) is code for x in found)
