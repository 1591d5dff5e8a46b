"""A physics-informed network: an MLP learns the solution of a differential equation from the equation alone.

The equation describes a damped oscillator: u'' + 2 d u' + w^2 u = 0 with u(0) = 1 and u'(0) = 0. The network never
sees the solution: its loss is the residual of the equation, in which u' and u'' are derivatives of the network with
respect to its input (Raissi et al., "Physics-informed neural networks", J. Comput. Phys. 378, 2019). Run it with
``python examples/physics_informed.py [PICTURE]``.
"""

import sys

import numpy as np

import nn
import optim
from autograd import tensor

DAMPING, FREQUENCY, END = 0.5, 3.0, 4.0
TIMES = np.linspace(0, END, 60)[:, None]


def exact(t):
    """The known solution, for comparison."""
    w = np.sqrt(FREQUENCY**2 - DAMPING**2)
    return np.exp(-DAMPING * t) * (np.cos(w * t) + DAMPING / w * np.sin(w * t))


def solution(model, state, t):
    """The network, in a form that satisfies u(0) = 1 and u'(0) = 0 for all parameters."""
    return 1.0 + t**2 * nn.functional_call(model, state, t - END / 2)


def residual(model, state):
    """The mean squared residual of the equation; its gradient needs third derivatives of the network."""
    t = tensor(TIMES, requires_grad=True)
    u = solution(model, state, t)
    (du,) = u.sum().gradient(t, create_graph=True)
    (ddu,) = du.sum().gradient(t, create_graph=True)
    return np.mean((ddu + 2 * DAMPING * du + FREQUENCY**2 * u) ** 2)


def draw(path, u, losses):
    """Draw the network's solution beside the exact one, and the loss."""
    import matplotlib.pyplot as plt

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained")
    t = np.linspace(0, END, 300)[:, None]
    upper.plot(t, exact(t), "grey", linewidth=5, alpha=0.4, label="exact")
    upper.plot(t, u(t), "C0", label="network")
    upper.set(xlabel="t", ylabel="u", title="A damped oscillator, learned from its equation")
    upper.legend()
    lower.semilogy(losses)
    lower.set(xlabel="step", title="Mean squared residual")
    figure.savefig(path)
    plt.close(figure)


def main(picture="physics_informed.svg"):
    """Solve the equation and compare the result with the known solution."""
    model = nn.MLP([1, 16, 16, 1], activation="tanh", rng=0).astype("float64")
    start = model.state_dict()
    found = optim.minimize(lambda state: residual(model, state), start, "lbfgs", max_steps=800, compile=True)

    def u(t):
        return solution(model, found.x, t).numpy()

    error = np.abs(u(TIMES) - exact(TIMES)).max()
    print(f"{found.steps} steps of L-BFGS: residual {found.values[0]:.0f} -> {found.value:.1e}")
    print(f"largest distance from the exact solution: {error:.1e}")
    assert error < 0.005, error
    draw(picture, u, found.values)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
