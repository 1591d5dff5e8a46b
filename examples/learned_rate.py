"""Learn a learning rate by gradient descent: first and second derivatives through a whole training run.

    python examples/learned_rate.py

The loss after ten steps of gradient descent with momentum is a function of the learning rate. `Optimizer.functional`
computes a step with Tensors, so the engine can differentiate this function like any other. The rate is written as
exp(s), so that it stays positive. We learn s by gradient descent, and again by Newton's method, which needs the second
derivative.
"""

import numpy as np

from autograd import grad, tensor
from optim import SGD, minimize

STEPS = 10


def mean_loss(weights, x, labels):
    """The loss of logistic regression: the mean of -log p(label), with labels -1 and 1."""
    return np.mean(np.logaddexp(0.0, -labels * (x @ weights)))


def data(rng):
    """Points with features of different scales, and random labels that depend on them."""
    x = rng.standard_normal((200, 4)) * [1.0, 0.5, 2.0, 1.5]
    likely = 1.0 / (1.0 + np.exp(-x @ [1.0, -2.0, 0.5, 0.0]))
    return x, np.where(rng.uniform(size=200) < likely, 1.0, -1.0)


def loss_after_training(s, x, labels):
    """The loss after training with the learning rate exp(s), as a function of s."""
    rate = np.exp(s)
    params, state = [tensor(np.array([-1.0, 1.0, -1.0, 1.0]), requires_grad=True)], None
    optimizer = SGD(params, momentum=0.5)
    for _ in range(STEPS):
        slopes = mean_loss(*params, x, labels).gradient(*params, create_graph=True)
        params, state = optimizer.functional(params, slopes, state, lr=rate)
    return mean_loss(*params, x, labels)


def main():
    """Check both derivatives against finite differences, then learn the rate with two methods."""
    x, labels = data(np.random.default_rng(0))

    def f(s):
        return loss_after_training(s, x, labels)

    def value(s):
        return f(tensor(s)).item()

    slope, curvature = grad(f), grad(grad(f))
    first, h = np.log(0.01), 1e-4
    by_differences = (value(first + h) - value(first - h)) / (2 * h)
    bend = (value(first + h) - 2 * value(first) + value(first - h)) / h**2
    print(f"rate 0.01: loss {value(first):.4f}")
    print(f"  first derivative  {slope(first):.7f}, finite difference {by_differences:.7f}")
    print(f"  second derivative {curvature(first):.5f}, finite difference {bend:.5f}")
    assert abs(slope(first) - by_differences) < 1e-6 * abs(by_differences)
    assert abs(curvature(first) - bend) < 1e-4 * abs(bend)

    descent = minimize(f, first, "sgd", lr=1.0, tolerance=1e-6)
    newton = minimize(f, first, "newton", tolerance=1e-6)
    for name, found in (("gradient descent", descent), ("Newton's method", newton)):
        print(f"{name}: rate {np.exp(found.x):.4f}, loss {found.value:.6f}, after {found.steps} steps")
        assert found.converged, found
        assert curvature(found.x) > 0
    print(f"with the learned rate, the loss is smaller by a factor of {newton.values[0] / newton.value:.1f}")
    assert newton.steps < descent.steps
    assert abs(newton.x - descent.x) < 1e-4
    assert newton.value < 0.6 * newton.values[0]


if __name__ == "__main__":
    main()
