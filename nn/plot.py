"""Plots of what networks do: activations, boundaries, loss surfaces, histograms by depth, curves, confusion.

Needs matplotlib (``pip install 'chainrule[plot]'``), which is imported when a plot is made. Every function draws into
``ax`` (or new axes), changes no global setting, and returns the axes. All share one look: the colours of Okabe and Ito,
which readers who see red and green alike can tell apart, and line styles that differ as well. This module must not
know how anything is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor, no_grad, tensor
from nn.functional import tanh
from nn.module import Module

__all__ = [
    "COLOURS",
    "activation_histograms",
    "activations",
    "answers_against_truth",
    "confusion_matrix",
    "decision_boundary",
    "learning_curves",
    "loss_surface",
    "matrices",
    "weight_histograms",
]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito
_DASHES = ("-", "--", "-.", ":")
_MAP = "cividis"  # the same for every kind of colour vision

# --- functions ----------------------------------------------------------------------------------------------------


def activations(
    functions: Sequence[Callable[[Any], Any]] | Callable[[Any], Any] = tanh,
    *,
    low: float = -4.0,
    high: float = 4.0,
    ax: Any = None,
) -> Any:
    """Activations and their derivatives over an interval; the derivative is that of the engine, drawn dashed.

    ``functions`` are modules such as ``nn.Tanh()`` or functions of Tensors.

    >>> import nn.plot
    >>> ax = nn.plot.activations([nn.Tanh(), nn.ReLU()])  # doctest: +SKIP
    """
    ax = _axes(ax)
    x = np.linspace(low, high, 401)
    for colour, function in zip(cycle(COLOURS), [functions] if callable(functions) else functions, strict=False):
        t = tensor(x, requires_grad=True)
        y = function(t)
        y.backward(np.ones_like(x))
        name = type(function).__name__ if isinstance(function, Module) else getattr(function, "__name__", "f")
        ax.plot(x, y.numpy(), color=colour, label=name)
        ax.plot(x, t.grad, "--", color=colour, label=f"{name}'")
    return _finish(ax, xlabel="x", legend=True)


# --- arrays -------------------------------------------------------------------------------------------------------


def matrices(arrays: Mapping[str, Any], *, digits: int = 3, ax: Any = None) -> Any:
    """Small arrays side by side, as tables with their names and shapes; the larger a number, the darker its cell.

    ``arrays`` maps names to numbers, vectors (rows) and matrices, or Tensors. Made for explanations: an array of more
    than two axes or 400 entries is a ValueError.

    >>> import nn.plot
    >>> ax = nn.plot.matrices({"x": [[1.0, 2.0], [3.0, 4.0]], "x.sum(0)": [4.0, 6.0]})  # doctest: +SKIP
    """
    tables = {name: np.atleast_2d(_array(values)) for name, values in arrays.items()}
    for name, table in tables.items():
        if table.ndim > 2 or table.size > 400:
            raise ValueError(f"{name} has shape {table.shape}: shown are matrices of at most 400 entries.")
    texts = {name: [[f"{x:.{digits}g}" for x in row] for row in table] for name, table in tables.items()}
    cell = max(1.2, 0.22 * max(len(text) for rows in texts.values() for row in rows for text in row))
    slots = {name: max(cell * table.shape[1], 0.2 * len(name)) + 0.8 for name, table in tables.items()}
    tallest, total = max(len(table) for table in tables.values()), sum(slots.values())
    if ax is None:
        ax = _axes(None)
        ax.figure.set_size_inches(0.42 * total, 0.36 * (tallest + 2))
    start = 0.0
    for name, table in tables.items():
        rows, columns = table.shape
        left, top = start + (slots[name] - cell * columns) / 2, (tallest - rows) / 2
        right, bottom = left + cell * columns, top + rows
        shades = np.abs(table) / (2 * np.max(np.abs(table), initial=0.0) or 1.0)
        ax.imshow(shades, cmap="Blues", vmin=0.0, vmax=1.0, extent=(left, right, bottom, top), aspect="auto")
        ax.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color="0.3", linewidth=0.8)
        for i, j in np.ndindex(table.shape):
            ax.text(left + cell * (j + 0.5), top + i + 0.5, texts[name][i][j], ha="center", va="center", fontsize=9)
        label = f"{name}\n{np.shape(_array(arrays[name]))}"
        ax.text((left + right) / 2, top - 0.15, label, ha="center", va="bottom", fontsize=9)
        start += slots[name]
    ax.set(xlim=(0.0, total), ylim=(tallest + 0.1, -1.9))
    ax.set_axis_off()
    return ax


# --- models -------------------------------------------------------------------------------------------------------


def decision_boundary(
    model: Callable[[Any], Any], x: ArrayLike, labels: ArrayLike, *, resolution: int = 150, ax: Any = None
) -> Any:
    """The regions in which a model of two inputs answers each class, with the points that it was trained on.

    ``x`` has shape (N, 2), ``labels`` (N,). The model returns one score per class, or a single one whose sign decides.
    """
    ax = _axes(ax)
    points, classes = np.asarray(x), np.asarray(labels).astype(int)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a decision boundary is drawn in the plane: x has shape (N, 2), not {points.shape}.")
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * (high - low) + 1e-6
    axes = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2).astype(points.dtype)
    scores = _run(model, grid)
    scores = scores.reshape(len(grid), -1)
    answers = (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
    count = int(max(answers.max(), classes.max())) + 1
    colours = [COLOURS[i % len(COLOURS)] for i in range(count)]
    ax.contourf(*axes, answers.reshape(resolution, resolution), np.arange(count + 1) - 0.5, colors=colours, alpha=0.25)
    for i, marker in zip(range(count), cycle("os^Dv*P"), strict=False):
        chosen = points[classes == i]
        style = {"color": colours[i], "marker": marker, "edgecolors": "white", "linewidths": 0.5, "s": 28}
        ax.scatter(chosen[:, 0], chosen[:, 1], label=f"class {i}", **style)
    ax.grid(False)
    return _finish(ax, xlabel="$x_1$", ylabel="$x_2$", legend=True)


def loss_surface(
    loss: Callable[[Any, Any], Any],
    xs: tuple[float, float] = (-2.0, 2.0),
    ys: tuple[float, float] = (-2.0, 2.0),
    *,
    trajectories: Mapping[str, ArrayLike] | None = None,
    resolution: int = 120,
    ax: Any = None,
) -> Any:
    """The contours of a function of two numbers, and the ways that optimizers took on it.

    ``loss`` works on arrays; ``trajectories`` maps a name to points of shape (steps, 2).
    """
    ax = _axes(ax)
    x, y = np.linspace(*xs, resolution), np.linspace(*ys, resolution)
    z = _array(loss(*np.meshgrid(x, y)))
    spread = z - z.min()
    levels = z.min() + float(spread.max()) * np.linspace(0.0, 1.0, 25) ** 3  # close together in the valley
    ax.contourf(x, y, z, np.unique(levels), cmap=_MAP)
    ax.contour(x, y, z, np.unique(levels), colors="white", linewidths=0.4, alpha=0.6)
    bright = ("#ffffff", "#d55e00", "#56b4e9", "#cc79a7")
    for colour, dash, (name, path) in zip(cycle(bright), cycle(_DASHES), (trajectories or {}).items(), strict=False):
        way = np.asarray(path)
        ax.plot(way[:, 0], way[:, 1], dash, color=colour, marker=".", markersize=4, linewidth=1.4, label=name)
        ax.plot(*way[-1], "o", color=colour, markeredgecolor="black")
    ax.set(xlim=xs, ylim=ys)
    ax.grid(False)
    _finish(ax, legend=bool(trajectories))
    if trajectories:
        ax.legend(facecolor="#2b3a4f", labelcolor="white", framealpha=0.9)
    return ax


def weight_histograms(model: Module, *, bins: int = 40, ax: Any = None) -> Any:
    """How the entries of each parameter are spread, from the first at the top to the last."""
    return _ridges({name: p.numpy() for name, p in model.named_parameters()}, bins, ax, "weight")


def activation_histograms(model: Module, *inputs: Any, bins: int = 40, ax: Any = None) -> Any:
    """How the outputs of each inner module are spread when the model runs on some inputs, from first to last."""
    seen: dict[str, NDArray[Any]] = {}
    patched = [(path or type(module).__name__, module) for path, module in model.named_modules() if path]
    for path, module in patched:
        vars(module)["forward"] = _noting(module.forward, path, seen)  # goes before the method of the class
    try:
        with no_grad():
            model(*inputs)
    finally:
        for _, module in patched:
            vars(module).pop("forward", None)
    return _ridges(seen, bins, ax, "activation")


# --- training -----------------------------------------------------------------------------------------------------


def learning_curves(history: Mapping[str, ArrayLike], *, log: bool = False, ax: Any = None) -> Any:
    """Curves by epoch: a mapping of names (such as "loss" and "val_loss") to one number per epoch."""
    ax = _axes(ax)
    for colour, dash, (name, values) in zip(cycle(COLOURS), cycle(_DASHES), history.items(), strict=False):
        ax.plot(np.arange(1, len(np.asarray(values)) + 1), values, dash, color=colour, label=name)
    if log:
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return _finish(ax, xlabel="epoch", legend=True)


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, *, names: Sequence[str] = (), ax: Any = None) -> Any:
    """How often each class (row) was taken for each class (column); shades are shares of the row."""
    ax = _axes(ax)
    true, guessed = np.asarray(labels).astype(int), np.asarray(predictions).astype(int)
    if true.shape != guessed.shape or true.ndim != 1:
        raise ValueError(
            f"labels and predictions are class numbers of one shape (N,), not {true.shape} and {guessed.shape}."
        )
    count = max(int(true.max(initial=-1)), int(guessed.max(initial=-1)), len(names) - 1) + 1
    table = np.zeros((count, count), int)
    np.add.at(table, (true, guessed), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for i, j in np.ndindex(table.shape):
        if table[i, j]:
            ax.text(j, i, table[i, j], ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
    words = [*names, *map(str, range(len(names), count))]
    ax.set(xticks=range(count), yticks=range(count), xticklabels=words, yticklabels=words)
    ax.grid(False)
    return _finish(ax, xlabel="predicted", ylabel="true", title=f"{np.trace(table) / max(len(true), 1):.1%} right")


def answers_against_truth(truth: ArrayLike, answers: ArrayLike, *, unit: str = "", ax: Any = None) -> Any:
    """Predicted numbers against true ones; the line is where they are equal."""
    ax = _axes(ax)
    x, y = np.asarray(truth, float), np.asarray(answers, float)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(f"truth and answers are numbers of one shape (N,), not {x.shape} and {y.shape}.")
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    ax.plot(ends, ends, "--", color="0.6")
    ax.plot(x, y, ".", color=COLOURS[0], alpha=0.6)
    return _finish(ax, xlabel=f"true {unit}".strip(), ylabel=f"predicted {unit}".strip())


# --- the look -----------------------------------------------------------------------------------------------------


def _axes(ax: Any) -> Any:
    """The axes given, or new ones, in our look."""
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError("nn.plot draws with matplotlib: pip install 'chainrule[plot]'.") from error
        ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    return ax


def _finish(ax: Any, *, xlabel: str = "", ylabel: str = "", title: str = "", legend: bool = False) -> Any:
    if xlabel:
        ax.set_xlabel(xlabel)
    if ylabel:
        ax.set_ylabel(ylabel)
    if title:
        ax.set_title(title)
    if legend:
        ax.legend(frameon=False)
    return ax


def _ridges(arrays: Mapping[str, NDArray[Any]], bins: int, ax: Any, xlabel: str) -> Any:
    """One histogram per array, each on a line of its own, all on one scale."""
    ax = _axes(ax)
    finite = {name: a[np.isfinite(a)].ravel() for name, a in arrays.items() if a.size}
    reach = max((float(np.abs(a).max(initial=0.0)) for a in finite.values()), default=0.0) or 1.0
    edges = np.linspace(-reach, reach, bins + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    for row, (colour, values) in enumerate(zip(cycle(COLOURS), finite.values(), strict=False)):
        counts, _ = np.histogram(values, edges)
        height = 0.85 * counts / max(int(counts.max()), 1)
        ax.fill_between(middles, -row, height - row, step="mid", color=colour, alpha=0.6)
        spread = f"sd {values.std():.3g}" if values.size else "not finite"
        ax.annotate(spread, (1.01, 0.2 - row), xycoords=("axes fraction", "data"), fontsize=8)
    ax.set_yticks([-row for row in range(len(finite))], list(finite))
    ax.set_xlim(-reach, reach)
    return _finish(ax, xlabel=xlabel)


def _noting(forward: Callable[..., Any], path: str, seen: dict[str, NDArray[Any]]) -> Callable[..., Any]:
    def noting(*args: Any, **kwargs: Any) -> Any:
        out = forward(*args, **kwargs)
        if isinstance(out, Tensor):
            seen[path] = out.numpy()
        return out

    return noting


def _run(model: Callable[[Any], Any], x: NDArray[Any]) -> NDArray[Any]:
    with no_grad():
        return _array(model(x))


def _array(x: Any) -> NDArray[Any]:
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)
