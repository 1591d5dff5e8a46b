"""Whether a program still fits: everything that the function could read must be as it was in the trace."""

import sys
from abc import get_cache_token
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from itertools import chain
from operator import attrgetter, is_
from typing import Any

import numpy as np

from autograd.compiling.arguments import Arguments
from autograd.compiling.calls import are_same, same_constant
from autograd.compiling.holders import MISSING, Holder
from autograd.compiling.renewed import exchanged, form_of, is_constant, place_of
from autograd.compiling.tracing import Trace
from autograd.engine.codegen import source_file
from autograd.engine.graph import STATE
from autograd.engine.tensor import Tensor

_data, _live, _grad = map(attrgetter, ("_data", "_requires_grad", "_grad"))
PATIENCE = 3  # calls after which the look at everything is worth being written out

_RENEWED = (np.ndarray, np.floating, float, tuple, Tensor)  # what may be another one in each run
_GONE = (AttributeError, IndexError, KeyError, ValueError)  # of an entry that is there no more


class Glance:
    """Whether the entries of holders, and the parts of Tensors, are what they were at the last `refresh`.

    A generated expression compares them by identity, which takes about ten nanoseconds for each, a third of the time of
    a loop over the same entries.

    ``moved`` is called with the number of a Tensor and says whether its data may be another array; ``renewed``, called
    with the numbers of a holder and an entry, says whether its present value is acceptable.
    """

    def __init__(
        self, holders: list[Holder], tensors: list[Tensor], moved: Callable[[int], bool],
        renewed: Callable[[int, int], bool],
    ) -> None:  # fmt: skip
        self._holders, self._tensors, self._moved, self._renewed = holders, tensors, moved, renewed
        self._text = ""
        self._space: dict[str, Any] = {}
        self.refresh()

    def refresh(self) -> None:
        """Take the present objects as the expected ones."""
        self._values: dict[str, Any] = {"same": are_same, "moved": self._moved, "renewed": self._renewed}
        text = "def look():\n    return (\n        " + "\n        and ".join(["True", *self._conditions()]) + "\n    )"
        self._space.update(self._values)
        if text != self._text:
            self._text = text
            exec(compile(text, source_file("glance", text), "exec"), self._space)  # our own text
        self._look = self._space["look"]

    def all_is_there(self) -> bool:
        """Whether no object has been replaced."""
        try:
            return bool(self._look())
        except _GONE:
            return False

    def take(self, number: int) -> None:
        """Expect another array in a Tensor from now on."""
        self._space[f"data_{number}"] = self._tensors[number]._data

    def take_entry(self, holder: int, entry: int, value: Any) -> None:
        """Expect another object in an entry from now on."""
        self._space[f"entry_{holder}_{entry}"] = value

    def _bind(self, x: Any) -> str:
        name = f"x{len(self._values)}"
        self._values[name] = x
        return name

    def _conditions(self) -> Iterator[str]:
        for number, holder in enumerate(self._holders):
            yield from self._of(number, holder)
        for i, t in enumerate(self._tensors):
            name, info = self._bind(t), t._info
            self._values[f"data_{i}"] = t._data
            yield f"({name}._data is data_{i} or moved({i}))"
            yield f"{name}._requires_grad is {t._requires_grad}"
            yield f"{name}._grad is {'' if t._grad is None else 'not '}None"
            if info is None:
                yield f"{name}._info is None"
            else:
                yield f"{name}._info is {(known := self._bind(info))}"
                yield f"{known}.name is {self._bind(info.name)}"
                if not info.hooks:
                    yield f"not {known}.hooks"

    def _of(self, number: int, holder: Holder) -> Iterator[str]:
        thing, kind, values = self._bind(holder.thing), holder.kind, holder.values()
        if kind == "object":
            yield f"type({thing}) is {self._bind(type(holder.thing))}"
            yield f"{thing}.__dict__ is {self._bind(vars(holder.thing))}"
        entries = self._text_of_entries(holder, thing, values)
        if entries is None:
            if kind == "class":
                yield f"len({self._bind(vars(holder.thing))}) == {len(vars(holder.thing))}"
                yield f"{thing}.__mro__ is {self._bind(holder.thing.__mro__)}"
            if holder.names is None:
                yield f"same({self._bind(holder.keys)}(), {self._bind(holder.keys())})"
            yield f"same({self._bind(holder.values)}(), {self._bind(values)})"
            return
        if holder.names is None and kind != "list":  # the order counts
            yield f"[*{thing if kind == 'dict' else thing + '.__dict__'}] == {self._bind(holder.keys())}"
        elif kind == "list":
            yield f"len({thing}) == {len(values)}"
        for i, (entry, value) in enumerate(zip(entries, values, strict=True)):
            if isinstance(value, _RENEWED):
                name = f"entry_{number}_{i}"
                self._values[name] = value
                yield f"({entry} is {name} or renewed({number}, {i}))"
            else:
                yield f"{entry} is {self._bind(value)}"

    def _text_of_entries(self, holder: Holder, thing: str, values: list[Any]) -> list[str] | None:
        """How to get at each entry; None of what Python's own indices and attributes may not show as it is."""
        kind = holder.kind
        if any(value is MISSING for value in values):
            return None
        if kind == "list" and type(holder.thing) is list:
            return [f"{thing}[{i}]" for i in range(len(values))]
        if kind == "fields":
            return [f"{thing}.{name}" for name in holder.names or ()]
        if kind in ("dict", "object") and type(holder.mapping()) is dict:
            keys = holder.keys()
            if all(type(key) is str for key in keys):
                return [f"{self._bind(holder.mapping())}[{key!r}]" for key in keys]
        return None


