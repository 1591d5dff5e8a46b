"""Each finding: a set-up that triggers it, and one that looks alike and is healthy. A finding without both fails."""

import html

import numpy as np
import pytest

import nn
import optim
from autograd import custom_op, tensor
from nn.inspect.doctor.checks import ADVICE, CHECKS

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 5)).astype("float32")
NUMBERS = (X @ RNG.standard_normal((5, 1))).astype("float32")
NOISY = NUMBERS + np.random.default_rng(1).standard_normal((64, 1)).astype("float32")
CLASSES = (np.abs(NUMBERS[:, 0]) > 1).astype(int) + (NUMBERS[:, 0] > 0)


def mlp(*sizes, activation="relu", **options):
    return nn.MLP(list(sizes or (5, 16, 3)), activation, rng=0, **options)


def decaying(model, decay):
    return optim.SGD(model.parameters(), lr=0.1, weight_decay=decay)


def adam(model):
    return optim.Adam(model.parameters())


def sgd(model, lr=0.1):
    return optim.SGD(model.parameters(), lr=lr)


def classify(model, optimizer=adam, loss=None, x=X, y=CLASSES):
    return nn.doctor(model, loss or nn.CrossEntropyLoss(), optimizer(model), (x, y))


def regress(model, optimizer=adam, loss=None, x=X, y=NUMBERS):
    return nn.doctor(model, loss or nn.MSELoss(), optimizer(model), (x, y))


class Net(nn.Module):
    """An MLP with something else around it."""

    def __init__(self, **parts):
        self.body = mlp()
        vars(self).update(parts)

    def forward(self, x):
        return self.body(x)


class Noisy(Net):
    def forward(self, x):
        return self.body(x) + 0.1 * self.rng.standard_normal((len(x), 1)).astype("float32")


class Cut(Net):
    def forward(self, x):
        return self.body[2](self.body[1](self.body[0](x)).detach())


class Around(Net):
    """Runs its ``part``, wherever that is, before the body."""

    def forward(self, x):
        return self.body(self.find()(x))


class InSet(Around):
    def find(self):
        [part] = self.part
        return part


class InObject(Around):
    def find(self):
        return self.part.layer


class InCode(Around):
    def find(self):
        return self.part()


class InList(Around):
    def find(self):
        return self.part[0]["a"]


class Box:
    def __init__(self, layer):
        self.layer = layer


def square():
    return nn.Linear(5, 5, rng=3)


def closure():
    layer = square()
    return lambda: layer


class Reading(nn.Module):
    """Reads the numbers of a sample one by one."""

    def __init__(self, nonlinearity, *, batch_first=False):
        self.read, self.answer = nn.RNN(1, 8, nonlinearity=nonlinearity, rng=0), nn.Linear(8, 3, rng=0)
        self.batch_first = batch_first  # which the layer does not know

    def forward(self, x):
        return self.answer(self.read(x[..., None])[0][:, -1] if self.batch_first else self.read(x.T[..., None])[0][-1])


class Scaled(Net):
    def forward(self, x):
        return self.body(x) * self.scale


def zeroed(*names, value=0.0):
    model = mlp()
    for name, p in model.named_parameters():
        if name in names:
            p.data[...] = value
    return model


def stale(model):
    nn.CrossEntropyLoss()(model(X), CLASSES).backward()
    return model


def twice(model):
    first, second = model[0].weight, list(model.parameters())[1:]
    return [optim.Adam([first, *second]), optim.SGD([first], lr=0.1)]


def in_two_groups(model):
    optimizer = adam(model)
    optimizer.param_groups.append({**optimizer.param_groups[0], "params": [model[0].weight]})
    return optimizer


def in_groups(model):
    return optim.AdamW(optim.decay_groups(model))


def mixing(prediction, target):
    return ((prediction - target) ** 2).mean()


def pairs(prediction, target):
    """A ranking loss compares all with all, and means it."""
    return np.mean(np.maximum(0.0, 1.0 - (prediction - prediction.T) * np.sign(target - target.T)))


