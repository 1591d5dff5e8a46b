"""Models and units, from the threshold unit to LeNet: M1 to M30."""

import numpy as np
from lecture_items.base import ALL, HU, HWANG, NEWSON, PITAS, VISHWAJITH, item, mention

import nn
import optim
from autograd import grad, hessian, jacobian, tensor
from nn.functional import avg_pool2d, conv1d, conv2d, max_pool2d, sigmoid, softmax

GRID = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND, OR, XOR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])


def same(a, b, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)), rtol, 1e-12)


def with_bias(x):
    """Inputs with a constant 1 in front."""
    return np.column_stack([np.ones(len(x)), x])


# --- threshold units ----------------------------------------------------------------------------------------------


@item(
    "M1",
    "The McCulloch-Pitts unit outputs 1 if the weighted sum exceeds a threshold; logic gates with hand-set weights",
    NEWSON,
    numbers={"AND": "0, 0, 0, 1", "OR": "0, 1, 1, 1", "NOT": "1, 0"},
    api="nn.McCullochPitts",
    where={4: "The McCulloch-Pitts unit outputs 1", "tests/nn/test_units.py": "test_gates"},
)
def mcculloch_pitts():
    unit = nn.McCullochPitts
    return unit([1, 1], 1.5)(GRID), unit([1, 1], 0.5)(GRID), unit([-1], -0.5)([[0], [1]])


@item(
    "M2",
    "The perceptron rule, w += a (t - y) x after each mistake, in its variants; every update is recorded",
    (PITAS, HU, VISHWAJITH, NEWSON),
    numbers={"updates on AND, f(0) = 1": "11", "f(0) = 0": "10", "labels -1, 1": "11", "epochs, f(0) = 1": "6"},
    api="nn.Perceptron",
    where={
        4: "The library records every update",
        "tests/nn/test_units.py": "test_it_learns_the_gates",
        "docs/variants.md": "The threshold of step and perceptron",
    },
)
def perceptron():
    fits = []
    for labels, at_zero in (((0, 1), 1), ((0, 1), 0), ((-1, 1), 1)):
        unit, targets = nn.Perceptron(2, labels=labels, at_zero=at_zero), np.where(AND, 1, labels[0])
        fits.append(unit.fit(GRID, targets))
        w, b = np.zeros(2), 0.0
        for update in fits[-1].updates:
            z = GRID[update.sample] @ w + b
            answer = labels[int(z > 0.0 or (z == 0.0 and at_zero == 1))]
            assert update.error == targets[update.sample] - answer
            w, b = w + update.error * GRID[update.sample], b + update.error
            same(update.weight, w)
            same(update.bias, b)
    return *(len(fit.updates) for fit in fits), fits[0].epochs


@item(
    "M3",
    "The perceptron converges if a line separates the classes; on XOR its weights repeat for ever",
    (HU, NEWSON),
    numbers={"converged on AND, OR, XOR": "1, 1, 0", "epochs after which it repeats on XOR": "1"},
    api="nn.Perceptron",
    where={4: "values that they have had before", "tests/nn/test_units.py": "test_it_cycles_on_exclusive_or"},
)
def perceptron_convergence():
    fits = [nn.Perceptron(2).fit(GRID, gate) for gate in (AND, OR, XOR)]
    return [fit.converged for fit in fits], fits[2].period


@item(
    "M4",
    "ADALINE learns from its linear output: w += a (t - z) x, the gradient of (t - z)^2 without its factor 2",
    HU,
    numbers={"w after one step": "=0.1, 0.2", "b": "=0.1", "answers to 0.4, 0.6": "0, 1", "bipolar": "-1, 1"},
    api="nn.Adaline",
    where={
        4: "Widrow and Hoff's ADALINE",
        "tests/nn/test_units.py": "test_the_delta_rule_has_no_factor_of_two",
        "docs/variants.md": "ADALINE: threshold, and the factor 2",
    },
)
def adaline():
    unit = nn.Adaline(2, dtype="float64")
    unit.fit([[1.0, 2.0]], [1], epochs=1, lr=0.1)
    learned = unit.weight.data, unit.bias.data
    gates = [nn.Adaline(1, labels=labels, dtype="float64") for labels in ((0, 1), (-1, 1))]
    for gate in gates:
        gate.weight.data = np.ones(1)
    return *learned, gates[0](np.array([[0.4], [0.6]])), gates[1](np.array([[-0.1], [0.1]]))


