"""Checkpoints in the safetensors format, which other frameworks read too; needs the extra of that name."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.saving import checksum
from nn.saving.tree import parse_json

_MANIFEST = "chainrule"
_DIGEST = "chainrule.digest"
_MARK = f'"{_DIGEST}":"'.encode()  # names and strings in the header cannot contain it, because quotes are escaped
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
    """The position of the checksum in the header, which comes first and begins with its length, or -1."""
    place = data.find(_MARK, 0, 8 + int.from_bytes(data[:8], "little"))
    return -1 if place < 0 else place + len(_MARK)


def parse(data: bytes) -> tuple[str, dict[str, NDArray[np.generic]]]:
    """Return the manifest and writable arrays; raises all kinds of errors for files that `dump` did not make."""
    package = _package()
    header = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    manifest = header["__metadata__"][_MANIFEST]
    if not isinstance(manifest, str):
        raise ValueError("the metadata are not strings")
    return manifest, {name: np.array(array) for name, array in package.load(data).items()}


def _package() -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "files ending in .safetensors need the package safetensors: pip install safetensors (the extra "
            "'safetensors'). Files ending in .npz need no extra package."
        ) from error
    return safetensors.numpy
