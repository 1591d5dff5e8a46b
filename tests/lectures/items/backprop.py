"""Backpropagation: the chain rule, graphs, deltas, exercises by hand and the listings of the decks. B1 to B17."""

import re

import numpy as np
from lecture_items.base import HU, HWANG, NEWSON, PITAS, VISHWAJITH, item
from lecture_items.numbers import mazur_one_step

import nn
import optim
from autograd import draw, explain, grad, hessian, steps, tensor
from nn.functional import relu, sigmoid


def same(a, b, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)), rtol, 1e-13)


def parameters(model):
    return sum(p.size for p in model.parameters())


@item(
    "B1",
    "The chain rule over several paths: multiply along each path and add the products",
    (HWANG, NEWSON),
    numbers={"products of the paths of t^2 sin t at t = 2": "3.637, -1.665", "their sum": "1.973"},
    api="autograd.explain",
    where={1: "add the products of all paths", "tests/view/test_explain.py": "test_the_sum_over_paths_is_the_gradient"},
)
def several_paths():
    t = tensor(2.0, requires_grad=True)
    found = explain(t**2 * np.sin(t), t)
    same(found.gradient, 2.0 * 2.0 * np.sin(2.0) + 4.0 * np.cos(2.0))
    return sorted((path.product for path in found.paths), reverse=True), found.gradient


@item(
    "B2",
    "Computation graphs: forward in topological order, backward in reverse order, with gradients for inputs and "
    "parameters; a node runs when all of its gradient has arrived",
    NEWSON,
    numbers={"order of firing: z, b, a": "1, 2, 3", "dz/dx, dz/dw": "48, 28"},
    api=("autograd.steps", "autograd.draw", "autograd.Tensor.backward"),
    where={
        0: "The same algorithm on a slide",
        1: "it waits for all the boxes to its right",
        "tests/engine/test_backward.py": "test_diamond",
        "tests/view/test_steps.py": "test_the_gradients_are_those_of_backward",
    },
    slip="The listing computes values from their children in place of their parents. It does not set the gradient of "
    "the result to 1. It updates parameters inside the backward loop, where later gradients still need the old values. "
    "It takes a single step.",
)
def computation_graph():
    x, w = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    a = x * w  # 6, read twice
    b = a + x  # 8
    z = a * b  # 48 -> dz/da = b + a = 14
    a.name, b.name, z.name = "a", "b", "z"
    order = [step.node for step in steps(z)]
    z.backward()
    same(x.grad, (6.0 + 8.0) * 3.0 + 6.0)
    same(w.grad, (6.0 + 8.0) * 2.0)
    return [order.index(name) + 1 for name in "zba"], (x.grad, w.grad)


@item(
    "B3",
    "A network is a directed acyclic graph; chainrule draws it and exports it as DOT, SVG, Mermaid and text",
    NEWSON,
    numbers={"nodes, each after its operands": "4"},
    api=("autograd.draw", "nn.draw"),
    where={
        0: "so the values form a graph",
        1: "The recorded operations form a graph",
        7: "The graph knows nothing about layers",
        "tests/view/test_drawing.py": "test_files",
        "docs/views.md": "Pictures: draw",
    },
)
def directed_graph():
    x = tensor(np.ones((1, 2)), requires_grad=True)
    hidden = nn.Linear(2, 2, dtype="float64", rng=0)
    out = (np.tanh(hidden(x)) ** 2).sum()
    picture = draw(out)
    arrows = re.findall(r"^\s*(\w+)(?::\w+)* -> (\w+)", picture.dot, flags=re.MULTILINE)
    assert arrows
    assert "flowchart" in picture.mermaid
    order = [step.node for step in steps(out)]
    fired = {name: i for i, name in enumerate(order)}
    for step in steps(out):
        assert all(fired[send.to] > fired[step.node] for send in step.sends if send.to in fired)
    return len(order)


