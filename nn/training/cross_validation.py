"""k-fold cross-validation: one training run per fold, evaluated on the samples it has not seen."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arrays import only_numbers
from nn.data import KFold
from nn.defaults import manual_seed
from nn.module import Module
from nn.training.evaluation import Metrics, evaluate
from nn.training.fit import fit
from nn.training.history import History
from nn.training.run import Loss


class CrossValidation:
    """The scores of each fold, their mean and their standard deviation.

    ``scores`` is a list of dicts, one per fold, and ``histories`` the training histories; ``mean`` and ``std`` are
    dicts of statistics over the folds (the standard deviation divides by k - 1).

    >>> from nn.training import CrossValidation
    >>> found = CrossValidation([{"accuracy": 0.5}, {"accuracy": 0.75}], histories=[])
    >>> found.mean
    {'accuracy': 0.625}
    >>> print(found)
    fold   accuracy
       1        0.5
       2       0.75
    mean      0.625
     std     0.1768
    """

    def __init__(self, scores: list[dict[str, float]], histories: list[History]) -> None:
        self.scores = scores
        self.histories = histories
        columns = {name: np.array([score[name] for score in scores]) for name in scores[0]}
        self.mean: dict[str, float] = {name: float(column.mean()) for name, column in columns.items()}
        self.std: dict[str, float] = {name: float(column.std(ddof=1)) for name, column in columns.items()}

    def __str__(self) -> str:
        rows: list[tuple[Any, Any]] = [*enumerate(self.scores, 1), ("mean", self.mean), ("std", self.std)]
        return str(History([{"fold": fold, **row} for fold, row in rows]))

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {self.mean[name]:.4g} +- {self.std[name]:.2g}" for name in self.mean)
        return f"CrossValidation({len(self.scores)} folds: {numbers})"


def cross_validate(
    make: Callable[[], Module], data: Sequence[Any], *, loss: Loss, folds: KFold | int = 5, metrics: Metrics = (),
    scale: Callable[[Any], Callable[[Any], Any]] | None = None, seed: int | None = None, **options: Any,
) -> CrossValidation:  # fmt: skip
    """For each fold, train a new model on the other folds and evaluate it on the held-out fold.

    ``make`` creates the model; ``data`` is a pair of arrays ``(x, y)``; ``folds`` is a `KFold` or a number of folds
    (then shuffled with ``seed``). ``scale``, such as `nn.data.Standardize`, is constructed from the training part of
    ``x`` and applied to both parts. Other options go to `fit`; pass callbacks as functions that create them, so that
    each fold has its own.

    Raises the ValueErrors of `KFold` and `fit`.

    >>> import nn
    >>> from functools import partial
    >>> result = nn.cross_validate(partial(nn.MLP, [2, 8, 2]), nn.data.moons(120, noise=0.1, seed=0), folds=3, seed=0,
    ...                            loss=nn.CrossEntropyLoss(), metrics=[nn.metrics.accuracy], epochs=5)
    >>> len(result.scores), sorted(result.mean)
    (3, ['accuracy', 'loss'])
    """
    x, y = (np.asarray(only_numbers(part, "the data")) for part in data)
    cut = folds if isinstance(folds, KFold) else KFold(folds, seed=seed)
    callbacks: Sequence[Callable[[], Any]] = options.pop("callbacks", ())
    scores, histories = [], []
    for number, (train, test) in enumerate(cut.split(y if cut.stratify else x)):
        x_train, x_test = x[train], x[test]
        if scale is not None:
            scaled = scale(x_train)
            x_train, x_test = scaled(x_train), scaled(x_test)
        own = None if seed is None else seed + number
        if own is not None:
            manual_seed(own)  # for the initial weights
        model = make()
        made = [callback() for callback in callbacks]
        histories.append(fit(model, (x_train, y[train]), loss=loss, callbacks=made, seed=own, **options))
        scores.append(evaluate(model, (x_test, y[test]), loss=loss, metrics=metrics))
    return CrossValidation(scores, histories)
