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


_running = threading.local()  # its `work` is the innermost work of a thread


class Work:
    """Work of many steps: after two seconds, a line shows the share done and the time left, until the work ends.

    By default, nothing is shown if nobody watches, as on a pipe, or outside the main thread; work inside other work has
    no line of its own, but moves that of the outer one. ``show`` decides it otherwise, for the work inside as well.
    """

    def __init__(self, what: str, total: float = 0, *, show: bool | None = None) -> None:
        self.what = what
        self.total = total  # 0 if it is unknown
        self.show = show
        self.first: float = 0  # steps that were done before
        self.done: float = 0
        self.unit: float = 1.0  # how many steps of this work a piece of inner work is
        self.due: float = math.inf
        self.stream: TextIO | None = None
        self.width: int = 0

    def __enter__(self) -> Self:
        self.outer: Work | None = running()
        _running.work = self
        self.started: float = time.perf_counter()
        if self.show is None and self.outer is not None:
            self.due = self.outer.due
        elif self.show is not False and threading.current_thread() is threading.main_thread():
            notebook = "ipykernel" in sys.modules  # which shows standard error on red
            stream: TextIO | None = sys.stdout if notebook else sys.stderr  # None in programs without a console
            if stream is not None and (self.show or notebook or stream.isatty()):
                self.stream, self.due = stream, self.started + PATIENCE
        return self

    def __exit__(self, *error: object) -> None:
        _running.work = self.outer
        self.wipe()

    def advance(self, count: float = 1) -> None:
        """Count steps, and update the line if it is time to."""
        self.done += count
        if time.perf_counter() >= self.due:
            self.update()

    def update(self, inner: float = 0.0) -> None:
        """Update the line; ``inner`` is the share of the next step that is already done."""
        now = time.perf_counter()
        self.due = now + INTERVAL
        done = self.done + inner * self.unit
        share = min(done / self.total, 1.0) if self.total else 0.0
        if self.stream is not None:
            spent, new = now - self.started, done - self.first
            left = max(self.total - done, 0.0) * spent / new if self.total and new else None
            text = duration(spent) if left is None else f"{duration(left)} left"
            bar = "#" * int(WIDTH * share + 1e-9)
            text = f"{self.what}  [{bar:.<{WIDTH}}]  {text}" if self.total else f"{self.what}  {text}"
            text = text[: shutil.get_terminal_size().columns - 1]
            self.stream.write("\r" + text.ljust(self.width))
            self.stream.flush()
            self.width = len(text)
        elif self.outer is not None:
            self.outer.update(share)

    def wipe(self, instead: str = "") -> None:
        """Remove the line until the next update, to print something else."""
        if self.stream is not None and (self.width or instead):
            self.stream.write(f"\r{' ' * self.width}\r{instead}" if self.width else instead)
            self.stream.flush()
            self.width = 0


def running() -> Work | None:
    """The innermost work that this code is a part of."""
    return getattr(_running, "work", None)


def expect(count: float) -> None:
    """Add steps to the total of the work that this code is a part of, if any."""
    if (work := running()) is not None:
        work.total += count


def over(items: Iterable[Item], steps: float | None = None) -> Iterable[Item]:
    """Iterate over items that are one step each, or ``steps`` together, of the work that this code is a part of."""
    work = running()
    return items if work is None or work.due == math.inf else _counted(work, items, steps)


def _counted(work: Work, items: Iterable[Item], steps: float | None) -> Iterator[Item]:
    start, count = work.done, length_hint(items)
    each, every = (1.0 if steps is None else steps / max(count, 1)), count // 1000 + 1
    for number, item in enumerate(items, 1):
        yield item
        if number % every == 0 or number == count:
            work.advance(start + number * each - work.done)


def duration(seconds: float) -> str:
    """Format a time in its largest unit, such as "14 s" or "3 min"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
