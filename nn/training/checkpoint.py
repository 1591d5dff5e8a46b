"""Checkpoints of a training run; a resumed run is bit-for-bit the uninterrupted one."""

import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from autograd.callers import users_level
from nn.errors import CheckpointError, NonFiniteStateError
from nn.saving import load, read, save
from nn.training.callbacks import Callback, Monitor
from nn.training.run import Run
from nn.training.same_data import differences


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
