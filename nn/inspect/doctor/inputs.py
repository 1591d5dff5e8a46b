"""Checks of the batch: its inputs, its classes, and whether the model mixes its samples."""

import numpy as np

from nn.arrays import plain
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.losses import taken_by
from nn.inspect.doctor.trial_step import TrialStep
from nn.layers import convolution, linear, normalization

_LARGE = 10.0  # the root mean square of a feature
_SMALL = 0.01  # the largest number of all
_APART = 1000.0  # between the largest numbers of two features

_FEW = 8  # so few labels may be equal by chance
_ROUNDING = 1e-5  # of the largest answer: a smaller change is rounding

# Classes of first layers: those that scale their input, and those that sum it.
_SCALING, _ADDING = normalization.__all__, (*linear.__all__, *convolution.__all__)


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
    return Found({"change": trial.mixing}) if trial.mixing > _ROUNDING else None
