"""The table of a model."""

import numpy as np
import pytest

import nn


def test_the_known_sizes():
    """784-300-10 has 238,510 parameters and 1000-100-10 has 101,110 (Nielsen; the lecture decks)."""
    assert nn.summary(nn.MLP([784, 300, 10]), np.zeros((1, 784), "float32")).parameters == 238_510
    assert nn.summary(nn.MLP([1000, 100, 10]), np.zeros((1, 1000), "float32")).parameters == 101_110


class Tied(nn.Module):
    def __init__(self):
        self.body = nn.MLP([2, 3, 2])
        self.twin = nn.Linear(2, 3)
        self.twin.weight = self.body[0].weight
        self.unused = nn.ReLU()
        self.gain = nn.Parameter([1.0])
        self.gain.requires_grad = False

    def forward(self, x, more=None):
        return {"out": self.twin(self.body(x)), "both": (x, [self.gain])}


def test_shared_frozen_and_uncalled():
    found = nn.summary(Tied(), np.zeros((4, 2), "float32"))
    assert found.parameters == 1 + 9 + 8 + 3
    assert found.frozen == 1
    rows = {row.path: row for row in found.rows}
    assert rows[""].output == "{out: (4, 3), both: [(4, 2), [(1,)]]}"
    assert rows["twin"].parameters == 3
    assert rows["twin"].shared == "shared (body.0.weight)"
    assert rows["unused"].output == "not called"
    assert "1 of them are not trained" in str(found)
    assert "3 + shared (body.0.weight)" in str(found)


def test_the_model_is_not_touched():
    class Counting(nn.Module):
        def __init__(self):
            self.calls = nn.Buffer(np.array(0))
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            self.calls.data += 1
            return self.inner(x)

    model = Counting()
    before = dict(vars(model)), dict(vars(model.inner))
    nn.summary(model, np.zeros((1, 2), "float32"))
    assert model.calls.item() == 0
    assert (vars(model), vars(model.inner)) == before
    assert model.inner.weight.grad is None
    assert model.inner.weight.name is None


def test_an_error_passes_through():
    with pytest.raises(ValueError, match="needs 2 numbers"):
        nn.summary(nn.Linear(2, 2), np.zeros((1, 3), "float32"))


def test_a_layer_alone():
    found = nn.summary(nn.Linear(2, 3), np.zeros((1, 2), "float32"))
    assert [row[:4] for row in found.rows] == [("", "Linear", "(1, 3)", 9)]
    assert "(model)" in str(found)
