"""The playground: its training, its pictures, its controls without a browser, and its pages."""

import base64
import doctest
import importlib.util
import json
import re
import sys
import threading
import warnings
import zlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest

import nn
import optim

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
if not FOLDER.exists():
    pytest.skip("there is no folder notebooks", allow_module_level=True)
sys.path.insert(0, str(FOLDER))
from playground import Playground, controls, experiment  # noqa: E402
from playground.experiment import FEATURES  # noqa: E402
from playground.picture import picture, signed  # noqa: E402

sys.path.remove(str(FOLDER))

LOSS = nn.MSELoss(half=True)


# --- training --------------------------------------------------------------------------------------------------------


def by_hand(data, features, hidden, activation, *, lr=0.03, l1=0.0, l2=0.0, epochs=3):
    """The rules of the site written out, without `nn.fit`: the losses of each epoch, and the weights."""
    x, y = nn.data.playground(data, seed=0)
    a, b = x.T
    every = {"x1": a, "x2": b, "x1^2": a**2, "x2^2": b**2, "x1 x2": a * b, "sin x1": np.sin(a), "sin x2": np.sin(b)}
    inputs, targets, half = np.stack([every[name] for name in features], 1), y[:, None], len(x) // 2
    model = nn.MLP([len(features), *hidden, 1], activation, None if data.startswith("regress") else "tanh")
    rng = np.random.default_rng(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.uniform_(layer.weight, -0.5, 0.5, rng=rng)
            nn.init.constant_(layer.bias, 0.1)
    weights = [p for p in model.parameters() if p.ndim == 2]
    optimizer = optim.SGD(optim.decay_groups(model), lr=lr, weight_decay=l2)
    dead = [np.zeros(w.shape, bool) for w in weights]
    losses = {"training": [], "test": []}
    for _ in range(epochs):
        model.train()
        total = 0.0
        for i in range(0, half, 10):
            a, t = inputs[i : min(i + 10, half)], targets[i : min(i + 10, half)]
            optimizer.zero_grad()
            loss = LOSS(model(a), t)
            loss.backward()
            total += float(loss.item()) * len(a)
            signs = [np.sign(w.data) for w in weights]
            optimizer.step()
            for w, sign, zero in zip(weights, signs, dead, strict=True):
                moved = w.data - lr * l1 * sign
                zero |= w.data * moved < 0
                w.data = np.where(zero, 0, moved).astype(w.dtype)
        losses["training"].append(total / half)
        losses["test"].append(LOSS(nn.predict(model, inputs[half:]), targets[half:]).item())
    return losses, [w.numpy() for w in weights]


@pytest.mark.parametrize(
    ("data", "features", "hidden", "activation", "penalty"),
    [
        ("circle", ("x1", "x2"), (4, 2), "tanh", {}),
        ("spiral", FEATURES, (3,), "relu", {"l1": 0.1}),
        ("xor", ("x1 x2", "sin x2"), (), "sigmoid", {"l2": 0.1}),
        ("regress-plane", ("x1", "x2"), (2,), "identity", {}),
    ],
)
def test_it_follows_the_rules_of_the_site(data, features, hidden, activation, penalty):
    losses, weights = by_hand(data, features, hidden, activation, **penalty)
    kind, strength = next(iter(penalty.items()), ("none", 0.0))
    run = Playground(data, features=features, hidden=hidden, activation=activation, penalty=kind, strength=strength)
    run.step()
    run.step(2)
    for name in losses:
        np.testing.assert_allclose(run.losses[name][1:], losses[name], rtol=1e-6)
    for layer, weight in zip(run.layers, weights, strict=True):
        np.testing.assert_array_equal(layer.weight.numpy(), weight)
    assert (kind == "l1") == any((layer.weight.numpy() == 0).any() for layer in run.layers)


def test_the_notebook_trains_the_same():
    names = {"nn": nn, "optim": optim, "np": np}
    text = (FOLDER / "02_playground.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%.*\n", text, flags=re.MULTILINE)
    exec(next(cell for cell in cells if "def run(" in cell), names)
    model, history = names["run"]("xor", hidden=(3, 2), lr=0.1, l2=0.01, epochs=3)
    run = Playground("xor", hidden=(3, 2), lr=0.1, penalty="l2", strength=0.01)
    run.step(3)
    assert run.losses["training"][1:] == history["loss"]
    assert run.losses["test"][1:] == history["val_loss"]
    for mine, other in zip(run.model.parameters(), model.parameters(), strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())


def test_the_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(experiment)
    assert found.attempted > 5
    assert found.failed == 0


def test_the_programs_of_the_page(tmp_path, monkeypatch, capsys):
    page = FOLDER.parent / "docs" / "playground.md"
    if not page.exists():
        pytest.skip("there is no folder docs")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    names = {}
    for program in re.findall(r"^```py\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        exec(program, names)
    assert "epoch 50" in capsys.readouterr().out
    assert (tmp_path / "run" / "playground.html").exists()


def test_a_dead_weight_stays_dead_until_the_reset():
    run = Playground(features=FEATURES, hidden=[2], penalty="l1", strength=1.0)
    run.step()
    dead = run.layers[0].weight.numpy() == 0
    assert dead.any()
    run.set(strength=0.0)
    run.step()
    assert (run.layers[0].weight.numpy()[dead] == 0).all()
    run.reset()
    assert (run.layers[0].weight.numpy() != 0).all()


def test_which_settings_start_again():
    other = {
        "data": "xor", "features": ["x2"], "hidden": [3], "activation": "relu", "lr": 0.1, "penalty": "l2",
        "strength": 0.1, "noise": 0.2, "share": 0.3, "batch_size": 7, "seed": 5,
    }  # fmt: skip
    run = Playground()
    assert other.keys() == run.settings.keys()
    for name, value in other.items():
        run.step()
        run.set(**{name: value})
        assert len(run.losses["test"]) == (2 if name in ("lr", "strength") else 1), name
        run.reset()
    assert run.settings == other | {"features": ("x2",), "hidden": (3,)}
    run.step()
    run.set(**other)
    assert len(run.losses["test"]) == 2, "equal settings change nothing"
    (x, _), (rest, _) = run.points
    assert (len(x), len(rest)) == (150, 350)


def test_equal_seeds_are_equal_and_the_default_generator_is_left_alone():
    state = nn.defaults.generator().bit_generator.state
    first, second, third = Playground(), Playground(), Playground(seed=1)
    for run in (first, second, third):
        run.step(2)
    assert first.losses == second.losses != third.losses
    first.reset()
    first.step(2)
    assert first.losses == second.losses
    assert nn.defaults.generator().bit_generator.state == state


HOSTILE = [
    ("data", "moons"), ("data", ["circle"]), ("data", None), ("features", ()), ("features", ("x1", "x1")),
    ("features", "x1"), ("features", ("x3",)), ("features", 3), ("hidden", (9,)), ("hidden", (0,)), ("hidden", (2.0,)),
    ("hidden", (1,) * 7), ("hidden", 4), ("hidden", (True,)), ("activation", "gelu"), ("activation", nn.Tanh),
    ("lr", 0.0), ("lr", -1.0), ("lr", np.nan), ("lr", np.inf), ("lr", "0.1"), ("lr", None), ("lr", np.ones(2)),
    ("penalty", "l3"), ("penalty", None), ("penalty", 0.1), ("strength", -0.1), ("strength", np.nan),
    ("noise", 0.6), ("noise", -0.1), ("share", 0.0), ("share", 1.0), ("share", np.nan), ("batch_size", 0),
    ("batch_size", 2.5), ("batch_size", True),
    ("seed", -1), ("seed", None), ("seed", "a"), ("seed", 2**32), ("batch_size", 10**7),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), HOSTILE)
def test_a_wrong_setting_changes_nothing(name, value):
    run = Playground()
    run.step()
    before, losses = dict(run.settings), {k: list(v) for k, v in run.losses.items()}
    with pytest.raises(ValueError, match=f"^{name} must be .*, not "):
        run.set(batch_size=5, **{name: value}) if name != "batch_size" else run.set(batch_size=value)
    assert run.settings == before
    assert run.losses == losses


def test_other_wrong_arguments():
    run = Playground()
    with pytest.raises(TypeError, match=r"no setting 'rate': choose from data, features, .*, lr"):
        run.set(rate=0.1)
    for epochs in (-1, 1.5, True, None):
        with pytest.raises(ValueError, match="epochs must be a whole number from 0"):
            run.step(epochs)
    with pytest.raises(ValueError, match=r"saved as a page, \.html, not as 'page\.png'"):
        run.save("page.png")
    assert len(run.losses["test"]) == 1


def diverging():
    return Playground("regress-plane", activation="identity", lr=10.0)


def test_when_the_loss_is_no_longer_finite_it_stops_until_the_reset():
    run = diverging()
    with pytest.warns(nn.TrainingWarning, match="training stopped"):
        run.step(5)
    assert "epoch" in run.stopped
    count = len(run.losses["test"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.step()
        assert len(run.losses["test"]) == count
        assert run.stopped.split(",")[0] in run._still()
        assert "nan" not in picture(run).replace("nan</title>", "")
    run.reset()
    assert run.stopped is None
    run.set(lr=0.01)
    run.step()
    assert len(run.losses["test"]) == 2


def test_ctrl_c_ends_a_long_run_and_the_next_step_goes_on(monkeypatch):
    run = Playground()
    monkeypatch.setattr(run._rule, "on_epoch_end", lambda r: r.stop("interrupted by Ctrl-C"))
    with pytest.raises(KeyboardInterrupt):
        run.step(100)
    monkeypatch.undo()
    run.step()
    assert len(run.losses["test"]) == 3


# --- pictures --------------------------------------------------------------------------------------------------------


def pixels(url):
    """Red, green, blue and alpha of a PNG, read by another program than the one that wrote it."""
    data = base64.b64decode(url.removeprefix("data:image/png;base64,"), validate=True)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size], "big") == zlib.crc32(kind + body)
        chunks[kind], at = body, at + 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height = (int.from_bytes(chunks[b"IHDR"][i : i + 4], "big") for i in (0, 4))
    assert chunks[b"IHDR"][8:] == bytes([8, 6, 0, 0, 0])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 4 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 4)


