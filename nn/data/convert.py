"""CSV files larger than memory, converted to shards, so that their text is parsed once and not in every epoch."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn.data.mapped import Shards, npy
from nn.data.table import rows_of, table_of
from nn.defaults import parameter_dtype
from nn.errors import DataFileError

__all__ = ["csv_to_npy"]


def csv_to_npy(
    path: str | PathLike[str] | Iterable[str | PathLike[str]], folder: str | PathLike[str], target: str, *,
    columns: Sequence[str] | None = None, rows: int = 1 << 16, dtype: DTypeLike | None = None,
    types: Mapping[str, Any] | None = None, header: bool | Sequence[str] = True, delimiter: str = ",",
    missing: float | None = None, encoding: str = "utf-8-sig",
) -> tuple[Shards, Shards]:  # fmt: skip
    """Convert a CSV file larger than memory, or several parts, to shards: `.npy` files of features and of a target.

    It reads ``rows`` rows at a time, and writes two files for each piece: ``x-00000.npy`` and ``y-00000.npy`` in
    ``folder`` (which is created), and so on. The result is the pair of `npy` of all x and `npy` of all y, in the order
    of the rows. ``columns`` are the features (default: all but the target). Floats are stored in ``dtype`` (default:
    the dtype of parameters); a target that begins with integers stays int64. The other arguments are those of
    `read_csv`, which also lists the errors. Raises DataFileError if ``folder`` already holds shards.

    >>> from pathlib import Path
    >>> import nn
    >>> for i in range(2):
    ...     size = Path(f"part-{i}.csv").write_text(f"rooms,area,price\\n3,7{i},31{i}\\n5,12{i},45{i}\\n")
    >>> x, y = nn.data.csv_to_npy(["part-0.csv", "part-1.csv"], "shards", "price")
    >>> x, y[:]
    (Shards(2 files, shape=(4, 2), dtype=float32), array([310, 450, 311, 451]))
    """
    files: tuple[list[Path], list[Path]] = ([], [])
    kinds, place, floats = dict(types or {}), Path(folder), parameter_dtype(dtype)
    if any(place.glob("[xy]-*.npy")):
        raise DataFileError(fspath(folder), "it already holds shards: open them with npy, or remove them")
    place.mkdir(parents=True, exist_ok=True)
    for each in [path] if isinstance(path, str | PathLike) else path:
        name = fspath(each)
        with closing(rows_of(name, header, delimiter, encoding, rows)) as pieces:
            for names, cells, lines in pieces:
                table = table_of(name, names, cells, lines, kinds, missing)
                columns = columns or [column for column in names if column != target]
                if unknown := [column for column in (target, *columns) if column not in names]:
                    raise DataFileError(name, f"no column {unknown[0]!r}; the columns are {', '.join(names)}")
                y = table[target]
                kinds.setdefault(target, {"i": "int", "f": "float"}.get(y.dtype.kind, "str"))
                for part, values, where in zip("xy", (table.numbers(columns), y), files, strict=True):
                    where.append(place / f"{part}-{len(where):05}.npy")
                    np.save(where[-1], values.astype(floats) if values.dtype.kind == "f" else values)
    return npy(files[0]), npy(files[1])