def own_softmax(prediction, target):
    p = nn.functional.softmax(nn.functional.softmax(prediction))
    return -np.mean(np.log(np.take_along_axis(p, target[:, None], axis=1)))


def own_cross_entropy(prediction, target):
    p = nn.functional.softmax(prediction)
    return -np.mean(np.log(np.take_along_axis(p, target[:, None], axis=1)))


def with_bias(model, name, value):
    dict(model.named_parameters())[name].data[...] = value
    return model


class Attending(nn.Module):
    """The softmax of attention feeds the softmax of the loss, but not straight."""

    def __init__(self):
        self.attention = nn.MultiheadAttention(5, 1, batch_first=True, rng=0)
        self.scores = nn.Linear(5, 3, rng=0)

    def forward(self, x):
        x = x[:, None, :]
        return self.scores(self.attention(x, x, x)[0][:, 0])


def dropping(mode):
    return nn.Sequential(nn.Linear(5, 16, rng=0), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3, rng=0)).train(mode)


def frozen_norm():
    norm = nn.BatchNorm1d(16).eval()
    for p in norm.parameters():
        p.requires_grad = False
    return nn.Sequential(nn.Linear(5, 16, rng=0), norm, nn.ReLU(), nn.Linear(16, 3, rng=0))


def tuned(model):
    return optim.Adam([p for p in model.parameters() if p.requires_grad])


def one_hot():
    return np.eye(50, dtype="float32")[RNG.integers(0, 50, 64)]