@item(
    "M5",
    "ADALINE on XOR: the normal equations give w = (0, 0) and b = 0.5, exactly the threshold; gradient descent ends at "
    "the same values",
    HU,
    numbers={"w": "=0.0, 0.0", "b": "=0.5", "w by descent": "0.000000, 0.000000", "b by descent": ".500000"},
    api="nn.Adaline",
    where={4: "always output one half", "tests/nn/test_units.py": "test_adaline_on_exclusive_or_is_exact"},
)
def adaline_on_xor():
    solved, descended = nn.Adaline(2, dtype="float64"), nn.Adaline(2, dtype="float64")
    solved.solve(GRID, XOR)
    descended.fit(GRID, XOR, epochs=500, lr=0.5, batch=True)
    return solved.weight, solved.bias, descended.weight, descended.bias


# --- regression ---------------------------------------------------------------------------------------------------


def trained(x, t, loss, rate, steps=2000):
    """A linear layer from weights of 0, by plain descent."""
    layer = nn.Linear(x.shape[1], t.shape[1], dtype="float64")
    for p in layer.parameters():
        nn.init.zeros_(p)
    optimizer = optim.SGD(layer.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(layer(x), t).backward()
        optimizer.step()
    return layer


def normal_equations(x, t):
    """Weights (out, in) and biases of the least squares."""
    ones = with_bias(x)
    solution = np.linalg.solve(ones.T @ ones, ones.T @ t)
    return solution[1:].T, solution[0]


LINE = np.array([[0.0], [1.0], [2.0]])


@item(
    "M6",
    "Linear regression: the normal equations and training with E = 1/2 sum (f - t)^2 agree for the points (0, 1), (1, "
    "0), (2, 5)",
    HU,
    numbers={"w": "=2.0", "b": "=0.0", "E": "=3.0", "w trained": "2.000000", "b trained": "0.000000"},
    api=("nn.Linear", "nn.MSELoss"),
    where={6: "These are the normal equations"},
)
def linear_regression():
    t = np.array([[1.0], [0.0], [5.0]])
    loss = nn.MSELoss(reduction="sum", half=True)
    w, b = normal_equations(LINE, t)
    layer = trained(LINE, t, loss, 0.2, 300)
    return w, b, loss(LINE @ w.T + b, t), layer.weight, layer.bias


@item(
    "M7",
    "Linear regression with several outputs: each row of W solves its own normal equations",
    HU,
    numbers={"W": "=2.0, 0.0", "b": "=0.0, 1.0", "W trained": "2.000000, 0.000000", "b trained": "0.000000, 1.000000"},
    api="nn.Linear",
    where={6: "there is one column of targets and one row of"},
)
def vector_regression():
    t = np.array([[1.0, 0.0], [0.0, 3.0], [5.0, 0.0]])
    layer = trained(LINE, t, nn.MSELoss(half=True), 0.8, 600)
    return *normal_equations(LINE, t), layer.weight, layer.bias


@item(
    "M8",
    "Linear regression as a classifier with threshold 1/2: a distant point on the correct side shifts the boundary",
    HU,
    numbers={
        "boundary between -1 and 1": "=0.0",
        "with points at 50 and 60": "1.134",
        "wrong answers with these": "1",
        "of logistic regression": "0",
    },
    api=("nn.Linear", "nn.BCEWithLogitsLoss"),
    where={6: "the decision boundary moves to the right, into the wrong class"},
)
def regression_as_classifier():
    near, far = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([[-2.0], [-1.0], [1.0], [2.0], [50.0], [60.0]])
    boundaries = []
    for x in (near, far):
        w, b = normal_equations(x, (x > 0) * 1.0)
        boundaries.append(((0.5 - b) / w).item())
    logistic = trained(far, (far > 0) * 1.0, nn.BCEWithLogitsLoss(), 0.1, 200)
    wrong = [((far > boundaries[1]) != (far > 0)).sum(), ((logistic(far).data > 0) != (far > 0)).sum()]
    return *boundaries, *wrong


def polynomial_errors(degree):
    """Mean squared errors on ten points with noise and on 200 without, of a fit in Chebyshev's polynomials."""
    rng = np.random.default_rng(3)
    x, far = np.linspace(-1.0, 1.0, 10), np.linspace(-1.0, 1.0, 200)
    truth = np.polynomial.Polynomial([0.2, 1.0, -1.5])
    t = truth(x) + rng.normal(0.0, 0.2, 10)
    basis, there = (np.polynomial.chebyshev.chebvander(points, degree) for points in (x, far))
    found = optim.minimize(lambda w: ((basis @ w - t) ** 2).mean(), np.zeros(degree + 1), "newton", tolerance=1e-9)
    return found.values[-1], np.mean((there @ found.x - truth(far)) ** 2)


@item(
    "M9",
    "Polynomials of degree 1, 2 and 9 fitted to ten noisy points of a parabola: too stiff, right, and passing through "
    "every point",
    (HU, HWANG),
    numbers={"training errors": ".185, .067, .000", "test errors": ".223, .033, .138"},
    api="optim.minimize",
    where={6: "has a column for each power of", 10: "polynomials of degree 1, 2 and 9"},
)
def polynomial_regression():
    fits = [polynomial_errors(degree) for degree in (1, 2, 9)]
    return tuple(zip(*fits, strict=True))


def one_unit(z, target, loss):
    """The derivative of a loss behind a sigmoid by the weighted sum z."""
    return grad(lambda z: loss(sigmoid(z), target))(np.asarray(z))


@item(
    "M10",
    "A logistic unit with squared error: dE/dz = (o - t) o (1 - o)",
    (HU, VISHWAJITH, HWANG),
    numbers={"o at z = 0.4": ".598688", "dE/dz for t = 1": "-.096420"},
    api=("nn.Sigmoid", "nn.MSELoss"),
    where={1: "output with respect to the sum", 6: "squared error is almost flat there"},
)
def logistic_unit():
    z, t = 0.4, np.array(1.0)
    slope, o = one_unit(z, t, nn.MSELoss(half=True)), 1.0 / (1.0 + np.exp(-z))
    same(slope, (o - t) * o * (1.0 - o))
    return o, slope


@item(
    "M11",
    "Logistic regression maximizes the Bernoulli likelihood: the gradient is (h - t) x, plus lambda theta with a "
    "penalty; deciding by h >= 1/2 means deciding by the sign of the weighted sum",
    (HU, HWANG, NEWSON),
    numbers={"dE/dz = h - t at z = 0.4, t = 1": "-.401312", "h'": ".240261", "largest h'": "=0.25"},
    api=("nn.BCEWithLogitsLoss", "nn.BCELoss"),
    where={6: "the predicted class depends only on the sign of the score"},
)
def logistic_regression():
    rng = np.random.default_rng(0)
    x, t, theta = rng.normal(size=(6, 3)), rng.integers(0, 2, 6).astype(float), rng.normal(size=3)
    h = sigmoid(x @ theta)

    def penalized(theta):
        return nn.BCEWithLogitsLoss()(x @ theta, t) + 0.05 * (theta * theta).sum()

    def likelihood(theta):
        p = sigmoid(x @ theta)
        return np.prod(p**t * (1.0 - p) ** (1.0 - t))

    same(penalized(theta), -np.log(likelihood(theta)) / 6 + 0.05 * theta @ theta)
    same(grad(penalized)(theta), x.T @ (h - t) / 6 + 0.1 * theta)
    z = np.linspace(-5.0, 5.0, 101)
    assert ((sigmoid(z) >= 0.5) == (z >= 0.0)).all()
    slope = grad(sigmoid)
    return grad(lambda z: nn.BCEWithLogitsLoss()(z, np.array(1.0)))(0.4), slope(0.4), slope(0.0)


@item(
    "M12",
    "Softmax regression: dh_i/du_k = h_i (d_ik - h_k), gradient (h - t) x; adding a constant to all scores changes "
    "nothing, so there are infinitely many minima",
    (HU, HWANG, NEWSON),
    numbers={"softmax of 1, 2, 3": ".09003057, .24472847, .66524096", "flat directions of 3 classes, 2 inputs": "2"},
    api=("nn.Softmax", "nn.CrossEntropyLoss", "autograd.jacobian"),
    where={6: "Each probability depends on all scores"},
    slip="One slide omits the 1/N of the mean.",
)
def softmax_regression():
    rng = np.random.default_rng(1)
    u = np.array([1.0, 2.0, 3.0])
    h = softmax(u)
    same(jacobian(softmax)(u), h[:, None] * (np.eye(3) - h))
    x, labels, theta = rng.normal(size=(5, 2)), rng.integers(0, 3, 5), rng.normal(size=(3, 2))

    def error(theta):
        return nn.CrossEntropyLoss()(x @ theta.T, labels)

    same(grad(error)(theta), (softmax(x @ theta.T) - np.eye(3)[labels]).T @ x / 5)
    same(error(theta), error(theta - rng.normal(size=2)))
    curvature = hessian(error)(theta).reshape(6, 6)
    return h, (abs(np.linalg.eigvalsh(curvature)) < 1e-12).sum()


@item(
    "M13",
    "Softmax over two classes equals logistic regression on the difference of the parameters",
    HU,
    numbers={"h_1 of scores 2, 0.5": ".817574", "sigmoid(1.5)": ".817574"},
    api=("nn.Softmax", "nn.Sigmoid"),
    where={6: "softmax is the logistic unit"},
)
def two_classes():
    rng = np.random.default_rng(2)
    x, theta, labels = rng.normal(size=(7, 3)), rng.normal(size=(2, 3)), rng.integers(0, 2, 7)
    same(softmax(x @ theta.T)[:, 0], sigmoid(x @ (theta[0] - theta[1])))
    same(nn.CrossEntropyLoss()(x @ theta.T, labels), nn.BCEWithLogitsLoss()(x @ (theta[1] - theta[0]), labels * 1.0))
    return softmax(np.array([2.0, 0.5]))[0], sigmoid(np.array(1.5))


@item(
    "M14",
    "Class labels as numbers and as one-of-K rows: losses accept both, and each can be converted to the other",
    (HU, HWANG),
    numbers={"class 3 of 5": "0, 0, 1, 0, 0", "back to a number (from 0)": "2", "loss of both": "1.0986, 1.0986"},
    api=("nn.data.one_hot", "nn.data.class_numbers", "nn.CrossEntropyLoss"),
    where={6: "one_hot = nn.data.one_hot(kinds, 100)"},
)
def labels():
    row = nn.data.one_hot([2], classes=5)
    loss, scores = nn.CrossEntropyLoss(), np.zeros((2, 3))
    both = [loss(scores, np.array([0, 2])), loss(scores, nn.data.one_hot([0, 2], classes=3, dtype="float64"))]
    return row, nn.data.class_numbers(row), both


@item(
    "M15",
    "Multi-class targets such as [0 0 1] need softmax with cross-entropy; multi-label targets such as [1 0 1] need a "
    "sigmoid with binary cross-entropy per unit",
    HWANG,
    numbers={"loss of [0 0 1]": ".2395", "loss of [1 0 1]": ".4228", "sums of the answers": "1.0000, 2.0000"},
    api=("nn.CrossEntropyLoss", "nn.BCEWithLogitsLoss", "nn.recommend"),
    where={6: '"multiclass", "multilabel"'},
)
def classes_and_labels():
    scores = np.array([[0.0, 0.0, 2.0]])
    odds = np.log(np.array([[3.0, 1.0, 3.0]]))
    one = nn.CrossEntropyLoss()(scores, nn.data.one_hot([2], dtype="float64"))
    several = nn.BCEWithLogitsLoss()(odds, np.array([[1.0, 0.0, 1.0]]))
    assert nn.recommend("multiclass").loss == "CrossEntropyLoss"
    assert nn.recommend("multilabel").loss == "BCEWithLogitsLoss"
    return one, several, (softmax(scores).sum(), sigmoid(odds).sum())


@item(
    "M16",
    "The series y(k+1) = y / (1 + y^2) + u^3, modelled by a linear recursion (ARX), a polynomial, a rational function "
    "and nested sigmoids, each fitted by the engine",
    HWANG,
    numbers={"mean squared errors": ".036, .001, .000, .000"},
    api=("optim.minimize", "nn.MLP"),
    where={9: "Four models of one series"},
)
def one_series():
    rng = np.random.default_rng(0)
    u, y = rng.uniform(-1.0, 1.0, 120), np.zeros(121)
    for k in range(120):  # Narendra and Parthasarathy 1990
        y[k + 1] = y[k] / (1.0 + y[k] ** 2) + u[k] ** 3
    past, now = np.stack([y[:-1], u], axis=1), y[1:]
    a, b = past.T
    squares = np.stack([a, b, a * a, a * b, b * b, a**3, a * a * b, a * b * b, b**3], axis=1)

    def linear(w):
        return past @ w

    def polynomial(w):
        return squares @ w

    def rational(w):
        return (np.stack([a, b**3, a * a * b**3], axis=1) @ w["over"]) / (1.0 + squares[:, 2:5] @ w["under"])

    def nested(w):
        return sigmoid(past @ w["V"].T + w["c"]) @ w["w"] + w["b"]

    starts = [
        (linear, np.zeros(2)),
        (polynomial, np.zeros(9)),
        (rational, {"over": np.zeros(3), "under": np.zeros(3)}),
        (nested, {"V": rng.normal(size=(6, 2)), "c": rng.normal(size=6), "w": rng.normal(size=6), "b": 0.0}),
    ]
    errors = []
    for model, start in starts:
        found = optim.minimize(lambda w, model=model: ((model(w) - now) ** 2).mean(), start, max_steps=150)
        errors.append(found.values[-1])
    return errors


# --- layers and networks ------------------------------------------------------------------------------------------


@item(
    "M17",
    "A multi-layer perceptron: layer 0 is the input, widths are arbitrary, and connections lead only to the next layer",
    ALL,
    numbers={"layers of [4, 3, 5, 2] with weights": "3", "parameters": "47"},
    api="nn.MLP",
    where={4: "nn.MLP([2, 2, 1], activation=activation", 7: "A layer takes the outputs"},
)
def multilayer_perceptron():
    model = nn.MLP([4, 3, 5, 2], "tanh", dtype="float64", rng=0)
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    x = np.random.default_rng(0).normal(size=(6, 4))
    y = x
    for number, layer in enumerate(linear, 1):
        z = y @ layer.weight.data.T + layer.bias.data
        y = z if number == len(linear) else np.tanh(z)
    same(model(x), y)
    return len(linear), sum(p.size for p in model.parameters())


@item(
    "M18",
    "A bias is a weight on an input that is always 1: outputs and gradients are the same",
    (PITAS, VISHWAJITH),
    api="nn.Linear",
    where={4: "a bias is a weight on an input that is always 1"},
)
def bias_as_weight():
    rng = np.random.default_rng(0)
    layer, x = nn.Linear(3, 2, dtype="float64", rng=0), rng.normal(size=(5, 3))
    extended = tensor(np.column_stack([layer.bias.data, layer.weight.data]), requires_grad=True)
    one, other = layer(x), with_bias(x) @ extended.T
    same(one, other)
    np.tanh(one).sum().backward()
    np.tanh(other).sum().backward()
    same(extended.grad, np.column_stack([layer.bias.grad, layer.weight.grad]))


@item(
    "M19",
    "The kinds of networks mentioned: an autoencoder of 4-2-4 units learns to reproduce its inputs; a recurrent "
    "network and an LSTM learn to repeat the first of ten numbers at the end; convolutional and bidirectional layers "
    "are available",
    (PITAS, VISHWAJITH),
    numbers={
        "inputs reproduced, distinguishable codes": "4, 4",
        "correct: RNN, LSTM": "1.00, 1.00",
        "shape of an LSTM in both directions": "7, 2, 10",
    },
    api=("nn.MLP", "nn.Conv2d", "nn.RNN", "nn.LSTM", "nn.GRU"),
    where={
        12: "An autoencoder learns to reproduce its input",
        "tests/nn/test_recurrent.py": "test_the_second_direction_reads_from_the_end",
        "examples/digits_cnn.py": "A small convolutional network",
    },
)
def kinds_of_networks():
    x = np.eye(4, dtype="float32")
    model = nn.MLP([4, 2, 4], "tanh", rng=0)
    nn.fit(model, x, loss=lambda p, t: nn.CrossEntropyLoss()(p, t), epochs=150, batch_size=4, seed=0,
           optimizer=lambda p: optim.Adam(p, lr=0.1))  # fmt: skip
    codes = model[:2](x).data
    apart = sum(min(abs(code - other).max() for other in np.delete(codes, i, 0)) > 0.5 for i, code in enumerate(codes))

    def remembered(kind):
        nn.manual_seed(0)
        cell, read, rng, right = kind(1, 16), nn.Linear(16, 1, rng=0), np.random.default_rng(0), []
        optimizer = optim.Adam([*cell.parameters(), *read.parameters()], lr=0.01)
        for _ in range(150):
            sequences = rng.choice([-1.0, 1.0], (10, 32, 1)).astype("float32")
            scores, first = read(cell(sequences)[0][-1]), (sequences[0] > 0).astype("float32")
            optimizer.zero_grad()
            nn.BCEWithLogitsLoss()(scores, first).backward()
            optimizer.step()
            right.append(np.mean((scores.data > 0) == first))
        return np.mean(right[-20:])

    out, _ = nn.LSTM(3, 5, bidirectional=True)(np.zeros((7, 2, 3), "float32"))
    reproduced = (model(x).data.argmax(1) == np.arange(4)).sum()
    return (reproduced, apart), [remembered(kind) for kind in (nn.RNN, nn.LSTM)], out.shape


@item(
    "M20",
    "XOR by ReLU units with hand-set weights: V = [[1, 1], [1, 1]], c = (0, -1), w = (1, -2), b = 0",
    HU,
    numbers={"hidden": "0, 0, 1, 0, 1, 0, 2, 1", "outputs": "0, 1, 1, 0"},
    api=("nn.MLP", "nn.draw"),
    where={4: "by_hand[2].weight.data[:] = [[1, -2]]"},
)
def xor_by_hand():
    model = nn.MLP([2, 2, 1], "relu", dtype="float64")
    first, relu, last = model
    first.weight.data, first.bias.data = np.ones((2, 2)), np.array([0.0, -1.0])
    last.weight.data, last.bias.data = np.array([[1.0, -2.0]]), np.zeros(1)
    assert "relu" in nn.draw(model, GRID).dot
    return relu(first(GRID)), np.maximum(model(GRID).data, 0.0)  # the slide puts a ReLU behind the output too


@item(
    "M21",
    "Networks of 2-2-1 sigmoid or tanh units learn XOR by backpropagation",
    (HU, NEWSON),
    numbers={"correct answers: sigmoid, tanh": "4, 4"},
    api="nn.MLP",
    where={4: "A hidden layer, learned", "examples/xor.py": "with sigmoid units, and with tanh units"},
)
def xor_learned():
    right = []
    for unit, low, rate, seed in (("sigmoid", 0.0, 1.0, 1), ("tanh", -1.0, 0.1, 0)):
        nn.manual_seed(seed)
        model = nn.MLP([2, 2, 1], unit, unit).astype("float64")
        optimizer, targets = optim.SGD(model.parameters(), lr=rate, momentum=0.9), np.where(XOR, 1.0, low)[:, None]
        for _ in range(300):
            optimizer.zero_grad()
            nn.MSELoss()(model(GRID), targets).backward()
            optimizer.step()
        right.append((abs(model(GRID).data - targets) < 0.1 * (1.0 - low)).sum())
    return (right,)


@item(
    "M22",
    "Linear layers without a non-linearity between them equal one linear layer: W3 W2 W1 x = V x, whatever the depth",
    NEWSON,
    numbers={"rank of 5-2-6-4 units": "2"},
    api=("nn.MLP", "autograd.jacobian"),
    where={4: "Three linear layers are equivalent to a single one"},
)
def linear_collapse():
    model = nn.MLP([5, 2, 6, 4], nn.Identity, dtype="float64", rng=0)
    collapsed = jacobian(model)(np.zeros(5))
    w1, w2, w3 = (layer.weight.data for layer in model if isinstance(layer, nn.Linear))
    same(collapsed, w3 @ w2 @ w1)
    x = np.random.default_rng(0).normal(size=5)
    same(model(x).data - model(np.zeros(5)).data, collapsed @ x)
    return np.linalg.matrix_rank(collapsed)


def approximation_error(width, f):
    """The largest distance from sin(2 pi x) on [0, 1] of sum u_i f(w_i x + b_i), with w, b random and u fitted."""
    rng = np.random.default_rng(0)
    x, there = np.linspace(0.0, 1.0, 100)[:, None], np.linspace(0.0, 1.0, 333)[:, None]
    hidden = nn.Linear(1, width, dtype="float64")
    hidden.weight.data, hidden.bias.data = rng.normal(0.0, 10.0, (width, 1)), rng.uniform(-10.0, 10.0, width)
    u = np.linalg.lstsq(f(hidden(x)).data, np.sin(2 * np.pi * x[:, 0]), rcond=None)[0]
    return abs(f(hidden(there)).data @ u - np.sin(2 * np.pi * there[:, 0])).max()


@item(
    "M23",
    "Universal approximation: with one hidden layer of bounded units, the error falls below any tolerance as the width "
    "grows",
    (PITAS, NEWSON),
    numbers={"largest error with 2, 5, 12 units": ".95, .28, .00", "of 12 ReLU units": ".61"},
    api=("nn.Linear", "nn.Sigmoid"),
    where={4: "The universal approximation theorem", "docs/variants.md": "Universal approximation"},
    slip="The theorem as quoted requires a bounded f, which excludes ReLU; Leshno et al. (1993) require only that f is "
    "not a polynomial. One slide calls the function G in one line and F in the next.",
)
def universal_approximation():
    return [approximation_error(n, nn.Sigmoid()) for n in (2, 5, 12)], approximation_error(12, nn.ReLU())


@item(
    "M24",
    "A network as a sequence of layers, with parameters (fc) and without (act, loss), which can be cut at any point",
    HU,
    numbers={"with parameters: fc1 act1 fc2 act2": "1, 0, 1, 0"},
    api=("nn.Sequential", "nn.draw", "nn.summary"),
    where={7: "Such a list of layers can be split at any position", "docs/views.md": "Pictures of networks"},
)
def row_of_layers():
    model = nn.MLP([3, 4, 2], "sigmoid", "sigmoid", dtype="float64", rng=0)
    x, t = np.random.default_rng(0).normal(size=(5, 3)), np.zeros((5, 2))
    loss, y = nn.MSELoss(half=True), x
    for layer in model:
        y = layer(y)
    same(loss(y, t), loss(model(x), t))
    same(model[2:](model[:2](x)), model(x))
    return ([any(True for _ in layer.parameters()) for layer in model],)


@item(
    "M25",
    "Softmax and cross-entropy as one layer: the same value and gradient as two layers, and correct where the "
    "exponentials of the two layers overflow or the probability underflows to 0; log-softmax with negative "
    "log-likelihood is as safe",
    HU,
    numbers={
        "loss of scores 1, 2, 3, class 1: fused, split": "2.407606, 2.407606",
        "loss of scores 0, 1000, class 1: fused, log-softmax": "=1000.0, 1000.0",
        "of scores 0, -1000, class 2": "=1000.0, 1000.0",
        "gradients of the first": "-1, 1, -1, 1",
        "finite: log of softmax, log-softmax by its formula": "0, 0",
    },
    api=("nn.CrossEntropyLoss", "nn.LogSoftmax", "nn.NLLLoss"),
    where={6: "Should softmax and cross-entropy be split?"},
)
def fused_softmax():
    def fused(scores, label=0):
        return nn.CrossEntropyLoss()(scores, np.array(label))

    def logarithmic(scores, label=0):
        return nn.NLLLoss()(nn.LogSoftmax()(scores), np.array(label))

    def split(scores):
        return -np.log(softmax(scores)[0])

    def formula(scores):
        return -(scores - np.log(np.exp(scores).sum()))[0]

    mild, wild, low = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1000.0]), np.array([0.0, -1000.0])
    for loss in (logarithmic, split, formula):
        same(loss(mild), fused(mild))
        same(grad(loss)(mild), grad(fused)(mild))
    with np.errstate(all="ignore"):
        finite = [np.isfinite(loss(wild)) for loss in (split, formula)]
    slopes = np.concatenate([grad(loss)(wild) for loss in (fused, logarithmic)])
    both = [(fused(s, label), logarithmic(s, label)) for s, label in ((wild, 0), (low, 1))]
    return (fused(mild), split(mild)), *both, slopes, finite


