"""Set-ups that cannot learn as they are, or not as they should, with the name of the finding expected for each."""

import numpy as np
from doctor_setups.healthy import DIGITS, IMAGES, KINDS, NUMBERS, SEQUENCES, Sequences, X, Y, deep

import nn
import optim
from autograd import custom_op

PIXELS = IMAGES[:128], DIGITS[:128]
POINTS = X, Y
NUMERIC = X, NUMBERS
CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()


def mlp(*sizes, activation="relu", **options):
    return nn.MLP(list(sizes or (64, 32, 10)), activation, rng=0, **options)


def setup(model=mlp, loss=CE, optimizer=optim.Adam, batch=PIXELS, **options):
    """The builder of a set-up."""

    def build():
        made = model()
        return made, loss, optimizer(made.parameters(), **options), batch

    return build


def small(sizes, **options):
    """A set-up with an MLP of these sizes on the points (classes) or numbers (regression)."""
    regression = sizes[-1] == 1
    settings = {"loss": MSE if regression else CE, "batch": NUMERIC if regression else POINTS} | options
    return setup(lambda: mlp(*sizes), **settings)


# --- going uphill ----------------------------------------------------------------------------------------------------


def turned(loss):
    return lambda prediction, target: -loss(prediction, target)


def log_likelihood(prediction, target):
    """The sign is missing: this is to be maximized."""
    logs = nn.functional.log_softmax(prediction)
    return np.mean(np.take_along_axis(logs, target[:, None], axis=1))


def hooked():
    model = mlp()
    for p in model.parameters():
        p.register_hook(lambda g: -g)
    return model


minus_relu = custom_op(lambda x: np.maximum(x, 0), lambda g, x: -g * (x > 0), name="minus_relu")
wrong_tanh = custom_op(np.tanh, lambda g, out: g * (1 - out), name="wrong_tanh")
double_relu = custom_op(lambda x: np.maximum(x, 0), lambda g, x: 2 * g * (x > 0), name="double_relu")


class Applying(nn.Module):
    """One layer, a function, another layer, another function."""

    def __init__(self, middle, end=lambda x: x, sizes=(64, 32, 10)):
        self.first, self.second = nn.Linear(*sizes[:2], rng=0), nn.Linear(*sizes[1:], rng=1)
        self.middle, self.end = middle, end

    def forward(self, x):
        return self.end(self.second(self.middle(self.first(x))))


# --- samples that are mixed ------------------------------------------------------------------------------------------


def relu(x):
    return np.maximum(x, 0)


def log_softmax_of_batch(x):
    return nn.functional.log_softmax(x, axis=0)


def own_normalization(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


class Wrongly(nn.Module):
    """Flattens images of shape (N, 8, 8) with the pixels of all samples mixed."""

    def __init__(self):
        self.body = mlp()

    def forward(self, x):
        return self.body(np.transpose(x, (1, 2, 0)).reshape(len(x), -1))


class Attending(nn.Module):
    """Attention along the first axis, which holds the samples: batch_first is missing."""

    def __init__(self):
        self.attention, self.answer = nn.MultiheadAttention(8, 2, rng=0), nn.Linear(8, 10, rng=0)

    def forward(self, x):
        return self.answer(self.attention(x, x, x)[0].mean(axis=1))


class Reading(nn.Module):
    """A recurrent layer that takes the samples for steps in time."""

    def __init__(self):
        self.memory, self.answer = nn.GRU(8, 16, rng=0), nn.Linear(16, 10, rng=0)

    def forward(self, x):
        return self.answer(self.memory(x)[0][:, -1])


ROWS = IMAGES[:128].reshape(-1, 8, 8), DIGITS[:128]

# --- parameters, gradients, layers -----------------------------------------------------------------------------------


def after_a_pass():
    model = mlp()
    CE(model(PIXELS[0]), PIXELS[1]).backward()
    return model, CE, optim.SGD(model.parameters(), lr=0.1), PIXELS


def multiplied(model, factor):
    for p in model.parameters():
        if p.ndim > 1:
            p.data *= factor
    return model


def filled(model, name, value):
    dict(model.named_parameters())[name].data[...] = value
    return model


def normal(std):
    return lambda w, rng: nn.init.normal_(w, std=std, rng=rng)


def detached(x):
    return relu(x).detach()


class Hiding(nn.Module):
    def __init__(self):
        self.layers, self.answer = {"a": nn.Linear(64, 32, rng=0)}.items(), nn.Linear(32, 10, rng=1)
        self.layers = {layer for _, layer in self.layers}

    def forward(self, x):
        for layer in self.layers:
            x = relu(layer(x))
        return self.answer(x)


def of_another():
    return mlp(), CE, optim.Adam(mlp().parameters()), PIXELS


def of_one_layer():
    model = mlp()
    return model, CE, optim.Adam(model[2].parameters()), PIXELS


def of_two():
    model = mlp()
    return model, CE, [optim.Adam(model.parameters()), optim.SGD(model[2].parameters(), lr=0.1)], PIXELS


def zeros():
    model = mlp()
    for p in model.parameters():
        p.data[...] = 0
    return model


def resting():
    return nn.Sequential(nn.Linear(64, 32, rng=0), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10, rng=1)).eval()


