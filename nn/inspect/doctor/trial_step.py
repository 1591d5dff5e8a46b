"""One training step with everything observed that the checks need.

A `TrialStep` only collects; the modules of checks interpret. It knows no kinds of layers.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.engine.graph import STATE, Node, Vertex
from autograd.modes import Watch, changed
from nn import layers
from nn.errors import PredictionError
from nn.inspect.doctor.restore import Restore
from nn.inspect.doctor.training import Training, gradients_of, plain_modes
from nn.module import Parameter
from nn.training.evaluation import number_of
from optim import NonFiniteGradientError

__autograd_transparent__ = True  # messages name lines of the user's code

Array = NDArray[Any]

_GATED = frozenset(name for name, kind in vars(layers).items() if getattr(kind, "_gated", False))

# Divisors of the learning rate, to see whether a smaller one would work.
FRACTIONS = (1.0, 10.0, 100.0, 1000.0)
MORE = 10  # steps, after one that raised the loss


class Activation(NamedTuple):
    """One application of an activation: its place, range and result, and the axis of the layer's units."""

    where: str
    range: tuple[float, float]
    out: Array
    axis: int
    node: Vertex | None


class Mix(NamedTuple):
    """A prediction and a target of different shapes that broadcast to an array larger than both."""

    op: str
    prediction: tuple[int, ...]
    target: tuple[int, ...]
    result: tuple[int, ...]


class Seen(Watch):
    """A record of what happens in a forward pass."""

    def __init__(self, restore: Restore) -> None:
        self.restore = restore
        # Leaves that require a gradient, with the module that used them; None for the loss.
        self.leaves: dict[int, tuple[Tensor, str | None]] = {}
        self.activations: list[Activation] = []
        self.first: str | None = None  # the class of the first module that applied an op
        self.in_loss = False
        self.shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None  # of prediction and target, in the loss
        self.mixes: list[Mix] = []
        self._layer, self._axis = "", -1

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        scope = STATE.get().scope
        self._note_leaves(xs, "the model" if scope is None else scope.path or scope.label)
        if self.in_loss:
            self._look_at_loss(op, data, out)
            return
        if self.first is None and scope is not None:
            self.first = scope.label
        if op.facts.kind == "product":
            self._axis = op.facts.units
            self._layer = "" if scope is None else str(scope.path or scope.label)
        elif op.facts.kind in ("elementwise", "whole") and op.facts.range and np.ndim(out) >= 2:
            self._axis = op.facts.units if op.facts.kind == "whole" else self._axis
            self._note_activation(op.facts.range, scope, data, out, result)

    def _note_leaves(self, xs: tuple[Any, ...], module: str | None) -> None:
        for x in xs:
            if isinstance(x, Tensor) and x.requires_grad and x.is_leaf and id(x) not in self.leaves:
                self.restore.adopt(x)
                self.leaves[id(x)] = x, None if self.in_loss else module

    def _note_activation(self, limits: Any, scope: Any, data: tuple[Any, ...], out: Array, result: Any) -> None:
        node = result._node if isinstance(result, Tensor) else None
        attributes = node.attrs if isinstance(node, Node) else None
        limits = limits(*data, **(attributes or {})) if callable(limits) else limits
        if limits is None or (scope is not None and scope.label in _GATED):
            return
        where = scope.path if scope is not None and scope.path else self._layer
        self.activations.append(Activation(where, limits, out, self._axis, node))

    def _look_at_loss(self, op: Any, data: tuple[Any, ...], out: Any) -> None:
        if self.shapes is None:
            return
        prediction, target = self.shapes
        given = [np.shape(x) for x in data if isinstance(x, np.ndarray)]
        size = np.size(out)
        if prediction != target and sorted(given) == sorted(self.shapes) and all(size > np.prod(s) for s in given):
            self.mixes.append(Mix(op.name, prediction, target, np.shape(out)))


