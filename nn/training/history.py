"""The history of a training run: one row of numbers per epoch."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, overload

import nn
from nn.saving import replacing

Number = int | float


class History:
    """The numbers of a training run by epoch: ``history["val_loss"]`` is a list, ``history[-1]`` the row of an epoch.

    Rows are dicts with "epoch", "step" (the number of updates so far), "lr", "loss" (the mean over the epoch) and, with
    validation data, "val_loss" and the metrics as "val_...". ``seconds`` holds the duration of each epoch; ``stopped``
    says why training ended before its last epoch, or is None if it did not; ``compiled`` reports the outcome of
    ``compile=True``, like `Compiled.explain`. After ``show="live"``, ``layers`` holds for each epoch the norm of the
    "gradient" of each layer, and its "update", the norm of a step divided by that of the weights.

    >>> from nn.training import History
    >>> history = History([{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], history[-1]["loss"], len(history)
    ([0.9, 0.25], 0.25, 2)
    >>> print(history)
    epoch    loss
        1     0.9
        2    0.25
    """

    def __init__(self, rows: list[dict[str, Number]] | None = None, *, seconds: list[float] | None = None) -> None:
        self.rows: list[dict[str, Number]] = rows if rows is not None else []
        self.seconds: list[float] = seconds if seconds is not None else []
        self.stopped: str | None = None
        self.compiled: str | None = None
        self.layers: list[dict[str, dict[str, float]]] = []
        self.boundary: str = ""  # a picture

    @property
    def names(self) -> list[str]:
        """The names of the columns.

        >>> from nn.training import History
        >>> History([{"epoch": 1, "loss": 0.5}]).names
        ['epoch', 'loss']
        """
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @overload
    def __getitem__(self, key: str) -> list[float]: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Number]: ...
    def __getitem__(self, key: str | int) -> Any:
        if isinstance(key, str):
            if key not in self.names:
                have = f"the columns are {', '.join(self.names)}" if self.names else "no epoch has ended yet"
                raise KeyError(f"no column {key!r}; {have}")
            return [row.get(key, float("nan")) for row in self.rows]
        return self.rows[key]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Number]]:
        return iter(self.rows)

    def best(self, name: str = "val_loss", mode: str = "min") -> dict[str, Number]:
        """Return the row with the smallest (or, with "max", largest) value in a column; the first if several are equal.

        >>> from nn.training import History
        >>> History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.7}]).best("loss")
        {'epoch': 1, 'loss': 0.5}
        """
        choose = {"min": min, "max": max}[mode]
        self[name]
        return choose((row for row in self.rows if name in row), key=lambda row: row[name])

    def plot(self, *names: str, log: bool = False, ax: Any = None) -> "nn.plot.Axes":
        """Plot columns (by default the losses) by epoch with `nn.plot.learning_curves`; needs matplotlib.

        >>> import nn.plot
        >>> from nn.training import History
        >>> ax = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]).plot(log=True)
        >>> ax.get_yscale()
        'log'
        """
        shown = names or tuple(name for name in self.names if name.endswith("loss"))
        return nn.plot.learning_curves({name: self[name] for name in shown}, log=log, ax=ax)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all rows to a ``.csv``, ``.jsonl`` or ``.json`` file, atomically; or a page of pictures, ``.html``.

        The page, drawn by matplotlib, shows the curves, and after ``show="live"`` also what that has recorded.

        Raises ValueError for any other suffix.

        >>> from pathlib import Path
        >>> from nn.training import History
        >>> History([{"epoch": 1, "loss": 0.5}]).save("log.csv")
        >>> print(Path("log.csv").read_text(encoding="utf-8").rstrip())
        epoch,loss
        1,0.5
        """
        kind = Path(path).suffix
        if kind not in WRITERS:
            raise ValueError(f"the suffix must be one of {', '.join(WRITERS)}, not {kind!r}.")
        with replacing(path) as file:
            file.write(WRITERS[kind](self).encode())

    def __str__(self) -> str:
        if not self.rows:
            return "no epoch has ended yet"
        lines = [self.names, *([_word(row.get(name)) for name in self.names] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = "\n".join("   ".join(f"{c:>{w}}" for c, w in zip(line, widths, strict=True)) for line in lines)
        return f"{text}\n{self.stopped}" if self.stopped else text

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {_word(value)}" for name, value in self.rows[-1].items()) if self.rows else "empty"
        return f"History({last})"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.names)
        body = "".join(
            "<tr>" + "".join(f"<td>{_word(row.get(name))}</td>" for name in self.names) + "</tr>" for row in self.rows
        )
        note = f"<p>{escape(self.stopped)}</p>" if self.stopped else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _csv(history: History) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, history.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history.rows)
    return text.getvalue()


WRITERS: dict[str, Callable[[History], str]] = {
    ".csv": _csv,
    ".jsonl": lambda history: "".join(json.dumps(row) + "\n" for row in history.rows),
    ".json": lambda h: json.dumps({"rows": h.rows, "seconds": h.seconds, "stopped": h.stopped}, indent=1),
    ".html": lambda h: nn.training.live.page("Training run", nn.training.live.pictures(h), h._repr_html_()),
}