def worn_out():
    """The rate was multiplied by 0.1 after each batch, in place of each epoch."""
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.param_groups[0]["lr"] *= 0.1**9
    return model, CE, optimizer, PIXELS


def mixing(prediction, target):
    return np.mean((prediction - target) ** 2)


def own_log(prediction, target):
    return -np.mean(target * np.log(relu(prediction)))


ONE_ROW = np.repeat(IMAGES[:1], 128, axis=0)

SICK = {
    # going uphill
    "SGD that maximizes": ("uphill", setup(optimizer=optim.SGD, lr=0.1, maximize=True)),
    "Adam that maximizes": ("uphill", setup(maximize=True)),
    "minus cross-entropy": ("uphill", setup(loss=turned(CE), optimizer=optim.SGD, lr=0.1)),
    "minus squared error": ("uphill", small((5, 16, 1), loss=turned(MSE))),
    "minus binary cross-entropy": (
        "uphill",
        small((5, 16, 1), loss=turned(nn.BCEWithLogitsLoss()), batch=(X, (NUMBERS > 0).astype(int))),
    ),
    "log-likelihood as a loss": ("uphill", setup(loss=log_likelihood)),
    # a gradient that is not the slope of the loss
    "a hook that turns the gradient": ("wrong-gradient", setup(hooked, optimizer=optim.SGD, lr=0.1)),
    "a rule with the wrong sign": ("wrong-gradient", setup(lambda: Applying(minus_relu))),
    "a rule without the square": ("wrong-gradient", setup(lambda: Applying(wrong_tanh))),
    "a rule with a factor too many": ("wrong-gradient", setup(lambda: Applying(double_relu))),
    # steps that are too short or too long
    "SGD with a rate of 1e-9": ("no-progress", setup(optimizer=optim.SGD, lr=1e-9)),
    "Adam with a rate of 1e-9": ("no-progress", setup(lr=1e-9)),
    "a rate of 0": ("no-progress", setup(optimizer=optim.SGD, lr=0.0)),
    "a rate that was reduced too often": ("no-progress", worn_out),
    "SGD with a rate of 1e-5": ("small-rate", setup(optimizer=optim.SGD, lr=1e-5)),
    "Adam with a rate of 1e-7": ("small-rate", setup(lr=1e-7)),
    "SGD with a rate of 100": ("rate-too-high", setup(optimizer=optim.SGD, lr=100.0)),
    "Adam with a rate of 10": ("rate-too-high", setup(lr=10.0)),
    "a regression with a rate of 5": ("rate-too-high", small((5, 1), optimizer=optim.SGD, lr=5.0)),
    # decay
    "SGD with a decay of 10": ("decay-too-strong", setup(optimizer=optim.SGD, lr=0.1, weight_decay=10.0)),
    "Adam with a decay of 10": ("decay-too-strong", setup(weight_decay=10.0)),
    "AdamW with a decay of 100": ("decay-too-strong", setup(optimizer=optim.AdamW, weight_decay=100.0)),
    # samples that are mixed
    "softmax over the batch": ("samples-mixed", setup(lambda: Applying(relu, log_softmax_of_batch), nn.NLLLoss())),
    "a normalization of one's own": ("samples-mixed", setup(lambda: Applying(own_normalization))),
    "a wrong reshape": ("samples-mixed", setup(Wrongly, batch=ROWS)),
    "attention without batch_first": ("samples-mixed", setup(Attending, batch=ROWS)),
    "a GRU without batch_first": ("samples-mixed", setup(Reading, batch=ROWS)),
    "a running sum over the batch": ("samples-mixed", setup(lambda: Applying(lambda x: np.cumsum(relu(x), axis=0)))),
    # gradients
    "old gradients": ("old-gradients", after_a_pass),
    "12 sigmoid layers": ("vanishing-gradient", setup(lambda: deep(12, activation="sigmoid"))),
    "12 sigmoid layers, Glorot": (
        "vanishing-gradient",
        setup(lambda: deep(12, activation="sigmoid", start=nn.init.xavier_normal_), optimizer=optim.SGD, lr=0.1),
    ),
    "10 tanh layers with small weights": (
        "vanishing-gradient",
        setup(lambda: deep(10, activation="tanh", start=normal(0.01))),
    ),
    "10 ReLU layers with small weights": ("vanishing-gradient", setup(lambda: deep(10, start=normal(0.01)))),
    "12 ReLU layers with weights times 8": ("exploding-gradient", setup(lambda: multiplied(deep(12), 8.0))),
    "12 ReLU layers with weights from N(0, 1)": ("exploding-gradient", setup(lambda: deep(12, start=normal(1.0)))),
    # the batch
    "all inputs equal": ("constant-inputs", setup(batch=(ONE_ROW, PIXELS[1]))),
    "all inputs zero": ("constant-inputs", setup(batch=(0 * PIXELS[0], PIXELS[1]))),
    "one class": ("one-class-batch", setup(batch=(PIXELS[0], 0 * PIXELS[1] + 3))),
    "one class of two": (
        "one-class-batch",
        small((5, 16, 1), loss=nn.BCEWithLogitsLoss(), batch=(X, np.ones((32, 1), "float32"))),
    ),
    "pixels from 0 to 255": ("unscaled-inputs", setup(batch=(255 * PIXELS[0], PIXELS[1]))),
    "a feature in the millions": ("unscaled-inputs", small((5, 16, 2), batch=(X * np.float32([1, 1, 1, 1, 1e6]), Y))),
    "a missing value": ("not-finite", small((5, 16, 1), batch=(np.where(X.max() == X, np.nan, X), NUMBERS))),
    "labels from 1 to 10": ("fails", setup(batch=(PIXELS[0], PIXELS[1] + 1))),
    "images that were not flattened": ("fails", setup(batch=ROWS)),
    # the loss
    "softmax and cross-entropy": ("activation-twice", setup(lambda: mlp(output_activation="softmax"))),
    "sigmoid and BCE with logits": (
        "activation-twice",
        setup(lambda: mlp(5, 16, 1, output_activation="sigmoid"), nn.BCEWithLogitsLoss(), batch=(X, (NUMBERS > 0) * 1)),
    ),
    "a column beside a row": ("broadcast-loss", small((5, 16, 1), loss=mixing, batch=(X, NUMBERS[:, 0]))),
    "scores into NLL": ("loss-mismatch", setup(loss=nn.NLLLoss())),
    "ReLU before cross-entropy": ("loss-mismatch", setup(lambda: mlp(output_activation="relu"))),
    "tanh for large numbers": (
        "loss-mismatch",
        setup(lambda: mlp(5, 16, 1, output_activation="tanh"), MSE, batch=(X, 5 * NUMBERS)),
    ),
    "one score for cross-entropy": ("loss-mismatch", setup(lambda: mlp(64, 32, 1), batch=(PIXELS[0], 0 * PIXELS[1]))),
    "the logarithm of 0": ("not-finite", setup(loss=own_log, batch=(PIXELS[0], nn.data.one_hot(PIXELS[1], 10)))),
    # parameters and layers
    "detach in the middle": ("no-gradient", setup(lambda: Applying(detached))),
    "a step as activation": ("zero-gradient", setup(lambda: mlp(activation=nn.Step))),
    "the optimizer of another model": ("not-in-optimizer", of_another),
    "only the last layer in the optimizer": ("not-in-optimizer", of_one_layer),
    "a layer in two optimizers": ("held-twice", of_two),
    "all weights zero": ("equal-units", setup(zeros)),
    "a layer in a set": ("hidden-modules", setup(Hiding)),
    "dead ReLUs": ("dead-units", setup(lambda: filled(mlp(), "0.bias", -20.0))),
    "saturated tanh": ("saturated-units", setup(lambda: multiplied(mlp(activation="tanh"), 50.0))),
    "evaluation mode": ("eval-mode", setup(resting)),
    "a recurrent layer with a decay of 10": (
        "decay-too-strong",
        setup(lambda: Sequences(nn.RNN), batch=(SEQUENCES, KINDS), optimizer=optim.SGD, lr=0.1, weight_decay=10.0),
    ),
}
