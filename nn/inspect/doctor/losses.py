"""Checks of the loss, whether it fits the output of the model, and of the batch: its inputs, classes and samples."""

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.graph import Node, newest_first
from autograd.facts import LOGARITHMS, PROBABILITIES
from autograd.provenance import where
from nn.arguments import plain
from nn.errors import ActivationWarning, LossShapeError
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import TrialStep
from nn.layers import convolution, linear, normalization
from nn.losses.base import TAKES, source_of

_LARGE = 10.0  # the root mean square of a feature
_SMALL = 0.01  # the largest number of all
_APART = 1000.0  # between the largest numbers of two features

_FEW = 8  # so few labels may be equal by chance
_INEXACT = 1e-5  # of the largest answer: a smaller change is rounding

# Classes of first layers: those that scale their input, and those that sum it.
_SCALING, _ADDING = normalization.__all__, (*linear.__all__, *convolution.__all__)

_ROUNDING = 1e-6  # of targets beside the limits of an output


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


@finds("unscaled-inputs")
def unscaled(trial: TrialStep) -> Found | None:
    """Inputs that are large, small, or of very different scales, unless the first layer scales them."""
    x = np.asarray(plain(trial.x))
    first = None if trial.seen is None else trial.seen.first
    if x.dtype.kind not in "fiu" or not x.size or x.ndim < 2 or first in _SCALING or not np.isfinite(x).all():
        return None
    if x.dtype.kind in "iu" and first not in _ADDING:  # perhaps token numbers rather than quantities
        return None
    columns = np.abs(x.astype(float)).reshape(len(x), -1) if x.ndim == 2 else np.abs(x.astype(float)).reshape(-1, 1)
    rms, largest = np.sqrt(np.mean(columns**2, axis=0)), columns.max(axis=0)
    used = largest[largest > 0.0]
    if not used.size:
        return None
    measured = {"rms": float(rms.max()), "largest": float(used.max()), "smallest": float(used.min())}
    if rms.max() > _LARGE:
        return Found({"feature": int(rms.argmax()), **measured}, case="large" if x.ndim == 2 else "large-images")
    if used.max() < _SMALL:
        return Found(measured, case="small")
    return Found(measured, case="apart") if used.max() > _APART * used.min() else None


@finds("constant-inputs")
def constant(trial: TrialStep) -> Found | None:
    """Samples that are all equal."""
    x = np.asarray(plain(trial.x))
    if x.ndim == 0 or len(x) < 2 or not x.size or x.dtype.kind not in "fiub" or np.any(x != x[:1]):
        return None
    return Found({"samples": len(x), "words": "equal" if x.any() else "0"})


@finds("one-class-batch")
def one_class(trial: TrialStep) -> Found | None:
    """Labels that are all equal, as in data sorted by class."""
    target, takes = plain(trial.targets[0]), taken_by(trial.loss_function)
    labels = takes != "numbers" if takes else target.dtype.kind in "iub"
    if not labels or target.ndim == 0 or len(target) < _FEW:
        return None
    one_hot = takes.startswith("class") and target.dtype.kind == "f"
    label = float(np.argmax(target[0]) if one_hot else target.flat[0])
    differs = np.any(target != (target[:1] if one_hot else target.flat[0]))
    return None if differs else Found({"samples": len(target), "label": label})


@finds("samples-mixed", "answers")
def mixed(trial: TrialStep) -> Found | None:
    """Answers that change in evaluation mode when other samples of the batch are replaced."""
    assert trial.mixing is not None
    return Found({"change": trial.mixing}) if trial.mixing > _INEXACT else None
