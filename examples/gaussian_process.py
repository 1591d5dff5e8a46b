"""Gaussian-process regression: learn the hyper-parameters by gradient ascent on the log marginal likelihood.

    python examples/gaussian_process.py

The likelihood uses NumPy's Cholesky factorisation, exactly as it would without derivatives. `value_and_grad`
differentiates through the factorisation.
"""

import numpy as np

from autograd import gradcheck, value_and_grad


def covariance(theta, x, y):
    """Squared-exponential kernel; theta holds the logs of length scale, amplitude and noise."""
    distance = (x[:, None] - y[None, :]) / np.exp(theta[0])
    return np.exp(2.0 * theta[1] - 0.5 * distance**2)


def with_noise(theta, x):
    """The covariance of observations at x."""
    return covariance(theta, x, x) + np.exp(2.0 * theta[2]) * np.eye(len(x))


def log_likelihood(theta, x, y):
    """The log marginal likelihood of y at x: -(y K^-1 y + log det K + n log 2 pi) / 2."""
    factor = np.linalg.cholesky(with_noise(theta, x))
    white = np.linalg.solve(factor, y)  # white @ white = y K^-1 y
    return -0.5 * white @ white - np.sum(np.log(np.diagonal(factor))) - 0.5 * len(x) * np.log(2.0 * np.pi)


def fit(theta, x, y, steps=150, rate=0.05):
    """Maximise the likelihood by gradient steps that are scaled as in Adam."""
    climb = value_and_grad(log_likelihood)
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, steps + 1):
        _, slope = climb(theta, x, y)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        theta = theta + rate * (mean / (1.0 - 0.9**step)) / (np.sqrt(square / (1.0 - 0.99**step)) + 1e-8)
    return theta


def main():
    """Learn the noise level of a sampled sine, and predict values between the samples."""
    rng = np.random.default_rng(0)
    noise = 0.1
    x = np.sort(rng.uniform(-4.0, 4.0, 40))
    y = np.sin(x) + noise * rng.standard_normal(40)

    start = np.array([1.0, 1.0, 0.0])
    gradcheck(lambda theta: log_likelihood(theta, x, y), start)
    theta = fit(start, x, y)

    new = np.linspace(-3.5, 3.5, 29)
    predicted = covariance(theta, new, x) @ np.linalg.solve(with_noise(theta, x), y)
    error = np.max(np.abs(predicted - np.sin(new)))

    before, after = log_likelihood(start, x, y), log_likelihood(theta, x, y)
    length, amplitude, learned = np.exp(theta)
    print(f"log-likelihood {before:.1f} -> {after:.1f}")
    print(f"length scale {length:.2f}, amplitude {amplitude:.2f}, noise {learned:.3f} (true: {noise})")
    print(f"largest prediction error: {error:.3f}")
    _, slope = value_and_grad(log_likelihood)(theta, x, y)
    assert np.max(np.abs(slope)) < 0.5, slope
    assert after > before
    assert abs(learned - noise) < 0.03, learned
    assert error < 0.2, error


if __name__ == "__main__":
    main()
