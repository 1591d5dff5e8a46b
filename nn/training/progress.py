"""Progress of a training run: the line of the work in hand, and a line that stays for each epoch."""

import time
from typing import Any

from autograd.progress import Work, running


class Progress(Work):
    """Shows the progress of `fit`; in other work, such as cross-validation, it only moves the line of that work."""

    def __init__(self, show: bool | None = None) -> None:
        super().__init__("training", show=show)
        self.unit = 0.0  # validation is part of no step
        self.prints: bool = bool(show) or running() is None

    def begin(self, epoch: int, epochs: int, done: int, steps: int | None) -> None:
        """Begin an epoch, of whose steps some are already done; ``steps`` is None if their number is unknown."""
        self.share: float = 1.0 / steps if steps else 0.0
        self.done = epoch - 1 + done * self.share
        if not self.total:
            self.total, self.first = epochs, self.done
        self.head: str = f"epoch {epoch:>{len(str(epochs))}}/{epochs}"
        self.began: float = time.perf_counter()

    def step(self, loss: float) -> None:
        """Record a step, with the mean loss of the epoch so far."""
        self.what = f"{self.head}  loss {loss:.4g}"
        self.advance(self.share)

    def end(self, row: dict[str, Any]) -> None:
        """End the epoch, with its numbers."""
        if self.prints:
            numbers = (f"{name} {value:.4g}" for name, value in row.items() if name not in ("epoch", "step"))
            self.wipe(f"{self.head}  {'  '.join(numbers)}  ({time.perf_counter() - self.began:.1f} s)\n")