def test_the_colours_of_a_map():
    seen = pixels(signed(np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, np.nan]]), 1.0))
    blue, orange = [0, 0x72, 0xB2], [0xD5, 0x5E, 0]
    assert seen[..., 3].tolist() == [[255, 136, 0], [136, 255, 0]]
    assert seen[0, :2, :3].tolist() == [orange, orange]
    assert seen[1, :2, :3].tolist() == [blue, blue]


def read(svg):
    """The weights, maps and titles of a picture."""
    weights = [float(w) for w in re.findall(r"<path [^>]*><title>([^<]*)</title>", svg)]
    maps = re.findall(r'<image [^>]*href="([^"]*)"><title>([^<]*)</title>', svg)
    return weights, [pixels(url) for url, _ in maps], [title for _, title in maps]


def test_maps_weights_and_losses_are_what_the_model_computes():
    run = Playground(features=["x2", "x1^2"], hidden=[3], activation="relu")
    run.step(3)
    weights, maps, titles = read(picture(run))
    first, last = run.layers
    np.testing.assert_allclose(
        weights, np.concatenate([first.weight.numpy().ravel(), last.weight.numpy()[0]]), rtol=1e-3
    )
    assert titles[:2] == ["x₂", "x₁²"]
    assert titles[2:] == [
        *(f"layer 1, unit {i}, bias {b:.3g}" for i, b in enumerate(first.bias.numpy(), 1)),
        f"layer 2, unit 1, bias {last.bias.numpy()[0]:.3g}",
    ]
    assert [m.shape[:2] for m in maps] == [(20, 20)] * 5 + [(48, 48)]
    for side, found in ((20, maps[:5]), (48, maps[5:])):
        middle = -6 + 12 * (np.arange(side) + 0.5) / side
        a, b = np.meshgrid(middle, middle[::-1])  # rows from the top
        inputs = np.stack([b, a**2], -1).reshape(-1, 2).astype("float32")
        hidden = np.maximum(inputs @ first.weight.numpy().T + first.bias.numpy(), 0)
        output = np.tanh(hidden @ last.weight.numpy().T + last.bias.numpy())
        every = [*inputs.T, *hidden.T] if side == 20 else [*output.T]
        for values, pixel in zip(every, found, strict=True):
            reach = max(1.0, np.abs(values).max())
            shades = np.where(pixel[..., 2] > pixel[..., 0], 1.0, -1.0) * pixel[..., 3] / 255
            np.testing.assert_allclose(shades, values.reshape(side, side) / reach, atol=0.5 / 15 + 1e-6)
    assert f"epoch 3: training loss {run.losses['training'][-1]:.3f}" in picture(run)


