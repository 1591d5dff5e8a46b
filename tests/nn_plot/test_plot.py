"""Plots say what they are given; looked at as pictures where somebody asks for it."""

from importlib.util import find_spec

import numpy as np
import pytest

import nn
import optim
from autograd import ArrayConversionError, tensor
from nn.metrics import confusion_matrix
from nn.training import History

pytestmark = pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is missing")

ACTIVATIONS = [
    *("Identity", "Step", "Sigmoid", "Tanh", "Arctan", "Softsign", "ReLU", "LeakyReLU", "PReLU", "RReLU"),
    *("Hardtanh", "ELU", "SELU", "GELU", "SiLU", "Mish", "Softplus"),
]


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
    ax = plot.matrices({"X": [[1.5, -2.0], [0.5, 1234.5]], "b": tensor([10.0, 20.0]), "c": 3.0, "zero": [0.0]})
    texts = [text.get_text() for text in ax.texts]
    assert texts[:5] == ["1.5", "-2", "0.5", "1.23e+03", "X\n(2, 2)"]
    assert texts[5:] == ["10", "20", "b\n(2,)", "3", "c\n()", "0", "zero\n(1,)"]
    table, vector, *_ = (image.get_array() for image in ax.images)
    np.testing.assert_allclose(table, [[1.5, -2.0], [0.5, 1234.5]])
    assert ax.images[0].get_clim() == (-2469.0, 2469.0), "0 is in the middle of the scale"
    assert vector.shape == (1, 2)
    with pytest.raises(ValueError, match=r"G has shape \(2, 2, 2\)"):
        plot.matrices({"G": np.zeros((2, 2, 2))})


def test_arrays_as_pictures(plot):
    ax = plot.matrices({"left": np.eye(30), "right": np.array([[1.0, -2.0]])}, numbers=False)
    assert [text.get_text() for text in ax.texts] == ["left", "right"]
    assert [image.get_clim() for image in ax.images] == [(-1.0, 1.0), (-2.0, 2.0)]
    (left, right, bottom, top), width, height = ax.images[0].get_extent(), *ax.figure.get_size_inches()
    assert (right - left) * width / ax.get_xlim()[1] == pytest.approx(
        (bottom - top) * height / np.ptp(ax.get_ylim()), rel=0.1
    ), "nearly square"
    many = plot.matrices({str(i): np.eye(8) for i in range(13)}, numbers=False)
    assert many.figure.get_figwidth() < 10.1


def test_lines(plot):
    x = np.linspace(0, 1, 50)
    ax = plot.lines(
        {"function": np.exp, "values": x + 1, "own": ([0, 1, 2], tensor([1.0, 2.0, 3.0])), "samples": (x, x + 2)},
        x, dots=["samples"], log="xy", xlabel="h", xticks=[0.1, 1.0],
    )  # fmt: skip
    found = lines(ax)
    np.testing.assert_allclose(found["function"], np.stack([x, np.exp(x)], axis=1))
    np.testing.assert_allclose(found["values"][:, 1], x + 1)
    np.testing.assert_array_equal(found["own"], [[0, 1], [1, 2], [2, 3]])
    styles = [(line.get_linestyle(), line.get_marker()) for line in ax.get_lines()]
    assert styles == [("-", "None"), ("--", "None"), ("-.", "^"), ("None", "D")]
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "h")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.1", "1"]
    model = nn.Linear(1, 1, rng=0)
    drawn = lines(plot.lines({"model": model}, x[:, None]))["model"]  # float32, as its parameters
    np.testing.assert_allclose(drawn[:, 1], model(x[:, None].astype("float32")).numpy()[:, 0])
    with pytest.raises(ValueError, match="the curve 'short' has 3 values, but there are 50 numbers x"):
        plot.lines({"short": [1, 2, 3]}, x)


def test_panels(plot):
    left, right = plot.panels("left", "right", share=True)
    assert (left.get_title(), right.get_title(), left.figure is right.figure) == ("left", "right", True)
    left.set_ylim(0, 7)
    assert right.get_ylim() == (0, 7)
    assert plot.confusion_matrix([0, 1], [0, 1], ax=right).get_title() == "right 100.0% right"
    assert len(plot.panels("alone")) == 1


