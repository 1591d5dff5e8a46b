"""Makes Python's garbage collector wait during steps that create many objects and no cycles (docs/performance.md)."""

import gc
import os
from collections.abc import Callable
from threading import RLock
from typing import Any

__autograd_transparent__ = True  # whatever `paused` calls is called by the user's line

LIMIT = 2**18  # new containers, after which the collector looks at the young ones also in a pause

# What the threads that are in a pause have in common.
_LOCK = RLock()  # the handler of a signal, or what the collector calls, may pause it itself
_running = 0  # how many of them have not ended
_ending = False  # whether one has: from then on no other joins, or steps of two threads in turn would never let it end
_thresholds: tuple[int, ...] | None = None  # those of the user, while ours are set
_forks = 0  # how often this process is a copy of another: pauses that began before have no end here


def paused(step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function while the collector waits longer than usual, and return its result.

    Use it for one step at a time. The user's thresholds are restored, after errors too, when the last of several
    simultaneous pauses ends; thresholds that the user has changed meanwhile stay.
    """
    global _running, _ending, _thresholds
    joined: int | None = None
    try:
        with _LOCK:
            if not _ending:
                _running += 1
                joined = _forks
                if _thresholds is None and 0 < (now := gc.get_threshold())[0] < LIMIT:
                    _thresholds = now
                    gc.set_threshold(LIMIT, *now[1:])
        return step(*args, **kwargs)
    finally:
        if joined == _forks:
            with _LOCK:
                _running -= 1
                _ending = _running > 0
                if not _ending and _thresholds is not None:
                    before, _thresholds, ours = _thresholds, None, True
                    try:  # Ctrl-C may come after any call
                        ours = gc.get_threshold() == (LIMIT, *before[1:])
                    finally:
                        if ours:
                            gc.set_threshold(*before)


def _forget() -> None:
    """A forked process has one thread: pauses of the others never end there, and their locks are never released."""
    global _LOCK, _running, _ending, _thresholds, _forks
    before, _thresholds = _thresholds, None
    _LOCK, _running, _ending, _forks = RLock(), 0, False, _forks + 1
    if before is not None and gc.get_threshold() == (LIMIT, *before[1:]):
        gc.set_threshold(*before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
