"""One traced run: stand-ins replace the arrays meanwhile, and everything is put back afterwards."""

import builtins
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd.compiling.arguments import Arguments
from autograd.compiling.calls import Slot, are_same, like_tuple, same_constant
from autograd.compiling.creators import Creators
from autograd.compiling.errors import Refused
from autograd.compiling.holders import MISSING, Holder
from autograd.compiling.noted import NOTED, Noted, noted_type
from autograd.compiling.reachable import Reachable, hooks_of, is_live
from autograd.compiling.recorder import Recorder, spied
from autograd.compiling.renewed import Renewed, find_by_entry, is_number, place_of
from autograd.compiling.settled import plain_value, settle_survivors, settle_tensor
from autograd.compiling.templates import Effect, Existing, TensorOf
from autograd.engine.graph import Leaf
from autograd.engine.tensor import Tensor
from autograd.recording import RECORDER
from autograd.stale import HANDED_OUT, hand_out


class Trace:
    """The calls of a run, its result and its effects, as templates around the values of the trace."""

    def __init__(self, function: Callable[..., Any], arguments: Arguments, renewed: Renewed) -> None:
        self.arguments = arguments
        self.function = function
        self.renewed = renewed
        roots: list[tuple[Any, str]] = [(function, getattr(function, "__name__", "the function"))]
        roots += arguments.named(function)[: len(arguments.objects)]
        self.reachable: Reachable = Reachable(roots)
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        self.recorder: Recorder = Recorder(code)
        self._creators = Creators(self.recorder)
        self.recorder.watch_generators([generator for generator, _ in self.reachable.generators])
        self.effects: list[Effect] = []
        self.changing: str | None = None  # what changes by itself, such as a counter
        self.template: Any = None
        self._made: dict[int, Any] = {}  # by their ids, what new Tensors, lists and dicts are handed out as
        self._tensors: list[tuple[Tensor, str]] = list(self.reachable.tensors)
        self._hooked = [hooks_of(t) is not None for t, _ in self._tensors]
        self.by_entry: dict[int, Slot] = find_by_entry(self.reachable, renewed)
        self.inputs = {place_of(slot.holder, slot.key, slot.path) for slot in self.by_entry.values()}
        self.renewed |= self.inputs
        self.constants = [(self.by_entry[id(t)], t) for t, _ in self._tensors if id(t) in self.by_entry]
        self.followed = [(t, label) for t, label in self._tensors if id(t) not in self.by_entry]
        self.without_gradient: list[bool] = [t._grad is None for t, _ in self.followed]
        self._entered: list[tuple[Holder, list[Any], list[Any], list[Any]]] = []  # keys, before, what stands for it
        self._inside: list[tuple[Tensor, Any, Any, Any, Any]] = []
        self._said: list[tuple[bool, str | None]] = []  # of these: whether they require gradients, and their names
        self._containers: list[tuple[Any, Any, list[Any]]] = []
        self._vertices: list[Any] = []  # of theirs, that were there before
        self._index: dict[int, int] = {}
        self._place = 0  # of the next leaf among the arguments

    @property
    def refused(self) -> str | None:
        """Why the run cannot be replayed; None when it can."""
        return self.recorder.refused

    def run(self) -> Any:
        """Call the function on stand-ins for its arguments; returns its result in plain values."""
        recorder = self.recorder
        token = RECORDER.set(recorder)
        finished = False
        result = None
        luck = _global_randomness()
        try:
            with self._creators.at_home(), spied(self.reachable.hosts, recorder):
                result = self._call()
                finished = True
        finally:
            RECORDER.reset(token)
            try:
                if finished and recorder.refused is None:
                    self._describe(result)
                recorder.check_unseen()
                if luck != _global_randomness():
                    recorder.refuse("it uses random numbers from the global generator of Python or NumPy", where=False)
            finally:
                recorder.active = False
                try:
                    self._leave()
                except KeyboardInterrupt:
                    self._leave()  # what it had not come to
                    raise
                self._inside, self._entered, self._containers, self._vertices, recorder.gradients = [], [], [], [], []
                result = plain_value(result)
        if recorder.broken_off:
            raise Refused(recorder.refused or "")
        survivors = recorder.survivors()
        if survivors:
            recorder.refuse(
                f"it stores a traced value outside (in a list, say): {recorder.origin_of(survivors[0])}", where=False
            )
            settle_survivors(survivors)
        return result

    def _call(self) -> Any:
        args, kwargs = self._enter()
        parts = (*self.function.args, *self.function.keywords.values()) if isinstance(self.function, partial) else ()
        if any(isinstance(x, np.ndarray) for x in parts):
            raise Refused("a partial function holds an array")
        return self.function(*args, **kwargs)

    def _enter(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put the stand-ins for arrays, numbers and generators in place."""
        for number, leaf in enumerate(self.arguments.leaves):
            self._index.setdefault(id(leaf), number)
            if isinstance(leaf, Tensor):
                if leaf._node is not None and not isinstance(leaf._node, Leaf):
                    raise Refused("an argument is a Tensor with a graph")
                if hooks_of(leaf) is not None:
                    raise Refused("an argument has a hook")
                if all(t is not leaf for t, _ in self._tensors):
                    self._tensors.append((leaf, f"argument {number}"))
                else:
                    self.recorder.refuse("an argument is a Tensor that it also reaches in another way", where=False)
            elif isinstance(leaf, np.ndarray) and id(leaf) in self.reachable._seen:
                self.recorder.refuse("an argument is an array that it also reaches in another way", where=False)
        for t, label in self._tensors:
            self._enter_tensor(t, label)
        self.recorder.gradients = [  # whose memory matters
            (t, grad)
            for t, _, _, _, grad in self._inside
            if isinstance(grad, np.ndarray) and grad.ndim and id(t) not in self._index
        ]
        for space, words in self.reachable.asking.values():
            space.update({word: noted_type if word == "type" else self._asked(word) for word in words})
        for holder in self.reachable.holders:
            keys, before = holder.keys(), holder.values()
            inside = [self._swap(x, holder, key, (), holder.name_of(key)) for key, x in zip(keys, before, strict=True)]
            self._entered.append((holder, keys, before, inside))
            for key, x, new in zip(keys, before, inside, strict=True):
                if new is not x:
                    holder.put(key, new)
        args, kwargs = self.arguments.tree
        return tuple([self._argument(x) for x in args]), {name: self._argument(x) for name, x in kwargs.items()}

    def _enter_tensor(self, t: Tensor, label: str) -> None:
        i = self._index.get(id(t))
        data, grad = t._data, t._grad if t.is_leaf else None
        slot = Slot(("leaf", i) if i is not None else t, "_data", (), label)
        if (entry := self.by_entry.get(id(t))) is not None:
            slot = Slot(entry.holder, entry.key, (*entry.path, "_data"), entry.label)
        new, new_grad = self.recorder.external(data, slot), None
        if grad is not None:
            slot = Slot(("leaf", i) if i is not None else t, "_grad", (), f"{label}.grad")
            new_grad = self.recorder.external(grad, slot)
        self._vertices.append(t._node)
        self._said.append((t._requires_grad, t.name))
        self._inside.append((t, data, grad, new, new_grad))  # before they are there: Ctrl-C may come any time
        t._data = new
        if id(data) in HANDED_OUT:
            hand_out(new)
        if grad is not None:
            t._grad = new_grad

    def _swap(self, x: Any, holder: Any, key: Any, path: tuple[Any, ...], label: str) -> Any:
        kind = type(x)
        if kind is np.ndarray and not x.dtype.hasobject:
            return self.recorder.external(x, Slot(holder, key, path, label))
        if is_number(x) and (place := place_of(holder, key, path)) in self.renewed:
            self.inputs.add(place)
            return self.recorder.external(x, Slot(holder, key, path, label))
        if isinstance(x, tuple) and (kind is tuple or hasattr(x, "_fields")):
            parts = [self._swap(part, holder, key, (*path, i), f"{label}[{i}]") for i, part in enumerate(x)]
            if not are_same(parts, x):
                return like_tuple(x, parts)
        elif kind.__module__.startswith("numpy.random") and hasattr(x, "bit_generator"):
            return self.recorder.generator(x, Slot(holder, key, path, label))
        return self._creators.instead_of(x)

    def _asked(self, word: str) -> Callable[..., Any]:
        """A built-in function that inspects an object: for a stand-in, it inspects the value."""
        original, reachable, recorder = getattr(builtins, word), self.reachable, self.recorder

        def ask(*args: Any) -> Any:
            if not args:
                recorder.refuse("it uses vars() without an argument")
                return sys._getframe(1).f_locals
            thing, *rest = args
            if type(thing) in NOTED and (word != "getattr" or not hasattr(thing._value, *rest[:1])):
                return original(thing._value, *rest)
            if word != "isinstance" and reachable.is_unseen(thing, *rest[:1]):
                recorder.refuse(f"{word}() looks up names in the module {thing.__name__} that no code mentions")
            return original(*args)

        return ask

    def _argument(self, x: Any) -> Any:
        """The stand-in for an argument. Lists and dicts are copies, so that changes are noticed."""
        kind = type(x)
        if kind is np.ndarray or kind is float or isinstance(x, np.generic | Tensor):
            self._place += 1
        if kind is np.ndarray or kind is float or isinstance(x, np.generic):
            # One float object may be given twice, and is two numbers.
            i = self._place - 1 if kind is float else self._index[id(x)]
            return self.recorder.external(x, Slot(("leaf", i), None, (), f"argument {i}"))
        if kind in (list, dict):
            if any(given is x for given, _, _ in self._containers):
                raise Refused("the same list or dict is passed twice")
            if id(x) in self.reachable._seen:
                raise Refused("an argument is a list or dict that it also reaches in another way")
            twin: Any = [*map(self._argument, x)] if kind is list else {k: self._argument(v) for k, v in x.items()}
            self._containers.append((x, twin, _parts(twin)))
            return twin
        if isinstance(x, tuple) and (kind is tuple or hasattr(x, "_fields")):
            return like_tuple(x, map(self._argument, x))
        if kind.__module__.startswith("numpy.random") and hasattr(x, "bit_generator"):
            return self.recorder.generator(x, Slot(lambda: x, None, (), "a generator"))  # in each call the same
        return x

    def _leave(self) -> None:
        """Put everything back, with the changes by the function."""
        for space, words in self.reachable.asking.values():
            for word in words:
                space.pop(word, None)
        for (t, data, grad, inside, inside_grad), vertex in zip(self._inside, self._vertices, strict=False):
            t._data = data if t._data is inside else plain_value(t._data)
            if t.is_leaf:
                t._grad = grad if t._grad is inside_grad else plain_value(t._grad)
            settle_tensor(t, vertex)
            if id(inside) in HANDED_OUT:  # the array that it stands for
                hand_out(t._data)
        own = {id(twin): given for given, twin, _ in self._containers}
        for holder, keys, before, inside in self._entered:
            old = dict(zip(keys, zip(before, inside, strict=True), strict=True))
            for key, now in zip(holder.keys(), holder.values(), strict=True):
                if now is MISSING:
                    continue
                was, stood = old.get(key, (MISSING, MISSING))
                new = was if now is stood else own[id(now)] if id(now) in own else plain_value(now)
                if new is not now:
                    holder.put(key, new)
        for given, twin, before in self._containers:
            if not are_same(_parts(twin), before):
                given.clear()
                if isinstance(given, list):
                    given += [own.get(id(x), plain_value(x)) for x in twin]
                else:
                    given |= {key: own.get(id(x), plain_value(x)) for key, x in twin.items()}

    def forget(self) -> None:
        """Release all arrays, including arguments: the trace may wait a long time for a second one."""
        self.recorder.forget()
        self.arguments.leaves, self.arguments.tree = [], ((), {})
        self.reachable._seen.clear()
        self._made.clear()

    def _describe(self, result: Any) -> None:
        """Templates of the result and of the effects."""
        self.template = self._template(result, "its result")
        stepped = {id(t) for call in self.recorder.calls if call.kind == "host" for t in call.kwargs["tensors"]}
        for number, (t, _, _, inside, inside_grad) in enumerate(self._inside):
            label = self._tensors[number][1]
            if hooks_of(t) is not None and not (number < len(self._hooked) and self._hooked[number]):
                self.recorder.refuse(f"{label} gets a hook", where=False)
            written = type(inside) is Noted and inside._var.memory is not None and inside._var.memory.written
            if id(t) in self.by_entry:
                if t._data is not inside or written:
                    self.recorder.refuse(f"{label} changes, and is a different Tensor in each run", where=False)
                continue
            if t._data is not inside:
                self.effects.append(Effect("data", t, self._index.get(id(t)), self._value(t._data, label), label))
            elif written:
                self.effects.append(Effect("changed", t, self._index.get(id(t)), None, label))
            if t._grad is not inside_grad or id(t) in stepped:
                value = None if t._grad is None else self._value(t._grad, f"{label}.grad")
                self.effects.append(Effect("grad", t, self._index.get(id(t)), value, f"{label}.grad"))
        for holder, keys, _, inside in self._entered:
            now = dict(zip(holder.keys(), holder.values(), strict=True))
            for key, stood in zip(keys, inside, strict=True):
                value = now.pop(key, MISSING)
                if value is not stood:
                    self._meet_change(holder, key, stood, value)
            for key, value in now.items():
                self._meet_change(holder, key, MISSING, value)
        for _, twin, before in self._containers:
            if not are_same(_parts(twin), before):
                self.recorder.refuse("it changes a list or dict that it was given", where=False)
        self._describe_rest()

    def _describe_rest(self) -> None:
        """Changes other than values: names and flags of Tensors, the order of entries."""
        for (t, label), said in zip(self._tensors, self._said, strict=True):
            named = said[1] is None and id(t) not in self._index  # at its first use, by its module
            if t._requires_grad != said[0] or (t.name != said[1] and not named):
                self.changing = self.changing or f"requires_grad or the name of {label} changes in each run"
        for holder, keys, _, _ in self._entered:
            if (now := holder.keys()) != keys and set(now) == set(keys):
                self.changing = self.changing or f"the order of {holder.label} changes in each run"

    def _meet_change(self, holder: Holder, key: Any, stood: Any, value: Any) -> None:
        label = holder.name_of(key)
        if any(value is twin for _, twin, _ in self._containers):
            self.recorder.refuse(f"{label} becomes a list or dict that it was given", where=False)
        noted = type(value) in NOTED or type(stood) in NOTED
        if getattr(type(value), "__autograd_opaque__", False) or (not noted and same_constant(stood, value)):
            return
        if value is MISSING or stood is MISSING or not _holds_values(value):
            what = "disappears during a run" if value is MISSING else "changes in each run, and is not an array"
            what = "is new after each run" if stood is MISSING else what
            self.changing = self.changing or f"{label} {what}"
            return
        self.effects.append(Effect("put", holder, key, self._template(value, label), label))

    def _value(self, x: Any, label: str) -> Any:
        if type(x) is Noted:
            return x._var
        self.recorder.refuse(f"{label} becomes an array from outside", where=False)
        return None

    def _template(self, x: Any, what: str) -> Any:
        kind = type(x)
        if kind is Noted:
            return x._var
        for number, var in self.recorder.numbers_read:
            if number is x:
                return var
        if isinstance(x, Tensor):
            return self._template_of_tensor(x, what)
        if kind is list or kind is dict:
            if id(x) in self.reachable._seen:
                return Existing(x)
            if id(x) in self._made:
                self.recorder.refuse(f"{what} is a list or dict that it also hands out elsewhere", where=False)
            self._made[id(x)] = x
        if kind is tuple or kind is list:
            return kind([self._template(part, f"{what}[{i}]") for i, part in enumerate(x)])
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return kind(*[self._template(part, what) for part in x])
        if kind is dict:
            return {key: self._template(part, f"{what}[{key!r}]") for key, part in x.items()}
        if x is None or kind in (bool, int, float, complex, str, bytes) or isinstance(x, np.generic | np.dtype | type):
            return x
        if id(x) in self.reachable._seen and not isinstance(x, np.ndarray):
            return Existing(x)
        self.recorder.refuse(f"{what} holds a new {kind.__name__}", where=False)
        return None

    def _template_of_tensor(self, x: Tensor, what: str) -> Any:
        wrong = ""
        if id(x) in self.by_entry:
            wrong = "is a different Tensor in each run"
        elif any(t is x for t, _ in self._tensors):
            return Existing(x, self._index.get(id(x)))
        elif is_live(x):
            wrong = "has a graph that was not released: return it detached, or compile the whole step"
        elif x.is_leaf and x._requires_grad:
            wrong = "is a new Tensor that requires a gradient"
        elif type(x) is not Tensor:
            wrong = f"is a new {type(x).__name__}: set .data of an existing one"
        if wrong:
            self.recorder.refuse(f"{what} {wrong}", where=False)
        return self._made.setdefault(id(x), TensorOf(self._value(x._data, what), x.name))  # one in two places stays one


def _parts(x: list[Any] | dict[Any, Any]) -> list[Any]:
    return list(x) if isinstance(x, list) else [*x, *x.values()]


def _global_randomness() -> tuple[Any, ...]:
    old: Any = sys.modules.get("numpy.random.mtrand")
    python: Any = sys.modules.get("random")
    numbers = None if old is None else old.get_state()
    shared = None if numbers is None else (numbers[1].tobytes(), *numbers[2:])
    return shared, None if python is None else python.getstate()


def _holds_values(x: Any) -> bool:
    """Whether a new value of an entry came from the trace: an array, a number, a Tensor, or several of them."""
    if type(x) in NOTED or isinstance(x, Tensor):
        return True
    return isinstance(x, tuple | list) and bool(x) and all(map(_holds_values, x))
