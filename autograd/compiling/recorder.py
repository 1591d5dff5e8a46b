"""The recorder of a trace: it runs each call with the real values, notes it, and wraps the results (docs/design.md)."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from autograd.compiling.calls import Call, Var, map_tree, run_call, vars_in
from autograd.compiling.errors import Refused
from autograd.compiling.frames import LOOKING_AFTER, caller, is_ours, is_room, place_of, stands_in_return, users_frame
from autograd.compiling.names import OF_NOTHING, SHAPED, VALUES
from autograd.compiling.noted import Noted
from autograd.compiling.values import Values, state_of
from autograd.engine.tensor import Tensor
from autograd.provenance import place as words_of_place
from autograd.recording import RECORDER

_NOTHING: dict[str, Any] = {}


class Recorder(Values):
    """The calls of one run."""

    def __init__(self, code: CodeType | None) -> None:
        super().__init__()
        self.code = code
        self.gradients: list[tuple[Tensor, Any]] = []  # those from before, as long as the function has not dropped them
        self.modes = np.geterr()
        self.broken_off: bool = False

    def note(self, kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], writes: Any = None) -> Any:
        """Run a call with the real values and note it; its results are wrapped."""
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
            self.refuse(f"{getattr(fn, '__name__', fn)} gives a Python bool")
            return result
        written = None if writes is None else self._written(writes)
        if self.refused is not None:
            return result
        inputs = vars_in((noted_args, noted_kwargs))
        constant = kind != "draw" and all(var.is_constant for var in inputs)
        if written is not None:
            written.written = True
            written.constant = written.constant and constant
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
            self.refuse(f"{getattr(fn, '__name__', fn)} gives a Python bool")
            return result
        out = self._wrap(result, all(type(x) is not Var or x.constant for x in noted))
        self._append(Call(kind, fn, noted, _NOTHING, getattr(out, "_var", None), None, self._place(), self._modes()))
        return out

    def _check_shapes(self, kind: str, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse a result whose shape depends on computed values."""
        if kind not in ("function", "method", "draw") or isinstance(fn, np.ufunc):
            return
        name = fn if isinstance(fn, str) else fn.__name__
        varying = [var for var in vars_in((args if name in OF_NOTHING else args[1:], kwargs)) if not var.is_constant]
        shape = (args[:1] if name == "full" else args[4:] if name.endswith("_like") else (), kwargs.get("shape"))
        if kwargs.get("overwrite_input") or (name == "nan_to_num" and not all((*args[1:2], kwargs.get("copy", True)))):
            self.refuse(f"{name} writes into its operand")
        counts = [v for v in varying if v.memory is None and issubclass(v.form[0], int | np.integer | np.bool_)]
        wrong = varying if name in SHAPED else [] if name in VALUES else counts
        if wrong or any(not var.is_constant for var in vars_in(shape)):
            self.refuse(f"the shape of a result of {name} depends on computed values")

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

    def look(self, noted: Noted, what: str, value: Any) -> None:
        """Code outside gets hold of a plain value."""
        if not self.is_here() or noted._var.is_constant:
            return
        frame = caller(sys._getframe(1))
        if frame is not None and frame.f_code.co_filename in LOOKING_AFTER:
            return
        checked = what == "bool" or (type(value) is int and value == noted._value)  # how many classes there are, say
        if checked and frame is not None and is_ours(frame.f_code):
            self._guard(noted._var, value)
        elif what == "bool":
            self.refuse("it branches on the value of an array", frame)
        elif (
            isinstance(value, float)
            and frame is not None
            and frame.f_code is self.code
            and is_room(frame.f_back)  # it may call itself
            and stands_in_return(frame)
        ):
            self.numbers_read.append((value, self._number_of(noted, value)))
        else:
            hint = " (.item() does not)" if what == "float()" else ""
            self.refuse(f"a plain value leaves the trace through {what}{hint}", frame)

    def _number_of(self, noted: Noted, value: float) -> Var:
        """The Python number that was read of a value."""
        if type(noted._value) is float:
            return noted._var  # type: ignore[no-any-return]
        var = self._new(value, None, False, None)
        self._append(Call("method", "item", (noted._var,), {}, var, None, self._place(), ()))
        return var

    def break_off(self, reason: str) -> None:
        """Refuse, and end the trace; if the function catches the exception, at its end."""
        if self.is_here():
            self.refuse(reason)
            self.broken_off = True
            raise Refused(self.refused or reason)

    def hand_out(self, noted: Noted, what: str) -> None:
        """Code outside gets hold of the memory itself, and may write to it: no array is a constant then."""
        if self.is_here():
            frame = caller(sys._getframe(1))
            if not (noted._var.is_constant and frame is not None and is_ours(frame.f_code)):  # the library only reads
                self.refuse(f"a plain value leaves the trace through {what}", frame)

    def _guard(self, var: Var, value: bool | int) -> None:
        """Note a check: a replay is only right if this value is the same again."""
        self._append(Call("guard", "guard", (var,), {"is": value}, None, None, self._place(), ()))

    def count(self, mask: Noted) -> None:
        """Note the count of a mask used as index: the shape of the result depends on it, so it must stay the same."""
        number = self.note("function", np.count_nonzero, (mask,), {})
        if type(number) is Noted and not number._var.is_constant:
            self._guard(number._var, number._value)

    def reads_for_library(self) -> bool:
        """Whether the reader of a number is the library, which only compares it."""
        frame = caller(sys._getframe(2))
        return frame is not None and is_ours(frame.f_code)

    def _note_draw(self, var: Var) -> None:
        stands, before = self._generators[id(var.example)]
        if before is not None and before != stands._before:
            self.refuse("a generator drew numbers outside the trace")
        self._generators[id(var.example)] = stands, state_of(var.example)

    def check_unseen(self) -> None:
        """Note flags that were changed, and refuse draws that were not noted."""
        if np.geterr() != self.modes:
            self.refuse("it changes NumPy's handling of floating-point errors: use np.errstate", where=False)
        for array, before in self.flags:
            if array.flags.num != before:
                var = self._by_id[id(array)]
                if var.slot is not None:
                    self.refuse("it changes the flags of an array from outside", where=False)
                write = {"write": array.flags.writeable}
                self._append(Call("method", "setflags", (var,), write, None, None, ("", 0), ()))
        noted = [(stands._value, state) for stands, state in self._generators.values()]
        quiet = [(real, state) for real, state in self.quiet if id(real) not in self._generators]
        if any(state != state_of(real) for real, state in noted + quiet):
            self.refuse("a generator drew numbers outside the trace", where=False)

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
            grads.append(self._operand(grad))
            t._grad = self._value(grad)
            var = t._data._var if type(t._data) is Noted else None
            replaced.append(var if var is not None and var.slot is None else None)
            if (
                var is None
                or var.memory is None
                or (var.slot is None) is var.memory.external
                or (var.slot is not None and var.slot.holder is not t)
            ):
                self.refuse(
                    f"{type(owner).__name__} updates a Tensor whose data the function has replaced, or an argument"
                )
            elif var.slot is None:
                var.memory.written, var.memory.constant = True, False
            t._data = self._value(t._data)
        self.suspended = True
        token = RECORDER.set(None)
        try:
            run()
        finally:
            RECORDER.reset(token)
            self.suspended: bool = False
            for (t, data, grad), real in zip(held, before, strict=True):
                if t._data is not real:
                    self.refuse(f"{type(owner).__name__} has replaced the arrays of its parameters")
                else:
                    t._data = data
                if t._grad is self._value(grad):
                    t._grad = grad
                else:
                    self.refuse(f"{type(owner).__name__} changes gradients")
        what = {"tensors": tensors, "grads": grads, "data": replaced}
        self._append(Call("host", name, (owner,), what, None, None, self._place(), ()))

    def origin_of(self, noted: Noted) -> str:
        """The origin of a traced value, in words."""
        var = noted._var
        if var.slot is not None:
            return f"the value of {var.slot.label}"
        call = next((call for call in self.calls if any(v is var for v in call.results())), None)
        return "an array" if call is None else f"the result of {call.name} at {words_of_place(*call.place)}"


