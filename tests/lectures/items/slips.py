"""Slips of the decks beside those in the other tables, and questions that they leave open: S1 to S17."""

import numpy as np
from lecture_items.backprop import gradient_norms
from lecture_items.base import HU, HWANG, NEWSON, PITAS, VISHWAJITH, item
from lecture_items.metrics import counted

import nn
import optim
from autograd import grad, tensor
from nn import metrics
from nn.functional import conv1d, sigmoid, softmax


def same(a, b, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)), rtol, 1e-13)


@item(
    "S1",
    "The update of logistic regression adds a e x, with the error e = t - y",
    VISHWAJITH,
    numbers={
        "update of w at z = -4, t = 1, x = 1, a = 1: as printed": ".0173",
        "by squared error": ".0173",
        "by cross-entropy": ".9820",
    },
    api=("nn.BCEWithLogitsLoss", "nn.MSELoss"),
    where={6: "The cross-entropy is steep there"},
    slip="The slide multiplies by y (1 - y) as well. That is the update of a logistic unit with squared error.",
)
def logistic_update():
    t, z = np.array(1.0), np.array(-4.0)
    squared, crossed = nn.MSELoss(half=True), nn.BCEWithLogitsLoss()
    y = sigmoid(z)
    return (t - y) * y * (1.0 - y), -grad(lambda z: squared(sigmoid(z), t))(z), -grad(lambda z: crossed(z, t))(z)


@item(
    "S2",
    "In dw = (f(z) - t) f'(z) x, the derivative f' is evaluated at the weighted sum z = wx + b",
    NEWSON,
    numbers={"dw for w = 0.5, x = 2, b = -0.5, t = 1": "-.1774", "with f' at f(z)": "-.1716"},
    api="autograd.grad",
    where={0: "evaluated at $f(wx + b)$", 1: "On paper, we work backwards from the error"},
    slip="A remark says that f' is evaluated at f(wx + b). The formula above it is right.",
)
def where_the_derivative_is_taken():
    z, t, x = np.array(0.5), 1.0, 2.0
    f, slope = sigmoid(z), grad(sigmoid)
    dw = grad(lambda w: 0.5 * (sigmoid(w * x - 0.5) - t) ** 2)(np.array(0.5))
    same(dw, (f - t) * slope(z) * x)
    return dw, (f - t) * slope(f) * x


@item(
    "S3",
    "The perceptron rule also updates the bias, visits samples 1 to m, and repeats the pass until no mistake is left",
    NEWSON,
    numbers={
        "correct on AND after one pass without a bias": "2",
        "after 100 passes without a bias": "2",
        "by the whole rule": "4",
    },
    api="nn.Perceptron",
    where={4: "takes the place of the threshold", "tests/nn/test_units.py": "test_it_learns_the_gates"},
    slip="The listing leaves b alone, counts from 0 to m, which is one sample too many, and makes a single pass.",
)
def perceptron_listing():
    x, t = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
    correct = []
    for passes in (1, 100):
        w = np.zeros(2)
        for _ in range(passes):
            for sample, label in zip(x, t, strict=True):
                w = w + (label - (w @ sample > 0)) * sample
        correct.append(((x @ w > 0) == t).sum())
    unit = nn.Perceptron(2, at_zero=0)
    unit.fit(x, t)
    return *correct, (unit(x) == t).sum()


@item(
    "S4",
    "In the backward pass of two layers, db[1] = 1/m sum dZ[1]; dz[l] = W[l+1]^T dz[l+1] * f'(z[l])",
    NEWSON,
    numbers={"loss after 300 steps of rate 1": ".243", "with b[1] overwritten by 1/m sum dZ[1] at each step": ".252"},
    api="nn.MLP",
    where={7: "If the loss is an average over"},
    slip="The slide assigns the gradient to b[1] itself. Other slides write d/dt_i for d/dx_i, and da[l+1] for da[l], "
    "which has the wrong shape.",
)
def bias_overwritten():
    points, labels = nn.data.moons(100, noise=0.05, seed=0)
    x, t = points.astype(float), labels[:, None].astype(float)

    def learned(overwrite):
        model = nn.MLP([2, 4, 1], "tanh", dtype="float64", rng=0)
        optimizer = optim.SGD(model.parameters(), lr=1.0)
        for _ in range(300):
            optimizer.zero_grad()
            loss = nn.BCEWithLogitsLoss()(model(x), t)
            loss.backward()
            optimizer.step()
            if overwrite:
                model[0].bias.data = model[0].bias.grad
        return loss

    return learned(overwrite=False), learned(overwrite=True)


