"""`chainrule train`, `evaluate`, `resume` and `check`, which work in the folder of a training run."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.files import destination
from autograd.gradcheck import gradcheck
from nn import metrics
from nn.cli.folder import MOST_CLASSES, Parts, Plan, Problem, open_folder, parts_of, read_problem, split, write_plan
from nn.cli.options import UsageError, add_command, writable
from nn.data import Loader, Standardize
from nn.distributed import Averaged
from nn.inspect.summarizing import summary
from nn.layers import MLP
from nn.layers.activations.names import ACTIVATIONS
from nn.losses import CrossEntropyLoss, MSELoss
from nn.plot import answers_against_truth, confusion_matrix
from nn.ranks import rank, size
from nn.training import Checkpoint, CSVLog, EarlyStopping, History, fit, predict
from optim import Adam
from optim.schedules import cosine

INTERRUPTED = 130
CHECKED = 8  # samples in a gradient check
LEAST = 10  # samples needed to train, validate and test
WIDEST = 20  # most classes in a printed confusion matrix
AS_GIVEN = ("target", "drop", "activation", "epochs", "batch", "lr", "patience", "held_out", "seed")  # options stored


def register(commands: Any) -> None:
    """Add the four commands to `chainrule`."""
    train = add_command(commands, "train", _train, activation=sorted(ACTIVATIONS))
    train.epilog = str(train.epilog).format(most=MOST_CLASSES)
    for name, run in (("evaluate", _evaluate), ("resume", _resume), ("check", _check)):
        add_command(commands, name, run)


def _train(a: argparse.Namespace) -> int:
    _begin(a)
    problem = read_problem(a.data, a.target, drop=a.drop, task=a.task)
    if len(problem.y) < LEAST:
        raise UsageError(f"{a.data} has {len(problem.y)} samples, but training needs at least {LEAST}")
    parts = split(problem, a.held_out, a.seed)
    plan = _plan(a, problem, parts)
    if rank() == 0:
        if (a.out / "run.json").exists():
            raise UsageError(f"{a.out} already holds a training run: chainrule resume {a.out}, or choose another --out")
        writable(a.out)
        write_plan(a.out, plan)
    return _fit(plan, parts, a.out, None)


def _begin(a: argparse.Namespace) -> None:
    """Let only the first of several processes print, and refuse several without --distributed."""
    if size() > 1 and not a.distributed:
        raise UsageError(f"mpiexec has started {size()} processes: pass --distributed to train on all of them together")
    if rank():
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends


def _resume(a: argparse.Namespace) -> int:
    _begin(a)
    plan = open_folder(a.folder)
    parts = parts_of(plan, a.folder)
    last = a.folder / "last.npz"
    return _fit(plan, parts, a.folder, last if last.exists() else None)


def _plan(a: argparse.Namespace, problem: Problem, parts: Parts) -> Plan:
    scale: dict[str, Any] = {"shift": None, "scale": None}
    if problem.tabular:
        scale = {name: numbers.tolist() for name, numbers in Standardize(parts.x).state_dict().items()}
    quantity = not problem.classes
    return Plan(
        data=str(Path(a.data).resolve()) if a.data != "digits" else a.data,
        features=problem.features,
        classes=problem.classes,
        hidden=list(a.hidden),
        **{name: getattr(a, name) for name in AS_GIVEN},
        fingerprint=problem.fingerprint(),
        **scale,
        y_shift=float(parts.y.mean()) if quantity else 0.0,
        y_scale=(float(parts.y.std()) or 1.0) if quantity else 1.0,
    )


def _fit(plan: Plan, parts: Parts, folder: Path, last: Path | None) -> int:
    model = plan.model()
    x = plan.inputs(parts.x)
    train = Loader((x, plan.targets(parts.y)), plan.batch, shuffle=True, seed=plan.seed, dtype="float32")
    what = f"{len(plan.classes)} classes" if plan.classes else "regression"
    samples = len(parts.y) + len(parts.y_valid) + len(parts.y_test)
    print(f"{plan.data}: {samples:,} samples of {len(plan.features)} features, {what}")
    print(f"{len(x):,} for training, {len(parts.x_valid):,} for validation, {len(parts.x_test):,} for testing\n")
    print(f"{summary(model, x[:1])}\n")
    callbacks = [Checkpoint(folder), CSVLog(folder / "history.csv")]
    history = fit(
        model,
        train,
        (plan.inputs(parts.x_valid), plan.targets(parts.y_valid)),
        loss=CrossEntropyLoss() if plan.classes else MSELoss(),
        optimizer=lambda p: Averaged(Adam(p, lr=cosine(plan.lr, plan.epochs * len(train)))),
        epochs=plan.epochs,
        metrics=[metrics.accuracy] if plan.classes else (),
        callbacks=callbacks if plan.patience is None else [EarlyStopping(patience=plan.patience), *callbacks],
        seed=plan.seed if last is None else None,
        resume=last,
        other_data=True,  # checked when the folder was opened
    )
    print(f"{_thinned(history)}\n")
    if rank():
        return 0
    if history.stopped and "interrupted" in history.stopped:
        print(f"chainrule: stopped; to continue: chainrule resume {folder}", file=sys.stderr)
        return INTERRUPTED
    best = plan.trained(folder)
    print(f"scores on the test set, with the weights of epoch {history.best()['epoch']}, the best in validation\n")
    print(_report(plan, best, parts.x_test, parts.y_test))
    print(f"\n{_pictures(folder, plan, best, history, parts.x_test, parts.y_test)}")
    print(f"model and history: {folder}")
    return 0


def _thinned(history: History, most: int = 30) -> History:
    """Thin the history to about ``most`` rows, including the first and the last."""
    every = -(-len(history) // most)
    rows = [row for i, row in enumerate(history, 1) if i == 1 or i % every == 0 or i == len(history)]
    shown = History([{name: row[name] for name in row if name not in ("step",)} for row in rows])
    shown.stopped = history.stopped
    return shown


def _evaluate(a: argparse.Namespace) -> int:
    plan = open_folder(a.folder)
    model = plan.trained(a.folder)
    if a.data is None:
        parts = parts_of(plan, a.folder)
        x, y = parts.x_test, parts.y_test
        print(f"{len(y):,} held-out samples of {plan.data}\n")
    else:
        problem = read_problem(
            a.data,
            plan.target if plan.target is not None and a.data != "digits" and not Path(a.data).is_dir() else None,
            task=plan.task,
            classes=plan.classes,
            features=plan.features if plan.target is not None else (),
            part="test",
        )
        if (given := problem.x.shape[1]) != (taken := len(plan.features)):
            raise UsageError(f"{a.data} has {given} features, but the model in {a.folder} takes {taken}")
        x, y = problem.x, problem.y
        print(f"{len(y):,} samples of {a.data}\n")
    print(_report(plan, model, x, y))
    return 0


def _check(a: argparse.Namespace) -> int:
    plan = open_folder(a.folder)
    model = plan.trained(a.folder)
    parts = parts_of(plan, a.folder)
    x, y = plan.inputs(parts.x[:CHECKED]), plan.targets(parts.y[:CHECKED])
    loss: Any = CrossEntropyLoss() if plan.classes else MSELoss()
    found = gradcheck(lambda: loss(model(x), np.asarray(y)), wrt=model, raise_on_failure=False)
    print(found)
    return 0 if found.ok else 1


def _report(plan: Plan, model: MLP, x: NDArray[Any], y: NDArray[Any]) -> str:
    answers = plan.answers(predict(model, plan.inputs(x)))
    if not plan.classes:
        rmse, mae = metrics.root_mean_squared_error(answers, y), metrics.mean_absolute_error(answers, y)
        spread = f"R2    {metrics.r2(answers, y):.4f}" if len(y) > 1 and np.ptp(y) > 0 else "R2    not defined"
        about = f"({len(y):,} samples; {plan.target} has mean {y.mean():.4g})"
        return f"{spread}\nRMSE  {rmse:.4g}\nMAE   {mae:.4g}\n{about}"
    counts = metrics.confusion_matrix(answers, y, len(plan.classes))
    scores = [function(answers, y, average=None) for function in (metrics.precision, metrics.recall, metrics.f1)]
    wide = max(len("class"), *map(len, plan.classes))
    lines = [f"{'class':<{wide}}   precision   recall      f1   samples"]
    for i, name in enumerate(plan.classes):
        p, r, f = (column[i] if i < len(column) else 0.0 for column in scores)
        lines.append(f"{name:<{wide}}   {p:9.3f}   {r:6.3f}   {f:5.3f}   {counts[i].sum():7,}")
    if len(plan.classes) <= WIDEST:
        lines += ["", "confusion matrix (rows: true, columns: predicted)", *_matrix(plan.classes, counts)]
    lines += ["", f"accuracy {metrics.accuracy(answers, y):.4f} ({len(y):,} samples)"]
    return "\n".join(lines)


def _matrix(names: list[str], counts: NDArray[Any]) -> list[str]:
    width = max(len(str(counts.max(initial=0))), *map(len, names)) + 2
    first = max(map(len, names))
    head = " " * first + "".join(f"{name:>{width}}" for name in names)
    rows = zip(names, counts, strict=True)
    return [head, *(f"{name:<{first}}" + "".join(f"{n or '.':>{width}}" for n in row) for name, row in rows)]


def _pictures(folder: Path, plan: Plan, model: MLP, history: History, x: NDArray[Any], y: NDArray[Any]) -> str:
    """Plot the curves, and the confusion matrix or the predictions against the truth; return a line that says so."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return "no plots, because matplotlib is not installed: pip install matplotlib"
    answers = plan.answers(predict(model, plan.inputs(x)))
    drawings: dict[str, Any] = {"curves.svg": partial(history.plot, log=min(history["loss"]) > 0)}
    if plan.classes:
        drawings["confusion.svg"] = partial(confusion_matrix, answers, y, names=plan.classes)
    else:
        drawings["answers.svg"] = partial(answers_against_truth, answers, y, unit=plan.target or "")
    for name, draw in drawings.items():
        figure = Figure(figsize=(6, 4 if name == "curves.svg" else 6), layout="constrained")
        draw(ax=figure.add_subplot())
        figure.savefig(destination(folder / name))
    return f"plots: {' and '.join(str(folder / name) for name in drawings)}"