class Guards:
    """The conditions of a trace, compared before each replay. ``mismatch`` says in words which one failed."""

    def __init__(self, trace: Trace) -> None:
        self.key: tuple[Any, ...] = trace.arguments.key
        self.objects: list[Any] = trace.arguments.objects  # kept, so that their ids stay theirs
        self.holders: list[Holder] = trace.reachable.holders
        self._things = {id(h.thing) for h in self.holders}
        self.mode: Any = _mode()
        self.errors, self.errors_are = _ERRORS.get(None), np.geterr()
        self.aliases = trace.recorder.aliases
        self.tensors: list[Tensor] = [t for t, _ in trace.followed]
        self.labels: list[str] = [label for _, label in trace.followed]
        self._by_entry = [(slot, form_of(t._data)) for slot, t in trace.constants]
        self._inputs = trace.inputs
        self.exchanged: list[tuple[Any, Any, Any]] = []  # what alone was other than in the trace, and may be an input
        self.mismatch: str = ""
        self.noted: list[list[Any]] = [holder.values() for holder in self.holders]
        self.keys: list[list[Any]] = [holder.keys() for holder in self.holders]
        self._ids = Counter(_ids_of(chain.from_iterable(self.noted)))
        self._objects = [h.thing for h in self.holders if h.kind == "object"]
        self._types = list(map(type, self._objects))
        self._classes = [h.thing for h in self.holders if h.kind == "class"]
        self._made_of = [(len(vars(cls)), cls.__mro__) for cls in self._classes]
        self._glance: Glance | None = None
        self._looks = 0
        self._data = list(map(_data, self.tensors))
        self._data_ids = set(map(id, self._data))
        self._forms = [form_of(x) for x in self._data]
        self._live = list(map(_live, self.tensors))
        self._without = trace.without_gradient
        self._said = list(map(_said, self.tensors))
        calls, values = trace.recorder.calls, trace.recorder.vars
        read = {id(v) for call in calls for v in call.inputs()}
        self._gradients = [(v.slot, v.form[1:]) for v in values if v.slot and v.slot.key == "_grad" and id(v) in read]

    def fit(self, arguments: Arguments, without: list[bool] | None = None) -> bool:
        """Whether a call with these arguments can be replayed now. For a run that was traced, ``without`` says which
        gradients were missing, because the run may have changed that."""
        self.exchanged = []
        if (mismatch := self._mismatch(arguments, without)) is not None:
            self.mismatch = mismatch
        return mismatch is None

    def _mismatch(self, arguments: Arguments, without: list[bool] | None) -> str | None:
        if arguments.key != self.key:
            return "arguments of other shapes, dtypes or values"
        if _mode() != self.mode:
            return "another mode of recording graphs, or another default dtype"
        if (errors := _ERRORS.get(None)) is not self.errors:
            if np.geterr() != self.errors_are:
                return "NumPy's handling of floating-point errors"
            self.errors = errors
        glance = self._glance if without is None else None
        if (glance is None or not glance.all_is_there()) and (mismatch := self._look_closely(without)) is not None:
            return mismatch
        if (mismatch := self._mismatch_of_leaves(arguments.leaves, arguments.containers)) is not None:
            return mismatch
        for slot, form in self._gradients if without is None else ():
            grad = slot.fetch(arguments.leaves)
            if (grad.shape, grad.dtype, grad.strides) != form:
                return f"{slot.label} has another memory layout"
        for a, b in self.aliases:
            if a.fetch(arguments.leaves) is not b.fetch(arguments.leaves):
                return f"{a.label} and {b.label}, which were one array"
        return None

    def _moved(self, i: int) -> bool:
        """Whether a Tensor's data may be the array that it is now."""
        x = self.tensors[i]._data
        if self._glance is None or form_of(x) != self._forms[i]:
            return False
        self._data_ids -= {id(self._data[i])}
        self._data[i] = x
        self._data_ids.update(map(id, self._data))
        self._glance.take(i)
        return True

    def _renewed(self, number: int, i: int) -> bool:
        """Whether the present value of an entry is acceptable."""
        holder, key, was = self.holders[number], self.keys[number][i], self.noted[number][i]
        now = holder.value_of(key)
        if self._glance is None or self._differences(holder, key, was, now):
            return False
        self._ids -= Counter(_ids_of([was]))
        self._ids += Counter(_ids_of([now]))
        self.noted[number][i] = now
        self._glance.take_entry(number, i, now)
        return True

    def _differences(self, holder: Holder, key: Any, was: Any, now: Any) -> list[tuple[Any, Any, Any]]:
        """The ways in which an entry differs from before without being an input."""
        return [x for x in exchanged(was, now, place_of(holder, key)) if x[0] not in self._inputs]

    def _mismatch_of_leaves(self, leaves: list[Any], containers: list[Any]) -> str | None:
        """The Tensors that are others in each run are laid out as they were, and no arguments; no argument is an array
        or Tensor that is also found otherwise: two names would be one thing."""
        for slot, form in self._by_entry:
            t = slot.fetch(leaves)
            if not is_constant(t) or form_of(t._data) != form or any(leaf is t._data for leaf in leaves):
                return f"{slot.label} is another kind of Tensor"
        if any(id(container) in self._things for container in containers):
            return "a list or dict that it also reaches in another way"
        for leaf in leaves:
            if leaf.__class__ is not float and (id(leaf) in self._ids or id(leaf) in self._data_ids):
                return "an argument that it also reaches in another way"
        return None

    def _mismatch_of_tensors(self, without: list[bool] | None) -> str | None:
        tensors = self.tensors
        data = list(map(_data, tensors))
        if not all(map(is_, data, self._data)):
            for x, form, label in zip(data, self._forms, self.labels, strict=True):
                if form_of(x) != form:
                    return f"{label} has another memory layout"
            self._data, self._data_ids = data, set(map(id, data))
        if list(map(_live, tensors)) != self._live:
            return "requires_grad of a Tensor"
        if (without or [g is None for g in map(_grad, tensors)]) != self._without:
            return "the presence of a gradient"
        if list(map(_said, tensors)) != self._said:
            return "a hook, or the name of a Tensor"
        return None

    def _look_closely(self, without: list[bool] | None) -> str | None:
        """The same if some object was replaced: an acceptable replacement becomes the expected object."""
        try:
            now = [holder.values() for holder in self.holders]
            if (mismatch := self._mismatch_of_entries(now)) is None:
                mismatch = self._mismatch_of_tensors(without)
            if mismatch is not None:
                return mismatch
            self._looks += 1
            if without is not None:
                return None
            if self._glance is not None:
                self._glance.refresh()
            elif self._looks > PATIENCE:
                self._glance = Glance(self.holders, self.tensors, self._moved, self._renewed)
        except RuntimeError:  # another thread changes a dict
            return "something that another thread changes"
        return None

    def _mismatch_of_entries(self, now: list[list[Any]]) -> str | None:
        if [(len(vars(cls)), cls.__mro__) for cls in self._classes] != self._made_of:
            return "the contents of a class"
        if not all(map(is_, map(type, self._objects), self._types)):
            return "the class of an object"
        for holder, keys, noted, values in zip(self.holders, self.keys, self.noted, now, strict=True):
            if len(values) != len(noted) or (holder.names is None and not same_constant(holder.keys(), keys)):
                return f"the entries of {holder.label}"
            for key, a, b in zip(keys, noted, values, strict=True):
                if a is not b and (other := self._differences(holder, key, a, b)):
                    self.exchanged = [] if any(place is None for place, _, _ in other) else other
                    return holder.name_of(key)
        self.noted = now
        self._ids = Counter(_ids_of(chain.from_iterable(now)))
        return None


def _said(t: Tensor) -> Any:
    """The facts about a Tensor beside its data: its name, and whether it has hooks."""
    info = t._info
    return info, info and info.name, bool(info and info.hooks)


def _setting_of_errors() -> Any:
    """The variable of NumPy with its handling of floating-point errors; asking NumPy itself takes longer."""
    with np.errstate():
        return next(variable for variable in copy_context() if variable.name == "numpy.ufunc.extobj")


_ERRORS = _setting_of_errors()


def _mode() -> Any:
    """The modes of the library, which no object holds."""
    defaults = sys.modules.get("nn.defaults")
    return STATE.get().grad, None if defaults is None else defaults.get_default_dtype(), get_cache_token()


def _ids_of(values: Iterable[Any]) -> Iterator[int]:
    """Arrays and Tensors among these, by their ids."""
    for x in values:
        if isinstance(x, np.ndarray | Tensor):
            yield id(x)
        elif isinstance(x, tuple):
            yield from _ids_of(x)