def by_hand(weights, biases, x, t, slope, output_delta):
    """Forward with f, then delta(L), delta(l) = W(l+1)^T delta(l+1) * f'(u(l)), dW = delta y^T: one sample, columns."""
    f, derivative = slope
    ys, us = [x], []
    for w, b in zip(weights, biases, strict=True):
        us.append(w @ ys[-1] + b)
        ys.append(f(us[-1]))
    delta = output_delta(us[-1], t)
    found = []
    for number in reversed(range(len(weights))):
        found.append((np.outer(delta, ys[number]), delta))
        if number:
            delta = weights[number].T @ delta * derivative(us[number - 1])
    return found[::-1]


@item(
    "B4",
    "delta(L) from the loss, delta(l) = W(l+1)^T delta(l+1) * f'(u(l)), dE/dW(l) = delta(l) y(l-1)^T, dE/db(l) = "
    "delta(l): equal to the engine's gradients in every layer, with both losses",
    (PITAS, HU, HWANG, NEWSON),
    numbers={"layers compared": "6"},
    api=("nn.MLP", "autograd.explain"),
    where={7: "the transposed weight matrix"},
    slip="One lecture prints W where its transpose is meant.",
)
def deltas():
    rng, compared = np.random.default_rng(0), 0
    x, t = rng.normal(size=4), np.array([0.0, 1.0, 0.0])
    unit = (lambda u: 1 / (1 + np.exp(-u))), (lambda u: np.exp(-u) / (1 + np.exp(-u)) ** 2)

    def squared(u, t):
        return (unit[0](u) - t) * unit[1](u)

    def crossed(u, t):
        return np.exp(u) / np.exp(u).sum() - t

    for output, loss, delta in (
        ("sigmoid", nn.MSELoss(reduction="sum", half=True), squared),
        (None, nn.CrossEntropyLoss(reduction="sum"), crossed),
    ):
        model = nn.MLP([4, 5, 6, 3], "sigmoid", output, dtype="float64", rng=1)
        loss(model(x), t).backward()
        layers = [layer for layer in model if isinstance(layer, nn.Linear)]
        hand = by_hand([p.weight.data for p in layers], [p.bias.data for p in layers], x, t, unit, delta)
        for layer, (dw, db) in zip(layers, hand, strict=True):
            same(layer.weight.grad, dw)
            same(layer.bias.grad, db)
            compared += 1
    return compared


@item(
    "B5",
    "Exercise: delta, dW and db of the layers Euclidean loss, softmax with cross-entropy, fully connected, sigmoid and "
    "ReLU, derived and compared with the engine",
    HU,
    numbers={"layers": "5"},
    api=("autograd.vjp", "nn.MSELoss", "nn.CrossEntropyLoss", "nn.Linear", "nn.Sigmoid", "nn.ReLU"),
    where={7: "Deriving these methods is a classic exercise", "docs/glossary.md": "The derivations of an exercise"},
)
def layer_exercises():
    rng = np.random.default_rng(0)
    y, t, label = rng.normal(size=4), rng.normal(size=4), np.array(2)
    w, delta = rng.normal(size=(3, 4)), rng.normal(size=3)

    def back(layer, at, gradient):
        at = tensor(at, requires_grad=True)
        return layer(at).gradient(at, gradient=gradient)[0]

    same(back(lambda y: nn.MSELoss(reduction="sum", half=True)(y, t), y, None), y - t)
    same(back(lambda y: nn.CrossEntropyLoss()(y, label), y, None), np.exp(y) / np.exp(y).sum() - np.eye(4)[2])
    same(back(lambda y: w @ y, y, delta), w.T @ delta)
    same(back(lambda w: w @ y, w, delta), np.outer(delta, y))
    f = 1.0 / (1.0 + np.exp(-y))
    same(back(sigmoid, y, t), t * f * (1.0 - f))
    same(back(relu, y, t), t * (y > 0))
    return 5


