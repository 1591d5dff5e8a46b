"""Arrays that stay in their files: `.npy` files larger than memory, read a batch at a time."""

import mmap
import os
from os import PathLike, fspath
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataFileError

__all__ = ["NpyFile", "npy"]

RELEASE = 32 << 20  # bytes read through the map until its pages are given back


class NpyFile:
    """The array of a `.npy` file, of which only what is asked for is read. `npy` opens one.

    It has ``shape``, ``dtype`` and ``len``; indexing the first axis by a number, a slice, a mask or an array of numbers
    gives a copy in memory.

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
        # Around each row that is looked up in a map the system maps up to megabytes, so scattered rows are read.
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
        """The numbers of rows that an index names, from 0 on."""
        if index.dtype.kind == "b":
            if index.shape != self.shape[:1]:
                raise IndexError(f"a mask of shape {index.shape} for {len(self)} rows")
            return np.flatnonzero(index)
        wrong = (index < -len(self)) | (index >= len(self))
        if index.ndim != 1 or wrong.any():
            what = f"row {index[wrong][0]}" if wrong.any() else f"an index of shape {index.shape}"
            raise IndexError(f"{what} of an array with {len(self)} rows")
        return np.asarray(np.where(index < 0, index + len(self), index))

    def _scattered(self, file: int, numbers: NDArray[Any]) -> NDArray[Any]:
        """Rows read one by one."""
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        size, start = self._array.strides[0], self._array.offset
        bytes_of = rows.reshape(-1).view(np.uint8).data
        for i, number in enumerate(numbers.tolist()):
            if os.preadv(file, [bytes_of[i * size : (i + 1) * size]], start + number * size) != size:
                raise DataFileError(self.path, f"it has become too short for row {number} of {len(self)}")
        return rows

    def _release(self) -> None:
        """Give back the pages of the map, which the system would count as memory of this process otherwise."""
        self._mapped = 0
        pages = self._array._mmap  # type: ignore[attr-defined]
        if hasattr(pages, "madvise"):  # not on Windows
            pages.madvise(mmap.MADV_DONTNEED)

    def __reduce__(self) -> tuple[Any, ...]:
        return npy, (self.path,)

    def __repr__(self) -> str:
        return f"NpyFile({self.path!r}, shape={self.shape}, dtype={self.dtype})"


def npy(path: str | PathLike[str]) -> NpyFile:
    """Open an array in a `.npy` file without reading it: for a `Loader`, when it is larger than memory.

    Raises DataFileError for a file that is missing, cut short or of another kind, and for arrays of objects. The format
    is https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.

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
        raise DataFileError(name, f"it is no .npy file of numbers that is whole ({error})") from error
    if not isinstance(array, np.memmap):
        raise DataFileError(name, "it holds several arrays (.npz), which cannot stay in the file; save one by np.save")
    if array.ndim == 0:
        raise DataFileError(name, "it holds a single number, not samples along a first axis")
    return NpyFile(name, array)
