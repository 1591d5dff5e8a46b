"""The numbers in print, computed again: Mazur's example, LeNet, convnetjs, the Playground, Rosenbrock, Adam's eps."""

import numpy as np
from lecture_items.base import HU, HWANG, NEWSON, VISHWAJITH, item

import nn
import optim
from autograd import grad, hessian, no_grad, tensor
from nn.functional import sigmoid

# --- Mazur's network of 2-2-2 units -------------------------------------------------------------------------------
#
# https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/, which the deck follows. The biases stay.

X, T = np.array([0.05, 0.10]), np.array([0.01, 0.99])
HIDDEN, OUTPUT = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
BIASES = 0.35, 0.60
RATE = 0.5


class Mazur:
    """The network, with the gradients of the last pass; `step` updates in one of two orders."""

    def __init__(self):
        self.hidden, self.output = tensor(HIDDEN, requires_grad=True), tensor(OUTPUT, requires_grad=True)

    def forward(self):
        self.net_h = self.hidden @ X + BIASES[0]
        self.out_h = sigmoid(self.net_h)
        self.net_o = self.output @ self.out_h + BIASES[1]
        self.out_o = sigmoid(self.net_o)
        self.errors = 0.5 * (T - self.out_o) ** 2
        self.error = self.errors.sum()

    def simultaneous_step(self):
        """All gradients first, then all weights: the gradient of the error."""
        self.forward()
        by_hidden, by_output = self.error.gradient(self.hidden, self.output)
        self.hidden.data = self.hidden.data - RATE * by_hidden.data
        self.output.data = self.output.data - RATE * by_output.data

    def output_first_step(self):
        """The output weights first; the changed ones then carry the deltas back to the hidden layer."""
        self.forward()
        delta_o, by_output = self.error.gradient(self.net_o, self.output, retain_graph=True)
        self.output.data = self.output.data - RATE * by_output.data
        again = self.output @ self.out_h
        (by_hidden,) = again.gradient(self.hidden, gradient=delta_o.data)
        self.hidden.data = self.hidden.data - RATE * by_hidden.data

    def now(self):
        with no_grad():
            self.forward()
        return self


@item(
    "Mazur, one step",
    "The 2-2-2 example: forward pass, backward pass and one step with rate 0.5",
    VISHWAJITH,
    numbers={
        "net h1": ".3775",
        "out h1, h2": ".593269992, .596884378",
        "net o1": "1.105905967",
        "out o1, o2": ".751365070, .772928465",
        "errors": ".274811083, .023560026",
        "error": ".298371109",
        "delta o1, o2": ".138498562, -.038098237",
        "dE/dw5": ".082167041",
        "dE/dw1": ".000438568",
        "w1 to w4": ".149780716, .199561432, .249751144, .299502287",
        "w5 to w8": ".358916480, .408666186, .511301270, .561370121",
    },
    api="autograd.Tensor.gradient",
    where={
        7: "These are all the published numbers of the first pass",
        "tests/view/test_explain.py": "test_mazur_w1_is_the_sum_over_both_outputs",
    },
)
def mazur_one_step():
    net = Mazur()
    net.forward()
    delta, by_hidden, by_output = net.error.gradient(net.net_o, net.hidden, net.output, retain_graph=True)
    seen = (
        net.net_h[0], net.out_h, net.net_o[0], net.out_o, net.errors, net.error, delta, by_output[0, 0],
        by_hidden[0, 0],
    )  # fmt: skip
    net.simultaneous_step()
    return *seen, net.hidden.data, net.output.data


@item(
    "Mazur, simultaneous",
    "The error after one gradient descent step in which all weights change at once",
    VISHWAJITH,
    numbers={"error": ".291027774", "with more digits": ".29102777369"},
    where={
        7: "If all weights are updated at once, the error is .291027774",
        "docs/variants.md": "Mazur's step: all weights at once, or output layer first",
    },
    slip="The page that the lecture follows prints .291027924, which results from the other order.",
)
def mazur_simultaneous():
    net = Mazur()
    net.simultaneous_step()
    return (float(net.now().error.data),) * 2


