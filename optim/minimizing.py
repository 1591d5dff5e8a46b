"""`minimize`: minimizes a function of arrays with any optimizer or with Newton's method, and records the path."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
import optim
from autograd import Tensor, enable_grad, hessian, is_grad_enabled, no_grad
from autograd.arrays import only_numbers
from autograd.collector import paused
from autograd.progress import Work, over
from autograd.pytree import flatten, leaves, unflatten
from autograd.trace import argument
from optim.clip import NonFiniteGradientError, norm_of
from optim.errors import HyperparameterError, ParameterError
from optim.lbfgs import LBFGS
from optim.line_search import Point
from optim.optimizer import Optimizer

__all__ = ["Minimum", "minimize"]

Method = str | type[Optimizer] | Callable[[list[Tensor]], Optimizer]
Callback = Callable[[int, Any, float], Any]


@dataclass(frozen=True, repr=False, eq=False)
class Minimum:
    """The result of `minimize`, and the path to it.

    ``x``, ``value``, ``gradient``: the last point, in the containers of ``x0``, and the function's value and gradient
    there. ``xs``, ``values``, ``gradient_norms``: the same for every step from ``x0`` on (with Euclidean norms over all
    entries); ``xs`` is an array of shape (steps + 1, *shape) if ``x0`` is an array, else a list. ``steps`` and
    ``evaluations``: the numbers of steps and of calls of the function. ``converged``: whether the tolerance or the
    target was reached; ``why``: the reason for stopping. ``method``: the repr of the optimizer. ``compiled``: the
    outcome of ``compile=True``.

    >>> import numpy as np
    >>> from optim import minimize
    >>> found = minimize(lambda x: ((x - 3.0) ** 2).sum(), np.array([0.0, 1.0]), method="newton")
    >>> found.x, found.steps, found.converged
    (array([3., 3.]), 1, True)
    >>> found.values
    array([13.,  0.])
    """

    x: Any
    value: float
    gradient: Any
    xs: Any
    values: NDArray[np.float64]
    gradient_norms: NDArray[np.float64]
    steps: int
    evaluations: int
    converged: bool
    why: str
    method: str
    compiled: str | None = None

    def __repr__(self) -> str:
        x = repr(self.x)
        return "\n".join(
            [
                f"Minimum: {'converged' if self.converged else 'not converged'}, {self.why}",
                f"  method    {self.method}",
                f"  steps     {self.steps}, with {self.evaluations} evaluations",
                f"  value     {self.value:.6g}, from {self.values[0]:.6g}",
                f"  gradient  norm {self.gradient_norms[-1]:.3g}, from {self.gradient_norms[0]:.3g}",
                f"  x         {x if len(x) < 200 else x[:197] + '...'}",
            ]
        )


def minimize(
    f: Callable[[Any], Any], x0: Any, method: Method = "lbfgs", *, max_steps: int = 1000, tolerance: float = 1e-6,
    target: float | None = None, callback: Callback | None = None, compile: bool = False, **hyper: Any,
) -> Minimum:  # fmt: skip
    """Minimize f from x0 until the norm of the gradient is at most ``tolerance``, and record the path.

    ``x0`` is an array, a number, or nested lists, tuples and dicts of these; ``f`` takes the same structure with
    Tensors as leaves, and returns a single number. ``method`` is the name of an optimizer ("sgd", "adam", "lbfgs",
    ...), its class, or a function that makes one from a list of parameters; ``hyper`` are its hyper-parameters, which
    may be schedules. "lbfgs" uses a strong Wolfe line search along every direction; so does "newton" along −H⁻¹·g, with
    the exact Hessian H, which suits up to a few hundred variables.

    It stops earlier if the value is at most ``target``, if ``callback(step, x, value)`` returns True, if a step changes
    nothing, or if a value or gradient is not finite (then the point before is returned).

    With ``compile``, value and gradient (and Newton's Hessian) are replayed as by `autograd.compile`: bit-identical
    results in less time; ``compiled`` of the result describes the outcome. A function that cannot be compiled is called
    as usual, and a CompileWarning gives the reason.

    Source: Nocedal & Wright, Numerical optimization, 2nd ed. 2006. Raises HyperparameterError for an unknown method or
    hyper-parameter, ParameterError unless x0 consists of real numbers and f returns a single number.

    >>> import numpy as np
    >>> from optim import minimize
    >>> def rosenbrock(x):
    ...     return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    >>> found = minimize(rosenbrock, np.array([-1.2, 1.0]), "newton")
    >>> found.converged, found.x.round(6), round(found.values[0].item(), 6), found.xs.shape == (found.steps + 1, 2)
    (True, array([1., 1.]), 24.2, True)
    >>> minimize(lambda p: (p["a"] - 3.0) ** 2, {"a": 0.0}, "sgd", lr=0.5).x
    {'a': 3.0}
    >>> again = minimize(rosenbrock, np.array([-1.2, 1.0]), "newton", compile=True)
    >>> again.xs.tolist() == found.xs.tolist()
    True
    """
    if not (isinstance(max_steps, int | np.integer) and max_steps >= 0):
        raise HyperparameterError(f"minimize: max_steps must be an integer >= 0; got {max_steps!r}.")
    if not tolerance >= 0:
        raise HyperparameterError(f"minimize: tolerance must be at least 0; got {tolerance!r}.")
    problem = _Problem(f, x0, compile)
    optimizer = _optimizer(method, problem, hyper)
    points: list[Any] = []
    values: list[float] = []
    norms: list[float] = []
    slope: list[NDArray[Any]] = []

    def walk() -> tuple[bool, str]:
        """Step to the end; whether it converged there, and why it ends."""
        for step in over(range(max_steps + 1)):
            value, gradients = problem.evaluate()
            norm = norm_of(gradients)
            finite = isfinite(value) and isfinite(norm)
            if points and not finite:
                return False, f"{_not_finite(value)} after step {step}"
            points.append(problem.pack([p._data for p in problem.params]))
            values.append(value)
            norms.append(norm)
            slope[:] = gradients
            if not finite:
                return False, f"{_not_finite(value)} at x0"
            if norm <= tolerance:
                return True, f"the norm of the gradient is at most {tolerance:g}"
            if target is not None and value <= target:
                return True, f"the value is at most {target:g}"
            if callback is not None and callback(step, points[-1], value) is True:
                return False, "the callback returned True"
            if step < max_steps:
                try:
                    moved = problem.step(optimizer)
                except NonFiniteGradientError as error:
                    return False, f"step {step + 1} failed: {error}"
                if not moved:
                    return False, "the step changed nothing"
        return False, f"the tolerance was not reached in {max_steps} steps"

    with Work(f"minimizing, at most {max_steps} steps", max_steps + 1):
        converged, why = walk()
    xs = np.stack(points) if isinstance(problem.tree, np.ndarray) else points
    return Minimum(
        points[-1], values[-1], problem.pack(slope), xs, np.array(values), np.array(norms), len(points) - 1,
        problem.evaluations, converged, why, _name(optimizer), problem.words(),
    )  # fmt: skip


def _not_finite(value: float) -> str:
    return "the gradient is not finite" if isfinite(value) else f"the value is {value:g}"


class _Problem:
    def __init__(self, f: Callable[[Any], Any], x0: Any, compiled: bool) -> None:
        self.f = f
        self.params = [argument(_real(x, path)) for path, x in leaves(x0)]
        self.tree = unflatten(x0, (x.data if isinstance(x, Tensor) else x for x in flatten(x0)))
        if not self.params:
            raise ParameterError("minimize: x0 contains no numbers, so there is nothing to minimize over.")
        self.evaluations = 0
        self._are_arrays = [isinstance(x, np.ndarray) for x in flatten(self.tree)]
        self._reached: tuple[list[bytes], Point] | None = None  # where the last step has ended
        self._known: tuple[list[bytes], float, list[NDArray[Any]]] | None = None
        self._compiled: list[Any] | None = [] if compiled else None
        self._computed = self.compiled(_with_slopes(f, self.tree, self.params))

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, compiled if requested."""
        if self._compiled is None:
            return function
        function.__name__ = getattr(self.f, "__name__", "f")
        self._compiled.append(autograd.compile(function))
        return self._compiled[-1]  # type: ignore[no-any-return]

    def words(self) -> str | None:
        """The outcome of compiling."""
        return None if self._compiled is None else "\n".join(function.explain() for function in self._compiled)

    def pack(self, arrays: list[NDArray[Any]]) -> Any:
        """Copies in the containers of x0; numbers where it has numbers."""
        if self.tree.__class__ is np.ndarray:
            return arrays[0].copy()
        pairs = zip(arrays, self._are_arrays, strict=True)
        return unflatten(self.tree, iter([a.copy() if is_array else a.item() for a, is_array in pairs]))

    def _place(self) -> list[bytes]:
        return [p._data.tobytes() for p in self.params]

    def evaluate(self) -> tuple[float, list[NDArray[Any]]]:
        """Value and gradients at the current point, which are computed only once per point."""
        place = self._place()
        if self._known is None or self._known[0] != place:
            self.evaluations += 1
            value, gradients = paused(self._computed)
            self._known = place, float(value.item()), gradients
        return self._known[1:]

    def step(self, optimizer: Optimizer) -> bool:
        """One step; whether it changed anything, or another one may."""
        before = self._place()
        if isinstance(optimizer, LBFGS) and optimizer._searches:
            place, start = self._reached or (None, None)
            if start is None or place != before:  # the first step; or a callback has moved the parameters
                start = optimizer._evaluate(self.closure)[1]
            end = optimizer._step_from(start, self.closure)
            after = self._place()
            self._reached = after, end
        else:
            optimizer.step(self.closure)
            after = self._place()
        return after != before or optimizer.rests

    def closure(self) -> float:
        """The closure for `Optimizer.step`: returns the loss, and sets the gradients of the parameters."""
        value, gradients = self.evaluate()
        for p, g in zip(self.params, gradients, strict=True):
            p._grad = g.copy()
        return value


def _with_slopes(f: Callable[[Any], Any], tree: Any, params: list[Tensor]) -> Callable[[], Any]:
    """A function that gives the value of another at some parameters, and its gradients."""

    def computed() -> tuple[NDArray[Any], list[NDArray[Any]]]:
        live = f if is_grad_enabled() else enable_grad(f)
        value = live(unflatten(tree, iter(params)))
        if not isinstance(value, Tensor) or value.size != 1:
            shape = f" of shape {value.shape}" if hasattr(value, "shape") else ""
            raise ParameterError(
                f"minimize: f must return a single number computed from its argument, not a "
                f"{type(value).__name__}{shape}."
            )
        found = (value.reshape(()) if value.ndim else value).gradient(*params, allow_unused=True)
        gradients = [np.zeros_like(p._data) if g is None else g.data for g, p in zip(found, params, strict=True)]
        return value.data, gradients

    return computed


def _of_vector(f: Callable[[Any], Any], tree: Any, shapes: list[tuple[int, ...]]) -> Callable[[Any], Any]:
    """The function, with all its variables as one vector."""

    def parts(v: Any) -> Iterator[Any]:
        offset = 0
        for shape in shapes:
            size = prod(shape)
            yield v[offset : offset + size].reshape(shape)
            offset += size

    return lambda v: f(unflatten(tree, parts(v)))


class _Newton(LBFGS):
    """L-BFGS with the exact Hessian, plus the smallest tried multiple of I that makes it positive definite."""

    curvature: Callable[[NDArray[Any]], NDArray[Any]]

    def _direction(self, g: NDArray[Any]) -> NDArray[Any]:
        h = self.curvature(self._vector([p.data for p in self._params]))
        shift, unit = 0.0, np.eye(g.size, dtype=g.dtype)
        while True:
            try:
                np.linalg.cholesky(h + shift * unit)
            except np.linalg.LinAlgError:
                shift = max(2.0 * shift, 1e-3 * float(np.abs(h).max()), 1e-8)
            else:
                return -np.linalg.solve(h + shift * unit, g)


def _real(x: Any, path: str) -> Any:
    """A leaf of x0 as a new array."""
    array = np.array(x.data if isinstance(x, Tensor) else only_numbers(x, f"minimize: x0{path}"))
    if array.dtype.kind not in "iuf":
        raise ParameterError(
            f"minimize: x0{path} must be an array of real numbers, not {type(x).__name__} of {array.dtype}."
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


# L-BFGS does one step at a time here, and `minimize` itself looks after its end.
_STEPWISE = {"max_iter": 1, "max_eval": 26, "tolerance_grad": 0.0, "tolerance_change": 0.0}


def _methods() -> dict[str, type[Optimizer]]:
    """Newton's method, and all optimizers of the package, by their lower-case names."""
    found = (getattr(optim, name) for name in dir(optim) if name[0].isupper())
    optimizers = (cls for cls in found if inspect.isclass(cls) and issubclass(cls, Optimizer) and cls is not Optimizer)
    return {"newton": _Newton, **{cls.__name__.lower(): cls for cls in optimizers}}


def _optimizer(method: Any, problem: _Problem, hyper: Mapping[str, Any]) -> Optimizer:
    params = problem.params
    if isinstance(method, str):
        methods = _methods()
        if method.lower() not in methods:
            near = get_close_matches(method.lower(), methods, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise HyperparameterError(
                f"minimize: there is no method {method!r}. Choose from {', '.join(sorted(methods))}.{hint}"
            )
        method = methods[method.lower()]
    if inspect.isclass(method) and issubclass(method, Optimizer):
        unknown = [name for name in hyper if name not in method.rules]
        if unknown:
            raise HyperparameterError(
                f"minimize: {method.__name__.strip('_')} has no hyper-parameter {unknown[0]}; it has "
                f"{', '.join(method.rules)}."
            )
        if issubclass(method, LBFGS):
            hyper = {**_STEPWISE, "line_search_fn": "strong_wolfe", **hyper}
        optimizer = method(params, **hyper)
    elif callable(method) and not hyper:
        optimizer = method(params)
    else:
        raise HyperparameterError(
            "minimize: method must be a name, an optimizer class, or a function that makes an optimizer from a list of "
            f"parameters and takes no further hyper-parameters; got {method!r} with {sorted(hyper)}."
        )
    if not isinstance(optimizer, Optimizer):
        raise HyperparameterError(f"minimize: the method must make an optimizer, not a {type(optimizer).__name__}.")
    if isinstance(optimizer, _Newton):
        # Plain also where the function uses the parameters of a model, which are not asked about.
        of_vector = _of_vector(problem.f, problem.tree, [p.shape for p in problem.params])
        optimizer.curvature = partial(paused, no_grad(problem.compiled(hessian(of_vector))))
    return optimizer


def _name(optimizer: Optimizer) -> str:
    """The optimizer's name with its hyper-parameters that are not the default."""
    group = optimizer.param_groups[0]
    defaults = {n: p.default for n, p in inspect.signature(type(optimizer)).parameters.items()}
    own = {**defaults, **_STEPWISE, "line_search_fn": "strong_wolfe"} if isinstance(optimizer, LBFGS) else defaults
    said = [f"{name}={group[name]!r}" for name in optimizer.rules if name == "lr" or group[name] != own.get(name)]
    return f"{type(optimizer).__name__.strip('_')}({', '.join(said)})"
