"""The folder of a training: what was asked, the checkpoints, and what came out."""

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

FORMAT = 1  # raised by every change that this version could not read
NAME = "run.json"


class Plan(NamedTuple):
    """All that decides a training, as it is kept in its folder."""

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
    shift: list[float] | None  # of the columns, as `Standardize` has it
    scale: list[float] | None
    y_shift: float  # of the target of a regression
    y_scale: float

    @property
    def task(self) -> Literal["classification", "regression"]:
        """Which kind of target it is."""
        return "classification" if self.classes else "regression"

    def model(self) -> MLP:
        """The network, with its first weights."""
        outputs = len(self.classes) or 1
        return MLP([len(self.features), *self.hidden, outputs], self.activation, dtype="float32", rng=self.seed)

    def trained(self, folder: Path) -> MLP:
        """The network with the best weights in the folder."""
        model = self.model()
        path = folder / "best.npz"
        if not path.exists():
            raise UsageError(f"{folder} holds no trained model yet: chainrule resume {folder}")
        load(path, model)
        return model.eval()

    def inputs(self, x: NDArray[Any]) -> NDArray[Any]:
        """Samples as the network takes them."""
        if self.shift is not None and self.scale is not None:
            x = Standardize.from_state({"shift": self.shift, "scale": self.scale})(x)
        return x.astype(np.float32)

    def targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets as the loss takes them."""
        return y if self.classes else ((y - self.y_shift) / self.y_scale).astype(np.float32)[:, None]

    def answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """What the outputs of the network say: class numbers, or quantities in their own unit.

        Raises UsageError when some of them are NaN, which says nothing.
        """
        if np.isnan(outputs).any():
            count = int(np.isnan(outputs).any(axis=1).sum())
            raise UsageError(
                f"the network returns NaN for {count} of {len(outputs)} samples: their numbers, or the weights, are "
                "too large for it"
            )
        if self.classes:
            return np.asarray(outputs.argmax(axis=1))
        return outputs[:, 0].astype(np.float64) * self.y_scale + self.y_shift


class Parts(NamedTuple):
    """The samples to learn from, those by which the best epoch is chosen, and those to judge by in the end, as read."""

    x: NDArray[Any]
    y: NDArray[Any]
    x_valid: NDArray[Any]
    y_valid: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


def split(problem: Problem, held_out: float, seed: int) -> Parts:
    """Cut off a share of the samples for the test, and the same share of the others for validation."""
    x, y, x_test, y_test = _cut(problem.x, problem.y, bool(problem.classes), held_out, seed)
    x, y, x_valid, y_valid = _cut(x, y, bool(problem.classes), held_out, seed + 1)
    return Parts(x, y, x_valid, y_valid, x_test, y_test)


def _cut(x: Any, y: Any, classes: bool, share: float, seed: int) -> tuple[Any, Any, Any, Any]:
    """Two parts at random, with every class by its share where each has enough samples for that."""
    counts = np.unique(y, return_counts=True)[1]
    enough = classes and counts.min() >= 2 and int(min(share, 1 - share) * len(y)) >= len(counts)
    x_more, x_less, y_more, y_less = train_test_split(x, y, test_size=share, stratify=y if enough else None, seed=seed)
    return x_more, y_more, x_less, y_less


def write_plan(folder: Path, plan: Plan) -> None:
    """Keep the plan in its folder."""
    content = {"format": FORMAT, "program": f"chainrule {__version__}", **plan._asdict()}
    with replacing(folder / NAME) as file:
        file.write((json.dumps(content, indent=1) + "\n").encode())


def open_folder(folder: Path) -> Plan:
    """The plan of a folder.

    Raises UsageError when it is no folder of a training, or one of another version.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        version, program = content.pop("format"), content.pop("program")
        if version != FORMAT:
            what = f"{folder} was made by {program} in format {version}"
            raise UsageError(f"{what}; chainrule {__version__} reads format {FORMAT}")
        return Plan(**content)
    except OSError as error:
        raise UsageError(f"{folder} holds no training ({NAME}: {error.strerror})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{folder / NAME} is damaged: {error}") from error


def parts_of(plan: Plan, folder: Path) -> Parts:
    """What a plan is to learn, read and split again.

    Raises UsageError when it is no longer the same.
    """
    problem = read_problem(
        plan.data, plan.target, drop=plan.drop, task=plan.task, classes=plan.classes, features=plan.features
    )
    if problem.fingerprint() != plan.fingerprint:
        raise UsageError(f"{plan.data} is not what it was when {folder} was made: train anew")
    return split(problem, plan.held_out, plan.seed)
