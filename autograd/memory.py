"""Keeps freed memory for the next array, where glibc would return it to the system (see docs/performance.md)."""

import os
from collections.abc import Mapping

import numpy as np

LARGE = 128 * 1024  # bytes, from which on glibc goes to the system for an array
_LARGEST = 32 * 1024 * 1024 - 64 * 1024  # what it counts at most, less its own header

_asked = False


def may_keep(environment: Mapping[str, str]) -> bool:
    """Whether this C library has such a limit and the user has not set it."""
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
    """Let the C library keep freed memory, once per process: called when there is a large array."""
    global _asked
    if not _asked:
        _asked = True
        if may_keep(os.environ):
            np.empty(_LARGEST, np.uint8)
