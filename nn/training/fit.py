"""`fit`: the usual loop over epochs and batches, with care for what can go wrong."""

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from operator import length_hint
from os import PathLike
from typing import Any, Literal, Never

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import NonFiniteError, debug
from autograd.callers import users_level
from autograd.collector import paused
from autograd.words import refuse_words
from nn.defaults import manual_seed
from nn.distributed.averaged import Averaged, word
from nn.errors import NonFiniteStateError, TrainingWarning
from nn.module import Module
from nn.saving.checkpoint import known_of
from nn.training.callbacks import Callback, Checkpoint, restore
from nn.training.evaluation import Metrics, dtype_of, judge, loader_for, named, parts_of, single
from nn.training.history import History
from nn.training.live import Live, Progress
from nn.training.run import INTERRUPTED, Loss, Run
from nn.training.team import Team
from optim import Adam, Optimizer, clip_grad_norm, clip_grad_value

__all__ = ["fit"]


def fit(
    model: Module, train: Any, validation: Any = None, *, loss: Loss,
    optimizer: Optimizer | Callable[[Any], Optimizer] | None = None, epochs: int = 10, batch_size: int = 32,
    metrics: Metrics = (), callbacks: Sequence[Callback] = (), clip_norm: float | None = None,
    clip_value: float | None = None, seed: int | None = None, resume: str | PathLike[str] | None = None,
    other_data: bool = False, show: bool | Literal["live"] | None = None, compile: bool = False, **others: Never,
) -> History:  # fmt: skip
    """Train a model and return its history.

    ``train`` and ``validation`` are pairs ``(x, y)``, or a `nn.data.Loader`; floating arrays are converted to the
    dtype of the model. The first array of each batch goes into the model, and the loss is ``loss(model(x), y)``; any
    further arrays are passed to the loss as well. With a single array, the model learns to reproduce it. ``optimizer``
    is an optimizer of `optim` that holds the parameters, or a function that creates one from them
    (``lambda p: optim.SGD(p, lr=0.1)``); the default is Adam. With `nn.distributed.Averaged`, several processes train.
    After each epoch, the loss and ``metrics`` (functions of prediction and target, in a list or a dict) are computed on
    the validation data in evaluation mode; without validation data, the metrics use the training data.

    ``clip_norm`` and ``clip_value`` clip the gradients before each step. ``seed`` seeds the default generator and
    determines the order of batches: equal seeds give equal results. ``resume`` is a file written by `Checkpoint`;
    training continues from there, up to ``epochs`` in total, exactly as if it had never stopped. The data must be the
    same, as far as they can be compared (arrays), unless ``other_data``. ``show`` turns progress output on or off; by
    default it is on in a terminal and in a notebook. With ``show="live"``, a notebook with ipywidgets shows the curves,
    the gradients and updates of the layers and, for points of the plane, the decision boundary while the model trains.
    ``history.save("run.html")`` makes a page of the same pictures, which matplotlib draws.

    With ``compile``, steps are replayed as by `autograd.compile`: bit-for-bit the same, but faster if arrays are small.
    ``history.compiled`` reports the outcome; steps that cannot be compiled run as usual, and a CompileWarning says why.

    Training ends early, and ``history.stopped`` says why, if a callback requests it; if the loss is no longer finite,
    with a `TrainingWarning` that includes the findings of `autograd.debug`; or on Ctrl-C, which lets the current step
    finish (a second Ctrl-C interrupts at once). In all these cases the callbacks still run their ``on_fit_end``, and
    checkpoints are written if all values are finite. The model is left in evaluation mode.

    Raises CheckpointError if the file belongs to another training run, and TypeError or ValueError for wrong arguments.

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
    step: traced 5 times, 2 programs, 0 eager calls.
    ...
    """
    refuse_words("fit", others)
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, not {model!r}.")
    if not callable(loss):
        raise TypeError(f"loss must be a function of prediction and target, such as nn.MSELoss(), not {loss!r}.")
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ValueError(f"epochs is a number of passes over the data and must be 0 or more, not {epochs!r}.")
    if show not in (None, False, True, "live"):
        raise ValueError(f"show must be True, False, 'live' or None, not {show!r}.")
    if seed is not None:
        manual_seed(seed)
    made, team = _made(optimizer, model)
    run = Run(
        model,
        loss,
        made,
        loader_for(train, model, batch_size, True, seed),
        None if validation is None else loader_for(validation, model, batch_size, False, seed),
        named(metrics),
        int(epochs),
    )
    run.team = team
    # Checkpoints run last, after the other callbacks have decided, but first at the end, before weights are restored.
    ordered = sorted(callbacks, key=lambda c: isinstance(c, Checkpoint))
    for callback in ordered:
        if isinstance(callback, Checkpoint):
            callback.others = ordered
    if any(isinstance(callback, Checkpoint) for callback in ordered):
        run.note_data()
    if resume is not None:
        restore(resume, run, ordered, other_data=other_data)
    if run.team is not None:
        settings = {"clip_norm": clip_norm, "clip_value": clip_value, "seed": seed, "callbacks": [*map(word, ordered)]}
        run.team.begin(run, compile, **settings)
    run.known = known_of(model)
    show = show if run.leads else False
    shown = Live(run) if show == "live" else Progress(show)
    update = _update(clip_value, clip_norm, run.team)
    if compile:
        update = run.compiled = autograd.compile(update)
    # Numbers that are not finite are reported below.
    with shown, run.team or nullcontext(), _interruptible(run), np.errstate(all="ignore"):
        _call(run, ordered, "on_fit_begin")
        while run.epoch < run.epochs and not run.ends():
            _epoch(run, ordered, shown, update)
    if run.compiled is not None:
        run.history.compiled = run.compiled.explain()
    for callback in reversed(ordered):
        _call(run, [callback], "on_fit_end")
    model.eval()
    run.history.stopped = run.why
    return run.history


