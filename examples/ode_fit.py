"""Fit a differential equation to data: the Lotka-Volterra model of hares and lynxes.

The data are pelts (in thousands) collected by the Hudson's Bay Company from 1900 to 1920. Carpenter's case study (Stan,
2018) estimates the rates of growth 0.55, hunting 0.028, death 0.80 and breeding 0.024, and a scatter of 0.25 in the
logarithms. Gradients flow through every step of the integrator. Run it with ``python examples/ode_fit.py [PICTURE]``.
"""

import sys

import numpy as np

import optim

YEARS = np.arange(1900, 1921)
HARES = [30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6,
         16.2, 24.7]  # fmt: skip
LYNXES = [4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1, 8.6]
PELTS = np.array([HARES, LYNXES]).T
STEPS = 5  # integrator steps per year


def slope(state, rates):
    """d log(hares)/dt = growth - hunting * lynxes, d log(lynxes)/dt = -death + breeding * hares."""
    growth, hunting, death, breeding = rates
    hares, lynxes = np.exp(state)
    return np.stack([growth - hunting * lynxes, breeding * hares - death])


def history(parameters):
    """The logarithms of both populations at every step, by the fourth-order Runge-Kutta method."""
    rates, state, h = np.exp(parameters[:4]), parameters[4:], 1.0 / STEPS
    states = [state]
    for _ in range(STEPS * (len(YEARS) - 1)):
        k1 = slope(state, rates)
        k2 = slope(state + h / 2 * k1, rates)
        k3 = slope(state + h / 2 * k2, rates)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(state + h * k3, rates))
        states.append(state)
    return np.stack(states)


def loss(parameters):
    """The mean squared error of the logarithms. The parameters are logarithms of six positive quantities."""
    return np.mean((history(parameters)[::STEPS] - np.log(PELTS)) ** 2)


def draw(path, parameters):
    """Draw the pelts and the fitted curves."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    curves = np.exp(history(parameters))
    years = np.linspace(YEARS[0], YEARS[-1], len(curves))
    for i, name in enumerate(["hares", "lynxes"]):
        axes.plot(years, curves[:, i], f"C{i}", label=f"{name}, fitted")
        axes.plot(YEARS, PELTS[:, i], f"C{i}o", label=f"{name}, pelts")
    axes.set(xlabel="year", ylabel="thousands of pelts", xticks=YEARS[::4], ylim=(0, 105))
    axes.set_title("Lotka-Volterra, fitted to 21 years")
    axes.legend(ncols=2)
    figure.savefig(path)
    plt.close(figure)


def main(picture="ode_fit.svg"):
    """Fit the parameters, starting from a rough guess."""
    guess = np.log([0.5, 0.02, 1.0, 0.02, 30.0, 4.0])
    found = optim.minimize(loss, guess, "lbfgs", max_steps=60, tolerance=1e-4)
    growth, hunting, death, breeding, hares, lynxes = np.exp(found.x)
    scatter = np.sqrt(found.value)
    print(f"{found.steps} steps of L-BFGS, {loss(guess):.2f} -> {found.value:.4f}, scatter {scatter:.2f}")
    print(f"growth {growth:.3f}, hunting {hunting:.4f}, death {death:.3f}, breeding {breeding:.4f}")
    print(f"in 1900: {hares:.1f} thousand hares, {lynxes:.1f} thousand lynxes")
    assert np.allclose([growth, hunting, death, breeding], [0.55, 0.028, 0.80, 0.024], rtol=0.05)
    draw(picture, found.x)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
