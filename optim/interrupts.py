"""Protection from Ctrl-C while several arrays that belong together are changed one after the other."""

import signal
import sys
from collections.abc import Callable
from typing import Any

# The functions of the C module, where there is one: those around them turn numbers into enumerations and back, which
# takes ten times as long as what they do, and a tenth of the time of a step on small arrays.
_plain = sys.modules.get("_signal", signal)
_set_handler: Callable[..., Any] = _plain.signal
_get_handler: Callable[..., Any] = _plain.getsignal
_SIGINT = int(signal.SIGINT)


def undisturbed(run: Callable[..., Any], *args: Any) -> Any:
    """Call a function and return its result; a Ctrl-C meanwhile takes effect only after it has ended.

    The function should be short. In threads other than the main one, nothing is interrupted anyway.
    """
    handler = _get_handler(_SIGINT)
    if not callable(handler):  # Ctrl-C is ignored, or ends the process, or is somebody else's business
        return run(*args)
    held: list[tuple[Any, ...]] = []
    try:
        _set_handler(_SIGINT, lambda *signal: held.append(signal))
    except ValueError:  # not the main thread
        return run(*args)
    try:
        return run(*args)
    finally:
        _set_handler(_SIGINT, handler)
        if held:
            handler(*held[0])
