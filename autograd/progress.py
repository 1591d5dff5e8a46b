"""The progress of slow work: one line in a terminal or a notebook, with the share done and the time left."""

import math
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from operator import length_hint
from typing import Self, TextIO, TypeVar

PATIENCE = 2.0  # seconds before the line appears; math.inf turns it off
INTERVAL = 0.1  # seconds between two updates
WIDTH = 24

Item = TypeVar("Item")


class Line:
    """A line of text that is overwritten."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.width: int = 0

    def write(self, text: str) -> None:
        """Overwrite the line with this text, cut to the width of the terminal."""
        text = text[: shutil.get_terminal_size().columns - 1]
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def wipe(self) -> None:
        """Remove the text."""
        if self.width:
            self.write("")
            self.stream.write("\r")
            self.stream.flush()


class Work:
    """Work of many steps: after two seconds, a line shows the share done and the time left, until the work ends.

    Nothing is shown if nobody watches, as on a pipe, or outside the main thread. Work inside other work shows no line
    of its own: it moves the line of the outer one.

    >>> from autograd.progress import Work, over
    >>> with Work("adding", total=3) as work:
    ...     sum(over([1, 2, 3]))
    6
    """

    def __init__(self, what: str, total: float = 0, *, shown: bool = True) -> None:
        self.what = what
        self.total = total  # 0 if it is unknown
        self.shown = shown
        self.done: float = 0
        self.unit: float = 1.0  # how many steps of this work a piece of inner work is
        self.due: float = math.inf

    def __enter__(self) -> Self:
        self.outer: Work | None = _running.work
        self.line: Line | None = None
        _running.work = self
        self.started: float = time.perf_counter()
        if not self.shown:
            self.due = math.inf
        elif self.outer is not None:
            self.due = self.outer.due
        elif (stream := watched()) is not None and threading.current_thread() is threading.main_thread():
            self.line, self.due = Line(stream), self.started + PATIENCE
        return self

    def __exit__(self, *error: object) -> None:
        _running.work = self.outer
        self.wipe()

    def step(self, count: float = 1) -> None:
        """Count steps, and update the line if it is time to."""
        self.reach(self.done + count)

    def reach(self, done: float) -> None:
        """Set the number of steps done, such as a position in a file, and update the line if it is time to."""
        self.done = done
        if time.perf_counter() >= self.due:
            self.show()

    def show(self, inner: float = 0.0) -> None:
        """Update the line; ``inner`` is the share of the next step that is already done."""
        now = time.perf_counter()
        self.due = now + INTERVAL
        share = min((self.done + inner * self.unit) / self.total, 1.0) if self.total else 0.0
        if self.outer is not None:
            self.outer.show(share)
        elif self.line is not None:
            spent = now - self.started
            left = f"  {duration(spent / share - spent)} left" if share else f"  {duration(spent)}"
            self.line.write(f"{self.what}  {bar(share)}{left}" if self.total else f"{self.what}{left}")

    def wipe(self) -> None:
        """Remove the line until the next update, to print something else."""
        if self.line is not None:
            self.line.wipe()


class _Running(threading.local):
    """The innermost work of each thread."""

    work: Work | None = None


_running = _Running()


def running() -> bool:
    """Whether this code is a part of some work."""
    return _running.work is not None


def expect(count: float) -> None:
    """Add steps to the total of the work that this code is a part of, if any."""
    if (work := _running.work) is not None:
        work.total += count


def over(items: Iterable[Item], steps: float | None = None) -> Iterable[Item]:
    """Iterate over items that are one step each, or ``steps`` together, of the work that this code is a part of."""
    work = _running.work
    return items if work is None or work.due == math.inf else _counted(work, items, steps)


def _counted(work: Work, items: Iterable[Item], steps: float | None) -> Iterator[Item]:
    start, count = work.done, length_hint(items)
    each, every = (1.0 if steps is None else steps / max(count, 1)), count // 1000 + 1
    for number, item in enumerate(items, 1):
        yield item
        if number % every == 0 or number == count:
            work.reach(start + number * each)


def watched() -> TextIO | None:
    """The stream on which somebody sees a line: standard output in a notebook, standard error in a terminal."""
    if "ipykernel" in sys.modules:
        return sys.stdout
    stream: TextIO | None = sys.stderr  # None in Windows programs without a console
    return stream if stream is not None and stream.isatty() else None


def bar(share: float) -> str:
    """Draw a bar that is filled in proportion."""
    filled = int(WIDTH * share + 1e-9)
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}]"


def duration(seconds: float) -> str:
    """Format a time in its largest unit, such as "14 s" or "3 min"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
