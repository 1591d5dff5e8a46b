"""Finds everything that a function can reach: all that it could read or change besides its arguments."""

import dis
import operator
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Iterator
from functools import partial
from types import CodeType, ModuleType
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiling.errors import Refused
from autograd.compiling.frames import is_foreign
from autograd.compiling.holders import CONTENT, Holder, field_of
from autograd.engine.graph import GONE, Vertex
from autograd.engine.op import Op
from autograd.engine.tensor import Tensor

LIMIT = 50_000  # objects; who reaches more has the world in its closure
ENTRIES = 20_000  # of objects, lists and dicts; to look at more before each call takes longer than the call

_ATOMS = (
    bool, int, float, complex, str, bytes, type(None), type(...), type(NotImplemented), np.dtype, np.ufunc, np.generic,
    CodeType, Vertex, slice, range,
)  # fmt: skip
_OPAQUE = frozenset({"io", "_io", "logging", "_thread", "re"})

_DESCRIPTORS = (
    property, staticmethod, classmethod, types.MemberDescriptorType, types.GetSetDescriptorType,
    types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
)  # fmt: skip
_ASKING = (operator.attrgetter, operator.itemgetter, operator.methodcaller)
_WRAPPERS = (
    types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType, types.MappingProxyType, partial, ref,
    *_ASKING,
)  # fmt: skip
_ON_THE_HEAP = 1 << 9  # a flag of the classes that a ``class`` statement has made, and of some of C's
_OPEN = (object, types.SimpleNamespace, list, dict, set, frozenset, tuple, deque)

_STDLIB = sysconfig.get_path("stdlib")  # the methods of a dataclass stand there, say

# Built-in functions that read names nobody can foresee.
_UNSEEN = frozenset({"__import__", "eval", "exec", "globals", "id", "locals"})

# Built-in functions that other functions stand for during a trace.
ASKED = frozenset({"getattr", "hasattr", "isinstance", "type", "vars"})

# What Python gives each module and each class: names that say nothing.
_OF_MODULES = vars(ModuleType("")).keys() | {"__builtins__", "__cached__", "__file__", "__path__"}
_OF_CLASSES = vars(type).keys() | {"__dataclass_fields__", "__dataclass_params__", "__slots__", "__weakref__"}

# Names that look for other names.
_LOOKING = frozenset({"__dict__", "__getattribute__", "getattr_static"})

MADE_OF = ("__code__", "__defaults__", "__kwdefaults__")  # of a function

# What has no attributes to look at, and does not change.
_UNCHANGING = frozenset({"_abc", "_operator", "datetime", "decimal", "operator", "types", "typing", "uuid", "zoneinfo"})


