"""The regressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from nn import functional
from nn.sklearn.estimator import Array, Estimator, for_solvers_in_parts


class MLPRegressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """A multi-layer perceptron for regression, as a scikit-learn estimator.

    Targets ``y`` have shape (n,), or (n, outputs) for several outputs. The loss is half the mean squared error plus
    ``alpha / 2`` times the sum of all squared weights, divided by the number of samples in the batch. The parameters
    are those of `MLPClassifier`. Scale inputs and targets: initial outputs are of order 1.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.MLPRegressor.html. Sparse input,
    the Poisson loss, ``learning_rate`` and ``max_fun`` are not supported.

    >>> import numpy as np
    >>> from nn.sklearn import MLPRegressor
    >>> x = np.linspace(-2.0, 2.0, 200)[:, None]
    >>> y = np.sin(2.0 * x[:, 0])
    >>> model = MLPRegressor((32,), "tanh", solver="lbfgs", random_state=0).fit(x, y)
    >>> model.score(x, y) > 0.99
    True
    >>> bool(abs(model.predict([[0.5]])[0] - np.sin(1.0)) < 0.1)
    True
    """

    _numeric = True
    out_activation_ = "identity"

    @for_solvers_in_parts
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one pass over some samples and return the estimator."""
        return self._partial_fit(X, y, sample_weight, known=hasattr(self, "module_"))

    def predict(self, X: ArrayLike) -> Array:
        """Predict the targets of each sample, in the shape of ``y``."""
        output = self._output(X)
        return output[:, 0] if self._flat else output

    def _read_targets(self, y: Any, known: bool) -> Array:
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if known and outputs != self.n_outputs_:
            raise ValueError(f"y has {outputs} values per sample, but the network returns {self.n_outputs_}.")
        self._flat, self.n_outputs_ = y.ndim == 1, outputs
        return np.asarray(y, np.float64).reshape(len(y), -1)

    def _losses(self, output: Any, targets: Array, *, reduction: Any) -> Any:
        return functional.mse_loss(output, targets, reduction=reduction, half=True)

    def _judge(self, x: Array, targets: Array, weight: Array | None) -> float:
        return float(r2_score(targets, self._run(x), sample_weight=weight))
