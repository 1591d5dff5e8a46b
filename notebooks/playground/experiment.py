"""`Playground`: an experiment of the TensorFlow Playground, with its settings, its training and its pictures."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
import optim
from autograd import no_grad
from nn.data.toy import PLAYGROUND
from nn.plot.frames import Frames, moving
from nn.plot.look import styled
from nn.training.live import page
from nn.training.run import INTERRUPTED, Run
from playground.controls import Controls
from playground.picture import picture

FEATURES = ("x1", "x2", "x1^2", "x2^2", "x1 x2", "sin x1", "sin x2")
_LOSS = nn.MSELoss(half=True)
_NOTE = "<p>The controls need a kernel and ipywidgets: pip install ipywidgets (the extra 'progress').</p>"
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "data": (lambda v: v in PLAYGROUND, f"one of {', '.join(PLAYGROUND)}"),
    "features": (lambda v: 0 < len(v) == len({*v} & {*FEATURES}), f"some of {', '.join(FEATURES)}, each once"),
    "hidden": (lambda v: len(v) <= 6 and all(_whole(n, 1, 8) for n in v), "the units, 1 to 8, of at most 6 layers"),
    "activation": (lambda v: v in ("tanh", "relu", "sigmoid", "identity"), "tanh, relu, sigmoid or identity"),
    "lr": (lambda v: 0.0 < v < np.inf, "a number above 0"),
    "penalty": (lambda v: v in ("none", "l1", "l2"), "none, l1 or l2"),
    "strength": (lambda v: 0.0 <= v < np.inf, "a number from 0"),
    "noise": (lambda v: 0.0 <= v <= 0.5, "a number from 0 to 0.5"),
    "share": (lambda v: 0.1 <= v <= 0.9, "the share of the training data, from 0.1 to 0.9"),
    "batch_size": (lambda v: _whole(v, 1, 10**6), "a whole number from 1 to a million"),
    "seed": (lambda v: _whole(v, 0, 2**31), "a whole number from 0 to 2**31"),
}


class Playground:
    """An experiment of the TensorFlow Playground: a small network learns points of the plane.

    A notebook with ipywidgets shows controls for all settings, and buttons to play, pause, step and reset. The picture
    shows the plane as every unit sees it, the weights as lines (blue is positive, orange negative), the output behind
    the points (test points have a dark rim), and the losses. Play ends when no browser shows it any more.

    ``data`` is a name for `nn.data.playground`; ``features`` are some of x1, x2, x1^2, x2^2, x1 x2, sin x1, sin x2.
    ``hidden`` lists the units, 1 to 8, of up to six hidden layers; their ``activation`` is "tanh", "relu", "sigmoid" or
    "identity". ``penalty`` is "none", "l1" or "l2" and has a ``strength``. ``noise`` is between 0 and 0.5, ``share``,
    the part of the points to train with, between 0.1 and 0.9. ``seed`` determines points and initial weights. Defaults
    and rules are the site's: tanh at the output, but none in regression; weights between -0.5 and 0.5, biases 0.1; half
    the squared error; batches in a fixed order; a weight that an L1 penalty carries past zero stays zero.

    The attributes ``settings``, ``model``, ``points`` (for training, for test), ``losses`` (before the first epoch, and
    of each epoch) and ``stopped`` are for reading. Raises ValueError for a setting outside its range. Source: D.
    Smilkov and S. Carter, https://playground.tensorflow.org.

    >>> from playground import Playground
    >>> experiment = Playground("circle", hidden=[4])
    >>> experiment.step(20)
    >>> experiment
    Playground('circle', hidden=(4,)), epoch 20: training loss 0.272, test loss 0.296
    >>> experiment.set(activation="relu")
    >>> experiment.record(epochs=4)
    5 pictures, epoch 0 to epoch 4, shown in a notebook
    >>> experiment.reset()
    >>> experiment.save("playground.html", Playground("xor"), epochs=10, frames=5)
    >>> widget = experiment.controls  # call it where ipywidgets is installed
    """

    def __init__(
        self, data: str = "circle", *, features: Sequence[str] = ("x1", "x2"), hidden: Sequence[int] = (4, 2),
        activation: str = "tanh", lr: float = 0.03, penalty: str = "none", strength: float = 0.0,
        noise: float = 0.0, share: float = 0.5, batch_size: int = 10, seed: int = 0,
    ) -> None:  # fmt: skip
        self._lock = RLock()  # notebooks may handle the messages of widgets in a thread of their own
        self._controls: Controls | None = None
        self.settings: dict[str, Any] = {}
        self.set(**{name: value for name, value in locals().items() if name in _RULES})

    def set(self, **settings: Any) -> None:
        """Change settings. Training continues with a new ``lr`` or ``strength``; all others start it again."""
        with self._lock:
            before = self.settings
            self.settings = before | {name: _checked(name, value) for name, value in settings.items()}
            changed = {name for name, value in self.settings.items() if before.get(name) != value}
            if changed - {"lr", "strength"}:
                self.reset()
            self._show()

    def reset(self) -> None:
        """Start again, with the same points and the same initial weights."""
        with self._lock:
            s = self.settings
            x, y = nn.data.playground(s["data"], noise=s["noise"], seed=s["seed"])
            count = int(len(x) * s["share"])
            self.points = (x[:count], y[:count]), (x[count:], y[count:])
            self._data = [
                nn.data.Loader((self._inputs(*a.T), b[:, None]), size, seed=0)
                for (a, b), size in zip(self.points, (s["batch_size"], 32), strict=True)
            ]
            output = None if s["data"].startswith("regress") else "tanh"
            self.model = nn.MLP([len(s["features"]), *s["hidden"], 1], s["activation"], output, rng=0)
            self.layers = [module for module in self.model if isinstance(module, nn.Linear)]
            rng = np.random.default_rng(s["seed"])
            for layer in self.layers:
                nn.init.uniform_(layer.weight, -0.5, 0.5, rng=rng)
                nn.init.constant_(layer.bias, 0.1)
            self._rule = _Shrink([layer.weight for layer in self.layers])
            self.stopped: str | None = None
            first = [nn.evaluate(self.model, data, loss=_LOSS)["loss"] for data in self._data]
            self.losses: dict[str, list[float]] = {"training": first[:1], "test": first[1:]}
            self._show()

    def step(self, epochs: int = 1) -> None:
        """Train for some epochs with `nn.fit`. When the loss is no longer finite, ``stopped`` says so until a reset."""
        with self._lock:
            if not _whole(epochs, 0, np.inf):
                raise ValueError(f"epochs must be a whole number from 0, not {epochs!r}.")
            s = self.settings
            self._rule.amount = s["lr"] * s["strength"] * (s["penalty"] == "l1")
            decay = s["strength"] * (s["penalty"] == "l2")
            optimizer = optim.preset("sgd-playground", optim.decay_groups(self.model), lr=s["lr"], weight_decay=decay)
            if not self.stopped:
                options: dict[str, Any] = {"epochs": epochs, "callbacks": [self._rule], "show": False}
                history = nn.fit(self.model, *self._data, loss=_LOSS, optimizer=optimizer, **options)
                for losses, name in zip(self.losses.values(), ("loss", "val_loss"), strict=True):
                    losses += [row[name] for row in history.rows]
                self.stopped = history.stopped
            if self.stopped == INTERRUPTED:
                self.stopped = None  # the next step continues
                raise KeyboardInterrupt
            self._show()

    def record(self, epochs: int = 100, frames: int = 30) -> Frames:
        """Train for some epochs, and return pictures to play without a kernel, more of them at the start."""
        with self._lock:
            seen, pictures = 0, {}
            for moment in np.unique(np.rint(np.linspace(0.0, 1.0, frames) ** 2 * epochs).astype(int)):
                self.step(int(moment) - seen)
                pictures[f"epoch {len(self.losses['test']) - 1}"] = picture(self)
                seen = int(moment)
            return moving("epoch", [*pictures], [*pictures.values()], -1, "moving wide")

    def save(self, path: str | PathLike[str], *others: "Playground", epochs: int = 100, frames: int = 30) -> None:
        """Record this and ``others``, and write one page (.html) to play them, without kernel or network."""
        if Path(path).suffix != ".html":
            raise ValueError(f"a playground is saved as a page, .html, not as {Path(path).name!r}.")
        played = numbers = ""
        for run in (self, *others):
            html, words = run.record(epochs, frames).html, escape(repr(run))
            played += f'<details name="run"{"" if played else " open"}><summary>{words}</summary>\n{html}\n</details>\n'
            pairs = zip(*run.losses.values(), strict=True)
            rows: list[Any] = [{"epoch": i, "training loss": a, "test loss": b} for i, (a, b) in enumerate(pairs)]
            numbers += f"<p>{words}</p>{nn.History(rows)._repr_html_()}"
        with nn.saving.replacing(path) as file:
            file.write(page("Playground", played, numbers).encode())

    def controls(self) -> Any:
        """The widget that a notebook shows. Raises ImportError if ipywidgets is missing."""
        self._controls = self._controls or Controls(self, FEATURES)
        return self._controls.box

    def _inputs(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        values = dict(zip(FEATURES, (a, b, a**2, b**2, a * b, np.sin(a), np.sin(b)), strict=True))
        return np.stack([values[name] for name in self.settings["features"]], axis=1).astype("float32")

    def _maps(self, side: int = 20) -> list[NDArray[Any]]:
        """The plane as features, units and output see it: by layer, an array (units, side, side), x2 = 6 on top."""
        places = (np.arange(side) + 0.5) * (12 / side) - 6
        values: Any = self._inputs(*(axis.ravel() for axis in np.meshgrid(places, -places)))
        found = [values]
        with no_grad(), np.errstate(all="ignore"):
            for module in self.model:
                values = module(values)
                found[len(found) - (not isinstance(module, nn.Linear)) :] = [values.numpy()]
        return [np.asarray(layer).T.reshape(-1, side, side) for layer in found]

    def _show(self) -> None:
        if self._controls is not None:
            self._controls.follow()

    def _still(self) -> str:
        return styled(f"<figure>{picture(self)}{escape(self.stopped or '')}</figure>")

    def _told(self) -> str:
        losses = ", ".join(f"{name} loss {values[-1]:.3f}" for name, values in self.losses.items())
        return f"epoch {len(self.losses['test']) - 1}: {losses}"

    def __repr__(self) -> str:
        s, defaults = self.settings, Playground.__init__.__kwdefaults__ or {}
        changed = "".join(f", {name}={s[name]!r}" for name in defaults if s[name] != defaults[name])
        return f"Playground({s['data']!r}{changed}), {self._told()}"

    def _repr_mimebundle_(self, **choice: Any) -> dict[str, Any]:
        forms = {"text/plain": repr(self), "text/html": self._still() + _NOTE}
        with suppress(ImportError):  # the note tells what to install
            if "ipykernel" in sys.modules:
                return {**self.controls()._repr_mimebundle_(**choice), **forms}
        return forms


class _Shrink(nn.Callback):
    """The L1 rule of the site: a weight that the penalty would carry past zero becomes zero, and stays there."""

    def __init__(self, weights: list[nn.Parameter]) -> None:
        self.weights, self.amount = weights, 0.0
        self.dead = [np.zeros(w.shape, bool) for w in weights]

    def on_fit_begin(self, run: Run) -> None:
        self.signs = [np.sign(w.data) for w in self.weights]

    def on_step_end(self, run: Run) -> None:
        for w, sign, dead in zip(self.weights, self.signs, self.dead, strict=True):
            shrunk = w.data - self.amount * sign
            dead |= w.data * shrunk < 0
            w.data = np.where(dead, 0, shrunk).astype(w.dtype)
        self.on_fit_begin(run)


def _whole(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(low <= value <= high)


def _checked(name: str, value: Any) -> Any:
    if name not in _RULES:
        raise TypeError(f"the playground has no setting {name!r}: choose from {', '.join(_RULES)}.")
    rule, words = _RULES[name]
    with suppress(TypeError, ValueError):  # of a value that is of another type
        if rule(value):
            return tuple(value) if name in ("features", "hidden") else value
    raise ValueError(f"{name} must be {words}, not {value!r}.")