@item(
    "S5",
    "Batch normalization stores moments of the batches; dropout stores nothing",
    NEWSON,
    numbers={"running moments of nn.BatchNorm1d, buffers of nn.Dropout": "2, 0"},
    api=("nn.BatchNorm1d", "nn.Dropout"),
    where={11: "The layer therefore keeps moving averages of the statistics"},
    slip='"The frameworks take care of storing the batch moments" stands on the slide about dropout.',
)
def stored_moments():
    moments = [name for name, _ in nn.BatchNorm1d(3).named_buffers() if name.startswith("running")]
    return ((len(moments), len(list(nn.Dropout(0.5).named_buffers()))),)


@item(
    "S6",
    "ReLU and leaky ReLU avoid vanishing gradients only from a start of the right size",
    NEWSON,
    numbers={
        "gradient at the first over the last of ten ReLU layers: with the gain sqrt(2)": "3.7",
        "without it": ".045",
        "leaky ReLU without it": ".051",
    },
    api=("nn.init.kaiming_normal_", "nn.init.xavier_normal_"),
    where={11: "For ReLU, the factor"},
    slip='The slide says that ReLU and leaky ReLU "do not have this problem".',
)
def relu_needs_its_gain():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(64, 50)), rng.normal(size=(64, 50))
    found = []
    for activation, gain in (("relu", 2.0**0.5), ("relu", 1.0), ("leaky_relu", 1.0)):
        model = nn.MLP([50] * 11, activation, dtype="float64", rng=0)
        for p in model.parameters():
            nn.init.xavier_normal_(p, gain, rng=rng) if p.ndim == 2 else nn.init.zeros_(p)
        norms = [row.delta for row in nn.gradient_flow(model, nn.MSELoss(), data) if row.kind == "Linear"]
        found.append(norms[0] / norms[-1])
    return tuple(found)


@item(
    "S7",
    "Correlation is y(k) = sum_n x(n + k) w(n)",
    HWANG,
    numbers={"1 2 4 8 with 1 0 -1": "-3, -6", "as printed, for k = 0, 1": "7, 0"},
    api="nn.functional.conv1d",
    where={12: "The convolution of mathematics mirrors the kernel"},
    slip="The slide has w(k), which does not depend on n: a sum of the inputs times one weight.",
)
def correlation_index():
    x, w = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 0.0, -1.0])
    return conv1d(x[None, None], w[None, None]), [sum(x[n + k] * w[k] for n in range(3)) for k in range(2)]


@item(
    "S8",
    "The squared error of a sample is 1/2 sum_j (t_j - a_j)^2",
    HWANG,
    numbers={"for t = 1, 0 and a = 0.8, 0.4": "=0.1", "as printed, with i = 1": "=0.2"},
    api="nn.MSELoss",
    where={"docs/glossary.md": "Euclidean loss, MSE"},
    slip="The slide subtracts every output from the same target t_i. Its chain rule has o_pi where o_pj is meant.",
)
def target_index():
    t, a = np.array([1.0, 0.0]), np.array([0.8, 0.4])
    return nn.MSELoss(reduction="sum", half=True)(a, t), 0.5 * ((t[0] - a) ** 2).sum()


@item(
    "S9",
    "A classifier that always says no has the better accuracy exactly when TP < FP; F1 is about the mean of precision "
    "and recall when both are close, and never above it",
    HWANG,
    numbers={
        "F1 and mean of .50 and .55": ".5238, .5250",
        "of .10 and .90": ".1800, .5000",
        "random tables that agree, of 200": "200",
    },
    api=("nn.metrics.accuracy", "nn.metrics.f1"),
    where={6: "The useless classifier has the better accuracy"},
)
def claims_about_metrics():
    def harmonic(p, r):
        return 2.0 * p * r / (p + r)

    agree = 0
    for tp, fn, fp, tn in np.random.default_rng(0).integers(1, 12, (200, 4)).tolist():
        pair = counted(tp, fn, fp, tn)
        better = metrics.accuracy(np.zeros_like(pair[1]), pair[1]) > metrics.accuracy(*pair)
        mean = (metrics.precision(*pair) + metrics.recall(*pair)) / 2.0
        agree += (better == (tp < fp)) and metrics.f1(*pair) <= mean + 1e-12
    return (harmonic(0.5, 0.55), 0.525), (harmonic(0.1, 0.9), 0.5), agree


