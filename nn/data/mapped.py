"""Arrays that stay on disk: `.npy` files larger than memory, read one batch at a time."""

import mmap
import os
from os import PathLike, fspath
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataFileError

__all__ = ["NpyFile", "npy"]

RELEASE = 32 << 20  # bytes to read through the memory map before releasing its pages


class NpyFile:
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

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        if isinstance(index, np.ndarray | list) and self._file is not None:
            return self._scattered(self._file, self._numbers(np.asarray(index)))
        rows = np.array(self._array[index])
        self._mapped += rows.nbytes
        if self._mapped >= RELEASE:
            self._release()
        return rows

    def _numbers(self, index: NDArray[Any]) -> NDArray[Any]:
        """The non-negative row numbers that an index selects."""
        if index.dtype.kind == "b":
            if index.shape != self.shape[:1]:
                raise IndexError(f"a mask of shape {index.shape} cannot index an array with {len(self)} rows")
            return np.flatnonzero(index)
        wrong = (index < -len(self)) | (index >= len(self))
        if index.ndim != 1 or wrong.any():
            what = f"row {index[wrong][0]}" if wrong.any() else f"an index of shape {index.shape}"
            raise IndexError(f"{what} does not fit an array with {len(self)} rows")
        return np.asarray(np.where(index < 0, index + len(self), index))

    def _scattered(self, file: int, numbers: NDArray[Any]) -> NDArray[Any]:
        """Read rows one by one."""
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        size, start = self._array.strides[0], self._array.offset
        bytes_of = rows.reshape(-1).view(np.uint8).data
        for i, number in enumerate(numbers.tolist()):
            if os.preadv(file, [bytes_of[i * size : (i + 1) * size]], start + number * size) != size:
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


def npy(path: str | PathLike[str]) -> NpyFile:
    """Open the array in a `.npy` file without reading it, for a `Loader` over data larger than memory.

    Raises DataFileError if the file is missing, truncated or not a `.npy` file, and for arrays of objects. Format:
    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.

    >>> import numpy as np
    >>> import nn
    >>> np.save("x.npy", np.arange(12.0).reshape(6, 2))
    >>> for batch in nn.data.Loader(nn.data.npy("x.npy"), batch_size=4):
    ...     print(batch.shape, batch.dtype)
    (4, 2) float32
    (2, 2) float32
    """
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
