"""A model, a loss, optimizers and a batch under examination: repeatable passes and steps, and questions to them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, no_grad
from autograd.gradcheck.differences import quick
from autograd.modes import changed
from nn.arguments import plain
from nn.errors import PredictionError
from nn.inspect.doctor.restore import Restore
from nn.module import Module
from nn.training.evaluation import dtype_of, number_of, parts_of
from optim import LBFGS, Optimizer

__autograd_transparent__ = True  # messages name lines of the user's code


Array = NDArray[Any]

_CHANGE = 5e-3  # of the loss, that a difference should make
_LONGEST = 1e-3  # the length of a difference, as a fraction of the size of the parameters
_NOISE = 1e-3  # how much rounding may change a slope
_AWAY = 0.1  # how far the parameters are moved away from where they are, as a fraction of their size
_OFF = 0.05  # how far a slope may be from the gradient


def plain_modes() -> AbstractContextManager[None]:
    """Compute as in training: with a graph, and without any modes the user has switched on."""
    return changed(grad=True, scope=None, watch=None, readings=None)


class Training:
    """A frozen training run: each pass starts from the same generators, buffers and module attributes."""

    def __init__(self, model: Module, loss: Callable[..., Any], optimizers: Sequence[Optimizer], batch: Any) -> None:
        self.model, self.loss, self.optimizers = model, loss, list(optimizers)
        if isinstance(batch, list | tuple) and not batch:
            raise ValueError("the batch is empty: pass a pair such as (x, y).")
        self.x, self.targets = parts_of(batch, dtype_of(model))
        self.groups = [group for o in self.optimizers for group in o.param_groups]
        self.trained = {id(p): p for group in self.groups for p in group["params"]}
        self.brief = not any(isinstance(o, LBFGS) for o in self.optimizers)  # one step of LBFGS is many

    def restored(self) -> Restore:
        """Return a ``with`` block whose changes are all undone."""
        return Restore(model=self.model, loss=self.loss, optimizers=self.optimizers, batch=self.x, targets=self.targets)

    def gradients(self, leaves: Sequence[Tensor]) -> tuple[float, list[Any]]:
        """The loss and its gradients as arrays, None for leaves that it does not depend on."""
        with self.restored():
            loss = self.loss(self.model(self.x), *self.targets)
            found = gradients_of(loss, leaves)
            return number_of(loss), [found.get(id(leaf)) for leaf in leaves]

    def value(self) -> float:
        """The loss."""
        with self.restored(), no_grad():
            return number_of(self.loss(self.model(self.x), *self.targets))

    def answer(self, x: Any) -> Any:
        """The prediction for an input in evaluation mode, as an array."""
        with self.restored(), no_grad():
            return np.asarray(plain(self.model.eval()(x)))

    def step(self) -> None:
        """Take one step with all optimizers; this changes the model."""
        leaves = list(self.trained.values())

        def closure() -> float:
            loss, gradients = self.gradients(leaves)
            for p, g in zip(leaves, gradients, strict=True):
                p.grad = g
            return loss

        closure()
        for optimizer in self.optimizers:
            optimizer.step(closure if isinstance(optimizer, LBFGS) else None)

    def change(self, divisor: float = 1.0, *, decay: bool = True, memory: bool = True) -> None:
        """Divide the learning rates by a number, switch weight decay off, or forget earlier steps."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                rate = group["lr"]
                group["lr"] = (lambda t, rate=rate: rate(t) / divisor) if callable(rate) else float(rate) / divisor
                if not decay and "weight_decay" in group:
                    group["weight_decay"] = 0.0
                if not memory:
                    optimizer.state.update({p: optimizer.new_state(p, group) for p in group["params"]})
            optimizer._forget()

    def warms_up(self) -> bool:
        """Whether the learning rate may rise: training has not begun, and there is a schedule or scheduler."""
        new = (group for group in self.groups if not any(o.t for o in self.optimizers))
        return any(callable(group["lr"]) or "initial_lr" in group for group in new)


def gradients_of(loss: Any, leaves: Sequence[Any]) -> dict[int, Any]:
    """The gradients of a loss as arrays, by the id of each Tensor that it depends on."""
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {}
    wanted = {id(t): t for t in leaves if isinstance(t, Tensor) and t.requires_grad}
    found = loss.gradient(*wanted.values(), allow_unused=True)
    return {key: g.data for key, g in zip(wanted, found, strict=True) if g is not None}


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
