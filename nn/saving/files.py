"""Trees of plain values as files: the choice of format, atomic writing, and verified reading."""

import json
import os
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd import __version__
from autograd.progress import Work
from nn.errors import CheckpointError
from nn.saving import checksum, npz, safetensors
from nn.saving.atomic import replacing
from nn.saving.tree import flatten, parse_json, unflatten

FORMAT = 1  # increased by every change that older versions cannot read

_FORMATS: dict[str, ModuleType] = {".npz": npz, ".safetensors": safetensors}

# The first bytes of files in other formats.
_KNOWN = (
    (b"\x80", "a Python pickle, perhaps from an old torch.save. Pickles are never opened, because they can run code"),
    (b"\x93NUMPY", "a single array from np.save"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip file"),
)


def write(path: str | os.PathLike[str], tree: Any, short: str = "") -> None:
    """Write a tree to a file atomically (see `replacing`).

    A tree consists of None, bools, ints, floats, strings, arrays, NumPy scalars, and plain lists, tuples and dicts of
    these. The suffix of the path selects the format: ``.npz``, or ``.safetensors``, which needs the package
    safetensors. Arrays are named in the file after their position in the tree, without the prefix ``short``.

    Raises CheckpointError for an unknown suffix, TypeError or ValueError for values that cannot be stored, and OSError.

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
            raise TypeError(f"{name} is {array.dtype}, which {Path(path).suffix} cannot store. Save it as .npz.")
    manifest = {"format": FORMAT, "program": f"chainrule {__version__}", "tree": plain}
    data = form.dump(json.dumps(manifest, allow_nan=False), arrays)
    checksum.put(data, form.find_checksum(data))
    with replacing(path) as file:
        file.write(data)


def read(path: str | os.PathLike[str]) -> Any:
    """Read a tree that `write` has written.

    Reading never runs code, and the checksum of the whole file is verified before anything is parsed.

    Raises CheckpointError if the file is damaged or was not made by `write`, and OSError if it cannot be opened.

    >>> from nn.saving import read, write
    >>> write("run.npz", {"step": 7, "names": ("a", "b")})
    >>> read("run.npz")
    {'step': 7, 'names': ('a', 'b')}
    """
    form = _format(path)
    with Work(f"reading {os.fspath(path)}", 2) as work:
        data = _content(path)
        work.advance()
        place = form.find_checksum(data)
        if place < 0:
            raise CheckpointError(path, _foreign(data, form))
        if not checksum.is_intact(data, place):
            raise CheckpointError(path, "the file is damaged: its checksum does not match its content.")
        work.advance()
    try:
        # This was written by `write`, or by someone who wants it to look that way. The readers of zip, .npy and JSON
        # raise a dozen kinds of errors for nonsense, including MemoryError and RecursionError.
        text, arrays = form.parse(data)
        manifest = parse_json(text)
        written, program = manifest["format"], manifest["program"]
        tree = unflatten(manifest["tree"], arrays) if written == FORMAT else None
    except Exception as error:
        raise CheckpointError(path, f"the checksum is correct, but the content is invalid: {error!r}") from error
    if written != FORMAT:
        why = f"{program} wrote the file in format {written}, but chainrule {__version__} reads format {FORMAT}."
        raise CheckpointError(path, why)
    return tree


def _format(path: str | os.PathLike[str]) -> ModuleType:
    suffix = Path(path).suffix
    if suffix not in _FORMATS:
        raise CheckpointError(path, f"the suffix must be {' or '.join(_FORMATS)}, not {suffix!r}.")
    return _FORMATS[suffix]


def _content(path: str | os.PathLike[str]) -> bytes:
    """Read all bytes of a file once, so that the bytes verified are the bytes used."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
        raise CheckpointError(path, f"this is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}.")
    try:
        return Path(path).read_bytes()
    except MemoryError as error:
        raise CheckpointError(path, "the file does not fit into memory.") from error


def _foreign(data: bytes, form: ModuleType) -> str:
    """Explain why a file has no checksum of ours."""
    if not data:
        return "the file is empty."
    for start, what in _KNOWN:
        if data.startswith(start):
            return f"this is not a checkpoint but {what}."
    zipped = data.startswith(b"PK") and form is npz
    if zipped and b"PK\x05\x06" not in data[-(2**16 + 22) :]:
        return "the file is damaged: it is a zip archive without its end."
    if zipped and b"/data.pkl" in data:
        return "this is not a checkpoint but a torch.save file. In PyTorch, save the state dict with safetensors."
    if zipped or (form is safetensors and data[8:9] == b"{"):
        by_hand = f"model.load_state_dict({'np.load' if zipped else 'safetensors.numpy.load_file'}(path))"
        why = "the file has no checksum: another program made it, or it is damaged."
        return f"{why} If you trust its source, use {by_hand}"
    return "this is not a checkpoint, or the beginning of the file is damaged or missing."
