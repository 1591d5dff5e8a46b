"""Splits of a data set: into a training set and a test set, or into k folds that are held out once each."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd.arrays import only_numbers
from autograd.words import refuse_words
from nn.arguments import plain
from nn.data.sources import common_length
from nn.defaults import Randomness, generator

__all__ = ["Fold", "KFold", "train_test_split"]


def train_test_split(
    *arrays: Any, test_size: float | int = 0.25, stratify: ArrayLike | None = None, seed: Randomness = None,
    **more: Never,
) -> list[Any]:  # fmt: skip
    """Split arrays of equal length at random: ``[a_train, a_test, b_train, b_test, ...]``.

    ``test_size`` is the fraction of samples in the test set (rounded up), or their number. With ``stratify``, an array
    of labels, both sets keep the proportions of the classes, as closely as whole samples allow. ``seed`` is a seed or a
    generator; without one, the generator of `manual_seed` is used. Both sets are in random order.

    Raises ValueError for arrays of different lengths, for an empty set and, when stratifying, for a class with a single
    sample. The arguments and results match ``sklearn.model_selection.train_test_split``, with ``seed`` instead of
    ``random_state``.

    >>> import nn
    >>> x, y = nn.data.digits()
    >>> x_train, x_test, y_train, y_test = nn.data.train_test_split(x, y, test_size=0.2, stratify=y, seed=0)
    >>> len(x_train), len(x_test)
    (1437, 360)
    """
    refuse_words("train_test_split", more)
    n = common_length(arrays, "split")
    if isinstance(test_size, float):
        if not 0.0 < test_size < 1.0:
            raise ValueError(f"test_size must be a fraction between 0 and 1 or a number of samples, not {test_size}.")
        held_out = int(np.ceil(n * test_size - 1e-9))
    else:
        held_out = int(test_size)
    if not 0 < held_out < n:
        raise ValueError(f"test_size={test_size} splits {n} samples into {n - held_out} to train, {held_out} to test.")
    rng = generator(seed)
    order = rng.permutation(n)
    if stratify is None:
        test, train = order[:held_out], order[held_out:]
    else:
        chosen = _stratified(np.asarray(only_numbers(stratify, "stratify")), order, held_out, rng)
        test, train = order[chosen], order[~chosen]
    return [part for a in arrays for part in (_take(a, train), _take(a, test))]


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


def _take(array: Any, index: NDArray[Any]) -> Any:
    return [array[i] for i in index] if isinstance(array, list | tuple) else array[index]


def _stratified(
    labels: NDArray[Any], order: NDArray[Any], held_out: int, rng: "np.random.Generator"
) -> NDArray[np.bool_]:
    """Choose the positions of an order that go to the test set, so that it keeps the proportions of the classes."""
    n = len(order)
    if labels.shape != (n,):
        raise ValueError(f"stratify needs one label for each of the {n} samples, not shape {labels.shape}.")
    classes, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise ValueError(f"class {classes[counts.argmin()]} has a single sample, which cannot be in both sets.")
    if held_out < len(classes) or n - held_out < len(classes):
        raise ValueError(f"{len(classes)} classes do not fit into sets of {n - held_out} and {held_out} samples.")
    exact = counts * (held_out / n)
    quota = np.floor(exact).astype(int)
    # The classes with the largest remainders get the missing samples; ties are broken at random.
    ranking = np.lexsort((rng.random(len(classes)), quota - exact))
    quota[ranking[: held_out - quota.sum()]] += 1
    chosen = np.zeros(n, bool)
    numbers = numbers[order]
    for i, wanted in enumerate(quota):
        chosen[np.flatnonzero(numbers == i)[:wanted]] = True
    return chosen