def test_lines_show_magnitude_and_sign():
    run = Playground(hidden=[])
    run.layers[0].weight.data[:] = [[-2.0, 0.0]]
    orange, none = re.findall(r'stroke="var\(--c(\d),[^"]*" stroke-width="([\d.]+)"><title>', picture(run))
    assert orange == ("1", "3.60")
    assert float(none[1]) == 0.0
    run.layers[0].weight.data[:] = [[100.0, 0.01]]
    thick, thin = re.findall(r'stroke="var\(--c(\d),[^"]*" stroke-width="([\d.]+)"><title>', picture(run))
    assert (thick, thin) == (("0", "9.00"), ("0", "0.42"))


def test_every_point_is_on_the_picture_once():
    run = Playground("regress-gauss", share=0.3)
    paths = re.findall(
        r'<path d="(M[^"C]*h0)" stroke="([^"]*)" stroke-width="(\d)" stroke-opacity="([\d.]+)"', picture(run)
    )
    places = [np.array(re.findall(r"M(\S+) (\S+?)h0", d), float) for d, *_ in paths]
    for rim, (x, y) in zip(("var(--paper,#fff)", "var(--c6,#000000)"), run.points, strict=True):
        at = (x * [1, -1] + [6, 6]) * 232 / 12 + [600, 116]
        shade = np.full(len(x), np.nan)
        groups = [i for i, (_, *style) in enumerate(paths) if style[:2] == [rim, "5"]]
        assert sum(len(places[i]) for i in groups) == len(x)
        for i in groups:
            layers = [style for d, *style in paths if d == paths[i][0]]
            near = np.abs(at[:, None] - places[i]).max(axis=2) <= 0.5
            assert near.any(axis=0).all()
            colour, _, opacity = layers[-1]  # the colour lies over its rim, and paper between them if it is pale
            assert len(layers) == (2 if opacity == "1.0" else 3)
            found = float(opacity) * (1 if colour.startswith("var(--c0") else -1)
            close = near.any(axis=1) & (np.abs(np.clip(y, -1, 1) - found) < 0.126)
            shade[close] = found
        assert not np.isnan(shade).any()
        np.testing.assert_allclose(shade, np.clip(y, -1, 1), atol=0.126)


