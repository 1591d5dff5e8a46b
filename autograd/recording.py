"""The recorder of a step: set while `autograd.compile` traces a function, used by code whose calls must be noted."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

RECORDER: ContextVar[Any] = ContextVar("autograd_recorder", default=None)  # a `compiling.recorder.Recorder`, or None
ONE_CALL: list[tuple[Callable[..., Any], int | None]] = []  # with which of the arguments is written into

Function = TypeVar("Function", bound=Callable[..., Any])


def one_call(*, writes: int | None = None) -> Callable[[Function], Function]:
    """Mark a function of a module that branches on numbers: a compiled step calls it whole, like NumPy's functions.

    Its results must have the same shapes and dtypes each time, and it may write into one argument at most.
    """

    def noted(function: Function) -> Function:
        ONE_CALL.append((function, writes))
        return function

    return noted
