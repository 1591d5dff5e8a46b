"""IDX files, the format of the MNIST digits: images and labels from a folder of the user's, plain or gzipped."""

import gzip
import zlib
from math import prod
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.defaults import get_default_dtype
from nn.errors import DataFileError

__all__ = ["Images", "mnist", "read_idx"]

# The third byte of an IDX file. Numbers are stored with the highest byte first.
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
    """Read the array of an IDX file, which may be gzipped.

    The file is two zero bytes, a byte for the dtype, one for the number d of axes, d sizes of four bytes, and the
    numbers, all with the highest byte first.

    Raises DataFileError for a file that is missing, cut short, too long, damaged or of another kind. The format is
    described at the end of Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits.

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
            name, f"it is no IDX file, which begins with 00 00 and a dtype, not {content[:4].hex(' ')!r}"
        )
    dtype, axes = np.dtype(DTYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataFileError(name, f"it is cut short: {len(content)} bytes do not hold the sizes of {axes} axes")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4))
    needed, found = prod(shape) * dtype.itemsize, len(content) - start
    if needed != found:
        kind = "it is cut short" if found < needed else "it is too long"
        raise DataFileError(name, f"{kind}: shape {shape} of {dtype.name} takes {needed:,} bytes, but {found:,} follow")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def mnist(folder: str | PathLike[str], part: Literal["train", "test"] = "train", *, raw: bool = False) -> Images:
    """Load images and labels from the IDX files of MNIST, or of a set in its form, in a folder.

    The files are ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` (``t10k-...`` for the test part), each
    also with ``.gz`` at the end or with a dot before ``idx``. ``x`` has shape (N, rows x columns), scaled from 0 to 1
    in the default dtype of parameters, and ``y`` (N,) of int64; with ``raw=True``, ``x`` is (N, rows, columns) as
    stored. Nothing is downloaded.

    Raises DataFileError for files that are missing, damaged, or do not belong together, ValueError for another part.

    >>> from pathlib import Path
    >>> import nn
    >>> sizes = 1, 1, 2  # one image of a row with two pixels
    >>> head = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in sizes)
    >>> count = Path("train-images-idx3-ubyte").write_bytes(head + bytes([0, 255]))
    >>> count = Path("train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> nn.data.mnist(".")
    Images(x=array([[0., 1.]], dtype=float32), y=array([7]))
    """
    if part not in PARTS:
        raise ValueError(f"part is 'train' or 'test', not {part!r}.")
    image_file = _find(Path(folder), f"{PARTS[part]}-images", 3)
    label_file = _find(Path(folder), f"{PARTS[part]}-labels", 1)
    images, labels = read_idx(image_file), read_idx(label_file)
    if images.ndim != 3:
        raise DataFileError(fspath(image_file), f"images have 3 axes, but it has shape {images.shape}")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataFileError(fspath(label_file), f"labels are integers on 1 axis, not {labels.dtype} of {labels.shape}")
    if len(images) != len(labels):
        raise DataFileError(
            fspath(label_file), f"it holds {len(labels):,} labels, but {image_file.name} holds {len(images):,} images"
        )
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
    why = f"it has no {names[0]} or {names[1]}" if folder.is_dir() else "there is no such folder"
    raise DataFileError(fspath(folder), why)


def _content(name: str) -> bytes:
    """The bytes of a file, unpacked when they are gzipped, whatever the file is called."""
    try:
        with open(name, "rb") as file:
            content = file.read()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(name, f"its compressed data are cut short or damaged ({error})") from error
    except OSError as error:
        raise DataFileError(name, error.strerror or str(error)) from error
