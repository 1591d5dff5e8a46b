"""The plan of a program: which calls are needed, which values are known in advance, and where each array lies."""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.compiling.calls import WITH_EFFECTS, Call, Memory, Var, map_tree, run_call, vars_in
from autograd.compiling.lifetimes import Lifetimes, Register, needed_by_eager
from autograd.compiling.names import CHECKING
from autograd.compiling.numbers import Block, with_blocks
from autograd.compiling.operators import UFUNC_OF
from autograd.compiling.pieces import Chain, in_pieces
from autograd.compiling.rewriting import Lowering, Rewritten, in_place, is_product_by_dot
from autograd.compiling.templates import values_of_template
from autograd.compiling.tracing import Trace


class Plan:
    """The parts of a trace that are done at each run.

    ``known`` are the values of arrays and numbers that are the same in every run: constants, the memory for results,
    and views of it. ``into`` are the calls that write their result there, with the ufunc to call.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        recorder = trace.recorder
        self.outputs: list[Var] = values_of_template((trace.template, *(effect.template for effect in trace.effects)))
        for call in recorder.calls:
            if call.kind == "host":
                self.outputs += vars_in((call.kwargs["grads"], call.kwargs["data"]))
        self.escaping: set[int] = {id(var.memory) for var in self.outputs if var.memory is not None}
        rewritten = Rewritten(recorder.calls, self.outputs)
        self.shared: int = rewritten.shared
        self.calls: list[Call] = self._needed(self._dropping(rewritten.calls))
        kept = set(map(id, self.calls))
        self._unwritten = {id(call.writes) for call in rewritten.calls if call.writes and id(call) not in kept}
        self.pruned: int = len(rewritten.calls) - len(self.calls)
        self.known: dict[int, Any] = {}
        self.into: dict[int, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {}
        self.lowering: Lowering = Lowering()
        self.bytes: int = 0
        self._fold()
        self.calls, blocks = with_blocks(self.calls, self.outputs, self.known)
        self.calls, chains = in_pieces(
            self.calls, self.escaping, self._writes_into, lambda call: _may_raise(call, recorder.modes)
        )
        self.blocks: list[Block | Chain] = [*blocks, *chains]
        self.lifetimes: Lifetimes = Lifetimes(self.calls, self.escaping)
        self._place(self._staying())
        self._box()
        checks = [i for i, call in enumerate(self.calls) if call.kind == "guard"]
        self.last_check: int = checks[-1] if checks else -1  # what is changed before it may have to be taken back

    def in_words(self) -> str:
        """The calls at each run, and how many were saved."""
        return (
            f"{len(self.calls)} call{'s' * (len(self.calls) != 1)} of NumPy ({self.pruned} left out, "
            f"{self.shared} reused, {self.folded} done beforehand)"
        )

    def _needed(self, calls: list[Call]) -> list[Call]:
        """The calls that a result, an effect, a check or a generator depends on."""
        wanted = {var.number for var in self.outputs}
        returned = frozenset(wanted)
        memories = self.escaping | {id(var.memory) for var in self.trace.recorder.vars if var.memory and var.slot}
        kept = []
        for call in reversed(calls):
            if (
                call.kind in WITH_EFFECTS
                or _may_raise(call, self.trace.recorder.modes)
                or (call.writes is not None and id(call.writes) in memories)
                or any(var.number in wanted for var in call.results())
                or (call.fn == "setflags" and call.args[0].number in returned)
            ):
                kept.append(call)
                wanted.update(var.number for var in call.inputs())
                memories.update(id(var.memory) for var in call.inputs())
        return kept[::-1]

    def _fold(self) -> None:
        """Calls that depend on nothing are done beforehand, with all that they write; but not results."""
        folded = [call for call in self.calls if _depends_on_nothing(call)]
        while True:
            ids = set(map(id, folded))
            others = [call for call in self.calls if id(call) not in ids]
            closed = self.escaping | self._unwritten | self._seen_unfinished(others)
            left = [call for call in folded if not any(id(memory) in closed for memory in _memories(call))]
            if len(left) == len(folded):
                break
            folded = left
        for call in folded:
            for var in call.results():
                self.known[var.number] = var.example
        self.calls = [call for call in self.calls if id(call) not in ids]
        self.folded: int = len(folded)

    def _seen_unfinished(self, readers: list[Call]) -> set[int]:
        """The memory that these calls read before it is written for the last time."""
        place = {id(call): i for i, call in enumerate(self.calls)}
        last = {id(call.writes): i for i, call in enumerate(self.calls) if call.writes is not None}
        return {
            id(var.memory)
            for call in readers
            for var in call.inputs()
            if last.get(id(var.memory), -1) > place[id(call)] or call.writes is var.memory
        }

    def _dropping(self, calls: list[Call]) -> list[Call]:
        """Old gradients are dropped where the function does it, if nothing reads them and others take their place."""
        recorder = self.trace.recorder
        used = self.escaping | {id(var.memory) for call in recorder.calls for var in call.inputs()}
        used |= {id(call.writes) for call in recorder.calls}
        slots = [var.slot for var in recorder.vars if var.slot is not None and id(var.memory) not in used]
        unread = {id(slot.holder) for slot in slots if slot.key == "_grad"}
        unread &= {id(effect.target) for effect in self.trace.effects if effect.kind == "grad"}
        found = []
        for call in calls:
            if call.kind == "drop":
                olds = [old for old in call.kwargs["olds"] if id(old[0]) in unread]
                call = Call("drop", "drop", (), {"olds": olds}, None, None, call.place, call.modes)
            if call.kind != "drop" or olds:
                found.append(call)
        return found

    def _staying(self) -> dict[int, tuple[Any, Register]]:
        """The calls that write into memory that stays, by their ids: with the ufunc and its operands, and where."""
        free: dict[Any, list[Register]] = {}
        lies_in: dict[int, Any] = {}
        found: dict[int, tuple[Any, Register]] = {}
        for i, call in enumerate(self.calls):
            how, out = self._writes_into(call), call.out
            if how is not None and id(out.memory) not in self.escaping:
                x = out.example
                form = (x.shape, x.dtype, x.strides)
                waiting = free.get(form)
                register = waiting.pop() if waiting else Register(x.nbytes)
                register.uses.append((i, self.lifetimes.last[id(out.memory)]))
                lies_in[id(out.memory)] = register, form
                found[id(call)] = how, register
            for key in self.lifetimes.ending(i, call):
                if key in lies_in:
                    register, form = lies_in.pop(key)
                    free.setdefault(form, []).append(register)
        constants = {id(v.memory): v.memory for v in self.reads() if v.number in self.known and v.memory is not None}
        most = needed_by_eager(self.trace.recorder) - sum(memory.owner.nbytes for memory in constants.values())
        staying = self.lifetimes.staying(dict.fromkeys(register for _, register in found.values()), most)
        return {key: (how, register) for key, (how, register) in found.items() if register in staying}

    def _place(self, staying: dict[int, tuple[Any, Register]]) -> None:
        """Give results the memory that stays, and make views of it once; of others, find out where they end."""
        arrays: dict[Register, Any] = {}
        looked: set[int] = set()
        for call in self.calls:
            if id(call) in staying:
                how, register = staying[id(call)]
                if register not in arrays:
                    arrays[register] = _like(call.out.example)
                if arrays[register] is not None:
                    self.known[call.out.number] = arrays[register]
                    if how[0] is np.matmul and is_product_by_dot(call):
                        how = np.dot, *how[1:]
                    self.into[id(call)] = self.lowering.with_arrays(how, call.out.example.dtype)
            elif call.writes is not None:
                ufunc, args, changed = in_place(call)
                if changed is not None and call.out is changed:
                    self.into[id(call)] = self.lowering.with_arrays((ufunc, args, {}), changed.example.dtype)
            elif (plain := self._writes_into(call)) is not None:
                if plain[0] is np.matmul and is_product_by_dot(call):
                    call.kind, call.fn = "function", np.dot
                elif plain[1] is call.args:
                    call.args = self.lowering.with_arrays(plain, call.out.example.dtype)[1]
            elif self._is_view_of_known(call):
                args = map_tree(call.args, self._at_hand)
                self.known[call.out.number] = run_call(call.kind, call.fn, args, map_tree(call.kwargs, self._at_hand))
                looked.add(id(call))
        self.bytes = sum(array.nbytes for array in arrays.values() if array is not None)
        self.freeing: set[int] = {id(call) for i, call in enumerate(self.calls) if self.lifetimes.ending(i, call)}
        self.calls = [call for call in self.calls if id(call) not in looked]

    def _box(self) -> None:
        """Put computed numbers that only writing ufuncs read into 0-d arrays, which NumPy need not convert."""
        read = {var.number for var in self.outputs}
        for call in reversed(self.calls):
            out = call.out
            if (
                type(out) is Var
                and isinstance(out.example, np.float32 | np.float64)
                and out.number not in read
                and call.kind == "operator"
                and call.fn in UFUNC_OF
                and any(isinstance(var.example, np.ndarray) for var in call.inputs())
            ):
                self.known[out.number] = box = np.empty((), out.example.dtype)
                self.into[id(call)] = self.lowering.with_arrays((UFUNC_OF[call.fn], call.args, {}), box.dtype)
                self.bytes += box.nbytes
            elif id(call) not in self.into:
                read.update(var.number for var in call.inputs())

    def _writes_into(self, call: Call) -> tuple[Any, tuple[Any, ...], dict[str, Any]] | None:
        """The ufunc, operands and options of a call that may write its result into memory that is given."""
        out = call.out
        if type(out) is not Var or call.writes is not None or "out" in call.kwargs:
            return None
        x = out.example
        if not isinstance(x, np.ndarray) or x.base is not None or x.ndim == 0 or out.memory.owner is not x:  # type: ignore[union-attr]
            return None
        if call.kind == "function" and isinstance(call.fn, np.ufunc) and call.fn.nout == 1:
            return call.fn, call.args, call.kwargs
        if call.kind == "operator":
            if call.fn is operator.pow and type(y := call.args[1]) in (int, float) and y == 2 and x.dtype.kind == "f":
                return np.square, call.args[:1], {}
            if call.fn in UFUNC_OF:
                return UFUNC_OF[call.fn], call.args, {}
        return None

    def _is_view_of_known(self, call: Call) -> bool:
        """Whether a call only looks at memory that stays, in another shape."""
        if type(call.out) is not Var or call.out.memory is None or call.writes is not None or call.kind in WITH_EFFECTS:
            return False
        inputs = list(call.inputs())
        return (
            call.out.number not in self.known
            and bool(inputs)
            and all(var.memory is call.out.memory and var.number in self.known for var in inputs)
        )

    def _at_hand(self, x: Any) -> Any:
        return self.known[x.number] if type(x) is Var else x

    def reads(self) -> Iterable[Var]:
        """The values that the calls and outputs read."""
        for call in self.calls:
            yield from call.inputs()
            if call.kind == "host":
                yield from vars_in((call.kwargs["grads"], call.kwargs["data"]))
        yield from self.outputs


def _may_raise(call: Call, modes: Any) -> bool:
    """Whether other numbers may raise an error, which the eager run would raise even for an unused result."""
    if all(var.is_constant for var in call.inputs()):
        return False
    if call.kind in ("getitem", "setitem", "ufunc.at", "ufunc.reduceat"):
        return any(not var.is_constant for var in vars_in(call.args[1]))
    if "raise" in (*dict(call.modes).values(), *modes.values()) or call.name in CHECKING:
        return True
    forms = [var.form for var in call.results()]
    if call.kind == "operator" and any(form[0] in (int, float, complex) for form in forms):
        return True  # Python's numbers know no infinity to divide by zero
    dtypes = (form[2] if len(form) > 1 else np.dtype(form[0]) for form in forms)
    return call.name in ("pow", "power", "ipow") and any(dtype.kind in "iu" for dtype in dtypes)


def _depends_on_nothing(call: Call) -> bool:
    if call.kind in WITH_EFFECTS or (not _memories(call) and not list(call.results())):
        return False
    memory = call.writes
    return all(var.is_constant for var in [*call.inputs(), *call.results()]) and (memory is None or memory.constant)


def _memories(call: Call) -> list[Memory]:
    """The memory that a call makes or changes."""
    found = [var.memory for var in call.results() if var.memory is not None]
    return found if call.writes is None else [*found, call.writes]


def _like(x: Any) -> Any:
    """Memory for an array that lies as another does; None where NumPy would lay it out otherwise."""
    array = np.empty_like(x, subok=False)
    return array if array.strides == x.strides and array.base is None else None
