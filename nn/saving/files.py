"""Trees of plain values as files: which format, whole or not at all, and never a half-believed one back.

`write` and `read` are what checkpoints are made with; they know nothing of models.
"""

import json
import os
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd import __version__
from nn.errors import CheckpointError
from nn.saving import checksum, npz, safetensors
from nn.saving.atomic import replacing
from nn.saving.tree import flatten, parse_json, unflatten

FORMAT = 1  # raised by every change that this version could not read

_FORMATS: dict[str, ModuleType] = {".npz": npz, ".safetensors": safetensors}

# How files of others begin.
_KNOWN = (
    (b"\x80", "a Python pickle, perhaps of an old torch.save. It is not opened, since a pickle can run any code"),
    (b"\x93NUMPY", "a single array of np.save"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "compressed with gzip"),
)


def write(path: str | os.PathLike[str], tree: Any, short: str = "") -> None:
    """Write a tree to a file, whole or not at all (see `replacing`).

    A tree is made of None, bools, ints, floats, texts, arrays, NumPy scalars, and plain lists, tuples and dicts of
    them. The suffix of the path is the format: ``.npz``, or ``.safetensors`` with the extra of that name. Arrays are
    named in the file after their place in the tree, without the beginning ``short``.

    Raises CheckpointError for another suffix, TypeError or ValueError for what cannot be stored, OSError.

    >>> import numpy as np
    >>> from nn.saving import read, write
    >>> write("run.npz", {"step": 7, "best": (0.5, np.arange(3)), "rng": np.random.default_rng(0).bit_generator.state})
    >>> read("run.npz")["best"]
    (0.5, array([0, 1, 2]))
    """
    form = _format(path)
    plain, arrays = flatten(tree, short)
    for name, array in arrays.items():
        if form.unsuitable(array.dtype):
            raise TypeError(f"{name} is of {array.dtype}, for which {Path(path).suffix} has no place. Save it as .npz.")
    manifest = {"format": FORMAT, "program": f"chainrule {__version__}", "tree": plain}
    data = form.dump(json.dumps(manifest, allow_nan=False), arrays)
    checksum.put(data, form.find_checksum(data))
    with replacing(path) as file:
        file.write(data)


def read(path: str | os.PathLike[str]) -> Any:
    """The tree that `write` has written.

    Nothing in a file is run, and nothing is believed before the checksum of the whole file is found right.

    Raises CheckpointError for a file that is damaged or not of `write`, and OSError for one that cannot be opened.

    >>> from nn.saving import read, write
    >>> write("run.npz", {"step": 7, "names": ("a", "b")})
    >>> read("run.npz")
    {'step': 7, 'names': ('a', 'b')}
    """
    form = _format(path)
    data = _content(path)
    place = form.find_checksum(data)
    if place < 0:
        raise CheckpointError(path, _foreign(data, form))
    if not checksum.is_intact(data, place):
        raise CheckpointError(path, "it is damaged: its checksum is not that of its content.")
    try:
        # What comes here was written by `write`, or by somebody who wants it to look so. The readers of zip, .npy
        # and JSON answer nonsense with a dozen kinds of errors, running out of memory or stack among them.
        text, arrays = form.parse(data)
        manifest = parse_json(text)
        written, program = manifest["format"], manifest["program"]
        tree = unflatten(manifest["tree"], arrays) if written == FORMAT else None
    except Exception as error:
        raise CheckpointError(path, f"its checksum is right, but not its content: {error!r}") from error
    if written != FORMAT:
        why = f"{program} wrote it in format {written}, and chainrule {__version__} reads format {FORMAT}."
        raise CheckpointError(path, why)
    return tree


def _format(path: str | os.PathLike[str]) -> ModuleType:
    suffix = Path(path).suffix
    if suffix not in _FORMATS:
        raise CheckpointError(path, f"the suffix {suffix!r} says no format: {' or '.join(_FORMATS)}.")
    return _FORMATS[suffix]


def _content(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file, read once: what is checked is what is used, whatever happens to the file."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
        raise CheckpointError(path, f"it is {'a folder' if stat.S_ISDIR(mode) else 'not a file'}.")
    try:
        return Path(path).read_bytes()
    except MemoryError as error:
        raise CheckpointError(path, "it does not fit into memory.") from error


def _foreign(data: bytes, form: ModuleType) -> str:
    """Why a file has no checksum of ours."""
    if not data:
        return "it is empty."
    for start, what in _KNOWN:
        if data.startswith(start):
            return f"it is no checkpoint, but {what}."
    zipped = data.startswith(b"PK") and form is npz
    if zipped and b"PK\x05\x06" not in data[-(2**16 + 22) :]:
        return "it is damaged: it is a zip archive without its end."
    if zipped and b"/data.pkl" in data:
        return "it is no checkpoint, but a file of torch.save. In PyTorch, save the state dict with safetensors."
    if zipped or (form is safetensors and data[8:9] == b"{"):
        by_hand = f"model.load_state_dict({'np.load' if zipped else 'safetensors.numpy.load_file'}(path))"
        why = "it has no checksum: another program made it, or it is damaged."
        return f"{why} If you know where it comes from: {by_hand}"
    return "it is no checkpoint, or the beginning of one is damaged or missing."
