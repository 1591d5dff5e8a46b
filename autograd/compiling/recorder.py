"""The recorder of a trace: it runs each call with the real values, notes it, and wraps what came out.

Everything that a value does goes through `note`; everything by which a value could leave unseen goes through `look`,
which finds out who looks. A check of the library's own is noted as a guard, to be repeated by each replay. A look of
the user's ends the trace: the values that it got are the right ones, the function goes on and runs eager from then on.
"""

from __future__ import annotations

import ast
import gc
import linecache
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from threading import get_ident
from types import CodeType, FrameType
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiling.calls import Call, Memory, Slot, Var, map_tree, vars_in
from autograd.compiling.frames import LOOKING_AFTER, caller, is_foreign, is_ours, is_room, place_of, users_frame
from autograd.compiling.names import SHAPED, VALUES
from autograd.compiling.noted import Noted, NotedGenerator
from autograd.engine.tensor import Tensor
from autograd.provenance import place as words_of_place
from autograd.recording import RECORDER

_OF_NOTHING = ("arange", "empty", "eye", "full", "identity", "indices", "linspace", "logspace", "ones", "tri", "zeros")
_NOTHING: dict[str, Any] = {}
_ELSEWHERE = (
    "an array that no call noted here has made: it comes from outside (a file, a table, another library, a seed)"
)


