"""Logistic regression with SciPy's L-BFGS-B and gradients from `value_and_grad`.

    python examples/logistic_regression.py

For plain arrays, `value_and_grad` returns a float and a plain array, which is exactly what SciPy expects with
``jac=True``.
"""

import sys

import numpy as np

from autograd import value_and_grad

RIDGE = 1e-2


def loss(weights, features, labels):
    """The mean of -log p(label), with labels -1 and 1, and a small penalty on the weights."""
    margins = labels * (features @ weights)
    return np.mean(np.logaddexp(0.0, -margins)) + 0.5 * RIDGE * np.sum(weights**2)


def data(rng, rows, true):
    """Features with a column of ones, and labels drawn with the probabilities that the true weights give."""
    features = np.column_stack([np.ones(rows), rng.standard_normal((rows, len(true) - 1))])
    likely = 1.0 / (1.0 + np.exp(-features @ true))
    return features, np.where(rng.uniform(size=rows) < likely, 1.0, -1.0)


def main():
    """Recover the weights that generated the labels."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        sys.exit("This example needs SciPy, which is not installed: pip install scipy")

    true = np.array([0.5, 2.0, -1.0, 0.0])
    features, labels = data(np.random.default_rng(0), 2000, true)
    found = minimize(value_and_grad(loss), np.zeros(4), args=(features, labels), jac=True, method="L-BFGS-B")
    right = np.mean(np.sign(features @ found.x) == labels)

    print(f"{found.nit} iterations, loss {found.fun:.4f}, {right:.1%} of the labels right")
    print("weights", np.round(found.x, 2), "true", true)
    assert found.success, found.message
    _, slope = value_and_grad(loss)(found.x, features, labels)
    assert np.max(np.abs(slope)) < 1e-4, slope
    assert np.max(np.abs(found.x - true)) < 0.4, found.x  # not exact, because of the penalty and the random labels
    assert right > 0.75, right


if __name__ == "__main__":
    main()
