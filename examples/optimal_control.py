"""Optimal control: swing up a pendulum with a motor that is too weak to lift it.

The motor can hold the pendulum at 30 degrees but no higher, so the pendulum has to swing back and forth first. The
torques for all four seconds are optimised together: the gradient flows through the simulation, from the final state
back to every torque. Run it with ``python examples/optimal_control.py [PICTURE]``.
"""

import sys

import numpy as np

import optim

GRAVITY, STRONGEST = 9.81, 9.81 / 2  # for a mass of 1 kg on a rod of 1 m; the strongest torque in N m
STEP, STEPS = 0.05, 80


def torques(controls):
    """The torques of the motor. The tanh keeps them within its limits for all values of the controls."""
    return STRONGEST * np.tanh(controls)


def simulate(controls):
    """Angle (0 is hanging down, pi is upright) and speed after every step of the semi-implicit Euler method."""
    angle = speed = controls[0] * 0.0
    angles, speeds = [], []
    for torque in torques(controls):
        speed = speed + STEP * (torque - GRAVITY * np.sin(angle))
        angle = angle + STEP * speed
        angles.append(angle)
        speeds.append(speed)
    return np.stack(angles), np.stack(speeds)


def cost(controls):
    """The energy of the motor, plus a large penalty if the pendulum does not end upright and at rest."""
    angles, speeds = simulate(controls)
    miss = (angles[-1] - np.pi) ** 2 + speeds[-1] ** 2
    return STEP * np.sum(torques(controls) ** 2) / STRONGEST**2 + 100.0 * miss


def draw(path, controls):
    """Draw angle and torque over time, and the path of the pendulum."""
    import matplotlib.pyplot as plt

    angles, _ = simulate(controls)
    time = STEP * np.arange(1, STEPS + 1)
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6.4, 6.8), layout="constrained")
    upper.plot(time, np.degrees(angles), label="angle (degrees)")
    upper.plot(time, 30 * torques(controls) / STRONGEST, "C1", label="torque (30 = the strongest)")
    upper.axhline(180, color="grey", linestyle=":")
    upper.set(xlabel="seconds", title="Swinging up")
    upper.legend()
    for i, angle in enumerate(angles[::2]):
        shade = plt.get_cmap("viridis")(2 * i / STEPS)
        lower.plot([0, np.sin(angle)], [0, -np.cos(angle)], "-o", color=shade, markevery=[1], linewidth=0.8)
    lower.set(aspect="equal", xticks=[], yticks=[], title="The pendulum, from dark to light")
    figure.savefig(path)
    plt.close(figure)


def main(picture="optimal_control.svg"):
    """Optimise the controls, starting from small random ones."""
    start = 0.1 * np.random.default_rng(0).standard_normal(STEPS)
    found = optim.minimize(cost, start, "lbfgs", max_steps=1000, tolerance=1e-4, compile=True)
    angles, speeds = simulate(found.x)
    print(f"{found.steps} steps of L-BFGS: cost {cost(start):.0f} -> {found.value:.2f}")
    print(f"ends at {np.degrees(angles[-1]):.1f} degrees with speed {speeds[-1]:.2f}; "
          f"reversals: {np.sum(np.diff(np.sign(speeds)) != 0)}")  # fmt: skip
    assert abs(angles[-1] - np.pi) < 0.05
    assert abs(speeds[-1]) < 0.1
    draw(picture, found.x)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
