"""Finds the line of the user's program that a warning should point to."""

import sys
from types import FrameType

_OURS = ("autograd", "nn", "optim")


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of our packages."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _OURS


def users_level() -> int:
    """The ``stacklevel`` with which a warning from the caller points to the first line outside our packages."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and is_ours(frame):
        frame, level = frame.f_back, level + 1
    return level
