"""A learning rate that falls when progress slows: the one rule that a function of the step cannot say.

`ReduceOnPlateau` changes the rate of any optimizer and watches any number; `nn.fit` takes it as a callback. Rates that
follow from the step alone are `optim.schedules`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nn.errors import StateDictError
from nn.training.callbacks import Callback, Monitor
from nn.training.run import Run
from optim import HyperparameterError, Optimizer

_STATE = ("reference", "stalled", "resting", "reductions")


class ReduceOnPlateau(Callback):
    """Multiply the learning rate by ``factor`` when a watched number, such as the loss on held-out data, stops falling.

    As a callback of `nn.fit` it watches ``monitor``, a column of the history (by default "val_loss", without validation
    data "loss"), and changes the optimizer of the training. Otherwise give the number to `step` once per epoch.

    An epoch stalls when the number is not below the best so far by more than ``threshold`` (times the size of the best,
    or absolute with ``threshold_mode="abs"``). After more than ``patience`` stalled epochs in a row the rate of every
    group falls to max(factor · lr, ``min_lr``), and the next ``cooldown`` epochs do not count. ``mode="max"`` is for
    numbers that should rise. NaN counts as stalled.

    ``against="last"`` compares with the epoch before in place of the best: with ``patience=0`` the rate falls whenever
    the change per epoch falls below the threshold.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html, whose names these
    are; there ``factor`` is 0.1 by default, here the rate is halved. Raises HyperparameterError for a value out of its
    range, and for a rate that is a schedule.

    >>> import nn, optim
    >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.8)
    >>> plateau = nn.ReduceOnPlateau(optimizer, patience=0)
    >>> [plateau.step(loss) for loss in (3.0, 2.0, 2.0, 1.0)]  # whether the rate fell
    [False, False, True, False]
    >>> optimizer.param_groups[0]["lr"]
    0.4
    """

    def __init__(
        self,
        optimizer: Optimizer | None = None,
        mode: str = "min",
        factor: float = 0.5,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        *,
        against: str = "best",
        monitor: str | None = None,
    ) -> None:
        for name, word, words in (
            ("mode", mode, ("min", "max")),
            ("threshold_mode", threshold_mode, ("rel", "abs")),
            ("against", against, ("best", "last")),
        ):
            _require(name, word, word in words, " or ".join(map(repr, words)))
        _require("factor", factor, 0.0 < _number(factor) < 1.0, "a number between 0 and 1")
        for name, number in (("threshold", threshold), ("min_lr", min_lr)):
            _require(name, number, 0.0 <= _number(number) < math.inf, "a number, at least 0")
        for name, count in (("patience", patience), ("cooldown", cooldown)):
            _require(name, count, isinstance(count, int) and count >= 0, "a whole number, at least 0")
        self.optimizer = optimizer
        self.monitor = Monitor(monitor, "auto")
        self.mode, self.factor, self.patience, self.threshold = mode, factor, patience, threshold
        self.threshold_mode, self.cooldown, self.min_lr, self.against = threshold_mode, cooldown, min_lr, against
        self._forget()

    def _forget(self) -> None:
        self.reference: float | None = None  # what the next number is compared with
        self.stalled = 0  # epochs in a row
        self.resting = 0  # epochs that do not count, to come
        self.reductions = 0

    def on_fit_begin(self, run: Run) -> None:
        self.optimizer = run.optimizer
        self._groups()  # refuses a schedule before the first step
        if not run.epoch:  # a new training with a callback that has served before
            self._forget()

    def on_epoch_end(self, run: Run) -> None:
        self.step(self.monitor.value(run))

    def step(self, value: Any) -> bool:
        """Take note of the number of one epoch; returns whether the rate was changed.

        Raises HyperparameterError without an optimizer, and when one of its rates is a schedule; nothing is noted then.
        """
        groups = self._groups()
        number = float(value)
        progress = self._is_progress(number)
        if progress or self.against == "last":
            self.reference = number
        self.stalled = 0 if progress else self.stalled + 1
        if self.resting:
            self.resting -= 1
            self.stalled = 0
        if self.stalled <= self.patience:
            return False
        self.stalled, self.resting = 0, self.cooldown
        self.reductions += 1
        before = [group["lr"] for group in groups]
        for group in groups:
            group["lr"] = max(float(group["lr"]) * self.factor, min(self.min_lr, float(group["lr"])))
        return any(group["lr"] != lr for group, lr in zip(groups, before, strict=True))

    def state_dict(self) -> dict[str, Any]:
        """What has been seen; the rates themselves are in the state of the optimizer."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned. Raises StateDictError for anything else; nothing is changed then."""
        if set(state_dict) != set(_STATE):
            raise StateDictError(
                f"ReduceOnPlateau: a state has {', '.join(_STATE)}; this one has {sorted(state_dict)}."
            )
        vars(self).update(state_dict)

    def _groups(self) -> list[dict[str, Any]]:
        if self.optimizer is None:
            raise HyperparameterError("ReduceOnPlateau has no optimizer yet: give it one, or set its .optimizer.")
        for group in self.optimizer.param_groups:
            if callable(group["lr"]):
                raise HyperparameterError(
                    f"ReduceOnPlateau changes rates that are numbers; lr is {group['lr']!r}. Use one of the two."
                )
        return self.optimizer.param_groups

    def _is_progress(self, number: float) -> bool:
        reference = self.reference
        if reference is None or math.isnan(reference):
            return not math.isnan(number)
        gain = reference - number if self.mode == "min" else number - reference
        return gain > self.threshold * (abs(reference) if self.threshold_mode == "rel" else 1.0)

    def __repr__(self) -> str:
        names = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "against")
        return f"ReduceOnPlateau({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _require(name: str, value: Any, holds: bool, what: str) -> None:
    if not holds:
        raise HyperparameterError(f"ReduceOnPlateau: {name} must be {what}; got {value!r}.")
