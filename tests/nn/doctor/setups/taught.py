"""The set-ups of all notebooks and examples. The value beside a set-up is the finding of one that is sick on purpose.

Listed is every network that is trained with an optimizer, or whose gradient is shown, as it is before its first step.
Some notebooks train nothing of the kind (01 and 03: single derivatives; 08 and 09, apart from a network each: plain
functions and single numbers), neither do the examples that minimize a function (gaussian_process, inverse_kinematics,
kepler_orbit, laplace, learned_rate, logistic_regression, ode_fit, optimal_control, physics_informed).
"""

import runpy
from functools import cache, partial
from pathlib import Path

import numpy as np
from doctor_setups.healthy import deep

import nn
import optim
from autograd import custom_op

CE, MSE, BCE = nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()
EXAMPLES = Path(__file__).parents[4] / "examples"
SGD, Adam = partial(partial, optim.SGD), partial(partial, optim.Adam)


@cache
def example(name):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def digits(images=True):
    x, y = nn.data.digits()
    return (x.reshape(-1, 1, 8, 8) if images else x), y


def setup(make, loss, optimizer, data, count=None):
    """A builder: ``make()`` gives the model, ``optimizer(parameters)`` the optimizer, ``data()`` the batch."""

    def build():
        model = make()
        batch = tuple(part[:count] for part in data())
        return model, loss, None if optimizer is None else optimizer(model.parameters()), batch

    return build


# --- notebooks -------------------------------------------------------------------------------------------------------


def signed_moons():
    points, labels = nn.data.moons(200, noise=0.1, seed=0)
    return points.astype(float), np.where(labels == 1, 1.0, -1.0)[:, None]


class Activation(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, z):
        return self.function(z)


good = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(-x)), name="good_softplus")
bad = custom_op(lambda x: np.log1p(np.exp(x)), lambda g, x: g / (1 + np.exp(x)), name="bad_softplus")


def softplus_network(softplus):
    return nn.Sequential(nn.Linear(2, 16, rng=0), Activation(softplus), nn.Linear(16, 2, rng=1)).astype(np.float64)


def xor(low):
    x, y = nn.data.xor()
    return x, np.where(y[:, None] == 1, 1, low).astype(x.dtype)


def curve():
    grid = np.linspace(0, 1, 201)[:, None]
    return 2 * grid - 1, np.sin(2 * np.pi * grid) + 0.5 * np.sin(6 * np.pi * grid)


def noisy_parabola():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (30, 1))
    return x, 0.5 + 0.7 * x - 1.2 * x**2 + 0.1 * rng.standard_normal((30, 1))


def clouds():
    cloud, sides = nn.data.playground("gauss", 200, noise=0.3, seed=0)
    return cloud, (sides > 0).astype(cloud.dtype)[:, None]


def misled_unit():
    unit = nn.Linear(2, 1, rng=0)
    unit.weight.data[:] = [[-1, -1]]
    return unit


def squared_after_sigmoid(z, t):
    return 0.5 * MSE(nn.functional.sigmoid(z), t)


def hundred_kinds(one_hot=False):
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((100, 20))
    kinds = np.repeat(np.arange(100), 10)
    points = (centres[kinds] + 0.3 * rng.standard_normal((1000, 20))).astype("float32")
    return points, nn.data.one_hot(kinds, 100).astype("float32") if one_hot else kinds


def squared_distance(answers, one_hot):
    return 0.5 * np.sum((answers - one_hot) ** 2) / len(one_hot)


def moons_in_columns():
    points, labels = nn.data.moons(100, noise=0.05, seed=0)
    return points.astype(float), labels[:, None].astype(float)


def random_numbers():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 1000)).astype("float32"), rng.normal(size=(64, 10)).astype("float32")


def two_layers():
    return nn.Sequential(nn.Linear(1000, 100, rng=0), nn.ReLU(), nn.Linear(100, 10, rng=1))


def patterns():
    rng = np.random.default_rng(0)
    kinds, names = rng.random((10, 784)), rng.integers(10, size=1000)
    return (kinds[names] + rng.random((1000, 784)) - 1).astype("float32"), names


def one_row():
    rows, classes = nn.data.four_rows()
    return rows[:1], classes[:1, None]


