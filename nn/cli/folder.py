"""The folder of a training run: its settings, checkpoints and results."""

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import __version__
from nn.cli.options import UsageError
from nn.cli.problem import Problem, read_problem
from nn.data import Standardize, train_test_split
from nn.layers import MLP
from nn.saving import load, replacing

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
    def task(self) -> Literal["classification", "regression"]:
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
