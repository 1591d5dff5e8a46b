"""The flow of the gradient, against numbers worked out from the weights, and on the decks' experiment."""

from importlib.util import find_spec

import numpy as np
import pytest

import nn
import optim

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 6))
Y = RNG.standard_normal((64, 3))
SLOPES = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
}
LARGEST = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}


def network(activation="tanh", sizes=(6, 20, 10, 3)):
    return nn.MLP(list(sizes), activation, rng=0).astype("float64")


@pytest.mark.parametrize("activation", SLOPES)
def test_the_numbers_are_those_of_the_formulas(activation):
    model = network(activation)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    flow = nn.gradient_flow(model, nn.MSELoss(), (X, Y), optimizer)

    weights = [model[i].weight.data for i in (0, 2, 4)]
    biases = [model[i].bias.data for i in (0, 2, 4)]
    h, zs = X, []
    for w, b in zip(weights, biases, strict=True):
        zs.append(h @ w.T + b)
        h = nn.functional.__dict__[activation](zs[-1]) if len(zs) < 3 else zs[-1]
    delta = 2 * (h - Y) / Y.size
    deltas = [delta]
    for w, z in zip(weights[:0:-1], zs[1::-1], strict=True):
        deltas.insert(0, deltas[0] @ w * SLOPES[activation](z))

    nn.MSELoss()(model(X), Y).backward()
    for k, (row, layer) in enumerate(zip(flow, (model[0], model[2], model[4]), strict=True)):
        g = np.concatenate([layer.weight.grad.ravel(), layer.bias.grad])
        assert row.norm == pytest.approx(np.linalg.norm(g))
        assert row.zeros == np.mean(g == 0)
        assert row.delta == pytest.approx(np.linalg.norm(deltas[k]))
        update = 0.1 * np.linalg.norm(layer.weight.grad) / np.linalg.norm(layer.weight.data)
        assert row.update == pytest.approx(update)
        if k == 2:
            assert row.flat is None
        else:
            assert row.flat == pytest.approx(np.mean(SLOPES[activation](zs[k]) < 0.01 * LARGEST[activation]))
        if k == 0:
            assert (row.factor, row.predicted) == (None, None)
        else:
            slopes = SLOPES[activation](zs[k - 1])
            gain = np.linalg.norm(weights[k]) / np.sqrt(len(weights[k]))
            assert row.predicted == pytest.approx(gain * np.sqrt(np.mean(slopes**2)))
            assert row.factor == pytest.approx(np.linalg.norm(deltas[k - 1]) / np.linalg.norm(deltas[k]))
            assert row.factor <= np.linalg.norm(weights[k], 2) * slopes.max()


@pytest.mark.parametrize(
    ("activation", "start", "low", "high"),
    [
        ("sigmoid", nn.init.xavier_normal_, 0.20, 0.25),  # slopes of at most 1/4
        ("tanh", nn.init.xavier_normal_, 0.75, 1.0),
        ("relu", nn.init.kaiming_normal_, 0.9, 1.1),  # half of the slopes are 1, and He's weights make up for that
        ("relu", nn.init.xavier_normal_, 0.63, 0.77),  # 1 / sqrt(2)
    ],
)
def test_vanishing_gradients(activation, start, low, high):
    """What the decks show: a factor in each layer, foretold within a tenth by weights and slopes, for any depth."""
    rng = np.random.default_rng(2)
    model = nn.MLP([96] * 11, activation, rng=rng)
    for layer in model:
        if isinstance(layer, nn.Linear):
            start(layer.weight, rng=rng)
            nn.init.zeros_(layer.bias)
    x, direction = (rng.standard_normal((256, 96)).astype("float32") for _ in range(2))
    flow = nn.gradient_flow(model, lambda p, g: np.mean(p * g), (x, direction))
    assert len(flow) == 10
    for row in flow.rows[1:]:
        assert abs(np.log(row.factor / row.predicted)) < 0.1
    per_layer = (flow[0].delta / flow[-1].delta) ** (1 / 9)
    assert low < per_layer < high


def test_saturation_and_dead_units_show():
    model = network("sigmoid")
    model[0].bias.data[:] = 30.0
    model[2].weight.data[:5] = 0.0
    flow = nn.gradient_flow(model, nn.MSELoss(), (X, Y))
    assert flow["0"].flat == 1.0
    assert flow["2"].factor < 1e-9
    model = network("relu")
    model[0].bias.data[:10] = -30.0
    flow = nn.gradient_flow(model, nn.MSELoss(), (X, Y))
    assert flow["0"].zeros >= 0.5
    assert flow["0"].flat >= 0.5


class Shared(nn.Module):
    """One layer called three times, and a shortcut."""

    def __init__(self):
        self.first, self.again, self.last = nn.Linear(6, 8, rng=0), nn.Linear(8, 8, rng=1), nn.Linear(8, 3, rng=2)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        h = np.tanh(self.first(x))
        for _ in range(3):
            h = h + np.tanh(self.again(h))
        return {"scores": self.last(h)}["scores"]


