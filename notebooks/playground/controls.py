"""The controls of a playground in a notebook, made of ipywidgets.

The browser drives play: each tick is a message, on which the kernel trains for a moment and sends a picture. So other
cells run in between, ticks do not queue up, and nothing goes on in the kernel once the page is closed.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nn.data.toy import PLAYGROUND

if TYPE_CHECKING:
    from playground.experiment import Playground

SLICE = 0.06  # seconds of training between two pictures
RATES = (1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # the site's


class Controls:
    """A widget for each setting, three buttons and the picture; ``box`` holds all of them."""

    def __init__(self, run: "Playground", features: Sequence[str]) -> None:
        try:
            import ipywidgets as w
        except ImportError as error:
            raise ImportError(
                "the controls of a playground need ipywidgets: pip install ipywidgets (the extra 'progress')."
            ) from error

        def made(kind: Any, label: str, **more: Any) -> Any:
            style = {"description_width": "90px"}
            return kind(description=label, layout=w.Layout(flex="0 1 230px"), style=style, **more)

        self.run, self.busy = run, False
        percent = {"readout_format": ".0%", "continuous_update": False}
        activations = [("tanh", "tanh"), ("ReLU", "relu"), ("sigmoid", "sigmoid"), ("linear", "identity")]
        self.fields = {
            "data": made(w.Dropdown, "data", options=list(PLAYGROUND)),
            "activation": made(w.Dropdown, "activation", options=activations),
            "lr": made(w.Dropdown, "learning rate", options=RATES),
            "penalty": made(w.Dropdown, "penalty", options=[("none", "none"), ("L1", "l1"), ("L2", "l2")]),
            "strength": made(w.Dropdown, "its strength", options=(0.0, *RATES[2:])),
            "noise": made(w.FloatSlider, "noise", max=0.5, step=0.05, **percent),
            "share": made(w.FloatSlider, "training data", min=0.1, max=0.9, step=0.1, **percent),
            "batch_size": made(w.BoundedIntText, "batch size", min=1, max=10**6),
            "seed": made(w.BoundedIntText, "seed", max=2**31),
        }
        self.features = {name: w.ToggleButton(description=name, layout=w.Layout(width="68px")) for name in features}
        self.layers = made(w.BoundedIntText, "hidden layers", max=6)
        self.units = [w.BoundedIntText(2, min=1, max=8, layout=w.Layout(width="56px")) for _ in range(6)]
        self.ticks = w.Play(max=2**31, interval=40, layout=w.Layout(display="none"))
        self.play, self.step, self.reset = (w.Button(description=name) for name in ("play", "step", "reset"))
        self.picture = w.HTML(layout=w.Layout(max_width="1040px"))
        rows: tuple[Any, ...] = (
            [self.play, self.step, self.reset, self.ticks],
            self.fields.values(),
            [w.HTML("features"), *self.features.values()],
            [self.layers, w.HTML("units"), *self.units],
        )
        wrapped = w.Layout(flex_flow="row wrap", max_width="1040px")
        self.box = w.VBox([*(w.Box([*row], layout=wrapped) for row in rows), self.picture])
        self.follow()
        for field in (*self.fields.values(), *self.features.values(), self.layers, *self.units):
            field.observe(lambda _: self.follow(self.take), "value")
        self.ticks.observe(lambda _: self.follow(self.tick), "value")
        self.play.on_click(lambda _: self.playing(not self.ticks.playing))
        self.step.on_click(lambda _: self.follow(run.step))
        self.reset.on_click(lambda _: self.follow(run.reset))
        self.box._view_count = 0  # from now on, the browser counts how often it shows the box
        self.box.observe(lambda change: self.playing(self.ticks.playing and change.new > 0), "_view_count")

    def playing(self, on: bool) -> None:
        """Begin to play, or pause."""
        self.ticks.playing = on and not self.run.stopped
        self.play.description = self.play.icon = "pause" if self.ticks.playing else "play"

    def tick(self) -> None:
        """Train until the next picture is due; ticks that arrive after a pause do nothing."""
        end = time.perf_counter() + SLICE
        while self.ticks.playing and not self.run.stopped:
            self.run.step()
            if time.perf_counter() > end:
                break

    def take(self) -> None:
        """Take over the settings of the widgets. The last feature stays: a network needs an input."""
        taken = {name: field.value for name, field in self.fields.items()}
        taken |= {name: round(taken[name], 6) for name in ("noise", "share")}
        features = [name for name, button in self.features.items() if button.value]
        hidden = [units.value for units in self.units[: self.layers.value]]
        self.run.set(**taken, features=features or self.run.settings["features"], hidden=hidden)

    def follow(self, act: Callable[[], object] = bool) -> None:
        """Do something, and then let the widgets show what there is; what they report meanwhile needs no answer."""
        with self.run._lock:
            if self.busy:
                return
            self.busy = True
            try:
                act()
            finally:
                self.update()
                self.busy = False

    def update(self) -> None:
        """Let the widgets show the settings and the state."""
        settings = self.run.settings
        for name, field in self.fields.items():
            if name in ("lr", "strength") and settings[name] not in field.options:
                field.options = sorted((*field.options, settings[name]))
            field.value = settings[name]
        for name, button in self.features.items():
            button.value = name in settings["features"]
        self.layers.value = len(settings["hidden"])
        for units, count in zip(self.units, (*settings["hidden"], *[0] * 6), strict=False):
            units.layout.display = None if count else "none"
            units.value = count or units.value
        self.playing(self.ticks.playing and len(self.run.losses["test"]) > 1)  # a reset ends it
        self.picture.value = self.run._still()
