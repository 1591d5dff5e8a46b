"""Fit an orbit: the initial velocity and the mass of the sun, from noisy positions of a planet.

The integrator is a plain loop, and gradients flow back through every step of it. The fit is Gauss-Newton's, with the
`jacobian` of the residuals. Run it with ``python examples/kepler_orbit.py``.
"""

import numpy as np

from autograd import jacobian

START = np.array([1.0, 0.0])
STEP, STEPS, EVERY = 0.05, 120, 10


def pull(position, mass):
    """The acceleration towards a sun at the origin."""
    return -mass * position / np.sum(position**2) ** 1.5


def orbit(parameters):
    """Positions at every tenth step of a leapfrog; the parameters are the initial velocity and the mass."""
    position, velocity, mass = START, parameters[:2], parameters[2]
    seen = []
    velocity = velocity + 0.5 * STEP * pull(position, mass)
    for step in range(1, STEPS + 1):
        position = position + STEP * velocity
        velocity = velocity + STEP * pull(position, mass)
        if step % EVERY == 0:
            seen.append(position)
    # Not np.array(seen): NumPy makes that array from plain numbers and asks no library about it, so the derivative
    # would be lost (and an error says so). np.stack is a function that NumPy lets libraries answer.
    return np.stack(seen)


def fit(parameters, observed, steps=6):
    """Gauss-Newton: the residuals are linearised, and solved for by least squares."""

    def residuals(parameters):
        return (orbit(parameters) - observed).ravel()

    for _ in range(steps):
        change, *_ = np.linalg.lstsq(jacobian(residuals)(parameters), -residuals(parameters))
        parameters = parameters + change
    return parameters


def main():
    """Observe an orbit with some noise, and find it again from a poor guess."""
    true = np.array([0.1, 1.1, 1.0])
    noise = 0.01
    observed = orbit(true)
    observed = observed + noise * np.random.default_rng(0).standard_normal(observed.shape)

    guess = np.array([0.0, 1.0, 0.9])
    found = fit(guess, observed)
    before, after = (np.sqrt(np.mean((orbit(p) - observed) ** 2)) for p in (guess, found))

    print(f"velocity {found[:2].round(3)} (true: {true[:2]}), mass {found[2]:.3f} (true: {true[2]})")
    print(f"distance from the observations {before:.3f} -> {after:.4f} (noise: {noise})")
    assert after < 1.2 * noise, after
    assert np.max(np.abs(found - true)) < 0.02, found


if __name__ == "__main__":
    main()