@item(
    "M26",
    "Networks call cross-correlation, sum x(n + k) w(k), convolution; flipping the kernel turns it into a true "
    "convolution",
    HWANG,
    numbers={"correlation of 1 2 4 8 with 1 0 -1": "-3, -6", "convolution": "3, 6"},
    api=("nn.functional.conv1d", "nn.Conv1d"),
    where={
        12: "The convolution of mathematics mirrors the kernel",
        "tests/nn/test_convolution.py": "test_flip_is_the_convolution_of_mathematics",
        "docs/variants.md": "Convolution or correlation",
    },
)
def correlation():
    x, w = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 0.0, -1.0])
    as_batch = x[None, None], w[None, None]
    same(conv1d(*as_batch, flip=True)[0, 0], np.convolve(x, w, "valid"))
    return conv1d(*as_batch), conv1d(*as_batch, flip=True)


@item(
    "M27",
    "Two-dimensional convolution with stride and padding, pooling, shared kernels: a side of length n becomes (n + 2p "
    "- k) / s + 1",
    (HU, HWANG),
    numbers={
        "28, k 5": "24",
        "24, k 5, p 2": "24",
        "16, k 5, s 2, p 2": "8",
        "12, pooled by 3": "4",
        "max and mean of 1 2 3 4": "4.0, 2.5",
        "weights of 8 kernels of 5x5, any image": "200",
    },
    api=("nn.Conv2d", "nn.MaxPool2d", "nn.AvgPool2d"),
    where={12: "Stride, padding, size", "tests/nn/test_convolution.py": "test_output_size_and_values"},
)
def convolution():
    def side(n, k, **how):
        return conv2d(np.zeros((1, 1, n, n)), np.zeros((1, 1, k, k)), **how).shape[-1]

    x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    return (
        side(28, 5), side(24, 5, padding=2), side(16, 5, stride=2, padding=2),
        max_pool2d(np.zeros((1, 1, 12, 12)), 3).shape[-1],
        (max_pool2d(x, 2).item(), avg_pool2d(x, 2).item()),
        nn.Conv2d(1, 8, 5).weight.size,
    )  # fmt: skip


