"""Models as pictures."""

import numpy as np
import pytest

import nn
from autograd import no_grad
from nn.inspect.drawing import draw


def test_a_model_is_drawn_and_not_touched():
    model = nn.MLP([4, 3, 2], rng=0)
    with no_grad():
        drawing = draw(model, np.ones((5, 4), "float32"))
    assert "x: input  (5, 4)" in drawing.text
    assert "linear(x, 0.weight, 0.bias) [0: Linear]" in drawing.text
    assert "value" in drawing.text
    assert all(p.grad is None for p in model.parameters())


def test_a_shape_error_ends_the_picture_in_red():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(4, 2))
    drawing = draw(model, np.ones((5, 4), "float32"))
    [failed] = [box for box in drawing.picture.boxes if box.kind == "failed"]
    assert failed.heading.startswith("linear")
    assert "Linear(4, 2) needs an input whose last axis" in failed.details[0]


def test_a_recurrent_layer_is_one_box_or_its_steps_which_fold():
    layer, x = nn.LSTM(3, 4, rng=0), np.ones((7, 2, 3), "float32")
    boxes = [box for box in draw(layer, x).picture.boxes if box.heading.startswith("lstm")]
    assert len(boxes) == 1
    text = draw(layer, x, expand=True).text
    assert "[LSTM > lstm, by its definition]" in text
    assert "[repeated x 7 (the first is shown)]" in text
    assert text.count("tanh") == 2  # of the state and of its update, in the step that is shown


@pytest.mark.parametrize(
    ("model", "inputs", "heading"),
    [
        (nn.LSTM(3, 4, rng=0), ["sequence"], "LSTM"),
        (nn.GRU(3, 4, num_layers=2, bidirectional=True, rng=0), ["sequence"], "GRU"),
        (nn.MultiheadAttention(3, 1, rng=0), ["sequence"] * 3, "MultiheadAttention"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_models_with_several_results(model, inputs, heading):
    arrays = {"sequence": np.ones((5, 2, 3), "float32")}
    drawing = draw(model, *[arrays[name] for name in inputs], depth=0)
    assert [box.heading for box in drawing.picture.boxes if box.kind == "module"] == [heading]
    opened = draw(model, *[arrays[name] for name in inputs], renderer="own")
    assert sum(box.output for box in opened.picture.boxes) >= 2


def test_layers_of_images_and_of_whole_numbers():
    images = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng=0), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5, rng=0)
    )
    text = draw(images, np.ones((2, 1, 6, 6), "float32")).text
    for line in ("max_pool(size=(2, 2), stride=2)  3: MaxPool2d", "[1: BatchNorm2d]", "conv(x, 0.weight, 0.bias)"):
        assert line in text
    assert "multiply [Sequential > 4: Dropout]" in text
    text = draw(nn.Embedding(5, 3, rng=0), np.array([[1, 2, 2]])).text
    assert text.startswith("weight[array(1, 3)]")


IMAGE = np.ones((2, 1, 8, 8), "float32")
SEQUENCE = np.ones((2, 3, 4), "float32")


@pytest.mark.parametrize(
    ("model", "inputs", "failed", "words"),
    [
        (nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2)), [np.array([1, 7])], "0: Embedding", "element 7 at index"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(3, 2, 3)), [IMAGE], "1: Conv2d", "take 3 channels"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(3)), [IMAGE], "1: BatchNorm2d", "C = 3 channels"),
        (nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(4)), [SEQUENCE], "1: LayerNorm", "the input has shape (2, 3, 3)"),
        (nn.Sequential(nn.Linear(4, 3), nn.LSTM(5, 2)), [SEQUENCE], "1: LSTM", "with C = 5 features per step"),
        (nn.MultiheadAttention(6, 2), [SEQUENCE] * 3, "MultiheadAttention", "needs a query of shape"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(9)), [IMAGE], "1: MaxPool2d", "does not fit into an input"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Unflatten(1, (3, 3))), [IMAGE], "1: Unflatten", "cannot be split"),
    ],
    ids=lambda value: value if isinstance(value, str) and ":" in value else "",
)
def test_a_layer_that_refuses_its_input_ends_the_picture_in_red(model, inputs, failed, words):
    drawing = draw(model, *inputs, renderer="own")
    [box] = [box for box in drawing.picture.boxes if box.kind == "failed"]
    assert box.heading.startswith(failed)
    assert words in " ".join(box.details)
    arrows = [link for link in drawing.picture.links if link.target == box.id]
    assert len(arrows) == (0 if "Embedding" in failed else len(inputs))  # whole numbers are no part of the graph
    if len(drawing.picture.boxes) > 4:
        assert any(b.heading.startswith(("conv", "linear")) for b in drawing.picture.boxes)  # all that led to it


def test_other_errors_are_raised():
    with pytest.raises(TypeError):
        draw(nn.MLP([4, 2]))
