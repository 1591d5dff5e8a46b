"""Who notes what a step does: set while `autograd.compile` traces a function, and looked at by what must know.

What is stepped as a whole (an optimizer) asks for the recorder, and so does who hands out random numbers. Nothing of
the compiler itself is imported here.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

RECORDER: ContextVar[Any] = ContextVar("autograd_recorder", default=None)  # a `compiling.recorder.Recorder`, or None
ONE_CALL: list[tuple[Callable[..., Any], int | None]] = []  # with which of the arguments is written into

Function = TypeVar("Function", bound=Callable[..., Any])


def one_call(*, writes: int | None = None) -> Callable[[Function], Function]:
    """A function of its module that decides by numbers: a compiled step calls it as it is, as it calls NumPy's.

    Its results have the same shapes and dtypes each time; at most one argument is written into.
    """

    def noted(function: Function) -> Function:
        ONE_CALL.append((function, writes))
        return function

    return noted