@item(
    "B6",
    "One neuron by hand: dw = (f(wx + b) - t) f'(wx + b) x; db is the same without x",
    NEWSON,
    numbers={"dw for w = 0.5, x = 2, b = -0.5, t = 1": "-.177447", "db": "-.088723"},
    api="autograd.grad",
    where={1: "On paper, we work backwards from the error"},
)
def one_neuron():
    def loss(w, b):
        return 0.5 * (sigmoid(w * 2.0 + b) - 1.0) ** 2

    w, b = np.array(0.5), np.array(-0.5)
    f = 1.0 / (1.0 + np.exp(-0.5))
    same(grad(loss, 0)(w, b), (f - 1.0) * f * (1.0 - f) * 2.0)
    return grad(loss, 0)(w, b), grad(loss, 1)(w, b)


def columns(x, y, w1, b1, w2, b2):
    """The equations of a deck, with samples as columns: the loss and its four gradients."""
    m = x.shape[1]
    a1 = np.tanh(w1 @ x + b1)
    a2 = 1.0 / (1.0 + np.exp(-(w2 @ a1 + b2)))
    cost = -np.sum(y * np.log(a2) + (1.0 - y) * np.log(1.0 - a2)) / m
    dz2 = a2 - y
    dw2, db2 = dz2 @ a1.T / m, dz2.sum(axis=1, keepdims=True) / m
    dz1 = w2.T @ dz2 * (1.0 - a1**2)
    dw1, db1 = dz1 @ x.T / m, dz1.sum(axis=1, keepdims=True) / m
    return cost, (dw1, db1, dw2, db2)


@item(
    "B7",
    "Two layers in matrix form with samples as columns, X of shape n0 x m, averages over m: the transposes of the row "
    "layout",
    NEWSON,
    numbers={"gradients compared": "4"},
    api="nn.MLP",
    where={
        7: "Many slides put the samples in columns",
        "tests/nn/test_column_layout.py": "test_a_network_of_two_layers_in_both_layouts",
        "docs/glossary.md": "Layout: rows and columns",
    },
    slip="The second line of the forward pass has W[1] and b[1] where W[2] and b[2] are meant.",
)
def columns_and_rows():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 7)), rng.integers(0, 2, (1, 7)).astype(float)
    model = nn.MLP([3, 5, 1], "tanh", dtype="float64", rng=0)
    w1, b1, w2, b2 = model.parameters()
    loss = nn.BCEWithLogitsLoss()(model(x.T), y.T)
    loss.backward()
    cost, gradients = columns(x, y, w1.data, b1.data[:, None], w2.data, b2.data[:, None])
    same(loss, cost)
    for p, gradient in zip(model.parameters(), gradients, strict=True):
        same(p.grad, gradient.reshape(p.shape))
    return len(gradients)


@item(
    "B8",
    "Three hidden units, two outputs with softmax and cross-entropy: dL/dw21 = h2 (o1 - t1)",
    HWANG,
    numbers={"h2 (o1 - t1)": "-.194680"},
    api="nn.CrossEntropyLoss",
    where={6: "a large gradient arrives at a single probability"},
)
def worked_derivative():
    h, t = np.array([0.2, 0.5, 0.9]), np.array([1.0, 0.0])
    w = np.array([[0.1, -0.3], [0.4, 0.2], [0.6, 0.3]])  # w[i, j] from hidden i to output j, as in the deck
    found = grad(lambda w: nn.CrossEntropyLoss()(h @ w, t))(w)
    o = np.exp(h @ w) / np.exp(h @ w).sum()
    same(found, np.outer(h, o - t))
    return found[1, 0]


@item(
    "B9",
    "Mazur's 2-2-2 example, by hand and with the engine",
    VISHWAJITH,
    numbers={"error": ".298371109", "dE/dw5": ".082167041"},
    api="autograd.explain",
    where={
        7: "Matt Mazur's",
        "tests/view/test_explain.py": "test_mazur_w1_is_the_sum_over_both_outputs",
        "tests/view/test_steps.py": "test_mazur_in_words",
    },
)
def mazur():
    seen = mazur_one_step()
    return seen[5], seen[7]