# --- controls --------------------------------------------------------------------------------------------------------


class Widget:
    """A widget that keeps its traits and calls observers, like one of ipywidgets without a browser."""

    def __init__(self, *children, **traits):
        self.__dict__.update(
            {
                "seen": [],
                "children": list(children[0]) if children and isinstance(children[0], list) else [],
                "playing": False,
                "clicked": None,
            }
        )
        options = traits.get("options")
        first = None if not options else options[0][1] if isinstance(options[0], tuple) else options[0]
        initial = children[0] if children and not isinstance(children[0], list) else first
        self.__dict__.update({"value": initial, **traits})

    def observe(self, function, name):
        self.seen.append((name, function))

    def on_click(self, function):
        self.clicked = function

    def click(self):
        self.clicked(self)

    def __setattr__(self, name, value):
        old = self.__dict__.get(name)
        self.__dict__[name] = value
        for seen, function in self.__dict__["seen"] if old != value else ():
            if seen == name:
                function(SimpleNamespace(old=old, new=value))

    def _repr_mimebundle_(self, **choice):
        return {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "VBox"}


def imitated(monkeypatch):
    """Install something that behaves like ipywidgets."""
    kinds = ("BoundedIntText", "Box", "Button", "Dropdown", "FloatSlider", "HTML", "Layout", "Play", "ToggleButton")
    module = ModuleType("ipywidgets")
    vars(module).update(dict.fromkeys((*kinds, "VBox"), Widget))
    monkeypatch.setitem(sys.modules, "ipywidgets", module)


