"""A program: the calls that two traces agree on, as one Python function, with the conditions under which it may run."""

from threading import Lock
from traceback import walk_tb
from typing import Any

from autograd.compiling.arguments import Arguments
from autograd.compiling.calls import Call, same_constant
from autograd.compiling.guards import Guards
from autograd.compiling.planning import Plan
from autograd.compiling.templates import Effect, builder, same_template
from autograd.compiling.tracing import Trace
from autograd.compiling.writing import OTHER, write
from autograd.provenance import place


class Program:
    """A compiled signature."""

    def __init__(self, trace: Trace, name: str) -> None:
        self.guards: Guards = Guards(trace)
        plan = Plan(trace)
        self.refused: str | None = trace.refused
        if self.refused is None:
            self.source, self._run, self._first_effect, self._undo = write(plan, name)
        self._build = builder(trace.template)
        self.asked_for = trace.recorder.asked_for
        self.planned, self.bytes = plan.in_words(), plan.bytes
        self.blocks = plan.blocks
        self.replays = self.verified = self.missed = 0
        self.seconds = 0.0, 0.0  # of a replay and of the eager run beside it, when it was verified last
        self._busy = Lock()
        trace.recorder.forget()

    def run(self, arguments: Arguments) -> Any:
        """The result of a replay; `OTHER` if a check gave another answer, `BUSY` if another thread is running it."""
        if not self._busy.acquire(blocking=False):
            return BUSY
        values: Any = None
        try:
            values = self._run(arguments.leaves)
        except Exception as error:
            if self._line_of(error) >= self._first_effect:
                raise
            values = OTHER  # eager raises it too, with more words
        finally:
            if self._undo:
                undo, self._undo[:] = self._undo[::-1], ()
                for take_back in undo if values is OTHER else ():
                    take_back()
            self._busy.release()
        if values is OTHER:
            self.missed += 1
            return OTHER
        return self._build(values, arguments.leaves)

    def words(self) -> list[str]:
        """A description and the number of replays, for `Compiled.explain`."""
        lines = [
            f"{self.planned}, {self.bytes} bytes of permanent memory; replayed {times(self.replays)}, "
            f"{self.verified} runs beside eager, {times(self.missed)} another branch was taken",
            *(block.words() for block in self.blocks),
        ]
        if self.verified:
            replay, eager = self.seconds
            lines.append(
                f"when verified, a replay took {replay * 1e6:.0f} us, the eager run {eager * 1e6:.0f} us: "
                f"{self.replays * (eager - replay) * 1e3:.1f} ms saved so far"
            )
        return lines

    def _line_of(self, error: Exception) -> int:
        lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code is self._run.__code__]
        return lines[-1] if lines else 0


BUSY = object()
ANOTHER_WAY = "a check came out otherwise"


def times(number: int) -> str:
    """How often, in words."""
    return "once" if number == 1 else f"{number} times"


def disagreement(a: Trace, b: Trace) -> str | None:
    """The difference of two traces with one signature, in words; None if they are the same program."""
    for x, y in zip(a.recorder.calls, b.recorder.calls, strict=False):
        if x.kind == y.kind == "guard" and same_constant(x.args, y.args) and x.kwargs != y.kwargs:
            return ANOTHER_WAY
        if not _same_call(x, y):
            return f"it does different things in different runs: {_words(x)}, then {_words(y)}"
    few, many = sorted((a.recorder.calls, b.recorder.calls), key=len)
    if len(few) != len(many):
        return f"it makes calls in one run that it does not make in another: {_words(many[len(few)])}"
    if not same_template(a.template, b.template):
        return "it returns something different in each run"
    if len(a.effects) != len(b.effects) or not all(map(_same_effect, a.effects, b.effects)):
        return "it changes something different in each run"
    return None


def _same_call(x: Call, y: Call) -> bool:
    if x.kind == "host":
        same = y.kind == "host" and x.args[0] is y.args[0]
        return same and all(same_constant(x.kwargs[name], y.kwargs[name]) for name in ("grads", "data"))
    return (
        x.kind == y.kind
        and (x.fn is y.fn or (isinstance(x.fn, str) and x.fn == y.fn))
        and x.modes == y.modes
        and same_constant(x.args, y.args)
        and same_constant(x.kwargs, y.kwargs)
        and same_constant(x.out, y.out)
    )


def _same_effect(x: Effect, y: Effect) -> bool:
    return (
        x.kind == y.kind
        and (x.target is y.target or x.label == y.label)
        and x.key == y.key
        and same_template(x.template, y.template)
    )


def _words(call: Call) -> str:
    return f"{call.name} at {place(*call.place)}"