TABLE = {
    "fails": [
        (lambda: classify(mlp(4, 16, 3)), {"0"}),
        (lambda: classify(mlp(), y=CLASSES + 7), ()),
        (lambda: classify(mlp(), loss=nn.CrossEntropyLoss(reduction="none")), ()),
        (lambda: classify(mlp()), None),
    ],
    "no-gradient": [
        (lambda: classify(Net(spare=square())), {"spare.weight", "spare.bias"}),
        (lambda: classify(Cut()), {"body.0.weight", "body.0.bias"}),
        (lambda: classify(Net(spare=nn.ReLU())), None),
        (lambda: classify(frozen_norm()), None),
    ],
    "zero-gradient": [
        (lambda: classify(Scaled(scale=0.0)), {f"body.{i}.{name}" for i in (0, 2) for name in ("weight", "bias")}),
        (lambda: classify(mlp(activation=nn.Step)), {"0.weight", "0.bias"}),
        (lambda: classify(zeroed("2.weight")), None),  # after one step it is not 0 any more
        (lambda: classify(Scaled(scale=0.5)), None),
    ],
    "stale-gradient": [
        (lambda: classify(stale_then_cut()), {"body.0.weight", "body.0.bias"}),
        (lambda: classify(stale(mlp()), lambda m: None), None),  # the next backward pass comes after zero_grad
    ],
    "old-gradients": [
        (lambda: classify(stale(mlp())), {"0.weight", "0.bias", "2.weight", "2.bias"}),
        (lambda: classify(*stepped()), None),  # the loop is under way
        (lambda: classify(with_zero_gradients(mlp())), None),
    ],
    "wrong-gradient": [
        (lambda: classify(Applying(half)), {"first.weight"}),
        (lambda: classify(hooked(lambda g: 2 * g)), {"0.weight"}),
        (lambda: classify(Applying(lambda x: np.maximum(x, 0))), None),
        (lambda: classify(with_bias(Applying(lambda x: np.maximum(x, 0)), "first.bias", 0.0), x=X * (X > 0)), None),
        (lambda: classify(hooked(lambda g: g)), None),
        (lambda: classify(black_borders(), x=IMAGES, y=CLASSES), None),  # ReLU at exactly 0
        (lambda: regress(at_kinks(), lambda m: sgd(m, 0.01), x=np.eye(64, 1, dtype="float32")), None),  # on both sides
    ],
    "uphill": [
        (lambda: classify(mlp(), lambda m: optim.Adam(m.parameters(), maximize=True)), ()),
        (lambda: classify(mlp(), loss=lambda p, y: -nn.functional.cross_entropy(p, y)), ()),
        (lambda: regress(mlp(5, 16, 1), loss=lambda p, y: -np.mean(np.abs(p - y))), ()),
        (lambda: classify(mlp(), lambda m: optim.Adam(m.parameters(), maximize=True), minus_cross_entropy), None),
        (lambda: regress(mlp(5, 16, 1), loss=lambda p, y: -np.mean(np.exp(-((p - y) ** 2)))), None),  # is negative
        (lambda: regress(mlp(5, 16, 1), loss=nn.HingeLoss(), y=np.sign(NUMBERS)), None),
        (lambda: regress(solved(4.0)[0], loss=nn.BCEWithLogitsLoss(), x=X[CLEAR], y=SIDES[CLEAR]), None),  # beyond 1
        (lambda: regress(mlp(5, 16, 1), loss=distances, y=(NUMBERS > 0).astype(int)), None),  # 1 means: near
    ],
    "no-progress": [
        (lambda: classify(mlp(), lambda m: sgd(m, 1e-9)), ()),
        (lambda: classify(mlp(), lambda m: sgd(m, 0.0)), ()),
        (lambda: classify(mlp(), lambda m: sgd(m, optim.warmup(1000, 0.1))), None),  # the rate will rise
        (lambda: classify(mlp(), lambda m: sgd(m, 1e-2)), None),
        (lambda: regress(*solved()), None),  # there is nothing left to gain
        (lambda: regress(solved(0.99, NOISY)[0], lambda m: sgd(m, 1e-9), y=NOISY), None),  # hardly anything
    ],
    "small-rate": [
        (lambda: classify(mlp(), lambda m: optim.Adam(m.parameters(), lr=1e-7)), ()),
        (lambda: classify(mlp(), lambda m: optim.Adam(m.parameters(), lr=1e-4)), None),
    ],
    "decay-too-strong": [
        (lambda: classify(mlp(), lambda m: optim.SGD(m.parameters(), lr=0.1, weight_decay=10.0)), ()),
        (lambda: classify(mlp(), lambda m: optim.AdamW(m.parameters(), lr=1e-2, weight_decay=10.0)), ()),
        (lambda: classify(mlp(), lambda m: optim.SGD(m.parameters(), lr=0.1, weight_decay=1e-2)), None),
        (lambda: classify(mlp(), lambda m: optim.AdamW(m.parameters(), weight_decay=0.1)), None),
        (lambda: regress(mlp(5, 16, 1), lambda m: decaying(m, 0.1)), None),  # it also learns fast
        (lambda: regress(solved(0.999, NOISY)[0], lambda m: decaying(m, 0.01), y=NOISY), None),  # both are slow
    ],
    "samples-mixed": [
        (lambda: classify(Applying(lambda x: np.cumsum(x, axis=0))), ()),
        (lambda: classify(Applying(lambda x: np.cumsum(x[::-1], axis=0)[::-1])), ()),
        (lambda: classify(Applying(lambda x: x - x.mean(axis=0))), ()),
        (lambda: classify(Reading("tanh", batch_first=True), x=X), ()),
        (lambda: classify(nn.Sequential(nn.Linear(5, 16, rng=0), nn.BatchNorm1d(16), nn.Linear(16, 3, rng=0))), None),
        (lambda: classify(Applying(lambda x: x - x.mean(axis=1, keepdims=True))), None),
        (lambda: classify(Attending()), None),
        (lambda: classify(Noisy(rng=np.random.default_rng(0))), None),  # other answers each time
        (lambda: classify(Reading("tanh")), None),
        (
            lambda: classify(Tagging(), x=WORDS[:12].T, y=WORDS[:12].T % 3),
            None,
        ),  # (steps, samples), then classes between
        (lambda: regress(StepByStep(), x=X.T[..., None], y=NUMBERS.T[..., None].repeat(5, axis=0)), None),
    ],
    "constant-inputs": [
        (lambda: classify(mlp(), x=X[:1].repeat(64, axis=0)), ()),
        (lambda: classify(mlp(), x=0 * X), ()),
        (lambda: classify(mlp(), x=X * np.float32([1, 0, 1, 1, 1])), None),  # one feature
        (lambda: classify(mlp(), x=X[:1], y=CLASSES[:1]), None),  # a single sample
    ],
    "one-class-batch": [
        (lambda: classify(mlp(), y=0 * CLASSES + 1), ()),
        (lambda: classify(mlp(), y=np.float32([[0, 1, 0]]).repeat(64, axis=0)), ()),
        (lambda: regress(mlp(5, 16, 1), loss=nn.BCEWithLogitsLoss(), y=0 * NUMBERS), ()),
        (lambda: classify(mlp(), x=X[:4], y=0 * CLASSES[:4]), None),  # by chance
        (lambda: regress(mlp(5, 16, 1), y=0 * NUMBERS), None),  # a number, as of a residual
        (lambda: regress(mlp(), loss=nn.BCEWithLogitsLoss(), y=np.eye(1, 3, dtype="float32").repeat(64, 0)), None),
    ],
    "vanishing-gradient": [
        (lambda: classify(deep("sigmoid")), {str(i) for i in range(0, 14, 2)}),
        (lambda: classify(deep("tanh", 0.01), sgd), ...),
        (lambda: classify(deep("tanh")), None),
        (lambda: classify(mlp(5, 16, 16, 3, activation="sigmoid")), None),
        (lambda: classify(with_bias(deep("relu"), "24.weight", 1e-6)), None),  # a small output layer
        (lambda: classify(with_bias(deep("relu"), "24.weight", 0.0)), None),
    ],
    "exploding-gradient": [
        (lambda: classify(deep("relu", 1.0)), ...),
        (lambda: classify(deep("relu")), None),
        (lambda: classify(Branches()), None),  # the last layer but one lies in a branch that hardly counts
    ],
    "not-in-optimizer": [
        (lambda: classify(mlp(), lambda m: optim.Adam([m[0].weight])), {"0.bias", "2.weight", "2.bias"}),
        (lambda: classify(mlp(), lambda m: adam(mlp())), {"0.weight", "0.bias", "2.weight", "2.bias"}),
        (lambda: classify(frozen_norm(), tuned), None),
        (lambda: classify(mlp(), in_groups), None),
    ],
    "held-twice": [
        (lambda: classify(mlp(), twice), {"0.weight"}),
        (lambda: classify(mlp(), in_two_groups), {"0.weight"}),
        (lambda: classify(mlp(), in_groups), None),
        (
            lambda: classify(mlp(), lambda m: [optim.Adam(m[0].parameters()), optim.SGD(m[2].parameters(), lr=0.1)]),
            None,
        ),
    ],
    "equal-units": [
        (lambda: classify(zeroed("0.weight", "0.bias", "2.weight", "2.bias")), {"0.weight"}),
        (lambda: classify(zeroed("0.weight", "0.bias", value=0.1)), {"0.weight"}),
        (lambda: classify(zeroed("2.weight", "2.bias")), None),  # the units of the last layer have different targets
    ],
    "not-finite": [
        (lambda: classify(with_bias(mlp(), "2.bias", np.nan)), {"2.bias"}),
        (lambda: regress(mlp(5, 16, 1), x=np.where(X.max() == X, np.inf, X)), ...),
        (lambda: regress(mlp(5, 16, 1)), None),
    ],
    "hidden-modules": [
        (lambda: classify(InSet(part={square()})), {"part (in a set).weight", "part (in a set).bias"}),
        (lambda: classify(InObject(part=Box(square()))), {"part.layer.weight", "part.layer.bias"}),
        (lambda: classify(InCode(part=closure())), {f"part (as layer, in a closure).{n}" for n in ("weight", "bias")}),
        (lambda: classify(Scaled(scale=tensor(np.ones(3, "float32"), requires_grad=True))), {"scale"}),
        (lambda: classify(Net(part=(square() for _ in range(2)))), {"part"}),
        (lambda: classify(InList(part=[{"a": square()}, (nn.ReLU(),)])), None),
        (lambda: classify(InCode(part=nn.ReLU)), None),  # a module made in each call, without parameters
        (lambda: classify(Scaled(scale=tensor(np.ones(3, "float32")))), None),
    ],
    "eval-mode": [
        (lambda: classify(dropping(False)), {"2"}),
        (lambda: classify(nn.Sequential(nn.Linear(5, 3, rng=0), nn.BatchNorm1d(3)).eval()), {"1"}),
        (lambda: classify(dropping(True)), None),
        (lambda: classify(mlp().eval()), None),  # nothing in it minds
        (lambda: classify(frozen_norm()), None),
    ],
    "broadcast-loss": [
        (lambda: regress(mlp(5, 16, 1), loss=mixing, y=NUMBERS[:, 0]), ()),
        (lambda: regress(mlp(5, 16, 1), y=NUMBERS[:, 0]), ()),
        (lambda: regress(mlp(5, 16, 1), loss=mixing), None),
        (lambda: regress(nn.Linear(5, 1, bias=False, rng=0), loss=pairs), None),
        (lambda: regress(mlp(5, 16, 3), loss=mixing), None),  # three quantiles of one number
    ],
    "activation-twice": [
        (lambda: classify(mlp(output_activation="softmax")), {"3"}),
        (lambda: classify(mlp(), loss=own_softmax), ()),
        (lambda: classify(mlp(output_activation="log_softmax")), {"3"}),
        (lambda: classify(mlp(), loss=own_cross_entropy), None),
        (lambda: classify(mlp(output_activation="log_softmax"), loss=nn.NLLLoss()), None),
        (lambda: classify(Attending()), None),
    ],
    "loss-mismatch": [
        (lambda: classify(mlp(5, 16, 1), y=np.zeros(64, int)), ()),
        (lambda: classify(mlp(output_activation="relu")), ()),
        (lambda: classify(mlp(), loss=nn.NLLLoss()), ()),
        (lambda: regress(mlp(5, 16, 1, output_activation="sigmoid")), ()),
        (lambda: regress(mlp(5, 16, 1, output_activation="tanh"), loss=nn.functional.huber_loss), ()),
        (lambda: regress(mlp(5, 16, 1, output_activation="tanh"), y=np.tanh(NUMBERS)), None),
        (lambda: regress(mlp(5, 16, 1), loss=nn.BCEWithLogitsLoss(), y=(NUMBERS > 0).astype(int)), None),
        (lambda: classify(mlp(output_activation="log_softmax"), loss=nn.NLLLoss()), None),
    ],
    "dead-units": [
        (lambda: classify(with_bias(mlp(), "0.bias", -20.0)), {"1"}),
        (lambda: classify(with_bias(Functional(), "first.bias", -20.0)), {"first"}),
        (lambda: classify(with_bias(Reading("relu"), "read.bias_ih_l0", -20.0)), {"read"}),
        (lambda: classify(with_bias(mlp(activation=nn.LeakyReLU), "0.bias", -20.0)), None),
        (lambda: classify(mlp()), None),
    ],
    "saturated-units": [
        (lambda: classify(with_bias(mlp(activation="sigmoid"), "0.bias", 20.0)), {"1"}),
        (lambda: classify(mlp(activation="tanh"), x=400 * X), {"1"}),
        (lambda: classify(with_bias(Reading("tanh"), "read.bias_ih_l0", 20.0)), {"read"}),
        (lambda: regress(sure()[0], lambda m: sgd(m, 1e-3), nn.BCELoss(), y=sure()[1]), None),  # an answer may be sure
        (lambda: classify(mlp(activation="tanh")), None),
        (lambda: classify(Reading("tanh")), None),
    ],
    "unscaled-inputs": [
        (lambda: classify(mlp(), x=100 * X), ()),
        (lambda: classify(mlp(), x=0.001 * X), ()),
        (lambda: classify(mlp(), x=X * np.array([1, 1, 1, 1, 1e-4], "float32")), ()),
        (lambda: classify(nn.Sequential(nn.BatchNorm1d(5), mlp()), x=100 * X), None),
        (lambda: classify(mlp(50, 16, 3), x=one_hot()), None),
        (lambda: classify(nn.Sequential(nn.Embedding(90, 4, rng=0), nn.Flatten(), mlp(20, 8, 3)), x=WORDS), None),
        (lambda: classify(Looking(), x=WORDS), None),
        (lambda: classify(mlp(64, 16, 10), x=PIXELS, y=nn.data.digits().y), ()),
        (lambda: classify(mlp(64, 16, 10), x=nn.data.digits().x, y=nn.data.digits().y), None),
    ],
    "rate-too-high": [
        (lambda: regress(nn.Linear(5, 1, rng=0), lambda m: sgd(m, 5.0)), ()),
        (lambda: regress(nn.Linear(5, 1, rng=0), lambda m: sgd(m, optim.step_decay(5.0, 10, 0.5))), ()),
        (lambda: regress(nn.Linear(5, 1, rng=0), sgd), None),
        (lambda: regress(nn.Linear(5, 1, rng=0), lambda m: optim.Adam(m.parameters(), lr=1.0)), None),  # it comes back
        (lambda: regress(dropping(True)[:3].append(nn.Linear(16, 1, rng=0)), sgd), None),  # the same units are dropped
    ],
}
SIDES, CLEAR = (NUMBERS > 0).astype(int), np.abs(NUMBERS[:, 0]) > 0.5
PIXELS = 16 * nn.data.digits(raw=True).x.reshape(-1, 64)
WORDS = RNG.integers(0, 90, (64, 5))