@item(
    "S10",
    "Softmax over two classes is h_1 = sigmoid((theta_1 - theta_2)^T x)",
    HU,
    numbers={
        "h_1 for theta = (1, 2), (0.5, 1), x = (2, -0.5)": ".622459",
        "sigmoid of the difference times x": ".622459",
        "as printed, of the difference alone": ".622459, .731059",
    },
    api=("nn.Softmax", "nn.Sigmoid"),
    where={6: "softmax is the logistic unit"},
    slip="The slide has sigma(theta_1 - theta_2), without x: one number for each input.",
)
def difference_without_x():
    theta, x = np.array([[1.0, 2.0], [0.5, 1.0]]), np.array([2.0, -0.5])
    difference = theta[0] - theta[1]
    return softmax(theta @ x)[0], sigmoid(difference @ x), sigmoid(difference)


@item(
    "S11",
    "The gradient of the vector-matrix form is ((f - t) * h'(u)) x^T, an outer product, with the derivative at the "
    "sum u; W has K rows and m columns",
    HU,
    numbers={
        "dE/dW for W = (.5, -1), (2, .3), b = 0, x = (1, 2), t = (0, 1)": ".0272, .0544, -.0044, -.0089",
        "with the derivative at x": ".0359, .0717, -.0073, -.0145",
    },
    api="autograd.grad",
    where={7: "the transposed weight matrix"},
    slip="The slide omits the transpose of x, writes f'(x) for f'(u), and names the sizes N and M, although the matrix "
    "has m and K. A later slide gives W(l - 1) the shape of W(l).",
)
def vector_matrix_form():
    w, x, t = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([1.0, 2.0]), np.array([0.0, 1.0])
    found = grad(lambda w: 0.5 * ((sigmoid(w @ x) - t) ** 2).sum())(w)
    u = w @ x
    same(found, np.outer((sigmoid(u) - t) * grad(lambda u: sigmoid(u).sum())(u), x))
    return found, np.outer((sigmoid(u) - t) * grad(lambda u: sigmoid(u).sum())(x), x)


@item(
    "S12",
    "Momentum must be below 1, and so must the decay rates of Adam",
    (HU, HWANG),
    numbers={
        "speed after 10, 1,000 steps with gradient 1, in units of the rate: g = 0.9": "6.5, 10.0",
        "g = 1": "10, 1,000",
    },
    api=("optim.SGD", "optim.Adam"),
    where={9: "it keeps a velocity"},
    slip="One lecture allows a momentum of 1, at which the velocity never ends; another allows decay rates of 1 in "
    "Adam, whose correction then divides by 0. chainrule refuses the latter.",
)
def momentum_of_one():
    speeds = []
    for momentum in (0.9, 1.0):
        w = tensor(0.0, requires_grad=True)
        optimizer, places = optim.SGD([w], lr=0.1, momentum=momentum, momentum_style="classical"), [0.0]
        for _ in range(1000):
            w.grad = np.array(1.0)
            optimizer.step()
            places.append(w.item())
        steps = -np.diff(places) / 0.1
        speeds.append(steps[[9, 999]])
    try:
        optim.Adam([tensor(0.0, requires_grad=True)], betas=(1.0, 0.999))
    except optim.HyperparameterError:
        return speeds[0], speeds[1]
    raise AssertionError("Adam takes a decay rate of 1")


@item(
    "S13",
    "In stochastic gradient descent, each mini-batch makes an update of its own",
    HU,
    numbers={
        "mean over the gradients of 3 mini-batches of 20 minus the full gradient": ".0000000000",
        "updates in an epoch: as printed, by mini-batches": "1, 3",
    },
    api="nn.data.Loader",
    where={8: "The gradient of a random batch is an estimate of it"},
    slip="The slide averages the gradients of all mini-batches before the update. That is the full gradient again.",
)
def average_over_all_minibatches():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(60, 3)), rng.normal(size=60)

    def gradient(x, t):
        return grad(lambda w: ((x @ w - t) ** 2).mean())(np.ones(3))

    parts = [gradient(*batch) for batch in nn.data.Loader((x, t), 20, dtype="float64")]
    return abs(np.mean(parts, axis=0) - gradient(x, t)).max(), (1, len(parts))


