"""How far a training is, on the terminal: tqdm's bar where that is installed, else a line that is written over."""

import sys
import time
from typing import Any, TextIO

INTERVAL = 0.1  # seconds between two writings of the line
WIDTH = 24


class Progress:
    """What shows the progress of an epoch: here nothing."""

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        """An epoch begins, some steps of which were made before; None where their number is not known."""

    def step(self, loss: float) -> None:
        """A step was made, with this mean loss of the epoch so far."""

    def end(self, row: dict[str, Any]) -> None:
        """The epoch has ended, with these numbers."""

    def close(self) -> None:
        """Leave the terminal tidy."""


class Line(Progress):
    """One line for each epoch, with a bar, the loss and the time left while it lasts."""

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
        """Whether the line is to be written again."""
        now = time.perf_counter()
        due = now - self.shown >= INTERVAL
        if due:
            self.shown = now
        return due

    def write(self, text: str) -> None:
        """Show this in place of what the line was."""
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def close(self) -> None:
        if self.width:
            self.stream.write("\n")
            self.stream.flush()
        self.width = 0


class Bar(Progress):
    """A bar of tqdm for each epoch."""

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
    """A bar that is filled as far as steps are done."""
    filled = width * done // steps
    return f"[{'#' * filled}{'.' * (width - filled)}]"


def words(row: dict[str, Any]) -> str:
    """The numbers of an epoch in a line."""
    return "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step"))


def progress(shown: bool | None) -> Progress:
    """What shows the progress: by default something on a terminal and in a notebook, and nothing on a pipe."""
    stream = sys.stderr
    if shown is None:
        shown = stream.isatty() or "ipykernel" in sys.modules
    if not shown:
        return Progress()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Line(stream)
    return Bar(tqdm, stream)
