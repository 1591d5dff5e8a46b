"""Why deep sigmoid networks hardly learn: the gradient at each layer, for sigmoid, tanh and ReLU.

    python examples/vanishing_gradients.py [DEPTH]

In the backward pass, every layer multiplies the gradient by its weights and by the slopes of its activation function.
The weights are initialised so that they neither shrink nor stretch the gradient (Glorot's normal initialisation for
sigmoid and tanh, He's for ReLU), so only the slopes matter. The slope of the sigmoid is at most 1/4, so ten layers
leave less than a millionth of the gradient. The slope of tanh is 1 at 0. Half of the ReLUs have slope 1 and half have
slope 0, and He's initialisation compensates for that. The output shows the measured factor of each layer beside the
factor predicted from its weights and slopes alone.

S. Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen", 1991; X. Glorot and Y. Bengio, "Understanding the
difficulty of training deep feedforward neural networks", AISTATS 2010.
"""

import sys

import numpy as np

import nn

WIDTH = 128
STARTS = {"sigmoid": nn.init.xavier_normal_, "tanh": nn.init.xavier_normal_, "relu": nn.init.kaiming_normal_}


def network(activation, depth):
    """A number of linear layers with the activation between them."""
    rng = np.random.default_rng(0)
    model = nn.MLP([WIDTH] * (depth + 1), activation, rng=rng)
    for layer in model:
        if isinstance(layer, nn.Linear):
            STARTS[activation](layer.weight, rng=rng)
            nn.init.zeros_(layer.bias)
    return model


def loss_with(prediction, gradient):
    """A loss whose gradient at the output is the given one; a random direction matches the theory."""
    return np.mean(prediction * gradient)


def main(depth):
    """Compare the measured gradients of all three networks with the predicted factors."""
    rng = np.random.default_rng(1)
    batch = [rng.standard_normal((256, WIDTH)).astype("float32") for _ in range(2)]
    flows = {name: nn.gradient_flow(network(name, depth), loss_with, batch) for name in STARTS}

    print("layer " + "".join(f"{name:>11}  factor predicted" for name in flows))
    for k in range(depth):
        rows = [flow[k] for flow in flows.values()]
        factors = (f"{r.factor:8.3f}{r.predicted:10.3f}" if k else " " * 18 for r in rows)
        print(f"{k + 1:5} " + "".join(f"{r.delta:11.2e}{text}" for r, text in zip(rows, factors, strict=True)))

    for name, flow in flows.items():
        left = flow[0].delta / flow[-1].delta
        mean = left ** (1 / (depth - 1))
        print(f"{name}: {left:.1e} of the gradient reaches the first layer, a factor of {mean:.3f} per layer")
        assert all(abs(np.log(row.factor / row.predicted)) < 0.1 for row in flow.rows[1:])
        assert (mean < 0.26) if name == "sigmoid" else (0.7 < mean < 1.2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 12)