def test_many_activations_get_axes_of_their_own(plot):
    functions = [getattr(nn, name)() for name in ACTIVATIONS]
    grid = plot.activations(functions)
    assert [list(lines(ax)) for ax in grid] == [[name, f"{name}'"] for name in ACTIVATIONS]
    kink = lines(plot.activations(nn.ReLU(at_zero=0.5)))["ReLU'"]
    assert kink[kink[:, 0] == 0.0, 1].item() == 0.5
    flat = lines(plot.activations(nn.Step()))["Step'"]

    def f(x):
        return x.sum()

    assert not flat[:, 1].any()
    with pytest.raises(ValueError, match="f is not elementwise: it turns shape \\(401,\\)"):
        plot.activations(f)


def test_decision_boundary(plot):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 2)).astype("float32")
    ax = plot.decision_boundary(nn.MLP([2, 8, 3], rng=0), x, rng.integers(0, 3, 40))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]
    assert sum(len(points.get_offsets()) for points in ax.collections if len(points.get_offsets()) > 3) == 40
    plot.decision_boundary(nn.MLP([2, 8, 3], rng=0), x.astype(float), np.zeros(40))  # in the precision of the model
    plot.decision_boundary(lambda grid: grid[:, 0] * grid[:, 1], x, x[:, 0] * x[:, 1] > 0)
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        plot.decision_boundary(nn.MLP([3, 2]), np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(ValueError, match=r"with shape \(40,\)"):
        plot.decision_boundary(nn.MLP([2, 2]), x, np.zeros(4))
    for wrong in (np.full(40, -2), np.full(40, 0.5)):
        with pytest.raises(ValueError, match="starting at 0, or -1 and 1"):
            plot.decision_boundary(nn.MLP([2, 2]), x, wrong)


def test_labels_of_minus_one_and_one_are_two_classes(plot):
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    ax = plot.decision_boundary(lambda grid: grid[:, 0], x, [-1, 1, 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class -1", "class 1"]
    points = [c.get_offsets().tolist() for c in ax.collections if c.get_label().startswith("class")]
    assert points == [[[-1.0, 0.0]], [[1.0, 0.0], [2.0, 0.0]]]


def test_probabilities_are_cut_at_their_threshold(plot):
    x = np.array([[-1.0, 0.0], [1.0, 0.0]])
    seen = []
    for threshold in (0.0, 0.5):
        ax = plot.decision_boundary(lambda grid: 1 / (1 + np.exp(-grid[:, 0])), x, [0, 1], threshold=threshold)
        # Of the filled regions only those that are there have paths: with 0 every probability is "class 1".
        seen.append(sum(len(path) > 0 for c in ax.collections[:1] for path in c.get_paths()))
    assert seen == [1, 2]


def test_a_soft_boundary_shows_the_number(plot):
    x = np.array([[-1.0, 0.0], [1.0, 0.0]])
    ax = plot.decision_boundary(lambda grid: 3 * grid[:, 0], x, [-1, 1], soft=True, resolution=20)
    shades = ax.images[0].get_array()
    assert (shades.shape, shades.min(), shades.max()) == ((20, 20), -1.0, 1.0)
    assert ax.collections[0].get_array().tolist() == [-1.2, 1.2], "the ends of the scale"
    assert ax.collections[0].get_clim() == ax.images[0].get_clim()
    assert plot.decision_boundary(lambda grid: grid[:, 0], x, [0, 1], legend=False).get_legend() is None


def test_loss_surface(plot):
    way = np.linspace([-1.5, 1.5], [1.0, 1.0], 20)
    ax = plot.loss_surface(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2, trajectories={"SGD": way, "Adam": way * 0.9}
    )
    np.testing.assert_array_equal(lines(ax)["SGD"], way)
    plot.loss_surface(lambda x, y: tensor(x) ** 2 + y**2)
    for levels in (25, 9):
        ax = plot.loss_surface(lambda x, y: x * x + y * y, resolution=21, levels=levels)
        assert [len(drawn.levels) for drawn in ax.collections] == [levels, levels]


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def test_the_ways_that_minimize_returns(plot):
    ways = [optim.minimize(rosenbrock, np.array([-1.2, 1.0]), method) for method in ("newton", "lbfgs")]
    ax = plot.loss_surface(rosenbrock, trajectories=ways)
    for way in ways:
        np.testing.assert_array_equal(lines(ax)[way.method], way.xs)
        low, high = way.xs.min(axis=0), way.xs.max(axis=0)
        assert (ax.get_xlim()[0] < low[0], ax.get_ylim()[1] > high[1]) == (True, True)
    one = plot.loss_surface(rosenbrock, (-2, 2), (-1, 3), trajectories=ways[0])
    assert (one.get_xlim(), one.get_ylim()) == ((-2, 2), (-1, 3))
    named = plot.loss_surface(rosenbrock, trajectories={"Newton": ways[0]})
    assert next(iter(lines(named))) == "Newton"
    assert plot.loss_surface(rosenbrock).get_xlim() == (-2, 2)
    with pytest.raises(ValueError, match=r"\(steps, 2\), but steps has shape \(5, 3\)"):
        plot.loss_surface(rosenbrock, trajectories={"steps": np.zeros((5, 3))})


def test_a_function_of_points_and_one_of_two_arrays_have_one_surface(plot):
    matrix = np.array([[2.0, 0.5], [0.5, 1.0]])
    x, y = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(0, 1, 5))
    of_points = plot.models._heights(lambda p: p @ matrix @ p, x, y)  # mixes the entries of a point
    np.testing.assert_allclose(of_points, plot.models._heights(lambda a, b: 2 * a * a + a * b + b * b, x, y))
    np.testing.assert_allclose(of_points, plot.models._heights(lambda p, scale=1.0: p @ matrix @ p * scale, x, y))


def test_histograms_by_depth(plot):
    model = nn.MLP([6, 5, 2], rng=0)
    ax = plot.weight_histograms(model)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    ax = plot.activation_histograms(model, np.ones((7, 6), "float32"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]
    assert not any("forward" in vars(module) for module in model.modules())
    recurrent = nn.Sequential(nn.LSTM(6, 5, rng=0))
    ax = plot.activation_histograms(recurrent, np.ones((7, 3, 6), "float32"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0"]
    tall = plot.weight_histograms(nn.MLP([3] * 31, rng=0))
    assert tall.get_figure().get_figheight() > 19


def test_learning_curves(plot):
    ax = plot.learning_curves({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5]}, log=True)
    np.testing.assert_array_equal(lines(ax)["loss"], [[1, 3], [2, 2], [3, 1]])
    assert ax.get_yscale() == "log"
    history = History([{"epoch": 1, "lr": 0.1, "loss": 2.0, "val_loss": 3.0}])
    [loss, val_loss] = plot.learning_curves(history).get_lines()
    assert (loss.get_label(), val_loss.get_label()) == ("loss", "val_loss")
    assert loss.get_marker() == "o"  # one epoch is a dot


def test_confusion_matrix(plot):
    ax = plot.confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2], names=["cat", "dog"])
    assert ax.get_title() == "75.0% right"
    assert sorted(text.get_text() for text in ax.texts) == ["1", "1", "1", "1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog", "2"]
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {0}
    long = plot.confusion_matrix(np.eye(10, dtype=int), names=[f"class {i}" for i in range(10)])
    assert {label.get_rotation() for label in long.get_xticklabels()} == {45}
    same = plot.confusion_matrix(confusion_matrix(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 2])))
    assert [(t.get_position(), t.get_text()) for t in same.texts] == [
        (t.get_position(), t.get_text()) for t in ax.texts
    ]
    assert same.get_title() == "75.0% right"
    with pytest.raises(ValueError, match=r"predictions of shape \(2,\) do not fit labels of shape \(1,\)"):
        plot.confusion_matrix([0, 1], [0])
    with pytest.raises(ValueError, match="square"):
        plot.confusion_matrix(np.ones((2, 3)))
    for classes in (["-1", "1"], ["cat", "dog"]):
        labels = np.array(classes).astype(int if classes[0] == "-1" else str)
        ax = plot.confusion_matrix(labels[[0, 1, 1]], labels[[1, 1, 1]])
        assert [label.get_text() for label in ax.get_xticklabels()] == classes
        assert ax.get_title() == "66.7% right"


