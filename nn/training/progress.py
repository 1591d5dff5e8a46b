"""Progress of a training run: a line per epoch, which is overwritten."""

import sys
import time
from functools import cached_property
from typing import Any

from autograd.progress import INTERVAL, Line as Text, Work, bar, duration, running, watched


class Progress:
    """Base class of progress displays, which itself shows nothing."""

    @cached_property
    def work(self) -> Work:
        """The work that the run is; hidden, so that work inside the run shows no line of its own."""
        return Work("training", shown=False)

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

    @cached_property
    def work(self) -> Work:
        return Work("training")

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        self.work.total, self.work.done = epochs, epoch - 1
        self.work.unit = 0.0  # validation is part of no step
        self.share: float = 1.0 / steps if steps else 0.0

    def step(self, loss: float) -> None:
        self.work.step(self.share)


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
    return Line(stream)
