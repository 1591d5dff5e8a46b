"""A plan as readable NumPy: one Python function of bare calls.

Names come from parameters and from the functions that made a value; a comment has the user's line. The objects that the
text refers to (permanent arrays, functions, Tensors) are bound to its names beside it.
"""

import builtins
import keyword
import linecache
import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.compiling.calls import Call, Slot, Var, vars_in
from autograd.compiling.holders import CONTENT, Holder
from autograd.compiling.lifetimes import OldGradients
from autograd.compiling.operators import BINARY, UNARY
from autograd.compiling.planning import Plan
from autograd.compiling.templates import Effect, build, values_of_template
from autograd.engine.codegen import source_file
from autograd.engine.tensor import Tensor
from autograd.stale import hand_out

OTHER = object()  # what a program returns when a check does not come out as it did in the trace

_TOGETHER = 16  # so many views are forgotten at once, where no memory ends
_OUT_BY_NAME = (np.maximum, np.minimum, np.fmax, np.fmin)


class _Writer:
    def __init__(self, plan: Plan, name: str) -> None:
        self.plan = plan
        self.space: dict[str, Any] = {"OTHER": OTHER, "np": np, "inf": math.inf, "nan": math.nan}
        self.lines: list[str] = []
        self.names: dict[int, str] = {}  # of values, by number
        self.bound: dict[int, str] = {}  # of objects, by id
        self.numbers: dict[str, int] = {}  # by which names that are wished for again differ
        self.taken = {*self.space, *keyword.kwlist, *dir(builtins), "leaves", name}
        self.first_effect = 0  # the number of the line from which on what is changed outside stays so
        self.name = name
        self.last_place: tuple[str, int] = ("", 0)
        self.undo: list[Callable[[], None]] = []  # how what a run has changed is taken back
        self.noted: set[int] = set()  # of which that is known, by number
        self.local: dict[int, list[str]] = {}  # names of arrays that a run makes and does not hand out, by number

    def fresh(self, wish: str) -> str:
        base = re.sub(r"\W+", "_", wish).strip("_").lower() or "v"
        if base[0].isdigit():
            base = f"_{base}"
        found, i = base, self.numbers.get(base, 2)
        while found in self.taken:
            found, i = f"{base}_{i}", i + 1
        self.numbers[base] = i
        self.taken.add(found)
        return found

    def bind(self, thing: Any, wish: str) -> str:
        """The name of an object that the text refers to."""
        if id(thing) not in self.bound:
            self.bound[id(thing)] = name = self.fresh(wish)
            self.space[name] = thing
        return self.bound[id(thing)]

    def of(self, x: Any) -> str:
        """The text of an operand."""
        if type(x) is Var:
            if x.number not in self.names:
                known = self.plan.known[x.number]
                if type(known) in (int, bool, float):
                    return self.of(known)
                self.names[x.number] = name = self.fresh(self._wishes.get(x.number, "constant"))
                self.space[name] = known
            return self.names[x.number]
        kind = type(x)
        if kind is tuple:
            return f"({', '.join(map(self.of, x))}{',' if len(x) == 1 else ''})"
        if kind is list:
            return f"[{', '.join(map(self.of, x))}]"
        if kind is slice:
            return f"slice({self.of(x.start)}, {self.of(x.stop)}, {self.of(x.step)})"
        if x is None or x is Ellipsis or kind in (bool, str):
            return repr(x)
        if kind in (int, float):
            return f"({x!r})" if x < 0 else repr(x)
        if isinstance(x, np.dtype):
            return self.bind(x, x.name)
        if isinstance(x, type) and issubclass(x, np.generic):
            return f"np.{x.__name__}"
        if isinstance(x, np.ndarray) and x.ndim == 0:
            return self.bind(x, f"{'minus' if x < 0 else 'number'}_{abs(x[()])}")
        return self.bind(x, getattr(x, "__name__", None) or type(x).__name__)

    def write(self) -> tuple[str, dict[str, Any]]:
        plan, trace = self.plan, self.plan.trace
        self._wishes: dict[int, str] = {}
        nouns = {"getitem": "part", "T": "transposed"}
        for call in [*trace.recorder.calls, *plan.calls]:
            for var in call.results():
                self._wishes.setdefault(var.number, nouns.get(call.name, call.name))
        self._leaves()
        self._slots()
        modes: tuple[Any, ...] = ()
        last = {v.number: i for i, call in enumerate(plan.calls) for v in (*call.inputs(), *call.results())}
        done: list[str] = []
        for i, call in enumerate(plan.calls):
            indent = "    "
            self._comment(call)
            if call.modes:
                if call.modes != modes:
                    self.lines.append(f"    with np.errstate({', '.join(f'{k}={v!r}' for k, v in call.modes)}):")
                indent = "        "
            modes = call.modes
            if i < plan.last_check:
                self.lines += [f"{indent}{line}" for line in self._undoing(call)]
            elif call.kind in ("host", "draw") or (call.writes is not None and call.writes.external):
                self._has_effect()
            self.lines += [f"{indent}{line}" for line in self._call(call)]
            ended = {v.number for v in (*call.inputs(), *call.results()) if last[v.number] == i}
            done += [name for number in sorted(ended & self.local.keys()) for name in self.local.pop(number)]
            if done and (id(call) in plan.freeing or len(done) >= _TOGETHER):
                self.lines.append(f"{indent}del {', '.join(done)}")
                done = []
        self._end()
        return "\n".join([f"def {self.name}(leaves):", *self.lines, ""]), self.space

    def _leaves(self) -> None:
        leaves = self.plan.trace.arguments.leaves
        if leaves:
            wishes = self.plan.trace.arguments.named(self.plan.trace.function)[-len(leaves) :]
            self.leaf_names = [self.fresh(wish) for _, wish in wishes]
            self.lines.append(f"    {', '.join(self.leaf_names)}{',' if len(leaves) == 1 else ''} = leaves")

    def _slots(self) -> None:
        read = {var.number for var in self.plan.reads()}
        written = {id(call.writes) for call in self.plan.calls if call.writes is not None}
        for var in self.plan.trace.recorder.vars:
            if var.slot is None or not (var.number in read or id(var.memory) in written):
                continue
            text = self._slot(var.slot)
            if text in self.taken:  # an argument itself
                self.names[var.number] = text
                continue
            self.names[var.number] = name = self.fresh(_wish_of_slot(var.slot))
            self.lines.append(f"    {name} = {text}")

    def _slot(self, slot: Slot) -> str:
        holder = slot.holder
        if isinstance(holder, tuple):  # an argument
            name = self.leaf_names[holder[1]]
            return name if slot.key is None else f"{name}.{slot.key}"
        if callable(holder):
            text = f"{self.bind(holder, slot.label)}()"
        elif isinstance(holder, Tensor):
            return f"{self.bind(holder, _tensor_name(holder, slot.label))}.{slot.key}"
        else:
            text = self._entry(holder, slot.key)
        return text + "".join(f".{i}" if type(i) is str else f"[{i}]" for i in slot.path)

    def _entry(self, holder: Holder, key: Any) -> str:
        name = self.bind(holder.thing, f"{holder.label}_cell" if key == CONTENT else holder.label or "outside")
        if holder.kind == "fields":
            return f"{name}.{key}"
        return f"{name}{'' if holder.kind in ('list', 'dict') else '.__dict__'}[{self.of(key)}]"

    def _comment(self, call: Call) -> None:
        if call.place == self.last_place or not call.place[0]:
            return
        self.last_place = call.place
        file, line = call.place
        text = linecache.getline(file, line).strip()
        words = " ".join(f"{file.rpartition('/')[2]}:{line}".splitlines())  # a file may be called anything
        self.lines.append(f"    # {words}  {text}".rstrip())

    def _call(self, call: Call) -> list[str]:
        if call.kind == "guard":
            return self._guard(call)
        if call.kind == "host":
            return self._host(call)
        if call.kind == "drop":
            return [f"{self.bind(OldGradients(self.undo, call.kwargs['olds']).drop, 'drop_gradients')}()"]
        into = self.plan.into.get(id(call))
        if into is not None:
            ufunc, args, kwargs = into
            out = self.of(call.out)
            parts = [*map(self.of, args)]
            if kwargs or ufunc in _OUT_BY_NAME:
                parts += [*self._options(kwargs), f"out={out}"]
            else:
                parts.append(out)
            return [f"{self.bind(ufunc, ufunc.__name__)}({', '.join(parts)})"]
        text = self._expression(call)
        if call.out is None or not vars_in(call.out):
            return [text]
        named = type(call.out) is Var and (call.out.number in self.names or call.out.number in self.plan.known)
        if named and call.writes is not None and call.out.memory is call.writes:
            return [text]
        return [f"{self._targets(call.out)} = {text}"]

    def _targets(self, out: Any) -> str:
        if type(out) is Var:
            self.names[out.number] = name = self.fresh(self._wishes.get(out.number, "constant"))
            if out.memory is not None and all(out is not var for var in self.plan.outputs):
                self.local.setdefault(out.number, []).append(name)  # a call may give back what it was given
            return name
        if isinstance(out, tuple | list):
            return f"({', '.join(map(self._targets, out))}{',' if len(out) == 1 else ''})"
        return self.fresh("unused")

    def _options(self, kwargs: dict[str, Any]) -> list[str]:
        return [f"{key}={self.of(value)}" for key, value in kwargs.items()]

    def _expression(self, call: Call) -> str:
        args = [self.of(x) for x in call.args]
        rest = ", ".join([*args, *self._options(call.kwargs)])
        if call.kind in ("method", "draw"):
            return f"{args[0]}.{call.fn}({', '.join([*args[1:], *self._options(call.kwargs)])})"
        if call.kind == "getitem":
            return f"{args[0]}[{_index(call.args[1], self.of)}]"
        if call.kind == "setitem":
            return f"{args[0]}[{_index(call.args[1], self.of)}] = {args[2]}"
        if call.kind == "attribute":
            return f"{args[0]}.{call.fn}"
        if call.kind.startswith("ufunc."):
            method = call.kind[6:]
            return f"{self.bind(getattr(call.fn, method), f'{call.fn.__name__}_{method}')}({rest})"
        if call.kind == "operator" and call.fn in BINARY:
            return f"{args[0]} {BINARY[call.fn][0]} {args[1]}"
        if call.kind == "operator" and call.fn in UNARY:
            return f"{UNARY[call.fn][0]}{args[0]}"
        return f"{self.bind(call.fn, call.fn.__name__)}({rest})"

    def _guard(self, call: Call) -> list[str]:
        text, value = self.of(call.args[0]), call.kwargs["is"]
        check = f"if bool({text}) is not {value}:" if type(value) is bool else f"if {text} != {value}:"
        return [check, "    return OTHER"]

    def _host(self, call: Call) -> list[str]:
        (owner,) = call.args
        lines = []
        tensors, data = call.kwargs["tensors"], call.kwargs["data"]
        for t, var, array in zip(tensors, call.kwargs["grads"], data, strict=True):
            name = self.bind(t, _tensor_name(t, "parameter"))
            if array is not None:
                lines += [f"{name}._data = {self.of(array)}", f"{name}._changed()"]
            lines.append(f"{name}._grad = {'None' if var is None else self._as_array(var)}")
        lines.append(f"{self.bind(owner, type(owner).__name__)}.{call.fn}()")
        later = {v.number for c in self.plan.calls[self.plan.calls.index(call) + 1 :] for v in c.inputs()}
        own = {id(t) for t, array in zip(tensors, data, strict=True) if array is None}
        for var in self.plan.trace.recorder.vars:  # it may have put another array there
            slot = var.slot if var.number in later else None
            if slot is not None and slot.key == "_data" and id(slot.holder) in own:
                lines.append(f"{self.names[var.number]} = {self._slot(slot)}")
        return lines

    def _as_array(self, var: Var) -> str:
        text = self.of(var)
        return text if isinstance(var.example, np.ndarray) else f"np.array({text})"

    def _undoing(self, call: Call) -> Iterator[str]:
        """Lines that note how to undo a call, in case a later check gives another answer."""
        back = self.bind(self.undo, "undo")
        if call.kind == "host":
            (owner,) = call.args
            yield f"{back}.append({self.bind(owner, type(owner).__name__)}._as_now())"
        elif call.kind == "draw" and call.args[0].number not in self.noted:
            self.noted.add(call.args[0].number)
            generator = self.of(call.args[0])
            yield f"{back}.append({self.bind(_state_of, 'state_of')}({generator}))"
        elif call.writes is not None and call.writes.external:
            for var in self.plan.trace.recorder.vars:
                if var.slot is None or var.memory is not call.writes or var.number in self.noted:
                    continue
                if var.example.flags.writeable:  # one of its views may not be
                    self.noted.add(var.number)
                    name = self.of(var)
                    later, copy = self.bind(partial, "partial"), self.bind(np.copyto, "copyto")
                    yield f"{back}.append({later}({copy}, {name}, {name}.copy()))"

    def _has_effect(self) -> None:
        self.first_effect = self.first_effect or len(self.lines) + 2  # after the line of ``def``

    def _end(self) -> None:
        self._has_effect()
        host = next((c for c in reversed(self.plan.calls) if c.kind == "host"), None)
        stepped = () if host is None else zip(host.kwargs["tensors"], host.kwargs["grads"], strict=True)
        done = {id(t): v for t, v in stepped}
        for effect in self.plan.trace.effects:
            self.lines += [f"    {line}" for line in self._effect(effect, done)]
        self.lines += [f"    {line}" for line in self._handing_out()]
        self.lines.append(f"    return {self.of(tuple(values_of_template(self.plan.trace.template)))}")

    def _handing_out(self) -> Iterator[str]:
        """Lines that read the data of Tensors that others get hold of, as the function does: graphs take note of it."""
        for var in self.plan.trace.recorder.vars:
            slot = var.slot
            if slot is not None and slot.key == "_data" and id(var.memory) in self.plan.escaping:
                yield self._slot(slot).replace("._data", ".data")

    def _effect(self, effect: Effect, done: dict[int, Any]) -> Sequence[str]:
        if effect.kind == "put":
            put = partial(_put, effect)
            values = ", ".join(map(self.of, values_of_template(effect.template)))
            return [f"{self.bind(put, f'set_{effect.label}')}({values})"]
        t = effect.target
        name = self.leaf_names[effect.key] if effect.key is not None else self.bind(t, _tensor_name(t, effect.label))
        if effect.kind == "changed":
            return [f"{name}._changed()"]
        if effect.kind == "data":
            lines = [f"{name}._data = {self.of(effect.template)}", f"{name}._changed()"]
            if any(v.memory is effect.template.memory for v in values_of_template(self.plan.trace.template)):
                lines.append(f"{self.bind(hand_out, 'hand_out')}({self.of(effect.template)})")
            return lines
        if id(t) in done and done[id(t)] is effect.template:
            return []
        return [f"{name}._grad = {'None' if effect.template is None else self._as_array(effect.template)}"]


