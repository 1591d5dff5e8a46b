"""Eighteen healthy set-ups and four optimizers. The doctor has to be silent on each of the 72 pairs."""

import numpy as np

import nn
import optim

RNG = np.random.default_rng(1)
X = RNG.standard_normal((32, 5)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
IMAGES, DIGITS = nn.data.digits()
NUMBERS = X @ RNG.standard_normal((5, 1)).astype("float32")
WORDS = RNG.integers(0, 11, (8, 13))
SEQUENCES = RNG.standard_normal((9, 32, 3)).astype("float32")
KINDS = RNG.integers(0, 4, 32)


class Sequences(nn.Module):
    """A recurrent layer, whose last state is classified."""

    def __init__(self, kind):
        self.memory = kind(3, 16, rng=0)
        self.answer = nn.Linear(16, 4, rng=0)

    def forward(self, x):
        return self.answer(self.memory(x)[0][-1])


class Block(nn.Module):
    def __init__(self):
        self.before, self.after = nn.LayerNorm(16), nn.LayerNorm(16)
        self.attention = nn.MultiheadAttention(16, 2, dropout=0.1, batch_first=True, rng=0)
        self.perceptron = nn.MLP([16, 64, 16], "gelu", rng=0)

    def forward(self, x):
        y = self.before(x)
        x = x + self.attention(y, y, y, need_weights=False, is_causal=True)[0]
        return x + self.perceptron(self.after(x))


class Letters(nn.Module):
    """A causal transformer."""

    def __init__(self):
        self.letters = nn.Embedding(11, 16, rng=0)
        self.blocks = [Block(), Block()]
        self.scores = nn.Linear(16, 11, rng=0)

    def forward(self, x):
        x = self.letters(x)
        for block in self.blocks:
            x = block(x)
        return np.moveaxis(self.scores(x), 2, 1)


def cnn():
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1, rng=0), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1, rng=0), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 10, rng=0)),
    )


def deep(depth=12, width=32, activation="relu", start=nn.init.kaiming_normal_):
    """An MLP for digits with ``depth`` hidden layers, whose weights keep the size of the gradient."""
    model = nn.MLP([64, *[width] * depth, 10], activation, rng=0)
    rng = np.random.default_rng(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            start(layer.weight, rng=rng)
            nn.init.zeros_(layer.bias)
    return model


PIXELS = IMAGES[:128], DIGITS[:128]
YES = (NUMBERS > 0).astype(int)
SETUPS = {
    **{
        f"MLP, {name}": (lambda name=name: nn.MLP([64, 32, 32, 10], name, rng=0), nn.CrossEntropyLoss(), PIXELS)
        for name in ("relu", "tanh", "sigmoid", "gelu", "silu")
    },
    "log softmax": (lambda: nn.MLP([64, 32, 10], "relu", "log_softmax", rng=0), nn.NLLLoss(), PIXELS),
    "autoencoder": (lambda: nn.MLP([64, 16, 64], "tanh", "sigmoid", rng=0), nn.MSELoss(), (IMAGES[:128],) * 2),
    "regression": (lambda: nn.MLP([5, 32, 1], rng=0), nn.MSELoss(), (X, NUMBERS)),
    "linear regression": (lambda: nn.Linear(5, 1, rng=0), nn.HuberLoss(), (X, NUMBERS)),
    "yes or no": (lambda: nn.MLP([5, 32, 1], rng=0), nn.BCEWithLogitsLoss(), (X, YES)),
    "probability": (lambda: nn.MLP([5, 32, 1], "tanh", "sigmoid", rng=0), nn.BCELoss(), (X, YES.astype("float32"))),
    "sides": (lambda: nn.MLP([5, 32, 1], rng=0), nn.HingeLoss(), (X, np.sign(NUMBERS))),
    "CNN": (cnn, nn.CrossEntropyLoss(), (IMAGES[:128].reshape(-1, 1, 8, 8), DIGITS[:128])),
    "LSTM": (lambda: Sequences(nn.LSTM), nn.CrossEntropyLoss(), (SEQUENCES, KINDS)),
    "GRU": (lambda: Sequences(nn.GRU), nn.CrossEntropyLoss(), (SEQUENCES, KINDS)),
    "RNN": (lambda: Sequences(nn.RNN), nn.CrossEntropyLoss(), (SEQUENCES, KINDS)),
    "transformer": (Letters, nn.CrossEntropyLoss(), (WORDS[:, :-1], WORDS[:, 1:])),
    "deep ReLU, He": (deep, nn.CrossEntropyLoss(), PIXELS),
}
OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.01, momentum=0.9),
    "Adam": optim.Adam,
    "RMSprop": lambda params: optim.RMSprop(params, lr=1e-3),
}


def healthy(name, optimizer):
    """The set-up of this name with one of the optimizers."""
    make, loss, batch = SETUPS[name]
    model = make()
    return model, loss, OPTIMIZERS[optimizer](model.parameters()), batch