def test_answers_against_truth(plot):
    ax = plot.answers_against_truth([1.1, 1.9], [1.0, 2.0], unit="m")
    line, points = ax.get_lines()
    assert points.get_xdata().tolist() == [1.0, 2.0]
    assert points.get_ydata().tolist() == [1.1, 1.9]
    assert list(line.get_xdata()) == list(line.get_ydata()) == [1.0, 2.0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true m", "predicted m")
    with pytest.raises(ValueError, match=r"equal shape \(N,\), not \(1,\) and \(2,\)"):
        plot.answers_against_truth([1.0], [1.0, 2.0])


@pytest.mark.parametrize("background", ["default", "dark_background"])
def test_every_plot_can_be_read_on_its_background(plot, background):
    """By contrast: lines and texts stand out from what is behind them."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_rgb

    rng = np.random.default_rng(0)
    x, model = rng.standard_normal((30, 2)).astype("float32"), nn.MLP([2, 8, 3], rng=0)
    with plt.style.context(background):
        drawn = [
            plot.activations([nn.Tanh(), nn.ReLU()]),
            plot.decision_boundary(model, x, rng.integers(0, 3, 30)),
            plot.weight_histograms(model),
            plot.learning_curves({f"curve {i}": [1.0, 0.5, 0.1] for i in range(7)}, log=True),
            plot.confusion_matrix(np.diag([3, 5, 0])),
            plot.matrices({"x": [[1.0, -2.0]]}),
            plot.answers_against_truth([1.0, 2.0], [1.5, 1.5]),
            nn.gradient_flow(model, nn.CrossEntropyLoss(), (x, rng.integers(0, 3, 30))).plot(),
        ]
    for ax in drawn:
        behind = luminance(to_rgb(ax.get_facecolor()))
        for line in ax.get_lines():
            assert contrast(luminance(to_rgb(line.get_color())), behind) > 2, line.get_label()
        for image in ax.images:
            shades = image.cmap(image.norm(image.get_array()))[..., :3]
            for text in ax.texts[: shades.shape[0] * shades.shape[1]]:
                column, row = (int(p) if len(ax.texts) == 2 else 0 for p in text.get_position())
                assert contrast(luminance(to_rgb(text.get_color())), luminance(shades[row, column])) > 4.5


def luminance(rgb):
    """The relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(a, b):
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def test_the_scale_of_signed_numbers(plot):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    shades = plot.look.scale(ax, signed=True)
    blue, orange = ([int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in plot.COLOURS[:2])
    for place, rgb in ((0.0, orange), (1.0, blue)):
        np.testing.assert_allclose(shades(place)[:3], rgb, atol=1e-6)
    np.testing.assert_allclose(shades(0.5)[:3], 1.0, atol=0.01)
    np.testing.assert_allclose(plot.look.scale(ax)(0.0)[:3], 1.0)
    histograms = plot.weight_histograms(nn.Linear(3, 2, rng=0)).patches
    assert [patch.get_facecolor()[:3] for patch in histograms[:2]] == [pytest.approx(orange), pytest.approx(blue)]


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ((1.0, 0.02), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]),
        ((0.69, 0.61), ["0.62", "0.64", "0.66", "0.68"]),
        ((1.0, 1e-6), ["$10^{-6}$", "$10^{-5}$", "$10^{-4}$", "0.001", "0.01", "0.1", "1"]),
        ((3e6, 2e4), ["20000", "50000", "$10^{5}$"]),
        ((2.4e-5, 2.1e-5), [r"$2.1 \cdot 10^{-5}$", r"$2.2 \cdot 10^{-5}$", r"$2.3 \cdot 10^{-5}$"]),
    ],
)
def test_the_ticks_of_logarithmic_axes(plot, ends, ticks):
    ax = plot.learning_curves({"loss": ends}, log=True)
    low, high = ax.get_ylim()
    ax.figure.canvas.draw()
    labels = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    seen = [label.get_text() for at, label in labels if low <= at <= high]
    assert seen[: len(ticks)] == ticks
    assert not any(label.get_text() for label in ax.get_yticklabels(minor=True))


def test_it_draws_where_it_is_told(plot):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert plot.learning_curves({"loss": [1.0]}, ax=ax) is ax


@pytest.mark.parametrize("function", ["plot", "scatter", "hist", "bar"])
def test_a_tensor_with_a_gradient_is_drawn_by_its_numbers(plot, function):
    """Which the error says, however matplotlib comes by them: through NumPy, or by a copy of a part."""
    import matplotlib.pyplot as plt

    t = tensor([1.0, 2.0], requires_grad=True)
    draw = getattr(plt, function)
    before = ([0, 1],) if function in ("scatter", "bar") else ()
    for given in (t, 2.0 * t):
        with pytest.raises(ArrayConversionError, match=r"^matplotlib draws plain numbers.* Pass t\.numpy\(\) instead"):
            draw(*before, given)
    draw(*before, t.numpy())
