"""Two questions to a model beside its step: is the gradient the slope of the loss, and does a sample affect others?"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.gradcheck.differences import quick
from nn.arrays import plain
from nn.errors import PredictionError
from nn.inspect.doctor.training import Training

__autograd_transparent__ = True  # messages name lines of the user's code

Array = NDArray[Any]

_CHANGE = 5e-3  # of the loss, that a difference should make
_LONGEST = 1e-3  # the length of a difference, as a fraction of the size of the parameters
_NOISE = 1e-3  # how much rounding may change a slope
_AWAY = 0.1  # how far the parameters are moved away from where they are, as a fraction of their size
_OFF = 0.05  # how far a slope may be from the gradient


def norm_of(arrays: Iterable[Array]) -> float:
    """The Euclidean norm of all entries."""
    return float(np.hypot.reduce([np.linalg.norm(x.astype(float).ravel()) for x in arrays], initial=0.0))


def slopes_of(training: Training, parameters: Mapping[str, Tensor]) -> dict[str, float]:
    """The slopes of the loss along its gradient that are off, in units of what the gradient says.

    Measured is the slope along the gradient of all parameters, under the name "", and of the first, which depends on
    the rules of all layers above it; if one of them is off, also of every other. The parameters are moved a little
    first, because at a kink, such as ReLU at exactly 0, a gradient is no slope.
    """
    free = {name: p for name, p in parameters.items() if p.requires_grad and p.size}
    if not free:
        return {}
    with training.restored():
        rng, size = np.random.default_rng(0), norm_of(p.data for p in free.values())
        away = _AWAY * size / sum(p.size for p in free.values()) ** 0.5
        for p in free.values():
            p.data = p.data + (away * rng.standard_normal(p.shape)).astype(p.dtype)
        try:
            loss, found = training.gradients(list(free.values()))
            along = {name: [(p, g)] for (name, p), g in zip(free.items(), found, strict=True) if g is not None}
            parts = {"": [pair for (pair,) in along.values()], **dict(list(along.items())[:1])}
            if not along or all(abs(_slope(training, loss, part) - 1.0) < _OFF for part in parts.values()):
                return {}
            slopes = {name: _slope(training, loss, part) for name, part in (parts | along).items()}
        except PredictionError:  # nan at this place
            return {}
    return {name: slope for name, slope in slopes.items() if abs(slope - 1.0) >= _OFF}


def _slope(training: Training, loss: float, along: list[tuple[Tensor, Array]]) -> float:
    """The slope in units of the gradient; 1 if rounding or a kink hides it."""
    length, size = norm_of(g for _, g in along), norm_of(p.data for p, _ in along)
    change, eps = min(_CHANGE * abs(loss), _LONGEST * size * length), max(np.finfo(p.dtype).eps for p, _ in along)
    if not eps * (max(abs(loss), 1.0) + size * length) < _NOISE * change:
        return 1.0

    def curve(t: float) -> Any:
        with training.restored():
            for p, g in along:
                p.data = p.data + (t / length * g).astype(p.dtype)
            return np.array([training.value()])

    found = quick(curve, np.array([loss]), change / length)
    slope, gap = found.value.item() / length, found.gap.item() / length
    return slope if abs(slope - 1.0) > abs(gap) else 1.0


def mixing_of(training: Training, prediction: Any) -> float | None:
    """How much answers in evaluation mode change, beside the largest, if other samples are replaced by copies of one.

    Layers for sequences may take (steps, samples, ...): the axis with the smallest change counts. None if none fits.
    """
    x = np.asarray(plain(training.x))
    if not isinstance(prediction, Tensor | np.ndarray) or not prediction.ndim or not x.size or x.ndim == 0:
        return None
    sequence = x.ndim > 2 or (x.ndim == 2 and x.dtype.kind in "iu")
    axes = [(a, b) for a in (0, 1) for b in range(prediction.ndim)] if sequence else [(0, 0)]
    fits = [(a, b) for a, b in axes if x.shape[a] == prediction.shape[b]]
    rows = [(0, 0)] * (prediction.shape[0] % len(x) == 0)
    return min((_change(training, x, a, b) for a, b in fits or rows if x.shape[a] > 2), default=None)


def _change(training: Training, x: Array, axis: int, out_axis: int) -> float:
    """The change of the answers for the samples in the middle, which stay: later samples may affect earlier ones."""
    n = x.shape[axis]
    other = np.moveaxis(x.copy(), axis, 0)
    other[: n // 3] = other[n - n // 3 :] = other[n // 2]
    answers = [np.moveaxis(training.answer(one), out_axis, 0) for one in (x, np.moveaxis(other, 0, axis))]
    first, second = (out.reshape(n, -1)[n // 3 : n - n // 3] for out in answers)
    return float(np.max(np.abs(first - second), initial=0.0)) / (float(np.max(np.abs(first), initial=0.0)) or 1.0)
