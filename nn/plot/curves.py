"""Curves over numbers, and axes side by side."""

from collections.abc import Collection, Mapping
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn.arguments import plain
from nn.plot.look import DASHES, finish, log_axis, on_axes, palette, precision, pyplot

__all__ = ["lines", "panels"]


def lines(
    curves: Mapping[str, Any], x: ArrayLike = (), *, dots: Collection[str] = (), log: str = "", ax: Any = None,
    **settings: Any,
) -> Any:  # fmt: skip
    """Plot named curves over ``x``, with markers if they have at most 20 points.

    A curve is a function of arrays or Tensors, an array with its values at ``x``, or a tuple (x, y) of its own. Those
    named in ``dots`` are drawn without lines. ``log`` says which axes are logarithmic: "x", "y" or "xy". Other keywords
    set properties of the axes, such as ``xlabel``. Raises ValueError for arrays of different lengths.

    >>> import numpy as np
    >>> import nn.plot
    >>> ax = nn.plot.lines({"sine": np.sin, "line": ([0, 3], [0, 1])}, np.linspace(0, 3, 100), xlabel="x")
    """
    ax = on_axes(ax)
    numbers = np.asarray(x)
    styles = zip(cycle(palette(ax)), cycle(DASHES), cycle("os^D"), curves.items(), strict=False)
    for colour, dash, marker, (name, curve) in styles:
        values = curve(numbers.astype(precision(curve, numbers.dtype))) if callable(curve) else curve
        across, up = (np.ravel(plain(a)) for a in (values if isinstance(values, tuple) else (numbers, values)))
        if len(across) != len(up):
            raise ValueError(f"the curve {name!r} has {len(up)} values, but there are {len(across)} numbers x.")
        few = marker if name in dots or len(up) <= 20 else None
        line = "none" if name in dots else dash
        ax.plot(across, up, color=colour, linestyle=line, marker=few, markersize=4, label=name)
    for axis in log:
        log_axis(ax, axis)
    return finish(ax, legend=True, **settings)


def panels(*titles: str, height: float = 3.2, share: bool = False) -> list[Any]:
    """Make axes side by side, one for each title, to draw into; with ``share``, they have the same vertical axis.

    >>> import nn
    >>> import nn.plot
    >>> for ax, f in zip(nn.plot.panels("smooth", "with a kink"), (nn.GELU(), nn.ReLU())):
    ...     ax = nn.plot.activations(f, ax=ax)
    """
    size = min(10.0, 4.8 * len(titles)), height
    axes = pyplot().subplots(1, len(titles), figsize=size, sharey=share, squeeze=False, layout="constrained")[1][0]
    for ax, title in zip(axes, titles, strict=True):
        on_axes(ax).set_title(title, fontsize="medium")
    return list(axes)
