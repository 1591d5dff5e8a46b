"""IDX files, the format of the MNIST digits: images and labels from a local folder, plain or gzipped."""

import gzip
import os
import zlib
from math import prod
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.progress import Work
from nn.defaults import get_default_dtype
from nn.errors import DataFileError

__all__ = ["Images", "mnist", "read_idx"]

# By the third byte of an IDX file. Numbers are stored big-endian.
DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PARTS = {"train": "train", "test": "t10k"}


class Images(NamedTuple):
    """Images and their labels. It unpacks as ``x, y = nn.data.mnist(folder)``.

    >>> import numpy as np
    >>> from nn.data import Images
    >>> x, y = Images(np.zeros((2, 784)), np.array([3, 1]))
    >>> y
    array([3, 1])
    """

    x: NDArray[Any]
    y: NDArray[Any]


def read_idx(path: str | PathLike[str]) -> NDArray[Any]:
    """Read the array in an IDX file, which may be gzipped.

    The file consists of two zero bytes, one byte for the dtype, one for the number d of axes, d sizes of four bytes
    each, and the entries, all big-endian.

    Raises DataFileError if the file is missing, truncated, too long, damaged or not an IDX file. The format is that of
    Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits.

    >>> from pathlib import Path
    >>> import nn
    >>> size = Path("labels").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> nn.data.read_idx("labels")
    array([7, 2, 1], dtype=uint8)
    """
    name = fspath(path)
    content = _content(name)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in DTYPES:
        raise DataFileError(
            name, f"not an IDX file, which begins with 00 00 and a dtype byte, not with {content[:4].hex(' ')!r}"
        )
    dtype, axes = np.dtype(DTYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataFileError(name, f"the file is truncated: {len(content)} bytes cannot hold the sizes of {axes} axes")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4))
    needed, found = prod(shape) * dtype.itemsize, len(content) - start
    if needed != found:
        kind = "the file is truncated" if found < needed else "the file is too long"
        raise DataFileError(name, f"{kind}: shape {shape} of {dtype.name} needs {needed:,} bytes, but {found:,} follow")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def mnist(folder: str | PathLike[str], part: Literal["train", "test"] = "train", *, raw: bool = False) -> Images:
    """Load images and labels from a folder with the IDX files of MNIST, or of a data set in the same format.

    The files are ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` (``t10k-...`` for the test set), perhaps
    ending in ``.gz`` or with a dot before ``idx``. ``x`` has shape (N, rows x columns), scaled to 0 .. 1 in the default
    parameter dtype, and ``y`` has shape (N,), int64; with ``raw=True``, ``x`` has shape (N, rows, columns) as stored.
    Nothing is downloaded.

    Raises DataFileError for missing, damaged or mismatched files, and ValueError for an unknown part.

    >>> from pathlib import Path
    >>> import nn
    >>> sizes = 1, 1, 2  # one image: one row of two pixels
    >>> head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in sizes)
    >>> count = Path("train-images-idx3-ubyte").write_bytes(head + bytes([0, 255]))
    >>> count = Path("train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> nn.data.mnist(".")
    Images(x=array([[0., 1.]], dtype=float32), y=array([7]))
    """
    if part not in PARTS:
        raise ValueError(f"part must be 'train' or 'test', not {part!r}.")
    image_file = _find(Path(folder), f"{PARTS[part]}-images", 3)
    label_file = _find(Path(folder), f"{PARTS[part]}-labels", 1)
    images, labels = read_idx(image_file), read_idx(label_file)
    if images.ndim != 3:
        raise DataFileError(fspath(image_file), f"images need 3 axes, but the array has shape {images.shape}")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        what = f"labels must be integers with 1 axis, but the array has dtype {labels.dtype} and shape {labels.shape}"
        raise DataFileError(fspath(label_file), what)
    if len(images) != len(labels):
        what = f"the file holds {len(labels):,} labels, but {image_file.name} holds {len(images):,} images"
        raise DataFileError(fspath(label_file), what)
    y = labels.astype(np.int64)
    if raw:
        return Images(images, y)
    x = images.reshape(len(images), -1).astype(get_default_dtype())
    x /= 255 if images.dtype.kind in "iu" else 1
    return Images(x, y)


def _find(folder: Path, what: str, axes: int) -> Path:
    names = [f"{what}{mark}idx{axes}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    why = f"the folder has no {names[0]} or {names[1]}" if folder.is_dir() else "no such folder"
    raise DataFileError(fspath(folder), why)


def _content(name: str) -> bytes:
    """Read the bytes of a file, decompressed if they are gzipped, whatever its name."""
    try:
        with open(name, "rb") as file, Work(f"reading {name}", os.fstat(file.fileno()).st_size) as work:
            stream = gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == b"\x1f\x8b" else file
            parts = []
            while part := stream.read(2**22):
                parts.append(part)
                work.advance(file.tell() - work.done if work.total else 0)
            return b"".join(parts)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(name, f"the compressed data are truncated or damaged ({error})") from error
    except OSError as error:
        raise DataFileError(name, error.strerror or str(error)) from error
