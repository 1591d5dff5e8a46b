"""`fit`: the loop over epochs and batches that everybody writes, with what goes wrong taken care of."""

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import length_hint
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import NonFiniteError, debug
from autograd.callers import users_level
from autograd.collector import paused
from nn.defaults import manual_seed
from nn.errors import NonFiniteStateError, TrainingWarning
from nn.module import Module
from nn.saving.finite import known_of
from nn.training.callbacks import Callback
from nn.training.checkpoint import Checkpoint, restore
from nn.training.evaluation import Metrics, dtype_of, evaluate, loader_for, named, parts_of, single
from nn.training.history import History
from nn.training.progress import Progress, progress
from nn.training.run import Loss, Run
from optim import Adam, Optimizer, clip_grad_norm, clip_grad_value

__all__ = ["fit"]


def fit(
    model: Module, train: Any, validation: Any = None, *, loss: Loss,
    optimizer: Optimizer | Callable[[Any], Optimizer] | None = None, epochs: int = 10, batch_size: int = 32,
    metrics: Metrics = (), callbacks: Sequence[Callback] = (), clip_norm: float | None = None,
    clip_value: float | None = None, seed: int | None = None, resume: str | PathLike[str] | None = None,
    other_data: bool = False, show: bool | None = None, compile: bool = False,
) -> History:  # fmt: skip
    """Train a model, and return the history of its numbers.

    ``train`` and ``validation`` are pairs ``(x, y)``, or a `nn.data.Loader`; floating numbers are converted to the
    dtype of the model. Of each batch the first array goes into the model, and the loss is ``loss(model(x), y)``, with
    all further arrays handed on; of a single array the model learns to return it. ``optimizer`` is one of `optim`
    that holds the parameters, or a function that makes it of them (``lambda p: optim.SGD(p, lr=0.1)``); by default
    Adam.
    After each epoch loss and ``metrics`` (functions of prediction and target, in a list or by name) are computed for
    the validation data, in evaluation; without such data the metrics are those of the training data.

    ``clip_norm`` and ``clip_value`` bound the gradients before each step. ``seed`` starts the default generator and
    decides the order of batches: the same seed gives the same result. ``resume`` is a file of a `Checkpoint`, from
    which the training goes on, to ``epochs`` altogether, exactly as if it had never stopped. Its data must be those
    that it was made with, as far as they can be compared (arrays), unless ``other_data``. ``show`` says whether
    progress is written to the terminal; by default it is on a terminal and in a notebook.

    With ``compile`` the steps are replayed as by `autograd.compile`: the same to the last bit, in less time where
    arrays are small. ``history.compiled`` tells what came of it; steps that cannot be compiled run as they do without,
    and a CompileWarning says why.

    The training ends early, and ``history.stopped`` says why, when a callback wants it; when the loss is no longer a
    finite number, with a `TrainingWarning` that tells what `autograd.debug` finds out about it; and on Ctrl-C, which
    lets the present step end (a second one interrupts at once). In all cases the callbacks have their end; then
    checkpoints are written, except of what is no longer finite. The model is left in evaluation.

    Raises CheckpointError when the file does not belong to this training, TypeError and ValueError for arguments that
    cannot be.

    >>> import nn, optim
    >>> x, y = nn.data.moons(200, noise=0.1, seed=0)
    >>> model = nn.MLP([2, 16, 2], rng=0)
    >>> history = nn.fit(model, (x[:150], y[:150]), (x[150:], y[150:]), loss=nn.CrossEntropyLoss(),
    ...                  optimizer=lambda p: optim.Adam(p, lr=0.05), epochs=20, metrics=[nn.metrics.accuracy], seed=0)
    >>> history[-1]["val_accuracy"] > 0.9
    True
    >>> twin = nn.MLP([2, 16, 2], rng=0)
    >>> again = nn.fit(twin, (x[:150], y[:150]), loss=nn.CrossEntropyLoss(), optimizer=lambda p: optim.Adam(p, lr=0.05),
    ...                epochs=20, seed=0, compile=True)
    >>> again["loss"] == history["loss"]
    True
    >>> print(again.compiled)  # doctest: +ELLIPSIS
    step: traced 5 times, 2 programs, 0 calls eager.
    ...
    """
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, not {model!r}.")
    if not callable(loss):
        raise TypeError(f"loss is a function of prediction and target, such as nn.MSELoss(), not {loss!r}.")
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ValueError(f"epochs is how many times to go through the data, from 0 on, not {epochs!r}.")
    if seed is not None:
        manual_seed(seed)
    run = Run(
        model,
        loss,
        _made(optimizer, model),
        loader_for(train, model, batch_size, True, seed),
        None if validation is None else loader_for(validation, model, batch_size, False, seed),
        named(metrics),
        int(epochs),
    )
    # Checkpoints come last, when the others have made up their minds; at the end first, before weights are put back.
    ordered = sorted(callbacks, key=lambda c: isinstance(c, Checkpoint))
    for callback in ordered:
        if isinstance(callback, Checkpoint):
            callback.others = ordered
    if any(isinstance(callback, Checkpoint) for callback in ordered):
        run.note_data()
    if resume is not None:
        restore(resume, run, ordered, other_data=other_data)
    run.known = known_of(model)
    shown = progress(show)
    update = _update(clip_value, clip_norm)
    if compile:
        update = run.compiled = autograd.compile(update)
    try:
        with _interruptible(run), np.errstate(all="ignore"):  # what is no longer finite is reported by us
            _call(run, ordered, "on_fit_begin")
            while run.epoch < run.epochs and run.why is None:
                _epoch(run, ordered, shown, update)
    finally:
        shown.close()
    if run.compiled is not None:
        run.history.compiled = run.compiled.explain()
    for callback in reversed(ordered):
        _call(run, [callback], "on_fit_end")
    model.eval()
    run.history.stopped = run.why
    return run.history