def twenty_inputs():
    rng = np.random.default_rng(0)
    true = np.zeros(20)
    true[[2, 7, 11, 16]] = [1.5, -2.0, 1.0, 0.8]
    inputs = rng.standard_normal((40, 20))
    return inputs, (inputs @ true + 0.5 * rng.standard_normal(40))[:, None]


def few_moons():
    x, y = nn.data.moons(1160, noise=0.3, seed=1)
    return x[:60], y[:60]


def flat_mlp():
    return nn.Sequential(nn.Flatten(), nn.MLP([64, 128, 128, 10], rng=0))


def unit_that_dies(activation):
    unit = nn.Sequential(nn.Linear(1, 1, dtype=float), activation)
    for p in unit.parameters():
        nn.init.constant_(p, 1.0)
    return unit


def line():
    x = np.linspace(0, 1, 20)[:, None]
    return x, x


def standardized():
    x, labels = nn.data.digits()
    return nn.data.Standardize(x)(x), labels


class TanhLayer(nn.Linear):
    def forward(self, x):
        return np.tanh(super().forward(x))


def tanh_layers(std):
    model = nn.Sequential(*[TanhLayer(256, 256, bias=False) for _ in range(6)])
    rng = np.random.default_rng(0)
    for layer in model:
        nn.init.normal_(layer.weight, std=std, rng=rng)
    return model


def noise():
    x = np.random.default_rng(1).normal(size=(200, 256)).astype("float32")
    return x, 0 * x + 1


def twins():
    model = nn.MLP([2, 3, 2], "tanh", rng=0)
    nn.init.constant_(model[0].weight, 0.5)
    nn.init.constant_(model[2].weight, 0.5)
    nn.init.zeros_(model[0].bias)
    return model


def normalized(activation, norm=None, depth=10, width=32):
    rng, layers, n = np.random.default_rng(0), [], 64
    for _ in range(depth):
        parts = [nn.Linear(n, width, rng=rng), activation()]
        nn.init.xavier_normal_(parts[0].weight, gain=2**0.5 if activation is nn.ReLU else 1.0, rng=rng)
        if norm is not None:
            parts.insert(1 if norm == "before" else 2, nn.BatchNorm1d(width))
        layers, n = layers + parts, width
    return nn.Sequential(*layers, nn.Linear(n, 10, rng=rng))


def for_lenet():
    x, y = digits()
    return 2 * np.kron(x, np.ones((2, 2), "float32")) - 1, (2 * nn.data.one_hot(y, 10) - 1).astype("float32")


def enlarged():
    x, y = digits()
    return np.kron(x, np.ones((3, 3), "float32")), y


def convnet():
    rng = np.random.default_rng(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(3)),
        *(nn.Flatten(), nn.Linear(256, 10, rng=rng)),
    )


def fully_connected():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(576, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng))


def convnetjs(parameters):
    parameters = list(parameters)
    return optim.preset("adadelta-convnetjs", optim.decay_groups(parameters))


def four_words():
    words = np.eye(4, dtype="float32")
    return words, words


class Remembering(nn.Module):
    def __init__(self, kind):
        nn.manual_seed(0)
        self.recurrent, self.read = kind(1, 16), nn.Linear(16, 1, rng=0)

    def forward(self, x):
        return self.read(self.recurrent(x)[0][-1])


def first_numbers():
    sequences = np.random.default_rng(0).choice([-1.0, 1.0], (10, 32, 1)).astype("float32")
    return sequences, (sequences[0] > 0).astype("float32")


FEATURES = [
    *(lambda x: x[:, 0], lambda x: x[:, 1], lambda x: x[:, 0] ** 2, lambda x: x[:, 1] ** 2),
    *(lambda x: x[:, 0] * x[:, 1], lambda x: np.sin(x[:, 0]), lambda x: np.sin(x[:, 1])),
]


def playground(data="circle", hidden=(4, 2), inputs=(0, 1), lr=0.03, l2=0.0, activation="tanh"):
    def build():
        x, y = nn.data.playground(data, noise=0.0, seed=0)
        rng = np.random.default_rng(0)
        model = nn.MLP([len(inputs), *hidden, 1], activation, "tanh")
        for layer in model:
            if isinstance(layer, nn.Linear):
                nn.init.uniform_(layer.weight, -0.5, 0.5, rng=rng)
                nn.init.constant_(layer.bias, 0.1)
        features = np.stack([FEATURES[i](x) for i in inputs], axis=1).astype("float32")
        optimizer = optim.preset("sgd-playground", optim.decay_groups(model), lr=lr, weight_decay=l2)
        return model, nn.MSELoss(half=True), optimizer, (features[:10], y[:10, None])

    return build


