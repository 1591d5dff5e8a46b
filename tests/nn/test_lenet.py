"""LeNet 1989 and the other networks of the decks, counted.

Numbers: S3 of LECTURES.md 1.7 for LeNet (a unit has a connection to each input and one to its bias); S1 for convnetjs
(https://cs.stanford.edu/people/karpathy/convnetjs/demo/mnist.html); S4 for the two perceptrons.
"""

import numpy as np
import pytest

import nn
import optim
from autograd import gradcheck, jacobian, no_grad


def parameters(module):
    return sum(p.size for p in module.parameters())


@pytest.fixture
def lenet():
    return nn.models.LeNet1989(rng=0)


def test_parameters_of_lenet(lenet):
    counts = [parameters(layer) for layer in (lenet.h1, lenet.h2, lenet.h3, lenet.output)]
    assert counts == [1_068, 2_592, 5_790, 310]
    assert parameters(lenet) == 9_760


def test_connections_of_lenet(lenet):
    assert (lenet.h1.connections, lenet.h2.connections) == (19_968, 38_592)
    assert lenet.connections == 64_660


def test_units_of_lenet(lenet):
    assert lenet.h1.bias.size + lenet.h2.bias.size + 30 + 10 + 16 * 16 == 1_256


def test_connections_are_those_of_the_jacobian(lenet):
    """Counted without the formula: the entries of dH2/dH1 that are not 0, and those of dH1/dx, with a wide margin."""
    x = np.zeros((1, 12, 12, 12))  # the inner units of a larger field, none of which sees the background
    maps = nn.models.FeatureMaps(12, (12, 12), lenet.h2.table.tolist(), rng=0).astype("float64")
    with no_grad():  # plain: the weights are not asked about
        inner = jacobian(lambda x: maps(x)[0, :, 1:5, 1:5])(x)
    assert np.count_nonzero(inner) + 12 * 16 == 38_592
    maps = nn.models.FeatureMaps(1, (20, 20), 12 * [[0]], rng=0).astype("float64")
    with no_grad():
        inner = jacobian(lambda x: maps(x)[0, :, 1:9, 1:9])(np.zeros((1, 1, 20, 20)))
    assert np.count_nonzero(inner) + 768 == 19_968


def test_each_map_of_h2_sees_eight_of_h1(lenet):
    table = lenet.h2.table
    assert table.shape == (12, 8)
    assert all(len(set(row)) == 8 for row in table.tolist())
    assert np.bincount(table.ravel()).tolist() == 12 * [8]  # and each of H1 is seen equally often


def test_other_tables():
    table = [[(start + k) % 12 for k in range(8)] for start in range(12)]
    model = nn.models.LeNet1989(table, rng=0)
    assert parameters(model) == 9_760
    x = np.zeros((1, 16, 16), "float32")
    assert not np.array_equal(model(x).numpy(), nn.models.LeNet1989(rng=0)(x).numpy())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[0, 1], [2]], "must have one length"),
        ([], "must have one length"),
        ([[]], "at least 1"),
        ([[0, 0]], "must hold distinct numbers from 0 to 2"),
        ([[0, 3]], "must hold distinct numbers from 0 to 2"),
    ],
)
def test_tables_that_are_none(table, words):
    with pytest.raises(ValueError, match=words):
        nn.models.FeatureMaps(3, (4, 4), table)


def test_images_without_an_axis_of_channels(lenet):
    x = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16)).astype("float32")
    np.testing.assert_array_equal(lenet(x).numpy(), lenet(x[:, None]).numpy())


def test_lenet_learns(lenet):
    """Twenty images of two kinds, told apart after fifty steps."""
    rng = np.random.default_rng(0)
    y = np.arange(20) % 2
    x = rng.normal(-0.8, 0.1, (20, 16, 16))
    x[y == 0, 3:13, 7:9] = 1.0  # a one
    x[y == 1, 3:13, 4:6] = x[y == 1, 3:13, 10:12] = x[y == 1, 3:5, 4:12] = x[y == 1, 11:13, 4:12] = 1.0  # a zero
    targets = np.where(np.arange(10) == 1 - y[:, None], 1.0, -1.0).astype("float32")
    optimizer = optim.SGD(lenet.parameters(), lr=0.3)
    for _ in range(50):
        optimizer.zero_grad()
        nn.MSELoss()(lenet(x.astype("float32")), targets).backward()
        optimizer.step()
    assert (lenet(x.astype("float32")).numpy().argmax(1) == 1 - y).all()


def test_second_derivatives_of_lenet(lenet, rng):
    x = rng.uniform(-1, 1, (2, 16, 16))
    model = lenet.astype("float64")
    gradcheck(lambda: model(x), wrt=model, order=2)
    gradcheck(model, x, order=2)


def convnetjs():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Flatten(),
        nn.Linear(256, 10),
    )


def test_convnetjs():
    """24x24 crops; 208 + 3,216 + 2,570 parameters. With one hidden layer of 32 in place of the convolutions, 18,794."""
    model = convnetjs()
    assert [parameters(layer) for layer in model if parameters(layer)] == [208, 3_216, 2_570]
    assert parameters(model) == 5_994
    x = np.zeros((2, 1, 24, 24), "float32")
    assert model(x).shape == (2, 10)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(576, 32), nn.ReLU(), nn.Linear(32, 10))
    assert dense(x).shape == (2, 10)
    assert parameters(dense) == 18_794


@pytest.mark.parametrize(("sizes", "count"), [([784, 300, 10], 238_510), ([1000, 100, 10], 101_110)])
def test_perceptrons(sizes, count):
    assert parameters(nn.MLP(sizes)) == count
