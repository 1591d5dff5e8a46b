"""Callbacks of a training run: the hooks, early stopping, logs, and checkpoints to resume it exactly."""

import math
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from autograd.callers import users_level
from autograd.words import Answering
from nn.errors import CheckpointError, NonFiniteStateError
from nn.saving import load, read, save
from nn.training.run import Run, differences


class Callback(Answering):
    """Base class of callbacks of `fit`: subclass it and define the hooks you need.

    A callback with state returns it from `state_dict` (arrays, numbers, strings, lists, dicts), so that a resumed run
    continues exactly; it is saved under the name of the class.

    >>> import nn
    >>> class Report(nn.Callback):
    ...     def on_fit_begin(self, run):
    ...         print("number of epochs:", run.epochs)
    ...     def on_step_end(self, run):
    ...         print("step", run.step)
    ...     def on_epoch_end(self, run):
    ...         print(run.epoch, round(run.history[-1]["loss"], 4))
    ...     def on_fit_end(self, run):
    ...         print("done after epoch", run.epoch)
    >>> history = nn.fit(nn.Linear(2, 1, rng=0), nn.data.xor(), loss=lambda p, y: nn.MSELoss()(p[:, 0], y),
    ...                  epochs=2, seed=0, callbacks=[Report()])
    number of epochs: 2
    step 1
    1 1.7623
    step 2
    2 1.7574
    done after epoch 2
    """

    def on_fit_begin(self, run: Run) -> None:
        """Called before the first step; in a resumed run, after the state is restored."""

    def on_step_end(self, run: Run) -> None:
        """Called after each update."""

    def on_epoch_end(self, run: Run) -> None:
        """Called after each epoch, with its row in ``run.history``."""

    def on_fit_end(self, run: Run) -> None:
        """Called at the end, even if the run was stopped or interrupted."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state to save.

        >>> import nn
        >>> nn.EarlyStopping().state_dict()
        {'best': None, 'best_epoch': 0, 'waited': 0, 'weights': None}
        """
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state from `state_dict`.

        >>> import nn
        >>> stopping = nn.EarlyStopping()
        >>> stopping.load_state_dict({"best": 0.5, "best_epoch": 3, "waited": 1, "weights": None})
        >>> stopping.best_epoch
        3
        """


class Monitor:
    """A column of the history, and which of its values count as better.

    ``mode`` is "min" or "max"; "auto" means "min" for names with "loss", "error", "mae", "mse" or "rmse", else "max".
    The default name is "val_loss" with validation data, else "loss".
    """

    def __init__(self, name: str | None, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', not {mode!r}.")
        if not min_delta >= 0.0:
            raise ValueError(f"min_delta is the smallest improvement and must be 0 or more, not {min_delta!r}.")
        self.name = name
        self.mode = mode
        self.min_delta = min_delta

    def value(self, run: Run) -> float:
        """The value of the latest epoch."""
        row = run.history[-1]
        name = self.name or ("val_loss" if "val_loss" in row else "loss")
        if name not in row:
            raise KeyError(f"no column {name!r} to monitor; the columns are {', '.join(row)}")
        return float(row[name])

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether a value is an improvement; NaN never is."""
        if math.isnan(value):
            return False
        if best is None or math.isnan(best):
            return True
        error = any(word in (self.name or "loss") for word in ("loss", "error", "mae", "mse"))
        rises = self.mode == "max" or (self.mode == "auto" and not error)
        return value > best + self.min_delta if rises else value < best - self.min_delta


