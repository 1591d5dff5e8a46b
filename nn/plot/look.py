"""The shared style of all plots: colours, dashes, axes."""

from collections.abc import Callable
from typing import Any

from nn.module import Module

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito
DASHES = ("-", "--", "-.", ":")
BRIGHT = ("#ffffff", "#d55e00", "#56b4e9", "#cc79a7", "#e69f00")  # on a dark background; five, to combine with 4 dashes
MAP = "cividis"  # looks the same for every kind of colour vision


def pyplot() -> Any:
    """The module pyplot of matplotlib, or an ImportError that says what to install."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("nn.plot draws with matplotlib: pip install matplotlib (the extra 'plot').") from error
    return plt


def panels(count: int) -> list[Any]:
    """Make new axes in rows of four."""
    rows = -(-count // 4)
    grid = pyplot().subplots(rows, 4, figsize=(12.0, 2.6 * rows), layout="constrained")[1].ravel()
    for unused in grid[count:]:
        unused.remove()
    return list(grid[:count])


def on_axes(ax: Any, height: float = 4.2) -> Any:
    """Style the given axes, or new ones."""
    if ax is None:
        ax = pyplot().subplots(figsize=(6.4, height), layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    return ax


def finish(ax: Any, *, legend: bool = False, **words: str) -> Any:
    """Set the texts of the axes (``xlabel``, ``ylabel``, ``title``) and, on request, a legend."""
    ax.set(**words)
    if legend:
        ax.legend(frameon=False)
    return ax


def precision(model: Callable[[Any], Any], given: Any) -> Any:
    """The dtype in which a model computes: the dtype of its parameters, or of its input if it has none."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    return next((p.dtype for p in parameters if p.dtype.kind == "f"), given)
