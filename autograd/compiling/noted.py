"""The stand-in for a value while a function is traced: every use of it is noted, and none goes unseen."""

import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd.compiling.calls import map_tree
from autograd.compiling.frames import LOOKING_AFTER, is_ours
from autograd.compiling.names import ABOUT_FORM, DRAWS, FUNCTIONS, METADATA, METHODS, WRITERS, WRITING
from autograd.compiling.operators import BINARY, COMPARISONS, UNARY
from autograd.engine.tensor import Tensor
from autograd.values import stores_an_item

_put = object.__setattr__


class Noted:
    """An array or a number of a trace."""

    __slots__ = ("__weakref__", "_recorder", "_value", "_var")

    def __init__(self, recorder: Any, value: Any, var: Any) -> None:
        _put(self, "_recorder", recorder)
        _put(self, "_value", value)
        _put(self, "_var", var)

    __class__ = property(lambda self: type(self._value))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Tensor) for x in inputs):
            return NotImplemented
        kind = "function" if method == "__call__" else f"ufunc.{method}"
        out = kwargs.get("out", (None,))
        if len(out) > 1:
            self._recorder.refuse(f"numpy.{ufunc.__name__} writes into several arrays")
        return self._recorder.note(kind, ufunc, inputs, kwargs, writes=inputs[0] if method == "at" else out[0])

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        recorder, name = self._recorder, function.__name__
        if name in ("may_share_memory", "shares_memory") and not recorder.reads_for_library():
            recorder.refuse(f"numpy.{name} reveals memory addresses, which are not numbers")
        if name in ABOUT_FORM:
            return function(*plain(args), **plain(kwargs))
        if name in ("array2string", "array_repr", "array_str"):
            recorder.look(self, "its text", None)
        elif name not in FUNCTIONS or (name == "where" and len(args) + len(kwargs) == 1):
            recorder.refuse(
                f"numpy.{name} is not known to the compiler, or its results depend on values in more than their numbers"
            )
        elif name == "repeat" and not isinstance(kwargs.get("repeats", args[1] if len(args) > 1 else 0), int):
            recorder.refuse("numpy.repeat with a count for each entry gives arrays of varying shapes")
        writes = kwargs.get("out")
        if name in WRITING:
            writes = kwargs.get("dst", kwargs.get("arr", kwargs.get("a", args[0] if args else None)))
        elif type(writes) is tuple:
            writes = writes[0]
        return recorder.note("function", function, args, kwargs, writes=writes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._recorder.hand_out(self, "an array of a kind that cannot be traced")
        return np.asarray(self._value, dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._value
        if name == "base" and not is_ours(sys._getframe(1).f_code) and self._recorder.is_here():
            self._recorder.refuse(f".{name} reveals a memory address, which is not a number")
        if name in ("flags", "setflags") and isinstance(value, np.ndarray):
            self._recorder.watch_flags(value)
            return getattr(value, name)
        if name in METADATA or sys._getframe(1).f_code.co_filename in LOOKING_AFTER:
            return getattr(value, name)
        if not hasattr(value, name):
            raise AttributeError(f"{type(value).__name__!r} object has no attribute {name!r}")
        if name in ("T", "mT", "real", "imag"):
            return self._recorder.note("attribute", name, (self,), {})
        if name == "base":
            base = value.base
            var = self._recorder._by_id.get(id(base)) if isinstance(base, np.ndarray) else None
            return base if base is None else self._recorder._noted(var) if var is not None else object()
        if isinstance(value, np.ndarray | np.generic):
            if name in METHODS or name in WRITERS or name == "item":
                return self._method(name)
            if name == "resize":
                self._recorder.refuse(f".{name}() changes an array itself")
                return getattr(value, name)
        if name in ("tobytes", "tolist"):
            self._recorder.look(self, f".{name}", None)
        else:
            self._recorder.hand_out(self, f".{name}")
        return getattr(value, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._recorder.refuse(f".{name} of an array is assigned to")
        setattr(self._value, name, value)

    def _method(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            writes = self if name in WRITERS else kwargs.get("out")
            if name == "repeat" and not isinstance(kwargs.get("repeats", args[0] if args else 0), int):
                self._recorder.refuse(".repeat() with a count for each entry gives arrays of varying shapes")
            return self._recorder.note("method", name, (self, *args), kwargs, writes=writes)

        return method

    def __getitem__(self, index: Any) -> Any:
        recorder = self._recorder
        for part in index if type(index) is tuple else (index,):
            if type(part) is slice and any(_varies(x) for x in (part.start, part.stop, part.step)):
                recorder.refuse("a slice with a computed end gives arrays of varying shapes")
            if isinstance(part, list):
                if any(isinstance(x, bool | np.bool_) and _varies(x) for x in part):
                    recorder.refuse("an index with booleans gives arrays of varying shapes")
                part = np.asarray(plain(part))
            if getattr(part, "dtype", None) == np.bool_ and type(part) is Noted:
                recorder.count(part)  # which decides about the shape of the result
        return recorder.note("getitem", "getitem", (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        if not stores_an_item(sys._getframe(1)):  # NumPy's generators take this for a list, whose entries are no views
            self._recorder.break_off("a call, such as a generator's shuffle, changes entries of an array")
        self._recorder.note("setitem", "setitem", (self, index, value), {}, writes=self)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        iter(self._value)
        return (self[i] for i in range(len(self._value)))

    def __contains__(self, item: Any) -> bool:
        value = plain(item) in self._value
        self._recorder.look(self, "in", value)
        return bool(value)

    def __bool__(self) -> bool:
        value = bool(self._value)
        self._recorder.look(self, "bool", value)
        return value

    def __float__(self) -> float:
        value = float(self._value) * 1.0  # an object of its own, by which it is known where it is returned
        self._recorder.look(self, "float()", value)
        return value

    def __copy__(self) -> Any:
        return self.copy() if isinstance(self._value, np.ndarray) else self

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()


class _Asked(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and type(args[0]) in NOTED:
            return args[0].__class__
        found = type(*args, **kwargs)
        return vars(found).get("_spied", found) if len(args) == 1 else found

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, type)


class noted_type(type, metaclass=_Asked):
    """``type`` for the functions that are traced: for a stand-in, the class of its value."""


def _varies(x: Any) -> bool:
    return type(x) is Noted and not x._var.is_constant


def plain(tree: Any) -> Any:
    """The same with values in the place of their stand-ins."""
    return map_tree(tree, lambda x: x._value if type(x) in NOTED else x)


def _binary(function: Any, ufunc: Any) -> None:
    name = function.__name__.strip("_")

    def foreign(other: Any) -> bool:
        return hasattr(type(other), "__array_ufunc__") and not isinstance(other, np.ndarray | np.generic | Noted)

    def forward(self: Noted, other: Any) -> Any:
        if foreign(other):
            return ufunc(self, other) if isinstance(self._value, np.ndarray | np.generic) else NotImplemented
        return self._recorder.note("operator", function, (self, other), {})

    def reflected(self: Noted, other: Any) -> Any:
        return NotImplemented if foreign(other) else self._recorder.note("operator", function, (other, self), {})

    def in_place(self: Noted, other: Any) -> Any:
        if not isinstance(self._value, np.ndarray):
            return forward(self, other)
        if foreign(other):
            return NotImplemented
        return self._recorder.note("in place", getattr(operator, f"i{name}"), (self, other), {}, writes=self)

    setattr(Noted, f"__{name}__", forward)
    if function not in COMPARISONS:
        setattr(Noted, f"__r{name}__", reflected)
        setattr(Noted, f"__i{name}__", in_place)


def _unary(function: Any) -> None:
    setattr(Noted, f"__{function.__name__}__", lambda self: self._recorder.note("operator", function, (self,), {}))


for _function, (_, _ufunc) in BINARY.items():
    _binary(_function, _ufunc)
for _function in (*UNARY, operator.abs):
    _unary(_function)


def _leaving(words: str, function: Callable[..., Any]) -> Any:
    """A method by which a plain value leaves a trace."""

    def method(self: Noted, *args: Any) -> Any:
        value = function(self._value, *args)
        self._recorder.look(self, words, value if function in (int, operator.index) else None)
        return value

    return method


for _function, _words in (
    (int, "int()"), (operator.index, "an index"), (complex, "complex()"), (round, "round()"), (hash, "hash()"),
    (repr, "its text"), (str, "its text"), (format, "its text"),
):  # fmt: skip
    setattr(Noted, f"__{_function.__name__}__", _leaving(_words, _function))
Noted.__reduce_ex__ = _leaving("pickle", lambda x, protocol: x.__reduce_ex__(protocol))  # type: ignore[method-assign]


class NotedGenerator:
    """A generator of random numbers of a trace: its draws are noted."""

    __slots__ = ("__weakref__", "_before", "_recorder", "_value", "_var")

    def __init__(self, recorder: Any, value: Any, var: Any) -> None:
        self._recorder, self._value, self._var = recorder, value, var
        self._before: Any = None

    __class__ = property(lambda self: type(self._value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._value, name)
        if name not in DRAWS:
            self._recorder.refuse(f".{name} of a generator is used")
            return (lambda *args, **kwargs: found(*plain(args), **plain(kwargs))) if callable(found) else found

        def draw(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("out") is not None:
                self._recorder.refuse("a generator draws into an array")
            self._before = repr(self._value.bit_generator.state)
            return self._recorder.note("draw", name, (self, *args), kwargs)

        return draw


NOTED = (Noted, NotedGenerator)