CHOICES = {
    "SGD 0.1": SGD(lr=0.1),
    "momentum 0.1": SGD(lr=0.1, momentum=0.9),
    "AdaGrad 0.05": partial(optim.Adagrad, lr=0.05),
    "RMSProp 0.005": partial(optim.RMSprop, lr=0.005),
    "Adam 0.005": Adam(lr=0.005),
    "Adam 0.1": Adam(lr=0.1),
}
plain_digits = partial(digits, images=False)


def perceptron(*sizes, seed=0, **options):
    return lambda: nn.MLP(list(sizes), rng=seed, **options)


NOTEBOOKS = {
    "00: moons": (setup(perceptron(2, 8, 1, activation="tanh", output_activation="tanh", dtype="float64"),
                        MSE, SGD(lr=0.2), signed_moons), None),
    "05: right rule": (setup(lambda: softplus_network(good), CE, SGD(lr=0.2, momentum=0.9),
                             lambda: nn.data.moons(200, noise=0.1, seed=0)), None),
    "05: wrong rule": (setup(lambda: softplus_network(bad), CE, SGD(lr=0.2, momentum=0.9),
                             lambda: nn.data.moons(200, noise=0.1, seed=0)), "wrong-gradient"),
    "04: sigmoid": (setup(perceptron(2, 2, 1, seed=1, activation="sigmoid", output_activation="sigmoid"),
                          MSE, SGD(lr=1.0, momentum=0.9), lambda: xor(0)), None),
    **{
        f"04: tanh, seed {seed}": (setup(perceptron(2, 2, 1, seed=seed, activation="tanh", output_activation="tanh"),
                                         MSE, SGD(lr=0.1, momentum=0.9), lambda: xor(-1)), None)
        for seed in (1, 2)
    },
    **{
        f"04: curve, width {width}": (setup(perceptron(1, width, 1, activation="tanh", dtype=float), MSE,
                                            partial(optim.LBFGS, max_iter=300, line_search_fn="strong_wolfe"), curve),
                                      None)
        for width in (1, 8, 32)
    },
    "04: exercise 6": (setup(perceptron(2, 8, 1, activation="tanh"), MSE, Adam(lr=0.05), lambda: xor(-1)), None),
    "06: line": (setup(lambda: nn.Linear(1, 1, rng=0, dtype=float), lambda p, t: 0.5 * MSE(p, t), SGD(lr=0.5),
                       noisy_parabola), None),
    "06: unit, squared error": (setup(misled_unit, squared_after_sigmoid, SGD(lr=0.1), clouds), None),
    "06: unit, cross-entropy": (setup(misled_unit, BCE, SGD(lr=0.1), clouds), None),
    "06: 100 kinds, softmax": (setup(perceptron(20, 64, 100), CE, Adam(lr=0.01), hundred_kinds), None),
    "06: 100 kinds, linear": (setup(perceptron(20, 64, 100), squared_distance, Adam(lr=0.01),
                                    lambda: hundred_kinds(True)), None),
    "06: 100 kinds, sigmoid": (setup(perceptron(20, 64, 100),
                                     lambda z, t: squared_distance(nn.functional.sigmoid(z), t), Adam(lr=0.01),
                                     lambda: hundred_kinds(True)), None),
    "07: program from the slides": (setup(perceptron(2, 4, 1, activation="tanh", dtype="float64"), BCE, SGD(lr=1.2),
                                          moons_in_columns), None),
    "07: listing from the slides": (setup(two_layers, nn.MSELoss(reduction="sum"), Adam(lr=1e-4), random_numbers),
                                    None),
    "07: patterns": (setup(perceptron(784, 300, 10, activation="tanh"), CE, SGD(lr=0.5), patterns, 100), None),
    "08: one row at a time": (setup(perceptron(3, 4, 1, seed=1, activation="sigmoid"), BCE, SGD(lr=0.5), one_row),
                              None),
    **{f"09: {name}": (setup(perceptron(64, 32, 10), CE, make, plain_digits, 32), None)
       for name, make in CHOICES.items()},
    "10: penalties": (setup(lambda: nn.Linear(20, 1, bias=False, rng=0, dtype=float), lambda p, t: 0.5 * MSE(p, t),
                            SGD(lr=0.1), twenty_inputs), None),
    "10: early stopping": (setup(perceptron(2, 64, 64, 2), CE, Adam(lr=0.01), few_moons), None),
    "10: digits": (setup(flat_mlp, CE, Adam(lr=3e-3), digits, 32), None),
    "11: ReLU that dies": (setup(lambda: unit_that_dies(nn.ReLU()), MSE, SGD(lr=2.0), line), "zero-gradient"),
    "11: leaky ReLU": (setup(lambda: unit_that_dies(nn.LeakyReLU(0.1)), MSE, SGD(lr=2.0), line), None),
    "11: sigmoid layers": (setup(lambda: deep(10, 64, "sigmoid", nn.init.xavier_normal_), CE, None, standardized, 512),
                           "vanishing-gradient"),
    "11: tanh layers": (setup(lambda: deep(10, 64, "tanh", nn.init.xavier_normal_), CE, None, standardized, 512),
                        None),
    "11: ReLU layers": (setup(lambda: deep(10, 64), CE, None, standardized, 512), None),
    "11: std 0.01": (setup(lambda: tanh_layers(0.01), nn.MSELoss(reduction="sum"), None, noise), "vanishing-gradient"),
    "11: std 0.0625": (setup(lambda: tanh_layers(1 / 16), nn.MSELoss(reduction="sum"), None, noise), None),
    # A third of the units is flat, but the gradient arrives: such a network can be trained.
    "11: std 0.2": (setup(lambda: tanh_layers(0.2), nn.MSELoss(reduction="sum"), None, noise), None),
    "11: equal weights": (setup(twins, CE, SGD(lr=0.5), lambda: nn.data.moons(100, noise=0.1, seed=0)), "equal-units"),
    **{
        f"11: {kind.__name__}, norm {norm}": (setup(partial(normalized, kind, norm), CE, SGD(lr=0.1), standardized, 64),
                                              "vanishing-gradient" if kind is nn.Sigmoid and not norm else None)
        for kind, norm in [(nn.Sigmoid, None), (nn.Tanh, None), (nn.ReLU, None), (nn.Sigmoid, "before"),
                           (nn.Sigmoid, "after"), (nn.ReLU, "before"), (nn.ReLU, "after")]
    },
    "12: LeNet": (setup(lambda: nn.models.LeNet1989(rng=0), MSE, Adam(lr=0.003), for_lenet, 32), None),
    "12: convolutional": (setup(convnet, CE, convnetjs, enlarged, 20), None),
    "12: fully connected": (setup(fully_connected, CE, convnetjs, enlarged, 20), None),
    "12: autoencoder": (setup(perceptron(4, 2, 4, activation="tanh"), CE, Adam(lr=0.1), four_words), None),
    **{f"12: {kind.__name__}": (setup(partial(Remembering, kind), BCE, Adam(lr=0.01),
                                      lambda: first_numbers()), None) for kind in (nn.RNN, nn.LSTM)},
    "02: as on the site": (playground(), None),
    "02: one layer": (playground(hidden=[4]), None),
    "02: rate 1": (playground(hidden=[4], lr=1.0), None),
    "02: L2 0.01": (playground(hidden=[4], l2=0.01), None),
    "02: L2 0.1": (playground(hidden=[4], l2=0.1), None),
    "02: L2 1": (playground(hidden=[4], l2=1.0), "decay-too-strong"),
    **{f"02: {name}": (playground(name), None) for name in ("xor", "gauss", "spiral")},
    "02: xor, 3 units": (playground("xor", [3], lr=0.1), None),
    "02: spiral, 8 and 8": (playground("spiral", [8, 8]), None),
    "02: spiral, sines": (playground("spiral", [8, 8], (0, 1, 5, 6)), None),
}  # fmt: skip