def cnn():
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, rng=0), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 2, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3, rng=0)),
    )


class Memory(nn.Module):
    def __init__(self):
        self.words, self.memory, self.answer = nn.Embedding(9, 5, rng=0), nn.LSTM(5, 7, rng=0), nn.Linear(7, 3, rng=0)

    def forward(self, x):
        return self.answer(self.memory(self.words(x.T))[0][-1])


@pytest.mark.parametrize(
    ("model", "x", "layers"),
    [
        (Shared, X, ["first", "again", "last"]),
        (cnn, RNG.standard_normal((64, 1, 8, 8)), ["0", "1", "4", "7"]),
        (Memory, RNG.integers(0, 9, (64, 4)), ["words", "memory", "answer"]),
    ],
)
def test_other_networks(model, x, layers):
    """The gain of what is no linear layer is estimated: within a factor of 3 of what is measured."""
    model = model()
    flow = nn.gradient_flow(model, nn.MSELoss(), (x, Y), optim.Adam(model.parameters()))
    assert [row.layer for row in flow] == layers
    for row in flow:
        assert row.norm > 0
        assert 0 < row.update < 1
    for row in flow.rows[1:]:
        assert 1 / 3 < row.factor / row.predicted < 3


def test_pooling_and_shortcuts_are_part_of_the_way():
    """With equal calls the factor is the mean of all of them."""
    flow = nn.gradient_flow(Shared(), nn.MSELoss(), (X, Y))
    assert flow["again"].factor > 1  # the shortcut adds to it


def test_without_a_batch_the_gradients_there_are():
    model = network()
    flow = nn.gradient_flow(model)
    assert [row.norm for row in flow] == [None, None, None]
    nn.MSELoss()(model(X), Y).backward()
    with_loss = nn.gradient_flow(model, nn.MSELoss(), (X, Y))
    assert [row.norm for row in nn.gradient_flow(model)] == pytest.approx([row.norm for row in with_loss])


def test_frozen_parameters_and_a_part_of_the_optimizer():
    model = network()
    for p in model[0].parameters():
        p.requires_grad = False
    flow = nn.gradient_flow(model, nn.MSELoss(), (X, Y), optim.SGD([model[2].weight], lr=0.1))
    assert [row.norm is None for row in flow] == [True, False, False]
    assert [row.update is None for row in flow] == [True, False, True]
    assert flow["2"].factor is None
    assert flow["4"].factor == pytest.approx(flow["2"].delta / flow["4"].delta)
    with pytest.raises(ValueError, match="depends on nothing"):
        nn.gradient_flow(model, lambda p, y: 1.0, (X, Y))


def test_parameters_that_the_loss_does_not_need():
    model = network()
    flow = nn.gradient_flow(model, lambda p, y: np.mean(p.detach() + model[4].bias), (X, Y))
    assert flow["0"].norm is None
    assert flow["0"].delta is None
    assert flow["4"].norm > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((lambda x: x,), "gradient_flow takes a Module"), ((nn.Linear(2, 1), nn.MSELoss()), "both a loss and a batch")],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(TypeError, match=words):
        nn.gradient_flow(*arguments)


def test_table_and_dict():
    flow = nn.gradient_flow(network(), nn.MSELoss(), (X, Y))
    lines = str(flow).splitlines()
    assert lines[0].split() == [
        "layer",
        "gradient",
        "zeros",
        "at",
        "output",
        "factor",
        "predicted",
        "flat",
        "update/weight",
    ]
    assert [line.split()[:2] for line in lines[1:]] == [["0", "Linear"], ["2", "Linear"], ["4", "Linear"]]
    assert flow.to_dict()["2"]["factor"] == flow["2"].factor
    assert repr(flow) == "GradientFlow(3 layers)"
    assert flow._repr_html_().count("<tr>") == 4
    with pytest.raises(KeyError, match="no layer '1'; the layers are 0, 2, 4"):
        flow["1"]


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is missing")
def test_plot():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    flow = nn.gradient_flow(network("sigmoid"), nn.MSELoss(), (X, Y))
    ax = flow.plot()
    measured, expected = (line.get_ydata() for line in ax.get_lines())
    np.testing.assert_allclose(measured, [row.delta for row in flow])
    assert expected[-1] == flow[-1].delta
    assert expected[0] == pytest.approx(flow[-1].delta * flow[1].predicted * flow[2].predicted)
    assert ax.get_yscale() == "log"
    model = network()
    nn.MSELoss()(model(X), Y).backward()
    ax = nn.gradient_flow(model).plot()
    ax.figure.canvas.draw()
    assert len(ax.get_lines()) == 1
    plt.close("all")