@item(
    "S14",
    "Three questions. Why is the normal assumption not natural for classes? It gives probability to values that are no "
    "labels, and its spread does not depend on x. How to predict a label then, and how to make h_k discrete? By the "
    "threshold 1/2, or by the largest of the outputs",
    HU,
    numbers={
        "normal density around 0.5 within 0.1 of a label": ".141",
        "labels of outputs 0.3, 0.5, 0.8": "0, 1, 1",
        "class of h = 0.2, 0.5, 0.3 (from 0)": "1",
    },
    api=("nn.Step", "nn.functional.softmax"),
    where={6: "cross-entropy is the right loss for classes"},
)
def questions_about_labels():
    values = np.linspace(-6.0, 7.0, 130_001)
    density = np.exp(-0.5 * (values - 0.5) ** 2) / np.sqrt(2.0 * np.pi)
    near = np.minimum(abs(values), abs(values - 1.0)) <= 0.1
    same((density * 1e-4).sum(), 1.0, 1e-6)
    labels = nn.Step()(np.array([0.3, 0.5, 0.8]) - 0.5)
    return (density * near * 1e-4).sum(), labels, np.argmax([0.2, 0.5, 0.3])


@item(
    "S15",
    "Adam's averages start from those of the step before: u(t) = b u(t-1) + (1 - b) g(t)",
    PITAS,
    numbers={"u(1) for g = 1, b = 0.9, from 0, corrected": "1.000", "the printed equation solved for u(1)": "-.125"},
    api="optim.Adam",
    where={9: "Adam adds momentum, and corrects both averages", "docs/variants.md": "Pitas writes u ="},
    slip="u(t) stands on both sides, and so does r(t); solved for u(1), the equation points uphill. Elsewhere the "
    'lecture calls squared error "suitable for regression and classification", against its own last slides; see '
    "*hundreds of classes*.",
)
def adam_on_both_sides():
    w = tensor(0.0, requires_grad=True)
    optimizer = optim.Adam([w], lr=1.0, betas=(0.9, 0.999), eps=0.0)
    w.grad = np.array(1.0)
    optimizer.step()
    b = 0.9
    u = (1.0 - b) / (1.0 - 2.0 * b)
    same(u, (b * u + (1.0 - b)) / (1.0 - b))
    return -w.item(), u


@item(
    "S16",
    "Layers close to the output change more only where gradients vanish: with sigmoid units, but not with tanh units "
    "and Xavier's start. Batch learning uses all samples, a mini-batch some of them, and online learning one",
    VISHWAJITH,
    numbers={
        "gradient of the last layer over that of the first: sigmoid": "1.1e6",
        "tanh": "0.8",
        "updates in an epoch of 60 samples: batch, mini-batches of 20, online": "1, 3, 60",
    },
    api=("nn.init.xavier_normal_", "nn.data.Loader"),
    where={
        11: "The weights near the input would learn a million times more slowly",
        "docs/glossary.md": "Backpropagation was not invented in 1986",
    },
    slip='"The neurons closest to the output have the most impact" is stated for all networks; "batch learning" is any '
    'size above 1; and "in 1986 the backpropagation algorithm was invented", although Linnainmaa (1970) and Werbos '
    "(1974) had it before.",
)
def closest_to_the_output():
    sigmoids, tanhs = (gradient_norms(name, 1.0) for name in ("sigmoid", "tanh"))
    updates = [len(nn.data.Loader(np.zeros((60, 1)), size)) for size in (60, 20, 1)]
    return sigmoids[-1] / sigmoids[0], tanhs[-1] / tanhs[0], updates


@item(
    "S17",
    "Softmax makes the outputs of a layer add up to 1; sigmoid units answer independently of each other",
    NEWSON,
    numbers={"sum over the scores 1, 2, 3: of softmax": "=1.0", "of sigmoids": "2.5644"},
    api=("nn.Softmax", "nn.Sigmoid"),
    where={6: "Each probability depends on all scores"},
    slip='The slide says that softmax normalizes over all outputs "contrary to other functions (apart from sigmoid)".',
)
def sums_of_outputs():
    scores = np.array([1.0, 2.0, 3.0])
    return softmax(scores).sum(), sigmoid(scores).sum()
