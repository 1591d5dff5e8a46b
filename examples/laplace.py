"""Bayesian logistic regression: the MAP estimate, and the Laplace approximation of the posterior around it.

The data come from the bioassay of Racine et al. (1986): four doses, five animals each. With a flat prior, the mode is
(0.8, 7.7) with standard errors 1.0 and 4.9, as in Gelman et al. (Bayesian data analysis, 3rd ed., section 3.7). The
curvature at the mode takes one call of `hessian`. Run it with ``python examples/laplace.py [PICTURE]``.
"""

import sys

import numpy as np

import optim
from autograd import hessian

DOSE = np.array([-0.86, -0.30, -0.05, 0.73])  # log g/ml
ANIMALS = np.array([5, 5, 5, 5])
DEATHS = np.array([0, 1, 3, 5])


def negative_log_posterior(parameters, width=np.inf):
    """The model: binomial deaths with logit(p) = a + b * dose, and a normal prior of the given width."""
    logits = parameters[0] + parameters[1] * DOSE
    likelihood = np.sum(DEATHS * logits - ANIMALS * np.logaddexp(0.0, logits))
    return np.sum((parameters / width) ** 2) / 2 - likelihood


def laplace(width=np.inf):
    """The mode, and the covariance of the normal distribution that has the same curvature there."""
    mode = optim.minimize(lambda p: negative_log_posterior(p, width), np.zeros(2), "newton").x
    return mode, np.linalg.inv(hessian(lambda p: negative_log_posterior(p, width))(mode))


def draw(path, mode, covariance):
    """Draw the posterior with the ellipses of the approximation, and the fitted curve with its uncertainty."""
    import matplotlib.pyplot as plt

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6.4, 6.8), layout="constrained")
    a, b = np.meshgrid(np.linspace(-4, 8, 120), np.linspace(-10, 60, 120))
    height = np.apply_along_axis(negative_log_posterior, 0, np.stack([a, b]))
    away = np.stack([a - mode[0], b - mode[1]])
    distance = np.einsum("ixy,ij,jxy->xy", away, np.linalg.inv(covariance), away) / 2
    upper.contourf(a, b, height - height.min(), levels=[0, 0.5, 1, 2, 4, 8], cmap="Blues_r")
    upper.contour(a, b, distance, levels=[0.5, 2], colors="C1")
    upper.plot(*mode, "k.")
    upper.set(xlabel="intercept a", ylabel="slope b", title="Posterior (blue) and Laplace approximation")
    x = np.linspace(-1.2, 1.2, 100)
    draws = np.random.default_rng(0).multivariate_normal(mode, covariance, 4000)
    curves = 1 / (1 + np.exp(-(draws[:, :1] + draws[:, 1:] * x)))
    lower.fill_between(x, *np.quantile(curves, [0.05, 0.95], axis=0), color="C1", alpha=0.3, label="90% of the curves")
    lower.plot(x, 1 / (1 + np.exp(-mode[0] - mode[1] * x)), "C1", label="at the mode")
    lower.plot(DOSE, DEATHS / ANIMALS, "ko", label="observed")
    lower.set(xlabel="dose (log g/ml)", ylabel="share of deaths", title="Deaths by dose, with uncertainty")
    lower.legend()
    figure.savefig(path)
    plt.close(figure)


def main(picture="laplace.svg"):
    """Reproduce the published mode and standard errors, and show the effect of a prior."""
    mode, covariance = laplace()
    errors = np.sqrt(np.diag(covariance))
    print("flat prior:   ", *(f"{name} = {x:.1f} +- {e:.1f}" for name, x, e in zip("ab", mode, errors, strict=True)))
    assert np.allclose([mode, errors], [[0.8, 7.7], [1.0, 4.9]], atol=0.06)
    narrow, smaller = laplace(width=5.0)
    errors = np.sqrt(np.diag(smaller))
    print("prior N(0, 5):", *(f"{name} = {x:.1f} +- {e:.1f}" for name, x, e in zip("ab", narrow, errors, strict=True)))
    assert narrow[1] < mode[1]
    assert smaller[1, 1] < covariance[1, 1]
    draw(picture, mode, covariance)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
