"""`compile`: a function that runs eagerly and is traced at first, and is replayed from then on (docs/compile.md)."""

# mypy: disable-error-code="no-any-return"
# (what a program returns has no type; what the function returns has)

from __future__ import annotations

import functools
import inspect
import re
import sys
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from threading import RLock
from typing import Any, Generic, ParamSpec, TypeVar, overload

from autograd.callers import users_level
from autograd.collector import paused
from autograd.compiling.arguments import Arguments
from autograd.compiling.errors import CompileError, CompileWarning, Refused
from autograd.compiling.frames import is_ours, line_of
from autograd.compiling.guards import Guards
from autograd.compiling.program import ANOTHER_WAY, BUSY, Program, disagreement, times
from autograd.compiling.renewed import Renewed
from autograd.compiling.snapshot import Snapshot, differences, frozen
from autograd.compiling.tracing import Trace
from autograd.compiling.writing import OTHER
from autograd.engine.graph import STATE
from autograd.provenance import place
from autograd.recording import RECORDER

MOST = 4  # programs that are kept
MOST_REASONS = 16  # signatures that run eager, before all do
MOST_WAYS = 24  # traces of other ways through a function
PATIENCE = 12  # traces without a replay in between, after which it stays eager

_LATER = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

# One trace at a time: NumPy's functions are exchanged meanwhile.
_TRACING = RLock()

P = ParamSpec("P")
R = TypeVar("R")