# --- examples --------------------------------------------------------------------------------------------------------


def sums():
    return example("adding_problem")["sequences"](np.random.default_rng(0), 64, 20)


def one_task():
    x, y = example("learned_start")["task"](np.random.default_rng(0))
    return x[0], y[0]


def samples():
    x = np.random.default_rng(0).normal(size=(512, 64)).astype("f4")
    return x, (x @ (np.arange(1, 65, dtype="f4") / 64))[:, None]


class Rows(nn.Module):
    """The transformer of the example, with the classes of all letters in rows, as its loss takes them."""

    def __init__(self, model):
        self.model = model

    def forward(self, x):
        scores = self.model(x)
        return scores.reshape(-1, scores.shape[2])


def letters(lines=2):
    text = example("tiny_transformer")["TEXT"].splitlines()[:lines]
    alphabet = sorted(set("\n".join(text)) | {"\n"})
    length = max(map(len, text)) + 1
    rows = np.array([[alphabet.index(c) for c in f"\n{one}".ljust(length + 1, "\n")] for one in text])
    return rows[:, :-1], rows[:, 1:].reshape(-1), len(alphabet)


def transformer():
    x, _, count = letters()
    rng = np.random.default_rng(0)
    return Rows(example("tiny_transformer")["Transformer"](count, x.shape[1], width=44, heads=4, blocks=2, rng=rng))


