"""Small arrays side by side, as tables or as pictures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nn.arguments import plain
from nn.plot.look import on_axes, palette, scale


def matrices(arrays: Mapping[str, Any], *, digits: int = 3, numbers: bool = True, ax: Any = None) -> Any:
    """Draw small arrays side by side as tables with names and shapes; cells are blue (orange if negative) by magnitude.

    ``arrays`` maps names to scalars, vectors (drawn as rows), matrices or Tensors. Raises ValueError for an array with
    more than two axes, or with more than 400 entries unless ``numbers=False`` draws pictures, with square cells.

    >>> import nn.plot
    >>> ax = nn.plot.matrices({"x": [[1.0, 2.0], [3.0, 4.0]], "x.sum(0)": [4.0, 6.0]})
    """
    tables = {name: np.atleast_2d(plain(values)) for name, values in arrays.items()}
    for name, table in tables.items():
        if table.ndim > 2 or (numbers and table.size > 400):
            raise ValueError(f"{name} has shape {table.shape}, but matrices draws at most 2 axes and 400 entries.")
    texts = {name: [[f"{x:.{digits}g}" for x in row] for row in table] for name, table in tables.items()}
    tallest = max(len(table) for table in tables.values())
    high = 1.0 if numbers else 5.0 / tallest
    widest = max(len(text) for rows in texts.values() for row in rows for text in row)
    cell = max(1.2, 0.22 * widest) if numbers else 0.36 / 0.42 * high
    slots = {name: max(cell * table.shape[1], 0.2 * len(name)) + 0.8 for name, table in tables.items()}
    total, tall = sum(slots.values()), tallest * high
    if ax is None:
        ax = on_axes(None)
        fit = 1.0 if numbers else min(1.0, 24.0 / total)
        ax.figure.set_size_inches(0.42 * total * fit, 0.36 * (tall * fit + 1 + 0.4 * numbers))
    start = 0.0
    for name, table in tables.items():
        rows, columns = table.shape
        left, top = start + (slots[name] - cell * columns) / 2, (tall - rows * high) / 2
        right, bottom = left + cell * columns, top + rows * high
        most = (1 + numbers) * np.max(np.abs(table), initial=0.0) or 1.0  # so that the numbers stay readable
        place = {"extent": (left, right, bottom, top), "aspect": "auto"}
        ax.imshow(table, cmap=scale(ax, signed=True), vmin=-most, vmax=most, **place)
        frame = [left, right, right, left, left], [top, top, bottom, bottom, top]
        ax.plot(*frame, color=palette(ax)[-1], linewidth=0.6)
        for i, j in np.ndindex(table.shape if numbers else (0, 0)):
            ax.text(left + cell * (j + 0.5), top + i + 0.5, texts[name][i][j], ha="center", va="center", fontsize=9)
        label = f"{name}\n{np.shape(plain(arrays[name]))}" if numbers else name
        ax.text((left + right) / 2, top - 0.15, label, ha="center", va="bottom", fontsize=9)
        start += slots[name]
    ax.set(xlim=(0.0, total), ylim=(tall + 0.1, -1.3 if numbers else -0.9))
    ax.set_axis_off()
    return ax
