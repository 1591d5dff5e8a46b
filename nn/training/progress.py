"""Progress of a training run on the terminal: a tqdm bar if tqdm is installed, otherwise a line that is overwritten."""

import sys
import time
import warnings
from typing import Any, TextIO

from autograd.progress import INTERVAL, Line as Text, Work, bar, duration, running, watched


class Progress:
    """Base class of progress displays, which itself shows nothing."""

    work = Work("training", shown=False)  # so that work inside the run shows no line either

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        """Begin an epoch, of whose steps some are already done; ``steps`` is None if their number is unknown."""

    def step(self, loss: float) -> None:
        """Record a step, with the mean loss of the epoch so far."""

    def end(self, row: dict[str, Any]) -> None:
        """End the epoch, with its numbers."""

    def close(self) -> None:
        """Leave the terminal tidy."""


class Line(Progress, Text):
    """One line per epoch, with a bar, the loss and the remaining time."""

    shown: float = 0.0
    done: int = 0

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        self.head: str = f"epoch {epoch:>{len(str(epochs))}}/{epochs}"
        self.first, self.done, self.steps = done, done, steps
        self.started: float = time.perf_counter()

    def step(self, loss: float) -> None:
        self.done += 1
        now = time.perf_counter()
        if now - self.shown < INTERVAL:
            return
        self.shown = now
        if self.steps is None:
            self.write(f"{self.head}  step {self.done}  loss {loss:.4g}")
            return
        left = (now - self.started) / (self.done - self.first) * (self.steps - self.done)
        self.write(f"{self.head}  {bar(self.done / self.steps)}  loss {loss:.4g}  {duration(left)} left")

    def end(self, row: dict[str, Any]) -> None:
        self.write(f"{self.head}  {words(row)}  ({time.perf_counter() - self.started:.1f} s)")
        self.close()

    def close(self) -> None:
        if self.width:
            self.stream.write("\n")
            self.stream.flush()
        self.width = 0


class Part(Progress):
    """A training run inside other work, such as cross-validation: it moves the line of that work."""

    def __init__(self) -> None:
        self.work = Work("training")

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        self.work.total, self.work.done = epochs, epoch - 1
        self.work.unit = 0.0  # validation is part of no step
        self.share: float = 1.0 / steps if steps else 0.0

    def step(self, loss: float) -> None:
        self.work.step(self.share)


class Bar(Progress):
    """One tqdm bar per epoch."""

    def __init__(self, tqdm: Any, stream: TextIO) -> None:
        self.tqdm = tqdm
        self.stream = stream
        self.bar: Any = None

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        self.bar = self.tqdm(total=steps, initial=done, desc=f"epoch {epoch}/{epochs}", file=self.stream)

    def step(self, loss: float) -> None:
        self.bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
        self.bar.update()

    def end(self, row: dict[str, Any]) -> None:
        self.bar.set_postfix_str(words(row))
        self.close()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = None


def words(row: dict[str, Any]) -> str:
    """Format the numbers of an epoch in one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step"))


def progress(shown: bool | None) -> Progress:
    """Choose a progress display; by default it shows something in a terminal or notebook, and nothing elsewhere."""
    stream = watched() or (sys.stderr if shown else None)
    if shown is False or stream is None:
        return Progress()
    if running() and not shown:
        return Part()
    try:
        with warnings.catch_warnings(action="ignore"):  # in a notebook without ipywidgets, tqdm then draws a line
            from tqdm.auto import tqdm
    except ImportError:
        return Line(stream)
    return Bar(tqdm, stream)