@item(
    "B10",
    "Four samples of three numbers, learned one at a time in random order",
    HWANG,
    numbers={"first row": "1.4, 2.7, 1.9", "classes": "0, 1, 1, 0", "correct after 60 epochs": "4"},
    api=("nn.data.four_rows", "nn.data.Loader"),
    where={8: "nn.data.four_rows()"},
)
def four_rows():
    x, y = nn.data.four_rows()
    model = nn.MLP([3, 4, 1], "sigmoid", rng=1)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    for sample, label in (pair for _ in range(60) for pair in nn.data.Loader((x, y), 1, shuffle=True, seed=0)):
        optimizer.zero_grad()
        nn.BCEWithLogitsLoss()(model(sample)[:, 0], label).backward()
        optimizer.step()
    return x[0], y, ((model(x).data[:, 0] > 0) == y).sum()


@item(
    "B11",
    "The verbally described updates of a network with one hidden layer, corrected: weight += a * error * input, with "
    "error = (expected - output) * slope for outputs and (sum of weight * error) * slope for hidden units",
    VISHWAJITH,
    numbers={"weights compared": "4"},
    api="nn.MLP",
    where={"docs/variants.md": "Hidden updates"},
    slip="The hidden error contains weight - error instead of their product, and the slope of the sigmoid is given as "
    "1 * (1 - output) instead of output * (1 - output).",
)
def pseudo_code():
    x, expected, a = np.array([0.05, 0.1]), np.array([0.01, 0.99]), 0.5
    model = nn.MLP([2, 2, 2], "sigmoid", "sigmoid", dtype="float64", rng=0)
    w1, b1, w2, b2 = (p.data for p in model.parameters())
    hidden = 1.0 / (1.0 + np.exp(-(w1 @ x + b1)))
    output = 1.0 / (1.0 + np.exp(-(w2 @ hidden + b2)))
    error_o = (expected - output) * output * (1.0 - output)
    error_h = np.array([sum(w2[j, k] * error_o[j] for j in range(2)) for k in range(2)]) * hidden * (1.0 - hidden)
    after = w1 + a * np.outer(error_h, x), b1 + a * error_h, w2 + a * np.outer(error_o, hidden), b2 + a * error_o
    optimizer = optim.SGD(model.parameters(), lr=a)
    nn.MSELoss(reduction="sum", half=True)(model(x), expected).backward()
    optimizer.step()
    for p, weight in zip(model.parameters(), after, strict=True):
        same(p, weight)
    return len(after)


