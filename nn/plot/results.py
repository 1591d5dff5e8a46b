"""Plots of training results: learning curves, confusion matrix, predictions against true values."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.metrics import confusion_matrix as counted
from nn.plot.look import COLOURS, DASHES, finish, on_axes

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
    ax = on_axes(ax)
    if not isinstance(history, Mapping):
        history = {name: history[name] for name in history.names if name.endswith("loss")}
    for colour, dash, (name, given) in zip(cycle(COLOURS), cycle(DASHES), history.items(), strict=False):
        values = np.asarray(given, float)
        marker = "o" if len(values) == 1 else None  # a single number draws no line
        ax.plot(np.arange(1, len(values) + 1), values, dash, color=colour, label=name, marker=marker)
    if log:
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return finish(ax, xlabel="epoch", legend=True)


def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike | None = None, *, names: Sequence[str] = (), ax: Any = None
) -> Any:
    """Plot a confusion matrix, true classes in rows and predicted classes in columns, shaded by the share of the row.

    ``predictions`` and ``labels`` are class numbers of shape (N,), in the argument order of `nn.metrics`; or the first
    argument is the matrix of counts that `nn.metrics.confusion_matrix` returns. Raises ValueError for other shapes.

    >>> import nn.plot
    >>> ax = nn.plot.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2], names=["cat", "dog", "eel"])
    """
    ax = on_axes(ax)
    table = _counts(predictions, labels, len(names))
    count = len(table)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for i, j in np.ndindex(table.shape):
        if table[i, j]:
            ax.text(j, i, table[i, j], ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
    words = [*names, *map(str, range(len(names), count))]
    ax.set(xticks=range(count), yticks=range(count), xticklabels=words, yticklabels=words)
    if count * max(map(len, words), default=0) > _TICKS:
        ax.tick_params("x", rotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    ax.grid(False)
    return finish(ax, xlabel="predicted", ylabel="true", title=f"{np.trace(table) / max(table.sum(), 1):.1%} right")


def _counts(predictions: ArrayLike, labels: ArrayLike | None, least: int) -> NDArray[Any]:
    guessed = np.asarray(predictions)
    if labels is None:
        if guessed.ndim != 2 or guessed.shape[0] != guessed.shape[1]:
            raise ValueError(f"a confusion matrix must be square, but this one has shape {guessed.shape}.")
        return guessed
    guessed, true = guessed.astype(int), np.asarray(labels).astype(int)
    if true.shape != guessed.shape or true.ndim != 1:
        raise ValueError(
            f"predictions and labels must be class numbers of equal shape (N,), not {guessed.shape} and {true.shape}."
        )
    if min(true.min(initial=0), guessed.min(initial=0)) < 0:
        raise ValueError("predictions and labels must be class numbers starting at 0.")
    count = max(int(true.max(initial=-1)), int(guessed.max(initial=-1)), least - 1) + 1
    return counted(guessed, true, count)


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
    ax.plot(x, y, ".", color=COLOURS[0], alpha=0.6)
    return finish(ax, xlabel=f"true {unit}".strip(), ylabel=f"predicted {unit}".strip())
