"""k-fold cross-validation: one training run per fold, evaluated on the samples it has not seen."""

import threading
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.arrays import only_numbers
from autograd.callers import users_level
from autograd.progress import Work, over
from nn.data import KFold
from nn.defaults import generator, get_default_dtype, manual_seed, set_default_dtype
from nn.module import Module
from nn.training.evaluation import Metrics, evaluate
from nn.training.fit import fit
from nn.training.history import History
from nn.training.run import INTERRUPTED, Loss

Scored = tuple[dict[str, float], History]

_ALONE = threading.RLock()  # folds seed the default generator, which all threads of a process share


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
    scale: Callable[[Any], Callable[[Any], Any]] | None = None, seed: int | None = None, n_jobs: int | None = None,
    **options: Any,
) -> CrossValidation:  # fmt: skip
    """For each fold, train a new model on the other folds and evaluate it on the held-out fold.

    ``make`` creates the model; ``data`` is a pair of arrays ``(x, y)``; ``folds`` is a `KFold` or a number of folds
    (then shuffled with ``seed``). ``scale``, such as `nn.data.Standardize`, is constructed from the training part of
    ``x`` and applied to both parts. Other options go to `fit`; pass callbacks as functions that create them, so that
    each fold has its own.

    ``n_jobs`` processes (-1: one per core) train the folds at the same time with joblib, on the back end chosen with
    `joblib.parallel_config`; equal seeds give the same results as without. They show no progress unless ``show=True``.
    Ctrl-C ends all folds with a KeyboardInterrupt.

    Raises the ValueErrors of `KFold` and `fit`, and ImportError if ``n_jobs`` is given and joblib is missing.

    >>> import nn
    >>> from functools import partial
    >>> result = nn.cross_validate(partial(nn.MLP, [2, 8, 2]), nn.data.moons(120, noise=0.1, seed=0), folds=3, seed=0,
    ...                            loss=nn.CrossEntropyLoss(), metrics=[nn.metrics.accuracy], epochs=5)
    >>> len(result.scores), sorted(result.mean)
    (3, ['accuracy', 'loss'])
    """
    x, y = (np.asarray(only_numbers(part, "the data")) for part in data)
    if n_jobs is not None:
        options.setdefault("show", False)
        seed = int(generator().integers(2**31)) if seed is None else seed
    cut = folds if isinstance(folds, KFold) else KFold(folds, seed=seed)
    fold = partial(_fold, make, x, y, scale=scale, loss=loss, metrics=metrics, options=options)
    calls = [
        partial(fold, train, test, seed=None if seed is None else seed + number)
        for number, (train, test) in enumerate(cut.split(y if cut.stratify else x))
    ]
    with Work("cross-validating", cut.k, show=False if options.get("show") is False else None):
        results = [call() for call in over(calls)] if n_jobs is None else _by_joblib(calls, n_jobs)
    return CrossValidation([scores for scores, _ in results], [history for _, history in results])


def _fold(
    make: Callable[[], Module], x: Any, y: Any, train: Any, test: Any, *, scale: Any, loss: Loss, metrics: Metrics,
    seed: int | None, options: dict[str, Any],
) -> Scored:  # fmt: skip
    x_train, x_test = x[train], x[test]
    if scale is not None:
        scaled = scale(x_train)
        x_train, x_test = scaled(x_train), scaled(x_test)
    if seed is not None:
        manual_seed(seed)  # for the initial weights
    model = make()
    made = [callback() for callback in options.get("callbacks", ())]
    history = fit(model, (x_train, y[train]), loss=loss, seed=seed, **{**options, "callbacks": made})
    if history.stopped == INTERRUPTED:
        raise KeyboardInterrupt(f"{INTERRUPTED} in epoch {len(history) + 1} of a fold")
    with Work("testing", show=False):  # the line is about training, which takes longer
        return evaluate(model, (x_test, y[test]), loss=loss, metrics=metrics), history


def _by_joblib(calls: Sequence[Callable[[], Scored]], n_jobs: int) -> list[Scored]:
    """Run the folds with joblib, and repeat their warnings here."""
    try:
        from joblib import Parallel, delayed
    except ImportError as error:
        raise ImportError(
            "cross_validate(n_jobs=...) needs joblib: pip install joblib (the extra 'joblib')."
        ) from error
    results = Parallel(n_jobs)(delayed(_elsewhere)(call, get_default_dtype()) for call in calls)
    for message in [message for _, noted in results for message in noted]:
        warnings.warn(message, stacklevel=users_level())
    return [scored for scored, _ in results]


def _elsewhere(call: Callable[[], Scored], dtype: Any) -> tuple[Scored, list[Warning | str]]:
    """Run a fold in a worker, which may be a thread, with the default dtype of the caller; return its warnings, too."""
    with _ALONE, warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        own = get_default_dtype()
        set_default_dtype(dtype)
        try:
            return call(), [warning.message for warning in noted]
        finally:
            set_default_dtype(own)