class Recorder:
    """The calls of one run. ``refused`` is the first reason why they cannot be replayed, or None."""

    def __init__(self, code: CodeType | None) -> None:
        self.code = code
        self.calls: list[Call] = []
        self.vars: list[Var] = []
        self.refused: str | None = None
        self.active = True
        self.suspended = False  # while an optimizer is at work
        self.thread = get_ident()
        self.numbers_read: list[tuple[Any, Var]] = []  # that the function returns, and does nothing else with
        self.drawn_from: list[tuple[Any, Any]] = []  # generators, and their states at the start
        self.quiet: list[tuple[Any, Any]] = []  # generators that can be reached, and their states before
        self.gradients: list[tuple[Tensor, Any]] = []  # those from before, as long as the function has not dropped them
        self.asked_for: list[Callable[[], Any]] = []  # where generators come from that nothing holds
        self.flags: list[tuple[Any, int]] = []  # arrays whose flags somebody has got hold of
        self.modes = np.geterr()
        self.remembering: set[CodeType | None] = set()  # functions that keep their results: they get plain arrays
        self._by_id: dict[int, Var] = {}
        self.aliases: list[tuple[Slot, Slot]] = []  # two places where one array lies
        self._memory: dict[int, Memory] = {}
        self._values: list[Any] = []  # kept alive, so that their ids stay theirs
        self._known: set[int] = set()
        self._generators: dict[int, tuple[Any, Any]] = {}

    # --- what comes in -------------------------------------------------------------------------------------------

    def external(self, value: Any, slot: Slot) -> Any:
        """What stands for an array or a number from outside; one array has one."""
        if isinstance(value, np.ndarray) and (var := self._by_id.get(id(value))) is not None:
            if var.slot is not None and not slot.is_at(var.slot):
                self.aliases.append((var.slot, slot))
            return self._noted(var)
        memory = None
        if isinstance(value, np.ndarray):
            memory = self._memory_of(value, external=True, constant=False)
        return self._noted(self._new(value, memory, False, slot))

    def generator(self, real: Any, slot: Slot) -> Any:
        """What stands for a generator of random numbers: its draws are noted."""
        if isinstance(real, NotedGenerator) or not self.is_here():
            return real
        if id(real) in self._generators:
            first = self._generators[id(real)][0]._var.slot
            if not slot.is_at(first):
                self.aliases.append((first, slot))
            return self._generators[id(real)][0]
        var = self._new(real, None, False, slot)
        stands = NotedGenerator(self, real, var)
        self.drawn_from.append((real, deepcopy(real.bit_generator.state)))
        self._generators[id(real)] = stands, _state_of(real)
        return stands

    def watch_generators(self, generators: list[Any]) -> None:
        """Note the states of generators, whether or not what stands for them will be used."""
        self.quiet = [(generator, _state_of(generator)) for generator in generators]

    def watch_flags(self, array: Any) -> None:
        """Note the flags of an array, which whoever got hold of them may change."""
        self.flags.append((array, array.flags.num))

    def default_generator(self, get: Callable[[], Any]) -> Any:
        """The same for the one that layers use when they are not told; each replay asks which that is."""
        token = RECORDER.set(None)
        try:
            real = get()
        finally:
            RECORDER.reset(token)
        if self.is_here() and get not in self.asked_for:
            self.asked_for.append(get)
        return self.generator(real, Slot(get, None, (), "default_generator"))

    # --- calls ----------------------------------------------------------------------------------------------------

    def is_here(self) -> bool:
        """Whether calls are to be noted: not after the trace, nor after a refusal, nor in another thread."""
        if not self.active or self.suspended or self.refused is not None:
            return False
        if get_ident() != self.thread:
            self.refuse("another thread used its arrays meanwhile")
            return False
        return True

    def note(self, kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], writes: Any = None) -> Any:
        """Run a call with the values themselves and note it; what came out is wrapped."""
        of_numbers = kind == "operator" or (kind == "function" and isinstance(fn, np.ufunc) and fn.nout == 1)
        if of_numbers and not kwargs and (noted := self._numbers(args)) is not None:
            return self._note_number(kind, fn, args, noted)
        before, self.suspended = self.suspended, True  # what the call does is its own
        try:
            result = run_call(kind, fn, map_tree(args, self._value), map_tree(kwargs, self._value))
        except Exception as error:  # who catches it goes another way, which depends on numbers
            self.suspended = before
            if self.is_here():
                self.refuse(f"{getattr(fn, '__name__', fn)} raises {type(error).__name__}")
            raise
        finally:
            self.suspended = before
        if not self.is_here():
            return result
        noted_args, noted_kwargs = map_tree(args, self._operand), map_tree(kwargs, self._operand)
        self._check_shapes(kind, fn, noted_args, noted_kwargs)
        if self.refused is not None:
            return result
        if writes is None and kind in ("function", "method") and isinstance(result, np.ndarray):
            # an ``out`` that was given by its place
            writes = next((x for x in args[1:] if type(x) is Noted and x._value is result), None)
        if type(result) is bool and not self.reads_for_library():
            self.refuse(f"{getattr(fn, '__name__', fn)} gives a truth value of Python")
            return result
        written = None
        if writes is not None:
            written = self._written(writes)
            if written is None:
                return result
        inputs = list(vars_in((noted_args, noted_kwargs)))
        constant = kind != "draw" and all(var.is_constant for var in inputs)
        if written is not None:
            written.written = True
            if not constant and written.constant:
                written.constant = False
        if kind == "draw":
            self._note_draw(inputs[0])
        out = map_tree(result, lambda x: self._wrap(x, constant))
        out_vars = map_tree(out, lambda x: x._var if type(x) is Noted else None)
        self._append(Call(kind, fn, noted_args, noted_kwargs, out_vars, written, self._place(), self._modes()))
        return out

    def _numbers(self, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The operands of a call as a program holds them, if they are numbers all."""
        found = []
        for x in args:
            if type(x) is Noted:
                if x._recorder is not self or x._var.memory is not None:
                    return None
                found.append(x._var)
            elif type(x) is float or type(x) is int:
                found.append(x)
            else:
                return None
        return tuple(found)

    def _note_number(self, kind: str, fn: Any, args: tuple[Any, ...], noted: tuple[Any, ...]) -> Any:
        """`note` for numbers, of which there may be a hundred thousand: it leaves out what arrays only need."""
        try:
            result = fn(*[x._value if type(x) is Noted else x for x in args])
        except Exception as error:
            if self.is_here():
                self.refuse(f"{getattr(fn, '__name__', fn)} raises {type(error).__name__}")
            raise
        if not self.is_here():
            return result
        if type(result) is bool and not self.reads_for_library():
            self.refuse(f"{getattr(fn, '__name__', fn)} gives a truth value of Python")
            return result
        out = self._wrap(result, all(type(x) is not Var or x.constant for x in noted))
        self._append(Call(kind, fn, noted, _NOTHING, getattr(out, "_var", None), None, self._place(), self._modes()))
        return out

    def _check_shapes(self, kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse a result whose shape depends on what was computed."""
        if kind not in ("function", "method", "draw") or isinstance(fn, np.ufunc):
            return
        name = fn if isinstance(fn, str) else fn.__name__
        varying = [var for var in vars_in((args if name in _OF_NOTHING else args[1:], kwargs)) if not var.is_constant]
        shape = (args[:1] if name == "full" else args[4:] if name.endswith("_like") else (), kwargs.get("shape"))
        if kwargs.get("overwrite_input") or (name == "nan_to_num" and not all((*args[1:2], kwargs.get("copy", True)))):
            self.refuse(f"{name} writes into its operand")
        if any(not var.is_constant for var in vars_in(shape)):
            wrong = True
        elif name in SHAPED:
            wrong = bool(varying)
        else:
            wrong = name not in VALUES and any(
                var.memory is None and issubclass(var.form[0], int | np.integer | np.bool_) for var in varying
            )
        if wrong:
            self.refuse(f"the shape of a result of {name} depends on what was computed")

    def _append(self, call: Call) -> None:
        if dropped := [(t, old._value) for t, old in self.gradients if t._grad is not old]:
            olds = [(t, (old.shape, old.dtype, old.strides)) for t, old in dropped]
            self.calls.append(Call("drop", "drop", (), {"olds": olds}, None, None, call.place, call.modes))
            self.gradients = [(t, old) for t, old in self.gradients if t._grad is old]
        self.calls.append(call)

    def _place(self) -> tuple[str, int]:
        return place_of(users_frame(sys._getframe(2)))

    def _modes(self) -> tuple[tuple[str, str], ...]:
        """How floating-point errors are treated here, where it is not as around the step."""
        now = np.geterr()
        return () if now == self.modes else tuple((k, str(v)) for k, v in now.items() if v != self.modes.get(k))

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
                self.refuse("an array of words or records is used")
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

    def _wrap(self, x: Any, constant: bool) -> Any:
        """What stands for a result; what is no array and no number is what it is."""
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

    # --- who looks ------------------------------------------------------------------------------------------------

    def refuse(self, reason: str, frame: FrameType | None = None, where: bool = True) -> None:
        """Note why this cannot be replayed, with the line of the user's program."""
        if self.refused is None:
            here = users_frame(frame or sys._getframe(1)) if where else None
            self.refused = reason if here is None else f"{reason}, at {words_of_place(*place_of(here))}"

    def look(self, noted: Noted, what: str, value: Any) -> None:
        """Somebody gets hold of a plain value."""
        if not self.is_here() or noted._var.is_constant:
            return
        frame = caller(sys._getframe(1))
        if frame is not None and frame.f_code.co_filename in LOOKING_AFTER:
            return
        if what == "bool":
            if frame is not None and is_ours(frame.f_code):
                self._guard(noted._var, value)
                return
            self.refuse("it branches on the value of an array", frame)
        elif isinstance(value, float) and frame is not None and self._is_returned(frame):
            self.numbers_read.append((value, self._number_of(noted, value)))
        else:
            hint = " (.item() keeps it)" if what == "float()" else ""
            self.refuse(f"a plain value leaves the trace by {what}{hint}", frame)

    def _number_of(self, noted: Noted, value: float) -> Var:
        """The Python number that was read of a value."""
        if isinstance(noted._value, float) and type(noted._value) is float:
            found: Var = noted._var
            return found
        var = self._new(value, None, False, None)
        self._append(Call("method", "item", (noted._var,), {}, var, None, self._place(), ()))
        return var

    def hand_out(self, noted: Noted, what: str) -> None:
        """Somebody gets hold of the memory itself, and may write to it: no array is a constant then."""
        if self.is_here():
            frame = caller(sys._getframe(1))
            if not (noted._var.is_constant and frame is not None and is_ours(frame.f_code)):  # the library only reads
                self.refuse(f"a plain value leaves the trace by {what}", frame)

    def _guard(self, var: Var, value: bool | int) -> None:
        """A replay is right only where this is again what it is here."""
        self._append(Call("guard", "guard", (var,), {"is": value}, None, None, self._place(), ()))

    def count(self, mask: Noted) -> None:
        """An index by a mask: its result has as many entries as are chosen, which must be so many each time."""
        number = self.note("function", np.count_nonzero, (mask,), {})
        if type(number) is Noted and not number._var.is_constant:
            self._guard(number._var, number._value)

    def reads_for_library(self) -> bool:
        """Whether it is the library that reads a number, to compare it."""
        frame = caller(sys._getframe(2))
        return frame is not None and is_ours(frame.f_code)

    def _is_returned(self, frame: FrameType) -> bool:
        """Whether the call that a frame is at stands in a ``return`` of the traced function, alone or in a tuple, list
        or dict: then nothing else can be done with its result."""
        if frame.f_code is not self.code or not is_room(frame.f_back):  # it may call itself
            return False
        span = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        text = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return False
        pending = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Tuple | ast.List):
                pending += node.elts
            elif isinstance(node, ast.Dict):
                pending += node.values
            elif (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == span:
                return True
        return False

    # --- random numbers -------------------------------------------------------------------------------------------

    def _note_draw(self, var: Var) -> None:
        stands, before = self._generators[id(var.example)]
        if before is not None and before != stands._before:
            self.refuse("a generator drew numbers unseen")
        self._generators[id(var.example)] = stands, _state_of(var.example)

    def check_unseen(self) -> None:
        """Note flags that were changed, and refuse draws that were not noted."""
        for array, before in self.flags:
            if array.flags.num != before:
                var = self._by_id[id(array)]
                if var.slot is not None:
                    self.refuse("the flags of an array from outside are changed", where=False)
                write = {"write": array.flags.writeable}
                self._append(Call("method", "setflags", (var,), write, None, None, ("", 0), ()))
        for stands, state in self._generators.values():
            if state != _state_of(stands._value):
                self.refuse("a generator drew numbers unseen", where=False)
        for real, state in self.quiet:
            if id(real) not in self._generators and state != _state_of(real):
                self.refuse("a generator drew numbers unseen", where=False)

    # --- what runs as a whole -------------------------------------------------------------------------------------

    def whole(self, owner: Any, name: str, tensors: list[Tensor], run: Callable[[], Any]) -> None:
        """A step of an optimizer: it is done by the optimizer itself, here and in each replay, on plain arrays."""
        if not self.is_here():
            run()
            return
        held = [(t, t._data, t._grad) for t in tensors]
        before = [self._value(t._data) for t in tensors]
        grads: list[Any] = []
        replaced: list[Any] = []  # the data that a Tensor has got meanwhile
        for t, _, grad in held:
            var = self._operand(grad) if grad is not None else None
            grads.append(var)
            if grad is not None:
                plain = self._value(grad)
                t._grad = plain
            var = t._data._var if type(t._data) is Noted else None
            replaced.append(var if var is not None and var.slot is None else None)
            if (
                var is None
                or var.memory is None
                or (var.slot is None) is var.memory.external
                or (var.slot is not None and var.slot.holder is not t)
            ):
                self.refuse(f"{type(owner).__name__} steps what the function has put into a Tensor, or an argument")
            elif var.slot is None:
                var.memory.written, var.memory.constant = True, False
            t._data = self._value(t._data)
        self.suspended = True
        token = RECORDER.set(None)
        try:
            run()
        finally:
            RECORDER.reset(token)
            self.suspended = False
            moved = False
            for (t, data, grad), real in zip(held, before, strict=True):
                if t._data is not real:
                    moved = True
                else:
                    t._data = data
                if t._grad is self._value(grad):
                    t._grad = grad
                else:
                    self.refuse(f"{type(owner).__name__} changes gradients")
        if moved:
            self.refuse(f"{type(owner).__name__} has put other arrays in place of its parameters")
        what = {"tensors": tensors, "grads": grads, "data": replaced}
        self._append(Call("host", name, (owner,), what, None, None, self._place(), ()))

    # --- afterwards -----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Let go of the values, which are not needed to compare two traces, nor to run a program."""
        for var in self.vars:
            var.example = var.noted = None
            if var.memory is not None:
                var.memory.owner = None
        self._values, self._by_id, self._memory, self._generators = [], {}, {}, {}
        self.drawn_from, self.numbers_read, self.quiet, self.flags = [], [], [], []

    def origin_of(self, noted: Noted) -> str:
        """What stands for a value, in words."""
        var = noted._var
        if var.slot is not None:
            return f"the value of {var.slot.label}"
        call = next((call for call in self.calls if any(v is var for v in call.results())), None)
        return "an array" if call is None else f"what {call.name} gives, at {words_of_place(*call.place)}"

    def survivors(self) -> list[Noted]:
        """What still stands for a value once the function has returned."""
        return [stands for var in self.vars if var.noted is not None and (stands := var.noted()) is not None]


@lru_cache(maxsize=1)
def _constants_of_library(modules: int) -> tuple[set[int], list[Any]]:
    """Arrays that lie in the library's modules, and its functions that remember results."""
    arrays, remembering = set(), []
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("autograd", "nn", "optim") and module is not None:
            for thing in list(vars(module).values()):
                if hasattr(thing, "cache_info") and is_ours(thing.__wrapped__.__code__):
                    remembering.append(thing)
                parts = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, tuple) else (thing,)
                arrays |= {id(x) for x in parts if isinstance(x, np.ndarray)}
    return arrays, remembering


def holds_numbers(x: Any) -> bool:
    """Whether an array or a number of NumPy is one of numbers, and not of words, records or objects."""
    return getattr(x, "dtype", np.dtype(float)).kind in "biufcmM"


def _state_of(generator: Any) -> Any:
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


def run_call(kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a call of a kind does."""
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
