"""The values of a trace: arrays, numbers and generators, their stand-ins, and the memory in which they lie."""

import gc
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from threading import get_ident
from types import FrameType
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiling.calls import Call, Memory, Slot, Var
from autograd.compiling.frames import is_foreign, is_ours, place_of, users_frame
from autograd.compiling.noted import Noted, NotedGenerator
from autograd.engine.tensor import Tensor
from autograd.provenance import place as words_of_place
from autograd.recording import RECORDER

_ELSEWHERE = "an array that no traced call has made: it comes from outside (a file, a table, another library, a seed)"


class Values:
    """The values of one run. ``refused`` is the first reason why it cannot be replayed, or None."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.vars: list[Var] = []
        self.refused: str | None = None
        self.active = True
        self.suspended = False  # while an optimizer is at work
        self.thread: int = get_ident()
        self.numbers_read: list[tuple[Any, Var]] = []  # that the function returns, and does nothing else with
        self.drawn_from: list[tuple[Any, Any]] = []  # generators, and their states at the start
        self.quiet: list[tuple[Any, Any]] = []  # generators that can be reached, and their states before
        self.asked_for: list[Callable[[], Any]] = []  # where generators come from that nothing holds
        self.flags: list[tuple[Any, int]] = []  # arrays whose flags somebody has got hold of
        self.aliases: list[tuple[Slot, Slot]] = []  # two places where one array lies
        self._by_id: dict[int, Var] = {}
        self._memory: dict[int, Memory] = {}
        self._values: list[Any] = []  # kept alive, so that their ids stay theirs
        self._known: set[int] = set()
        self._generators: dict[int, tuple[Any, Any]] = {}

    def is_here(self) -> bool:
        """Whether calls should be noted: not after the trace, nor after a refusal, nor in another thread."""
        if not self.active or self.suspended or self.refused is not None:
            return False
        if get_ident() != self.thread:
            self.refuse("another thread used its arrays at the same time")
            return False
        return True

    def refuse(self, reason: str, frame: FrameType | None = None, where: bool = True) -> None:
        """Note why this cannot be replayed, with the line of the user's program."""
        if self.refused is None:
            here = users_frame(frame or sys._getframe(1)) if where else None
            self.refused = reason if here is None else f"{reason}, at {words_of_place(*place_of(here))}"

    def external(self, value: Any, slot: Slot) -> Any:
        """The stand-in for an array or a number from outside; one for each array."""
        if isinstance(value, np.ndarray) and (var := self._by_id.get(id(value))) is not None:
            if var.slot is not None and not slot.is_at(var.slot):
                self.aliases.append((var.slot, slot))
            return self._noted(var)
        memory = self._memory_of(value, external=True, constant=False) if isinstance(value, np.ndarray) else None
        return self._noted(self._new(value, memory, False, slot))

    def generator(self, real: Any, slot: Slot) -> Any:
        """The stand-in for a generator of random numbers: its draws are noted."""
        if isinstance(real, NotedGenerator) or not self.is_here():
            return real
        if id(real) in self._generators:
            first = self._generators[id(real)][0]._var.slot
            if not slot.is_at(first):
                self.aliases.append((first, slot))
            return self._generators[id(real)][0]
        stands = NotedGenerator(self, real, self._new(real, None, False, slot))
        self.drawn_from.append((real, deepcopy(real.bit_generator.state)))
        self._generators[id(real)] = stands, state_of(real)
        return stands

    def default_generator(self, get: Callable[[], Any]) -> Any:
        """The stand-in for the default generator of layers; each replay asks which generator that is."""
        token = RECORDER.set(None)
        try:
            real = get()
        finally:
            RECORDER.reset(token)
        if self.is_here() and get not in self.asked_for:
            self.asked_for.append(get)
        return self.generator(real, Slot(get, None, (), "default_generator"))

    def watch_generators(self, generators: list[Any]) -> None:
        """Note the states of generators, whether or not their stand-ins will be used."""
        self.quiet = [(generator, state_of(generator)) for generator in generators]

    def watch_flags(self, array: Any) -> None:
        """Note the flags of an array, which other code may change."""
        self.flags.append((array, array.flags.num))

    def _value(self, x: Any) -> Any:
        if type(x) is Noted or type(x) is NotedGenerator:
            return x._value
        if isinstance(x, Tensor) and not x._requires_grad:
            return self._value(x._data)
        return x

    def _operand(self, x: Any) -> Any:
        """An argument as a program holds it: a value of the trace, or a constant that is sure to be one."""
        if isinstance(x, Tensor):
            if x._requires_grad:
                self.refuse("a Tensor that requires a gradient is used as a plain array")
                return None
            x = x._data
        if type(x) is Noted or type(x) is NotedGenerator:
            if x._recorder is not self:
                self.refuse("it uses a value of another trace")
                return None
            if not holds_numbers(x._value):
                self.refuse("an array of strings or records is used")
            return x._var
        if isinstance(x, np.ndarray):
            if (var := self._by_id.get(id(x))) is not None:
                return var
            owner = owner_of(x)  # a view of a constant is one as well
            if id(owner) not in self._known and id(owner) not in self._library_arrays():
                self.refuse(_ELSEWHERE)
        return x

    def _written(self, x: Any) -> Memory | None:
        """The memory of an array that a call has changed."""
        if type(x) is not Noted or x._var.memory is None:
            self.refuse("it writes into " + _ELSEWHERE)
            return None
        return x._var.memory  # type: ignore[no-any-return]

    def _wrap(self, x: Any, constant: bool) -> Any:
        """The stand-in for a result; results that are neither arrays nor numbers stay unchanged."""
        if isinstance(x, np.ndarray):
            if type(x) is not np.ndarray or not holds_numbers(x):
                self.refuse(f"a call gives an array of class {type(x).__name__} and dtype {x.dtype}")
                return x
            if (var := self._by_id.get(id(x))) is not None:
                return self._noted(var)
            memory = self._memory_of(x, external=False, constant=constant)
            return self._noted(self._new(x, memory, constant, None))
        if isinstance(x, np.generic | float | int | complex) and not isinstance(x, np.void):
            return self._noted(self._new(x, None, constant, None))
        if x is not None and not isinstance(x, bool | np.dtype):
            self.refuse(f"a call gives a {type(x).__name__}")
        return x

    def _new(self, value: Any, memory: Memory | None, constant: bool, slot: Slot | None) -> Var:
        var = Var(len(self.vars), value, memory, constant, slot)
        self.vars.append(var)
        self._values.append(value)
        if isinstance(value, np.ndarray):
            self._by_id[id(value)] = var
        return var

    def _noted(self, var: Var) -> Any:
        stands = None if var.noted is None else var.noted()
        if stands is None:
            stands = Noted(self, var.example, var)
            var.noted = ref(stands, lambda _: setattr(var, "gone", len(self.calls)))
        return stands

    def _memory_of(self, x: Any, *, external: bool, constant: bool) -> Memory:
        owner = owner_of(x)
        memory = self._memory.get(id(owner))
        if memory is None:
            memory = self._memory[id(owner)] = Memory(owner, external, constant)
        return memory

    def survivors(self) -> list[Noted]:
        """The stand-ins that still exist once the function has returned."""
        return [stands for var in self.vars if var.noted is not None and (stands := var.noted()) is not None]

    def forget(self) -> None:
        """Let go of the values, which are not needed to compare two traces, nor to run a program."""
        for var in self.vars:
            var.example = var.noted = None
            if var.memory is not None:
                var.memory.owner = None
        self._values, self._by_id, self._memory, self._generators = [], {}, {}, {}
        self.drawn_from, self.numbers_read, self.quiet, self.flags = [], [], [], []

    def _library_arrays(self) -> set[int]:
        """The arrays that the library holds as constants: in its modules, and in functions that remember results."""
        arrays, remembering = _constants_of_library(len(sys.modules))
        self._known |= arrays
        for function in remembering:
            for part in gc.get_referents(function):
                for x in part.values() if isinstance(part, dict) else part if isinstance(part, tuple) else (part,):
                    held = vars(x).values() if hasattr(x, "__dict__") and is_foreign(type(x)) else (x,)
                    self._known |= {id(array) for array in held if isinstance(array, np.ndarray)}
        return self._known


@lru_cache(maxsize=1)
def _constants_of_library(modules: int) -> tuple[set[int], list[Any]]:
    """Arrays that lie in the library's modules, and its functions that remember results."""
    arrays, remembering = set(), []
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("autograd", "nn", "optim") and module is not None:
            for thing in list(vars(module).values()):
                if hasattr(type(thing), "cache_info") and is_ours(thing.__wrapped__.__code__):
                    remembering.append(thing)
                parts = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, tuple) else (thing,)
                arrays |= {id(x) for x in parts if isinstance(x, np.ndarray)}
    return arrays, remembering


def holds_numbers(x: Any) -> bool:
    """Whether a NumPy array or scalar holds numbers, not strings, records or objects."""
    return getattr(x, "dtype", np.dtype(float)).kind in "biufcmM"


def state_of(generator: Any) -> Any:
    """The state of a generator of random numbers, to be compared."""
    return repr(generator.bit_generator.state)


def owner_of(x: Any) -> Any:
    """The array whose memory a view looks at."""
    while True:
        base = x.base
        if base is not None and not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # of `as_strided`
        if not isinstance(base, np.ndarray):
            return x
        x = base
