"""Whether a resumed run has the data it began with: docs/training.md says what its checkpoints record of them."""

from collections.abc import Mapping
from hashlib import blake2b
from operator import length_hint
from typing import Any

import numpy as np

from nn.arrays import plain
from nn.data import Loader
from nn.data.datasets import rows
from nn.data.mapped import Rows
from nn.data.sources import Arrays, Stream

Note = Mapping[str, Any] | None

ROWS = 1000  # rows to hash of an array in a file
BLOCK = 1 << 24  # bytes to hash at a time


def note_of(loader: Loader | None) -> Note:
    """Make a record of the data of a loader, as plain values."""
    if loader is None:
        return None
    source: Any = loader.source
    if isinstance(source, Stream):
        return {}
    samples = length_hint(source)
    arrays = source.arrays if isinstance(source, Arrays) else rows(source.data, range(samples))
    if arrays is None:
        return {"samples": samples}
    return {"arrays": [[list(a.shape), a.dtype.str, _hash(a)] for a in arrays]}


def differences(what: str, saved: Note, found: Note) -> list[str]:
    """Describe how the data differ from those recorded, as lines; unknown facts are not compared."""
    if saved is None or found is None:
        return [] if saved is found else [f"there are {'no' if found is None else 'now'} {what} data, unlike before"]
    if saved.keys() != found.keys():
        return [f"the {what} data are {_kind(found)}, but were {_kind(saved)}"]
    lines = []
    if saved.get("samples") != found.get("samples"):
        lines.append(f"the {what} data have {found['samples']} samples, but had {saved['samples']}")
    before, now = saved.get("arrays", ()), found.get("arrays", ())
    if len(before) != len(now):
        lines.append(f"the {what} data are {len(now)} arrays, but were {len(before)}")
    for i, (a, b) in enumerate(zip(before, now, strict=False)):
        name = f"array {i} of the {what} data"
        if a[:2] != b[:2]:
            lines.append(f"{name} is {tuple(b[0])} of {np.dtype(b[1])}, but was {tuple(a[0])} of {np.dtype(a[1])}")
        elif a[2] != b[2]:
            lines.append(f"{name} has different values")
    return lines


def _kind(note: Mapping[str, Any]) -> str:
    return "arrays" if "arrays" in note else "an indexable data set" if "samples" in note else "a stream"


def _hash(array: Any) -> str | None:
    """Hash an array; None for arrays of objects, whose bytes are only addresses."""
    if array.dtype.hasobject:
        return None
    digest = blake2b(digest_size=16)
    length = len(array)
    if isinstance(array, Rows | np.memmap):
        rows = np.unique(np.linspace(0, max(length - 1, 0), min(length, ROWS)).astype(int))
        digest.update(np.asarray(array[rows]).tobytes())
        return digest.hexdigest()
    values = plain(array)
    step = max(1, BLOCK * length // max(values.nbytes, 1))
    for start in range(0, length, step):
        digest.update(values[start : start + step].tobytes())
    return digest.hexdigest()
