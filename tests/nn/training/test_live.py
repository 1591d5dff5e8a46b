"""A training run to look at: what `show="live"` records, what it shows in a notebook, and the page that is left."""

import io
import re
import sys
from html.parser import HTMLParser
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

import nn
import optim
from nn.training.live import CURVES, boundary_of, pictures
from nn.training.run import Run

pytest.importorskip("matplotlib")

X, Y = nn.data.moons(60, noise=0.1, seed=0)
LOSS = nn.CrossEntropyLoss()


def trained(model=None, data=(X, Y), loss=LOSS, show="live", **options):
    options = {"optimizer": lambda p: optim.SGD(p, lr=0.5), "epochs": 3, "batch_size": 20, "seed": 0} | options
    return nn.fit(model or nn.MLP([2, 8, 2], rng=0), data, loss=loss, show=show, **options)


def test_the_gradients_and_updates_of_layers():
    """Those of the first step of each epoch: for gradient descent, the update is the rate times the gradient."""
    model = nn.MLP([2, 8, 2], rng=0)
    sizes = []

    class Weights(nn.Callback):
        def on_fit_begin(self, run):
            sizes.append(self.sizes(run))

        def on_epoch_end(self, run):
            sizes.append(self.sizes(run))

        def sizes(self, run):
            return {str(i): np.hypot(*(np.linalg.norm(p.data) for p in run.model[i].parameters())) for i in (0, 2)}

    history = trained(model, callbacks=[Weights()])
    assert len(history.layers) == 3
    for row, size in zip(history.layers, sizes, strict=False):
        assert list(row["gradient"]) == list(row["update"]) == ["0", "2"]
        for layer in size:
            assert row["update"][layer] == pytest.approx(0.5 * row["gradient"][layer] / size[layer], rel=1e-4)


