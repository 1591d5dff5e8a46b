"""Fingerprints of arrays: enough of their bytes to notice that somebody has changed them (see docs/design.md)."""

from functools import lru_cache
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray

ndarray = np.ndarray

WHOLE = 64  # arrays of at most so many entries are compared whole; of larger ones so many entries

_GOLDEN = (5**0.5 - 1) / 2


@lru_cache(maxsize=4096)
def _places(size: int) -> NDArray[np.intp]:
    """Positions in an array: one in each of 64 equal parts, at places that multiples of the golden ratio spread."""
    borders = np.arange(WHOLE + 1, dtype=np.intp) * size // WHOLE
    inside = np.arange(WHOLE) * _GOLDEN % 1.0 * np.diff(borders)
    return borders[:-1] + inside.astype(np.intp)


def fingerprint(x: Any) -> bytes:
    """The bytes to compare for an array, or for the arrays and lists in a tuple (as in an index); else nothing."""
    if x.__class__ is ndarray:
        size = x.size
        if size <= WHOLE:
            return x.tobytes()
        flags = x.flags
        if flags.c_contiguous:
            return x.ravel()[_places(size)].tobytes()
        if flags.f_contiguous:
            return x.T.ravel()[_places(size)].tobytes()
        return x.flat[_places(size)].tobytes()
    if x.__class__ is tuple:
        return b"".join([fingerprint(part) for part in x])
    if x.__class__ is list:
        return repr(x).encode()
    data = getattr(x, "_data", None)  # a Tensor of integers in an index
    return b"" if data is None else fingerprint(data)


# The arrays of leaves that others may hold, by their id, for as long as they live. A view counts for its memory: the
# data of a leaf that does not own its memory (`base`) is compared always.
HANDED_OUT: dict[int, ref[NDArray[Any]]] = {}


def hand_out(array: Any) -> bool:
    """Note that somebody gets hold of an array, or of a view of it; returns whether that is new."""
    owner = array if array.base is None else array.base
    key = id(owner)
    if key in HANDED_OUT or not isinstance(owner, np.ndarray):
        return False
    forget = HANDED_OUT.pop  # by a name of its own, which is there until the interpreter ends
    HANDED_OUT[key] = ref(owner, lambda _: forget(key, None))
    return True


def take_back(array: NDArray[Any]) -> None:
    """Note that nobody but its Tensor holds an array."""
    HANDED_OUT.pop(id(array), None)
