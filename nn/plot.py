"""Plots of what networks do: activations, boundaries, loss surfaces, histograms by depth, curves, confusion.

Needs matplotlib (``pip install 'chainrule[plot]'``), which is imported when a plot is made. Every function draws into
``ax`` (or new axes), changes no global setting, and returns the axes. All share one look: the colours of Okabe and Ito,
which readers who see red and green alike can tell apart, and line styles that differ as well. This module must not
know how anything is trained.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor, no_grad, tensor
from nn.functional import tanh
from nn.module import Module
from optim import Minimum

if TYPE_CHECKING:
    from nn.training import History

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
_BRIGHT = ("#ffffff", "#d55e00", "#56b4e9", "#cc79a7", "#e69f00")  # on a dark ground; five beside four dashes
_TICKS = 40  # letters that fit below a matrix side by side
_MAP = "cividis"  # the same for every kind of colour vision

Trajectories = Minimum | Iterable[Minimum] | Mapping[str, "Minimum | ArrayLike"]

# --- functions ----------------------------------------------------------------------------------------------------


def activations(
    functions: Sequence[Callable[[Any], Any]] | Callable[[Any], Any] = tanh,
    *,
    low: float = -4.0,
    high: float = 4.0,
    ax: Any = None,
) -> Any:
    """Activations and their derivatives over an interval; the derivative is that of the engine, drawn dashed.

    ``functions`` are modules such as ``nn.Tanh()`` or functions of Tensors that work entry by entry. More than seven
    are drawn one by one, in a grid whose axes are returned.

    >>> import nn
    >>> import nn.plot
    >>> ax = nn.plot.activations([nn.Tanh(), nn.ReLU(), nn.GELU()])  # doctest: +SKIP
    """
    several = [functions] if callable(functions) else list(functions)
    if ax is None and len(several) > len(COLOURS):
        grid = _grid(len(several))
        for one, function in zip(grid, several, strict=True):
            activations(function, low=low, high=high, ax=one).set_xlabel("")
        return grid
    ax = _axes(ax)
    x = np.linspace(low, high, 401)
    for colour, function in zip(cycle(COLOURS), several, strict=False):
        t = tensor(x.astype(_precision(function, x.dtype)), requires_grad=True)
        y = function(t)
        name = _activation_name(function)
        if np.shape(y) != x.shape:
            raise ValueError(f"{name} does not work entry by entry: of shape {x.shape} it makes {np.shape(y)}.")
        if isinstance(y, Tensor) and y.requires_grad:
            y.backward(np.ones_like(t.data))
        slope = np.zeros_like(x) if t.grad is None else t.grad
        ax.plot(x, _array(y), color=colour, label=name)
        ax.plot(x, slope, "--", color=colour, label=f"{name}'")
    return _finish(ax, xlabel="x", legend=True)


def _activation_name(function: Callable[[Any], Any]) -> str:
    return type(function).__name__ if isinstance(function, Module) else getattr(function, "__name__", "f")


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
    model: Callable[[Any], Any],
    x: ArrayLike,
    labels: ArrayLike,
    *,
    threshold: float = 0.0,
    resolution: int = 150,
    ax: Any = None,
) -> Any:
    """The regions in which a model of two inputs answers each class, with the points that it was trained on.

    ``x`` has shape (N, 2); ``labels`` (N,) are class numbers from 0 on, or -1 and 1. The model returns one score per
    class, or a single number, which means the second class above ``threshold`` (0 for scores, 0.5 for probabilities).
    Raises ValueError for other shapes and labels.

    >>> import numpy as np
    >>> import nn
    >>> import nn.plot
    >>> x = np.random.default_rng(0).standard_normal((100, 2)).astype("float32")
    >>> ax = nn.plot.decision_boundary(nn.MLP([2, 16, 2], rng=0), x, x[:, 0] > 0)  # doctest: +SKIP
    """
    ax = _axes(ax)
    points = np.asarray(x)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a decision boundary is drawn in the plane: x has shape (N, 2), not {points.shape}.")
    classes, names = _classes(labels, len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * (high - low) + 1e-6
    axes = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2).astype(_precision(model, points.dtype))
    scores = _run(model, grid)
    scores = scores.reshape(len(grid), -1)
    answers = (scores[:, 0] > threshold).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
    count = int(max(answers.max(), classes.max(initial=0))) + 1
    colours = [COLOURS[i % len(COLOURS)] for i in range(count)]
    ax.contourf(*axes, answers.reshape(resolution, resolution), np.arange(count + 1) - 0.5, colors=colours, alpha=0.25)
    for i, marker in zip(range(count), cycle("os^Dv*P"), strict=False):
        chosen = points[classes == i]
        style = {"color": colours[i], "marker": marker, "edgecolors": "white", "linewidths": 0.5, "s": 28}
        ax.scatter(chosen[:, 0], chosen[:, 1], label=names[i] if i < len(names) else f"class {i}", **style)
    ax.grid(False)
    return _finish(ax, xlabel="$x_1$", ylabel="$x_2$", legend=True)


def _classes(labels: ArrayLike, count: int) -> tuple[NDArray[Any], list[str]]:
    """Class numbers from 0 on, and what the classes are called."""
    given = np.asarray(labels)
    if given.shape != (count,):
        raise ValueError(
            f"labels are one class for each of the {count} points, of shape ({count},), not {given.shape}."
        )
    if set(np.unique(given)) <= {-1, 1} and (given < 0).any():
        return (given > 0).astype(int), ["class -1", "class 1"]
    classes = given.astype(int)
    if not np.array_equal(classes, given) or (classes < 0).any():
        raise ValueError("labels are class numbers from 0 on, or -1 and 1.")
    return classes, [f"class {i}" for i in range(classes.max(initial=0) + 1)]


def loss_surface(
    loss: Callable[..., Any],
    xs: tuple[float, float] | None = None,
    ys: tuple[float, float] | None = None,
    *,
    trajectories: Trajectories = (),
    resolution: int = 120,
    levels: int = 25,
    ax: Any = None,
) -> Any:
    """The contours of a function of two numbers, and the ways that optimizers took on it.

    ``loss`` is a function of two arrays, or of one point of shape (2,), as `optim.minimize` takes it. ``trajectories``
    are what `optim.minimize` returned, one or several, or a mapping of names to such or to points of shape (steps, 2).
    ``xs`` and ``ys`` are the ends of the axes; by default the ways with a margin, without any from -2 to 2. The
    function is computed at ``resolution`` places along each, and drawn at ``levels`` heights.

    >>> import numpy as np
    >>> import nn.plot
    >>> import optim
    >>> def rosenbrock(x):
    ...     return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    >>> ways = [optim.minimize(rosenbrock, np.array([-1.2, 1.0]), m) for m in ("newton", "lbfgs")]
    >>> ax = nn.plot.loss_surface(rosenbrock, trajectories=ways)  # doctest: +SKIP
    """
    ax = _axes(ax)
    ways = _ways(trajectories)
    xs, ys = (ends or _ends([way[:, i] for way in ways.values()]) for i, ends in enumerate((xs, ys)))
    x, y = np.linspace(*xs, resolution), np.linspace(*ys, resolution)
    z = _heights(loss, *np.meshgrid(x, y))
    spread = z - z.min()
    heights = z.min() + float(spread.max()) * np.linspace(0.0, 1.0, levels) ** 3  # close together in the valley
    ax.contourf(x, y, z, np.unique(heights), cmap=_MAP)
    ax.contour(x, y, z, np.unique(heights), colors="white", linewidths=0.4, alpha=0.6)
    for colour, dash, (name, way) in zip(cycle(_BRIGHT), cycle(_DASHES), ways.items(), strict=False):
        ax.plot(way[:, 0], way[:, 1], dash, color=colour, marker=".", markersize=4, linewidth=1.4, label=name)
        ax.plot(*way[-1], "o", color=colour, markeredgecolor="black")
    ax.set(xlim=xs, ylim=ys)
    ax.grid(False)
    _finish(ax, xlabel="$x_1$", ylabel="$x_2$", legend=bool(ways))
    if ways:
        ax.legend(facecolor="#2b3a4f", labelcolor="white", framealpha=0.9)
    return ax


def _ways(trajectories: Trajectories) -> dict[str, NDArray[Any]]:
    """Points of shape (steps, 2) by name."""
    if isinstance(trajectories, Minimum):
        trajectories = [trajectories]
    if not isinstance(trajectories, Mapping):
        trajectories = {way.method: way for way in trajectories}
    ways = {name: np.asarray(way.xs if isinstance(way, Minimum) else way) for name, way in trajectories.items()}
    for name, way in ways.items():
        if way.ndim != 2 or way.shape[1] != 2 or not len(way):
            raise ValueError(f"a way on a surface is made of points of two numbers; {name} has shape {way.shape}.")
    return ways


def _ends(numbers: list[NDArray[Any]]) -> tuple[float, float]:
    """An axis that holds all numbers."""
    if not numbers:
        return -2.0, 2.0
    low, high = (float(f(np.concatenate(numbers))) for f in (np.nanmin, np.nanmax))
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


def _heights(loss: Callable[..., Any], x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """The function on a grid; one of points is asked point by point, since it may mix their entries in any way."""
    needed = [p for p in inspect.signature(loss).parameters.values() if p.default is p.empty]
    if len(needed) > 1 or any(p.kind is p.VAR_POSITIONAL for p in needed):
        return _array(loss(x, y))
    return np.array([float(_array(loss(point))) for point in np.stack([x, y], -1).reshape(-1, 2)]).reshape(x.shape)


def weight_histograms(model: Module, *, bins: int = 40, ax: Any = None) -> Any:
    """How the entries of each parameter are spread, from the first at the top to the last.

    >>> import nn
    >>> import nn.plot
    >>> ax = nn.plot.weight_histograms(nn.MLP([64, 32, 10], rng=0))  # doctest: +SKIP
    """
    return _ridges({name: p.numpy() for name, p in model.named_parameters()}, bins, ax, "weight")


def activation_histograms(model: Module, *inputs: Any, bins: int = 40, ax: Any = None) -> Any:
    """How the outputs of each inner module are spread when the model runs on some inputs, from first to last.

    Of a module with several results, such as nn.LSTM, the first is shown. Nothing is recorded, no gradient changes.

    >>> import numpy as np
    >>> import nn
    >>> import nn.plot
    >>> x = np.random.default_rng(0).standard_normal((100, 64)).astype("float32")
    >>> ax = nn.plot.activation_histograms(nn.MLP([64, 32, 10], rng=0), x)  # doctest: +SKIP
    """
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


def learning_curves(history: Mapping[str, ArrayLike] | History, *, log: bool = False, ax: Any = None) -> Any:
    """Curves by epoch: a mapping of names (such as "loss" and "val_loss") to one number per epoch.

    Of the History that `nn.fit` returns, the losses; ``history.plot("val_accuracy")`` shows other columns.

    >>> import nn.plot
    >>> ax = nn.plot.learning_curves({"loss": [2.3, 1.1, 0.7], "val_loss": [2.3, 1.3, 1.2]})  # doctest: +SKIP
    """
    ax = _axes(ax)
    if not isinstance(history, Mapping):
        history = {name: history[name] for name in history.names if name.endswith("loss")}
    for colour, dash, (name, given) in zip(cycle(COLOURS), cycle(_DASHES), history.items(), strict=False):
        values = np.asarray(given, float)
        marker = "o" if len(values) == 1 else None  # one number makes no line
        ax.plot(np.arange(1, len(values) + 1), values, dash, color=colour, label=name, marker=marker)
    if log:
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return _finish(ax, xlabel="epoch", legend=True)


def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike | None = None, *, names: Sequence[str] = (), ax: Any = None
) -> Any:
    """How often each class (row) was taken for each class (column); shades are shares of the row.

    ``predictions`` and ``labels`` are class numbers of shape (N,), in the order of `nn.metrics`; or the first argument
    is the matrix of counts itself, as `nn.metrics.confusion_matrix` gives it. Raises ValueError for other shapes.

    >>> import nn.plot
    >>> ax = nn.plot.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2], names=["cat", "dog", "eel"])  # doctest: +SKIP
    """
    ax = _axes(ax)
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
    return _finish(ax, xlabel="predicted", ylabel="true", title=f"{np.trace(table) / max(table.sum(), 1):.1%} right")


def _counts(predictions: ArrayLike, labels: ArrayLike | None, least: int) -> NDArray[Any]:
    guessed = np.asarray(predictions)
    if labels is None:
        if guessed.ndim != 2 or guessed.shape[0] != guessed.shape[1]:
            raise ValueError(f"a confusion matrix is square; this one has shape {guessed.shape}.")
        return guessed
    guessed, true = guessed.astype(int), np.asarray(labels).astype(int)
    if true.shape != guessed.shape or true.ndim != 1:
        raise ValueError(
            f"predictions and labels are class numbers of one shape (N,), not {guessed.shape} and {true.shape}."
        )
    if min(true.min(initial=0), guessed.min(initial=0)) < 0:
        raise ValueError("predictions and labels are class numbers from 0 on.")
    count = max(int(true.max(initial=-1)), int(guessed.max(initial=-1)), least - 1) + 1
    table = np.zeros((count, count), int)
    np.add.at(table, (true, guessed), 1)
    return table


def answers_against_truth(answers: ArrayLike, truth: ArrayLike, *, unit: str = "", ax: Any = None) -> Any:
    """Predicted numbers (up) against true ones (along), both of shape (N,); the line is where they are equal.

    Raises ValueError for other shapes, and when there is nothing to draw.

    >>> import nn.plot
    >>> ax = nn.plot.answers_against_truth([1.1, 1.9], [1.0, 2.0], unit="m")  # doctest: +SKIP
    """
    ax = _axes(ax)
    x, y = np.asarray(truth, float), np.asarray(answers, float)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(f"answers and truth are numbers of one shape (N,), not {y.shape} and {x.shape}.")
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    ax.plot(ends, ends, "--", color="0.6")
    ax.plot(x, y, ".", color=COLOURS[0], alpha=0.6)
    return _finish(ax, xlabel=f"true {unit}".strip(), ylabel=f"predicted {unit}".strip())


# --- the look -----------------------------------------------------------------------------------------------------


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("nn.plot draws with matplotlib: pip install 'chainrule[plot]'.") from error
    return plt


def _grid(count: int) -> list[Any]:
    """New axes in rows of four."""
    rows = -(-count // 4)
    grid = _pyplot().subplots(rows, 4, figsize=(12.0, 2.6 * rows), layout="constrained")[1].ravel()
    for unused in grid[count:]:
        unused.remove()
    return list(grid[:count])


def _axes(ax: Any, height: float = 4.2) -> Any:
    """The axes given, or new ones, in our look."""
    if ax is None:
        ax = _pyplot().subplots(figsize=(6.4, height), layout="constrained")[1]
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
    ax = _axes(ax, max(4.2, 0.32 * len(arrays) + 0.8))
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
        first = out[0] if isinstance(out, tuple) and out else out
        if isinstance(first, Tensor):
            seen[path] = first.numpy()
        return out

    return noting


def _run(model: Callable[[Any], Any], x: NDArray[Any]) -> NDArray[Any]:
    with no_grad():
        return _array(model(x))


def _precision(model: Callable[[Any], Any], given: Any) -> Any:
    """The dtype in which a model computes: that of its parameters, of a function without any that of its input."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    return next((p.dtype for p in parameters if p.dtype.kind == "f"), given)


def _array(x: Any) -> NDArray[Any]:
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)
