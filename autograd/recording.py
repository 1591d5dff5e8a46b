"""Who notes what a step does: set while `autograd.compile` traces a function, and looked at by what must know.

What is stepped as a whole (an optimizer) asks for the recorder, and so does who hands out random numbers. Nothing of
the compiler itself is imported here.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

__all__ = ["RECORDER"]

RECORDER: ContextVar[Any] = ContextVar("autograd_recorder", default=None)  # a `compiling.recorder.Recorder`, or None