class Reachable:
    """The holders, Tensors, generators and optimizers that a function and its arguments can reach."""

    def __init__(self, roots: list[tuple[Any, str]], *, inside_hosts: bool = False) -> None:
        self.holders: list[Holder] = []
        self.tensors: list[tuple[Tensor, str]] = []
        self.met_again: set[int] = set()  # Tensors that lie in several places
        self.arrays: list[tuple[Any, str]] = []
        self.generators: list[tuple[Any, str]] = []
        self.hosts: list[Any] = []
        self.asking: dict[int, tuple[dict[str, Any], set[str]]] = {}  # globals of functions that call ``type`` and such
        self._inside = inside_hosts
        self._seen: dict[int, Any] = {}
        self._entries = 0
        self._pending: deque[tuple[Any, str]] = deque(roots)
        # A module may be handed to another function, or asked by ``getattr``: all names and words in all code count.
        self._words: set[str] = set()
        self._modules: dict[int, tuple[ModuleType, set[str]]] = {}
        while self._pending:
            while self._pending:
                self._visit(*self._pending.popleft())
                if len(self._seen) > LIMIT:
                    raise Refused(f"it can reach more than {LIMIT} objects")
            self._meet_words()

    def _visit(self, x: Any, label: str) -> None:
        if x is None or id(x) in self._seen:
            if isinstance(x, Tensor):
                self.met_again.add(id(x))
            return
        atom = isinstance(x, _ATOMS)
        if atom and (isinstance(x, np.ufunc) or not getattr(x, "__dict__", None)):  # a ufunc keeps its signature there
            return
        self._seen[id(x)] = x
        if (atom or isinstance(x, tuple)) and getattr(x, "__dict__", None):  # a number or a word with attributes
            self._hold(Holder("object", x, label))
            self._pending.append((type(x), type(x).__name__))
        if not atom:
            self._meet(x, label)

    def _meet(self, x: Any, label: str) -> None:
        if isinstance(x, np.ndarray):
            self._meet_array(x, label)
        elif isinstance(x, Tensor):
            self._meet_tensor(x, label)
        elif isinstance(x, types.FunctionType):
            self._meet_function(x, label)
        elif isinstance(x, list | deque | dict):
            self._hold(Holder("dict" if isinstance(x, dict) else "list", x, label))
            if getattr(x, "__dict__", None):
                self._hold(Holder("object", x, label))
            self._pending.append((type(x), type(x).__name__))
        elif isinstance(x, set):
            self._hold(Holder("set", x, label))
        elif isinstance(x, tuple | frozenset):
            self._pending += [(part, f"{label}[{i}]") for i, part in enumerate(x)]
        elif isinstance(x, _WRAPPERS):
            self._meet_wrapper(x, label)
        elif isinstance(x, ModuleType):
            if not _is_foreign_module(x):  # the value of an attribute, say: any of its names may be read
                self._meet_module(x, None)
        elif isinstance(x, type):
            self._meet_class(x, label)
        else:
            self._meet_object(x, label)

    def _meet_wrapper(self, x: Any, label: str) -> None:
        """Look into an object that wraps another."""
        asked: Any = x.__reduce__()[1] if isinstance(x, _ASKING) else x.args if isinstance(x, partial) else ()
        owner = x() if isinstance(x, ref) else getattr(x, "__self__", None)
        if any(map(_has_array, (*asked, owner))):
            raise Refused(f"{label} holds an array in a place that cannot be tracked")
        if hasattr(owner, "bit_generator"):
            raise Refused(f"{label} is a method of a generator: keep the generator itself")
        if isinstance(x, types.MethodType):
            self._pending += [(x.__self__, f"{label}.__self__"), (x.__func__, label)]
        elif isinstance(x, types.BuiltinFunctionType | types.MethodWrapperType):
            if not isinstance(x.__self__, ModuleType):
                self._pending.append((x.__self__, f"{label}.__self__"))
        elif isinstance(x, partial):
            self._pending += [(x.func, label), (x.args, f"{label}.args"), (x.keywords, f"{label}.keywords")]
        elif isinstance(x, ref):
            self._pending.append((x(), label))
        elif isinstance(x, _ASKING):
            self._words |= {word for part in asked if isinstance(part, str) for word in part.split(".")}
            self._pending.append((asked, label))
        else:
            raise Refused(f"{label} is a view of a dict that may change")

    def _hold(self, holder: Holder, modules: bool = True) -> None:
        """Note a holder, and look into its entries; into modules only where any of their names may be read."""
        self.holders.append(holder)
        self._entries += len(holder.keys())
        if self._entries > ENTRIES:
            raise Refused(f"it can reach more than {ENTRIES} entries, among them {holder.label or 'globals'}")
        for key, value in zip(holder.keys(), holder.values(), strict=True):
            if modules or not isinstance(value, ModuleType):
                self._pending.append((value, holder.name_of(key)))

    def _meet_array(self, x: Any, label: str) -> None:
        if type(x) is not np.ndarray:
            raise Refused(f"{label} is a {type(x).__name__}, which is not a plain array")
        if x.dtype.hasobject:
            raise Refused(f"{label} is an array of objects")
        self.arrays.append((x, label))

    def _meet_tensor(self, t: Tensor, label: str) -> None:
        if is_live(t):
            raise Refused(f"{label} is a Tensor with a graph from an earlier computation")
        if (hooks := hooks_of(t)) is not None:
            self._hold(Holder("list", hooks, f"the hooks of {label}"))
        self.tensors.append((t, label))
        self._seen[id(t._data)] = t._data
        if t.is_leaf and t._grad is not None:
            self._seen[id(t._grad)] = t._grad

    def _meet_function(self, f: Any, label: str) -> None:
        op = getattr(f, "op", None)
        if op is not None and is_foreign(f):  # of `custom_op`: the user's functions
            self._visit(op, label)
            return
        if hasattr(f, "__wrapped__"):
            self._pending.append((f.__wrapped__, label))
        if is_foreign(f):  # of a transform: what it was made of
            self._pending += [(field_of(cell, CONTENT), label) for cell in f.__closure__ or ()]
            return
        codes = list(_codes(f.__code__))
        names = {name for code in codes for name in code.co_names}
        looks = (x for code in codes for x in dis.get_instructions(code) if x.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        asked = {x.argval for x in looks}  # with those that are not there yet
        new = asked - ASKED
        self._words |= names | {x for code in codes for x in code.co_consts if isinstance(x, str)}  # may be names, too
        space = f.__globals__
        if names & {"catch_warnings", "filterwarnings", "simplefilter"}:
            raise Refused(f"{label} controls warnings, which depend on numbers: use np.errstate")
        unseen = {name for name in (names if "builtins" in names else asked) & _UNSEEN if name not in space}
        unseen |= {"sys.modules.get"} if {"sys", "modules"} <= names else names & {"import_module"}
        file = f.__code__.co_filename
        if unseen and not (file.startswith(_STDLIB) and "site-packages" not in file):
            raise Refused(f"{label} uses {unseen.pop()}(), which hides what it reads")
        self.asking.setdefault(id(space), (space, set()))[1].update((names & ASKED) - space.keys())
        known = tuple(sorted(name for name in names | new if name in space or name in new))
        if known:
            self._hold(Holder("dict", space, "", known), modules=False)
        for name in names:
            module = space.get(name, sys.modules.get(name))
            if isinstance(module, ModuleType) and not _is_foreign_module(module):
                self._meet_module(module, None if names & _LOOKING else names | {"__getattr__"})
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            if id(cell) not in self._seen:
                self._seen[id(cell)] = cell
                self._hold(Holder("fields", cell, name, (CONTENT,)))
        self._hold(Holder("fields", f, label, MADE_OF))
        if f.__dict__ or f.__name__ in names:
            self._hold(Holder("object", f, label))

    def _meet_words(self) -> None:
        for word in self._words:
            module = sys.modules.get(word)
            if module is not None and not _is_foreign_module(module):
                self._modules.setdefault(id(module), (module, set()))
        for module, held in list(self._modules.values()):
            new = (self._words & vars(module).keys()) - held
            if new:
                self._meet_module(module, new)

    def _meet_module(self, module: ModuleType, names: set[str] | None) -> None:
        """The names of a module that code mentions, or all of them; so of the modules in it."""
        there = vars(module)
        held = self._modules.setdefault(id(module), (module, set()))[1]
        new = (there.keys() if names is None else names) - held - _OF_MODULES
        known = tuple(sorted(new if names and "AttributeError" in names else new & there.keys()))
        held.update(known, () if names is None else names)
        if known:
            self._hold(Holder("object", module, module.__name__, known), modules=False)
        for name in known:
            inner = there.get(name)
            if isinstance(inner, ModuleType) and not _is_foreign_module(inner) and id(inner) not in self._seen:
                self._seen[id(inner)] = inner
                self._meet_module(inner, names)

    def is_unseen(self, thing: Any, *names: Any) -> bool:
        """Whether a name of a module is not among those that the code mentions."""
        if not isinstance(thing, ModuleType) or _is_foreign_module(thing):
            return False
        held = {name for holder in self.holders if holder.thing is thing for name in holder.names or ()}
        return not names or names[0] not in held

    def _meet_class(self, cls: Any, label: str) -> None:
        if is_foreign(cls):
            return
        plain = tuple(k for k, v in vars(cls).items() if k not in _OF_CLASSES or callable(v))
        self._hold(Holder("class", cls, cls.__name__, plain))
        for value in vars(cls).values():
            if isinstance(value, property):
                self._pending += [(value.fget, label), (value.fset, label)]
            elif isinstance(value, classmethod | staticmethod):
                self._pending.append((value.__func__, label))
            elif hasattr(value, "func"):  # cached_property
                self._pending.append((value.func, label))
        self._pending += [(base, base.__name__) for base in (*cls.__bases__, type(cls))]

    def _meet_generator(self, x: Any, label: str) -> None:
        if not hasattr(x, "bit_generator"):
            raise Refused(f"{label} is a {type(x).__name__} of NumPy: use a generator, np.random.default_rng")
        self.generators.append((x, label))

    def _meet_host(self, x: Any, label: str) -> None:
        """Note an optimizer: its Tensors matter, and all of its state for a snapshot."""
        self.hosts.append(x)
        if self._inside:
            self._hold(Holder("object", x, label, tuple(x.__getstate__())))
            return
        for kind, thing, name, *names in x._stepped_whole():
            holder = Holder(kind, thing, f"{label}.{name}", *names)
            self.holders.append(holder)
            if names:
                self._pending += [(x, holder.name_of(k)) for k, x in zip(*names, holder.values(), strict=True)]

    def _meet_object(self, x: Any, label: str) -> None:
        cls = type(x)
        root = cls.__module__.partition(".")[0]
        if cls.__name__ in ("_local", "ContextVar", "weakproxy", "weakcallableproxy"):
            raise Refused(f"{label} is a {cls.__name__}, whose value depends on the context")
        if isinstance(x, Op):
            self._pending += [(part, f"{label}.{x.name}") for part in (x.kernel, *x.rules, x.definition)]
            return
        if cls.__name__ in ("BytesIO", "StringIO", "vectorize", "poly1d") or cls.__module__.startswith(
            "numpy.polynomial"
        ):
            raise Refused(f"{label} is a {cls.__name__}, which cannot be inspected")
        if root in _OPAQUE or getattr(cls, "__autograd_opaque__", False):
            self._pending.append((getattr(x, "__wrapped__", None), label))  # of a compiled function
            given = [k for k in getattr(x, "__dict__", ()) if k[0] != "_" and k not in ("function", "verify", "strict")]
            if given:
                self._hold(Holder("object", x, label, tuple(given)))
            return
        if cls.__module__.startswith("numpy.random"):
            self._meet_generator(x, label)
            return
        if hasattr(cls, "__next__"):
            raise Refused(f"{label} is an iterator, which gives different values each time")
        if root == "numpy":
            return
        if hasattr(x, "cache_info") and hasattr(x, "__wrapped__"):
            if not is_foreign(x.__wrapped__):
                raise Refused(f"{label} keeps its results in a cache, which may be cleared: call the wrapped function")
            return
        if hasattr(cls, "_stepped_whole"):
            self._meet_host(x, label)
            return
        if hasattr(x, "__dict__"):
            self._hold(Holder("object", x, label))
        slots = [name for base in cls.__mro__ for name in slots_of(base)]
        if slots:
            self._hold(Holder("fields", x, label, tuple(slots)))
        unchanging = isinstance(x, _DESCRIPTORS) or root in _UNCHANGING
        if not unchanging and (_has_hidden_state(cls) or not (slots or hasattr(x, "__dict__"))) and cls is not object:
            raise Refused(f"{label} is a {cls.__module__}.{cls.__name__}, which cannot be inspected")
        self._pending.append((cls, cls.__name__))


def is_live(t: Tensor) -> bool:
    """Whether a Tensor was computed, and its graph is still usable."""
    node: Any = t._node
    if t.is_leaf:
        return False
    return (node.parents[0] if node.op is None and node.parents else node).kept is not GONE


def hooks_of(t: Tensor) -> list[Any] | None:
    """The hooks on the gradient of a leaf; None where there is none."""
    info = getattr(t, "_info", None)  # which a result has not
    return info.hooks or None if info is not None else None


def _has_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or (isinstance(x, tuple) and any(map(_has_array, x)))


def slots_of(cls: type) -> tuple[str, ...]:
    """The names of the slots for values that a class adds."""
    slots = vars(cls).get("__slots__", ())
    own = [name for name in ((slots,) if isinstance(slots, str) else slots) if name not in ("__dict__", "__weakref__")]
    hidden = f"_{cls.__name__.lstrip('_')}"  # what Python makes of a name that is private to a class
    return tuple(hidden + name if name.startswith("__") and not name.endswith("__") else name for name in own)


def _has_hidden_state(cls: type) -> bool:
    """Whether objects of a class have state in C that no attribute shows."""
    return any(
        not _is_made_by_python(base) and base not in _OPEN and not issubclass(base, BaseException)
        for base in cls.__mro__
    )


def _is_made_by_python(cls: Any) -> bool:
    """Whether a ``class`` statement has made a class, so that all of its state is in attributes."""
    own = vars(cls)
    return bool(cls.__flags__ & _ON_THE_HEAP) and (
        "__slots__" in own or "__dict__" in own or cls.__basicsize__ == cls.__base__.__basicsize__
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Code, and that of the functions defined in it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _codes(part)


def _is_foreign_module(module: ModuleType) -> bool:
    root = module.__name__.partition(".")[0]
    return root in ("numpy", "scipy", "autograd", "nn", "optim") or root in sys.stdlib_module_names