def stale_then_cut():
    model = Cut()
    stale(model.body)
    return model


def sure():
    """Six answers that are mostly right and sure, and their targets."""
    model = mlp(5, 16, 6, output_activation="sigmoid")
    model[2].weight.data *= 100
    return model, (model(X).data > 0.5).astype("float32")


class Looking(nn.Module):
    """An embedding of one's own: integers that are no amounts."""

    def __init__(self):
        self.table, self.scores = nn.Parameter(RNG.standard_normal((90, 4)).astype("float32")), nn.Linear(20, 3, rng=0)

    def forward(self, x):
        return self.scores(self.table[x].reshape(len(x), -1))


class Functional(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(5, 16, rng=0), nn.Linear(16, 3, rng=1)

    def forward(self, x):
        return self.second(np.maximum(self.first(x), 0.0))


class StepByStep(nn.Module):
    """Answers after each step of a sequence; time comes first."""

    def __init__(self):
        self.read, self.answer = nn.RNN(1, 8, rng=0), nn.Linear(8, 1, rng=0)

    def forward(self, x):
        return self.answer(self.read(x)[0])


class Tagging(nn.Module):
    """Classes for each step of sequences (steps, samples)."""

    def __init__(self):
        self.words, self.read, self.answer = nn.Embedding(90, 8, rng=0), nn.GRU(8, 8, rng=0), nn.Linear(8, 3, rng=0)

    def forward(self, x):
        return np.moveaxis(self.answer(self.read(self.words(x))[0]), 2, 1)


class Branches(nn.Module):
    """Residual branches that start small, as with LayerScale."""

    def __init__(self):
        self.first, self.last = nn.Linear(5, 16, rng=0), nn.Linear(16, 3, rng=1)
        self.branches = [nn.Linear(16, 16, rng=i) for i in range(4)]

    def forward(self, x):
        x = self.first(x)
        for branch in self.branches:
            x = x + 1e-5 * np.tanh(branch(x))
        return self.last(x)


def distances(prediction, same):
    """Pairs that are the same should be near 0, others farther than 1."""
    far = prediction**2
    return np.mean(np.where(same > 0, far, np.maximum(0.0, 1.0 - far)))


class Applying(nn.Module):
    """A function between two layers."""

    def __init__(self, middle):
        self.middle, self.first, self.second = middle, nn.Linear(5, 16, rng=0), nn.Linear(16, 3, rng=1)

    def forward(self, x):
        return self.second(self.middle(self.first(x)))


half = custom_op(np.tanh, lambda g, out: g * (1 - out**2) / 2, name="half_the_slope")


def hooked(hook):
    model = mlp()
    model[0].weight.register_hook(hook)
    return model


def stepped():
    """A model and its optimizer in the middle of training, with gradients in place."""
    model = mlp()
    optimizer = adam(model)
    stale(model)
    optimizer.step()
    return model, lambda model: optimizer


def solved(factor=1.0, targets=NUMBERS):
    """A linear map that is learned exactly, or a multiple of it, and its optimizer."""
    model = nn.Linear(5, 1, bias=False, rng=0)
    model.weight.data[:] = factor * np.linalg.lstsq(X, targets[:, 0], rcond=None)[0]
    return model, lambda model: sgd(model, 1e-6)


def with_zero_gradients(model):
    for p in model.parameters():
        p.grad = np.zeros_like(p.data)
    return model


def minus_cross_entropy(prediction, target):
    return -nn.functional.cross_entropy(prediction, target)


IMAGES = np.zeros((64, 1, 8, 8), "float32")
IMAGES[:, :, 3:5, 2:6] = RNG.random((64, 1, 2, 4))


def black_borders():
    """A convolution without bias at its start: most of its sums are exactly 0."""
    model = nn.Sequential(nn.Conv2d(1, 8, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(288, 3, rng=1))
    nn.init.zeros_(model[0].bias)
    return model


def at_kinks():
    """Two ReLUs at exactly 0 for all samples but the first, one of which should rise, the other fall."""
    model = mlp(1, 2, 1)
    model[0].weight.data[:], model[0].bias.data[:], model[2].weight.data[:] = [[1.0], [1.5]], 0.0, [[1.0, -1.0]]
    return model


def deep(activation, std=None):
    model = nn.MLP([5, *[32] * 12, 3], activation, rng=0)
    rng = np.random.default_rng(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            start = nn.init.kaiming_normal_ if activation == "relu" else nn.init.xavier_normal_
            start(layer.weight, rng=rng) if std is None else nn.init.normal_(layer.weight, std=std, rng=rng)
    return model


ROWS = [(name, i, *row) for name, rows in TABLE.items() for i, row in enumerate(rows)]


def test_every_finding_has_a_trigger_and_a_healthy_twin():
    assert set(TABLE) == set(CHECKS)
    for name, rows in TABLE.items():
        assert {expected is None for _, expected in rows} == {True, False}, name


@pytest.mark.filterwarnings("ignore::nn.errors.ActivationWarning", "ignore::nn.errors.SymmetryWarning")
@pytest.mark.parametrize(
    ("name", "number", "look", "expected"), ROWS, ids=lambda v: v if isinstance(v, str | int) else ""
)
def test_a_finding(name, number, look, expected):
    report = look()
    if expected is None:
        assert not report.findings, report
        return
    assert name in report, report
    found = report[name]
    assert expected is ... or set(found.where) == set(expected)
    assert found.severity in ("error", "warning", "advice")
    assert found.measured
    words = " ".join(str(report).split())
    for text in (found.name, found.what, found.why, found.remedy):
        assert " ".join(text.split()) in words
        assert html.escape(text) in report._repr_html_()
    assert name in repr(report)


def test_every_check_has_its_words_in_every_case():
    assert CHECKS.keys() == ADVICE.keys()
    for words in ADVICE.values():
        cases = [case for case in words.values() if isinstance(case, dict)]
        for case in cases or [{}]:
            assert {"severity", "why", "remedy"} <= (words | case).keys()
        assert words["severity"] in ("error", "warning", "advice")


def test_a_model_without_anything_to_train():
    model = mlp()
    for p in model.parameters():
        p.requires_grad = False
    report = classify(model)
    assert [finding.name for finding in report] == ["no-progress"]
    assert "frozen" in report["no-progress"].why
    assert not nn.doctor(nn.ReLU(), nn.MSELoss(), None, (X, X)).findings