class Compiled(Generic[P, R]):
    """A compiled function, as returned by `compile`; call it like the function itself.

    >>> import numpy as np
    >>> from autograd import compile
    >>> twice = compile(lambda x: 2.0 * x, strict=True)
    >>> twice
    compile(<lambda>)
    >>> twice(np.ones(2))
    array([2., 2.])
    """

    __autograd_opaque__ = True  # what it has learnt is no input of those that call it; its function is looked into

    def __init__(self, function: Callable[P, R], verify: int, strict: bool) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.verify: int = verify
        self.strict: bool = strict
        self._told = False  # whether it was said that it runs eager
        self._start()

    def _start(self) -> None:
        self._programs: list[Program] = []  # replaced, never changed: other threads may be going through it
        self._first: list[tuple[Trace, Any]] = []  # traces that wait for a second one, with their conditions
        self._renewed = Renewed()
        self._reason: str | None = None
        self._refused: dict[Any, tuple[str, Any]] = {}  # by the signature of arguments
        self._traced = self._in_vain = self._eager = 0
        self._changes = self._ways = self._disagreed = 0

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        state = STATE.get()
        if state.watch is not None or state.readings is not None or RECORDER.get() is not None:
            return self.function(*args, **kwargs)
        if self._reason is not None:
            return self._run_eager(args, kwargs)
        try:
            arguments = Arguments(args, kwargs)
            known = self._refused.get(arguments.key) if self._refused else None
        except (TypeError, RecursionError) as error:  # of what is no array, of what has no hash, of a list in itself
            self._refuse(str(error))
            return self._run_eager(args, kwargs)
        if known is not None:
            return self._run_eager(args, kwargs)
        ways = 0
        for program in self._programs:
            if program.guards.fit(arguments):
                result = self._replay(program, arguments)
                if result is BUSY:
                    return self._run_eager(args, kwargs)
                if result is not OTHER:
                    return result
                ways += 1
        if ways:  # another one is to be traced, where a check of the library decides
            self._ways += 1
            if ways >= MOST or self._ways > MOST_WAYS:
                return self._run_eager(args, kwargs)
        if not _TRACING.acquire(blocking=False):
            return self.function(*args, **kwargs)
        try:
            result = paused(self._trace, arguments)  # which makes no cycles, and may make many objects
        finally:
            _TRACING.release()
        self._tell()
        return result

    def _replay(self, program: Program, arguments: Arguments) -> Any:
        if program.verified < self.verify:
            return self._verify(program, arguments)
        result = program.run(arguments)
        if result is not OTHER and result is not BUSY:
            program.replays += 1
            self._in_vain = 0
            programs = self._programs
            if programs and programs[0] is not program:
                self._programs = [program, *(other for other in programs if other is not program)][:MOST]
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None or isinstance(self.function, staticmethod) else _Bound(self, instance)

    def _run_eager(self, args: Any, kwargs: Any) -> Any:
        self._eager += 1
        result = self.function(*args, **kwargs)
        if not self._told:
            self._tell()
        return result

    def _tell(self) -> None:
        """Warn once that some calls run eagerly, and why. The call itself is done by then."""
        if not self._told and (reasons := [self._reason, *[reason for reason, _ in self._refused.values()]]) != [None]:
            self._told = True
            why = next(filter(None, reasons))
            warnings.warn(f"{self._name()} runs eagerly: {why}.", CompileWarning, users_level())

    def _refuse(self, reason: str, arguments: Arguments | None = None) -> None:
        """Run eagerly from now on: calls with these arguments, or all calls. The reason names a line."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        if code is not None and not is_ours(code) and not re.search(r":\d+$", reason):
            reason += f" (it begins at {place(code.co_filename, code.co_firstlineno)})"
        if arguments is None or len(self._refused) >= MOST_REASONS:
            self._reason = reason
            self._programs, self._first = [], []
        else:
            self._refused[arguments.key] = reason, arguments.objects
        if self.strict:
            raise CompileError(f"{self._name()} cannot be compiled: {reason}.")

    def _name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _trace(self, arguments: Arguments) -> Any:
        args, kwargs = arguments.tree
        for guards in [*[program.guards for program in self._programs], *[guards for _, guards in self._first]]:
            if not guards.fit(arguments):
                for entry, was, now in guards.exchanged:
                    self._renewed.learn(entry, was, now)
        try:
            if getattr(getattr(self.function, "__code__", None), "co_flags", 0) & _LATER:
                raise Refused("it is a generator or a coroutine, whose code runs later")
            before = Snapshot(self.function, arguments.named(self.function))
            trace = Trace(self.function, arguments, self._renewed)
        except Exception as error:  # of somebody's property, say
            known = isinstance(error, Refused)
            self._refuse(
                str(error) if known else f"an object that it can reach cannot be inspected: {error!r}", arguments
            )
            return self._run_eager(args, kwargs)
        self._traced += 1
        try:
            result = trace.run()
        except Exception as error:
            before.put_back()
            for generator, state in trace.recorder.drawn_from:
                generator.bit_generator.state = state
            result = self._run_eager(args, kwargs)  # which raises it too, if it was the user's
            why = str(error)
            if not isinstance(error, Refused):
                why = f"tracing it raised {type(error).__name__} ({error}), at {place(*line_of(error))}"
            self._refuse(why, arguments)
            return result
        if trace.refused is not None:
            self._refuse(trace.refused, arguments)
            return result
        if trace.changing is not None:
            self._changes += 1
            if self._changes > 2:
                self._refuse(trace.changing, arguments)
            return result
        self._changes = 0
        self._keep(trace)
        return result

    def _keep(self, trace: Trace) -> None:
        for first, guards in self._first:
            if guards.fit(trace.arguments, trace.without_gradient):
                reason = disagreement(first, trace)
                if reason == ANOTHER_WAY:
                    continue
                self._first = [pair for pair in self._first if pair[0] is not first]  # may be cleared meanwhile
                if reason is None:
                    name = self._name()
                    try:
                        program = Program(trace, name if name.isidentifier() else "step")
                        reason = program.refused
                    except Exception as error:  # of ours: the call itself went well
                        reason = f"its program could not be generated: {error!r}"
                elif self._disagreed < 1:  # a first run may do more: it looks at a new model, say
                    self._disagreed += 1
                    break
                if reason is not None:
                    self._refuse(reason, trace.arguments)
                    return
                self._disagreed = 0
                self._programs = [program, *self._programs[: MOST - 1]]
                return
        self._in_vain += 1
        if self._in_vain > PATIENCE:
            why = self._first[-1][1].mismatch if self._first else "something"
            self._refuse(f"no two runs are alike: {why} changes from call to call")
            return
        self._first.append((trace, Guards(trace)))
        trace.forget()
        del self._first[:-MOST]

    def _verify(self, program: Program, arguments: Arguments) -> Any:
        args, kwargs = arguments.tree
        roots = arguments.named(self.function)
        roots += [(get(), "the default generator") for get in program.asked_for]
        before = Snapshot(self.function, roots)
        start = time.perf_counter()
        try:
            replayed = program.run(arguments)
        except Exception:  # which the eager run raises too, or it is ours
            before.put_back()
            result = self._run_eager(args, kwargs)
            self._refuse("a replay failed where the eager run did not")
            self._tell()
            return result
        if replayed is OTHER or replayed is BUSY:
            before.put_back()
            return replayed
        middle = time.perf_counter()
        result_there = frozen(replayed)
        there = Snapshot(self.function, roots).content()
        before.put_back()
        again = time.perf_counter()
        result = self.function(*args, **kwargs)
        program.seconds = middle - start, time.perf_counter() - again
        here = Snapshot(self.function, roots).content()
        name = differences(there, here) if result_there == frozen(result) else "its result"
        if name is not None:
            self._refuse(f"{name} of a replay differs from that of the eager run")
            self._tell()
            return result
        program.verified += 1
        return result

    @property
    def source(self) -> str:
        """The program that ran last, as readable NumPy code; empty before there is one.

        >>> import numpy as np
        >>> from autograd import compile
        >>> @compile
        ... def shrunk(x):
        ...     return np.tanh(x) * 0.5
        >>> results = [shrunk(np.arange(3.0)) for _ in range(2)]
        >>> print(shrunk.source)  # doctest: +ELLIPSIS
        def shrunk(leaves):
            x, = leaves
            ...
            tanh_2(x, tanh)
            mul = tanh * number_0_5
            return (mul,)
        <BLANKLINE>
        """
        if not self._programs:
            return ""
        program = self._programs[0]
        return "\n".join([program.source, *(block.source for block in program.blocks)])

    def explain(self) -> str:
        """A description in words: the programs and how often they were replayed, or why there are none.

        >>> import numpy as np
        >>> from autograd import compile
        >>> twice = compile(lambda x: 2.0 * x)
        >>> x = [twice(np.ones(2)) for _ in range(5)]
        >>> print(twice.explain())  # doctest: +ELLIPSIS
        <lambda>: traced ...
          ... replayed once, 2 runs beside eager, 0 times another branch was taken
          when verified, a replay took ... us, the eager run ... us: ... ms saved so far
        """
        name = self._name()
        if self._reason is not None:
            return f"{name} runs eagerly: {self._reason}."
        if self._refused and not self._programs:
            return "\n".join(f"{name} runs eagerly: {reason}." for reason, _ in self._refused.values())
        counts = f"{_count(len(self._programs), 'program')}, {_count(self._eager, 'eager call')}"
        lines = [f"{name}: traced {times(self._traced)}, {counts}."]
        lines += [f"  {line}" for program in self._programs for line in program.words()]
        lines += [f"  some calls run eagerly: {reason}" for reason, _ in self._refused.values()]
        if not self._programs and self._first:
            lines.append("  one trace was made; the next call with this signature makes the second")
        return "\n".join(lines)

    def clear(self) -> None:
        """Delete all programs and release their memory: the next calls are traced again.

        >>> import numpy as np
        >>> from autograd import compile
        >>> twice = compile(lambda x: 2.0 * x)
        >>> x = [twice(np.ones(2)) for _ in range(3)]
        >>> twice.clear()
        >>> twice.source
        ''
        """
        self._start()

    def __repr__(self) -> str:
        return f"compile({self._name()})"

    def __reduce__(self) -> Any:
        name = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else (Compiled, (self.function, self.verify, self.strict))  # as functions are

    def __deepcopy__(self, memo: Any) -> Any:
        return Compiled(deepcopy(self.function, memo), self.verify, self.strict)


class _Bound(functools.partial[Any]):
    """A compiled method bound to an object; other attributes are those of the class's method."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.func, name)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


