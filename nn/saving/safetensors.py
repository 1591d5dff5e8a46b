"""Checkpoints in the safetensors format, which other frameworks read too; needs the extra of that name.

The format is a header of JSON and the bytes of the arrays. It has no checksum (ours lies in the header's metadata),
and no place for anything but arrays and texts. Release 0.8.0 of the package stores arrays in another order than
C as if they were in that order, and so all wrong (safetensors issue 825), which is why they are brought into it here.
"""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.saving import checksum
from nn.saving.tree import parse_json

_MANIFEST = "chainrule"
_DIGEST = "chainrule.digest"
_MARK = f'"{_DIGEST}":"'.encode()  # no name and no text in the header can contain it: their quotes are escaped
_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_DTYPES = frozenset(["bool", *_INTEGERS, "float16", "float32", "float64", "complex64"])


def unsuitable(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype cannot be stored."""
    return dtype.name not in _DTYPES


def dump(manifest: str, arrays: dict[str, NDArray[np.generic]]) -> bytearray:
    """The bytes of a file, without its checksum."""
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    return bytearray(_package().save(ordered, {_MANIFEST: manifest, _DIGEST: checksum.BLANK.decode()}))


def find_checksum(data: bytes) -> int:
    """The place of the checksum, or -1: it is in the header, which comes first and begins with its length."""
    place = data.find(_MARK, 0, 8 + int.from_bytes(data[:8], "little"))
    return -1 if place < 0 else place + len(_MARK)


def parse(data: bytes) -> tuple[str, dict[str, NDArray[np.generic]]]:
    """The manifest and the arrays, which can be written to. Raises all sorts of errors for what `dump` did not make."""
    package = _package()
    header = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    manifest = header["__metadata__"][_MANIFEST]
    if not isinstance(manifest, str):
        raise ValueError("its metadata are not texts")
    return manifest, {name: np.array(array) for name, array in package.load(data).items()}


def _package() -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "files that end in .safetensors need the package safetensors: pip install safetensors (the extra "
            "'safetensors'). Files that end in .npz need nothing."
        ) from error
    return safetensors.numpy