class FullyConnected:
    """A layer as a class with a forward and a backward method, as the decks suggest to write one."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, y):
        self.y = y
        return y @ self.w.T + self.b

    def backward(self, delta):
        self.dw, self.db = delta.T @ self.y, delta.sum(axis=0)
        return delta @ self.w


class Activation:
    """The same for a function that works entry by entry."""

    def forward(self, y):
        self.f = 1.0 / (1.0 + np.exp(-y))
        return self.f

    def backward(self, delta):
        return delta * self.f * (1.0 - self.f)


@item(
    "B12",
    "Layers written as classes with forward and backward methods give the same numbers as the graph",
    HU,
    numbers={"layers": "4"},
    api=("nn.Module", "nn.Sequential"),
    where={7: "a network was a list of layers, each with two methods"},
)
def layer_classes():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(5, 3)), rng.random((5, 2))
    model = nn.MLP([3, 4, 2], "sigmoid", "sigmoid", dtype="float64", rng=0)
    written = [
        FullyConnected(layer.weight.data, layer.bias.data) if isinstance(layer, nn.Linear) else Activation()
        for layer in model
    ]
    y = x
    for layer in written:
        y = layer.forward(y)
    delta = y - t  # of the Euclidean loss layer
    for layer in reversed(written):
        delta = layer.backward(delta)
    loss = nn.MSELoss(reduction="sum", half=True)(model(x), t)
    loss.backward()
    same(loss, 0.5 * ((y - t) ** 2).sum())
    for layer, own in zip(model, written, strict=True):
        if isinstance(own, FullyConnected):
            same(layer.weight.grad, own.dw)
            same(layer.bias.grad, own.db)
    return len(written)


@item(
    "B13",
    "The listing of an MLP: 1000 samples of 784 numbers and 50 more for testing, 300 hidden units, rate 0.5, 10 "
    "epochs, batches of 100",
    NEWSON,
    numbers={"parameters": "238,510", "updates": "100", "training samples correct at the end": "1.000"},
    api=("nn.MLP", "nn.fit"),
    where={7: "with 300 hidden units and 10 classes", "tests/nn/test_lenet.py": "test_perceptrons"},
    slip="The listing's data are noise, from which nothing can be learned; here each class has a pattern.",
)
def numpy_listing():
    rng = np.random.default_rng(0)
    patterns, y = rng.random((10, 784)), rng.integers(10, size=1000)
    x = (patterns[y] + rng.random((1000, 784)) - 1.0).astype("float32")
    model = nn.MLP([784, 300, 10], "tanh", rng=0)
    history = nn.fit(model, (x, y), loss=nn.CrossEntropyLoss(), epochs=10, batch_size=100, seed=0,
                     optimizer=lambda p: optim.SGD(p, lr=0.5), metrics=[nn.metrics.accuracy])  # fmt: skip
    return parameters(model), 10 * len(history.rows), history[-1]["accuracy"]


@item(
    "B14",
    "The functions of a listing, corrected: tanh hidden units, sigmoid output, rate 1.2, 10,000 iterations on points "
    "in the plane",
    NEWSON,
    numbers={"largest difference from the engine after 100 steps": ".0000000000", "correct after 10,000": "1.00"},
    api=("nn.MLP", "nn.BCEWithLogitsLoss", "nn.data.moons"),
    where={7: "One lecture contains a complete NumPy program", "docs/variants.md": "The NumPy listing"},
    slip="The names W1, A1, m and cache are never defined; db1 is computed twice, once under the name dbl, which the "
    "update uses.",
)
def function_listing():
    x, y = nn.data.moons(100, noise=0.05, seed=0)
    x, y = x.astype(float).T, y[None].astype(float)
    model = nn.MLP([2, 4, 1], "tanh", dtype="float64", rng=0)
    weights = [p.data.reshape(len(p.data), -1) for p in model.parameters()]
    optimizer, difference = optim.SGD(model.parameters(), lr=1.2), None
    for i in range(10_000):
        _, gradients = columns(x, y, *weights)
        weights = [w - 1.2 * dw for w, dw in zip(weights, gradients, strict=True)]
        if i < 100:
            optimizer.zero_grad()
            nn.BCEWithLogitsLoss()(model(x.T), y.T).backward()
            optimizer.step()
            pairs = zip(model.parameters(), weights, strict=True)
            difference = max(abs(p.data - w.reshape(p.shape)).max() for p, w in pairs)
    w1, b1, w2, b2 = weights
    return difference, (((w2 @ np.tanh(w1 @ x + b1) + b2) > 0) == y).mean()


LISTING = """\
import torch