def _epoch(run: Run, callbacks: Sequence[Callback], shown: Progress, update: Callable[..., NDArray[Any]]) -> None:
    """Train for one epoch, or the rest of one, and evaluate."""
    run.model.train()
    started = time.perf_counter()
    done = run.train.state_dict()["batch"]
    shown.begin(run.epoch + 1, run.epochs, done, length_hint(run.train) or None)  # streams have no length
    dtype = dtype_of(run.model)
    for batch in run.train if run.team is None else run.team.batches(run.train):
        x, targets = parts_of(batch, dtype)
        value = float(paused(update, run.model, run.loss, run.optimizer, x, *targets))
        if not math.isfinite(value):
            _report_nonfinite(run, x, targets, value)
            return
        samples = len(x) if run.team is None else run.team.samples
        run.step += 1
        run.total += value * samples
        run.samples += samples
        _call(run, callbacks, "on_step_end")
        shown.step(run.total / run.samples)
        if run.ends():
            return
    if not run.samples:
        raise ValueError("the training data contain no batch.")
    if what := run.of_all(run.spoiled()):
        _fail(run, what)
        return
    row: dict[str, Any] = {"epoch": run.epoch + 1, "step": run.step, "lr": _rate(run.optimizer)}
    row["loss"] = run.total / run.samples
    if run.validation is not None:
        found = judge(run.model, run.validation, run.loss, run.metrics, run.team)
        row.update({f"val_{name}": number for name, number in found.items()})
    elif run.metrics:
        position = run.train.state_dict()
        row.update(judge(run.model, run.train, None, run.metrics, run.team))
        run.train.load_state_dict(position)  # evaluation does not count as a pass
    run.epoch += 1
    run.total, run.samples = 0.0, 0
    run.history.rows.append(row)
    run.history.seconds.append(time.perf_counter() - started)
    shown.end(row)
    _call(run, callbacks, "on_epoch_end")


def _update(clip_value: float | None, clip_norm: float | None, team: Team | None) -> Callable[..., NDArray[Any]]:
    """Return a function that makes one update, unless the loss is not finite, and returns the loss."""

    def step(model: Module, loss: Loss, optimizer: Optimizer, x: Any, *targets: Any) -> NDArray[Any]:
        lost = loss(model(x), *targets)
        value: Any = single(lost)
        value, weight = (value, None) if team is None else team.loss(loss, value, len(x))
        if np.isfinite(value):
            optimizer.zero_grad()
            lost.backward(weight)
            if team is not None:
                team.average()
            if clip_value is not None:
                clip_grad_value(model.parameters(), clip_value)
            if clip_norm is not None:
                clip_grad_norm(model.parameters(), clip_norm)
            optimizer.step()
        return value  # type: ignore[no-any-return]

    return step


# --- arguments ----------------------------------------------------------------------------------------------------


def _made(optimizer: Any, model: Module) -> tuple[Optimizer, Team | None]:
    """The optimizer, and the ranks if it averages over several."""
    if not isinstance(optimizer, Optimizer):
        if optimizer is not None and not callable(optimizer):
            raise TypeError(
                f"optimizer must be an Optimizer or a function of parameters returning one, not {optimizer!r}."
            )
        optimizer = (optimizer or Adam)(list(model.parameters()))
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"the function passed as optimizer must return an Optimizer, not {optimizer!r}.")
    if isinstance(optimizer, Averaged):
        return optimizer.optimizer, Team(optimizer) if optimizer.ranks.size > 1 else None
    return optimizer, None


def _rate(optimizer: Optimizer) -> float:
    """The learning rate of the first group in the latest step."""
    group = optimizer.param_groups[0]
    hyper: dict[str, Any] = optimizer.resolve(group, max(optimizer.t - 1, 0))
    return float(hyper["lr"]) if "lr" in group else float("nan")


# --- what goes wrong ----------------------------------------------------------------------------------------------


def _report_nonfinite(run: Run, x: Any, targets: tuple[Any, ...], value: float) -> None:
    """Stop the run, and report where the first non-finite number came from."""
    text = f"the loss was {value} in epoch {run.epoch + 1}, after {run.step} steps"
    if run.team is not None:  # a look at its cause might need the other ranks
        _fail(run, run.of_all("" if math.isfinite(run.team.own) else text) or text)
        return
    try:
        with debug():
            run.loss(run.model(x), *targets)
    except NonFiniteError as error:
        text += f": {error}"
    _fail(run, text)


def _call(run: Run, callbacks: Sequence[Callback], hook: str) -> None:
    """Call a hook of some callbacks; stop the run if one of them refuses to save non-finite values."""
    try:
        for callback in callbacks:
            getattr(callback, hook)(run)
    except NonFiniteStateError as error:
        _fail(run, str(error))


def _fail(run: Run, why: str) -> None:
    """Stop the run because something is no longer finite, and warn."""
    text = why if run.broken else f"training stopped: {why}"
    run.broken = True
    run.stop(why)
    if run.leads:
        warnings.warn(text, TrainingWarning, stacklevel=users_level())


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Let Ctrl-C stop the run after the current step, if signals can be handled; a second Ctrl-C interrupts at once."""
    before = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or before is not signal.default_int_handler:  # someone else handles the signal
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        run.stop(INTERRUPTED)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
