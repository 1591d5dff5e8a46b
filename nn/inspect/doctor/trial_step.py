"""One training step with everything observed that the checks need, and a few more steps to compare it with."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor
from autograd.engine.graph import STATE, Node, Vertex
from autograd.modes import Watch, changed
from nn import layers
from nn.errors import PredictionError
from nn.inspect.doctor.restore import Restore
from nn.inspect.doctor.training import Array, Training, gradients_of, mixing_of, norm_of, plain_modes, slopes_of
from nn.module import Parameter
from nn.training.evaluation import number_of
from optim import NonFiniteGradientError

__autograd_transparent__ = True  # messages name lines of the user's code

_GATED = frozenset(name for name, kind in vars(layers).items() if getattr(kind, "_gated", False))

# Divisors of the learning rate, to see whether a smaller one would work, and whether any would.
FRACTIONS = (1.0, 10.0, 100.0, 1000.0)
TINY = (1e3, 1e4, 1e5, 1e6)
# Its multiples, to see whether a larger one would work, if the loss falls by less than this fraction.
MULTIPLES = (1e2, 1e4, 1e6, 1e8, 1e10)
SLOW = 0.01
NOISE = 1e-6  # of the loss: rounding
MORE = 10  # trial steps


class Activation(NamedTuple):
    """One application of an activation: its place, range and result, and the axis of the layer's units."""

    where: str
    range: tuple[float, float]
    out: Array
    axis: int
    node: Vertex | None


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
        self.mixes: list[dict[str, Any]] = []  # predictions and targets that broadcast to an array larger than both
        self.outputs: dict[str, Tensor] = {}  # the result of the last op in each module, in the order of first ops
        self._layer, self._axis = "", -1

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        scope = STATE.get().scope
        self._note_leaves(xs, "the model" if scope is None else scope.path or scope.label)
        if self.in_loss:
            self._look_at_loss(op, data, out)
            return
        if scope is not None and scope.path and isinstance(result, Tensor):
            self.outputs[scope.path] = result
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
            self.mixes.append({"op": op.name, "prediction": prediction, "target": target, "result": np.shape(out)})


class Walk(NamedTuple):
    """The loss after ten steps, and the size and the way of the parameters as fractions of their size before."""

    loss: float
    size: float
    way: float


class TrialStep:
    """A model, a loss, optimizers and a batch, and the observations from one step with them.

    ``prediction`` and ``loss`` are results. ``gradients`` maps names of parameters to gradients, None for parameters
    that the loss does not depend on; ``after`` is the same after one step. ``rates`` maps the divisor of the learning
    rate to the loss after one step; ``walk`` is what ten steps do. ``failure`` is the error that ended the pass.
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
        self.pull: Array | None = None  # the gradient at the prediction
        self.deltas: dict[str, float] = {}  # the norm of the gradient at the output of each layer, in calling order
        self.hidden: list[tuple[str, Tensor]] = []  # leaves that require a gradient but that the model does not list
        self.slopes: dict[str, float] = {}  # those of the loss that differ from its gradient, see `slopes_of`
        self.after: dict[str, Array | None] = {}
        self.rates: dict[float, float] = {}
        self.tiny: dict[float, float] = {}  # the same without decay and momentum, if none of them lowers the loss
        self.walk = Walk(np.inf, 1.0, 0.0)  # ten steps
        self.undecayed: Walk | None = None  # as many without decay
        self.multiples: dict[float, float] = {}  # the loss after as many steps with a larger rate, if it hardly falls
        self.mixing: float | None = None  # see `mixing_of`
        self.unasked = "the model does not return an array with a row for each of at least three samples"
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
                    if self.loss is not None and np.isfinite(self.loss):
                        self.slopes = slopes_of(self.training, self.parameters)
                        if self.optimizers:
                            self._step(self.loss)
                            if self.training.brief or self.rates[1.0] > self.loss:
                                self._walk(self.loss)
                except Exception as error:  # becomes a finding
                    self.failure = error
                    return
                try:
                    self.mixing = mixing_of(self.training, self.prediction)
                except Exception as error:  # is named in the report
                    self.unasked = f"the model raises {type(error).__name__} in evaluation mode"

    def lacks(self, need: str) -> str:
        """Why an observation is missing; empty if it is there."""
        if need in ("optimizer", "steps") and not self.optimizers:
            return "no optimizer was given"
        if need in ("pass", "steps", "answers") and self.loss is None:
            return "the model was not run" if self.one_way else "the pass failed"
        if need == "steps" and not self.rates:
            return "the loss is not finite" if self.failure is None else "the step failed"
        return self.unasked if need == "answers" and self.mixing is None else ""

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
        layered = {path for path, module in self.model.named_modules() if list(module.parameters(recurse=False))}
        outputs = {path: out for path, out in seen.outputs.items() if path in layered}
        leaves = [leaf for leaf, _ in seen.leaves.values()]
        found = gradients_of(loss, [self.prediction, *outputs.values(), *leaves])
        self.gradients = {name: found.get(id(p)) for name, p in self.parameters.items() if p.requires_grad}
        self.pull = found.get(id(self.prediction))
        self.deltas = {path: norm_of([found[id(out)]]) for path, out in outputs.items() if id(out) in found}
        known = {id(p) for p in self.parameters.values()} | {id(self.x), *map(id, self.targets)}
        for leaf, module in seen.leaves.values():
            if module is not None and id(leaf) in found and id(leaf) not in known:
                place = restore.places.get(id(leaf)) or f"{leaf.name or 'a Tensor'} (used in {module})"
                self.hidden.append((place, leaf))

    def _step(self, loss: float) -> None:
        """Take one step with the given learning rate, and then with smaller ones while the loss rises."""
        for divisor in FRACTIONS:
            with self.training.restored():
                self.training.change(divisor)
                value = self.rates[divisor] = self._loss_after(1)
                if divisor == 1.0 and np.isfinite(value):
                    gradients = self.training.gradients(list(self.parameters.values()))[1]
                    self.after = dict(zip(self.parameters, gradients, strict=True))
            if value <= loss:
                return
        for divisor in TINY if self.training.brief else ():
            with self.training.restored():
                self.training.change(divisor, decay=False, memory=False)
                self.tiny[divisor] = self._loss_after(1)

    def _walk(self, loss: float) -> None:
        """Take ten steps, and as many without decay and, if the loss hardly falls, with larger rates."""
        self.walk = self._walked()
        if any(group.get("weight_decay") for group in self.training.groups):
            self.undecayed = self._walked(decay=False)
        last, slow = self.walk.loss, abs(loss - self.walk.loss) < SLOW * abs(loss)
        for factor in MULTIPLES if slow and not self.training.warms_up() else ():
            self.multiples[factor] = value = self._walked(1.0 / factor).loss
            if not value <= last + NOISE * abs(loss):
                break
            last = value

    def _walked(self, divisor: float = 1.0, **changes: bool) -> Walk:
        """Take ten steps."""
        with self.training.restored():
            parameters = self.training.trained.values()
            before, size = [p.data.copy() for p in parameters], norm_of(p.data for p in parameters) or 1.0
            self.training.change(divisor, **changes)
            loss = self._loss_after(MORE)
            way = norm_of(p.data - old for p, old in zip(parameters, before, strict=True))
            return Walk(loss, norm_of(p.data for p in parameters) / size, way / size)

    def _loss_after(self, steps: int) -> float:
        """The loss after some steps; nan if a step raises because of values that are not finite."""
        try:
            for _ in range(steps):
                self.training.step()
            return self.training.value()
        except (NonFiniteGradientError, PredictionError):
            return float("nan")
