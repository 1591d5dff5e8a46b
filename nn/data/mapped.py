"""Arrays that stay on disk: `.npy` files larger than memory, read one batch at a time."""

import mmap
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from os import PathLike, fspath
from pathlib import Path
from typing import Any, overload
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataFileError

__all__ = ["NpyFile", "npy"]

RELEASE = 1 << 20  # bytes to read through the memory map before releasing its pages
OPEN = 128  # shards to keep open


class Rows:
    """An array in files, of which only the requested rows are read: parts that are joined along the first axis.

    `_ends` says where each part ends, and `_part` opens one. A subclass may read rows in a way of its own.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    _ends: NDArray[np.intp]
    _part: Callable[[int], Any]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        if isinstance(index, slice):
            index = np.arange(*index.indices(len(self)))
        if isinstance(index, np.ndarray | list):
            return self._read(self._numbers(np.asarray(index)))
        return np.asarray(self._read(np.array([range(len(self))[index]]))[0])

    def _read(self, numbers: NDArray[Any]) -> NDArray[Any]:
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        parts = np.searchsorted(self._ends, numbers, "right")
        for which in np.unique(parts).tolist():
            part, chosen = self._part(which), np.flatnonzero(parts == which)
            inside = numbers[chosen] - (int(self._ends[which]) - len(part))
            run = (np.diff(inside) == 1).all()
            rows[chosen] = part[int(inside[0]) : int(inside[-1]) + 1] if run else part[inside]
        return rows

    def _numbers(self, index: NDArray[Any]) -> NDArray[Any]:
        if index.dtype.kind == "b":
            if index.shape != self.shape[:1]:
                raise IndexError(f"a mask of shape {index.shape} cannot index an array with {len(self)} rows")
            return np.flatnonzero(index)
        wrong = (index < -len(self)) | (index >= len(self))
        if index.ndim != 1 or wrong.any():
            what = f"row {index[wrong][0]}" if wrong.any() else f"an index of shape {index.shape}"
            raise IndexError(f"{what} does not fit an array with {len(self)} rows")
        return np.asarray(np.where(index < 0, index + len(self), index), np.intp)


class NpyFile(Rows):
    """The array in a `.npy` file, of which only the requested rows are read. `npy` opens one.

    It has ``shape``, ``dtype`` and ``len``; indexing the first axis with an integer, a slice, a mask or an array of
    integers returns a copy in memory.

    >>> import numpy as np
    >>> import nn
    >>> np.save("x.npy", np.arange(6.0).reshape(3, 2))
    >>> x = nn.data.npy("x.npy")
    >>> x.shape, len(x)
    ((3, 2), 3)
    >>> x[[2, 0]]
    array([[4., 5.],
           [0., 1.]])
    """

    def __init__(self, path: str, array: np.memmap[Any, Any]) -> None:
        self.path = path
        self._array = array
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self._mapped = 0
        self._file: int | None = None
        # Looking up a row in a memory map makes the system map up to megabytes around it, so scattered rows are read.
        if hasattr(os, "preadv") and array.flags.c_contiguous and array.size:
            self._file = os.open(path, os.O_RDONLY)
            finalize(self, os.close, self._file)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        if isinstance(index, np.ndarray | list) and self._file is not None:
            return self._read(self._numbers(np.asarray(index)))
        rows = np.array(self._array[index])
        self._mapped += rows.nbytes
        if self._mapped >= RELEASE:
            self._release()
        return rows

    def _read(self, numbers: NDArray[Any]) -> NDArray[Any]:
        assert self._file is not None
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        size, start = self._array.strides[0], self._array.offset
        bytes_of = rows.reshape(-1).view(np.uint8).data
        for i, number in enumerate(numbers.tolist()):
            if os.preadv(self._file, [bytes_of[i * size : (i + 1) * size]], start + number * size) != size:
                raise DataFileError(self.path, f"the file has shrunk and no longer holds row {number} of {len(self)}")
        return rows

    def _release(self) -> None:
        """Release the pages of the memory map, which the system would otherwise count as memory of this process."""
        self._mapped = 0
        pages = self._array._mmap  # type: ignore[attr-defined]
        if hasattr(pages, "madvise"):  # not on Windows
            pages.madvise(mmap.MADV_DONTNEED)

    def __reduce__(self) -> tuple[Any, ...]:
        return npy, (self.path,)

    def __repr__(self) -> str:
        return f"NpyFile({self.path!r}, shape={self.shape}, dtype={self.dtype})"


class Shards(Rows):
    """The arrays in several `.npy` files, joined along the first axis. `npy` opens them."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths: list[str] = list(paths)
        if not self.paths:
            raise ValueError("pass at least one .npy file.")
        files = map(npy, self.paths)
        first = next(files)
        lengths = [len(first)]
        for file in files:
            if (file.shape[1:], file.dtype) != (first.shape[1:], first.dtype):
                why = f"its rows have shape {file.shape[1:]} and dtype {file.dtype}, but those of {first.path} have "
                raise DataFileError(file.path, f"{why}shape {first.shape[1:]} and dtype {first.dtype}")
            lengths.append(len(file))
        self._ends = np.cumsum(lengths)
        self._part = lru_cache(OPEN)(lambda which: npy(paths[which]))
        self.shape = (sum(lengths), *first.shape[1:])
        self.dtype = first.dtype

    def __reduce__(self) -> tuple[Any, ...]:
        return npy, (self.paths,)

    def __repr__(self) -> str:
        return f"Shards({len(self.paths)} files, shape={self.shape}, dtype={self.dtype})"


@overload
def npy(path: str | PathLike[str]) -> NpyFile: ...
@overload
def npy(path: list[str] | list[Path]) -> Shards: ...
def npy(path: Any) -> Any:
    """Open the array in a `.npy` file without reading it, for a `Loader` over data larger than memory.

    A list of files, or shards, is opened as one array, joined along the first axis.

    Raises DataFileError if a file is missing, truncated or not a `.npy` file, for arrays of objects, and for shards
    with different rows. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.

    >>> import numpy as np
    >>> import nn
    >>> np.save("x.npy", np.arange(12.0).reshape(6, 2))
    >>> for batch in nn.data.Loader(nn.data.npy("x.npy"), batch_size=4):
    ...     print(batch.shape, batch.dtype)
    (4, 2) float32
    (2, 2) float32
    >>> nn.data.npy(["x.npy", "x.npy"])
    Shards(2 files, shape=(12, 2), dtype=float64)
    """
    if not isinstance(path, str | PathLike):
        return Shards([fspath(each) for each in path])
    name = fspath(path)
    try:
        array = np.load(name, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise DataFileError(name, error.strerror or str(error)) from error
    except (ValueError, EOFError) as error:
        raise DataFileError(name, f"not a complete .npy file of numbers ({error})") from error
    if not isinstance(array, np.memmap):
        raise DataFileError(name, "an .npz file holds several arrays and cannot be mapped; save one with np.save")
    if array.ndim == 0:
        raise DataFileError(name, "the file holds a single number, not samples along a first axis")
    return NpyFile(name, array)