@contextmanager
def spied(hosts: list[Any], recorder: Recorder) -> Any:
    """Notice when the user's code reads or sets attributes of a host: a replay would not see it."""
    classes = [type(host) for host in hosts]
    for host, cls in zip(hosts, classes, strict=True):
        host.__class__ = _spy_of(cls, recorder)
    try:
        yield
    finally:
        for host, cls in zip(hosts, classes, strict=True):
            host.__class__ = cls


def _spy_of(cls: type, recorder: Recorder) -> type:
    allowed = getattr(cls, "_replayed", ())

    def by_user(name: str) -> bool:
        code = sys._getframe(2).f_code
        return not is_ours(code) and not (name.startswith("__") or name in allowed)

    def get(self: Any, name: str) -> Any:
        if name == "__class__":
            return cls
        if by_user(name):
            recorder.refuse(f"it reads .{name} of {cls.__name__}")
        return cls.__getattribute__(self, name)  # type: ignore[call-arg]

    def put(self: Any, name: str, value: Any) -> None:
        if by_user(name):
            recorder.refuse(f"it sets .{name} of {cls.__name__}")
        cls.__setattr__(self, name, value)  # type: ignore[call-arg]

    spy = type(cls.__name__, (cls,), {"__slots__": (), "_spied": cls, "__getattribute__": get, "__setattr__": put})
    spy.__module__, spy.__qualname__ = cls.__module__, cls.__qualname__
    return spy
