"""The folder of a training run: its settings, checkpoints and results."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import __version__
from nn.cli.options import UsageError
from nn.data import Standardize, Table, digits, mnist, read_csv, train_test_split
from nn.errors import DataFileError
from nn.layers import MLP
from nn.saving import load, replacing

Task = Literal["classification", "regression"]
MOST_CLASSES = 20  # integers with more distinct values are quantities, not classes


class Problem(NamedTuple):
    """Samples ``x`` (N, features) of float32 and targets ``y``: class numbers, or float64 quantities."""

    x: NDArray[Any]
    y: NDArray[Any]
    features: list[str]
    classes: list[str]  # empty for regression
    tabular: bool  # whether the columns have different units and must be standardized

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


FORMAT = 1  # increased by every change that older versions cannot read
NAME = "run.json"


class Plan(NamedTuple):
    """Everything that determines a training run, as stored in its folder."""

    data: str
    target: str | None
    drop: list[str]
    features: list[str]
    classes: list[str]
    hidden: list[int]
    activation: str
    epochs: int
    batch: int
    lr: float
    patience: int | None
    held_out: float
    seed: int
    fingerprint: str
    shift: list[float] | None  # per column, from `Standardize`
    scale: list[float] | None
    y_shift: float  # of a regression target
    y_scale: float

    @property
    def task(self) -> Task:
        """The kind of target."""
        return "classification" if self.classes else "regression"

    def model(self) -> MLP:
        """The network with its initial weights."""
        outputs = len(self.classes) or 1
        return MLP([len(self.features), *self.hidden, outputs], self.activation, dtype="float32", rng=self.seed)

    def trained(self, folder: Path) -> MLP:
        """The network with the best weights saved in the folder."""
        model = self.model()
        path = folder / "best.npz"
        if not path.exists():
            raise UsageError(f"{folder} has no trained model yet; run: chainrule resume {folder}")
        load(path, model)
        return model.eval()

    def inputs(self, x: NDArray[Any]) -> NDArray[Any]:
        """Samples in the form the network expects."""
        if self.shift is not None and self.scale is not None:
            x = Standardize.from_state({"shift": self.shift, "scale": self.scale})(x)
        return x.astype(np.float32)

    def targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets in the form the loss expects."""
        return y if self.classes else ((y - self.y_shift) / self.y_scale).astype(np.float32)[:, None]

    def answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Class numbers, or quantities in their own unit, from the network's outputs; UsageError if some are NaN."""
        if np.isnan(outputs).any():
            count = int(np.isnan(outputs).any(axis=1).sum())
            raise UsageError(
                f"the network returns NaN for {count} of {len(outputs)} samples; their values or the weights are too "
                "large"
            )
        if self.classes:
            return np.asarray(outputs.argmax(axis=1))
        return outputs[:, 0].astype(np.float64) * self.y_scale + self.y_shift


class Parts(NamedTuple):
    """The samples as read, split into a training, a validation and a test set."""

    x: NDArray[Any]
    y: NDArray[Any]
    x_valid: NDArray[Any]
    y_valid: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


def split(problem: Problem, held_out: float, seed: int) -> Parts:
    """Hold out a share of the samples for testing, and the same share of the rest for validation."""
    x, y, x_test, y_test = _cut(problem.x, problem.y, bool(problem.classes), held_out, seed)
    x, y, x_valid, y_valid = _cut(x, y, bool(problem.classes), held_out, seed + 1)
    return Parts(x, y, x_valid, y_valid, x_test, y_test)


def _cut(x: Any, y: Any, classes: bool, share: float, seed: int) -> tuple[Any, Any, Any, Any]:
    """Split at random, stratified by class if every class has enough samples."""
    counts = np.unique(y, return_counts=True)[1]
    enough = classes and counts.min() >= 2 and int(min(share, 1 - share) * len(y)) >= len(counts)
    x_more, x_less, y_more, y_less = train_test_split(x, y, test_size=share, stratify=y if enough else None, seed=seed)
    return x_more, y_more, x_less, y_less


def write_plan(folder: Path, plan: Plan) -> None:
    """Write the plan to its folder."""
    content = {"format": FORMAT, "program": f"chainrule {__version__}", **plan._asdict()}
    with replacing(folder / NAME) as file:
        file.write((json.dumps(content, indent=1) + "\n").encode())


def open_folder(folder: Path) -> Plan:
    """Read the plan from a folder; raises UsageError if it holds no training run, or one in another format."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        version, program = content.pop("format"), content.pop("program")
        if version != FORMAT:
            what = f"{folder} was written by {program} in format {version}"
            raise UsageError(f"{what}, but chainrule {__version__} reads format {FORMAT}")
        return Plan(**content)
    except OSError as error:
        raise UsageError(f"{folder} holds no training run ({NAME}: {error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{folder / NAME} is damaged: {error}") from error


def parts_of(plan: Plan, folder: Path) -> Parts:
    """Read and split the data of a plan again; raises UsageError if they have changed."""
    problem = read_problem(
        plan.data, plan.target, drop=plan.drop, task=plan.task, classes=plan.classes, features=plan.features
    )
    if problem.fingerprint() != plan.fingerprint:
        raise UsageError(f"{plan.data} has changed since {folder} was made; train again with another --out")
    return split(problem, plan.held_out, plan.seed)
