"""Sources that a `Loader` can read: arrays and files, indexable objects, streams of samples."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import Tensor
from autograd.arrays import only_numbers
from nn.arguments import is_live, plain
from nn.data.mapped import Rows
from nn.defaults import get_default_dtype, parameter_dtype


class Source:
    """A data set as arrays with samples along the first axis."""

    def __init__(self, single: bool, dtype: DTypeLike | None) -> None:
        self.single = single  # whether a batch is one array, or a tuple of arrays
        self.dtype: np.dtype[Any] = get_default_dtype() if dtype is None else parameter_dtype(dtype)

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def what(self) -> str:
        """A description for messages."""
        return f"{len(self)} samples"

    def take(self, index: Any) -> tuple[Any, ...]:
        """Return the samples at a slice or an array of indices."""
        raise NotImplementedError

    def in_dtype(self, array: Any) -> Any:
        """Convert a floating array to the dtype of the loader; return others unchanged."""
        return array.astype(self.dtype) if array.dtype.kind == "f" and array.dtype != self.dtype else array


class Arrays(Source):
    """Arrays of equal length. Arrays in memory are converted once, files batch by batch."""

    def __init__(self, data: Any, dtype: DTypeLike | None) -> None:
        single = not isinstance(data, list | tuple)
        super().__init__(single, dtype)
        self.arrays: tuple[Any, ...] = tuple(self._held(part) for part in ((data,) if single else data))
        common_length(self.arrays, "load")

    def _held(self, part: Any) -> Any:
        if isinstance(part, Rows | np.memmap):
            return part
        only_numbers(part, "an array to be loaded")
        return self.in_dtype(part if hasattr(part, "dtype") else np.asarray(part))

    def __len__(self) -> int:
        return len(self.arrays[0])

    def take(self, index: Any) -> tuple[Any, ...]:
        return tuple(self.in_dtype(array[index]) for array in self.arrays)


class Samples(Source):
    """An indexable object of samples; the samples of a batch are stacked."""

    def __init__(self, data: Any, dtype: DTypeLike | None) -> None:
        super().__init__(False, dtype)
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def take(self, index: Any) -> tuple[Any, ...]:
        numbers = range(*index.indices(len(self))) if isinstance(index, slice) else map(int, index)
        return self._stacked([self.data[i] for i in numbers])

    def _stacked(self, samples: list[Any]) -> tuple[Any, ...]:
        self.single: bool = not isinstance(samples[0], list | tuple)
        rows = [(sample,) for sample in samples] if self.single else samples
        alike([len(row) for row in rows], "the samples of a batch have different numbers of parts: {} and {}.")
        columns = zip(*rows, strict=True)
        return tuple(plain(self.in_dtype(stacked(column, f"part {i}"))) for i, column in enumerate(columns))


class Stream(Samples):
    """A stream of samples: an iterable, a generator, or a function that returns either."""

    def __init__(self, data: Iterable[Any] | Callable[[], Iterable[Any]], dtype: DTypeLike | None) -> None:
        super().__init__(data, dtype)
        self.once: bool = isinstance(data, Iterator)
        self.used: bool = False

    @property
    def what(self) -> str:
        return "a generator" if self.once else "a stream"

    def __len__(self) -> int:
        raise TypeError(f"{self.what} has no length: its samples are only known as they arrive.")

    def samples(self, skip: int) -> Iterator[Any]:
        """Iterate over the samples after the first ``skip``."""
        if self.once and self.used:
            raise ValueError(
                "this generator is exhausted and cannot be used a second time. Pass the function that makes it "
                "(Loader(make) instead of Loader(make())); it is called for every pass."
            )
        self.used = True
        return islice(self.data() if callable(self.data) else self.data, skip, None)

    def batches(self, size: int, skip: int, drop_last: bool) -> Iterator[tuple[Any, ...]]:
        """Iterate over the batches after the first ``skip``."""
        samples = self.samples(skip * size)
        while batch := list(islice(samples, size)):
            if len(batch) == size or not drop_last:
                yield self._stacked(batch)


class Misfit(ValueError):
    """Samples that cannot form a batch; ``place`` is the position of the first that differs from the first sample."""

    place: int


def alike(values: Sequence[Any], text: str) -> None:
    """Require equal values for all samples of a batch; the text has placeholders for two that differ."""
    for place, value in enumerate(values):
        if value != values[0]:
            error = Misfit(text.format(values[0], value))
            error.place = place
            raise error


def stacked(column: Sequence[Any], what: str) -> Any:
    """Stack the samples of a batch to an array, or to a Tensor if they carry a graph."""
    arrays = [a if is_live(a) else np.asarray(a) if a is None else plain(a, what) for a in column]
    text = f"the samples of a batch cannot be stacked: {what} has shapes {{}} and {{}}. Pad or crop them to one shape."
    alike([a.shape for a in arrays], text)
    return np.stack(arrays)


def common_length(arrays: tuple[Any, ...], purpose: str) -> int:
    """Return the common length of the arrays."""
    if not arrays:
        raise ValueError(f"pass at least one array to {purpose}.")
    lengths = [len(a) for a in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"the arrays have different lengths: {', '.join(map(str, lengths))}.")
    return lengths[0]


def source_of(data: Any, dtype: DTypeLike | None) -> Source:
    """Make the source for some data."""
    if isinstance(data, Source):
        return data
    if isinstance(data, list | tuple | np.ndarray | Tensor | Rows):
        return Arrays(data, dtype)
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not hasattr(data, "__array__"):
        if isinstance(data, dict | str):
            raise TypeError(
                f"a {type(data).__name__} cannot be indexed by sample number: pass arrays, such as tuple(d.values())."
            )
        return Samples(data, dtype)
    if not hasattr(data, "__array__") and (callable(data) or isinstance(data, Iterable)):
        return Stream(data, dtype)
    return Arrays(data, dtype)
