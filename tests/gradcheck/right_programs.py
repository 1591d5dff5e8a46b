"""1,000 programs whose rules are right, at points where finite differences have a hard time.

Trained networks of every activation and loss of `nn`, and families of functions with swallowed terms, cancellations,
large offsets, saturation, steep or fast curves, kinks nearby, ties, entries of very different size, and lower precision
inside. Each program is made from its number alone. ``python tests/gradcheck/right_programs.py`` checks them all and
counts how the checks end (a few minutes); a number or several show the reports of these.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

import nn
import optim
from autograd import gradcheck, no_grad
from nn import functional as F

COUNT = 1000


class Right(NamedTuple):
    """A program, and how it is checked: a function of inputs, or a closure with the model that it varies."""

    number: int
    name: str
    f: Callable[..., Any]
    inputs: tuple[Any, ...] = ()
    wrt: Any = None
    order: int = 1

    def check(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of mixed precision, and of networks that are symmetric
            return gradcheck(self.f, *self.inputs, wrt=self.wrt, order=self.order, raise_on_failure=False)


# --- trained networks -------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "ReLU": nn.ReLU,
    "LeakyReLU": nn.LeakyReLU,
    "PReLU": nn.PReLU,
    "RReLU": lambda: nn.RReLU().eval(),
    "ELU": nn.ELU,
    "SELU": nn.SELU,
    "GELU": nn.GELU,
    "GELU tanh": lambda: nn.GELU("tanh"),
    "SiLU": nn.SiLU,
    "Mish": nn.Mish,
    "Softplus": nn.Softplus,
    "Softsign": nn.Softsign,
    "Sigmoid": nn.Sigmoid,
    "Tanh": nn.Tanh,
    "Arctan": nn.Arctan,
    "Hardtanh": nn.Hardtanh,
    "Softmax": nn.Softmax,
    "LogSoftmax": nn.LogSoftmax,
    "Identity": nn.Identity,
}
SMOOTH = set(ACTIVATIONS) - {"ReLU", "LeakyReLU", "PReLU", "RReLU", "ELU", "SELU", "Hardtanh"}

# Loss, what stands before it, and the targets that it takes: labels, signs, 0 or 1, shares, or numbers.
LOSSES = {
    "CrossEntropy": (nn.CrossEntropyLoss, None, "labels"),
    "NLL": (nn.NLLLoss, nn.LogSoftmax, "labels"),
    "KLDiv": (nn.KLDivLoss, nn.LogSoftmax, "shares"),
    "BCE": (nn.BCELoss, nn.Sigmoid, "yes or no"),
    "BCEWithLogits": (nn.BCEWithLogitsLoss, None, "yes or no"),
    "Hinge": (nn.HingeLoss, None, "signs"),
    "Perceptron": (nn.PerceptronLoss, None, "signs"),
    "MSE": (nn.MSELoss, None, "numbers"),
    "L1": (nn.L1Loss, None, "numbers"),
    "Huber": (nn.HuberLoss, None, "numbers"),
    "SmoothL1": (nn.SmoothL1Loss, None, "numbers"),
}
SMOOTH_LOSSES = {"CrossEntropy", "NLL", "KLDiv", "BCE", "BCEWithLogits", "MSE"}
SAMPLES, FEATURES, HIDDEN, CLASSES = 9, 3, 5, 3
STEPS = 300


def task(kind, rng):
    """Three clouds that can be told apart, and the targets of one kind."""
    labels = np.arange(SAMPLES) % CLASSES
    centres = 2.0 * np.eye(CLASSES, FEATURES)
    x = centres[labels] + 0.2 * rng.normal(size=(SAMPLES, FEATURES))
    hot = np.eye(CLASSES)[labels]
    targets = {
        "labels": labels,
        "signs": 2.0 * hot - 1.0,
        "yes or no": hot,
        "shares": hot * 0.97 + 0.01,
        "numbers": x @ rng.normal(size=(FEATURES, CLASSES)),
    }[kind]
    return x.astype("float32"), targets if kind == "labels" else targets.astype("float32")


@cache
def trained(activation, loss, seed):
    """A network that has been trained until it is right on its task, its loss, and the task."""
    make_loss, head, kind = LOSSES[loss]
    rng = np.random.default_rng([seed, *map(ord, activation + loss)])
    x, t = task(kind, rng)
    layers = [nn.Linear(FEATURES, HIDDEN, rng=rng), ACTIVATIONS[activation](), nn.Linear(HIDDEN, CLASSES, rng=rng)]
    model = nn.Sequential(*layers, *([head()] if head else []))
    criterion = make_loss()
    step = optim.Adam(model.parameters(), lr=0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(STEPS):
            step.zero_grad()
            criterion(model(x), t).backward()
            step.step()
    model.zero_grad()
    return model, criterion, x, t


def network(activation, loss, way, seed=0):
    """A trained network: as it is, surer of itself than training makes it, to second order, or by its input."""
    model, criterion, x, t = trained(activation, loss, seed)
    model = nn.Sequential(*model)
    if way == "sure":
        sure = nn.Linear(HIDDEN, CLASSES, rng=0)
        with no_grad():
            sure.weight.data, sure.bias.data = 6.0 * model[2].weight.data, 6.0 * model[2].bias.data
        model = nn.Sequential(*model[:2], sure, *model[3:])
    if way == "by input":
        return lambda x: criterion(model(x), t), (x,), None, 1
    return lambda: criterion(model(x), t), (), model, 2 if way == "second order" else 1


# --- functions --------------------------------------------------------------------------------------------------


def of(f, *inputs, order=1):
    return f, inputs, None, order


def magnitude(rng, low, high):
    return float(10.0 ** rng.uniform(low, high))


def sure_scores(rng, k):
    """Logits far apart: what the losses of classes are at the end of training."""
    c = [30.0, 40.0, 20.0, 36.0, 50.0, 100.0, 700.0, 5.0][k % 8]
    labels, s = np.array([0]), np.array([[c, 0.0, 0.0]])
    if k >= 8:
        n = 1 + k % 3
        labels = rng.integers(0, 4, n)
        s = rng.normal(size=(n, 4)) + c * np.eye(4)[labels]
    ways = [
        lambda s: F.cross_entropy(s, labels),
        lambda s: F.cross_entropy(s, labels, reduction="none"),
        lambda s: F.nll_loss(F.log_softmax(s), labels),
        lambda s: -np.log(F.softmax(s)[0, labels[0]]),
        lambda s: np.sum(s.logsumexp(axis=-1) - s[np.arange(len(labels)), labels]),
    ]
    return of(ways[0 if k < 8 else k % 5], s, order=1 + (k % 4 == 3))


def softplus_by_hand(rng, k):
    v = [-40.0, -36.0, -30.0, -60.0, -700.0, 30.0, 40.0][k] if k < 7 else rng.uniform(-60, 40, 3)
    ways = [
        lambda v: np.log(1 + np.exp(v)),
        lambda v: np.sum(np.log(1 + np.exp(v)) ** 2),
        lambda v: np.sum(np.log1p(np.exp(v))),
        lambda v: F.binary_cross_entropy_with_logits(v, np.zeros_like(v.data)),
        lambda v: np.mean(np.log(1 + np.exp(-v)) + v),
    ]
    return of(ways[0 if k < 7 else k % 5], v, order=1 + (k % 3 == 2))


def fast_wave(rng, k):
    w = [1e8, 1e7, 1e6, 1e4][k] if k < 4 else magnitude(rng, 0, 8.3)
    x = np.array([1.0, 0.3]) if k < 4 else rng.uniform(-2, 2, 1 + k % 4)
    ways = [
        lambda x: np.sin(w * x),
        lambda x: np.sum(np.cos(w * x) * x),
        lambda x: np.exp(np.sin(w * x)),
        lambda x: np.sum(np.sin(w * x) + np.sin(x)),
    ]
    return of(ways[0 if k < 4 else k % 4], x, order=1 + (k % 5 == 4 and w < 1e5))


def offset(rng, k):
    c, x = magnitude(rng, 0, 15), rng.normal(size=3)
    ways = [
        lambda x: (x + c) - c,
        lambda x: np.sum((x + c) ** 2 - c * c),
        lambda x: np.sin(x) + c,
        lambda x: np.var(x + c),
        lambda x: np.std(x + c) * 3.0,
        lambda x: np.sum((x - c) * (x + c)),
        lambda x: np.mean(np.exp(x) + c) - c,
        lambda x: np.sqrt(np.sum((x + c) ** 2)) - c,
    ]
    return of(ways[k % 8], x, order=1 + (k % 5 == 1))


def cancellation(rng, k):
    e = magnitude(rng, -12, -1)
    x = e * rng.uniform(0.5, 1.5, 2)
    ways = [
        lambda x: np.sqrt(x * x + 1) - 1,
        lambda x: 1 - np.cos(x),
        lambda x: np.exp(x) - 1,
        lambda x: np.log(1 + x),
        lambda x: np.sum((1 + x) ** 7 - 1),
        lambda x: np.exp(x) - np.exp(-x),
        lambda x: (np.exp(x) - 1 - x) / e,
        lambda x: np.sin(x) - x * np.cos(x),
        lambda x: 1 / (1 + x) - 1,
        lambda x: np.tanh(x + 1) - np.tanh(1.0),
    ]
    return of(ways[k % 10], x, order=1 + (k % 4 == 2))


def swallowed(rng, k):
    """Terms that vanish beside larger ones."""
    sizes = 10.0 ** rng.uniform(-20, 3, 5)
    x = rng.uniform(0.5, 1.5, 5)
    ways = [
        lambda x: np.sum(sizes * x),
        lambda x: np.sum(sizes * np.exp(x)),
        lambda x: np.log(np.sum(sizes * x)),
        lambda x: np.sum(np.exp(25.0 * (x - 1.0))),
        lambda x: np.sum(sizes * np.sin(3.0 * x)) ** 2,
        lambda x: np.prod(1.0 + sizes * x),
        lambda x: np.sqrt(np.sum((sizes * x) ** 2)),
        lambda x: np.max(sizes * x) + np.min(sizes * x),
        lambda x: np.cumsum(sizes * x),
        lambda x: np.sum(F.softmax(np.log(sizes) * x) ** 2),
    ]
    return of(ways[k % 10], x, order=1 + (k % 3 == 1 and k % 10 != 7))


def saturation(rng, k):
    x = rng.uniform(-1, 1, 3) * magnitude(rng, 0, 1.7)
    ways = [
        lambda x: np.tanh(x),
        lambda x: 1 - np.tanh(x) ** 2,
        lambda x: F.sigmoid(x),
        lambda x: np.log(F.sigmoid(x)),
        lambda x: np.log(1 - F.sigmoid(np.minimum(x, 30.0))),
        lambda x: np.arctan(x) ** 2,
        lambda x: F.gelu(x),
        lambda x: F.silu(x) + F.mish(x),
        lambda x: np.exp(-x * x),
        lambda x: 1 / (1 + np.exp(x)),
        lambda x: np.sum(F.sigmoid(x)) * 1e6 - 3e6,
        lambda x: F.softsign(x) + F.elu(x),
    ]
    return of(ways[k % 12], x, order=1 + (k % 5 == 2 and k % 12 not in (4, 11)))


def steep(rng, k):
    x = rng.uniform(0.5, 1.0, 2)
    c, tiny = magnitude(rng, 0, 2.5), magnitude(rng, -20, -3)
    ways = [
        lambda x: np.exp(c * x),
        lambda x: x**c,
        lambda x: np.sqrt(x - x.data + tiny),
        lambda x: np.log(x - x.data + tiny),
        lambda x: 1 / (x - x.data + tiny),
        lambda x: np.tanh(c * (x - x.data)),
        lambda x: np.exp(-((c * (x - 0.7)) ** 2)),
        lambda x: np.sinh(c * x / 10) + np.cosh(x),
        lambda x: np.tan(np.pi / 2 * (1 - tiny) * x / x.data),
        lambda x: x ** (x * np.log(c + 1)),
    ]
    flat = [x, np.zeros(2)]
    centred = [
        lambda z: np.sqrt(z + tiny),
        lambda z: np.log(z + tiny),
        lambda z: 1 / (z + tiny),
        lambda z: np.tanh(z / tiny),
    ]
    if k % 10 in (2, 3, 4, 5):
        return of(centred[k % 10 - 2], flat[1])
    if k % 10 == 8:
        return of(lambda z: np.tan(np.pi / 2 * (1 - tiny**0.3) * z), np.ones(2))
    return of(ways[k % 10], x, order=1 + (k % 4 == 3))


def kink_nearby(rng, k):
    """A kink at a distance from 1e-1 down to 1e-16, or none."""
    d = 0.0 if k % 7 == 6 else magnitude(rng, -16, -1)
    x = np.array([1.0, 1.0 + d, 2.0, -1.0 - d])
    ways = [
        lambda x: np.abs(x - 1.0),
        lambda x: F.relu(x - 1.0),
        lambda x: np.maximum(x, 1.0) ** 2,
        lambda x: np.clip(x, -1.0, 1.0) * x,
        lambda x: np.max(x[:2]) * x[2],
        lambda x: F.huber_loss(x, np.zeros(4), reduction="none"),
        lambda x: F.hardtanh(x) + F.leaky_relu(x - 1.0),
        lambda x: F.hinge_loss(x, np.array([1.0, 1.0, -1.0, -1.0])),
        lambda x: np.sort(x) @ np.arange(4.0),
        lambda x: np.sqrt((x - 1.0) ** 2 + 1e-20),
        lambda x: np.where(x > 1.0, x * x, x),
    ]
    return of(ways[k % 11], x)


def tie(rng, k):
    """At ties and kinks, to first and second order."""
    x = np.array([1.0, 1.0, 0.0, -1.0])
    ways = [
        lambda x: np.max(x),
        lambda x: np.maximum(x, x[::-1]) ** 2,
        lambda x: np.abs(x) * x,
        lambda x: F.relu(x) ** 2,
        lambda x: np.minimum(x, 1.0) ** 3,
        lambda x: np.clip(x, -1.0, 1.0) ** 2,
        lambda x: np.sum(F.relu(x - 1.0) * x),
        lambda x: np.median(x) ** 2,
        lambda x: np.sum(np.sort(x)[1:] ** 2),
        lambda x: F.elu(x) * x,
        lambda x: F.huber_loss(x, np.zeros(4)),
        lambda x: np.abs(x) ** 3,
        lambda x: np.max(x) * np.min(x) + np.sum(x * x),
        lambda x: F.max_pool1d(x.reshape(1, 1, 4), 2) ** 2,
    ]
    return of(ways[k % 14], x, order=1 + k // 14 % 2)


def wide_range(rng, k):
    x = rng.choice([-1.0, 1.0], 6) * 10.0 ** rng.uniform(-12, 6, 6)
    ways = [
        lambda x: x * x,
        lambda x: np.sum(x * x),
        lambda x: np.sum(np.abs(x)),
        lambda x: np.arctan(x),
        lambda x: np.log(np.abs(x)),
        lambda x: np.sum(x) ** 3,
        lambda x: np.sqrt(np.abs(x)),
        lambda x: F.layer_norm(x, 6),
        lambda x: np.sum(np.tanh(x)),
        lambda x: x[:3] @ x[3:],
        lambda x: x / np.sqrt(np.sum(x * x)),
        lambda x: np.log1p(x * x),
    ]
    return of(ways[k % 12], x, order=1 + (k % 5 == 3 and k % 12 not in (2,)))


def lower_precision(rng, k):
    dtype = "float16" if k % 4 == 3 else "float32"
    x = rng.normal(size=(2, 3))
    w = rng.normal(size=(3, 3)).astype(dtype)
    ways = [
        lambda x: np.sin(x.astype(dtype)),
        lambda x: np.sum(np.tanh(x.astype(dtype) @ w)),
        lambda x: F.cross_entropy(x.astype(dtype) * 6.0, np.array([0, 1])),
        lambda x: np.log(1 + np.exp(x.astype(dtype) - 8.0)),
        lambda x: np.mean((x.astype(dtype) + 100.0) ** 2),
        lambda x: F.softmax(x.astype(dtype) * 4.0).astype("float64") ** 2,
        lambda x: np.sum(x.astype(dtype) * 1e3) + np.sum(x),
        lambda x: np.exp(x).astype(dtype) - 1,
    ]
    return of(ways[k % 8], x)


def spread(rng, k):
    """Moments and norms of numbers that are far from 0, and close together."""
    c, s = magnitude(rng, 0, 8), magnitude(rng, -6, 0)
    x = c + s * rng.normal(size=(3, 4))
    ways = [
        lambda x: np.var(x),
        lambda x: np.std(x, axis=0),
        lambda x: F.layer_norm(x, 4),
        lambda x: F.batch_norm(x, None, None, training=True),
        lambda x: np.linalg.norm(x - np.mean(x)),
        lambda x: np.sum(F.softmax(x) ** 2),
        lambda x: x.logsumexp(axis=1),
        lambda x: np.mean((x - np.mean(x)) ** 3),
        lambda x: F.rms_norm(x, 4),
        lambda x: np.sum(x / np.sum(x)),
    ]
    return of(ways[k % 10], x, order=1 + (k % 4 == 1))


def linear_algebra(rng, k):
    """Matrices that are nearly singular."""
    q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    scale = np.array([1.0, 0.3, magnitude(rng, -10, -1)])
    a, b = (q * scale) @ q.T, rng.normal(size=3)
    ways = [
        lambda a: np.linalg.solve(a, b),
        lambda a: np.linalg.inv(a),
        lambda a: np.linalg.det(a),
        lambda a: np.linalg.slogdet(a)[1],
        lambda a: np.sum(np.linalg.inv(a) @ a),
        lambda a: np.linalg.eigvalsh(a + a.T),
        lambda a: np.linalg.svd(a, compute_uv=False),
        lambda a: b @ np.linalg.solve(a, b),
    ]
    return of(ways[k % 8], a, order=1 + (k % 5 == 4 and k % 8 in (0, 2, 7)))


def attention(rng, k):
    """Attention and recurrence that have made up their mind."""
    c = magnitude(rng, 0, 2)
    q, kk, v = c * rng.normal(size=(3, 4, 3))
    model = nn.GRU(3, 3, rng=k) if k % 3 == 1 else nn.LSTM(3, 3, rng=k)
    x = (rng.normal(size=(4, 2, 3)) * c).astype("float32")

    def states():
        return np.sum(model(x)[0] ** 2)

    if k % 3:
        return states, (), model, 1
    return of(lambda q, k, v: np.sum(F.scaled_dot_product_attention(q, k, v) ** 2), q, kk, v)


NETWORKS = [
    *((activation, loss, way) for activation in ACTIVATIONS for loss in LOSSES for way in ("trained", "sure")),
    *((activation, loss, "second order") for activation in sorted(SMOOTH) for loss in sorted(SMOOTH_LOSSES)),
    *((activation, loss, "by input") for activation, loss in zip(ACTIVATIONS, [*LOSSES, *LOSSES], strict=False)),
]
FAMILIES = {
    sure_scores: 40,
    softplus_by_hand: 40,
    fast_wave: 40,
    offset: 40,
    cancellation: 40,
    swallowed: 40,
    saturation: 40,
    steep: 30,
    kink_nearby: 33,
    tie: 28,
    wide_range: 36,
    lower_precision: 24,
    spread: 30,
    linear_algebra: 20,
    attention: 12,
}
BY_FAMILY = [(family, k) for family, count in FAMILIES.items() for k in range(count)]


def program(number):
    """The right program of this number, from 0 to 999."""
    if number < len(BY_FAMILY):
        family, k = BY_FAMILY[number]
        rng = np.random.default_rng([13, number])
        return Right(number, f"{family.__name__} {k}", *family(rng, k))
    i = number - len(BY_FAMILY)
    activation, loss, way = NETWORKS[i]
    return Right(number, f"{activation} {loss} {way}", *network(activation, loss, way))


def outcome(report):
    """How a check of a right program ended: it is accused where the verdict is neither right nor unresolved."""
    if report.ok:
        return "passed"
    return "unresolved" if report.verdict == "rounding" else f"accused: {report.verdict}"


def count(numbers):
    """How the checks of these programs end: the counts, and a line for each that did not pass."""
    counts: Counter[str] = Counter()
    lines = []
    for number in numbers:
        right = program(number)
        result = outcome(right.check())
        counts[result] += 1
        if result != "passed":
            lines.append(f"{number} {right.name} (order {right.order}): {result}")
    return counts, lines


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for number in map(int, sys.argv[1:]):
            print(number, program(number).name, program(number).check(), sep="\n")
    else:
        counts, lines = count(range(COUNT))
        print(*lines, dict(counts), sep="\n")
