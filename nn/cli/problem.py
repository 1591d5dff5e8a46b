"""The data of a training run: samples from the digits, a CSV file or a folder of IDX files, and the kind of target."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.cli.options import UsageError
from nn.data import Table, digits, mnist, read_csv
from nn.errors import DataFileError

Task = Literal["classification", "regression"]
MOST_CLASSES = 20  # integers with more distinct values are quantities, not classes


class Problem(NamedTuple):
    """Samples ``x`` (N, features) of float32 and targets ``y``: class numbers, or float64 quantities."""

    x: NDArray[Any]
    y: NDArray[Any]
    features: list[str]
    classes: list[str]  # empty for regression
    tabular: bool  # whether the columns have different units and must be standardized

    @property
    def task(self) -> Task:
        """The kind of target."""
        return "classification" if self.classes else "regression"

    def fingerprint(self) -> str:
        """A digest of all values, to recognize the same data again."""
        content = hashlib.sha256()
        for array in (self.x, self.y):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()[:32]


def read_problem(
    data: str, target: str | None, *, drop: Sequence[str] = (), task: Task | None = None, classes: Sequence[str] = (),
    features: Sequence[str] = (), part: Literal["train", "test"] = "train",
) -> Problem:  # fmt: skip
    """Read the data; ``classes`` and ``features`` are those of an existing model that is to be applied to them.

    Raises UsageError if an option does not fit the data, and DataFileError, with file and line, if the data are bad.
    """
    path = Path(data)
    is_table = path.suffix.lower() in (".csv", ".tsv", ".txt")
    if not is_table and (target is not None or drop):
        raise UsageError(f"--target and --drop apply to CSV files only, not to {data}")
    if data == "digits":
        x, y = digits()
        return Problem(x.astype(np.float32), y, [f"pixel {i}" for i in range(64)], [str(c) for c in range(10)], False)
    if path.is_dir():
        x, y = mnist(path, part)
        names = list(classes) or [str(c) for c in range(int(y.max(initial=0)) + 1)]
        if len(y) and y.max() >= len(names):
            raise DataFileError(data, f"the labels contain class {y.max()}, but the model has 0 to {len(names) - 1}")
        return Problem(x.astype(np.float32), y, [f"pixel {i}" for i in range(x.shape[1])], names, False)
    if not is_table:
        why = "no such file or folder" if not path.exists() else "neither a CSV file nor a folder"
        raise UsageError(f"--data {data}: {why} (give 'digits', a CSV file, or a folder of IDX files)")
    if target is None:
        raise UsageError(f"--data {data} also needs --target NAME, the column to predict")
    table = read_csv(path, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    for name in (target, *drop, *features):
        if name not in table.names:
            raise UsageError(f"{data} has no column {name!r}; its columns are {', '.join(table.names)}")
    chosen = list(features) or [name for name in table.names if name != target and name not in drop]
    if not chosen:
        raise UsageError(f"{data} has no column left to predict {target!r} from")
    x = table.numbers(chosen)
    column = table[target]
    if task is None:
        few = column.dtype.kind == "i" and len(np.unique(column)) <= MOST_CLASSES
        task = "classification" if column.dtype.kind == "U" or few else "regression"
    if task == "regression":
        return Problem(x, table.numbers([target])[:, 0], chosen, [], True)
    names = list(classes) or [str(c) for c in np.unique(column)]
    return Problem(x, _class_numbers(table, data, target, names), chosen, names, True)


def _class_numbers(table: Table, data: str, target: str, names: list[str]) -> NDArray[Any]:
    column = table[target]
    words = (column.astype(str) if column.dtype.kind != "U" else column).tolist()
    number = {name: i for i, name in enumerate(names)}
    for row, word in enumerate(words):
        if word not in number:
            what = f"the model has no class {word!r}; its classes are {', '.join(names)}"
            raise DataFileError(data, f"line {table.lines[row]}, column {target!r}: {what}")
    return np.array([number[word] for word in words])
