"""What can be hung into a training: the hooks, early stopping, logs."""

import math
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from nn.training.run import Run


class Callback:
    """Something that `fit` calls: subclass it and write the hooks that you need.

    A callback with a memory returns it from `state_dict` (arrays, numbers, texts, lists, dicts), so that a training
    that is taken up again goes on exactly; it is saved under the name of its class.

    >>> import nn
    >>> class Report(nn.Callback):
    ...     def on_fit_begin(self, run):
    ...         print("epochs to come:", run.epochs)
    ...     def on_step_end(self, run):
    ...         print("step", run.step)
    ...     def on_epoch_end(self, run):
    ...         print(run.epoch, round(run.history[-1]["loss"], 4))
    ...     def on_fit_end(self, run):
    ...         print("done after epoch", run.epoch)
    >>> history = nn.fit(nn.Linear(2, 1, rng=0), nn.data.xor(), loss=lambda p, y: nn.MSELoss()(p[:, 0], y),
    ...                  epochs=2, seed=0, callbacks=[Report()])
    epochs to come: 2
    step 1
    1 1.7623
    step 2
    2 1.7574
    done after epoch 2
    """

    def on_fit_begin(self, run: Run) -> None:
        """Before the first step; after the state was restored, when the training is taken up again."""

    def on_step_end(self, run: Run) -> None:
        """After each update."""

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch, with its row in ``run.history``."""

    def on_fit_end(self, run: Run) -> None:
        """At the end, also when it was stopped or interrupted."""

    def state_dict(self) -> dict[str, Any]:
        """What it remembers.

        >>> import nn
        >>> nn.EarlyStopping().state_dict()
        {'best': None, 'best_epoch': 0, 'waited': 0, 'weights': None}
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Remember what `state_dict` had returned.

        >>> import nn
        >>> stopping = nn.EarlyStopping()
        >>> stopping.load_state_dict({"best": 0.5, "best_epoch": 3, "waited": 1, "weights": None})
        >>> stopping.best_epoch
        3
        """


class Monitor:
    """A column of the history, and which of its numbers are better.

    ``mode`` is "min" or "max"; "auto" takes "min" for names with "loss", "error", "mae", "mse" or "rmse", else "max".
    Without a name it is "val_loss" where there is validation, else "loss".
    """

    def __init__(self, name: str | None, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode is 'auto', 'min' or 'max', not {mode!r}.")
        if not min_delta >= 0.0:
            raise ValueError(f"min_delta is the least improvement, from 0 on, not {min_delta!r}.")
        self.name = name
        self.mode = mode
        self.min_delta = min_delta

    def value(self, run: Run) -> float:
        """The number of the last epoch."""
        row = run.history[-1]
        name = self.name or ("val_loss" if "val_loss" in row else "loss")
        if name not in row:
            raise KeyError(f"no column {name!r} to monitor among {', '.join(row)}")
        return float(row[name])

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a number is an improvement; one that is not a number never is."""
        if math.isnan(value):
            return False
        if best is None or math.isnan(best):
            return True
        error = any(word in (self.name or "loss") for word in ("loss", "error", "mae", "mse"))
        rises = self.mode == "max" or (self.mode == "auto" and not error)
        return value > best + self.min_delta if rises else value < best - self.min_delta


class EarlyStopping(Callback):
    """Stop when a number has not become better for some epochs, and go back to the weights that were best.

    ``monitor`` is a column of the history, by default "val_loss" (without validation data "loss"); see ``mode`` in
    which direction is better. An improvement smaller than ``min_delta`` is none. After ``patience`` epochs without
    one the training stops; with ``restore_best`` the parameters and buffers of the best epoch are put back at the end,
    whatever ended it.

    L. Prechelt, "Early stopping - but when?", 1998.

    >>> import nn
    >>> nn.EarlyStopping(patience=5)
    EarlyStopping(monitor=None, patience=5, min_delta=0.0, mode='auto', restore_best=True)
    """

    def __init__(
        self, monitor: str | None = None, *, patience: int = 10, min_delta: float = 0.0, mode: str = "auto",
        restore_best: bool = True,
    ) -> None:  # fmt: skip
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ValueError(f"patience is a number of epochs, at least 1, not {patience!r}.")
        self.monitor: Monitor = Monitor(monitor, mode, min_delta)
        self.patience = patience
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_epoch: int = 0
        self.waited: int = 0
        self._weights: dict[str, Any] | None = None

    def on_fit_begin(self, run: Run) -> None:
        if not run.epoch:  # a new training with a callback that has served before
            self._forget()
        elif self.waited >= self.patience:  # an ended one that is taken up
            self._stop(run)

    def on_epoch_end(self, run: Run) -> None:
        value = self.monitor.value(run)
        if self.monitor.is_better(value, self.best):
            self.best, self.best_epoch, self.waited = value, run.epoch, 0
            if self.restore_best:
                self._weights = run.model.state_dict()
            return
        self.waited += 1
        if self.waited >= self.patience:
            self._stop(run)

    def _stop(self, run: Run) -> None:
        kept = f"the best was epoch {self.best_epoch}" if self.best is not None else "it never was a number"
        run.stop(f"no improvement for {self.waited} epochs; {kept}")

    def on_fit_end(self, run: Run) -> None:
        if self.restore_best and self._weights is not None:
            run.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch, self.waited = state["best"], state["best_epoch"], state["waited"]
        self._weights = state["weights"]

    def __repr__(self) -> str:
        m = self.monitor
        return (
            f"EarlyStopping(monitor={m.name!r}, patience={self.patience}, min_delta={m.min_delta}, mode={m.mode!r}, "
            f"restore_best={self.restore_best})"
        )


class _Log(Callback):
    """The history in a file that is written anew after every epoch: whole at every moment, also after a resume."""

    suffix: str

    def __init__(self, path: str | PathLike[str]) -> None:
        if Path(path).suffix != self.suffix:
            raise ValueError(f"{type(self).__name__} writes {self.suffix} files, not {fspath(path)!r}.")
        self.path = path

    def on_epoch_end(self, run: Run) -> None:
        run.history.save(self.path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({fspath(self.path)!r})"


class CSVLog(_Log):
    """Write the history to a ``.csv`` file after every epoch.

    >>> import nn
    >>> nn.CSVLog("log.csv")
    CSVLog('log.csv')
    """

    suffix = ".csv"


class JSONLLog(_Log):
    """Write the history to a ``.jsonl`` file after every epoch: one JSON object in each line.

    >>> import nn
    >>> nn.JSONLLog("log.jsonl")
    JSONLLog('log.jsonl')
    """

    suffix = ".jsonl"
