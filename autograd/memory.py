"""Memory that was freed is kept for the next array, where the C library would hand it back to the system.

glibc gets each large array (from 128 KiB on) from the system and hands it back when it is freed, so that every step of
a training has every page of its arrays faulted in and cleared anew: most of the time of a LayerNorm on 256 x 512. The
largest array that was freed so far (of up to 32 MiB) is for glibc the size from which on it does so, and twice of that
is what it keeps. So one array of this size, made and freed, is all that it takes; no page of it is ever touched.

Nothing is done where the user has said how memory is to be kept (a variable ``MALLOC_...``, or a tunable of malloc in
``GLIBC_TUNABLES``), in another C library, and with ``CHAINRULE_KEEP_MEMORY=0``.
"""

import os
from collections.abc import Mapping

import numpy as np

LARGE = 128 * 1024  # bytes, from which on glibc goes to the system for an array
_LARGEST = 32 * 1024 * 1024 - 64 * 1024  # what it counts at most, less its own header

_asked = False


def may_keep(environment: Mapping[str, str]) -> bool:
    """Whether this C library has such a threshold, and nobody has set it.

    >>> from autograd.memory import may_keep
    >>> may_keep({"MALLOC_TRIM_THRESHOLD_": "131072"}), may_keep({"CHAINRULE_KEEP_MEMORY": "0"})
    (False, False)
    """
    try:
        version = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):  # no POSIX system, or another C library
        return False
    return (
        version.startswith("glibc")
        and environment.get("CHAINRULE_KEEP_MEMORY", "1") != "0"
        and not any(name.startswith("MALLOC_") for name in environment)
        and "malloc" not in environment.get("GLIBC_TUNABLES", "")
    )


def keep_freed() -> None:
    """Let the C library keep what is freed, once in a process: called when there is a large array."""
    global _asked
    if not _asked:
        _asked = True
        if may_keep(os.environ):
            np.empty(_LARGEST, np.uint8)
