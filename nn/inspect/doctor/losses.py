"""Checks of the loss: how it combines prediction and target, and whether it fits the output of the model."""

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.graph import Node, newest_first
from autograd.facts import LOGARITHMS, PROBABILITIES
from autograd.provenance import where
from nn.arrays import plain
from nn.errors import ActivationWarning, LossShapeError
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import TrialStep
from nn.losses.base import TAKES, source_of


@finds("fails")
def fails(trial: TrialStep) -> Found | None:
    """An error in the step, except one about the shapes in a loss, which `broadcast` reports."""
    if trial.failure is None or isinstance(trial.failure, LossShapeError):
        return None
    notes = [note for note in getattr(trial.failure, "__notes__", []) if note.startswith("in module ")]
    text = " ".join([f"{type(trial.failure).__name__}: {trial.failure}", *notes])
    places = [note.removeprefix("in module ").partition(":")[0] for note in notes]
    where = [place for place in places if place != "(outermost)"]
    error = type(trial.failure).__name__
    return Found(f"A step with this batch raises an error. {text}", where, {"error": error})


@finds("broadcast-loss")
def broadcast(trial: TrialStep) -> Found | None:
    """Predictions and targets of different shapes that broadcast to a larger array."""
    if isinstance(trial.failure, LossShapeError):
        return Found(str(trial.failure), (), {"error": "LossShapeError"})
    mixes = [] if trial.seen is None else trial.seen.mixes
    if not mixes:
        return None
    first = mixes[0]
    what = (
        f"In the loss, {first.op} broadcasts predictions of shape {first.prediction} and targets of shape "
        f"{first.target} to an array of shape {first.result}."
    )
    measured = {"prediction": first.prediction, "target": first.target, "result": first.result}
    return Found(what, (), measured)


@finds("activation-twice")
def twice(trial: TrialStep) -> Found | None:
    """A softmax or sigmoid right after another, as the losses of `nn` warn or as the graph shows."""
    told = [str(w.message) for w in trial.warned if issubclass(w.category, ActivationWarning)]
    repeated = [] if trial.root is None else repeated_activations(trial.root)
    if not told and not repeated:
        return None
    if told:
        what, harmless, node = told[0], "log_softmax, made at" in told[0], source_of(trial.prediction)
    else:
        node, second = repeated[0]
        what = f"{second.op.name} at {where(second)} is applied to the result of {node.op.name} at {where(node)}."
        harmless = node.op.facts.range == LOGARITHMS
    module = None if node is None or node.scope is None else node.scope.path
    first = "" if node is None else node.op.name
    return Found(what, [module] if module else [], {"first": first}, "logarithms" if harmless else "")


@finds("loss-mismatch")
def mismatch(trial: TrialStep) -> Found | None:
    """A loss that does not fit the output of the model, or the targets."""
    if trial.loss is None or not isinstance(trial.prediction, Tensor | np.ndarray):
        return None
    takes, node = _taken_by(trial.loss_function), source_of(trial.prediction)
    prediction, target = plain(trial.prediction), plain(trial.targets[0])
    op: Any = None if node is None else node.op
    limits = None if op is None or callable(op.facts.range) else op.facts.range
    if takes.startswith("class"):
        found = _of_one_class(prediction)
        if found is not None:
            return found
    if takes.endswith("scores") and limits is not None:
        return None if limits in (PROBABILITIES, LOGARITHMS) else _of_bounded_scores(op.name, limits)
    if takes.endswith("log-probabilities") and prediction.ndim:
        return _of_no_logarithms(prediction)
    if takes == "numbers" and limits is not None and target.dtype.kind in "fiub" and target.size:
        return _of_targets_out_of_reach(op.name, limits, target)
    return None


def _of_one_class(prediction: Any) -> Found | None:
    if prediction.ndim < 2 or prediction.shape[1] != 1:
        return None
    what = f"The loss chooses among classes, but the model returns a single score: shape {prediction.shape}."
    return Found(what, measured={"classes": 1}, case="one-class")


def _of_bounded_scores(output: str, limits: tuple[float, float]) -> Found:
    low, high = limits
    what = f"The loss expects unbounded scores, but the model ends with {output}, which returns {low:g} to {high:g}."
    return Found(what, measured={"output": output}, case="bounded-scores")


def _of_no_logarithms(prediction: Any) -> Found | None:
    sums = np.exp(prediction.astype(float)).sum(axis=1 if prediction.ndim > 1 else 0)
    if np.allclose(sums, 1.0, atol=1e-2):
        return None
    first = float(np.ravel(sums)[0])
    return Found(
        f"The loss expects log-probabilities, but the exponentials of the model's output sum to {first:.4g}, not to 1.",
        measured={"sum": first},
        case="no-logarithms",
    )


def _of_targets_out_of_reach(output: str, limits: tuple[float, float], target: Any) -> Found | None:
    low, high = limits
    outside = float(np.mean((target < low - _ROUNDING) | (target > high + _ROUNDING)))
    if not outside:
        return None
    return Found(
        f"The model ends with {output}, which returns {low:g} to {high:g}, but {outside:.0%} of the targets lie "
        f"outside; they range from {target.min():.4g} to {target.max():.4g}.",
        measured={"outside": outside, "output": output},
        case="out-of-reach",
    )


_ROUNDING = 1e-6


def _taken_by(loss: Any) -> str:
    """The kind of prediction that a loss of `nn` or a subclass takes; empty for any other loss."""
    return next((TAKES[key] for key in (loss, *type(loss).__mro__) if key.__hash__ and key in TAKES), "")


def repeated_activations(root: Any) -> list[tuple[Node, Node]]:
    """Pairs of nodes where the graph of a loss applies softmax or sigmoid directly to the result of another."""
    found = []
    for node in newest_first([root]):
        if not isinstance(node, Node) or not (_is_softmax(node) or _gives_probabilities(node)):
            continue
        below = node.parents[0]
        while isinstance(below, Node) and below.op.facts.passes_on:
            below = below.parents[0]
        if not isinstance(below, Node):
            continue
        squeezed = _is_softmax(below) or _gives_probabilities(below)
        if (squeezed and _is_softmax(node)) or (below.op is node.op and _gives_probabilities(node)):
            found.append((below, node))
    return found


def _is_softmax(node: Node) -> bool:
    return bool(node.op.facts.kind == "softmax")


def _gives_probabilities(node: Node) -> bool:
    return bool(node.op.facts.range == PROBABILITIES)
