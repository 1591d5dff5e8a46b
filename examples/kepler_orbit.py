"""Fit an orbit: find the initial velocity of a planet and the mass of its sun from noisy positions.

    python examples/kepler_orbit.py

The integrator is a plain Python loop, and gradients flow through every step of it. The fit uses the Gauss-Newton method
with the `jacobian` of the residuals.
"""

import numpy as np

from autograd import jacobian

START = np.array([1.0, 0.0])
STEP, STEPS, EVERY = 0.05, 120, 10


def pull(position, mass):
    """The acceleration towards the sun at the origin."""
    return -mass * position / np.sum(position**2) ** 1.5


def orbit(parameters):
    """Positions at every tenth leapfrog step; the parameters are the initial velocity and the mass."""
    position, velocity, mass = START, parameters[:2], parameters[2]
    seen = []
    velocity = velocity + 0.5 * STEP * pull(position, mass)
    for step in range(1, STEPS + 1):
        position = position + STEP * velocity
        velocity = velocity + STEP * pull(position, mass)
        if step % EVERY == 0:
            seen.append(position)
    # Do not use np.array(seen): NumPy would build that array from plain numbers, and the gradient would be lost (so
    # the library raises an error). np.stack is differentiable.
    return np.stack(seen)


def fit(parameters, observed, steps=6):
    """Gauss-Newton: linearise the residuals and solve the linear least-squares problem."""

    def residuals(parameters):
        return (orbit(parameters) - observed).ravel()

    for _ in range(steps):
        change, *_ = np.linalg.lstsq(jacobian(residuals)(parameters), -residuals(parameters))
        parameters = parameters + change
    return parameters


def main():
    """Observe an orbit with some noise, and recover it from a poor initial guess."""
    true = np.array([0.1, 1.1, 1.0])
    noise = 0.01
    observed = orbit(true)
    observed = observed + noise * np.random.default_rng(0).standard_normal(observed.shape)

    guess = np.array([0.0, 1.0, 0.9])
    found = fit(guess, observed)
    before, after = (np.sqrt(np.mean((orbit(p) - observed) ** 2)) for p in (guess, found))

    print(f"velocity {found[:2].round(3)} (true: {true[:2]}), mass {found[2]:.3f} (true: {true[2]})")
    print(f"RMS distance from the observations {before:.3f} -> {after:.4f} (noise: {noise})")
    assert after < 1.2 * noise, after
    assert np.max(np.abs(found - true)) < 0.02, found


if __name__ == "__main__":
    main()
