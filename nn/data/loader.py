"""Minibatches of a data set, in an order that a seed determines; of data in files, a window at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from operator import length_hint
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nn.arguments import positive
from nn.data.sources import Arrays, Source, Stream, source_of
from nn.defaults import Randomness, generator

__all__ = ["Loader"]

BLOCKS = 16  # in a window
Augment: TypeAlias = "Callable[[Any, np.random.Generator], Any]"  # in quotes, because numpy.random is slow to import


class Loader:
    """Iterate over a data set in batches; every ``for`` loop is one pass over the data.

    ``data`` is one of

    - an array, or several of equal length (as a tuple, or a named tuple such as `Digits`); files opened with `npy` are
      read batch by batch;
    - an object with ``__len__`` and ``__getitem__`` that returns samples, like PyTorch's data sets; the samples of a
      batch are stacked;
    - an iterable or a generator of samples, or a function that returns one; these have no length and cannot be
      shuffled, and a generator can be used only once.

    Each batch has the structure of the data: one array, or a tuple of arrays. Floating arrays are converted to
    ``dtype`` (default: the dtype of parameters), so that a float32 model computes in float32. The last batch may be
    smaller; ``drop_last`` drops it in that case.

    With ``shuffle``, every pass has a new order, which depends only on ``seed`` and the number of the pass: a new
    loader with the same seed yields the same batches. Without a seed, it draws one from the generator of
    `manual_seed`. ``augment(x, rng)`` changes the first array of each batch; its generator depends on the seed and the
    numbers of the pass and the batch.

    For data in files, ``window`` (with ``shuffle``) states how many samples to hold in memory: up to 16 blocks of
    consecutive samples, drawn at random, are read and shuffled together, so that files are read in long runs. Of
    several ranks (`nn.distributed`), each reads consecutive samples of its own, and so its own shards.

    `state_dict` can be called at any time, even in the middle of a pass; after `load_state_dict`, the next pass
    continues after the last batch that was yielded.

    Raises ValueError for arrays of different lengths, a batch size below 1, or a stream with ``shuffle``. Compare
    https://docs.pytorch.org/docs/stable/data.html.

    >>> import numpy as np
    >>> import nn
    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> loader = nn.data.Loader((x, y), batch_size=2, shuffle=True, seed=0)
    >>> len(loader)
    3
    >>> [labels.tolist() for _, labels in loader]
    [[2, 4], [3, 0], [1]]
    >>> [labels.tolist() for _, labels in loader]
    [[1, 4], [3, 0], [2]]
    """

    def __init__(
        self, data: Any, batch_size: int = 32, *, shuffle: bool = False, drop_last: bool = False,
        seed: Randomness = None, dtype: DTypeLike | None = None, augment: Augment | None = None,
        window: int | None = None,
    ) -> None:  # fmt: skip
        self.source: Source = source_of(data, dtype)
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive number of samples, not {batch_size!r}.")
        if shuffle and isinstance(self.source, Stream):
            raise ValueError(
                f"{self.source.what} cannot be shuffled, because its samples arrive one at a time. Collect them in an "
                "array, shuffle them at their source, or pass shuffle=False."
            )
        if window is not None and not shuffle:
            raise ValueError("window says how many samples to shuffle at a time: pass shuffle=True, too.")
        self.batch_size: int = int(batch_size)
        self.window: int | None = None if window is None else positive("window", window, "number of samples")
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed: int = int(seed) if isinstance(seed, int | np.integer) else int(generator(seed).integers(2**63))
        self.augment = augment
        self.part: tuple[int, int] = (0, 1)  # of each batch, this rank's part of so many (`nn.distributed`)
        self._idle: set[int] = set()  # batches without a sample for this rank, which gets one of another
        self.epoch: int = 0  # passes started
        self.batch: int = 0  # batches yielded by the latest pass; 0 once it has ended
        self._skip = 0  # batches the next pass skips, because they were yielded before

    def __len__(self) -> int:
        full, rest = divmod(len(self.source), self.batch_size)
        return full + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        epoch, skip = self.epoch, self._skip
        self.epoch, self.batch, self._skip = epoch + 1, skip, 0
        return self._batches(epoch, skip)

    def _batches(self, epoch: int, skip: int) -> Iterator[Any]:
        for number, arrays in enumerate(self._read(epoch, skip), skip):
            if self.augment is not None:
                rng = np.random.default_rng((self.seed, epoch, number, 1, *filter(None, self.part[:1])))
                arrays = (self.augment(arrays[0], rng), *arrays[1:])
            if self.epoch == epoch + 1:  # no later pass has begun
                self.batch = number + 1
            yield arrays[0] if self.source.single else arrays
        if self.epoch == epoch + 1:
            self.batch = 0

    def _read(self, epoch: int, skip: int) -> Iterator[tuple[Any, ...]]:
        if isinstance(self.source, Stream):
            for number, arrays in enumerate(self.source.batches(self.batch_size, skip, self.drop_last), skip):
                part = self._dealt(range(len(arrays[0])), number)
                yield tuple(array[part.start : part.stop] for array in arrays)
            return
        samples = len(self.source)
        if self.window is not None:
            yield from self._windows(epoch, skip)
            return
        order = np.random.default_rng((self.seed, epoch)).permutation(samples) if self.shuffle else None
        for number in range(skip, len(self)):
            start, stop = number * self.batch_size, min((number + 1) * self.batch_size, samples)
            part = self._dealt(range(start, stop), number)
            yield self.source.take(slice(part.start, part.stop) if order is None else order[part.start : part.stop])

    def _dealt(self, batch: Any, number: int) -> Any:
        """The part of a batch for this rank; if there is none, the first sample, and the rank is idle."""
        rank, size = self.part
        if size == 1:
            return batch
        first, last = len(batch) * rank // size, len(batch) * (rank + 1) // size
        if first == last:
            self._idle.add(number)
            return batch[:1]
        return batch[first:last]

    def _windows(self, epoch: int, skip: int) -> Iterator[tuple[Any, ...]]:
        """Iterate over this rank's parts of the batches after the first ``skip``, shuffled by windows."""
        assert self.window is not None
        rows, size = own(len(self.source), self.batch_size, *self.part)
        count = skip
        for batch in shuffled(self._blocks, rows, self.window, size, (self.seed, epoch), skip):
            if count < len(self):
                yield batch
            count += 1
        if count < len(self):  # too few samples for all ranks are left
            self._idle.add(count)
            yield self.source.take(slice(rows.start, rows.start + 1))

    def _blocks(self, blocks: Iterator[slice]) -> Iterator[tuple[Any, ...]]:
        return map(self.source.take, blocks)

    def state_dict(self) -> dict[str, int]:
        """Return the position of the loader: its seed, the number of the pass, and the batches yielded so far.

        >>> import nn
        >>> loader = nn.data.Loader(range(6), 2, seed=0)
        >>> for batch in loader:
        ...     break
        >>> state = loader.state_dict()
        >>> other = nn.data.Loader(range(6), 2)
        >>> other.load_state_dict(state)
        >>> [batch.tolist() for batch in other], [batch.tolist() for batch in other]
        ([[2, 3], [4, 5]], [[0, 1], [2, 3], [4, 5]])
        """
        if self._skip or not self.batch:
            return {"seed": self.seed, "epoch": self.epoch, "batch": self._skip}
        return {"seed": self.seed, "epoch": self.epoch - 1, "batch": self.batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Continue from a state: the next pass skips the batches that were already yielded.

        Raises ValueError, and changes nothing, if this is not the state of such a loader.

        >>> import nn
        >>> loader = nn.data.Loader(range(6), 2)
        >>> loader.load_state_dict({"seed": 0, "epoch": 0, "batch": 2})
        >>> [batch.tolist() for batch in loader]
        [[4, 5]]
        """
        try:
            seed, epoch, batch = (int(state[key]) for key in ("seed", "epoch", "batch"))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{state!r} is not a Loader state, which has a seed, an epoch and a batch.") from None
        if min(seed, epoch, batch) < 0 or batch > length_hint(self, batch):
            raise ValueError(
                f"{dict(state)!r} cannot be a state of a loader of {self.source.what} in batches of {self.batch_size}."
            )
        self.seed, self.epoch, self.batch, self._skip = seed, epoch, 0, batch

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source.what}, batch_size={self.batch_size}, shuffle={self.shuffle})"

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The arrays of a data set that consists of arrays.

        >>> import numpy as np
        >>> import nn
        >>> nn.data.Loader(np.arange(3), 2).arrays
        (array([0, 1, 2]),)
        """
        if not isinstance(self.source, Arrays):
            raise TypeError(f"this loader of {self.source.what} holds no arrays: iterate over its batches.")
        return self.source.arrays


def own(samples: int, size: int, rank: int, ranks: int) -> tuple[range, int]:
    """The rows of one of several ranks, which are consecutive, and its share of a batch of all ranks."""
    if ranks == 1:
        return range(samples), size
    if size < ranks or samples < size:
        raise ValueError(f"{samples} samples in batches of {size} leave nothing to some of {ranks} ranks.")
    full, rest = divmod(samples, size)
    begin, end = ((full * (size * i // ranks), rest * i // ranks) for i in (rank, rank + 1))
    return range(sum(begin), sum(end)), (end[0] - begin[0]) // full


def shuffled(
    read: Callable[[Iterator[slice]], Iterator[tuple[Any, ...]]], rows: range, window: int, size: int,
    seed: tuple[int, int], skip: int,
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Yield the batches of a pass after the first ``skip``, with ``size`` samples; the last may be smaller.

    ``read`` reads blocks of rows; it gets them in advance, so that it can prefetch them. A block is some batches long,
    and the samples that fill none, at both ends of the rows, come last.
    """
    rng = np.random.default_rng(seed)
    count = max(1, min(BLOCKS, window // size))  # of blocks in a window
    block = max(1, window // count // size) * size
    spare = len(rows) % block
    start = rows.start + int(rng.integers(spare + 1))
    starts = start + block * rng.permutation(len(rows) // block)
    blocks = [slice(i, i + block) for i in starts.tolist()]
    blocks += [slice(rows.start, start), slice(rows.stop - spare + start - rows.start, rows.stop)]
    whole, skip = divmod(skip, count * block // size)
    found = read(each for each in blocks[whole * count :] if each.start < each.stop)
    for number in range(whole, -(-len(rows) // (count * block))):
        samples = min(count * block, len(rows) - number * count * block)
        order = np.random.default_rng((*seed, number + 1)).permutation(samples)
        parts = list(islice(found, count if samples == count * block else count + 2))
        held = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
        del parts
        for first in range(skip * size, len(order), size):
            yield tuple(array[order[first : first + size]] for array in held)
        skip = 0
        del held