@overload
def compile(function: Callable[P, R], *, verify: int = 2, strict: bool = False) -> Compiled[P, R]: ...


@overload
def compile(
    function: None = None, *, verify: int = 2, strict: bool = False
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...


def compile(function: Callable[..., Any] | None = None, *, verify: int = 2, strict: bool = False) -> Any:
    """A function with the results of ``function``, bit for bit, without the overhead of graphs and modules.

    The first two calls with a signature (shapes, dtypes, modes, everything that the function can reach) run eagerly and
    are traced; the next ``verify`` calls run beside the eager function and must agree to the last bit; from then on
    only NumPy's calls are replayed. A function that cannot be compiled runs eagerly, and a `CompileWarning` says why,
    once; with ``strict`` this is a `CompileError`. Printing, files and other outside effects happen only while tracing
    and verifying. Also a decorator. See docs/compile.md.

    >>> import numpy as np
    >>> import autograd
    >>> slope = autograd.compile(autograd.grad(lambda x: np.sum(x * x)))
    >>> [slope(np.array([1.0, k])).tolist() for k in range(6)][-1]
    [2.0, 10.0]
    """
    if function is None:
        return functools.partial(compile, verify=verify, strict=strict)
    if not callable(function):
        raise TypeError(f"compile() takes a function, not {type(function).__name__}.")
    if type(verify) is not int or verify < 0:
        raise ValueError(f"compile: verify must be an integer of at least 0, not {verify!r}.")
    return Compiled(function, verify, strict)