@item(
    "Mazur, output first",
    "The printed error results if the output weights change first and the hidden deltas then use the changed weights",
    VISHWAJITH,
    numbers={"error": ".291027924", "with more digits": ".29102792391"},
    where={
        7: ".291027924, is the one that the wrong order gives",
        "docs/variants.md": "Mazur's step: all weights at once, or output layer first",
    },
)
def mazur_output_first():
    net = Mazur()
    net.output_first_step()
    return (float(net.now().error.data),) * 2


@item(
    "Mazur, 10,000 steps",
    "The printed long run mixes both orders: its error belongs to the simultaneous run, its outputs to the other",
    VISHWAJITH,
    numbers={
        "error after 9,999 simultaneous updates": "3.510855e-5",
        "as in print": ".0000351085",
        "outputs after 10,000 output-first updates": ".015912196, .984065734",
    },
    where={7: "The published final error, .0000351085"},
    slip="Error and outputs on the same line come from two different runs.",
)
def mazur_long_run():
    together, one_by_one = Mazur(), Mazur()
    for _ in range(9_999):
        together.simultaneous_step()
    for _ in range(10_000):
        one_by_one.output_first_step()
    error = float(together.now().error.data)
    # In print .0000351085 has been cut off, not rounded: .0000351085(5).
    return error, np.floor(error * 1e10) / 1e10, one_by_one.now().out_o.data


# --- networks counted ---------------------------------------------------------------------------------------------


def parameters(module):
    return sum(p.size for p in module.parameters())


@item(
    "LeNet 1989",
    "Parameters, connections and units of each layer",
    HWANG,
    numbers={
        "H1: shared weights, biases": "300, 768",
        "parameters of H1, H2, H3, output": "1,068, 2,592, 5,790, 310",
        "parameters": "9,760",
        "connections of H1, H2": "19,968, 38,592",
        "connections": "64,660",
        "units": "1,256",
        "weights of H1 unshared": "196,608",
    },
    api="nn.models.LeNet1989",
    where={12: "A slide says 199,608", "tests/nn/test_lenet.py": "test_connections_of_lenet"},
    slip="The slide multiplies 768 x 256 to 199608. The product is 196,608, and it would apply only if no weights were "
    "shared.",
)
def lenet():
    net = nn.models.LeNet1989(rng=0)
    layers = net.h1, net.h2, net.h3, net.output
    units = 16 * 16 + net.h1.bias.size + net.h2.bias.size + net.h3.bias.size + net.output.bias.size
    return (
        (net.h1.weight.size, net.h1.bias.size),
        [parameters(layer) for layer in layers],
        parameters(net),
        (net.h1.connections, net.h2.connections),
        net.connections,
        units,
        parameters(nn.Linear(256, 768, bias=False)),
    )


def convnetjs():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3),
        nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip


@item(
    "convnetjs",
    "The MNIST network of the convnetjs demo on 24x24 crops, also with its convolutions replaced by one layer of 32 "
    "units",
    HU,
    numbers={
        "parameters of the layers": "208, 3,216, 2,570",
        "parameters": "5,994",
        "with fc 32": "18,794",
        "rho, decay, batch of the trainer": "=0.95, 0.001, 20",
    },
    api=("nn.Conv2d", "nn.MaxPool2d", "optim.Adadelta", "optim.preset"),
    where={12: "The network of the convnetjs demo", "tests/nn/test_lenet.py": "test_convnetjs"},
)
def convnetjs_counts():
    model = convnetjs()
    assert model(np.zeros((1, 1, 24, 24), "float32")).shape == (1, 10)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(24 * 24, 32), nn.ReLU(), nn.Linear(32, 10))
    found = optim.presets.PRESETS["adadelta-convnetjs"]
    batch = int("".join(c for c in found.note.split(";")[0] if c.isdigit()))
    counts = [parameters(layer) for layer in model if parameters(layer)]
    return counts, parameters(model), parameters(dense), (found.settings["rho"], found.settings["weight_decay"], batch)


# --- the TensorFlow Playground ------------------------------------------------------------------------------------


