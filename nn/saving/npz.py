"""Checkpoints as NumPy archives: zip files of ``.npy`` files, which ``np.load(path)`` opens too."""

import io
import zipfile
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nn.saving import checksum

_MANIFEST = "chainrule.json"
_MARK = b"chainrule.digest:"
_LONGEST_HEADER = 10_000  # characters in the header of an .npy file; ours have about 100


def unsuitable(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype cannot be stored."""
    return dtype.hasobject


def dump(manifest: str, arrays: dict[str, NDArray[np.generic]]) -> bytearray:
    """The bytes of a file, without its checksum; equal content gives equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST), manifest)
        for name, array in arrays.items():
            member = io.BytesIO()
            npy.write_array(member, array, version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getbuffer())
        archive.comment = _MARK + checksum.BLANK
    return bytearray(buffer.getbuffer())


def find_checksum(data: bytes) -> int:
    """The position of the checksum, which ends the file, or -1."""
    place = len(data) - len(checksum.BLANK)
    return place if place >= 0 and data.endswith(_MARK, 0, place) else -1


def parse(data: bytes) -> tuple[bytes, dict[str, NDArray[np.generic]]]:
    """Return the manifest and writable arrays; raises all kinds of errors for files that `dump` did not make."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise ValueError(f"duplicate names among {names}")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("the archive is compressed")
        if sum(member.file_size for member in members) > len(data):
            raise ValueError("the members declare more bytes than the file has")
        contents = {member.filename: archive.read(member) for member in members}  # this checks the CRCs
    manifest = contents.pop(_MANIFEST)
    return manifest, {_array_name(name): _array(content) for name, content in contents.items()}


def _array_name(name: str) -> str:
    if not name.endswith(".npy"):
        raise ValueError(f"{name!r} is not an array")
    return name.removesuffix(".npy")


def _array(content: bytes) -> NDArray[np.generic]:
    file = io.BytesIO(content)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("an array has an .npy version other than 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
    start = file.tell()
    size = dtype.itemsize * prod(shape)
    # Checked before NumPy allocates memory for a declared shape. Strings of length 0 would take no bytes.
    if dtype.hasobject or not dtype.itemsize or min(shape, default=0) < 0 or size != len(content) - start:
        raise ValueError(f"an array of shape {shape} and {dtype} needs {size} bytes but has {len(content) - start}")
    return np.ndarray(shape, dtype, content, start, order="F" if fortran else "C").copy(order="K")