def _state_of(generator: Any) -> Callable[[], None]:
    """A function that restores the present state of a random generator."""
    return partial(setattr, generator.bit_generator, "state", generator.bit_generator.state)


def _put(effect: Effect, *values: Any) -> None:
    """Put new values into an entry of a holder."""
    effect.target.put(effect.key, build(effect.template, iter(values), ()))


def _index(index: Any, of: Any) -> str:
    if type(index) is slice:
        step = "" if index.step is None else f":{of(index.step)}"
        return f"{'' if index.start is None else of(index.start)}:{'' if index.stop is None else of(index.stop)}{step}"
    if type(index) is tuple and index and not any(type(x) is tuple for x in index):
        return ", ".join(_index(x, of) for x in index) + ("," if len(index) == 1 else "")
    return of(index)  # type: ignore[no-any-return]


def _tensor_name(t: Tensor, label: str) -> str:
    return t.name or label.removesuffix("._data")


def _wish_of_slot(slot: Slot) -> str:
    if isinstance(slot.holder, Tensor):
        name = _tensor_name(slot.holder, slot.label.removesuffix(".grad"))
        return f"{name}_grad" if slot.key == "_grad" else f"{name}_data"
    return slot.label


def write(plan: Plan, name: str) -> tuple[str, Any, int, list[Callable[[], None]]]:
    """Write a program: its text, its function, the first line whose changes are final, and the list of undo steps for
    the changes before it."""
    writer = _Writer(plan, name)
    text, space = writer.write()
    exec(compile(text, source_file(name, text), "exec"), space)  # our own text
    return text, space[name], writer.first_effect, writer.undo
