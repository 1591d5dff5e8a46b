"""What is seen of a training run: its progress, and with ``show="live"`` pictures, afterwards as one HTML file."""

import sys
import time
from contextlib import suppress
from functools import partial
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd.progress import Work, running
from autograd.tables import table_of
from nn.module import Module
from nn.training.evaluation import number_of, parts_of, predict
from nn.training.history import History
from nn.training.run import Run
from optim.clip import norm_of

CURVES = 7  # in one picture
POINTS = 500  # of the training data, in the picture of the decision boundary
PAUSE = 3.0  # seconds between two drawings, which take about 0.3 s


class Progress(Work):
    """Shows the progress of `fit`; in other work, such as cross-validation, it only moves the line of that work."""

    def __init__(self, show: bool | None = None) -> None:
        super().__init__("training", show=show)
        self.unit: float = 0.0  # validation is part of no step
        self.prints: bool = bool(show) or running() is None

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        """Begin an epoch, of whose steps some are already done; ``steps`` is None if their number is unknown."""
        self.share: float = 1.0 / steps if steps else 0.0
        self.done: float = epoch - 1 + done * self.share
        if not self.total:
            self.total: float = epochs
            self.first: float = self.done
        self.head: str = f"epoch {epoch:>{len(str(epochs))}}/{epochs}"
        self.began: float = time.perf_counter()

    def step(self, loss: float) -> None:
        """Record a step, with the mean loss of the epoch so far."""
        if time.perf_counter() >= self.due:
            self.what: str = f"{self.head}  loss {loss:.4g}"
        self.advance(self.share)

    def end(self, row: dict[str, Any]) -> None:
        """End the epoch, with its numbers."""
        if self.prints:
            numbers = (f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step"))
            self.wipe(f"{self.head}  {'  '.join(numbers)}  ({time.perf_counter() - self.began:.1f} s)\n")


class Live(Progress):
    """Records the gradients and updates of the layers; in a notebook with ipywidgets, it draws everything meanwhile.

    Without ipywidgets, there is the usual line. In both cases, the pictures stay in the notebook.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        nn.plot.look.pyplot()  # if matplotlib is missing, say so before the training
        self.run = run
        self.pane: Any = None  # the widget, if there is one
        self.place: Any = None  # in the notebook
        self.next: float = 0.0  # when to draw
        if "ipykernel" in sys.modules:
            from IPython import display

            self.notebook: Any = display
            with suppress(ImportError):
                from ipywidgets import HTML

                self.pane = HTML()
                self.prints = False
            self.place = self.notebook.display(self.pane or self.notebook.HTML(""), display_id=True)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if error == (None, None, None) and self.run.history.rows:
            self.run.history.boundary = boundary_of(self.run)
        if self.place is not None:  # in place of the widget, which the file of the notebook does not hold
            self.place.update(self.notebook.HTML(pictures(self.run.history)))

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        super().begin(epoch, epochs, done, steps)
        self.before: dict[int, NDArray[Any]] = {id(p): p.data.copy() for p in self.run.model.parameters()}

    def step(self, loss: float) -> None:
        if self.before:  # the first step of the epoch
            self.layers: dict[str, dict[str, float]] = _measured(self.run.model, self.before)
            self.before = {}
        super().step(loss)

    def end(self, row: dict[str, Any]) -> None:
        self.run.history.layers.append(self.layers)
        super().end(row)
        if self.pane is not None and time.perf_counter() >= self.next:
            self.run.history.boundary = boundary_of(self.run)
            self.pane.value = pictures(self.run.history)
            self.next = time.perf_counter() + PAUSE


def _measured(model: Module, before: dict[int, NDArray[Any]]) -> dict[str, dict[str, float]]:
    """By layer, the norm of the gradient, and that of the last update divided by that of the weights."""
    found: dict[str, dict[str, float]] = {"gradient": {}, "update": {}}
    for path, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if p.grad is not None and id(p) in before]
        if own:
            update = norm_of([p.data - before[id(p)] for p in own])
            found["gradient"][path] = float(norm_of([np.asarray(p.grad) for p in own]))
            found["update"][path] = float(update / (norm_of([before[id(p)] for p in own]) or np.nan))
    return found


def boundary_of(run: Run) -> str:
    """The picture of the decision boundary, if the model classifies points of the plane."""
    source: Any = run.train.source
    arrays: Any = getattr(source, "arrays", ())
    if len(arrays) != 2 or arrays[0].shape[1:] != (2,):
        return ""
    count = len(source)
    x, (y, *_) = parts_of(source.take(np.linspace(0, count - 1, min(count, POINTS)).astype(int)), source.dtype)
    scores, classes = predict(run.model, x), set(np.unique(y).tolist())
    single = scores.size == len(x)
    known = classes <= {0, 1} or classes <= {-1, 1} if single else classes <= set(range(scores[0].size))
    if y.size != len(x) or not known:
        return ""

    def gap(score: float) -> float:
        """How much the loss prefers one of two classes, at a single score."""
        losses = [number_of(run.loss(np.full_like(scores, score), np.full_like(y, c))) for c in classes]
        return abs(losses[0] - losses[-1])

    with np.errstate(all="ignore"):
        threshold = min((0.0, 0.5), key=gap) if single else 0.0
    settings: dict[str, Any] = {"threshold": threshold, "resolution": 80}
    draw = partial(nn.plot.decision_boundary, partial(predict, run.model), x, y.ravel(), **settings)
    alt = f"{len(x)} points of {len(classes)} classes, and where each is predicted"
    return nn.plot.look.themed("Decision boundary", alt, draw)


def page(title: str, run: str, numbers: str) -> str:
    """A page around pictures, which needs no network; the numbers are folded."""
    return Template(table_of(__name__)["page"].lstrip()).substitute(title=title, run=run, table=numbers)


def pictures(history: History) -> str:
    """All pictures, side by side where there is room, with their style."""
    losses = [name for name in history.names if name.endswith("loss")]
    others = [name for name in history.names if name not in {"epoch", "step", "lr", *losses}]
    sets = {title: {n: history[n] for n in names} for title, names in (("Loss", losses), ("Metrics", others))}
    layers = list(dict.fromkeys(layer for row in history.layers for layer in row["gradient"]))
    chosen = [layers[i] for i in np.linspace(0, len(layers) - 1, min(len(layers), CURVES)).round().astype(int)]
    for title, key in (("Norm of the gradient by layer", "gradient"), ("Update / weights by layer", "update")):
        sets[title] = {i or "(model)": [row[key].get(i, np.nan) for row in history.layers] for i in chosen}
    figures = [_curves(title, curves) for title, curves in sets.items()]
    text = "\n".join(filter(None, [*figures, history.boundary]))
    return nn.plot.look.styled(text)


def _curves(title: str, curves: dict[str, list[float]]) -> str:
    """Curves by epoch, on a logarithmic scale if they span more than a factor of 10."""
    numbers = np.array([number for curve in curves.values() for number in curve], float)
    if not np.isfinite(numbers).any():
        return ""
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    told = "; ".join(f"{name} from {curve[0]:.3g} to {curve[-1]:.3g}" for name, curve in curves.items())
    draw = partial(nn.plot.learning_curves, curves, log=bool(0 < low < high / 10))
    return nn.plot.look.themed(title, f"{title}, {max(map(len, curves.values()))} epochs: {told}", draw)