class EarlyStopping(Callback):
    """Stop when a value has not improved for some epochs, and restore the best weights.

    ``monitor`` is a column of the history, by default "val_loss" ("loss" without validation data). ``mode`` is "min",
    "max" or "auto", which decides by the name of the column. An improvement of less than ``min_delta`` does not count.
    Training stops after ``patience`` epochs without an improvement. With ``restore_best``, the parameters and buffers
    of the best epoch are restored at the end, whatever the reason for stopping.

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
            raise ValueError(f"patience is a number of epochs and must be at least 1, not {patience!r}.")
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
        if not run.epoch:  # a new run with a reused callback
            self._forget()
        elif self.waited >= self.patience:  # a finished run that is resumed
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
        kept = f"the best was epoch {self.best_epoch}" if self.best is not None else "the value was always nan"
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
    """A file with the history, rewritten atomically after every epoch, so that it stays complete after a resume."""

    suffix: str

    def __init__(self, path: str | PathLike[str]) -> None:
        if Path(path).suffix != self.suffix:
            raise ValueError(f"{type(self).__name__} writes {self.suffix} files, not {fspath(path)!r}.")
        self.path = path

    def on_epoch_end(self, run: Run) -> None:
        if not run.leads:
            return
        try:
            run.history.save(self.path)
        except PermissionError as error:  # on Windows, a spreadsheet keeps the file it shows from being replaced
            if len(run.history) == 1:
                raise
            warnings.warn(f"{error}. The rows so far are written after the next epoch.", stacklevel=users_level())

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
    """Write the history to a ``.jsonl`` file after every epoch, with one JSON object per line.

    >>> import nn
    >>> nn.JSONLLog("log.jsonl")
    JSONLLog('log.jsonl')
    """

    suffix = ".jsonl"


class Checkpoint(Callback):
    """Save the training run to ``folder/last.npz`` after every epoch, and to ``folder/best.npz`` if it is the best.

    With ``every``, a number of steps, "last" is also saved every so many updates, in the middle of an epoch. The files
    are replaced atomically and hold the model, the optimizer and the state of the run (``nn.load`` returns it as
    "training"). ``nn.fit(..., resume="folder/last.npz")`` continues from there; the result is bit-for-bit that of an
    uninterrupted run. ``monitor`` and ``mode`` are those of `EarlyStopping`.

    A checkpoint is never overwritten by NaN: if numbers that were finite at the start become NaN or infinite in
    parameters, buffers, optimizer state or arrays of callbacks, training stops and the files stay unchanged. Infinities
    that were present from the start, as in masks, are saved like other numbers.

    Raises OSError before the first step if the folder cannot be created or written to.

    >>> import nn
    >>> nn.Checkpoint("run", every=100)
    Checkpoint('run', every=100)
    """

    def __init__(
        self, folder: str | PathLike[str], *, every: int | None = None, monitor: str | None = None, mode: str = "auto"
    ) -> None:
        if every is not None and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
            raise ValueError(f"every must be a number of steps of at least 1, or None for each epoch, not {every!r}.")
        self.folder: Path = Path(folder)
        self.every = every
        self.monitor: Monitor = Monitor(monitor, mode)
        self.best: float | None = None
        self.others: Sequence[Callback] = ()  # all callbacks of the run, whose state is saved too

    @property
    def last(self) -> Path:
        """The file of the latest state.

        >>> import nn
        >>> nn.Checkpoint("run").last.name
        'last.npz'
        """
        return self.folder / "last.npz"

    def on_fit_begin(self, run: Run) -> None:
        if run.leads:
            self.folder.mkdir(parents=True, exist_ok=True)
        if not run.epoch and not run.step:
            self.best = None
            self._save(self.last, run)  # if this fails, it fails now and not after an hour

    def on_step_end(self, run: Run) -> None:
        if self.every is not None and run.step % self.every == 0:
            self._save(self.last, run)

    def on_epoch_end(self, run: Run) -> None:
        value = self.monitor.value(run)
        better = self.monitor.is_better(value, self.best)
        if better:
            self.best = value
        missing = run.leads and not (self.folder / "best.npz").exists()
        if better or run.of_all("missing" if missing else ""):
            self._save(self.folder / "best.npz", run)
        self._save(self.last, run)

    def on_fit_end(self, run: Run) -> None:
        if not run.broken:  # the fault may have left traces only in running statistics
            self._save(self.last, run)

    def _save(self, path: Path, run: Run) -> None:
        memories = [[type(c).__name__, c.state_dict()] for c in self.others]
        trees = {f"callback {i} ({name})": memory for i, (name, memory) in enumerate(memories)}
        if what := run.of_all(run.spoiled(trees)):
            raise NonFiniteStateError(what)
        state = {"run": run.state_dict(), "callbacks": memories}
        if run.leads:
            save(path, run.model, run.optimizer, allow_nonfinite=True, training=state)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.folder)!r}{'' if self.every is None else f', every={self.every}'})"


def restore(path: str | PathLike[str], run: Run, callbacks: Sequence[Callback], *, other_data: bool = False) -> None:
    """Restore a training run, with its model, optimizer and callbacks, from a checkpoint.

    Raises CheckpointError if the file holds no training run, or one with different callbacks or, unless ``other_data``,
    different data; and OSError.
    """
    tree = read(path)
    try:
        state = tree["extra"]["training"]
        saved = state["callbacks"]
    except (KeyError, TypeError) as error:
        raise CheckpointError(path, "the file holds no training run: nn.load(path, model) loads the model.") from error
    names, found = [type(c).__name__ for c in callbacks], [name for name, _ in saved]
    if names != found:
        raise CheckpointError(
            path, f"it was saved with callbacks {', '.join(found) or 'none'}, not {', '.join(names) or 'none'}."
        )
    if not other_data:
        _require_same_data(path, run, state["run"])
    before = run.state_dict()
    try:
        run.load_state_dict(state["run"])
        load(path, run.model, run.optimizer)
    except (KeyError, ValueError) as error:
        run.load_state_dict(before)
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(path, f"the file belongs to another training run: {error}") from error
    for callback, (_, memory) in zip(callbacks, saved, strict=True):
        callback.load_state_dict(memory)


def _require_same_data(path: str | PathLike[str], run: Run, state: Mapping[str, Any]) -> None:
    saved, found = state.get("data"), run.data
    if saved is None or found is None:  # chainrule 0.1.0 recorded nothing
        text = f"{path} does not record the data it was made with, so the data were not compared."
        warnings.warn(text, UserWarning, stacklevel=users_level())
        return
    lines = [line for what in found for line in differences(what, saved[what], found[what])]
    if lines:
        text = "\n  ".join(["the data differ from those of the saved training run:", *lines])
        raise CheckpointError(path, f"{text}\nPass other_data=True to resume anyway.")