class Neighbours(nn.Module):
    """The two tables of the example, and the scores of its candidates: the first word of a row with all others."""

    def __init__(self):
        count = len(example("word_embeddings")["WORDS"])
        self.vectors, self.neighbours = (nn.Embedding(count, 10, rng=seed) for seed in (0, 1))

    def forward(self, x):
        return np.einsum("nd,nkd->nk", self.vectors(x[:, 0]), self.neighbours(x[:, 1:]))


def word_pairs():
    names, rng = example("word_embeddings"), np.random.default_rng(0)
    near = names["pairs"](rng, 100)[:256]
    rows = np.hstack([near, rng.integers(0, len(names["WORDS"]), (len(near), 5))])
    return rows, np.eye(1, 6, dtype="float32").repeat(len(near), axis=0)


def xor_model(unit, seed):
    nn.manual_seed(seed)
    return nn.MLP([2, 2, 1], activation=unit, output_activation=unit).astype(np.float64)


def random_direction():
    rng = np.random.default_rng(1)
    return [rng.standard_normal((256, 128)).astype("float32") for _ in range(2)]


def flowing(unit):
    return setup(
        lambda: example("vanishing_gradients")["network"](unit, 12),
        lambda *args: example("vanishing_gradients")["loss_with"](*args),
        *(None, random_direction),
    )


WITH_OPTIMIZER = {
    "adding_problem": (setup(lambda: example("adding_problem")["Adder"](32, np.random.default_rng(0)), MSE,
                             Adam(lr=0.01), sums), None),
    "digits_cnn": (setup(lambda: example("digits_cnn")["network"](np.random.default_rng(0)), CE,
                         Adam(lr=optim.one_cycle(3e-3, 690)), digits, 64), None),
    "learned_start": (setup(perceptron(1, 32, 32, 1, activation="tanh", dtype="float64"), MSE, Adam(lr=0.005),
                            one_task), None),
    "stream_large_file": (setup(lambda: nn.Linear(64, 1, rng=0), MSE, SGD(lr=0.02), samples), None),
    "tiny_transformer": (setup(transformer, CE, partial(optim.AdamW, lr=3e-3, weight_decay=0.0),
                               lambda: letters()[:2]), None),
    "word_embeddings": (setup(Neighbours, BCE, Adam(lr=0.01), word_pairs), None),
    "xor, sigmoid": (setup(lambda: xor_model("sigmoid", 1), MSE, SGD(lr=1.0, momentum=0.9), lambda: xor(0)), None),
    "xor, tanh": (setup(lambda: xor_model("tanh", 0), MSE, SGD(lr=0.1, momentum=0.9), lambda: xor(-1)), None),
}  # fmt: skip
WITHOUT = {
    "vanishing_gradients, sigmoid": (flowing("sigmoid"), "vanishing-gradient"),
    "vanishing_gradients, tanh": (flowing("tanh"), None),
    "vanishing_gradients, relu": (flowing("relu"), None),
}
TAUGHT = {**NOTEBOOKS, **WITH_OPTIMIZER, **WITHOUT}
