"""PyTorch's data sets, which return sample i, its samplers, which choose the order, and random splits."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor
from autograd.engine.tensor import constant
from nn.arguments import is_live, plain, positive
from nn.data.mapped import Rows
from nn.data.sources import common_length
from nn.defaults import Randomness, generator as generator_of

__all__ = ["BatchSampler", "ConcatDataset", "Dataset", "IterableDataset", "RandomSampler", "Sampler"]
__all__ += ["SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler"]
__all__ += ["random_split"]

Value = TypeVar("Value", covariant=True)


class Dataset(Generic[Value]):
    """Base class of indexable data sets: define ``__getitem__`` and ``__len__``. ``a + b`` joins two.

    >>> import nn
    >>> class Squares(nn.data.Dataset):
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> Squares()[3]
    9
    """

    def __add__(self, other: Any) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Value]):
    """Base class of data sets that stream their samples: define ``__iter__``, and ``__len__`` if it is known.

    >>> import nn
    >>> class Squares(nn.data.IterableDataset):
    ...     def __iter__(self):
    ...         return (i * i for i in range(5))
    >>> [batch.tolist() for batch in nn.data.DataLoader(Squares(), batch_size=3)]
    [[0, 1, 4], [9, 16]]
    """


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """A data set of the rows of Tensors, arrays, or files from `npy`, of equal length.

    >>> import nn
    >>> nn.data.TensorDataset([[0.0, 0.5], [1.0, 1.5]], [3, 4])[1]
    (tensor([1. , 1.5]), tensor(4))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors: tuple[Any, ...] = tuple(t if isinstance(t, Tensor | Rows) else Tensor(t) for t in tensors)
        common_length(self.tensors, "load")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(constant(t[index]) if isinstance(t, Rows) else t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[Value]):
    """The samples of a data set at the given indices.

    >>> import nn
    >>> nn.data.Subset("abcdef", [4, 1])[0]
    'e'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[Value]):
    """Several data sets joined end to end.

    >>> import nn
    >>> nn.data.ConcatDataset(["abc", "de"])[3]
    'd'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets: list[Any] = list(datasets)
        self.cumulative_sizes: list[int] = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> Any:
        number = range(len(self))[index]
        which = bisect_right(self.cumulative_sizes, number)
        return self.datasets[which][number - self.cumulative_sizes[which] + len(self.datasets[which])]

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


def random_split(dataset: Any, lengths: Sequence[float], generator: Randomness = None) -> list[Subset[Any]]:
    """Split a data set at random into parts of given lengths, or fractions of 1, of which the first are rounded up.

    ``generator`` is a NumPy generator or a seed. Raises ValueError for lengths that do not add up.

    >>> import nn
    >>> [list(part) for part in nn.data.random_split(range(5), [0.6, 0.4], generator=0)]
    [[2, 4, 3], [0, 1]]
    """
    n, sizes = len(dataset), list(lengths)
    if math.isclose(sum(sizes), 1.0):
        sizes = [math.floor(n * share) for share in sizes]
        sizes = [size + (i < n - sum(sizes)) for i, size in enumerate(sizes)]
    if sum(sizes) != n or any(size < 0 or size != int(size) for size in sizes):
        raise ValueError(f"lengths must be integers that sum to the {n} samples, or fractions of 1, not {lengths!r}.")
    order = generator_of(generator).permutation(n).tolist()
    return [Subset(dataset, order[i:j]) for i, j in pairwise(accumulate(map(int, sizes), initial=0))]


def rows(dataset: Any, index: Sequence[Any]) -> list[Any] | None:
    """Return samples that are rows of arrays as arrays, which is faster than one by one; None for any others."""
    while type(dataset) is Subset:
        dataset, index = dataset.dataset, [dataset.indices[i] for i in index]
    if type(dataset) is not TensorDataset or any(map(is_live, dataset.tensors)):
        return None
    return [(t if isinstance(t, Rows) else plain(t))[index] for t in dataset.tensors]