@item(
    "Playground",
    "The defaults of the TensorFlow Playground, and one of its training steps",
    (HU, NEWSON),
    numbers={
        "rate": "=0.03",
        "points for classification, regression": "500, 1,200",
        "half the points, batches of 10": "250, 25",
        "labels": "-1, 1",
        "parameters of [2, 4, 2, 1]": "25",
        "loss 1/2 (o - t)^2 at o = .5, t = 1": "=0.125",
        "slope of L2 at w = 0.4, rate 0.01": "=0.004",
        "a weight that crosses zero under L1": "0",
    },
    api=("nn.data.playground", "optim.preset", "nn.penalties.l2", "nn.penalties.l1"),
    where={2: "The defaults of the site", "tests/nn/test_data_sets.py": "test_sets_of_the_playground"},
)
def playground():
    made = nn.data.playground("circle", seed=0)
    x_train, _, y_train, _ = nn.data.train_test_split(made.x, made.y, test_size=0.5, seed=0)
    model = nn.MLP([2, 4, 2, 1], "tanh", "tanh", dtype="float64", rng=0)
    for p in model.parameters():  # the site's start: weights from -0.5 to 0.5, biases 0.1
        nn.init.uniform_(p, -0.5, 0.5, rng=0) if p.ndim == 2 else nn.init.constant_(p, 0.1)
    optimizer = optim.preset("sgd-playground", model.parameters())
    layer = nn.Linear(1, 1, bias=False, dtype="float64")
    layer.weight.data = np.array([[0.4]])
    (0.01 * 0.5 * nn.penalties.l2(layer)).backward()
    decay = layer.weight.grad
    layer.weight.data, layer.weight.grad = np.array([[0.001]]), None
    (0.1 * nn.penalties.l1(layer)).backward()
    pushed = layer.weight.data - 0.03 * layer.weight.grad
    frozen = np.where(pushed * layer.weight.data > 0.0, pushed, 0.0)  # what the site does after such a step
    loss = nn.MSELoss(half=True)
    for x, y in nn.data.Loader((x_train, y_train), 10, shuffle=True, seed=0, dtype="float64"):
        optimizer.zero_grad()
        loss(model(x), y[:, None]).backward()
        optimizer.step()
    return (
        optimizer.param_groups[0]["lr"],
        (len(made.x), len(nn.data.playground("regress-plane", seed=0).x)),
        (len(x_train), len(nn.data.Loader((x_train, y_train), 10))),
        sorted(set(made.y.tolist())),
        parameters(model),
        loss(np.array([0.5]), np.array([1.0])),
        decay,
        frozen,
    )


# --- a valley and a floor -----------------------------------------------------------------------------------------


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


@item(
    "Rosenbrock",
    "The valley (1 - x)^2 + 100 (y - x^2)^2 at (-1.2, 1), and its curvature at the minimum",
    HU,
    numbers={
        "f": "=24.2",
        "gradient": "=-215.6, -88",
        "Hessian at (1, 1)": "802, -400, -400, 200",
        "condition": "2508.",
    },
    api=("autograd.grad", "autograd.hessian", "optim.minimize"),
    where={
        9: "The curvature in one direction is 2508 times that in the other",
        "tests/optim/test_minimize.py": "test_numbers_of_rosenbrocks_valley",
        "docs/optim.md": "minimize, and Rosenbrock's valley",
    },
)
def rosenbrock_numbers():
    start, end = np.array([-1.2, 1.0]), np.ones(2)
    curvature = hessian(rosenbrock)(end)
    return rosenbrock(start), grad(rosenbrock)(start), curvature, np.linalg.cond(curvature)


@item(
    "eps of Adam",
    "With a gradient of 1e-4 and eps = 1e-8: inside the root, eps acts as a lower bound of 1e-4; outside, it hardly "
    "matters",
    (HWANG, NEWSON),
    numbers={"inside": "1.414e-4", "outside": "1.0001e-4", "floor": "=1e-4"},
    api="optim.Adam",
    where={
        9: "keeps the divisor above",
        "docs/optim.md": "Where eps goes",
        "docs/variants.md": "AdaGrad, RMSProp, Adam: sums and eps",
    },
)
def eps_of_adam():
    def denominator(mode, g=1e-4):
        w = tensor(0.0, requires_grad=True)
        w.grad = np.array(g)
        optim.Adam([w], lr=1.0, eps=1e-8, eps_mode=mode).step()
        return g / -w.item()

    return denominator("inside"), denominator("outside"), denominator("inside", 1e-12)
