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
    error = type(trial.failure).__name__
    places = [note.removeprefix("in module ").partition(":")[0] for note in notes]
    measured = {"error": error, "text": " ".join([f"{error}: {trial.failure}", *notes])}
    return Found(measured, [place for place in places if place != "(outermost)"])


@finds("broadcast-loss")
def broadcast(trial: TrialStep) -> Found | None:
    """Predictions and targets of different shapes that broadcast to a larger array."""
    if isinstance(trial.failure, LossShapeError):
        return Found({"error": "LossShapeError"}, what=str(trial.failure))
    return Found(trial.seen.mixes[0]) if trial.seen is not None and trial.seen.mixes else None


@finds("activation-twice", "pass")
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
    return Found({"first": first}, [module] if module else [], "logarithms" if harmless else "", what)


@finds("loss-mismatch", "pass")
def mismatch(trial: TrialStep) -> Found | None:
    """A loss that does not fit the output of the model, or the targets."""
    if not isinstance(trial.prediction, Tensor | np.ndarray):
        return None
    takes, node = taken_by(trial.loss_function), source_of(trial.prediction)
    prediction, target = plain(trial.prediction), plain(trial.targets[0])
    op: Any = None if node is None else node.op
    limits = None if op is None or callable(op.facts.range) else op.facts.range
    if takes.startswith("class") and prediction.ndim > 1 and prediction.shape[1] == 1:
        return Found({"classes": 1, "shape": prediction.shape}, case="one-class")
    if takes.endswith("scores") and limits not in (None, PROBABILITIES, LOGARITHMS):
        return Found({"output": op.name, "low": limits[0], "high": limits[1]}, case="bounded-scores")
    if takes.endswith("log-probabilities") and prediction.ndim:
        sums = np.exp(prediction.astype(float)).sum(axis=1 if prediction.ndim > 1 else 0)
        if not np.allclose(sums, 1.0, atol=1e-2):
            return Found({"sum": float(np.ravel(sums)[0])}, case="no-logarithms")
    if takes == "numbers" and limits is not None and target.dtype.kind in "fiub" and target.size:
        low, high = limits
        outside = float(np.mean((target < low - _ROUNDING) | (target > high + _ROUNDING)))
        measured = {"outside": outside, "least": float(target.min()), "most": float(target.max())}
        if outside:
            return Found({"output": op.name, "low": low, "high": high, **measured}, case="out-of-reach")
    return None


_ROUNDING = 1e-6


def taken_by(loss: Any) -> str:
    """The kind of prediction that a loss of `nn` or a subclass takes; empty for any other loss."""
    return next((TAKES[key] for key in (loss, *type(loss).__mro__) if key.__hash__ and key in TAKES), "")


def repeated_activations(root: Any) -> list[tuple[Node, Node]]:
    """Pairs of nodes where the graph of a loss applies softmax or sigmoid directly to the result of another."""
    found = []
    for node in newest_first([root]):
        if not isinstance(node, Node) or not _squeezes(node):
            continue
        below = node.parents[0]
        while isinstance(below, Node) and below.op.facts.passes_on:
            below = below.parents[0]
        if isinstance(below, Node) and _squeezes(below) and (node.op.facts.kind == "softmax" or below.op is node.op):
            found.append((below, node))
    return found


def _squeezes(node: Node) -> bool:
    return bool(node.op.facts.kind == "softmax" or node.op.facts.range == PROBABILITIES)
