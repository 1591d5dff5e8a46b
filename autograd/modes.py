"""Changing the modes of the engine (``with no_grad():`` and its kind), and the interface of watchers."""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import CodeType, FrameType
from typing import Any, TypeVar

from autograd.callers import is_ours
from autograd.engine.graph import STATE, State

F = TypeVar("F", bound=Callable[..., Any])


class Watch:
    """Base class of watchers: they see every op applied to a Tensor, and every node when it is made and when it passes
    its gradient on. Override the methods that you need.

    >>> from autograd import tensor
    >>> from autograd.engine.graph import STATE
    >>> from autograd.modes import Watch
    >>> class Reporter(Watch):
    ...     def applied(self, op, xs, data, out, result):
    ...         print("applied", op.name, "to", *map(float, data))
    ...     def forward(self, node, operands, out):
    ...         print("made a node of value", out)
    ...     def backward(self, node, g, gradients):
    ...         print("passed on", *gradients)
    >>> token = STATE.set(STATE.get().replace(watch=Reporter()))
    >>> (tensor(3.0, requires_grad=True) * 2.0).backward()
    made a node of value 6.0
    applied multiply to 3.0 2.0
    passed on 2.0 None
    >>> STATE.reset(token)
    """

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        """An op was applied to operands, with these arrays in them; the result is its Tensor (or several)."""

    def _unrecorded(self, op: Any, xs: tuple[Any, ...], attributes: Any, out: Any, result: Any) -> None:
        """An op gave a result that needs no gradient, so no node was made."""

    def _converted(self, old: Any, new: Any) -> None:
        """An array was converted to another dtype, outside of any op."""

    def forward(self, node: Any, operands: tuple[Any, ...], out: Any) -> None:
        """A node was made."""

    def backward(self, node: Any, g: Any, gradients: tuple[Any, ...]) -> None:
        """The rules of a node returned these gradients for the incoming one."""


class Both(Watch):
    """Two watchers, called one after the other."""

    def __init__(self, first: Watch, second: Watch) -> None:
        self.first: Watch = first
        self.second: Watch = second
        for name in ("applied", "_unrecorded", "_converted", "forward", "backward"):
            setattr(self, name, partial(_in_turn, getattr(first, name), getattr(second, name)))


def _in_turn(first: Callable[..., None], second: Callable[..., None], *args: Any) -> None:
    first(*args)
    second(*args)


class Readings:
    """The live Tensors whose plain values a function read (`.item()`, `.data`, ...) while a transform evaluated it.

    A result computed from such values no longer depends on the Tensor. At most ``LIMIT`` are noted, so that a long loop
    does not keep all its values alive.
    """

    __slots__ = ("noted",)
    LIMIT = 1000

    def __init__(self) -> None:
        self.noted: list[tuple[Any, str, CodeType, int]] = []  # vertex, method, and the place that called it

    def note(self, vertex: Any, method: str, frame: FrameType) -> None:
        """Note a reading by the user's program; reads by our own packages are not counted."""
        if len(self.noted) < self.LIMIT and not is_ours(frame):
            self.noted.append((vertex, method, frame.f_code, frame.f_lineno))


@contextmanager
def changed(**modes: Any) -> Iterator[None]:
    """Change some of the modes, inside a ``with`` block of the library."""
    token = STATE.set(STATE.get().replace(**modes))
    try:
        yield
    finally:
        STATE.reset(token)


# What to go back to at the end of each `with` block. It lies in the context and not in the mode, so that threads and
# tasks can share one mode.
_OUTSIDE: ContextVar[tuple[State, ...]] = ContextVar("autograd_outside", default=())


class Mode:
    """A change of state as a context manager (re-entrant) and as a decorator.

    As a decorator it covers functions, coroutine functions and generators. A generator gives the mode back at
    every ``yield``, so that its consumer never runs in it. The parentheses may be left out: ``@no_grad``.
    """

    _changes: dict[str, Any]

    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        if not callable(function):
            raise TypeError(f"{cls.__name__}() takes at most the function that it decorates, not {function!r:.60}.")
        return mode(function)

    def __enter__(self) -> None:
        state = STATE.get()
        _OUTSIDE.set((*_OUTSIDE.get(), state))
        STATE.set(state.replace(**self._changes))

    def __exit__(self, *error: Any) -> None:
        *outer, state = _OUTSIDE.get()
        _OUTSIDE.set(tuple(outer))
        STATE.set(state)

    def __call__(self, function: F) -> F:
        mode = type(self)
        if inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{mode.__name__}() cannot decorate the asynchronous generator {function.__name__}: its consumer "
                f"would run in the mode too. Use 'with {mode.__name__}():' inside it, around code without yield."
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                with mode():
                    return await function(*args, **kwargs)

            return coroutine  # type: ignore[return-value]
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                return (yield from _stepwise(mode, function(*args, **kwargs)))

            return generator  # type: ignore[return-value]

        @functools.wraps(function)
        def plain(*args: Any, **kwargs: Any) -> Any:
            with mode():
                return function(*args, **kwargs)

        return plain  # type: ignore[return-value]


def _stepwise(mode: type[Mode], steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run each step of a generator in a mode, and its consumer outside the mode."""
    resume: Callable[[Any], Any] = steps.send
    value: Any = None
    while True:
        try:
            with mode():
                item = resume(value)
        except StopIteration as stop:
            return stop.value
        finally:
            value = None  # an error is not to be kept by a frame that its own traceback keeps
        try:
            resume, value = steps.send, (yield item)
        except GeneratorExit:
            with mode():
                steps.close()
            raise
        except BaseException as error:
            resume, value = steps.throw, error


class no_grad(Mode):
    """Compute without recording a graph, inside a ``with`` block or a decorated function.

    >>> from autograd import no_grad, tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    _changes = {"grad": False}  # noqa: RUF012 - a constant of the class


class enable_grad(Mode):
    """Record the graph again inside `no_grad`.

    >>> from autograd import enable_grad, no_grad, tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """

    _changes = {"grad": True}  # noqa: RUF012


def is_grad_enabled() -> bool:
    """Whether operations currently record a graph.

    >>> from autograd import is_grad_enabled, no_grad
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return STATE.get().grad
