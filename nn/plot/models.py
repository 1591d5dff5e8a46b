"""Plots of models: activations and their derivatives, decision boundaries, loss surfaces, histograms by layer."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor, no_grad
from autograd.trace import argument
from nn.arguments import plain
from nn.functional import tanh
from nn.metrics.arguments import likeliest, refuse_nan
from nn.module import Module
from nn.plot.look import BRIGHT, COLOURS, DASHES, MAP, finish, on_axes, palette, paper, precision, pyplot, scale
from optim import Minimum

__all__ = ["activation_histograms", "activations", "decision_boundary", "loss_surface", "weight_histograms"]

Trajectories = Minimum | Iterable[Minimum] | Mapping[str, "Minimum | ArrayLike"]


def activations(
    functions: Sequence[Callable[[Any], Any]] | Callable[[Any], Any] = tanh, *, low: float = -4.0, high: float = 4.0,
    ax: Any = None,
) -> Any:  # fmt: skip
    """Plot activations (solid) and their derivatives by backpropagation (dashed) over an interval.

    ``functions`` are modules such as ``nn.Tanh()``, or elementwise functions of Tensors. More than seven are drawn
    separately, in a grid whose axes are returned.

    >>> import nn
    >>> import nn.plot
    >>> ax = nn.plot.activations([nn.Tanh(), nn.ReLU(), nn.GELU()])
    """
    several = [functions] if callable(functions) else list(functions)
    if ax is None and len(several) > len(COLOURS):
        rows = -(-len(several) // 4)
        grid = pyplot().subplots(rows, 4, figsize=(12.0, 2.6 * rows), layout="constrained")[1].ravel()
        for unused in grid[len(several) :]:
            unused.remove()
        for one, function in zip(grid, several, strict=False):
            activations(function, low=low, high=high, ax=one).set_xlabel("")
        return list(grid[: len(several)])
    ax = on_axes(ax)
    x = np.linspace(low, high, 401)
    for colour, function in zip(cycle(palette(ax)), several, strict=False):
        t = argument(x.astype(precision(function, x.dtype)))
        y = function(t)
        name = type(function).__name__ if isinstance(function, Module) else getattr(function, "__name__", "f")
        if np.shape(y) != x.shape:
            raise ValueError(f"{name} is not elementwise: it turns shape {x.shape} into {np.shape(y)}.")
        if isinstance(y, Tensor) and y.requires_grad:
            y.backward(np.ones_like(t.data))
        slope = np.zeros_like(x) if t.grad is None else t.grad
        ax.plot(x, plain(y), color=colour, label=name)
        ax.plot(x, slope, "--", color=colour, label=f"{name}'")
    return finish(ax, xlabel="x", legend=True)


def decision_boundary(
    model: Callable[[Any], Any], x: ArrayLike, labels: ArrayLike, *, threshold: float = 0.0, resolution: int = 150,
    soft: bool = False, legend: bool = True, ax: Any = None,
) -> Any:  # fmt: skip
    """Plot the region in which a model of two inputs predicts each class, together with the training points.

    ``x`` has shape (N, 2); ``labels`` (N,) are class numbers starting at 0, or -1 and 1. The model returns one score
    per class, or a single number, which means the second class if above ``threshold`` (0 for scores, 0.5 for
    probabilities). With ``soft``, a single number is shown as a shade: blue from 1 on, orange from -1 down; the points
    get the colours of their labels. Raises ValueError for other shapes and labels.

    >>> import numpy as np
    >>> import nn
    >>> import nn.plot
    >>> x = np.random.default_rng(0).standard_normal((100, 2)).astype("float32")
    >>> ax = nn.plot.decision_boundary(nn.MLP([2, 16, 2], rng=0), x, x[:, 0] > 0)
    """
    ax = on_axes(ax)
    points = np.asarray(x)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"decision_boundary draws in the plane: x must have shape (N, 2), not {points.shape}.")
    classes, names = _classes(labels, len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * (high - low) + 1e-6
    axes = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2).astype(precision(model, points.dtype))
    with no_grad():
        scores = plain(model(grid)).reshape(len(grid), -1)
    refuse_nan(scores)
    if soft:
        shades = {"cmap": scale(ax, signed=True), "vmin": -1.2, "vmax": 1.2}
        place = {"extent": (*axes[0][[0, -1]], *axes[1][[0, -1]]), "origin": "lower", "aspect": "auto"}
        table = np.clip(scores[:, 0], -1.0, 1.0).reshape(resolution, resolution)
        ax.imshow(table, interpolation="none", **place, **shades)
        ax.scatter(*points.T, c=2.4 * classes - 1.2, edgecolors=paper(ax), linewidths=0.5, s=14, **shades)
        ax.grid(False)
        return finish(ax, xlabel="$x_1$", ylabel="$x_2$")
    answers = (scores[:, 0] > threshold).astype(int) if scores.shape[1] == 1 else likeliest(scores)
    count = int(max(answers.max(), classes.max(initial=0))) + 1
    colours = [palette(ax)[i % len(COLOURS)] for i in range(count)]
    ax.contourf(*axes, answers.reshape(resolution, resolution), np.arange(count + 1) - 0.5, colors=colours, alpha=0.25)
    for i, marker in zip(range(count), cycle("os^Dv*P"), strict=False):
        chosen = points[classes == i]
        style = {"color": colours[i], "marker": marker, "edgecolors": paper(ax), "linewidths": 0.5, "s": 28}
        ax.scatter(chosen[:, 0], chosen[:, 1], label=names[i] if i < len(names) else f"class {i}", **style)
    ax.grid(False)
    return finish(ax, xlabel="$x_1$", ylabel="$x_2$", legend=legend)


def _classes(labels: ArrayLike, n: int) -> tuple[NDArray[Any], list[str]]:
    """Return class numbers starting at 0, and the names of the classes."""
    given = np.asarray(labels)
    if given.shape != (n,):
        raise ValueError(f"labels must hold one class per point, with shape ({n},), not {given.shape}.")
    if set(np.unique(given)) <= {-1, 1} and (given < 0).any():
        return (given > 0).astype(int), ["class -1", "class 1"]
    classes = given.astype(int)
    if not np.array_equal(classes, given) or (classes < 0).any():
        raise ValueError("labels must be integers starting at 0, or -1 and 1.")
    return classes, [f"class {i}" for i in range(classes.max(initial=0) + 1)]


def loss_surface(
    loss: Callable[..., Any], xs: tuple[float, float] | None = None, ys: tuple[float, float] | None = None, *,
    trajectories: Trajectories = (), resolution: int = 120, levels: int = 25, ax: Any = None,
) -> Any:  # fmt: skip
    """Plot the contours of a function of two variables, and the paths of optimizers across it.

    ``loss`` is a function of two arrays, or of one point of shape (2,), as for `optim.minimize`. ``trajectories`` is
    one or several results of `optim.minimize`, or a mapping of names to results or to points of shape (steps, 2).
    ``xs`` and ``ys`` are the limits of the axes; the default encloses the paths, or is (-2, 2) if there are none. The
    function is evaluated at ``resolution`` points along each axis and drawn with ``levels`` contour levels.

    >>> import numpy as np
    >>> import nn.plot
    >>> import optim
    >>> def rosenbrock(x):
    ...     return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    >>> ways = [optim.minimize(rosenbrock, np.array([-1.2, 1.0]), m) for m in ("newton", "lbfgs")]
    >>> ax = nn.plot.loss_surface(rosenbrock, trajectories=ways)
    """
    ax = on_axes(ax)
    ways = _ways(trajectories)
    xs, ys = (ends or _ends([way[:, i] for way in ways.values()]) for i, ends in enumerate((xs, ys)))
    x, y = np.linspace(*xs, resolution), np.linspace(*ys, resolution)
    z = _heights(loss, *np.meshgrid(x, y))
    spread = z - z.min()
    heights = z.min() + float(spread.max()) * np.linspace(0.0, 1.0, levels) ** 3  # closer together in the valley
    ax.contourf(x, y, z, np.unique(heights), cmap=MAP)
    ax.contour(x, y, z, np.unique(heights), colors="white", linewidths=0.4, alpha=0.6)
    for colour, dash, (name, way) in zip(cycle(BRIGHT), cycle(DASHES), ways.items(), strict=False):
        ax.plot(way[:, 0], way[:, 1], dash, color=colour, marker=".", markersize=4, linewidth=1.4, label=name)
        ax.plot(*way[-1], "o", color=colour, markeredgecolor="black")
    ax.set(xlim=xs, ylim=ys)
    ax.grid(False)
    if ways:
        ax.legend(frameon=True, facecolor="#2b3a4f", labelcolor="white", framealpha=0.9)
    return finish(ax, xlabel="$x_1$", ylabel="$x_2$")


def _ways(trajectories: Trajectories) -> dict[str, NDArray[Any]]:
    if isinstance(trajectories, Minimum):
        trajectories = [trajectories]
    if not isinstance(trajectories, Mapping):
        trajectories = {way.method: way for way in trajectories}
    ways = {name: np.asarray(way.xs if isinstance(way, Minimum) else way) for name, way in trajectories.items()}
    for name, way in ways.items():
        if way.ndim != 2 or way.shape[1] != 2 or not len(way):
            raise ValueError(f"a trajectory must have shape (steps, 2), but {name} has shape {way.shape}.")
    return ways


def _ends(numbers: list[NDArray[Any]]) -> tuple[float, float]:
    if not numbers:
        return -2.0, 2.0
    low, high = (float(f(np.concatenate(numbers))) for f in (np.nanmin, np.nanmax))
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


def _heights(loss: Callable[..., Any], x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """The function on a grid; a function of points is called point by point, as it may combine their entries."""
    needed = [p for p in inspect.signature(loss).parameters.values() if p.default is p.empty]
    if len(needed) > 1 or any(p.kind is p.VAR_POSITIONAL for p in needed):
        return plain(loss(x, y))
    return np.array([float(plain(loss(point))) for point in np.stack([x, y], -1).reshape(-1, 2)]).reshape(x.shape)


def weight_histograms(model: Module, *, bins: int = 40, ax: Any = None) -> Any:
    """Plot a histogram of the entries of each parameter, with the first parameter at the top.

    >>> import nn
    >>> import nn.plot
    >>> ax = nn.plot.weight_histograms(nn.MLP([64, 32, 10], rng=0))
    """
    return _ridges({name: p.numpy() for name, p in model.named_parameters()}, bins, ax, "weight")


def activation_histograms(model: Module, *inputs: Any, bins: int = 40, ax: Any = None) -> Any:
    """Run the model and plot a histogram of the outputs of each inner module, with the first module at the top.

    For a module with several results, such as nn.LSTM, the first is shown. Gradients do not change.

    >>> import numpy as np
    >>> import nn
    >>> import nn.plot
    >>> x = np.random.default_rng(0).standard_normal((100, 64)).astype("float32")
    >>> ax = nn.plot.activation_histograms(nn.MLP([64, 32, 10], rng=0), x)
    """
    seen: dict[str, NDArray[Any]] = {}

    def note(path: str, module: Module, args: Any, out: Any) -> None:
        first = out[0] if isinstance(out, tuple) and out else out
        if isinstance(first, Tensor):
            seen[path] = first.numpy()

    handles = [m.register_forward_hook(partial(note, path)) for path, m in model.named_modules() if path]
    try:
        with no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return _ridges(seen, bins, ax, "activation")


def _ridges(arrays: Mapping[str, NDArray[Any]], bins: int, ax: Any, xlabel: str) -> Any:
    """Draw one histogram per array, each on its own line, on a common scale; negative numbers in orange."""
    ax = on_axes(ax, max(4.2, 0.32 * len(arrays) + 0.8))
    finite = {name: a[np.isfinite(a)].ravel() for name, a in arrays.items() if a.size}
    reach = max((float(np.abs(a).max(initial=0.0)) for a in finite.values()), default=0.0) or 1.0
    edges = np.linspace(-reach, reach, bins + 1)
    blue, orange, *_ = palette(ax)
    for row, values in enumerate(finite.values()):
        counts, _ = np.histogram(values, edges)
        tops = 0.85 * counts / max(int(counts.max()), 1) - row
        for part, colour in ((slice(0, bins // 2), orange), (slice(bins // 2, bins), blue)):  # negative, positive
            ends = edges[part.start : part.stop + 1]
            ax.stairs(tops[part], ends, baseline=-row, fill=True, color=colour, alpha=0.8)
        spread = f"sd {values.std():.3g}" if values.size else "not finite"
        ax.annotate(spread, (1.01, 0.2 - row), xycoords=("axes fraction", "data"), fontsize=8)
    ax.set_yticks([-row for row in range(len(finite))], list(finite))
    ax.set_xlim(-reach, reach)
    return finish(ax, xlabel=xlabel)
