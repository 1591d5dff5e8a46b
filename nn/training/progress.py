"""Progress of a training run on the terminal: a tqdm bar if tqdm is installed, otherwise a line that is overwritten."""

import sys
import time
from typing import Any, TextIO

INTERVAL = 0.1  # seconds between two updates of the line
WIDTH = 24


class Progress:
    """Base class of progress displays, which itself shows nothing."""

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        """Begin an epoch, of whose steps some are already done; ``steps`` is None if their number is unknown."""

    def step(self, loss: float) -> None:
        """Record a step, with the mean loss of the epoch so far."""

    def end(self, row: dict[str, Any]) -> None:
        """End the epoch, with its numbers."""

    def close(self) -> None:
        """Leave the terminal tidy."""


class Line(Progress):
    """One line per epoch, with a bar, the loss and the remaining time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.width: int = 0
        self.shown: float = 0.0
        self.done: int = 0

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        self.head: str = f"epoch {epoch:>{len(str(epochs))}}/{epochs}"
        self.first, self.done, self.steps = done, done, steps
        self.started: float = time.perf_counter()

    def step(self, loss: float) -> None:
        self.done += 1
        if not self.is_due():
            return
        if self.steps is None:
            self.write(f"{self.head}  step {self.done}  loss {loss:.4g}")
            return
        left = (self.shown - self.started) / (self.done - self.first) * (self.steps - self.done)
        self.write(f"{self.head}  {bar(self.done, self.steps, WIDTH)}  loss {loss:.4g}  {left:.0f} s left")

    def end(self, row: dict[str, Any]) -> None:
        self.write(f"{self.head}  {words(row)}  ({time.perf_counter() - self.started:.1f} s)")
        self.stream.write("\n")
        self.width = 0

    def is_due(self) -> bool:
        """Whether it is time to update the line."""
        now = time.perf_counter()
        due = now - self.shown >= INTERVAL
        if due:
            self.shown = now
        return due

    def write(self, text: str) -> None:
        """Overwrite the line with this text."""
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def close(self) -> None:
        if self.width:
            self.stream.write("\n")
            self.stream.flush()
        self.width = 0


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


def bar(done: int, steps: int, width: int) -> str:
    """Format a bar filled in proportion to the steps done."""
    filled = width * done // steps
    return f"[{'#' * filled}{'.' * (width - filled)}]"


def words(row: dict[str, Any]) -> str:
    """Format the numbers of an epoch in one line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step"))


def progress(shown: bool | None) -> Progress:
    """Choose a progress display; by default it shows something in a terminal or notebook, and nothing elsewhere."""
    stream = sys.stderr
    if shown is None:
        shown = "ipykernel" in sys.modules or (stream is not None and stream.isatty())
    if not shown or stream is None:  # Windows programs without a console have no streams
        return Progress()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Line(stream)
    return Bar(tqdm, stream)
