"""The classifier."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from nn import functional
from nn.metrics.arguments import refuse_nan
from nn.sklearn.estimator import Array, Estimator, for_solvers_in_parts


class MLPClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """A multi-layer perceptron for classification, as a scikit-learn estimator.

    Two classes use one score and its sigmoid, more classes one score each and softmax. The loss is the cross-entropy
    plus ``alpha / 2`` times the sum of all squared weights, divided by the number of samples in the batch. ``solver``
    is "adam", "sgd" (with ``momentum``) or "lbfgs" (full batch); ``activation`` is a name as in `nn.MLP` or "logistic".
    ``learning_rate_init`` may be a schedule of `optim`. Labels are numbers or strings. Weights use Glorot
    initialization, or He initialization for ReLU and its relatives; biases start at 0. Computation uses the dtype of
    ``X``, float32 or float64; equal values of ``random_state`` give equal results.

    `fit` sets ``classes_``, ``n_features_in_``, ``feature_names_in_`` (for a DataFrame), ``n_iter_``, ``loss_``,
    ``loss_curve_``, ``validation_scores_`` (with ``early_stopping``), and ``module_``, the network itself.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.MLPClassifier.html. Sparse input,
    several labels per sample, ``learning_rate`` and ``max_fun`` are not supported.

    >>> import nn
    >>> from nn.sklearn import MLPClassifier
    >>> x, y = nn.data.moons(200, noise=0.1, seed=0)
    >>> model = MLPClassifier((16,), "tanh", solver="lbfgs", random_state=0).fit(x, y)
    >>> model.score(x, y) > 0.95
    True
    >>> model.predict(x[:3]), y[:3]
    (array([1, 0, 1]), array([1, 0, 1]))
    >>> model.predict_proba(x[:3]).shape, model.predict_log_proba(x[:3]).shape
    ((3, 2), (3, 2))
    >>> [w.shape for w in model.coefs_], [b.shape for b in model.intercepts_]
    ([(2, 16), (16, 1)], [(16,), (1,)])
    """

    @for_solvers_in_parts
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train for one pass over some samples and return the estimator; the first call must name all ``classes``.

        Raises ValueError if it does not, if a later call names other classes, and for unknown labels.
        """
        if not hasattr(self, "module_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self.classes_ = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(self.classes_, np.unique(np.asarray(classes))):
            raise ValueError(f"classes={classes!r} is not the same as on the last call: {self.classes_}.")
        return self._partial_fit(X, y, sample_weight, known=True)

    def predict(self, X: ArrayLike) -> Array:
        """Predict the class of each sample."""
        output = self._output(X)  # raises if the estimator is not fitted
        return np.asarray(self.classes_[self._chosen(output)])

    def predict_proba(self, X: ArrayLike) -> Array:
        """Predict the probability of each class, of shape (n, classes), in the order of ``classes_``."""
        return self._probabilities(self._output(X))

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _probabilities(self, output: Array) -> Array:
        if len(self.classes_) == 1:
            return np.ones_like(output)
        if len(self.classes_) > 2:
            return np.asarray(functional.softmax(output))
        yes = np.asarray(functional.sigmoid(output))
        return np.concatenate([1.0 - yes, yes], axis=1)

    def _chosen(self, output: Array) -> Array:
        refuse_nan(output, "outputs of the network")
        if len(self.classes_) == 1:
            return np.zeros(len(output), int)
        return output.argmax(axis=1) if len(self.classes_) > 2 else (output[:, 0] > 0.0).astype(int)

    def _read_targets(self, y: Any, known: bool) -> Array:
        check_classification_targets(y)
        if y.ndim > 1:
            raise ValueError(f"y must have one label per sample, shape (n,), not {y.shape} ({type_of_target(y)}).")
        found = np.unique(y)
        if not known:
            self.classes_ = found
        unknown = np.setdiff1d(found, self.classes_)
        if unknown.size:
            raise ValueError(f"the labels {unknown} are not among the known classes {self.classes_}.")
        self.n_outputs_: int = 1 if len(self.classes_) <= 2 else len(self.classes_)
        self.out_activation_ = "logistic" if self.n_outputs_ == 1 else "softmax"
        return np.asarray(np.searchsorted(self.classes_, y), np.int64)

    def _losses(self, output: Any, targets: Array, *, reduction: Any) -> Any:
        if self.n_outputs_ == 1:
            given = targets[:, None].astype(output.dtype)
            return functional.binary_cross_entropy_with_logits(output, given, reduction=reduction)
        return functional.cross_entropy(output, targets, reduction=reduction)

    def _judge(self, x: Array, targets: Array, weight: Array | None) -> float:
        output = self._run(x)
        if np.isnan(output).any():  # the worst score; non-finite weights are reported at the end
            return -float("inf")
        return float(accuracy_score(targets, self._chosen(output), sample_weight=weight))
