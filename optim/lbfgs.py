"""L-BFGS: a quasi-Newton method that estimates the curvature from the last steps, for losses without noise."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, nan
from operator import itemgetter
from typing import Annotated, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, enable_grad, is_grad_enabled
from autograd.recording import RECORDER
from optim.clip import NonFiniteGradientError
from optim.errors import ParameterError, UpdateError
from optim.groups import Parameters
from optim.hyperparameters import Choice, NonNegative, Whole
from optim.interrupts import undisturbed
from optim.line_search import Point, strong_wolfe
from optim.optimizer import _R, Optimizer
from optim.secants import Secants, Vector
from optim.state_dict import misfit
from optim.widths import DOUBLE

HISTORY = ("old_dirs", "old_stps", "ro")  # changes of the gradient y, steps s, and 1 / (y·s), the oldest first
histories_of: Callable[[Any], Any] = itemgetter(*HISTORY)
COPIED = ("d", "prev_flat_grad", "ro")  # with the state, which has arrays in their place

Arrays = Sequence[NDArray[Any]]
Closure = Callable[[], Any]


class LBFGS(Optimizer):
    """L-BFGS takes steps along −H·g, with the inverse Hessian H estimated from the last ``history_size`` steps.

    H is never formed. Each step s, which changed the gradient by y, adds one correction H ← (I − s·yᵀ/ρ)·H·
    (I − y·sᵀ/ρ) + s·sᵀ/ρ with ρ = y·s, starting from (ρ / y·y)·I. One call of `step` takes up to ``max_iter`` steps
    with up to ``max_eval`` evaluations of the loss (default ``max_iter`` · 5 / 4). It ends early if no entry of the
    gradient exceeds ``tolerance_grad``, or if loss or parameters change by less than ``tolerance_change``.

    ``lr`` is the step length in units of H·g, for the first step at most 1 / ‖g‖₁; with
    ``line_search_fn="strong_wolfe"`` it is the length that is tried first. Use the line search unless evaluations are
    expensive: the loss then falls in every step. ``closure`` computes the loss and its gradients; it is called several
    times and must be deterministic (no dropout, the same batch). There is only one group of parameters, and no
    ``functional``. Parameters without a gradient do not move.

    Source: Nocedal & Wright, Numerical optimization, 2nd ed. 2006, algorithms 7.4 and 7.5; names, defaults and
    tolerances are those of https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html. Raises
    HyperparameterError, ParameterError for a second group, and NonFiniteGradientError if the loss or a gradient is
    not finite where a step would start; the parameters are then reset to the last finite point.

    >>> from autograd import tensor
    >>> from optim import LBFGS
    >>> w = tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")
    >>> def closure():  # Rosenbrock's valley
    ...     optimizer.zero_grad()
    ...     loss = (1.0 - w[0]) ** 2 + 100.0 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> round(optimizer.step(closure).item(), 6)  # the loss before the step
    24.2
    >>> w.data.round(3)
    array([1., 1.])
    """

    _secants: Secants | None = None  # the history as matrices

    def __init__(
        self, params: Parameters, lr: NonNegative = 1, max_iter: Annotated[int, Whole()] = 20,
        max_eval: Annotated[int | None, Whole()] = None, tolerance_grad: NonNegative = 1e-7,
        tolerance_change: NonNegative = 1e-9, history_size: Annotated[int, Whole()] = 100,
        line_search_fn: Annotated[str | None, Choice(None, "strong_wolfe")] = None,
    ) -> None:  # fmt: skip
        if max_eval is None and isinstance(max_iter, int):
            max_eval = max(max_iter * 5 // 4, 1)
        super().__init__(params, **self._given(locals()))

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add the only group; a second one raises ParameterError, as all parameters share one curvature."""
        if self.param_groups:
            raise ParameterError("LBFGS treats all parameters as one vector: pass them in one group.")
        super().add_param_group(group)
        if not self._params:
            raise ParameterError("LBFGS: the list of parameters is empty, so there is nothing to optimize.")
        self._memory.update(self._no_memory())

    def step(self, closure: Callable[[], _R] | None = None) -> _R:
        """Take up to ``max_iter`` descent steps; returns the value of ``closure`` before the first.

        After an error in ``closure``, or Ctrl-C, the last complete step is kept. Raises UpdateError without a closure.
        """
        if closure is None:
            raise UpdateError("LBFGS.step() needs a closure that computes the loss and its gradients.")
        if (recorder := RECORDER.get()) is not None:
            recorder.refuse("LBFGS evaluates the loss a varying number of times: compile its closure instead")
        self._resolved(0, self.param_groups[0])
        loss, start = self._evaluate(closure)
        self.skipped: tuple[Tensor, ...] = tuple([p for p in self._params if p._grad is None])
        if self.skipped:
            self._notice_missing_gradients()
        self._require_finite(start)
        self._step_from(start, closure)
        return loss  # type: ignore[no-any-return]

    @property
    def _searches(self) -> bool:
        """Whether a step ends at a point where the loss was evaluated, so that the next one can start from it."""
        return bool(self.param_groups[0]["line_search_fn"]) and type(self).step is LBFGS.step

    def _step_from(self, start: Point, closure: Closure) -> Point:
        """Take one step from a known point, and return the point where it ends."""
        end = self._descend(closure, start, self._resolved(0, self.param_groups[0])[0])
        self.t += 1
        skipped = set(self.skipped)
        for p in self._params:
            self.state[p]["step"] += p not in skipped
        return end

    def functional(self, *args: Any, **hyper: Any) -> NoReturn:
        """Raise UpdateError: a step evaluates the loss at points of its own choice, not at given gradients."""
        raise UpdateError(
            "LBFGS has no functional(): its step evaluates the loss at points of its own choice. To differentiate "
            "through training, use an optimizer whose step is a formula, such as SGD or Adam."
        )

    def _descend(self, closure: Closure, point: Point, hyper: Mapping[str, Any]) -> Point:
        memory, change = self._memory, hyper["tolerance_change"]
        evaluations = 1
        memory["func_evals"] += 1
        for iteration in range(1, hyper["max_iter"] + 1):
            g = point.gradient
            if _largest(g) <= hyper["tolerance_grad"]:
                break
            d = undisturbed(self._direction, g)
            length = min(1.0, 1.0 / float(np.abs(g).sum())) * hyper["lr"] if memory["n_iter"] == 1 else hyper["lr"]
            memory.update(d=d, prev_flat_grad=g, t=0.0)  # nothing is known of a step that is broken off
            slope = float(g.dot(d))
            if not slope <= -change:
                break
            start = Point(0.0, point.value, g, slope)
            last = iteration == hyper["max_iter"]
            reach = _largest(d) if change else 1.0
            here = [p._data.copy() for p in self._params]
            try:
                if hyper["line_search_fn"]:
                    limit, narrow = max(hyper["max_eval"] - evaluations, 0), change / reach
                    point, count = self._search(closure, start, here, d, length, narrow, limit)
                else:
                    point, count = self._fixed_step(closure, start, here, d, length, last)
            except BaseException:
                undisturbed(self._put, here, 0.0, d)
                raise
            memory["t"] = point.step
            memory["func_evals"] += count
            evaluations += count
            still = reach * point.step <= change or abs(point.value - start.value) < change
            if evaluations >= hyper["max_eval"] or (still and not last):
                break
        return point

    def _direction(self, g: Vector) -> Vector:
        """−H·g, after adding the last step to the history."""
        memory = self._memory
        memory["n_iter"] += 1
        if memory["n_iter"] == 1:
            return -g
        y, s = g - memory["prev_flat_grad"], memory["d"] * memory["t"]
        product = float(y.dot(s))
        secants = self._recall(memory)
        if product > 1e-10:  # else the loss is not convex along the step, and H would not stay positive
            secants.add(y, s, product)
            memory["H_diag"] = product / float(y.dot(y))
        return secants.direction(g, memory["H_diag"])

    def _recall(self, memory: Mapping[str, Any], *known: Any) -> Secants:
        """The steps in the state as matrices; ``known`` is passed on to `Secants`."""
        changes, steps, ro = histories_of(memory)
        size = self.param_groups[0]["history_size"]
        if self._secants is None or not self._secants.are_of(changes, steps, ro, size):
            self._secants = Secants(changes, steps, ro, size, *known)
        return self._secants

    def _search(
        self, closure: Closure, start: Point, here: Arrays, d: Vector, length: float, narrow: float, limit: int
    ) -> tuple[Point, int]:
        now = 0.0

        def evaluate(length: float) -> Point:
            nonlocal now
            self._put(here, length, d)  # what interrupts this is met above
            now = length
            _, point = self._evaluate(closure)
            value = point.value if isfinite(point.value) else np.inf
            return Point(length, value, point.gradient, float(point.gradient.dot(d)))

        point, count = strong_wolfe(evaluate, start, length, narrow=narrow, limit=limit)
        if point.step != now:
            self._put(here, point.step, d)
        self._require_finite(point, point.step)
        return point, count

    def _fixed_step(
        self, closure: Closure, start: Point, here: Arrays, d: Vector, length: float, last: bool
    ) -> tuple[Point, int]:
        undisturbed(self._put, here, length, d)
        if last:  # what comes next may be another batch, so nothing is asked about this one
            return start._replace(step=length), 0
        _, point = self._evaluate(closure)
        self._require_finite(point, length)
        return point._replace(step=length), 1

    @property
    def _params(self) -> list[Tensor]:
        params: list[Tensor] = self.param_groups[0]["params"]
        return params

    @property
    def _memory(self) -> dict[str, Any]:
        """The estimate of the curvature; as in PyTorch, it is kept in the state of the first parameter."""
        return self.state[self._params[0]]

    def _no_memory(self) -> dict[str, Any]:
        nothing = self._vector([np.zeros_like(p.data) for p in self._params])
        counts = {"func_evals": 0, "n_iter": 0}
        return {**counts, "t": 0.0, "H_diag": 1.0, "d": nothing, "prev_flat_grad": nothing, **{k: [] for k in HISTORY}}

    def _vector(self, arrays: Arrays) -> Vector:
        # At least double precision: products of steps and changes of gradients are squares of small or large numbers.
        flat = arrays[0].flatten() if len(arrays) == 1 else np.concatenate([a.reshape(-1) for a in arrays])
        return flat if flat.dtype.itemsize >= DOUBLE.itemsize else flat.astype(DOUBLE)

    def _evaluate(self, closure: Closure) -> tuple[Any, Point]:
        """Loss and gradient at the current point, copied, because the closure may overwrite its own."""
        loss = closure() if is_grad_enabled() else enable_grad(closure)()
        gradients = [np.zeros_like(p._data) if p._grad is None else p._grad for p in self._params]
        return loss, Point(0.0, float(loss), self._vector(gradients), nan)

    def _put(self, here: Arrays, length: float, d: Vector) -> None:
        """Put the parameters at here + length·d, in their own memory."""
        offset = 0
        for p, x in zip(self._params, here, strict=True):
            part = d[offset : offset + x.size].reshape(x.shape)
            offset += x.size
            data = p._data if p._data.flags.writeable else x.copy()
            if length:
                np.add(x, length * part, out=data, casting="same_kind")
            else:
                data[...] = x
            p.data = data  # tells the engine that these are no longer the values of the forward pass

    def _require_finite(self, point: Point, length: float | None = None) -> None:
        if isfinite(point.value) and (isfinite(point.slope) or np.isfinite(point.gradient).all()):
            return  # a slope is a sum over all of the gradient
        where, advice = "where the step starts", ""
        if length is not None:
            where = f"after a step of length {length:g}, which was undone"
            if not self.param_groups[0]["line_search_fn"]:
                advice = " To shorten such steps, pass line_search_fn='strong_wolfe'."
        what = f"the loss is {point.value:g}" if not isfinite(point.value) else "a gradient is not finite"
        raise NonFiniteGradientError(f"LBFGS: {what} {where}.{advice}")

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state in PyTorch's layout, with the history as arrays of shape (steps, numbers)."""
        saved = super().state_dict()
        secants = self._recall(self._memory)
        direction = self._memory["d"]
        copies = {name: np.array(value) if name in COPIED else value for name, value in self._memory.items()}
        for name in HISTORY[:2]:
            copies[name] = np.array(copies[name], direction.dtype).reshape(-1, direction.size)
        if secants.added:
            copies.update(added=secants.added, inverse=secants.inverse.copy())  # on which the last bits depend
        saved["state"][0] = copies
        return saved

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned, or the state dict of PyTorch's LBFGS.

        Raises StateError, and changes nothing, if it does not fit.
        """
        saved = state_dict.get("state")
        loaded = self._read({} if saved is None else saved.get(0, saved.get("0", {})))
        if saved is not None:
            steps = {key: {"step": entry["step"]} for key, entry in saved.items() if "step" in entry}
            state_dict = {**state_dict, "state": steps}
        super().load_state_dict(state_dict)
        added, inverse = loaded.pop("added", 0), loaded.pop("inverse", None)
        self._memory.update({**self._no_memory(), **loaded})
        if inverse is not None and len(inverse) == min(added, self.param_groups[0]["history_size"]):
            self._recall(self._memory, added, inverse)

    def _read(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        known = {**self._memory, "added": 0, "inverse": None}
        size, dtype = known["d"].size, known["d"].dtype
        loaded: dict[str, Any] = {}
        for name, value in saved.items():
            if name in ("al", "prev_loss", "step"):  # PyTorch's scratch, and what the base class reads
                continue
            if name not in known:
                raise misfit("LBFGS", f"the state has {name}, which LBFGS does not use.")
            if value is None:
                continue
            try:
                if name in HISTORY:
                    loaded[name] = [float(x) if name == "ro" else np.asarray(x).astype(dtype) for x in value]
                elif name in ("d", "prev_flat_grad", "inverse"):
                    loaded[name] = np.asarray(value).astype(dtype)
                else:
                    loaded[name] = type(known[name])(value)
            except (TypeError, ValueError) as error:
                raise misfit("LBFGS", f"{name} in the state is {value!r:.60}: {error}.") from error
        vectors = [loaded[name] for name in ("d", "prev_flat_grad") if name in loaded]
        vectors += [x for name in HISTORY[:2] for x in loaded.get(name, ())]
        wrong = next((x.shape for x in vectors if x.shape != (size,)), None)
        if wrong is not None:
            raise misfit("LBFGS", f"the state has a vector of shape {wrong}, but needs ({size},).")
        count = len(loaded.get("ro", ()))
        if any(len(loaded.get(name, ())) != count for name in HISTORY) or (
            "inverse" in loaded and loaded["inverse"].shape != (count, count)
        ):
            raise misfit("LBFGS", "the histories in the state differ in length.")
        return loaded


def _largest(x: Vector) -> float:
    return float(np.maximum.reduce(np.abs(x), initial=0.0))