class TrialStep:
    """A model, a loss, optimizers and a batch, and the observations from one step with them.

    ``prediction`` and ``loss`` are results. ``gradients`` maps names of parameters to gradients, None for parameters
    that the loss does not depend on; ``after`` is the same after one step. ``rates`` maps the divisor of the learning
    rate to the loss after one step; ``later`` is the loss after more. ``failure`` is the error that ended the pass.
    """

    def __init__(self, training: Training) -> None:
        self.training, self.model, self.loss_function = training, training.model, training.loss
        self.optimizers, self.x, self.targets = training.optimizers, training.x, training.targets
        self.parameters: dict[str, Parameter] = dict(self.model.named_parameters())
        self.modes = [(path, module, module.training) for path, module in self.model.named_modules()]
        self.stale: set[str] = {name for name, p in self.parameters.items() if p.grad is not None}
        self.prediction: Any = None
        self.loss: float | None = None
        self.root: Vertex | None = None  # of the loss, in the graph
        self.gradients: dict[str, Array | None] = {}
        self.hidden: list[tuple[str, Tensor]] = []  # leaves that require a gradient but that the model does not list
        self.after: dict[str, Array | None] = {}
        self.rates: dict[float, float] = {}
        self.later: float = np.inf  # the loss after more steps, if the first raised it
        self.warned: list[warnings.WarningMessage] = []
        self.failure: Exception | None = None
        self.one_way: list[str] = []
        self.seen: Seen | None = None

    def run(self) -> None:
        """Observe one step, and leave everything unchanged."""
        with plain_modes(), self.training.restored() as restore, np.errstate(all="ignore"):
            self.one_way = restore.one_way
            if self.one_way:
                return
            with warnings.catch_warnings(record=True) as self.warned:
                warnings.simplefilter("always")
                try:
                    with self.training.restored():
                        self._look(restore)
                    if self.optimizers and self.loss is not None and np.isfinite(self.loss):
                        self._step(self.loss)
                except Exception as error:  # becomes a finding
                    self.failure = error

    def _look(self, restore: Restore) -> None:
        """Run and observe the forward and backward pass."""
        self.seen = seen = Seen(restore)
        with changed(grad=True, scope=None, watch=seen):
            self.prediction = self.model(self.x)
            seen.in_loss = True
            if isinstance(self.prediction, Tensor | np.ndarray):  # not a tuple of several
                seen.shapes = self.prediction.shape, self.targets[0].shape
            loss = self.loss_function(self.prediction, *self.targets)
        self.loss = number_of(loss)
        self.root = loss._node if isinstance(loss, Tensor) else None
        found = gradients_of(loss, [leaf for leaf, _ in seen.leaves.values()])
        self.gradients = {name: found.get(id(p)) for name, p in self.parameters.items() if p.requires_grad}
        known = {id(p) for p in self.parameters.values()} | {id(self.x), *map(id, self.targets)}
        for leaf, module in seen.leaves.values():
            if module is not None and id(leaf) in found and id(leaf) not in known:
                place = restore.places.get(id(leaf)) or f"{leaf.name or 'a Tensor'} (used in {module})"
                self.hidden.append((place, leaf))

    def _step(self, loss: float) -> None:
        """Take one step with the given learning rate, and then with smaller ones while the loss rises."""
        for divisor in FRACTIONS:
            with self.training.restored():
                value = self.rates[divisor] = self._loss_after(1, divisor)
                if divisor == 1.0:
                    self.after = dict(zip(self.parameters, self._gradients(), strict=True))
                    if not value <= loss:
                        self.later = self._loss_after(MORE)
            if value <= loss:
                return

    def _gradients(self) -> list[Any]:
        try:
            return self.training.gradients(list(self.parameters.values()))[1]
        except PredictionError:  # nan after too long a step
            return [None] * len(self.parameters)

    def _loss_after(self, steps: int, divisor: float = 1.0) -> float:
        """The loss after some steps; nan if a step raises because of values that are not finite."""
        try:
            for _ in range(steps):
                self.training.step(divisor)
            return self.training.value()
        except (NonFiniteGradientError, PredictionError):
            return float("nan")