def test_looking_changes_nothing():
    models = [
        nn.Sequential(nn.Linear(2, 8, rng=0), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2, rng=1)) for _ in "ab"
    ]
    histories = [trained(model, show=show) for model, show in zip(models, ("live", False), strict=True)]
    assert histories[0].rows == histories[1].rows
    for a, b in zip(*(model.state_dict().values() for model in models), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (histories[1].layers, histories[1].boundary) == ([], "")
    compiled = trained(compile=True)
    assert compiled.layers == trained().layers


def test_a_resumed_run_keeps_what_was_recorded(tmp_path):
    whole = trained(epochs=4)
    trained(epochs=2, callbacks=[nn.Checkpoint(tmp_path)])
    resumed = trained(epochs=4, resume=tmp_path / "last.npz", callbacks=[nn.Checkpoint(tmp_path)])
    assert resumed.layers == whole.layers


def run_of(model, data, loss):
    return Run(model, loss, optim.SGD(list(model.parameters())), nn.data.Loader(data, 8), None, {}, 1)


@pytest.fixture
def drawn(monkeypatch):
    """What the boundary is drawn from."""
    calls = []
    monkeypatch.setattr(nn.plot, "decision_boundary", lambda *given, **options: calls.append((*given, options)))
    return calls


def test_the_boundary_of_a_model_of_the_plane(drawn):
    model = nn.MLP([2, 8, 2], rng=0)
    trained(model)
    [(function, x, labels, options)] = drawn
    np.testing.assert_array_equal(x, X.astype("float32"))
    np.testing.assert_array_equal(labels, Y)
    assert options["threshold"] == 0.0
    np.testing.assert_array_equal(function(x[:3]), model(x[:3]).numpy())


def test_many_points_are_thinned(drawn):
    x, y = nn.data.moons(2000, seed=0)
    boundary_of(run_of(nn.MLP([2, 2], rng=0), (x, y), LOSS))
    [(_, points, labels, _)] = drawn
    assert len(points) == len(labels) == 500
    np.testing.assert_array_equal(points[[0, -1]], x[[0, -1]].astype("float32"))


@pytest.mark.parametrize(
    ("loss", "labels", "threshold"),
    [
        (nn.BCEWithLogitsLoss(), [0.0, 1.0], 0.0),
        (lambda p, y: nn.functional.binary_cross_entropy(nn.functional.sigmoid(p[:, 0]), y[:, 0]), [0.0, 1.0], 0.0),
        (nn.MSELoss(), [0.0, 1.0], 0.5),
        (nn.BCELoss(), [0.0, 1.0], 0.5),
        (nn.MSELoss(), [-1.0, 1.0], 0.0),
        (nn.HingeLoss(), [-1.0, 1.0], 0.0),
    ],
)
def test_where_a_single_score_changes_class(drawn, loss, labels, threshold):
    y = np.array(labels, "float32")[Y][:, None]
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    boundary_of(run_of(model, (X, y), loss))
    assert drawn[0][-1]["threshold"] == threshold


def test_data_without_a_boundary():
    one, two, three = (nn.Linear(2, n, rng=0) for n in (1, 2, 3))
    for model, data in (
        (one, (X, X[:, :1])),  # a regression
        (one, (X, np.arange(60.0)[:, None])),
        (two, (X, np.full(60, 2))),  # a class without a score
        (three, (X, X.astype("float32") @ np.ones((2, 3)))),
        (two, (X, Y, Y)),
        (two, X),
        (nn.Linear(3, 2), (np.ones((60, 3)), Y)),
    ):
        assert boundary_of(run_of(model, data, nn.MSELoss())) == ""
    assert boundary_of(run_of(two, lambda: iter(zip(X, Y, strict=True)), LOSS)) == ""


class Page(HTMLParser):
    """Counts the tags of a page, and finds all addresses."""

    void = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.alts, self.addresses = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in self.void:
            self.open.append(tag)
        for name, value in attributes:
            if name == "aria-label":
                self.alts.append(value)
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page(tmp_path):
    history = trained(metrics=[nn.metrics.accuracy])
    history.save(tmp_path / "run.html")
    text = (tmp_path / "run.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") == page.tags.count("figure") == len(page.alts) == 5
    assert "script" not in page.tags
    assert all(address.startswith("#") for address in page.addresses), "nothing is loaded"
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) == {"#"}
    ids = re.findall(r' id="([^"]*)"', text)
    assert {address[1:] for address in page.addresses} <= set(ids)
    first, last = history["loss"][0], history["loss"][-1]
    assert page.alts[0] == f"Loss, 3 epochs: loss from {first:.3g} to {last:.3g}"
    assert [alt.partition(",")[0] for alt in page.alts[1:4]] == [
        "Metrics",
        "Norm of the gradient by layer",
        "Update / weights by layer",
    ]
    assert page.alts[4] == "60 points of 2 classes, and where each is predicted"
    assert f"<td>{last:.4g}</td>" in text, "all numbers are in a table"
    history.save(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == text, "the same run gives the same page"


def test_the_page_in_the_dark():
    """Each colour is a variable of the page, and the dark page has another one that stands out."""
    text = pictures(trained())
    drawn = re.sub(r"<style>.*?</style>", "", text, count=1, flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-f]{6}", re.sub(r"var\(--\w+,#[0-9a-f]{6}\)", "", drawn))) <= {"#b0b0b0"}, "the grid"
    style = re.search(r"<style>(.*?)</style>", text, flags=re.DOTALL)[1]
    for part in ("prefers-color-scheme: dark", 'data-jp-theme-light="false"'):
        colours = re.findall(r"--c\d: (#\w+);", style.partition(part)[2].partition("}")[0])
        assert tuple(colours) == nn.plot.look.ON_DARK
    assert "<text" in drawn, "texts can be read aloud and found"


@pytest.mark.parametrize(
    ("losses", "log"),
    [([1.0, 0.05], True), ([1.0, 0.5], False), ([1.0, 0.0], False), ([5.0, -1.0], False), ([np.nan, 1.0, 20.0], True)],
)
def test_curves_over_more_than_a_factor_of_ten_are_logarithmic(monkeypatch, losses, log):
    scales = []
    monkeypatch.setattr(nn.plot, "learning_curves", lambda curves, *, log, ax: scales.append(log))
    pictures(nn.History([{"epoch": i, "loss": loss} for i, loss in enumerate(losses, 1)]))
    assert scales == [log]
    assert "<svg" not in pictures(nn.History([{"epoch": 1, "loss": np.nan}])), "nothing to draw"


def test_a_deep_network_gets_no_more_curves_than_can_be_told_apart():
    model = nn.MLP([2, *[4] * 20, 2], rng=0)
    history = trained(model, epochs=2)
    assert len(history.layers[0]["gradient"]) == 21
    [alt] = re.findall(r'aria-label="(Norm[^"]*)"', pictures(history))
    names = [part.split()[0] for part in alt.partition(": ")[2].split("; ")]
    assert len(names) == CURVES
    assert (names[0], names[-1]) == ("0", "40")


def test_hostile_names_are_escaped():
    model = nn.Sequential()
    model.add_module("<script>alert(1)</script>", nn.Linear(2, 2, rng=0))
    history = trained(model, metrics={"<b>&": lambda p, y: 1.0})
    assert "<script" not in pictures(history)
    assert "<b>" not in pictures(history)


class Handle:
    def __init__(self, shown):
        self.shown = [shown]

    def update(self, shown):
        self.shown.append(shown)


class Widget:
    made: ClassVar = []

    def __init__(self):
        self.values = []
        self.made.append(self)

    value = property(None, lambda self, text: self.values.append(text))


@pytest.fixture
def notebook(monkeypatch):
    """A notebook that notes what it displays."""
    handles = []
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    display.HTML = lambda text: ("html", text)
    display.display = lambda shown, display_id: handles.append(Handle(shown)) or handles[-1]
    ipython.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    return handles


def with_widgets(monkeypatch, module):
    Widget.made.clear()
    monkeypatch.setitem(sys.modules, "ipywidgets", module)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(nn.plot.look, "themed", lambda title, alt, draw: f"<figure>{title}</figure>")


def test_a_notebook_with_ipywidgets(notebook, monkeypatch):
    widgets = ModuleType("ipywidgets")
    widgets.HTML = Widget
    with_widgets(monkeypatch, widgets)
    monkeypatch.setattr("nn.training.live.PAUSE", 0.0)  # draw after every epoch
    history = trained(epochs=2)
    [handle], [widget] = notebook, Widget.made
    assert handle.shown[0] is widget
    assert len(widget.values) == 2
    assert [Page(text).tags.count("figure") for text in widget.values] == [4, 4]
    assert handle.shown[1:] == [("html", pictures(history))], "the pictures stay without the widget"
    assert sys.stdout.getvalue() == "", "no line per epoch beside the pictures"


def test_a_notebook_without_ipywidgets(notebook, monkeypatch):
    with_widgets(monkeypatch, None)
    history = trained()
    [handle] = notebook
    assert handle.shown == [("html", ""), ("html", pictures(history))]
    assert sys.stdout.getvalue().count("\n") == 3
    assert "epoch 3/3  lr 0.5  loss 0." in sys.stdout.getvalue()


def test_there_is_time_between_two_drawings(notebook, monkeypatch):
    widgets = ModuleType("ipywidgets")
    widgets.HTML = Widget
    with_widgets(monkeypatch, widgets)

    class Clock:
        now = 0.0

    def slow(history):
        Clock.now += 0.5
        return ""

    class Tick(nn.Callback):
        def on_epoch_end(self, run):
            Clock.now += 1.25

    monkeypatch.setattr("nn.training.live.pictures", slow)
    monkeypatch.setattr("nn.training.live.time.perf_counter", lambda: Clock.now)
    trained(epochs=8, callbacks=[Tick()])
    assert len(Widget.made[0].values) == 3, "after epochs 1, 4 and 7"


def test_an_error_in_training_is_not_hidden(notebook, monkeypatch):
    with_widgets(monkeypatch, None)
    calls = []

    def failing(prediction, target):
        calls.append(1)
        if len(calls) > 4:
            raise ZeroDivisionError
        return LOSS(prediction, target)

    with pytest.raises(ZeroDivisionError):
        trained(loss=failing)
    assert notebook[0].shown[-1][1].count("<figure>") == 3, "what there was before is shown"


def test_without_matplotlib_nothing_is_trained(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        trained(loss=lambda *_: pytest.fail("trained"))


def test_a_misspelled_show_is_an_error():
    with pytest.raises(ValueError, match="show must be True, False, 'live' or None, not 'Live'"):
        trained(show="Live")


def test_a_run_without_epochs():
    history = trained(epochs=0)
    assert (history.layers, history.boundary) == ([], "")
    assert "<svg" not in pictures(history)