class Sampler(Generic[Value]):
    """Base class of samplers, which choose the order of the samples: define ``__iter__``, and ``__len__`` if known.

    >>> import nn
    >>> isinstance(nn.data.SequentialSampler("abc"), nn.data.Sampler)
    True
    """


class SequentialSampler(Sampler[int]):
    """All samples in their original order.

    >>> import nn
    >>> list(nn.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self.data_source)


class Drawn(Sampler[int]):
    """A sampler that draws a new order for each pass from a seed and the number of the pass, like a `Loader`."""

    def __init__(self, num_samples: int, generator: Randomness) -> None:
        self.num_samples = num_samples
        given = isinstance(generator, int | np.integer)
        self.seed: int = int(generator if given else generator_of(generator).integers(2**63))  # type: ignore[arg-type]
        self.epoch: int = 0  # how many orders have been drawn

    def __iter__(self) -> Iterator[int]:
        self.epoch += 1
        yield from self._numbers(np.random.default_rng((self.seed, self.epoch - 1))).tolist()

    def _numbers(self, rng: np.random.Generator) -> NDArray[Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        return self.num_samples


class RandomSampler(Drawn):
    """All samples in random order, or ``num_samples`` of them, drawn with or without ``replacement``.

    >>> import nn
    >>> list(nn.data.RandomSampler(range(5), generator=0))
    [2, 4, 3, 0, 1]
    """

    def __init__(self, data_source: Any, replacement: bool = False, num_samples: int | None = None,
                 generator: Randomness = None) -> None:  # fmt: skip
        wanted = len(data_source) if num_samples is None else positive("num_samples", num_samples, "number of samples")
        super().__init__(wanted, generator)
        self.data_source = data_source
        self.replacement = replacement

    def _numbers(self, rng: np.random.Generator) -> NDArray[Any]:
        n = len(self.data_source)
        if self.replacement:
            return rng.integers(n, size=len(self))
        return np.concatenate([rng.permutation(n) for _ in range(0, len(self) or 1, n or 1)])[: len(self)]


class SubsetRandomSampler(Drawn):
    """The samples at the given indices, in random order.

    >>> import nn
    >>> list(nn.data.SubsetRandomSampler([10, 20, 30], generator=0))
    [30, 10, 20]
    """

    def __init__(self, indices: Sequence[int], generator: Randomness = None) -> None:
        super().__init__(len(indices), generator)
        self.indices = indices

    def _numbers(self, rng: np.random.Generator) -> NDArray[Any]:
        return np.asarray(self.indices)[rng.permutation(len(self))]


class WeightedRandomSampler(Drawn):
    """``num_samples`` samples, each drawn with a probability proportional to its weight.

    >>> import nn
    >>> list(nn.data.WeightedRandomSampler([0.0, 1.0, 3.0], 6, generator=0))
    [2, 2, 1, 1, 2, 2]
    """

    def __init__(self, weights: ArrayLike, num_samples: int, replacement: bool = True,
                 generator: Randomness = None) -> None:  # fmt: skip
        super().__init__(positive("num_samples", num_samples, "number of samples"), generator)
        self.weights: NDArray[Any] = np.asarray(weights, "float64")
        self.replacement = replacement
        if self.weights.ndim != 1 or not (self.weights >= 0.0).all() or not 0.0 < self.weights.sum() < np.inf:
            raise ValueError(f"weights must be finite, at least 0, one per sample and not all 0, not {weights!r:.80}.")

    def _numbers(self, rng: np.random.Generator) -> NDArray[Any]:
        return rng.choice(len(self.weights), len(self), self.replacement, self.weights / self.weights.sum())


class BatchSampler(Sampler[list[int]]):
    """Group the indices of a sampler into lists of ``batch_size``; ``drop_last`` drops a smaller last batch.

    >>> import nn
    >>> list(nn.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size: int = positive("batch_size", batch_size, "number of samples")
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        numbers = iter(self.sampler)
        while batch := list(islice(numbers, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        return (len(self.sampler) + (0 if self.drop_last else self.batch_size - 1)) // self.batch_size
