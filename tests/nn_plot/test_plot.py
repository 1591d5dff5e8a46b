"""Plots say what they are given; looked at as pictures where somebody asks for it."""

from importlib.util import find_spec

import numpy as np
import pytest

import nn
from autograd import tensor

pytestmark = pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is missing")


@pytest.fixture
def plot():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    import nn.plot

    before = dict(matplotlib.rcParams)
    yield nn.plot
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(matplotlib.rcParams) == before, "a plot changed a global setting"


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


def test_activations_with_their_derivatives(plot):
    found = lines(plot.activations([nn.Tanh(), nn.ReLU()]))
    assert list(found) == ["Tanh", "Tanh'", "ReLU", "ReLU'"]
    x, slope = found["Tanh'"].T
    np.testing.assert_allclose(slope, 1 - np.tanh(x) ** 2)


def test_matrices_with_names_shapes_and_numbers(plot):
    ax = plot.matrices({"X": [[1.5, -2.0], [0.25, 1234.5]], "b": tensor([10.0, 20.0]), "c": 3.0, "zero": [0.0]})
    texts = [text.get_text() for text in ax.texts]
    assert texts[:5] == ["1.5", "-2", "0.25", "1.23e+03", "X\n(2, 2)"]
    assert texts[5:] == ["10", "20", "b\n(2,)", "3", "c\n()", "0", "zero\n(1,)"]
    table, vector, *_ = (image.get_array() for image in ax.images)
    np.testing.assert_allclose(table, np.abs([[1.5, -2.0], [0.25, 1234.5]]) / 2469.0)
    assert vector.shape == (1, 2)
    with pytest.raises(ValueError, match=r"G has shape \(2, 2, 2\)"):
        plot.matrices({"G": np.zeros((2, 2, 2))})


def test_decision_boundary(plot):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 2)).astype("float32")
    ax = plot.decision_boundary(nn.MLP([2, 8, 3], rng=0), x, rng.integers(0, 3, 40))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]
    assert sum(len(points.get_offsets()) for points in ax.collections if len(points.get_offsets()) > 3) == 40
    plot.decision_boundary(lambda grid: grid[:, 0] * grid[:, 1], x, x[:, 0] * x[:, 1] > 0)
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        plot.decision_boundary(nn.MLP([3, 2]), np.zeros((4, 3)), np.zeros(4))


def test_loss_surface(plot):
    way = np.linspace([-1.5, 1.5], [1.0, 1.0], 20)
    ax = plot.loss_surface(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2, trajectories={"SGD": way, "Adam": way * 0.9}
    )
    np.testing.assert_array_equal(lines(ax)["SGD"], way)
    plot.loss_surface(lambda x, y: tensor(x) ** 2 + y**2)


def test_histograms_by_depth(plot):
    model = nn.MLP([6, 5, 2], rng=0)
    ax = plot.weight_histograms(model)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    ax = plot.activation_histograms(model, np.ones((7, 6), "float32"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]
    assert not any("forward" in vars(module) for module in model.modules())


def test_learning_curves(plot):
    ax = plot.learning_curves({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5]}, log=True)
    np.testing.assert_array_equal(lines(ax)["loss"], [[1, 3], [2, 2], [3, 1]])
    assert ax.get_yscale() == "log"


def test_confusion_matrix(plot):
    ax = plot.confusion_matrix([0, 0, 1, 2], [0, 1, 1, 2], names=["cat", "dog"])
    assert ax.get_title() == "75.0% right"
    assert sorted(text.get_text() for text in ax.texts) == ["1", "1", "1", "1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog", "2"]
    with pytest.raises(ValueError, match="one shape"):
        plot.confusion_matrix([0, 1], [0])


def test_it_draws_where_it_is_told(plot):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert plot.learning_curves({"loss": [1.0]}, ax=ax) is ax