@item(
    "M28",
    "LeNet 1989: 256 inputs, 12 maps of 8x8, 12 maps of 4x4 that are each connected to 8 of the first 12, 30 units, 10 "
    "outputs",
    HWANG,
    numbers={"units": "256, 768, 192, 30, 10", "parameters": "9,760", "maps of H1 seen by each of H2": "8"},
    api="nn.models.LeNet1989",
    where={12: "each of which sees 8 of the 12 maps in H1", "tests/nn/test_lenet.py": "test_parameters_of_lenet"},
)
def lenet():
    model = nn.models.LeNet1989(rng=0)
    units = [256, *(layer.bias.size for layer in (model.h1, model.h2, model.h3, model.output))]
    assert model(np.zeros((1, 16, 16), "float32")).shape == (1, 10)
    return units, sum(p.size for p in model.parameters()), model.h2.table.shape[1]


mention(
    "M29",
    "AlexNet, the ice ages of neural networks, neurons in numbers",
    (HWANG, NEWSON),
    where={"docs/glossary.md": "AlexNet"},
)


@item(
    "M30",
    "Three claims: one hidden layer suffices in principle, but nothing is said about its width; depth needs "
    "non-linearity; softmax has more parameters than necessary",
    (PITAS, HU, NEWSON),
    numbers={"random units for an error of 0.01": "9", "rank of a deep linear net of 1-9-9-9-1": "1",
             "flat directions of softmax": "2"},
    api=("nn.Linear", "nn.MLP", "autograd.hessian"),
    where={
        4: "The theorem says that good weights exist",
        6: "The network therefore learns one score too many",
    },
)  # fmt: skip
def claims():
    width = next(n for n in range(1, 60) if approximation_error(n, nn.Sigmoid()) < 0.01)
    deep = nn.MLP([1, 9, 9, 9, 1], nn.Identity, dtype="float64", rng=0)
    x = np.linspace(-1.0, 1.0, 7)[:, None]
    bends = np.diff(deep(x).data[:, 0], 2)
    assert abs(bends).max() < 1e-12  # a straight line, whatever the depth
    return width, np.linalg.matrix_rank(jacobian(deep)(np.zeros(1))), softmax_regression()[1]
