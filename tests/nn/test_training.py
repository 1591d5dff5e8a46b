"""Models and optimizers together: copies that go on training, two optimizers on one model, data that is learned."""

import copy
import pickle

import numpy as np
import pytest

import nn
import optim

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
LOSS = nn.CrossEntropyLoss()

OPTIMIZERS = [
    lambda parameters: optim.SGD(parameters, lr=0.1),
    lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9),
    lambda parameters: optim.Adam(parameters, lr=0.01),
]


def step(model, optimizer, x=X, y=Y):
    optimizer.zero_grad()
    loss = LOSS(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(model, optimizer, steps=5):
    for _ in range(steps):
        step(model, optimizer)
    return model.state_dict()


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


@pytest.mark.parametrize("make", OPTIMIZERS, ids=["SGD", "momentum", "Adam"])
@pytest.mark.parametrize(
    "twins_of", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copy", "pickle"]
)
def test_model_and_optimizer_are_copied_together_and_go_on(make, twins_of):
    model = nn.MLP([4, 8, 2], "tanh", rng=0)
    optimizer = make(model.parameters())
    train(model, optimizer)
    twin, twin_optimizer = twins_of((model, optimizer))
    assert_equal(twin.state_dict(), model.state_dict())
    expected = train(model, optimizer)
    assert_equal(train(twin, twin_optimizer), expected)


def test_a_copied_pair_leaves_the_first_alone():
    model = nn.MLP([4, 8, 2], rng=0)
    optimizer = optim.Adam(model.parameters())
    train(model, optimizer)
    before = model.state_dict()
    train(*copy.deepcopy((model, optimizer)))
    assert_equal(model.state_dict(), before)


def test_two_optimizers_may_alternate_on_one_model():
    def alternate(model, a, b):
        for _ in range(5):
            step(model, a)
            step(model, b)
        return model.state_dict()

    model = nn.MLP([4, 8, 2], rng=0)
    a, b = optim.SGD(model.parameters(), lr=0.1, momentum=0.9), optim.Adam(model.parameters(), lr=0.01)
    result = alternate(model, a, b)
    again = nn.MLP([4, 8, 2], rng=0)
    assert_equal(
        alternate(again, optim.SGD(again.parameters(), lr=0.1, momentum=0.9), optim.Adam(again.parameters(), lr=0.01)),
        result,
    )
    assert np.isfinite(step(model, a))


def test_a_state_loaded_back_continues_bit_for_bit():
    model = nn.MLP([4, 8, 2], rng=0)
    optimizer = optim.Adam(model.parameters())
    train(model, optimizer)
    saved = model.state_dict(), optimizer.state_dict()
    expected = train(model, optimizer)
    other = nn.MLP([4, 8, 2], rng=1)
    other_optimizer = optim.Adam(other.parameters())
    other.load_state_dict(saved[0])
    other_optimizer.load_state_dict(saved[1])
    assert_equal(train(other, other_optimizer), expected)


def test_xor_is_learned():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    model = nn.MLP([2, 8, 2], "tanh", rng=0)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(200):
        loss = step(model, optimizer, x, y)
    assert loss < 0.01
    assert model(x).numpy().argmax(axis=1).tolist() == y.tolist()


def test_a_line_is_fitted_exactly():
    x = np.linspace(-1, 1, 16, dtype="float32").reshape(-1, 1)
    model = nn.Linear(1, 1, rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        nn.MSELoss()(model(x), 3 * x - 2).backward()
        optimizer.step()
    np.testing.assert_allclose([model.weight.item(), model.bias.item()], [3, -2], atol=1e-5)


def test_one_seed_reproduces_a_run_bit_for_bit():
    def run(seed):
        nn.manual_seed(seed)
        x, y = nn.data.digits()
        x_train, _, y_train, _ = nn.data.train_test_split(x, y, stratify=y)
        model = nn.MLP([64, 16, 10])
        optimizer = optim.Adam(model.parameters())
        for batch, labels in nn.data.Loader((x_train, y_train), 64, shuffle=True):
            step(model, optimizer, batch, labels)
        return model.state_dict()

    first = run(0)
    assert_equal(run(0), first)
    assert (run(1)["0.weight"] != first["0.weight"]).any()


def test_frozen_parameters_stay():
    model = nn.MLP([4, 8, 2], rng=0)
    model[0].weight.requires_grad = False
    before = model[0].weight.data.copy()
    optimizer = optim.Adam([p for p in model.parameters() if p.requires_grad])
    train(model, optimizer)
    np.testing.assert_array_equal(model[0].weight.data, before)
    assert model[0].weight.grad is None
