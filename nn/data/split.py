"""Splits of a data set into a training set and a test set."""

from typing import Any, Never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd.arrays import only_numbers
from autograd.words import refuse_words
from nn.data.sources import common_length
from nn.defaults import Randomness, generator

__all__ = ["train_test_split"]


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