def _epoch(run: Run, callbacks: Sequence[Callback], shown: Progress, update: Callable[..., NDArray[Any]]) -> None:
    """Go through the training data once, or through what is left of it; then judge."""
    run.model.train()
    started = time.perf_counter()
    done = run.train.state_dict()["batch"]
    shown.begin(run.epoch + 1, run.epochs, done, length_hint(run.train) or None)  # streams have no length
    dtype = dtype_of(run.model)
    for batch in run.train:
        x, targets = parts_of(batch, dtype)
        value = float(paused(update, run.model, run.loss, run.optimizer, x, *targets))
        if not math.isfinite(value):
            _report_nonfinite(run, x, targets, value)
            return
        run.step += 1
        run.total += value * len(x)
        run.samples += len(x)
        _call(run, callbacks, "on_step_end")
        shown.step(run.total / run.samples)
        if run.why is not None:
            return
    if not run.samples:
        raise ValueError("there is no batch to train with.")
    if what := run.spoiled():
        _fail(run, what)
        return
    row: dict[str, Any] = {"epoch": run.epoch + 1, "step": run.step, "lr": _rate(run.optimizer)}
    row["loss"] = run.total / run.samples
    if run.validation is not None:
        found = evaluate(run.model, run.validation, loss=run.loss, metrics=run.metrics)
        row.update({f"val_{name}": number for name, number in found.items()})
    elif run.metrics:
        position = run.train.state_dict()
        row.update(evaluate(run.model, run.train, metrics=run.metrics))
        run.train.load_state_dict(position)  # judging is no loop of the training
    run.epoch += 1
    run.total, run.samples = 0.0, 0
    run.history.rows.append(row)
    run.history.seconds.append(time.perf_counter() - started)
    shown.end(row)
    _call(run, callbacks, "on_epoch_end")


def _update(clip_value: float | None, clip_norm: float | None) -> Callable[..., NDArray[Any]]:
    """One update, unless the loss, which is returned, is not finite."""

    def step(model: Module, loss: Loss, optimizer: Optimizer, x: Any, *targets: Any) -> NDArray[Any]:
        lost = loss(model(x), *targets)
        value = single(lost)
        if np.isfinite(value):
            optimizer.zero_grad()
            lost.backward()
            if clip_value is not None:
                clip_grad_value(model.parameters(), clip_value)
            if clip_norm is not None:
                clip_grad_norm(model.parameters(), clip_norm)
            optimizer.step()
        return value

    return step


# --- arguments ----------------------------------------------------------------------------------------------------


def _made(optimizer: Any, model: Module) -> Optimizer:
    if isinstance(optimizer, Optimizer):
        return optimizer
    if optimizer is not None and not callable(optimizer):
        raise TypeError(f"optimizer is one of optim, or a function that makes it of the parameters, not {optimizer!r}.")
    made = (optimizer or Adam)(list(model.parameters()))
    if not isinstance(made, Optimizer):
        raise TypeError(f"the function for the optimizer returned {made!r}.")
    return made


def _rate(optimizer: Optimizer) -> float:
    """The learning rate of the first group at the step just made."""
    group = optimizer.param_groups[0]
    return float(optimizer.resolve(group, max(optimizer.t - 1, 0))["lr"]) if "lr" in group else float("nan")


# --- what goes wrong ----------------------------------------------------------------------------------------------


def _report_nonfinite(run: Run, x: Any, targets: tuple[Any, ...], value: float) -> None:
    """Stop, and say what the first number was that is not finite."""
    cause = ""
    try:
        with debug():
            run.loss(run.model(x), *targets)
    except NonFiniteError as error:
        cause = f": {error}"
    _fail(run, f"the loss was {value} in epoch {run.epoch + 1}, after {run.step} steps{cause}")


def _call(run: Run, callbacks: Sequence[Callback], hook: str) -> None:
    """Call a hook of some callbacks; when one wants to save what the training has spoiled, the training ends."""
    try:
        for callback in callbacks:
            getattr(callback, hook)(run)
    except NonFiniteStateError as error:
        _fail(run, str(error))


def _fail(run: Run, why: str) -> None:
    """End the training because something is no longer finite, and say it."""
    text = why if run.broken else f"training stopped: {why}"
    run.broken = True
    run.stop(why)
    warnings.warn(text, TrainingWarning, stacklevel=users_level())


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Let Ctrl-C end the training after the present step, where signals can be handled; a second one interrupts."""
    before = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or before is not signal.default_int_handler:  # somebody else has plans for it
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        run.stop("interrupted by Ctrl-C")
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