@pytest.fixture
def widgets(monkeypatch):
    """ipywidgets itself where it is installed."""
    if importlib.util.find_spec("ipywidgets") is None:
        imitated(monkeypatch)


@pytest.fixture
def shown(widgets):
    run = Playground()
    run.controls()
    return run, run._controls


def epochs(run):
    return len(run.losses["test"]) - 1


def test_play_pause_step_and_reset(shown, monkeypatch):
    monkeypatch.setattr(controls, "SLICE", 0.0)  # one epoch for a tick
    run, panel = shown
    panel.ticks.value = 1
    assert epochs(run) == 0, "a tick before play does nothing"
    panel.step.click()
    assert epochs(run) == 1
    panel.play.click()
    assert panel.ticks.playing
    assert panel.play.description == "pause"
    for value in (2, 3, 7):
        panel.ticks.value = value
    assert epochs(run) == 4, "late ticks are one"
    assert f"epoch 4: training loss {run.losses['training'][-1]:.3f}" in panel.picture.value
    panel.step.click()
    assert epochs(run) == 5
    assert panel.ticks.playing, "a step between ticks does not end it"
    panel.play.click()
    assert not panel.ticks.playing
    assert panel.play.description == "play"
    panel.ticks.value = 8
    assert epochs(run) == 5, "a tick that was on its way"
    panel.play.click()
    panel.reset.click()
    assert epochs(run) == 0
    assert not panel.ticks.playing
    panel.play.click()
    panel.ticks.value = 9
    assert epochs(run) == 1


def test_it_pauses_when_no_browser_shows_it(shown):
    run, panel = shown
    panel.box._view_count = 1
    panel.play.click()
    panel.box._view_count = 2
    assert panel.ticks.playing
    panel.box._view_count = 0  # the cell runs again, or is deleted
    assert not panel.ticks.playing
    assert run.controls() is panel.box, "a second output shows the same"


SETTINGS = [
    ("data", "spiral"), ("activation", "relu"), ("lr", 0.1), ("penalty", "l1"), ("strength", 0.01), ("noise", 0.15),
    ("share", 0.7), ("batch_size", 4), ("seed", 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_every_field_sets_its_setting(shown, name, value):
    run, panel = shown
    assert {field for field, _ in SETTINGS} == panel.fields.keys()
    before = dict(run.settings)
    panel.step.click()
    panel.play.click()
    panel.fields[name].value = value
    assert run.settings == before | {name: value}
    goes_on = name in ("lr", "strength")
    assert epochs(run) == goes_on
    assert panel.ticks.playing == goes_on, "what starts again waits for play"


def test_features_and_layers(shown):
    run, panel = shown
    panel.features["sin x1"].value = True
    assert run.settings["features"] == ("x1", "x2", "sin x1")
    for name in ("x1", "x2", "sin x1"):
        panel.features[name].value = False
    assert run.settings["features"] == ("sin x1",)
    assert panel.features["sin x1"].value, "a network needs an input"
    panel.layers.value = 3
    assert run.settings["hidden"] == (4, 2, 2)
    panel.units[2].value = 8
    assert run.settings["hidden"] == (4, 2, 8)
    assert [units.layout.display == "none" for units in panel.units] == [False] * 3 + [True] * 3
    panel.layers.value = 0
    assert run.settings["hidden"] == ()
    panel.layers.value = 3
    assert run.settings["hidden"] == (4, 2, 8), "the units are remembered"


def test_the_controls_follow_the_program(shown):
    run, panel = shown
    run.set(lr=0.025, hidden=[5], features=["x2"], noise=0.123)
    assert panel.fields["lr"].value == 0.025
    assert 0.025 in panel.fields["lr"].options
    assert (panel.layers.value, panel.units[0].value) == (1, 5)
    assert [name for name, button in panel.features.items() if button.value] == ["x2"]
    run.step(2)
    assert "epoch 2:" in panel.picture.value
    panel.fields["batch_size"].value = 20
    assert run.settings["noise"] == 0.123, "a value between the steps of a slider stays"


def test_play_ends_when_the_loss_is_no_longer_finite(widgets):
    run = diverging()
    run.controls()
    panel = run._controls
    panel.play.click()
    with pytest.warns(nn.TrainingWarning, match="training stopped"):
        panel.ticks.value = 1
    assert run.stopped
    panel.ticks.value = 2
    assert not panel.ticks.playing
    assert run.stopped.split(",")[0] in panel.picture.value
    panel.play.click()
    assert not panel.ticks.playing
    panel.reset.click()
    panel.play.click()
    assert panel.ticks.playing


def test_what_comes_from_another_thread_waits(shown):
    run, panel = shown
    done, other = [], threading.Thread(target=lambda: (panel.step.click(), done.append(1)))
    with run._lock:
        other.start()
        other.join(0.05)
        assert not done, "it waits, and is not lost"
    other.join()
    assert done
    assert epochs(run) == 1


def test_an_error_leaves_the_controls_usable(shown):
    run, panel = shown
    with pytest.raises(ZeroDivisionError):
        panel.follow(lambda: 1 / 0)
    panel.step.click()
    assert epochs(run) == 1


def test_in_a_notebook_there_is_the_widget_and_a_picture_for_its_file(monkeypatch):
    imitated(monkeypatch)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    output = Playground()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in output
    assert output["text/html"].count("<image") == 9
    assert output["text/plain"].startswith("Playground('circle'), epoch 0: training loss 0.5")


def test_without_ipywidgets_there_is_a_picture_and_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    run = Playground()
    output = run._repr_mimebundle_()
    assert output.keys() == {"text/plain", "text/html"}
    assert "pip install ipywidgets (the extra 'progress')" in output["text/html"]
    with pytest.raises(ImportError, match=r"pip install ipywidgets \(the extra 'progress'\)"):
        run.controls()
    run.step()
    assert epochs(run) == 1


# --- pages -----------------------------------------------------------------------------------------------------------


def recorded(html):
    """The label and the SVG of each picture of a recording."""
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])
    svgs = ["".join(data["parts"][part] for part in frame) for frame in data["frames"]]
    return dict(zip(data["labels"], svgs, strict=True))


