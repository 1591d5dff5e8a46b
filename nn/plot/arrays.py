"""Small arrays side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nn.arrays import plain
from nn.plot.look import on_axes, palette, scale


def matrices(arrays: Mapping[str, Any], *, digits: int = 3, ax: Any = None) -> Any:
    """Draw small arrays side by side as tables with names and shapes; cells are blue (orange if negative) by magnitude.

    ``arrays`` maps names to scalars, vectors (drawn as rows), matrices or Tensors. Raises ValueError for an array with
    more than two axes or 400 entries.

    >>> import nn.plot
    >>> ax = nn.plot.matrices({"x": [[1.0, 2.0], [3.0, 4.0]], "x.sum(0)": [4.0, 6.0]})
    """
    tables = {name: np.atleast_2d(plain(values)) for name, values in arrays.items()}
    for name, table in tables.items():
        if table.ndim > 2 or table.size > 400:
            raise ValueError(f"{name} has shape {table.shape}, but matrices draws at most 2 axes and 400 entries.")
    texts = {name: [[f"{x:.{digits}g}" for x in row] for row in table] for name, table in tables.items()}
    cell = max(1.2, 0.22 * max(len(text) for rows in texts.values() for row in rows for text in row))
    slots = {name: max(cell * table.shape[1], 0.2 * len(name)) + 0.8 for name, table in tables.items()}
    tallest, total = max(len(table) for table in tables.values()), sum(slots.values())
    if ax is None:
        ax = on_axes(None)
        ax.figure.set_size_inches(0.42 * total, 0.36 * (tallest + 2))
    start = 0.0
    for name, table in tables.items():
        rows, columns = table.shape
        left, top = start + (slots[name] - cell * columns) / 2, (tallest - rows) / 2
        right, bottom = left + cell * columns, top + rows
        most = 2 * np.max(np.abs(table), initial=0.0) or 1.0  # so that the numbers stay readable
        place = {"extent": (left, right, bottom, top), "aspect": "auto"}
        ax.imshow(table, cmap=scale(ax, signed=True), vmin=-most, vmax=most, **place)
        frame = [left, right, right, left, left], [top, top, bottom, bottom, top]
        ax.plot(*frame, color=palette(ax)[-1], linewidth=0.6)
        for i, j in np.ndindex(table.shape):
            ax.text(left + cell * (j + 0.5), top + i + 0.5, texts[name][i][j], ha="center", va="center", fontsize=9)
        label = f"{name}\n{np.shape(plain(arrays[name]))}"
        ax.text((left + right) / 2, top - 0.15, label, ha="center", va="bottom", fontsize=9)
        start += slots[name]
    ax.set(xlim=(0.0, total), ylim=(tallest + 0.1, -1.9))
    ax.set_axis_off()
    return ax
