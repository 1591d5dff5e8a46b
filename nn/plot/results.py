"""Plots of training results: learning curves, confusion matrix, predictions against true values."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from nn.metrics import confusion_matrix as counted
from nn.metrics.arguments import pair
from nn.plot.curves import lines
from nn.plot.look import finish, on_axes, palette, paper, scale

if TYPE_CHECKING:
    from nn.training import History

__all__ = ["answers_against_truth", "confusion_matrix", "learning_curves"]

_TICKS = 40  # characters that fit side by side below a matrix


def learning_curves(history: "Mapping[str, ArrayLike] | History", *, log: bool = False, ax: Any = None) -> Any:
    """Plot curves by epoch, from a mapping of names (such as "loss" and "val_loss") to one number per epoch.

    For a History from `nn.fit`, the losses are plotted; ``history.plot("val_accuracy")`` plots other columns.

    >>> import nn.plot
    >>> ax = nn.plot.learning_curves({"loss": [2.3, 1.1, 0.7], "val_loss": [2.3, 1.3, 1.2]})
    """
    if not isinstance(history, Mapping):
        history = {name: history[name] for name in history.names if name.endswith("loss")}
    curves = {name: (np.arange(1, np.size(values) + 1), values) for name, values in history.items()}
    ax = lines(curves, log="y" if log else "", ax=ax, xlabel="epoch")
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return ax


def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike | None = None, *, names: Sequence[str] = (), ax: Any = None
) -> Any:
    """Plot a confusion matrix, true classes in rows and predicted classes in columns, shaded by the share of the row.

    ``predictions`` and ``labels`` are those of `nn.metrics.confusion_matrix`, such as class numbers of shape (N,); or
    the first argument is the matrix of counts that it returns. Raises ValueError for other shapes.

    >>> import nn.plot
    >>> ax = nn.plot.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2], names=["cat", "dog", "eel"])
    """
    ax = on_axes(ax)
    table, classes = (
        (predictions, ()) if labels is None else (counted(predictions, labels), pair(predictions, labels)[2])
    )
    table = np.asarray(table)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"a confusion matrix must be square, but this one has shape {table.shape}.")
    table = np.pad(table, (0, max(len(names) - len(table), 0)))
    count = len(table)
    right = np.trace(table) / max(table.sum(), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap=scale(ax), vmin=0.0, vmax=1.0)
    ink = palette(ax)[-1]
    for i, j in np.ndindex(table.shape):
        if table[i, j]:
            ax.text(j, i, table[i, j], ha="center", va="center", color=paper(ax) if shares[i, j] > 0.5 else ink)
    words = [*names, *map(str, [*classes, *range(len(classes), count)][len(names) :])]
    ax.set(xticks=range(count), yticks=range(count), xticklabels=words, yticklabels=words)
    if count * max(map(len, words), default=0) > _TICKS:
        ax.tick_params("x", rotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    ax.grid(False)
    return finish(ax, xlabel="predicted", ylabel="true", title=f"{ax.get_title()} {right:.1%} right".strip())


def answers_against_truth(answers: ArrayLike, truth: ArrayLike, *, unit: str = "", ax: Any = None) -> Any:
    """Plot predicted (vertical) against true values (horizontal), both of shape (N,), with the line of equality.

    Raises ValueError for other shapes and for empty arrays.

    >>> import nn.plot
    >>> ax = nn.plot.answers_against_truth([1.1, 1.9], [1.0, 2.0], unit="m")
    """
    ax = on_axes(ax)
    x, y = np.asarray(truth, float), np.asarray(answers, float)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(f"answers and truth must be numbers of equal shape (N,), not {y.shape} and {x.shape}.")
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    ax.plot(ends, ends, "--", color="0.6")
    ax.plot(x, y, ".", color=palette(ax)[0], alpha=0.6)
    return finish(ax, xlabel=f"true {unit}".strip(), ylabel=f"predicted {unit}".strip())