def test_a_recording_holds_the_run():
    found = recorded(Playground(hidden=[2]).record(epochs=9, frames=4).html)
    run, moments = Playground(hidden=[2]), (0, 1, 4, 9)
    assert list(found) == [f"epoch {i}" for i in moments]
    for moment, svg in zip(moments, found.values(), strict=True):
        run.step(moment - epochs(run))
        assert svg == picture(run)
    weights = [read(svg)[0] for svg in found.values()]
    assert len({tuple(w) for w in weights}) == 4


def test_recording_goes_on_from_where_it_is_and_ends_when_training_does():
    run = Playground()
    run.step(3)
    assert list(recorded(run.record(epochs=4, frames=3).html)) == ["epoch 3", "epoch 4", "epoch 7"]
    run = diverging()
    with pytest.warns(nn.TrainingWarning):
        found = recorded(run.record(epochs=30, frames=30).html)
    assert list(found)[-1] == f"epoch {epochs(run)}"


def test_a_page_of_several_playgrounds(tmp_path):
    first, second = Playground(), Playground("xor", activation="relu")
    first.save(tmp_path / "page.html", second, epochs=6, frames=4)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?:[^\s\"'<>\\\\]*", unquote(text)))
    assert addresses == {"http://www.w3.org/2000/svg"}, "no network: only the name of SVG looks like an address"
    assert not re.search(r"(src|href)=.?.?(?!data:)", re.sub(r"(src|href)=.?.?data:", "", unquote(text)))
    assert re.findall(r"<details[^>]*>", text)[:2] == ['<details name="run" open>', '<details name="run">']
    for part, run in zip(text.split("<details name")[1:], (first, second), strict=True):
        again = Playground(**run.settings)
        again.step(6)
        assert again.losses == run.losses
        assert list(recorded(part).values())[-1] == picture(again)
        for loss in run.losses["test"]:
            assert f"<td>{loss:.4g}</td>" in text
    assert "Playground(&#x27;xor&#x27;, activation=&#x27;relu&#x27;), epoch 6" in text
