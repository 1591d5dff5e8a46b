"""Shared by the classifier and the regressor: parameters, the training loop, and passes through the network."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from math import inf
from multiprocessing import parent_process
from numbers import Integral
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from autograd import no_grad
from autograd.arrays import only_numbers
from nn import init
from nn.layers import MLP, Linear
from nn.layers.activations.names import ACTIVATIONS
from nn.penalties import l2
from optim import LBFGS, SGD, Adam, Optimizer, decay_groups

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

_ACTIVATIONS = {"logistic": "sigmoid"}  # scikit-learn's name: ours
_LARGEST_BATCH = 200  # of batch_size="auto"
_PREDICTED_AT_ONCE = 10_000
# Allowed ranges of settings. scikit-learn expects them to be checked in fit, not in the constructor.
_RANGES = dict.fromkeys(("alpha", "tol"), (0.0, inf)) | dict.fromkeys(("momentum", "beta_1", "beta_2"), (0.0, 1.0))
_RANGES["n_iter_no_change"] = (1, inf)


@dataclass(eq=False, repr=False)
class Estimator(BaseEstimator):  # type: ignore[misc]
    """A network as an estimator; subclasses define the targets, the loss and the score."""

    hidden_layer_sizes: Sequence[int] | int = (100,)
    activation: str = "relu"
    _: KW_ONLY
    solver: str = "adam"
    alpha: float = 1e-4
    batch_size: int | str = "auto"
    learning_rate_init: float | Callable[[int], float] = 1e-3
    max_iter: int = 200
    shuffle: bool = True
    random_state: int | np.random.RandomState | None = None
    tol: float = 1e-4
    verbose: bool = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int = 10

    module_: MLP = field(init=False)
    n_outputs_: int = field(init=False)
    _numeric: ClassVar[bool] = False  # whether targets are numbers

    def _read_targets(self, y: Any, known: bool) -> Array:
        """Convert targets for the loss; ``known`` if the classes or the number of outputs are already fixed."""
        raise NotImplementedError

    def _losses(self, output: Any, targets: Array, *, reduction: str) -> Any:
        raise NotImplementedError

    def _judge(self, x: Array, targets: Array, weight: Array | None) -> float:
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on samples ``X`` (n, features) with targets ``y``; returns the estimator.

        ``sample_weight`` (n,) weights the samples: 2 counts a sample twice, 0 ignores it. Training ends with a
        ConvergenceWarning after ``max_iter`` epochs, or earlier if the loss has not fallen by more than ``tol`` for
        ``n_iter_no_change`` epochs. With ``early_stopping``, the score on held-out samples decides instead, and the
        best weights are restored.

        Raises ValueError for a parameter out of range and for mismatched data.
        """
        _check_settings(self)
        again = self.warm_start and hasattr(self, "module_")
        return self._train(X, y, sample_weight, self.max_iter, fresh=not again, known=again)

    def _partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, *, known: bool) -> Self:
        _check_settings(self)
        if self.early_stopping:
            raise ValueError("partial_fit sees only part of the data at a time and does not support early_stopping.")
        return self._train(X, y, sample_weight, 1, fresh=not hasattr(self, "module_"), known=known, warn=False)

    def _goes_in_parts(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs the solver 'adam' or 'sgd': 'lbfgs' needs all data at once.")
        return True

    def _read(
        self, X: Any, y: Any, sample_weight: Any, *, known: bool, reset: bool
    ) -> tuple[Array, Array, Array | None]:
        for name, given in (("X", X), ("y", y), ("sample_weight", sample_weight)):
            only_numbers(given, name)
        how: dict[str, Any] = {"multi_output": True, "y_numeric": self._numeric, "reset": reset}
        x, y = validate_data(self, X, y, dtype=(np.float64, np.float32), **how)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, x, dtype=x.dtype)
        if weight is not None and (weight < 0.0).any():
            raise ValueError(f"sample_weight must be 0 or more, but contains {weight.min()}.")
        return x, self._read_targets(y, known), weight

    def _start(self, features: int, dtype: Any) -> None:
        state = check_random_state(self.random_state)
        self._rng = np.random.default_rng(state.randint(np.iinfo(np.int32).max))
        sizes = _widths(self.hidden_layer_sizes)
        activation = _ACTIVATIONS.get(self.activation, self.activation)
        self.module_ = MLP([features, *sizes, self.n_outputs_], activation, dtype=dtype, rng=self._rng)
        for layer in self._layers():
            if getattr(ACTIVATIONS[activation.lower()], "_balanced", False):
                init.xavier_uniform_(layer.weight, rng=self._rng)
            else:
                init.kaiming_uniform_(layer.weight, nonlinearity="relu", rng=self._rng)
            init.zeros_(layer.bias)
        self._optimizer = self._make_optimizer()
        self.n_iter_, self.t_ = 0, 0
        self.n_layers_: int = len(sizes) + 2
        self.loss_curve_: list[float] = []
        self.best_loss_: float | None = np.inf
        self.validation_scores_: list[float] | None = None
        self.best_validation_score_: float | None = None

    def _make_optimizer(self) -> Optimizer:
        groups, lr = decay_groups(self.module_), self.learning_rate_init
        if self.solver == "adam":
            return Adam(groups, lr=lr, betas=(self.beta_1, self.beta_2), eps=self.epsilon)
        if self.solver == "sgd":
            nesterov = self.nesterovs_momentum and self.momentum > 0
            return SGD(groups, lr=lr, momentum=self.momentum, nesterov=nesterov)
        return LBFGS(self.module_.parameters(), max_iter=self.max_iter, line_search_fn="strong_wolfe")

    def _train(
        self, X: Any, y: Any, sample_weight: Any, epochs: int, *, fresh: bool, known: bool, warn: bool = True
    ) -> Self:
        x, targets, weight = self._read(X, y, sample_weight, known=known, reset=fresh)
        if fresh:
            self._start(x.shape[1], x.dtype)
        held_out = None
        if self.early_stopping and self.solver != "lbfgs":
            x, targets, weight, held_out = self._hold_out(x, targets, weight)
            self.validation_scores_, self.best_loss_ = self.validation_scores_ or [], None
            if self.best_validation_score_ is None:
                self.best_validation_score_ = -np.inf
        self.module_.train()
        try:
            if self.solver == "lbfgs":
                self._descend(x, targets, weight)
            else:
                self._loop(x, targets, weight, held_out, epochs, warn)
        except KeyboardInterrupt:
            if parent_process() is not None:  # a worker of a search, in which a half-trained network has no score
                raise
            warnings.warn("Training was interrupted; the network keeps its current weights.", stacklevel=3)
        finally:
            self.module_.eval()
            self.module_.zero_grad()
        self.loss_: float = self.loss_curve_[-1] if self.loss_curve_ else np.nan
        if not all(np.isfinite(p.data).all() for p in self.module_.parameters()):
            raise ValueError(
                "training diverged: weights are no longer finite. Scale X (StandardScaler) and, for regression, y, or "
                f"use a smaller rate than learning_rate_init={self.learning_rate_init!r}."
            )
        return self

    def _loop(self, x: Array, targets: Array, weight: Array | None, held_out: Any, epochs: int, warn: bool) -> None:
        """Train epoch by epoch until there is no more improvement."""
        module, optimizer, count = self.module_, self._optimizer, len(x)
        decaying = optimizer.param_groups[0]
        size = min(_LARGEST_BATCH, count) if self.batch_size == "auto" else _clipped(int(self.batch_size), count)
        waited, best = 0, None
        self.n_iter_ = 0
        for _ in range(epochs):
            order = self._rng.permutation(count) if self.shuffle else np.arange(count)
            total, heavy = 0.0, 0.0
            for start in range(0, count, size):
                chosen = order[start : start + size]
                own = None if weight is None else weight[chosen]
                mass = float(len(chosen) if own is None else own.sum())
                if not mass:
                    continue
                if decaying["weight_decay"] != self.alpha / mass:
                    decaying["weight_decay"] = self.alpha / mass
                loss = self._loss(module(x[chosen]), targets[chosen], own, mass)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += float(loss.data) * mass
                heavy += mass
            self.n_iter_ += 1
            self.t_ += count
            squares = sum(float(np.vdot(w.data, w.data)) for w in decaying["params"])
            self.loss_curve_.append((total + 0.5 * self.alpha * squares) / heavy if heavy else 0.0)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_curve_[-1]:.8f}")
            better, improved = self._progress(held_out)
            waited = 0 if better else waited + 1
            if improved and held_out is not None:
                best = module.state_dict()
            if waited > self.n_iter_no_change:
                break
        else:
            if warn:
                warnings.warn(
                    f"max_iter={self.max_iter} epochs were not enough: the loss is still falling. Increase max_iter or "
                    "learning_rate_init.",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        if best is not None:
            module.load_state_dict(best)

    def _progress(self, held_out: Any) -> tuple[bool, bool]:
        """Return whether the last epoch was better by more than tol, and whether it was the best."""
        if held_out is None:
            loss, best = self.loss_curve_[-1], self.best_loss_
            assert best is not None
            self.best_loss_ = min(loss, best)
            return not loss > best - self.tol, loss < best
        score, best = self._judge(*held_out), self.best_validation_score_
        assert best is not None
        assert self.validation_scores_ is not None
        self.validation_scores_.append(score)
        self.best_validation_score_ = max(score, best)
        return not score < best + self.tol, score > best

    def _descend(self, x: Array, targets: Array, weight: Array | None) -> None:
        """Train on all data at once with L-BFGS."""
        mass = float(len(x) if weight is None else weight.sum())

        def closure() -> Any:
            self._optimizer.zero_grad()
            loss = self._loss(self.module_(x), targets, weight, mass)
            if self.alpha:
                loss = loss + (0.5 * self.alpha / mass) * l2(self.module_)
            loss.backward()
            self.loss_curve_.append(float(loss.data))
            return loss

        self._optimizer.step(closure)
        self.n_iter_ = len(self.loss_curve_)
        self.t_ += self.n_iter_ * len(x)
        self.best_loss_ = min(self.loss_curve_)

    def _loss(self, output: Any, targets: Array, weight: Array | None, mass: float) -> Any:
        if weight is None:
            return self._losses(output, targets, reduction="mean")
        losses = self._losses(output, targets, reduction="none")
        if losses.ndim > 1:
            losses = losses.mean(axis=1)
        return (losses * (weight / losses.dtype.type(mass))).sum()

    def _hold_out(self, x: Array, targets: Array, weight: Array | None) -> tuple[Array, Array, Array | None, Any]:
        stratify = targets if targets.dtype.kind == "i" and targets.ndim == 1 else None
        everything = (x, targets) if weight is None else (x, targets, weight)
        seed = int(self._rng.integers(2**31))
        parts = train_test_split(*everything, test_size=self.validation_fraction, stratify=stratify, random_state=seed)
        if len(parts[1]) < 2:
            raise ValueError(
                f"early_stopping holds out {len(parts[1])} of {len(x)} samples, too few for a score: increase "
                "validation_fraction."
            )
        x, x_out, targets, targets_out, *weights = parts
        weight, weight_out = weights or (None, None)
        return x, targets, weight, (x_out, targets_out, weight_out)

    def _output(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        only_numbers(X, "X")
        return self._run(validate_data(self, X, dtype=(np.float64, np.float32), reset=False))

    def _run(self, x: Array) -> Array:
        dtype = self.module_[0].weight.dtype
        with no_grad():
            starts = range(0, len(x), _PREDICTED_AT_ONCE)
            parts = [self.module_(x[i : i + _PREDICTED_AT_ONCE].astype(dtype, copy=False)).data for i in starts]
        return np.concatenate(parts)

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, of shape (in, out) as in scikit-learn."""
        return [layer.weight.numpy().T for layer in self._layers()]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer."""
        return [layer.bias.numpy() for layer in self._layers()]

    def _layers(self) -> list[Linear]:
        check_is_fitted(self)
        return [layer for layer in self.module_ if isinstance(layer, Linear)]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "module_")


def for_solvers_in_parts(method: F) -> F:
    """Make `partial_fit` available only for solvers that can take the data in parts."""
    decorated: F = available_if(Estimator._goes_in_parts)(method)
    return decorated


def _check_settings(estimator: Any) -> None:
    _widths(estimator.hidden_layer_sizes)
    if estimator.solver not in ("adam", "sgd", "lbfgs"):
        raise ValueError(f"solver must be 'adam', 'sgd' or 'lbfgs', not {estimator.solver!r}.")
    batch = estimator.batch_size
    if batch != "auto" and not (isinstance(batch, Integral) and int(batch) > 0):
        raise ValueError(f"batch_size must be 'auto' or a number of samples of at least 1, not {batch!r}.")
    if not isinstance(estimator.max_iter, Integral) or int(estimator.max_iter) < 1:
        raise ValueError(f"max_iter is a number of epochs and must be at least 1, not {estimator.max_iter!r}.")
    for name, (low, high) in _RANGES.items():
        value = getattr(estimator, name)
        if not _is_number(value) or not low <= value <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}.")
    fraction, rate = estimator.validation_fraction, estimator.learning_rate_init
    if estimator.early_stopping and not (_is_number(fraction) and 0.0 < fraction < 1.0):
        raise ValueError(f"validation_fraction must be between 0 and 1, not {fraction!r}.")
    if not callable(rate) and not (_is_number(rate) and rate > 0.0):
        raise ValueError(f"learning_rate_init must be a positive number or a schedule of optim, not {rate!r}.")


def _widths(hidden: Any) -> list[int]:
    """The widths of the hidden layers, from one number or several."""
    sizes = [hidden] if isinstance(hidden, Integral) or not isinstance(hidden, Iterable) else list(hidden)
    if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, a width or a sequence of widths, not {hidden!r}.")
    return [int(size) for size in sizes]


def _clipped(batch_size: int, count: int) -> int:
    """Limit the batch size to the number of samples, with a warning."""
    if batch_size > count:
        warnings.warn(f"batch_size={batch_size} exceeds the number of samples, {count}, and was reduced.", stacklevel=5)
    return min(int(batch_size), count)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
