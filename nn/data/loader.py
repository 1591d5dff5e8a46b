"""Minibatches: a data set in pieces, in an order that a seed decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn.defaults import Randomness, generator, get_default_dtype, parameter_dtype

__all__ = ["Loader"]


class Loader:
    """Go through arrays in batches, once for each loop over it.

    ``data`` is an array, or several of equal length (as a tuple or as arguments of a named tuple such as
    `Digits`); each batch has the same form. Floating arrays come in ``dtype``, by default that of parameters, so that
    a float32 model computes in float32. With ``shuffle`` every loop has a new order, which follows from ``seed`` and
    the number of the loop alone: a loader made again with the same seed gives the same batches. Without a seed it
    draws one from the generator of `manual_seed`. The last batch may be smaller; ``drop_last`` leaves it out then.

    Raises ValueError for arrays of different lengths and for a batch size below 1.

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
        self,
        data: Any,
        batch_size: int = 32,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: Randomness = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.single = not isinstance(data, list | tuple)
        self.arrays = tuple(_floating_as(a, dtype) for a in ((data,) if self.single else data))
        if not self.arrays:
            raise ValueError("there is no array to load.")
        lengths = [len(a) for a in self.arrays]
        if len(set(lengths)) > 1:
            raise ValueError(f"the arrays have different lengths: {', '.join(map(str, lengths))}.")
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"batch_size is a positive number of samples, not {batch_size!r}.")
        self.samples = lengths[0]
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = int(seed) if isinstance(seed, int | np.integer) else int(generator(seed).integers(2**63))
        self.epoch = 0  # how many loops have been started

    def __len__(self) -> int:
        full, rest = divmod(self.samples, self.batch_size)
        return full + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.samples) if self.shuffle else None
        self.epoch += 1
        return self._batches(order)

    def _batches(self, order: Any) -> Iterator[Any]:
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            stop = min(start + self.batch_size, self.samples)
            index = slice(start, stop) if order is None else order[start:stop]
            batch = tuple(a[index] for a in self.arrays)
            yield batch[0] if self.single else batch

    def __repr__(self) -> str:
        return f"Loader({self.samples} samples, batch_size={self.batch_size}, shuffle={self.shuffle})"


def _floating_as(data: Any, dtype: DTypeLike | None) -> Any:
    array = data if hasattr(data, "dtype") else np.asarray(data)
    wanted = get_default_dtype() if dtype is None else parameter_dtype(dtype)
    return array.astype(wanted) if array.dtype.kind == "f" and array.dtype != wanted else array
