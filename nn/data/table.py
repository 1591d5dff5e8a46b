"""Tables from CSV files, with named and typed columns and errors that name the line."""

import csv
import math
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from os import PathLike, fspath
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.progress import Work, over
from nn.errors import DataFileError

__all__ = ["Table", "read_csv"]

Kind: TypeAlias = Literal["int", "float", "str"]
_KINDS: dict[Any, Kind] = {"int": "int", "float": "float", "str": "str", int: "int", float: "float", str: "str"}
_PARSING = 1.5  # turning the cells of a file into numbers takes so many times as long as reading them
_FRACTION = {*".eE"}
_PLAIN = {*"0123456789+-", *_FRACTION}
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


class Features(NamedTuple):
    """The features and the target of a table. It unpacks as ``x, y = table.split("price")``."""

    x: NDArray[Any]
    y: NDArray[Any]


class Table:
    """Named columns of equal length, as `read_csv` returns them: ``table["age"]`` is an array.

    >>> import numpy as np
    >>> from nn.data import Table
    >>> table = Table({"age": np.array([31.0, 45.0]), "kind": np.array(["a", "b"])})
    >>> table
    Table(2 rows; age float64, kind str)
    >>> table["age"], table.names
    (array([31., 45.]), ['age', 'kind'])
    >>> table.numbers(["age"])
    array([[31.],
           [45.]])
    >>> table.split("kind").y
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]], *, path: str = "", lines: Sequence[int] = ()) -> None:
        self.columns: dict[str, NDArray[Any]] = dict(columns)
        self.path = path
        self.lines = lines  # the line number of each row in the file
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"the columns have different lengths: {sorted(lengths)}.")
        self.rows: int = lengths.pop() if lengths else 0

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.columns)

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; the columns are {', '.join(self.columns)}")
        return self.columns[name]

    def numbers(self, names: Iterable[str] | None = None) -> NDArray[np.float64]:
        """Return columns (default: all) as a float64 matrix of shape (rows, columns).

        Raises DataFileError, with the line, for a column with cells that are not numbers.
        """
        chosen = self.names if names is None else list(names)
        for name in chosen:
            if self[name].dtype.kind not in "iufb":
                raise DataFileError(self.path, self._not_a_number(name))
        if not chosen:
            return np.empty((self.rows, 0))
        return np.stack([self[name].astype(np.float64) for name in chosen], axis=1)

    def split(self, target: str) -> Features:
        """Return all other columns as a matrix of numbers, and the target column unchanged.

        Raises KeyError for an unknown column, and DataFileError for features that are not numbers.
        """
        y = self[target]
        return Features(self.numbers(name for name in self.names if name != target), y)

    def _not_a_number(self, name: str) -> str:
        for row, cell in enumerate(self[name]):
            if _number(str(cell)) is None:
                place = f"line {self.lines[row]}" if len(self.lines) else f"row {row}"
                return f"{place}, column {name!r}: {str(cell)!r} is not a number"
        return f"column {name!r} was read as text"

    def __repr__(self) -> str:
        kinds = ", ".join(f"{n} {'str' if c.dtype.kind in 'UT' else c.dtype}" for n, c in self.columns.items())
        return f"Table({self.rows} rows; {kinds})"


def read_csv(
    path: str | PathLike[str], *, types: Mapping[str, Any] | None = None, header: bool | Sequence[str] = True,
    delimiter: str = ",", missing: float | None = None, encoding: str = "utf-8-sig",
) -> Table:  # fmt: skip
    """Read a table with named and typed columns from a CSV file (RFC 4180).

    The first line holds the names; for a file without one, ``header`` is a list of names, or False for the names "0",
    "1", .... A column is int64 if all its cells are integers, float64 if all are numbers, and text otherwise;
    ``types`` overrides this for single columns ("int", "float" or "str"). In numeric columns, missing cells (empty,
    NA, N/A, nan, null, none, ?) are an error, unless ``missing`` is a number to use instead, such as ``float("nan")``.
    Empty lines are skipped.

    Raises DataFileError, with the line and the column, for rows of a different length, missing cells and cells that do
    not fit the type of their column; also if the file is missing, empty or not text.

    >>> from pathlib import Path
    >>> import nn
    >>> size = Path("houses.csv").write_text("rooms,area,town\\n3,71.5,Delft\\n5,120,Gouda\\n")
    >>> table = nn.data.read_csv("houses.csv")
    >>> table
    Table(2 rows; rooms int64, area float64, town str)
    >>> table.numbers(["rooms", "area"])
    array([[  3. ,  71.5],
           [  5. , 120. ]])
    """
    name = fspath(path)
    with Work(f"reading {name}", _PARSING + 1) as work:
        names, rows, lines = next(rows_of(name, header, delimiter, encoding))
        work.advance()
        return table_of(name, names, rows, lines, types or {}, missing)


def table_of(
    path: str,
    names: list[str],
    rows: list[list[str]],
    lines: list[int],
    types: Mapping[str, Any],
    missing: float | None,
) -> Table:
    """Convert rows of cells to a table with typed columns."""
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise DataFileError(path, f"two columns are named {twice[0]!r}")
    asked = {key: _kind(key, value) for key, value in types.items()}
    if unknown := [key for key in asked if key not in names]:
        raise DataFileError(path, f"no column {unknown[0]!r}; the columns are {', '.join(names)}")
    columns = {}
    for i, column in enumerate(over(names, _PARSING)):
        cells = [row[i].strip() for row in rows]
        columns[column] = _column(path, column, cells, lines, asked.get(column), missing)
    return Table(columns, path=path, lines=lines)


def _kind(column: str, value: Any) -> Kind:
    try:
        return _KINDS[value]
    except (KeyError, TypeError):
        raise ValueError(f"the type of column {column!r} must be 'int', 'float' or 'str', not {value!r}.") from None


def rows_of(
    path: str, header: bool | Sequence[str], delimiter: str, encoding: str, most: int | None = None
) -> Generator[tuple[list[str], list[list[str]], list[int]], None, None]:
    """Read the names of the columns, and the cells and line numbers of all rows, or of ``most`` rows at a time."""
    names = None if isinstance(header, bool) else [str(name) for name in header]
    rows: list[list[str]] = []
    lines: list[int] = []
    reader, more = None, False
    try:
        with (
            open(path, newline="", encoding=encoding) as file,
            Work(f"reading {path}", os.fstat(file.fileno()).st_size) as work,
        ):
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            before = 0
            for cells in reader:
                line, before = before + 1, reader.line_num
                if not line % 4096 and work.total:
                    work.advance(os.lseek(file.fileno(), 0, os.SEEK_CUR) - work.done)
                if not any(cell.strip() for cell in cells):
                    continue
                if names is None:
                    names = [cell.strip() for cell in cells] if header else [str(i) for i in range(len(cells))]
                    if header:
                        continue
                if len(cells) != len(names):
                    raise DataFileError(path, f"line {line} has {len(cells)} cells, but there are {len(names)} columns")
                rows.append(cells)
                lines.append(line)
                if len(rows) == most:
                    yield names, rows, lines
                    rows, lines, more = [], [], True
    except OSError as error:
        raise DataFileError(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        why = f"not {encoding} text ({error.reason} at byte {error.start})"
        raise DataFileError(path, f"{why}: save it as UTF-8, or pass its encoding to read_csv") from error
    except csv.Error as error:
        raise DataFileError(path, f"line {reader.line_num if reader else 1}: {error}") from error
    if not names or not (rows or more):
        raise DataFileError(path, "the file has no rows")
    if rows:
        yield names, rows, lines


def _column(
    path: str, column: str, cells: list[str], lines: list[int], kind: Kind | None, missing: float | None
) -> NDArray[Any]:
    """Convert the cells of a column to an array of its type."""
    seen = set("".join(cells))
    if kind != "str" and seen <= _PLAIN:
        number: type[int | float] = int if kind == "int" or (kind is None and not seen & _FRACTION) else float
        with suppress(ValueError, OverflowError):  # what is wrong is found out below
            return np.array(list(map(number, cells)), np.int64 if number is int else np.float64)
    values = [_number(cell) for cell in cells]
    unread = {cell.lower() for cell, value in zip(cells, values, strict=True) if value is None}
    if kind == "str" or (kind is None and not unread <= _MISSING):
        return np.array(cells)
    for line, cell, value in zip(lines, cells, values, strict=True):
        wrong = _fault(cell, value, kind, missing)
        if wrong is not None:
            raise DataFileError(path, f"line {line}, column {column!r}: {wrong}")
    whole = kind != "float" and all(isinstance(value, int) and -(2**63) <= value < 2**63 for value in values)
    return np.array([missing if v is None else v for v in values], np.int64 if whole else np.float64)


def _fault(cell: str, number: float | None, kind: Kind | None, missing: float | None) -> str | None:
    if number is None and cell.lower() not in _MISSING:
        return f"{cell!r} is not a number"
    if number is None and missing is None:
        return f"{f'{cell!r} is missing' if cell else 'the cell is empty'} (pass missing=float('nan') to allow it)"
    if kind == "int" and not isinstance(number, int):
        return f"{cell!r} is not an integer"
    return None


def _number(cell: str) -> int | float | None:
    """Parse a cell as a number, or return None; Python-only spellings such as 1_000 do not count."""
    if "_" in cell:
        return None
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if math.isnan(number) else number
