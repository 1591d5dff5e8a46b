"""k-fold cross-validation, which holds out every sample once."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.arrays import plain
from nn.defaults import Randomness, generator

__all__ = ["Fold", "KFold"]


class Fold(NamedTuple):
    """The indices of the training samples and of the held-out samples, both in ascending order.

    >>> from nn.data import KFold
    >>> fold = next(KFold(2, shuffle=False).split([0.0, 1.0, 2.0, 3.0]))
    >>> fold.train, fold.test
    (array([2, 3]), array([0, 1]))
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]


class KFold:
    """Split samples into k folds and hold out each once: ``for train, test in KFold(5, seed=0).split(y)``.

    The sizes of the folds differ by at most one. ``shuffle`` shuffles the samples first, using ``seed`` (a seed or a
    generator). With ``stratify``, pass class labels to `split`; every fold has about the same share of each class.

    Raises ValueError for fewer than two folds, for more folds than samples and, when stratifying, for a class with
    fewer samples than folds. Compare ``sklearn.model_selection.KFold`` and ``StratifiedKFold``.

    >>> from nn.data import KFold
    >>> for train, test in KFold(3, shuffle=False).split(range(7)):
    ...     print(train, test)
    [3 4 5 6] [0 1 2]
    [0 1 2 5 6] [3 4]
    [0 1 2 3 4] [5 6]
    """

    def __init__(self, k: int = 5, *, shuffle: bool = True, stratify: bool = False, seed: Randomness = None) -> None:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
            raise ValueError(f"k is a number of folds and must be at least 2, not {k!r}.")
        self.k: int = int(k)
        self.shuffle = shuffle
        self.stratify = stratify
        self.seed = seed

    def split(self, samples: ArrayLike) -> Iterator[Fold]:
        """Yield k pairs of training and held-out indices; pass the labels when stratifying."""
        array = plain(samples)
        n = len(array)
        if n < self.k:
            raise ValueError(f"{n} samples cannot be split into {self.k} folds.")
        order = generator(self.seed).permutation(n) if self.shuffle else np.arange(n)
        if self.stratify:
            order = self._by_class(array, order)
            parts = [order[i :: self.k] for i in range(self.k)]  # dealt out in turn, class after class
        else:
            parts = np.array_split(order, self.k)
        for part in parts:
            held_out = np.zeros(n, bool)
            held_out[part] = True
            yield Fold(np.flatnonzero(~held_out), np.flatnonzero(held_out))

    def _by_class(self, labels: NDArray[np.generic], order: NDArray[np.intp]) -> NDArray[np.intp]:
        if labels.ndim != 1:
            raise ValueError(f"to stratify, pass labels of shape (N,), not an array of shape {labels.shape}.")
        classes, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if counts.min() < self.k:
            raise ValueError(
                f"class {classes[counts.argmin()]} has {counts.min()} samples, too few for {self.k} folds."
            )
        return order[np.argsort(numbers[order], kind="stable")]

    def __repr__(self) -> str:
        return f"KFold({self.k}, shuffle={self.shuffle}, stratify={self.stratify})"
