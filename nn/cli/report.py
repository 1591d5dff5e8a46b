"""What a trained network is worth: the numbers as text, the pictures as files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.files import destination
from nn import metrics
from nn.cli.folder import Plan
from nn.layers import MLP
from nn.plot import answers_against_truth, confusion_matrix
from nn.training import History, predict

WIDEST = 20  # classes in a printed confusion matrix


def report(plan: Plan, model: MLP, x: NDArray[Any], y: NDArray[Any]) -> str:
    """The scores of the answers for some samples."""
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
        lines += ["", "confusion matrix (rows: true classes, columns: answers)", *_matrix(plan.classes, counts)]
    lines += ["", f"accuracy {metrics.accuracy(answers, y):.4f} ({len(y):,} samples)"]
    return "\n".join(lines)


def _matrix(names: list[str], counts: NDArray[Any]) -> list[str]:
    width = max(len(str(counts.max(initial=0))), *map(len, names)) + 2
    first = max(map(len, names))
    head = " " * first + "".join(f"{name:>{width}}" for name in names)
    rows = zip(names, counts, strict=True)
    return [head, *(f"{name:<{first}}" + "".join(f"{n or '.':>{width}}" for n in row) for name, row in rows)]


def pictures(folder: Path, plan: Plan, model: MLP, history: History, x: NDArray[Any], y: NDArray[Any]) -> str:
    """Draw the curves, and the confusion matrix or the answers against the truth; returns what was done."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return "no curves drawn: pip install 'chainrule[plot]'"
    names = ["curves.svg"]
    if history.rows:
        figure = Figure(figsize=(6, 4), layout="constrained")
        history.plot(ax=figure.add_subplot(), log=min(history["loss"]) > 0)
        figure.savefig(destination(folder / "curves.svg"))
    answers = plan.answers(predict(model, plan.inputs(x)))
    figure = Figure(figsize=(6, 6), layout="constrained")
    ax: Any = figure.add_subplot()
    if plan.classes:
        names.append("confusion.svg")
        confusion_matrix(answers, y, names=plan.classes, ax=ax)
    else:
        names.append("answers.svg")
        answers_against_truth(answers, y, unit=plan.target or "", ax=ax)
    figure.savefig(destination(folder / names[-1]))
    return f"pictures: {' and '.join(str(folder / name) for name in names)}"
