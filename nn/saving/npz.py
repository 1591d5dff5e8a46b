"""Checkpoints as NumPy's archives: a zip file of ``.npy`` files, which ``np.load(path)`` opens too.

Written without compression: trained weights hardly shrink, and nothing in the file is larger than the file. Never
pickled. The checksum is the comment at the end of the archive.
"""

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
_LONGEST_HEADER = 10_000  # of an .npy file; ours have about 100 characters


def unsuitable(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype cannot be stored."""
    return dtype.hasobject


def dump(manifest: str, arrays: dict[str, NDArray[np.generic]]) -> bytearray:
    """The bytes of a file, without its checksum. The same content gives the same bytes."""
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
    """The place of the checksum, or -1: it is the last thing in the file."""
    place = len(data) - len(checksum.BLANK)
    return place if place >= 0 and data.endswith(_MARK, 0, place) else -1


def parse(data: bytes) -> tuple[bytes, dict[str, NDArray[np.generic]]]:
    """The manifest and the arrays, which can be written to. Raises all sorts of errors for what `dump` did not make."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise ValueError(f"a name occurs twice among {names}")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed")
        if sum(member.file_size for member in members) > len(data):
            raise ValueError("its members declare more bytes than it has")
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
        raise ValueError("an array is of an .npy version other than 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
    start = file.tell()
    size = dtype.itemsize * prod(shape)
    # Before NumPy allocates anything for a shape that a file declares. Texts of no length would take no bytes.
    if dtype.hasobject or not dtype.itemsize or min(shape, default=0) < 0 or size != len(content) - start:
        raise ValueError(f"an array of shape {shape} and {dtype} declares {size} bytes and has {len(content) - start}")
    return np.ndarray(shape, dtype, content, start, order="F" if fortran else "C").copy(order="K")
