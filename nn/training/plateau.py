"""A learning rate that falls when progress stalls, the one rule that no function of the step can express.

`ReduceOnPlateau` changes the rate of any optimizer and watches any number; `nn.fit` accepts it as a callback. For rates
that depend only on the step, see `optim.schedules`.
"""

from collections.abc import Mapping
from math import inf, isinf, isnan
from typing import Any

from nn.errors import StateDictError
from nn.training.callbacks import Callback, Monitor
from nn.training.run import Run
from optim import HyperparameterError, Optimizer
from optim.hyperparameters import Choice
from optim.lr_scheduler import ReduceLROnPlateau

# The keys of a saved state, and PyTorch's names for the attributes.
_STATE = {"reference": "best", "stalled": "num_bad_epochs", "resting": "cooldown_counter", "reductions": "reductions"}


class ReduceOnPlateau(Callback, ReduceLROnPlateau):
    """Multiply the learning rate by ``factor`` when a watched number, such as the loss on held-out data, stops falling.

    As a callback of `nn.fit`, it watches ``monitor``, a column of the history (default: "val_loss", or "loss" without
    validation data), and changes the run's optimizer. Outside `nn.fit`, pass the number to `step` once per epoch.

    An epoch is stalled if the number is not below the best so far by more than ``threshold`` (relative to the best, or
    absolute with ``threshold_mode="abs"``). After more than ``patience`` stalled epochs in a row, the rate of every
    group falls to max(factor · lr, ``min_lr``), and the next ``cooldown`` epochs do not count. Use ``mode="max"`` for
    numbers that should rise. NaN counts as stalled.

    ``against="last"`` compares with the previous epoch instead of the best: with ``patience=0``, the rate falls if the
    change per epoch drops below the threshold.

    Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html, with the same
    argument names; there the default of ``factor`` is 0.1. Raises HyperparameterError for a value out of range, and if
    the rate is a schedule.

    >>> import nn, optim
    >>> optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.8)
    >>> plateau = nn.ReduceOnPlateau(optimizer, patience=0)
    >>> [plateau.step(loss) for loss in (3.0, 2.0, 2.0, 1.0)]  # whether the rate fell
    [False, False, True, False]
    >>> optimizer.param_groups[0]["lr"]
    0.4
    """

    _of_size = True

    def __init__(
        self, optimizer: Optimizer | None = None, mode: str = "min", factor: float = 0.5, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0, min_lr: float = 0.0, *,
        against: str = "best", monitor: str | None = None,
    ) -> None:  # fmt: skip
        Choice("best", "last").resolve("ReduceOnPlateau", "against", against, 0)
        self.against, self.monitor = against, Monitor(monitor, "auto")
        ReduceLROnPlateau.__init__(
            self, optimizer, mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps=0.0
        )

    def _forget(self) -> None:
        super()._forget()
        self.reductions: int = 0

    def _present(self) -> list[float]:
        return [] if self.optimizer is None else super()._present()

    @property
    def reference(self) -> float | None:
        """The number that the next one is compared with.

        >>> import nn
        >>> nn.ReduceOnPlateau().reference is None
        True
        """
        return None if isinf(self.best) else self.best

    def on_fit_begin(self, run: Run) -> None:
        self.optimizer: Optimizer = run.optimizer
        self._present()  # refuses a schedule before the first step
        if not run.epoch:  # a new run with a reused callback
            self._forget()

    def on_epoch_end(self, run: Run) -> None:
        self.step(self.monitor.value(run))

    def step(self, metrics: Any, epoch: int | None = None) -> bool:  # type: ignore[override]
        """Record the number of one epoch; returns whether the rate was changed.

        Raises HyperparameterError, and records nothing, if there is no optimizer or one of its rates is a schedule.
        """
        if self.optimizer is None:
            raise HyperparameterError("ReduceOnPlateau has no optimizer yet: pass one, or set its .optimizer.")
        before = self._present()
        super().step(metrics, epoch)
        if self.against == "last":
            self.best: float = (inf if self.mode == "min" else -inf) if isnan(number := float(metrics)) else number
        return self._present() != before

    def _lower(self, rates: list[float]) -> list[float]:
        self.reductions += 1
        return super()._lower(rates)

    def state_dict(self) -> dict[str, Any]:
        """Return the state; the rates themselves are part of the optimizer's state."""
        return {name: getattr(self, own) for name, own in _STATE.items()} | {"reference": self.reference}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore a state from `state_dict`. Raises StateDictError, and changes nothing, for anything else."""
        if set(state_dict) != set(_STATE):
            raise StateDictError(
                f"ReduceOnPlateau: a state has the keys {', '.join(_STATE)}, but this one has {sorted(state_dict)}."
            )
        self._forget()
        vars(self).update({_STATE[name]: value for name, value in state_dict.items() if value is not None})

    def __repr__(self) -> str:
        names = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "against")
        return f"ReduceOnPlateau({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"
