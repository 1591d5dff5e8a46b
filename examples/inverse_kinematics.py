"""Inverse kinematics: find the joint angles that move the hand of a robot arm to a given point.

An arm with four links draws a heart. It gets from one point to the next in a few steps of damped least squares
(Levenberg-Marquardt) with the `jacobian` of the hand's position. Two coordinates do not determine four angles; among
all solutions, damped least squares prefers the one that turns the joints least. Run it with
``python examples/inverse_kinematics.py [PICTURE]``.
"""

import sys

import numpy as np

from autograd import jacobian

LENGTHS = np.array([1.0, 0.8, 0.6, 0.4])
DAMPING = 0.05


def joints(angles):
    """The positions of all joints. Each angle is measured relative to the previous link."""
    direction = np.cumsum(angles)
    return np.stack([np.cumsum(LENGTHS * np.cos(direction)), np.cumsum(LENGTHS * np.sin(direction))], axis=1)


def hand(angles):
    """The position of the end of the arm."""
    return joints(angles)[-1]


def reach(point, angles, tolerance=1e-3, steps=50):
    """The angles that move the hand to a point, and the number of steps this takes."""
    for step in range(steps):
        miss = point - hand(angles)
        if np.linalg.norm(miss) < tolerance:
            return angles, step
        slope = jacobian(hand)(angles)
        angles = angles + slope.T @ np.linalg.solve(slope @ slope.T + DAMPING**2 * np.eye(2), miss)
    raise ValueError(f"the hand cannot reach {point}: it is still {np.linalg.norm(miss):.3f} away.")


def heart(count):
    """Points along a heart that is within reach of the arm."""
    t = np.linspace(0, 2 * np.pi, count)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([0.04 * x + 1.3, 0.04 * y + 0.9], axis=1)


def draw(path, points, poses):
    """Draw the heart, and the arm at some of its points."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.5, 4.5), layout="constrained")
    axes.plot(*points.T, "C3", linewidth=3, alpha=0.5)
    for i, angles in enumerate(poses[::10]):
        arm = np.concatenate([np.zeros((1, 2)), joints(angles)])
        axes.plot(*arm.T, "-o", color=plt.get_cmap("viridis")(10 * i / len(poses)), markersize=3, linewidth=1)
    axes.set(aspect="equal", xticks=[], yticks=[], title="An arm of four links draws a heart (from dark to light)")
    figure.savefig(path)
    plt.close(figure)


def main(picture="inverse_kinematics.svg"):
    """Follow the heart point by point, and draw the result."""
    points, poses, counts = heart(120), [], []
    angles = np.array([0.3, 0.6, 0.6, 0.6])
    for point in points:
        angles, steps = reach(point, angles)
        poses.append(angles)
        counts.append(steps)
    worst = max(np.linalg.norm(hand(pose) - point) for pose, point in zip(poses, points, strict=True))
    print(f"{len(points)} points, {np.mean(counts):.1f} steps each; the hand is never more than {worst:.4f} away")
    assert max(counts) < 20
    draw(picture, points, poses)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