N, D_in, H, D_out = 64, 1000, 100, 10
x = torch.randn(N, D_in)
y = torch.randn(N, D_out)
model = torch.nn.Sequential(
    torch.nn.Linear(D_in, H),
    torch.nn.ReLU(),
    torch.nn.Linear(H, D_out),
)
loss_fn = torch.nn.MSELoss(reduction="sum")
learning_rate = 1e-4
optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
losses = []
for t in range(10):
    y_pred = model(x)
    loss = loss_fn(y_pred, y)
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@item(
    "B15",
    "The PyTorch listing, brought up to date: batch of 64, 1000-100-10 units, ReLU, summed squared error, Adam, 10 "
    "steps; with changed imports and random numbers it runs in chainrule",
    NEWSON,
    numbers={"parameters": "101,110", "losses that fell": "9"},
    api=("nn.Sequential", "nn.Linear", "nn.ReLU", "nn.MSELoss", "optim.Adam"),
    where={7: "The PyTorch listing on the same slides"},
    slip="size_average=False is reduction='sum' today, loss.data[0] is loss.item(), and Variable no longer exists; "
    "learning_rate is used although lr0 was set.",
)
def pytorch_listing():
    text = LISTING.replace("import torch\n", "import numpy as np\nimport nn, optim\n").replace("torch.nn.", "nn.")
    text = text.replace("torch.optim.", "optim.").replace("torch.randn(", "rng.standard_normal(dtype='f4', size=(")
    text = re.sub(r"(rng\.standard_normal\(.*)\)$", r"\1))", text, flags=re.MULTILINE)
    assert "torch" not in text
    names = {"rng": np.random.default_rng(0)}
    nn.manual_seed(0)
    exec(compile(text, "listing", "exec"), names)
    return parameters(names["model"]), (np.diff(names["losses"]) < 0).sum()


def gradient_norms(activation, gain, depth=10, width=50):
    """The norms of dE/dW from the first to the last layer, of a deep net with weights of a common scale."""
    model = nn.MLP([width] * (depth + 1), activation, dtype="float64", rng=0)
    for p in model.parameters():
        nn.init.xavier_normal_(p, gain, rng=p.size) if p.ndim == 2 else nn.init.zeros_(p)
    rng = np.random.default_rng(0)
    nn.MSELoss()(model(rng.normal(size=(64, width))), rng.normal(size=(64, width))).backward()
    return np.array([np.linalg.norm(p.grad) for p in model.parameters() if p.ndim == 2])


@item(
    "B16",
    "Gradients vanish with depth: from the last of ten layers to the first they shrink on average by a factor of more "
    "than 4 per layer with the sigmoid; with tanh and Xavier's start they do not shrink, and with ReLU and its gain "
    "less than half is lost",
    (PITAS, HU, NEWSON),
    numbers={"first over last: sigmoid, tanh, ReLU": ".0000009, 1.18, .61"},
    api=("nn.MLP", "nn.init.xavier_normal_"),
    where={11: "only about a millionth is left after ten layers"},
)
def vanishing_gradients():
    norms = [gradient_norms(f, gain) for f, gain in (("sigmoid", 1.0), ("tanh", 1.0), ("relu", np.sqrt(2.0)))]
    assert (norms[0][1:8] / norms[0][:7] > 2.0).all()
    return ([n[0] / n[-1] for n in norms],)


@item(
    "B17",
    "Critical points are minima, maxima or saddle points, as the signs of the eigenvalues of the Hessian tell",
    PITAS,
    numbers={"eigenvalues of x^2 + y^2": "2, 2", "of -x^2 - y^2": "-2, -2", "of x y": "-1, 1",
             "of the loss (u v - 1)^2 / 2 at 0": "-1, 1"},
    api="autograd.hessian",
    where={8: "it is a saddle point"},
)  # fmt: skip
def critical_points():
    surfaces = (
        lambda x: x[0] ** 2 + x[1] ** 2,
        lambda x: -(x[0] ** 2) - x[1] ** 2,
        lambda x: x[0] * x[1],
        lambda x: 0.5 * (x[0] * x[1] - 1.0) ** 2,
    )
    for f in surfaces:
        same(grad(f)(np.zeros(2)), np.zeros(2))
    return tuple(np.linalg.eigvalsh(hessian(f)(np.zeros(2))) for f in surfaces)
