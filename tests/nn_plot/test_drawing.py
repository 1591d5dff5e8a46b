"""Models as pictures."""

import numpy as np
import pytest

import nn
from autograd import no_grad
from nn.drawing import draw


def test_a_model_is_drawn_and_not_touched():
    model = nn.MLP([4, 3, 2], rng=0)
    with no_grad():
        drawing = draw(model, np.ones((5, 4), "float32"))
    assert "x: constant  (5, 4)" in drawing.text
    assert "linear(x, 0.weight, 0.bias) [0: Linear]" in drawing.text
    assert "value" in drawing.text
    assert all(p.grad is None for p in model.parameters())


def test_a_shape_error_ends_the_picture_in_red():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(4, 2))
    drawing = draw(model, np.ones((5, 4), "float32"))
    [failed] = [box for box in drawing.picture.boxes if box.kind == "failed"]
    assert failed.heading.startswith("linear")
    assert "Linear(4, 2) needs 4 numbers" in failed.details[0]


def test_other_errors_are_raised():
    with pytest.raises(TypeError):
        draw(nn.MLP([4, 2]))
