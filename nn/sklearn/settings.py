"""The settings of an estimator: scikit-learn wants them looked at when it is fitted, not when it is made."""

import warnings
from collections.abc import Iterable
from math import inf
from numbers import Integral
from typing import Any

import numpy as np

_RANGES = dict.fromkeys(("alpha", "tol"), (0.0, inf)) | dict.fromkeys(("momentum", "beta_1", "beta_2"), (0.0, 1.0))
_RANGES["n_iter_no_change"] = (1, inf)


def check_settings(estimator: Any) -> None:
    """Refuse, with ValueError, what cannot be."""
    widths(estimator.hidden_layer_sizes)
    if estimator.solver not in ("adam", "sgd", "lbfgs"):
        raise ValueError(f"the solver is 'adam', 'sgd' or 'lbfgs', not {estimator.solver!r}.")
    batch = estimator.batch_size
    if batch != "auto" and not (isinstance(batch, Integral) and int(batch) > 0):
        raise ValueError(f"batch_size is 'auto' or a number of samples, at least 1, not {batch!r}.")
    if not isinstance(estimator.max_iter, Integral) or int(estimator.max_iter) < 1:
        raise ValueError(f"max_iter is a number of epochs, at least 1, not {estimator.max_iter!r}.")
    for name, (low, high) in _RANGES.items():
        value = getattr(estimator, name)
        if not _is_number(value) or not low <= value <= high:
            raise ValueError(f"{name} is a number from {low:g} to {high:g}, not {value!r}.")
    fraction, rate = estimator.validation_fraction, estimator.learning_rate_init
    if estimator.early_stopping and not (_is_number(fraction) and 0.0 < fraction < 1.0):
        raise ValueError(f"validation_fraction is the share that is held out, between 0 and 1, not {fraction!r}.")
    if not callable(rate) and not (_is_number(rate) and rate > 0.0):
        raise ValueError(f"learning_rate_init is a positive number, or a schedule of optim, not {rate!r}.")


def widths(hidden: Any) -> list[int]:
    """The widths of the hidden layers, from one number or several."""
    sizes = [hidden] if isinstance(hidden, Integral) or not isinstance(hidden, Iterable) else list(hidden)
    if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0: the widths of the hidden layers, not {hidden!r}.")
    return [int(size) for size in sizes]


def clipped(batch_size: int, count: int) -> int:
    """A batch has no more samples than there are."""
    if batch_size > count:
        warnings.warn(f"batch_size={batch_size} is more than the {count} samples there are.", stacklevel=5)
    return min(int(batch_size), count)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
