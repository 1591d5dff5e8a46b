"""Checks of the inputs, and of the size of the step."""

import numpy as np

from autograd.engine.tensor import plain
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import MORE, TrialStep
from nn.layers import convolution, linear, normalization

_LARGE = 10.0  # the root mean square of a feature
_SMALL = 0.01  # the largest number of all
_APART = 1000.0  # between the largest numbers of two features

_RISE = 0.1  # as a fraction of the loss; less is rounding, or the swing of momentum late in training

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
        what = f"The inputs are large: feature {int(rms.argmax())} has root mean square {rms.max():.4g}."
        if x.ndim != 2:
            what = f"The inputs are large: their root mean square is {rms.max():.4g}."
    elif used.max() < _SMALL:
        what = f"The inputs are small: none exceeds {used.max():.3g} in magnitude."
    elif used.max() > _APART * used.min():
        what = f"The features have very different scales: their largest magnitudes range from {used.min():.3g} to "
        what += f"{used.max():.3g}."
    else:
        return None
    return Found(what, (), measured)


@finds("rate-too-high")
def rate(trial: TrialStep) -> Found | None:
    """The step raises the loss lastingly, and a smaller step in the same direction lowers it."""
    if trial.loss is None or 1.0 not in trial.rates:
        return None
    raised, better = trial.rates[1.0], [d for d, value in trial.rates.items() if value <= trial.loss]
    if raised <= trial.loss + _RISE * abs(trial.loss) or trial.later <= trial.loss or not better:
        return None
    what = (
        f"One step raises the loss on this batch from {trial.loss:.4g} to {raised:.4g}; after {MORE} more steps it is "
        f"{trial.later:.4g}."
    )
    measured = {"before": trial.loss, "after": raised, "later": trial.later, "divide_by": better[0]}
    return Found(what, (), measured, numbers={"divide_by": better[0], "lowered": trial.rates[better[0]]})
