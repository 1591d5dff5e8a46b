"""Shuffling of data in files: random blocks of consecutive samples are read, and shuffled a window at a time."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

BLOCKS = 16  # in a window


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
